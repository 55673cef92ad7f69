"""The only writer of patients' files: mode 0600, whole or not at all, and nothing left beside them.

What a list is made into stands in a folder that gets its name when all of it is there.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

OURS: Final = 0o600
FOLDER: Final = 0o700
TRIAL: Final = "read-me-first.html"
"""The page of a trial run."""
UNFINISHED: Final = ".unfinished"
"""After the name of a folder that is not complete. A killed run leaves one; the next run clears it away."""


class PrivateError(Exception):
    """A patient's file cannot be written. The message says why, and what to do; it names no patient."""


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """Give a new folder to fill, which becomes `path` when all is well. Raises PrivateError."""
    unfinished = path.with_name(path.name + UNFINISHED)
    _refuse_full(path)
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=FOLDER, parents=True)
        yield unfinished
        os.sync()
        shutil.rmtree(path, ignore_errors=True)
        unfinished.replace(path)
    except OSError as error:
        raise PrivateError(f"{path}: {error.strerror}: free some space, or choose another folder") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _refuse_full(path: Path) -> None:
    """Refuse a place where something is that we did not put there: only the page of a trial run goes."""
    if path.is_dir() and {each.name for each in path.iterdir()} <= {TRIAL}:
        return
    if path.exists():
        raise PrivateError(f"{path} is there already, and not empty: choose another, or delete it first")


def put(path: Path, content: bytes) -> None:
    """Write a file into a folder that is being filled."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OURS)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def write(path: Path, content: bytes) -> None:
    """Put a file in its place in one step, flushed to disk before it gets its name. Raises PrivateError."""
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        unfinished.unlink(missing_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OURS)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise PrivateError(f"{path}: {error.strerror}: choose another place with --out or -o") from error
    finally:
        unfinished.unlink(missing_ok=True)


def page(path: Path, content: bytes) -> None:
    """Write the page of a trial run, and the folder for it, if that is not there. Raises PrivateError."""
    try:
        path.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise PrivateError(f"{path.parent}: {error.strerror}: choose another folder") from error
    write(path, content)
