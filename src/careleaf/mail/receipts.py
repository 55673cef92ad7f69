"""What was given to whom, for the clinic's own records: a table, or FHIR.

A receipt names the record number and nothing else of a patient. Times are UTC.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from careleaf import tables
from careleaf.mail.outbox import MAYBE
from careleaf.mail.parcel import ENDED, Entry, Kind, State

TOLD: Final = ENDED | {State.HELD}
"""Of what there is a receipt: not of what is still on its way."""
HEADER: Final = (
    "record", "topic", "version", "language", "kind", "state", "reason", "queued", "sent", "list", "row",
    "clinic", "id", "message-id", "texts",
)  # fmt: skip
NAMED: Final = 8
"""Digits of a text's digest, as they stand on the leaflet."""

_TERMS: Final = "http://terminology.hl7.org/CodeSystem"
_CATEGORY: Final = {Kind.SHEET: "instruction", Kind.CORRECTION: "alert"}
"""Of communication-category in FHIR R4."""
_TITLE: Final = {Kind.SHEET: "Aftercare leaflet", Kind.CORRECTION: "Correction of aftercare leaflet"}


def since(entries: Iterable[Entry], day: date | None) -> Iterator[Entry]:
    """Keep those of which there is a receipt, and to which something happened on that day (UTC) or later."""
    for entry in entries:
        if entry.state in TOLD and (day is None or entry.changed_at.date() >= day):
            yield entry


def table(entries: Iterable[Entry]) -> bytes:
    """Write a table that a spreadsheet opens, a row for each message."""
    return tables.rows_out(HEADER, map(_cells, entries))


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        entry.record, entry.topic, str(entry.version), entry.lang, entry.kind, entry.state, _why(entry),
        _instant(entry.queued_at), _instant(entry.sent_at), entry.source, str(entry.row), entry.clinic,
        str(entry.id), entry.message_id, _texts(entry),
    )  # fmt: skip


def _why(entry: Entry) -> str:
    """Say why it was not sent, and whether it may have arrived nevertheless."""
    told = entry.state is State.SENT or not entry.maybe or MAYBE in entry.reason
    return entry.reason if told else "; ".join(filter(None, (entry.reason, MAYBE)))


def _instant(time: datetime | None) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else ""


def _texts(entry: Entry) -> str:
    return " ".join(dict.fromkeys(words.digest[:NAMED] for words in entry.words))


def bundle(entries: Iterable[Entry], titles: Mapping[str, str], now: datetime) -> bytes:
    """Write a FHIR R4 Bundle of Communications. `titles` are the clinics' names, by their short ones."""
    resources = [_communication(entry, titles.get(entry.clinic, entry.clinic)) for entry in entries]
    content: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "timestamp": _instant(now)}
    if resources:  # FHIR has no empty lists.
        content["entry"] = [{"fullUrl": _url(each), "resource": each} for each in resources]
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


def _url(resource: Mapping[str, Any]) -> str:
    """Name a resource by its message: the same whenever the receipt is written."""
    return uuid5(NAMESPACE_URL, resource["identifier"][0]["value"]).urn


def _communication(entry: Entry, title: str) -> dict[str, Any]:
    # An identifier without a system: only the clinic knows which of its systems gave the number.
    optional = {
        "statusReason": {"text": _why(entry) or entry.state} if entry.state is not State.SENT else None,
        "subject": {"type": "Patient", "identifier": {"value": entry.record}} if entry.record else None,
        "sent": _instant(entry.sent_at) or None,
    }
    return {
        "resourceType": "Communication",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"mid:{entry.message_id.strip('<>')}"}],
        "status": _status(entry),
        "category": [_concept("communication-category", _CATEGORY[entry.kind])],
        "medium": [_concept("v3-ParticipationMode", "EMAILWRIT")],
        "sender": {"display": title},
        "payload": [{"contentString": _content(entry)}],
        **{name: value for name, value in optional.items() if value},
    }


def _status(entry: Entry) -> str:
    """Say it in FHIR's words: what is held may still be sent."""
    if entry.state is State.SENT:
        return "completed"
    if entry.maybe:
        return "unknown"
    return "on-hold" if entry.state is State.HELD else "not-done"


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"{_TERMS}/{system}", "code": code}]}


def _content(entry: Entry) -> str:
    texts = f", text {_texts(entry)}" if entry.words else ""
    return f"{_TITLE[entry.kind]}: {entry.topic}, version {entry.version}, in {entry.lang}{texts}"
