"""Jobs over the cores, in processes that can be killed: a page can be hostile or endless.

A drawing can keep the engine busy for minutes, and it swallows an exception raised by a timer; only
the end of its process stops it. A job past its limit is named, and the others go on.

The same jobs may go to a Crew instead, whose workers are not processes of ours.
"""

import os
import resource
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from concurrent.futures import TimeoutError as TimedOutError
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Final, Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

from careleaf.findings import Finding
from careleaf.model import Artifact
from careleaf.versions import versions

JOBS_A_WORKER: Final = 500
"""After so many jobs a worker is replaced, so that no slow leak of a C library can add up."""
IN_HAND: Final = 3
"""Jobs waiting for each worker: enough to keep it busy, and never a whole library in memory."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may take: wall-clock seconds, and bytes of address space for its worker.

    A leaflet takes a fifth of a second and, resident, under 400 MB.
    """

    seconds: float = 30.0
    memory: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Crew:
    """Workers that are not processes of ours: an Executor, and how many jobs its workers do at once.

    They must have careleaf installed, in the same version and with the same engine: one with another makes
    nothing and ends the run. No Limits hold for them, only what the Executor sets itself.
    """

    executor: Executor
    size: int


class CrewLostError(Exception):
    """The Crew cannot go on, and what it had in hand is lost. No job is to blame."""


class OtherEngineError(Exception):
    """A worker of a Crew would print other bytes."""


class Task(Protocol):
    """What a worker is given: a Job, or an Order of sheets."""

    @property
    def name(self) -> str:
        """What it is, for whoever is told of a fault."""

    @property
    def path(self) -> str:
        """Where its Artifact goes."""


T = TypeVar("T", bound=Task)
R = TypeVar("R")


def cores() -> int:
    """Give the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def run(
    jobs: Iterable[T],
    workers: int | Crew,
    limits: Limits = Limits(),
    *,
    make: Callable[[T], R],
) -> Iterator[tuple[T, R | Artifact]]:
    """Make something of every job, and yield it with its job as it is done. `jobs` is read as it goes.

    `workers` are so many processes of this machine, each with `limits`, or a Crew. A job that fails, or
    passes a limit, yields an Artifact with no content and the Finding that says so. Raises CrewLostError.
    """
    return _hired(jobs, workers, make) if isinstance(workers, Crew) else _own(jobs, workers, limits, make)


def _own(
    jobs: Iterable[T], workers: int, limits: Limits, make: Callable[[T], R]
) -> Iterator[tuple[T, R | Artifact]]:
    """Make Artifacts in processes of this machine."""
    context = get_context("spawn")  # a fork would share Pango's locks
    with ProcessPool(workers, JOBS_A_WORKER, _limit, (limits.memory,), context) as pool:

        def start(job: T) -> Future[R]:
            return pool.schedule(make, args=(job,), timeout=limits.seconds)

        for job, future in _as_done(jobs, start, IN_HAND * workers):
            made = _result(job, future, limits)
            yield job, made


def _hired(jobs: Iterable[T], crew: Crew, make: Callable[[T], R]) -> Iterator[tuple[T, R | Artifact]]:
    """Make Artifacts in the workers of a Crew.

    A worker that is lost takes along what waited for it. So these jobs are done again, one at a time: whose
    worker is lost then is itself to blame.
    """
    start, lost = partial(_submitted, crew.executor, make, dict(versions())), list[T]()
    for job, future in _as_done(jobs, start, IN_HAND * crew.size):
        if _error(future):
            lost.append(job)
        else:
            yield job, future.result()
    for again in lost:
        for job, future in _as_done([again], start, 1):
            error = _error(future)
            message = f"its worker was lost, again and again ({type(error).__name__})"
            yield job, _failed(job, "crash", message) if error else future.result()


def _submitted(
    executor: Executor, make: Callable[[T], R], engine: Mapping[str, str], job: T
) -> Future[R | Artifact]:
    try:
        return executor.submit(make_elsewhere, make, engine, job)
    except Exception as error:  # each Executor has its own way of saying that it is closed
        raise CrewLostError(type(error).__name__) from error


def _error(future: Future[R]) -> BaseException | None:
    """Give what became of a job whose worker was lost. Raises CrewLostError if no worker can go on."""
    if future.cancelled():  # not by us: we wait for it
        raise CrewLostError("its jobs were cancelled")
    error = future.exception()
    if isinstance(error, OtherEngineError):
        raise CrewLostError("a worker joined late that has another careleaf or engine") from error
    if isinstance(error, BrokenExecutor):
        raise CrewLostError(type(error).__name__) from error
    return error


def _as_done(
    jobs: Iterable[T], start: Callable[[T], Future[R]], in_hand: int
) -> Iterator[tuple[T, Future[R]]]:
    """Start so many jobs, one more for each that is done, and yield those."""
    waiting: dict[Future[R], T] = {}
    upcoming = iter(jobs)
    try:
        while True:
            while len(waiting) < in_hand and (job := next(upcoming, None)):
                waiting[start(job)] = job
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(future), future
    finally:
        for future in waiting:
            future.cancel()


def make_elsewhere(make: Callable[[T], R], engine: Mapping[str, str], job: T) -> R | Artifact:
    """Make an Artifact in a worker of a Crew. Whatever fails is in the Artifact's Finding.

    That is not raised: an Executor would log it in the worker, and it may hold words of the page. `engine`
    are the versions where the job comes from. Raises OtherEngineError: a worker may have joined late.
    """
    if versions() != engine:
        raise OtherEngineError
    try:
        return make(job)
    except Exception as error:  # noqa: BLE001 # whatever it is, the other leaflets go on
        return _failed(job, "crash", f"it failed: {type(error).__name__}: {error}")


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _result(job: Task, future: Future[R], limits: Limits) -> R | Artifact:
    try:
        return future.result()
    except TimedOutError:
        return _failed(job, "time-limit", f"it took longer than {limits.seconds:g} seconds and was stopped")
    except MemoryError:
        return _failed(job, "memory-limit", f"it needed more than {limits.memory >> 20} MB and was stopped")
    except ProcessExpired as error:
        return _failed(job, "crash", f"its process ended (exit code {error.exitcode})")
    except Exception as error:  # noqa: BLE001 # whatever it is, the other leaflets go on
        return _failed(job, "crash", f"it failed: {type(error).__name__}: {error}")


def _failed(job: Task, rule: str, message: str) -> Artifact:
    mend = "Make its drawings or its texts simpler; if they are plain, report this as a bug."
    return Artifact(job.path, b"", 0, (Finding(job.name, 0, rule, message, mend),))
