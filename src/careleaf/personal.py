"""What one patient's sheet says besides its leaflet: the places kept for it, and the words that stand there.

A place's key is the language, then what it is: `en/name`, `en/when/healing/dry`, `en/closed/1`, `en/day/3`.
Which places there are is a sheet's shape: it follows from the topic, the clinic, what is known of the
patient, and how often the clinic is closed. Sheets of one shape are laid out once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from string import ascii_letters
from typing import Final

from careleaf import days, fonts, locales
from careleaf.breaks import cells as columns
from careleaf.model import (
    Clinic,
    Edition,
    FactValue,
    Kind,
    Library,
    Locale,
    Measure,
    Number,
    Section,
    Slot,
    Topic,
    Unit,
    When,
)
from careleaf.words import source_locale, ui_texts

ABOUT: Final = ("name", "treated", "site", "clinician")
"""What a sheet says of its patient, in this order."""
WRITTEN: Final = {"name", "site", "clinician"}
"""Those of them that are in the clinic's words."""
FREE: Final = "\u00a0"
"""Stands in a place that is kept free: a line without anything to see."""
NEXT: Final = "#"
"""After the key of a place, names the line below it."""
TREATMENT: Final = (0, "duration-day")
SAMPLED: Final = tuple(date(2026, 1, 1) + timedelta(days=5 * number) for number in range(84))
"""Days that have every weekday, month and digit among them."""
_MONTHS: Final = {"duration-month": 1, "duration-year": 12}
_DAYS: Final = {"duration-day": 1, "duration-week": 7}
MONTH: Final = 30.4
"""Days of a month on average: puts months among days in order."""

Offset = tuple[int, str]
"""How long after a treatment: a number, and CLDR's unit of it."""
Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Due:
    """When a Unit is due. With `usual`, the days are when something usually happens: no rule.

    A `warning` is a danger sign from its day on. With `bare`, the day says enough by itself.
    """

    unit: str
    first: Offset | None
    last: Offset | None
    warning: bool
    bare: bool

    @property
    def usual(self) -> bool:
        """Say whether something usually happens between two days."""
        return self.first is not None and self.last is not None


def due(topic: Topic, clinic: Clinic) -> tuple[Due, ...]:
    """Give each Unit that has its days, in the order of reading."""
    return tuple(
        _due(section, unit, unit.when, topic, clinic)
        for section in topic.sections
        for unit in section.units
        if unit.when
    )


def _due(section: Section, unit: Unit, when: When, topic: Topic, clinic: Clinic) -> Due:
    first = TREATMENT if when.on else _offset(topic, clinic, when.from_, 0)
    last = _offset(topic, clinic, when.until, -1)
    return Due(
        unit=f"{section.id}/{unit.id}",
        first=first,
        last=last,
        warning=section.kind is Kind.WARNING,
        bare=section.kind is Kind.WARNING or (last is None and bool(when.on)),
    )


def _offset(topic: Topic, clinic: Clinic, name: str | None, end: int) -> Offset | None:
    """Read a Fact as a time after the treatment: of a span, its lower or its higher end."""
    if name is None:
        return None
    fact = topic.facts[name]
    if not isinstance(fact, Measure):
        raise TypeError(f"{topic.name}: {name} is no length of time")
    value = _value(fact, clinic.facts.get(topic.name, {}).get(name))
    return value if not isinstance(value, tuple) else value[end], fact.unit


def _value(fact: Number, own: FactValue | None) -> FactValue:
    return fact.value if own is None else own


def rows(topic: Topic, clinic: Clinic) -> tuple[Offset, ...]:
    """Give the days of the recovery calendar, as times after the treatment, earliest first."""
    found = {TREATMENT} | {_same(offset) for each in due(topic, clinic) for offset, _ in marked(each)}
    return tuple(sorted(found, key=_nominal))


def marked(each: Due) -> Iterator[tuple[Offset, str]]:
    """Say on which days of the calendar a Unit stands, and as what: the id of a text, or nothing.

    Rules start with the treatment, unsaid.
    """
    if each.bare and (offset := each.first or each.last):
        yield offset, ""
        return
    if each.usual and each.first:
        yield each.first, "calendar-usual"
        return
    if each.first:
        yield each.first, "calendar-starts"
    if each.last:
        yield each.last, "calendar-ends"


def row_of(offset: Offset, calendar: tuple[Offset, ...]) -> int:
    """Say in which row of a calendar something stands."""
    return calendar.index(_same(offset))


def _same(offset: Offset) -> Offset:
    """Write two offsets that fall on the same day, whatever the treatment's, in the same way."""
    amount, unit = offset
    if unit in _MONTHS:
        return amount * _MONTHS[unit], "duration-month"
    return (days.after(date.min, amount, unit) - date.min).days, "duration-day"


def _nominal(offset: Offset) -> float:
    amount, unit = offset
    return amount * (MONTH if unit == "duration-month" else 1)


def closed(topic: Topic, clinic: Clinic, treated_on: date) -> tuple[Span, ...]:
    """Give the days on which the clinic is closed while danger signs are to be looked for."""
    span = watched(topic, clinic, treated_on)
    return days.closed(clinic, *span) if span else ()


def watched(topic: Topic, clinic: Clinic, treated_on: date) -> Span | None:
    """Give the days on which danger signs are to be looked for, the treatment's own first."""
    offset = _offset(topic, clinic, topic.watch, -1)
    return None if offset is None else (treated_on, days.after(treated_on, *offset))


@dataclass(frozen=True, slots=True)
class _Tongue:
    """A language of a sheet, and how many columns a line has there: a wide letter takes two."""

    locale: Locale
    ui: Mapping[str, str]
    room: int

    def fits(self, *parts: str) -> bool:
        """Say whether a line holds some words together with the longest date there is."""
        return sum(map(columns, parts)) + _longest(self.locale) <= self.room

    def with_date(self, text: str, said: str) -> tuple[str, ...]:
        """Say a date in its words: on a line of its own, where both are too long for one."""
        before, _, after = text.partition("{date}")
        if self.fits(before, after):
            return (before + said + after,)
        return before.strip(), said + after

    def with_span(self, text: str, low: str, high: str) -> tuple[str, ...]:
        """Say a span: two dates are too long for one line. The first ends with the earlier day."""
        before, _, after = text.partition("{low}")
        first = (before + low,) if self.fits(before) else (before.strip(), low)
        return *first, after.format(high=high).strip()


def _longest(locale: Locale) -> int:
    """Give how many columns the longest date takes."""
    return _longest_of(locale.cldr, locale.digits)


@lru_cache(maxsize=256)
def _longest_of(tag: str, digits: str) -> int:
    return max(columns(locales.weekday_of(day, tag, digits)) for day in SAMPLED)


def slots(library: Library, edition: Edition, treated_on: date, said: Mapping[str, str]) -> dict[str, Slot]:
    """Give every place of a sheet with its words, by key. `said` may have name, site and clinician."""
    places = (*about(library.locales[edition.lang], said), *dates(library, edition, treated_on))
    return {slot.key: slot for slot in places}


def about(locale: Locale, said: Mapping[str, str]) -> tuple[Slot, ...]:
    """Give the places that are about one person."""
    return tuple(
        Slot(f"{locale.name}/{name}", said[name], fonts.drawing(said[name], locale.fonts), personal=True)
        for name in ABOUT
        if said.get(name)
    )


def dates(library: Library, edition: Edition, treated_on: date) -> tuple[Slot, ...]:
    """Give the places with days, in each language: the same for all who were treated on one day."""
    return tuple(dating(library, edition, treated_on))


def dating(library: Library, edition: Edition, treated_on: date) -> Iterator[Slot]:
    """Yield the places with days one by one, the day of the treatment first."""
    topic, clinic = library.topics[edition.topic], library.clinics[edition.clinic]
    for locale in _languages(library, edition):
        yield from _dates(_tongue(library, edition, locale), topic, clinic, treated_on)


def is_day(key: str) -> bool:
    """Say whether a place is for a day: what stands in the others, the clinic has written."""
    return key.split("/")[1] not in WRITTEN


def _languages(library: Library, edition: Edition) -> tuple[Locale, ...]:
    source = source_locale(library)
    both = library.formats[edition.format].bilingual and edition.lang != source
    return tuple(library.locales[lang] for lang in (edition.lang, *((source,) if both else ())))


def _tongue(library: Library, edition: Edition, locale: Locale) -> _Tongue:
    ui = ui_texts(library, locale.name)
    if ui is None:
        raise ValueError(f"the templates' words in {locale.name} are not current")
    return _Tongue(locale, ui, library.formats[edition.format].place)


def _dates(tongue: _Tongue, topic: Topic, clinic: Clinic, treated_on: date) -> Iterator[Slot]:
    locale = tongue.locale

    def said(offset: Offset) -> str:
        return locales.weekday(days.after(treated_on, *offset), locale)

    yield Slot(f"{locale.name}/treated", locales.dated(treated_on, locale))
    if span := watched(topic, clinic, treated_on):
        yield Slot(f"{locale.name}/watch", locales.weekday(span[1], locale))
    for number, shut in enumerate(closed(topic, clinic, treated_on), start=1):
        yield from _lines(f"{locale.name}/closed/{number}", _span(shut, tongue))
    for each in due(topic, clinic):
        first, last = (said(offset) if offset else "" for offset in (each.first, each.last))
        yield from _lines(f"{locale.name}/when/{each.unit}", _when(each, first, last, tongue))
    for number, offset in enumerate(rows(topic, clinic)):
        yield Slot(f"{locale.name}/day/{number}", said(offset))


def _lines(key: str, lines: tuple[str, ...]) -> Iterator[Slot]:
    """Give each line its place: each after the first has one `#` more after its key."""
    for number, text in enumerate(lines):
        yield Slot(key + NEXT * number, text)


def _when(each: Due, first: str, last: str, tongue: _Tongue) -> tuple[str, ...]:
    if each.bare:
        return (first or last,)
    if each.usual:
        return (first,) if first == last else tongue.with_span(tongue.ui["sheet-usually"], first, last)
    if first:
        return tongue.with_date(tongue.ui["sheet-from"], first)
    return tongue.with_date(tongue.ui["sheet-until"], last)


def _span(span: Span, tongue: _Tongue) -> tuple[str, ...]:
    first, last = (locales.weekday(each, tongue.locale) for each in span)
    return (first,) if first == last else tongue.with_span(tongue.ui["day-range"], first, last)


def free(places: Mapping[str, Slot]) -> dict[str, Slot]:
    """Keep the places free: what is laid out once, for all patients of the same shape."""
    return {key: Slot(key, FREE) for key in places}


def vocabulary(locale: Locale, ui: Mapping[str, str]) -> tuple[Slot, ...]:
    """Give what the places may come to say of anybody, so that the fonts have its letters already."""
    words = [locales.weekday(day, locale) for day in SAMPLED]
    words += [
        ui["sheet-from"].format(date=""),
        ui["sheet-until"].format(date=""),
        ui["sheet-usually"].format(low="", high=""),
        ui["day-range"].format(low="", high=""),
    ]
    letters = locale.letters.replace(" ", "") or ascii_letters
    return (
        *(Slot(f"{locale.name}/day/0", text) for text in words),
        Slot(f"{locale.name}/treated", locales.dated(SAMPLED[0], locale)),
        Slot(f"{locale.name}/name", f"{letters} {letters.upper()}"),
    )
