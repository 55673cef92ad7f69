"""Workers on other machines, by Dask: whoever can talk to them can run anything there.

What decides a page's bytes is compared before anything is made, since other versions print other bytes.
"""

import asyncio
import logging
import os
import re
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any, Final, TypeVar

from careleaf import doctor
from careleaf.pool import Crew, Limits
from careleaf.versions import versions

if TYPE_CHECKING:
    from distributed import Client

PREFIX: Final = "dask://"
PLACE: Final = re.compile(rf"{PREFIX}(?P<place>([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):(?P<port>[0-9]{{1,5}}))")
PORTS: Final = range(1, 1 << 16)
PATIENCE: Final = 8
"""Seconds after which a scheduler that does not answer counts as not there."""
NOISY: Final = ("distributed", "distributed.client", "distributed.core", "tornado.application")
"""Loggers that would tell on many lines, and later, what we tell on one."""

_ALONE: Final = Lock()

T = TypeVar("T")


class ClusterError(Exception):
    """There are no workers that may be used. The message says why and what to do, on one line."""


def place(address: str) -> str:
    """Give the host and port of an address like dask://10.0.0.1:8786. Raises ValueError."""
    found = PLACE.fullmatch(address)
    if not found or int(found["port"]) not in PORTS:
        raise ValueError(f"{address} is no address of a Dask scheduler: write it like {PREFIX}10.0.0.1:8786")
    return found["place"]


@contextmanager
def connected(address: str) -> Iterator[Crew]:
    """Hold the workers of the scheduler at an address. Raises ClusterError and ValueError."""
    with _client(place(address)) as client:
        size = _examined(address, client)
        # Not pure: Dask would make a task's name from all that is in its Job, and show that name.
        yield Crew(_OneAtATime(client.get_executor(pure=False)), size)


def _client(where: str) -> "Client":
    """Connect. Dask's own configuration says whether by TLS."""
    try:
        from distributed import Client  # noqa: PLC0415 # an extra, and it takes a second to load
    except ImportError as error:
        raise ClusterError("Dask is not installed here: pip install careleaf[dask]") from error
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        asyncio.run(asyncio.wait_for(_greet(where), PATIENCE))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions of Dask and Python: we compare our own
            return Client(where, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, ImportError) as error:
        mend = "start it with: dask scheduler; or correct --executor"
        raise ClusterError(f"no Dask scheduler answers at {PREFIX}{where}: {mend}") from error


async def _greet(where: str) -> None:
    """Ask who is there: a Client would wait without end for a server of another kind. Raises ValueError."""
    from distributed import Security  # noqa: PLC0415 # as above
    from distributed.comm.core import connect  # noqa: PLC0415
    from distributed.core import send_recv  # noqa: PLC0415

    secured = Security().get_connection_args("client")  # type: ignore[no-untyped-call]
    connection = await connect(where, PATIENCE, **secured)  # type: ignore[no-untyped-call]
    who: Mapping[str, str] = await send_recv(connection, op="identity", close=True)
    if who["type"] != "Scheduler":
        raise ValueError(who["type"])


def _examined(address: str, client: "Client") -> int:
    """Give the number of workers, all of them fit. Raises ClusterError."""
    found: Mapping[str, Any] = client.run(engine, on_error="return")
    if not found:
        where = address.removeprefix(PREFIX)
        raise ClusterError(f"{address} has no workers: start some with: dask worker {where} --nthreads 1")
    here = engine()
    unfit = {name: _unlike(there, here) for name, there in sorted(found.items()) if there != here}
    if unfit:
        name, difference = next(iter(unfit.items()))
        others = f" (nor are {len(unfit) - 1} others)" if len(unfit) > 1 else ""
        mend = "Install there what is here, else it would print other bytes"
        raise ClusterError(f"the worker {name} is not fit{others}: it {difference}. {mend}")
    return len(found)


def engine() -> dict[str, str]:
    """Give what decides a page's bytes on this machine, and what its doctor finds."""
    findings = {finding.file: finding.message for finding in doctor.examine()}
    return {**versions(), "zlib": zlib.ZLIB_RUNTIME_VERSION, **findings}


def _unlike(there: Mapping[str, str] | Exception, here: Mapping[str, str]) -> str:
    if isinstance(there, Exception):
        return f"cannot run this careleaf ({there})"
    names = sorted(name for name in {*there, *here} if there.get(name) != here.get(name))
    return "has other versions: " + ", ".join(
        f"{name} {there.get(name, 'as it should be')}, here {here.get(name, 'as it should be')}"
        for name in names
    )


class _OneAtATime(Executor):
    """Dask's Executor, made safe for a page that never ends and for workers with several threads."""

    def __init__(self, dask: Executor) -> None:
        self._dask = dask

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401 # any call
        return self._dask.submit(_watched, Limits().seconds, fn, *args, **kwargs)


def _watched(seconds: float, call: Callable[..., T], *args: Any, **kwargs: Any) -> T:  # noqa: ANN401 # any call
    """Call in a worker, alone there, and end the whole worker if it takes longer.

    Only the end of the process stops an endless page. Dask starts another worker, tries three times more, and
    gives up. Nobody has shown that the engine can print two pages at once in one process.
    """
    with _ALONE:
        end = Timer(seconds, os._exit, (1,))
        end.daemon = True
        end.start()
        try:
            return call(*args, **kwargs)
        finally:
            end.cancel()
