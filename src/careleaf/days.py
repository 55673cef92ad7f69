"""Which calendar day something falls on: after a treatment, at the clinic, and which days it is closed.

All days are whole calendar days at the clinic: no change of the clocks moves one.
"""

import warnings
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from itertools import groupby
from zoneinfo import ZoneInfo, available_timezones

from careleaf.locales import DAYS
from careleaf.model import Clinic

HOURS = 24
"""Hours of a day."""
NOT_ZONES = {"Factory", "localtime"}
"""Names that stand in lists of zones and mean no place: "not set", and "wherever this computer is"."""


def after(start: date, amount: int, unit: str) -> date:
    """Give the day so many hours, days, weeks, months or years after `start`: a CLDR unit of a Measure.

    Fewer than 24 hours end on the day itself; more are rounded up to whole days, so that nobody stops too
    early. A month ends on the day of the same number, or on the last of a shorter month: six months after
    31 August is 28 February, or the 29th. Raises ValueError for any other unit.
    """
    from dateutil.relativedelta import relativedelta  # noqa: PLC0415 # only a sheet with dates pays for it

    match unit:
        case "duration-hour":
            return start + timedelta(days=-(-amount // HOURS) if amount >= HOURS else 0)
        case "duration-day":
            return start + timedelta(days=amount)
        case "duration-week":
            return start + timedelta(weeks=amount)
        case "duration-month":
            return start + relativedelta(months=amount)
        case "duration-year":
            return start + relativedelta(years=amount)
    raise ValueError(f"{unit} says no day")


def closed(clinic: Clinic, first: date, last: date) -> tuple[tuple[date, date], ...]:
    """Give the days from `first` to `last`, both included, on which the clinic does not open at all.

    Days in a row are one span of (first, last). Raises LookupError for a region that its country lacks.
    """
    span = [first + timedelta(days=each) for each in range((last - first).days + 1)]
    runs = [tuple(days) for open_, days in groupby(span, partial(opens, clinic)) if not open_]
    return tuple((run[0], run[-1]) for run in runs)


def opens(clinic: Clinic, day: date) -> bool:
    """Say whether the clinic opens on a day at all.

    A day of `open_on` is open though it is a public holiday, but not without hours for that weekday: no
    leaflet could say when. A closure counts more than anything. Half-holidays are open days.
    """
    if not has_hours(clinic, day) or shut(clinic, day):
        return False
    return day in clinic.open_on or day not in public_holidays(clinic.country, clinic.region, day.year)


def has_hours(clinic: Clinic, day: date) -> bool:
    """Say whether the clinic has hours for the weekday of a day."""
    return any(DAYS[day.weekday()] in row.days for row in clinic.hours)


def shut(clinic: Clinic, day: date) -> bool:
    """Say whether a day is in one of the clinic's own closures."""
    return any(closure.from_ <= day <= closure.until for closure in clinic.closed)


def public_holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    """Give a year's public holidays and the days observed in their place; none, if they are not known.

    Without a region, only those of the whole country. Raises LookupError for a region that it lacks.
    """
    return _year(country, region, year) or frozenset()


def known(country: str, year: int) -> bool:
    """Say whether the public holidays of a country are known for a year."""
    return _year(country, None, year) is not None


@lru_cache(maxsize=1024)
def _year(country: str, region: str | None, year: int) -> frozenset[date] | None:
    import holidays  # noqa: PLC0415 # a tenth of the time of a build with nothing to do

    places = regions(country)
    if places is None or year > holidays.country_holidays(country).end_year:
        return None
    if region is not None and region not in places:
        raise LookupError(f"{country} has no region {region}")
    # India's feasts by the moon are known for some years: for others a warning says that they are left out.
    with warnings.catch_warnings(record=True, action="always") as told:
        found = frozenset(holidays.country_holidays(country, subdiv=region, years=year, expand=False))
    return None if told else found


@lru_cache(maxsize=256)
def regions(country: str) -> tuple[str, ...] | None:
    """Give the codes (ISO 3166-2, without the country) of a country's regions; None if it is unknown.

    Cities that have holidays of their own are not among them.
    """
    import holidays  # noqa: PLC0415 # as above

    try:
        found = holidays.country_holidays(country).subdivisions
    except NotImplementedError:
        return None
    return tuple(sorted(code for code in found if code.isalnum() and code.upper() == code))


def today(clinic: Clinic, now: datetime) -> date:
    """Give the day at the clinic. Raises ValueError for a moment that does not say its zone."""
    if now.utcoffset() is None:
        raise ValueError("a moment without a zone may be on another day at the clinic")
    return now.astimezone(ZoneInfo(clinic.timezone)).date()


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """Give the names of the time zones in the IANA database."""
    return frozenset(available_timezones() - NOT_ZONES)
