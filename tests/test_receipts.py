"""Receipts: what a clinic puts into its records says just what was given, to whom, and whether it arrived."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.communication import Communication

from careleaf.mail import receipts
from careleaf.mail.parcel import Entry, Kind, State, Words

QUEUED = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
SENT = QUEUED + timedelta(hours=1)
ENTRY = Entry(
    id=17, clinic="riverside", state=State.SENT, kind=Kind.SHEET, topic="after-laser", version=3, lang="ar",
    source="=monday.csv", row=4, record="R-1001", words=(Words("after-laser", "ar", "1a2b3c4d5e6f"),),
    message_id="<aa11@clinic.example>", attempts=1, reason="", queued_at=QUEUED, tried_at=SENT, sent_at=SENT,
    next_at=None, not_after=QUEUED + timedelta(days=3), changed_at=SENT,
)  # fmt: skip
LOST = replace(
    ENTRY, id=18, state=State.EXPIRED, record="", message_id="<bb22@clinic.example>", sent_at=None,
    maybe=True, reason="its time was over; it may have arrived (no answer)",
    changed_at=QUEUED + timedelta(days=3),
)  # fmt: skip
TITLES = {"riverside": "Riverside Skin Clinic"}


def communications(*entries: Entry) -> list[Any]:
    """Read receipts with another's model of FHIR."""
    bundle = Bundle.model_validate_json(receipts.bundle(entries, TITLES, SENT))
    found = [each.resource for each in bundle.entry or ()]
    assert all(isinstance(each, Communication) for each in found)
    return found


def test_a_table_of_receipts_is_as_it_always_was_and_holds_no_formula() -> None:
    """A column that moves is read wrong by whatever the clinic imports it with."""
    header, sent, expired, end = receipts.table([ENTRY, LOST]).decode("utf-8-sig").split("\r\n")
    assert header == (
        "record,topic,version,language,kind,state,reason,queued,sent,list,row,clinic,id,message-id,texts"
    )
    assert sent == (
        "R-1001,after-laser,3,ar,sheet,sent,,2026-11-25T23:30:00Z,2026-11-26T00:30:00Z,"
        "'=monday.csv,4,riverside,17,<aa11@clinic.example>,1a2b3c4d"
    )
    assert expired == (
        ",after-laser,3,ar,sheet,expired,its time was over; it may have arrived (no answer),"
        "2026-11-25T23:30:00Z,,'=monday.csv,4,riverside,18,<bb22@clinic.example>,1a2b3c4d"
    )
    assert end == ""


def test_a_bundle_says_to_which_record_what_was_sent_and_when() -> None:
    [found] = communications(ENTRY)
    assert (found.status, found.sent) == ("completed", SENT)
    assert found.subject.identifier.value == "R-1001"
    assert found.sender.display == "Riverside Skin Clinic"
    assert found.medium[0].coding[0].code == "EMAILWRIT"
    assert found.category[0].coding[0].code == "instruction"
    assert found.identifier[0].value == "mid:aa11@clinic.example"
    words = "Aftercare leaflet: after-laser, version 3, in ar, text 1a2b3c4d"
    assert found.payload[0].contentString == words
    assert found.statusReason is None


STATUS = {
    (State.SENT, False): "completed",
    (State.SENT, True): "completed",
    (State.HELD, False): "on-hold",
    (State.FAILED, False): "not-done",
    (State.FAILED, True): "unknown",
    (State.EXPIRED, False): "not-done",
    (State.EXPIRED, True): "unknown",
    (State.CANCELLED, False): "not-done",
    (State.CANCELLED, True): "unknown",
}


@pytest.mark.parametrize(("case", "status"), STATUS.items(), ids=str)
def test_what_may_have_arrived_is_never_told_as_not_given(case: tuple[State, bool], status: str) -> None:
    state, maybe = case
    entry = replace(
        ENTRY, state=state, maybe=maybe, reason="550 5.1.1", sent_at=SENT if state == "sent" else None
    )
    [found] = communications(entry)
    assert found.status == status
    reason = found.statusReason.text if found.statusReason else ""
    assert bool(reason) == (state is not State.SENT)
    assert ("may have arrived" in reason) == (status == "unknown")


def test_every_kind_of_receipt_is_valid_fhir_r4() -> None:
    entries = [
        replace(
            ENTRY, state=state, kind=kind, maybe=maybe, record=record, words=words, message_id=f"<{number}@x>"
        )
        for number, (state, kind, maybe, record, words) in enumerate(
            product(sorted(receipts.TOLD), Kind, (True, False), ("", "R-1"), ((), ENTRY.words))
        )
    ]
    assert len(communications(*entries)) == len(entries)
    urls = [each["fullUrl"] for each in json.loads(receipts.bundle(entries, {}, SENT))["entry"]]
    assert len(set(urls)) == len(entries)
    assert Bundle.model_validate_json(receipts.bundle([], {}, SENT)).entry is None


def test_the_same_receipt_has_the_same_name_whenever_it_is_written() -> None:
    """Else a second import would enter it twice."""
    first, second = (
        json.loads(receipts.bundle([ENTRY], {}, now)) for now in (SENT, SENT + timedelta(days=1))
    )
    assert first["entry"] == second["entry"]


def test_there_is_a_receipt_of_what_has_ended_from_the_day_on_that_is_asked() -> None:
    """A day is one of UTC: what was queued the day before and sent on it belongs to it."""
    waiting = [replace(ENTRY, state=state) for state in State if state not in receipts.TOLD]
    assert len(waiting) == 4
    assert list(receipts.since([ENTRY, LOST, *waiting], None)) == [ENTRY, LOST]
    assert list(receipts.since([ENTRY, LOST], date(2026, 11, 26))) == [ENTRY, LOST]
    assert list(receipts.since([ENTRY, LOST], date(2026, 11, 27))) == [LOST]
    assert list(receipts.since([ENTRY, LOST], date(2026, 11, 29))) == []
