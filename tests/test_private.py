"""Nothing of a patient is left but what was asked for: in no log, no cache, no list of programs.

Most tests run the command as a process in a home of its own, and look at all that is there after it.
"""

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from careleaf import batch, lists, personal, private
from tests.commands import careleaf
from tests.conftest import Tiny
from tests.patients import NAMES, TOPIC, aftercare, found

NAME: Final = "Jane Example"
WORDS: Final = (
    NAME,
    "Example",
    NAMES["Arabic"],
    NAMES["Han"],
    "left cheek",
    "Test Reviewer",
    "Reviewer",
    "דוגמה",
)
"""What the list says of patients: all that must not be found."""
HEADER: Final = "treated-on,language,topic,name,site,clinician"
HERE: Final = Path(__file__).parents[1]
SOON: Final = 120
"""Seconds in which whatever is waited for has happened on the slowest machine."""
CRASH: Final = """
import os, signal, sys
# Who starts the tests in the background has them ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
from careleaf import {room}
from careleaf.cli import main

real, calls = {room}.{name}, 0

def planted(*given, **named):
    global calls
    calls += 1
    if calls > {after}:
        {deed}
    return real(*given, **named)

{room}.{name} = planted
main(sys.argv[1:])
"""
"""A program that is careleaf, but for one function of it: that does something else from its n-th call on."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A small library. Read only."""
    return aftercare(tmp_path_factory.mktemp("small") / "library")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What all share, and is looked through each time: to read the fonts anew takes seconds."""
    return tmp_path_factory.mktemp("cache")


@dataclass(frozen=True)
class Home:
    """A home with nothing in it but a list of patients, and what a command leaves there."""

    folder: Path
    library: Tiny
    cache: Path

    @property
    def out(self) -> Path:
        """The folder for sheets."""
        return self.folder / "home" / "sheets"

    def start(self, *command: object, program: str = "") -> subprocess.Popen[bytes]:
        """Start careleaf, or a program, with all that may write a log of its own accord."""
        home = self.folder / "home"
        environment = {
            "HOME": home,
            "TMPDIR": self.folder / "tmp",
            "XDG_CACHE_HOME": self.cache,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": HERE / "src",
            "PYTHONFAULTHANDLER": "1",
            "PYTHONWARNINGS": "always",
        }
        code = ["-c", program] if program else ["-m", "careleaf"]
        with (self.folder / "stdout").open("wb") as stdout, (self.folder / "stderr").open("wb") as stderr:
            return subprocess.Popen(  # noqa: S603 # our own command
                [sys.executable, "-P", *code, *map(str, command), "--root", str(self.library.root)],
                stdout=stdout,
                stderr=stderr,
                cwd=home,
                env={name: str(value) for name, value in environment.items()},
                start_new_session=True,
            )

    def run(self, *command: object, program: str = "") -> int:
        return self.start(*command, program=program).wait(SOON)

    @property
    def told(self) -> str:
        """What was printed."""
        return "".join((self.folder / name).read_text("utf-8") for name in ("stdout", "stderr"))

    def traces(self, *asked_for: Path) -> list[str]:
        """Give the files with a patient's word in them or in their name, but for those asked for."""
        left = (path for folder in (self.folder, self.cache) for path in folder.rglob("*"))
        paths = [path for path in left if path not in {self.roster, *asked_for}]
        assert self.folder / "stderr" in paths
        return [
            f"{path}: {words}"
            for path in paths
            if (words := found(WORDS, str(path).encode() + (path.read_bytes() if path.is_file() else b"")))
        ]

    @property
    def roster(self) -> Path:
        """The clinic's list."""
        return self.folder / "home" / "list.csv"

    @property
    def left(self) -> list[str]:
        """The names of what is in the home besides the list."""
        return sorted(path.name for path in (self.folder / "home").iterdir() if path != self.roster)


@pytest.fixture
def home(tmp_path: Path, small: Tiny, cache: Path) -> Home:
    made = Home(tmp_path, small, cache)
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    rows = [
        (lang, name) for name in (NAME, NAMES["Han"], NAMES["Arabic"], "דוגמה Jane") for lang in ("en", "ar")
    ]
    lines = [
        f"{ago(1 + place)},{lang},{TOPIC},{name},left cheek,Test Reviewer"
        for place, (lang, name) in enumerate(rows)
    ]
    made.roster.write_text("\n".join([HEADER, *lines]), "utf-8")
    return made


def merge(*more: object) -> tuple[object, ...]:
    return ("merge", "list.csv", "--drafts", "--make", "--out", "sheets", *more)


def program(name: str, deed: str, *, room: str = "private", after: int = 0) -> str:
    return CRASH.format(room=room, name=name, deed=deed, after=after)


# --- What is left ----------------------------------------------------------------------------------


def test_a_word_is_found_wherever_it_may_stand(home: Home) -> None:
    """Else all that follows would find nothing, whatever was there."""
    deep = home.folder / "home" / "a" / "b"
    deep.mkdir(parents=True)
    for number, content in enumerate(
        [NAME.encode("utf-16-le"), NAME.encode().hex().encode(), b"x" + NAME.encode()]
    ):
        (deep / str(number)).write_bytes(content)
    (home.folder / "tmp" / NAME).mkdir()
    (home.folder / "stderr").touch()
    assert len(home.traces()) == 4


def test_after_a_merge_the_words_are_in_the_sheets_only(home: Home) -> None:
    assert home.run(*merge("--jobs", 2, "--ics")) == 0, home.told
    assert "8 sheets made, 0 rows held.\n" in home.told
    assert home.left == ["sheets"]
    names = {path.name for path in home.out.iterdir()}
    assert names == {"list.csv", *(f"row-{row}.{end}" for row in range(2, 10) for end in ("pdf", "ics"))}
    # In a sheet, even, the words stand as glyphs, and in plain letters only where those are read to somebody.
    assert home.traces(*home.out.glob("*.pdf")) == []
    assert {path.stat().st_mode & 0o077 for path in home.out.iterdir()} == {0}


def test_after_a_trial_the_words_are_on_its_page_only(home: Home) -> None:
    assert home.run("merge", "list.csv", "--drafts", "--out", "sheets") == 0, home.told
    assert home.traces(home.out / "read-me-first.html") == []
    assert len(home.traces()) == 1


def ago(days: int) -> str:
    """Give a day before today: these commands read the real clock."""
    return (datetime.now(UTC).date() - timedelta(days=days)).isoformat()


# --- While it runs ---------------------------------------------------------------------------------


def family(process: subprocess.Popen[bytes]) -> Iterator[Path]:
    """Yield the folder in /proc of every living process of its session: its workers, and theirs."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == process.pid and fields[0] != "Z":
                yield folder
        except (OSError, ValueError, IndexError):  # it has ended
            continue


def wait_for(condition: object, process: subprocess.Popen[bytes]) -> None:
    """Wait until something is so, or the process has ended."""
    assert callable(condition)
    end = time.monotonic() + SOON
    while not condition():
        assert process.poll() is None, "it ended before"
        assert time.monotonic() < end
        time.sleep(0.02)


def test_no_list_of_programs_shows_a_name_and_after_it_the_words_are_in_the_sheet_only(home: Home) -> None:
    about = ("--name", NAME, "--site", "left cheek", "--clinician", "Test Reviewer")
    where = ("-o", "sheet.pdf", "--ics")
    process = home.start("sheet", TOPIC, "--lang", "en", "--treated-on", ago(1), *about, *where)
    seen: set[bytes] = set()
    workers: set[str] = set()
    titled = False
    while process.poll() is None:
        for folder in family(process):
            try:
                shown = (folder / "cmdline").read_bytes() + (folder / "comm").read_bytes()
            except OSError:
                continue
            own = folder.name == str(process.pid)
            titled = titled or (own and shown.startswith(b"careleaf sheet"))
            workers |= set() if own else {folder.name}
            # Before Python has read its own program, nothing of ours can hide what it was called with.
            seen |= {shown} if titled else set()
        time.sleep(0.01)
    assert process.returncode == 0, home.told
    assert titled
    assert workers, "the sheet is made in a worker"
    assert [shown for shown in seen if found(WORDS, shown)] == []
    assert home.left == ["sheet.ics", "sheet.pdf"]
    assert home.traces(home.folder / "home" / "sheet.pdf") == []


# --- What goes wrong -------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_process_one_day")
@pytest.mark.parametrize(
    ("room", "name", "after"),
    [
        (private, "put", 3),
        (private, "folder", 0),
        (batch, "made", 0),
        (personal, "about", 4),
        (lists, "read", 0),
        (batch, "compose", 2),
    ],
    ids=["writing", "folder", "making", "places", "reading", "anew"],
)
def test_a_crash_leaves_nothing_and_names_nobody(
    home: Home, monkeypatch: pytest.MonkeyPatch, room: ModuleType, name: str, after: int
) -> None:
    real, calls = getattr(room, name), itertools.count(1)

    def planted(*given: object, **named: object) -> object:
        if next(calls) > after:
            raise RuntimeError(f"planted: {given} {named} {WORDS}")
        return real(*given, **named)

    monkeypatch.setattr(room, name, planted)
    monkeypatch.chdir(home.folder / "home")
    result = careleaf(*merge(), "--root", home.library.root)
    assert result.exit_code == 1
    told = r"^Error: RuntimeError at \w+\.py:\d+\. This is a bug: report it\."
    assert re.search(told, result.stderr, re.MULTILINE)
    assert found(WORDS, result.output.encode()) == []
    assert home.left == []


PLANTED: Final = """
from careleaf import batch

real = batch.fill

def stamp(leaflet, slots, stamped):
    if slots[0].key.startswith("ar/"):
        raise RuntimeError(f"planted: {[slot.text for slot in slots]}")
    return stamped(leaflet, slots)

def fill(order):
    from careleaf.pdf import master
    if master.stamp.__name__ == "stamp":
        stamped = master.stamp
        master.stamp = lambda leaflet, slots: stamp(leaflet, slots, stamped)
    return real(order)
"""
"""A module of which a worker makes its sheets: it stumbles over the Arabic ones."""


def test_a_crash_in_a_worker_names_nobody_and_the_other_sheets_are_made(home: Home) -> None:
    hook = home.folder / "hook"
    hook.mkdir()
    (hook / "planted.py").write_text(PLANTED, "utf-8")
    code = f"import sys; sys.path.append({str(hook)!r}); import planted; planted.batch.fill = planted.fill; "
    assert (
        home.run(*merge("--jobs", 1), program=f"{code}from careleaf.cli import main; main(sys.argv[1:])") == 1
    )
    told = home.told
    assert told.count("error [crash] it failed: RuntimeError") == 4
    assert "Traceback" not in told
    assert home.traces(*home.out.glob("*.pdf")) == []
    assert "4 sheets made, 0 rows held." in told


SLOW: Final = program("put", "import time; open('waiting', 'w').close(); time.sleep(600)", after=3)
"""Stops in the middle of the folder, with three sheets in it."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_who_stops_a_merge_finds_nothing_of_it(home: Home, number: signal.Signals) -> None:
    process = home.start(*merge("--jobs", 1), program=SLOW)
    waiting = home.folder / "home" / "waiting"
    wait_for(waiting.exists, process)
    assert len(list((home.folder / "home" / "sheets.unfinished").iterdir())) == 3
    os.killpg(process.pid, number)
    assert process.wait(SOON) in {1, 128 + number}
    assert home.left == ["waiting"]
    assert "Traceback" not in home.told
    assert home.traces() == []


@pytest.mark.usefixtures("one_process_one_day")
def test_a_merge_that_is_killed_is_no_finished_folder_and_the_next_run_clears_it_away(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = home.start(*merge("--jobs", 1), program=SLOW)
    waiting = home.folder / "home" / "waiting"
    wait_for(waiting.exists, process)
    process.kill()
    process.wait(SOON)
    assert home.left == ["sheets.unfinished", "waiting"]
    assert (home.folder / "home" / "sheets.unfinished").stat().st_mode & 0o777 == 0o700
    end = time.monotonic() + SOON
    while list(family(process)):
        assert time.monotonic() < end, "its workers still hold what they were given"
        time.sleep(0.05)
    waiting.unlink()
    monkeypatch.chdir(home.folder / "home")
    assert careleaf(*merge(), "--root", home.library.root).exit_code == 0
    assert home.left == ["sheets"]
    assert home.traces(*home.out.glob("*.pdf")) == []


def test_a_print_run_that_is_killed_leaves_no_file_of_that_name(home: Home) -> None:
    slow = program("write", "import time; open('waiting', 'w').close(); time.sleep(600)")
    process = home.start("merge", "list.csv", "--drafts", "--make", "--print-run", "run.pdf", program=slow)
    wait_for((home.folder / "home" / "waiting").exists, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(SOON)
    assert home.left == ["waiting"]
    assert home.traces() == []
