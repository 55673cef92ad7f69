"""What can still be read of a damaged outbox goes into a new one; the damaged one is kept.

Nothing is sent twice for it: what waited is held until a person has decided, and what was sent stays known.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from careleaf.mail import store
from careleaf.mail.clock import wall
from careleaf.mail.outbox import RESCUED, digest, message_name, opened, seal, words_in
from careleaf.mail.parcel import WAITING, Contents, State
from careleaf.mail.store import OutboxError

LOST: Final = "rescued: its row was lost, it may have been sent"
BESIDE: Final = ("", "-wal", "-shm")
READING: Final = ".reading"
UNFINISHED: Final = ".unfinished"
STRIDE: Final = 64
"""Rows read at once, as long as all can be read."""
VAIN: Final = 3
"""How often nothing is found before a table counts as lost, if nothing says which is its last row."""
MANY: Final = 1_000_000
"""The highest number of a row that is looked for if nothing says which is the last."""

KEYS: Final = "SELECT key, id FROM message INDEXED BY sqlite_autoindex_message_1 ORDER BY key"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rescued:
    """How many messages are in the new outbox, how many are known to be lost, and where the old one is.

    With `forgets`, nobody can tell any more what was sent: whatever is queued for a treatment up to the day
    of the rescue is held, until a person has decided.
    """

    rows: int
    lost: int
    damaged: Path
    forgets: bool


def rescue(path: Path, clock: Callable[[], datetime] = wall) -> Rescued:
    """Make a new outbox of a damaged one, which is put aside. Raises OutboxError if it is not damaged."""
    path = store.beside(path)
    with store.locked(path):
        try:
            _put_back(path)
            _refuse_whole(path, clock)
            return _rescue(path, clock)
        except OSError as error:
            raise OutboxError(f"{path}: {error.strerror}: free some space, or mend the rights") from error
        finally:
            for end in (READING, UNFINISHED):
                _delete(_named(path, end))


def _named(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _delete(path: Path) -> None:
    for end in BESIDE:
        _named(path, end).unlink(missing_ok=True)


def _put_back(path: Path) -> None:
    """Undo what a rescue that was cut short has done, to begin anew."""
    rescued = _named(path, store.RESCUED)
    if rescued.exists():
        aside = sorted(path.parent.glob(f"{path.stem}.damaged-*{path.suffix}"))
        if aside and not path.exists():
            _move(aside[-1], path, reversed(BESIDE))
        _delete(rescued)


def _move(old: Path, new: Path, ends: Iterable[str] = BESIDE) -> None:
    """Move a file and what is beside it: away, itself first; back, itself last."""
    for end in ends:
        with suppress(FileNotFoundError):
            _named(old, end).rename(_named(new, end))


def _refuse_whole(path: Path, clock: Callable[[], datetime]) -> None:
    if not path.exists():
        raise OutboxError(f"{path} is not there: give the damaged outbox with --outbox")
    try:
        with opened(path, clock) as outbox:
            whole = outbox.is_whole()
    except store.DamagedError:
        return
    if whole:
        raise OutboxError(f"{path} is not damaged: there is nothing to rescue")


def _rescue(path: Path, clock: Callable[[], datetime]) -> Rescued:
    unfinished = _named(path, UNFINISHED)
    store.make(unfinished)
    new = store.connect(unfinished)
    with closing(new), closing(_readable(path, unfinished)) as old, store.told(path):
        reader = _Reader(old)
        new.execute("BEGIN IMMEDIATE")
        with store.ended(new):
            # Where the sun rises earlier it is tomorrow already.
            forgets = _copy(reader, new, (clock() + timedelta(days=1)).date())
        count = "SELECT count(*), count(*) FILTER (WHERE reason = ?) FROM message"
        total, lost = new.execute(count, [LOST]).fetchone()
    unfinished.rename(_named(path, store.RESCUED))
    now = clock().astimezone(UTC)
    damaged = path.with_name(f"{path.stem}.damaged-{now:%Y%m%dT%H%M%SZ}{path.suffix}")
    _move(path, damaged)
    _named(path, store.RESCUED).rename(path)
    os.sync()
    return Rescued(total - lost, lost, damaged, forgets)


def _readable(path: Path, model: Path) -> sqlite3.Connection:
    """Open a copy, since opening changes a file; without its first page, with that of a new outbox."""
    copy = _named(path, READING)
    for end in BESIDE[:2]:
        _copy_file(_named(path, end), _named(copy, end))
    if not _has_tables(copy):
        _give_first_page(copy, model)
        _copy_file(_named(path, "-wal"), _named(copy, "-wal"))
    db = sqlite3.connect(copy, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def _give_first_page(path: Path, model: Path) -> None:
    pages = max(path.stat().st_size // store.PAGE, 1)
    with path.open("r+b") as file, model.open("rb") as new:
        page = bytearray(new.read(store.PAGE))
        page[28:32] = pages.to_bytes(
            4
        )  # how many there are: https://www.sqlite.org/fileformat.html#the_database_header
        file.write(page)


def _copy_file(old: Path, new: Path) -> None:
    if old.exists():
        store.empty(new)
        shutil.copyfile(old, new)


def _has_tables(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as db, suppress(*store.UNREADABLE):
        return bool(db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'message'").fetchone())
    return False


class _Reader:
    """Reads what can be read, and skips the rest."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._gaps: set[str] = set()

    def missed(self, *sources: str) -> bool:
        """Tell whether something could not be read of each of these tables and indexes."""
        return self._gaps.issuperset(sources)

    def _first(self, query: str) -> int | None:
        with suppress(*store.UNREADABLE):
            row = self._db.execute(query).fetchone()
            return int(row[0] or 0)
        return None

    def rows(self, table: str) -> Iterator[Row]:
        """Give a table's rows."""
        last = self._first(f"SELECT max(rowid) FROM {table}")  # noqa: S608 # our names
        vain = 0
        for start in range(0, min(MANY if last is None else last, MANY) + 1, STRIDE):
            found = list(self._between(table, start, start + STRIDE - 1))
            yield from found
            vain = vain + 1 if table in self._gaps and not found else 0
            if last is None and vain > VAIN:
                return

    def _between(self, table: str, low: int, high: int) -> Iterator[Row]:
        query = f"SELECT * FROM {table} WHERE rowid BETWEEN ? AND ?"  # noqa: S608 # our names
        try:
            rows = self._db.execute(query, (low, high)).fetchall()
        except store.UNREADABLE:
            self._gaps.add(table)
            if low < high:
                middle = (low + high) // 2
                yield from self._between(table, low, middle)
                yield from self._between(table, middle + 1, high)
            return
        yield from map(dict, rows)

    def index(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Give what an index holds, from both its ends as far as it can be read."""
        for order in ("ASC", "DESC"):
            try:
                yield from map(tuple, self._db.execute(f"{query} {order}"))
            except store.UNREADABLE:
                self._gaps.add(query)
            else:
                return

    def secret(self) -> bytes | None:
        """Give the key of all digests, if it can be read once."""
        for table in store.SECRETS:
            with suppress(*store.UNREADABLE):
                if secret := store.secret_in(self._db, table):
                    return secret
        return None


def _copy(reader: _Reader, new: sqlite3.Connection, today: date) -> bool:
    """Copy what can be read; tells whether some of what was sent is not known any more."""
    secret = reader.secret()
    if secret:
        store.keep_secret(new, secret)
    _copy_rows(new, "wordset", (row for row in reader.rows("wordset") if _is_read(row)))
    for table in ("attempt", "suppressed"):
        _copy_rows(new, table, reader.rows(table))
    for (address,) in reader.index("SELECT address FROM suppressed ORDER BY address"):
        _insert(new, "suppressed", {"address": address, "why": "rescued", "at": ""})
    _copy_rows(
        new, "blob", (row for row in reader.rows("blob") if sha256(row["content"]).digest() == row["digest"])
    )
    _copy_messages(reader, new, secret)
    _copy_payloads(reader, new, secret)
    new.execute("UPDATE seen SET at = coalesce((SELECT max(changed_at) FROM message), '')")
    forgets = secret is None or reader.missed("message", KEYS)
    if forgets:
        new.execute("UPDATE seen SET forgot = ?", [today.isoformat()])
    return forgets


def _copy_rows(new: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    for row in rows:
        _insert(new, table, row)


def _insert(new: sqlite3.Connection, table: str, row: Row) -> None:
    """Insert a row, unless it is damaged: then it breaks a rule of the table, most likely."""
    known = [each[1] for each in new.execute(f"PRAGMA table_info({table})")]
    names = [name for name in row if name in known]
    marks = ", ".join("?" * len(names))
    insert = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 # our names
    with suppress(sqlite3.IntegrityError):
        new.execute(insert, [row[name] for name in names])


def _is_read(wordset: Row) -> bool:
    with suppress(ValueError, TypeError, RecursionError):
        words_in(wordset["words"])
        return True
    return False


def _copy_messages(reader: _Reader, new: sqlite3.Connection, secret: bytes | None) -> None:
    _insert(new, "wordset", {"words": "[]"})
    nothing = new.execute("SELECT id FROM wordset WHERE words = '[]'").fetchone()[0]
    sets = {each[0] for each in new.execute("SELECT id FROM wordset")}
    for row in reader.rows("message"):
        if _is_sound(row, secret):
            words = row["words"] if row["words"] in sets else nothing
            _insert(new, "message", {**_held(row), "words": words})
    # The index of keys stands on other pages: a row that is lost is still known by its key.
    for key, number in list(reader.index(KEYS)):
        if not new.execute("SELECT 1 FROM message WHERE key = ?", [key]).fetchone():
            free = not new.execute("SELECT 1 FROM message WHERE id = ?", [number]).fetchone()
            _insert(new, "message", {**_lost(key, number, nothing), "id": number if free else None})


def _is_sound(row: Row, secret: bytes | None) -> bool:
    """Tell whether a row's times are times, and its key is its own."""
    times = ("queued_at", "not_after", "changed_at", "tried_at", "sent_at")
    try:
        dated = all(row[name] is None or datetime.fromisoformat(row[name]).tzinfo for name in times)
        return dated and (
            secret is None or row["message_id"][1:].startswith(message_name(secret, row["key"]))
        )
    except (ValueError, TypeError, AttributeError):
        return False


def _held(row: Row) -> Row:
    """Hold what waited or was being sent. It counts as sent, perhaps: nobody knows what was noted last."""
    if row["state"] not in {*WAITING, State.SENDING}:
        return row
    return {**row, "state": "held", "reason": RESCUED, "maybe": 1, "next_at": None, "lease": None}


def _lost(key: bytes, number: int, words: int) -> Row:
    now = "1970-01-01T00:00:00.000Z"
    unknown = dict.fromkeys(("clinic", "topic", "lang", "source"), "unknown")
    return {
        **unknown,
        "key": key,
        "message_id": f"<{number}@lost.invalid>",
        "state": "held",
        "kind": "sheet",
        "version": 0,
        "row": 0,
        "record": "",
        "words": words,
        "maybe": 1,
        "reason": LOST,
        **dict.fromkeys(("queued_at", "not_after", "changed_at"), now),
    }


def _blobs_in(new: sqlite3.Connection) -> Callable[[int], bytes | None]:
    @lru_cache(maxsize=64)
    def blob(number: int) -> bytes | None:
        row = new.execute("SELECT content FROM blob WHERE id = ?", [number]).fetchone()
        return bytes(row[0]) if row else None

    return blob


def _copy_payloads(reader: _Reader, new: sqlite3.Connection, secret: bytes | None) -> None:
    """Copy what can still be sent, if a person wants it: only what is whole, to the address it was for."""
    blob = _blobs_in(new)
    query = (
        "SELECT key, address FROM message JOIN wordset AS w ON w.id = message.words"
        " WHERE message.id = ? AND state IN ('held', 'failed') AND w.words <> '[]'"
    )
    for row in reader.rows("payload"):
        message = new.execute(query, [row["message"]]).fetchone()
        shared = [blob(row[part]) for part in ("letter", "leaflet", "calendar")]
        found = [each for each in shared if each is not None]
        if message and len(found) == len(shared) and _is_genuine(row, message, found, secret):
            _insert(new, "payload", row)


def _is_genuine(row: Row, message: tuple[bytes, bytes], shared: list[bytes], secret: bytes | None) -> bool:
    letter, leaflet, calendar = shared
    key, address = message
    contents = Contents(letter, leaflet, row["added"], calendar)
    whose = secret is not None and digest(secret, "address", row["address"].lower()) == address
    return whose and seal(key, row["address"], contents) == row["seal"]
