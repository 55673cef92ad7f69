"""Rules for approvals: each is of something that there is, and for some time."""

from collections.abc import Iterator

from careleaf.findings import Finding
from careleaf.model import Library


def known(library: Library) -> Iterator[Finding]:
    """An approval names a topic and a language of the library."""
    for approval in library.approvals:
        if (
            approval.topic not in library.topics
            and f"content/topics/{approval.topic}.yaml" not in library.unread
        ):
            message = f"an approval is of the unknown topic {approval.topic}"
            yield Finding(
                approval.file, approval.line, "approval", message, "Correct the name, or remove it."
            )
        if approval.lang not in library.locales:
            message = f"an approval is of the unknown language {approval.lang}"
            yield Finding(approval.file, approval.line, "approval", message, "Correct the tag, or remove it.")


def lasting(library: Library) -> Iterator[Finding]:
    """An approval ends after the day on which it was given."""
    for approval in library.approvals:
        if approval.until < approval.on:
            message = (
                f"an approval of {approval.topic} ends ({approval.until}) before it begins ({approval.on})"
            )
            yield Finding(approval.file, approval.line, "approval", message, "Correct the dates.")


RULES = (known, lasting)
