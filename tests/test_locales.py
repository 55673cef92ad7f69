"""Numbers, times and phones as each language says them: a reader must never get the wrong dose or day."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any, Final, Literal, cast, get_args

import babel
import pytest
from babel.localedata import locale_identifiers
from hypothesis import given
from hypothesis import strategies as st

from careleaf import locales
from careleaf.model import NAME, Clock, Fact, FactValue, Hours, Locale, Measure, Number, Strength
from tests.conftest import as_it_ships

SPAN: Final = {
    "en": "{low} to {high}",
    "ar": "من {low} إلى {high}",
    "ko": "{low}~{high}",
    "es": "{low} a {high}",
}
LINE: Final = "{days}: {times}"
UNITS: Final = cast("tuple[str, ...]", get_args(Measure.model_fields["unit"].annotation))
DURATIONS: Final = tuple(unit for unit in UNITS if unit.startswith("duration"))
ISOLATES: Final = {"\u2066": 1, "\u2067": 1, "\u2068": 1, "\u2069": -1}
EVERYDAY: Final = [0, 1, 2, 3, 5, 10, 11, 12, 20, 21, 22, 23, 25, 100, 101, 102, 103, 111]


def of(tag: str) -> Locale:
    return as_it_ships().locales[tag]


def invented(tag: str, **more: object) -> Locale:
    """Give a profile for any language of CLDR."""
    direction = babel.Locale.parse(tag, sep="-").text_direction
    profile = {
        NAME: "xx",
        "title": "x",
        "english": "x",
        "cldr": tag,
        "direction": direction,
        "fonts": ["Noto Sans"],
    }
    return Locale.model_validate(profile | more)


def all_of_cldr() -> list[str]:
    """List every language and script of CLDR that runs in lines, without its countries."""
    tags = sorted(identifier.replace("_", "-") for identifier in locale_identifiers() if identifier != "root")
    plain = [tag for tag in tags if not any(part.isupper() or part.isdigit() for part in tag.split("-")[1:])]
    return [tag for tag in plain if babel.Locale.parse(tag, sep="-").text_direction in {"ltr", "rtl"}]


def measure(unit: str, value: FactValue = 1) -> Fact:
    row: dict[str, Any] = {
        "type": "measure",
        "unit": unit,
        "value": value,
        "min": 0,
        "max": 999,
        "sources": ("AB",),
    }
    return Measure.model_validate(row)


def spoken(unit: str, value: FactValue, locale: Locale, span: str = SPAN["en"]) -> str:
    return locales.speak(measure(unit, value), None, locale, span)


def bare(text: str) -> str:
    """Give a text as a person would type it."""
    return "".join(sign for sign in text if sign not in {*ISOLATES, "\u061c"}).replace("\u00a0", " ")


def balanced(text: str) -> bool:
    depth = 0
    for sign in text:
        depth += ISOLATES.get(sign, 0)
        if depth < 0:
            return False
    return depth == 0


def faults(text: str, unit: str, value: int, locale: Locale) -> Iterator[str]:
    if unit in text or f"-{unit.partition('-')[2]}" in text:
        yield "shows the unit's id"
    # A few languages have a word of its own for two days; a dose without its number is no dose.
    if str(value) not in text and not (unit in DURATIONS and value in {1, 2}):
        yield "has lost its number"
    if not bare(text).replace(str(value), "").strip():
        yield "has lost its unit"
    if not balanced(text) or (locale.direction == "rtl") != (text[0] in ISOLATES and text[-1] in ISOLATES):
        yield "is not isolated as its direction needs"


def test_there_are_languages_and_units_to_try() -> None:
    assert set(as_it_ships().locales) >= {"en", "ar", "ko", "es"}
    assert len(all_of_cldr()) > 250
    assert len(UNITS) == 12
    assert len(DURATIONS) == 6


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("tag", ["en", "es", "ar", "ko"])
def test_our_languages_say_every_unit_of_every_count(tag: str, unit: str) -> None:
    told = {value: list(faults(spoken(unit, value, of(tag)), unit, value, of(tag))) for value in range(101)}
    assert {value: found for value, found in told.items() if found} == {}


def test_every_language_of_cldr_says_every_unit_or_refuses_to() -> None:
    """A language that somebody adds tomorrow prints no "21 duration-day" and no number that is lost."""
    told = set()
    for tag in all_of_cldr():
        locale = invented(tag)
        for unit in UNITS:
            for value in EVERYDAY:
                try:
                    text = spoken(unit, value, locale)
                except locales.UnspokenError:
                    continue
                told |= {
                    f"{tag}: {value} {unit}: {text!r} {fault}" for fault in faults(text, unit, value, locale)
                }
    assert told == set()


def ui(tag: str) -> dict[str, str]:
    """The templates' own words for spans and hours."""
    return {"range": SPAN[tag], "day-range": SPAN[tag], "day-hours": LINE}


def test_every_language_of_cldr_has_its_days_dates_and_hours() -> None:
    hours = Hours(days=("mon", "tue", "wed"), open=time(9, 5), close=time(17, 30))
    for tag in all_of_cldr():
        locale = invented(tag)
        assert "2026" in locales.day(date(2026, 11, 22), locale) or tag.startswith(("fa", "ps", "th")), tag
        assert balanced(locales.opening(hours, locale, ui("en"))), tag


KNOWN: Final = {
    ("en", "duration-hour", 1): "1 hour",
    ("en", "duration-day", 21): "21 days",
    ("en", "temperature-celsius", 38): "38°C",
    ("en", "concentr-percent", 10): "10%",
    ("en", "mass-milligram", 5): "5 mg",
    ("es", "duration-day", 1): "1 día",
    ("es", "duration-week", 6): "6 semanas",
    ("ar", "duration-week", 26): "26 أسبوعًا",
    ("ar", "duration-hour", 2): "ساعتان",
    ("ar", "duration-hour", 48): "48 ساعة",
    ("ar", "duration-day", 3): "3 أيام",
    ("ar", "duration-day", 14): "14 يومًا",
    ("ko", "duration-hour", 48): "48시간",
    ("ko", "duration-week", 6): "6주",
}


@pytest.mark.parametrize(("given_", "expected"), KNOWN.items(), ids=map(str, KNOWN))
def test_a_count_reads_as_people_say_it(given_: tuple[str, str, int], expected: str) -> None:
    tag, unit, value = given_
    assert bare(spoken(unit, value, of(tag))) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("en", "10 to 21 days"), ("es", "10 a 21 días"), ("ar", "من 10 إلى 21 يومًا"), ("ko", "10~21일")],
)
def test_a_range_says_its_unit_once_at_the_end(tag: str, expected: str) -> None:
    assert bare(spoken("duration-day", (10, 21), of(tag), SPAN[tag])) == expected


@pytest.mark.parametrize("unit", DURATIONS)
def test_an_arabic_range_that_would_end_in_a_word_for_two_is_refused(unit: str) -> None:
    """Told as "from 1 to two weeks" the reader would look for the second number."""
    with pytest.raises(locales.UnspokenError, match="the range 1 to 2"):
        spoken(unit, (1, 2), of("ar"))
    assert "2" in spoken(unit, (1, 2), of("en"))


@pytest.mark.parametrize("value", [5, (2, 4)])
def test_a_clinics_own_value_is_said_in_place_of_the_topics(value: FactValue) -> None:
    low_and_high = value if isinstance(value, tuple) else (value,)
    said = locales.speak(measure("duration-day", 9), value, of("en"), SPAN["en"])
    assert said.replace("\u00a0", " ") == f"{' to '.join(map(str, low_and_high))} days"


def test_a_number_and_a_strength_stay_on_one_line() -> None:
    number = Number(type="number", value=(2, 4), min=1, max=9, sources=("AB",))
    strength = Strength(type="strength", unit="SPF", value=50, min=30, max=50, sources=("AB",))
    assert locales.speak(number, None, of("en"), SPAN["en"]) == "2\u00a0to\u00a04"
    assert locales.speak(strength, None, of("en"), SPAN["en"]) == "SPF\u00a050"
    assert locales.speak(strength, None, of("ar"), SPAN["ar"]) == "\u2066SPF\u00a050\u2069"


def test_a_count_and_its_unit_stay_on_one_line() -> None:
    assert "26\u00a0" in spoken("duration-week", 26, of("ar"))
    assert " " not in spoken("duration-day", 21, of("en"))


def test_digits_follow_the_profile() -> None:
    assert bare(spoken("duration-day", 21, invented("fa", digits="arabext"))) == "۲۱ روز"
    assert bare(spoken("duration-day", 21, invented("hi", digits="deva"))) == "२१ दिन"
    assert bare(locales.day(date(2026, 11, 22), invented("ar", digits="arab"))) == "٢٢ نوفمبر ٢٠٢٦"


@pytest.mark.parametrize("digits", locales.ZEROS)
def test_every_numbering_system_has_its_ten_digits_in_order(digits: str) -> None:
    said = spoken("duration-day", 98, invented("en", digits=digits))
    zero = ord(locales.ZEROS[digits])
    assert said.startswith(chr(zero + 9) + chr(zero + 8))
    assert [int(chr(zero + each)) for each in range(10)] == list(range(10))


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "11:00 to 15:00"),
        ("es", "11:00 a 15:00"),
        ("ar", "من 11:00 ص إلى 3:00 م"),
        ("ko", "오전 11:00~오후 3:00"),
    ],
)
def test_a_span_of_hours_tells_morning_from_afternoon_in_the_readers_words(tag: str, expected: str) -> None:
    noon = Clock(type="time", value=(time(11), time(15)), sources=("AB",))
    assert bare(locales.speak(noon, None, of(tag), SPAN[tag])) == expected


@pytest.mark.parametrize(
    ("tag", "days", "expected"),
    [
        ("en", "mon tue wed thu fri", "Monday to Friday: 09:00 to 17:30"),
        ("en", "mon wed fri", "Monday, Wednesday and Friday: 09:00 to 17:30"),
        ("en", "sat sun", "Saturday and Sunday: 09:00 to 17:30"),
        ("en", "sun", "Sunday: 09:00 to 17:30"),
        ("es", "mon tue wed thu fri", "lunes a viernes: 9:00 a 17:30"),
        ("es", "mon wed", "lunes y miércoles: 9:00 a 17:30"),
        ("ar", "mon wed", "الاثنين والأربعاء: من 9:00 ص إلى 5:30 م"),
        ("ar", "mon tue wed thu fri", "من الاثنين إلى الجمعة: من 9:00 ص إلى 5:30 م"),
        ("ko", "mon tue wed thu fri", "월요일~금요일: 오전 9:00~오후 5:30"),
        ("ko", "mon wed fri", "월요일, 수요일 및 금요일: 오전 9:00~오후 5:30"),
    ],
)
def test_opening_hours_span_days_in_a_row_and_list_the_others(tag: str, days: str, expected: str) -> None:
    row = Hours.model_validate({"days": days.split(), "open": "09:00", "close": "17:30"})
    assert bare(locales.opening(row, of(tag), ui(tag))) == expected


@pytest.mark.parametrize("tag", ["en", "es", "ar", "ko"])
def test_a_date_says_its_month_in_words(tag: str) -> None:
    expected = {
        "en": "3 February 2027",
        "es": "3 de febrero de 2027",
        "ar": "3 فبراير 2027",
        "ko": "2027년 2월 3일",
    }
    assert bare(locales.day(date(2027, 2, 3), of(tag))) == expected[tag]


@given(
    number=st.from_regex(r"\+?[0-9][0-9 ()-]{1,24}", fullmatch=True), tag=st.sampled_from(["en", "ar", "ko"])
)
def test_a_phone_number_is_printed_whole_and_in_its_own_order(number: str, tag: str) -> None:
    said = locales.phone(number, of(tag))
    assert said.strip("\u2066\u2069") == number.replace(" ", "\u00a0")
    assert said.startswith("\u2066") == said.endswith("\u2069") == (of(tag).direction == "rtl")


@given(
    value=st.integers(0, 10**6), tag=st.sampled_from(["en", "es", "ar", "ko"]), unit=st.sampled_from(UNITS)
)
def test_large_counts_keep_their_digits_together(
    value: int, tag: str, unit: Literal["duration-day", "mass-milligram"]
) -> None:
    """A grouped "1,000" reads as 1 in one country and as a thousand in another."""
    fact = Measure(type="measure", unit=unit, value=value, min=0, max=10**6, sources=("AB",))
    assert str(value) in locales.speak(fact, None, of(tag), SPAN["en"]) or value in {1, 2}


@pytest.mark.parametrize("tag", ["tlh", "xx-Latn"])
def test_a_language_that_cldr_does_not_have_is_no_language(tag: str) -> None:
    with pytest.raises((babel.UnknownLocaleError, ValueError)):
        locales.cldr(tag)
