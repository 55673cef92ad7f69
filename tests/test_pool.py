"""One hostile or endless page costs one leaflet, never the build."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from careleaf import pool
from careleaf.findings import Finding
from careleaf.model import Artifact, Job, Limits, Variant
from careleaf.pool import IN_HAND
from careleaf.pool import Limits as PoolLimits
from careleaf.writers import write

MEGABYTE = 1 << 20


def job(name: str, markup: str = "", style: str = "") -> Job:
    return Job(
        name=name,
        writer="pdf",
        markup=markup,
        style=style,
        path=f"{name}.pdf",
        assets={},
        attachment=b"{}",
        vocabulary=(),
        updated=date(2026, 11, 22),
        sizes=(12, 12),
        variant=Variant(),
        limits=Limits(),
        pages=None,
        columns=None,
        fonts=("Noto Sans",),
        phones=(),
        lang="en",
        direction="ltr",
        keep_words=False,
        split_words=False,
    )


def make(work: Job) -> Artifact:
    """Behave as the Job's name says. Runs in a worker."""
    if work.name == "endless":
        while True:
            pass
    if work.name == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(1)
    if work.name == "hungry":
        pages = [bytearray(16 * MEGABYTE) for _ in range(1000)]
        return Artifact(work.path, bytes(pages[0]), 0)
    if work.name == "leaving":
        # Pebble may blame the page before, whose result is still on its way when the process ends.
        time.sleep(0.3)
        os._exit(3)
    if work.name == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if work.name == "broken":
        raise ValueError("no such font")
    return Artifact(work.path, work.name.encode(), 1)


HOSTILE = {
    "endless": ("time-limit", "it took longer than 6 seconds and was stopped"),
    "stubborn": ("time-limit", "it took longer than 6 seconds and was stopped"),
    "hungry": ("memory-limit", "it needed more than 512 MB and was stopped"),
    "leaving": ("crash", "its process ended (exit code 3)"),
    "killed": ("crash", "its process ended (exit code -9)"),
    "broken": ("crash", "it failed: ValueError: no such font"),
}
PLAIN = tuple(f"plain-{number}" for number in range(12))


@pytest.fixture(scope="module")
def results() -> dict[str, Artifact]:
    """Hostile and plain pages made together by two workers."""
    names = [name for pair in zip(HOSTILE, PLAIN[:6], strict=True) for name in pair] + list(PLAIN[6:])
    limits = PoolLimits(seconds=6, memory=512 * MEGABYTE)
    return {done.name: made for done, made in pool.run(map(job, names), 2, limits, make=make)}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_page_that_misbehaves_is_named_with_the_reason_and_leaves_no_file(
    results: dict[str, Artifact], name: str
) -> None:
    rule, message = HOSTILE[name]
    (finding,) = results[name].findings
    assert isinstance(finding, Finding)
    assert (finding.file, finding.rule, finding.message) == (name, rule, message)
    assert results[name].content == b""


def test_every_other_leaflet_is_made_all_the_same(results: dict[str, Artifact]) -> None:
    assert results.keys() == {*HOSTILE, *PLAIN}
    assert [results[name].content for name in PLAIN] == [name.encode() for name in PLAIN]


def test_no_worker_outlives_a_build_that_ends_early() -> None:
    before = pids_of_children()
    made = pool.run(map(job, PLAIN), 1, make=make)
    next(made)
    assert pids_of_children() > before
    made.close()  # type: ignore[attr-defined]  # it is a generator
    assert pids_of_children() == before


def pids_of_children() -> set[str]:
    """The worker processes that this process has now, by Linux's own list."""
    lists = [task / "children" for task in Path("/proc/self/task").iterdir()]
    found = {pid for children in lists for pid in read_if_there(children).decode().split()}
    return {pid for pid in found if b"spawn_main" in read_if_there(Path("/proc", pid, "cmdline"))}


def read_if_there(path: Path) -> bytes:
    """A thread or process that has ended since it was listed has nothing to say."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_a_large_library_is_never_in_memory_at_once() -> None:
    taken = 0

    def endless_library() -> Iterator[Job]:
        nonlocal taken
        while True:
            taken += 1
            yield job(f"plain-{taken}")

    made = pool.run(endless_library(), 1, make=make)
    for done in range(1, 10):
        next(made)
        assert taken <= IN_HAND + done
    made.close()  # type: ignore[attr-defined]  # it is a generator


def test_nothing_to_do_is_done() -> None:
    assert list(pool.run([], 1, make=make)) == []


# Each level is laid out several times by the one around it: 8 take seconds, 14 would take days.
NESTED = "<div style='display: flex'><div>" * 14 + "deep" + "</div></div>" * 14


def test_a_page_that_keeps_the_real_engine_busy_is_stopped_and_its_neighbour_is_printed() -> None:
    page = "<html lang=en><title>Page</title><body style=\"font-family: 'Noto Sans'\">{}</body></html>"
    pages = [job("nested", page.format(NESTED)), job("plain", page.format("<p>Rest today.</p>"))]
    made = {done.name: artifact for done, artifact in pool.run(pages, 2, PoolLimits(seconds=10), make=write)}
    assert [finding.rule for finding in made["nested"].findings] == ["time-limit"]
    assert made["plain"].findings == ()
    assert made["plain"].content.startswith(b"%PDF-")
