"""The text behind the glyphs: what people find, copy, and have read out; and, in Arabic, where it stands.

The same words read out of order can be another dose or another telephone number, so in Arabic the
order is proven from the places of the characters on the page.
"""

import dataclasses
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest
from pdfminer.high_level import extract_text
from pdfminer.layout import LAParams

from careleaf.locales import ARABIC_LETTER_MARK, speak
from careleaf.model import Measure
from tests import reading
from tests.conftest import Built
from tests.reading import Printed


def in_direction(built: Built, direction: str) -> list[Printed]:
    found = [one for one in reading.printed(built, "handout") if one.leaflet.locale.direction == direction]
    assert found
    return found


def pdfium_pages(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    try:
        # PDFium marks a hyphen at the end of a line by a sign of its own, and joins what it parts.
        return [page.get_textpage().get_text_range().replace("\ufffe", "-") for page in document]
    finally:
        document.close()


def pdfminer_pages(path: Path) -> list[str]:
    *pages, rest = extract_text(path, laparams=LAParams()).split("\f")
    assert not rest
    return pages


SPLIT = re.compile(
    r"(?<=\w-)(?=\w)|(?<=[\u3000-\u303f\u4e00-\u9fff\uff00-\uff60])|(?=[\u3000-\u303f\u4e00-\u9fff\uff00-\uff60])"
)
"""Where a line may end inside a word: at a hyphen, and beside any Chinese sign."""


def text_words(text: str) -> list[str]:
    """Split a text into words, also at a hyphen: a line may end there."""
    found = [word for word in reading.words(text) if not reading.LIST_MARKERS.match(word)]
    return [part for word in found for part in SPLIT.split(word) if part]


def is_shaped(one: Printed) -> bool:
    return any(unicodedata.category(sign) == "Mc" for sign in one.leaflet.title)


def feet(one: Printed, pages: int) -> list[str]:
    return [reading.foot(one, number, pages) for number in range(1, pages + 1)]


def test_pdfium_finds_every_word_in_the_order_of_the_text(built: Built) -> None:
    """Copy and paste in Chrome, and search over two words, go by this order."""
    for one in in_direction(built, "ltr"):
        pages = pdfium_pages(one.path)
        found: list[str] = []
        for text, foot in zip(pages, feet(one, len(pages)), strict=True):
            words, running = text_words(text), text_words(foot)
            assert words[-len(running) :] == running, str(one)
            found += words[: -len(running)]
        assert found == text_words(reading.spoken(one.body, "foot")), str(one)


def test_pdfminer_finds_every_word(built: Built) -> None:
    """It puts the cells of a row where they stand, so their order is test_structure's business.

    It knows glyphs only, not the text that a PDF gives for those that were shaped together.
    """
    unshaped = reading.a_third([one for one in in_direction(built, "ltr") if not is_shaped(one)])
    assert len(unshaped) >= 14 * 2
    for one in unshaped:
        pages = pdfminer_pages(one.path)
        expected = " ".join([reading.spoken(one.body, "foot"), *feet(one, len(pages))])
        assert Counter(text_words(" ".join(pages))) == Counter(text_words(expected)), str(one)


@pytest.mark.parametrize("extract", [pdfium_pages, pdfminer_pages])
def test_no_letter_of_a_right_to_left_text_is_lost_or_changed(built: Built, extract: object) -> None:
    """Lines and ligatures come in the order on paper in some extractors, so letters are counted."""
    assert callable(extract)
    for one in in_direction(built, "rtl"):
        pages = extract(one.path)
        expected = " ".join([reading.spoken(one.body, "foot"), *feet(one, len(pages))])
        markers = "".join(node.own_text for node in reading.structure(one.path).root.find("Lbl"))
        wanted, found = (Counter(reading.characters(text)) for text in (expected + markers, "".join(pages)))
        assert (wanted - found, found - wanted) == (Counter(), Counter()), str(one)


# --- Places on the page ----------------------------------------------------------------------------


def misread(path: Path, values: Counter[str]) -> list[str]:
    """Name the values that do not stand on the pages as often as they should, each in its right order."""
    pages = reading.lines(path)
    counts = {value: reading.count_seen(value, pages) for value in values}
    return [
        f"{value}: {counts[value]} of {often}" for value, often in values.items() if counts[value] < often
    ]


def values_of(one: Printed, pages: int) -> Counter[str]:
    """Count the printed values of a right-to-left leaflet: phones, counts, ranges, strengths, hours."""
    text = " ".join([reading.spoken(one.body, "foot"), *feet(one, pages)]).replace(ARABIC_LETTER_MARK, "")
    return Counter(reading.ISOLATED.findall(text))


def test_arabic_reads_phones_doses_ranges_and_hours_in_the_right_order(built: Built) -> None:
    kinds: Counter[str] = Counter()
    for one in in_direction(built, "rtl"):
        values = values_of(one, len(pdfium_pages(one.path)))
        assert misread(one.path, values) == [], str(one)
        kinds["phone"] += values["020\u00a07946\u00a00123"]
        kinds["strength"] += sum(value.startswith("SPF\u00a0") for value in values)
        kinds["range"] += sum(value.startswith("من\u00a0") and ":" not in value for value in values)
        kinds["hours"] += sum(value.startswith("من\u00a0") and ":" in value for value in values)
        kinds["temperature"] += sum("°" in value for value in values)
        kinds["count"] += sum(value[:1].isdigit() and value[-1:].isalpha() for value in values)
    assert min(kinds[kind] for kind in ("phone", "strength", "range", "hours", "temperature", "count")) > 0


def test_what_the_right_order_is() -> None:
    """From right to left: Arabic as it is written, the digits of a number turned."""
    assert reading.as_seen("\u2066020\u00a07946\u00a00123\u2069") == "3210 6497 020"
    assert reading.as_seen("\u2068SPF\u00a050\u2069") == "05 FPS"
    assert reading.as_seen("\u2068من 10 إلى 21\u00a0يومًا\u2069") == "من 01 إلى 12 يوما"  # Arabic
    assert reading.as_seen("\u2068من 9:00\u00a0ص إلى 12:30\u00a0م\u2069") == "من 00:9 ص إلى 03:21 م"


def laid_out(built: Built, folder: Path, text: str) -> Path:
    """Lay out one Arabic paragraph."""
    from careleaf.pdf import engine  # noqa: PLC0415 # settles the fonts: only where a page is laid out

    one = in_direction(built, "rtl")[0]
    style = "font-family: 'IBM Plex Sans Arabic'"
    markup = f'<html lang="ar" dir="rtl"><title>x</title><body style="{style}"><p>{text}</p></body></html>'
    artifact = engine.write(dataclasses.replace(one.job, markup=markup))
    # The press's own proof may tell of it too.
    assert {finding.rule for finding in artifact.findings} <= {"phone-order"}
    file = folder / "page.pdf"
    file.write_bytes(artifact.content)
    return file


RIGHT = [
    ("اتصلوا \u2066020\u00a07946\u00a00123\u2069 الآن", "020 7946 0123"),
    ("خلال \u2068من 10 إلى 21\u00a0يومًا\u2069 عادة", "من 10 إلى 21 يومًا"),  # Arabic
    ("عامل \u2068SPF\u00a050\u2069 أو أكثر", "SPF 50"),
]
WRONG = [
    ("اتصلوا 020 7946 0123 الآن", "020 7946 0123"),  # no isolate: 0123 7946 020
    ("خلال \u2068من 21 إلى 10\u00a0يومًا\u2069 عادة", "من 10 إلى 21 يومًا"),  # Arabic
    ("خلال 10-21 يومًا عادة", "10-21"),  # no isolate: 21-10
    ("عامل \u206650 SPF\u2069 أو أكثر", "SPF 50"),
    ("أقل من \u206883°م\u2069 الآن", "38°م"),
]


@pytest.mark.parametrize(("text", "value"), RIGHT)
def test_the_proof_accepts_a_value_in_its_order(built: Built, tmp_path: Path, text: str, value: str) -> None:
    assert misread(laid_out(built, tmp_path, text), Counter([value])) == []


@pytest.mark.parametrize(("text", "value"), WRONG)
def test_the_proof_notices_a_value_turned_round(built: Built, tmp_path: Path, text: str, value: str) -> None:
    assert misread(laid_out(built, tmp_path, text), Counter([value])) == [f"{value}: 0 of 1"]


@pytest.mark.parametrize("before", ["", "\u20683\u00a0أشهر\u2069 ", "\u2066111\u2069 "])  # Arabic
def test_a_temperature_looks_the_same_after_other_values(built: Built, tmp_path: Path, before: str) -> None:
    """The degree sign stands between the number and the letter: bidi may move it before the number."""
    fact = Measure(type="measure", unit="temperature-celsius", value=38, min=38, max=38, sources=("X-1",))
    value = speak(fact, None, built.library.locales["ar"], "{low} {high}")
    assert misread(laid_out(built, tmp_path, f"{before}حرارته {value} أو أعلى"), Counter([value])) == []


def test_the_proof_follows_a_range_into_the_next_line(built: Built, tmp_path: Path) -> None:
    text = "\u2068من 10 إلى 21\u00a0يومًا\u2069"  # Arabic
    for filling in range(12, 20):
        file = laid_out(built, tmp_path, "سطر " * filling + text)
        assert misread(file, Counter([text])) == [], filling
