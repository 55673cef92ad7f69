"""veraPDF passes a good file and names the rule that each broken one breaks: so it can fail."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pikepdf
import pytest
import rendercv_fonts
from pikepdf import Dictionary, Name, Pdf

from careleaf.model import Need
from tests.patients import NAMES, aftercare, patient, sheets
from tests.verapdf import validate

FONT = Path(rendercv_fonts.__file__).parent / "Noto Sans" / "NotoSans-Regular.ttf"
GOOD = f"""
<html lang="en">
  <head>
    <title>Wound care</title>
    <style>
      @font-face {{ font-family: Noto; src: url("{FONT.as_uri()}") }}
      html {{ font-family: Noto }}
    </style>
  </head>
  <body>
    <h1>Wound care</h1>
    <h2>At home</h2>
    <ul><li>Wash your hands.</li><li>Keep it dry.</li></ul>
    <table>
      <thead><tr><th>Day</th><th>Do</th></tr></thead>
      <tbody><tr><td>1</td><td>Rest</td></tr></tbody>
    </table>
    <p><a href="https://example.org/">Read more</a></p>
    <img alt="A clean plaster" src="data:image/svg+xml,
      <svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>">
  </body>
</html>
"""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verapdf") / "good.pdf"
    # In a process of its own: WeasyPrint settles where fonts come from when it is first imported.
    command = [sys.executable, "-m", "weasyprint", "--pdf-variant", "pdf/ua-1", "-", str(path)]
    subprocess.run(command, input=GOOD, text=True, check=True)  # noqa: S603, a fixed command
    return path


def test_good_file_passes(good: Path) -> None:
    (verdict,) = validate([good], ["ua1"])
    assert verdict.failures == ()
    assert verdict.passed
    assert verdict.checks > 100


def test_every_file_is_checked_against_every_flavour(good: Path) -> None:
    verdicts = validate([good, good], ["ua1", "3a"])
    assert [(verdict.path, verdict.flavour) for verdict in verdicts] == [(good, "ua1"), (good, "3a")] * 2
    assert [verdict.passed for verdict in verdicts] == [True, False] * 2
    assert all(verdict.checks > 100 for verdict in verdicts)


def test_file_that_is_no_pdf_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "text.pdf"
    path.write_text("no PDF")
    with pytest.raises(ValueError, match=r"veraPDF cannot check .*text\.pdf"):
        validate([path], ["ua1"])


def dictionaries(pdf: Pdf, key: Name, value: Name) -> Iterator[Dictionary]:
    """Find the dictionaries of one kind, such as all structure elements that are tables."""
    found = [each for each in pdf.objects if isinstance(each, Dictionary) and each.get(key) == value]
    assert found, f"the good file has no {value}"
    yield from found


def no_language(pdf: Pdf) -> None:
    del pdf.Root.Lang


def title_hidden(pdf: Pdf) -> None:
    pdf.Root.ViewerPreferences.DisplayDocTitle = False


def not_marked(pdf: Pdf) -> None:
    pdf.Root.MarkInfo.Marked = False


def no_structure(pdf: Pdf) -> None:
    del pdf.Root.StructTreeRoot


def no_metadata(pdf: Pdf) -> None:
    del pdf.Root.Metadata


def no_identification(pdf: Pdf) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        del metadata["pdfuaid:part"]


def no_title(pdf: Pdf) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        del metadata["dc:title"]


def image_without_alternative(pdf: Pdf) -> None:
    for figure in dictionaries(pdf, Name.S, Name.Figure):
        del figure.Alt


def link_without_description(pdf: Pdf) -> None:
    for link in dictionaries(pdf, Name.Subtype, Name.Link):
        del link.Contents


def link_not_tagged(pdf: Pdf) -> None:
    for link in dictionaries(pdf, Name.S, Name.Link):
        link.S = Name.Span


def no_tab_order(pdf: Pdf) -> None:
    for page in pdf.pages:
        del page.obj.Tabs


def heading_level_skipped(pdf: Pdf) -> None:
    for heading in dictionaries(pdf, Name.S, Name.H2):
        heading.S = Name.H3


def list_item_outside_list(pdf: Pdf) -> None:
    for each in dictionaries(pdf, Name.S, Name.L):
        each.S = Name.Div


def table_row_outside_table(pdf: Pdf) -> None:
    for table in dictionaries(pdf, Name.S, Name.Table):
        table.S = Name.Div


def unknown_structure_type(pdf: Pdf) -> None:
    for heading in dictionaries(pdf, Name.S, Name.H1):
        heading.S = Name.Headline


def untagged_content(pdf: Pdf) -> None:
    pdf.pages[0].contents_add(pdf.make_stream(b"0 0 9 9 re f"))


def font_not_embedded(pdf: Pdf) -> None:
    for descriptor in dictionaries(pdf, Name.Type, Name.FontDescriptor):
        for key in {"/FontFile2", "/FontFile3"} & set(descriptor.keys()):
            del descriptor[key]


def text_without_unicode(pdf: Pdf) -> None:
    for font in dictionaries(pdf, Name.Subtype, Name.Type0):
        del font.ToUnicode


@pytest.mark.parametrize(
    ("mutate", "rule"),
    [
        (no_language, "7.2-34"),
        (title_hidden, "7.1-10"),
        (not_marked, "6.2-1"),
        (no_structure, "7.1-11"),
        (no_metadata, "7.1-8"),
        (no_identification, "5-1"),
        (no_title, "7.1-9"),
        (image_without_alternative, "7.3-1"),
        (link_without_description, "7.18.5-2"),
        (link_not_tagged, "7.18.5-1"),
        (no_tab_order, "7.18.3-1"),
        (heading_level_skipped, "7.4.2-1"),
        (list_item_outside_list, "7.2-17"),
        (table_row_outside_table, "7.2-5"),
        (unknown_structure_type, "7.1-5"),
        (untagged_content, "7.1-3"),
        (font_not_embedded, "7.21.4.1-1"),
        (text_without_unicode, "7.21.7-1"),
    ],
)
def test_broken_file_fails(mutate: Callable[[Pdf], None], rule: str, good: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    with pikepdf.open(good) as pdf:
        mutate(pdf)
        pdf.save(broken)
    (verdict,) = validate([broken], ["ua1"])
    assert not verdict.passed
    assert rule in [failure.rule for failure in verdict.failures]
    assert all(failure.count and failure.message and failure.context for failure in verdict.failures)


def test_sheets_with_patients_words_stamped_onto_them_pass(tmp_path: Path) -> None:
    """An update after a file's end can spoil what passed before it: tags, fonts, letters behind glyphs."""
    tiny = aftercare(tmp_path / "library")
    shapes = [("en", Need.PLAIN), ("en", Need.LARGE_PRINT), ("ar", Need.PLAIN), ("ar", Need.BILINGUAL)]
    names = [NAMES["Han"], "דוגמה Jane", ""]
    people = [
        patient(row, name, lang, need=need, site="left cheek")
        for row, ((lang, need), name) in enumerate(product(shapes, names), 2)
    ]
    made, told = sheets(tiny.library(), people)
    assert told == []
    assert len(made) == len(people) == 12
    assert sum(not sheet.stamp for sheet in made.values()) == len(shapes), "one name each"
    files = [tmp_path / f"{row}.pdf" for row in made]
    for file, sheet in zip(files, made.values(), strict=True):
        file.write_bytes(sheet.content)
    verdicts = validate(files, ["3a", "ua1"])
    assert len(verdicts) == 2 * len(people)
    assert [(verdict.path.name, verdict.failures) for verdict in verdicts if not verdict.passed] == []
    assert all(verdict.checks > 100 for verdict in verdicts)
