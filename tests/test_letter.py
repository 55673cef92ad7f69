"""The words around a sheet: all that matters, in the reader's language, legible in any mail program."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final, Literal
from xml.etree.ElementTree import Element

import html5lib
import pytest
from playwright.sync_api import Page

from careleaf import locales
from careleaf.batch import Terms
from careleaf.breaks import cells
from careleaf.compose import compose, plain
from careleaf.mail.letter import COLUMNS, correction, dialled, letter
from careleaf.mail.parcel import Letter
from careleaf.mail.preview import ADDRESS as PREVIEWED
from careleaf.mail.preview import PreviewError, preview
from careleaf.model import Block, Clinic, Entry, Kind, Level, Need, Provenance, Status
from careleaf.render import Press
from careleaf.words import ui_texts
from tests import browser
from tests.conftest import ROOT, TODAY
from tests.letters import MAILING, mailing_library, press, sheet, written

LANGS: Final = sorted(path.parent.name for path in (ROOT / "locales").glob("*/profile.yaml"))
SCRIPTS: Final = ("en", "ar", "hi", "zh-Hans")
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
SMALLEST: Final = 16
CONTRAST: Final = 4.5

# The luminance contrast of WCAG 2.2 between each text and the nearest ground behind it, and its size.
MEASURE: Final = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => parts(text).slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if ((parts(colour)[3] ?? 1) === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    if (!text) continue;
    const element = walker.currentNode.parentElement, style = getComputedStyle(element);
    const [a, b] = [light(style.color), light(ground(element))].sort((x, y) => y - x);
    found.push({text, contrast: (a + 0.05) / (b + 0.05), size: parseFloat(style.fontSize)});
  }
  return {found, ground: getComputedStyle(document.querySelector(".letter")).backgroundColor,
    wide: document.documentElement.scrollWidth};
}"""


@cache
def corrected(lang: str) -> Letter:
    library = mailing_library()
    return correction(press(), library, lang, library.clinics["riverside"])


def parsed(html: str) -> Element:
    root: Element = html5lib.parse(html, namespaceHTMLElements=False)
    return root


def read(html: str) -> str:
    """Give the words of a letter's body, as they are read."""
    body = parsed(html).find("body")
    assert body is not None
    return squeezed("".join(body.itertext()))


def squeezed(text: str) -> str:
    """Leave out white space and isolates: lines break in scripts without spaces, too."""
    return "".join(locales.bare(text).split())


def dangers(lang: str) -> list[Block]:
    leaflet = compose(mailing_library(), sheet(lang))
    found = [block for block in leaflet.blocks if block.kind is Kind.WARNING]
    assert {block.level for block in found} == set(Level)
    return found


def own(lang: str, id_: str) -> str:
    """Give one of the templates' own texts, with its places filled in."""
    ui, locale = ui_texts(mailing_library(), lang), mailing_library().locales[lang]
    assert ui is not None
    clinic = mailing_library().clinics["riverside"]
    return ui[id_].format(
        reply=MAILING.reply_to, phone=locales.phone(clinic.phone, locale), clinic=clinic.title
    )


# --- What it says -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_every_danger_sign_of_the_topic_is_in_the_letter_with_what_to_do(lang: str) -> None:
    """A file may stay unopened: who bleeds must find the sign and the number in the email itself."""
    one = written(lang)
    for said in (squeezed(one.text), read(one.html)):
        for block in dangers(lang):
            texts = [
                block.heading,
                block.action,
                *(part for item in block.items for part in (item.label, item.text)),
            ]
            missing = [plain(text) for text in texts if squeezed(plain(text)) not in said]
            assert missing == []


@pytest.mark.parametrize("lang", LANGS)
def test_danger_signs_stand_most_urgent_first_each_below_the_word_for_its_level(lang: str) -> None:
    one = written(lang)
    for said in (squeezed(one.text), read(one.html)):
        rest = said[said.index(squeezed(own(lang, "mail-important"))) :]
        for level in Level:
            rest = rest[rest.index(squeezed(own(lang, f"level-{level}"))) :]
            block = next(block for block in dangers(lang) if block.level is level)
            rest = rest[rest.index(squeezed(plain(block.heading))) :]
        assert squeezed(own(lang, "mail-call")) in rest


@pytest.mark.parametrize("lang", LANGS)
def test_each_of_the_words_of_mail_is_said_in_the_right_letter(lang: str) -> None:
    ids = [name for name in mailing_library().ui if name.startswith("mail-")]
    sheets = written(lang)
    called = corrected(lang)
    outside = {
        "mail-subject": sheets.subject,
        "mail-file": sheets.stem,
        "mail-calendar-file": sheets.calendar_stem,
        "mail-correction-subject": called.subject,
    }
    assert len(ids) > 12
    for id_ in ids:
        if id_ in outside:
            assert locales.bare(outside[id_]) == own(lang, id_)
            continue
        one = called if id_.startswith("mail-correction") else sheets
        assert squeezed(own(lang, id_)) in squeezed(one.text), id_
        assert squeezed(own(lang, id_)) in read(one.html), id_


@pytest.mark.parametrize("lang", LANGS)
def test_both_letters_say_whom_to_call_and_when(lang: str) -> None:
    locale = mailing_library().locales[lang]
    clinic = mailing_library().clinics["riverside"]
    ui = ui_texts(mailing_library(), lang)
    assert ui is not None
    lines = [own(lang, id_) for id_ in ("call", "closed-number", "emergency-number", "hours")]
    lines += [locales.phone(getattr(clinic, name), locale) for name in Clinic.FACTS]
    lines += [locales.opening(row, locale, ui) for row in clinic.hours]
    for one in (written(lang), corrected(lang)):
        for said in (squeezed(one.text), read(one.html)):
            assert [line for line in lines if squeezed(line) not in said] == []


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_in_the_letter_names_the_treatment(lang: str) -> None:
    """Others may see the screen, or the list of files."""
    one, leaflet = written(lang), compose(mailing_library(), sheet(lang))
    for said in (one.subject, one.stem, one.calendar_stem, one.text, one.html):
        assert squeezed(leaflet.title) not in squeezed(said)
        assert leaflet.topic not in said


def test_calendar_and_password_are_told_of_only_where_there_are_any() -> None:
    bare, full = written("en", calendar=False, locked=False), written("en")
    for id_ in ("mail-calendar", "mail-locked"):
        said = squeezed(own("en", id_))
        assert (said in squeezed(full.text), said in squeezed(bare.text)) == (True, False)
        assert (said in read(full.html), said in read(bare.html)) == (True, False)


def test_a_draft_says_so_first_of_all_and_an_approved_text_has_no_band() -> None:
    approved = letter(
        press(),
        mailing_library(),
        replace(sheet("en"), status=Status.APPROVED),
        MAILING,
        calendar=True,
        locked=True,
    )
    band = own("en", "draft-band")
    assert squeezed(written("en").text).startswith(squeezed(band))
    assert read(written("en").html).startswith(squeezed(band))
    assert band not in approved.text
    assert band not in approved.html
    assert approved.text.startswith(own("en", "mail-greeting"))


def test_a_sheet_in_two_languages_comes_with_a_letter_in_its_readers() -> None:
    both = letter(
        press(), mailing_library(), sheet("ar", need=Need.BILINGUAL), MAILING, calendar=True, locked=True
    )
    assert both == written("ar")


def test_another_language_is_no_change_of_code() -> None:
    """A clinic adds one by files alone, its email too. Nothing here is Danish but the name."""
    library = mailing_library()
    danish = library.locales["fr"].model_copy(
        update={"name": "da", "cldr": "da", "title": "Dansk", "english": "Danish"}
    )
    catalogs = {
        ("da", name): replace(
            catalog,
            entries={
                id_: Entry(entry.english, f"Ø {entry.text}" if entry.text else "", Provenance.HUMAN, 0)
                for id_, entry in catalog.entries.items()
            },
        )
        for (lang, name), catalog in library.catalogs.items()
        if lang == "fr"
    }
    more = replace(
        library,
        locales={**library.locales, "da": danish},
        catalogs={**library.catalogs, **catalogs},
        languages={**library.languages, "da": library.languages["fr"]},
    )
    edition = replace(sheet("fr"), lang="da")
    one = letter(Press(more), more, edition, MAILING, calendar=True, locked=True)
    assert one.lang == "da"
    assert one.subject.startswith("Ø ")
    assert one.text.count("Ø") > 20
    assert parsed(one.html).get("lang") == "da"


def test_words_that_are_not_current_make_no_letter() -> None:
    library = mailing_library()
    stale = replace(
        library, catalogs={key: value for key, value in library.catalogs.items() if key[0] != "ar"}
    )
    with pytest.raises(ValueError, match="not current"):
        letter(Press(stale), stale, sheet("ar"), MAILING, calendar=True, locked=False)
    with pytest.raises(ValueError, match="not current"):
        correction(Press(stale), stale, "ar", library.clinics["riverside"])


def test_a_clinic_that_sends_no_mail_calls_nothing_back() -> None:
    clinic = mailing_library().clinics["riverside"].model_copy(update={"mail": None})
    with pytest.raises(ValueError, match="sends no mail"):
        correction(press(), mailing_library(), "en", clinic)


# --- Plain text -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_no_line_of_plain_text_is_too_long_for_a_mail_program(lang: str) -> None:
    for one in (written(lang), corrected(lang)):
        assert [line for line in one.text.splitlines() if cells(line) > COLUMNS] == []
        assert "\n\n\n\n" not in one.text
        assert one.text.endswith("\n")


@pytest.mark.parametrize("lang", LANGS)
def test_what_reads_from_left_to_right_is_kept_apart_in_right_to_left_text(lang: str) -> None:
    """Else a number prints as 0123 7946 020, and an address loses its end."""
    one, clinic = written(lang), mailing_library().clinics["riverside"]
    isolated = mailing_library().locales[lang].direction == "rtl"
    values = [clinic.title, MAILING.reply_to, clinic.phone.replace(" ", locales.NO_BREAK_SPACE)]
    for value, text in zip(values, (one.subject, one.text, one.text), strict=True):
        apart = f"{locales.LEFT_TO_RIGHT_ISOLATE}{value}{locales.POP_ISOLATE}"
        assert value in text
        assert (apart in text) == isolated
    assert f"{clinic.title} ({clinic.note})" in one.text
    assert not isolated or one.text.rstrip().endswith(locales.POP_ISOLATE)
    assert one.sender == clinic.title


# --- HTML -------------------------------------------------------------------------------------------


def letters() -> Iterator[Letter]:
    for lang in LANGS:
        yield written(lang)
        yield corrected(lang)


def test_a_letter_loads_nothing_and_runs_nothing() -> None:
    """Nothing tells anybody that an email was opened, and nothing is missing where pictures are blocked."""
    for one in letters():
        tags = {element.tag for element in parsed(one.html).iter() if isinstance(element.tag, str)}
        assert not tags & {
            "img",
            "script",
            "link",
            "iframe",
            "object",
            "embed",
            "form",
            "video",
            "svg",
            "base",
        }
        assert not re.search(r"https?:|//|url\(|@import|@font-face", one.html)
        values = [value for element in parsed(one.html).iter() for value in element.attrib.items()]
        assert not [
            name for name, _ in values if name in {"src", "srcset", "background"} or name.startswith("on")
        ]
        links = {value.partition(":")[0] for name, value in values if name == "href"}
        assert links <= {"tel", "mailto"}


def test_each_letter_says_its_language_and_direction_where_webmail_keeps_it() -> None:
    for one in letters():
        page, locale = parsed(one.html), mailing_library().locales[one.lang]
        wrapper = page.find("body/div")
        assert wrapper is not None
        for element in (page, wrapper):
            assert (element.get("lang"), element.get("dir")) == (locale.name, locale.direction)
        assert page.findtext("head/title") == one.subject
        assert ("word-break: keep-all" in one.html) == locale.keep_words
        assert one.html.lower().index("charset") < 1024, "a browser looks no further (HTML, 13.2.3.2)"
        metas = {meta.get("name"): meta.get("content") for meta in page.iter("meta")}
        assert metas["color-scheme"] == "light dark"


def test_tables_are_there_for_the_layout_only_and_headings_for_the_reader() -> None:
    for one in letters():
        page = parsed(one.html)
        assert {table.get("role") for table in page.iter("table")} == {"presentation"}
        assert not list(page.iter("th"))
    page = parsed(written("en").html)
    assert len(list(page.iter("h1"))) == 1
    assert len(list(page.iter("h2"))) == len(Level)


def test_styles_stand_on_the_elements_where_no_program_drops_them() -> None:
    for one in letters():
        for tag in ("p", "td", "h1", "h2", "a", "li"):
            assert all(
                element.get("style") or element.get("class") == "wide"
                for element in parsed(one.html).iter(tag)
            )
        assert "prefers-color-scheme: dark" in one.html
        assert "max-width: 600px" in one.html


def test_every_number_can_be_touched_to_call_it_also_in_a_danger_sign() -> None:
    clinic = mailing_library().clinics["riverside"]
    for lang in LANGS:
        links = [
            (link.get("href"), locales.bare("".join(link.itertext())))
            for link in parsed(written(lang).html).iter("a")
        ]
        calls = {(f"tel:{dialled(getattr(clinic, name))}", getattr(clinic, name)) for name in Clinic.FACTS}
        assert set(links) == calls | {(f"mailto:{MAILING.reply_to}", MAILING.reply_to)}
        assert links.index(("tel:999", "999")) == 0, "in the first box"


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("020 7946 0123", "02079460123"),
        ("+44 (0)20 7946-0123", "+442079460123"),
        ("(020) 7946 0123", "02079460123"),
        ("111", "111"),
    ],
)
def test_a_telephone_dials_digits_and_no_zero_behind_a_countrys_code(number: str, digits: str) -> None:
    assert dialled(number) == digits


def test_what_a_clinic_writes_is_text_and_no_markup() -> None:
    library, title = mailing_library(), 'Skin & <b>Co</b> "{{ 7 * 7 }}"'
    clinic = library.clinics["riverside"].model_copy(update={"title": title})
    named = replace(library, clinics={**library.clinics, "riverside": clinic})
    one = letter(Press(named), named, sheet("en"), MAILING, calendar=False, locked=False)
    assert parsed(one.html).findtext("head/title") == one.subject
    assert title in one.subject
    assert title in one.text
    assert squeezed(title) in read(one.html)


# --- On a screen ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def window() -> Iterator[Page]:
    with browser.browser() as opened:
        yield opened.new_page()


def measured(window: Page, html: str, scheme: Literal["light", "dark"], width: int) -> dict[str, Any]:
    window.emulate_media(color_scheme=scheme)
    window.set_viewport_size({"width": width, "height": 700})
    window.set_content(html)
    found: dict[str, Any] = window.evaluate(MEASURE)
    assert len(found["found"]) > 5
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_word_is_legible_by_day_and_by_night(window: Page, scheme: Literal["light", "dark"]) -> None:
    for lang in SCRIPTS:
        for one in (written(lang), corrected(lang)):
            seen = measured(window, one.html, scheme, 700)
            faint = [each for each in seen["found"] if each["contrast"] < CONTRAST or each["size"] < SMALLEST]
            assert faint == []
            assert (seen["ground"] == "rgb(255, 255, 255)") == (scheme == "light")


def test_the_measure_does_find_faint_and_small_words(window: Page) -> None:
    html = (
        written("en")
        .html.replace("color: #1d2a33", "color: #aaaaaa")
        .replace("font-size: 16px", "font-size: 9px")
    )
    seen = measured(window, html, "light", 700)["found"]
    assert any(each["contrast"] < CONTRAST for each in seen)
    assert any(each["size"] < SMALLEST for each in seen)


def test_a_small_telephone_shows_whole_lines(window: Page) -> None:
    for lang in SCRIPTS:
        for one in (written(lang), corrected(lang)):
            assert measured(window, one.html, "light", 320)["wide"] == 320


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_people_who_listen_to_a_letter_find_their_way(window: Page, lang: str) -> None:
    window.set_content(written(lang).html)
    allowed = ("landmark-one-main", "region")  # an email has none: webmail has its own
    assert [each for each in browser.violations(window) if not each.startswith(allowed)] == []


# --- To look at before ------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_process_one_day")
def test_a_preview_is_the_email_as_it_would_go_out_but_to_nobody() -> None:
    library = mailing_library()
    terms = Terms(library.clinics["riverside"], TODAY)
    seen = preview(library, terms, ("after-laser",), "ar", TODAY)
    again = preview(library, terms, ("after-laser",), "ar", TODAY)
    assert seen.eml == again.eml
    assert f"To: {PREVIEWED}".encode() in seen.eml
    assert seen.html == written("ar", locked=False).html
    assert seen.text == written("ar", locked=False).text
    assert seen.png.startswith(b"\x89PNG")
    assert len(seen.png) > 20_000


def test_what_cannot_be_sent_cannot_be_previewed_and_says_why() -> None:
    library = mailing_library()
    clinic = library.clinics["riverside"]
    with pytest.raises(PreviewError, match="is not made as a plain sheet"):
        preview(library, Terms(clinic, TODAY), ("what-are-milia",), "en", TODAY)
    silent = Terms(clinic.model_copy(update={"mail": None}), TODAY)
    with pytest.raises(PreviewError, match="sends no mail"):
        preview(library, silent, ("after-laser",), "en", TODAY)
