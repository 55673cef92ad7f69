"""What it takes to print: sheets, sides and ink, as the manifest, the command and the gallery tell them."""

import json
import re
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import html5lib
import pikepdf
import pytest
from PIL import Image

from careleaf.model import Ink, Selection, Variant
from careleaf.pdf import engine
from careleaf.publish import Row, read_manifest
from tests.commands import careleaf
from tests.conftest import Tiny
from tests.folding import leaf

pytestmark = pytest.mark.usefixtures("one_process_one_day")

X: Final = """title: X
writer: pdf
extension: pdf
paper: A5
on-request: true
bindings: [pages, saddle-stitch]
"""
PAGE: Final = """
<html lang="{{ locale.name }}" dir="{{ locale.direction }}">
<head><title>{{ leaflet.title }}</title><meta name="dcterms.created" content="{{ updated }}"></head>
<body style="font-family: 'Noto Sans'">
<h1>{{ leaflet.title }}</h1>
{% for number in range(4) %}<p style="break-after: page">{{ leaflet.phone }}</p>{% endfor %}
<p>{{ leaflet.phone }}</p>
</body>
</html>
"""
BOOKLET: Final = "harbour/en/washing-hands.x-saddle-stitch.pdf"
FLAT: Final = "harbour/en/washing-hands.x.pdf"
ARGUMENTS: Final = ("build", "--format", "x", "--format", "text", "--lang", "en")


@pytest.fixture
def five(tiny: Tiny) -> Tiny:
    """A library with a format of five pages, flat and as a booklet."""
    tiny.write("templates/formats/x/format.yaml", X)
    tiny.write("templates/formats/x/page.html", PAGE)
    return tiny


def rows(tiny: Tiny, out: Path, selection: Selection) -> dict[str, Row]:
    """Build, and give what the manifest says of each PDF."""
    tiny.build(out, selection)
    return {path: row for path, row in read_manifest(out).rows.items() if path.endswith(".pdf")}


def count(file: Path) -> int:
    with pikepdf.open(file) as pdf:
        return len(pdf.pages)


# --- The manifest ----------------------------------------------------------------------------------


def test_the_manifest_counts_pages_sides_and_sheets(five: Tiny, tmp_path: Path) -> None:
    found = rows(five, tmp_path / "out", Selection(langs=("en",), formats=("x",)))
    counted = {path: (row.pages, row.sides, row.sheets) for path, row in found.items()}
    assert counted == {FLAT: (5, 5, 3), BOOKLET: (5, 4, 2)}


def test_the_sides_of_every_format_are_those_of_its_file(tiny: Tiny, tmp_path: Path) -> None:
    found = rows(tiny, tmp_path, Selection(langs=("en",), all_formats=True))
    assert found
    for path, row in found.items():
        assert row.sides == count(tmp_path / path), path
        assert row.sheets == ceil(row.sides / 2), path
        assert 0 < row.ink < 100, path


def test_what_is_on_no_paper_takes_none(tiny: Tiny, tmp_path: Path) -> None:
    tiny.build(tmp_path, Selection(langs=("en",), formats=("text",)))
    (row,) = read_manifest(tmp_path).rows.values()
    assert (row.pages, row.sides, row.sheets, row.ink) == (0, 0, 0, 0)


def ink(style: str) -> float:
    """Give the ink of a page of A6 with nothing on it but this style."""
    return engine.write(leaf("", style=style)).ink


@pytest.mark.parametrize(
    ("colour", "per_cent"),
    [("#ffffff", 0), ("#000000", 100), ("#808080", 50), ("#ff0000", 200), ("#ffff00", 100), ("#0000ff", 200)],
)
def test_ink_is_what_all_toners_cover(colour: str, per_cent: float) -> None:
    """Red is magenta and yellow; black takes the place of three colours."""
    assert ink(f"@page {{ background: {colour} }}") == pytest.approx(per_cent, abs=0.5)


def test_half_a_black_page_is_half_the_ink_and_a_second_white_page_halves_it_again() -> None:
    half, style = '<div style="height: 74.25mm; background: #000000"></div>', "@page { margin: 0 }"
    assert engine.write(leaf(half, style=style)).ink == pytest.approx(50, abs=0.5)
    artifact = engine.write(leaf(f'{half}<div style="break-before: page"></div>', style=style))
    assert artifact.pages == 2
    assert artifact.ink == pytest.approx(25, abs=0.5)


def test_grey_ink_takes_less_of_it(tiny: Tiny, tmp_path: Path) -> None:
    selection = Selection(langs=("en",), formats=("handout",))
    (colour,) = rows(tiny, tmp_path / "colour", selection).values()
    (grey,) = rows(tiny, tmp_path / "grey", replace(selection, ink=Ink.GREY)).values()
    assert grey.ink < colour.ink
    assert (grey.variant, colour.variant) == (Variant(ink=Ink.GREY), Variant())


# --- The command -----------------------------------------------------------------------------------


def test_an_estimate_lists_each_leaflet_and_adds_up_one_copy_of_each(five: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = (*ARGUMENTS, "--estimate", "--root", five.root, "--out", out)
    result = careleaf(*arguments)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    found = read_manifest(out).rows
    for path, counted in ((FLAT, ["5", "3", "5"]), (BOOKLET, ["5", "2", "4"])):
        (line,) = [each for each in lines if each.startswith(f"{path} ")]
        assert line.split()[1:4] == counted, "pages, sheets, sides"
        assert line.rstrip().endswith(f"{found[path].ink:.1f} %")
    assert "One copy of each: 5 sheets of paper, 9 sides printed." in lines
    assert "text.txt" not in result.stdout, "what is on no paper is not in it"
    again = careleaf(*arguments)
    assert again.stdout.splitlines()[:-1] == lines[:-1], "what is unchanged counts too"


def test_an_estimate_for_machines_is_the_manifests(five: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = (*ARGUMENTS, "--root", five.root, "--out", out, "--json")
    told = json.loads(careleaf(*arguments, "--estimate").stdout)["paper"]
    found = read_manifest(out).rows
    assert told == [
        {
            "file": path,
            "pages": found[path].pages,
            "sheets": found[path].sheets,
            "sides": found[path].sides,
            "ink": round(found[path].ink * found[path].sides, 1),
        }
        for path in (BOOKLET, FLAT)
    ]
    assert json.loads(careleaf(*arguments).stdout)["paper"] is None


def test_an_estimate_is_of_what_was_asked_for_and_not_of_all_that_is_there(
    five: Tiny, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    five.build(out, Selection(langs=("en",), formats=("handout",)))
    result = careleaf(*ARGUMENTS, "--estimate", "--root", five.root, "--out", out)
    assert "handout" not in result.stdout
    assert "One copy of each: 5 sheets of paper, 9 sides printed." in result.stdout


# --- The gallery -----------------------------------------------------------------------------------


def test_the_gallery_shows_every_pdf_with_its_status_and_every_link_leads_somewhere(
    five: Tiny, tmp_path: Path
) -> None:
    out, folder = tmp_path / "out", tmp_path / "pictures" / "of all"
    five.approve("en", "clinical", "linguistic")
    careleaf(*ARGUMENTS, "--format", "handout", "--root", five.root, "--out", out)
    found = {path: row for path, row in read_manifest(out).rows.items() if row.sides}
    assert len(found) == 3
    result = careleaf("gallery", "--root", five.root, "--out", out, "--to", folder)
    assert result.exit_code == 0, result.output
    assert "3 leaflets" in result.stdout
    text = (folder / "index.html").read_text("utf-8")
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    captions = [" ".join("".join(each.itertext()).split()) for each in page.iter("figcaption")]
    for row in found.values():
        (caption,) = [each for each in captions if each.startswith(f"{row.clinic} {row.kind}: ")]
        assert f": {row.status}, {row.pages} pages, {row.sheets} sheet" in caption
        assert f"ink {row.ink} %" in caption
    for element in page.iter():
        for link in filter(None, (element.get("href"), element.get("src"))):
            if link.startswith("#"):
                assert [each for each in page.iter() if each.get("id") == link[1:]], link
            else:
                assert (folder / unquote(link)).is_file(), link
    links = re.findall(r'href="([^"]+\.pdf)"', text)
    assert {(folder / unquote(link)).resolve() for link in links} == {
        (out / path).resolve() for path in found
    }
    for picture in folder.rglob("*.png"):
        with Image.open(picture) as opened:
            opened.load()
            assert min(opened.size) > 50, picture.name
    assert len([*folder.rglob("*.png")]) == 3 + 1, "a strip of pages each, and the contact sheet"


def test_the_contact_sheet_has_a_line_for_each_format_and_frames_what_is_approved(
    five: Tiny, tmp_path: Path
) -> None:
    out, folder = tmp_path / "out", tmp_path / "gallery"
    careleaf(*ARGUMENTS, "--root", five.root, "--out", out)
    careleaf("gallery", "--root", five.root, "--out", out, "--to", folder)
    with Image.open(folder / "contact-sheet.png") as opened:
        draft = opened.convert("RGB")
    five.approve("en", "clinical", "linguistic")
    careleaf(*ARGUMENTS, "--root", five.root, "--out", out)
    careleaf("gallery", "--root", five.root, "--out", out, "--to", folder)
    with Image.open(folder / "contact-sheet.png") as opened:
        approved = opened.convert("RGB")
    assert draft.size == approved.size
    assert draft.height == 2 * 108, "two lines"
    yellow, green = (201, 164, 0), (31, 107, 58)
    assert _near(draft, yellow)
    assert not _near(draft, green)
    assert _near(approved, green)
    assert not _near(approved, yellow)


def _near(picture: Image.Image, colour: tuple[int, int, int]) -> bool:
    """Say whether a picture of few colours has one like this."""
    found = picture.getcolors(picture.width * picture.height) or []
    seen = [each for amount, each in found if amount > 100 and isinstance(each, tuple)]
    return any(max(abs(a - b) for a, b in zip(each, colour, strict=True)) < 24 for each in seen)


@pytest.mark.parametrize("built", [False, True])
def test_a_gallery_of_no_pdf_is_one_line_that_says_what_to_do(
    built: bool,  # noqa: FBT001
    tiny: Tiny,
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    if built:
        tiny.build(out, Selection(formats=("text",)))
    result = careleaf("gallery", "--root", tiny.root, "--out", out, "--to", tmp_path / "gallery")
    assert result.exit_code == 1
    assert result.stderr == f"Error: there is no PDF in {out}/. Make them with: careleaf build\n"
    assert not (tmp_path / "gallery").exists()


def test_a_gallery_passes_over_files_that_are_gone_and_leaflets_of_another_library(
    tiny: Tiny, tmp_path: Path
) -> None:
    out, folder = tmp_path / "out", tmp_path / "gallery"
    tiny.build(out, Selection(formats=("handout",)))
    (out / "harbour/ar/washing-hands.handout.pdf").unlink()
    result = careleaf("gallery", "--root", tiny.root, "--out", out, "--to", folder)
    assert result.exit_code == 0
    assert result.stdout.startswith("1 leaflets")
    result = careleaf("gallery", "--out", out, "--to", tmp_path / "other")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: there is no PDF in")
