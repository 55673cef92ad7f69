"""Values of Facts compared, whatever their units: which are equal, which is stricter, which is longer."""

from collections.abc import Hashable
from typing import Final

from careleaf.model import Clock, Fact, Measure, Number

IN_LEAST: Final = {
    "duration-minute": 1,
    "duration-hour": 60,
    "duration-day": 24 * 60,
    "duration-week": 7 * 24 * 60,
    "duration-month": 304 * 24 * 6,
    "duration-year": 12 * 304 * 24 * 6,
    "length-centimeter": 10,
}
"""Each unit in the least of its kind, to compare whole numbers. The others count as 1."""


def compared(fact: Fact) -> Hashable:
    """Give what two Facts of the same value have in common, whatever their units."""
    return _sort(fact), fact.value if isinstance(fact, Clock) else _ends(fact)


def settled_with(fact: Fact) -> Hashable:
    """Say which Facts can be settled with one another: by strictness, or only with their equals."""
    if isinstance(fact, Clock) or fact.stricter is None:
        return compared(fact)
    return _sort(fact), fact.stricter


def strictness(fact: Fact) -> tuple[int, int, int]:
    """Say how strict a Fact is, to keep the most: of values equal as time, the one in the smallest unit."""
    if isinstance(fact, Clock) or fact.stricter is None:
        return 0, 0, -_least(fact)
    low, high = _ends(fact)
    return (high, low, -_least(fact)) if fact.stricter == "higher" else (-low, -high, -_least(fact))


def longest(fact: Fact) -> int:
    """Give the upper end of a Measure in the least unit of its kind, of times in minutes; else 0."""
    return _ends(fact)[1] if isinstance(fact, Measure) else 0


def _sort(fact: Fact) -> tuple[str, str]:
    """Say what a Fact is a number of: its type, and the kind of its unit."""
    return fact.type, getattr(fact, "unit", "").partition("-")[0]


def _ends(fact: Number) -> tuple[int, int]:
    """Give the lower and the upper end of a value, in the least unit of its kind."""
    low, high = fact.value if isinstance(fact.value, tuple) else (fact.value, fact.value)
    return low * _least(fact), high * _least(fact)


def _least(fact: Fact) -> int:
    return IN_LEAST.get(getattr(fact, "unit", ""), 1)
