"""Numbers, units, dates and opening hours as a language says them, kept whole in either direction.

Digits are Western unless the profile names another numbering system, and one document uses one
system. A printed value is one run: spaces inside it do not break, and in a right-to-left language
it stands inside Unicode isolates, without which "020 7946 0123" prints as "0123 7946 020".
"""

import gettext
import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, Final

import babel
from babel.dates import format_date, format_time, get_day_names, get_month_names
from babel.lists import format_list
from babel.messages.plurals import get_plural
from babel.plural import to_gettext

from careleaf.model import Clock, Fact, FactValue, Hours, Locale, Measure, Strength

# Zero of each CLDR numbering system whose ten digits follow one another in Unicode.
ZEROS: Final = {
    "latn": "0", "arab": "\u0660", "arabext": "\u06f0", "deva": "\u0966", "beng": "\u09e6", "guru": "\u0a66",
    "gujr": "\u0ae6", "orya": "\u0b66", "tamldec": "\u0be6", "telu": "\u0c66", "knda": "\u0ce6",
    "mlym": "\u0d66", "thai": "\u0e50", "laoo": "\u0ed0", "tibt": "\u0f20", "mymr": "\u1040",
    "khmr": "\u17e0",
}  # fmt: skip
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

UNITS: Final = (
    "mass-milligram", "mass-microgram", "mass-gram", "mass-kilogram", "volume-milliliter", "volume-liter",
    "length-millimeter", "length-centimeter", "length-meter", "temperature-celsius", "temperature-fahrenheit",
    "concentr-percent", "duration-minute", "duration-hour", "duration-day", "duration-week", "duration-month",
    "duration-year",
)  # fmt: skip
"""CLDR's units that a leaflet may have, of which two texts can be compared."""
SCRIPT: Final = 4
"""Letters of an ISO 15924 code."""
COUNTED: Final = 1000
"""So many whole numbers are tried to compare two plural rules: beyond, only a million differs, in some."""

DATES: Final = ("MMMMEEEEd", "MMMMEd", "MMMEEEEd", "MMMEd")
"""CLDR's names for the form of a date with its weekday and without its year, the fullest first."""
FIELD: Final = re.compile(r"'[^']*'|E+|e+|c+|M+|L+")
"""A weekday or a month in a CLDR pattern; or a text in quotes, which holds neither."""
FIGURES: Final = 2
"""A month of so many letters is a number."""

IN_PRINT: Final[Mapping[str, str]] = MappingProxyType({})
"""Not aloud: numbers, times and units as they are written."""
NOON: Final = 12

NO_BREAK_SPACE: Final = "\u00a0"
LEFT_TO_RIGHT_ISOLATE: Final = "\u2066"
RIGHT_TO_LEFT_ISOLATE: Final = "\u2067"
ARABIC_LETTER_MARK: Final = "\u061c"
POP_ISOLATE: Final = "\u2069"


class UnspokenError(ValueError):
    """CLDR does not say how this value is spoken in this language."""


@lru_cache
def cldr(tag: str) -> babel.Locale:
    """Give CLDR's data for a language tag. Raises `babel.UnknownLocaleError` or ValueError."""
    return babel.Locale.parse(tag, sep="-")


def in_cldr(locale: Locale) -> bool:
    """Say whether CLDR knows the language."""
    try:
        cldr(locale.cldr)
    except (babel.UnknownLocaleError, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Known:
    """What CLDR knows of a language that a profile needs. `words` are some in which its letters stand."""

    title: str
    english: str
    direction: str
    script: str
    digits: str
    words: str


def known(tag: str, source: Locale) -> Known:
    """Look a language up in CLDR, and its name in the source language. Raises LookupError."""
    try:
        language = cldr(tag)
    except (babel.UnknownLocaleError, ValueError) as error:
        raise LookupError(tag) from error
    names = [
        name
        for names in (get_day_names, get_month_names)
        # Not "stand-alone": once Urdu is read, say, Babel 2.18 gives its days and months for any language.
        for name in names("wide", "format", language).values()
    ]
    title = language.get_display_name() or tag
    return Known(
        title=title[:1].upper() + title[1:],
        english=language.get_display_name(cldr(source.cldr)) or tag,
        direction="rtl" if language.character_order == "right-to-left" else "ltr",
        script=_script(language),
        digits=language.default_numbering_system,
        words=" ".join((title, *names)),
    )


def speak(
    fact: Fact, value: FactValue | None, locale: Locale, span: str, aloud: Mapping[str, str] = IN_PRINT
) -> str:
    """Say a Fact in a language. `value` is the clinic's own, or None for the topic's.

    `span` is the language's way to say a range, with {low} and {high}: "{low} to {high}". `aloud` are the
    templates' own words, for a text that is read to somebody: times and units are then said in words. Raises
    UnspokenError.
    """
    if isinstance(fact, Clock):
        return _clock(fact.value, locale, span, aloud)
    said = fact.value if value is None else value
    if aloud:
        # Some languages have no words for a unit that show its number: the symbol must do.
        with suppress(UnspokenError):
            return _said(fact, said, locale, span, in_words=True)
    return _said(fact, said, locale, span, in_words=False)


def _said(fact: Fact, said: FactValue, locale: Locale, span: str, *, in_words: bool) -> str:
    if not isinstance(said, tuple):
        return _whole(_one(fact, said, locale, in_words=in_words), locale)
    low, high = said
    last = _one(fact, high, locale, locale.range_plural, in_words=in_words)
    if _digits(high, locale) not in last:
        # Some languages have a form of their own for two, which says the unit without its number.
        raise UnspokenError(f"the range {low} to {high} would be said as {low} to {last}")
    return _whole(span.format(low=_digits(low, locale), high=last), locale)


def bare(said: str) -> str:
    """Leave out what keeps a printed value whole: isolates, marks and no-break spaces."""
    controls = (LEFT_TO_RIGHT_ISOLATE, RIGHT_TO_LEFT_ISOLATE, ARABIC_LETTER_MARK, POP_ISOLATE)
    return said.translate({ord(sign): None for sign in controls} | {ord(NO_BREAK_SPACE): " "})


def phone(number: str, locale: Locale, aloud: Mapping[str, str] = IN_PRINT) -> str:
    """Print a telephone number so that it reads left to right and stays on one line; aloud, by digits."""
    if not aloud:
        return _whole(number, locale)
    plus = f"{aloud['plus']} " if number.startswith("+") else ""
    return plus + _isolate(", ".join(" ".join(group) for group in re.findall(r"\d+", number)), locale)


def code(text: str, locale: Locale) -> str:
    """Print a code of letters and digits in its own order: bidi would move its first digits."""
    return _isolate(text, locale)


def number(value: int, locale: Locale) -> str:
    """Write a whole number in the language's digits."""
    return _digits(value, locale)


def size(count: int, locale: Locale) -> str:
    """Say how large a file of so many bytes is, in kilobytes."""
    kilobytes = max(1, round(count / 1000))
    said = _measured(kilobytes, "digital-kilobyte", locale, IN_PRINT, in_words=False)
    return _whole(_local(said, locale), locale)


def day(value: date, locale: Locale) -> str:
    """Say a date with its month in words: all-numeric dates are read in different orders."""
    return _local(format_date(value, "long", locale=cldr(locale.cldr)), locale)


def weekday(value: date, locale: Locale) -> str:
    """Say a date without its year, and on which day of the week it is: "Tuesday 24 November"."""
    return weekday_of(value, locale.cldr, locale.digits)


def weekday_of(value: date, tag: str, digits: str) -> str:
    """Say it in a language and a numbering system of CLDR."""
    return _in_digits(format_date(value, _weekday(tag), locale=cldr(tag)), digits)


@lru_cache(maxsize=256)
def _weekday(tag: str) -> str:
    """Give CLDR's pattern for such a date, widened as UTS #35 allows; with the year, if it has none.

    https://unicode.org/reports/tr35/tr35-dates.html#Matching_Skeletons
    """
    language = cldr(tag)
    known = language.datetime_skeletons
    patterns = (known[name].pattern for name in DATES if name in known)
    return FIELD.sub(_widened, next(patterns, language.date_formats["full"].pattern))


def _widened(field: re.Match[str]) -> str:
    """Write a weekday or a month in full; a month in figures and what stands in quotes remain as they are.

    What CLDR asks for as stand-alone is taken as it stands in a sentence: see `known`.
    """
    name = field[0][0]
    if name in "Eec":
        return "EEEE"
    if name in "ML":
        return "MMMM" if len(field[0]) > FIGURES else "M" * len(field[0])
    return field[0]


def dated(value: date, locale: Locale) -> str:
    """Say a date in full: weekday, day, month and year."""
    return _local(format_date(value, "full", locale=cldr(locale.cldr)), locale)


def opening(hours: Hours, locale: Locale, ui: Mapping[str, str], aloud: Mapping[str, str] = IN_PRINT) -> str:
    """Say on which days, and from when to when, a clinic is open, in the templates' own words."""
    # Not "stand-alone": see `known`. In Finnish and a few others it would read better.
    names = [get_day_names("wide", "format", cldr(locale.cldr))[DAYS.index(each)] for each in hours.days]
    days = format_list(names, locale=cldr(locale.cldr))
    if len(names) > 2 and _consecutive(hours.days):  # noqa: PLR2004 # two days are listed, not spanned
        days = ui["day-range"].format(low=names[0], high=names[-1])
    return ui["day-hours"].format(
        days=days, times=_clock((hours.open, hours.close), locale, ui["range"], aloud)
    )


def script(locale: Locale) -> str:
    """Give the script that a language is written in, by its ISO 15924 code, as CLDR has it."""
    return _script(cldr(locale.cldr))


def _script(tag: babel.Locale) -> str:
    likely = babel.core.get_global("likely_subtags")
    full = likely.get(str(tag)) or likely.get(tag.language, "")
    return tag.script or next((part for part in full.split("_") if len(part) == SCRIPT), "Zyyy")


@lru_cache(maxsize=256)
def unit_names(tag: str) -> Mapping[str, tuple[str, ...]]:
    """Give what CLDR writes each unit of UNITS as in a language, longest first: "mg", "milligrams"."""
    patterns = cldr(tag)._data["unit_patterns"]  # noqa: SLF001 # Babel has no other way to them
    return {
        unit: tuple(
            sorted({name for form in patterns.get(unit, {}).values() for name in _names(form)}, key=len)
        )[::-1]
        for unit in UNITS
    }


def _names(forms: Mapping[str, str]) -> set[str]:
    return {
        name for form in forms.values() if isinstance(form, str) and (name := form.replace("{0}", "").strip())
    }


def plural_forms(locale: Locale) -> str:
    """Give the Plural-Forms of a PO header: gettext's where they are CLDR's, else CLDR's rule in C."""
    table = get_plural(cldr(locale.cldr))
    usual = f"nplurals={table.num_plurals}; plural={table.plural_expr};"
    return usual if same_plurals(locale, usual) else f"{to_gettext(cldr(locale.cldr).plural_form)};"


def same_plurals(locale: Locale, header: str) -> bool:
    """Say whether a header's Plural-Forms tell whole numbers apart just as CLDR does."""
    return _same_plurals(locale.cldr, header)


@lru_cache(maxsize=256)
def _same_plurals(tag: str, header: str) -> bool:
    count, _, rule = header.rstrip("; ").partition(";")
    try:
        choose = gettext.c2py(rule.partition("=")[2].strip())
        pairs = {(cldr(tag).plural_form(number), choose(number)) for number in range(COUNTED)}
        forms = int(count.partition("=")[2])
    except (ValueError, ArithmeticError, RecursionError):
        return False
    kinds, chosen = {kind for kind, _ in pairs}, {form for _, form in pairs}
    return len(kinds) == len(chosen) == len(pairs) and max(chosen) < forms


def named_months(text: str, locale: Locale) -> set[str]:
    """Give the numbers of the months that a text names: some languages write those as digits."""
    names = get_month_names("wide", "format", cldr(locale.cldr)).items()
    return {str(number) for number, name in names if re.search(rf"\b{re.escape(name)}\b", text)}


def _consecutive(days: Sequence[str]) -> bool:
    first = DAYS.index(days[0])
    return tuple(days) == DAYS[first : first + len(days)]


def _one(
    fact: Fact, value: int, locale: Locale, plurals: Mapping[Any, str] = IN_PRINT, *, in_words: bool
) -> str:
    if isinstance(fact, Strength):
        return f"{fact.unit} {_digits(value, locale)}"
    if isinstance(fact, Measure):
        said = _measured(value, fact.unit, locale, plurals, in_words=in_words)
        if str(value) not in said and not fact.unit.startswith("duration"):
            raise UnspokenError(f"{value} would be said as {said}, without its number")
        return _local(said, locale)
    return _digits(value, locale)


def _measured(value: int, unit: str, locale: Locale, plurals: Mapping[Any, str], *, in_words: bool) -> str:
    """Say durations in words, and other units as symbols unless asked for, in the plural form that fits.

    `plurals` are forms that others stand in for.

    CLDR leaves out of a long form what its short one says already. Babel's own `format_unit` does not
    look there and prints "21 duration-day", or the wrong plural, so the two are joined here.
    """
    language = cldr(locale.cldr)
    forms = language._data["unit_patterns"].get(unit, {})  # noqa: SLF001 # Babel has no other way to them
    long = forms.get("long", {}) if in_words or unit.startswith("duration") else {}
    patterns = {**forms.get("short", {}), **long}
    form = language.plural_form(value)
    pattern = patterns.get(plurals.get(form, form), patterns.get("other"))
    if pattern is None:
        raise UnspokenError(f"CLDR has no words for the unit {unit}")
    return str(pattern.format(value))


def _clock(
    value: time | tuple[time, time], locale: Locale, span: str, aloud: Mapping[str, str] = IN_PRINT
) -> str:
    say = partial(_moment, locale=locale, aloud=aloud)
    return _whole(
        span.format(low=say(value[0]), high=say(value[1])) if isinstance(value, tuple) else say(value), locale
    )


def _moment(moment: time, locale: Locale, aloud: Mapping[str, str]) -> str:
    """Say a time of day: as CLDR writes it; or aloud, by twelve hours and the part of the day."""
    if not aloud:
        pattern = locale.time_pattern or "short"
        return _local(format_time(moment, pattern, locale=cldr(locale.cldr)), locale)
    parts = ("morning", NOON), ("afternoon", NOON + 6), ("evening", NOON + 12)
    period = next(aloud[name] for name, end in parts if moment.hour < end)
    hour, minute = _digits(moment.hour % NOON or NOON, locale), _local(f"{moment.minute:02}", locale)
    return aloud["clock" if moment.minute else "clock-hour"].format(hour=hour, minute=minute, period=period)


def _digits(value: int, locale: Locale) -> str:
    return _local(str(value), locale)


def _local(text: str, locale: Locale) -> str:
    return _in_digits(text, locale.digits)


def _in_digits(text: str, digits: str) -> str:
    zero = ord(ZEROS[digits])
    return text.translate({ord("0") + each: zero + each for each in range(10)})


def _whole(text: str, locale: Locale) -> str:
    return _isolate(_unbroken(text), locale)


def _unbroken(text: str) -> str:
    return text.replace(" ", NO_BREAK_SPACE)


def _isolate(text: str, locale: Locale) -> str:
    """Keep a printed value apart from the text around it, in the direction of its own letters.

    The Arabic letter mark makes its digits Arabic ones whatever stands before; else the degree sign of
    "38°م" moves from one side of the number to the other.
    """
    if locale.direction == "ltr":
        return text
    classes = {unicodedata.bidirectional(sign) for sign in text}
    if not classes & {"R", "AL"}:
        return f"{LEFT_TO_RIGHT_ISOLATE}{text}{POP_ISOLATE}"
    mark = ARABIC_LETTER_MARK if "AL" in classes else ""
    return f"{RIGHT_TO_LEFT_ISOLATE}{mark}{text}{POP_ISOLATE}"
