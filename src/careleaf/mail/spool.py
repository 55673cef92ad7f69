"""Parcels on their way into the outbox: made one by one, while others may write to it, then read at once.

They wait in a file without a name: if this process is killed, the system deletes it.
"""

import errno
import os
import pickle
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from careleaf.mail.parcel import Contents, Parcel
from careleaf.mail.store import FullError, OutboxError

FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

Place = tuple[int, int]
"""Where something begins in the file, and how many bytes it has."""


@lru_cache(maxsize=32)
def sum_of(content: bytes) -> bytes:
    """Digest what many messages share."""
    return sha256(content).digest()


@contextmanager
def spooled(outbox: Path, parcels: Iterable[Parcel]) -> Iterator[Iterable[Parcel]]:
    """Make all parcels, and give them back in their order, from a file on the disk of the outbox.

    Raises OutboxError if it cannot be written.
    """
    with _nameless(outbox) as file:
        spool = _Spool(file.fileno(), outbox)
        for parcel in parcels:
            spool.add(parcel)
        yield spool.parcels()


def _nameless(outbox: Path) -> IO[bytes]:
    try:
        return TemporaryFile(dir=outbox.parent, buffering=0)
    except OSError as error:
        raise _told(outbox, error) from error


class _Spool:
    """The file, and where each parcel begins in it. What many share is in it once."""

    def __init__(self, handle: int, outbox: Path) -> None:
        self._handle = handle
        self._outbox = outbox
        self._end = 0
        self._parcels: list[Place] = []
        self._shared: dict[bytes, Place] = {}
        self._read_shared = lru_cache(maxsize=64)(self._read)

    def add(self, parcel: Parcel) -> None:
        """Put one at the end."""
        made, places = parcel, tuple[Place, ...]()
        if contents := parcel.contents:
            places = tuple(map(self._share, (contents.letter, contents.leaflet, contents.calendar)))
            made = replace(parcel, contents=Contents(b"", added=contents.added))
        self._parcels.append(self._write(pickle.dumps((made, places))))

    def parcels(self) -> Iterator[Parcel]:
        """Give all of them."""
        for place in self._parcels:
            parcel, places = pickle.loads(self._read(place))  # noqa: S301 # what we wrote just now
            if places:
                letter, leaflet, calendar = map(self._read_shared, places)
                contents = Contents(letter, leaflet, parcel.contents.added, calendar)
                yield replace(parcel, contents=contents)
            else:
                yield parcel

    def _share(self, content: bytes) -> Place:
        digest = sum_of(content)
        if digest not in self._shared:
            self._shared[digest] = self._write(content)
        return self._shared[digest]

    def _write(self, content: bytes) -> Place:
        start, left = self._end, memoryview(content)
        try:
            while left:
                written = os.pwrite(self._handle, left, self._end)
                self._end, left = self._end + written, left[written:]
        except OSError as error:
            raise _told(self._outbox, error) from error
        return start, len(content)

    def _read(self, place: Place) -> bytes:
        start, size = place
        return os.pread(self._handle, size, start)


def _told(outbox: Path, error: OSError) -> OutboxError:
    if error.errno in FULL:
        return FullError(outbox)
    return OutboxError(f"{outbox.parent}: {error.strerror}: choose another place with --outbox")
