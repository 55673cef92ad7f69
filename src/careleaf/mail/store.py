"""The file of the outbox: made, migrated, looked over and opened. No message is known here."""

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import Final

OURS: Final = 0o600
FOLDER: Final = 0o700
PATIENCE: Final = 600
"""Seconds to wait for another process: a list is queued in one transaction, which takes some seconds."""
APPLICATION: Final = 0x4341524C
"""In the file's header, "CARL": what tells an outbox from any other SQLite file."""
OWN: Final = ".sqlite"
"""How the name of an outbox ends, unless it was chosen otherwise."""
PAGE: Final = 8192
"""Bytes of a page of the file."""
STEPS: Sequence[Path] = tuple(
    sorted(Path(__file__).parent.glob("outbox-*.sql"), key=lambda path: int(path.stem.partition("-")[2]))
)
"""What makes an outbox of each version from the one before; the first makes it from nothing."""
SHARES: Final = re.compile(
    r"nfs[34]?|cifs|smb[23]?|smbfs|ncpfs?|9p|afs|coda|ceph|glusterfs|lustre|gpfs|beegfs|orangefs|ocfs2|gfs2?"
    r"|davfs2?|virtiofs|vboxsf|vmhgfs|prl_fs|drvfs|fuse\.(?!fuseblk|ext|ntfs).*"
)
"""File systems of other machines, as /proc/mounts names them: locks do not hold there, or a WAL cannot be."""
ROOM: Final = 32 * 2**20
"""Bytes that must be free on the disk for a message to be sent: what has to be noted must find room."""
RESCUED: Final = ".rescued"
"""After the name of an outbox that `rescue` has made and not yet put in its place."""


UNREADABLE: Final = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises: Python cannot even read what SQLite says of a garbled table."""


def _rescue(path: Path) -> str:
    return f"mend it with careleaf mail rescue --outbox {quote(str(path))}"


class OutboxError(Exception):
    """The outbox cannot be used. The message says why and what to do, on one line; it names nobody."""


class DamagedError(OutboxError):
    """The file is damaged."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged: {_rescue(path)}")


class FullError(OutboxError):
    """The disk is full."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: the disk is full: free some space ({ROOM // 2**20} MB at least)")


def share_of(path: Path, mounts: str) -> str:
    """Give the type of the network file system on which an absolute path is, or "" if it is on none.

    `mounts` is the text of /proc/mounts: the longest mount point wins, and the later of two alike.
    """
    fields = (line.split(" ") for line in mounts.splitlines())
    places = [(Path(_unescaped(each[1])), each[2]) for each in fields if len(each) > 2]  # noqa: PLR2004 # the third
    over = [place for place in places if path.is_relative_to(place[0])]
    kind = max(reversed(over), key=lambda place: len(place[0].parts), default=(path, ""))[1]
    return kind if SHARES.fullmatch(kind) else ""


def mounted_share(path: Path) -> str:
    """Give the type of the network file system on which a path is now, or "" if it is on none."""
    with suppress(FileNotFoundError):  # not on Linux
        return share_of(path.resolve(), Path("/proc/mounts").read_text(encoding="utf-8", errors="replace"))
    return ""


def _unescaped(mount: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), mount)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell an error of SQLite to whoever can mend it. Raises OutboxError."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DamagedError(path) from error
    except sqlite3.Error as error:
        raise _told(path, error) from error


@contextmanager
def sound(path: Path) -> Iterator[None]:
    """Refuse a value that is not what we write. Raises DamagedError."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(path) from error


def _told(path: Path, error: sqlite3.Error) -> OutboxError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or isinstance(error, sqlite3.IntegrityError):
        return DamagedError(path)
    # Without a name it is Python's: a text that is no UTF-8, or a table that is not what it was.
    if not name or name == "SQLITE_ERROR":
        return DamagedError(path)
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return FullError(path) if _is_full(path, name) else OutboxError(f"{path}: the disk fails ({name})")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return OutboxError(f"{path} is in use by another careleaf: try again when that one is done")
    mend = (
        "give whoever runs this the right to write the file and its folder, or choose another with --outbox"
    )
    return OutboxError(f"{path} cannot be written or read ({name}): {mend}")


def _is_full(path: Path, name: str) -> bool:
    # A limit on the size of files, or a quota, comes as an error of writing.
    return name.startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE")) or free(path) < ROOM


def free(path: Path) -> int:
    """Count the bytes that are free where a file is."""
    there = os.statvfs(path.parent)
    return there.f_bavail * there.f_frsize


def file_of(path: Path) -> tuple[int, int] | None:
    """Give what tells the file of a path from any other; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def refuse_other_file(path: Path, file: tuple[int, int] | None) -> None:
    """Refuse to go on with a file that was deleted, or put aside. Raises OutboxError."""
    if file != file_of(path):
        raise OutboxError(f"{path} was deleted, moved or replaced meanwhile: start again")


def connect(path: Path) -> sqlite3.Connection:
    """Open an outbox, made or migrated to our version if need be. Raises OutboxError."""
    try:
        _refuse_place(path)
        if not path.exists():
            make(path)
        lost = path.stat().st_size == 0
        _refuse_text(path)
    except FileExistsError as error:
        raise OutboxError(f"{path.parent} is no folder: choose another place with --outbox") from error
    except OSError as error:
        raise OutboxError(f"{path}: {error.strerror}: choose another place with --outbox") from error
    # We never leave an empty file: what was sent from it is lost with it.
    if lost:
        raise DamagedError(path)
    with told(path):
        return _open(path)


def make(path: Path) -> None:
    """Put a new outbox in its place, unless another process is quicker; only its owner may read it.

    SQLite gives the files that it makes beside it the same rights. Raises OSError and OutboxError.
    """
    if not path.parent.is_dir():
        path.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        # It may be in a library that is under version control, and go to others with that.
        path.with_name(".gitignore").write_text("*\n", encoding="utf-8")
    unfinished = path.with_name(f"{path.name}.new-{os.getpid()}")
    empty(unfinished)
    try:
        with told(path):
            _open(unfinished).close()
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def empty(path: Path) -> None:
    """Put an empty file there that only we may read; a link that somebody has put there is not followed."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OURS))


def beside(path: Path) -> Path:
    """Give the outbox that a link leads to: its log and its lock stand beside that, whatever it is called."""
    with suppress(OSError):  # whoever opens it tells
        return path.resolve() if path.is_symlink() else path
    return path


def _open(path: Path) -> sqlite3.Connection:
    db = _connection(path)
    try:
        _refuse_other(path, db)
        _set_up(path, db)
    except BaseException:
        db.close()
        raise
    return db


def is_cut_short(path: Path) -> bool:
    """Tell whether a rescue was cut short: the outbox may be under another name then."""
    return path.with_name(path.name + RESCUED).exists()


def _refuse_place(path: Path) -> None:
    if is_cut_short(path):
        raise OutboxError(f"{path}: a rescue was cut short: {_rescue(path)}")
    if kind := mounted_share(path):
        raise _on_share(path, kind)
    if path.is_dir():
        raise OutboxError(
            f"{path} is a folder: give --outbox the file in it, such as {path / 'outbox.sqlite'}"
        )


def _refuse_text(path: Path) -> None:
    """Refuse a list, say, that was named by mistake: as a damaged outbox it would be put aside."""
    if path.suffix == OWN:
        return
    with path.open("rb") as file:
        begin = file.read(PAGE)
    if begin and b"\0" not in begin:
        raise _no_outbox(path)


def _no_outbox(path: Path) -> OutboxError:
    return OutboxError(f"{path} is no outbox of careleaf: choose another file with --outbox")


def _on_share(path: Path, kind: str) -> OutboxError:
    mend = "choose a disk of this computer with --outbox or CARELEAF_OUTBOX"
    return OutboxError(f"{path} is on a network share ({kind}), where an outbox is not safe: {mend}")


def _connection(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    # Whatever SQLite sorts stays in memory: a temporary file would hold what is deleted here.
    # All tables are described on the first page, at this size, so that `rescue` can put it there again.
    for pragma in (
        f"page_size = {PAGE}",
        "temp_store = MEMORY",
        "secure_delete = ON",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        db.execute(f"PRAGMA {pragma}")
    return db


def _refuse_other(path: Path, db: sqlite3.Connection) -> None:
    application, version = _number(db, "application_id"), _number(db, "user_version")
    if application != APPLICATION and (version or _number(db, "schema_version")):
        raise _no_outbox(path)
    if version > len(STEPS):
        mend = "install that version of careleaf, or a newer one"
        raise OutboxError(
            f"{path} is of a newer careleaf (its version is {version}, ours {len(STEPS)}): {mend}"
        )


def _number(db: sqlite3.Connection, pragma: str) -> int:
    return int(db.execute(f"PRAGMA {pragma}").fetchone()[0])


def _set_up(path: Path, db: sqlite3.Connection) -> None:
    if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise _on_share(path, "its file system has no shared memory")
    if _number(db, "user_version") < len(STEPS):
        db.execute("BEGIN IMMEDIATE")
        with ended(db):
            _migrate(db)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only process that sends from an outbox. Raises OutboxError."""
    lock = path.with_name(path.name + ".sending")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, OURS)
    except OSError as error:
        raise OutboxError(f"{lock}: {error.strerror}: choose another place with --outbox") from error
    try:
        _lock(handle, path)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        mend = "let it, or stop that one"
        raise OutboxError(f"{path}: another careleaf is sending from it: {mend}") from error


@contextmanager
def ended(db: sqlite3.Connection) -> Iterator[None]:
    """End the transaction that has begun: all of it, or nothing if there is any error."""
    try:
        yield
        db.execute("COMMIT")
    finally:
        # A full disk ends a transaction by itself.
        if db.in_transaction:
            db.execute("ROLLBACK")


def _migrate(db: sqlite3.Connection) -> None:
    """Take all steps that are missing. Another process may have taken them while we waited to begin."""
    version = _number(db, "user_version")
    for step in STEPS[version:]:
        for statement in statements(step.read_text(encoding="utf-8")):
            db.execute(statement)
    if version == 0:
        _make_secret(db)
    db.execute(f"PRAGMA application_id = {APPLICATION}")
    db.execute(f"PRAGMA user_version = {len(STEPS)}")


def statements(script: str) -> Iterator[str]:
    """Cut a script into its statements: `executescript` would commit before it starts."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _make_secret(db: sqlite3.Connection) -> None:
    keep_secret(db, os.urandom(32))
    db.execute("INSERT INTO seen VALUES (1, '', '')")


def keep_secret(db: sqlite3.Connection, secret: bytes) -> None:
    """Write the key of all digests, twice."""
    row = (secret, sha256(secret).digest())
    db.execute("INSERT OR REPLACE INTO secret VALUES (1, ?, ?)", row)
    db.execute("INSERT OR REPLACE INTO secret_copy VALUES (1, ?, ?)", row)


SECRETS: Final = ("secret", "secret_copy")
"""Tables that hold the key of all digests."""


def secret_in(db: sqlite3.Connection, table: str) -> bytes | None:
    """Read the key of all digests from one of its two tables: None if it is not what was written."""
    row = db.execute(f"SELECT value, sum FROM {table}").fetchone()  # noqa: S608 # one of two names
    genuine = row and isinstance(row[0], bytes) and sha256(row[0]).digest() == row[1]
    return row[0] if genuine else None


def look_over(path: Path, db: sqlite3.Connection) -> None:
    """Read every page, and compare messages and suppressed addresses with their indexes.

    Raises DamagedError.
    """
    with told(path):
        for check in ("quick_check(1)", "integrity_check(message)", "integrity_check(suppressed)"):
            if db.execute(f"PRAGMA {check}").fetchone()[0] != "ok":
                raise DamagedError(path)
