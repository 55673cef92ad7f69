"""A library on more than one machine: no leaflet is lost, and none comes out otherwise."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, cycle
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from careleaf import batch, cluster, pool
from careleaf.cluster import ClusterError, connected, engine
from careleaf.model import Artifact, Job, Recipient, Selection
from careleaf.pipeline import Options, build
from careleaf.pool import IN_HAND, Crew, CrewLostError
from careleaf.publish import LOCK
from careleaf.versions import versions
from tests.commands import careleaf
from tests.conftest import ROOT, TODAY, Tiny, as_it_ships
from tests.test_pool import job

if TYPE_CHECKING:
    from careleaf.findings import Finding

LEAFLETS = Selection(
    topics=("after-laser", "what-are-milia"), langs=("en", "ar"), formats=("handout", "text")
)
WORDS = "Jane Example, born on 1 April"
LONG = 60
"""Seconds that a busy machine may take for what another does at once."""


MEND = "Install there what is here, else it would print other bytes"


def make(work: Job) -> Artifact:
    """Behave as the Job's name says. Runs in a worker."""
    if work.name == "endless":
        while True:
            pass
    if work.name == "leaving":
        os._exit(3)
    if work.name == "broken":
        raise ValueError(f"cannot print {work.markup}")
    return Artifact(work.path, work.name.encode(), 1)


def contents(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != LOCK
    }


@dataclass(frozen=True)
class Dask:
    """A scheduler and its workers, started as an administrator would."""

    folder: Path
    stack: ExitStack

    def start(self, name: str, *args: str, path: Path = ROOT / "src") -> subprocess.Popen[bytes]:
        """Start a part of it, "scheduler" or "worker-...", with the careleaf of a path. It logs to a file."""
        log = self.stack.enter_context((self.folder / f"{name}.log").open("wb"))
        command = [sys.executable, "-P", "-m", "dask", name.partition("-")[0], "--no-dashboard"]
        process = subprocess.Popen(  # noqa: S603 # Dask's own commands
            [*command, "--scheduler-file", str(self.folder / "scheduler.json"), "--host", "127.0.0.1", *args],
            # Dask gives up a job with its first worker, so that it is our second try that is seen here.
            env=os.environ
            | {
                "PYTHONPATH": f"{path}{os.pathsep}{ROOT}",
                "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
            },
            cwd=self.folder,
            stdout=log,
            stderr=log,
        )
        self.stack.callback(end, process)
        return process

    def workers(self, name: str, count: int, path: Path = ROOT / "src") -> subprocess.Popen[bytes]:
        """Start so many workers, and wait until the scheduler has them."""
        process = self.start(
            name,
            *("--nthreads", "1", "--nworkers", str(count), "--local-directory", str(self.folder)),
            path=path,
        )
        wait_until(lambda: self.log(name).count("Registered to") == count)
        return process

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        told = json.loads((self.folder / "scheduler.json").read_text("utf-8"))
        return str(told["address"]).replace("tcp", "dask")

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8")


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=LONG)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.05)


@contextmanager
def scheduled(folder: Path) -> Iterator[tuple[Dask, subprocess.Popen[bytes]]]:
    """A scheduler that listens, and its process."""
    with ExitStack() as stack:
        dask = Dask(folder, stack)
        process = dask.start("scheduler", "--port", "0")
        wait_until((folder / "scheduler.json").exists)
        yield dask, process


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """A scheduler with two workers, each a process of its own."""
    with scheduled(tmp_path_factory.mktemp("dask")) as (dask, _):
        dask.workers("worker-ours", 2)
        yield dask


def test_a_build_loses_nothing_and_changes_no_byte_though_a_worker_is_killed_in_its_midst(
    dask: Dask, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill(_done: int, _total: int, _name: str) -> None:
        if not killed:
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

    with connected(dask.address) as crew:
        assert crew.size == 2
        victim = crew.executor.submit(os.getpid).result()
        report = build(ROOT, tmp_path / "dask", LEAFLETS, Options(TODAY, 1, crew=crew, progress=kill))
    assert killed
    assert report.findings == ()
    assert len(report.built) == 8
    build(ROOT, tmp_path / "here", LEAFLETS, Options(TODAY, pool.cores()))
    assert contents(tmp_path / "dask") == contents(tmp_path / "here")


def test_every_patient_has_the_same_sheet_though_a_worker_is_killed_in_its_midst(
    dask: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of a whole week must not lose a patient to one bad machine."""
    monkeypatch.setattr(batch, "MOST", 3)
    library = as_it_ships()
    patients = [
        Recipient(row, ("after-laser",), lang, TODAY - timedelta(days=row % 5), f"Example {row}")
        for row, lang in zip(range(2, 26), cycle(("en", "ar")), strict=False)
    ]
    terms = batch.Terms(library.clinics["riverside"], TODAY, drafts=True)
    wanted, _ = batch.chosen(library, terms, patients)
    told: list[Finding] = []

    def made(workers: int | Crew, victim: int | None) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for sheet in batch.made(batch.Makers(library, workers), wanted, lambda _, each: told.append(each)):
            if victim and not found:
                os.kill(victim, signal.SIGKILL)
            found[sheet.wanted.recipient.row] = sheet.content
        return found

    with connected(dask.address) as crew:
        elsewhere = made(crew, crew.executor.submit(os.getpid).result())
    assert told == []
    assert elsewhere.keys() == {one.row for one in patients}
    assert elsewhere == made(pool.cores(), None)


def test_what_fails_in_a_worker_is_told_here_and_nothing_of_a_page_is_in_any_log(dask: Dask) -> None:
    """Dask logs a call that fails with all that it was given: a page may be one patient's."""
    with connected(dask.address) as crew:
        ((_, failed),) = pool.run([job("broken", WORDS)], crew, make=make)
    (finding,) = failed.findings
    assert (finding.file, finding.rule) == ("broken", "crash")
    assert finding.message == f"it failed: ValueError: cannot print {WORDS}"
    assert WORDS not in repr(job("broken", WORDS))
    assert "Jane" not in dask.log("worker-ours") + dask.log("scheduler")


def test_a_page_that_never_ends_costs_one_leaflet(dask: Dask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its worker is ended, and what waited there with it is made all the same."""
    limits = pool.Limits(seconds=1)
    monkeypatch.setattr(cluster, "Limits", lambda: limits)
    names = ["plain-0", "endless", *(f"plain-{number}" for number in range(1, 6))]
    with connected(dask.address) as crew:
        made = {done.name: artifact for done, artifact in pool.run(map(job, names), crew, make=make)}
    (finding,) = made.pop("endless").findings
    assert (finding.rule, finding.message) == (
        "crash",
        "its worker was lost, again and again (KilledWorker)",
    )
    assert {name: artifact.content.decode() for name, artifact in made.items()} == {
        name: name for name in names if name != "endless"
    }


def test_a_worker_with_another_careleaf_is_named_before_anything_is_made(
    dask: Dask, tiny: Tiny, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "other")
    (tmp_path / "other/careleaf/plain.py").write_text("# another\n", "utf-8")
    other = dask.workers("worker-other", 1, tmp_path / "other")
    result = careleaf("build", "--root", tiny.root, "--out", tmp_path / "out", "--executor", dask.address)
    end(other)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "is not fit: it has other versions: careleaf 0.1.0+" in result.stderr
    assert f"here {versions()['careleaf']}. Install there what is here" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_worker_that_joined_later_with_another_engine_ends_the_run() -> None:
    """No leaflet is to blame, so none is taken away."""
    with ThreadPoolExecutor(1) as threads, pytest.raises(CrewLostError, match="another careleaf or engine"):
        list(pool.run([job("plain")], Crew(Otherwise(threads), 1), make=make))


class Otherwise(Executor):
    """An Executor whose workers have another Pango."""

    def __init__(self, inner: Executor) -> None:
        self.inner = inner

    def submit(self, call: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:  # noqa: ANN401 # any call
        how, here, work = args
        return self.inner.submit(call, how, {**here, "pango": "1.0"}, work)


def test_a_scheduler_that_is_lost_loses_the_run_and_no_file(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leaflets of yesterday must not go because a machine did."""
    monkeypatch.setattr(cluster, "PATIENCE", 2)
    out, text = tmp_path / "out", Selection(formats=("text",))
    tiny.build(out, text)
    before = contents(out)
    tiny.change("content/clinics/harbour.yaml", "020 7946 0991", "020 7946 0992")
    with scheduled(tmp_path) as (dask, process):
        dask.workers("worker-ours", 1)
        with connected(dask.address) as crew:
            made = pool.run((job(f"plain-{number}") for number in count()), crew, make=make)
            next(made)
            process.kill()
            with pytest.raises(CrewLostError):
                list(made)
            with pytest.raises(CrewLostError):
                build(tiny.root, out, text, Options(TODAY, 1, crew=crew))
    assert before.keys() == contents(out).keys()
    assert len(tiny.build(out, text).built) == 2


def refused(tiny: Tiny, out: Path, address: str) -> tuple[int, str]:
    """Build with an executor that cannot be had: the exit code, and what is told."""
    result = careleaf("build", "--root", tiny.root, "--out", out, "--executor", address)
    assert not out.exists()
    return result.exit_code, result.stderr


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:8786", "dask://127.0.0.1", "dask://:8786", "dask://a:0", "dask://a:99999", "dask"],
)
def test_an_address_of_another_form_is_wrong_usage(tiny: Tiny, tmp_path: Path, address: str) -> None:
    code, told = refused(tiny, tmp_path / "out", address)
    assert code == 2
    assert f"{address} is no address of a Dask scheduler: write it like dask://10.0.0.1:8786" in told


@pytest.mark.parametrize(
    "address", ["dask://10.0.0.1:8786", "dask://press.example.org:1", "dask://[::1]:8786"]
)
def test_a_host_may_be_a_name_or_a_number(address: str) -> None:
    assert cluster.place(address) == address.removeprefix("dask://")


def test_without_a_scheduler_one_line_says_so(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens, or somebody who says nothing: neither may keep a nightly build waiting for ever."""
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"dask://127.0.0.1:{silent.getsockname()[1]}"
        answers = [refused(tiny, tmp_path / "out", address)]
    answers.append(refused(tiny, tmp_path / "out", address))
    mend = "start it with: dask scheduler; or correct --executor."
    assert answers == [(1, f"Error: no Dask scheduler answers at {address}: {mend}\n")] * 2


def test_without_the_extra_one_line_says_what_to_install(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, told = refused(tiny, tmp_path / "out", "dask://127.0.0.1:8786")
    assert (code, told) == (1, "Error: Dask is not installed here: pip install careleaf[dask].\n")


class Answering:
    """Stands for a connection: each worker answers in its way."""

    def __init__(self, *answers: dict[str, str] | Exception) -> None:
        self.answers = answers

    def run(self, _call: object, on_error: str) -> dict[str, Any]:
        assert on_error == "return"
        return {f"tcp://10.0.0.{number}:1": answer for number, answer in enumerate(self.answers, start=1)}


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ((), "dask://a:1 has no workers: start some with: dask worker a:1 --nthreads 1"),
        (
            (engine(), ModuleNotFoundError("No module named 'careleaf'"), engine() | {"zlib": "0"}),
            (
                "the worker tcp://10.0.0.2:1 is not fit (nor are 1 others): it cannot run this careleaf "
                f"(No module named 'careleaf'). {MEND}"
            ),
        ),
        (
            (engine() | {"Mangal.ttf": "is missing"},),
            (
                "the worker tcp://10.0.0.1:1 is not fit: it has other versions: Mangal.ttf is missing, "
                f"here as it should be. {MEND}"
            ),
        ),
    ],
    ids=["none", "no-careleaf", "no-font"],
)
def test_workers_that_cannot_be_used_are_told_on_one_line(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[Any, ...], told: str
) -> None:
    monkeypatch.setattr(cluster, "_client", lambda _: nullcontext(Answering(*answers)))
    with pytest.raises(ClusterError) as error, connected("dask://a:1"):
        pass
    assert str(error.value) == told


def test_a_large_library_is_never_in_memory_at_once_with_any_executor() -> None:
    taken = 0

    def endless_library() -> Iterator[Job]:
        nonlocal taken
        while True:
            taken += 1
            yield job(f"plain-{taken}")

    with ThreadPoolExecutor(2) as threads:
        made = pool.run(endless_library(), Crew(threads, 2), make=make)
        for done in range(1, 10):
            _, artifact = next(made)
            assert artifact.usable
            assert taken <= IN_HAND * 2 + done
        made.close()  # type: ignore[attr-defined]  # it is a generator


class Cancelling(Executor):
    """An Executor that gives up each job, or does not take it at all."""

    def __init__(self, *, closed: bool) -> None:
        self.closed = closed

    def submit(self, *_args: object, **_kwargs: object) -> Future[Any]:
        if self.closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[Any] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


@pytest.mark.parametrize("closed", [False, True])
def test_an_executor_that_is_gone_is_no_fault_of_a_leaflet(closed: bool) -> None:  # noqa: FBT001 # a parameter
    with pytest.raises(CrewLostError):
        list(pool.run([job("plain")], Crew(Cancelling(closed=closed), 1), make=make))


def test_a_pool_that_breaks_as_a_whole_is_told_as_lost() -> None:
    with (
        ProcessPoolExecutor(1, get_context("spawn")) as processes,
        pytest.raises(CrewLostError, match="BrokenProcessPool"),
    ):
        list(pool.run([job("leaving")], Crew(processes, 1), make=make))
