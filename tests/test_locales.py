"""Numbers, times and phones as each language says them: a reader must never get the wrong dose or day."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, time
from typing import Any, Final, Literal, cast, get_args

import babel
import pytest
from babel.dates import get_day_names, get_month_names
from babel.localedata import locale_identifiers
from hypothesis import given
from hypothesis import strategies as st

from careleaf import locales
from careleaf.model import NAME, Clock, Fact, FactValue, Hours, Locale, Measure, Number, Strength
from tests.conftest import ROOT, as_it_ships

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


WEEKDAYS: Final = {
    "en": "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
    "ar": "الأحد الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت",
    "es": "domingo lunes martes miércoles jueves viernes sábado",
    "fr": "dimanche lundi mardi mercredi jeudi vendredi samedi",
    "hi": "रविवार सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार",
    "ko": "일요일 월요일 화요일 수요일 목요일 금요일 토요일",
    "pl": "niedziela poniedziałek wtorek środa czwartek piątek sobota",
    "uk": "неділя понеділок вівторок середа четвер пʼятниця субота",
    "zh-Hans": "星期日 星期一 星期二 星期三 星期四 星期五 星期六",
}
"""From Sunday on, as people write them; not taken from CLDR."""
MONTHS: Final = {
    "en": "January February March April May June July August September October November December",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "hi": "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
    "ko": "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월",
    "pl": "stycznia lutego marca kwietnia maja czerwca "
    "lipca sierpnia września października listopada grudnia",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "zh-Hans": "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
}
"""As they stand beside a day."""
DATED: Final = {
    "en": "{weekday} {day} {month}",
    "ar": "{weekday}، {day} {month}",
    "es": "{weekday}, {day} de {month}",
    "fr": "{weekday} {day} {month}",
    "hi": "{weekday}, {day} {month}",
    "ko": "{month} {day}일 {weekday}",
    "pl": "{weekday}, {day} {month}",
    "uk": "{weekday}, {day} {month}",
    "zh-Hans": "{month}{day}日{weekday}",
}
TURNS: Final = st.builds(date, st.integers(2020, 2040), st.just(12), st.just(31)) | st.builds(
    date, st.integers(2020, 2040), st.just(1), st.just(1)
)
LEAPS: Final = st.builds(date, st.integers(5, 10).map(lambda each: 4 * each + 2000), st.just(2), st.just(29))


def zeller(value: date) -> int:
    """Count a day from Sunday on by Zeller's congruence, which no library computes with."""
    year, month = (value.year, value.month) if value.month > 2 else (value.year - 1, value.month + 12)
    century, rest = divmod(year, 100)
    return (value.day + 13 * (month + 1) // 5 + rest + rest // 4 + century // 4 - 2 * century - 1) % 7


@given(value=st.dates(date(2020, 1, 1), date(2040, 12, 31)) | TURNS | LEAPS)
def test_a_day_has_its_own_weekday_in_every_language_that_ships(value: date) -> None:
    """On the wrong weekday a patient comes a day late, or swims a day early."""
    assert as_it_ships().locales.keys() == WEEKDAYS.keys() == MONTHS.keys() == DATED.keys()
    for tag, form in DATED.items():
        names = WEEKDAYS[tag].split()[zeller(value)], MONTHS[tag].split()[value.month - 1]
        expected = form.format(weekday=names[0], day=value.day, month=names[1])
        assert locales.weekday(value, of(tag)) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("de", "Dienstag, 24. November"),
        ("he", "יום שלישי, 24 בנובמבר"),
        ("fa", "سه\u200cشنبه 24 نوامبر"),
        ("th", "วันอังคารที่ 24 พฤศจิกายน"),
        ("ja", "11月24日火曜日"),
        ("tr", "24 Kasım Salı"),
        ("vi", "Thứ Ba, 24 tháng 11"),
        ("ru", "вторник, 24 ноября"),
        ("pt-PT", "terça-feira, 24 de novembro"),
        ("en-US", "Tuesday, November 24"),
        ("lt", "lapkričio 24 d., antradienis"),
    ],
)
def test_other_languages_say_a_day_in_their_own_order(tag: str, expected: str) -> None:
    assert locales.weekday(date(2026, 11, 24), invented(tag)) == expected


def test_every_language_of_cldr_says_a_day_with_its_own_names_and_without_the_year() -> None:
    for tag in all_of_cldr():
        said = locales.weekday(date(2033, 11, 29), invented(tag))
        assert get_day_names("wide", "format", locales.cldr(tag))[1] in said, tag
        assert get_month_names("wide", "format", locales.cldr(tag))[11] in said or "11" in said, tag
        assert "29" in said, tag
        assert "33" not in said, tag


def test_a_day_has_the_digits_of_the_profile() -> None:
    assert locales.weekday(date(2026, 11, 24), invented("ar", digits="arab")) == "الثلاثاء، ٢٤ نوفمبر"


def test_the_names_of_days_do_not_hang_on_the_languages_read_before() -> None:
    """Babel would say Polish opening hours in Urdu, once it has read Urdu: seen with Babel 2.18."""
    script = (
        "from datetime import date, time; from careleaf import locales; from careleaf.model import Hours;"
        "from tests.test_locales import invented; row = Hours(days=('tue',), open=time(9), close=time(17));"
        "ui = {'range': '', 'day-range': '', 'day-hours': '{days}'};"
        "print([(locales.opening(row, invented(tag), ui), locales.weekday(date(2026, 11, 24), invented(tag)))"
        " for tag in ('ur', 'pl')][1])"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
    made = subprocess.run(  # noqa: S603 # our own interpreter
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True, encoding="utf-8"
    )
    assert made.stdout == "('wtorek', 'wtorek, 24 listopada')\n"


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
