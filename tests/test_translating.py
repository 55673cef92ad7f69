"""The translator's way: texts go out, words come in, and nothing is lost, guessed or mixed up between.

The tiny library is translated into Arabic; what translators send is written by the tests.
"""

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polib
import pypdfium2
import pytest
from babel.messages.pofile import read_po
from click.testing import Result
from translate.storage import xliff

from careleaf import pool
from careleaf.load import MAX_BYTES
from careleaf.model import Selection
from careleaf.publish import replace
from tests.commands import careleaf
from tests.conftest import NEXT_YEAR, Tiny

NAME: Final = "washing-hands"
TOPIC: Final = f"content/topics/{NAME}.yaml"
PO: Final = f"locales/ar/LC_MESSAGES/{NAME}.po"
UI_PO: Final = "locales/ar/LC_MESSAGES/ui.po"
MEMORY: Final = "locales/ar/memory.po"
WAIVERS: Final = "locales/ar/waivers.yaml"
BACK: Final = f"locales/ar/back/{NAME}.po"
ENGLISH: Final = "Soap and water are enough."
CHANGED: Final = "Soap and warm water are enough."
WORDS: Final = "يكفي الماء والصابون."
OTHER_WORDS: Final = "يكفي الماء مع الصابون."
UNIT: Final = "{id: soap, text: Soap and water are enough.,"
"""The only Unit of the last section, as the topic has it."""
UNITS: Final = [
    "title", "message", "help/heading", "help/swell", "help/action", "how/heading", "how/picture", "how/rub",
    "how/sun", "later/heading", "later/soft/label", "later/soft", "in-short/heading", "in-short/soap",
]  # fmt: skip
SUFFIXES: Final = {"po": "po", "xliff": "xlf", "csv": "csv"}
UP_TO_DATE: Final[dict[str, bytes]] = {}
TOOLKIT: Final[Any] = xliff.xlifffile
"""What agencies' tools read XLIFF with."""
each_format = pytest.mark.parametrize("form", SUFFIXES)
TRANSLATOR: Final = "Test Translator"


@pytest.fixture(autouse=True)
def one_process(one_process_one_day: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """Print what goes into a package in this process, too."""
    monkeypatch.setattr(pool, "run", lambda jobs, _, make: ((job, make(job)) for job in jobs))


@pytest.fixture
def plain(tiny: Tiny) -> Tiny:
    """The tiny library with the format of plain text alone: nothing is printed, which saves seconds."""
    for name in ("bilingual", "handout", "web"):
        shutil.rmtree(tiny.root / "templates/formats" / name)
    return tiny


@pytest.fixture
def synced(plain: Tiny) -> Tiny:
    """Catalogs that are up to date; one sync serves all tests."""
    if not UP_TO_DATE:
        assert translate(plain, "sync").exit_code == 0
    plain.write(PO, UP_TO_DATE.setdefault(PO, (plain.root / PO).read_bytes()))
    return plain


@pytest.fixture
def waiting(synced: Tiny) -> Tiny:
    """One text has no words, one has words of other English; twelve are done."""
    synced.change(PO, "مدة الفرك: {scrub}.", "")
    synced.change(TOPIC, ENGLISH, CHANGED)
    assert translate(synced, "sync").exit_code == 0
    return synced


def translate(tiny: Tiny, command: str, *args: object) -> Result:
    return careleaf("translate", command, *args, "--root", tiny.root)


def take(tiny: Tiny, file: Path, *args: object, by: str = TRANSLATOR, provenance: str = "human") -> Result:
    return translate(tiny, "import", file, "--by", by, "--provenance", provenance, *args)


def send(tiny: Tiny, content: str | bytes, name: str = f"{NAME}.ar.po") -> Path:
    """Write what a translator sends."""
    file = tiny.root.parent / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def export(tiny: Tiny, form: str, *args: object, lang: str = "ar", topic: str = NAME) -> Path:
    """Export, and give the zip."""
    file = tiny.root.parent / f"{topic}.{lang}.zip"
    result = translate(tiny, "export", lang, topic, "--format", form, "-o", file, *args)
    assert result.exit_code == 0, result.stderr
    return file


def inside(package: Path, name: str) -> str:
    with zipfile.ZipFile(package) as archive:
        return archive.read(name).decode()


def catalog(tiny: Tiny, file: str = PO) -> polib.POFile:
    return polib.pofile(str(tiny.root / file))


def entry(tiny: Tiny, unit: str, file: str = PO) -> polib.POEntry:
    found = [each for each in catalog(tiny, file) if each.msgctxt == unit]
    assert len(found) == 1
    return found[0]


def block(tiny: Tiny, unit: str, file: str = PO) -> str:
    """Give an entry as it stands in its file."""
    blocks = (tiny.root / file).read_text("utf-8").rstrip("\n").split("\n\n")
    return next(each for each in blocks if f'msgctxt "{unit}"\n' in each)


def words(tiny: Tiny) -> dict[str | None, tuple[str, str, bool]]:
    return {each.msgctxt: (each.msgid, each.msgstr, each.fuzzy) for each in catalog(tiny)}


def everything(tiny: Tiny) -> dict[Path, bytes]:
    """Give all files of the library."""
    return {path: path.read_bytes() for path in tiny.root.rglob("*") if path.is_file()}


def zipped(**files: str | bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


# --- sync ------------------------------------------------------------------------------------------


def test_a_second_sync_writes_nothing(synced: Tiny) -> None:
    before = everything(synced)
    times = {path: path.stat().st_mtime_ns for path in before}
    result = translate(synced, "sync")
    assert result.stdout == f"ar ui: 112 unchanged (as it was)\nar {NAME}: 14 unchanged (as it was)\n"
    assert everything(synced) == before
    assert {path: path.stat().st_mtime_ns for path in before} == times
    rows = json.loads(translate(synced, "sync", "--json").stdout)
    assert [(row["lang"], row["topic"], row["written"]) for row in rows] == [
        ("ar", "ui", False),
        ("ar", NAME, False),
    ]


def test_a_first_sync_keeps_every_word_and_what_a_person_wrote_beside_it(plain: Tiny) -> None:
    plain.change(PO, '#, machine\nmsgctxt "title"', '# Is this polite?\n#, human\nmsgctxt "title"')
    plain.change(PO, '"Language: ar\\n"', '"Language: ar\\n"\n"X-Note: kept\\n"')
    before = words(plain)
    translate(plain, "sync")
    assert words(plain) == before
    assert block(plain, "title").splitlines()[:3] == ["# Is this polite?", "#. The title.", "#, human"]
    assert catalog(plain).metadata["X-Note"] == "kept"


def test_a_question_that_a_translator_wrote_beside_an_open_text_stays(synced: Tiny) -> None:
    soap = '#, machine\nmsgctxt "in-short/soap"'
    synced.change(PO, soap, '# Which soap?\nmsgctxt "in-short/soap"')
    synced.change(PO, f'msgstr "{WORDS}"', 'msgstr ""')
    translate(synced, "sync")
    assert entry(synced, "in-short/soap").tcomment == "Which soap?"


def test_a_new_text_waits_in_its_place_with_what_a_translator_must_know(synced: Tiny) -> None:
    synced.write("content/glossary.yaml", "soap:\n  plain: what foams\n  note: Any kind.\n")
    synced.write("locales/ar/glossary.yaml", "soap:\n  say: [صابون*]\n  never: [شامبو]\n")
    rub = '{id: rub, text: "Rub for {scrub}.", sources: [SOAP]}'
    nails = '{id: nails, text: "Brush nails with soap for {scrub}.", sources: [SOAP]}'
    synced.change(TOPIC, f"- {rub}", f"- {rub}\n      - {nails}")
    assert translate(synced, "sync").stdout.endswith(f"ar {NAME}: 14 unchanged, 1 new\n")
    ids = [each.msgctxt for each in catalog(synced)]
    assert ids == [*UNITS[:8], "how/nails", *UNITS[8:]]
    assert block(synced, "how/nails") == (
        "#. In a section of kind do.\n"
        "#. {scrub} prints: دقيقة\n"
        "#. Glossary: soap: what foams. Any kind.\n"
        "#. In this language: soap: صابون*; never: شامبو\n"
        'msgctxt "how/nails"\n'
        'msgid "Brush nails with soap for {scrub}."\n'
        'msgstr ""'
    )


NOTES: Final = {
    "title": "The title.",
    "message": "The one sentence that a reader should keep.\n{times} prints: 4",
    "help/heading": "The heading in a section of kind warning, level emergency.\n"
    "{emergency} is the emergency number.",
    "help/swell": "In a section of kind warning, level emergency.",
    "help/action": "What to do in a section of kind warning, level emergency.\n"
    "{phone} is the clinic's phone number.",
    "how/picture": "What a drawing shows, read aloud, in a section of kind do.",
    "how/sun": "In a section of kind do.\n{factor} prints: SPF 30\n"
    "{noon} prints: من 11:00 ص إلى 3:00 م",
}  # fmt: skip


@pytest.mark.parametrize(("unit", "notes"), NOTES.items(), ids=NOTES.keys())
def test_the_notes_say_where_a_text_shows_and_what_is_filled_in(synced: Tiny, unit: str, notes: str) -> None:
    assert entry(synced, unit).comment.replace("\u00a0", " ") == notes


def test_words_of_changed_english_stay_as_unsure_and_come_back_with_it(synced: Tiny) -> None:
    before = everything(synced)
    synced.change(TOPIC, ENGLISH, CHANGED)
    assert translate(synced, "sync").stdout.endswith(f"ar {NAME}: 13 unchanged, 1 stale\n")
    assert block(synced, "in-short/soap") == (
        "#. In a section of kind key-points.\n"
        "#, fuzzy, machine\n"
        f'#| msgid "{ENGLISH}"\n'
        'msgctxt "in-short/soap"\n'
        f'msgid "{CHANGED}"\n'
        f'msgstr "{WORDS}"'
    )
    synced.change(TOPIC, CHANGED, "Soap will do.")
    translate(synced, "sync")
    assert entry(synced, "in-short/soap").msgid == "Soap will do."
    assert entry(synced, "in-short/soap").previous_msgid == ENGLISH, "that is what the words were made from"
    synced.change(TOPIC, "Soap will do.", ENGLISH)
    translate(synced, "sync")
    assert everything(synced) == before


def test_a_translators_own_doubt_stays_when_the_english_comes_back(synced: Tiny) -> None:
    synced.change(PO, '#, machine\nmsgctxt "in-short/soap"', '#, fuzzy, machine\nmsgctxt "in-short/soap"')
    translate(synced, "sync")
    assert entry(synced, "in-short/soap").fuzzy


def test_a_text_is_never_filled_in_from_a_similar_one(synced: Tiny) -> None:
    synced.change(TOPIC, ENGLISH, "Wash them 2 times.")
    synced.change(PO, f'msgid "{ENGLISH}"\nmsgstr "{WORDS}"', 'msgid "Wash them 2 times."\nmsgstr "مرتان 2"')
    translate(synced, "sync")
    synced.change(TOPIC, "{id: soap, text: Wash them 2 times.,", "{id: suds, text: Wash them 3 times.,")
    translate(synced, "sync")
    assert (entry(synced, "in-short/suds").msgstr, entry(synced, "in-short/suds").flags) == ("", [])
    assert [each.msgstr for each in catalog(synced, MEMORY)] == ["مرتان 2"]


def test_words_of_a_text_that_is_gone_move_to_the_memory(synced: Tiny) -> None:
    synced.change(TOPIC, UNIT, "{id: suds, text: Use more foam.,")
    assert translate(synced, "sync").stdout.endswith(f"ar {NAME}: 13 unchanged, 1 new, 1 retired\n")
    assert [each.msgctxt for each in catalog(synced)] == [*UNITS[:-1], "in-short/suds"]
    assert block(synced, f"{NAME}/in-short/soap", MEMORY) == (
        f'#, machine\nmsgctxt "{NAME}/in-short/soap"\nmsgid "{ENGLISH}"\nmsgstr "{WORDS}"'
    )
    assert [each.rule for each in synced.findings()] == ["stale"], "the memory is no catalog"


def test_words_that_were_stale_are_kept_with_the_english_that_they_were_made_from(waiting: Tiny) -> None:
    waiting.change(TOPIC, UNIT.replace(ENGLISH, CHANGED), "{id: suds, text: Use more foam.,")
    translate(waiting, "sync")
    assert [(each.msgid, each.msgstr) for each in catalog(waiting, MEMORY)] == [(ENGLISH, WORDS)]


def test_entries_that_a_po_editor_marked_obsolete_move_to_the_memory(synced: Tiny) -> None:
    before = words(synced)
    for file in (UI_PO, PO):
        text = (synced.root / file).read_text("utf-8")
        synced.write(file, f'{text}\n#~ msgctxt "old"\n#~ msgid "Old."\n#~ msgstr "قديم."\n')
    translate(synced, "sync")
    assert (words(synced), "#~" in (synced.root / PO).read_text("utf-8")) == (before, False)
    kept = [(each.msgctxt, each.msgstr) for each in catalog(synced, MEMORY)]
    assert kept == [("ui/old", "قديم."), (f"{NAME}/old", "قديم.")], "neither catalog loses the other's"


def test_the_memory_only_grows(synced: Tiny) -> None:
    for old, new in (("soap", "suds"), ("suds", "foam"), ("foam", "soap")):
        synced.change(TOPIC, f"{{id: {old}, text: {ENGLISH},", f"{{id: {new}, text: {ENGLISH},")
        translate(synced, "sync")
    ids = [each.msgctxt for each in catalog(synced, MEMORY)]
    assert ids == [f"{NAME}/in-short/{name}" for name in ("soap", "suds", "foam")]


@pytest.mark.parametrize(
    ("english", "rival", "filled"),
    [
        (ENGLISH, "", WORDS),
        ("Soap and water are enough", "", ""),
        ("Soap and Water are enough.", "", ""),
        (ENGLISH, OTHER_WORDS, ""),
        (ENGLISH, WORDS, WORDS),
    ],
    ids=["the-very-same", "no-full-stop", "a-capital", "translated-in-two-ways", "twice-in-one-way"],
)
def test_the_memory_gives_words_back_for_the_very_same_english_only(
    synced: Tiny, english: str, rival: str, filled: str
) -> None:
    synced.change(TOPIC, UNIT, "{id: foam, text: Use more foam.,")
    translate(synced, "sync")
    if rival:
        memory = (synced.root / MEMORY).read_text("utf-8")
        synced.write(MEMORY, f'{memory}\n#, human\nmsgctxt "x/y"\nmsgid "{ENGLISH}"\nmsgstr "{rival}"\n')
    synced.change(TOPIC, "{id: foam, text: Use more foam.,", f"{{id: suds, text: {english},")
    translate(synced, "sync")
    found = entry(synced, "in-short/suds")
    assert (found.msgstr, found.flags) == (filled, ["memory"] if filled else [])


def test_words_that_are_unsure_are_not_given_to_another_text(synced: Tiny) -> None:
    synced.change(PO, '#, machine\nmsgctxt "later/heading"', '#, fuzzy, machine\nmsgctxt "later/heading"')
    synced.change(TOPIC, UNIT, "{id: soap, text: Later,")
    synced.change(PO, f'msgstr "{WORDS}"', 'msgstr ""')
    translate(synced, "sync")
    assert entry(synced, "in-short/soap").msgstr == ""


@pytest.mark.parametrize(
    "end", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "kill"]
)
@pytest.mark.parametrize("writes", [0, 1], ids=["before-the-memory", "between-memory-and-catalog"])
def test_a_sync_that_ends_half_way_loses_no_words(
    synced: Tiny, monkeypatch: pytest.MonkeyPatch, writes: int, end: BaseException
) -> None:
    synced.change(TOPIC, UNIT, "{id: suds, text: Use more foam.,")
    before = (synced.root / PO).read_bytes()
    left = [replace] * writes

    def failing(path: Path, content: bytes) -> None:
        if not left:
            raise end
        left.pop()(path, content)

    with monkeypatch.context() as patched:
        patched.setattr("careleaf.translate.keep.replace", failing)
        result = translate(synced, "sync", "--topic", NAME)
    assert result.exit_code == 1
    assert (synced.root / PO).read_bytes() == before, "the words are still where they were"
    assert (synced.root / MEMORY).exists() == bool(writes)
    assert translate(synced, "sync").exit_code == 0
    assert [each.msgstr for each in catalog(synced, MEMORY)] == [WORDS]
    assert "in-short/soap" not in words(synced)


def test_a_full_disk_is_told_in_one_line(synced: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, _: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    synced.change(TOPIC, ENGLISH, CHANGED)
    monkeypatch.setattr("careleaf.translate.keep.replace", full)
    result = translate(synced, "sync")
    told = f"Error: {synced.root / PO}: No space left on device: nothing was written.\n"
    assert (result.exit_code, result.stderr) == (1, told)


# --- extract ---------------------------------------------------------------------------------------


def test_a_template_has_the_english_of_today_and_no_words(synced: Tiny) -> None:
    file = synced.root.parent / "template.pot"
    result = translate(synced, "extract", NAME, "-o", file)
    assert result.stdout == f"{file}: 14 texts.\n"
    with file.open("rb") as opened:
        template = read_po(opened, abort_invalid=True)
    texts = {message.context: (message.id, message.string) for message in template if message.id}
    assert list(texts) == UNITS
    assert texts["in-short/soap"] == (ENGLISH, "")
    assert template.locale is None
    assert {string for _, string in texts.values()} == {""}


# --- export ----------------------------------------------------------------------------------------


def test_a_package_has_all_that_a_translator_needs(tiny: Tiny) -> None:
    tiny.change(TOPIC, ENGLISH, CHANGED)
    tiny.change(PO, "مدة الفرك: {scrub}.", "")
    tiny.write("content/glossary.yaml", "soap:\n  plain: what foams\n  note: Any kind.\n")
    tiny.write("locales/ar/glossary.yaml", "soap:\n  say: [صابون*]\n  never: [شامبو]\n  note: Not gel.\n")
    package = export(tiny, "po")
    with zipfile.ZipFile(package) as archive:
        names, files = archive.namelist(), {name: archive.read(name) for name in archive.namelist()}
        days = {info.date_time for info in archive.infolist()}
    assert days == {(1980, 1, 1, 0, 0, 0)}, "the clock would make every package another"
    leaflets = [f"{NAME}.en.pdf", f"{NAME}.en.units.pdf"]
    assert names == [f"{NAME}.ar.po", "glossary.csv", "brief.txt", *leaflets]
    plain, marked = (printed(files[name]) for name in leaflets)
    assert ("Rub for" in plain, "how/rub" in plain) == (True, False)
    assert ("Rub for" in marked, "how/rub" in marked) == (True, True)
    brief = inside(package, "brief.txt")
    assert brief.startswith('How to translate "Washing your hands" into Arabic (العربية)\n')
    assert f"Your file: {NAME}.ar.po\n  Open it in a PO editor" in brief
    assert "2 of 14 texts are in the file. 1 were translated before" in brief
    assert list(csv.reader(io.StringIO(inside(package, "glossary.csv").removeprefix("\ufeff")))) == [
        ["term", "in plain words", "note", "say", "never say", "note of the language"],
        ["soap", "what foams", "Any kind.", "صابون*", "شامبو", "Not gel."],
    ]


def printed(pdf: bytes) -> str:
    """Give the words of a PDF."""
    return "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


@each_format
def test_the_same_package_has_the_same_bytes_in_another_place(tiny: Tiny, form: str) -> None:
    first = export(tiny, form, "--all").read_bytes()
    moved = tiny.root.parent / "moved"
    shutil.copytree(tiny.root, moved / "library")
    assert export(Tiny(moved / "library"), form, "--all").read_bytes() == first


@dataclass(frozen=True)
class Sent:
    """A row of a package, as the reader that is no part of careleaf gives it."""

    id: str
    english: str
    text: str
    open: bool
    notes: str


def by_polib(text: str) -> list[Sent]:
    return [
        Sent(each.msgctxt or "", each.msgid, each.msgstr, each.fuzzy or not each.msgstr, each.comment)
        for each in polib.pofile(text)
    ]


def by_toolkit(text: str) -> list[Sent]:
    store = TOOLKIT.parsestring(text.encode())
    assert (store.sourcelanguage, store.targetlanguage) == ("en", "ar")
    return [
        Sent(
            each.getid().rpartition("\x04")[2],
            each.source,
            each.target or "",
            each.get_state_n() < each.statemap["translated"],
            each.getnotes(),
        )
        for each in store.units
    ]


def by_csv(text: str) -> list[Sent]:
    assert text.startswith("\ufeffid,english,translation,state,notes\r\n"), "spreadsheets need the mark"
    rows = csv.DictReader(io.StringIO(text[1:], newline=""))
    return [
        Sent(row["id"], row["english"], row["translation"], row["state"] != "done", row["notes"])
        for row in rows
    ]


READERS: Final[dict[str, Callable[[str], list[Sent]]]] = {"po": by_polib, "xliff": by_toolkit, "csv": by_csv}


@each_format
def test_only_what_waits_goes_out_and_all_if_asked(waiting: Tiny, form: str) -> None:
    file, read = f"{NAME}.ar.{SUFFIXES[form]}", READERS[form]
    rub, soap = read(inside(export(waiting, form), file))
    assert (rub.id, rub.english, rub.text, rub.open) == ("how/rub", "Rub for {scrub}.", "", True)
    assert rub.notes.replace("\u00a0", " ") == "In a section of kind do.\n{scrub} prints: دقيقة"
    assert (soap.id, soap.english, soap.text, soap.open) == ("in-short/soap", CHANGED, WORDS, True)
    assert soap.notes == f"In a section of kind key-points.\nThe English was: {ENGLISH}"
    rows = read(inside(export(waiting, form, "--all"), file))
    assert [row.id for row in rows] == UNITS
    assert [row.id for row in rows if row.open] == ["how/rub", "in-short/soap"]
    assert (rows[0].english, rows[0].text) == ("Washing your hands", "غسل اليدين")


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="GNU gettext is not installed")
@pytest.mark.parametrize("args", [(), ("--all",)], ids=["open", "all"])
def test_gettext_finds_no_fault_in_a_po_file(waiting: Tiny, args: tuple[str, ...]) -> None:
    file = send(waiting, inside(export(waiting, "po", *args), f"{NAME}.ar.po"))
    for checked in (file, waiting.root / PO):
        command = ["msgfmt", "--check", "-o", "/dev/null", str(checked)]
        told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # ours
        assert (told.returncode, told.stderr) == (0, "")


def test_babel_reads_a_po_file(waiting: Tiny) -> None:
    text = inside(export(waiting, "po", "--all"), f"{NAME}.ar.po")
    found = read_po(io.StringIO(text), abort_invalid=True)
    assert str(found.locale) == "ar"
    assert found.num_plurals == 6
    rows = {message.context: message for message in found if message.id}
    assert list(rows) == UNITS
    assert (rows["title"].string, rows["in-short/soap"].fuzzy) == ("غسل اليدين", True)


def test_nothing_goes_out_if_nothing_waits(synced: Tiny) -> None:
    file = synced.root.parent / "package.zip"
    result = translate(synced, "export", "ar", NAME, "-o", file)
    assert result.stdout == (f"Nothing of {NAME} waits for a translator into ar. To have it revised: --all\n")
    assert (result.exit_code, file.exists()) == (0, False)


# --- round trips -----------------------------------------------------------------------------------

HARD: Final = "يكفي \"الماء\"; والصابون, \\ و<ذلك> & 'هذا'."
"""Signs that each of the formats writes in a way of its own."""


def resaved(text: str, comma: str) -> str:
    """Save a table as a spreadsheet does: another separator, CR LF, a byte order mark."""
    out = io.StringIO(newline="")
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    csv.writer(out, delimiter=comma, lineterminator="\r\n").writerows(
        [cell.replace("\n", "\r\n") for cell in row] for row in rows
    )
    return f"\ufeff{out.getvalue()}"


RESAVED: Final[dict[str, tuple[str, Callable[[str], str]]]] = {
    "po": ("po", str),
    "xliff": ("xliff", str),
    "csv": ("csv", str),
    "csv with semicolons": ("csv", lambda text: resaved(text, ";")),
    "csv with tabs": ("csv", lambda text: resaved(text, "\t")),
    "csv with Unix line ends and no mark": ("csv", lambda text: text.replace("\r\n", "\n")[1:]),
}


@pytest.mark.parametrize(("form", "save"), RESAVED.values(), ids=RESAVED.keys())
def test_what_goes_out_and_comes_back_untouched_changes_nothing(
    waiting: Tiny, form: str, save: Callable[[str], str]
) -> None:
    waiting.change(PO, 'msgstr "يعود جلدكم ناعمًا."', f'msgstr "{polib.escape(HARD)}"')
    before, file = words(waiting), f"{NAME}.ar.{SUFFIXES[form]}"
    assert before["later/soft"][1] == HARD
    text = inside(export(waiting, form, "--all"), file)
    result = take(waiting, send(waiting, save(text), file))
    assert (result.exit_code, result.stdout) == (0, f"0 texts of {NAME} in ar changed.\n"), result.stderr
    assert words(waiting) == before
    again = inside(export(waiting, form, "--all"), file)
    assert READERS[form](again) == READERS[form](text)
    stored = everything(waiting)
    take(waiting, send(waiting, again, file))
    assert everything(waiting) == stored


def test_the_zip_that_went_out_can_be_sent_back_as_it_is(waiting: Tiny) -> None:
    before = words(waiting)
    result = take(waiting, export(waiting, "xliff"))
    assert (result.exit_code, result.stdout) == (0, f"0 texts of {NAME} in ar changed.\n")
    assert words(waiting) == before


def done(form: str, text: str) -> str:
    """Say in a file that the words that were stale are right."""
    marks = {
        "po": ("#, fuzzy\n", ""),
        "xliff": ('state="needs-review-translation"', 'state="translated"'),
        "csv": (",stale,", ",done,"),
    }
    old, new = marks[form]
    assert text.count(old) == 1
    return text.replace(old, new)


@each_format
def test_stale_words_stay_stale_until_somebody_says_that_they_are_right(waiting: Tiny, form: str) -> None:
    file = f"{NAME}.ar.{SUFFIXES[form]}"
    text = inside(export(waiting, form), file)
    take(waiting, send(waiting, text, file))
    stale = entry(waiting, "in-short/soap")
    assert (stale.fuzzy, stale.previous_msgid, stale.flags) == (True, ENGLISH, ["fuzzy", "machine"])
    result = take(waiting, send(waiting, done(form, text), file))
    assert result.exit_code == 0
    assert block(waiting, "in-short/soap") == (
        "#. In a section of kind key-points.\n"
        "#, human\n"
        f'msgctxt "in-short/soap"\nmsgid "{CHANGED}"\nmsgstr "{WORDS}"'
    )


def test_words_that_an_agencys_tool_fills_in_are_taken(waiting: Tiny) -> None:
    name = f"{NAME}.ar.xlf"
    store = TOOLKIT.parsestring(inside(export(waiting, "xliff"), name).encode())
    store.units[0].target = "افركوا: {scrub}."
    result = take(waiting, send(waiting, bytes(store), name))
    assert result.stdout == f"how/rub: {{+افركوا: {{scrub}}.+}}\n1 texts of {NAME} in ar changed.\n"
    assert entry(waiting, "how/rub").msgstr == "افركوا: {scrub}."


# --- import ----------------------------------------------------------------------------------------


def changed(tiny: Tiny, *pairs: tuple[str, str]) -> Path:
    """Send the catalog with some texts replaced."""
    text = (tiny.root / PO).read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return send(tiny, text)


def test_an_import_shows_each_change_word_by_word(waiting: Tiny) -> None:
    waiting.change(PO, "#, fuzzy, machine", "#, machine")
    rub = '{scrub}."\nmsgstr ""'
    file = changed(waiting, (WORDS, OTHER_WORDS), (rub, rub[:-2] + '"افركوا: {scrub}."'))
    result = take(waiting, file)
    assert result.stdout == (
        "how/rub: {+افركوا: {scrub}.+}\n"
        "in-short/soap: يكفي الماء [-والصابون-]{+مع الصابون+}.\n"
        f"2 texts of {NAME} in ar changed.\n"
    )
    assert result.exit_code == 0
    assert entry(waiting, "in-short/soap").msgstr == OTHER_WORDS
    assert entry(waiting, "how/rub").msgstr == "افركوا: {scrub}."


def test_a_rehearsal_shows_the_change_and_writes_nothing(synced: Tiny) -> None:
    before = everything(synced)
    result = take(synced, changed(synced, (WORDS, OTHER_WORDS)), "--dry-run")
    assert result.stdout.endswith(f"1 texts of {NAME} in ar would change.\n")
    assert (result.exit_code, everything(synced)) == (0, before)


def test_an_import_tells_machines_what_it_did(synced: Tiny) -> None:
    file = changed(synced, (WORDS, OTHER_WORDS))
    change = {"id": "in-short/soap", "old": WORDS, "new": OTHER_WORDS}
    told = json.loads(take(synced, file, "--json", "--dry-run").stdout)
    assert told == {"written": False, "changes": [change], "findings": []}
    told = json.loads(take(synced, file, "--json").stdout)
    assert told == {"written": True, "changes": [change], "findings": []}
    refused = take(synced, changed(synced, ("{scrub}.", "{dry}.")), "--json")
    rules = {row["rule"] for row in json.loads(refused.stdout)["findings"]}
    assert (refused.exit_code, rules) == (1, {"changed-english", "placeholders"})
    unread = take(synced, send(synced, b"\xff"), "--json")
    assert (unread.exit_code, json.loads(unread.stdout)["written"]) == (1, False)


def test_rows_without_words_delete_nothing(synced: Tiny) -> None:
    before = words(synced)
    result = take(synced, changed(synced, (WORDS, "")))
    assert result.stdout == f"0 texts of {NAME} in ar changed.\n"
    assert words(synced) == before


@dataclass(frozen=True)
class Bad:
    """What a translator sends that cannot be taken: how it is made of the catalog, and what is told of it."""

    told: str
    phrase: str
    make: Callable[[str], str | bytes]
    name: str = f"{NAME}.ar.po"


def only(unit: str, english: str, text: str) -> Callable[[str], str]:
    """Send one entry, in a file of its own."""
    return lambda _: HEAD + ROW.format(unit, english, text)


def swap(old: str, new: str) -> Callable[[str], str]:
    def make(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return make


HEAD: Final = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
ROW: Final = '\nmsgctxt "{}"\nmsgid "{}"\nmsgstr "{}"\n'
XLIFF: Final = (
    '<?xml version="1.0"?>\n<!DOCTYPE xliff [<!ENTITY a "&b;">]>\n'
    '<xliff xmlns="urn:oasis:names:tc:xliff:document:1.2"/>'
)


def bomb(text: str) -> bytes:
    return zipped(**{f"{NAME}.ar.po": text + "#" * MAX_BYTES})


def lying_bomb(text: str) -> bytes:
    """Pack more than the zip's directory admits."""
    packed = bytearray(bomb(text))
    place = packed.rindex(b"PK\x01\x02") + 24
    packed[place : place + 4] = (1000).to_bytes(4, "little")
    return bytes(packed)


BAD: Final = {
    "of another topic": Bad(
        "5 [unknown-unit]",
        "there is no Unit 'call' in washing-hands. Is the file of another topic?",
        only("call", "Phone", "هاتف"),
    ),
    "bytes of another charset": Bad(
        "18 [encoding]", "the file is not UTF-8", lambda text: text.encode("cp1256", "replace")
    ),
    "a header with another charset": Bad(
        "1 [encoding]", "the header says charset=cp1256", swap("charset=UTF-8", "charset=cp1256")
    ),
    "line ends of Windows": Bad("1 [line-ends]", "as on Windows", swap("\n", "\r\n")),
    "a byte order mark": Bad("1 [byte-order-mark]", "a byte order mark", lambda text: f"\ufeff{text}"),
    "a Unit twice": Bad(
        "* [duplicate]",
        "in-short/soap is here twice",
        lambda text: text + ROW.format("in-short/soap", ENGLISH, WORDS),
    ),
    "no header": Bad(
        "1 [header]", "the file has no header", lambda _: ROW.format("in-short/soap", ENGLISH, WORDS)
    ),
    "a plural": Bad(
        "5 [plural]",
        "in-short/soap has plural forms (2 of them)",
        lambda _: (
            HEAD + f'\nmsgctxt "in-short/soap"\nmsgid "{ENGLISH}"\nmsgid_plural "x"\n'
            'msgstr[0] "أ"\nmsgstr[1] "ب"\n'
        ),
    ),
    "a Fact that was translated": Bad(
        "5 [placeholders]", "{scrub} is lost", only("how/rub", "Rub for {scrub}.", "مدة {فرك}.")
    ),
    "a Fact that was dropped": Bad(
        "5 [placeholders]", "{scrub} is lost", only("how/rub", "Rub for {scrub}.", "مدة الفرك.")
    ),
    "bold that was dropped": Bad(
        "* [markup]", "message: the bold parts differ", swap("**بالصابون**", "بالصابون")
    ),
    "a number that the English has not": Bad(
        "* [numbers]", "2 is not in the English", swap(WORDS, "يكفي الماء والصابون 2.")
    ),
    "English that is not today's": Bad(
        "5 [changed-english]",
        f"the English of in-short/soap is not today's: '{ENGLISH}'",
        only("in-short/soap", CHANGED, WORDS),
    ),
    "a quote that is not closed": Bad(
        "7 [po]", "no text in straight quotes", lambda _: HEAD + ROW.format("a", "b", "c")[:-2]
    ),
    "fifty thousand texts": Bad(
        "1 [size]",
        "no catalog is over 256 kB",
        lambda _: HEAD + "".join(ROW.format(f"u{number}", "x", "y") for number in range(50_000)),
    ),
    "back-translations": Bad(
        "5 [changed-english]",
        "help/swell",
        only("help/swell", "تورّمت أيديكم", "hands swell"),
        f"{NAME}.ar.back.po",
    ),
    "a zip that leads out of it": Bad(
        "0 [outside]",
        "leads out of it: ../washing-hands.ar.po",
        lambda text: zipped(**{f"../{NAME}.ar.po": text}),
        "sent.zip",
    ),
    "a zip with an absolute path": Bad(
        "0 [outside]",
        "/etc/passwd",
        lambda text: zipped(**{f"{NAME}.ar.po": text, "/etc/passwd": "x"}),
        "sent.zip",
    ),
    "a zip with two translations": Bad(
        "0 [zip]",
        "the zip holds 2 files of a translation",
        lambda text: zipped(**{f"{NAME}.ar.po": text, "ui.ar.po": text}),
        "sent.zip",
    ),
    "a zip with no translation": Bad(
        "0 [zip]",
        "the zip holds 0 files of a translation",
        lambda text: zipped(**{"notes.txt": text}),
        "sent.zip",
    ),
    "a zip that unpacks to too much": Bad("0 [size]", "washing-hands.ar.po unpacks to 26", bomb, "sent.zip"),
    "a zip that lies about it": Bad("0 [zip]", "the zip cannot be read", lying_bomb, "sent.zip"),
    "a zip that is none": Bad("0 [zip]", "the zip cannot be read", str, "sent.zip"),
    "a file in a zip": Bad(
        "1 [byte-order-mark]",
        "a byte order mark",
        lambda text: zipped(**{f"a/{NAME}.ar.po": f"\ufeff{text}"}),
        "sent.zip",
    ),
    "XLIFF with entities of its own": Bad(
        "2 [xliff]", "declares a document type", lambda _: XLIFF, f"{NAME}.ar.xlf"
    ),
    "XLIFF that is none": Bad("3 [xliff]", "this is not XLIFF", lambda _: "<a>\n<b>\n</a>", f"{NAME}.ar.xlf"),
    "CSV without the columns": Bad(
        "1 [csv]", "does not name the columns translation", lambda _: "id,english,arabic\n", f"{NAME}.ar.csv"
    ),
    "CSV with a Unit twice": Bad(
        "3 [duplicate]",
        "in-short/soap is here twice",
        lambda _: "id,english,translation\n" + f"in-short/soap,{ENGLISH},{WORDS}\n" * 2,
        f"{NAME}.ar.csv",
    ),
    "a file that says nothing by its name": Bad(
        "0 [file-name]", "does not say what it is", str, "translation.po"
    ),
    "a file of an unknown kind": Bad("0 [file-name]", "does not say what it is", str, f"{NAME}.ar.docx"),
    "a file of an unknown topic": Bad(
        "0 [file-name]", "there is no topic washing-feet", str, "washing-feet.ar.po"
    ),
    "a file of an unknown language": Bad("0 [file-name]", "a translation into fr", str, f"{NAME}.fr.po"),
    "a file of the English": Bad("0 [file-name]", "a translation into en", str, f"{NAME}.en.po"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_file_with_a_fault_is_refused_by_line_and_nothing_is_written(synced: Tiny, bad: Bad) -> None:
    file = send(synced, bad.make((synced.root / PO).read_text("utf-8")), bad.name)
    before = everything(synced)
    result = take(synced, file)
    line, rule = bad.told.split()
    number = line.replace("*", r"[1-9]\d*")
    place = rf"{re.escape(str(file))}(/[^:]+)?:{number}: error {re.escape(rule)} "
    told = [row for row in result.stderr.splitlines() if re.match(place, row) and bad.phrase in row]
    assert told, result.stderr
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "Nothing was written.")
    assert everything(synced) == before


HIDDEN: Final = {
    "a direction mark": ("الماء\u200f", "الماء", "U+200F"),
    "an override": ("\u202eالماء\u202c", "الماء", "U+202C, U+202E"),
    "an isolate": ("\u2067الماء\u2069", "الماء", "U+2067, U+2069"),
    "a zero-width space": ("الما\u200bء", "الماء", "U+200B"),
    "a byte order mark": ("\ufeffالماء", "الماء", "U+FEFF"),
    "a joiner that joins nothing": ("الماء \u200d", "الماء ", "U+200D"),
}


@pytest.mark.parametrize(("typed", "kept", "told"), HIDDEN.values(), ids=HIDDEN.keys())
def test_signs_that_nobody_sees_are_taken_out_and_told(
    synced: Tiny, typed: str, kept: str, told: str
) -> None:
    file = changed(synced, (WORDS, f"يكفي {typed} والصابون."))
    result = take(synced, file)
    assert result.exit_code == 0
    message = f"warning [stripped] in-short/soap: invisible characters were taken out: {told}. "
    assert f"{file}:99: {message}" in result.stderr
    assert entry(synced, "in-short/soap").msgstr == f"يكفي {kept} والصابون."


def test_a_non_joiner_that_spelling_needs_stays(synced: Tiny) -> None:
    take(synced, changed(synced, (WORDS, "يكفي ما\u200cء.")))
    assert entry(synced, "in-short/soap").msgstr == "يكفي ما\u200cء."


def test_letters_and_their_accents_are_composed(synced: Tiny) -> None:
    result = take(synced, changed(synced, (WORDS, "ا\u0654يكفي الماء والصابون.")))
    assert result.exit_code == 0
    assert entry(synced, "in-short/soap").msgstr == "\u0623يكفي الماء والصابون."


# --- who made the words ----------------------------------------------------------------------------


@pytest.mark.parametrize("provenance", ["human", "machine", "memory"])
def test_the_catalog_says_who_made_each_text(synced: Tiny, provenance: str) -> None:
    synced.change(PO, '#, machine\nmsgctxt "title"', '#, human\nmsgctxt "title"')
    take(synced, changed(synced, (WORDS, OTHER_WORDS)), provenance=provenance)
    assert entry(synced, "in-short/soap").flags == [provenance]
    assert entry(synced, "title").flags == ["human"], "what a person made stays a person's"
    rest = "human" if provenance == "human" else "machine"
    assert entry(synced, "later/soft").flags == [rest], "a person who leaves words as they are has read them"


def test_every_translator_stays_in_the_header_and_cannot_revise_it(synced: Tiny) -> None:
    take(synced, changed(synced, (WORDS, OTHER_WORDS)), by="First Translator")
    take(synced, changed(synced, (OTHER_WORDS, WORDS)), by="Second Translator")
    take(synced, changed(synced, (WORDS, OTHER_WORDS)), by="Second Translator")
    head = (synced.root / PO).read_text("utf-8")
    assert head.count("# First Translator <>, 2026.\n") == 1
    assert head.count("# Second Translator <>, 2026.\n") == 1
    fields = catalog(synced).metadata
    assert fields["Last-Translator"] == "Second Translator"
    assert fields["PO-Revision-Date"] == "2026-11-25 00:00+0000"

    def approve(name: str) -> Result:
        person = ("--by", name, "--credential", "fixture", "--until", NEXT_YEAR)
        return careleaf(
            "approve", NAME, "--root", synced.root, "--lang", "ar", "--role", "linguistic", *person
        )

    for name in ("First Translator", "Second Translator"):
        refused = approve(name)
        assert (refused.exit_code, "[own-translation]" in refused.stderr) == (1, True)
    assert approve("Test Reviser").exit_code == 0


# --- status, check, waive --------------------------------------------------------------------------


def test_status_counts_texts_and_words(waiting: Tiny) -> None:
    waiting.change(PO, '#, machine\nmsgctxt "title"', '#, human\nmsgctxt "title"')
    rows = json.loads(translate(waiting, "status", "--json").stdout)
    assert [row["name"] for row in rows] == ["ui", NAME]
    assert rows[1] == {
        "lang": "ar", "name": NAME, "total": 14, "done": 12, "stale": 1, "open": 1, "words": 9,
        "by": {"human": 1, "machine": 11}, "critical": 3, "back": 0, "waits_for": "translator",
    }  # fmt: skip
    assert rows[0]["waits_for"] == "reviser"
    told = translate(waiting, "status").stdout.splitlines()
    assert told[0].split() == [
        "lang",
        "topic",
        "done",
        "stale",
        "open",
        "words",
        "by",
        "back",
        "waits",
        "for",
    ]
    assert told[2].split() == [
        "ar", NAME, "12/14", "1", "1", "9", "1", "human,", "11", "machine", "0/3", "translator",
    ]  # fmt: skip


def test_what_the_memory_could_fill_in_is_not_counted_as_done(synced: Tiny) -> None:
    synced.change(TOPIC, UNIT, "{id: suds, text: Later,")
    row = json.loads(translate(synced, "status", "--json").stdout)[1]
    assert (row["done"], row["open"]) == (13, 1)


def test_check_tells_of_the_language_and_topic_asked_for(synced: Tiny) -> None:
    synced.change(PO, WORDS, "يكفي الماء والصابون 2.")
    result = translate(synced, "check", "ar", "--topic", NAME)
    assert result.stdout == "Errors: 1. Texts not current: 0. Warnings: 0.\n"
    assert (result.exit_code, f"{PO}:99: error [numbers] in-short/soap" in result.stderr) == (1, True)
    found = json.loads(translate(synced, "check", "--json").stdout)
    assert [(row["line"], row["rule"], row["severity"]) for row in found] == [(99, "numbers", "error")]
    other = translate(synced, "check", "ar", "--topic", "ui")
    assert (other.exit_code, other.stdout) == (0, "Errors: 0. Texts not current: 0. Warnings: 0.\n")


def test_check_tells_of_texts_that_are_not_current(waiting: Tiny) -> None:
    result = translate(waiting, "check", "ar")
    assert (result.exit_code, result.stdout) == (1, "Errors: 0. Texts not current: 2. Warnings: 0.\n")


def waive(tiny: Tiny, unit: str, *args: object, by: str = "Test Reviser") -> Result:
    return translate(
        tiny, "waive", "ar", NAME, unit, "--rule", "numbers", "--by", by, "--why", "2 is a name here", *args
    )


def test_a_waiver_is_of_one_text_and_void_when_its_words_change(synced: Tiny) -> None:
    synced.change(PO, WORDS, "يكفي الماء والصابون 2.")
    synced.change(PO, "يعود جلدكم ناعمًا.", "يعود جلدكم ناعمًا 2.")
    assert waive(synced, "in-short/soap").exit_code == 0
    assert (synced.root / WAIVERS).read_text("utf-8").partition("waivers:\n")[2] == (
        f'- topic: "{NAME}"\n'
        '  unit: "in-short/soap"\n'
        '  rule: "numbers"\n'
        f'  digest: "{synced.library().catalogs["ar", NAME].entries["in-short/soap"].digest}"\n'
        '  by: "Test Reviser"\n'
        '  on: "2026-11-25"\n'
        '  why: "2 is a name here"\n'
    )
    assert [(each.rule, each.message.split(":")[0]) for each in synced.findings()] == [
        ("numbers", "later/soft")
    ]
    waive(synced, "later/soft")
    assert synced.findings() == [], "the second waiver does not lose the first"
    synced.change(PO, "يكفي الماء والصابون 2.", "يكفي الماء والصابون 3.")
    told = [f"{each.file} {each.rule} {each.severity}" for each in synced.findings()]
    assert told == [f"{PO} numbers error", f"{WAIVERS} void-waiver warning"]


def test_a_waiver_may_come_before_the_words(synced: Tiny) -> None:
    file = changed(synced, (WORDS, "يكفي الماء والصابون 2."))
    assert take(synced, file).exit_code == 1
    assert waive(synced, "in-short/soap", "--file", file).exit_code == 0
    assert entry(synced, "in-short/soap").msgstr == WORDS, "the words themselves are not yet taken in"
    assert take(synced, file).exit_code == 0
    assert synced.findings() == []


def test_a_waiver_of_a_file_that_cannot_be_read_is_refused(synced: Tiny) -> None:
    result = waive(synced, "in-short/soap", "--file", send(synced, b"\xff"))
    assert (result.exit_code, "[encoding]" in result.stderr) == (1, True)
    assert not (synced.root / WAIVERS).exists()


def test_a_waiver_without_a_name_is_refused(synced: Tiny) -> None:
    assert waive(synced, "in-short/soap", by=" ").exit_code == 2
    assert not (synced.root / WAIVERS).exists()


# --- back-translations -----------------------------------------------------------------------------

CRITICAL: Final = {
    "help/heading": ("اتصلوا بالرقم {emergency} إذا:", "Phone {emergency} if:"),
    "help/swell": ("لا تلتئم أيديكم", "the hands do not close up"),
    "help/action": ("أو اتصلوا بالرقم {phone}.", "Or phone {phone}."),
}


@pytest.fixture
def denying(plain: Tiny) -> Tiny:
    """A danger sign that denies something."""
    plain.write("locales/en/language.yaml", "negations: [not]\n")
    plain.change(TOPIC, "your hands swell", "your hands do not heal")
    plain.change(PO, "your hands swell", "your hands do not heal")
    plain.change(PO, "تورّمت أيديكم", "لا تلتئم أيديكم")
    return plain


def turned(tiny: Tiny, **others: str) -> Result:
    """Have the critical texts translated back; `others` are said in another way, by the end of their id."""
    file = tiny.root.parent / f"{NAME}.ar.back.po"
    assert translate(tiny, "back-export", "ar", NAME, "-o", file).exit_code == 0
    po = polib.pofile(str(file))
    for each in po:
        unit = each.msgctxt or ""
        each.msgstr = others.get(unit.rpartition("/")[2], CRITICAL[unit][1])
    return translate(tiny, "back-import", send(tiny, str(po), file.name), "--by", "Test Reader")


def test_who_translates_back_sees_the_danger_signs_and_no_english(denying: Tiny) -> None:
    file = denying.root.parent / "back.po"
    translate(denying, "back-export", "ar", NAME, "-o", file)
    rows = {each.msgctxt: each for each in polib.pofile(str(file))}
    assert {unit: row.msgid for unit, row in rows.items()} == {unit: row[0] for unit, row in CRITICAL.items()}
    assert {(row.msgstr, row.comment, row.tcomment, row.previous_msgid) for row in rows.values()} == {
        ("", "", "", None)
    }
    text = file.read_text("utf-8")
    english = [word.text for word in denying.library().topics[NAME].words() if " " in word.text]
    assert [each for each in english if each in text] == []


def test_words_that_are_unsure_are_not_sent_to_be_translated_back(denying: Tiny) -> None:
    denying.change(PO, '#, machine\nmsgctxt "help/swell"', '#, fuzzy, machine\nmsgctxt "help/swell"')
    file = denying.root.parent / "back.po"
    translate(denying, "back-export", "ar", NAME, "-o", file)
    assert [each.msgctxt for each in polib.pofile(str(file))] == ["help/heading", "help/action"]


def test_a_back_translation_that_says_the_same_is_kept(denying: Tiny) -> None:
    result = turned(denying)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{BACK}: 3 texts.\n", "")
    found = entry(denying, "help/swell", BACK)
    assert (found.msgid, found.msgstr, found.flags) == (*CRITICAL["help/swell"], ["human"])
    assert "# Test Reader <>, 2026.\n" in (denying.root / BACK).read_text("utf-8")
    assert denying.findings() == []
    row = json.loads(translate(denying, "status", "--json").stdout)[1]
    assert (row["critical"], row["back"]) == (3, 3)


LOST: Final = {
    "a denial": ("swell", "the hands close up", "back-negation"),
    "a Fact": ("action", "Or phone them.", "back-placeholders"),
    "a number too many": ("swell", "2 hands do not close up", "back-numbers"),
}


@pytest.mark.parametrize(("unit", "text", "rule"), LOST.values(), ids=LOST.keys())
def test_a_back_translation_that_lost_something_is_an_error(
    denying: Tiny, unit: str, text: str, rule: str
) -> None:
    result = turned(denying, **{unit: text})
    line = entry(denying, f"help/{unit}", BACK).linenum
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{BACK}:{line}: error [{rule}] help/{unit}: ")
    assert [each.rule for each in denying.findings()] == [rule], "and no leaflet is built until it is mended"


def test_a_back_translation_is_of_just_the_words_that_it_was_made_from(denying: Tiny) -> None:
    turned(denying)
    denying.change(PO, "لا تلتئم أيديكم", "لا تلتئم اليدان")
    told = [(each.file, each.rule, each.severity) for each in denying.findings()]
    assert told == [(BACK, "back-stale", "warning")]
    row = json.loads(translate(denying, "status", "--json").stdout)[1]
    assert (row["critical"], row["back"]) == (3, 2)
    assert turned(denying).exit_code == 0
    assert denying.findings() == []


NOT_BACK: Final = {
    "a text that is not critical": (ROW.format("in-short/soap", WORDS, "Soap."), "unknown-unit"),
    "other words": (ROW.format("help/swell", "تورّمت أيديكم", "hands swell"), "changed-words"),
    "the translation itself": (
        ROW.format("help/swell", "your hands do not heal", "لا تلتئم"),
        "changed-words",
    ),
}


@pytest.mark.parametrize(("row", "rule"), NOT_BACK.values(), ids=NOT_BACK.keys())
def test_what_is_no_back_translation_of_today_is_refused(denying: Tiny, row: str, rule: str) -> None:
    file = send(denying, HEAD + row, f"{NAME}.ar.back.po")
    before = everything(denying)
    result = translate(denying, "back-import", file, "--by", "Test Reader")
    assert f"{file}:5: error [{rule}] " in result.stderr
    assert (result.exit_code, result.stdout) == (1, "Nothing was written.\n")
    assert everything(denying) == before


# --- names -----------------------------------------------------------------------------------------

UNKNOWN: Final = {
    "sync --lang": (("sync", "--lang", "xx"), "xx is unknown. There are: ar."),
    "sync of the English": (("sync", "--lang", "en"), "en is unknown. There are: ar."),
    "sync --topic": (("sync", "--topic", "washing-hand"), "Did you mean washing-hands?"),
    "extract": (("extract", "washing-hand"), "Did you mean washing-hands?"),
    "status": (("status", "--lang", "xx"), "There are: ar."),
    "export of a language": (("export", "xx", NAME), "There are: ar."),
    "export of a topic": (("export", "ar", "washing-hand"), "Did you mean washing-hands?"),
    "export of a format": (("export", "ar", NAME, "--format", "docx"), "'po', 'xliff', 'csv'"),
    "check of a language": (("check", "xx"), "There are: ar."),
    "check of a topic": (("check", "ar", "--topic", "washing-hand"), "Did you mean washing-hands?"),
    "back-export": (("back-export", "ar", "washing-hand"), "Did you mean washing-hands?"),
    "waive of a topic": (
        ("waive", "ar", "iu", "title", "--rule", "numbers", "--by", "A", "--why", "B"),
        "There are: ui, washing-hands.",
    ),
    "waive of a Unit": (
        ("waive", "ar", NAME, "in-short/soup", "--rule", "numbers", "--by", "A", "--why", "B"),
        "Did you mean in-short/soap?",
    ),
    "import of a file that is not there": (
        ("import", "nowhere.po", "--by", "A", "--provenance", "human"),
        "does not exist",
    ),
    "import of words that nobody made": (
        ("import", __file__, "--by", "A", "--provenance", "nobody"),
        "'human', 'machine', 'memory'",
    ),
}


@pytest.mark.parametrize(("command", "hint"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_wrong_name_is_refused_with_a_hint(
    plain: Tiny, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], hint: str
) -> None:
    monkeypatch.chdir(plain.root)
    before = everything(plain)
    result = translate(plain, *command)
    assert (result.exit_code, hint in result.stderr) == (2, True), result.stderr
    assert everything(plain) == before


# --- new language ----------------------------------------------------------------------------------

NEW: Final = {
    "vi": (("vi",), "Tiếng Việt", "ltr", False),
    "km": (("km",), "ខ្មែរ", "ltr", True),
    "fa": (("fa",), "فارسی", "rtl", False),
    "prs": (("prs", "--cldr", "fa-AF"), "فارسی (افغانستان)", "rtl", False),
}


def new_language(tiny: Tiny, *args: str) -> Result:
    return careleaf("new", "language", *args, "--root", tiny.root)


@pytest.mark.parametrize(("args", "title", "direction", "split"), NEW.values(), ids=NEW.keys())
def test_a_new_language_is_without_fault_and_leaves_the_others_as_they_are(
    plain: Tiny, args: tuple[str, ...], title: str, direction: str, *, split: bool
) -> None:
    tag = args[0]
    before = everything(plain)
    result = new_language(plain, *args)
    assert result.exit_code == 0
    assert result.stdout.endswith(f"careleaf translate export {tag} ui\n")
    locale = plain.library().locales[tag]
    assert (locale.title, locale.direction, locale.split_words) == (title, direction, split)
    assert [each.msgctxt for each in catalog(plain, f"locales/{tag}/LC_MESSAGES/{NAME}.po")] == UNITS
    assert plain.findings() == []
    assert {path: content for path, content in everything(plain).items() if path in before} == before
    report = plain.build(plain.root.parent / "out", Selection(formats=("text",)))
    assert report.ok
    assert sorted(edition.lang for edition in report.built) == ["ar", "en"]


NO_LANGUAGE: Final = {
    "unknown to CLDR": (("xx",), "CLDR does not know xx. Name its nearest relative with --cldr."),
    "with an unknown relative": (("xx", "--cldr", "yy"), "CLDR does not know yy. Name its nearest relative"),
    "already there": (("ar",), "locales/ar is there already."),
    "the English": (("en",), "locales/en is there already."),
    "no tag": (("Vietnamese",), "is no language tag: write it like fr, pt-BR or zh-Hant."),
    "a path": (("../vi",), "is no language tag"),
}


@pytest.mark.parametrize(("args", "hint"), NO_LANGUAGE.values(), ids=NO_LANGUAGE.keys())
def test_a_language_that_cannot_be_begun_is_refused_with_what_to_do(
    plain: Tiny, args: tuple[str, ...], hint: str
) -> None:
    before = everything(plain)
    result = new_language(plain, *args)
    assert (result.exit_code, hint in result.stderr) == (2, True), result.stderr
    assert everything(plain) == before
    assert not (plain.root / "vi").exists()


LETTERS: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ابپتثجچحخدذرزسشصضطظعغفقکلم")


def in_persian_letters(english: str) -> str:
    """Put a text into other letters, but for what is filled in."""
    parts = re.split(r"(\{[a-z-]+\})", english)
    return "".join(part if part.startswith("{") else part.lower().translate(LETTERS) for part in parts)


def test_a_language_comes_from_nothing_to_a_leaflet_by_commands_and_files_only(plain: Tiny) -> None:
    new_language(plain, "fa")
    for topic in ("ui", NAME):
        po = polib.pofile(inside(export(plain, "po", lang="fa", topic=topic), f"{topic}.fa.po"))
        for each in po:
            each.msgstr = in_persian_letters(each.msgid)
        result = take(plain, send(plain, str(po), f"{topic}.fa.po"))
        assert result.exit_code == 0, result.stderr
    rows = json.loads(translate(plain, "status", "--lang", "fa", "--json").stdout)
    assert [(row["open"], row["stale"], row["waits_for"]) for row in rows] == [(0, 0, "approval")] * 2
    out = plain.root.parent / "out"
    built = careleaf("build", "--root", plain.root, "--out", out, "--format", "text", "--lang", "fa")
    assert (built.exit_code, built.stderr) == (0, "")
    text = (out / f"harbour/fa/{NAME}.text.txt").read_text("utf-8")
    assert in_persian_letters("Your skin is soft again.") in text
    assert in_persian_letters("Draft translation: not yet approved. Not for patients.") in text
    assert "Soap" not in text
