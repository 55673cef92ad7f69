"""What a clinic can get wrong about print: told with file, line and mend, and all else is built."""

import struct
import zlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageFile

from careleaf.findings import Severity
from careleaf.model import Selection
from tests.commands import careleaf
from tests.conftest import Tiny
from tests.refusals import CLINIC, TOPIC, Refusal, place

HELD: Final = Severity.HELD
SECOND: Final = "content/clinics/seaside.yaml"
LOGO: Final = "content/logos/logo"


def head_of_png(width: int, height: int) -> bytes:
    """Give a PNG of so many dots that says no more than its size: a few bytes, gigabytes when read."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def jpeg(mode: str) -> bytes:
    file = BytesIO()
    Image.new(mode, (40, 40)).save(file, "JPEG")
    return file.getvalue()


def svg(inside: str, attributes: str = "") -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"{attributes}>{inside}</svg>'


def truncated() -> bytes:
    file = BytesIO()
    Image.effect_noise((90, 90), 50).save(file, "PNG")
    return file.getvalue()[:3000]


@dataclass(frozen=True)
class BadLogo:
    """A logo's name and content; what is told of it, with a part of the message and of the mend."""

    name: str
    content: str | bytes
    told: str
    phrase: str
    mend: str

    def put_into(self, tiny: Tiny) -> Refusal:
        """Give the clinic this logo."""
        tiny.change(CLINIC, "lang: en", f"lang: en\nlogo: {self.name}")
        return Refusal(
            f"content/logos/{self.name}", "", self.content, self.told, self.phrase, self.mend, HELD
        )


PICTURE: Final = "content/logos/logo.* picture"
DRAWING: Final = "content/logos/logo.svg:* svg"
LOGOS: Final = {
    "900 megapixels": BadLogo(
        "logo.png", head_of_png(30_000, 30_000), PICTURE, "hundreds of megapixels", "at most 10"
    ),
    "120 megapixels": BadLogo(
        "logo.png", head_of_png(12_000, 10_000), PICTURE, "has 120 megapixels", "at most 10"
    ),
    "CMYK": BadLogo("logo.jpg", jpeg("CMYK"), PICTURE, "is in CMYK", "Save it as RGB or grey"),
    "half a picture": BadLogo("logo.png", truncated(), PICTURE, "no whole PNG or JPEG", "plain SVG"),
    "a GIF by another name": BadLogo("logo.png", b"GIF89a\1\0\1\0", PICTURE, "no whole PNG or JPEG", "PNG"),
    "no picture at all": BadLogo("logo.jpg", b"\0" * 99, PICTURE, "no whole PNG or JPEG", "JPEG"),
    "an SVG with a script": BadLogo(
        "logo.svg", svg("<script>alert(1)</script>"), DRAWING, "uses <script>", "only paths"
    ),
    "an SVG that acts when it is loaded": BadLogo(
        "logo.svg", svg("", ' onload="alert(1)"'), DRAWING, "attribute onload", "only paths"
    ),
    "an SVG that loads a file": BadLogo(
        "logo.svg", svg('<image href="/etc/passwd"/>'), DRAWING, "uses <image>", "only paths"
    ),
    "an SVG with entities": BadLogo(
        "logo.svg", f"<!DOCTYPE svg [<!ENTITY a 'b'>]>{svg('')}", DRAWING, "document type", "Remove them"
    ),
    "a web page by another name": BadLogo(
        "logo.svg", "<html><body/></html>", DRAWING, "not an SVG drawing", "plain SVG"
    ),
    "too many bytes": BadLogo(
        "logo.png", b"\0" * 300_000, "content/logos/logo.png:0 size", "bytes", "256 kB"
    ),
}


@pytest.mark.parametrize("name", LOGOS)
def test_a_logo_that_cannot_be_printed_is_told(name: str, tiny: Tiny) -> None:
    LOGOS[name].put_into(tiny).check(tiny)


REFUSALS: Final = {
    "a logo that is not there": Refusal(
        CLINIC,
        "lang: en",
        "lang: en\nlogo: none.svg",
        f"{CLINIC}:4 logo",
        "none.svg is not in",
        "there",
        HELD,
    ),
    "a logo in another folder": Refusal(
        CLINIC,
        "lang: en",
        "lang: en\nlogo: ../images/hand.svg",
        f"{CLINIC}:4 logo",
        "is not in",
        "there",
        HELD,
    ),
    "a name of 200 letters": Refusal(
        CLINIC, "title: Harbour Clinic", "title: " + "Clinic " * 28 + "Care", f"{CLINIC}:2 *", "200", "", HELD
    ),
    "an address with a space": Refusal(
        CLINIC,
        "lang: en",
        "lang: en\naddress: https://example.org/our leaflets/{lang}/{topic}",
        f"{CLINIC}:4 address",
        "signs that people mistype",
        "Write it like https://",
        HELD,
    ),
    "an address with an ampersand": Refusal(
        CLINIC,
        "lang: en",
        'lang: en\naddress: "https://example.org/?lang={lang}&topic={topic}"',
        f"{CLINIC}:4 address",
        "['&', '=', '?']",
        "Write it like https://",
        HELD,
    ),
    "an address that is not encrypted": Refusal(
        CLINIC,
        "lang: en",
        "lang: en\naddress: http://example.org/{lang}/{topic}",
        f"{CLINIC}:4 address",
        "has a wrong form",
        "Write it like https://",
        HELD,
    ),
    "an address that does not say which leaflet": Refusal(
        CLINIC,
        "lang: en",
        "lang: en\naddress: https://example.org/{lang}",
        f"{CLINIC}:4 address",
        "it must have {topic} once",
        "Write it like https://",
        HELD,
    ),
    "an address that would tell who reads": Refusal(
        CLINIC,
        "lang: en",
        "lang: en\naddress: https://example.org/{lang}/{topic}/{patient}",
        f"{CLINIC}:4 address",
        "signs that people mistype",
        "Write it like https://",
        HELD,
    ),
    "an address too long to type": Refusal(
        CLINIC,
        "lang: en",
        f"lang: en\naddress: https://example.org/{'x' * 40}/{{lang}}/{{topic}}",
        f"{CLINIC}:4 address",
        "more than 50 characters",
        "Write it like https://",
        HELD,
    ),
}


def test_half_a_picture_is_told_whoever_has_loaded_the_engine_before(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WeasyPrint sets this for the whole process when it is imported."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    LOGOS["half a picture"].put_into(tiny).check(tiny)
    assert ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize("name", REFUSALS)
def test_a_clinics_own_words_that_cannot_be_printed_are_told_with_their_line(name: str, tiny: Tiny) -> None:
    REFUSALS[name].check(tiny)


def yaml(paper: str, *rest: str) -> str:
    return "\n".join(("title: X", "writer: pdf", "extension: pdf", f"paper: {paper}", *rest, ""))


X: Final = "templates/formats/x"
FORMATS: Final = {
    "an unknown size of paper": (yaml("A7"), f"{X}/format.yaml:4 paper", "the paper A7 is unknown"),
    "a size of paper in small letters": (yaml("a4"), f"{X}/format.yaml:4 paper", "the paper a4 is unknown"),
    "no paper": (
        "title: X\nwriter: pdf\nextension: pdf\n",
        f"{X}/format.yaml:* paper",
        "the paper (none) is unknown",
    ),
    "a tri-fold on whole pages": (
        yaml("A4", "bindings: [tri-fold]"),
        f"{X}/format.yaml:4 paper",
        "a tri-fold has panels, and A4 is a page",
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_on_paper_that_there_is_not_is_told_and_all_others_are_built(
    name: str, tiny: Tiny, tmp_path: Path
) -> None:
    content, told, message = FORMATS[name]
    tiny.write(f"{X}/format.yaml", content)
    tiny.write(f"{X}/page.html", '{% extends "shared/print.html" %}')
    (finding,) = [each for each in tiny.findings() if each.file == f"{X}/format.yaml"]
    assert fnmatchcase(place(finding), told)
    assert (finding.message, finding.severity) == (message, HELD)
    assert "A4" in finding.mend
    report = tiny.build(tmp_path / "out", Selection(langs=("en",), formats=("x", "text")))
    assert [edition.format for edition in report.built] == ["text"]
    assert not report.ok


# --- Through the command ---------------------------------------------------------------------------

pytestmark = pytest.mark.usefixtures("one_process_one_day")


def seaside(tiny: Tiny) -> None:
    """Add a clinic with nothing wrong."""
    clinic = (tiny.root / CLINIC).read_text("utf-8").replace("Harbour", "Seaside").replace("0991", "0992")
    tiny.write(SECOND, clinic)
    assert [each for each in tiny.findings() if each.file == SECOND] == []


@pytest.mark.parametrize(
    "fault",
    [*LOGOS.values(), *REFUSALS.values()],
    ids=[*(f"logo: {name}" for name in LOGOS), *REFUSALS],
)
def test_a_clinic_with_a_fault_prints_nothing_and_its_neighbour_all(
    fault: BadLogo | Refusal, tiny: Tiny, tmp_path: Path
) -> None:
    seaside(tiny)
    refusal = fault if isinstance(fault, Refusal) else fault.put_into(tiny)
    refusal.put_into(tiny)
    out = tmp_path / "out"
    result = careleaf("build", "--format", "text", "--lang", "en", "--root", tiny.root, "--out", out)
    assert result.exit_code == 1
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.txt")) == [
        "seaside/en/washing-hands.text.txt"
    ]
    told = [line for line in result.stderr.splitlines() if refusal.phrase in line]
    assert len(told) == 1, result.stderr
    assert told[0].startswith(("content/clinics/harbour.yaml:", "content/logos/logo."))
    assert refusal.mend in told[0]
    assert "Traceback" not in result.output


def test_a_topic_twice_as_long_as_a_tri_fold_is_told_with_its_panel_and_its_other_formats_are_built(
    tiny: Tiny, tmp_path: Path
) -> None:
    units = "".join(
        f'      - {{id: more-{number}, text: "{"Wash and dry your hands well. " * 12}", sources: [SOAP]}}\n'
        for number in range(40)
    )
    tiny.change(
        TOPIC,
        "  - id: in-short\n",
        f"  - id: more\n    kind: text\n    heading: More\n    units:\n{units}  - id: in-short\n",
    )
    out = tmp_path / "out"
    arguments = ("build", "--lang", "en", "--root", tiny.root, "--out", out)
    result = careleaf(*arguments, "--format", "trifold", "--format", "text")
    assert result.exit_code == 1
    assert [path.name for path in out.rglob("washing-hands.*")] == ["washing-hands.text.txt"]
    (told,) = [line for line in result.stderr.splitlines() if "page-limit" in line]
    assert told.startswith("washing-hands en harbour trifold:0: error [page-limit] the leaflet has ")
    assert "the text runs out of the panel the flap, from '" in told
    assert told.endswith("Shorten the texts, or split the topic.")


TWO_PAGES: Final = """
<html lang="{{ locale.name }}" dir="{{ locale.direction }}">
<head><title>{{ leaflet.title }}</title><meta name="dcterms.created" content="{{ updated }}"></head>
<body style="font-family: 'Noto Sans'">
<h1>{{ leaflet.title }}</h1><p>{{ leaflet.phone }}</p>
<p style="break-before: page">{{ leaflet.phone }}</p>
</body>
</html>
"""


def test_a_leaflet_that_does_not_keep_its_limits_is_taken_out_of_the_folder(
    tiny: Tiny, tmp_path: Path
) -> None:
    """The old one has the old words: it must not be handed out beside the new ones."""
    tiny.write(f"{X}/format.yaml", yaml("A6", "limits: {pages: 2}"))
    tiny.write(f"{X}/page.html", TWO_PAGES)
    selection = Selection(langs=("en",), formats=("x",))
    out = tmp_path / "out"
    assert [edition.format for edition in tiny.build(out, selection).built] == ["x"]
    tiny.change(f"{X}/format.yaml", "pages: 2", "pages: 1")
    report = tiny.build(out, selection)
    assert [finding.rule for finding in report.findings if finding.severity is Severity.ERROR] == [
        "page-limit"
    ]
    assert report.removed == ("harbour/en/washing-hands.x.pdf",)
    assert list(out.rglob("*.pdf")) == []


def test_a_format_held_back_keeps_no_leaflet_from_being_made_in_grey(tiny: Tiny, tmp_path: Path) -> None:
    tiny.write(f"{X}/format.yaml", yaml("A7"))
    tiny.write(f"{X}/page.html", "")
    result = careleaf(
        "build",
        "--ink",
        "grey",
        "--format",
        "handout",
        "--lang",
        "en",
        "--root",
        tiny.root,
        "--out",
        tmp_path / "out",
    )
    assert result.exit_code == 1
    assert [path.name for path in tmp_path.rglob("*.pdf")] == ["washing-hands.handout-grey.pdf"]
    assert "the paper A7 is unknown" in result.stderr
