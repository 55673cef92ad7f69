"""What a leaflet's laid-out pages must keep: the limits of its format, measured where the words stand.

Seen before the PDF is written, in boxes and CSS pixels. What a reader would lose is an error, and the leaflet
is not made; what only looks poor is a warning.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from weasyprint.formatting_structure.boxes import InlineBox, LineBox, MarginBox, ReplacedBox, TextBox
from weasyprint.images import RasterImage

from careleaf.breaks import cells
from careleaf.findings import Finding, Severity
from careleaf.model import Binding, Job, Level
from careleaf.pdf.sheets import PANELS

URGENT: Final = (Level.EMERGENCY, Level.SAME_DAY)
HEADINGS: Final = {"h1", "h2", "h3"}
BACK: Final = "back"
"""What a folded leaflet's style calls its last page: `@page back`."""
TOLERANCE: Final = 0.75
"""CSS pixels by which a line may pass its box: what rounding adds up to."""
POINT: Final = 96 / 72
INCH: Final = 96
LINEAR: Final = 0.04045
"""Below it sRGB is linear, in WCAG's definition of relative luminance."""
WHITE: Final = (1.0, 1.0, 1.0)

Box = Any  # WeasyPrint carries no types
Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: where it ends, what it is part of, its smallest letters and its faintest contrast."""

    text: str
    bottom: float
    tag: str
    size: float
    contrast: float
    overflows: bool
    running: bool
    """Part of a page's head or foot."""


@dataclass(slots=True)
class Sheet:
    """What stands on one page, from its top, and how far down the page has room for it."""

    top: float
    bottom: float
    lines: list[Line] = field(default_factory=list)
    pictures: list[float] = field(default_factory=list)
    """The dots in an inch of each picture that is made of dots."""
    drawn: list[tuple[float, float]] = field(default_factory=list)
    """Where each picture between head and foot starts and ends, from the top."""
    levels: set[str] = field(default_factory=set)
    """The levels of danger signs of which any stands here."""
    name: str = ""
    """What the format's style calls the page."""

    @property
    def body(self) -> list[Line]:
        """The lines between head and foot."""
        return [line for line in self.lines if not line.running]

    @property
    def filled(self) -> float:
        """How much of the page's height is used, in per cent."""
        ends = [*(line.bottom for line in self.body), *(bottom for _, bottom in self.drawn)]
        end = max(ends, default=self.top)
        return 100 * (end - self.top) / (self.bottom - self.top)


def measure(pages: list[Any]) -> list[Sheet]:
    """Look at each laid-out page."""
    return [_measured(page._page_box, (page.width, page.height)) for page in pages]  # noqa: SLF001 # the only way to boxes


def _measured(box: Box, size: tuple[float, float]) -> Sheet:
    top = box.content_box_y()
    sheet = Sheet(top, top + box.height + box.padding_bottom, name=box.page_type.name)
    _walk(box, WHITE, sheet, size, running=False)
    return sheet


def _walk(box: Box, ground: Colour, sheet: Sheet, size: tuple[float, float], *, running: bool) -> None:
    ground = _over(box.style["background_color"], ground)
    if isinstance(box, ReplacedBox):
        top = box.content_box_y()
        sheet.drawn += [] if running else [(top, top + box.height)]
        if isinstance(box.replacement, RasterImage):
            sheet.pictures.append(box.replacement.width / (box.width / INCH))
    elif box.element_tag == "section":
        sheet.levels.update(set(URGENT) & set(box.element.get("class", "").split()))
    for child in getattr(box, "children", ()):
        if isinstance(child, LineBox):
            line = _line(child, box, ground, size, running=running)
            sheet.lines += [line] if line else []
            # Drawings and blocks can stand in a line.
        _walk(child, ground, sheet, size, running=running or isinstance(child, MarginBox))


def _over(colour: Any, ground: Colour) -> Colour:  # noqa: ANN401 # WeasyPrint carries no types
    """Give what is seen of a colour on its ground, which shows through."""
    pairs = zip(colour.coordinates, ground, strict=True)
    red, green, blue = (above * colour.alpha + below * (1 - colour.alpha) for above, below in pairs)
    return red, green, blue


def _line(box: Box, holder: Box, ground: Colour, size: tuple[float, float], *, running: bool) -> Line | None:
    """Measure a line; a list's marker alone is none."""
    texts = [part for part in _texts(box) if part.text.strip()]
    if not texts or all("::marker" in (part.element_tag or "") for part in texts):
        return None
    ends = [(part.position_x, part.position_x + part.margin_width()) for part in box.children]
    outside = any(start < -TOLERANCE or end > size[0] + TOLERANCE for start, end in ends)
    outside = outside or box.position_y < -TOLERANCE or box.position_y + box.height > size[1] + TOLERANCE
    return Line(
        text="".join(part.text for part in texts),
        bottom=box.position_y + box.height,
        tag=box.element_tag or "",
        size=min(part.style["font_size"] for part in texts) / POINT,
        contrast=min(contrast(_over(part.style["color"], ground), ground) for part in texts),
        overflows=outside or box.width > holder.width + TOLERANCE,
        running=running,
    )


def _texts(box: Box) -> Iterator[Box]:
    """Yield the texts of a line, without those of blocks that stand in it: they have lines of their own."""
    for child in box.children:
        if isinstance(child, TextBox):
            yield child
        elif isinstance(child, InlineBox):
            yield from _texts(child)


@lru_cache
def contrast(text: Colour, ground: Colour) -> float:
    """Give the contrast ratio of two sRGB colours (WCAG 2.2, 1.4.3)."""
    dark, light = sorted((_luminance(text), _luminance(ground)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= LINEAR else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def examine(job: Job, sheets: list[Sheet], sides: int) -> list[Finding]:
    """Tell where the pages of a leaflet do not keep the limits of its format."""
    return [finding for rule in RULES for finding in rule(job, sheets)] + list(_paper(job, sides))


def _paper(job: Job, sides: int) -> Iterator[Finding]:
    """Tell of a leaflet that takes more sheets, printed on both sides, than its format allows."""
    if job.limits.sheets is not None and sides > 2 * job.limits.sheets:
        message = f"the leaflet takes {-(-sides // 2)} sheets, and its format allows {job.limits.sheets}"
        yield _finding(job, "sheet-limit", message, "Shorten the texts, or split the topic.")


def fits(job: Job, sheets: list[Sheet]) -> bool:
    """Say whether a leaflet keeps its number of pages, with the danger signs where they must be."""
    return not any(finding for rule in FITTED for finding in rule(job, sheets))


def _too_long(job: Job, sheets: list[Sheet]) -> Iterator[Finding]:
    limit = _most(job)
    if limit is not None and len(sheets) > limit:
        message = f"the leaflet has {len(sheets)} pages, and its format allows {limit}"
        yield _finding(
            job, "page-limit", message + _run_over(job, sheets), "Shorten the texts, or split the topic."
        )


def _most(job: Job) -> int | None:
    """Give how many pages a leaflet may have; a tri-fold has its panels, whatever its format says."""
    panels = len(PANELS) if job.variant.binding is Binding.TRI_FOLD else None
    return min((limit for limit in (job.pages, panels) if limit is not None), default=None)


def _run_over(job: Job, sheets: list[Sheet]) -> str:
    """Name the panel of a folded leaflet that runs over, and the words that have no room."""
    if job.variant.binding is not Binding.TRI_FOLD:
        return ""
    over = sheets[len(PANELS) - 1].body
    words = f", from {over[0].text.strip()[:40]!r}" if over else ""
    return f": the text runs out of the panel {PANELS[-2]}{words}"


def _long_back(job: Job, sheets: list[Sheet]) -> Iterator[Finding]:
    """Tell if what stands on the back of a folded leaflet has no room in that one panel."""
    backs = [sheet for sheet in sheets if sheet.name == BACK]
    if job.variant.binding is Binding.TRI_FOLD and len(backs) > 1:
        over = "".join(line.text for line in backs[1].body[:1]).strip()[:40]
        message = f"the text runs out of the panel {PANELS[-1]}, from {over!r}"
        yield _finding(job, "back-panel", message, "Shorten the section of kind contact.")


def _late_danger_signs(job: Job, sheets: list[Sheet]) -> Iterator[Finding]:
    """Tell if the most urgent danger signs do not stand whole by the page that the format says."""
    pages = {level: [n for n, sheet in enumerate(sheets, 1) if level in sheet.levels] for level in URGENT}
    first = next((level for level in URGENT if pages[level]), None)
    if first and pages[first][-1] > job.limits.danger_signs:
        message = f"the {first} danger signs do not stand whole on page {job.limits.danger_signs}"
        mend = "Shorten what stands before them, or the signs themselves."
        yield _finding(job, "danger-signs", message, mend)


def _overflows(job: Job, sheets: list[Sheet]) -> Iterator[Finding]:
    """No line is wider than its box, or leaves the page: a word that the engine could not break does."""
    for text in _told(sheets, lambda line: line.overflows):
        message = f"a line runs out of its box: {text!r}"
        yield _finding(job, "overflow", message, "Shorten the word, or the label.")


def _small(job: Job, sheets: list[Sheet]) -> Iterator[Finding]:
    """No letters are smaller than the format's smallest."""
    least = job.sizes[1]
    for text in _told(sheets, lambda line: line.size < least - 0.01):
        message = f"a line is set in less than {least:g} points: {text!r}"
        yield _finding(job, "text-size", message, "Correct the format's style.")


def _faint(job: Job, sheets: list[Sheet]) -> Iterator[Finding]:
    """Every text stands out from its ground (WCAG 2.2, 1.4.3 and 1.4.6)."""
    for text in _told(sheets, lambda line: line.contrast < job.limits.contrast):
        message = f"a line has less contrast than {job.limits.contrast:g}:1: {text!r}"
        yield _finding(job, "contrast", message, "Correct the format's colours.")


def _wide(job: Job, sheets: list[Sheet]) -> Iterator[Finding]:
    """No line of the text is so long that the eye loses the next one. A Chinese sign counts as two."""
    for text in _told(sheets, lambda line: not line.running and cells(line.text) > job.limits.line_length):
        message = f"a line has more than {job.limits.line_length} characters: {text!r}"
        yield _finding(job, "line-length", message, "Make the language's measure smaller.", Severity.WARNING)


def _parted(job: Job, sheets: list[Sheet]) -> Iterator[Finding]:
    """No heading is the last line of a page."""
    for number, sheet in enumerate(sheets, 1):
        last = sheet.body[-1] if sheet.body else None
        if (
            last
            and last.tag in HEADINGS
            and not any(top >= last.bottom - TOLERANCE for top, _ in sheet.drawn)
        ):
            message = f"page {number} ends with a heading: {last.text[:60]!r}"
            yield _finding(job, "heading", message, "Correct the format's style.", Severity.WARNING)


def _nearly_empty(job: Job, sheets: list[Sheet]) -> Iterator[Finding]:
    """Tell if the last page is not worth its paper."""
    if len(sheets) > 1 and sheets[-1].filled < job.limits.last_page:
        message = f"the last page is {sheets[-1].filled:.0f} per cent full"
        yield _finding(job, "last-page", message, "Shorten the texts by a few lines.", Severity.WARNING)


def _coarse(job: Job, sheets: list[Sheet]) -> Iterator[Finding]:
    """Pictures of dots are sharp in print."""
    dots = [each for sheet in sheets for each in sheet.pictures]
    if dots and min(dots) < job.limits.picture:
        message = f"a picture has {min(dots):.0f} dots in an inch, and {job.limits.picture} are needed"
        yield _finding(job, "picture-dots", message, "Use a larger file, or an SVG.", Severity.WARNING)


FITTED: Final[tuple[Callable[[Job, list[Sheet]], Iterator[Finding]], ...]] = (
    _too_long,
    _long_back,
    _late_danger_signs,
)
"""What a smaller size of text may mend."""

RULES: Final = (
    *FITTED,
    _overflows,
    _small,
    _faint,
    _wide,
    _parted,
    _nearly_empty,
    _coarse,
)


def _told(sheets: list[Sheet], wrong: Callable[[Line], bool]) -> list[str]:
    """Give the beginnings of the lines with a fault, each once."""
    return sorted({line.text.strip()[:60] for sheet in sheets for line in sheet.lines if wrong(line)})


def _finding(job: Job, rule: str, message: str, mend: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(job.name, 0, rule, message, mend, severity)
