"""Every locale in every format: a leaflet of each is made, read back, and checked."""

import math
import re
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import zxingcpp

from careleaf.model import Ink, Selection
from careleaf.pdf.raster import pages
from careleaf.pipeline import Options, build
from tests import reading
from tests.conftest import ROOT, SHAPED, TODAY, Shapes
from tests.verapdf import validate

POINTS_A_MILLIMETRE = 72 / 25.4
LARGEST = 400_000
"""Bytes of a PDF: small enough for a telephone, and for a mail."""


def test_every_locale_is_made_in_every_format_without_a_word(shapes: Shapes) -> None:
    assert shapes.report.findings == ()
    forms = shapes.library.formats.values()
    for lang, locale in shapes.library.locales.items():
        expected = sum(
            len(form.bindings) for form in forms if not (form.personal or (form.bilingual and locale.source))
        )
        assert len([row for row in shapes.rows if row.lang == lang]) == expected


def test_every_pdf_is_accessible_and_fit_to_be_kept(shapes: Shapes) -> None:
    """Folded and imposed sheets too: a blind reader hears them in the order of reading.

    Each shape in half of the languages: it is laid out alike in all of them, and all handouts are judged.
    """
    rows = [row for row in shapes.rows if row.sides]
    kinds, langs = sorted({row.kind for row in rows}), sorted({row.lang for row in rows})
    half = [row for row in rows if (kinds.index(row.kind) + langs.index(row.lang)) % 2 == 0]
    assert {row.kind for row in half} == set(kinds)
    assert {row.lang for row in half} == set(langs)
    files = [shapes.out / row.path for row in half]
    assert len(files) >= 9 * 5
    verdicts = validate(files, ("3a", "ua1"))
    assert len(verdicts) == 2 * len(files)
    assert [verdict for verdict in verdicts if not verdict.passed] == []


def test_no_pdf_is_too_large_to_send(shapes: Shapes) -> None:
    assert [row.path for row in shapes.rows if row.sides and row.bytes > LARGEST] == []


def codes(page: pypdfium2.PdfPage) -> list[str]:
    """What a telephone reads on a page, at the resolution of a poor photograph."""
    picture = page.render(scale=150 / 72, grayscale=True).to_pil()
    return sorted(
        code.text
        for code in zxingcpp.read_barcodes(
            picture, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
        )
    )


def typed(page: pypdfium2.PdfPage) -> str:
    """The letters of a page that an address may have; a line may end inside one."""
    # PDFium reads a hyphen at a line's end as U+FFFE.
    text = page.get_textpage().get_text_range().replace("\ufffe", "-")
    # Right to left, the label of an address ends up between its lines: only the address is in ASCII.
    return re.sub(r"[^!-~]+", "", text.replace(" :", ""))


@pytest.mark.parametrize("lang", ["en", "ar", "ko", "hi"])
def test_each_code_leads_just_where_the_letters_beside_it_say(shapes: Shapes, lang: str) -> None:
    seen = 0
    for kind, file in shapes.printed(lang).items():
        form = shapes.library.formats[next(row.format for row in shapes.rows if row.kind == kind)]
        # Lines of cards beside each other are read as one: the letters are read from the card alone.
        alone = shapes.printed(lang)[kind.removesuffix("-four-up")]
        with pypdfium2.PdfDocument(file) as document, pypdfium2.PdfDocument(alone) as plain:
            for number, page in enumerate(document):
                found = codes(page)
                copies = 4 if kind.endswith("four-up") else 1
                most = len(shapes.library.locales) if form.everywhere else copies
                assert len(found) <= most, f"{kind}: {found}"
                letters = typed(plain[number] if file != alone else page)
                assert [code for code in found if code not in letters] == [], kind
                seen += len(found)
    assert seen >= 8


def test_sheets_and_sides_are_those_of_the_files(shapes: Shapes) -> None:
    for row in shapes.rows:
        if row.sides:
            with pikepdf.open(shapes.out / row.path) as pdf:
                assert len(pdf.pages) == row.sides, row.path
            assert row.sheets == math.ceil(row.sides / 2), row.path
            assert 1 < row.ink < 60, row.path


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_grey_ink_and_bleed_are_made_of_every_format(tmp_path: Path, lang: str) -> None:
    """A print shop gets 3 mm on each side; an office without colour toner gets no colour."""
    selection = Selection(topics=(SHAPED,), langs=(lang,), all_formats=True, ink=Ink.GREY, bleed=True)
    report = build(ROOT, tmp_path, selection, Options(TODAY, 2))
    assert report.findings == ()
    assert len(report.built) >= 10
    for edition in report.built:
        content = (tmp_path / edition.path).read_bytes()
        with pikepdf.open(BytesIO(content)) as pdf:
            for page in pdf.pages:
                over = [abs(float(a) - float(b)) for a, b in zip(page.TrimBox, page.BleedBox, strict=True)]
                assert over == pytest.approx([3 * POINTS_A_MILLIMETRE] * 4, abs=0.01), edition.path
                assert float(page.MediaBox[0]) < float(page.BleedBox[0]), edition.path
        for drawn in pages(content, 40):
            red, green, blue = drawn.split()
            assert red.tobytes() == green.tobytes() == blue.tobytes(), edition.path


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_a_screen_reader_is_told_each_shape_as_reviewed(shapes: Shapes, lang: str) -> None:
    """Folded or not: the cover first, each word once."""
    for kind, file in shapes.printed(lang).items():
        if kind in reading.SHAPES:
            tree = reading.structure(file)
            reading.compare_with_snapshot(
                f"structure-{kind}-{lang}.txt", "\n".join(tree.root.outline()) + "\n"
            )
