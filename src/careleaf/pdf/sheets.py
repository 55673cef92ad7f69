"""Laid-out pages onto sheets of paper: booklets, folded leaflets, cards to cut apart, crop marks.

A Sheet is painted as WeasyPrint's own Page is, so the pages keep their tags, links and bookmarks, in the
order of reading whatever sheet they come onto. Sizes are in CSS pixels, as the engine's are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, count
from typing import Any, Final

from weasyprint.anchors import make_page_bookmark_tree
from weasyprint.matrix import Matrix

from careleaf.model import Binding, Variant
from careleaf.paper import BLEED

MILLIMETRE: Final = 96 / 25.4
SLUG: Final = 9 * MILLIMETRE
"""How far the sheet of a print-shop PDF reaches beyond the trimmed edge: room for bleed and crop marks."""
FOUR: Final = 4
SIDES: Final = ("top", "right", "bottom", "left")

Page = Any  # WeasyPrint carries no types


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands on a sheet, and its number in the order of reading, from 0.

    A copy is painted and not read out: it says what another place says already.
    """

    page: Page
    number: int
    x: float = 0
    y: float = 0
    copy: bool = False


@dataclass(slots=True)
class Sheet:
    """One side of a sheet. Has what the engine asks of a Page: size, bleed, links, and how to paint it."""

    width: float
    height: float
    places: tuple[Place, ...]
    folds: tuple[float, ...] = ()
    cuts: tuple[tuple[float, float], ...] = ()
    slug: float = 0
    links: list[Any] = field(default_factory=list)
    anchors: dict[str, Any] = field(default_factory=dict)
    forms: dict[None, list[Any]] = field(default_factory=lambda: {None: []})

    def __post_init__(self) -> None:
        for place in self.places:
            if not place.copy:
                self._take_over(place.page, place.x, place.y)

    @property
    def bleed(self) -> Mapping[str, float]:
        """What lies around the trimmed sheet, on each side."""
        return dict.fromkeys(SIDES, self.slug)

    def _take_over(self, page: Page, x: float, y: float) -> None:
        self.links += [
            (kind, target, _moved(corners, x, y), box) for kind, target, corners, box in page.links
        ]
        self.anchors |= {name: _moved(target, x, y) for name, target in page.anchors.items()}

    def paint(self, stream: Any, scale: float = 1) -> None:  # noqa: ANN401 # as the engine calls it
        """Paint the sheet: its pages, and the marks around them."""
        for place in self.places:
            with stream.stacked():
                self._clip(stream, place, scale)
                stream.transform(e=place.x * scale, f=place.y * scale)
                if place.copy:
                    _paint_copy(place.page, stream, scale)
                else:
                    place.page.paint(stream, scale)
        self._mark(stream, scale)

    def _clip(self, stream: Any, place: Place, scale: float) -> None:  # noqa: ANN401
        """Keep a page's bleed off its neighbours: it runs over the edge of the sheet only."""
        over = BLEED * MILLIMETRE if self.slug else 0
        left, right = _reach(place.x, place.page.width, self.width, over)
        top, bottom = _reach(place.y, place.page.height, self.height, over)
        stream.rectangle(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale)
        stream.clip()
        stream.end()

    def _mark(self, stream: Any, scale: float) -> None:  # noqa: ANN401
        lines = [*self._fold_marks(), *self._cut_marks(), *(self._crop_marks() if self.slug else ())]
        if not lines:
            return
        with stream.artifact(), stream.stacked():
            stream.transform(a=scale, d=scale)
            stream.set_line_width(0.4)
            stream.set_color_rgb(0.45, 0.45, 0.45, stroke=True)
            for x1, y1, x2, y2 in lines:
                stream.move_to(x1, y1)
                stream.line_to(x2, y2)
                stream.stroke()

    def _fold_marks(self) -> Iterator[tuple[float, float, float, float]]:
        """Yield ticks where the sheet is folded: inside its edge on paper, outside it for a print shop."""
        start, end = (-SLUG, -BLEED * MILLIMETRE) if self.slug else (0, 4 * MILLIMETRE)
        for x in self.folds:
            yield x, start, x, end
            yield x, self.height - end, x, self.height - start

    def _cut_marks(self) -> Iterator[tuple[float, float, float, float]]:
        arm = 3 * MILLIMETRE
        for x, y in self.cuts:
            yield max(0, x - arm), y, min(self.width, x + arm), y
            yield x, max(0, y - arm), x, min(self.height, y + arm)

    def _crop_marks(self) -> Iterator[tuple[float, float, float, float]]:
        """Yield the corners of the trimmed sheet, outside of the bleed."""
        near, far = BLEED * MILLIMETRE, SLUG
        for x in (0, self.width):
            yield x, -far, x, -near
            yield x, self.height + near, x, self.height + far
        for y in (0, self.height):
            yield -far, y, -near, y
            yield self.width + near, y, self.width + far, y


def _reach(start: float, length: float, whole: float, over: float) -> tuple[float, float]:
    """Give where a page starts and ends along an edge of its sheet, with its bleed where the sheet ends."""
    end = start + length
    return start - (over if start <= 0 else 0), end + (over if end >= whole - 1 else 0)


def _moved(corners: Sequence[float], x: float, y: float) -> tuple[float, ...]:
    return tuple(value + (y if place % 2 else x) for place, value in enumerate(corners))


def _paint_copy(page: Page, stream: Any, scale: float) -> None:  # noqa: ANN401
    """Paint a page as decoration: its words are in the structure tree once already."""
    with stream.artifact():
        tags, stream._tags = stream._tags, None  # noqa: SLF001 # what tells a stream to mark its content
        page.paint(stream, scale)
        stream._tags = tags  # noqa: SLF001 # as above


def bind(pages: Sequence[Page], variant: Variant, direction: str) -> list[Any]:
    """Give the sides of the sheets that carry these pages, in the order of printing."""
    places = [Place(page, number) for number, page in enumerate(pages)]
    # Too many panels are a finding: whoever mends it can still see them all.
    fits = variant.binding is not Binding.TRI_FOLD or len(places) <= len(PANELS)
    sheets = BINDINGS[variant.binding if fits else Binding.PAGES](places, mirrored=direction == "rtl")
    for sheet in sheets:
        sheet.slug = SLUG if variant.bleed else 0
    plain = variant.binding is Binding.PAGES and not variant.bleed
    return list(pages) if plain else sheets


def _placed(places: Iterable[Place | None], edges: Sequence[float]) -> tuple[Place, ...]:
    """Put pages side by side, each from its edge; None leaves the room of one free."""
    pairs = zip(places, edges, strict=False)
    return tuple(Place(place.page, place.number, x) for place, x in pairs if place)


def _padded(places: Sequence[Place], length: int) -> list[Place | None]:
    """Leave free what is before the back cover: a leaflet starts on the front, even one of a single page."""
    body, back = (places[:-1], places[-1:]) if len(places) > 1 else (places, ())
    return [*body, *[None] * (length - len(places)), *back]


def _pages(places: Sequence[Place], *, mirrored: bool) -> list[Sheet]:
    del mirrored
    return [Sheet(place.page.width, place.page.height, (place,)) for place in places]


def _saddle_stitch(places: Sequence[Place], *, mirrored: bool) -> list[Sheet]:
    """Pad to whole sheets before the back cover; the outer sheet first, each with its back."""
    width, height = places[0].page.width, places[0].page.height
    sequence = _padded(places, len(places) + -len(places) % FOUR)
    sheets = []
    for outer in range(0, len(sequence) // 2, 2):
        last = len(sequence) - 1 - outer
        for left, right in ((last, outer), (outer + 1, last - 1)):
            pair = (sequence[right], sequence[left]) if mirrored else (sequence[left], sequence[right])
            sheets.append(Sheet(2 * width, height, _placed(pair, (0.0, width)), folds=(width,)))
    return sheets


# Which panel stands where, from the left, as numbers in the order of reading: the cover is 0, the back of the
# folded leaflet 5, and 3 and 4 are both sides of the flap that is tucked in.
TRI_FOLD: Final = ((4, 5, 0), (1, 2, 3))
FLAPS: Final = (3, 4)
FLAP: Final = 3 * MILLIMETRE
"""How much narrower the flap is than the other panels: else it would not lie flat inside."""
PANELS: Final = ("the cover", "inside 1", "inside 2", "inside 3", "the flap", "the back")


def _tri_fold(places: Sequence[Place], *, mirrored: bool) -> list[Sheet]:
    """Put six panels onto both sides of a sheet; a shorter leaflet leaves free those before the back."""
    width, height = places[0].page.width, places[0].page.height
    panels = _padded(places, len(PANELS))
    widths = [width - (FLAP if number in FLAPS else 0) for number in range(len(PANELS))]
    sheets = []
    for side in TRI_FOLD:
        order = tuple(reversed(side)) if mirrored else side
        edges = tuple(accumulate((widths[number] for number in order), initial=0.0))
        placed = _placed((panels[number] for number in order), edges)
        sheets.append(Sheet(edges[-1], height, placed, folds=edges[1:-1]))
    return sheets


def _four_up(places: Sequence[Place], *, mirrored: bool) -> list[Sheet]:
    """Print each page four times on a sheet: fronts and backs meet, since all four are alike."""
    del mirrored
    width, height = places[0].page.width, places[0].page.height
    corners = [(x, y) for y in (0.0, height) for x in (0.0, width)]
    crossings = ((width, 0.0), (width, 2 * height), (0.0, height), (2 * width, height), (width, height))
    return [
        Sheet(
            2 * width,
            2 * height,
            tuple(
                Place(place.page, place.number, x, y, copy=number > 0)
                for number, (x, y) in enumerate(corners)
            ),
            cuts=crossings,
        )
        for place in places
    ]


BINDINGS: Final[Mapping[Binding, Callable[..., list[Sheet]]]] = {
    Binding.PAGES: _pages,
    Binding.SADDLE_STITCH: _saddle_stitch,
    Binding.TRI_FOLD: _tri_fold,
    Binding.FOUR_UP: _four_up,
}


def places(sides: Sequence[Any]) -> list[tuple[int, Place]]:
    """Give the places that are read out, in that order, each with the number of its side."""
    numbers = count()
    found = [
        (side, place)
        for side, sheet in enumerate(sides)
        for place in (sheet.places if isinstance(sheet, Sheet) else (Place(sheet, next(numbers)),))
        if not place.copy
    ]
    return sorted(found, key=lambda each: each[1].number)


def bookmarks(sides: Sequence[Any], scale: float = 1, *, transform_pages: bool = False) -> list[Any]:
    """Give the tree of bookmarks in the order of reading. Is called as the method that it replaces."""
    del transform_pages  # always: only a PDF's bookmarks are asked for
    root: list[Any] = []
    skipped: list[int] = []
    last_by_depth, level = [root], 0
    for side, place in places(sides):
        left, bottom = place.x * scale, (sides[side].height - place.y) * scale
        matrix = Matrix(a=scale, d=-scale, e=left, f=bottom)
        level = make_page_bookmark_tree(place.page, skipped, last_by_depth, level, side, matrix)
    return root
