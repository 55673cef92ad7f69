"""HTML -> PDF/A-3a and PDF/UA-1, by WeasyPrint, with the same bytes for the same Job every time."""

import gc
import logging
import math
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
from weasyprint.formatting_structure.boxes import TextBox
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError

from careleaf.breaks import segments
from careleaf.findings import Finding
from careleaf.model import Artifact, Ink, Job
from careleaf.paper import BLEED, text_rule
from careleaf.pdf import layout, tagging, textlayer
from careleaf.pdf.assets import BASE, Assets
from careleaf.pdf.metadata import declare_ua
from careleaf.pdf.proof import Proof, lost, read, turned
from careleaf.pdf.sheets import bind, bookmarks

VARIANT: Final = "pdf/a-3a"
ATTACHMENT: Final = "leaflet.json"

# Before a letter or bracket that belongs to the word before it: the engine breaks Korean words at any
# syllable, before and after brackets, and "7" from its "일".
INSIDE_WORD: Final = re.compile(r"(?<=[\w)])(?=\(|[^\W\d_\x00-\x7f])")
WORD_JOINER: Final = "\u2060"
ZERO_WIDTH_SPACE: Final = "\u200b"
UNSEEN: Final = re.compile(f"[{WORD_JOINER}{ZERO_WIDTH_SPACE}]")
STEP: Final = 0.5
"""Points between the sizes of text that are tried."""
SPREADS: Final = (1.3, 1.8, 2.6)
"""How much more room than reckoned is given up at the feet of pages, since boxes stay whole."""

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
    return make(job, _as_it_is, _as_it_is)


def _as_it_is(*_: object) -> None:
    """Change nothing."""


def make(
    job: Job, prepare: Callable[[Document], None], finish: Callable[[Document, pydyf.PDF], None]
) -> Artifact:
    """Make one PDF. `prepare` sees the laid-out sides before they are painted, `finish` the PDF's objects."""
    with _collector_at_rest(), _complaints() as complaints:
        try:
            laid_out = _lay_out(job)
            document = _bound(laid_out, job)
            prepare(document)
            content = document.write_pdf(
                pdf_variant=VARIANT, attachments=[_attachment(job)], finisher=partial(_finish, finish)
            )
        except FatalURLFetchingError as error:
            return Artifact(job.path, b"", 0, (_finding(job, "asset", str(error), "Correct the template."),))
    findings = [
        _finding(
            job, "engine", f"the engine says: {complaint.rstrip('.')}", "Correct the template or its style."
        )
        for complaint in dict.fromkeys(complaints)
    ]
    sides = len(document.pages)
    findings += _foreign_fonts(job, document) + layout.examine(job, layout.measure(laid_out.pages), sides)
    proof = read(content)
    findings += _misread(job, proof, laid_out)
    return Artifact(
        job.path, content, len(laid_out.pages), tuple(findings), sides, math.ceil(sides / 2), proof.ink
    )


def _lay_out(job: Job) -> Document:
    """Lay the pages out, in the largest text that fits, and with the last of them worth its paper."""
    html = _parsed(job)

    def rendered(*rules: str) -> Document:
        style = [_style(rule) for rule in (job.style, *rules)]
        return html.render(stylesheets=style, font_config=_FONTS, cache=_IMAGES, pdf_variant=VARIANT)

    size, document = _fitted(job, rendered)
    return _spread(job, document, partial(rendered, text_rule(size)))


def _fitted(job: Job, rendered: Callable[..., Document]) -> tuple[float, Document]:
    """Find the largest size of text, in points, with which the leaflet keeps its limit of pages.

    What a text covers grows with the square of its size, so that each try tells where to look next. If no
    size fits, gives the smallest: its pages are what is told.
    """
    largest, smallest = job.sizes
    steps = [smallest + STEP * number for number in range(round((largest - smallest) / STEP) + 1)]
    fits, fails, number = -1, len(steps), len(steps) - 1
    best = None
    while fails - fits > 1:
        document = rendered(text_rule(steps[number]))
        sheets = layout.measure(document.pages)
        if len(steps) == 1 or layout.fits(job, sheets):
            fits, best = number, document
        else:
            fails = number
        covered = sum(sheet.filled for sheet in sheets) / 100
        likely = steps[number] * math.sqrt((job.pages or len(sheets)) / max(covered, 1))
        number = min(max(int((likely - smallest) / STEP), fits + 1), fails - 1)
    return steps[max(fits, 0)], best or document


def _spread(job: Job, document: Document, rendered: Callable[..., Document]) -> Document:
    """Move the feet of the pages up a little, if else the last page would be nearly empty."""
    sheets = layout.measure(document.pages)
    if len(sheets) == 1 or sheets[-1].filled >= job.limits.last_page:
        return document
    lacking = (job.limits.last_page - sheets[-1].filled) / 100 / (len(sheets) - 1)
    for factor in SPREADS:
        room = lacking * factor * (sheets[0].bottom - sheets[0].top)
        tried = rendered(f"@page {{ padding-bottom: {room:.0f}px }}")
        found = layout.measure(tried.pages)
        if len(found) == len(sheets) and found[-1].filled >= job.limits.last_page:
            return tried
    return document


def _bound(document: Document, job: Job) -> Document:
    """Put the pages onto their sheets of paper."""
    sides = bind(document.pages, job.variant, job.direction)
    bound = document.copy(sides)
    bound._html = document._html  # noqa: SLF001 # the tags are made from it
    bound.make_bookmark_tree = partial(bookmarks, sides)
    declare_ua(bound.metadata)
    return bound


def _parsed(job: Job) -> HTML:
    assets = Assets(job.assets)
    html = _Page(string=job.markup, base_url=BASE, url_fetcher=assets)
    if job.keep_words:
        _each_text(html.etree_element.find("body"), _joined)
    if job.split_words:
        _each_text(html.etree_element.find("body"), partial(_parted, lang=job.lang))
    return html


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


def _finish(finish: Callable[[Document, pydyf.PDF], None], document: Document, pdf: pydyf.PDF) -> None:
    """Keep what joins and parts words out of the bookmarks, where some viewers show boxes; compress."""
    finish(document, pdf)
    for page in (item for item in pdf.objects if isinstance(item, pydyf.Dictionary) and "BleedBox" in item):
        if page["TrimBox"] != page["MediaBox"]:
            page["BleedBox"] = _grown(page["TrimBox"])
    for item in pdf.objects:
        if isinstance(item, pydyf.Stream) and item.compress:
            _compress(item)
        elif isinstance(item, pydyf.Dictionary) and "Dest" in item and "Title" in item:
            item["Title"] = pydyf.String(UNSEEN.sub("", item["Title"].string))


def _grown(trim: list[float]) -> pydyf.Array:
    """Give the box of what is printed over the edge: WeasyPrint makes it half a millimetre larger."""
    over = BLEED * 72 / 25.4
    left, bottom, right, top = trim
    return pydyf.Array([left - over, bottom - over, right + over, top + over])


def _compress(stream: pydyf.Stream) -> None:
    """Compress a stream now: pydyf would do so twice, once for the file and once for its identifier."""
    content = b"\n".join(map(pydyf._to_bytes, stream.stream))  # noqa: SLF001 # the bytes that pydyf writes
    stream.stream, stream.compress = [zlib.compress(content)], False
    stream.extra["Filter"] = "/FlateDecode"


def _misread(job: Job, proof: Proof, document: Document) -> list[Finding]:
    """Tell of letters that the finished PDF lost, numbers that it turned round, colours in grey ink."""
    text = _printed(document)
    findings = []
    if proof.coloured and job.variant.ink is Ink.GREY:
        mend = "Write colours as #rrggbb in styles and drawings: those are turned into greys."
        findings.append(_finding(job, "ink", "a colour is painted, and the leaflet is to be grey", mend))
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
