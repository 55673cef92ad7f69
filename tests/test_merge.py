"""`careleaf sheet` and `careleaf merge` as people at a desk use them: what is made, what is refused, and why.

What a user would lose: half a list without being told, a sheet in the wrong language, a text that nobody has
approved in a patient's hand.
"""

import csv
import errno
import io
import json
import os
import re
import resource
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click
import pikepdf
import pypdfium2
import pytest
from click.testing import Result
from PIL import ImageChops

from careleaf import batch, pool
from careleaf.cli import discreet, shell
from careleaf.findings import Finding
from careleaf.model import Artifact
from careleaf.pdf import raster
from tests import conftest
from tests.commands import careleaf
from tests.conftest import TODAY, Frozen, Tiny
from tests.patients import NAMES, TOPIC, aftercare, found, in_this_process

pytestmark = pytest.mark.usefixtures("one_process_one_day")

HEADER: Final = "treated-on,language,topic,name,site,clinician,large-print,bilingual"
DAY: Final = "2026-11-24"
SECRET: Final = ("Jane Example", "Example", "left cheek", "Test Reviewer")
"""What must be told to nobody."""
CLINIC: Final = "content/clinics/harbour.yaml"


def row(
    lang: str = "en", name: str = "Jane Example", topic: str = TOPIC, day: str = DAY, needs: str = ","
) -> str:
    return f'{day},{lang},{topic},"{name}",left cheek,Test Reviewer,{needs}'


LIST: Final = "\n".join(
    [
        HEADER,
        row(),
        row(name=NAMES["Han"], needs="yes,"),
        row("ar", NAMES["Arabic"]),
        row(name="דוגמה Jane"),
        row(name=NAMES["Cyrillic"], day="2026-11-20"),
    ]
)
"""Five patients: two scripts that need a font of their own, one in large print, one laid out anew."""


@pytest.fixture(scope="module")
def drafts(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A small library of drafts. Read only."""
    return aftercare(tmp_path_factory.mktemp("drafts") / "library")


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """One whose English is approved, and nothing else. Read only."""
    tiny = aftercare(tmp_path_factory.mktemp("english") / "library")
    tiny.approve("en", "clinical")
    return tiny


@pytest.fixture
def own(tmp_path: Path) -> Tiny:
    """One to be changed."""
    return aftercare(tmp_path / "own")


def merge(tiny: Tiny, content: str | bytes | Path, folder: Path, *options: object) -> Result:
    """Merge a list; nothing that is printed names a patient."""
    file = content if isinstance(content, Path) else folder / "list.csv"
    if not isinstance(content, Path):
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    result = careleaf("merge", file, "--root", tiny.root, "--library-out", folder / "none", *options)
    assert found(SECRET, (result.stdout + result.stderr).encode()) == []
    assert "Traceback" not in result.stdout + result.stderr
    return result


def sheet(
    tiny: Tiny, folder: Path, *options: object, topic: str = TOPIC, lang: str = "en", day: str = DAY
) -> Result:
    """Make one sheet; nothing that is printed names the patient."""
    where = ("--root", tiny.root, "--out", folder / "none", "-o", folder / "sheet.pdf")
    result = careleaf("sheet", topic, "--lang", lang, "--treated-on", day, *where, *options)
    assert found(SECRET, (result.stdout + result.stderr).encode()) == []
    return result


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# --- A list that is well ---------------------------------------------------------------------------


def test_a_list_is_shown_first_and_then_made_into_a_file_for_each_row(drafts: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "sheets"
    first = merge(drafts, LIST, tmp_path, "--out", out, "--drafts")
    assert first.exit_code == 0
    assert f"Read {out}/read-me-first.html, then run this again with --make." in first.stdout
    assert files(out) == ["read-me-first.html"]
    trial = (out / "read-me-first.html").read_text("utf-8")
    assert all(name in trial for name in ("Jane Example", NAMES["Arabic"], "left cheek", "Test Reviewer"))
    second = merge(drafts, LIST, tmp_path, "--out", out, "--drafts", "--make")
    assert second.exit_code == 0
    assert second.stdout.endswith("5 sheets made, 0 rows held.\n")
    assert files(out) == ["list.csv", *(f"row-{number}.pdf" for number in range(2, 7))]
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}
    assert out.stat().st_mode & 0o777 == 0o700
    rows = list(csv.reader(io.StringIO((out / "list.csv").read_text("utf-8-sig"))))
    assert rows[0] == ["row", "file", "topic", "language", "pages", "held"]
    assert [(each[0], each[1], each[2], each[3]) for each in rows[1:]] == [
        (str(number), f"row-{number}.pdf", TOPIC, lang)
        for number, lang in zip(range(2, 7), ("en", "en", "ar", "en", "en"), strict=True)
    ]
    assert found([*SECRET, *NAMES.values(), DAY], (out / "list.csv").read_bytes()) == []


def test_files_of_a_long_list_sort_by_row(drafts: Tiny, tmp_path: Path) -> None:
    content = "\n".join([HEADER, row(), *[","] * 8, row(name="Example Jane")]) + "\n"
    content = content.replace("\n,\n", "\n" + "," * 7 + "\n").replace("\n,\n", "\n" + "," * 7 + "\n")
    assert merge(drafts, content, tmp_path, "--out", tmp_path / "o", "--drafts", "--make").exit_code == 0
    assert files(tmp_path / "o") == ["list.csv", "row-02.pdf", "row-11.pdf"]


def test_a_sheet_made_alone_is_the_one_that_a_list_gives(drafts: Tiny, tmp_path: Path) -> None:
    assert merge(drafts, LIST, tmp_path, "--out", tmp_path / "o", "--drafts", "--make").exit_code == 0
    about = ("--name", "Jane Example", "--site", "left cheek", "--clinician", "Test Reviewer")
    result = sheet(drafts, tmp_path, *about)
    assert result.exit_code == 0
    assert re.fullmatch(
        r".*sheet\.pdf: \d+ pages\. Not approved: it says so on every page\.\n", result.stdout
    )
    assert (tmp_path / "sheet.pdf").read_bytes() == (tmp_path / "o/row-2.pdf").read_bytes()
    assert (tmp_path / "sheet.pdf").stat().st_mode & 0o777 == 0o600


def test_a_machine_gets_json_and_nothing_else_on_stdout(drafts: Tiny, tmp_path: Path) -> None:
    bad = "\n".join([HEADER, row(day="2026-13-01")])
    for number, (content, more, exit_code) in enumerate(
        [(LIST, (), 0), (LIST, ("--make",), 0), (bad, (), 1), (bad, ("--make",), 1)]
    ):
        out = tmp_path / f"o{number}"
        result = merge(drafts, content, tmp_path, "--out", out, "--drafts", "--json", *more)
        assert result.exit_code == exit_code
        told = json.loads(result.stdout)
        assert told.keys() == {"made", "held", "findings"}
        assert len(told["made"]) == (5 if more and not exit_code else 0)
        assert len(told["findings"]) == exit_code


def test_shares_of_a_list_are_the_whole_list(drafts: Tiny, tmp_path: Path) -> None:
    made: list[str] = []
    for number in (1, 2, 3):
        out = tmp_path / f"share{number}"
        result = merge(drafts, LIST, tmp_path, "--out", out, "--drafts", "--make", "--shard", f"{number}/3")
        assert result.exit_code == 0
        made += [name for name in (files(out) if out.exists() else []) if name.endswith(".pdf")]
    assert sorted(made) == [f"row-{number}.pdf" for number in range(2, 7)]


# --- The print run ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(drafts: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same list as single files and as a file for a print room."""
    folder = tmp_path_factory.mktemp("printed")
    people = [row(name=name) for name in NAMES.values()] * 3
    content = "\n".join([LIST, *people])
    with pytest.MonkeyPatch.context() as patch:
        stand_still(patch)
        for option in (("--out", folder / "single"), ("--print-run", folder / "run.pdf")):
            result = merge(drafts, content, folder, *option, "--drafts", "--make")
            assert result.exit_code == 0
            assert result.stdout.endswith("23 sheets made, 0 rows held.\n")
    return folder


def stand_still(patch: pytest.MonkeyPatch) -> None:
    """Do for a fixture of this module what `one_process_one_day` does for a test."""
    patch.setattr(pool, "run", in_this_process)
    patch.setattr(shell, "datetime", Frozen)
    patch.setattr(discreet, "datetime", Frozen)


def test_a_print_run_has_each_sheet_on_paper_of_its_own_in_the_order_of_the_list(printed: Path) -> None:
    run = list(raster.pages((printed / "run.pdf").read_bytes(), 40))
    singles = sorted((printed / "single").glob("*.pdf"))
    assert len(singles) == 23
    assert len(run) % 2 == 0
    place = 0
    for file in singles:
        assert place % 2 == 0, "a sheet starts on the back of another's"
        for page in raster.pages(file.read_bytes(), 40):
            assert ImageChops.difference(page, run[place]).getbbox() is None, f"{file.name}, page {place}"
            place += 1
        if place % 2:
            assert run[place].convert("L").getextrema() == (255, 255), "the filling page is blank"
            place += 1
    assert place == len(run)


def test_a_print_run_is_much_smaller_than_its_sheets_and_says_nothing_of_anybody(printed: Path) -> None:
    content = (printed / "run.pdf").read_bytes()
    assert len(content) < sum(file.stat().st_size for file in (printed / "single").glob("*.pdf")) / 4
    names = [part for name in NAMES.values() for part in (name, *name.split())]
    with pikepdf.open(printed / "run.pdf") as pdf:
        about = str(dict(pdf.docinfo)).encode()
        about += pdf.Root.Metadata.read_bytes() if "/Metadata" in pdf.Root else b""
        about += str(sorted(pdf.attachments)).encode() + str(pdf.Root.get("/Outlines", "")).encode()
    assert found([*SECRET, *names], about) == []
    assert (printed / "run.pdf").stat().st_mode & 0o777 == 0o600
    assert files(printed) == sorted(
        [
            "list.csv",
            "run.pdf",
            "single/list.csv",
            *(f"single/row-{number:02}.pdf" for number in range(2, 25)),
        ]
    )


def test_the_page_to_read_before_a_print_run_goes_when_the_file_is_there(
    drafts: Tiny, tmp_path: Path
) -> None:
    run = tmp_path / "run.pdf"
    result = merge(drafts, LIST, tmp_path, "--print-run", run, "--drafts")
    assert f"Read {run}.read-me-first.html" in result.stdout
    assert files(tmp_path) == ["list.csv", "run.pdf.read-me-first.html"]
    assert merge(drafts, LIST, tmp_path, "--print-run", run, "--drafts", "--make").exit_code == 0
    assert files(tmp_path) == ["list.csv", "run.pdf"]


# --- What nobody has approved ----------------------------------------------------------------------


def test_without_drafts_a_list_of_drafts_makes_nothing(drafts: Tiny, tmp_path: Path) -> None:
    for option in (("--out", tmp_path / "o"), ("--print-run", tmp_path / "run.pdf")):
        result = merge(drafts, LIST, tmp_path, *option, "--make")
        assert result.exit_code == 1
        assert result.stdout.endswith("0 sheets made, 5 rows held.\n")
        assert result.stderr.count("held [not-approved]") == 5
        assert "a clinician does that with careleaf approve" in result.stderr
    assert files(tmp_path) == ["list.csv"]


def test_a_row_in_another_language_is_held_and_never_english_instead(english: Tiny, tmp_path: Path) -> None:
    result = merge(english, LIST, tmp_path, "--out", tmp_path / "o", "--make")
    assert result.exit_code == 1
    assert result.stdout.endswith("4 sheets made, 1 rows held.\n")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{tmp_path}/list.csv:4: held [not-approved] the text of {TOPIC} in ar is draft.")
    assert line.endswith(
        f"Approved of {TOPIC}: en. Nearest: go through the sheet in en together with an interpreter."
    )
    assert files(tmp_path / "o") == ["list.csv", "row-2.pdf", "row-3.pdf", "row-5.pdf", "row-6.pdf"]
    rows = csv.DictReader(io.StringIO((tmp_path / "o" / "list.csv").read_text("utf-8-sig")))
    (held,) = (each for each in rows if not each["file"])
    assert held["row"] == "4"
    assert held["held"].startswith(f"the text of {TOPIC} in ar is draft.")


def test_a_sheet_in_two_languages_needs_both_approved(own: Tiny, tmp_path: Path) -> None:
    own.approve("ar", "linguistic", "clinical")
    result = merge(
        own, "\n".join([HEADER, row("ar", needs=",yes")]), tmp_path, "--out", tmp_path / "o", "--make"
    )
    assert result.exit_code == 1
    assert result.stdout.endswith("\n0 sheets made, 1 rows held.\n")
    assert f"the text of {TOPIC} in ar is draft" in result.stderr


def test_an_approval_that_ran_out_holds_a_row(
    own: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.approve("en", "clinical", until=TODAY + timedelta(days=1))
    content = f"{HEADER}\n{row()}"
    assert merge(own, content, tmp_path, "--out", tmp_path / "o", "--make").exit_code == 0
    monkeypatch.setattr(conftest, "TODAY", TODAY + timedelta(days=2))
    result = merge(own, content, tmp_path, "--out", tmp_path / "late", "--make")
    assert result.exit_code == 1
    assert f"the text of {TOPIC} in en is expired" in result.stderr


def test_a_single_sheet_may_be_a_draft_but_not_if_only_approved_ones_are_asked_for(
    drafts: Tiny, english: Tiny, tmp_path: Path
) -> None:
    result = sheet(drafts, tmp_path, "--approved-only")
    assert result.exit_code == 1
    assert "held [not-approved]" in result.stderr
    assert files(tmp_path) == []
    result = sheet(english, tmp_path, "--approved-only")
    assert result.exit_code == 0
    assert "Not approved" not in result.stdout
    assert sheet(english, tmp_path, "--approved-only", lang="ar").exit_code == 1


# --- One sheet, asked for wrongly ------------------------------------------------------------------

LEAP: Final = "2026-02-29"
SHEET_REFUSED: Final[dict[str, tuple[dict[str, Any], tuple[object, ...], str]]] = {
    "a name of 300 characters": (
        {},
        ("--name", "x" * 300),
        "the text has 300 characters, and 120 are the most",
    ),
    "an emoji": ({}, ("--name", "J \U0001f600"), "no font has the character U+1F600 GRINNING FACE"),
    "a line break": ({}, ("--name", "J\nE"), "there is a line break in the cell. Write it on one line."),
    "what nobody sees": ({}, ("--site", "left\u202echeek"), "U+202E RIGHT-TO-LEFT OVERRIDE"),
    "a lost letter": ({}, ("--clinician", "J\ufffd"), "a character was lost"),
    "29 February in a common year": ({"day": LEAP}, (), "'2026-02-29' is no day. Write it like 2026-11-24."),
    "a day in figures": ({"day": "24/11/2026"}, (), "'24/11/2026' is no day. Write it like 2026-11-24."),
    "a day to come": ({"day": "2026-11-26"}, (), "2026-11-26 is a day to come."),
    "three years ago": ({"day": "2023-11-24"}, (), "2023-11-24 is more than a year ago: check the year."),
    "an unknown topic": ({"topic": "washing-hand"}, (), "Did you mean washing-hands?"),
    "an unknown language": ({"lang": "xx"}, (), "There are: ar, en."),
    "an unknown clinic": ({}, ("--clinic", "habour"), "Did you mean harbour?"),
    "two topics": ({}, (TOPIC,), "Several treatments on one sheet are asked for with --several."),
    "a calendar over the PDF": ({}, ("--ics", "-o", "sheet.ics"), "end -o in .pdf"),
    "an alarm without a calendar": ({}, ("--alarm",), "ask for that with --ics"),
    "a folder as the file": ({}, ("-o", "."), "is a directory"),
}


@pytest.mark.parametrize(("how", "options", "phrase"), SHEET_REFUSED.values(), ids=SHEET_REFUSED)
def test_a_sheet_that_is_asked_for_wrongly_is_wrong_usage_and_says_how_to_ask(
    drafts: Tiny, tmp_path: Path, how: dict[str, Any], options: tuple[object, ...], phrase: str
) -> None:
    result = sheet(drafts, tmp_path, *options, **how)
    assert result.exit_code == 2
    assert phrase in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert files(tmp_path) == []


def test_a_sheet_is_not_both_in_large_print_and_in_two_languages(drafts: Tiny, tmp_path: Path) -> None:
    result = sheet(drafts, tmp_path, "--large-print", "--bilingual", lang="ar")
    assert result.exit_code == 2
    assert "Ask for one of --large-print and --bilingual." in result.stderr
    assert files(tmp_path) == []


def test_a_sheet_in_english_and_english_is_held(drafts: Tiny, tmp_path: Path) -> None:
    result = sheet(drafts, tmp_path, "--bilingual")
    assert result.exit_code == 1
    assert "held [need] a sheet in two languages has en beside the reader's own" in result.stderr
    assert files(tmp_path) == []


ODD_NAMES: Final = (
    "<script>alert(1)</script>",
    "{spf}",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "</td></table>",
    "&amp;",
    "%s \\n",
)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_that_looks_like_markup_is_printed_as_it_stands(
    drafts: Tiny, tmp_path: Path, name: str
) -> None:
    assert sheet(drafts, tmp_path, "--name", name).exit_code == 0
    assert re.sub(r"\s", "", name) in printed_text(tmp_path / "sheet.pdf")


def printed_text(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    try:
        return re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in document))
    finally:
        document.close()


def test_a_treatment_today_and_one_a_year_ago_are_taken(drafts: Tiny, tmp_path: Path) -> None:
    for day in (TODAY, TODAY - timedelta(days=365), TODAY - timedelta(days=366)):
        assert sheet(drafts, tmp_path, day=day.isoformat()).exit_code == 0
    assert sheet(drafts, tmp_path, day=(TODAY - timedelta(days=367)).isoformat()).exit_code == 2


def test_a_name_can_be_asked_for_so_that_no_list_of_programs_shows_it(
    drafts: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def prompt(text: str, *, value_proc: Callable[[str], str], err: bool) -> str:
        asked.append(f"{text} {err}")
        return value_proc("Jane  Example ")

    monkeypatch.setattr(click, "prompt", prompt)
    assert sheet(drafts, tmp_path, "--name", "-").exit_code == 0
    assert asked == ["Name True"]
    assert "JaneExample" in printed_text(tmp_path / "sheet.pdf")


def test_no_clinic_or_several_must_be_told_apart(own: Tiny, tmp_path: Path) -> None:
    other = (own.root / CLINIC).read_text("utf-8").replace("Harbour", "Pier")
    own.write("content/clinics/pier.yaml", other)
    content = f"{HEADER}\n{row()}"
    for result in (sheet(own, tmp_path), merge(own, content, tmp_path, "--out", tmp_path / "o")):
        assert result.exit_code == 2
        assert "Say which clinic with --clinic: harbour, pier." in result.stderr
    assert sheet(own, tmp_path, "--clinic", "pier").exit_code == 0
    assert "PierClinic" in printed_text(tmp_path / "sheet.pdf")
    for name in ("harbour", "pier"):
        (own.root / f"content/clinics/{name}.yaml").unlink()
    result = sheet(own, tmp_path)
    assert result.exit_code == 1
    assert "content/clinics:0: error [library] there is none here that can be read." in result.stderr


def test_a_clinic_that_does_not_hand_out_a_language_holds_its_sheets(own: Tiny, tmp_path: Path) -> None:
    own.change(CLINIC, "country: GB", "country: GB\nlanguages: [en]")
    result = sheet(own, tmp_path, lang="ar")
    assert result.exit_code == 1
    assert "held [language] Harbour Clinic does not hand out ar" in result.stderr


# --- A list that is wrong --------------------------------------------------------------------------

LISTS_REFUSED: Final[dict[str, tuple[str | bytes, str]]] = {
    "nothing": ("", "the list is empty"),
    "no rows": (HEADER, "the list has a header, but no row below it"),
    "no header": (row(), "none of the 8 cells of the first row is a header that a list needs"),
    "two equal headers": (
        HEADER.replace("site", "name") + "\n" + row(),
        "the header 'name' stands there twice. Rename or delete one of the columns.",
    ),
    "an open quotation mark": (
        f'{HEADER}\n{DAY},en,{TOPIC},"Jane Example,,,,\n',
        "a quotation mark is opened here, and never closed",
    ),
    "a row that is too long": (f"{HEADER}\n{row()},more\n", ":2: error [csv] row 2: there are 9 cells"),
    "a NUL byte": (f"{HEADER}\n{row(name='J' + chr(0))}\n", "line 2 holds a NUL byte"),
    "another encoding": (f"{HEADER}\n{row(name='Ã')}".encode("cp1252"), "--encoding cp1252"),
    "UTF-16": (f"{HEADER}\n{row()}".encode("utf-16"), "the list is UTF-16"),
    "29 February in a common year": (f"{HEADER}\n{row(day=LEAP)}", "'2026-02-29' is not in the calendar"),
    "a day to come": (f"{HEADER}\n{row(day='2026-11-26')}", "is after today, which is 2026-11-25"),
    "three years ago": (
        f"{HEADER}\n{row(day='2023-11-24')}",
        "would be a sheet for a treatment over a year ago",
    ),
    "a day of two readings": (
        f"{HEADER}\n{row(day='03/04/2026')}",
        "'03/04/2026' could be 2026-04-03 or 2026-03-04",
    ),
    "an unknown topic": (f"{HEADER}\n{row(topic='washing')}", "Did you mean washing-hands?"),
    "an unknown language": (f"{HEADER}\n{row('Klingon')}", "'Klingon' is no language of the library"),
    "no language": (f"{HEADER}\n{row('')}", "there is no language"),
    "large print and bilingual": (
        f"{HEADER}\n{row('ar', needs='yes,yes')}",
        "both large print and bilingual",
    ),
    "an unknown procedure": (
        f"treated-on,language,procedure\n{DAY},en,LASER\n",
        "the clinic's file does not say which topics they stand for",
    ),
    "a name of 300 characters": (
        f"{HEADER}\n{row(name='x' * 300)}",
        "column 'name': the text has 300 characters",
    ),
    "an emoji": (f"{HEADER}\n{row(name='J' + chr(0x1F600))}", "U+1F600 GRINNING FACE"),
    "a line break": (
        f"{HEADER}\n" + row(name="Jane\nExample"),
        "column 'name': there is a line break in the cell",
    ),
}


@pytest.mark.parametrize(("content", "phrase"), LISTS_REFUSED.values(), ids=LISTS_REFUSED)
def test_a_list_with_a_fault_makes_nothing_and_says_where_it_is(
    drafts: Tiny, tmp_path: Path, content: str | bytes, phrase: str
) -> None:
    result = merge(drafts, content, tmp_path, "--out", tmp_path / "o", "--drafts", "--make")
    assert result.exit_code == 1
    assert phrase in result.stderr
    assert re.match(r"list\.csv:\d+: error \[", result.stderr)
    assert result.stdout.endswith("Nothing was made.\n")
    assert files(tmp_path) == ["list.csv"]


def test_every_fault_of_a_list_is_told_at_once(drafts: Tiny, tmp_path: Path) -> None:
    rows = [row(day=LEAP), row(), row("xx"), row(topic="feet", day="2026-12-24")]
    result = merge(
        drafts, "\n".join([HEADER, *rows]), tmp_path, "--out", tmp_path / "o", "--drafts", "--make"
    )
    assert re.findall(r"^list\.csv:\d+: error \[[a-z-]+", result.stderr, re.MULTILINE) == [
        "list.csv:2: error [treated-on",
        "list.csv:4: error [language",
        "list.csv:5: error [treated-on",
        "list.csv:5: error [topic",
    ]


def test_a_list_in_an_older_encoding_is_read_if_that_is_said(drafts: Tiny, tmp_path: Path) -> None:
    content = f"{HEADER}\n{row(name='Zoë')}".encode("cp1252")
    options = ("--out", tmp_path / "o", "--drafts", "--make", "--encoding", "cp1252")
    assert merge(drafts, content, tmp_path, *options).exit_code == 0
    assert "Zoë" in printed_text(tmp_path / "o/row-2.pdf")


# --- Where nothing can be written, or read ---------------------------------------------------------


@pytest.mark.parametrize("kind", ["directory", "missing"])
def test_a_list_that_is_no_file_is_wrong_usage(drafts: Tiny, tmp_path: Path, kind: str) -> None:
    where = tmp_path if kind == "directory" else tmp_path / "nothing.csv"
    result = merge(drafts, where, tmp_path, "--out", tmp_path / "o", "--drafts", "--make")
    assert result.exit_code == 2
    assert not (tmp_path / "o").exists()


def test_one_of_a_folder_and_a_print_run_is_asked_for(drafts: Tiny, tmp_path: Path) -> None:
    both = ("--out", tmp_path / "o", "--print-run", tmp_path / "run.pdf")
    for options in ((), both):
        result = merge(drafts, LIST, tmp_path, *options, "--drafts", "--make")
        assert result.exit_code == 2
        assert "Say either --out for a folder, or --print-run for one file." in result.stderr
    assert files(tmp_path) == ["list.csv"]


@pytest.mark.parametrize("make", [(), ("--make",)], ids=["trial", "make"])
def test_a_folder_that_has_something_in_it_is_left_alone(
    drafts: Tiny, tmp_path: Path, make: tuple[str, ...]
) -> None:
    (tmp_path / "o").mkdir()
    (tmp_path / "o/precious.txt").write_text("words", "utf-8")
    result = merge(drafts, LIST, tmp_path, "--out", tmp_path / "o", "--drafts", *make)
    assert result.exit_code == 1
    assert (
        f"Error: {tmp_path}/o is there already, and not empty: choose another, or delete it first."
        in result.stderr
    )
    assert files(tmp_path) == ["list.csv", "o/precious.txt"]


@pytest.mark.parametrize("make", [(), ("--make",)], ids=["trial", "make"])
@pytest.mark.parametrize("place", [".", "..", "/", "", "list.csv/o", "x" * 300], ids=lambda place: place[:10])
def test_a_folder_that_cannot_be_is_one_message(
    drafts: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: tuple[str, ...], place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = merge(drafts, LIST, tmp_path, "--out", place, "--drafts", *make)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert "Errno" not in result.stderr
    assert files(tmp_path) == ["list.csv"]


@pytest.mark.parametrize(
    "place", ["list.csv/sheet.pdf", "none/sheet.pdf", "x" * 250], ids=lambda place: place[:10]
)
def test_a_file_that_cannot_be_is_one_message(drafts: Tiny, tmp_path: Path, place: str) -> None:
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    results = [
        sheet(drafts, tmp_path, "-o", tmp_path / place),
        merge(drafts, LIST, tmp_path, "--print-run", tmp_path / place, "--drafts"),
        merge(drafts, LIST, tmp_path, "--print-run", tmp_path / place, "--drafts", "--make"),
    ]
    for result in results:
        assert result.exit_code == 1
        assert result.stderr.splitlines()[-1].startswith(f"Error: {tmp_path}/{place}")
    assert files(tmp_path) == ["list.csv"]


@pytest.fixture(
    params=[errno.ENOSPC, errno.EROFS, errno.EACCES], ids=["disk full", "read-only", "not allowed"]
)
def broken_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Writing fails: at once in a folder that may not be written to, at the third file on a full disk."""
    number: int = request.param
    real, count = os.open, 0

    def refused(path: Any, flags: int, *more: Any, **options: Any) -> int:  # noqa: ANN401 # as os has it
        nonlocal count
        if flags & os.O_EXCL:
            count += 1
            if count > 2 or number != errno.ENOSPC:
                raise OSError(number, os.strerror(number), str(path))
        return real(path, flags, *more, **options)

    monkeypatch.setattr(os, "open", refused)
    yield number
    assert count, "nothing was written"


def test_a_disk_that_takes_no_more_leaves_nothing_behind(
    drafts: Tiny, tmp_path: Path, broken_disk: int
) -> None:
    result = merge(drafts, LIST, tmp_path, "--out", tmp_path / "o", "--drafts", "--make")
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: {tmp_path}/o: {os.strerror(broken_disk)}: free some space, or choose another folder.\n"
    )
    assert files(tmp_path) == ["list.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["list.csv"]


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may be larger than 20,000 bytes: the system cuts off what is written, in the middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_disk")
def test_half_a_file_is_never_left(drafts: Tiny, tmp_path: Path) -> None:
    results = [
        sheet(drafts, tmp_path, "--name", "Jane Example"),
        merge(drafts, LIST, tmp_path, "--out", tmp_path / "o", "--drafts", "--make"),
        merge(drafts, LIST, tmp_path, "--print-run", tmp_path / "run.pdf", "--drafts", "--make"),
    ]
    for result in results:
        assert result.exit_code == 1
        assert result.stderr.startswith(f"Error: {tmp_path}/")
        assert os.strerror(errno.EFBIG) in result.stderr
    assert files(tmp_path) == ["list.csv"]


def test_a_text_that_does_not_go_onto_its_page_is_told_without_its_words(
    drafts: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a name could not be broken: a finding of the layout quotes the line."""
    fault = Finding(
        "x", 0, "overflow", "a line runs out of its box: 'דוגמה Jane Example'", "Shorten the word."
    )
    monkeypatch.setattr(batch, "write", lambda job: Artifact(job.path, b"", 1, (fault,)))
    content = LIST.replace("דוגמה Jane", "דוגמה Jane Example")
    result = merge(drafts, content, tmp_path, "--out", tmp_path / "o", "--drafts", "--make")
    assert result.exit_code == 1
    assert (
        "row 5: x:0: error [overflow] what is said of this patient does not go onto the page" in result.stderr
    )
    assert "דוגמה" not in result.stderr + result.stdout
    assert result.stdout.endswith("4 sheets made, 0 rows held.\n")
    assert files(tmp_path / "o") == ["list.csv", "row-2.pdf", "row-3.pdf", "row-4.pdf", "row-6.pdf"]


def test_a_template_that_cannot_be_filled_in_is_told_with_its_place(own: Tiny, tmp_path: Path) -> None:
    own.change("templates/shared/sheet.html", '{{ ui["calendar-title"] }}', '{{ ui["no-such-text"] }}')
    results = [
        sheet(own, tmp_path),
        merge(own, f"{HEADER}\n{row()}", tmp_path, "--out", tmp_path / "o", "--drafts", "--make"),
    ]
    for result in results:
        assert result.exit_code == 1
        assert "templates/shared/sheet.html:" in result.stderr
        assert "error [template] the template cannot be filled in" in result.stderr


def test_days_are_those_of_the_clinic_and_not_of_greenwich(own: Tiny, tmp_path: Path) -> None:
    """At noon in Greenwich it is the next day on Kiritimati: a treatment there was today, not to come."""
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    assert sheet(own, tmp_path, day=tomorrow).exit_code == 2
    own.change(CLINIC, "country: GB", "country: GB\ntimezone: Pacific/Kiritimati")
    assert sheet(own, tmp_path, day=tomorrow).exit_code == 0
    assert (
        merge(own, "\n".join([HEADER, row(day=tomorrow)]), tmp_path, "--out", tmp_path / "o").exit_code == 1
    )
