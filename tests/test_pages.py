"""The laid-out pages of the handout, measured box by box: clear print that fits its paper."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from wcwidth import wcswidth
from weasyprint.formatting_structure import boxes
from weasyprint.layout.absolute import AbsolutePlaceholder

from careleaf.model import Level
from careleaf.pdf import engine
from tests import reading
from tests.conftest import ROOT, Built
from tests.reading import Printed

POINT = 96 / 72
MILLIMETRE = 96 / 25.4
SLACK = 0.05  # CSS pixels: rounding


@dataclass(frozen=True)
class Line:
    """A printed line of the text or of a foot; all in CSS pixels from the page's upper left corner."""

    name: str
    text: str
    tags: tuple[str, ...]
    classes: frozenset[str]
    foot: bool
    left: float
    right: float
    top: float
    bottom: float
    between: tuple[float, float]
    sizes: frozenset[float]

    @property
    def heading(self) -> bool:
        return bool({"h1", "h2"} & set(self.tags))


@dataclass(frozen=True)
class Sheet:
    """A page: its size, the room inside its margins (left, top, right, bottom), its lines from the top."""

    size: tuple[float, float]
    room: tuple[float, float, float, float]
    lines: tuple[Line, ...]

    @property
    def body(self) -> list[Line]:
        return [line for line in self.lines if not line.foot]


@pytest.fixture(scope="module")
def laid_out(built: Built) -> dict[str, tuple[Printed, list[Sheet]]]:
    """The pages of handouts, as they are before they become a PDF."""
    found = {}
    printed = reading.printed(built, "handout")
    english = [one for one in printed if built.library.locales[one.edition.lang].source]
    for one in (*english, *(one for one in reading.a_third(printed) if one not in english)):
        document = engine._lay_out(one.job)  # noqa: SLF001 # a PDF has no lines, only glyphs
        found[str(one)] = one, [sheet(page, f"{one}, page {n}") for n, page in enumerate(document.pages, 1)]
    assert len(found) >= 12
    return found


def sheet(page: Any, name: str) -> Sheet:  # noqa: ANN401 # WeasyPrint carries no types
    box = page._page_box  # noqa: SLF001 # the only way from a page to its boxes
    left, top = box.content_box_x(), box.content_box_y()
    room = (left, top, left + box.width, top + box.height)
    found = sorted(lines(box, name, ()), key=lambda line: line.top)
    return Sheet((page.width, page.height), room, tuple(found))


def lines(box: Any, name: str, around: tuple[Any, ...]) -> Iterator[Line]:  # noqa: ANN401
    if isinstance(box, AbsolutePlaceholder):
        box = box._box  # noqa: SLF001 # it stands for this one
    if isinstance(box, boxes.LineBox):
        blocks = [each for each in box.children if isinstance(each, boxes.InlineBlockBox)]
        for block in blocks:  # drawings side by side: each has lines of its own
            yield from lines(block, name, (*around, box))
        texts = [each for each in box.descendants() if isinstance(each, boxes.TextBox) and each.text.strip()]
        if texts and not blocks:
            yield line(box, texts, name, around)
        return
    for child in getattr(box, "children", ()):
        yield from lines(child, name, (*around, box))


def line(box: Any, texts: list[Any], name: str, around: tuple[Any, ...]) -> Line:  # noqa: ANN401
    elements = [each.element for each in around if each.element is not None]
    holder = around[-1]
    text = " ".join("".join(each.text for each in texts).split())
    return Line(
        name=f"{name}: {text}",
        text=text,
        tags=tuple(each.tag for each in elements),
        classes=frozenset(" ".join(each.get("class", "") for each in elements).split()),
        foot=any(isinstance(each, boxes.MarginBox) for each in around),
        left=min(each.position_x for each in texts),
        right=max(each.position_x + each.width for each in texts),
        top=box.position_y,
        bottom=box.position_y + box.height,
        between=(holder.content_box_x(), holder.content_box_x() + holder.width),
        sizes=frozenset(each.style["font_size"] for each in texts),
    )


Pages = dict[str, tuple[Printed, list[Sheet]]]


def all_sheets(laid_out: Pages) -> list[Sheet]:
    return [page for _, sheets in laid_out.values() for page in sheets]


def all_lines(laid_out: Pages) -> list[Line]:
    found = [each for page in all_sheets(laid_out) for each in page.lines]
    assert len(found) > 500
    assert sum(each.foot for each in found) >= len(all_sheets(laid_out))
    return found


def test_no_text_is_smaller_than_12_points(laid_out: Pages) -> None:
    assert [each.name for each in all_lines(laid_out) if min(each.sizes) < 12 * POINT - 0.001] == []


def test_no_line_of_the_text_has_more_than_70_characters(laid_out: Pages) -> None:
    """A Chinese, Japanese or Korean character counts as two. Joined Arabic letters are narrow: 73 of them."""
    lines = ((wcswidth(plain(each)), each) for each in all_lines(laid_out) if not each.foot)
    found = [(width, each.name) for width, each in lines if width > (73 if " ar " in each.name else 70)]
    assert sorted(found) == []


def plain(line: Line) -> str:
    return " ".join(reading.words(line.text))


def test_every_line_stays_inside_its_box(laid_out: Pages) -> None:
    found = [each for each in all_lines(laid_out) if "::marker" not in each.tags and is_set(each)]
    outside = [
        each.name
        for each in found
        if each.left < each.between[0] - SLACK or each.right > each.between[1] + SLACK
    ]
    assert outside == []


def is_set(line: Line) -> bool:
    """Tell a line of text from a list's bullet, which hangs outside of its box on purpose."""
    return not reading.LIST_MARKERS.match(line.text)


def test_every_line_stays_inside_the_margins(laid_out: Pages) -> None:
    for page in all_sheets(laid_out):
        left, top, right, bottom = page.room
        for each in page.lines:
            assert left - SLACK <= each.left, each.name
            assert each.right <= right + SLACK, each.name
            if each.foot:
                # Office printers leave out the outer 5 mm.
                assert bottom < each.top, each.name
                assert each.bottom <= page.size[1] - 5 * MILLIMETRE, each.name
            else:
                assert top - SLACK <= each.top, each.name
                assert each.bottom <= bottom + SLACK, each.name


def test_a_handout_is_two_sheets_of_a4_and_a_translation_one_page_more_at_most(laid_out: Pages) -> None:
    for name, (_, sheets) in laid_out.items():
        topic, _, rest = name.partition(" ")
        english = laid_out[f"{topic} en {rest.partition(' ')[2]}"][1]
        assert 1 <= len(sheets) <= len(english) + (" en " not in name) <= 5, name
        assert len(english) <= 4, name
        sizes = {tuple(round(side / MILLIMETRE) for side in page.size) for page in sheets}
        assert sizes == {(210, 297)}, name


def test_the_last_page_is_worth_its_paper(laid_out: Pages) -> None:
    """At least a quarter full: else the text should be shortened to one page less."""
    for name, (_, sheets) in laid_out.items():
        _, top, _, bottom = sheets[-1].room
        filled = (max(each.bottom for each in sheets[-1].body) - top) / (bottom - top)
        assert filled >= 0.25, f"{name}: {filled:.0%}"


def test_the_emergency_box_is_whole_and_on_page_1(laid_out: Pages) -> None:
    seen = 0
    for name, (one, sheets) in laid_out.items():
        expected = any(block.level is Level.EMERGENCY for block in one.leaflet.blocks)
        places = {n for n, page in enumerate(sheets, 1) for each in page.lines if "emergency" in each.classes}
        assert places == ({1} if expected else set()), name
        seen += expected
    assert seen


def test_no_heading_is_parted_from_what_it_heads(laid_out: Pages) -> None:
    headed = 0
    for page in all_sheets(laid_out):
        assert not page.body[-1].heading, page.body[-1].name
        headed += sum(this.heading and not following.heading for this, following in pairwise(page.body))
    assert headed >= 12


# --- The style -------------------------------------------------------------------------------------

STYLES = [
    *sorted((ROOT / "templates/shared").rglob("*.css")),
    *sorted(ROOT.glob("templates/formats/*/*.css")),
]
MARKUP = sorted((ROOT / "templates").rglob("*.html"))
FORBIDDEN = {
    "italics": r"font-style\s*:\s*(italic|oblique)|<(em|i|cite|address)\b",
    "capitals": r"text-transform|font-variant|small-caps",
    "hyphenation": r"hyphens\s*:\s*auto|&shy;|\u00ad",
    "grid or flex, slow and not mirrored": r"display\s*:\s*(inline-)?(grid|flex)",
    "opacity, which breaks tagging": r"\bopacity\s*:",
    "letter-spacing, which parts Arabic letters": r"letter-spacing",
    "a left or right side, which does not mirror": r"(margin|padding|border)-(left|right)\b",
    "left or right, which does not mirror": r"(float|clear|text-align)\s*:\s*(left|right)",
    "justified text": r"text-align\s*:\s*justify",
    "underlining": r"text-decoration\s*:\s*underline|<u\b",
    "remote files": r"url\(|@import",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_handout_has_none_of_what_makes_print_hard_to_read(what: str) -> None:
    files = [file for file in STYLES + MARKUP if "/web/" not in file.as_posix()]
    assert {file.name for file in files} >= {"page.css", "page.html", "blocks.html"}
    found = [
        f"{file.relative_to(ROOT)}:{number}: {match[0]}"
        for file in files
        for number, row in enumerate(file.read_text("utf-8").splitlines(), start=1)
        for match in re.finditer(FORBIDDEN[what], row)
    ]
    assert found == []


# What is read on what: the ratio must be 4.5 at least (WCAG 2.2, 1.4.3).
WHITE = "#ffffff"
READ = {
    ("#1d2a33", WHITE), ("#0b5c6b", WHITE), ("#4a5963", WHITE),  # text, headings and links, foot
    ("#1f6b3a", WHITE), ("#7b2d43", WHITE),  # do, do not
    ("#4d3d00", "#fff3c4"),  # band
    ("#1d2a33", "#fdf1f2"), ("#9b1c31", "#fdf1f2"),  # emergency
    ("#1d2a33", "#fdf5ea"), ("#8a4b00", "#fdf5ea"),  # the same day
    ("#1d2a33", "#f1f5fa"), ("#35527a", "#f1f5fa"),  # not urgent
    ("#1d2a33", "#e8f3f4"), ("#0b5c6b", "#e8f3f4"),  # contact
    (WHITE, "#0b5c6b"),  # head of a poster
}  # fmt: skip
# What is read in large print: the ratio must be 7 at least (1.4.6).
READ_LARGE = {
    ("#111b22", WHITE), ("#084a57", WHITE), ("#33424c", WHITE),  # text, headings, foot
    ("#17562d", WHITE), ("#6c2439", WHITE),  # do, do not
    ("#3f3200", "#fff3c4"),  # band
    ("#111b22", "#fdf1f2"), ("#8a1426", "#fdf1f2"),  # emergency
    ("#111b22", "#fdf5ea"), ("#713d00", "#fdf5ea"),  # the same day
    ("#111b22", "#f1f5fa"), ("#2a4468", "#f1f5fa"),  # not urgent
    ("#111b22", "#e8f3f4"), ("#084a57", "#e8f3f4"),  # contact
}  # fmt: skip
# Lines that part or frame; nobody has to see them to understand.
LINES = {"#c9d3d8", "#8a6d00"}
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?)\(", re.IGNORECASE)


def contrast(text: str, ground: str) -> float:
    """Give WCAG's contrast ratio of two colours."""
    dark, light = sorted((luminance(text), luminance(ground)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("text", "ground"), sorted(READ))
def test_text_stands_out_from_its_ground(text: str, ground: str) -> None:
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize(("text", "ground"), sorted(READ_LARGE))
def test_large_text_stands_out_even_more(text: str, ground: str) -> None:
    assert contrast(text, ground) >= 7


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", WHITE) == pytest.approx(21)
    assert contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.01)


def test_every_colour_of_the_styles_is_known_to_be_readable() -> None:
    assert len(STYLES) >= 2
    used = {
        {"#fff": WHITE}.get(match[0].lower(), match[0].lower())
        for file in STYLES
        for match in COLOUR.finditer(file.read_text("utf-8"))
    }
    assert used | {WHITE} == {colour for pair in READ | READ_LARGE for colour in pair} | LINES
