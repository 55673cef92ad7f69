"""HTML -> PDF/A-3a and PDF/UA-1, by WeasyPrint, with the same bytes for the same Job every time."""

import gc
import logging
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any, Final

import pydyf
import weasyprint.pdf
from weasyprint import CSS, HTML, LOGGER, Attachment, Document
from weasyprint.formatting_structure.boxes import LineBox, TextBox
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError

from careleaf.breaks import segments
from careleaf.findings import Finding
from careleaf.model import Artifact, Job, Level
from careleaf.pdf import tagging, textlayer
from careleaf.pdf.assets import BASE, Assets
from careleaf.pdf.metadata import declare_ua
from careleaf.pdf.proof import lost, read, turned

VARIANT: Final = "pdf/a-3a"
URGENT: Final = (Level.EMERGENCY, Level.SAME_DAY)
ATTACHMENT: Final = "leaflet.json"

# Before a letter or bracket that belongs to the word before it: the engine breaks Korean words at any
# syllable, before and after brackets, and "7" from its "일".
INSIDE_WORD: Final = re.compile(r"(?<=[\w)])(?=\(|[^\W\d_\x00-\x7f])")
WORD_JOINER: Final = "\u2060"
ZERO_WIDTH_SPACE: Final = "\u200b"
UNSEEN: Final = re.compile(f"[{WORD_JOINER}{ZERO_WIDTH_SPACE}]")
TOLERANCE: Final = 0.75
"""CSS pixels by which a line may pass its box: what rounding adds up to."""

# Costly to make and safe to share between pages of one process: see docs/decisions/engine.md.
_FONTS: Final = FontConfiguration()
_IMAGES: Final[dict[str, Any]] = {}

_DEFAULTS: Final = CSS(string=(files("careleaf.pdf") / "defaults.css").read_text("utf-8"))

# Two functions of WeasyPrint 70.0 give way to ours; tests/test_pdf.py fails if their shape changes.
weasyprint.pdf.add_tags = tagging.add_tags
weasyprint.pdf.build_fonts_dictionary = textlayer.build_fonts_dictionary


class _Page(HTML):  # type: ignore[misc]  # WeasyPrint carries no types
    """A page with our own defaults in place of WeasyPrint's."""

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:  # noqa: FBT001, FBT002 # as overridden
        del forms
        return [_DEFAULTS]


def write(job: Job) -> Artifact:
    """Make one PDF. Whatever the engine complains of is a Finding, and then the file must not be used."""
    with _collector_at_rest(), _complaints() as complaints:
        try:
            document = _lay_out(job)
            content = document.write_pdf(
                pdf_variant=VARIANT, attachments=[_attachment(job)], finisher=_finish
            )
        except FatalURLFetchingError as error:
            return Artifact(job.path, b"", 0, (_finding(job, "asset", str(error), "Correct the template."),))
    findings = [
        _finding(
            job, "engine", f"the engine says: {complaint.rstrip('.')}", "Correct the template or its style."
        )
        for complaint in dict.fromkeys(complaints)
    ]
    findings += _too_long(job, len(document.pages)) + _late_danger_signs(job, document)
    findings += _foreign_fonts(job, document) + _overflows(job, document)
    findings += _misread(job, content, document)
    return Artifact(job.path, content, len(document.pages), tuple(findings))


def _lay_out(job: Job) -> Document:
    assets = Assets(job.assets)
    html = _Page(string=job.markup, base_url=BASE, url_fetcher=assets)
    if job.keep_words:
        _each_text(html.etree_element.find("body"), _joined)
    if job.split_words:
        _each_text(html.etree_element.find("body"), partial(_parted, lang=job.lang))
    document = html.render(
        stylesheets=[_style(job.style)], font_config=_FONTS, cache=_IMAGES, pdf_variant=VARIANT
    )
    declare_ua(document.metadata)
    return document


@lru_cache
def _style(text: str) -> CSS:
    return CSS(string=text, base_url=BASE, url_fetcher=Assets({}), font_config=_FONTS)


def _each_text(element: Any, change: Callable[[str, str], str], before: str = "") -> str:  # noqa: ANN401 # as above
    """Change every text of an element in place, in order. `change` is given the letter before each, too.

    Gives the last letter.
    """
    if element.text:
        before, element.text = element.text[-1:], change(element.text, before)
    for child in element:
        before = _each_text(child, change, before)
        if child.tail:
            before, child.tail = child.tail[-1:], change(child.tail, before)
    return before


def _joined(text: str, before: str) -> str:
    """Let no line end inside a word, even where a name in another script is a part of it."""
    return INSIDE_WORD.sub(WORD_JOINER, before + text).removeprefix(before)


def _parted(text: str, _: str, lang: str) -> str:
    """Let lines end between words that no space parts."""
    return ZERO_WIDTH_SPACE.join(segments(text, lang))


def _attachment(job: Job) -> Attachment:
    day = datetime.combine(job.updated, time(), UTC)
    return Attachment(
        string=job.attachment,
        name=ATTACHMENT,
        description="What this leaflet was made from: words, Facts and sources",
        created=day,
        modified=day,
        relationship="Source",
    )


def _finish(_: Document, pdf: pydyf.PDF) -> None:
    """Keep what joins and parts words out of the bookmarks, where some viewers show boxes; compress."""
    for item in pdf.objects:
        if isinstance(item, pydyf.Stream) and item.compress:
            _compress(item)
        elif isinstance(item, pydyf.Dictionary) and "Dest" in item and "Title" in item:
            item["Title"] = pydyf.String(UNSEEN.sub("", item["Title"].string))


def _compress(stream: pydyf.Stream) -> None:
    """Compress a stream now: pydyf would do so twice, once for the file and once for its identifier."""
    content = b"\n".join(map(pydyf._to_bytes, stream.stream))  # noqa: SLF001 # the bytes that pydyf writes
    stream.stream, stream.compress = [zlib.compress(content)], False
    stream.extra["Filter"] = "/FlateDecode"


def _too_long(job: Job, pages: int) -> list[Finding]:
    if job.pages is None or pages <= job.pages:
        return []
    message = f"the leaflet has {pages} pages, and its format allows {job.pages}"
    return [_finding(job, "page-limit", message, "Shorten the texts, or split the topic.")]


def _late_danger_signs(job: Job, document: Document) -> list[Finding]:
    """Tell of the most urgent danger signs if they do not stand whole on the first page."""
    pages: dict[str, set[int]] = {}
    for number, page in enumerate(document.pages, start=1):
        for element in _sections(page._page_box):  # noqa: SLF001 # the engine has no public way to its boxes
            for level in set(URGENT) & set(element.get("class", "").split()):
                pages.setdefault(level, set()).add(number)
    first = next((level for level in URGENT if level in pages), None)
    if first is None or pages[first] == {1}:
        return []
    message = f"the {first} danger signs do not stand whole on page 1"
    return [
        _finding(job, "danger-signs", message, "Shorten what stands before them, or the signs themselves.")
    ]


def _overflows(job: Job, document: Document) -> list[Finding]:
    """Tell of lines that are wider than their box: a word or a script that the engine could not break."""
    wide = {text for page in document.pages for text in _wide_lines(page._page_box, page.width)}  # noqa: SLF001 # as above
    return [
        _finding(
            job, "overflow", f"a line runs out of its box: {text[:60]!r}", "Shorten the word, or the label."
        )
        for text in sorted(wide)
    ]


def _wide_lines(box: Any, width: float) -> Iterator[str]:  # noqa: ANN401 # WeasyPrint carries no types
    """Yield the text of each line that is wider than its box, or leaves the page."""
    for child in getattr(box, "children", ()):
        if isinstance(child, LineBox):
            ends = [(part.position_x, part.position_x + part.margin_width()) for part in child.children]
            over = any(start < -TOLERANCE or end > width + TOLERANCE for start, end in ends)
            if over or child.width > box.width + TOLERANCE:
                yield "".join(part.text for part in child.descendants() if isinstance(part, TextBox))
        else:
            yield from _wide_lines(child, width)


def _misread(job: Job, content: bytes, document: Document) -> list[Finding]:
    """Read the finished PDF back, and tell of letters that it lost and numbers that it turned round."""
    text = _printed(document)
    proof = read(content)
    findings = []
    if missing := lost(proof, text):
        message = f"the finished PDF lost letters: {missing[:40]!r}"
        findings.append(_finding(job, "text-layer", message, "Report this as a bug, with the text."))
    for number in turned(proof, text, job.phones):
        message = f"the number {number} does not read from left to right on the page"
        findings.append(
            _finding(job, "phone-order", message, "Keep it in one piece: {phone}, with no markup in it.")
        )
    return findings


def _printed(document: Document) -> str:
    """Give all text that was laid out."""
    return "\n".join(
        "".join(part.text for part in page._page_box.descendants() if isinstance(part, TextBox))  # noqa: SLF001
        for page in document.pages
    )


def _sections(box: Any) -> Iterator[Any]:  # noqa: ANN401 # WeasyPrint carries no types
    """Yield the element of each section on a page; sections do not nest."""
    for child in getattr(box, "children", ()):
        if child.element_tag == "section":
            yield child.element
        elif child.element_tag in {"html", "body", "main"}:
            yield from _sections(child)


def _foreign_fonts(job: Job, document: Document) -> list[Finding]:
    """Tell which characters another font had to lend: the engine does that in silence."""
    foreign = sorted({font.family for font in document.fonts.values()} - set(job.fonts))
    return [
        _finding(job, "font", f"the font {family} is used, which the language does not list", "List it.")
        for family in foreign
    ]


def _finding(job: Job, rule: str, message: str, mend: str) -> Finding:
    return Finding(job.name, 0, rule, message, mend)


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Let no garbage collection start: a page's boxes live until it is done, and are walked in vain."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what the engine logs: a missing picture or glyph is no more than a log line to it."""
    collector = _Collector()
    LOGGER.addHandler(collector)
    LOGGER.propagate = False
    try:
        yield collector.messages
    finally:
        LOGGER.removeHandler(collector)
