"""A build makes exactly what is new, takes away what is old, and one bad Edition stops no other."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careleaf import pool
from careleaf.model import Selection
from careleaf.pipeline import Options, Report, build
from careleaf.publish import LOCK, MANIFEST
from tests.conftest import ROOT, TINY, TODAY, Tiny

TEXT = Selection(formats=("text",))
PLAIN = Selection(formats=("text", "web"))
TOPIC = "content/topics/washing-hands.yaml"
FEET = "content/topics/washing-feet.yaml"
CLINIC = "content/clinics/harbour.yaml"
SECOND_CLINIC = "content/clinics/seaside.yaml"
ARABIC = "locales/ar/LC_MESSAGES/washing-hands.po"
PAGE = "templates/formats/text/page.txt"


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the leaflets in this process: starting workers would take most of the time."""
    monkeypatch.setattr(pool, "run", lambda jobs, _, make: ((job, make(job)) for job in jobs))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The output folder, not made yet."""
    return tmp_path / "out"


@pytest.fixture
def two(tiny: Tiny) -> Tiny:
    """The tiny library with a second topic, in English and Arabic, and a second clinic."""
    topic = (tiny.root / TOPIC).read_text("utf-8")
    tiny.write(FEET, topic.replace("hands", "feet"))
    arabic = (tiny.root / ARABIC).read_text("utf-8")
    tiny.write(ARABIC.replace("hands", "feet"), arabic.replace("hands", "feet"))
    clinic = (tiny.root / CLINIC).read_text("utf-8")
    tiny.write(SECOND_CLINIC, clinic.replace("Harbour", "Seaside"))
    assert tiny.findings() == []
    return tiny


def contents(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != LOCK
    }


def paths(report: Report) -> set[str]:
    return {edition.path for edition in report.built}


SECOND_BUILD = """
import sys
from datetime import date
from pathlib import Path
from careleaf.model import Selection
from careleaf.pipeline import Options, build

selection = Selection(formats=tuple(sys.argv[3:]))
report = build(Path(sys.argv[1]), Path(sys.argv[2]), selection, Options(date(2026, 11, 25), 2))
assert not report.built and not report.removed, report
print(len(report.unchanged))
print(*sorted({name.split(".")[0] for name in sys.modules} & {"weasyprint", "pydyf", "pikepdf", "PIL"}))
"""


@pytest.mark.parametrize("formats", [[], ["handout", "web", "text"]], ids=["everything", "by-name"])
def test_a_second_build_does_nothing_and_loads_no_engine(tiny: Tiny, out: Path, formats: list[str]) -> None:
    tiny.build(out, Selection(formats=tuple(formats)))
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*") if path.name != LOCK}
    command = [sys.executable, "-c", SECOND_BUILD, str(tiny.root), str(out), *formats]
    second = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # our own code
    assert second.stderr == ""
    assert second.stdout.splitlines() == ["6", ""]
    assert len(before) == 6 + 5 + 1, "leaflets, pages of the site around them, the manifest"
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.usefixtures("one_process")
def test_force_makes_everything_again_with_the_same_bytes(tiny: Tiny, out: Path) -> None:
    tiny.build(out, PLAIN)
    before = contents(out)
    assert len(tiny.build(out, PLAIN, force=True).built) == 4
    assert contents(out) == before


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(
    ("file", "old", "new", "remade"),
    [
        (ARABIC, "يعود جلدكم ناعمًا.", "يعود جلدكم ناعمًا من جديد.", "*/ar/washing-hands.text.txt"),
        (FEET, "version: 3", "version: 4", "*/*/washing-feet.text.txt"),
        (SECOND_CLINIC, "020 7946 0991", "020 7946 0992", "seaside/*/*.text.txt"),
        ("locales/ar/profile.yaml", "1.06", "1.07", "*/ar/*.text.txt"),
        (PAGE, "{{ leaflet.title }}", "{{ leaflet.title }}!", "*/*/*.text.txt"),
    ],
    ids=["translation", "topic", "clinic", "locale", "template"],
)
def test_a_change_remakes_its_own_leaflets_only(  # noqa: PLR0913, PLR0917 # one row of the table
    two: Tiny, out: Path, file: str, old: str, new: str, remade: str
) -> None:
    two.build(out, TEXT)
    two.change(file, old, new)
    report = two.build(out, TEXT)
    expected = {path.relative_to(out).as_posix() for path in out.glob(remade)}
    assert expected
    assert paths(report) == expected
    assert len(report.unchanged) == 8 - len(expected)


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(
    ("lost", "gone"),
    [
        ([FEET, ARABIC.replace("hands", "feet")], "*/*/washing-feet.*"),
        ([SECOND_CLINIC], "seaside/*/*"),
        ([ARABIC.replace("hands", "feet")], "*/ar/washing-feet.*"),
    ],
    ids=["topic", "clinic", "translation"],
)
def test_the_leaflets_of_what_was_removed_are_taken_away_with_their_folders(
    two: Tiny, out: Path, lost: list[str], gone: str
) -> None:
    two.build(out, TEXT)
    expected = sorted(path.relative_to(out).as_posix() for path in out.glob(gone))
    assert expected
    for file in lost:
        (two.root / file).unlink()
    report = two.build(out, TEXT)
    assert list(report.removed) == expected
    assert not list(out.glob(gone))
    assert all(any(folder.iterdir()) for folder in out.rglob("*") if folder.is_dir())
    assert len(contents(out)) == 8 - len(expected) + 1


@pytest.mark.usefixtures("one_process")
def test_a_removed_language_leaves_nothing_behind(two: Tiny, out: Path) -> None:
    two.build(out, TEXT)
    shutil.rmtree(two.root / "locales/ar")
    assert len(two.build(out, TEXT).removed) == 4
    assert sorted(path.name for path in out.glob("*/*")) == ["en", "en"]


@pytest.mark.usefixtures("one_process")
def test_a_leaflet_that_went_stale_is_taken_away_so_that_nobody_hands_it_out(tiny: Tiny, out: Path) -> None:
    tiny.build(out, TEXT)
    old = out / "harbour/ar/washing-hands.text.txt"
    assert old.exists()
    tiny.change(TOPIC, "your hands swell", "your hands swell up")
    report = tiny.build(out, TEXT)
    assert report.removed == ("harbour/ar/washing-hands.text.txt",)
    assert not old.exists()
    assert [finding.rule for finding in report.findings] == ["stale"]
    assert paths(report) == {"harbour/en/washing-hands.text.txt"}


@pytest.mark.usefixtures("one_process")
def test_a_wrong_file_stops_the_build_and_touches_nothing(tiny: Tiny, out: Path) -> None:
    tiny.build(out, TEXT)
    before = contents(out)
    tiny.change(TOPIC, "audience: adult", "audiance: adult")
    report = tiny.build(out, TEXT)
    assert (report.built, report.unchanged, report.removed) == ((), (), ())
    assert "audiance" in " ".join(map(str, report.findings))
    assert contents(out) == before


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip_a_byte(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("damage", [truncate, flip_a_byte, empty, Path.unlink])
@pytest.mark.parametrize("selection", [Selection(), PLAIN], ids=["everything", "by-name"])
def test_a_damaged_file_is_made_again_and_no_other(
    tiny: Tiny, out: Path, damage: Callable[[Path], None], selection: Selection
) -> None:
    tiny.build(out, selection)
    before = contents(out)
    damage(out / "harbour/ar/washing-hands.web.html")
    report = tiny.build(out, selection)
    assert paths(report) == {"harbour/ar/washing-hands.web.html"}
    assert contents(out) == before


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(
    ("selection", "pattern", "count"),
    [
        (Selection(topics=("washing-feet",), formats=("text",)), "*/*/washing-feet.text.txt", 4),
        (Selection(langs=("ar",), formats=("text",)), "*/ar/*.text.txt", 4),
        (Selection(clinics=("seaside",), formats=("text",)), "seaside/*/*.text.txt", 4),
        (Selection(formats=("web",)), "*/*/*.web.html", 8),
        (Selection(("washing-feet",), ("ar",), ("web", "text"), ("seaside",)), "seaside/ar/*feet*", 2),
    ],
    ids=["topic", "lang", "clinic", "format", "all-four"],
)
def test_a_selection_makes_what_was_asked_for_and_nothing_else(
    two: Tiny, out: Path, selection: Selection, pattern: str, count: int
) -> None:
    two.build(out, selection)
    assert len(list(out.glob(pattern))) == count
    around = {"index.html", "approval.html"}
    assert len([name for name in contents(out) if Path(name).name not in around]) == count + 1


@pytest.mark.usefixtures("one_process")
def test_a_selection_keeps_what_was_built_before(two: Tiny, out: Path) -> None:
    two.build(out, TEXT)
    before = contents(out)
    report = two.build(out, Selection(topics=("washing-feet",), formats=("text",)))
    assert (len(report.built), len(report.unchanged), report.removed) == (0, 4, ())
    assert contents(out) == before


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(
    "fault",
    [
        "{{ leaflet.subtitle }}",
        "{{ ui['no-such-text'] }}",
        "{% include 'formats/text/missing.txt' %}",
        "{{ 1 / 0 }}",
        "{{ leaflet.title + 1 }}",
        "{% for _ in range(999999999) %}{% endfor %}",
        "{{ leaflet.__class__.__mro__ }}",
    ],
    ids=["undefined", "no-text", "no-file", "division", "type", "endless", "sandbox"],
)
def test_a_template_that_fails_is_told_with_its_line_and_the_other_formats_are_made(
    tiny: Tiny, out: Path, fault: str
) -> None:
    page = (tiny.root / PAGE).read_text("utf-8")
    tiny.write(PAGE, f"{fault}\n{page}")
    report = tiny.build(out, PLAIN)
    assert {edition.format for edition in report.built} == {"web"}
    told = [(finding.file, finding.line, finding.rule) for finding in report.findings]
    assert told == [(PAGE, 1, "template")] * 2
    assert not list(out.rglob("*.txt"))


@pytest.mark.usefixtures("one_process")
def test_a_fault_in_a_shared_template_is_told_with_the_shared_file_and_its_line(
    tiny: Tiny, out: Path
) -> None:
    shared, web = "templates/shared/greeting.html", "templates/formats/web/page.html"
    tiny.write(shared, "{% macro greet() %}\n<p>Hello</p>\n{{ nowhere }}\n{% endmacro %}\n")
    page = (tiny.root / web).read_text("utf-8")
    tiny.write(web, f'{{% import "shared/greeting.html" as greeting %}}{{{{ greeting.greet() }}}}{page}')
    report = tiny.build(out, PLAIN)
    assert {edition.format for edition in report.built} == {"text"}
    assert {(finding.file, finding.line) for finding in report.findings} == {(shared, 3)}


@pytest.mark.usefixtures("one_process")
def test_a_template_with_a_syntax_error_is_told_with_its_line(tiny: Tiny, out: Path) -> None:
    page = (tiny.root / PAGE).read_text("utf-8")
    tiny.write(PAGE, f"Title\n{{% if %}}\n{page}")
    report = tiny.build(out, PLAIN)
    assert {(finding.file, finding.line) for finding in report.findings} == {(PAGE, 2)}
    assert {edition.format for edition in report.built} == {"web"}


@pytest.mark.usefixtures("one_process")
def test_a_leaflet_that_fails_now_takes_its_old_file_away(tiny: Tiny, out: Path) -> None:
    tiny.build(out, PLAIN)
    tiny.change(PAGE, "{{ leaflet.title }}", "{{ leaflet.subtitle }}")
    assert len(tiny.build(out, PLAIN).removed) == 2
    assert not list(out.rglob("*.txt"))
    tiny.change(PAGE, "{{ leaflet.subtitle }}", "{{ leaflet.title }}")
    assert len(tiny.build(out, PLAIN).built) == 2


@pytest.mark.usefixtures("one_process")
def test_a_leaflet_longer_than_its_format_allows_is_told_and_not_printed(tiny: Tiny, out: Path) -> None:
    tiny.change("templates/formats/handout/format.yaml", "pages: 4", "pages: 1")
    filler = " ".join(["Rest and keep your hands dry."] * 20)
    units = "".join(f"      - {{id: more-{n}, text: {filler}, sources: [SOAP]}}\n" for n in range(6))
    tiny.change(TOPIC, "      - {id: soap", f"{units}      - {{id: soap")
    report = tiny.build(out, Selection(formats=("handout", "text"), langs=("en",)))
    (finding,) = [each for each in report.findings if each.severity == "error"]
    assert finding.rule == "page-limit"
    assert re.fullmatch(r"the leaflet has \d pages, and its format allows 1", finding.message)
    assert finding.file == "washing-hands en harbour handout"
    assert paths(report) == {"harbour/en/washing-hands.text.txt"}
    assert not list(out.rglob("*.pdf"))


@pytest.mark.usefixtures("one_process")
def test_progress_counts_every_leaflet_to_the_last(tiny: Tiny, out: Path) -> None:
    seen: list[tuple[int, int]] = []
    options = Options(TODAY, 1, progress=lambda done, total, _: seen.append((done, total)))
    build(tiny.root, out, PLAIN, options)
    assert seen == [(1, 2), (2, 2)] * 2, "the files first, then the pages that link to them"


# Edits that an author, a translator, a clinic and a designer make; some leave a text stale.
EDITS = [
    (TOPIC, "soft again", "soft once more"),
    (TOPIC, "version: 3", "version: 4"),
    (TOPIC, "value: 4, min: 2", "value: 3, min: 2"),
    (ARABIC, "يعود جلدكم ناعمًا.", "يعود جلدكم ناعمًا من جديد."),
    (ARABIC, 'msgstr "يد"', 'msgstr ""'),
    (ARABIC, "#, machine", "#, human"),
    (CLINIC, "020 7946 0991", "020 7946 0992"),
    (CLINIC, "times: 5", "times: 6"),
    (CLINIC, "country: GB\nphone", "country: GB\nlanguages: [ar]\nphone"),
    (PAGE, "{{ leaflet.version }}", "{{ leaflet.version | upper }}"),
    (PAGE, "{{ leaflet.title }}", "{{ leaflet.subtitle }}"),
    ("templates/formats/text/format.yaml", "columns: 72", "columns: 60"),
    ("templates/ui.yaml", "text: Phone\n", "text: Telephone\n"),
    ("content/sources.yaml", "A made-up publisher", "Another made-up publisher"),
    ("content/images/hand.svg", "#f0d3b8", "#f0d3b9"),
    ("locales/ar/profile.yaml", "english: Arabic", "english: Modern Arabic"),
]


@pytest.mark.usefixtures("one_process")
@settings(max_examples=20, deadline=None)
@given(edits=st.lists(st.sampled_from(EDITS), min_size=1, max_size=4))
def test_however_a_library_came_about_its_output_is_that_of_a_clean_build(
    edits: list[tuple[str, str, str]],
) -> None:
    """Each edit turns a text over to its other form and back, with a build after it."""
    with TemporaryDirectory() as folder:
        library = Tiny(Path(folder, "library"))
        copy_tiny(library.root)
        library.build(Path(folder, "out"), PLAIN)
        for number, (file, old, new) in enumerate(edits):
            there = old in (library.root / file).read_text("utf-8")
            library.change(file, *((old, new) if there else (new, old)))
            library.build(Path(folder, "out"), PLAIN)
            library.build(Path(folder, f"clean-{number}"), PLAIN)
            assert contents(Path(folder, "out")) == contents(Path(folder, f"clean-{number}"))


def copy_tiny(root: Path) -> None:
    shutil.copytree(TINY, root)
    shutil.copytree(ROOT / "templates", root / "templates")
    for file in ("en/profile.yaml", "ar/profile.yaml", "ar/LC_MESSAGES/ui.po"):
        (root / "locales" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "locales" / file, root / "locales" / file)


def test_the_manifest_says_what_each_file_is(tiny: Tiny, out: Path) -> None:
    tiny.build(out, Selection(langs=("en",)))
    manifest = json.loads((out / MANIFEST).read_text("utf-8"))
    assert manifest["engine"]["weasyprint"] == "70.0"
    assert "NotoSans-Regular.ttf" in manifest["fonts"]
    rows = {row["format"]: row for row in manifest["editions"]}
    assert rows.keys() == {"handout", "web", "text"}
    assert rows["handout"]["pages"] == 1
    assert rows["handout"]["path"] == "harbour/en/washing-hands.handout.pdf"
    assert {row["status"] for row in rows.values()} == {"draft"}


def test_a_leaflet_in_two_languages_is_made_only_if_asked_for_and_then_kept_up_to_date(
    tiny: Tiny, tmp_path: Path
) -> None:
    """An old phone number must not stay in out/ because nobody asked for that shape again."""
    out = tmp_path / "out"
    assert {edition.format for edition in tiny.build(out).built} == {"handout", "text", "web"}
    asked = tiny.build(out, Selection(langs=("ar",), formats=("bilingual",)))
    # The web page now links to it.
    names = ["washing-hands.bilingual.pdf", "washing-hands.web.html"]
    assert [edition.path for edition in asked.built] == [f"harbour/ar/{name}" for name in names]
    tiny.change("content/clinics/harbour.yaml", "020 7946 0991", "020 7946 0992")
    assert "ar bilingual" in {f"{edition.lang} {edition.format}" for edition in tiny.build(out).built}
    assert (out / "harbour/ar/washing-hands.bilingual.pdf").is_file()
