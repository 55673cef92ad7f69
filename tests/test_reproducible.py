"""The same inputs give the same bytes, whoever builds them, where and when."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from careleaf.publish import LOCK
from tests.conftest import ROOT, Built, Tiny

HERE = {"TZ": "UTC", "PYTHONHASHSEED": "0", "LANG": "C", "LC_ALL": "C"}
THERE = {
    "TZ": "Pacific/Kiritimati",
    "PYTHONHASHSEED": "4242",
    "LANG": "ar_EG.UTF-8",
    "LC_ALL": "ko_KR.UTF-8",
    "SOURCE_DATE_EPOCH": "1",
    "USER": "somebody",
    "FONTCONFIG_FILE": "/etc/fonts/fonts.conf",
}


def sums(root: Path, out: Path, settings: dict[str, str], *options: str) -> dict[str, str]:
    """Build in a process of its own, and give the SHA-256 of each file."""
    command = [sys.executable, str(ROOT / "build.py"), "--root", str(root), "--out", str(out), *options]
    out.parent.mkdir(parents=True, exist_ok=True)
    environment = os.environ | settings
    subprocess.run(command, cwd=out.parent, env=environment, check=True, capture_output=True)  # noqa: S603 # ours
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != LOCK
    }


def copied_backwards(source: Path, target: Path) -> Path:
    """Copy a library in another order, so that the file system lists it otherwise."""
    for path in sorted(source.rglob("*"), reverse=True):
        if path.is_file():
            (target / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / path.relative_to(source))
    return target


@pytest.fixture
def elsewhere(tiny: Tiny, tmp_path: Path) -> Path:
    """The tiny library again, in a folder with a long name in another script."""
    return copied_backwards(tiny.root, tmp_path / "다른 폴더 'with' %41 spaces" / "library")


def test_another_folder_time_zone_hash_seed_language_and_job_count_give_the_same_bytes(
    tiny: Tiny, tmp_path: Path, elsewhere: Path
) -> None:
    first = sums(tiny.root, tmp_path / "out", HERE, "--jobs", "1")
    second = sums(elsewhere, elsewhere.parent / "somewhere else/out", THERE, "--jobs", "2")
    assert len(first) == 6 + 5 + 1, "leaflets, pages of the site around them, the manifest"
    assert second == first


def test_a_fresh_machine_without_a_font_cache_gives_the_same_bytes(tiny: Tiny, tmp_path: Path) -> None:
    handout = ("--format", "handout", "--jobs", "1")
    first = sums(tiny.root, tmp_path / "out", {}, *handout)
    second = sums(tiny.root, tmp_path / "again", {"XDG_CACHE_HOME": str(tmp_path / "cache")}, *handout)
    assert len(first) == 3
    assert second == first


def test_leaflets_made_one_at_a_time_are_those_made_together(tiny: Tiny, tmp_path: Path) -> None:
    """A worker that has printed Arabic before must print the same English as a new one."""
    together = sums(tiny.root, tmp_path / "out", {}, "--format", "handout", "--jobs", "1")
    arabic = sums(tiny.root, tmp_path / "ar", {}, "--format", "handout", "--lang", "ar")
    english = sums(tiny.root, tmp_path / "en", {}, "--format", "handout", "--lang", "en")
    pdfs = {name: value for name, value in together.items() if name.endswith(".pdf")}
    assert len(pdfs) == 2
    assert {name: value for name, value in (arabic | english).items() if name.endswith(".pdf")} == pdfs


def test_a_shipped_topic_gives_the_same_bytes_in_all_its_scripts(built: Built, tmp_path: Path) -> None:
    """Made by itself, elsewhere, and made here among all others."""
    topic = ("--topic", "milia-in-babies", "--format", "handout")
    made = sums(ROOT, tmp_path / "two", THERE, *topic, "--jobs", "1")
    pdfs = {name: digest for name, digest in made.items() if name.endswith(".pdf")}
    assert len(pdfs) == len(built.library.locales) >= 9
    assert {name: hashlib.sha256((built.out / name).read_bytes()).hexdigest() for name in pdfs} == pdfs
