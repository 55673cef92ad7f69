"""What a person has to see to, message by message: what each reason means, and what to do."""

import re
from typing import Final

from careleaf.mail import outbox
from careleaf.mail.parcel import Entry, Kind, State

TROUBLE: Final = frozenset({State.FAILED, State.HELD, State.EXPIRED, State.UNKNOWN})
"""What stands on the list."""

OTHERWISE: Final = "give the sheet another way: on paper, or ask for another address"
CALL: Final = "call the patient: the sheet that was sent is wrong, and this correction has not gone out"
_WAYS: Final[tuple[tuple[str, str], ...]] = (
    (r"rescued", f"ask the patient whether it came; if not, {OTHERWISE}; then careleaf mail cancel ID"),
    (re.escape(outbox.WITHDRAWN), "do not give it; queue the new text when it is approved"),
    (
        re.escape(outbox.UNAPPROVED),
        "see careleaf status; once the text is approved: careleaf mail retry ID, else queue it again",
    ),
    (
        re.escape(outbox.SUPPRESSED),
        f"{OTHERWISE}; if the address is right after all: careleaf mail suppress - --lift",
    ),
    (
        r"the text of .* is ",
        f"see careleaf status; {OTHERWISE.partition(':')[0]} until it is approved, then queue it again",
    ),
    (r"is not made as a ", "hand out its leaflet: careleaf build makes that"),
    (
        r"does not hand out ",
        "add the language to the clinic's file, or hand out another that the patient reads",
    ),
    (r"does not go onto the page", "shorten the name, the area or the clinician, and queue it again"),
    (r"consent", "ask the patient, record the day in the list, and queue it again; until then on paper"),
    (
        r"nothing is sent to this address",
        f"{OTHERWISE}; if it is right after all: careleaf mail suppress - --lift",
    ),
    (
        r"no address|bad address|\b5\.1\.\d",
        f"correct the address with the patient and queue it again, or {OTHERWISE}",
    ),
    (r"\b[245]\.2\.2\b", f"the mailbox is full: tell the patient, queue it again later, or {OTHERWISE}"),
    (r"\b(552|[45]\.(3\.4|2\.3))\b", "it is too large for the server: queue it again without the calendar"),
    (
        r"\b5\.7\.\d|\b55[04]\b",
        f"the server refuses it: run careleaf mail doctor, ask its operator about the code, and {OTHERWISE}",
    ),
    (r"\bbug\b|it failed", f"a fault of careleaf: report it, and {OTHERWISE}"),
    (
        r"\b5\d\d\b|\b5\.\d",
        f"the server refuses it for good: ask its operator about the code, and {OTHERWISE}",
    ),
    (re.escape(outbox.OVER), f"it was not sent in time: {OTHERWISE}, or queue it again"),
)
"""In what a reason says it is about, and what to do; the first that fits."""


def advice(entry: Entry) -> str:
    """Say what to do about a message."""
    if entry.state is State.UNKNOWN:
        return "nothing yet: it is sent again by itself, and may arrive twice"
    if entry.kind is Kind.CORRECTION:
        return CALL
    found = next((way for pattern, way in _WAYS if re.search(pattern, entry.reason)), OTHERWISE)
    asked = entry.maybe and "ask the patient" not in found
    told = found.replace(" ID", f" {entry.id}")
    return f"it may have arrived: ask the patient first; {told}" if asked else told
