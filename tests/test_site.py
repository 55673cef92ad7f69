"""The web site of a clinic: whole, valid, and usable by everybody, with a keyboard and without a server."""

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import html5lib
import pytest
from playwright.sync_api import Page

from careleaf import pipeline, publish, site
from careleaf.compose import compose
from careleaf.load import load
from careleaf.model import UI, Entry, Library, Provenance, Selection
from careleaf.pipeline import Options
from careleaf.words import ui_texts
from tests import browser
from tests.conftest import ROOT, TODAY, Tiny

WIDTHS = (320, 1280, 640)
"""Of the window, in CSS pixels: a small telephone, a desk, and the desk at 200 % zoom."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SHOWN = (
    "index.html",
    "en/index.html",
    "ar/index.html",
    "en/approval.html",
    "ar/approval.html",
    "en/after-laser.web.html",
    "ar/after-laser.web.html",
)
BUDGET = 200_000
TOPIC = "content/topics/washing-hands.yaml"


@dataclass(frozen=True)
class Site:
    """A clinic's folder, the library it was made from, and how many seconds of a processor its pages took."""

    library: Library
    out: Path
    seconds: float

    @property
    def folder(self) -> Path:
        return self.out / "riverside"

    def pages(self) -> list[Path]:
        """List every page of the site."""
        found = sorted(self.folder.rglob("*.html"))
        assert len(found) == 1 + len(self.library.locales) * (2 + len(self.library.topics))
        return found


def whole(library: Library) -> Library:
    """Let every one of the templates' texts that waits for its translator say its English."""
    catalogs = dict(library.catalogs)
    for (lang, name), catalog in library.catalogs.items():
        if name == UI:
            missing = {
                text.name: Entry(text.text, text.text, Provenance.MACHINE, 0)
                for text in library.ui.values()
                if text.name not in catalog.entries
            }
            catalogs[lang, name] = replace(catalog, entries={**catalog.entries, **missing})
    return replace(library, catalogs=catalogs)


@pytest.fixture(scope="module")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site of the library as it ships, with the files of one leaflet in two languages."""
    out, library = tmp_path_factory.mktemp("site"), whole(load(ROOT)[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "load", lambda _: (library, []))
        patch.setattr(pipeline, "check", lambda *_, **__: [])
        files = Selection(topics=("after-laser",), langs=("en", "ar"), formats=("handout", "bilingual"))
        assert pipeline.build(ROOT, out, files, Options(TODAY, 2)).findings == ()
        started = sum(os.times()[:4])
        report = pipeline.build(ROOT, out, Selection(formats=("web",)), Options(TODAY, 2))
        seconds = sum(os.times()[:4]) - started
    assert report.findings == ()
    return Site(library, out, seconds)


@pytest.fixture(scope="module")
def window() -> Iterator[Page]:
    """A window of the one browser of these tests."""
    with browser.browser() as opened:
        yield opened.new_page()


def opened(window: Page, built_site: Site, path: str, width: int = 1280) -> Page:
    window.set_viewport_size({"width": width, "height": 800})
    window.goto((built_site.folder / path).as_uri())
    return window


@cache
def parsed(path: Path) -> Element:
    root: Element = html5lib.parse(path.read_text("utf-8"), namespaceHTMLElements=False)
    return root


def attributes(path: Path, tag: str) -> list[dict[str, str]]:
    """Give the attributes of every element of a name in a page."""
    return [dict(each.attrib) for each in parsed(path).iter(tag)]


# --- As files ---------------------------------------------------------------------------------------


def test_every_page_is_valid_html(built_site: Site) -> None:
    assert browser.faults(built_site.pages()) == []


def test_the_validator_does_find_a_fault(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><html lang=en><title>A</title><p><div id=a></div><div id=a></div></html>")
    assert any("Duplicate ID" in fault for fault in browser.faults([page]))


def test_the_site_is_quick_to_make_and_its_pages_are_light(built_site: Site) -> None:
    assert (len(built_site.library.topics), len(built_site.library.locales)) >= (14, 9)
    assert built_site.seconds < 20
    assert {page.name: size for page in built_site.pages() if (size := page.stat().st_size) > BUDGET} == {}


def test_every_link_leads_to_a_file_of_the_site_or_to_a_source(built_site: Site) -> None:
    count = 0
    for page in built_site.pages():
        ids = {
            each["id"] for tag in ("main", "h2", "input") for each in attributes(page, tag) if "id" in each
        }
        for each in [*attributes(page, "a"), *attributes(page, "link")]:
            href = each["href"]
            if href.startswith("#"):
                assert href[1:] in ids, f"{page}: {href}"
            elif not href.startswith(("https://", "http://")):
                assert (page.parent / unquote(href)).resolve().is_relative_to(built_site.folder), href
                assert (page.parent / unquote(href)).is_file(), f"{page}: {href}"
                count += 1
    assert count > 3000


def test_hreflang_names_every_language_of_a_page_and_they_name_one_another(built_site: Site) -> None:
    names: dict[Path, dict[str, Path]] = {}
    for page in built_site.pages():
        alternates = [each for each in attributes(page, "link") if each["rel"] == "alternate"]
        names[page] = {each["hreflang"]: (page.parent / each["href"]).resolve() for each in alternates}
    for page, others in names.items():
        assert {*built_site.library.locales} == others.keys() - {"x-default"}, str(page)
        langs = {lang: path for lang, path in others.items() if lang != "x-default"}
        for lang, path in langs.items():
            assert attributes(path, "html")[0]["lang"] == lang
            # The page of all languages leads to each language's, and those lead back to it as x-default.
            assert page in names[path].values(), f"{path} does not name {page}"


def test_each_language_is_called_by_its_own_name(built_site: Site) -> None:
    for page in built_site.pages():
        switch = [each for each in parsed(page).iter("a") if each.get("hreflang")]
        assert len(switch) == len(built_site.library.locales)
        for each in switch:
            locale = built_site.library.locales[each.get("hreflang", "")]
            assert locale.title in "".join(each.itertext()), str(page)
        current = [each.get("hreflang") for each in switch if each.get("aria-current")]
        assert current == ([] if page.parent == built_site.folder else [page.parent.name])


def test_the_list_has_every_leaflet_and_its_files_with_their_sizes(built_site: Site) -> None:
    rows = publish.read_manifest(built_site.out).rows.values()
    for lang in built_site.library.locales:
        text = (built_site.folder / lang / "index.html").read_text("utf-8")
        assert text.count("data-words=") == len(built_site.library.topics)
        files = [row for row in rows if row.lang == lang and row.format in {"handout", "bilingual"}]
        assert text.count("application/pdf") == len(files)
    (handout,) = [row for row in rows if (row.lang, row.format) == ("en", "handout")]
    said = f"PDF, pages: {handout.pages}, {round(handout.bytes / 1000)}\u00a0kB"
    for name in ("index.html", "after-laser.web.html"):
        assert said in (built_site.folder / "en" / name).read_text("utf-8")


def test_no_page_loads_anything(built_site: Site) -> None:
    for page in built_site.pages():
        text = page.read_text("utf-8")
        assert not re.search(r"<(iframe|object|embed|base|form)\b|@import|url\(|\bsrc=\"(?!data:)", text), (
            page
        )
        assert text.count("<script") == (page.name == "index.html" and page.parent != built_site.folder)


# --- In a browser -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SHOWN)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(window: Page, built_site: Site, path: str) -> None:
    page = opened(window, built_site, path)
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme} {fault}" for fault in browser.violations(page)]
    assert found == []


def test_axe_does_find_a_fault(window: Page) -> None:
    window.set_content("<!doctype html><html lang=en><title>A</title><main><h1>A</h1><img src=a.png></main>")
    assert any(fault.startswith("image-alt") for fault in browser.violations(window))


def tabbed(page: Page, times: int) -> list[str]:
    """Press Tab, and tell each time where that leads: class of the part around it, or id."""
    found = []
    for _ in range(times):
        page.keyboard.press("Tab")
        found.append(
            page.evaluate(
                "(({activeElement: at}) => at.id || at.closest('[class]').className)(document)",
            )
        )
    return found


def test_a_keyboard_reaches_everything_in_order_and_shows_where_it_is(window: Page, built_site: Site) -> None:
    page = opened(window, built_site, "en/index.html")
    languages = len(built_site.library.locales)
    reached = tabbed(page, languages + 4)
    assert reached[: languages + 3] == ["skip", *["languages"] * languages, "home", "search"]
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_first_link_shows_itself_and_leads_past_the_languages(window: Page, built_site: Site) -> None:
    page = opened(window, built_site, "ar/after-laser.web.html", 320)
    assert tabbed(page, 1) == ["skip"]
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["height"] > 24
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def found_by(page: Page, words: str) -> list[str]:
    """Type words into the search, and give the leaflets that are still shown."""
    page.locator("#search").fill("")
    page.locator("#search").press_sequentially(words)
    links = page.locator("[data-words]:not([hidden]) h3 a").all()
    return [(link.get_attribute("href") or "").split(".")[0] for link in links]


@pytest.mark.parametrize(
    ("lang", "words", "topics"),
    [
        ("en", "LASER make-up", ["after-laser"]),
        ("en", "xylophone", []),
        ("ar", "الأطفال", ["milia-in-babies"]),
        ("ar", "الاطفال", ["milia-in-babies"]),  # as many type it
        ("zh-Hans", "宝宝", ["milia-in-babies"]),
        ("pl", "niemowlat", ["milia-in-babies"]),  # without ą
        ("hi", "लेज़र", ["after-laser"]),
    ],
)
def test_search_finds_words_of_every_script(
    window: Page, built_site: Site, lang: str, words: str, topics: list[str]
) -> None:
    page = opened(window, built_site, f"{lang}/index.html")
    found = found_by(page, words)
    assert set(topics) <= set(found)
    assert bool(found) is bool(topics)
    assert len(found) < len(built_site.library.topics)
    ui = ui_texts(built_site.library, lang) or {}
    assert page.locator("[role=status]").inner_text() == ui["site-found"].format(count=len(found))
    assert page.locator(".kind:not([hidden])").count() == len(
        {built_site.library.topics[name].kind for name in found}
    )
    assert len(found_by(page, " ")) == len(built_site.library.topics)


def test_the_script_folds_words_just_as_python_does(window: Page, built_site: Site) -> None:
    """Every word of every leaflet, as it is printed, finds that leaflet."""
    for lang in built_site.library.locales:
        page = opened(window, built_site, f"{lang}/index.html")
        edition = next(
            row.edition()
            for row in publish.read_manifest(built_site.out).rows.values()
            if (row.lang, row.topic, row.format) == (lang, "after-laser", "web")
        )
        leaflet = compose(built_site.library, edition)
        said = " ".join(
            run.text
            for words in (leaflet.message, *(block.heading for block in leaflet.blocks))
            for run in words
        )
        page.locator("#search").fill(f"{leaflet.title} {said}")
        shown = page.locator("[data-words]:not([hidden]) h3 a").all()
        assert "after-laser.web.html" in {each.get_attribute("href") for each in shown}, lang


def test_without_a_script_the_list_is_whole_and_there_is_no_box(window: Page, built_site: Site) -> None:
    assert window.context.browser is not None
    with window.context.browser.new_page(java_script_enabled=False) as page:
        page.goto((built_site.folder / "en" / "index.html").as_uri())
        assert page.locator("[data-words]:visible").count() == len(built_site.library.topics)
        assert not page.locator("#search").is_visible()


def test_paper_has_the_text_and_no_navigation(window: Page, built_site: Site) -> None:
    page = opened(window, built_site, "en/after-laser.web.html")
    page.emulate_media(media="print", color_scheme="dark")
    try:
        assert page.locator("nav:visible").count() == 0
        assert (
            page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            == "rgb(255, 255, 255)"
        )
    finally:
        page.emulate_media(media="screen", color_scheme="light")


# --- What a search compares -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Żółć ŁAGODNY", "zolc lagodny"),
        ("أُذُن\u2067\u061c١٢\u2069", "اذن١٢"),
        ("क्‍षमा, लेज़र", unicodedata.normalize("NFKC", "क्षमा  लेज़र")),
        ("한국어", "한국어"),
        ("ＳＰＦ 50+", "spf 50 "),
    ],
)
def test_a_text_is_compared_without_what_people_leave_out(text: str, folded: str) -> None:
    assert site.folded(text) == folded


# --- As part of a build -----------------------------------------------------------------------------


def test_the_site_follows_what_is_built_and_leaves_nothing_behind(tiny: Tiny, tmp_path: Path) -> None:
    """English only: other languages' texts may wait for their translators."""
    out, web = tmp_path / "out", Selection(langs=("en",), formats=("web",))
    index, leaflet = out / "harbour/en/index.html", out / "harbour/en/washing-hands.web.html"
    assert tiny.build(out, web).ok
    assert "application/pdf" not in index.read_text("utf-8")
    assert tiny.build(out, Selection(langs=("en",), formats=("handout",))).ok
    assert "washing-hands.handout.pdf" in index.read_text("utf-8")
    assert "washing-hands.handout.pdf" in leaflet.read_text("utf-8")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.suffix in {".html", ".pdf"}}
    assert tiny.build(out, web).built == ()
    assert before == {path: path.stat().st_mtime_ns for path in before}
    (out / "harbour/index.html").write_text("damaged")
    assert tiny.build(out, web).ok
    assert "harbour" not in (out / "harbour/index.html").read_text("utf-8")[:20]
    tiny.change("templates/formats/web/format.yaml", "site: true", "site: false")
    removed = tiny.build(out, web).removed
    assert {"harbour/index.html", "harbour/en/index.html", "harbour/en/approval.html"} <= set(removed)


def test_a_withdrawn_leaflet_leaves_the_list_and_the_search_at_once(tiny: Tiny, tmp_path: Path) -> None:
    out, web = tmp_path / "out", Selection(langs=("en",), formats=("web",))
    topic = (tiny.root / TOPIC).read_text("utf-8")
    tiny.write(TOPIC.replace("hands", "feet"), topic.replace("Washing your hands", "Washing your feet"))
    assert tiny.build(out, web).ok
    index = out / "harbour/en/index.html"
    assert "washing-feet.web.html" in index.read_text("utf-8")
    publish.withdraw(out, tiny.library(), "washing-feet", ["en"], site.pages)
    assert "feet" not in index.read_text("utf-8")
    assert "washing-hands.web.html" in index.read_text("utf-8")
    publish.withdraw(out, tiny.library(), "washing-hands", ["en"], site.pages)
    assert not list(out.rglob("*.html"))


def test_a_fault_in_a_page_of_the_site_is_told_with_its_file_and_line(tiny: Tiny, tmp_path: Path) -> None:
    tiny.change("templates/site/approval.html", "<main", "{{ nowhere }}<main")
    report = tiny.build(tmp_path / "out", Selection(langs=("en",), formats=("web",)))
    assert [(each.file, each.rule) for each in report.findings] == [
        ("templates/site/approval.html", "template")
    ]
    assert report.findings[0].line > 10
