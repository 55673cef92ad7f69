"""What a sender does between the outbox and the server, when all goes well and when it does not."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from careleaf.mail import outbox as outboxes
from careleaf.mail import sender, store
from careleaf.mail.login import PASSWORD, USER, Login, LoginError
from careleaf.mail.outbox import Outbox, OutboxError, opened
from careleaf.mail.parcel import Entry, Leased, Outcome, Parcel, State, Words
from careleaf.mail.sender import Desk, Line, Ran, Told, UnreadableError, View, run
from careleaf.mail.smtp import LOST, NO_ANSWER, AwayError, Connection, StopError
from careleaf.model import Mailing
from tests.mail_sender import message
from tests.mailserver import LOGIN, Script, Tls, mail_server, mailing, no_keyring, trust
from tests.test_mail_kill import parcel

SENT = Outcome(State.SENT, "250 2.0.0")
DEFERRED = Outcome(State.DEFERRED, "451 4.3.0")
TO = "jane.example@example.com"


class Hours:
    """A clock that goes only when somebody waits."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 25, 8, tzinfo=UTC)
        self.waited = 0.0

    def now(self) -> datetime:
        return self.at

    def ran(self) -> float:
        return self.at.timestamp()

    def wait(self, seconds: float) -> None:
        self.waited += seconds
        self.at += timedelta(seconds=seconds)
        assert self.waited < 99 * 86400, "this would wait for ever"


class Fake(Connection):
    """A server that answers as a test wants: each time by the next of its answers, the last for ever."""

    def __init__(self, answers: list[Outcome | Exception], hours: Hours | None = None) -> None:
        self.answers = answers
        self.sent: list[tuple[str, datetime | None]] = []
        self.closed = 0
        self.hours = hours

    def deliver(self, address: str, content: bytes) -> Outcome:
        assert address.encode() in content
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if answer is SENT:
            self.sent.append((address, self.hours.at if self.hours else None))
        return answer

    def close(self) -> None:
        self.closed += 1


@dataclass
class Room:
    """An outbox with what a sender needs around it."""

    path: Path
    outbox: Outbox
    hours: Hours
    fake: Fake
    told: list[Told] = field(default_factory=list)
    mailings: dict[str, Mailing] = field(default_factory=lambda: {"clinic": mailing(587)})
    may_go: Callable[[Words], bool] = lambda _: True
    assemble: Callable[[Leased], bytes] = message
    connect: Callable[[Mailing], Line] | None = None
    look: Callable[[], View] | None = None

    def run(self, *, watch: bool = False) -> Ran:
        desk = Desk(
            self.look or partial(View, self.mailings, self.may_go),
            self.assemble,
            self.connect or (lambda _: Line(self.fake, bytes)),
            self.told.append,
            self.hours.wait,
        )
        return run(self.outbox, desk, watch=watch)

    def put(self, count: int, clinic: str = "clinic", valid: timedelta = timedelta(days=3)) -> None:
        self.outbox.put((of_clinic(clinic, number) for number in range(count)), valid)

    def entries(self) -> list[Entry]:
        return list(self.outbox.entries(list(State)))

    def states(self) -> list[State]:
        return [each.state for each in self.entries()]

    def untouched(self, count: int) -> bool:
        """Whether nothing was tried, and nothing counts as tried."""
        stands = [(each.state, each.attempts, each.tried_at) for each in self.entries()]
        return (
            stands == [(State.QUEUED, 0, None)] * count and self.outbox.due_in("clinic", 1, 1) == timedelta()
        )


def of_clinic(clinic: str, number: int) -> Parcel:
    made = parcel(number, f"jane.{number}@example.com")
    return Parcel(
        clinic, made.topic, 1, "x", "list.csv", number, words=made.words, address=made.address,
        person=made.person, treated_on=made.treated_on, contents=made.contents,
    )  # fmt: skip


@contextmanager
def room_in(folder: Path) -> Iterator[Room]:
    hours = Hours()
    path = folder / "outbox" / "outbox.sqlite"
    with opened(path, hours.now, hours.ran) as outbox:
        yield Room(path, outbox, hours, Fake([SENT], hours))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with room_in(tmp_path) as made:
        yield made


def test_all_that_is_due_is_sent_and_then_it_ends(room: Room) -> None:
    room.put(5)
    ran = room.run()
    assert ran == Ran({State.SENT: 5}, held=0, recovered=0, trouble=(), interrupted=False)
    assert [address for address, _ in room.fake.sent] == [f"jane.{number}@example.com" for number in range(5)]
    assert (room.hours.waited, room.fake.closed, room.told) == (0, 1, [])
    assert room.run().ended == {}, "nothing goes twice"


def left_in(room: Room) -> bytes:
    """Give all that is on the disk."""
    return b"".join(path.read_bytes() for path in room.path.parent.iterdir())


def test_nothing_of_a_patient_is_left_once_a_run_has_ended(room: Room) -> None:
    room.put(3)
    words = (b"jane.1@example.com", b"added 1", b"%PDF")
    assert all(word in left_in(room) for word in words)
    room.run()
    assert not any(word in left_in(room) for word in words)


def test_nothing_of_a_patient_is_left_while_somebody_watches(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.put(3)
    left: list[bytes] = []
    wait = room.hours.wait

    def look_and_wait(seconds: float) -> None:
        left.append(left_in(room))
        wait(seconds)

    room.hours.wait = look_and_wait  # type: ignore[method-assign]
    watched(room, 0.1, monkeypatch)
    assert b"%PDF" in left[0]
    assert b"%PDF" not in left[-1]


def test_what_ended_is_forgotten_after_as_many_days_as_the_clinic_says(room: Room) -> None:
    room.put(2)
    room.run()
    room.hours.wait(29 * 86400)
    room.run()
    assert len(room.entries()) == 2
    room.hours.wait(2 * 86400)
    room.run()
    assert room.entries() == []


def test_what_was_deferred_is_not_waited_for_unless_somebody_watches(room: Room) -> None:
    room.put(2)
    room.fake.answers = [DEFERRED, SENT]
    assert room.run().ended == {State.DEFERRED: 1, State.SENT: 1}
    assert room.hours.waited == 0


def test_clinics_send_in_turn(room: Room) -> None:
    room.mailings["other"] = mailing(587)
    order: list[str] = []

    def assemble(leased: Leased) -> bytes:
        order.append(leased.clinic)
        return message(leased)

    room.assemble = assemble
    room.put(3)
    room.put(3, "other")
    room.run()
    assert order == ["clinic", "other"] * 3


def test_the_limit_of_a_minute_is_waited_for_and_that_of_a_day_is_not(room: Room) -> None:
    room.mailings["clinic"] = mailing(587, **{"per-minute": 2, "per-day": 5})
    room.put(7)
    assert room.run().ended == {State.SENT: 5}
    times = [at for _, at in room.fake.sent if at]
    assert all(later - at >= timedelta(minutes=1) for at, later in zip(times, times[2:], strict=False))
    assert 120 <= room.hours.waited < 180
    assert room.fake.closed == 3, "no connection is kept while nothing can be sent"
    assert room.states().count(State.QUEUED) == 2
    room.hours.wait(86400)
    assert room.run().ended == {State.SENT: 2}


def ends_after(room: Room, hours: float) -> Callable[[float], None]:
    """Ask to end, as a service manager does, after so many hours."""
    until = room.hours.at + timedelta(hours=hours)
    wait = room.hours.wait

    def wait_or_end(seconds: float) -> None:
        wait(seconds)
        if room.hours.at >= until:
            signal.raise_signal(signal.SIGTERM)

    return wait_or_end


def watched(room: Room, hours: float, monkeypatch: pytest.MonkeyPatch) -> Ran:
    monkeypatch.setattr(sender, "STEP", 30)
    room.hours.wait = ends_after(room, hours)  # type: ignore[method-assign, assignment]
    return room.run(watch=True)


def test_who_watches_sends_what_becomes_due_and_ends_when_asked(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.put(3)
    room.fake.answers = [DEFERRED, DEFERRED, SENT, DEFERRED, SENT]
    ran = watched(room, 2, monkeypatch)
    assert (ran.ended, ran.interrupted, ran.trouble) == ({State.DEFERRED: 3, State.SENT: 3}, True, ())
    assert room.states() == [State.SENT] * 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_message_in_hand_is_sent_before_it_ends(room: Room, number: signal.Signals) -> None:
    room.put(3)

    def assemble(leased: Leased) -> bytes:
        signal.raise_signal(number)
        return message(leased)

    before = signal.getsignal(number)
    room.assemble = assemble
    ran = room.run()
    assert (ran.ended, ran.interrupted) == ({State.SENT: 1}, True)
    assert room.states() == [State.SENT, State.QUEUED, State.QUEUED]
    assert signal.getsignal(number) is before


def test_who_asks_twice_does_not_wait_and_the_message_is_known_to_be_open(room: Room) -> None:
    room.put(2)

    def assemble(leased: Leased) -> bytes:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return message(leased)

    room.assemble = assemble
    with pytest.raises(KeyboardInterrupt):
        room.run()
    room.assemble = message
    ran = room.run()
    assert (ran.recovered, ran.ended) == (1, {State.SENT: 2})


def test_what_is_not_approved_any_more_is_held(room: Room) -> None:
    room.put(3)
    room.may_go = lambda words: words.digest != "digest"
    ran = room.run()
    assert (ran.held, ran.ended, room.fake.sent) == (3, {}, [])
    assert "not approved" in room.told[0].message


def test_what_loses_its_approval_while_others_are_sent_is_held(room: Room) -> None:
    room.mailings["clinic"] = mailing(587, **{"per-minute": 1})
    room.put(5)
    room.may_go = lambda _: len(room.fake.sent) < 3
    ran = room.run()
    assert ran.ended == {State.SENT: 3}
    assert ran.held == 2


def test_a_library_that_cannot_be_read_sends_nothing_until_it_can(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.put(1)
    looks: list[datetime] = []

    def look() -> View:
        looks.append(room.hours.at)
        if len(looks) < 5:
            raise UnreadableError("content/topics/x.yaml:3: a word is missing")
        return View(room.mailings, room.may_go)

    room.look = look
    assert room.run().trouble[0].message.startswith("nothing is sent: content/")
    assert watched(room, 1, monkeypatch).ended == {State.SENT: 1}
    assert len([each for each in room.told if "nothing is sent" in each.message]) == 2, (
        "told once in each run"
    )
    gaps = [later - at for at, later in pairwise(looks[1:])]
    assert min(gaps) >= timedelta(minutes=1), "the library is read again at most once a minute"


def test_messages_of_a_clinic_without_mail_are_not_forgotten_in_silence(room: Room) -> None:
    room.put(2, "gone")
    ran = room.run()
    assert [(told.clinic, told.message[:6]) for told in ran.trouble] == [("gone", "2 wait")]


def test_one_message_that_cannot_be_made_keeps_no_other_back(room: Room) -> None:
    room.put(4)

    def assemble(leased: Leased) -> bytes:
        if leased.id == 2:
            raise KeyError(leased.address)
        return message(leased)

    room.assemble = assemble
    ran = room.run()
    assert ran.ended == {State.SENT: 3, State.FAILED: 1}
    assert room.entries()[1].reason == sender.BUG
    assert "KeyError" in ran.trouble[0].message
    assert "jane" not in f"{ran}{room.told}"
    room.assemble = message
    assert room.outbox.retry(None) == 1
    assert room.run().ended == {State.SENT: 1}


@pytest.mark.parametrize(
    ("error", "state"),
    [(ValueError("a line of jane must end"), State.FAILED), (RuntimeError("jane"), State.UNKNOWN)],
)
def test_an_error_of_our_own_at_the_server_is_told_and_the_next_one_goes(
    room: Room, error: Exception, state: State
) -> None:
    room.put(2)
    room.fake.answers = [error, SENT]
    ran = room.run()
    assert ran.ended == {state: 1, State.SENT: 1}
    assert "jane" not in f"{ran}"
    assert room.fake.closed == (2 if state is State.UNKNOWN else 1), "what the server was told is not known"


@pytest.mark.parametrize(
    "error",
    [
        AwayError("gone"),
        StopError("refuses the sender"),
        LoginError("no login"),
        RuntimeError("the keyring, and a password"),
    ],
)
def test_a_clinic_that_cannot_send_stops_alone_and_its_messages_are_as_they_were(
    room: Room, error: Exception
) -> None:
    other = Fake([SENT])
    bad = mailing(25)

    def connect(chosen: Mailing) -> Line:
        if chosen is bad:
            raise error
        return Line(other, bytes)

    room.connect = connect
    room.mailings = {"clinic": bad, "other": mailing(587)}
    room.put(2)
    room.put(2, "other")
    ran = room.run()
    assert ran.ended == {State.SENT: 2}
    told = str(error) if not isinstance(error, RuntimeError) else ran.trouble[0].message
    assert ran.trouble == (Told(told, "clinic"),)
    assert "password" not in told
    assert [each.attempts for each in room.entries()] == [0, 0, 1, 1]


@pytest.mark.parametrize("error", [AwayError("gone"), StopError("refuses the sender")])
def test_a_server_that_stops_in_the_middle_costs_no_attempt(room: Room, error: Exception) -> None:
    room.put(4)
    room.fake.answers = [SENT, error]
    ran = room.run()
    assert (ran.ended, len(ran.trouble)) == ({State.SENT: 1}, 1)
    assert [(each.state, each.attempts) for each in room.entries()[1:]] == [(State.QUEUED, 0)] * 3
    room.fake.answers = [SENT]
    assert room.run().ended == {State.SENT: 3}


def test_a_server_that_refuses_everything_does_not_get_the_whole_list(room: Room) -> None:
    room.put(20)
    room.fake.answers = [SENT, Outcome(State.FAILED, "554 5.7.1")]
    ran = room.run()
    assert ran.ended == {State.SENT: 1, State.FAILED: sender.ALIKE}
    assert "554 5.7.1" in ran.trouble[0].message
    assert room.states().count(State.QUEUED) == 14


def test_a_server_that_breaks_off_again_and_again_does_not_keep_the_other_clinics_waiting(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its messages may take minutes, and may have arrived."""
    other = Fake([SENT])
    room.mailings = {"clinic": mailing(25), "other": mailing(587)}
    room.connect = lambda chosen: Line(room.fake if chosen.port == 25 else other, bytes)
    room.fake.answers = [Outcome(State.UNKNOWN, NO_ANSWER), Outcome(State.DEFERRED, LOST)]
    room.put(40)
    room.put(30, "other")
    ran = room.run()
    assert ran.ended == {State.UNKNOWN: 1, State.DEFERRED: sender.ALIKE - 1, State.SENT: 30}
    assert "broke off" in ran.trouble[0].message
    watched(room, 1, monkeypatch)
    tries = sum(each.attempts for each in room.entries() if each.clinic == "clinic")
    assert 15 < tries < 30, "while it is away, it is tried with one message at a time"
    room.fake.answers = [SENT]
    assert watched(room, 6, monkeypatch).ended == {State.SENT: 40}


def test_who_watches_comes_back_to_a_server_that_refused_everything(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what is right of a list would wait until its time is over."""
    room.mailings["other"] = mailing(25)
    room.put(9)
    refused = Outcome(State.FAILED, "554 5.7.1")
    room.fake.answers = [*[refused] * sender.ALIKE, SENT]
    ran = watched(room, 5, monkeypatch)
    assert ran.ended == {State.FAILED: sender.ALIKE, State.SENT: 9 - sender.ALIKE}
    at = room.fake.sent[0][1]
    assert at
    assert at - datetime(2026, 11, 25, 8, tzinfo=UTC) >= sender.STOPPED


def test_what_a_person_tries_again_without_an_approval_is_not_sent(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even before the library is looked at again: it may be withdrawn."""
    room.put(3)
    room.may_go = lambda _: False
    wait = room.hours.wait

    def retry_and_wait(seconds: float) -> None:
        wait(seconds)
        room.outbox.retry(None)

    room.hours.wait = retry_and_wait  # type: ignore[method-assign]
    monkeypatch.setattr(sender, "LOOK", timedelta(minutes=30))
    ran = watched(room, 0.25, monkeypatch)
    assert (ran.ended, room.fake.sent) == ({}, [])
    assert ran.held > 3


def test_what_is_queued_with_a_text_that_was_withdrawn_just_now_is_not_sent(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its list may have been begun before. The sender looks at the library again once somebody wrote."""
    monkeypatch.setattr(sender, "LOOK", timedelta(hours=9))
    room.put(3)
    wait, withdrawn = room.hours.wait, list[bool]()
    room.look = lambda: View(room.mailings, (lambda _: False) if withdrawn else (lambda _: True))

    def withdraw_and_wait(seconds: float) -> None:
        wait(seconds)
        if not withdrawn:
            withdrawn.append(True)
            with opened(room.path, room.hours.now, room.hours.ran) as other:
                other.put([of_clinic("clinic", 9)], timedelta(days=3))

    room.hours.wait = withdraw_and_wait  # type: ignore[method-assign]
    ran = watched(room, 0.25, monkeypatch)
    assert (ran.ended, ran.held) == ({State.SENT: 3}, 1)


def test_addresses_that_do_not_exist_stop_nothing(room: Room) -> None:
    room.put(20)
    room.fake.answers = [Outcome(State.FAILED, "550 5.1.1", suppress=True)]
    assert room.run().ended == {State.FAILED: 20}


def test_who_watches_comes_back_to_a_server_that_was_away_less_and_less_often(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.put(2)
    tried: list[datetime] = []

    def connect(_: Mailing) -> Line:
        tried.append(room.hours.at)
        if len(tried) < 7:
            raise AwayError("mail.example.org:587 cannot be reached")
        return Line(room.fake, bytes)

    room.connect = connect
    ran = watched(room, 2, monkeypatch)
    assert ran.ended == {State.SENT: 2}
    gaps = [(later - at).total_seconds() for at, later in pairwise(tried)]
    assert [gap >= least for gap, least in zip(gaps, (10, 30, 60, 120, 300, 300), strict=True)] == [True] * 6
    assert max(gaps) < 400
    assert [told.message for told in room.told] == [
        "mail.example.org:587 cannot be reached",
        "the server is back",
    ]
    assert all(each.attempts == 1 for each in room.entries())


def test_who_watches_does_not_try_a_refused_login_again_until_the_clinic_is_changed(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.put(1)
    room.mailings["other"] = mailing(587)
    right = mailing(2525)
    tried: list[int] = []

    def connect(chosen: Mailing) -> Line:
        tried.append(chosen.port)
        if chosen is not right:
            raise StopError("refuses the login")
        return Line(room.fake, bytes)

    def look() -> View:
        changed = {"clinic": right} if room.hours.waited > 3600 else {}
        return View({**room.mailings, **changed}, room.may_go)

    room.connect, room.look = connect, look
    assert watched(room, 2, monkeypatch).ended == {State.SENT: 1}
    assert tried == [587, 2525]


def test_who_watches_ends_if_no_clinic_can_send(room: Room) -> None:
    room.put(1)
    room.fake.answers = [StopError("refuses the login")]
    ran = room.run(watch=True)
    assert not ran.interrupted
    assert len(ran.trouble) == 1
    assert room.untouched(1)


def test_a_second_sender_is_told_and_sends_nothing(room: Room) -> None:
    room.put(2)

    def assemble(leased: Leased) -> bytes:
        with opened(room.path) as other, pytest.raises(OutboxError, match="another careleaf is sending"):
            run(
                other,
                Desk(partial(View, {}, bool), message, lambda _: Line(room.fake, bytes), room.told.append),
            )
        return message(leased)

    room.assemble = assemble
    assert room.run().ended == {State.SENT: 2}


def test_a_full_disk_stops_before_anything_is_sent(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.put(2)
    monkeypatch.setattr(store, "free", lambda _: 0)
    with pytest.raises(OutboxError, match="disk is full"):
        room.run()
    assert room.fake.sent == []
    assert room.fake.closed == 1
    assert room.untouched(2)


def test_a_disk_that_is_full_for_a_moment_after_the_servers_yes_sends_nothing_twice(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.put(1)
    settle, full = Outbox._settle, [True, True]  # noqa: SLF001 # where the disk is written

    def fails(self: Outbox, number: int, outcome: Outcome) -> None:
        if full:
            full.pop()
            raise store.FullError(room.path)
        settle(self, number, outcome)

    monkeypatch.setattr(Outbox, "_settle", fails)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    assert outboxes.LINGER > 10
    assert room.run().ended == {State.SENT: 1}
    assert room.run().ended == {}


def test_a_clock_set_back_sends_nothing_late_and_repeats_no_limit(tmp_path: Path) -> None:
    with room_in(tmp_path) as room:
        room.mailings["clinic"] = mailing(587, **{"per-day": 2})
        room.put(3, valid=timedelta(hours=2))
        assert room.run().ended == {State.SENT: 2}
        room.hours.wait(3 * 3600)
        room.run()
        assert room.states() == [State.SENT, State.SENT, State.EXPIRED]
        room.put(1, "clinic", timedelta(hours=1))
        room.outbox.put([of_clinic("clinic", 9)], timedelta(hours=1))
        at = room.hours.at
    hours = Hours()
    hours.at = at - timedelta(days=300)
    with opened(room.path, hours.now, hours.ran) as outbox:
        again = Room(room.path, outbox, hours, Fake([SENT]))
        again.mailings["clinic"] = mailing(587, **{"per-day": 2})
        assert again.run().ended == {}, "the limit of the day still holds"
        hours.wait(2 * 3600)
        again.mailings["clinic"] = mailing(587)
        assert again.run().ended == {}
        assert State.EXPIRED in {each.state for each in again.entries() if each.row == 9}


# Against a server


@pytest.fixture
def _login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", trust(tmp_path))
    no_keyring()
    monkeypatch.setenv(USER, LOGIN.user)
    monkeypatch.setenv(PASSWORD, LOGIN.password)


def at_server(room: Room, port: int, library: Path, **changed: object) -> Ran:
    room.mailings["clinic"] = mailing(port, **changed)
    room.connect = sender.connecting(library)
    return room.run()


@pytest.mark.usefixtures("_login")
@pytest.mark.parametrize(
    ("tls", "login", "told"),
    [
        ("none", LOGIN, "offers no TLS"),
        ("starttls", Login(LOGIN.user, "wr0ng"), "refuses the login"),
        ("starttls", Login("sender@example.com", LOGIN.password), "the sender is at example.org"),
        ("starttls", Login("", ""), "no login for localhost: set CARELEAF_SMTP_USER"),
    ],
    ids=["no TLS", "wrong password", "another domain", "no login"],
)
def test_without_tls_or_with_a_wrong_login_the_outbox_is_untouched(
    room: Room, tmp_path: Path, tls: Tls, login: Login, told: str
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(USER, login.user)
        patched.setenv(PASSWORD, login.password)
        room.put(3)
        script = Script()
        with mail_server(script, tls) as port:
            ran = at_server(room, port, tmp_path)
    assert told in ran.trouble[0].message
    assert "wr0ng" not in f"{ran}"
    assert room.untouched(3)
    assert b"MAIL" not in script.heard
    assert b"jane" not in script.heard


@pytest.mark.usefixtures("_login")
def test_a_server_that_goes_in_the_middle_and_comes_back_gets_the_rest(room: Room, tmp_path: Path) -> None:
    room.put(6)
    script = Script()
    with mail_server(script) as port:
        made = room.assemble

        def assemble(leased: Leased) -> bytes:
            if leased.id == 4:
                script.at_sender = gone  # type: ignore[method-assign]
            return made(leased)

        async def gone() -> str | None:
            return None

        room.assemble = assemble
        ran = at_server(room, port, tmp_path)
    assert ran.ended[State.SENT] == 3
    assert set(room.states()[3:]) <= {State.QUEUED, State.DEFERRED}
    room.assemble = message
    room.outbox.retry(None)
    script = Script()
    with mail_server(script) as port:
        assert at_server(room, port, tmp_path).ended == {State.SENT: 3}
    assert [each.address for each in script.accepted] == [
        f"jane.{number}@example.com" for number in (3, 4, 5)
    ]


@pytest.mark.usefixtures("_login")
def test_another_name_at_the_same_domain_is_warned_of_and_sent(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "login", lambda _: LOGIN)
    room.put(1)
    with mail_server(Script()) as port:
        ran = at_server(room, port, tmp_path, **{"from": "leaflets@example.org"})
    assert (ran.ended, ran.trouble) == ({State.SENT: 1}, ())
    assert "leaflets@example.org" in room.told[0].message
