"""Reading finished leaflets back: what the tests of the PDF, the web page and the text have in common.

A PDF is read three ways, none of them careleaf's: its objects by pikepdf, its marked content by
pdfminer.six, and where each character stands on the page by PDFium.
"""

import ctypes
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import html5lib
import pikepdf
import pypdfium2
import pypdfium2.raw
from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdffont import PDFFont, PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.psparser import PSLiteral
from pdfminer.utils import decode_text

from careleaf.compose import compose
from careleaf.model import Edition, Job, Leaflet
from careleaf.render import Press
from tests.conftest import Built

FOLDER: Final = Path(__file__).parent / "snapshots"
UPDATE: Final = "CARELEAF_UPDATE_SNAPSHOTS"
SHAPES: Final = ("booklet-saddle-stitch", "card-four-up", "large-print", "poster", "trifold")
"""The formats whose structure a person has reviewed, besides the handout's."""
SNAPSHOTS: Final = frozenset(
    {
        *(f"structure-{kind}-{lang}.txt" for kind in SHAPES for lang in ("ar", "en")),
        *(f"structure-after-laser-{lang}.txt" for lang in ("ar", "en", "hi", "ko", "pl")),
        *(f"structure-sheet-{lang}.txt" for lang in ("ar", "en")),
        *(f"web-washing-hands-{lang}.html" for lang in ("ar", "en")),
        "message-ar.txt",
    }
)
"""Every snapshot that a test compares; a file beside them is an orphan."""


def compare_with_snapshot(name: str, text: str) -> None:
    """Hold a text to the one that a person has reviewed; with UPDATE set, write the new one for review."""
    assert name in SNAPSHOTS, f"add {name} to SNAPSHOTS in {__name__}"
    file = FOLDER / name
    if os.environ.get(UPDATE):
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    reviewed = file.read_text("utf-8") if file.is_file() else ""
    assert text == reviewed, f"{name} differs: review it, then run the tests once with {UPDATE}=1"


# --- Editions --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Printed:
    """A finished leaflet: its Edition, its file, and what it was made from."""

    edition: Edition
    path: Path
    leaflet: Leaflet
    job: Job

    def __str__(self) -> str:
        return str(self.edition)

    @property
    def body(self) -> Element:
        """The body of the page that the file was made from."""
        body = page(self.job.markup).find("body")
        assert body is not None
        return body


_PRINTED: Final[dict[Path, tuple[Printed, ...]]] = {}


def printed(built: Built, format_: str, topic: str = "") -> list[Printed]:
    """Give all leaflets of a format, or those of one topic; there is one in every language."""
    if built.out not in _PRINTED:
        _PRINTED[built.out] = tuple(_printed(built))
    everything = _PRINTED[built.out]
    found = [one for one in everything if one.edition.format == format_ and topic in {"", one.edition.topic}]
    assert {one.edition.lang for one in found} == set(built.library.locales)
    return found


def a_third(found: list[Printed]) -> list[Printed]:
    """Choose some, where all would take too long: each topic in a third of the languages.

    A build measures every page, and veraPDF judges every handout: this is for what is looked at besides.
    """
    topics, langs = (sorted({getattr(one.edition, name) for one in found}) for name in ("topic", "lang"))
    some = [
        one for one in found if (topics.index(one.edition.topic) + langs.index(one.edition.lang)) % 3 == 0
    ]
    assert {one.edition.topic for one in some} == set(topics)
    assert {one.edition.lang for one in some} == set(langs)
    return some


def _printed(built: Built) -> Iterator[Printed]:
    press = Press(built.library)
    for edition in sorted(built.report.built, key=str):
        leaflet = compose(built.library, edition)
        yield Printed(edition, built.out / edition.path, leaflet, press.render(edition, leaflet))


def page(markup: str) -> Element:
    """Parse a page as the standard says, refusing any error in it."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root: Element = parser.parse(markup.strip())
    return root


BLOCKS: Final = {
    "br", "div", "footer", "h1", "h2", "header", "li", "main", "ol", "p", "section", "table", "tbody", "td",
    "th", "tr", "ul",
}  # fmt: skip


def spoken(element: Element, *skipped: str) -> str:
    """Give an element's text; blocks are words apart. Elements of a `skipped` class are left out."""
    if element.get("class") in skipped:
        return ""
    parts = [element.text or ""]
    for child in element:
        parts += [spoken(child, *skipped), child.tail or ""]
    edge = " " if element.tag in BLOCKS else ""
    return edge + "".join(parts) + edge


def foot(one: Printed, number: int, pages: int) -> str:
    """Give the foot of a page."""
    element = next(each for each in one.body if each.get("class") == "foot")
    filled = ET.fromstring(ET.tostring(element, "unicode"))  # noqa: S314 # made by ourselves
    for span in filled.iter("span"):
        span.text = {"page": str(number), "pages": str(pages)}.get(span.get("class", ""), span.text)
    return spoken(filled)


def words(text: str) -> list[str]:
    """Split a text at white space, without the characters that nobody sees (isolates, word joiners)."""
    return "".join(c for c in text if unicodedata.category(c) != "Cf").split()


# What extractors are known to read otherwise than it was set, in which direction of writing, and why.
MIRRORED: Final = str.maketrans("([{<\u00ab", ")]}>\u00bb")
"""rtl, brackets: a mirrored pair shares two glyphs, and each carries the side that it was first used for."""
VOWEL_MARKS: Final = re.compile("[\u064b-\u0652]")
"""rtl, vowel marks in a ligature: two letters are one glyph, so the mark comes after both. Marks are counted
(test_text_layer), and the order is compared without them."""
LIST_MARKERS: Final = re.compile(r"^([\u2022\u00b7]|\d+\.)$")
"""all, bullets and numbers of lists: drawn after everything else on the page, so out of their place. The dot
of the foot goes with them: Chinese fonts have one glyph for both, and it is read as the one drawn first."""


def characters(text: str) -> str:
    """Give a text without white space and unseen characters, composed alike, brackets all one way."""
    one_dot = "".join(words(text)).replace("\u2022", "\u00b7")
    return unicodedata.normalize("NFKC", one_dot).translate(MIRRORED)


def letters(text: str) -> str:
    """Give a text's characters for comparing their order."""
    return VOWEL_MARKS.sub("", characters(text))


# --- The structure tree ----------------------------------------------------------------------------


@dataclass
class Mark:
    """A stretch of marked content: its glyphs from left to right, each as its letters."""

    tag: str
    mcid: int | None
    glyphs: list[str] = field(default_factory=list)
    baseline: float = 0.0
    actual: str | None = None

    @property
    def text(self) -> str:
        """Its text in the order of reading."""
        return logical(self.glyphs) if self.actual is None else self.actual


class _Marks(PDFTextDevice):
    """Collects the text of each stretch of marked content."""

    def __init__(self, manager: PDFResourceManager) -> None:
        super().__init__(manager)
        self.pages: list[list[Mark]] = []
        self.unmarked: list[str] = []
        self._open: list[Mark] = []

    def begin_page(self, page: PDFPage, ctm: Any) -> None:  # noqa: ANN401, ARG002 # as pdfminer calls it
        self.pages.append([])

    def begin_tag(self, tag: PSLiteral, props: Any = None) -> None:  # noqa: ANN401 # as pdfminer calls it
        named = props if isinstance(props, dict) else {}
        # Where letters were shaped together, their text is given whole, and the glyphs do not tell it.
        actual = decode_text(named["ActualText"]) if "ActualText" in named else None
        mark = Mark(str(tag.name), named.get("MCID"), actual=actual)
        self._open.append(mark)
        self.pages[-1].append(mark)

    def end_tag(self) -> None:
        self._open.pop()

    def render_char(  # noqa: PLR0913, PLR0917 # as pdfminer calls it
        self,
        matrix: Any,  # noqa: ANN401 # as pdfminer calls it
        font: PDFFont,
        fontsize: float,
        scaling: float,
        rise: float,  # noqa: ARG002
        cid: int,
        ncs: object,  # noqa: ARG002
        graphicstate: object,  # noqa: ARG002
    ) -> float:
        try:
            text = font.to_unichr(cid)
        except PDFUnicodeNotDefined:
            text = ""
        if self._open:
            self._open[-1].glyphs.append(text)
            self._open[-1].baseline = matrix[5]
        else:
            self.unmarked.append(text)
        return font.char_width(cid) * fontsize * scaling


def marks(path: Path) -> tuple[list[list[Mark]], list[str]]:
    """Read the marked content of each page, and whatever text is outside of it."""
    manager = PDFResourceManager()
    device = _Marks(manager)
    interpreter = PDFPageInterpreter(manager, device)
    with path.open("rb") as file:
        for each in PDFPage.get_pages(file):
            interpreter.process_page(each)
    return device.pages, device.unmarked


def logical(glyphs: list[str]) -> str:
    """Turn glyphs that stand from left to right into the order of reading, on a right-to-left line too."""
    if not any(_bidi(glyph) in {"R", "AL"} for glyph in glyphs):
        return "".join(glyphs)
    order = glyphs[::-1]
    start = 0
    while start < len(order):
        end = _end_of_run(order, start)
        order[start:end] = order[start:end][::-1]
        start = max(end, start + 1)
    return "".join(order)


def _end_of_run(glyphs: list[str], start: int) -> int:
    """Find where a left-to-right run ends; a number's separators and no-break spaces are inside of it."""
    end = start
    for place in range(start, len(glyphs)):
        kind = _bidi(glyphs[place])
        if kind in {"L", "EN"}:
            end = place + 1
        elif kind not in {"CS", "ES"} or place == start:
            break
    return end


def _bidi(glyph: str) -> str:
    return unicodedata.bidirectional(glyph[0]) if glyph else ""


Place: TypeAlias = tuple[int, int]
"""A page, counted from 0, and the number of a marked content there."""


@dataclass
class Node:
    """A structure element as it is in the file."""

    role: str
    notes: list[str]
    kids: list["Node | Mark"]
    places: list[Place]

    def walk(self) -> Iterator["Node"]:
        """Yield this element and all below it, in reading order."""
        yield self
        for kid in self.kids:
            if isinstance(kid, Node):
                yield from kid.walk()

    def find(self, role: str) -> list["Node"]:
        """Give the elements of a role."""
        return [node for node in self.walk() if node.role == role]

    @property
    def own_text(self) -> str:
        """The text right inside this element; lines are words apart."""
        text, baseline = "", None
        for kid in self.kids:
            if isinstance(kid, Mark):
                apart = baseline is not None and abs(kid.baseline - baseline) > 2
                text += (" " if apart else "") + kid.text
                baseline = kid.baseline
        return text

    def text(self, *skipped: str) -> str:
        """Give all text in reading order, but for elements of the `skipped` roles."""
        if self.role in skipped:
            return ""
        return " ".join(kid.text(*skipped) if isinstance(kid, Node) else kid.text for kid in self.kids)

    def outline(self, depth: int = 0) -> Iterator[str]:
        """Draw the tree, one element a line: role, what it says of itself, the start of its words."""
        said = " ".join(words(self.own_text))
        line = [self.role, *self.notes, *([f'"{shortened(said)}"'] if said else [])]
        yield "  " * depth + " ".join(line)
        for kid in self.kids:
            if isinstance(kid, Node):
                yield from kid.outline(depth + 1)


def shortened(text: str, most: int = 60) -> str:
    """Cut a text for a snapshot; other tests compare every letter of it."""
    return text if len(text) <= most else text[:most].rstrip() + "\u2026"


@dataclass
class Structure:
    """A PDF's tree, and its marked content page by page."""

    root: Node
    pages: list[list[Mark]]
    unmarked: list[str]


@cache
def structure(path: Path) -> Structure:
    """Read the structure tree of a PDF."""
    pages, unmarked = marks(path)
    by_place = {
        (number, mark.mcid): mark
        for number, found in enumerate(pages)
        for mark in found
        if mark.mcid is not None
    }
    with pikepdf.open(path) as pdf:
        numbers = {each.obj.objgen: number for number, each in enumerate(pdf.pages)}
        (top,) = _several(pdf.Root.StructTreeRoot.K)
        return Structure(_node(top, numbers, by_place), pages, unmarked)


def _node(item: Any, numbers: dict[Any, int], by_place: dict[Place, Mark]) -> Node:  # noqa: ANN401 # pikepdf
    node = Node(str(item.S)[1:], list(_notes(item)), [], [])
    for kid in _several(item.get("/K", [])):
        if isinstance(kid, int):
            place = (numbers[item.Pg.objgen], kid)
        elif "/MCID" in kid:
            place = (numbers[kid.Pg.objgen], int(kid.MCID))
        elif "/S" in kid:
            node.kids.append(_node(kid, numbers, by_place))
            continue
        else:
            node.notes.append(str(kid.Type)[1:])
            continue
        node.places.append(place)
        node.kids.append(by_place[place])
    return node


def _notes(item: Any) -> Iterator[str]:  # noqa: ANN401 # pikepdf
    for key in ("/Lang", "/Alt", "/ActualText"):
        if key in item:
            yield f"{key[1:]}={item[key]}"
    for attributes in _several(item.get("/A", [])):
        for key in ("/Scope", "/ListNumbering", "/ColSpan", "/RowSpan"):
            if key in attributes:
                yield f"{key[1:]}={attributes[key]}"


def _several(value: Any) -> list[Any]:  # noqa: ANN401 # pikepdf
    return list(value) if isinstance(value, pikepdf.Array | list) else [value]


# --- Where characters stand ------------------------------------------------------------------------

LTR_RUN: Final = re.compile(r"[0-9A-Za-z]+(?:[.:,][0-9A-Za-z]+)*")
ISOLATED: Final = re.compile("[\u2066-\u2068]([^\u2069]*)\u2069")
NEAR: Final = 5
"""Points: two lines of a paragraph start this near to each other; a wider gap parts two columns."""


@dataclass(frozen=True)
class Line:
    """A stretch of a printed line, read from right to left: its characters, and where it starts."""

    right: float
    baseline: float
    seen: str


def lines(path: Path) -> list[list[Line]]:
    """Read the lines of each page from right to left, by the place of each character and nothing else."""
    document = pypdfium2.PdfDocument(path)
    try:
        return [_lines(each.get_textpage()) for each in document]
    finally:
        document.close()


def _lines(textpage: pypdfium2.PdfTextPage) -> list[Line]:
    raw, x, y = pypdfium2.raw, ctypes.c_double(), ctypes.c_double()
    box = raw.FS_RECTF()
    found: dict[float, list[tuple[float, float, int, str]]] = {}
    for index in range(textpage.count_chars()):
        character = chr(raw.FPDFText_GetUnicode(textpage.raw, index))
        hidden = unicodedata.category(character) in {"Mn", "Cf", "Cc"}
        if hidden or raw.FPDFText_IsGenerated(textpage.raw, index):
            continue
        raw.FPDFText_GetCharOrigin(textpage.raw, index, x, y)
        raw.FPDFText_GetLooseCharBox(textpage.raw, index, box)
        found.setdefault(round(y.value, 1), []).append((-x.value, box.right, -index, character))
    return [line for baseline in sorted(found, reverse=True) for line in _parted(baseline, found[baseline])]


def _parted(baseline: float, characters: list[tuple[float, float, int, str]]) -> Iterator[Line]:
    """Part a line where there is a gap. The letters of one ligature have one place; PDFium turned them."""
    right, seen, last = 0.0, "", 0.0
    for left, end, _, character in sorted(characters):
        if seen and last - end > 2 * NEAR:
            yield Line(right, baseline, seen)
            seen = ""
        right = right if seen else end
        seen += " " if character.isspace() else character
        last = -left
    yield Line(right, baseline, seen)


def count_seen(value: str, pages: list[list[Line]]) -> int:
    """Count how often a value stands on the pages, each of its parts in the right order.

    It may go on in the next line below that starts at the same place.
    """
    whole = r"\s*".join(re.escape(part) for part in as_seen(value).split())
    pattern = re.compile(rf"(?<![0-9]){whole}(?![0-9])")
    count = 0
    for found in pages:
        for place, line in enumerate(found):
            below = (each for each in found[place + 1 :] if abs(each.right - line.right) < NEAR)
            following = next((each.seen for each in below if each.baseline < line.baseline), "")
            matches = pattern.finditer(f"{line.seen}\n{following}")
            count += sum(match.start() < len(line.seen) for match in matches)
    return count


def as_seen(value: str) -> str:
    """Give a value as it must stand from right to left: numbers and Latin are turned, Arabic is not."""
    text = " ".join("".join(c for c in value if unicodedata.category(c) not in {"Mn", "Cf"}).split())
    strong = next((c for c in text if unicodedata.bidirectional(c) in {"L", "AL", "R"}), "0")
    if unicodedata.bidirectional(strong) in {"AL", "R"}:
        return LTR_RUN.sub(lambda match: match[0][::-1], text)
    return text[::-1]
