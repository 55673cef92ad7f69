"""The structure tree, one element for each HTML element, in reading order.

WeasyPrint tags boxes: a paragraph over two pages becomes two paragraphs, each line a Span, and the
foot of a page part of the text. Screen readers need the author's elements instead (ISO 14289-1,
7.1 to 7.8), so this module takes the place of `weasyprint.pdf.add_tags`, a function of WeasyPrint
70.0 that gets the laid-out boxes and, for each page, which marked content belongs to which box.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pydyf
from weasyprint.formatting_structure import boxes
from weasyprint.layout.absolute import AbsolutePlaceholder

from careleaf.pdf import sheets

ROLES: Final = {
    "main": "Part", "article": "Art", "section": "Sect", "div": "Div", "header": "Div", "footer": "Div",
    "nav": "Sect", "aside": "Div", "blockquote": "BlockQuote", "p": "P", "address": "P", "pre": "P",
    "h1": "H1", "h2": "H2", "h3": "H3", "h4": "H4", "h5": "H5", "h6": "H6",
    "ul": "L", "ol": "L", "li": "LI", "table": "Table", "caption": "Caption", "thead": "THead",
    "tbody": "TBody", "tfoot": "TFoot", "tr": "TR", "th": "TH", "td": "TD", "a": "Link", "img": "Figure",
}  # fmt: skip
GROUPING: Final = {"Document", "Part", "Art", "Sect", "Div", "BlockQuote"}
"""Roles that hold blocks: text right inside one gets a paragraph of its own."""
SLOT: Final = "data-slot"
"""Names a place for what only one patient's sheet says."""
NUMBERING: Final = {"ol": "/Decimal", "ul": "/Disc"}
"""How a list with markers is numbered; without any it is not (ISO 14289-1, 7.6)."""

# In these scripts one glyph stands for several letters, so extractors need the letters beside it. Never for
# right-to-left scripts: poppler, PDFium and MuPDF expect visual order there and turn such text round.
COMPLEX: Final = re.compile("[\u0900-\u0dff\u0e00-\u109f\u1780-\u17ff]")

Box = Any  # WeasyPrint carries no types
HtmlElement = Any  # an element of WeasyPrint's parsed page


@dataclass(slots=True, eq=False)
class Content:
    """A stretch of marked content: its page, and its number there."""

    page: int
    mcid: int
    text: str


@dataclass(slots=True, eq=False)
class Annotation:
    """A link's annotation, which is part of the tree too."""

    page: int
    dictionary: pydyf.Dictionary


@dataclass(slots=True, eq=False)
class Element:
    """One structure element. `attributes` are by their owner (Table, List, Layout).

    An `implied` one stands for no HTML element: the paragraph around bare text, the body of a list item.
    """

    role: str
    implied: bool = False
    kids: list["Element | Content | Annotation"] = field(default_factory=list)
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    dictionary: pydyf.Dictionary = field(default_factory=lambda: pydyf.Dictionary({"Type": "/StructElem"}))

    def walk(self) -> Iterator["Element"]:
        """Yield this element and all below it, in reading order."""
        yield self
        for kid in self.kids:
            if isinstance(kid, Element):
                yield from kid.walk()

    def child(self, role: str) -> "Element":
        """Give the last kid if it is implied and has this role, else a new one."""
        last = self.kids[-1] if self.kids else None
        if isinstance(last, Element) and last.implied and last.role == role:
            return last
        new = Element(role, implied=True)
        self.kids.append(new)
        return new


def add_tags(pdf: pydyf.PDF, document: Any, pdf_version: object, page_streams: list[Any]) -> None:  # noqa: ANN401
    """Write the structure tree of a document. Has the signature of the function that it replaces."""
    del pdf_version
    write(build(document, page_streams), pdf)


def build(document: Any, page_streams: list[Any]) -> Element:  # noqa: ANN401 # WeasyPrint carries no types
    """Read the tree from the boxes, and turn what is not part of the text into artifacts."""
    return _Builder(document, page_streams).build()


class _Builder:
    def __init__(self, document: Any, page_streams: list[Any]) -> None:  # noqa: ANN401
        self._pages = document.pages
        self._place_now = sheets.Place(None, 0)
        self._html = document._html.etree_element  # noqa: SLF001 # the only way from boxes to elements
        self._streams = page_streams
        self._reserved: dict[str, tuple[int, int]] | None = getattr(document, "reserved", None)
        self._marks = [_marks(stream) for stream in page_streams]
        self._parents = {child: parent for parent in self._html.iter() for child in parent}
        self._root = Element("Document")
        self._elements: dict[HtmlElement, Element] = {}
        self._first_page: dict[HtmlElement, int] = {}

    def build(self) -> Element:
        for side, place in sheets.places(self._pages):
            self._place_now = place
            self._walk(place.page._page_box, side, artifact=None)  # noqa: SLF001 # pages hide their boxes
        return self._root

    def _walk(self, box: Box, page: int, artifact: str | None) -> None:
        if isinstance(box, AbsolutePlaceholder):
            box = box._box  # noqa: SLF001 # the placeholder stands for it
        artifact = artifact or self._artifact(box)
        if artifact is None and box.element is not None and "::" not in (box.element_tag or ""):
            self._element(box.element)
            self._first_page.setdefault(box.element, self._place_now.number)
        if isinstance(box, boxes.TextBox | boxes.ReplacedBox):
            self._place(box, page, artifact)
            return
        if box.link_annotation and artifact is None:
            self._link(box, page)
        for child in box.children:
            self._walk(child, page, artifact)

    def _artifact(self, box: Box) -> str | None:
        """Say why a box is no part of the text: a running foot, decoration, or a repeated table head."""
        if isinstance(box, boxes.MarginBox):
            return "Header" if box.at_keyword.startswith("@top") else "Footer"
        element = box.element
        if element is None:
            return None
        if element.get("aria-hidden") == "true" or (element.tag == "img" and not element.get("alt")):
            return "Layout"
        repeats = isinstance(box, boxes.TableRowGroupBox) and element.tag in {"thead", "tfoot"}
        return "Pagination" if repeats and self._is_later(element) else None

    def _is_later(self, element: HtmlElement) -> bool:
        return self._first_page.get(element, self._place_now.number) != self._place_now.number

    def _element(self, html: HtmlElement) -> Element:
        """Give the structure element of an HTML element; its ancestors come to be before it."""
        if html not in self._elements:
            parent = self._parents.get(html)
            if parent is None or html.tag in {"html", "body"}:
                self._elements[html] = self._root
            else:
                self._elements[html] = self._make(html, self._element(parent))
        return self._elements[html]

    def _make(self, html: HtmlElement, above: Element) -> Element:
        role, lang = ROLES.get(html.tag), html.get("lang")
        foreign = lang and lang != self._lang_around(html)
        if role is None and not foreign:
            return above
        if above.role in GROUPING and role in {None, "Link"}:
            above = above.child("P")
        if above.role == "LI":
            above = above.child("LBody")
        element = Element(role or "Span")
        above.kids.append(element)
        if foreign:
            element.properties["Lang"] = pydyf.String(lang)
        if role == "L":
            element.attributes["List"] = {"ListNumbering": "/None"}
        elif role == "TH":
            scope = html.get("scope") or (
                "col" if self._parents[self._parents[html]].tag == "thead" else "row"
            )
            element.attributes["Table"] = {"Scope": "/Row" if scope == "row" else "/Column"}
        elif role == "Figure":
            element.properties["Alt"] = pydyf.String(html.get("alt"))
        if role in {"TH", "TD"}:
            spans = {"ColSpan": int(html.get("colspan", 1)), "RowSpan": int(html.get("rowspan", 1))}
            wide = {key: span for key, span in spans.items() if span != 1}
            if wide:
                element.attributes.setdefault("Table", {}).update(wide)
        return element

    def _lang_around(self, html: HtmlElement) -> str | None:
        above = self._parents.get(html)
        while above is not None and not above.get("lang"):
            above = self._parents.get(above)
        return None if above is None else above.get("lang")

    def _place(self, box: Box, page: int, artifact: str | None) -> None:
        """Put a stretch of marked content under its element, or mark it as an artifact."""
        mark = self._streams[page]._tags.pop(box, None)  # noqa: SLF001 # the map that add_tags is given
        if mark is None:
            return
        text = "" if isinstance(box, boxes.ReplacedBox) else box.text
        if self._reserved is not None and (key := reserved(box)):
            self._reserved[key] = (page, mark["mcid"])
            self._reserve(box, page, mark["mcid"])
            return
        if artifact is None and not (isinstance(box, boxes.TextBox) and not text.strip()):
            element = self._holder(box)
            element.kids.append(Content(page, mark["mcid"], text))
            if isinstance(box, boxes.ReplacedBox):
                self._outline(box, page, element)
            if COMPLEX.search(text):
                self._marks[page][mark["mcid"]][1]["ActualText"] = pydyf.String(text)
            return
        tag, properties = self._marks[page][mark["mcid"]]
        self._streams[page].stream[tag] = "/Artifact"
        properties.clear()
        running = artifact in {"Header", "Footer"}
        properties["Type"] = "/Pagination" if running or artifact == "Pagination" else "/Layout"
        if running:
            properties["Subtype"] = f"/{artifact}"
        if COMPLEX.search(text):
            properties["ActualText"] = pydyf.String(text)

    def _reserve(self, box: Box, page: int, mcid: int) -> None:
        """Give a place its element and its number, and take the mark out of the page: it will be painted on.

        The colour that is set inside it stays: what follows may rely on it. Each item leaves an empty one,
        so that the places of all other marks stay right.
        """
        self._holder(box).kids.append(Content(page, mcid, ""))
        stream, start = self._streams[page].stream, self._marks[page][mcid][0]
        for item in (start, start + 1, start + 2, stream.index(b"EMC", start)):
            stream[item] = b""

    def _holder(self, box: Box) -> Element:
        element = self._element(box.element)
        if (box.element_tag or "").endswith("::marker"):
            around = self._parents[box.element]
            self._element(around).attributes["List"] = {"ListNumbering": NUMBERING[around.tag]}
            return element.child("Lbl")
        if element.role == "LI":
            return element.child("LBody")
        return element.child("P") if element.role in GROUPING else element

    def _outline(self, box: Box, page: int, element: Element) -> None:
        """Say where a drawing is, in points from the lower left corner."""
        left, top = box.content_box_x() + self._place_now.x, box.content_box_y() + self._place_now.y
        height = self._pages[page].height
        corners = (left, height - top - box.height, left + box.width, height - top)
        outline = pydyf.Array([round(corner * 0.75, 2) for corner in corners])
        element.attributes["Layout"] = {"Placement": "/Block", "BBox": outline}

    def _link(self, box: Box, page: int) -> None:
        text = " ".join("".join(box.element.itertext()).split())
        box.link_annotation["Contents"] = pydyf.String(text)
        box.link_annotation["F"] = 4  # printed
        self._element(box.element).kids.append(Annotation(page, box.link_annotation))


def reserved(box: Box) -> str | None:
    """Give the key of the place that a text stands in, if one is kept for it: `data-slot`."""
    element = box.element
    return element.get(SLOT) if isinstance(box, boxes.TextBox) and element is not None else None


def _marks(stream: Any) -> dict[int, tuple[int, pydyf.Dictionary]]:  # noqa: ANN401
    """Find each marked content of a page by its number: the place of its tag, and its properties."""
    return {
        item["MCID"]: (place - 1, item)
        for place, item in enumerate(stream.stream)
        if isinstance(item, pydyf.Dictionary) and "MCID" in item
    }


def write(root: Element, pdf: pydyf.PDF) -> None:
    """Add a tree to a PDF, with the way back from each page's content to its element."""
    pages = pdf.page_references
    tree = pydyf.Dictionary({"Type": "/StructTreeRoot"})
    pdf.add_object(tree)
    _add(root, tree, pdf)
    by_page: list[dict[int, str]] = [{} for _ in pages]
    annotations: list[tuple[Annotation, str]] = []
    for element in root.walk():
        for kid in element.kids:
            if isinstance(kid, Content):
                by_page[kid.page][kid.mcid] = element.dictionary.reference
            elif isinstance(kid, Annotation):
                kid.dictionary["StructParent"] = len(pages) + len(annotations)
                annotations.append((kid, element.dictionary.reference))
        _fill(element, pages)
    numbers = pydyf.Array()
    for number, found in enumerate(by_page):
        last = max(found, default=-1)
        numbers.extend([number, pydyf.Array([found.get(mcid, "null") for mcid in range(last + 1)])])
    for annotation, reference in annotations:
        numbers.extend([annotation.dictionary["StructParent"], reference])
    parents = pydyf.Dictionary({"Nums": numbers})
    pdf.add_object(parents)
    tree["K"] = pydyf.Array([root.dictionary.reference])
    tree["ParentTree"] = parents.reference
    tree["ParentTreeNextKey"] = len(pages) + len(annotations)
    pdf.catalog["StructTreeRoot"] = tree.reference
    pdf.catalog["MarkInfo"] = pydyf.Dictionary({"Marked": "true"})
    pdf.catalog["ViewerPreferences"] = pydyf.Dictionary({"DisplayDocTitle": "true"})


def _add(element: Element, parent: pydyf.Dictionary, pdf: pydyf.PDF) -> None:
    """Add an element and all below it, in reading order: so the same page has the same bytes."""
    element.dictionary |= {"S": f"/{element.role}", "P": parent.reference} | element.properties
    pdf.add_object(element.dictionary)
    for kid in element.kids:
        if isinstance(kid, Element):
            _add(kid, element.dictionary, pdf)


def _fill(element: Element, pages: list[str]) -> None:
    dictionary = element.dictionary
    home = next((kid.page for kid in element.kids if isinstance(kid, Content)), None)
    kids = [_kid(kid, home, pages) for kid in element.kids]
    if kids:
        dictionary["K"] = pydyf.Array(kids)
    if home is not None:
        dictionary["Pg"] = pages[home]
    owned = [pydyf.Dictionary({"O": f"/{owner}", **values}) for owner, values in element.attributes.items()]
    if owned:
        dictionary["A"] = owned[0] if len(owned) == 1 else pydyf.Array(owned)


def _kid(kid: Element | Content | Annotation, home: int | None, pages: list[str]) -> object:
    if isinstance(kid, Element):
        return kid.dictionary.reference
    if isinstance(kid, Annotation):
        reference = {"Type": "/OBJR", "Obj": kid.dictionary.reference, "Pg": pages[kid.page]}
        return pydyf.Dictionary(reference)
    if kid.page == home:
        return kid.mcid
    return pydyf.Dictionary({"Type": "/MCR", "Pg": pages[kid.page], "MCID": kid.mcid})


def outline(element: Element, depth: int = 0) -> list[str]:
    """Draw a tree as text, for people to review: role, language, scope, and the words."""
    marks = [f"{key}={value.string}" for key, value in element.properties.items()]
    marks += [
        f"{key}={value}"
        for values in element.attributes.values()
        for key, value in values.items()
        if key != "BBox"
    ]
    words = "".join(kid.text for kid in element.kids if isinstance(kid, Content))
    lines = ["  " * depth + " ".join([element.role, *marks, *([f'"{words}"'] if words else [])])]
    for kid in element.kids:
        if isinstance(kid, Element):
            lines += outline(kid, depth + 1)
    return lines
