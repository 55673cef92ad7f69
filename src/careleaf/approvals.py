"""Approvals: who may be relied on for which words, and until when. Status is derived here, never stored.

An audit trail only grows. Each event is sealed together with the seal before it, and the trail repeats
the last seal, so that a line that was changed, moved or cut off shows.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from careleaf.model import (
    UI,
    Approval,
    Clinic,
    Event,
    Library,
    Locale,
    Reading,
    Role,
    Status,
    Topic,
    Trail,
    Withdrawal,
)
from careleaf.words import parse_reading, reading, readings

ORDER: Final = (
    Status.WITHDRAWN,
    Status.MISSING,
    Status.STALE,
    Status.EXPIRED,
    Status.DRAFT,
    Status.APPROVED,
)
"""Worst first: how a text stands that clinics hand out with different values."""


def sealed(topic: str, before: str, event: dict[str, Any]) -> str:
    """Seal an event's fields: SHA-256 of the seal before it (the topic's name, for the first) and of them."""
    fields = {key: value for key, value in event.items() if key != "seal"}
    canonical = json.dumps([before or topic, fields], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def broken_seals(trail: Trail) -> Iterator[Event]:
    """Yield the events whose seal does not fit, and the last one if others were cut off after it."""
    before = ""
    for event in trail.events:
        if event.seal != sealed(trail.name, before, event.model_dump(mode="json")):
            yield event
        before = event.seal
    if before != trail.seal:
        yield trail.events[-1]


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts of a trail in one language: the last withdrawal, and the approvals after it."""

    withdrawal: Withdrawal | None
    approvals: tuple[Approval, ...]

    def of(self, digest: str) -> tuple[Approval, ...]:
        """Give the approvals of one Reading."""
        return tuple(approval for approval in self.approvals if digest in approval.digests)


def standing(library: Library, topic: str, lang: str) -> Standing:
    """Find what counts of a topic's trail in a language."""
    trail = library.trails.get(topic)
    withdrawal, approvals = None, list[Approval]()
    for event in trail.events if trail else ():
        if event.lang == lang and isinstance(event, Withdrawal):
            withdrawal, approvals = event, []
        elif event.lang == lang and isinstance(event, Approval):
            approvals.append(event)
    return Standing(withdrawal, tuple(approvals))


def needed(topic: Topic, locale: Locale) -> set[Role]:
    """English needs a clinician; a translation a reviser, and a clinician too if it has emergency signs."""
    if locale.source:
        return {Role.CLINICAL}
    return {Role.LINGUISTIC, Role.CLINICAL} if topic.urgent() else {Role.LINGUISTIC}


def status(library: Library, topic: Topic, lang: str, clinic: Clinic, today: date) -> Status:
    """Derive where a topic stands in a language at a clinic."""
    found = reading(library, topic, lang, clinic)
    if found is None:
        there = {(lang, topic.name), (lang, UI)} <= library.catalogs.keys()
        return Status.STALE if there else Status.MISSING
    return reading_status(library, topic, found, today)


def reading_status(library: Library, topic: Topic, found: Reading, today: date) -> Status:
    """Derive where a Reading stands: its words are current."""
    counts = standing(library, topic.name, found.lang)
    ends = _ends(counts.of(found.digest), today)
    roles = needed(topic, library.locales[found.lang])
    if roles <= ends.keys():
        return Status.APPROVED if min(ends[role] for role in roles) >= today else Status.EXPIRED
    withdrawn = counts.withdrawal and found.digest in counts.withdrawal.digests
    return Status.WITHDRAWN if withdrawn else Status.DRAFT


def _ends(approvals: Iterable[Approval], today: date) -> dict[Role, date]:
    """Give the last day of each role's approval."""
    ends: dict[Role, date] = {}
    for approval in approvals:
        if approval.on <= today:
            ends[approval.role] = max(approval.until, ends.get(approval.role, approval.until))
    return ends


def overall(library: Library, topic: Topic, lang: str, today: date) -> Status:
    """Derive where a topic stands in a language at all clinics that hand it out: the worst of them."""
    clinics = [clinic for clinic in library.clinics.values() if clinic.speaks(lang)]
    states = {status(library, topic, lang, clinic, today) for clinic in clinics or library.clinics.values()}
    return min(states, key=ORDER.index)


def last_read(library: Library, topic: str, lang: str) -> Reading | None:
    """Give what was approved last of a topic in a language, also if it is void or was withdrawn since."""
    trail = library.trails.get(topic)
    events = [event for event in trail.events if event.lang == lang] if trail else []
    digests = [event.digests[0] for event in events if isinstance(event, Approval) and event.digests]
    return (
        parse_reading(library.approved[digests[-1]]) if digests and digests[-1] in library.approved else None
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two Readings: where, and what stood and stands there. Empty means nothing did."""

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


def voided(library: Library, topic: Topic, lang: str) -> tuple[Change, ...]:
    """Tell which edits voided the last approval: those between what was approved and the nearest Reading of today."""
    old = last_read(library, topic.name, lang)
    now = readings(library, topic, lang)
    if old is None or old.digest in now:
        return ()
    return min((changes(old, each) for each in now.values()), key=len, default=())


def same_person(one: str, other: str) -> bool:
    """Say whether two names are one: capitals, accents' encoding and spaces do not make another person."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
