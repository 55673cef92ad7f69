"""The text that a voice reads: no sign that is skipped or spelled, no number that is said as another."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from typing import Final
from xml.etree.ElementTree import Element

import pytest

from careleaf import locales
from careleaf.compose import DIGEST_SHOWN, compose
from careleaf.model import Clock, FactValue, Hours, Locale, Status, Words
from careleaf.plan import edition
from careleaf.words import reading as reading_of
from careleaf.words import ui_texts
from tests import reading
from tests.conftest import Built, as_it_ships
from tests.reading import Printed
from tests.test_locales import bare, invented, measure

TOPIC: Final = "after-laser"
NOT_LATIN: Final = ("ar", "hi", "ko", "uk", "zh-Hans")
SILENT: Final = frozenset("+%°/·→=<>&#*_~^|[]@")
"""Signs that voices skip, or say in a way that nobody foresees."""
CLOCK_FACE: Final = re.compile(r"\d:\d")
OPENING: Final = frozenset("\u2066\u2067\u2068")
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9:]+")


def of(tag: str) -> tuple[Locale, dict[str, str]]:
    """Give a shipped language, and the templates' own words in it."""
    ui = ui_texts(as_it_ships(), tag)
    assert ui is not None
    return as_it_ships().locales[tag], ui


# --- Numbers ---------------------------------------------------------------------------------------

PHONES: Final = {
    ("en", "020 7946 0123"): "0 2 0, 7 9 4 6, 0 1 2 3",
    ("en", "+44 20 7946 0123"): "plus 4 4, 2 0, 7 9 4 6, 0 1 2 3",
    ("en", "(020) 7946-0123"): "0 2 0, 7 9 4 6, 0 1 2 3",
    ("en", "111"): "1 1 1",
    ("fr", "+44 20 7946 0123"): "plus 4 4, 2 0, 7 9 4 6, 0 1 2 3",
    ("ko", "+44 20 7946 0123"): "플러스 4 4, 2 0, 7 9 4 6, 0 1 2 3",
    ("ar", "020 7946 0123"): "\u20660 2 0, 7 9 4 6, 0 1 2 3\u2069",
    ("ar", "+44 20 7946 0123"): "زائد \u20664 4, 2 0, 7 9 4 6, 0 1 2 3\u2069",
}


@pytest.mark.parametrize(("given", "expected"), PHONES.items(), ids=map(str, PHONES))
def test_a_phone_number_is_read_digit_by_digit(given: tuple[str, str], expected: str) -> None:
    """As a number it would be "twenty", and nobody can dial that."""
    tag, number = given
    assert locales.phone(number, *of(tag)) == expected


def test_a_phone_number_is_printed_as_it_is_written() -> None:
    assert locales.phone("+44 20 7946 0123", of("en")[0]) == "+44\u00a020\u00a07946\u00a00123"


TIMES: Final = {
    ("en", "09:00"): "9 o'clock in the morning",
    ("en", "17:30"): "5 30 in the afternoon",
    ("en", "12:30"): "12 30 in the afternoon",
    ("en", "12:00"): "12 o'clock in the afternoon",
    ("en", "00:15"): "12 15 in the morning",
    ("en", "17:59"): "5 59 in the afternoon",
    ("en", "18:00"): "6 o'clock in the evening",
    ("ar", "09:00"): "الساعة 9 صباحًا",
    ("ar", "17:30"): "الساعة 5 والدقيقة 30 بعد الظهر",
    ("ar", "12:30"): "الساعة 12 والدقيقة 30 بعد الظهر",
    ("ar", "00:15"): "الساعة 12 والدقيقة 15 صباحًا",
    ("ko", "09:00"): "오전 9시",
    ("ko", "17:30"): "오후 5시 30분",
    ("ko", "12:30"): "오후 12시 30분",
    ("ko", "00:15"): "오전 12시 15분",
    ("fr", "09:00"): "9 heures du matin",
    ("fr", "17:30"): "5 heures 30 de l’après-midi",
    ("fr", "12:30"): "12 heures 30 de l’après-midi",
    ("fr", "00:15"): "12 heures 15 du matin",
}


def spoken_time(value: time | tuple[time, time], tag: str) -> str:
    locale, ui = of(tag)
    fact = Clock(type="time", value=value, sources=("AB",))
    return locales.speak(fact, None, locale, ui["range"], ui)


@pytest.mark.parametrize(("given", "expected"), TIMES.items(), ids=map(str, TIMES))
def test_a_time_is_said_in_words(given: tuple[str, str], expected: str) -> None:
    tag, moment = given
    said = spoken_time(time.fromisoformat(moment), tag)
    assert bare(said) == expected
    assert " " not in said, "it stays on one line"


def test_a_span_of_times_is_said_in_words() -> None:
    span = (time(11), time(15))
    assert bare(spoken_time(span, "en")) == "11 o'clock in the morning to 3 o'clock in the afternoon"
    assert bare(spoken_time(span, "ko")) == "오전 11시에서 오후 3시"


HOURS: Final = {
    "en": "Monday to Wednesday: 9 o'clock in the morning to 5 30 in the afternoon",
    "ar": "من الاثنين إلى الأربعاء: من الساعة 9 صباحًا إلى الساعة 5 والدقيقة 30 بعد الظهر",
    "ko": "월요일부터 수요일까지: 오전 9시에서 오후 5시 30분",
    "fr": "du lundi au mercredi : de 9 heures du matin à 5 heures 30 de l’après-midi",
}


@pytest.mark.parametrize("tag", HOURS)
def test_opening_hours_are_said_in_words(tag: str) -> None:
    locale, ui = of(tag)
    row = Hours(days=("mon", "tue", "wed"), open=time(9), close=time(17, 30))
    assert bare(locales.opening(row, locale, ui, ui)) == HOURS[tag]
    assert CLOCK_FACE.search(locales.opening(row, locale, ui)), "in print it is a clock's time"


UNITS: Final = {
    ("en", "temperature-celsius", 38): ("38 degrees Celsius", "38°C"),
    ("en", "length-millimeter", (1, 2)): ("1 to 2 millimetres", "1 to 2 mm"),
    ("en", "concentr-percent", 10): ("10 per cent", "10%"),
    ("en", "mass-milligram", 5): ("5 milligrams", "5 mg"),
    ("fr", "temperature-celsius", 38): ("38 degrés Celsius", "38\u202f°C"),
    ("fr", "length-millimeter", (1, 2)): ("1 à 2 millimètres", "1 à 2\u202fmm"),
    ("ko", "temperature-celsius", 38): ("섭씨 38도", "38°C"),
    ("ko", "length-millimeter", (1, 2)): ("1에서 2밀리미터", "1에서 2mm"),
    ("ar", "temperature-celsius", 38): ("38 درجة مئوية", "38°م"),
    ("ar", "length-millimeter", 5): ("5 مليمتر", "5 مم"),
    ("ar", "length-millimeter", 2): ("2 مليمتر", "2 مم"),
    ("ar", "length-millimeter", (1, 2)): ("من 1 إلى 2 مليمتر", "من 1 إلى 2 مم"),
    # A duration is in words either way.
    ("en", "duration-day", 21): ("21 days", "21 days"),
}


@pytest.mark.parametrize(("given", "expected"), UNITS.items(), ids=map(str, UNITS))
def test_a_unit_is_said_in_words_and_printed_as_its_symbol(
    given: tuple[str, str, FactValue], expected: tuple[str, str]
) -> None:
    tag, unit, value = given
    locale, ui = of(tag)
    fact = measure(unit, value)
    said = [bare(locales.speak(fact, None, locale, ui["range"], words)) for words in (ui, {})]
    assert tuple(said) == expected


def test_a_unit_whose_words_hide_the_number_keeps_its_symbol() -> None:
    """CLDR's Cherokee says "one millimetre" in words; with the symbol, the number is there."""
    cherokee, span = invented("chr"), "{low} to {high}"
    said = {
        value: bare(locales.speak(measure("length-millimeter", value), None, cherokee, span, of("en")[1]))
        for value in (1, 3)
    }
    assert said == {1: "1 ᏌᎢᎠ", 3: "3 ᏌᏉ ᎢᏯᎦᎨᎵᏁᎢ ᏗᏟᎶᏍᏗ"}


def test_a_range_that_would_lose_its_last_number_is_refused_aloud_too() -> None:
    """Arabic has one word for "two weeks", so that "from 1 to 2" would have no last number."""
    locale, ui = of("ar")
    with pytest.raises(locales.UnspokenError, match="the range 1 to 2"):
        locales.speak(measure("duration-week", (1, 2)), None, locale, ui["range"], ui)


# --- The text files --------------------------------------------------------------------------------


def test_no_shipped_text_has_a_sign_that_a_voice_skips(built: Built) -> None:
    texts = reading.printed(built, "text")
    assert len(texts) == len(built.library.topics) * len(built.library.locales) >= 14 * 9
    found = {
        f"{one}, line {number}": line
        for one in texts
        for number, line in enumerate(one.path.read_text("utf-8").splitlines(), start=1)
        if SILENT & set(line) or CLOCK_FACE.search(line)
    }
    assert found == {}


def test_every_shipped_text_says_its_phones_digit_by_digit(built: Built) -> None:
    for one in reading.printed(built, "text"):
        text = " ".join(reading.words(one.path.read_text("utf-8")))
        for number in ("0 2 0, 7 9 4 6, 0 1 2 3", "1 1 1", "9 9 9"):
            assert number in text, f"{one}: {number}"
        assert not re.search(r"\d{3} \d{4}|\b(111|999)\b", text), str(one)


def test_pages_still_print_numbers_as_people_write_them(built: Built) -> None:
    for one in reading.printed(built, "handout"):
        text = " ".join(reading.words(one.job.markup))
        assert ("020 7946 0123" in text, "0 2 0" in text) == (True, False), str(one)


# --- Words in Latin letters ------------------------------------------------------------------------

MIXED: Final = {
    ("ko", "SPF 지수와 CO2 레이저"): ["SPF", "CO2"],
    ("ko", "표시(noncomedogenic)가 있는 것"): ["(noncomedogenic)"],
    ("hi", "(retinol) क्रीम"): ["(retinol)"],
    ("uk", "лазер CO2-laser, NHS 111"): ["CO2-laser", "NHS"],
    ("zh-Hans", "由 Care Quality Commission 检查的 Er:YAG 激光"): ["Care Quality Commission", "Er:YAG"],
    ("ar", "كريم (retinol) الليلي، أو **CO2** للبشرة"): ["(retinol)", "CO2"],
    ("ar", "واقٍ من الشمس {factor} أو أعلى"): ["\u2066SPF\u00a050\u2069"],
    ("ar", "واقٍ من الشمس ({factor}) أو أعلى"): ["\u2066SPF\u00a050\u2069"],
    ("ar", "اتصلوا على {phone} الآن"): [],
    ("es", "Use SPF y CO2"): [],
    ("fr", "Laser CO2 (NHS)"): [],
}


def composed(lang: str, text: str) -> Words:
    """Give the message of a leaflet that says just this text."""
    library = as_it_ships()
    catalog = library.catalogs[lang, TOPIC]
    entries = {**catalog.entries, "message": replace(catalog.entries["message"], text=text)}
    changed = replace(
        library, catalogs={**library.catalogs, (lang, TOPIC): replace(catalog, entries=entries)}
    )
    clinic = changed.clinics["riverside"]
    found = reading_of(changed, changed.topics[TOPIC], lang, clinic)
    assert found is not None
    handout = changed.formats["handout"]
    return compose(changed, edition(changed, found, Status.DRAFT, clinic, handout, "")).message


@pytest.mark.parametrize(("given", "expected"), MIXED.items(), ids=map(str, MIXED))
def test_names_in_latin_letters_are_said_as_english_in_other_scripts(
    given: tuple[str, str], expected: list[str]
) -> None:
    """With the brackets around them, and a value whole: the engine turns round what markup cuts."""
    words = composed(*given)
    assert [run.text for run in words if run.lang == "en"] == expected
    assert all(run.direction == ("ltr" if run.lang else None) for run in words)
    assert all(balanced(run.text) for run in words)


def balanced(text: str) -> bool:
    """Say whether every isolate that a text opens is closed in it."""
    depth = 0
    for sign in text:
        depth += (sign in OPENING) - (sign == "\u2069")
        if depth < 0:
            return False
    return depth == 0


def handouts(built: Built) -> list[Printed]:
    found = [one for one in reading.printed(built, "handout") if one.edition.lang in NOT_LATIN]
    assert len(found) == len(NOT_LATIN) * len(built.library.topics)
    return found


def test_every_language_in_another_script_is_tried_here() -> None:
    scripts = {tag: locales.script(locale) for tag, locale in as_it_ships().locales.items()}
    assert {tag for tag, script in scripts.items() if script != "Latn"} == set(NOT_LATIN)


def stretches(element: Element, lang: str) -> Iterator[tuple[str, str]]:
    """Yield each stretch of text on a page with the language that it is marked as.

    The title is left out: it is one plain text, for bookmarks too.
    """
    if element.tag == "h1":
        return
    own = element.get("lang", lang)
    yield element.text or "", own
    for child in element:
        yield from stretches(child, own)
        yield child.tail or "", own


def test_every_latin_name_on_a_page_in_another_script_is_marked(built: Built) -> None:
    marked: dict[str, set[str]] = {lang: set() for lang in NOT_LATIN}
    left: dict[str, list[str]] = {}
    for one in handouts(built):
        digest = one.edition.text_digest[:DIGEST_SHOWN]  # a code, not a word
        for text, lang in stretches(one.body, one.edition.lang):
            # A unit stays with its number: CLDR writes it so in this language.
            names = [name for name in NAME.findall(text.replace(digest, "")) if name != "mm"]
            if lang == "en":
                marked[one.edition.lang].update(names)
            elif lang == "zxx":  # an address on the web is in no language
                assert text == one.leaflet.address, str(one)
            elif names:
                left.setdefault(str(one), []).extend(names)
    assert left == {}
    assert [lang for lang, names in marked.items() if not names >= {"SPF", "CO2", "Er:YAG", "IPL"}] == []


def test_no_mark_on_a_page_cuts_an_isolate(built: Built) -> None:
    for one in handouts(built):
        cut = [text for text, _ in stretches(one.body, one.edition.lang) if not balanced(text)]
        assert cut == [], str(one)
