"""The only writer of patients' files: mode 0600, whole or not at all, and nothing left beside them.

What a list is made into stands in a folder that gets its name when all of it is there.
"""

import os
import shutil
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

OURS: Final = 0o600
FOLDER: Final = 0o700
TRIAL: Final = "read-me-first.html"
"""The page of a trial run."""
HERE: Final = Path(__file__).parent
UNFINISHED: Final = ".unfinished"
"""After the name of a folder that is not complete. A killed run leaves one; the next run clears it away."""


class PrivateError(Exception):
    """A patient's file cannot be written. The message says why, and what to do; it names no patient."""


def without_words(error: BaseException) -> str:
    """Say which error it is and where, and leave out its words: they may be a patient's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if HERE in Path(frame.filename).parents] or frames
    where = f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__}{where}"


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """Give a new folder to fill, which becomes `path` when all is well. Raises PrivateError."""
    unfinished = _unfinished(path)
    try:
        _refuse_full(path)
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


def _unfinished(path: Path) -> Path:
    """Say where a file or folder stands until it is whole: beside its place. Raises PrivateError."""
    if path.name in {"", ".."}:
        raise PrivateError(f"{path} has no name of its own: give a new folder or file one, such as sheets")
    return path.with_name(path.name + UNFINISHED)


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


def write(path: Path, content: bytes, mend: str = "choose another place with --out or -o") -> None:
    """Put a file in its place in one step, flushed to disk before it gets its name. Raises PrivateError."""
    unfinished = _unfinished(path)
    try:
        unfinished.unlink(missing_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OURS)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise PrivateError(f"{path}: {error.strerror}: {mend}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


def page_in(folder: Path, content: bytes) -> Path:
    """Write the page of a trial run where its sheets will be. Gives its place; raises PrivateError."""
    try:
        _refuse_full(folder)
        folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise PrivateError(f"{folder}: {error.strerror}: choose another folder") from error
    write(folder / TRIAL, content)
    return folder / TRIAL


def page_beside(file: Path, content: bytes) -> Path:
    """Write the page of a trial run beside the file that will be. Gives its place; raises PrivateError."""
    write(_beside(file), content)
    return _beside(file)


def page_beside_list(file: Path, content: bytes) -> Path:
    """Write the page of a trial run beside the list that it is of. Gives its place; raises PrivateError."""
    write(_beside(file), content, "put the list into a folder in which you may write")
    return _beside(file)


def clear_beside(file: Path) -> None:
    """Take away the page of a trial run, now that the file is there. Raises PrivateError."""
    try:
        _beside(file).unlink(missing_ok=True)
    except OSError as error:
        raise PrivateError(f"{_beside(file)}: {error.strerror}: delete it, it names patients") from error


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.{TRIAL}")
