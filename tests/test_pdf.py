"""Every PDF that is built: archival, accessible, whole in itself, silent about the machine that made it."""

import inspect
import os
import re
import socket
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import pikepdf
import weasyprint

from careleaf.model import Selection
from careleaf.pdf import engine, tagging, textlayer
from tests import reading
from tests.conftest import ROOT, Built, Tiny
from tests.verapdf import validate

SUBSET = re.compile(r"^/[A-Z]{6}\+")
A_DATE = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)")


def plain(pdf: pikepdf.Pdf) -> bytes:
    """Give all of a PDF with nothing compressed."""
    with tempfile.TemporaryFile() as file:
        pdf.save(
            file,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
        file.seek(0)
        return file.read()


def headings(one: reading.Printed) -> list[tuple[str, list[str]]]:
    return [
        (each.tag, reading.words("".join(each.itertext())))
        for each in one.body.iter()
        if each.tag in {"h1", "h2"}
    ]


def test_every_pdf_passes_verapdf_for_archiving_and_for_accessibility(built: Built) -> None:
    """All for accessibility, which depends on what is said; a third for archiving, which does not."""
    printed = reading.printed(built, "handout")
    files, some = built.files(".pdf"), [one.path for one in reading.a_third(printed)]
    verdicts = validate(files, ("ua1",)) + validate(some, ("3a",))
    assert len(verdicts) == len(printed) + len(some) >= 14 * 9 + 14 * 3
    assert [(each.path.name, each.flavour, each.failures) for each in verdicts if not each.passed] == []
    assert min(each.checks for each in verdicts) > 1000


def test_a_pdf_says_its_title_and_language(built: Built) -> None:
    for one in reading.printed(built, "handout"):
        with pikepdf.open(one.path) as pdf:
            assert str(pdf.docinfo["/Title"]) == one.leaflet.title, str(one)
            assert pdf.open_metadata()["dc:title"] == one.leaflet.title, str(one)
            assert str(pdf.Root.Lang) == one.edition.lang, str(one)
            assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle), str(one)


def test_bookmarks_lead_to_every_heading(built: Built) -> None:
    for one in reading.printed(built, "handout"):
        with pikepdf.open(one.path) as pdf, pdf.open_outline() as outline:
            (top,) = outline.root
            titles = [("h1", top.title), *(("h2", item.title) for item in top.children)]
            assert not any(item.children for item in top.children)
        assert [(tag, reading.words(title)) for tag, title in titles] == headings(one), str(one)
        assert not [title for _, title in titles if "\u2060" in title], str(one)


def test_fonts_are_embedded_as_subsets_and_only_those_of_the_language(built: Built) -> None:
    for one in reading.printed(built, "handout"):
        with pikepdf.open(one.path) as pdf:
            fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
            assert fonts
            for font in fonts:
                (inner,) = font.DescendantFonts
                descriptor = inner.FontDescriptor
                assert SUBSET.match(str(font.BaseFont)), f"{one}: {font.BaseFont}"
                assert {"/FontFile2", "/FontFile3"} & set(descriptor.keys()), f"{one}: {font.BaseFont}"
                assert str(descriptor.FontFamily) in one.leaflet.locale.fonts, f"{one}: {font.BaseFont}"


def test_a_pdf_tells_nothing_of_the_machine_it_was_made_on(built: Built) -> None:
    secrets = [
        str(built.out),
        str(ROOT),
        tempfile.gettempdir() + "/",
        str(Path.home()) + "/",
        os.sep + "home/",
    ]
    secrets += [name for name in (socket.gethostname(),) if len(name) > 5 and name != "localhost"]
    for one in reading.printed(built, "handout"):
        with pikepdf.open(one.path) as pdf:
            content = plain(pdf)
        assert len(content) > 50_000
        assert [secret for secret in secrets if secret.encode() in content] == [], str(one)


def test_the_dates_in_a_pdf_are_the_topics_and_never_todays(tiny: Tiny, tmp_path: Path) -> None:
    tiny.change("content/topics/washing-hands.yaml", "updated: 2026-11-22", "updated: 2025-03-04")
    report = tiny.build(tmp_path / "out", Selection(langs=("en",), formats=("handout",)))
    (edition,) = report.built
    with pikepdf.open(tmp_path / "out" / edition.path) as pdf:
        content = plain(pdf).decode("latin-1")
        assert {str(pdf.docinfo[key])[2:10] for key in ("/CreationDate", "/ModDate")} == {"20250304"}
    found = Counter("-".join(match.groups()) for match in A_DATE.finditer(content))
    assert found.pop("2025-03-04") >= 5  # XMP, and the attached file and its source
    assert found.keys() <= {"2028-11-22"}  # its next review, in the attached source
    assert date.today().isoformat() not in found  # noqa: DTZ011 # the day that the machine would print


def test_weasyprint_still_calls_the_function_that_careleaf_replaces() -> None:
    todo = (
        "WeasyPrint has changed: read its weasyprint/pdf/tags.py and pdf/__init__.py again, adapt "
        "careleaf/pdf/tagging.py, look at the structure snapshots, and only then move the exact pin"
    )
    assert weasyprint.__version__ == "70.0", todo
    assert engine.VARIANT == "pdf/a-3a"  # loading the engine is what replaces the function
    replaced = inspect.signature(weasyprint.pdf.tags.add_tags)
    assert list(replaced.parameters) == ["pdf", "document", "pdf_version", "page_streams"], todo
    assert list(inspect.signature(tagging.add_tags).parameters) == list(replaced.parameters), todo
    assert vars(weasyprint.pdf)["add_tags"] is tagging.add_tags, todo
    fonts = inspect.signature(weasyprint.pdf.fonts.build_fonts_dictionary)
    assert list(fonts.parameters) == ["pdf", "fonts", "compress", "subset", "options"], todo
    assert vars(weasyprint.pdf)["build_fonts_dictionary"] is textlayer.build_fonts_dictionary, todo
    call = "build_fonts_dictionary(pdf, document.fonts, compress, subset, options)"
    assert call in inspect.getsource(weasyprint.pdf), todo
    assert "html._ua_stylesheets(" in inspect.getsource(weasyprint.css), todo
    call = "add_tags(pdf, document, options['pdf_version'], page_streams)"
    assert call in inspect.getsource(weasyprint.pdf), todo
