"""Days as a file for a calendar program: iCalendar, RFC 5545.

Each event is of whole days, does not make its reader busy, and is marked private. The file is no invitation:
it has no METHOD, no organiser and no attendee.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import icalendar

MAKER: Final = "-//careleaf//careleaf//EN"
"""Who made the file, for every version alike: another version alone makes no other file."""
MORNING: Final = timedelta(hours=9)
"""When an alarm goes off, after the midnight on which the day starts where its reader is."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something on a day, or on all days up to `until`, both included.

    `uid` stays the same when the event changes: a program that has it already then replaces it.
    """

    day: date
    uid: str
    summary: str
    description: str
    until: date | None = None


def calendar_file(
    events: Sequence[Event], *, name: str, lang: str, stamp: date, alarm: bool = False
) -> bytes:
    """Write events as an iCalendar file, the same bytes for the same events.

    `lang` is the language of all texts, as a tag. `stamp` is the day on which the file was made. With
    `alarm`, each event is told at nine on its first day. Raises ValueError without any event, for a uid used
    twice and for an event that ends before it starts.
    """
    import icalendar  # noqa: PLC0415 # only a sheet with dates pays for it

    _consistent(events)
    calendar = icalendar.Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", MAKER)
    calendar.add("CALSCALE", "GREGORIAN")
    # By RFC 7986, and for programs that do not know it. icalendar escapes neither unless told it is a text.
    calendar.add("NAME", icalendar.vText(_clean(name)), {"LANGUAGE": lang})
    calendar.add("X-WR-CALNAME", icalendar.vText(_clean(name)))
    for event in events:
        calendar.add_component(_event(event, lang, stamp, alarm=alarm))
    made: bytes = calendar.to_ical()
    return made


def _consistent(events: Sequence[Event]) -> None:
    if not events:
        raise ValueError("a calendar has at least one event")
    if len({event.uid for event in events}) < len(events):
        raise ValueError("two events have the same uid")
    if any(event.until and event.until < event.day for event in events):
        raise ValueError("an event ends before it starts")


def _event(event: Event, lang: str, stamp: date, *, alarm: bool) -> "icalendar.Event":
    import icalendar  # noqa: PLC0415 # as above

    made = icalendar.Event()
    made.add("UID", event.uid)
    made.add("DTSTAMP", datetime.combine(stamp, time(), UTC))
    made.add("DTSTART", event.day)
    # The end is the first day that is no longer part of it.
    made.add("DTEND", (event.until or event.day) + timedelta(days=1))
    made.add("SUMMARY", _clean(event.summary), {"LANGUAGE": lang})
    made.add("DESCRIPTION", _clean(event.description), {"LANGUAGE": lang})
    made.add("CLASS", "PRIVATE")
    made.add("TRANSP", "TRANSPARENT")
    if alarm:
        made.add_component(_alarm(event, lang))
    return made


def _alarm(event: Event, lang: str) -> "icalendar.Alarm":
    import icalendar  # noqa: PLC0415 # as above

    made = icalendar.Alarm()
    made.add("ACTION", "DISPLAY")
    made.add("DESCRIPTION", _clean(event.summary), {"LANGUAGE": lang})
    made.add("TRIGGER", MORNING)
    return made


def _clean(text: str) -> str:
    """Leave out control characters, which RFC 5545 forbids, and end every line alike."""
    return "\n".join(
        "".join(sign for sign in line if unicodedata.category(sign) != "Cc") for line in text.splitlines()
    )
