"""Messages on their way: kept until the server has them, never sent after their time.

Each step is a transaction, flushed to disk. What is promised, and how to look into the file with the
sqlite3 shell, stands in docs/decisions/outbox.md.
"""

import hmac
import json
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from careleaf.mail import store
from careleaf.mail.clock import Clock, running, wall
from careleaf.mail.parcel import (
    ENDED,
    WAITING,
    Contents,
    Entry,
    Kind,
    Leased,
    Letter,
    Outcome,
    Parcel,
    State,
    Words,
)
from careleaf.mail.spool import spooled, sum_of
from careleaf.mail.store import OutboxError

__all__ = ["Outbox", "OutboxError", "Put", "backoff", "opened"]

LEASE: Final = timedelta(minutes=15)
"""How long a sender may take for one message."""
BACKOFF: Final = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240))
"""How long to wait after each attempt; the last holds for all that follow."""
JITTER: Final = 0.2
"""By how much, at most, a wait is longer or shorter, so that not all come at once."""
MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)
LINGER: Final = 60
"""Seconds for which an answer of the server is tried to be noted on a full disk."""
PAGE: Final = 500
"""Rows read at once: between them other processes may write."""

SUPPRESSED: Final = "suppressed address"
UNAPPROVED: Final = "not approved any more"
WITHDRAWN: Final = "withdrawn"
OVER: Final = "its time was over"
MAYBE: Final = "it may have arrived"
RESCUED: Final = "rescued: may have been sent"
INTERRUPTED: Final = "the sender was interrupted"

RETRIED: Final = frozenset({State.DEFERRED, State.UNKNOWN, State.FAILED, State.HELD})
CANCELLED: Final = WAITING | {State.HELD, State.FAILED, State.SENDING}

COLUMNS: Final = (
    "m.id, m.clinic, m.state, m.kind, m.topic, m.version, m.lang, m.source, m.row, m.record, w.words,"
    " m.message_id, m.attempts, m.reason, m.queued_at, m.tried_at, m.sent_at, m.next_at, m.not_after,"
    " m.maybe, m.changed_at"
)
ENTRIES: Final = f"SELECT {COLUMNS} FROM message AS m JOIN wordset AS w ON w.id = m.words"  # noqa: S608 # no input


@dataclass(frozen=True, slots=True)
class Put:
    """What became of parcels: to be sent, held, or there already (in whatever state) and left as they are."""

    queued: int
    held: int
    already: int


@dataclass(frozen=True, slots=True)
class _Times:
    """When a list is put, until when it may be sent, and up to which day nobody knows what was sent."""

    now: str
    not_after: str
    forgot: str


@contextmanager
def opened(
    path: Path, clock: Callable[[], datetime] = wall, running: Callable[[], float] = running
) -> Iterator["Outbox"]:
    """Hold the outbox of a path, made or migrated if need be; `clock` is the computer's.

    Raises OutboxError.
    """
    path = store.beside(path)
    db = store.connect(path)
    try:
        yield Outbox(path, db, Clock(clock, running))
    finally:
        with store.told(path):
            db.close()


class Outbox:
    """All messages of the clinics that share a file. Every method raises OutboxError."""

    def __init__(self, path: Path, db: sqlite3.Connection, clock: Clock) -> None:
        self._path = path
        self._db = db
        self._clock = clock
        self._file = store.file_of(path)
        self._secret = self._read_secret()
        self._learn()
        self._version = self._data_version()
        self.tally = Counter[State]()
        """How many messages this has expired, and held for want of an approval, since it was opened."""
        self._blob = lru_cache(maxsize=64)(self._read_blob)

    def now(self) -> datetime:
        """Give the time in UTC, never earlier than any that this outbox has seen."""
        return self._clock()

    def ahead(self) -> timedelta:
        """Say by how much the outbox's time is later than the computer's clock, which was set back."""
        return self._clock.ahead()

    def touched(self) -> bool:
        """Tell whether another process has written to it since this was last asked, or since the opening."""
        before, self._version = self._version, self._data_version()
        return before != self._version

    def _data_version(self) -> int:
        return int(self._all("PRAGMA data_version")[0][0])

    # What comes in

    def put(self, parcels: Iterable[Parcel], valid: timedelta) -> Put:
        """Take all of them in, or none, to be sent within `valid`. First all are made; others may write then.

        What was put before is left as it is, unless it was held without contents: then it is replaced.
        After a rescue that could not tell what was sent, one for a treatment up to that day is held.
        """
        store.look_over(self._path, self._db)
        counted = {"queued": 0, "held": 0, "already": 0}
        blobs: dict[bytes, int] = {}
        with spooled(self._path, parcels) as made, self._writing() as now:
            times = _Times(_text(now), _text(now + valid), self._forgot())
            for parcel in made:
                counted[self._take_in(parcel, times, blobs)] += 1
        return Put(**counted)

    def _forgot(self) -> str:
        row = self._one("SELECT forgot FROM seen")
        return str(row[0]) if row else ""

    def _take_in(self, parcel: Parcel, times: "_Times", blobs: dict[bytes, int]) -> str:
        key = self._key(parcel)
        old = self._one("SELECT id, state, maybe FROM message WHERE key = ?", key)
        if old and not self._is_empty(*old):
            return "already"
        if old:
            self._do("DELETE FROM message WHERE id = ?", old[0])
        held = parcel.held or (SUPPRESSED if parcel.address and self.suppressed(parcel.address) else "")
        contents = None if held else parcel.contents
        if not held and not contents:
            raise ValueError(f"row {parcel.row} has no contents, and no reason why not")
        doubtful = not held and parcel.treated_on.isoformat() <= times.forgot
        number = self._insert(parcel, key, held or (RESCUED if doubtful else ""), times)
        if doubtful:
            self._do("UPDATE message SET maybe = 1 WHERE id = ?", number)
        if contents:
            self._insert_payload(number, key, parcel.address, contents, blobs)
        return "held" if held or doubtful else "queued"

    def _is_empty(self, number: int, state: str, maybe: int) -> bool:
        """Tell whether a row is one that another may replace: it was certainly not sent, and cannot be."""
        return (
            state == State.HELD
            and not maybe
            and not self._one("SELECT 1 FROM payload WHERE message = ?", number)
        )

    def _insert(self, parcel: Parcel, key: bytes, held: str, times: "_Times") -> int:
        state = State.HELD if held else State.QUEUED
        row = {
            "key": key,
            "message_id": self._message_id(key, parcel),
            "clinic": parcel.clinic,
            "state": state,
            "kind": parcel.kind,
            "topic": parcel.topic,
            "version": parcel.version,
            "lang": parcel.lang,
            "source": parcel.source,
            "row": parcel.row,
            "record": parcel.record,
            "words": self._wordset(parcel.words),
            "address": self._digest("address", parcel.address.lower()) if parcel.address else None,
            "person": self._digest("person", parcel.person) if parcel.person else None,
            "visit": self._visit(parcel),
            "consented_on": parcel.consented_on and parcel.consented_on.isoformat(),
            "reason": held,
            "queued_at": times.now,
            "next_at": None if held else times.now,
            "not_after": times.not_after,
            "changed_at": times.now,
        }
        marks = ", ".join(f":{name}" for name in row)
        return self._inserted(f"INSERT INTO message ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608 # our names

    def _insert_payload(
        self, number: int, key: bytes, address: str, contents: Contents, blobs: dict[bytes, int]
    ) -> None:
        shared = [
            self._blob_of(each, blobs) for each in (contents.letter, contents.leaflet, contents.calendar)
        ]
        row = (number, *shared, seal(key, address, contents), address, contents.added)
        self._do("INSERT INTO payload VALUES (?, ?, ?, ?, ?, ?, ?)", *row)

    def _blob_of(self, content: bytes, blobs: dict[bytes, int]) -> int:
        digest = sum_of(content)
        if digest not in blobs:
            found = self._one("SELECT id FROM blob WHERE digest = ?", digest)
            insert = "INSERT INTO blob (digest, content) VALUES (?, ?)"
            blobs[digest] = found[0] if found else self._inserted(insert, (digest, content))
        return blobs[digest]

    def _wordset(self, words: tuple[Words, ...]) -> int:
        text = json.dumps([[each.topic, each.lang, each.digest] for each in words])
        found = self._one("SELECT id FROM wordset WHERE words = ?", text)
        return found[0] if found else self._inserted("INSERT INTO wordset (words) VALUES (?)", (text,))

    def _key(self, parcel: Parcel) -> bytes:
        """Digest what makes a message the same as another. Who is quite unknown is known by the row."""
        who = [parcel.person, parcel.address.lower()]
        where: list[str | int] = [] if any(who) else [parcel.source, parcel.row]
        what: list[str | int] = [parcel.topic, parcel.version, parcel.lang, parcel.treated_on.isoformat()]
        return self._digest("key", parcel.clinic, parcel.kind, *who, *what, *where)

    def _message_id(self, key: bytes, parcel: Parcel) -> str:
        domain = _domain(parcel.contents.letter) if parcel.contents else "held.invalid"
        return f"<{message_name(self._secret, key)}@{domain}>"

    def known(self, parcel: Parcel) -> State | None:
        """Say where a message stands that was put before: None if `put` would take this one in."""
        old = self._one("SELECT id, state, maybe FROM message WHERE key = ?", self._key(parcel))
        with store.sound(self._path):
            return State(old[1]) if old and not self._is_empty(*old) else None

    def _visit(self, parcel: Parcel) -> bytes | None:
        if not parcel.person:
            return None
        return self._digest(
            "visit", parcel.clinic, parcel.kind, parcel.person, parcel.topic, parcel.treated_on.isoformat()
        )

    def elsewhere(self, parcel: Parcel) -> list[Entry]:
        """List what waits for the same person after the same treatment, and goes to another address."""
        where = "m.visit = ? AND m.address <> ? AND m.next_at IS NOT NULL"
        address = self._digest("address", parcel.address.lower())
        rows = self._all(f"{ENTRIES} WHERE {where} ORDER BY m.id", self._visit(parcel), address)
        return [self._entry(row) for row in rows]

    # Addresses to which nothing is sent

    def suppressed(self, address: str) -> bool:
        """Tell whether nothing is to be sent to an address."""
        return self._is_suppressed(self._digest("address", address.lower()))

    def _is_suppressed(self, address: bytes) -> bool:
        return bool(self._one("SELECT 1 FROM suppressed WHERE address = ?", address))

    def suppress(self, address: str, why: str) -> None:
        """Send nothing more to an address; what waits for it is held, and loses its contents."""
        with self._writing() as now:
            self._suppress(self._digest("address", address.lower()), why, now)

    def _suppress(self, address: bytes, why: str, now: datetime) -> None:
        self._do("INSERT OR IGNORE INTO suppressed VALUES (?, ?, ?)", address, why, _text(now))
        hold = "UPDATE message SET state = 'held', reason = ?, next_at = NULL, changed_at = ?"
        self._do(f"{hold} WHERE address = ? AND next_at IS NOT NULL", SUPPRESSED, _text(now), address)
        idle = "SELECT id FROM message WHERE address = ? AND state <> 'sending'"
        self._do(f"DELETE FROM payload WHERE message IN ({idle})", address)  # noqa: S608 # no input

    def lift(self, address: str) -> bool:
        """Allow an address again, and tell whether it was suppressed. What was held must be queued again."""
        with self._writing():
            return (
                self._do("DELETE FROM suppressed WHERE address = ?", self._digest("address", address.lower()))
                > 0
            )

    # The sender's part

    @contextmanager
    def sole_sender(self) -> Iterator[int]:
        """Be the only one that sends from this file; gives how many messages a killed sender was at.

        Whether those arrived nobody knows: they are due at once.
        """
        with store.locked(self._path):
            store.look_over(self._path, self._db)
            yield self._recover("9999")

    def _recover(self, until: str) -> int:
        """Take up what was leased until then, or earlier: its sender did not come back."""
        dead = "lease IS NOT NULL AND lease IN (SELECT id FROM attempt WHERE until <= ?)"
        if not self._one(f"SELECT 1 FROM message WHERE {dead}", until):  # noqa: S608 # no input
            return 0
        with self._writing() as now:
            change = "UPDATE message SET state = 'unknown', maybe = 1, lease = NULL, reason = ?, next_at = ?"
            return self._do(
                f"{change}, changed_at = ? WHERE {dead}", INTERRUPTED, _text(now), _text(now), until
            )

    def lease(
        self, clinic: str, per_minute: int, per_day: int, may_go: Callable[[Words], bool] = lambda _: True
    ) -> Leased | None:
        """Give the clinic's message that is due longest, if any is and the limits allow. It counts at once.

        What is out of date is expired; what goes to a suppressed address, or has a text that may not go, is
        held.
        """
        if store.free(self._path) < store.ROOM:
            raise store.FullError(self._path)
        self._recover(_text(self.now()))  # before what is out of date among them is expired
        self.expire()
        wait = self.due_in(clinic, per_minute, per_day)
        if wait is None or wait > timedelta():
            return None
        with self._writing() as now:
            if self._free_at(clinic, per_minute, per_day) > now:
                return None
            due = self._due(clinic, now, may_go)
            return self._leased(due, now) if due else None

    def _due(self, clinic: str, now: datetime, may_go: Callable[[Words], bool]) -> sqlite3.Row | None:
        query = (
            "SELECT m.id, key, message_id, clinic, attempts, queued_at, address, state, next_at, tried_at,"
            " w.id AS wordset, w.words FROM message AS m JOIN wordset AS w ON w.id = m.words"
            " WHERE clinic = ? AND next_at <= ? AND not_after > ? ORDER BY next_at, m.id LIMIT 1"
        )
        while due := self._one(query, clinic, _text(now), _text(now)):
            if self._is_suppressed(due["address"]):
                self._suppress(due["address"], SUPPRESSED, now)
            elif not all(map(may_go, self._words(due["words"]))):
                # It was queued, or tried again by a person, since what waits was last looked over.
                self._hold_sets(json.dumps([due["wordset"]]), UNAPPROVED, now)
            else:
                return due
        return None

    def _leased(self, due: sqlite3.Row, now: datetime) -> Leased:
        address, contents = self._contents(due)
        was = (due["state"], due["next_at"], due["tried_at"])
        insert = (
            "INSERT INTO attempt (clinic, at, until, was_state, was_next_at, was_tried_at)"
            " VALUES (?, ?, ?, ?, ?, ?)"
        )
        lease = self._inserted(insert, (due["clinic"], _text(now), _text(now + LEASE), *was))
        change = (
            "UPDATE message SET state = 'sending', attempts = attempts + 1, tried_at = ?, next_at = NULL,"
            " lease = ?, changed_at = ? WHERE id = ?"
        )
        self._do(change, _text(now), lease, _text(now), due["id"])
        queued_at = self._time(due["queued_at"])
        return Leased(
            due["id"], due["message_id"], due["clinic"], due["attempts"] + 1, queued_at, address, contents
        )

    def _contents(self, due: sqlite3.Row) -> tuple[str, Contents]:
        """Read what a message is made of, and refuse what is not what was put."""
        query = "SELECT letter, leaflet, calendar, seal, address, added FROM payload WHERE message = ?"
        row = self._one(query, due["id"])
        if row is None:
            raise store.DamagedError(self._path)
        letter, leaflet, calendar = (self._blob(number) for number in row[:3])
        contents = Contents(letter, leaflet, row["added"], calendar)
        address = row["address"]
        genuine = row["seal"] == seal(due["key"], address, contents)
        if not genuine or due["address"] != self._digest("address", address.lower()):
            raise store.DamagedError(self._path)
        return address, contents

    def _read_blob(self, number: int) -> bytes:
        row = self._one("SELECT content FROM blob WHERE id = ?", number)
        if row is None:
            raise store.DamagedError(self._path)
        return bytes(row[0])

    def settle(self, number: int, outcome: Outcome) -> None:
        """Note how an attempt ended.

        The server's yes is noted whatever has become of the row; anything else only while it is leased.
        """
        # If the server has said yes, a full disk is no reason to forget it: the message would go out twice.
        # A lease is refused long before the disk is full, so this happens only if something else fills it
        # in just that second, and waits for it to be noticed.
        end = time.monotonic() + (LINGER if outcome.state is State.SENT else 0)
        while True:
            try:
                self._settle(number, outcome)
            except store.FullError:
                if time.monotonic() >= end:
                    raise
                time.sleep(1)
            else:
                return

    def _settle(self, number: int, outcome: Outcome) -> None:
        with self._writing() as now:
            row = self._one("SELECT state, attempts, address FROM message WHERE id = ?", number)
            if row is None or (outcome.state is not State.SENT and row["state"] != State.SENDING):
                return
            wait = backoff(number, row["attempts"]) if outcome.state in WAITING else None
            change = (
                "UPDATE message SET state = ?, reason = ?, maybe = max(maybe, ?), next_at = ?, lease = NULL,"
                " sent_at = CASE ? WHEN 'sent' THEN coalesce(sent_at, ?) END, changed_at = ? WHERE id = ?"
            )
            maybe = outcome.state is State.UNKNOWN
            next_at = None if wait is None else _text(now + wait)
            state = outcome.state.value
            self._do(change, state, outcome.code, maybe, next_at, state, _text(now), _text(now), number)
            if outcome.suppress and row["address"] is not None:
                self._suppress(row["address"], outcome.code, now)

    def release(self, number: int) -> None:
        """Put a leased message back as if it had not been leased: the attempt does not count."""
        with self._writing() as now:
            row = self._one("SELECT lease FROM message WHERE id = ? AND state = 'sending'", number)
            if row is None:
                return
            change = (
                "UPDATE message SET state = was_state, next_at = was_next_at, tried_at = was_tried_at,"
                " lease = NULL, attempts = attempts - 1, changed_at = ?"
                " FROM attempt WHERE attempt.id = lease AND message.id = ?"
            )
            self._do(change, _text(now), number)
            self._do("DELETE FROM attempt WHERE id = ?", row["lease"])

    def due_in(self, clinic: str, per_minute: int, per_day: int) -> timedelta | None:
        """Say how long until a message of a clinic may be leased, 0 if now; None if none waits.

        One whose lease has run out waits again.
        """
        self._recover(_text(self.now()))
        next_at = self.next_at(clinic)
        if next_at is None:
            return None
        return max(next_at, self._free_at(clinic, per_minute, per_day), now := self.now()) - now

    def next_at(self, clinic: str) -> datetime | None:
        """Say when the next message of a clinic is due, which may be past; None if none waits."""
        query = (
            "SELECT next_at FROM message WHERE clinic = ? AND next_at IS NOT NULL ORDER BY next_at LIMIT 1"
        )
        row = self._one(query, clinic)
        return self._time(row[0]) if row else None

    def oldest_waiting(self, clinic: str) -> datetime | None:
        """Say when the message of a clinic was queued that waits longest; None if none waits."""
        query = "SELECT min(queued_at) FROM message WHERE clinic = ? AND next_at IS NOT NULL"
        row = self._one(query, clinic)
        return self._time(row[0]) if row and row[0] else None

    def handed_over(self, clinic: str) -> int:
        """Count a clinic's attempts of the last 24 hours, which the limit of a day is about."""
        since = _text(self.now() - DAY)
        row = self._one("SELECT count(*) FROM attempt WHERE clinic = ? AND at > ?", clinic, since)
        return int(row[0]) if row else 0

    def _free_at(self, clinic: str, per_minute: int, per_day: int) -> datetime:
        """Say when the limits allow one more attempt, which may be past."""
        query = "SELECT at FROM attempt WHERE clinic = ? ORDER BY at DESC LIMIT 1 OFFSET ?"
        limits = ((MINUTE, per_minute), (DAY, per_day))
        found = [(span, self._one(query, clinic, most - 1)) for span, most in limits]
        return max(
            (self._time(row[0]) + span for span, row in found if row),
            default=datetime.min.replace(tzinfo=UTC),
        )

    # What is not to be sent

    def hold(self, may_go: Callable[[Words], bool]) -> int:
        """Hold what waits and has a text that may not go; gives how many. They keep their contents."""
        query = (
            "SELECT id, words FROM wordset WHERE id IN (SELECT words FROM message WHERE next_at IS NOT NULL)"
        )
        sets = [(row["id"], self._words(row["words"])) for row in self._all(query)]
        bad = [number for number, words in sets if not all(may_go(each) for each in words)]
        if not bad:
            return 0
        with self._writing() as now:
            return self._hold_sets(json.dumps(bad), UNAPPROVED, now)

    def _hold_sets(self, sets: str, reason: str, now: datetime) -> int:
        change = "UPDATE message SET state = 'held', reason = ?, next_at = NULL, changed_at = ?"
        where = "next_at IS NOT NULL AND words IN (SELECT value FROM json_each(?))"
        count = self._do(f"{change} WHERE {where}", reason, _text(now), sets)
        self.tally[State.HELD] += count if reason == UNAPPROVED else 0
        return count

    def hold_topic(self, topic: str, langs: Collection[str]) -> list[Entry]:
        """Hold what waits and has a text that is withdrawn; gives them, as they stand now.

        What is just being sent may arrive, and counts as perhaps sent; it is not tried again.
        """
        with self._writing() as now:
            sets = json.dumps(self._sets(topic, langs))
            of_sets = "words IN (SELECT value FROM json_each(?))"
            query = f"SELECT id FROM message WHERE next_at IS NOT NULL AND {of_sets}"  # noqa: S608 # no input
            numbers = [row["id"] for row in self._all(query, sets)]
            self._hold_sets(sets, WITHDRAWN, now)
            change = f"UPDATE message SET state = 'held', reason = ?, changed_at = ?, {_TAKEN}"  # noqa: S608 # no input
            self._do(f"{change} WHERE state = 'sending' AND {of_sets}", WITHDRAWN, _text(now), sets)
            return [entry for number in numbers if (entry := self.entry(number))]

    def _sets(self, topic: str, langs: Collection[str]) -> list[int]:
        sets = self._all("SELECT id, words FROM wordset")
        return [
            row["id"]
            for row in sets
            if any(each.topic == topic and each.lang in langs for each in self._words(row["words"]))
        ]

    def sent_of(self, topic: str, langs: Collection[str]) -> list[Entry]:
        """List what was sent, or may have been, with a text of a topic in one of the languages."""
        where = "(m.state IN ('sent', 'sending') OR m.maybe) AND m.words IN (SELECT value FROM json_each(?))"
        rows = self._all(f"{ENTRIES} WHERE {where} ORDER BY m.id", json.dumps(self._sets(topic, langs)))
        return [self._entry(row) for row in rows]

    def was_sent(
        self, clinic: str, address: str, topic: str, langs: Collection[str], person: str = ""
    ) -> list[Entry]:
        """List what of that one address was sent, or may have been; with `person`, to that one only."""
        where = (
            "(m.state IN ('sent', 'sending') OR m.maybe) AND m.words IN (SELECT value FROM json_each(?))"
            " AND m.clinic = ? AND m.address = ? AND (? IS NULL OR m.person = ?)"
        )
        who = self._digest("person", person) if person else None
        sets = json.dumps(self._sets(topic, langs))
        mac = self._digest("address", address.lower())
        rows = self._all(f"{ENTRIES} WHERE {where} ORDER BY m.id", sets, clinic, mac, who, who)
        return [self._entry(row) for row in rows]

    def retry(self, ids: Collection[int] | None) -> int:
        """Make messages due at once that were deferred, failed or held; None: all. Gives how many.

        Those without contents, or out of date, stay as they are.
        """
        with self._writing() as now:
            change = (
                "UPDATE message SET next_at = ?, changed_at = ?, state = CASE WHEN maybe THEN 'unknown'"
                " WHEN state = 'deferred' THEN 'deferred' ELSE 'queued' END"
            )
            where = f"{_among(RETRIED)} AND not_after > ? AND {_FULL}"
            return self._do(f"{change} WHERE {where} AND {_OF_IDS}", *[_text(now)] * 3, *_ids(ids))

    def cancel(self, ids: Collection[int] | None, source: str | None) -> int:
        """Give up what waits, is held or could be retried; None: whatever the other says. Gives how many.

        What is just being sent, too: it may arrive, and if the server takes it that is noted. It is not tried
        again.
        """
        with self._writing() as now:
            change = f"UPDATE message SET state = 'cancelled', next_at = NULL, changed_at = ?, {_TAKEN}"  # noqa: S608 # no input
            where = (
                f"{_among(CANCELLED)} AND (state <> 'failed' OR {_FULL})"
                f" AND (? IS NULL OR source = ?) AND {_OF_IDS}"
            )
            return self._do(f"{change} WHERE {where}", _text(now), source, source, *_ids(ids))

    def expire(self) -> int:
        """Give up what waits and is out of date; gives how many."""
        now = _text(self.now())
        waits = "next_at IS NOT NULL AND not_after <= ?"
        if not self._one(f"SELECT 1 FROM message WHERE {waits}", now):  # noqa: S608 # no input
            return 0
        with self._writing() as later:
            now = _text(later)
            why = f"'{OVER}' || iif(maybe, '; {MAYBE}', '') || iif(reason = '', '', ' (' || reason || ')')"
            change = f"UPDATE message SET state = 'expired', next_at = NULL, changed_at = ?, reason = {why}"  # noqa: S608 # no input
            count = self._do(f"{change} WHERE {waits}", now, now)
            self.tally[State.EXPIRED] += count
            return count

    def purge(self, retention: timedelta, clinic: str) -> int:
        """Forget a clinic's messages that have no contents, and to which nothing happened for so long."""
        with self._writing() as now:
            where = f"{_among(ENDED | {State.HELD})} AND NOT {_FULL}"
            return self._do(
                f"DELETE FROM message WHERE clinic = ? AND changed_at <= ? AND {where}",  # noqa: S608 # no input
                clinic,
                _text(now - retention),
            )

    def tidy(self) -> None:
        """Delete for good what nobody needs any more: contents of what is sent, or out of date."""
        with self._writing() as now:
            over = "SELECT id FROM message WHERE state IN ('failed', 'held') AND not_after <= ?"
            self._do(f"DELETE FROM payload WHERE message IN ({over})", _text(now))  # noqa: S608 # no input
            parts = ("letter", "leaflet", "calendar")
            used = " UNION ".join(f"SELECT {part} FROM payload" for part in parts)  # noqa: S608 # no input
            self._do(f"DELETE FROM blob WHERE id NOT IN ({used})")  # noqa: S608 # no input
            old = "at <= ? AND id NOT IN (SELECT lease FROM message WHERE lease IS NOT NULL)"
            self._do(f"DELETE FROM attempt WHERE {old}", _text(now - DAY))  # noqa: S608 # no input
        self._blob.cache_clear()
        # What was deleted is still in the log beside the file. Who reads it just now is not waited for.
        self._do("PRAGMA busy_timeout = 2000")
        self._all("PRAGMA wal_checkpoint(TRUNCATE)")
        self._do(f"PRAGMA busy_timeout = {store.PATIENCE * 1000}")

    def bounced(
        self,
        message_id: str,
        code: str,
        permanent: bool,  # noqa: FBT001 # of two
        *,
        suppress: bool = True,
    ) -> Entry | None:
        """Note that a message came back; if for good, it failed, and with `suppress` so does its address.

        None if no message has that id.
        """
        with self._writing() as now:
            row = self._one("SELECT id, address, state, maybe FROM message WHERE message_id = ?", message_id)
            if row is None:
                return None
            if permanent:
                self._fail(row, code, now, suppress=suppress)
            return self.entry(row["id"])

    def _fail(self, row: sqlite3.Row, code: str, now: datetime, *, suppress: bool) -> None:
        if row["state"] in {State.SENT, *WAITING}:
            change = (
                "UPDATE message SET state = 'failed', reason = ?, next_at = NULL, changed_at = ? WHERE id = ?"
            )
            self._do(change, code, _text(now), row["id"])
        if suppress and row["address"] is not None:
            self._suppress(row["address"], code, now)

    # What is shown

    def counts(self) -> Mapping[str, Mapping[State, int]]:
        """Count the messages of each clinic in each state."""
        found: dict[str, dict[State, int]] = {}
        for clinic, state, count in self._all(
            "SELECT clinic, state, count(*) FROM message GROUP BY clinic, state"
        ):
            with store.sound(self._path):
                found.setdefault(clinic, {})[State(state)] = count
        return found

    def entry(self, number: int) -> Entry | None:
        """Show one message."""
        row = self._one(f"{ENTRIES} WHERE m.id = ?", number)
        return self._entry(row) if row else None

    def entries(
        self, states: Collection[State], clinic: str | None = None, limit: int | None = None
    ) -> Iterator[Entry]:
        """Show messages in the order in which they were queued; None: of all clinics, without a limit."""
        query = f"{ENTRIES} WHERE m.id > ? AND {_among(states, 'm.')} AND (? IS NULL OR m.clinic = ?)"
        last, left = 0, limit
        while left is None or left > 0:
            most = PAGE if left is None else min(PAGE, left)
            rows = self._all(f"{query} ORDER BY m.id LIMIT {most}", last, clinic, clinic)
            yield from map(self._entry, rows)
            if len(rows) < most:
                return
            last, left = rows[-1]["id"], None if left is None else left - most

    # The file

    def is_whole(self) -> bool:
        """Read everything, and tell whether it is what was put."""
        try:
            store.look_over(self._path, self._db)
            self.counts()
            deque(self.entries(frozenset(State)), maxlen=0)
            found = self._all("PRAGMA foreign_key_check") or [
                row for row in self._all("PRAGMA integrity_check(1)") if row[0] != "ok"
            ]
            for (number,) in self._all("SELECT message FROM payload"):
                row = self._one("SELECT id, key, address FROM message WHERE id = ?", number)
                self._contents(row) if row else found.append(number)
        except store.DamagedError:
            return False
        return not found

    def _read_secret(self) -> bytes:
        with store.told(self._path):
            self._db.row_factory = sqlite3.Row
            secrets = {store.secret_in(self._db, table) for table in store.SECRETS}
        secret = secrets.pop()
        if secret is None or secrets:
            raise store.DamagedError(self._path)
        return secret

    def _digest(self, what: str, *parts: str | int) -> bytes:
        return digest(self._secret, what, *parts)

    def _time(self, text: str) -> datetime:
        with store.sound(self._path):
            return _time(text)

    def _entry(self, row: sqlite3.Row) -> Entry:
        with store.sound(self._path):
            return _entry(row)

    def _words(self, text: str) -> tuple[Words, ...]:
        with store.sound(self._path):
            return words_in(text)

    def _learn(self) -> None:
        row = self._one("SELECT at FROM seen")
        if row and row[0]:
            self._clock.learn(self._time(row[0]))

    @contextmanager
    def _writing(self) -> Iterator[datetime]:
        """Begin a transaction, of which all is kept or nothing; gives its time."""
        with store.told(self._path):
            store.refuse_other_file(self._path, self._file)
            self._db.execute("BEGIN IMMEDIATE")
            with store.ended(self._db):
                self._learn()
                now = self.now()
                self._do("UPDATE seen SET at = ?", _text(now))
                yield now

    def _all(self, query: str, *values: Any) -> list[sqlite3.Row]:  # noqa: ANN401 # whatever SQLite takes
        with store.told(self._path):
            return self._db.execute(query, values).fetchall()

    def _one(self, query: str, *values: Any) -> sqlite3.Row | None:  # noqa: ANN401 # as above
        with store.told(self._path):
            row: sqlite3.Row | None = self._db.execute(query, values).fetchone()
            return row

    def _do(self, change: str, *values: Any) -> int:  # noqa: ANN401 # as above
        with store.told(self._path):
            return self._db.execute(change, values).rowcount

    def _inserted(self, insert: str, values: Any) -> int:  # noqa: ANN401 # as above
        with store.told(self._path):
            return self._db.execute(insert, values).lastrowid or 0


_FULL: Final = "id IN (SELECT message FROM payload)"
_TAKEN: Final = "maybe = max(maybe, state = 'sending'), lease = NULL"
"""Takes a message from whoever is sending it: only the server's yes is noted then."""
_OF_IDS: Final = "(? IS NULL OR id IN (SELECT value FROM json_each(?)))"


def _ids(ids: Collection[int] | None) -> tuple[str | None, str | None]:
    text = None if ids is None else json.dumps(list(ids))
    return text, text


def _among(states: Collection[State], table: str = "") -> str:
    names = ", ".join(f"'{state}'" for state in sorted(states))
    return f"{table}state IN ({names})"


def digest(secret: bytes, what: str, *parts: str | int) -> bytes:
    """Give 32 bytes that stand for values, and from which nobody without the secret can tell them."""
    return hmac.digest(secret, json.dumps([what, *parts]).encode(), "sha256")


def message_name(secret: bytes, key: bytes) -> str:
    """Give what stands before the @ of a Message-ID: the same for the same message, even put anew."""
    return digest(secret, "message", key.hex()).hex()[:32]


def backoff(number: int, attempts: int) -> timedelta:
    """Say how long to wait after so many attempts for a message. It differs from message to message."""
    part = int.from_bytes(sha256(f"{number}/{attempts}".encode()).digest()[:4]) / 2**32
    return BACKOFF[min(attempts, len(BACKOFF)) - 1] * (1 + JITTER * (2 * part - 1))


@lru_cache(maxsize=32)
def _domain(letter: bytes) -> str:
    return Letter.from_bytes(letter).sent_from.rpartition("@")[2]


def seal(key: bytes, address: str, contents: Contents) -> bytes:
    """Digest what is to be sent, and to whom, and to which row it belongs."""
    shared = (contents.letter, contents.leaflet, contents.calendar)
    added = sha256(contents.added).digest()
    return sha256(b"".join((key, *map(sum_of, shared), added, address.encode()))).digest()


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


@lru_cache(maxsize=256)
def words_in(text: str) -> tuple[Words, ...]:
    """Read the texts of a wordset. Raises ValueError, TypeError or RecursionError if it is damaged."""
    return tuple(Words(*each) for each in json.loads(text))


def _entry(row: sqlite3.Row) -> Entry:
    values = dict(row)
    times = ("queued_at", "tried_at", "sent_at", "next_at", "not_after", "changed_at")
    moments = {name: values[name] and _time(values[name]) for name in times}
    parts = {
        "state": State(row["state"]),
        "kind": Kind(row["kind"]),
        "words": words_in(row["words"]),
        "maybe": bool(row["maybe"]),
    }
    return Entry(**{**values, **moments, **parts})
