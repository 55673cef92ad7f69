"""On which day something falls: a date that is a day off has a patient swim, or stop sunscreen, too early."""

import calendar
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careleaf import days
from careleaf.model import NAME, Clinic
from tests.conftest import as_it_ships

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DATES: Final = st.dates(date(2020, 1, 1), date(2040, 12, 31))
ZONES: Final = (
    "Europe/London", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "Australia/Lord_Howe",
    "America/St_Johns", "Africa/Casablanca", "Asia/Kathmandu", "UTC",
)  # fmt: skip


def clinic(  # noqa: PLR0913 # a clinic has so many sides
    opens: Collection[str] = WEEK[:5],
    country: str = "GB",
    region: str | None = "ENG",
    *,
    off: tuple[str, str] | None = None,
    on: Collection[str] = (),
    zone: str = "UTC",
) -> Clinic:
    """Give a clinic that opens on some weekdays, is `off` for a time and open `on` some holidays."""
    row: dict[str, Any] = {
        NAME: "harbour", "title": "Harbour Clinic", "lang": "en", "country": country, "region": region,
        "phone": "020 7946 0991", "urgent": "111", "emergency": "999", "confirmed": "2026-11-25",
        "hours": [{"days": tuple(opens), "open": "09:00", "close": "17:00"}], "open-on": tuple(on),
        "closed": [dict(zip(("from", "until"), off, strict=True))] if off else [], "timezone": zone,
    }  # fmt: skip
    return Clinic.model_validate(row)


def spans(found: tuple[tuple[date, date], ...]) -> list[str]:
    return [f"{first}" if first == last else f"{first} to {last}" for first, last in found]


# --- after -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        ("2026-11-24", 0, "duration-hour", "2026-11-24"),
        ("2026-11-24", 23, "duration-hour", "2026-11-24"),
        ("2026-11-24", 24, "duration-hour", "2026-11-25"),
        ("2026-11-24", 25, "duration-hour", "2026-11-26"),
        ("2026-11-24", 48, "duration-hour", "2026-11-26"),
        ("2026-12-30", 49, "duration-hour", "2027-01-02"),
        ("2026-11-24", 0, "duration-day", "2026-11-24"),
        ("2026-12-25", 10, "duration-day", "2027-01-04"),
        ("2028-02-28", 1, "duration-day", "2028-02-29"),
        ("2027-02-28", 1, "duration-day", "2027-03-01"),
        ("2026-11-24", 6, "duration-week", "2027-01-05"),
        ("2026-08-31", 6, "duration-month", "2027-02-28"),
        ("2027-08-31", 6, "duration-month", "2028-02-29"),
        ("2026-10-31", 1, "duration-month", "2026-11-30"),
        ("2026-11-30", 3, "duration-month", "2027-02-28"),
        ("2026-12-15", 1, "duration-month", "2027-01-15"),
        ("2028-02-29", 1, "duration-year", "2029-02-28"),
        ("2028-02-29", 4, "duration-year", "2032-02-29"),
    ],
)
def test_a_duration_ends_on_the_day_that_a_patient_would_count_to(
    start: str, amount: int, unit: str, expected: str
) -> None:
    assert days.after(date.fromisoformat(start), amount, unit) == date.fromisoformat(expected)


@given(start=DATES, amount=st.integers(24, 5000))
def test_hours_are_never_cut_short(start: date, amount: int) -> None:
    """Whatever the hour of the treatment, the last hour is over when the last day is."""
    whole = datetime.combine(days.after(start, amount, "duration-hour"), time.max)
    treated = datetime.combine(start, time(23, 59))
    assert treated + timedelta(hours=amount) <= whole


@given(start=DATES, amount=st.integers(0, 240))
def test_months_end_on_the_same_number_or_on_the_last_of_a_shorter_month(start: date, amount: int) -> None:
    found = days.after(start, amount, "duration-month")
    assert (found.year - start.year) * 12 + found.month - start.month == amount
    assert found.day == min(start.day, calendar.monthrange(found.year, found.month)[1])


@pytest.mark.parametrize("unit", ["duration-minute", "length-millimeter", "duration-fortnight", "hours", ""])
def test_what_is_no_duration_of_days_has_no_day(unit: str) -> None:
    with pytest.raises(ValueError, match="says no day"):
        days.after(date(2026, 11, 24), 3, unit)


# --- closed ----------------------------------------------------------------------------------------

CLOSED: Final = {
    "weekends": (
        clinic(), "2026-11-23", "2026-12-06", ["2026-11-28 to 2026-11-29", "2026-12-05 to 2026-12-06"],
    ),
    "Boxing Day on a Saturday, and the Monday in its place": (
        clinic(), "2026-12-21", "2027-01-03", ["2026-12-25 to 2026-12-28", "2027-01-01 to 2027-01-03"],
    ),
    "Christmas on a weekend: the two days after it": (
        clinic(WEEK), "2027-12-20", "2027-12-31", ["2027-12-25 to 2027-12-28"],
    ),
    "a new year's day that is observed later": (
        clinic(WEEK), "2027-12-30", "2028-01-05", ["2028-01-01", "2028-01-03"],
    ),
    "a closure over the turn of the year, with the holidays around it": (
        clinic(off=("2026-12-29", "2026-12-31")),
        "2026-12-24", "2027-01-04", ["2026-12-25 to 2027-01-03"],
    ),
    "Easter Monday in England": (clinic(), "2027-03-25", "2027-03-31", ["2027-03-26 to 2027-03-29"]),
    "no Easter Monday in Scotland": (
        clinic(region="SCT"), "2027-03-25", "2027-03-31", ["2027-03-26 to 2027-03-28"],
    ),
    "Saint Andrew's day in Scotland alone": (
        clinic(WEEK, region="SCT"), "2026-11-25", "2026-12-05", ["2026-11-30"],
    ),
    "the second of January in Scotland": (
        clinic(WEEK, region="SCT"), "2026-12-31", "2027-01-05", ["2027-01-01 to 2027-01-02", "2027-01-04"],
    ),
    "Epiphany in Bavaria": (clinic(WEEK, "DE", "BY"), "2027-01-02", "2027-01-10", ["2027-01-06"]),
    "no Epiphany in Hamburg": (clinic(WEEK, "DE", "HH"), "2027-01-02", "2027-01-10", []),
    "Berchtold's day in one canton": (
        clinic(WEEK, "CH", "BE"), "2027-01-01", "2027-01-05", ["2027-01-01 to 2027-01-02"],
    ),
    "the fourth of July, and the Friday before it": (
        clinic(WEEK[:5], "US", "NY"), "2026-07-02", "2026-07-06", ["2026-07-03 to 2026-07-05"],
    ),
    "a new year that the United States keep in the old one": (
        clinic(WEEK, "US", "NY"), "2021-12-30", "2022-01-02", ["2021-12-31 to 2022-01-01"],
    ),
    "open on a public holiday": (
        clinic(on=["2026-12-28"]), "2026-12-24", "2026-12-29", ["2026-12-25 to 2026-12-27"],
    ),
    "a day without hours stays closed": (
        clinic(on=["2026-12-26"]), "2026-12-26", "2026-12-26", ["2026-12-26"],
    ),
    "a closure counts more than a day to be open on": (
        clinic(off=("2026-12-28", "2026-12-28"), on=["2026-12-28"]),
        "2026-12-28", "2026-12-29", ["2026-12-28"],
    ),
    "a country whose holidays are unknown": (clinic(WEEK, "ZQ", None), "2026-12-20", "2027-01-05", []),
    "its own closures": (
        clinic(WEEK, "ZQ", None, off=("2026-12-25", "2026-12-25")),
        "2026-12-20", "2027-01-05", ["2026-12-25"],
    ),
    "days in the wrong order": (clinic(), "2026-12-06", "2026-11-23", []),
    "one day that is open": (clinic(), "2026-11-24", "2026-11-24", []),
}  # fmt: skip


@pytest.mark.parametrize(("where", "first", "last", "expected"), CLOSED.values(), ids=CLOSED.keys())
def test_a_patient_is_told_the_days_on_which_nobody_answers(
    where: Clinic, first: str, last: str, expected: list[str]
) -> None:
    assert spans(days.closed(where, date.fromisoformat(first), date.fromisoformat(last))) == expected


@st.composite
def clinics(draw: st.DrawFn) -> Clinic:
    start = draw(DATES)
    return clinic(
        draw(st.sets(st.sampled_from(WEEK), min_size=1)),
        *draw(st.sampled_from([("GB", "ENG"), ("DE", "BY"), ("US", "CA"), ("IN", None), ("ZQ", None)])),
        off=(str(start), str(start + timedelta(draw(st.integers(0, 20))))),
        on=draw(st.lists(DATES.map(str), max_size=3)),
    )


@given(where=clinics(), first=DATES, length=st.integers(0, 60))
def test_the_spans_hold_each_closed_day_once_and_no_other(where: Clinic, first: date, length: int) -> None:
    asked = [first + timedelta(each) for each in range(length + 1)]
    found = days.closed(where, first, asked[-1])
    told = [start + timedelta(each) for start, end in found for each in range((end - start).days + 1)]
    assert told == [day for day in asked if not days.opens(where, day)]
    assert all(WEEK[day.weekday()] in where.hours[0].days for day in asked if day not in told)
    assert all((later - earlier).days > 1 for (_, earlier), (later, _) in pairwise(found))


def test_a_region_that_its_country_lacks_is_not_taken_for_a_place_without_holidays() -> None:
    with pytest.raises(LookupError, match="GB has no region BY"):
        days.closed(clinic(region="BY"), date(2026, 12, 24), date(2026, 12, 26))


def test_a_year_is_looked_up_once_for_thousands_of_patients() -> None:
    days._year.cache_clear()  # noqa: SLF001 # counts what is looked up
    where = clinic()
    for each in range(3000):
        start = date(2026, 1, 1) + timedelta(each % 300)
        days.closed(where, start, start + timedelta(10))
    told = days._year.cache_info()  # noqa: SLF001
    assert (told.misses, told.hits > 10_000) == (1, True)


@pytest.mark.parametrize("country", ["GB", "IE", "US", "DE", "CH", "ES", "FR", "PL", "KR", "CN", "IN", "AE"])
def test_the_countries_of_our_languages_have_holidays_in_each_region(country: str) -> None:
    for year in (2026, 2027, 2035):
        assert days.known(country, year)
        for region in (None, *(days.regions(country) or ())):
            assert {day.year for day in days.public_holidays(country, region, year)} == {year}


def test_regions_are_codes_that_a_clinics_file_accepts() -> None:
    assert days.regions("GB") == ("ENG", "NIR", "SCT", "WLS")
    assert days.regions("MT") == ()
    assert days.regions("ZQ") is None
    german = days.regions("DE") or ()
    assert {"BY", "HH"} < set(german)
    assert "Augsburg" not in german
    for code in german:
        assert clinic(country="DE", region=code).region == code


@pytest.mark.parametrize(("country", "year"), [("ZQ", 2026), ("LK", 2099), ("IN", 2099), ("GB", 9999)])
def test_a_year_of_which_nothing_is_known_is_told_apart_from_one_without_holidays(
    country: str, year: int
) -> None:
    """India's feasts by the moon are known for some years only: half of a list is none."""
    assert not days.known(country, year)
    assert days.public_holidays(country, None, year) == frozenset()


def test_a_country_that_works_through_its_holidays_is_known_all_the_same() -> None:
    assert days.known("UA", 2024)
    assert days.public_holidays("UA", None, 2024) == frozenset()
    assert date(2021, 8, 24) in days.public_holidays("UA", None, 2021)


# --- today -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2026-11-24T23:30:00+00:00", "Europe/London", "2026-11-24"),
        ("2026-06-24T23:30:00+00:00", "Europe/London", "2026-06-25"),
        ("2026-11-24T23:30:00+00:00", "Asia/Kolkata", "2026-11-25"),
        ("2026-11-24T02:00:00+00:00", "America/New_York", "2026-11-23"),
        ("2026-11-24T11:00:00+00:00", "Pacific/Kiritimati", "2026-11-25"),
        ("2026-11-24T10:30:00+00:00", "Pacific/Pago_Pago", "2026-11-23"),
        # The clocks go back: one o'clock comes twice.
        ("2026-10-25T00:30:00+00:00", "Europe/London", "2026-10-25"),
        ("2026-10-25T01:30:00+00:00", "Europe/London", "2026-10-25"),
        # They go forward at midnight: that hour does not exist.
        ("2026-09-06T03:59:59+00:00", "America/Santiago", "2026-09-05"),
        ("2026-09-06T04:00:00+00:00", "America/Santiago", "2026-09-06"),
        # The moment is told in another zone than the clinic's.
        ("2026-11-25T08:30:00+09:00", "Europe/London", "2026-11-24"),
    ],
)
def test_the_day_is_the_one_on_the_clinics_own_wall(moment: str, zone: str, expected: str) -> None:
    assert days.today(clinic(zone=zone), datetime.fromisoformat(moment)) == date.fromisoformat(expected)


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31)),  # noqa: DTZ001 # the zone comes below
    zone=st.sampled_from(ZONES),
    told=st.integers(-12 * 60, 14 * 60),
)
def test_the_day_does_not_hang_on_the_zone_in_which_a_moment_is_told(
    moment: datetime, zone: str, told: int
) -> None:
    at = moment.replace(tzinfo=UTC)
    elsewhere = at.astimezone(timezone(timedelta(minutes=told)))
    where = clinic(zone=zone)
    assert days.today(where, at) == days.today(where, elsewhere)
    assert abs(days.today(where, at) - moment.date()) <= timedelta(1)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        days.today(clinic(zone="Asia/Kolkata"), datetime(2026, 11, 24, 23))  # noqa: DTZ001 # just that


def test_zones_are_places_and_none_is_this_computers_own() -> None:
    assert {"UTC", "Europe/London", "America/New_York", "Asia/Kolkata"} < days.zones()
    assert not days.zones() & {"localtime", "Factory", "posixrules", "right/Europe/London", "Europe"}
    for name in days.zones():
        assert ZoneInfo(name).key == name


def test_the_clinic_that_ships_is_closed_on_a_bank_holiday_of_its_place() -> None:
    riverside = as_it_ships().clinics["riverside"]
    assert spans(days.closed(riverside, date(2027, 3, 25), date(2027, 3, 30))) == [
        "2027-03-26",
        "2027-03-28 to 2027-03-29",
    ]
    assert days.today(riverside, datetime(2026, 6, 24, 23, 30, tzinfo=UTC)) == date(2026, 6, 25)
