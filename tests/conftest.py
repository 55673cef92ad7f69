"""What all tests share: the library as it ships, its leaflets built once, and a tiny library to break."""

import fcntl
import os
import pickle
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from pathlib import Path
from typing import Self

import pytest
from hypothesis import settings

from careleaf import catalogs, pool, record
from careleaf import load as loading
from careleaf.approvals import overall
from careleaf.check import check
from careleaf.cli import discreet, shell
from careleaf.findings import Finding
from careleaf.load import load
from careleaf.model import Library, Selection, Status
from careleaf.pipeline import Options, Report, build
from careleaf.publish import Row, read_manifest
from careleaf.words import readings

ROOT = Path(__file__).parents[1]
TINY = Path(__file__).parent / "tiny"
TODAY = date(2026, 11, 25)
SHAPED = "milia-in-babies"
"""The topic that stands for all where every locale is made in every format."""
NEXT_YEAR = TODAY + timedelta(days=365)

# Hypothesis gives an example a fifth of a second: too short where other processes keep the cores busy.
settings.register_profile("busy", settings.default, deadline=timedelta(seconds=2))
settings.load_profile("busy")


@dataclass(frozen=True)
class Built:
    """The library as it ships, and the folder with its leaflets."""

    library: Library
    out: Path
    report: Report

    def files(self, suffix: str) -> list[Path]:
        """List the finished files with a suffix; there is always at least one."""
        found = sorted(self.out.rglob(f"*{suffix}"))
        assert found
        return found


@dataclass(frozen=True)
class Shapes:
    """One topic in every locale and every format, and the folder with its leaflets."""

    library: Library
    out: Path
    report: Report
    rows: tuple[Row, ...]

    def printed(self, lang: str) -> dict[str, Path]:
        """Give the files on paper in a language, by format and variant."""
        return {row.kind: self.out / row.path for row in self.rows if row.lang == lang and row.sides}


@dataclass(frozen=True)
class Tiny:
    """A library of one topic, two languages (English, Arabic), one clinic and all formats."""

    root: Path

    def write(self, file: str, content: str | bytes) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a text that is in a file, everywhere in it."""
        text = (self.root / file).read_text("utf-8")
        assert old in text, f"{old!r} is not in {file}"
        self.write(file, text.replace(old, new))

    def findings(self, today: date = TODAY) -> list[Finding]:
        library, findings = load(self.root)
        return sorted(findings + check(library, today))

    def library(self) -> Library:
        """Load it; there is nothing wrong with it."""
        library, findings = load(self.root)
        assert findings == []
        return library

    def state(self, lang: str, today: date = TODAY) -> Status:
        """Say where its one topic stands in a language."""
        library = self.library()
        return overall(library, library.topics["washing-hands"], lang, today)

    def approve(self, lang: str, *roles: str, until: date = NEXT_YEAR, name: str = "Test Reviewer") -> None:
        """Record fixture approvals of the words as they stand now."""
        for role in roles:
            library = self.library()
            found = readings(library, library.topics["washing-hands"], lang)
            person = {"role": role, "name": name, "credential": "fixture", "until": until}
            event = record.approval(lang, TODAY, found, person)
            record.append(self.root, library, "washing-hands", [event], found)

    def build(
        self, out: Path, selection: Selection = Selection(), *, force: bool = False, today: date = TODAY
    ) -> Report:
        return build(self.root, out, selection, Options(today, jobs=2, force=force))


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """Parse each text once: hundreds of tests load a library of which they have changed one file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "parsed", lru_cache(maxsize=500)(loading.parsed))
        patch.setattr(catalogs, "parse", lru_cache(maxsize=500)(catalogs.parse))
        yield


@cache
def as_it_ships() -> Library:
    """Load the library as it ships, once in each process; there is nothing wrong with it."""
    library, findings = load(ROOT)
    assert findings == []
    return library


@pytest.fixture(scope="session")
def library_root() -> Path:
    """The repository: the library as it ships."""
    return ROOT


def shared(factory: pytest.TempPathFactory) -> Path:
    """Give this run's folder for files of tests; each worker of pytest-xdist has one of its own in it."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Keep other processes waiting; a process that is killed keeps nobody."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def built_once(factory: pytest.TempPathFactory, name: str, selection: Selection) -> tuple[Path, Report]:
    """Build a part of the library as it ships, once for all processes: the folder, and what was told."""
    folder = shared(factory)
    out, told = folder / name, folder / f"{name}-report"
    with alone(folder / "lock"):
        if not told.is_file():
            report = build(ROOT, out, selection, Options(TODAY, pool.cores()))
            told.write_bytes(pickle.dumps(report))
    return out, pickle.loads(told.read_bytes())  # noqa: S301 # written above


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Every leaflet of the library as it ships, in the formats of every build. Read only."""
    return Built(as_it_ships(), *built_once(tmp_path_factory, "out", Selection()))


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Shapes:
    """One topic in every locale and every format. Read only."""
    selection = Selection(topics=(SHAPED,), all_formats=True)
    out, report = built_once(tmp_path_factory, "shapes", selection)
    return Shapes(as_it_ships(), out, report, tuple(read_manifest(out).rows.values()))


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """A tiny library without any fault, to be changed by the test; it borrows the real templates."""
    return tiny_library(tmp_path / "library")


def tiny_library(root: Path) -> Tiny:
    """Put a tiny library into a folder that is not there yet."""
    shutil.copytree(TINY, root)
    shutil.copytree(ROOT / "templates", root / "templates")
    for file in ("en/profile.yaml", "ar/profile.yaml", "ar/glossary.yaml", "ar/LC_MESSAGES/ui.po"):
        target = root / "locales" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "locales" / file, target)
    return Tiny(root)


class Frozen(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.combine(TODAY, time(12), tz)


@pytest.fixture
def one_process_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run commands that write the leaflets in this process, as of a fixed day."""
    monkeypatch.setattr(pool, "run", lambda jobs, _, make: ((job, make(job)) for job in jobs))
    monkeypatch.setattr(shell, "datetime", Frozen)
    monkeypatch.setattr(discreet, "datetime", Frozen)
