"""The days on a sheet, read back from the finished file and held to a calendar that is reckoned here.

A day that is wrong in one language has its readers swim, or stop looking for danger signs, too early.
"""

import re
from calendar import monthrange
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import icalendar
import pytest
from babel.dates import format_date, get_day_names, get_month_names

from careleaf import batch, personal
from careleaf.compose import compose, plain
from careleaf.model import Clinic, Library, Need, Topic
from tests.commands import careleaf
from tests.conftest import Tiny, as_it_ships
from tests.patients import TOPIC, aftercare, found, patient, sheets
from tests.reading import Node, letters, structure, words

if TYPE_CHECKING:
    from collections.abc import Mapping

PATTERNS: Final = {
    "en": "EEEE d MMMM",
    "ar": "EEEE d MMMM",
    "es": "EEEE d 'de' MMMM",
    "fr": "EEEE d MMMM",
    "hi": "EEEE d MMMM",
    "ko": "M'월' d'일' EEEE",
    "pl": "EEEE d MMMM",
    "uk": "EEEE d MMMM",
    "zh-Hans": "M'月'd'日'EEEE",
}
"""How each language says a day, without commas."""
TREATED: Final = {
    "en": ("after-laser", date(2028, 2, 29)),
    "ar": ("after-peel", date(2026, 12, 20)),
    "es": ("after-freezing", date(2026, 3, 28)),
    "fr": ("after-curettage", date(2026, 10, 24)),
    "hi": ("after-extraction", date(2026, 11, 25)),
    "ko": ("after-laser", date(2025, 11, 25)),
    "pl": ("after-peel", date(2026, 8, 31)),
    "uk": ("after-curettage", date(2027, 2, 27)),
    "zh-Hans": ("after-freezing", date(2027, 12, 31)),
}
"""For each language a topic, and a day: 29 February, the end of the year or a month, a day before the clocks
change, today, 365 days ago."""


# --- A calendar of our own -------------------------------------------------------------------------


def after(day: date, amount: int, unit: str) -> date:
    """Reckon by hand: an hour begun after whole days counts as a day."""
    if unit == "duration-hour":
        return day + timedelta(days=-(-amount // 24) if amount >= 24 else 0)
    if unit in {"duration-day", "duration-week"}:
        return day + timedelta(days=amount * (7 if unit == "duration-week" else 1))
    months = day.month - 1 + amount * (12 if unit == "duration-year" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@dataclass
class Expected:
    """What a sheet is to say: the last day to watch, each Unit's days, and the rows of the calendar."""

    watch: date | None
    units: dict[str, list[date]] = field(default_factory=dict)
    rows: dict[date, list[str]] = field(default_factory=dict)


def expected(topic: Topic, clinic: Clinic, treated: date) -> Expected:
    """Reckon the days of a sheet from the topic's Facts and the clinic's own."""

    def ends(name: str) -> tuple[date, date]:
        fact: Any = topic.facts[name]
        value = clinic.facts.get(topic.name, {}).get(name, fact.value)
        low, high = value if isinstance(value, tuple) else (value, value)
        return after(treated, low, fact.unit), after(treated, high, fact.unit)

    made = Expected(ends(topic.watch)[1] if topic.watch else None, rows={treated: []})
    for section, unit in ((one, unit) for one in topic.sections for unit in one.units):
        if when := unit.when:
            first = treated if when.on else ends(when.from_)[0] if when.from_ else None
            last = ends(when.until)[1] if when.until else None
            days = [day for day in (first, last) if day]
            made.units[f"{section.id}/{unit.id}"] = sorted(set(days))
            made.rows.setdefault(days[0], []).append(f"{section.id}/{unit.id}")
    return made


def closed(clinic: Clinic, holidays: set[date], first: date, last: date) -> list[date]:
    """List the days from first to last on which a clinic does not open."""
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    hours = {day for row in clinic.hours for day in row.days}
    span = (first + timedelta(days=each) for each in range((last - first).days + 1))
    shut = {
        row.from_ + timedelta(days=each)
        for row in clinic.closed
        for each in range((row.until - row.from_).days + 1)
    }
    return [
        day
        for day in span
        if week[day.weekday()] not in hours or day in shut or day in holidays - {*clinic.open_on}
    ]


def ends(days: list[date]) -> list[date]:
    """Give the first and last day of each run of days, once if they are the same."""
    return [day for day in days if day - timedelta(days=1) not in days or day + timedelta(days=1) not in days]


def listed(text: str) -> set[date]:
    return {date.fromisoformat(day) for day in text.split()}


HOLIDAYS: Final = {
    ("GB", "ENG"): listed(
        "2025-12-25 2025-12-26 2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 "
        "2026-12-26 2026-12-28 2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-25 "
        "2027-12-26 2027-12-27 2027-12-28 2028-01-01 2028-01-03 2028-04-14 2028-04-17 2028-05-01 2028-05-29"
    ),
    ("DE", "BY"): listed(
        "2026-10-03 2026-11-01 2026-12-25 2026-12-26 2027-01-01 2027-01-06 2027-03-26 2027-03-29 2027-05-01 "
        "2027-05-06 2027-05-17 2027-05-27"
    ),
    ("US", None): listed(
        "2026-09-07 2026-10-12 2026-11-11 2026-11-26 2026-12-25 2027-01-01 2027-01-18 2027-02-15 2027-05-31 "
        "2027-06-18 2027-06-19 2027-07-04 2027-07-05"
    ),
}
"""Typed from gov.uk/bank-holidays, the Bavarian Feiertagsgesetz and the US Office of Personnel Management; a
holiday on a weekend counts as well as the day that is observed for it."""


# --- Days read back --------------------------------------------------------------------------------

FIELDS: Final = re.compile(r"EEEE|MMMM|M|d|'([^']*)'")


def matching(lang: str) -> re.Pattern[str]:
    """Match any day as a language says it, or what only looks like one."""
    names: dict[str, Mapping[int, str]] = {
        "EEEE": get_day_names("wide", "format", lang.replace("-", "_")),
        "MMMM": get_month_names("wide", "format", lang.replace("-", "_")),
    }

    def part(match: re.Match[str]) -> str:
        if match[1] is not None:
            return re.escape(match[1])
        return f"(?:{'|'.join(names[match[0]].values())})" if match[0] in names else r"\d+"

    return re.compile(FIELDS.sub(part, PATTERNS[lang]).replace(" ", r"\s"))


def tidy(text: str) -> str:
    """Leave out commas, what nobody sees, and line ends."""
    return re.sub("[,\u060c]", "", " ".join(words(text)))


def days_in(text: str, lang: str) -> Counter[str]:
    return Counter(match[0] for match in matching(lang).finditer(tidy(text)))


def said(days: list[date], lang: str) -> Counter[str]:
    return Counter(format_date(day, PATTERNS[lang], lang.replace("-", "_")) for day in days)


@dataclass(frozen=True)
class Read:
    """A finished sheet, read back."""

    lang: str
    topic: Topic
    clinic: Clinic
    treated: date
    root: Node
    texts: dict[str, str]
    """The words of each Unit."""

    @property
    def expected(self) -> Expected:
        return expected(self.topic, self.clinic, self.treated)

    @property
    def shut(self) -> list[date]:
        """The days on which the clinic is closed while danger signs are to be looked for."""
        holidays = HOLIDAYS[self.clinic.country, self.clinic.region]
        until = self.expected.watch
        return closed(self.clinic, holidays, self.treated, until) if until else []

    @property
    def calendar(self) -> Node:
        """The table of the calendar: the one with most days in its heads."""
        return max(
            self.root.find("Table"),
            key=lambda table: sum(days_in(head.text(), self.lang).total() for head in table.find("TH")),
        )


def file_of(sheet: batch.Sheet, folder: Path) -> Path:
    path = folder / f"{sheet.wanted.edition.lang}-{sheet.wanted.recipient.row}.pdf"
    path.write_bytes(sheet.content)
    return path


def units(library: Library, sheet: batch.Sheet) -> dict[str, str]:
    """Give each Unit's words in the sheet's language, without its days."""
    leaflet = compose(library, sheet.wanted.edition)
    return {item.id: letters(plain(item.text)) for block in leaflet.blocks for item in block.items}


def read(library: Library, sheet: batch.Sheet, folder: Path) -> Read:
    edition, one = sheet.wanted.edition, sheet.wanted.recipient
    topic, clinic = library.topics[edition.topic], library.clinics[edition.clinic]
    root = structure(file_of(sheet, folder)).root
    return Read(edition.lang, topic, clinic, one.treated_on, root, units(library, sheet))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Read]:
    """A sheet in every language, by language."""
    folder, library = tmp_path_factory.mktemp("days"), as_it_ships()
    assert TREATED.keys() == PATTERNS.keys() == library.locales.keys()
    people = [
        patient(row, "", lang, topics=(topic,), treated_on=day)
        for row, (lang, (topic, day)) in enumerate(TREATED.items(), 2)
    ]
    made, told = sheets(library, people)
    assert told == []
    return {sheet.wanted.edition.lang: read(library, sheet, folder) for sheet in made.values()}


@pytest.mark.parametrize("lang", TREATED)
def test_a_finished_sheet_has_just_the_days_that_follow_from_its_facts(
    finished: dict[str, Read], lang: str
) -> None:
    one = finished[lang]
    plan = one.expected
    assert plan.watch
    days = [
        one.treated,
        plan.watch,
        *ends(one.shut),
        *(day for each in plan.units.values() for day in each),
        *plan.rows,
    ]
    assert len(days) > 15
    assert days_in(one.root.text(), lang) == said(days, lang)


@pytest.mark.parametrize("lang", TREATED)
def test_each_rule_stands_with_its_own_days(finished: dict[str, Read], lang: str) -> None:
    one = finished[lang]
    holders = [node.text("Lbl") for role in ("TD", "LBody", "P") for node in one.root.find(role)]
    assert len(one.expected.units) >= 8
    for unit, days in one.expected.units.items():
        # The smallest part of the page with the rule and as many days: the calendar has one day in a row.
        texts = [text for text in holders if one.texts[unit] in letters(text) and days_in(text, lang).total()]
        assert said(days, lang) == days_in(min(texts, key=len), lang), unit


@pytest.mark.parametrize("lang", TREATED)
def test_each_rule_stands_in_the_calendar_on_the_day_on_which_it_starts_or_ends(
    finished: dict[str, Read], lang: str
) -> None:
    one = finished[lang]
    rows = one.calendar.find("TR")
    heads = [days_in(row.find("TH")[0].text(), lang) for row in rows]
    assert heads == [said([day], lang) for day in sorted(one.expected.rows)]
    for row, day in zip(rows, sorted(one.expected.rows), strict=True):
        marks = [letters(node.text()) for node in row.find("LBody")]
        wanted = [one.texts[unit] for unit in one.expected.rows[day]]
        assert len(marks) == len(wanted)
        assert all(text in mark for text, mark in zip(wanted, marks, strict=True))


# --- Every topic, every day that is awkward --------------------------------------------------------

AWKWARD: Final = (
    *(day for _, day in TREATED.values()),
    date(2026, 12, 31),
    date(2027, 1, 31),
    date(2027, 3, 27),
    date(2027, 10, 30),
)
CARE: Final = tuple(name for name, topic in as_it_ships().topics.items() if topic.watch)


@pytest.mark.parametrize(("topic", "need"), [*product(CARE, Need)])
def test_the_days_of_every_topic_are_right_in_every_language(topic: str, need: Need) -> None:
    library = as_it_ships()
    (clinic,) = library.clinics.values()
    count = 0
    for lang, treated in product(library.locales, AWKWARD):
        if need is Need.BILINGUAL and lang == "en":
            continue
        wanted, told = batch.chosen(
            library, terms(clinic), [patient(2, "", lang, topics=(topic,), need=need)]
        )
        assert told == []
        slots = personal.dates(library, wanted[0].edition, treated)
        plan = expected(library.topics[topic], clinic, treated)
        assert plan.watch
        shut = closed(clinic, HOLIDAYS["GB", "ENG"], treated, plan.watch)
        days = [
            treated,
            plan.watch,
            *ends(shut),
            *(day for each in plan.units.values() for day in each),
            *plan.rows,
        ]
        for tongue in {lang, "en"} if need is Need.BILINGUAL else {lang}:
            text = "\n".join(slot.text for slot in slots if slot.key.startswith(f"{tongue}/"))
            assert days_in(text, tongue) == said(days, tongue)
            count += 1
    assert count == len(AWKWARD) * (16 if need is Need.BILINGUAL else 9)


def terms(clinic: Clinic) -> batch.Terms:
    return batch.Terms(clinic, date(2026, 11, 25), drafts=True)


# --- When the clinic is closed ---------------------------------------------------------------------

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLINICS: Final[dict[str, dict[str, Any]]] = {
    "on weekdays": {"days": WEEK[:5]},
    "closed on Mondays": {"days": WEEK[1:]},
    "on every day": {"days": WEEK},
    "closed over Christmas": {"days": WEEK, "closed": [{"from": "2026-12-24", "until": "2027-01-02"}]},
    "open on a holiday": {"days": WEEK, "open-on": ["2026-12-28", "2026-12-25", "2026-11-26"]},
}
"""Kinds of clinics, by when they are open."""
FIRST: Final = {"GB": date(2026, 1, 1), "DE": date(2026, 10, 1), "US": date(2026, 9, 1)}
LAST: Final = {"GB": date(2028, 4, 30), "DE": date(2027, 5, 1), "US": date(2027, 6, 10)}


def clinic_with(
    days: tuple[str, ...],
    country: str = "GB",
    region: str | None = "ENG",
    **more: Any,  # noqa: ANN401 # any field
) -> Clinic:
    """Give the shipped clinic with other days."""
    (clinic,) = as_it_ships().clinics.values()
    row = clinic.model_dump(mode="json", by_alias=True) | {
        "country": country,
        "region": region,
        "hours": [{"days": days, "open": "09:00", "close": "17:00"}],
        **more,
    }
    return Clinic.model_validate(row)


@pytest.mark.parametrize("kind", CLINICS)
@pytest.mark.parametrize(("country", "region"), HOLIDAYS)
def test_the_days_on_which_a_clinic_is_closed_are_all_told(
    country: str, region: str | None, kind: str
) -> None:
    clinic = clinic_with(country=country, region=region, **CLINICS[kind])
    topic = as_it_ships().topics["after-laser"]
    seen: set[date] = set()
    for shift in range(0, (LAST[country] - FIRST[country]).days - 21, 3):
        treated = FIRST[country] + timedelta(days=shift)
        until = expected(topic, clinic, treated).watch
        assert until
        shut = closed(clinic, HOLIDAYS[country, region], treated, until)
        spans = personal.closed(topic, clinic, treated)
        assert [day for span in spans for day in dict.fromkeys(span)] == ends(shut)
        seen |= set(shut)
    assert seen, "no clinic is open on all days of half a year"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A small library whose clinic is open on every day, but for public holidays and ten days in summer."""
    tiny = aftercare(tmp_path_factory.mktemp("desk") / "library", *WEEK)
    tiny.change(
        "content/clinics/harbour.yaml",
        "country: GB",
        "country: GB\nregion: ENG\nclosed:\n  - {from: 2026-07-10, until: 2026-07-19}",
    )
    return tiny


def page(desk: Tiny, lang: str, treated: date, folder: Path) -> str:
    library = desk.library()
    made, told = sheets(library, [patient(2, "", lang, treated_on=treated)])
    assert told == []
    structure.cache_clear()
    return tidy(structure(file_of(made[2], folder)).root.text())


def own(lang: str, name: str, **values: str) -> str:
    library = as_it_ships()
    entry = library.catalogs[lang, "ui"].entries[name].text if lang != "en" else library.ui[name].text
    return tidy(entry.split("{")[0] if not values else entry.format(**values))


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize(
    ("treated", "shut"),
    [
        (date(2026, 6, 1), []),
        (date(2026, 12, 23), [date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 28)]),
        (date(2026, 7, 8), [date(2026, 7, 10), date(2026, 7, 13)]),
        (date(2026, 7, 19), [date(2026, 7, 19)]),
    ],
    ids=["open on every day", "Christmas", "a closure that lasts longer than the watch", "its last day"],
)
def test_a_sheet_lists_the_closed_days_or_says_that_there_are_none(
    desk: Tiny, tmp_path: Path, lang: str, treated: date, shut: list[date]
) -> None:
    text = page(desk, lang, treated, tmp_path)
    assert (own(lang, "sheet-open") in text) is not bool(shut)
    assert (own(lang, "sheet-closed") in text) is bool(shut)
    assert (own(lang, "sheet-nights") in text) is bool(shut)
    plan = expected(desk.library().topics[TOPIC], desk.library().clinics["harbour"], treated)
    assert plan.watch
    days = [treated, plan.watch, *shut, *(day for each in plan.units.values() for day in each), *plan.rows]
    assert days_in(text, lang) == said(days, lang)


def test_a_topic_without_days_is_no_sheet_and_none_says_that_the_clinic_is_always_open() -> None:
    library = as_it_ships()
    (clinic,) = library.clinics.values()
    others = sorted(library.topics.keys() - set(CARE))
    assert len(others) == 9
    people = [patient(row, topics=(name,)) for row, name in enumerate(others, 2)]
    wanted, told = batch.chosen(library, terms(clinic), people)
    assert wanted == []
    assert [(each.rule, each.severity, each.line) for each in told] == [
        ("not-as", "held", row) for row in range(2, 11)
    ]
    assert all("careleaf build" in each.mend for each in told)


# --- The calendar file -----------------------------------------------------------------------------


def calendar_of(desk: Tiny, folder: Path, lang: str, treated: str, *more: str) -> tuple[Any, bytes]:
    """Make a sheet with its calendar file by the command; give the file, parsed and as it is."""
    folder.mkdir()
    options = ("--lang", lang, "--treated-on", treated, "--root", desk.root, "--out", folder / "none")
    result = careleaf("sheet", TOPIC, *options, "--ics", "-o", folder / "sheet.pdf", *more)
    assert result.exit_code == 0, result.stderr
    content = (folder / "sheet.ics").read_bytes()
    return icalendar.Calendar.from_ical(content), content


def days_of(calendar: Any) -> list[tuple[date, date, str]]:  # noqa: ANN401 # icalendar carries few types
    """Give first and last day of each event, and what it says."""
    events = calendar.walk("VEVENT")
    return [(one["DTSTART"].dt, one["DTEND"].dt - timedelta(days=1), str(one["SUMMARY"])) for one in events]


@pytest.mark.usefixtures("one_process_one_day")
@pytest.mark.parametrize("lang", ["en", "ar"])
def test_a_calendar_file_has_the_days_of_the_sheet(desk: Tiny, tmp_path: Path, lang: str) -> None:
    calendar, _ = calendar_of(desk, tmp_path / "a", lang, "2026-07-08")
    library = desk.library()
    clinic = library.clinics["harbour"]
    plan = expected(library.topics[TOPIC], clinic, date(2026, 7, 8))
    made, _ = sheets(library, [patient(2, "", lang)])
    texts = units(library, made[2])
    rules = [(day, texts[unit]) for day, row in sorted(plan.rows.items()) for unit in row]
    assert len(rules) == 2
    *marked, shut = days_of(calendar)
    assert [(first, last) for first, last, _ in marked] == [(day, day) for day, _ in rules]
    assert all(text in letters(told) for (_, text), (*_, told) in zip(rules, marked, strict=True))
    assert shut == (date(2026, 7, 10), date(2026, 7, 13), own_whole(lang, "sheet-closed-title"))


def own_whole(lang: str, name: str) -> str:
    library = as_it_ships()
    return library.catalogs[lang, "ui"].entries[name].text if lang != "en" else library.ui[name].text


@pytest.mark.usefixtures("one_process_one_day")
def test_a_calendar_file_keeps_its_uids_rings_only_if_asked_and_names_nobody(
    desk: Tiny, tmp_path: Path
) -> None:
    about = ("--name", "Jane Example", "--site", "left cheek", "--clinician", "Test Reviewer")
    plain_one, content = calendar_of(desk, tmp_path / "a", "en", "2026-11-24")
    named, same = calendar_of(desk, tmp_path / "b", "en", "2026-11-24", *about)
    ringing, _ = calendar_of(desk, tmp_path / "c", "en", "2026-11-24", "--alarm")
    assert same == content, "a phone that has the file already shows each day once"
    uids = [[str(one["UID"]) for one in each.walk("VEVENT")] for each in (plain_one, named, ringing)]
    assert uids[0] == uids[1] == uids[2]
    assert len(set(uids[0])) == len(uids[0]) >= 2
    assert plain_one.walk("VALARM") == []
    assert len(ringing.walk("VALARM")) == len(uids[0])
    assert found(["Jane Example", "Jane", "left cheek", "Test Reviewer", "Reviewer"], same) == []
    other, _ = calendar_of(desk, tmp_path / "d", "en", "2026-11-23")
    assert not {str(one["UID"]) for one in other.walk("VEVENT")} & set(uids[0])
