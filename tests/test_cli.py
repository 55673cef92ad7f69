"""The commands: what they print, where, and with which exit code; never a traceback."""

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click
import pikepdf
import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from careleaf import doctor, fonts, schema
from careleaf.cli import main, shell
from careleaf.mail.outbox import opened
from careleaf.versions import versions
from tests.commands import careleaf
from tests.conftest import NEXT_YEAR, ROOT, TODAY, Built, Tiny, as_it_ships

TOPIC = "content/topics/washing-hands.yaml"
ARABIC = "locales/ar/LC_MESSAGES/washing-hands.po"
ESCAPE = "\x1b"


pytestmark = pytest.mark.usefixtures("one_process_one_day")


def build(tiny: Tiny, out: Path, *args: object) -> Result:
    return careleaf("build", "--root", tiny.root, "--out", out, *args)


def commands(group: click.Group = main, *prefix: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *prefix, name)
        else:
            yield (*prefix, name), command


COMMANDS = dict(commands())


def test_the_commands_are_those_that_the_documents_name() -> None:
    names = {" ".join(words) for words in COMMANDS}
    assert names == {
        "build", "check", "list", "status", "doctor", "schema", "verify", "review", "approve", "withdraw",
        "expiring", "evidence", "gallery", "sheet", "merge",
        "mail queue", "mail queue-one", "mail preview", "mail correct", "mail send", "mail status",
        "mail retry", "mail cancel", "mail expire", "mail suppress", "mail receipts", "mail bounces",
        "mail doctor", "mail rescue",
        "new library", "new topic", "new clinic",
        "new language",
        "translate sync", "translate extract", "translate status", "translate export", "translate import",
        "translate check", "translate waive", "translate back-export", "translate back-import",
    }  # fmt: skip


@pytest.mark.parametrize("words", [(), *COMMANDS], ids=" ".join)
def test_the_help_of_every_command_shows_an_example(words: tuple[str, ...]) -> None:
    result = careleaf(*words, "--help")
    assert result.exit_code == 0
    example = " ".join(("careleaf", *words))
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert [line for line in lines if line.startswith(example)], result.stdout


def test_build_is_what_careleaf_does_when_nothing_else_is_said(tiny: Tiny, tmp_path: Path) -> None:
    result = careleaf("--root", tiny.root, "--out", tmp_path / "out", "--format", "text")
    assert result.exit_code == 0
    assert result.stdout == (
        f"2 built, 0 unchanged, in {tmp_path}/out/. 2 are not approved and say so on every page.\n"
    )
    assert result.stderr == ""


def test_a_word_that_is_no_command_is_refused(tiny: Tiny) -> None:
    result = careleaf("biuld", "--root", tiny.root)
    assert result.exit_code == 2
    assert "No such command 'biuld'" in result.stderr


def test_a_build_says_what_it_did_the_second_time(tiny: Tiny, tmp_path: Path) -> None:
    build(tiny, tmp_path / "out", "--format", "text")
    assert build(tiny, tmp_path / "out", "--format", "text").stdout.startswith("0 built, 2 unchanged, in ")
    tiny.change(TOPIC, "soft again", "soft once more")
    result = build(tiny, tmp_path / "out", "--format", "text")
    assert result.stdout.startswith("1 built, 0 unchanged, 1 removed, in ")
    assert result.exit_code == 1, "a text is held back"
    assert f"{ARABIC}:" in result.stderr


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("--topic", "washing-hand", "Did you mean washing-hands?"),
        ("--format", "handouts", "Did you mean handout?"),
        ("--clinic", "habour", "Did you mean harbour?"),
        ("--lang", "xx", "There are: ar, en."),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(
    tiny: Tiny, tmp_path: Path, option: str, value: str, hint: str
) -> None:
    result = build(tiny, tmp_path / "out", option, value)
    assert result.exit_code == 2
    assert f"Invalid value for {option}: {value} is unknown. {hint}" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_wrong_file_stops_the_build_with_exit_code_1(tiny: Tiny, tmp_path: Path) -> None:
    tiny.change(TOPIC, "audience: adult", "audiance: adult")
    result = build(tiny, tmp_path / "out")
    assert result.exit_code == 1
    assert result.stdout == "Nothing was built.\n"
    assert f"{TOPIC}:3: error [unknown-key] the key 'audiance' is unknown here." in result.stderr


def test_check_tells_every_finding_once_with_its_file_and_line(tiny: Tiny) -> None:
    tiny.change(TOPIC, "audience: adult", "audiance: adult")
    tiny.change("content/clinics/harbour.yaml", "country: GB", "country: Britain")
    tiny.change(ARABIC, "مدة الفرك: {scrub}.", "مدة الفرك.")
    result = careleaf("check", "--root", tiny.root)
    assert result.exit_code == 1
    told = (result.stderr + result.stdout).splitlines()
    findings = tiny.findings()
    assert len(findings) >= 4
    for finding in findings:
        assert told.count(str(finding)) == 1
        assert str(finding).startswith(f"{finding.file}:{finding.line}: ")
    assert len([line for line in told if " advice [" not in line]) == len(findings) + 1
    errors = sum(finding.severity == "error" for finding in findings)
    assert told[-1].startswith(f"Errors: {errors}. ")


def test_check_of_a_good_library_is_one_line_and_exit_code_0(tiny: Tiny) -> None:
    result = careleaf("check", "--root", tiny.root)
    assert result.exit_code == 0
    assert result.stdout == "Errors: 0. Texts not current: 0. Warnings: 0.\n"
    assert result.stderr.startswith(f"{TOPIC}:13: advice [grade] reading grade ")
    assert "Flesch-Kincaid" in result.stderr, "a grade without its formula means nothing"


def test_a_warning_alone_is_no_failure(tiny: Tiny) -> None:
    tiny.write("content/sources.yaml", (tiny.root / "content/sources.yaml").read_text("utf-8") + UNUSED)
    result = careleaf("check", "--root", tiny.root)
    assert result.exit_code == 0
    assert "warning [unused-source]" in result.stderr + result.stdout


UNUSED = "UNUSED: {title: Unused, publisher: Nobody, grade: C}\n"


def test_list_names_everything_that_can_be_asked_for(tiny: Tiny) -> None:
    result = careleaf("list", "--root", tiny.root)
    assert result.exit_code == 0
    words = result.stdout.split()
    assert {"washing-hands", "en", "ar", "handout", "web", "text", "harbour"} <= set(words)


def test_status_shows_each_topic_in_each_language(tiny: Tiny) -> None:
    tiny.change(TOPIC, "soft again", "soft once more")
    tiny.write("content/topics/feet.yaml", (tiny.root / TOPIC).read_text("utf-8"))
    result = careleaf("status", "--root", tiny.root)
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[0] == ["topic", "ar", "en"]
    assert ["feet", "missing", "draft"] in rows
    assert ["washing-hands", "stale", "draft"] in rows
    assert " ".join(rows[-1]) == "1 missing, 1 stale, 2 draft."


def test_status_of_a_library_without_a_clinic_is_no_traceback(tiny: Tiny) -> None:
    (tiny.root / "content/clinics/harbour.yaml").unlink()
    result = careleaf("status", "--root", tiny.root)
    assert (result.exit_code, "2 missing." in result.stdout) == (0, True)


def test_status_of_many_languages_is_readable_in_a_log_too(tiny: Tiny) -> None:
    """A pipe has no width: words cut to fit 80 columns would tell nothing."""
    profile = (tiny.root / "locales/ar/profile.yaml").read_text("utf-8")
    for number in range(24):
        tiny.write(f"locales/x{chr(97 + number)}/profile.yaml", profile)
    rows = [line.split() for line in careleaf("status", "--root", tiny.root).stdout.splitlines()]
    assert len(rows[0]) == 27
    assert rows[1] == ["washing-hands", "draft", "draft", *["missing"] * 24]


def parsed(result: Result) -> Any:  # noqa: ANN401 # any JSON
    assert ESCAPE not in result.stdout
    return json.loads(result.stdout)


def json_commands() -> list[tuple[str, ...]]:
    return [
        words
        for words, command in COMMANDS.items()
        if any("--json" in parameter.opts for parameter in command.params)
    ]


def test_every_command_that_a_machine_would_read_has_json() -> None:
    assert set(json_commands()) >= {("build",), ("check",), ("list",), ("status",), ("doctor",), ("verify",)}


def test_build_tells_as_json_what_it_did(tiny: Tiny, tmp_path: Path) -> None:
    tiny.change(TOPIC, "soft again", "soft once more")
    result = build(tiny, tmp_path / "out", "--format", "text", "--json")
    told = parsed(result)
    assert result.exit_code == 1
    assert told["built"] == ["harbour/en/washing-hands.text.txt"]
    assert (told["unchanged"], told["removed"]) == ([], [])
    assert [finding["rule"] for finding in told["findings"]] == ["stale"]


def test_check_tells_as_json_what_is_wrong(tiny: Tiny) -> None:
    assert {each["severity"] for each in parsed(careleaf("check", "--root", tiny.root, "--json"))} == {
        "advice"
    }
    tiny.change(TOPIC, "audience: adult", "audiance: adult")
    result = careleaf("check", "--root", tiny.root, "--json")
    assert result.exit_code == 1
    finding = next(each for each in parsed(result) if each["rule"] == "unknown-key")
    assert (finding["file"], finding["line"], finding["severity"]) == (TOPIC, 3, "error")
    assert finding.keys() == {"file", "line", "rule", "message", "mend", "severity"}


def test_list_status_and_doctor_tell_json(tiny: Tiny) -> None:
    listed = parsed(careleaf("list", "--root", tiny.root, "--json"))
    assert list(listed["languages"]) == ["ar", "en"]
    state = parsed(careleaf("status", "--root", tiny.root, "--json"))
    assert state["topics"] == {"washing-hands": {"ar": "draft", "en": "draft"}}
    assert state["counts"] == {
        "missing": 0,
        "stale": 0,
        "draft": 2,
        "approved": 0,
        "expired": 0,
        "withdrawn": 0,
    }
    assert state["voided"] == {}
    assert parsed(careleaf("doctor", "--json"))["found"]["weasyprint"] == "70.0"


def test_doctor_is_content_with_this_machine() -> None:
    result = careleaf("doctor")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == "Everything that is needed is here."
    named = {line.split()[0] for line in result.stdout.splitlines()[:-1]}
    assert named >= {"python", "careleaf", "weasyprint", "pango", "harfbuzz", "fonts"}


def test_doctor_finds_a_font_file_that_was_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = fonts.faces()
    monkeypatch.setattr(fonts, "faces", lambda: (replace(first, sha256="0" * 64), *others))
    result = careleaf("doctor")
    assert result.exit_code == 1
    assert f"{first.package}/{first.path}" in result.stderr
    assert "pip install --force-reinstall" in result.stderr
    assert "To mend: 1." in result.stdout


def test_doctor_finds_a_font_package_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = fonts.faces()
    monkeypatch.setattr(fonts, "faces", lambda: (replace(first, package="no_such_package"), *others))
    result = careleaf("doctor")
    assert result.exit_code == 1
    assert "no_such_package" in result.stderr


@pytest.mark.parametrize("library", doctor.LIBRARIES)
def test_doctor_finds_a_missing_system_library_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    found = MappingProxyType({**versions(), library: "missing"})
    monkeypatch.setattr(doctor, "versions", lambda: found)
    result = careleaf("doctor")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "apt-get install lib" in line


@pytest.mark.parametrize("kind", schema.FILES)
def test_the_committed_schema_is_the_one_that_the_model_has(kind: str) -> None:
    """Editors read the committed file, so it must never lag behind. Mend: careleaf schema KIND > FILE."""
    result = careleaf("schema", kind)
    assert result.exit_code == 0
    committed = ROOT / "content/schema" / f"{kind}.schema.json"
    assert committed.read_text("utf-8") == result.stdout


FILES_OF = {
    "topic": "content/topics/*.yaml",
    "clinic": "content/clinics/*.yaml",
    "locale": "locales/*/profile.yaml",
    "format": "templates/formats/*/format.yaml",
}


@pytest.mark.parametrize("kind", FILES_OF)
def test_the_schema_accepts_every_key_of_the_shipped_files(kind: str) -> None:
    told = json.loads(careleaf("schema", kind).stdout)
    assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    files = sorted(ROOT.glob(FILES_OF[kind]))
    assert files
    for file in files:
        keys = YAML(typ="safe", pure=True).load(file).keys()
        assert keys <= told["properties"].keys()
        assert keys >= set(told["required"])


@pytest.mark.parametrize(("file", "kind"), [("content/sources.yaml", "sources"), ("templates/ui.yaml", "ui")])
def test_the_schema_accepts_every_entry_of_the_shipped_lists(file: str, kind: str) -> None:
    told = json.loads(careleaf("schema", kind).stdout)
    (entry,) = told["$defs"].values()
    rows = YAML(typ="safe", pure=True).load(ROOT / file)
    assert rows
    for row in rows.values():
        assert set(entry["required"]) <= row.keys() <= entry["properties"].keys()


def test_an_unknown_kind_of_schema_is_refused() -> None:
    assert careleaf("schema", "leaflet").exit_code == 2


PDF = "{clinic}/en/milia-in-babies.handout.pdf"


@pytest.fixture
def pdf(built: Built, tmp_path: Path) -> Path:
    """A copy of one shipped leaflet, as it may lie in a rack: the name says nothing any more."""
    (clinic,) = built.library.clinics
    copy = tmp_path / "scan.pdf"
    shutil.copy(built.out / PDF.format(clinic=clinic), copy)
    return copy


def verify(pdf: Path, root: Path, out: Path, *args: str) -> Result:
    return careleaf("verify", pdf, "--root", root, "--out", out, *args)


def test_verify_knows_a_leaflet_of_ours_that_is_current(built: Built, pdf: Path) -> None:
    result = verify(pdf, ROOT, built.out)
    assert result.exit_code == 0
    assert result.stdout.startswith("Leaflet: milia-in-babies en ")
    assert "Bytes:   as we built them\nText:    current\n" in result.stdout


def test_verify_knows_it_without_any_record_of_the_build(pdf: Path, tmp_path: Path) -> None:
    told = parsed(verify(pdf, ROOT, tmp_path / "nothing", "--json"))
    assert (told["ours"], told["current"]) == (True, True)


def test_verify_sees_one_changed_byte(built: Built, pdf: Path) -> None:
    content = bytearray(pdf.read_bytes())
    content[content.index(b"%", 1) + 1] ^= 1  # in the comment after the first line, which nobody reads
    pdf.write_bytes(bytes(content))
    result = verify(pdf, ROOT, built.out)
    assert result.exit_code == 1
    assert "Bytes:   CHANGED since we built them: do not hand it out" in result.stdout


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_verify_is_not_deceived_wherever_a_byte_is_changed(
    built: Built, pdf: Path, place: float, bit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "load", lambda _: (as_it_ships(), []))  # the same library every time
    whole = pdf.read_bytes()
    content = bytearray(whole)
    content[int(place * len(content))] ^= 1 << bit
    pdf.write_bytes(bytes(content))
    try:
        assert verify(pdf, ROOT, built.out).exit_code == 1
    finally:
        pdf.write_bytes(whole)


@pytest.fixture
def changed_library(tmp_path: Path) -> Tiny:
    """A copy of the shipped library, to be changed."""
    copy = Tiny(tmp_path / "library")
    for folder in ("content", "locales", "templates"):
        shutil.copytree(ROOT / folder, copy.root / folder)
    return copy


def test_verify_sees_that_the_text_has_changed_since(built: Built, pdf: Path, changed_library: Tiny) -> None:
    topic = "content/topics/milia-in-babies.yaml"
    title = next(
        line
        for line in (changed_library.root / topic).read_text("utf-8").splitlines()
        if line.startswith("title: ")
    )
    changed_library.change(topic, title, f"{title} again")
    result = verify(pdf, changed_library.root, built.out)
    assert result.exit_code == 1
    assert "Bytes:   as we built them\nText:    NOT current" in result.stdout


@pytest.mark.parametrize(
    "gone",
    ["content/topics/milia-in-babies.yaml", "templates/formats/handout", "content/clinics"],
    ids=["topic", "format", "clinic"],
)
def test_verify_of_a_leaflet_that_the_library_no_longer_has_says_that_it_is_not_current(
    built: Built, pdf: Path, changed_library: Tiny, gone: str
) -> None:
    for path in [changed_library.root / gone, *changed_library.root.glob("locales/*/*/milia-in-babies.po")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    result = verify(pdf, changed_library.root, built.out)
    assert result.exit_code == 1
    assert "Text:    NOT current" in result.stdout


def foreign(path: Path, attachment: bytes | None) -> Path:
    """Make somebody else's PDF, which may carry a file with our file's name."""
    with pikepdf.new() as made:
        made.add_blank_page()
        if attachment is not None:
            made.attachments["leaflet.json"] = pikepdf.AttachedFileSpec(
                made,
                attachment,
                description="",
                filename="leaflet.json",
                mime_type="application/json",
                creation_date="",
                mod_date="",
            )
        made.save(path)
    return path


@pytest.mark.parametrize(
    "attachment",
    [
        None,
        b"\xff",
        b"[]",
        b"{}",
        b'{"edition": {}}',
        b'{"edition": "milia"}',
        b'{"edition": {"topic": 1, "lang": [], "clinic": {}, "format": null}, "digest": 5, "topic": 5}',
        b'{"edition": null, "topic": {"version": 1}, "text_digest": "a", "digest": "a"}',
        b"[" * 100_000,
    ],
    ids=["none", "bytes", "list", "empty", "half", "text", "types", "null", "deep"],
)
def test_verify_of_somebody_elses_pdf_says_so(tmp_path: Path, attachment: bytes | None) -> None:
    result = verify(foreign(tmp_path / "theirs.pdf", attachment), ROOT, tmp_path)
    assert result.exit_code == 1
    assert "is no leaflet of careleaf" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"words", b"\x00" * 5000])
def test_verify_of_a_file_that_is_no_pdf_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file.pdf").write_bytes(content)
    result = verify(tmp_path / "file.pdf", ROOT, tmp_path)
    assert result.exit_code == 1
    assert "is no leaflet of careleaf" in result.stderr


def test_verify_of_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert verify(tmp_path / "nothing.pdf", ROOT, tmp_path).exit_code == 2


def test_a_library_of_ones_own_builds(tmp_path: Path) -> None:
    made = careleaf("new", "library", tmp_path / "mine")
    assert made.exit_code == 0
    assert f"careleaf build --root {tmp_path}/mine" in made.stdout, "it says what to do next"
    built = careleaf("build", "--root", tmp_path / "mine", "--out", tmp_path / "out", "--format", "text")
    assert (built.exit_code, built.stderr) == (0, "")


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_library_of_ones_own_overwrites_nothing(tmp_path: Path, kind: str) -> None:
    mine = tmp_path / "mine"
    precious = mine if kind == "file" else mine / "precious.txt"
    precious.parent.mkdir(exist_ok=True)
    precious.write_text("words", "utf-8")
    result = careleaf("new", "library", mine)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert precious.read_text("utf-8") == "words"
    assert [path.name for path in tmp_path.rglob("*") if path != mine] == [precious.name] * (kind == "folder")


def test_a_library_of_ones_own_where_nothing_can_be_written_is_one_message() -> None:
    result = careleaf("new", "library", "/proc/mine")
    assert result.exit_code in {1, 2}
    assert result.stderr.splitlines()[-1].startswith("Error: ")


ROOTED = [words for words, command in COMMANDS.items() if any("--root" in p.opts for p in command.params)]


def at_root(words: tuple[str, ...], root: Path, folder: Path) -> Result:
    """Run a command on a library, with all that it must be told."""
    person = ["--by", "Test Reviewer", "--credential", "fixture", "--until", NEXT_YEAR]
    sent = folder / "washing-hands.ar.csv"
    sent.write_text("id,english,translation\n", "utf-8")
    more: dict[str, list[Any]] = {
        "verify": [foreign(folder / "any.pdf", None)],
        "build": ["--out", folder / "out"],
        "sheet": ["washing-hands", "--lang", "en", "--treated-on", TODAY, "-o", folder / "sheet.pdf"],
        "merge": [sent, "--out", folder / "sheets"],
        "review": ["washing-hands", "--lang", "en", "-o", folder / "review.html"],
        "approve": ["washing-hands", "--lang", "en", "--role", "clinical", *person],
        "withdraw": ["washing-hands", "--reason", "a test", "--out", folder / "out"],
        "topic": ["another", "--kind", "aftercare"],
        "clinic": ["another"],
        "language": ["vi"],
        "extract": ["washing-hands", "-o", folder / "any.pot"],
        "export": ["ar", "washing-hands", "-o", folder / "any.zip"],
        "import": [sent, "--by", "Test Translator", "--provenance", "human"],
        "waive": [
            "ar",
            "washing-hands",
            "title",
            "--rule",
            "term",
            "--by",
            "Test Reviewer",
            "--why",
            "a test",
        ],
        "back-export": ["ar", "washing-hands", "-o", folder / "any.back.po"],
        "back-import": [sent, "--by", "Test Translator"],
        "queue": [sent],
        "queue-one": [
            "washing-hands",
            "--lang",
            "en",
            "--treated-on",
            TODAY,
            "--to",
            "jane@example.com",
            "--consented-on",
            TODAY,
        ],
        "correct": [sent, "--topic", "washing-hands"],
        "preview": ["washing-hands", "--lang", "en"],
        "receipts": ["--format", "fhir"],
    }
    if words[0] == "mail":
        outbox = folder / "outbox.sqlite"
        with opened(outbox):
            pass
        more = {name: [*options, "--outbox", outbox] for name, options in more.items()}
        more.setdefault("send", ["--outbox", outbox])
        more["preview"] = ["washing-hands", "--lang", "en", "-o", folder / "preview"]
    return careleaf(*words, "--root", root, *more.get(words[-1], []))


@pytest.mark.parametrize("words", ROOTED, ids=" ".join)
@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_root_that_is_no_folder_is_wrong_usage(tmp_path: Path, words: tuple[str, ...], kind: str) -> None:
    root = tmp_path / "root"
    if kind == "file":
        root.write_text("words", "utf-8")
    assert at_root(words, root, tmp_path).exit_code == 2


@pytest.mark.parametrize("words", ROOTED, ids=" ".join)
def test_an_empty_folder_is_told_to_be_no_library(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "root").mkdir()
    result = at_root(words, tmp_path / "root", tmp_path)
    assert result.exit_code == 1
    assert "there is no folder content/ here" in result.stderr
    assert "careleaf new library DIR" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", ROOTED, ids=" ".join)
@pytest.mark.parametrize("folder", ["content", "locales", "templates"])
def test_half_a_library_is_told_and_not_built(tiny: Tiny, words: tuple[str, ...], folder: str) -> None:
    shutil.rmtree(tiny.root / folder)
    result = at_root(words, tiny.root, tiny.root.parent)
    assert result.exit_code in {0, 1}
    assert not list(tiny.root.parent.glob("out/*/*/*"))


@pytest.mark.parametrize("words", [("build",), ("check",), ("status",)], ids=" ".join)
@pytest.mark.parametrize("file", [TOPIC, ARABIC, "content/images/hand.svg"])
def test_a_file_that_may_not_be_read_is_a_finding(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], file: str
) -> None:
    """As its owner's umask or a broken disk has it; root may read anything, so the refusal is acted."""
    real = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path == tiny.root / file:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    result = at_root(words, tiny.root, tiny.root.parent)
    assert result.exit_code == 1
    assert f"{file}:0: error" in result.stderr + result.stdout


def test_the_output_folder_may_not_be_a_file(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("words", "utf-8")
    assert build(tiny, tmp_path / "out").exit_code == 2


def in_a_terminal(*command: str) -> str:
    """Run a command on a pseudo-terminal, and give all that it shows there."""
    shown, terminal = pty.openpty()
    child = subprocess.Popen(command, stdout=terminal, stderr=terminal, env=os.environ | {"TERM": "xterm"})  # noqa: S603 # ours
    os.close(terminal)
    chunks = []
    try:
        while chunk := os.read(shown, 65536):
            chunks.append(chunk)
    except OSError:  # Linux ends a pseudo-terminal so
        pass
    os.close(shown)
    assert child.wait() == 0
    return b"".join(chunks).decode()


def command_line(tiny: Tiny, out: Path) -> list[str]:
    options = ["--root", str(tiny.root), "--out", str(out), "--format", "text"]
    return [sys.executable, str(ROOT / "build.py"), *options]


def test_a_log_has_no_escape_codes_and_a_terminal_shows_progress(tiny: Tiny, tmp_path: Path) -> None:
    command = command_line(tiny, tmp_path / "log")
    log = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 # our own command
    assert ESCAPE not in log.stdout + log.stderr
    assert log.stdout.startswith("2 built")
    shown = in_a_terminal(*command_line(tiny, tmp_path / "terminal"))
    assert ESCAPE in shown
    assert "2/2" in shown


def test_new_library_gives_the_shipped_one_even_inside_a_library(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny.root)
    assert careleaf("new", "library", tmp_path / "mine").exit_code == 0
    assert (tmp_path / "mine/content/topics/after-laser.yaml").is_file()
    assert not (tmp_path / "mine/content/topics/washing-hands.yaml").exists()
