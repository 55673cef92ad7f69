"""The outbox: nothing is lost, sent too late, sent to the wrong person, or twice without need."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from careleaf.mail import outbox as room
from careleaf.mail import store
from careleaf.mail.clock import Clock
from careleaf.mail.outbox import Outbox, OutboxError, Put, backoff, opened
from careleaf.mail.parcel import ENDED, WAITING, Contents, Entry, Leased, Outcome, Parcel, State, Words
from tests.conftest import ROOT
from tests.parcels import LETTER, VALID, Hands, address, parcel

SENT = Outcome(State.SENT, "250 2.0.0")
MANY = (1000, 10_000)
"""A minute, a day."""
ALL = frozenset(State)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox" / "outbox.sqlite"


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def outbox(path: Path, hands: Hands) -> Iterator[Outbox]:
    with opened(path, hands.wall, hands.running) as box:
        yield box


def leased(outbox: Outbox) -> Leased:
    found = outbox.lease("clinic", *MANY)
    assert found
    return found


def state(outbox: Outbox, number: int) -> State:
    entry = outbox.entry(number)
    assert entry
    return entry.state


# What comes in


def test_a_list_is_queued_once_however_often_it_is_put(outbox: Outbox) -> None:
    people = [parcel(number) for number in range(5)]
    assert outbox.put(people, VALID) == Put(5, 0, 0)
    assert outbox.put([*people, parcel(5), parcel(5)], VALID) == Put(1, 0, 6)
    assert outbox.known(parcel(5)) is State.QUEUED
    assert outbox.known(parcel(6)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"clinic": "other"},
        {"person": "P2"},
        {"address": "jane.2@example.org"},
        {"topic": "warts"},
        {"version": 2},
        {"lang": "de"},
        {"treated_on": datetime(2026, 11, 24).date()},  # noqa: DTZ001 # a day
    ],
)
def test_another_sheet_is_another_message(outbox: Outbox, changes: dict[str, Any]) -> None:
    outbox.put([parcel(), parcel(source="again.csv", row=77, address=address(1).upper())], VALID)
    assert outbox.put([parcel(**changes)], VALID) == Put(1, 0, 0)


def test_who_has_neither_name_nor_address_is_held_for_each_row(outbox: Outbox) -> None:
    nobody = [parcel(n, person="", address="", held="no address", contents=None) for n in range(3)]
    assert outbox.put(nobody, VALID) == Put(0, 3, 0)


def test_what_was_held_without_contents_is_replaced_when_it_is_put_again(outbox: Outbox) -> None:
    held = parcel(held="no consent", contents=None)
    assert outbox.put([held], VALID) == Put(0, 1, 0)
    assert outbox.known(held) is None
    assert outbox.put([parcel()], VALID) == Put(1, 0, 0)
    assert [each.state for each in outbox.entries(ALL)] == [State.QUEUED]


def test_a_list_that_cannot_be_made_to_its_end_leaves_nothing(outbox: Outbox) -> None:
    def broken() -> Iterator[Parcel]:
        yield parcel(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outbox.put(broken(), VALID)
    assert outbox.counts() == {}
    assert outbox.put([parcel(1)], VALID) == Put(1, 0, 0)


def test_shared_contents_are_kept_once(path: Path, outbox: Outbox) -> None:
    outbox.put([parcel(number) for number in range(9)], VALID)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM blob").fetchone() == (3,)


def test_what_is_leased_is_what_was_put(outbox: Outbox) -> None:
    outbox.put([parcel(7)], VALID)
    first = leased(outbox)
    assert (first.address, first.contents, first.attempt) == (address(7), parcel(7).contents, 1)
    assert first.message_id.endswith("@example.com>")


# What goes out


def test_a_sender_takes_nothing_old_for_what_another_process_put_meanwhile(
    path: Path, outbox: Outbox, hands: Hands
) -> None:
    """Else it would say that the outbox is damaged, and all mail would wait for a person."""
    outbox.put([parcel(1)], VALID)
    outbox.settle(leased(outbox).id, SENT)
    other = Contents(LETTER, b"%PDF- another leaflet", b"", b"other days")
    with opened(path, hands.wall, hands.running) as desk:
        desk.tidy()
        desk.put([parcel(2, contents=other)], VALID)
    assert leased(outbox).contents == other


def test_a_message_is_the_same_at_every_attempt(outbox: Outbox, hands: Hands) -> None:
    outbox.put([parcel()], VALID)
    first = leased(outbox)
    outbox.settle(first.id, Outcome(State.DEFERRED, "450 4.2.0"))
    assert outbox.lease("clinic", *MANY) is None
    hands.wait(timedelta(hours=1))
    second = leased(outbox)
    assert second.attempt == 2
    assert (first.message_id, first.queued_at) == (second.message_id, second.queued_at)


def test_the_oldest_due_goes_first_and_one_that_was_released_keeps_its_place(outbox: Outbox) -> None:
    outbox.put([parcel(number) for number in range(3)], VALID)
    first = leased(outbox)
    before = outbox.entry(first.id)
    outbox.release(first.id)
    after = outbox.entry(first.id)
    assert after
    assert (after.state, after.attempts, after.tried_at) == (State.QUEUED, 0, None)
    assert before != after
    assert leased(outbox).id == first.id


def test_a_release_gives_back_the_state_and_the_limit(outbox: Outbox, hands: Hands) -> None:
    outbox.put([parcel()], VALID)
    outbox.settle(leased(outbox).id, Outcome(State.UNKNOWN, ""))
    hands.wait(timedelta(hours=1))
    again = outbox.lease("clinic", 1, 2)
    assert again
    outbox.release(again.id)
    assert state(outbox, again.id) is State.UNKNOWN
    assert outbox.lease("clinic", 1, 2)


def test_the_limits_hold_over_a_restart(path: Path, hands: Hands) -> None:
    for _ in range(2):
        with opened(path, hands.wall, hands.running) as box:
            box.put([parcel(number) for number in range(9)], VALID)
            while found := box.lease("clinic", 2, 5):
                box.settle(found.id, SENT)
            assert box.counts()["clinic"][State.SENT] == 2
            assert box.due_in("clinic", 2, 5) == MINUTE
    with opened(path, hands.wall, hands.running) as box:
        for _ in range(5):
            while found := box.lease("clinic", 2, 5):
                box.settle(found.id, SENT)
            hands.wait(MINUTE)
        assert box.counts()["clinic"][State.SENT] == 5
        assert box.due_in("clinic", 2, 5) == timedelta(days=1) - 5 * MINUTE
        assert box.lease("clinic", 2, 6)


def test_one_clinic_does_not_use_up_anothers_limit(outbox: Outbox) -> None:
    outbox.put([parcel(1), parcel(2, clinic="other")], VALID)
    assert outbox.lease("clinic", 1, 1)
    assert outbox.lease("other", 1, 1)


def test_nothing_goes_after_its_time_and_its_contents_are_gone(
    outbox: Outbox, hands: Hands, path: Path
) -> None:
    outbox.put([parcel(1), parcel(2)], VALID)
    outbox.settle(leased(outbox).id, Outcome(State.UNKNOWN, "451 4.4.2"))
    hands.wait(VALID)
    assert outbox.lease("clinic", *MANY) is None
    first, second = outbox.entries({State.EXPIRED})
    assert first.reason == "its time was over; it may have arrived (451 4.4.2)"
    assert second.reason == "its time was over"
    assert outbox.retry(None) == 0
    outbox.tidy()
    assert leftovers(path, 2) == []


def test_a_clock_set_back_gives_no_message_a_second_life(path: Path, hands: Hands) -> None:
    with opened(path, hands.wall, hands.running) as box:
        box.put([parcel()], VALID)
        hands.wait(VALID)
        box.suppress("anybody@example.org", "asked")
    hands.turn(timedelta(days=-30))
    with opened(path, hands.wall, hands.running) as box:
        assert box.ahead() == timedelta(days=30)
        assert box.lease("clinic", *MANY) is None
        hands.wait(MINUTE)
        assert box.ahead() == timedelta(days=30)


@given(turns=st.lists(st.tuples(st.integers(-(10**7), 10**7), st.integers(0, 10**6)), max_size=20))
def test_time_never_runs_backwards_nor_slower_than_it_does(turns: list[tuple[int, int]]) -> None:
    hands = Hands()
    clock = Clock(hands.wall, hands.running)
    last = clock()
    for turned, waited in turns:
        hands.turn(timedelta(seconds=turned))
        hands.wait(timedelta(seconds=waited))
        assert clock() >= max(last, hands.now)
        last = clock()


@given(number=st.integers(1, 10**9), attempts=st.integers(1, 99))
def test_a_wait_is_near_its_step(number: int, attempts: int) -> None:
    step = timedelta(minutes=[1, 5, 15, 60, 240][min(attempts, 5) - 1])
    assert step * 0.8 <= backoff(number, attempts) <= step * 1.2


# What a person decides


def test_a_suppressed_address_gets_nothing_more_until_it_is_allowed_again(outbox: Outbox, path: Path) -> None:
    outbox.put([parcel(1), parcel(1, topic="warts"), parcel(2)], VALID)
    outbox.suppress(address(1).upper(), "asked")
    assert outbox.suppressed(address(1))
    assert outbox.put([parcel(1, topic="scars")], VALID) == Put(0, 1, 0)
    assert leased(outbox).address == address(2)
    assert outbox.lease("clinic", *MANY) is None
    outbox.tidy()
    assert leftovers(path, 1) == []
    assert outbox.lift(address(1))
    assert not outbox.lift(address(1))
    assert outbox.put([parcel(1)], VALID) == Put(1, 0, 0)


def test_who_objects_while_a_message_is_under_way_gets_no_second_attempt(
    outbox: Outbox, hands: Hands
) -> None:
    outbox.put([parcel(1)], VALID)
    first = leased(outbox)
    outbox.suppress(address(1), "asked")
    outbox.settle(first.id, Outcome(State.UNKNOWN, ""))
    hands.wait(timedelta(hours=1))
    assert outbox.lease("clinic", *MANY) is None
    assert state(outbox, first.id) is State.HELD
    # It may have arrived: queued again, it is not a new message.
    outbox.lift(address(1))
    assert outbox.put([parcel(1)], VALID) == Put(0, 0, 1)


def test_an_address_that_the_server_does_not_know_is_suppressed(outbox: Outbox) -> None:
    outbox.put([parcel(1), parcel(1, topic="warts")], VALID)
    outbox.settle(leased(outbox).id, Outcome(State.FAILED, "550 5.1.1", suppress=True))
    assert outbox.counts()["clinic"] == {State.FAILED: 1, State.HELD: 1}
    assert outbox.retry(None) == 0


def test_what_failed_can_be_retried_until_its_time_is_over(outbox: Outbox, hands: Hands, path: Path) -> None:
    outbox.put([parcel(1), parcel(2)], VALID)
    for _ in range(2):
        outbox.settle(leased(outbox).id, Outcome(State.FAILED, "554 5.7.1"))
    assert outbox.retry([1]) == 1
    assert leased(outbox).id == 1
    hands.wait(VALID)
    assert outbox.retry(None) == 0
    outbox.tidy()
    assert leftovers(path, 2) == []
    assert state(outbox, 2) is State.FAILED


def test_what_is_not_approved_any_more_is_held_and_can_be_retried(outbox: Outbox) -> None:
    stale = (Words("moles", "en", "digest"), Words("warts", "en", "old"))
    outbox.put([parcel(1), parcel(2, words=stale)], VALID)
    assert outbox.hold(lambda words: words.digest != "old") == 1
    assert [each.reason for each in outbox.entries({State.HELD})] == ["not approved any more"]
    assert outbox.hold(lambda words: words.digest != "old") == 0
    assert outbox.retry(None) == 1


def test_a_withdrawal_finds_who_waits_and_who_was_sent_it(outbox: Outbox, hands: Hands) -> None:
    outbox.put([parcel(n) for n in range(4)] + [parcel(9, words=(Words("moles", "de", "d"),))], VALID)
    outbox.settle(leased(outbox).id, SENT)
    outbox.settle(leased(outbox).id, Outcome(State.UNKNOWN, ""))
    assert {each.id for each in outbox.hold_topic("moles", {"en"})} == {2, 3, 4}
    assert [each.id for each in outbox.sent_of("moles", {"en"})] == [1, 2]
    assert outbox.sent_of("moles", {"de"}) == []
    hands.wait(timedelta(hours=1))
    assert leased(outbox).id == 5


def test_a_correction_finds_what_a_person_was_sent(outbox: Outbox) -> None:
    outbox.put([parcel(1), parcel(1, person="Another Example")], VALID)
    for _ in range(2):
        outbox.settle(leased(outbox).id, SENT)
    of_both = outbox.was_sent("clinic", address(1).upper(), "moles", {"en"})
    assert [each.id for each in of_both] == [1, 2]
    assert [
        each.id for each in outbox.was_sent("clinic", address(1), "moles", {"en"}, "Another Example")
    ] == [2]
    assert outbox.was_sent("other", address(1), "moles", {"en"}) == []
    assert outbox.was_sent("clinic", address(2), "moles", {"en"}) == []


def test_what_was_cancelled_is_not_sent(outbox: Outbox, path: Path) -> None:
    outbox.put([parcel(1), parcel(2), parcel(3, source="other.csv"), parcel(4)], VALID)
    outbox.settle(leased(outbox).id, Outcome(State.FAILED, "554"))
    assert outbox.cancel(None, "list.csv") == 3
    assert outbox.cancel([3], "list.csv") == 0
    assert outbox.cancel([3], None) == 1
    assert outbox.retry(None) == 0
    outbox.tidy()
    assert [leftovers(path, number) for number in range(1, 5)] == [[]] * 4


def test_a_message_that_came_back_failed_and_its_address_gets_no_more(outbox: Outbox) -> None:
    outbox.put([parcel(1), parcel(2)], VALID)
    first, second = leased(outbox), leased(outbox)
    outbox.settle(first.id, SENT)
    outbox.settle(second.id, SENT)
    assert outbox.bounced("<nobody@example.com>", "5.1.1", permanent=True) is None
    soft = outbox.bounced(second.message_id, "4.2.2", permanent=False)
    hard = outbox.bounced(first.message_id, "5.1.1", permanent=True)
    assert soft
    assert hard
    assert (soft.state, hard.state, hard.reason) == (State.SENT, State.FAILED, "5.1.1")
    assert outbox.suppressed(address(1))
    assert not outbox.suppressed(address(2))


def test_what_is_done_is_forgotten_after_its_time_and_what_waits_is_not(outbox: Outbox, hands: Hands) -> None:
    outbox.put([parcel(1), parcel(2), parcel(3, clinic="other")], timedelta(days=90))
    outbox.settle(leased(outbox).id, SENT)
    hands.wait(timedelta(days=29))
    assert outbox.purge(timedelta(days=30), "clinic") == 0
    hands.wait(timedelta(days=1))
    assert outbox.purge(timedelta(days=30), "clinic") == 1
    assert [each.id for each in outbox.entries(ALL)] == [2, 3]


def test_the_servers_yes_is_noted_whatever_has_become_of_the_row(outbox: Outbox, hands: Hands) -> None:
    outbox.put([parcel()], VALID)
    slow = leased(outbox)
    hands.wait(timedelta(minutes=16))
    assert outbox.lease("clinic", 1, 1) is None
    assert state(outbox, slow.id) is State.UNKNOWN
    outbox.settle(slow.id, SENT)
    outbox.settle(slow.id, Outcome(State.FAILED, "550"))
    assert state(outbox, slow.id) is State.SENT


def test_entries_come_in_order_and_as_many_as_asked(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PAGE", 3)
    outbox.put([parcel(n, clinic="other" if n == 2 else "clinic") for n in range(1, 8)], VALID)
    assert [each.id for each in outbox.entries({State.QUEUED})] == [1, 2, 3, 4, 5, 6, 7]
    assert [each.id for each in outbox.entries({State.QUEUED}, "clinic", 5)] == [1, 3, 4, 5, 6]
    assert list(outbox.entries({State.QUEUED}, limit=0)) == []
    assert list(outbox.entries(set())) == []


def test_it_says_what_waits(outbox: Outbox, hands: Hands) -> None:
    assert (outbox.due_in("clinic", *MANY), outbox.oldest_waiting("clinic")) == (None, None)
    start = outbox.now()
    outbox.put([parcel()], VALID)
    outbox.settle(leased(outbox).id, Outcome(State.DEFERRED, "450"))
    hands.wait(timedelta(seconds=10))
    assert outbox.due_in("clinic", *MANY) == backoff(1, 1) // timedelta(milliseconds=1) * timedelta(
        milliseconds=1
    ) - timedelta(seconds=10)
    assert outbox.oldest_waiting("clinic") == start


# Every way at once


class Machine(RuleBasedStateMachine):
    """Whatever is done in whatever order, these hold."""

    PER_MINUTE, PER_DAY = 3, 9

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.hands = Hands()
        self.held: AbstractContextManager[Outbox]
        self.leases: dict[int, Leased] = {}
        self.attempts: list[datetime] = []
        self.sent: set[str] = set()
        self.bad: set[str] = set()
        self._open()

    def _open(self) -> None:
        self.held = opened(self.folder / "o.sqlite", self.hands.wall, self.hands.running)
        self.outbox = self.held.__enter__()

    def teardown(self) -> None:
        self.held.__exit__(None, None, None)
        for file in self.folder.iterdir():
            file.unlink()
        self.folder.rmdir()

    @rule(numbers=st.lists(st.integers(0, 5), max_size=4), hours=st.sampled_from([1, 30, 80]))
    def put(self, numbers: list[int], hours: int) -> None:
        self.outbox.put([parcel(number) for number in numbers], timedelta(hours=hours))

    @rule()
    def lease(self) -> None:
        due = self.outbox.due_in("clinic", self.PER_MINUTE, self.PER_DAY)
        found = self.outbox.lease("clinic", self.PER_MINUTE, self.PER_DAY)
        if found:
            now = self.outbox.now()
            entry = self.outbox.entry(found.id)
            assert due == timedelta()
            assert entry
            assert entry.not_after > now
            assert found.address not in self.bad
            assert found.message_id not in self.sent
            assert found.id not in self.leases or self.leases[found.id].attempt < found.attempt
            self.leases[found.id] = found
            self.attempts.append(now)
            assert sum(now - each < MINUTE for each in self.attempts) <= self.PER_MINUTE
            assert sum(now - each < timedelta(days=1) for each in self.attempts) <= self.PER_DAY

    @precondition(lambda self: self.leases)
    @rule(
        data=st.data(),
        outcome=st.sampled_from(["sent", "deferred", "failed", "unknown", "suppress", "release"]),
    )
    def settle(self, data: st.DataObject, outcome: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.leases)))
        lease = self.leases.pop(number)
        if outcome == "release":
            if state(self.outbox, number) is State.SENDING:
                self.attempts.remove(self.tried(number))
            self.outbox.release(number)
            return
        if outcome == "suppress":
            if state(self.outbox, number) is State.SENDING:
                self.bad.add(lease.address)
            self.outbox.settle(number, Outcome(State.FAILED, "550 5.1.1", suppress=True))
            return
        self.outbox.settle(number, Outcome(State(outcome), "code"))
        if outcome == "sent":
            self.sent.add(lease.message_id)
            assert state(self.outbox, number) is State.SENT

    def tried(self, number: int) -> datetime:
        entry = self.outbox.entry(number)
        assert entry
        assert entry.tried_at
        return entry.tried_at

    @rule()
    def crash(self) -> None:
        self.held.__exit__(None, None, None)
        self._open()
        with self.outbox.sole_sender():
            pass

    @rule(number=st.integers(0, 5))
    def suppress(self, number: int) -> None:
        self.outbox.suppress(address(number), "asked")
        self.bad.add(address(number))

    @rule(number=st.integers(0, 5))
    def lift(self, number: int) -> None:
        assert self.outbox.lift(address(number)) == (address(number) in self.bad)
        self.bad.discard(address(number))

    @rule(ids=st.none() | st.lists(st.integers(1, 9)))
    def retry(self, ids: list[int] | None) -> None:
        self.outbox.retry(ids)

    @rule(ids=st.lists(st.integers(1, 9), max_size=2))
    def cancel(self, ids: list[int]) -> None:
        self.outbox.cancel(ids, None)

    @rule()
    def clear(self) -> None:
        self.outbox.hold(lambda _: False)
        self.outbox.expire()
        self.outbox.tidy()

    @rule(seconds=st.sampled_from([1, 30, 61, 3600, 100_000]))
    def wait(self, seconds: int) -> None:
        self.hands.wait(timedelta(seconds=seconds))

    @rule(seconds=st.sampled_from([-100_000, -3600, -30, 30, 3600]))
    def turn(self, seconds: int) -> None:
        self.hands.turn(timedelta(seconds=seconds))

    @invariant()
    def rows_are_in_order(self) -> None:
        if not hasattr(self, "outbox"):
            return
        with closing(sqlite3.connect(self.folder / "o.sqlite")) as db:
            full = {row[0] for row in db.execute("SELECT message FROM payload")}
            keys = [row[0] for row in db.execute("SELECT key FROM message")]
        assert len(set(keys)) == len(keys)
        for entry in self.outbox.entries(ALL):
            assert (entry.next_at is not None) == (entry.state in WAITING)
            assert entry.id in full or entry.state in {State.HELD, *ENDED}
            assert entry.id not in full or entry.state not in ENDED - {State.FAILED}
            assert (entry.state is State.SENT) == (entry.message_id in self.sent)


Machine.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestMachine = Machine.TestCase


# Who else is there


def run(script: str, *words: str | Path) -> subprocess.Popen[str]:
    known = "import sys, time, resource\nfrom pathlib import Path\nfrom careleaf.mail.outbox import *\n"
    known += "from careleaf.mail.parcel import *\nfrom tests.parcels import *\npath = Path(sys.argv[1])\n"
    return subprocess.Popen(  # noqa: S603 # our own script
        [sys.executable, "-P", "-c", known + script, *map(str, words)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
    )


def until(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout
    assert process.stdout.readline().strip() == word


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_two_senders_at_once_never_get_the_same_message(path: Path) -> None:
    with opened(path) as box:
        box.put([parcel(number) for number in range(80)], VALID)
    script = """
with opened(path) as box:
    while found := box.lease("clinic", 1000, 1000):
        print(found.id)
        box.settle(found.id, Outcome(State.SENT, "250"))
"""
    both = [run(script, path), run(script, path)]
    found = [number for process in both for number in process.communicate()[0].split()]
    assert sorted(map(int, found)) == list(range(1, 81))


def test_a_second_sender_is_told_and_a_killed_one_is_replaced(path: Path) -> None:
    script = """
with opened(path) as box:
    box.put([parcel(1), parcel(2)], VALID)
    with box.sole_sender():
        box.settle(box.lease("clinic", 9, 9).id, Outcome(State.SENT, "250"))
        box.lease("clinic", 9, 9)
        print("sending", flush=True)
        time.sleep(60)
"""
    process = run(script, path)
    until(process, "sending")
    with opened(path) as box:
        with pytest.raises(OutboxError, match="another careleaf is sending"), box.sole_sender():
            pytest.fail("two at once")
        kill(process)
        with box.sole_sender() as recovered:
            assert recovered == 1
        assert box.counts() == {"clinic": {State.SENT: 1, State.UNKNOWN: 1}}
        assert leased(box).id == 2


@pytest.mark.parametrize("where", ["made", "taken in"])
def test_a_list_whose_queueing_is_killed_leaves_nothing(path: Path, where: str) -> None:
    script = """
def wait():
    print("half", flush=True)
    time.sleep(60)
def parcels():
    for number in range(400):
        yield parcel(number, bytes(9000))
    if sys.argv[2] == "made":
        wait()
taken, take = [], Outbox._take_in
def take_in(*args):
    taken.append(1)
    return wait() if len(taken) > 400 else take(*args)
with opened(path) as box:
    box.put([parcel(9000)], VALID)
    Outbox._take_in = take_in
    box.put([*parcels(), parcel(401)], VALID)
"""
    process = run(script, path, where)
    until(process, "half")
    kill(process)
    assert (path.with_name("outbox.sqlite-wal").stat().st_size > 1_000_000) == (where == "taken in")
    names = {"outbox.sqlite", "outbox.sqlite-wal", "outbox.sqlite-shm", ".gitignore"}
    assert {each.name for each in path.parent.iterdir()} == names
    with opened(path) as box:
        assert box.counts() == {"clinic": {State.QUEUED: 1}}
        assert box.put([parcel(number) for number in range(400)], VALID) == Put(400, 0, 0)


def test_two_that_make_the_outbox_at_once_make_one(path: Path) -> None:
    script = """
with opened(path) as box:
    print(box.put([parcel(int(sys.argv[2]))], VALID).queued)
"""
    both = [run(script, path, "1"), run(script, path, "2")]
    assert [process.communicate()[0].strip() for process in both] == ["1", "1"]
    with opened(path) as box:
        assert box.counts() == {"clinic": {State.QUEUED: 2}}


# What is left of a patient


def leftovers(path: Path, number: int) -> list[str]:
    """Name the files that still have a word of a person."""
    words = (address(number).encode(), f"Jane Example {number:05}".encode())
    files = sorted(path.parent.iterdir())
    assert path in files
    return [file.name for file in files if any(word in file.read_bytes() for word in words)]


@pytest.mark.parametrize("added", [b"", bytes(2000), bytes(9000)])
def test_nothing_of_a_patient_is_left_in_any_byte_once_all_is_sent(
    path: Path, outbox: Outbox, added: bytes
) -> None:
    numbers = range(120)
    for part in range(3):
        # In an order that splits and joins pages of the file.
        outbox.put([parcel(n, added[: n * 80]) for n in numbers if n * 7 % 3 == part], VALID)
    assert leftovers(path, 3)
    for _ in numbers:
        outbox.settle(leased(outbox).id, SENT)
    outbox.tidy()
    assert [name for number in numbers for name in leftovers(path, number)] == []
    assert path.with_name("outbox.sqlite-wal").stat().st_size == 0


def test_what_is_shown_and_told_names_nobody(path: Path, outbox: Outbox) -> None:
    outbox.put([parcel(1, record="R-77")], VALID)
    found = leased(outbox)
    entry = outbox.entry(found.id)
    with closing(sqlite3.connect(path)) as db:
        seen = [str(db.execute("SELECT * FROM overview").fetchall())]
        seen += ["".join(map(str, row)) for row in db.execute("SELECT sql FROM sqlite_schema")]
        db.execute("UPDATE payload SET address = 'other@example.org'")
        db.commit()
    outbox.release(found.id)
    with pytest.raises(OutboxError) as told:
        leased(outbox)
    seen += [repr(each) for each in (found, entry, outbox, told.value)] + [str(told.value)]
    assert [each for each in seen if "jane" in each.lower() or "R-77" in each or "other@" in each] == []


def test_a_lease_that_has_run_out_counts_as_due(outbox: Outbox, hands: Hands) -> None:
    """Else a sender that asks what is due before it connects would leave the message where it is."""
    outbox.put([parcel()], VALID)
    assert leased(outbox)
    assert outbox.due_in("clinic", *MANY) is None
    hands.wait(timedelta(hours=1))
    assert outbox.due_in("clinic", *MANY) == timedelta()
    assert leased(outbox)


def test_only_the_owner_may_read_it_and_no_version_control_takes_it_along(path: Path, outbox: Outbox) -> None:
    outbox.put([parcel()], VALID)
    assert path.with_name(".gitignore").read_text() == "*\n"
    with outbox.sole_sender():
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.glob("[!.]*")}
    assert set(modes.values()) == {0o600}
    assert len(modes) == 4
    assert path.parent.stat().st_mode & 0o777 == 0o700


# Where it stands


def test_by_whatever_name_an_outbox_is_called_it_has_one_sender(path: Path, tmp_path: Path) -> None:
    """A link may lead to another disk: two senders would send what the other has in hand."""
    link = tmp_path / "link.sqlite"
    link.symlink_to(path)
    with (
        opened(path) as one,
        opened(link) as other,
        one.sole_sender(),
        pytest.raises(OutboxError, match="another careleaf is sending"),
        other.sole_sender(),
    ):
        pytest.fail("two at once")
    assert [file.name for file in tmp_path.iterdir() if file != path.parent] == ["link.sqlite"]


def test_a_link_that_somebody_put_beside_it_leads_to_no_other_file(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    path.parent.mkdir()
    for name in (f"{path.name}.new-{os.getpid()}", f"{path.name}.sending"):
        path.with_name(name).symlink_to(victim)
    with opened(path) as box, pytest.raises(OutboxError, match="symbolic links"), box.sole_sender():
        pytest.fail("it was followed")
    assert victim.read_text() == "kept"
    assert not path.is_symlink()


MOUNTS = r"""/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/desk ext4 rw 0 0
//nas/share /mnt/our\040share cifs rw 0 0
desk@host: /mnt/ssh fuse.sshfs rw 0 0
/dev/sdc1 /mnt/usb fuseblk rw 0 0
/dev/sdd1 /twice ext4 rw 0 0
host /twice 9p rw 0 0
broken line
"""


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/var/outbox.sqlite", ""),
        ("/home/outbox.sqlite", "nfs4"),
        ("/homes/outbox.sqlite", ""),
        ("/home/desk/outbox.sqlite", ""),
        ("/mnt/our share/a/outbox.sqlite", "cifs"),
        ("/mnt/ssh/outbox.sqlite", "fuse.sshfs"),
        ("/mnt/usb/outbox.sqlite", ""),
        ("/twice/outbox.sqlite", "9p"),
    ],
)
def test_a_network_share_is_known_by_its_mount(place: str, kind: str) -> None:
    assert store.share_of(Path(place), MOUNTS) == kind


def test_an_outbox_on_a_network_share_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "share_of", lambda *_: "nfs4")
    with pytest.raises(OutboxError, match=r"network share \(nfs4\).*--outbox"), opened(path):
        pytest.fail("opened")
    assert not path.exists()


def refused(path: Path) -> str:
    with pytest.raises(OutboxError) as told, opened(path):
        pytest.fail("opened")
    assert "\n" not in str(told.value)
    return str(told.value)


def test_a_folder_and_a_place_that_cannot_be_are_told(path: Path) -> None:
    path.mkdir(parents=True)
    assert "is a folder" in refused(path)
    (path / "file").touch()
    assert "is no folder" in refused(path / "file" / "outbox.sqlite")


@contextmanager
def nobody() -> Iterator[None]:
    """Be somebody whom permissions stop: root they do not."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_file_or_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    with opened(path) as box:
        box.put([parcel()], VALID)
    with nobody():
        assert "Permission denied" in refused(path), "pytest's folders are for their owner"
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o007:
            folder.chmod(0o755)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    with nobody():
        assert "right to write" in refused(path)
        assert "Permission denied" in refused(tmp_path / "new" / "outbox.sqlite")
    tmp_path.chmod(0o700)


def test_another_file_is_no_outbox_and_stays_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE customers (name)")
    before = path.read_bytes()
    assert "is no outbox" in refused(path)
    assert path.read_bytes() == before


def test_an_older_outbox_is_migrated_and_a_newer_one_refused(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(path) as box:
        box.put([parcel()], VALID)
    step = tmp_path / "outbox-2.sql"
    step.write_text(
        "ALTER TABLE message ADD COLUMN more TEXT NOT NULL DEFAULT ';';\nCREATE TABLE more (a);\n"
    )
    with monkeypatch.context() as patch:
        patch.setattr(store, "STEPS", (*store.STEPS, step))
        with opened(path) as box:
            assert box.counts() == {"clinic": {State.QUEUED: 1}}
            assert leased(box).contents == parcel().contents
    assert "newer careleaf (its version is 2, ours 1)" in refused(path)


def test_a_migration_that_fails_leaves_the_older_outbox(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(path) as box:
        box.put([parcel()], VALID)
    step = tmp_path / "outbox-2.sql"
    step.write_text("CREATE TABLE more (a);\nCREATE TABLE message (a);\n")
    with monkeypatch.context() as patch:
        patch.setattr(store, "STEPS", (*store.STEPS, step))
        refused(path)
    with opened(path) as box:
        assert leased(box).address == address(1)


# A full disk


def test_a_list_that_does_not_fit_on_the_disk_is_told_and_not_queued(path: Path) -> None:
    with opened(path) as box:
        box.put([parcel(1)], VALID)
    script = """
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
with opened(path) as box:
    try:
        box.put((parcel(number, bytes(9000)) for number in range(2, 600)), VALID)
    except OutboxError as error:
        print(error)
    print(box.put([parcel(2)], VALID).queued)
"""
    told = run(script, path).communicate()[0].splitlines()
    assert told == [f"{path}: the disk is full: free some space (32 MB at least)", "1"]


def test_nothing_is_leased_when_the_disk_is_nearly_full(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.put([parcel()], VALID)
    monkeypatch.setattr(store, "free", lambda _: 31 * 2**20)
    with pytest.raises(OutboxError, match="the disk is full"):
        outbox.lease("clinic", *MANY)
    assert state(outbox, 1) is State.QUEUED


def test_the_servers_yes_waits_for_room_on_the_disk(
    outbox: Outbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.put([parcel()], VALID)
    found = leased(outbox)
    waited: list[float] = []
    real: Callable[[int, Outcome], None] = outbox._settle  # noqa: SLF001 # a disk that is full for a while

    def full(number: int, outcome: Outcome) -> None:
        if len(waited) < 3:
            raise store.FullError(path)
        real(number, outcome)

    monkeypatch.setattr(outbox, "_settle", full)
    monkeypatch.setattr("time.sleep", waited.append)
    outbox.settle(found.id, SENT)
    assert state(outbox, found.id) is State.SENT
    assert len(waited) == 3


def test_status_can_be_read_while_a_list_is_queued(path: Path, outbox: Outbox) -> None:
    outbox.put([parcel(1)], VALID)

    def slowly() -> Iterator[Parcel]:
        yield parcel(2)
        with opened(path) as other:
            assert other.counts() == {"clinic": {State.QUEUED: 1}}
            entries: list[Entry] = list(other.entries(ALL))
            assert len(entries) == 1

    assert outbox.put(slowly(), VALID) == Put(1, 0, 0)


def test_a_sender_is_not_held_up_while_the_sheets_of_a_list_are_made(
    path: Path, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what a server says could not be noted for minutes, and its connection would end meanwhile."""
    outbox.put([parcel(1)], VALID)
    monkeypatch.setattr(store, "PATIENCE", 0)

    def slowly() -> Iterator[Parcel]:
        yield parcel(2)
        with opened(path) as other:
            other.settle(leased(other).id, SENT)
        yield parcel(3, held="no consent", contents=None)

    assert outbox.put(slowly(), VALID) == Put(1, 1, 0)
    assert state(outbox, 1) is State.SENT


def test_a_list_comes_in_as_it_was_made_whatever_its_parts_share(outbox: Outbox) -> None:
    """A PDF with a password has nothing that others share; a correction has no PDF."""
    made = [
        parcel(1, bytes(70_000)),
        parcel(2, contents=Contents(LETTER, b"", b"locked")),
        parcel(3, contents=Contents(LETTER)),
        parcel(4),
    ]
    outbox.put(iter(made), VALID)
    for each in made:
        found = leased(outbox)
        assert (found.address, found.contents) == (each.address, each.contents)


def test_a_sender_that_remembers_what_a_number_had_is_not_misled(
    path: Path, outbox: Outbox, hands: Hands
) -> None:
    """A list that was given up, mended and queued again is no damaged outbox."""
    outbox.put([parcel(1), parcel(2)], VALID)
    leased(outbox)
    with opened(path, hands.wall, hands.running) as other:
        other.cancel(None, "list.csv")
        other.tidy()
        other.put([parcel(3, contents=Contents(LETTER, b"%PDF new"))], VALID)
    assert leased(outbox).contents.leaflet == b"%PDF new"


def test_what_is_cancelled_while_it_is_sent_is_not_tried_again(outbox: Outbox, hands: Hands) -> None:
    """And so nothing of an outbox that was restored goes out after `cancel --all`."""
    outbox.put([parcel(1), parcel(2), parcel(3)], VALID)
    first, second, third = leased(outbox), leased(outbox), leased(outbox)
    assert outbox.cancel(None, "list.csv") == 3
    outbox.settle(first.id, Outcome(State.DEFERRED, "451"))
    outbox.settle(second.id, SENT)
    outbox.release(third.id)
    assert [each.state for each in outbox.entries(ALL)] == [State.CANCELLED, State.SENT, State.CANCELLED]
    assert [each.maybe for each in outbox.entries([State.CANCELLED])] == [True, True]
    hands.wait(timedelta(hours=1))
    with outbox.sole_sender() as recovered:
        assert (recovered, outbox.lease("clinic", *MANY)) == (0, None)


def test_what_is_withdrawn_while_it_is_sent_is_not_tried_again(outbox: Outbox, hands: Hands) -> None:
    outbox.put([parcel(1), parcel(2)], VALID)
    first, second = leased(outbox), leased(outbox)
    assert outbox.hold_topic("moles", ["en"]) == []
    assert {each.id for each in outbox.sent_of("moles", ["en"])} == {1, 2}
    outbox.settle(first.id, Outcome(State.DEFERRED, "451"))
    outbox.settle(second.id, SENT)
    hands.wait(timedelta(hours=1))
    assert outbox.lease("clinic", *MANY) is None
    assert [each.state for each in outbox.entries(ALL)] == [State.HELD, State.SENT]


def test_an_outbox_that_was_deleted_is_not_written_to_unseen(path: Path, outbox: Outbox) -> None:
    """A sender that watches would else send nothing more, and nobody would know."""
    outbox.put([parcel(1)], VALID)
    shutil.rmtree(path.parent)
    with opened(path) as new:
        new.put([parcel(2)], VALID)
        with pytest.raises(OutboxError, match="was deleted, moved or replaced"):
            outbox.purge(timedelta(days=1), "clinic")
        assert leased(new).address == address(2)


def test_a_clock_that_was_far_ahead_leaves_nothing_stuck_once_the_outbox_is_told(
    path: Path, hands: Hands
) -> None:
    """As docs/decisions/outbox.md says how."""
    right = datetime.now(UTC)
    hands.now = right + timedelta(days=900)
    with opened(path, hands.wall, hands.running) as box:
        box.put([parcel(1), parcel(2), parcel(3)], VALID)
        box.settle(leased(box).id, SENT)
        box.settle(leased(box).id, Outcome(State.DEFERRED, "451"))
    hands.now = right
    text = (ROOT / "docs" / "decisions" / "outbox.md").read_text("utf-8")
    with closing(sqlite3.connect(path)) as db:
        db.executescript(text.partition("```sql\n")[2].partition("```")[0])
    with opened(path, hands.wall, hands.running) as box:
        hands.wait(MINUTE)
        assert box.ahead() == timedelta()
        found = [box.lease("clinic", 2, 2), box.lease("clinic", 2, 2)]
        assert [each and each.id for each in found] == [2, 3]
        assert all(each.not_after < right + timedelta(days=4) for each in box.entries([State.SENDING]))
