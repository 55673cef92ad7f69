"""Lists brought together: what has one key stands once, or side by side."""

from collections.abc import Callable, Container, Hashable, Iterable, Sequence
from itertools import chain
from typing import TypeVar

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)


def united(lists: Iterable[Iterable[H]]) -> tuple[H, ...]:
    """Give what any of the lists has, once, in the order in which each was met first."""
    return tuple(dict.fromkeys(chain.from_iterable(lists)))


def grouped(items: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Put together what has one key, in the order in which each was met first."""
    found: dict[Hashable, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return list(found.values())


def woven(
    lists: Iterable[Sequence[T]],
    key: Callable[[T], Hashable],
    about: Callable[[T], Hashable] = lambda _: None,
) -> list[tuple[T, ...]]:
    """Bring lists together in the order of the first: what has one key stands once.

    What only a later list has stands after those that are about the same; if none is, before the next thing
    that it shares with lists before it.
    """
    order: list[Hashable] = []
    found: dict[Hashable, list[T]] = {}
    for items in lists:
        place, own = 0, {key(item) for item in items}
        for item in items:
            if key(item) not in found:
                near = [index for index, each in enumerate(order) if about(found[each][0]) == about(item)]
                place = near[-1] + 1 if near and about(item) else _before_shared(order, place, own)
                order.insert(place, key(item))
            found.setdefault(key(item), []).append(item)
            place = order.index(key(item)) + 1
    return [tuple(found[each]) for each in order]


def _before_shared(order: Sequence[Hashable], place: int, own: Container[Hashable]) -> int:
    """Step over what a list does not have."""
    return next((index for index in range(place, len(order)) if order[index] in own), len(order))
