"""The promise of mail, tried by force: senders die at every step, and nobody is left out.

Real processes are killed with SIGKILL while the server drops answers, defers, refuses and is slow.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO

from careleaf.mail.outbox import opened
from careleaf.mail.parcel import WAITING, Contents, Letter, Parcel, State, Words
from tests.conftest import ROOT
from tests.mailserver import FROM, HOST, LOGIN, Script, mail_server, trust

LETTER = Letter("x", "s", "t", "h", "f", "c", "Clinic", FROM, "desk@example.org").to_bytes()
POINTS = ("connect", "leased", "data", "dot", "accepted", "commit", "committed", "any time")
HERE = {"connect", "leased", "data", "commit", "committed"}
"""Where a sender kills itself; elsewhere the server or a timer does."""


def parcel(number: int, address: str) -> Parcel:
    words = (Words("topic", "x", "digest"),)
    contents = Contents(LETTER, b"%PDF", b"added %d" % number)
    day = date(2026, 11, 24)
    return Parcel(
        "clinic", "topic", 1, "x", "list.csv", number, words=words, address=address, person=str(number),
        treated_on=day, contents=contents,
    )  # fmt: skip


@dataclass(frozen=True)
class Order:
    """One sender's life."""

    days: float
    point: str = ""
    count: int = 0


class Senders:
    """Starts one sender after the other, and sees how each ends."""

    def __init__(self, into: IO[str], out: IO[str]) -> None:
        self._into = into
        self._out = out
        self.pid = 0

    def send(self, order: Order, after: float = 0) -> int:
        """Run one; `after` some seconds it is killed. Gives how it ended: 0, or -9 if it was killed."""
        self._into.write(json.dumps(vars(order)) + "\n")
        self._into.flush()
        self.pid = int(self._out.readline())
        if after:
            time.sleep(after)
            self.kill()
        return int(self._out.readline())

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


@contextmanager
def senders(path: Path, port: int, trusted: str, complaint: str = "", **changed: object) -> Iterator[Senders]:
    """Make senders possible. Of what they may complain is `complaint`."""
    mailing: dict[str, object] = {
        "host": HOST, "port": port, "from": FROM, "reply-to": FROM,
        "per-minute": 100_000, "per-day": 1_000_000,
    }  # fmt: skip
    settings = {"outbox": str(path), "mailing": {**mailing, **changed}, "login": [LOGIN.user, LOGIN.password]}
    command = [sys.executable, "-P", str(ROOT / "tests" / "mail_sender.py"), json.dumps(settings)]
    with (path.parent / "errors").open("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(  # noqa: S603 # our own command
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "SSL_CERT_FILE": trusted},
        )
        with process:
            assert process.stdin
            assert process.stdout
            yield Senders(process.stdin, process.stdout)
            process.stdin.close()
        errors.seek(0)
        assert [line for line in errors if not complaint or complaint not in line] == []


class Chaos(Script):
    """A server on a bad day. What it does to an address is always the same, but for chance."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.chance = random.Random(seed)  # noqa: S311 # not for secrets
        self.senders: Senders | None = None
        self.point = ""
        self.left = 0
        self.ahead = timedelta()
        self.seen: set[str] = set()
        self.refused: set[str] = set()
        self.times: list[tuple[str, datetime]] = []
        self.killed: Counter[str] = Counter()
        self.dropped = 0
        """Answers to messages that it took."""
        self.forgotten = 0
        """Messages that it lost, without an answer."""

    def first(self, address: str) -> bool:
        new = address not in self.seen
        self.seen.add(address)
        return new

    async def at_recipient(self, address: str) -> str | None:
        if address.startswith("nobody"):
            self.refused.add(address)
            return f"550 5.1.1 <{address}> is not here"
        if address.startswith("grey") and self.first(address):
            return "451 4.7.1 come back"
        if self.chance.random() < 0.01:
            return "421 4.3.2 closing"
        return await super().at_recipient(address)

    async def at_message(self, address: str, content: bytes) -> str | None:  # noqa: PLR0911 # a bad day
        assert self.senders
        self.left -= 1
        if self.chance.random() < 0.03:
            await asyncio.sleep(self.chance.random() / 20)
        if address.startswith("unwanted"):
            self.refused.add(address)
            return "554 5.6.0 not this"
        if address.startswith("full") and self.first(address):
            return "452 4.2.2 full"
        if self.point == "dot" and self.left <= 0:
            self.senders.kill()
            return None
        if self.chance.random() < 0.02:
            self.forgotten += 1
            return None
        self.take(address, content)
        self.times.append((address, datetime.now(UTC) + self.ahead))
        if self.point == "accepted" and self.left <= 0:
            self.senders.kill()
            return None
        if self.chance.random() < 0.05:
            self.dropped += 1
            return None
        return "250 2.0.0 OK"


KINDS = {11: "nobody", 13: "grey", 17: "full", 19: "unwanted"}


def address_of(number: int) -> str:
    """Give each message an address, some of which the server will not have at once, or at all."""
    kind = next((kind for each, kind in KINDS.items() if number % each == 0), "jane")
    return f"{kind}.{number}@example.com"


def fill(path: Path, numbers: range, short: timedelta) -> dict[str, datetime]:
    """Queue the messages; every twentieth is to be sent soon or never. Gives until when each may be sent."""
    until = {}
    with opened(path) as outbox:
        for start in range(numbers.start, numbers.stop, 20):
            batch = [(number, address_of(number)) for number in range(start, start + 20)]
            for valid, chosen in ((timedelta(days=30), batch[:-1]), (short, batch[-1:])):
                outbox.put((parcel(*each) for each in chosen), valid)
                until.update(dict.fromkeys((address for _, address in chosen), outbox.now() + valid))
    return until


def test_nobody_is_left_out_however_often_the_sender_dies(tmp_path: Path) -> None:
    seed = random.randrange(10**6)  # noqa: S311 # told if the test fails
    script, path = Chaos(seed), tmp_path / "outbox" / "outbox.sqlite"
    until = fill(path, range(1000), timedelta(hours=6))
    silenced = {address for number, address in enumerate(until) if number % 50 == 7}
    with opened(path) as outbox:
        for address in silenced:
            outbox.suppress(address, "asked")
    with mail_server(script) as port, senders(path, port, trust(tmp_path)) as started:
        script.senders = started
        for number in range(7 * len(POINTS)):
            kill_one(script, POINTS[number % len(POINTS)], number * timedelta(minutes=25))
        for number in range(12):
            script.ahead = timedelta(days=1 + number / 4)
            script.point = ""
            assert started.send(Order(script.ahead / timedelta(days=1))) == 0
    judge(path, script, until, silenced, seed)


def kill_one(script: Chaos, point: str, ahead: timedelta) -> None:
    """Run a sender that dies at a point, if it gets so far."""
    assert script.senders
    count = script.chance.randint(1, 25)
    script.point, script.left, script.ahead = point, count, ahead
    order = Order(ahead / timedelta(days=1), point if point in HERE else "", count)
    after = script.chance.uniform(0.01, 0.2) if point == "any time" else 0
    ended = script.senders.send(order, after)
    assert ended in {0, -signal.SIGKILL}, f"a sender ended with {ended}"
    script.killed[point] += ended == -signal.SIGKILL


def judge(path: Path, script: Chaos, until: dict[str, datetime], silenced: set[str], seed: int) -> None:
    copies: dict[str, set[bytes]] = {}
    for each in script.accepted:
        copies.setdefault(each.address, set()).add(each.content)
        assert f"To: {each.address}\r\n".encode() in each.content, "a message reached somebody else"
    with opened(path) as outbox:
        entries = list(outbox.entries(list(State)))
        counts = outbox.counts()["clinic"]
    row = {each.row: each.state for each in entries}
    states = {address: row[number] for number, address in enumerate(until)}
    expired = {address for address, state in states.items() if state is State.EXPIRED}
    lost = until.keys() - copies.keys() - script.refused - expired - silenced
    twice = len(script.accepted) - len(copies)
    kills = script.killed.total()
    numbers = (
        f"seed {seed}: {kills} kills {dict(script.killed)}, {script.dropped} answers dropped,"
        f" {script.forgotten} more lost, {twice} sent twice, {len(lost)} lost, {counts}"
    )
    assert not lost, numbers
    assert kills >= 50, numbers
    assert min(script.killed[point] for point in POINTS) >= 4, numbers
    assert script.dropped > 20, numbers
    assert script.forgotten > 5, numbers
    assert twice <= kills + script.dropped, numbers
    assert max(map(len, copies.values())) == 1, f"copies of a message differ; {numbers}"
    assert not copies.keys() & silenced, f"sent to a suppressed address; {numbers}"
    assert all(when < until[address] for address, when in script.times), f"sent after its time; {numbers}"
    assert 0 < len(expired) < 60, numbers
    assert all(until[address] < max(until.values()) for address in expired), numbers
    assert not WAITING & {state for state, count in counts.items() if count}, numbers
    sent = {address for address, state in states.items() if state is State.SENT}
    assert sent <= copies.keys(), f"noted as sent, but was not; {numbers}"
