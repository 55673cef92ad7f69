"""Each machine makes its share, and the shares together are what one machine would have made."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careleaf import pool
from careleaf.findings import Finding, Severity
from careleaf.model import Artifact, Job, Selection, Shard
from careleaf.pipeline import Report
from careleaf.publish import LOCK, MANIFEST, read_manifest
from careleaf.writers import write
from tests.commands import careleaf
from tests.conftest import Tiny

TOPIC = "content/topics/washing-hands.yaml"
FEET = "content/topics/washing-feet.yaml"
ARABIC = "locales/ar/LC_MESSAGES/washing-hands.po"
CLINIC = "content/clinics/harbour.yaml"

TEXT: dict[str, Any] = {"formats": ("text",)}
SHARDS = [Shard(number, 3) for number in (1, 2, 3)]
PATHS = st.from_regex(
    r"[a-z]{1,8}/[a-z]{2}/[a-z-]{1,20}\.(handout|text|card-grey)\.(pdf|txt)", fullmatch=True
)


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the leaflets in this process: starting workers would take most of the time."""
    monkeypatch.setattr(pool, "run", printing(write))


def printing(make: Callable[[Job], Artifact]) -> Callable[..., Iterator[tuple[Job, Artifact]]]:
    """Stand in for `pool.run`."""
    return lambda jobs, *_, **__: ((job, make(job)) for job in jobs)


@pytest.fixture
def two(tiny: Tiny) -> Tiny:
    """The tiny library with a second topic, and twelve files but for the web pages."""
    for file in (TOPIC, ARABIC):
        text = (tiny.root / file).read_text("utf-8")
        tiny.write(file.replace("hands", "feet"), text.replace("hands", "feet"))
    assert tiny.findings() == []
    return tiny


def selected(shard: Shard | None = None, **asked: Any) -> Selection:  # noqa: ANN401 # any field
    return Selection(shard=shard, **asked)


def contents(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != LOCK
    }


def paths(report: Report) -> list[str]:
    return sorted(edition.path for edition in report.built)


def brought_together(folder: Path, out: Path) -> None:
    """Copy the folders of all machines into one, as the manual says: all but a manifest of the whole."""
    for shard in sorted(folder.glob("share-*")):
        shutil.copytree(shard, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns(MANIFEST, LOCK))


@given(path=PATHS, of=st.integers(1, 30))
def test_every_file_is_in_just_one_share(path: str, of: int) -> None:
    assert sum(Shard(number, of).holds(path) for number in range(1, of + 1)) == 1


def test_a_file_is_in_the_same_share_on_every_machine_and_in_every_version() -> None:
    """Else an upgrade of one machine would leave a file to nobody, or to two."""
    path = "riverside/ar/after-laser.handout.pdf"
    assert [share_of(path, of) for of in (1, 2, 3, 10, 97)] == [1, 1, 2, 9, 84]


def share_of(path: str, of: int) -> int:
    return next(number for number in range(1, of + 1) if Shard(number, of).holds(path))


def test_shares_are_about_equal() -> None:
    paths = [f"riverside/{lang}/topic-{n}.handout.pdf" for lang in ("en", "ar", "ko") for n in range(200)]
    assert all(120 < sum(map(Shard(number, 4).holds, paths)) < 180 for number in (1, 2, 3, 4))


@pytest.mark.parametrize("asked", [{}, {"formats": ("card", "text", "web")}], ids=["usual", "by-name"])
def test_shares_brought_together_are_a_whole_build_and_only_web_pages_are_left_to_make(
    two: Tiny, tmp_path: Path, asked: dict[str, Any]
) -> None:
    whole = two.build(tmp_path / "whole", selected(**asked))
    shares = [paths(two.build(tmp_path / f"share-{s.number}", selected(s, **asked))) for s in SHARDS]
    together = [path for share in shares for path in share]
    assert sorted(together) == [path for path in paths(whole) if not path.endswith(".html")]
    assert not list(tmp_path.glob("share-*/**/*.html"))
    brought_together(tmp_path, tmp_path / "out")
    last = two.build(tmp_path / "out", selected(**asked))
    assert paths(last) == [path for path in paths(whole) if path.endswith(".html")]
    assert {each.path for each in last.unchanged} == set(together)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_a_share_brings_its_own_files_up_to_date_and_leaves_those_of_others(
    two: Tiny, tmp_path: Path
) -> None:
    """In a folder with everything, a share neither makes again nor takes away what is another's."""
    out = tmp_path / "out"
    shard = next(s for s in SHARDS if s.holds("harbour/en/washing-feet.handout.pdf"))
    two.build(out)
    assert paths(two.build(out, selected(shard))) == []
    before = contents(out)
    for file in (FEET, ARABIC.replace("hands", "feet")):
        (two.root / file).unlink()
    two.change(CLINIC, "020 7946 0991", "020 7946 0992")
    report = two.build(out, selected(shard))
    changed = {path for path, content in before.items() if contents(out).get(path) != content}
    changed.discard(f"manifest.{shard.number}-of-3.json")
    assert any("feet" in path for path in report.removed)
    assert changed == {*report.removed, *paths(report)}
    assert all(shard.holds(path) for path in changed)
    two.build(out)
    two.build(tmp_path / "clean")
    assert contents(out) == contents(tmp_path / "clean")


def test_night_after_night_only_what_changed_is_made_and_what_is_gone_goes(two: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def night() -> tuple[list[list[str]], Report]:
        made = [paths(two.build(tmp_path / f"share-{s.number}", selected(s))) for s in SHARDS]
        brought_together(tmp_path, out)
        return made, two.build(out)

    night()
    made, last = night()
    assert made == [[], [], []]
    assert paths(last) == []
    two.change(TOPIC, "version: 3", "version: 4")
    for file in (FEET, ARABIC.replace("hands", "feet")):
        (two.root / file).unlink()
    made, last = night()
    assert {path.split(".")[0] for share in made for path in share} == {
        "harbour/en/washing-hands", "harbour/ar/washing-hands",
    }  # fmt: skip
    assert all(path.endswith(".html") for path in paths(last))
    two.build(tmp_path / "clean")
    assert contents(out) == contents(tmp_path / "clean")


def test_a_share_that_never_came_is_made_by_the_last_build(two: Tiny, tmp_path: Path) -> None:
    """A machine that failed at night leaves no hole in the rack."""
    for shard in SHARDS[:2]:
        two.build(tmp_path / f"share-{shard.number}", selected(shard))
    brought_together(tmp_path, tmp_path / "out")
    last = two.build(tmp_path / "out")
    assert all(SHARDS[2].holds(path) or path.endswith(".html") for path in paths(last))
    two.build(tmp_path / "clean")
    assert contents(tmp_path / "out") == contents(tmp_path / "clean")


def test_what_a_share_was_warned_of_is_told_by_the_last_build_too(
    two: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def coarse(job: Job) -> Artifact:
        finding = Finding(job.name, 0, "picture-dots", "a picture is coarse", "Draw it.", Severity.WARNING)
        return Artifact(job.path, job.path.encode(), 1, (finding,))

    monkeypatch.setattr(pool, "run", printing(coarse))
    shares = [two.build(tmp_path / f"share-{s.number}", selected(s, **TEXT)) for s in SHARDS]
    brought_together(tmp_path, tmp_path / "out")
    told = two.build(tmp_path / "out", selected(**TEXT)).findings
    assert len(told) == 4
    assert sorted(finding for share in shares for finding in share.findings) == list(told)


def test_a_translation_too_long_is_found_though_its_english_was_made_elsewhere(
    two: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the last build has one beside the other."""
    english = "harbour/en/washing-hands.text.txt"

    def long(job: Job) -> Artifact:
        return Artifact(job.path, job.path.encode(), 3 if "/ar/" in job.path else 1)

    monkeypatch.setattr(pool, "run", printing(long))
    apart = next(
        of for of in range(2, 50) if share_of(english, of) != share_of(english.replace("en", "ar"), of)
    )
    for number in range(1, apart + 1):
        two.build(tmp_path / f"share-{number}", selected(Shard(number, apart), **TEXT))
    brought_together(tmp_path, tmp_path / "out")
    last, whole = (
        two.build(tmp_path / "out", selected(**TEXT)),
        two.build(tmp_path / "whole", selected(**TEXT)),
    )
    assert {finding.rule for finding in whole.findings} == {"page-limit"}
    assert {each.message for each in last.findings} <= {each.message for each in whole.findings}
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert not list(tmp_path.glob("out/harbour/ar/*"))


def test_a_text_that_is_withdrawn_goes_from_a_share_too(two: Tiny, tmp_path: Path) -> None:
    shard = next(s for s in SHARDS if s.holds("harbour/ar/washing-hands.handout.pdf"))
    two.build(tmp_path / "share", selected(shard))
    before = set(read_manifest(tmp_path / "share").rows)
    result = careleaf(
        "withdraw", "washing-hands", "--lang", "ar", "--root", two.root, "--out", tmp_path / "share",
        "--reason", "a test", "--by", "Test Reviewer",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    gone = {path for path in before if path.startswith("harbour/ar/washing-hands.")}
    assert gone
    assert not any((tmp_path / "share" / path).exists() for path in gone)
    assert set(read_manifest(tmp_path / "share").rows) == before - gone


def test_a_share_of_a_little_may_be_nothing(two: Tiny, tmp_path: Path) -> None:
    """A job for each shard must not fail because another has the only file."""
    asked = {"topics": ("washing-feet",), "langs": ("en",), "formats": ("text",)}
    reports = [two.build(tmp_path / "out", selected(s, **asked)) for s in SHARDS]
    assert sorted(len(report.built) for report in reports) == [0, 0, 1]
    assert all(report.ok for report in reports)


@pytest.mark.parametrize("value", ["0/3", "4/3", "1/0", "a/b", "3", "1/3/5", "-1/3"])
def test_a_share_that_cannot_be_is_wrong_usage(two: Tiny, tmp_path: Path, value: str) -> None:
    result = careleaf("build", "--root", two.root, "--out", tmp_path / "out", "--shard", value)
    assert result.exit_code == 2
    assert f"{value} is no share: the second of three is 2/3." in result.stderr


def test_the_command_makes_its_share(two: Tiny, tmp_path: Path) -> None:
    result = careleaf("build", "--root", two.root, "--out", tmp_path / "out", "--shard", "2/3")
    assert result.exit_code == 0
    there = {path for path in contents(tmp_path / "out") if not path.startswith("manifest")}
    assert there
    assert all(SHARDS[1].holds(path) for path in there)
    assert (tmp_path / "out/manifest.2-of-3.json").is_file()
