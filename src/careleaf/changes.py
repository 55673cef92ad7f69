"""What a reader would read differently: between what was approved last, and what stands there today."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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
    yield from _pairs("day ", _days(old), _days(new))


def _translated(old: Reading, new: Reading) -> Iterator[tuple[str, str, str]]:
    """Compare the words; of a translation, the English first: it is what its words are a translation of."""
    if any(english != text for _, english, text in new.words):
        for place, was, now in _pairs("", _english(old), _english(new)):
            yield f"{place} (English)", was, now
    yield from _pairs("", _texts(old), _texts(new))


def _english(one: Reading) -> dict[str, str]:
    return {place: english for place, english, _ in one.words}


def _texts(one: Reading) -> dict[str, str]:
    return {place: text for place, _, text in one.words}


def _pairs(prefix: str, old: dict[str, str], new: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys([*new, *old]):
        yield prefix + name, old.get(name, ""), new.get(name, "")


def _values(one: Reading) -> dict[str, str]:
    return {name: _value(fact) for name, fact in one.facts.items()}


def _value(fact: Mapping[str, Any]) -> str:
    """Say a Fact in short, with all that its digest covers: "3 to 5 duration-day (2 to 7, measure)"."""
    value = fact["value"] if isinstance(fact["value"], list | tuple) else [fact["value"]]
    said = " ".join([" to ".join(map(str, value)), fact.get("unit", "")]).strip()
    allowed = f"{fact['min']} to {fact['max']}, " if "min" in fact else ""
    return f"{said} ({allowed}{fact['type']})"


def _kinds(one: Reading) -> dict[str, str]:
    return {name: f"{kind} {level}".strip() for name, kind, level in one.sections}


def _days(one: Reading) -> dict[str, str]:
    return {name: ", ".join(f"{key} {fact}" for key, fact in day.items()) for name, day in one.days.items()}


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
