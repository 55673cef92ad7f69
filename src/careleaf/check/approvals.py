"""Rules for approvals: of something that there is, by another person than its translator, and unchanged."""

import hashlib
from collections.abc import Iterator

from careleaf.approvals import broken_seals, same_person, standing
from careleaf.findings import Finding, Severity
from careleaf.model import Approval, Library, Role
from careleaf.words import readings


def known(library: Library) -> Iterator[Finding]:
    """A trail is of a topic of the library, and each event of one of its languages."""
    for trail in library.trails.values():
        if trail.name not in library.topics and f"content/topics/{trail.name}.yaml" not in library.unread:
            message = f"these are approvals of the unknown topic {trail.name}"
            mend = "Name the file like its topic; if the topic is gone for good, move it to your archive."
            yield Finding(trail.file, 0, "approval", message, mend, Severity.WARNING)
        for event in trail.events:
            if (
                event.lang not in library.locales
                and f"locales/{event.lang}/profile.yaml" not in library.unread
            ):
                message = f"an approval is of the language {event.lang}, which the library does not have"
                mend = f"Bring back {event.lang}, or leave it: the trail keeps what was decided."
                yield Finding(trail.file, event.line, "approval", message, mend, Severity.WARNING)


def lasting(library: Library) -> Iterator[Finding]:
    """An approval ends after the day on which it was given."""
    for trail in library.trails.values():
        for event in trail.events:
            if isinstance(event, Approval) and event.until < event.on:
                message = f"an approval of {trail.name} ends ({event.until}) before it begins ({event.on})"
                mend = "Approve it again with: careleaf approve"
                yield Finding(trail.file, event.line, "approval", message, mend)


def unchanged(library: Library) -> Iterator[Finding]:
    """An audit trail only grows: no event of it is changed, moved or cut off."""
    for trail in library.trails.values():
        for event in broken_seals(trail):
            message = "the audit trail was changed by hand: at this event, or one was cut off after it"
            mend = "Bring the file back as it was, from version control or a backup."
            yield Finding(trail.file, event.line, "audit", message, mend)


def kept(library: Library) -> Iterator[Finding]:
    """What was approved is kept as it was read; of what was withdrawn, the digest is enough."""
    for trail in library.trails.values():
        for event in trail.events:
            for digest in event.digests if isinstance(event, Approval) else ():
                file = f"content/approvals/texts/{digest}.json"
                text = library.approved.get(digest)
                mend = "Bring the file back from version control or a backup."
                if text is None and file not in library.unread:
                    yield Finding(file, 0, "audit", f"the text that {trail.file} is about is missing", mend)
                elif text is not None and hashlib.sha256(text.encode()).hexdigest() != digest:
                    yield Finding(file, 0, "audit", "the text that was approved has been changed", mend)


def independent(library: Library) -> Iterator[Finding]:
    """Nobody revises a translation of their own (ISO 17100: the reviser is not the translator)."""
    for (lang, name), catalog in library.catalogs.items():
        topic = library.topics.get(name)
        now = (
            readings(library, topic, lang)
            if topic and lang in library.locales and catalog.translators
            else {}
        )
        for approval in standing(library, name, lang).approvals if now else ():
            own = any(same_person(approval.name, translator) for translator in catalog.translators)
            if own and approval.role is Role.LINGUISTIC and now.keys() & set(approval.digests):
                message = f"{approval.name} approved a translation of their own ({catalog.file})"
                mend = (
                    f"Have another person approve it: careleaf approve {name} --lang {lang} --role linguistic"
                )
                yield Finding(
                    f"content/approvals/{name}.yaml", approval.line, "own-translation", message, mend
                )


RULES = (known, lasting, unchanged, kept, independent)
