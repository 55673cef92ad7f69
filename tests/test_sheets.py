"""Every locale in every kind of personal sheet: one of each is made, read back, and checked."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest

from careleaf import batch
from careleaf.findings import Finding
from careleaf.locales import bare, dated
from careleaf.model import Library, Need, Recipient
from tests import reading
from tests.conftest import TODAY, as_it_ships
from tests.verapdf import validate

TOPIC = "after-laser"
TREATED = TODAY - timedelta(days=1)
NAME = "Test Reviewer"
LARGEST = 400_000
"""Bytes of a sheet: small enough for a mail."""


@pytest.fixture(scope="module")
def library() -> Library:
    return as_it_ships()


@pytest.fixture(scope="module")
def asked(library: Library) -> list[Recipient]:
    pairs = [
        (lang, need)
        for lang, locale in library.locales.items()
        for need in Need
        if not (need is Need.BILINGUAL and locale.source)
    ]
    assert len(pairs) == 9 * 3 - 1
    return [
        Recipient(row, (TOPIC,), lang, TREATED, NAME, need=need)
        for row, (lang, need) in enumerate(pairs, start=2)
    ]


Made = dict[int, tuple[batch.Sheet, Path]]


@pytest.fixture(scope="module")
def told() -> list[Finding]:
    return []


@pytest.fixture(scope="module")
def made(
    library: Library, asked: list[Recipient], told: list[Finding], tmp_path_factory: pytest.TempPathFactory
) -> Made:
    folder = tmp_path_factory.mktemp("sheets")
    terms = batch.Terms(library.clinics["riverside"], TODAY, drafts=True)
    wanted, held = batch.chosen(library, terms, asked)
    assert held == []
    found = {}
    for sheet in batch.made(batch.Makers(library, 2), wanted, lambda _, finding: told.append(finding)):
        row = sheet.wanted.recipient.row
        (folder / f"{row}.pdf").write_bytes(sheet.content)
        found[row] = (sheet, folder / f"{row}.pdf")
    return found


def texts(file: Path) -> Iterator[str]:
    with pypdfium2.PdfDocument(file) as document:
        for page in document:
            yield page.get_textpage().get_text_range()


def test_every_locale_has_every_kind_of_sheet_without_a_word(
    asked: list[Recipient], made: Made, told: list[Finding]
) -> None:
    assert made.keys() == {one.row for one in asked}
    assert told == []


def test_dates_fit_their_lines_in_every_language(made: Made) -> None:
    """Else each sheet of a language would be laid out anew, a hundred times slower."""
    anew = [str(sheet.wanted.edition) for sheet, _ in made.values() if sheet.stamp is None]
    assert anew == []


def test_every_sheet_is_accessible_and_fit_to_be_kept(made: Made) -> None:
    """What is stamped is heard in its place, by a blind reader too: each language in one of three kinds."""
    kinds: dict[str, list[Path]] = {}
    for row in sorted(made):
        sheet, file = made[row]
        kinds.setdefault(sheet.wanted.edition.lang, []).append(file)
    files = [each[number % len(each)] for number, each in enumerate(kinds.values())]
    assert len(files) == 9
    verdicts = validate(files, ("3a", "ua1"))
    assert len(verdicts) == 2 * len(files)
    assert [verdict for verdict in verdicts if not verdict.passed] == []


def test_every_sheet_says_who_and_when(library: Library, made: Made) -> None:
    for sheet, file in made.values():
        text = re.sub(r"\s+", " ", bare("".join(texts(file))))
        day = re.sub(r"\s+", " ", bare(dated(TREATED, library.locales[sheet.wanted.edition.lang])))
        assert NAME in text, sheet.wanted.edition
        if library.locales[sheet.wanted.edition.lang].direction == "ltr":
            assert day in text, sheet.wanted.edition


def test_the_calendar_is_one_page_for_the_fridge(library: Library, made: Made) -> None:
    """In large print it may be more."""
    for sheet, file in made.values():
        form = library.formats[sheet.wanted.edition.format]
        # PDFium gives the digits of a number out of their order where a line runs from right to left.
        if form.personal is Need.PLAIN and library.locales[sheet.wanted.edition.lang].direction == "ltr":
            *others, last = ("".join(page.split()).count("02079460123") for page in texts(file))
            assert last == 1, sheet.wanted.edition
            assert sum(others) >= 3, sheet.wanted.edition
            assert len(list(texts(file))) <= 7, sheet.wanted.edition


def test_no_sheet_is_too_large_to_send(made: Made) -> None:
    assert [file.name for _, file in made.values() if file.stat().st_size > LARGEST] == []


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_a_screen_reader_hears_the_dates_where_they_stand(made: Made, lang: str) -> None:
    """They are painted last, and read in the place that was kept for them."""
    (file,) = (
        file
        for sheet, file in made.values()
        if sheet.wanted.edition.lang == lang and sheet.wanted.recipient.need is Need.PLAIN
    )
    tree = reading.structure(file)
    reading.compare_with_snapshot(f"structure-sheet-{lang}.txt", "\n".join(tree.root.outline()) + "\n")
