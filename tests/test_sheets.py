"""Sheets of paper, checked as hands would: printed on both sides, turned over, folded, cut, and read."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import cast

import pikepdf
import pytest

from careleaf.ink import grey_asset
from careleaf.model import Artifact, Binding, Ink, Variant
from careleaf.pdf import engine
from careleaf.pdf.raster import pages as drawn
from careleaf.pdf.sheets import PANELS
from tests import reading
from tests.folding import cut, folded, leaf, numbered, sides, stapled
from tests.verapdf import validate

SADDLE, TRI_FOLD, FOUR_UP = Binding.SADDLE_STITCH, Binding.TRI_FOLD, Binding.FOUR_UP
BOTH_WAYS = pytest.mark.parametrize("direction", ["ltr", "rtl"])


def made(pages: int, binding: Binding, direction: str = "ltr", *, bleed: bool = False) -> Artifact:
    artifact = engine.write(numbered(pages, binding, direction, bleed=bleed))
    assert artifact.findings == ()
    return artifact


# --- The order of pages ----------------------------------------------------------------------------


@BOTH_WAYS
@pytest.mark.parametrize("pages", range(1, 14))
def test_a_booklet_reads_on_when_it_is_folded_and_its_back_cover_is_the_last_page(
    pages: int, direction: str
) -> None:
    artifact = made(pages, SADDLE, direction)
    free = [None] * (-pages % 4)
    expected = [*range(1, pages), *free, pages] if pages > 1 else [1, *free]
    assert stapled(sides(artifact.content), direction) == expected
    assert artifact.pages == pages
    assert artifact.sides == 2 * artifact.sheets == len(expected) / 2


def test_the_cover_of_an_arabic_booklet_opens_to_the_right() -> None:
    """The first side that is printed is the outside: its cover is on the left, its back on the right."""
    outside = sides(made(8, SADDLE, "rtl").content)[0]
    assert outside.panels(148.5, 148.5) == [1, 8]
    assert sides(made(8, SADDLE, "ltr").content)[0].panels(148.5, 148.5) == [8, 1]


def test_a_booklet_is_printed_on_a4_across() -> None:
    assert {(round(side.width), round(side.height)) for side in sides(made(8, SADDLE).content)} == {
        (297, 210)
    }


@BOTH_WAYS
@pytest.mark.parametrize("pages", range(1, 7))
def test_a_tri_fold_reads_on_from_panel_to_panel_and_only_the_last_page_is_on_its_back(
    pages: int, direction: str
) -> None:
    artifact = made(pages, TRI_FOLD, direction)
    free = [None] * (6 - pages)
    expected = [*range(1, pages), *free, pages] if pages > 1 else [1, *free]
    assert folded(sides(artifact.content), direction) == expected
    assert (artifact.pages, artifact.sides, artifact.sheets) == (pages, 2, 1)


@pytest.mark.parametrize(
    ("direction", "outside", "inside"),
    [("ltr", ([5, 6, 1], (97, 100, 100)), ([2, 3, 4], (100, 100, 97))),
     ("rtl", ([1, 6, 5], (100, 100, 97)), ([4, 3, 2], (97, 100, 100)))],
)  # fmt: skip
def test_the_flap_of_a_tri_fold_is_narrower_on_both_of_its_sides(
    direction: str,
    outside: tuple[list[int], tuple[float, ...]],
    inside: tuple[list[int], tuple[float, ...]],
) -> None:
    """Else it would not lie flat; the cover is on the right of the outside, in Arabic on the left."""
    found = sides(made(6, TRI_FOLD, direction).content)
    for side, (numbers, widths) in zip(found, (outside, inside), strict=True):
        assert sum(widths) == 297
        assert side.panels(*widths) == numbers


@BOTH_WAYS
def test_each_panel_of_a_tri_fold_is_as_wide_as_its_page(direction: str) -> None:
    """A number in the middle of its page stands in the middle of its panel."""
    for side, flap_first in zip(sides(made(6, TRI_FOLD, direction).content), (True, False), strict=True):
        widths = [97, 100, 100] if flap_first is (direction == "ltr") else [100, 100, 97]
        middles = [width / 2 + sum(widths[:place]) for place, width in enumerate(widths)]
        assert sorted(spot.x for spot in side.spots) == pytest.approx(middles, abs=0.6)


@BOTH_WAYS
@pytest.mark.parametrize("binding", [SADDLE, TRI_FOLD])
def test_folds_are_marked_at_the_edge_and_at_the_same_place_on_both_sides(
    binding: Binding, direction: str
) -> None:
    """Fold ticks are all that is dark in the outer 4 mm of a side."""
    front, back = (_ticks(side) for side in drawn(made(4, binding, direction).content, 144))
    expected = [148.5] if binding is SADDLE else [97, 197] if direction == "ltr" else [100, 200]
    assert front == pytest.approx(expected, abs=0.3)
    assert [297 - x for x in reversed(back)] == pytest.approx(expected, abs=0.3)


def _ticks(side: object) -> list[float]:
    """Find where a side is dark at its upper and at its lower edge, in millimetres from the left."""
    picture = side.convert("L")  # type: ignore[attr-defined] # a picture of Pillow's
    scale = 25.4 / 144
    rows = [
        [x for x in range(picture.width) if picture.getpixel((x, y)) < 200] for y in (9, picture.height - 10)
    ]
    assert rows[0] == rows[1], "a fold is marked above and below"
    return [x * scale for x in rows[0] if x - 1 not in rows[0]]


@pytest.mark.parametrize("bleed", [False, True])
def test_cards_have_their_own_backs_when_the_sheet_is_turned_and_cut(bleed: bool) -> None:  # noqa: FBT001
    artifact = made(2, FOUR_UP, bleed=bleed)
    found = list(cut(sides(artifact.content)))
    assert [(front.text, back.text) for front, back in found] == [("1", "2")] * 4
    places = {(round(spot.x), round(spot.y)) for pair in found for spot in pair}
    assert len(places) == 1, "each card is cut alike"
    assert (artifact.pages, artifact.sides, artifact.sheets) == (2, 2, 1)


# --- What runs over --------------------------------------------------------------------------------


def test_a_tri_fold_that_runs_over_names_the_panel_and_the_words_that_have_no_room() -> None:
    artifact = engine.write(numbered(7, TRI_FOLD))
    (finding,) = artifact.findings
    assert (finding.rule, finding.severity) == ("page-limit", "error")
    assert finding.message == (
        "the leaflet has 7 pages, and its format allows 6: the text runs out of the panel the flap, from '6'"
    )
    assert finding.mend
    assert not artifact.usable
    assert PANELS == ("the cover", "inside 1", "inside 2", "inside 3", "the flap", "the back")


@pytest.mark.parametrize("limit", [None, 7, 8])
def test_no_limit_of_a_format_lets_a_tri_fold_have_a_seventh_panel(limit: int | None) -> None:
    """A translation may have a page more than its English, and paper has no more sides for all that."""
    job = replace(numbered(7, TRI_FOLD), pages=limit)
    assert [finding.rule for finding in engine.write(job).findings] == ["page-limit"]


def test_a_tri_fold_that_runs_over_can_still_be_looked_at_whole() -> None:
    found = sides(engine.write(numbered(7, TRI_FOLD)).content)
    assert [spot.text for side in found for spot in side.spots] == [*"1234567"]


def test_a_booklet_of_more_sheets_than_its_format_allows_is_told() -> None:
    job = numbered(9, SADDLE)
    allowed = replace(job, limits=job.limits.model_copy(update={"sheets": 3}))
    assert engine.write(allowed).findings == ()
    job = replace(job, limits=job.limits.model_copy(update={"sheets": 2}))
    (finding,) = engine.write(job).findings
    assert (finding.rule, finding.severity) == ("sheet-limit", "error")
    assert finding.message == "the leaflet takes 3 sheets, and its format allows 2"


# --- Read out --------------------------------------------------------------------------------------

ADDRESS = "https://example.org/"
SQUARE = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">
<rect width="9" height="9" fill="#ff0000"/></svg>"""
SIZE = "width: 20mm; height: 20mm"
FOOT = "@page { @bottom-center { content: element(foot) } } .foot { position: running(foot) }"


def text(pages: int, variant: Variant, direction: str = "ltr") -> Artifact:
    """Make a leaflet whose pages have headings, a foot, a list, a link and a picture, and no word twice."""
    parts = [
        f'<section class="page"><h2>heading{number}</h2><ul><li>item{number}</li></ul>'
        f'<p>words{number} <a href="{ADDRESS}{number}">link{number}</a></p>'
        f'<p><img src="{variant.ink}.svg" alt="A square" style="{SIZE}"></p></section>'
        for number in range(2, pages + 1)
    ]
    first = '<div class="foot">foot</div><h1>heading1</h1><p>words1</p>'
    square = grey_asset(SQUARE) if variant.ink is Ink.GREY else SQUARE
    job = leaf(first + "".join(parts), variant, direction, FOOT)
    artifact = engine.write(replace(job, assets={f"{variant.ink}.svg": square}))
    assert artifact.findings == ()
    return artifact


def length(variant: Variant) -> int:
    """Say how many pages it takes to fill a sheet, or nearly two."""
    return {FOUR_UP: 2, TRI_FOLD: 6}.get(variant.binding, 7)


def expected_words(pages: int) -> list[str]:
    rest = (f"heading{n} item{n} words{n} link{n}".split() for n in range(2, pages + 1))
    return ["heading1", "words1", *(word for words in rest for word in words)]


@BOTH_WAYS
@pytest.mark.parametrize("binding", [SADDLE, TRI_FOLD, FOUR_UP])
def test_a_screen_reader_hears_each_page_once_and_in_the_order_of_reading(
    binding: Binding, direction: str, tmp_path: Path
) -> None:
    pages = length(Variant(binding))
    file = tmp_path / "sheets.pdf"
    file.write_bytes(text(pages, Variant(binding), direction).content)
    structure = reading.structure(file)
    assert reading.words(structure.root.text("Lbl")) == expected_words(pages)
    assert structure.unmarked == [], "what is not in the tree is marked as an artifact"


def test_the_copies_of_a_card_are_on_the_paper_and_not_in_the_tree(tmp_path: Path) -> None:
    artifact = text(2, Variant(FOUR_UP))
    (front, back) = sides(artifact.content)
    for side, words in ((front, expected_words(1)), (back, expected_words(2)[2:])):
        printed = Counter(word for spot in side.spots for word in spot.text.split())
        assert {word: printed[word] for word in words} == dict.fromkeys(words, 4)
    file = tmp_path / "cards.pdf"
    file.write_bytes(artifact.content)
    tagged = [mark for found in reading.structure(file).pages for mark in found if mark.mcid is not None]
    assert Counter(word for mark in tagged for word in mark.text.split() if word.isalnum()) == Counter(
        expected_words(2)
    )


@BOTH_WAYS
def test_bookmarks_of_a_booklet_are_in_the_order_of_reading_and_lead_to_their_page(
    direction: str, tmp_path: Path
) -> None:
    file = tmp_path / "booklet.pdf"
    file.write_bytes(text(8, Variant(SADDLE), direction).content)
    with pikepdf.open(file) as pdf, pdf.open_outline() as outline:
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        (top,) = outline.root
        found = [(item.title, list(cast("pikepdf.Array", item.destination))) for item in (top, *top.children)]
        places = {title: (numbers[page.objgen], _half(float(x))) for title, (page, _, x, *_) in found}
    assert list(places) == [f"heading{number}" for number in range(1, 9)]
    stands = {
        spot.text: (number, _half(spot.x * 72 / 25.4))
        for number, side in enumerate(sides(file))
        for spot in side.spots
    }
    assert {title: stands[title] for title in places} == places


def _half(x: float) -> str:
    """Tell on which half of a sheet of A4 across a place is, in points from the left."""
    return "left" if x < 148.5 * 72 / 25.4 else "right"


@BOTH_WAYS
@pytest.mark.parametrize("binding", [SADDLE, TRI_FOLD, FOUR_UP])
@pytest.mark.parametrize("bleed", [False, True])
def test_a_link_lies_over_its_own_words_on_the_sheet(
    binding: Binding,
    direction: str,
    bleed: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    pages = length(Variant(binding))
    file = tmp_path / "links.pdf"
    file.write_bytes(text(pages, Variant(binding, bleed=bleed), direction).content)
    found = 0
    with pikepdf.open(file) as pdf:
        for page, side in zip(pdf.pages, sides(file), strict=True):
            for link in page.get("/Annots", []):
                number = str(link.A.URI).removeprefix(ADDRESS)
                left, top, right, bottom = (float(edge) * 25.4 / 72 for edge in link.Rect)
                inside = [
                    spot.text
                    for spot in side.spots
                    if left < spot.x < right and bottom < side.height - spot.y < top
                ]
                assert inside == [f"link{number}"]
                found += 1
    assert found == pages - 1


# --- Bleed -----------------------------------------------------------------------------------------

RED, GREEN, WHITE = (255, 0, 0), (0, 255, 0), (255, 255, 255)


def test_the_bleed_of_a_card_does_not_run_over_its_neighbour() -> None:
    """The lower cards are painted last: their upper bleed would take 3 mm of the words above them."""
    place = "position: fixed; left: -10mm; bottom: -10mm; width: 105mm; height: 5mm"
    style = f"@page {{ background: #00ff00 }} .foot {{ background: #ff0000; {place} }}"
    job = leaf('<div class="foot"></div>', Variant(FOUR_UP, bleed=True), style=style)
    (side,) = drawn(engine.write(job).content, 127)  # 5 dots in a millimetre
    slug, height = 9 * 5, 148.5 * 5
    column = [side.getpixel((slug + 100, y)) for y in range(side.height)]
    for card in (1, 2):
        edge = round(slug + card * height)
        assert {column[edge - each] for each in range(3, 23)} == {(255, 0, 0)}, (
            "the foot of the card is whole"
        )
    upper, lower = slug, round(slug + 2 * height)
    assert {column[upper - 14], column[lower + 13]} == {GREEN}, "the sheet bleeds at its edges"
    assert {column[upper - 17], column[lower + 16]} == {WHITE}, "by 3 mm and no more"


# --- Archival and accessible -----------------------------------------------------------------------

VARIANTS = [
    *(Variant(binding) for binding in Binding),
    *(Variant(binding, bleed=True) for binding in Binding),
    *(Variant(binding, Ink.GREY) for binding in Binding),
    Variant(SADDLE, Ink.GREY, bleed=True),
]


def test_every_binding_ink_and_bleed_passes_verapdf_for_archiving_and_for_accessibility(
    tmp_path: Path,
) -> None:
    # A booklet of a single page has a side with nothing on it.
    contents = [made(1, SADDLE).content]
    for variant in VARIANTS:
        directions = ("ltr", "rtl") if variant == Variant(variant.binding) else ("rtl",)
        contents += [text(length(variant), variant, direction).content for direction in directions]
    files = [tmp_path / f"{number}.pdf" for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    verdicts = validate(files, ("3a", "ua1"))
    told = [(int(each.path.stem), each.flavour, each.failures) for each in verdicts if not each.passed]
    assert told == [], VARIANTS
    assert len(verdicts) == 2 * (1 + len(VARIANTS) + len(Binding))
    assert min(each.checks for each in verdicts[2:]) > 500


@BOTH_WAYS
@pytest.mark.parametrize("variant", [Variant(SADDLE), Variant(TRI_FOLD, bleed=True), Variant(FOUR_UP)])
def test_a_screen_reader_is_told_where_a_picture_is_on_the_sheet(
    variant: Variant, direction: str, tmp_path: Path
) -> None:
    file = tmp_path / "pictures.pdf"
    file.write_bytes(text(length(variant), variant, direction).content)
    with pikepdf.open(file) as pdf:
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        slug = -float(pdf.pages[0].MediaBox[0])
        figures = [each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/Alt" in each]
        outlines = [(numbers[each.Pg.objgen], [float(edge) for edge in each.A.BBox]) for each in figures]
    pictures = [*drawn(file.read_bytes(), 72)]
    assert len(outlines) == length(variant) - 1
    for side, (left, bottom, right, top) in outlines:
        height = pictures[side].height
        inner = [(left + 2, bottom + 2), (right - 2, top - 2)]
        outer = [(left - 2, bottom - 2), (right + 2, top + 2)]
        seen = [
            pictures[side].getpixel((round(slug + x), round(height - slug - y))) for x, y in (*inner, *outer)
        ]
        assert seen == [RED, RED, WHITE, WHITE]
