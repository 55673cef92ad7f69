"""What a reader would read differently: between what was approved last, and what stands there today."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from careleaf.model import Approval, Library, Reading, Topic
from careleaf.words import parse_reading, readings


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two Readings: where, and what stood and stands there (nothing, if empty)."""

    place: str
    old: str
    new: str


def changes(old: Reading, new: Reading) -> tuple[Change, ...]:
    """Tell what a reader would read differently, in reading order."""
    rows = (*_rows(old, new), *_translated(old, new))
    return tuple(Change(place, before, after) for place, before, after in rows if before != after)


def _rows(old: Reading, new: Reading) -> Iterator[tuple[str, str, str]]:
    yield "audience", old.audience, new.audience
    yield from _pairs("Fact ", _values(old), _values(new))
    yield from _pairs("section ", _kinds(old), _kinds(new))
    yield "order of the texts", _order(old, new), _order(new, old)
    yield from _pairs("drawing ", dict(old.pictures), dict(new.pictures))
    yield from _pairs("page ", dict(old.page), dict(new.page))


def _translated(old: Reading, new: Reading) -> Iterator[tuple[str, str, str]]:
    """Compare the words; of a translation, the English first: it is what its words are a translation of."""
    for column, note in ((1, " (English)"), (2, "")):
        before, after = ({row[0]: row[column] for row in each.words} for each in (old, new))
        if column == 2 or any(row[1] != row[2] for row in new.words):  # noqa: PLR2004 # the words themselves
            for place, was, now in _pairs("", before, after):
                yield place + note, was, now


def _pairs(prefix: str, old: dict[str, str], new: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys([*new, *old]):
        yield prefix + name, old.get(name, ""), new.get(name, "")


def _values(one: Reading) -> dict[str, str]:
    return {name: json.dumps(fact, ensure_ascii=False, sort_keys=True) for name, fact in one.facts.items()}


def _kinds(one: Reading) -> dict[str, str]:
    return {name: f"{kind} {level}".strip() for name, kind, level in one.sections}


def _order(one: Reading, other: Reading) -> str:
    """List the ids that both have, in the order of one."""
    shared = {row[0] for row in other.words}
    return " ".join(row[0] for row in one.words if row[0] in shared)


def last_read(library: Library, topic: str, lang: str) -> Reading | None:
    """Give what was approved last of a topic in a language, also if it is void or was withdrawn since."""
    trail = library.trails.get(topic)
    for event in reversed(trail.events if trail else ()):
        if event.lang == lang and isinstance(event, Approval) and event.digests:
            text = library.approved.get(event.digests[0])
            return parse_reading(text) if text else None
    return None


def voided(library: Library, topic: Topic, lang: str) -> tuple[Change, ...]:
    """Tell which edits voided the last approval: those that lead from it to the nearest text of today."""
    old, now = last_read(library, topic.name, lang), readings(library, topic, lang)
    if old is None or old.digest in now:
        return ()
    return min((changes(old, each) for each in now.values()), key=len, default=())
