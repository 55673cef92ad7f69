"""The web page and the plain text: complete without a script or another file, and with every word in them."""

import re
from collections.abc import Iterator
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest
from wcwidth import wcswidth

from careleaf.compose import compose
from careleaf.load import load
from careleaf.model import Block, Download, Leaflet, Links, Selection, Translated, Words
from careleaf.plan import plan
from careleaf.render import Press
from tests import reading
from tests.conftest import TODAY, Built, Tiny
from tests.reading import Printed

DATA = re.compile(r"data:[^\"]{60,}")
STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
SAFE_PROTOCOLS = ("https://", "http://")
OWN_PLACE = r"#main|(\.\./[A-Za-z-]+/)?[a-z-]+(\.[a-z-]+)?\.(html|pdf)"
"""Where else a link may lead: to the page's own text, and to files of the same site."""


def pages(built: Built) -> list[tuple[Printed, Element]]:
    """Parse every web page strictly: an error in it fails the test."""
    return [(one, reading.page(one.path.read_text("utf-8"))) for one in reading.printed(built, "web")]


def plain(words: Words) -> str:
    return "".join(run.text for run in words)


def block_words(block: Block) -> Iterator[str]:
    yield plain(block.heading)
    yield from (plain(panel.label) for panel in block.panels)
    for item in block.items:
        yield plain(item.label)
        yield plain(item.text)


def drawn_words(leaflet: Leaflet) -> Iterator[str]:
    """Yield what the drawings say: how urgent a danger sign is, and what a picture shows."""
    for block in leaflet.blocks:
        if block.level:
            yield leaflet.ui[f"level-{block.level}"]
        yield from (drawing.alt for drawing in block.drawings)


def leaflet_words(leaflet: Leaflet) -> Iterator[str]:
    """Yield all that a reader reads of the topic, in order."""
    yield leaflet.title
    yield plain(leaflet.message)
    for block in leaflet.blocks:
        yield from block_words(block)


def contact(leaflet: Leaflet) -> list[str]:
    ui, numbers = leaflet.ui, (leaflet.phone, leaflet.urgent, leaflet.emergency)
    labels = (ui["call"], ui["closed-number"], ui["emergency-number"])
    (call, closed, emergency) = zip(labels, numbers, strict=True)
    return [plain(leaflet.clinic), *call, ui["hours"], *leaflet.hours, *closed, *emergency]


def web_words(leaflet: Leaflet) -> Iterator[str]:
    """Yield all the words of a web page, in order."""
    yield from (plain(leaflet.clinic), leaflet.phone, leaflet.band, leaflet.title, plain(leaflet.message))
    for block in leaflet.blocks:
        yield from block_words(block)
        yield from contact(leaflet) if block.kind == "contact" else ()
        yield plain(block.action)
    yield leaflet.ui["sources"]
    for source in leaflet.all_sources:
        yield f"{source.title}. {source.publisher}" + (f", {source.year}." if source.year else ".")


@pytest.mark.parametrize("format_", ["handout", "web", "text"])
def test_every_language_comes_in_every_format_with_its_words_and_no_complaint(
    built: Built, format_: str
) -> None:
    made = {form.name for form in built.library.formats.values() if not form.on_request}
    assert made == {"handout", "web", "text"}
    assert built.report.findings == ()
    for one in reading.printed(built, format_):
        assert one.path.stat().st_size > 3000, str(one)


def test_a_page_says_its_language_direction_and_title(built: Built) -> None:
    for one, root in pages(built):
        locale = one.leaflet.locale
        assert (root.get("lang"), root.get("dir")) == (one.edition.lang, locale.direction), str(one)
        assert root.findtext("head/title") == one.leaflet.title, str(one)


def test_a_page_has_one_main_heading_and_skips_no_level(built: Built) -> None:
    for one, root in pages(built):
        levels = [int(each.tag[1]) for each in root.iter() if re.fullmatch("h[1-6]", each.tag)]
        assert levels.count(1) == 1, str(one)
        assert levels[0] == 1, str(one)
        assert all(following <= this + 1 for this, following in pairwise(levels)), str(one)
        assert len(levels) > 5, str(one)


def test_a_page_needs_no_script_and_loads_nothing(built: Built) -> None:
    """It must open from a memory stick, and tell nobody who reads it."""
    for one, root in pages(built):
        tags = {each.tag for each in root.iter()}
        assert not tags & {"script", "iframe", "object", "embed", "base", "form", "audio", "video"}
        for each in root.iter():
            assert not [name for name in each.attrib if name.startswith("on")], str(one)
            for name in {"src", "srcset", "href", "action", "poster", "data"} & set(each.keys()):
                value = each.get(name, "")
                if each.tag == "link":
                    assert each.get("rel") == "alternate", f"{one}: {value}"  # names a page, and loads none
                elif each.tag == "a" and not value.startswith(SAFE_PROTOCOLS):
                    assert re.fullmatch(OWN_PLACE, value), f"{one}: {value}"
                elif each.tag == "a":
                    assert "noreferrer" in each.get("rel", ""), f"{one}: {value}"
                else:
                    assert value.startswith("data:image/svg+xml;base64,"), f"{one}: {value[:80]}"
        style = root.findtext("head/style", "")
        assert not re.search(r"url\(|@import|https?:", style), str(one)


def test_a_page_brings_its_style_for_the_screen_and_for_paper(built: Built) -> None:
    for one, root in pages(built):
        style = root.findtext("head/style", "")
        for file in ("site/screen.css", "formats/web/page.css"):
            assert built.library.templates[file].strip() in style, str(one)
        assert "@media print" in style, str(one)


def test_every_drawing_has_words_or_is_passed_over(built: Built) -> None:
    described = 0
    for one, root in pages(built):
        drawings = list(root.iter("img"))
        assert drawings, str(one)
        assert all(each.get("alt") is not None for each in drawings), str(one)
        alts = [each.get("alt") for each in drawings if each.get("alt")]
        assert alts == list(drawn_words(one.leaflet)), str(one)
        described += any(block.drawings for block in one.leaflet.blocks)
    assert described


def test_every_row_of_a_table_has_a_header(built: Built) -> None:
    for one, root in pages(built):
        rows = list(root.iter("tr"))
        assert rows, str(one)
        assert all(row[0].tag == "th" and row[0].get("scope") == "row" for row in rows), str(one)


def test_words_in_another_language_say_so(built: Built) -> None:
    for one, root in pages(built):
        foreign = {
            reading.letters("".join(each.itertext()))
            for each in root.iter()
            if each.get("lang") not in {None, one.edition.lang} and each.get("dir")
        }
        clinic = reading.letters(plain(one.leaflet.clinic))
        sources = reading.letters("".join(source.title for source in one.leaflet.all_sources[:1]))
        own = one.edition.lang == built.library.clinics[one.edition.clinic].lang
        assert (clinic in foreign) is not own, str(one)
        assert any(sources in each for each in foreign) is not own, str(one)


def test_a_page_has_all_the_words_in_order_and_no_others(built: Built) -> None:
    for one, root in pages(built):
        body = root.find("body")
        assert body is not None
        *text, foot = (reading.spoken(each) for each in body if each.tag in {"header", "main", "footer"})
        expected = " ".join(web_words(one.leaflet))
        assert reading.words(" ".join(text)) == reading.words(expected), str(one)
        for part in (one.edition.topic, one.leaflet.version, one.leaflet.text_digest, one.leaflet.review):
            assert reading.letters(part) in reading.letters(foot), str(one)


# --- Plain text ------------------------------------------------------------------------------------


def test_plain_text_fits_72_cells_and_has_no_markup_left(built: Built) -> None:
    for one in reading.printed(built, "text"):
        text = one.path.read_text("utf-8")
        assert text.endswith("\n"), str(one)
        for number, line in enumerate(text.splitlines(), start=1):
            place = f"{one}, line {number}: {line}"
            assert 0 <= wcswidth(line) <= 72, place
            assert line == line.rstrip(), place
            assert not re.search(r"\*\*|[{}<>]|&[a-z]+;", line), place


def test_plain_text_has_every_unit_in_order(built: Built) -> None:
    for one in reading.printed(built, "text"):
        text = reading.letters(one.path.read_text("utf-8"))
        place = 0
        for words in leaflet_words(one.leaflet):
            wanted = reading.letters(words)
            found = text.find(wanted, place)
            assert found >= 0, f"{one}: {words}"
            place = found + len(wanted)


def test_plain_text_gives_every_number_to_call(built: Built) -> None:
    for one in reading.printed(built, "text"):
        text = reading.letters(one.path.read_text("utf-8"))
        leaflet = one.leaflet
        said = [*contact(leaflet), leaflet.version, leaflet.text_digest, leaflet.updated, leaflet.review]
        said.remove(leaflet.ui["hours"])  # the days speak for themselves
        assert [each for each in said if reading.letters(each) not in text] == [], str(one)


# --- A small page as a whole -----------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_a_small_page_is_what_a_person_has_reviewed(tiny: Tiny, lang: str) -> None:
    library, _ = load(tiny.root)
    selection = Selection(langs=(lang,), formats=("web",))
    (edition,) = plan(library, selection, {}, TODAY).wanted
    links = Links(
        choice="../index.html",
        home="index.html",
        approval="approval.html",
        languages=(
            Translated("ar", "العربية", "rtl", "../ar/washing-hands.web.html"),
            Translated("en", "English", "ltr", "../en/washing-hands.web.html"),
        ),
        files=(Download("To print, A4", "washing-hands.handout.pdf", "PDF, pages: 2, 40 kB"),),
    )
    markup = Press(library).render(edition, compose(library, edition), links).markup
    shortened = DATA.sub("data:\u2026", STYLE.sub("<style>\u2026</style>", markup))
    assert shortened.count("\n") < 150
    reading.compare_with_snapshot(f"web-washing-hands-{lang}.html", shortened.strip() + "\n")
