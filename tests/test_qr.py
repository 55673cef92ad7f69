"""QR codes, decoded from pictures of finished pages: they say just the address that stands beside them."""

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageFilter

from careleaf import pool, qr
from careleaf.model import Ink, Selection
from careleaf.pdf import engine
from careleaf.pdf.engine import UNSEEN
from careleaf.pdf.raster import pages
from tests import reading
from tests.conftest import Tiny
from tests.folding import leaf
from tests.refusals import CLINIC

ADDRESS: Final = "https://leaflets.example.org/{lang}/{topic}"
TOPIC: Final = "washing-hands"
LONG: Final = "https://leaflets.of-a-clinic.example.org/for-patients/zh-Hant/choosing-a-clinic"
"""50 signs of a clinic's own, and the longest name of our topics."""
LONGEST: Final = (
    f"https://leaflets.example.org/of-a-clinic/of-ours/zh-Hant/{'a-very-long-' * 4}name-of-a-topic"
)
"""The longest that the rules let pass."""


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the leaflets in this process: starting workers would take most of the time."""
    monkeypatch.setattr(pool, "run", lambda jobs, _, make: ((job, make(job)) for job in jobs))


@dataclass(frozen=True)
class Photograph:
    """How poor a picture of a page is: blur in dots, noise and contrast of 255, turned by degrees."""

    blur: float = 0
    noise: float = 0
    contrast: float = 255
    turned: float = 0
    resolution: int = 150

    def of(self, page: Image.Image) -> Image.Image:
        """Make a page look so: grey, on a darker ground, with the same noise each time."""
        picture = page.convert("L").rotate(self.turned, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        picture = picture.filter(ImageFilter.GaussianBlur(self.blur))
        dark = (255 - self.contrast) / 2
        picture = picture.point([round(dark + light * self.contrast / 255) for light in range(256)])
        if not self.noise:
            return picture
        chance = random.Random(7)  # noqa: S311 # noise
        grain = bytes(max(0, min(255, round(chance.gauss(128, self.noise)))) for _ in range(128 * 128))
        tile, noise = Image.frombytes("L", (128, 128), grain), Image.new("L", picture.size)
        for x in range(0, picture.width, 128):
            for y in range(0, picture.height, 128):
                noise.paste(tile, (x, y))
        return ImageChops.add(picture, noise, offset=-128)


POOR: Final = {
    "scanned in grey": Photograph(),
    "out of focus": Photograph(blur=1.5),
    "grainy": Photograph(noise=30),
    "pale": Photograph(contrast=70),
    "held askew": Photograph(turned=7),
    "all of it": Photograph(blur=0.8, noise=15, contrast=140, turned=-4),
}


def codes(page: Image.Image) -> list[str]:
    return [
        code.text
        for code in zxingcpp.read_barcodes(
            page, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
        )
    ]


def built(tiny: Tiny, out: Path, selection: Selection) -> list[Path]:
    tiny.build(out, selection)
    files = sorted(out.rglob("*.pdf"))
    assert files
    return files


def with_address(tiny: Tiny, address: str = ADDRESS) -> None:
    tiny.change(CLINIC, "lang: en", f"lang: en\naddress: {address}")
    assert [finding for finding in tiny.findings() if finding.file == CLINIC] == []


def typed(file: Path) -> list[str]:
    """Give the addresses that a leaflet prints: in no language, so that nothing reads them as words."""
    spans = [node for node in reading.structure(file).root.find("Span") if "Lang=zxx" in node.notes]
    return ["".join(reading.words(node.text())) for node in spans]


def letters(file: Path) -> str:
    """Give all letters of a PDF, without what parts them."""
    document = pypdfium2.PdfDocument(file)
    try:
        text = "".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()
    return "".join(UNSEEN.sub("", text).replace("\ufffe", "-").split())


def test_the_code_of_every_format_leads_to_the_address_that_is_printed_beside_it(
    tiny: Tiny, tmp_path: Path
) -> None:
    with_address(tiny)
    for file in built(tiny, tmp_path / "out", Selection(all_formats=True)):
        found = [codes(Photograph(resolution=150).of(page)) for page in pages(file.read_bytes(), 150)]
        langs = ("ar", "en") if "poster" in file.name else (file.parent.name,)
        addresses = [f"https://leaflets.example.org/{lang}/{TOPIC}" for lang in langs]
        assert {code for page in found for code in page} <= {*addresses}, (
            "nothing but topic and language is in it"
        )
        if "bilingual" in file.name:
            continue  # it prints no address
        assert sorted(typed(file)) == addresses, file.name
        assert {*addresses} in map(set, found), file.name


@pytest.mark.parametrize("binding", ["", "-saddle-stitch"])
def test_there_is_one_code_at_most_on_a_page(binding: str, tiny: Tiny, tmp_path: Path) -> None:
    """A telephone over two codes takes either; a sheet has a page on each half, and only one has a code."""
    with_address(tiny)
    selection = Selection(langs=("en",), formats=("booklet",))
    (file,) = (
        file for file in built(tiny, tmp_path, selection) if file.name == f"{TOPIC}.booklet{binding}.pdf"
    )
    counts = [len(codes(page)) for page in pages(file.read_bytes(), 150)]
    assert max(counts) == sum(counts) == 1


def test_a_topic_that_says_twice_whom_to_call_has_one_code_on_a_page(tiny: Tiny, tmp_path: Path) -> None:
    with_address(tiny)
    section = (
        "  - id: {}\n    kind: contact\n    heading: Call us\n    units:\n"
        "      - {{id: ring, text: Ring us., sources: [SOAP]}}\n"
    )
    twice = section.format("call") + section.format("again")
    tiny.change("content/topics/washing-hands.yaml", "  - id: how\n", f"{twice}  - id: how\n")
    (file,) = built(tiny, tmp_path, Selection(langs=("en",), formats=("handout",)))
    assert [len(codes(page)) for page in pages(file.read_bytes(), 150)] == [1, 0]


def test_a_clinic_without_an_address_has_no_code_and_no_words_for_one(tiny: Tiny, tmp_path: Path) -> None:
    for file in built(tiny, tmp_path / "out", Selection(langs=("en",), all_formats=True)):
        assert [code for page in pages(file.read_bytes(), 150) for code in codes(page)] == [], file.name
        assert "http" not in letters(file)


@pytest.mark.parametrize("ink", Ink)
@pytest.mark.parametrize("photograph", POOR.values(), ids=POOR)
@pytest.mark.parametrize("lang", ["en", "ar"])
def test_a_telephone_reads_the_code_from_a_poor_picture(
    lang: str, photograph: Photograph, ink: Ink, handouts: dict[tuple[str, Ink], bytes]
) -> None:
    *_, last = pages(handouts[lang, ink], photograph.resolution)
    assert codes(photograph.of(last)) == [f"https://leaflets.example.org/{lang}/{TOPIC}"]


@pytest.fixture
def handouts(tiny: Tiny, tmp_path: Path) -> dict[tuple[str, Ink], bytes]:
    """A handout in each language and ink; the code is on the last page."""
    if not _HANDOUTS:
        with_address(tiny)
        for ink in Ink:
            for file in built(tiny, tmp_path / ink, Selection(formats=("handout",), ink=ink)):
                _HANDOUTS[file.parent.name, ink] = file.read_bytes()
    return _HANDOUTS


_HANDOUTS: Final[dict[tuple[str, Ink], bytes]] = {}


@pytest.mark.parametrize("photograph", POOR.values(), ids=POOR)
def test_a_long_address_reads_as_well_in_the_smallest_print(photograph: Photograph) -> None:
    """24 mm, as in the booklet."""
    assert len(LONG) >= 78
    (page,) = pages(printed(LONG), photograph.resolution)
    assert codes(photograph.of(page)) == [LONG]


@pytest.mark.parametrize("name", ["scanned in grey", "grainy", "pale", "held askew"])
def test_the_longest_address_still_reads_in_the_smallest_print(name: str) -> None:
    assert len(LONGEST) >= 115
    (page,) = pages(printed(LONGEST), POOR[name].resolution)
    assert codes(POOR[name].of(page)) == [LONGEST]


def printed(address: str) -> bytes:
    """Print a code alone, on a ground of colour."""
    name = qr.file(address)
    style = "body { background: #e8f3f4; height: 60mm; padding: 10mm } img { width: 24mm; height: 24mm }"
    job = leaf(f'<img src="{name}" alt="The code of our address">', style=style)
    return engine.write(replace(job, assets={name: qr.code(address)})).content


@pytest.mark.parametrize("address", ["https://a.example/en/x", LONGEST])
def test_four_modules_around_a_code_are_white(address: str) -> None:
    """ISO/IEC 18004, 5.3.8: without them, readers do not find it on a coloured ground."""
    (page,) = pages(printed(address), 600)
    (code,) = zxingcpp.read_barcodes(page)
    corners = code.position
    left, top, right = corners.top_left.x, corners.top_left.y, corners.top_right.x
    bottom = corners.bottom_left.y
    modules = 17 + 4 * int(cast("dict[str, str]", code.extra)["Version"])
    module = (right - left) / modules
    assert module * (modules + 8) == pytest.approx(24 / 25.4 * 600, rel=0.02), "the zone is part of its 24 mm"
    white = 0
    for step in range(modules + 7):
        along = (step - 3.5) * module
        for zone in (0.5, 1.5, 2.5, 3.5):
            off = zone * module
            places = [
                (left + along, top - off),
                (left + along, bottom + off),
                (left - off, top + along),
                (right + off, top + along),
            ]
            seen = {page.getpixel((round(x), round(y))) for x, y in places}
            assert seen == {(255, 255, 255)}
            white += len(places)
    assert white > 400
    beyond = (round(left - 5 * module), round((top + bottom) / 2))
    assert page.getpixel(beyond) != (255, 255, 255), "the ground is coloured, so this test can fail"


def test_codes_are_named_by_their_address_so_that_none_is_printed_for_another() -> None:
    addresses = [f"https://example.org/{lang}/{TOPIC}" for lang in ("en", "ar", "ko")]
    assert len({qr.file(address) for address in addresses}) == 3
    assert len({qr.code(address) for address in addresses}) == 3
