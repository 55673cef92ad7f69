"""A sheet's days as events of a calendar: what starts, ends or is usual, and when the clinic is closed."""

import hashlib
from collections.abc import Iterator
from datetime import date

from careleaf import days, personal
from careleaf.compose import compose, plain
from careleaf.ics import Event, calendar_file
from careleaf.model import CalendarDay, Clinic, Edition, Leaflet, Library, Mark, Topic


def calendar(library: Library, edition: Edition, treated_on: date, *, alarm: bool) -> bytes | None:
    """Give the days of a sheet as a file for a calendar program; None if it has none."""
    topic, clinic = library.topics[edition.topic], library.clinics[edition.clinic]
    # What is said of the patient is not in a calendar: it goes to a phone, and on to wherever that keeps it.
    leaflet = compose(library, edition, personal.slots(library, edition, treated_on, {}))
    found = events(leaflet, topic, clinic, treated_on)
    if not found:
        return None
    title = leaflet.ui["calendar-title"]
    return calendar_file(found, name=title, lang=edition.lang, stamp=treated_on, alarm=alarm)


def events(leaflet: Leaflet, topic: Topic, clinic: Clinic, treated_on: date) -> tuple[Event, ...]:
    """Give the events of one patient's sheet, in the reader's language. Nothing in them names the patient.

    An event's uid stays the same as long as it is about the same Unit after the same treatment.
    """
    if leaflet.personal is None:
        return ()
    rows = zip(personal.rows(topic, clinic), leaflet.personal.calendar, strict=True)
    marked = (
        event
        for offset, row in rows
        for event in _marked(leaflet, row, days.after(treated_on, *offset), treated_on)
    )
    return (*marked, *_closed(leaflet, topic, clinic, treated_on))


def _marked(leaflet: Leaflet, row: CalendarDay, day: date, treated_on: date) -> Iterator[Event]:
    for mark in row.marks:
        said = _said(mark)
        yield Event(day, _uid(leaflet, treated_on, mark.label, mark.item.id), said, f"{said}\n{row.number}")


def _said(mark: Mark) -> str:
    label = plain(mark.item.label)
    parts = (mark.label, plain(mark.heading), f"{label}." if label else "", plain(mark.item.text))
    return " ".join(part for part in parts if part)


def _closed(leaflet: Leaflet, topic: Topic, clinic: Clinic, treated_on: date) -> Iterator[Event]:
    words = f"{leaflet.ui['closed-number']} {leaflet.urgent}"
    for first, last in personal.closed(topic, clinic, treated_on):
        uid = _uid(leaflet, treated_on, "closed", first.isoformat())
        yield Event(first, uid, leaflet.ui["sheet-closed-title"], words, until=last)


def _uid(leaflet: Leaflet, treated_on: date, *about: str) -> str:
    parts = (leaflet.topic, leaflet.locale.name, treated_on.isoformat(), *about)
    return f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}@careleaf.invalid"
