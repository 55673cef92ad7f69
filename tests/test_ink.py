"""Grey ink paints nothing but greys, whatever a clinic's logo is; bleed has exact boxes and crop marks."""

from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from careleaf import pool
from careleaf.ink import grey, grey_asset
from careleaf.model import Binding, Ink, Selection, Variant
from careleaf.pdf import engine
from careleaf.pdf.layout import contrast
from careleaf.pdf.raster import pages
from tests.conftest import Tiny
from tests.folding import leaf
from tests.refusals import CLINIC

WHITE: Final = (1.0, 1.0, 1.0)
COLOURS: Final = st.tuples(*[st.integers(0, 255)] * 3)
GREY: Final = Selection(langs=("en",), ink=Ink.GREY)


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the leaflets in this process: starting workers would take most of the time."""
    monkeypatch.setattr(pool, "run", lambda jobs, _, make: ((job, make(job)) for job in jobs))


def level(colour: tuple[int, ...]) -> int:
    """Give the grey of a colour, 0 to 255."""
    digits = grey("#{:02x}{:02x}{:02x}".format(*colour))
    red, green, blue = bytes.fromhex(digits.removeprefix("#"))
    assert red == green == blue
    return red


def luma(colour: tuple[int, ...]) -> float:
    """Reckon how light a colour is (ITU-R BT.709)."""
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), colour, strict=True))


@given(st.lists(COLOURS, min_size=2, max_size=9))
def test_what_is_lighter_in_colour_is_not_darker_in_grey(colours: list[tuple[int, ...]]) -> None:
    levels = [level(colour) for colour in sorted(colours, key=luma)]
    assert all(one <= other for one, other in pairwise(levels))


@given(COLOURS)
def test_text_that_stands_out_from_white_paper_does_so_in_grey(colour: tuple[int, ...]) -> None:
    red, green, blue = (part / 255 for part in colour)
    before = contrast((red, green, blue), WHITE)
    after = contrast((level(colour) / 255,) * 3, WHITE)
    assert before < 4.5 or after >= 4.5


def test_dark_greys_stay_and_pale_grounds_become_paper() -> None:
    assert [level((each,) * 3) for each in (0, 100, 216)] == [0, 100, 216]
    assert {level(pale) for pale in ((232, 243, 244), (253, 241, 242), (255, 243, 196), (217, 217, 217))} == {
        255
    }


def test_short_colours_are_greyed_like_long_ones_and_all_else_is_left() -> None:
    assert grey("#abc") == grey("#aabbcc") == grey("#AABBCC")
    rest = "h1 { margin: 10mm; content: 'No. #1' } /* #12 */ a#help, #facedown { color: inherit }"
    assert grey(rest) == rest


# --- Pictures --------------------------------------------------------------------------------------

SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="{}"/></svg>'
)


def picture(mode: str = "RGB", kind: Literal["PNG", "JPEG"] = "PNG") -> bytes:
    """Draw half of it red, half blue."""
    drawn = Image.new("RGB", (100, 100), (200, 30, 40))
    drawn.paste((40, 60, 180), (50, 0, 100, 100))
    file = BytesIO()
    drawn.convert(mode).save(file, kind)
    return file.getvalue()


LOGOS: Final = {
    "logo.svg": SVG.format("#c81e28").encode(),
    "marked.svg": b"\xef\xbb\xbf" + SVG.format("#c81e28").encode(),
    "logo.png": picture(),
    "palette.png": picture("P"),
    "see-through.png": picture("RGBA"),
    "logo.jpg": picture(kind="JPEG"),
}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_picture_of_any_mode_becomes_grey_and_keeps_what_is_seen_of_it(mode: str) -> None:
    with (
        Image.open(BytesIO(picture(mode))) as before,
        Image.open(BytesIO(grey_asset(picture(mode)))) as after,
    ):
        assert (after.mode, after.size) == ("LA", before.size)
        assert not ImageChops.difference(after.getchannel("A"), Image.new("L", (100, 100), 255)).getbbox()
        difference = ImageChops.difference(after.getchannel("L"), before.convert("L"))
        assert difference.point(lambda step: step > 1).getbbox() is None


def test_what_is_transparent_in_a_logo_stays_transparent_in_grey() -> None:
    file = BytesIO()
    Image.new("RGBA", (4, 4), (200, 0, 0, 90)).save(file, "PNG")
    with Image.open(BytesIO(grey_asset(file.getvalue()))) as after:
        assert set(after.getchannel("A").get_flattened_data()) == {90}


def coloured(file: Path) -> list[int]:
    """Number the pages on which a pixel is no grey."""
    return [number for number, page in enumerate(pages(file.read_bytes(), 72), 1) if _is_coloured(page)]


def _is_coloured(page: Image.Image) -> bool:
    red, green, blue = page.split()
    return any(ImageChops.difference(red, other).getbbox() for other in (green, blue))


# --- Whole leaflets --------------------------------------------------------------------------------


def test_every_pixel_of_every_format_is_grey_if_grey_ink_is_asked_for(tiny: Tiny, tmp_path: Path) -> None:
    tiny.write("content/logos/logo.png", LOGOS["logo.png"])
    tiny.change(CLINIC, "lang: en", "lang: en\nlogo: logo.png\naddress: https://example.org/{lang}/{topic}")
    out = tmp_path / "out"
    report = tiny.build(out, replace(GREY, all_formats=True))
    assert [finding for finding in report.findings if finding.rule == "ink"] == []
    files = sorted(out.rglob("*.pdf"))
    assert {edition.format for edition in report.built} >= {"handout", "booklet", "large-print"}
    assert [file.name for file in files if "-grey." not in file.name] == []
    assert {file.name: coloured(file) for file in files if coloured(file)} == {}


@pytest.mark.parametrize("logo", LOGOS)
def test_a_logo_of_any_kind_is_printed_and_is_grey_in_grey_ink(logo: str, tiny: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "out"
    selection = replace(GREY, formats=("handout",))
    tiny.write(f"content/logos/{logo}", LOGOS[logo])
    plain = grey_page(tiny, out, selection)
    tiny.change(CLINIC, "lang: en", f"lang: en\nlogo: {logo}")
    assert grey_page(tiny, out, selection) != plain, "the logo is on the page"
    (file,) = out.rglob("*.pdf")
    assert coloured(file) == []


def grey_page(tiny: Tiny, out: Path, selection: Selection) -> bytes:
    report = tiny.build(out, selection)
    assert report.findings == ()
    (edition,) = report.built
    return next(pages((out / edition.path).read_bytes(), 36)).tobytes()


def test_colour_ink_has_colour_on_its_pages(tiny: Tiny, tmp_path: Path) -> None:
    tiny.build(tmp_path, Selection(langs=("en",), formats=("handout",)))
    (file,) = tmp_path.rglob("*.pdf")
    assert 1 in coloured(file)


@pytest.mark.parametrize("colour", ["crimson", "rgb(200, 30, 40)", "#c81e28ff", "hsl(0 80% 40%)"])
def test_a_colour_that_slips_through_into_a_grey_leaflet_is_told(
    colour: str, tiny: Tiny, tmp_path: Path
) -> None:
    style = "templates/shared/print.css"
    tiny.write(
        style, f"{(tiny.root / style).read_text('utf-8')}\nh1 {{ border-bottom: 1mm solid {colour} }}\n"
    )
    report = tiny.build(tmp_path, replace(GREY, formats=("handout",)))
    (finding,) = report.findings
    assert (finding.rule, finding.severity) == ("ink", "error")
    assert finding.file == "washing-hands en harbour handout-grey"
    assert "#rrggbb" in finding.mend
    assert list(tmp_path.rglob("*.pdf")) == [], "it is not published"
    assert tiny.build(tmp_path, Selection(langs=("en",), formats=("handout",))).findings == (), (
        "in colour it is"
    )


def test_one_small_red_dot_is_seen() -> None:
    """Half a millimetre: less than a pixel of the picture that is looked at."""
    dot = '<p>Wash</p><div style="background: red; width: .5mm; height: .5mm"></div>'
    artifact = engine.write(leaf(dot, Variant(ink=Ink.GREY)))
    assert [finding.rule for finding in artifact.findings] == ["ink"]


# --- Bleed -----------------------------------------------------------------------------------------

MILLIMETRE: Final = 72 / 25.4
SHEETS: Final = {
    Binding.PAGES: (105, 148.5),
    Binding.SADDLE_STITCH: (297, 210),
    Binding.TRI_FOLD: (297, 210),
    Binding.FOUR_UP: (210, 297),
}


@pytest.mark.parametrize("binding", Binding)
def test_a_print_shop_gets_the_trimmed_size_3_mm_of_bleed_and_room_for_marks(binding: Binding) -> None:
    width, height = (edge * MILLIMETRE for edge in SHEETS[binding])
    content = engine.write(leaf("<p>Wash</p>", Variant(binding, bleed=True))).content
    with pikepdf.open(BytesIO(content)) as pdf:
        for page in pdf.pages:
            for name, around in (
                ("/TrimBox", 0),
                ("/BleedBox", 3 * MILLIMETRE),
                ("/MediaBox", 9 * MILLIMETRE),
            ):
                box = [float(edge) for edge in page[name]]
                assert box == pytest.approx([-around, -around, width + around, height + around], abs=0.01), (
                    name
                )


@pytest.mark.parametrize("binding", Binding)
def test_without_bleed_a_page_is_as_large_as_its_paper(binding: Binding) -> None:
    width, height = (edge * MILLIMETRE for edge in SHEETS[binding])
    content = engine.write(leaf("<p>Wash</p>", Variant(binding))).content
    with pikepdf.open(BytesIO(content)) as pdf:
        for page in pdf.pages:
            for name in ("/TrimBox", "/BleedBox", "/MediaBox"):
                assert [float(edge) for edge in page[name]] == pytest.approx([0, 0, width, height], abs=0.01)


@pytest.mark.parametrize("binding", [Binding.PAGES, Binding.SADDLE_STITCH, Binding.TRI_FOLD])
def test_crop_marks_stand_at_the_corners_and_outside_of_all_that_is_printed(binding: Binding) -> None:
    """5 dots in a millimetre: marks start 3 mm off the trimmed edge, and point at its corners."""
    (picture_, *_) = pages(engine.write(leaf("", Variant(binding, bleed=True))).content, 127)
    dots = picture_.convert("L").point(lambda light: 255 * (light < 200))
    width, height = (round(edge * 5) for edge in SHEETS[binding])
    slug, bleed = 45, 15
    inner = (slug - bleed + 2, slug - bleed + 2, slug + width + bleed - 2, slug + height + bleed - 2)
    assert dots.crop(inner).getbbox() is None, "nothing is marked inside of the bleed"
    upper = {x for x in range(dots.width) if dots.getpixel((x, 10))}
    left = {y for y in range(dots.height) if dots.getpixel((10, y))}
    for edge in (slug, slug + width):
        assert {edge - 1, edge, edge + 1} & upper
    for edge in (slug, slug + height):
        assert {edge - 1, edge, edge + 1} & left


def test_colour_at_an_edge_runs_over_it_by_3_mm() -> None:
    job = leaf("", Variant(bleed=True), style="@page { background: #0b5c6b }")
    (page,) = pages(engine.write(job).content, 127)
    inside = [page.getpixel((x, 400)) for x in (31, 44, 46)]
    assert inside == [(11, 92, 107)] * 3
    assert page.getpixel((28, 400)) == (255, 255, 255)
