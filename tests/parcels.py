"""Parcels to put into an outbox, and a clock that a test turns."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from careleaf.mail.parcel import Contents, Letter, Parcel, Words

VALID = timedelta(days=3)
LETTER = Letter("en", "s", "t", "h", "st", "c", "Clinic", "care@example.com", "desk@example.com").to_bytes()
LEAFLET = b"%PDF-" + bytes(range(256)) * 40


def parcel(number: int = 1, added: bytes = b"", **changes: Any) -> Parcel:  # noqa: ANN401 # any field
    """Make one for Jane Example, with a number that makes her another person."""
    known = {
        "clinic": "clinic",
        "topic": "moles",
        "version": 1,
        "lang": "en",
        "source": "list.csv",
        "row": number + 1,
        "words": (Words("moles", "en", "digest"),),
        "address": address(number),
        "person": f"Jane Example {number:05}",
        "treated_on": date(2026, 11, 25),
        "consented_on": date(2026, 11, 1),
        "contents": contents(number, added),
    }
    return Parcel(**{**known, **changes})


def contents(number: int, added: bytes = b"") -> Contents:
    return Contents(LETTER, LEAFLET, f"for Jane Example {number:05}".encode() + added, b"BEGIN:VCALENDAR")


def address(number: int) -> str:
    return f"jane.{number:05}@example.org"


class Hands:
    """A computer's clock, and the seconds that it ran."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 9, tzinfo=UTC)
        self.ran = 0.0

    def wall(self) -> datetime:
        return self.now

    def running(self) -> float:
        return self.ran

    def wait(self, span: timedelta) -> None:
        self.now += span
        self.ran += span.total_seconds()

    def turn(self, span: timedelta) -> None:
        self.now += span
