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
from careleaf.words import begun, reading, readings

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
    withdrawal, approvals = None, list[Approval]()
    for event in _events(library.trails.get(topic), lang):
        if isinstance(event, Withdrawal):
            withdrawal, approvals = event, []
        else:
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
        there = all(begun(library.catalogs.get((lang, name))) for name in (topic.name, UI))
        return Status.STALE if there else Status.MISSING
    return reading_status(library, topic, found, today)


def reading_status(library: Library, topic: Topic, found: Reading, today: date) -> Status:
    """Derive where a Reading stands: its words are current."""
    return digest_status(library, topic, found.lang, found.digest, today)


def digest_status(library: Library, topic: Topic, lang: str, digest: str, today: date) -> Status:
    """Derive where a text stands by the digest of its Reading: also one that is not today's any more."""
    counts = standing(library, topic.name, lang)
    ends = _ends(counts.of(digest), today)
    roles = needed(topic, library.locales[lang])
    if roles <= ends.keys():
        return Status.APPROVED if min(ends[role] for role in roles) >= today else Status.EXPIRED
    withdrawn = counts.withdrawal and digest in counts.withdrawal.digests
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
    return worst(
        status(library, topic, lang, clinic, today) for clinic in clinics or library.clinics.values()
    )


def worst(states: Iterable[Status]) -> Status:
    """Give the status that holds all others back; with none at all, there is no text."""
    return min(states, key=ORDER.index, default=Status.MISSING)


def same_person(one: str, other: str) -> bool:
    """Say whether two names are one: capitals, accents' encoding and spaces do not make another person."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def handed_out(library: Library, topic: str, lang: str) -> tuple[str, ...]:
    """List the digests of every text of a topic in a language that may be on paper, newest first.

    A topic or a language that cannot be read has only those of its trail.
    """
    trail, one = library.trails.get(topic), library.topics.get(topic)
    now = readings(library, one, lang) if one and lang in library.locales else ()
    past = [digest for event in _events(trail, lang) for digest in event.digests]
    return tuple(dict.fromkeys([*now, *reversed(past)]))


def _events(trail: Trail | None, lang: str) -> tuple[Approval | Withdrawal, ...]:
    return tuple(event for event in trail.events if event.lang == lang) if trail else ()


@dataclass(frozen=True, slots=True)
class Due:
    """Something that holds only until a day (included): an approval, a review, a clinic's contact details."""

    day: date
    what: str
    about: str


def dues(library: Library) -> Iterator[Due]:
    """Yield everything that holds only until some day."""
    for topic in library.topics.values():
        yield Due(topic.review, "review", topic.name)
        for lang in library.locales:
            yield from _approvals_end(library, topic, lang)
    for clinic in library.clinics.values():
        yield Due(clinic.good_until, "contact details", clinic.name)


def _approvals_end(library: Library, topic: Topic, lang: str) -> Iterator[Due]:
    """Give the last day of each role's approval of today's words."""
    now = readings(library, topic, lang).keys()
    last: dict[Role, Approval] = {}
    for approval in standing(library, topic.name, lang).approvals:
        if now & set(approval.digests):
            last[approval.role] = max(
                approval, last.get(approval.role, approval), key=lambda each: each.until
            )
    for role, approval in last.items():
        yield Due(approval.until, "approval", f"{topic.name} in {lang} ({role}: {approval.name})")
