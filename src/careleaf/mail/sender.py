"""Takes messages out of the outbox and hands them over, one at a time, each clinic in turn.

What it promises: a message is sent at least once, unless it is refused, held or out of date. It is sent twice
only if the server's yes could not be noted.
"""

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Final

from careleaf import private
from careleaf.mail.login import LoginError, fits, login
from careleaf.mail.outbox import Outbox
from careleaf.mail.parcel import WAITING, Leased, Outcome, State, Words
from careleaf.mail.signing import Sign, SigningError, signer
from careleaf.mail.smtp import BAD_ADDRESS, CLOSING, LOST, NO_ANSWER, AwayError, Connection, StopError
from careleaf.model import Mailing

LOOK: Final = timedelta(minutes=1)
"""How often, at least, the library is looked at again, and what is out of date put away."""
NAP: Final = timedelta(seconds=30)
"""How long to wait, at most, before the outbox is looked at again."""
STEP: Final = 0.5
"""Seconds in which a wish to end is noticed."""
IDLE: Final = timedelta(seconds=5)
"""From which wait on it is polite to close a connection."""
AWAY: Final = tuple(timedelta(seconds=each) for each in (10, 30, 60, 120, 300))
"""How long to leave a server alone that is away; the last holds for all that follow."""
STOPPED: Final = timedelta(hours=4)
"""How long to leave a server alone that will not have our mail, if somebody watches: each try may count."""
MINUTE: Final = timedelta(minutes=1)
ALIKE: Final = 5
"""After how many refusals alike, one after the other, the server seems to want no message at all; after how
many that it breaks off, it counts as away: each may take minutes, in which no clinic sends."""
BUG: Final = "bug"
"""The code of a message that careleaf itself could not handle."""


class UnreadableError(Exception):
    """The library cannot be read, so nobody can say what may go. The message says what to mend."""


@dataclass(frozen=True, slots=True)
class View:
    """What the library says of mail now: how each clinic sends, and whether a text is approved."""

    mailings: Mapping[str, Mailing]
    may_go: Callable[[Words], bool]


NOTHING: Final = View({}, lambda _: False)


@dataclass(frozen=True, slots=True)
class Told:
    """What a person should know, on one line that names nobody; `clinic` is empty if it concerns all."""

    message: str
    clinic: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A clinic's connection to its server, what signs its messages, and a warning about both or ""."""

    connection: Connection
    sign: Sign
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a sender works with.

    `look` reads the library and may raise UnreadableError. `assemble` gives the bytes of a message, the same
    each time. `connect` may raise StopError, LoginError or SigningError. `tell` is called for whatever a
    person should know, once for each cause, and `ended` after each attempt. `pause` waits some seconds.
    """

    look: Callable[[], View]
    assemble: Callable[[Leased], bytes] = field(repr=False)
    connect: Callable[[Mailing], Line]
    tell: Callable[[Told], None]
    pause: Callable[[float], None] = time.sleep
    ended: Callable[[Leased, Outcome], None] = lambda _leased, _outcome: None


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did: how its attempts ended, what it held back, and what it had to tell.

    `recovered` messages had been left by a sender that was killed. With `trouble`, somebody must do
    something, or a server was away. `interrupted` if it was asked to end.
    """

    ended: Mapping[State, int]
    held: int
    recovered: int
    trouble: tuple[Told, ...]
    interrupted: bool


def connecting(library: Path) -> Callable[[Mailing], Line]:
    """Give what connects a clinic with its server, with the login and the key found where they are kept."""

    def connect(mailing: Mailing) -> Line:
        found = login(mailing)
        warning, sign = fits(mailing, found), signer(mailing, library)
        connection = Connection(mailing, found)
        connection.open()
        return Line(connection, sign, warning)

    return connect


def run(outbox: Outbox, desk: Desk, *, watch: bool = False) -> Ran:
    """Send all that is due; with `watch`, and whatever becomes due, until SIGTERM or SIGINT.

    Without, it waits for the limit per minute, but neither for the limit of the day nor for what was
    deferred. If asked to end, it ends after the message in hand; asked twice, at once. Raises OutboxError,
    also if another sender is running.
    """
    with outbox.sole_sender() as recovered, _asked_to_end() as asked:
        sending = _Sending(outbox, desk, watch=watch, asked=asked)
        sending.go()
        return sending.ran(recovered)


@contextmanager
def _asked_to_end() -> Iterator[Callable[[], bool]]:
    """Note the wish to end, the first time; the second goes where it went before."""
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def put_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)
        put_back()

    try:
        for number in before:
            signal.signal(number, note)
        yield lambda: bool(asked)
    finally:
        put_back()


class _Sending:
    """One run."""

    def __init__(self, outbox: Outbox, desk: Desk, *, watch: bool, asked: Callable[[], bool]) -> None:
        self._outbox = outbox
        self._desk = desk
        self._watch = watch
        self._asked = asked
        self._view = NOTHING
        self._look_at: datetime | None = None
        self._lines: dict[str, Line] = {}
        self._stopped: dict[str, datetime] = {}
        self._away: dict[str, tuple[int, datetime]] = {}
        self._refused: dict[str, list[str]] = {}
        self._broken = Counter[str]()
        self._told: dict[Told, bool] = {}
        self._ended: Counter[State] = Counter()
        self._tidied = 0
        self._held_before = outbox.tally[State.HELD]
        self._held = 0

    def go(self) -> None:
        """Work until there is nothing to do, or somebody asks to end."""
        try:
            while not self._asked():
                self._look()
                if not self._round() and not self._wait():
                    break
        finally:
            self._hang_up()
        self._tell_held()
        self._outbox.tidy()

    def ran(self, recovered: int) -> Ran:
        """Say what was done."""
        trouble = tuple(told for told, bad in self._told.items() if bad)
        return Ran(dict(self._ended), self._held, recovered, trouble, self._asked())

    # What the library says

    def _look(self) -> None:
        """See what the library says now, if that is not known well enough, and put away what may not go.

        Who wrote to the outbox may have queued a list, or withdrawn a text.
        """
        now, touched = self._outbox.now(), self._outbox.touched()
        if self._look_at is not None and now < self._look_at and not touched:
            return
        self._look_at = now + LOOK
        before, self._view = self._view, self._seen()
        over = {clinic for clinic, until in self._stopped.items() if until <= now}
        for clinic in self._changed(before) | over:
            self._start_again(clinic)
        if self._view is not NOTHING:
            self._put_away()

    def _seen(self) -> View:
        try:
            return self._desk.look()
        except UnreadableError as error:
            self._tell(f"nothing is sent: {error}")
            return NOTHING

    def _changed(self, before: View) -> set[str]:
        names = before.mailings.keys() | self._view.mailings.keys()
        return {name for name in names if before.mailings.get(name) != self._view.mailings.get(name)}

    def _start_again(self, clinic: str) -> None:
        """Forget what was found of a server, now that the clinic has another, or none."""
        self._hang_up(clinic)
        for found in (self._stopped, self._refused, self._broken, self._away):
            found.pop(clinic, None)

    def _put_away(self) -> None:
        self._outbox.hold(self._view.may_go)
        self._tell_held()
        self._outbox.expire()
        if self._ended.total() > self._tidied:
            self._tidied = self._ended.total()
            self._outbox.tidy()
        for clinic, mailing in self._view.mailings.items():
            self._outbox.purge(timedelta(days=mailing.retention_days), clinic)
        for clinic, counts in self._outbox.counts().items():
            left = sum(counts.get(state, 0) for state in WAITING)
            if left and clinic not in self._view.mailings:
                self._tell(
                    f"{left} wait, and the clinic has no mail in its file: add it, or cancel them", clinic
                )

    def _tell_held(self) -> None:
        """Tell what was held since it was last told: at a look, or at a lease."""
        held = self._outbox.tally[State.HELD] - self._held_before - self._held
        self._held += held
        if held:
            self._tell(f"{held} held: their words are not approved any more. careleaf mail status lists them")

    # One message after the other

    def _round(self) -> bool:
        """Send one message of each clinic; tell whether there was any."""
        return sum(self._one(*each) for each in self._view.mailings.items() if not self._asked()) > 0

    def _one(self, clinic: str, mailing: Mailing) -> bool:
        line = self._line(clinic, mailing)
        leased = line and self._outbox.lease(clinic, mailing.per_minute, mailing.per_day, self._view.may_go)
        if not line or not leased:
            return False
        try:
            outcome = self._hand_over(line, leased)
        except StopError as error:
            self._outbox.release(leased.id)
            self._give_up(clinic, error)
            return False
        self._outbox.settle(leased.id, outcome)
        self._ended[outcome.state] += 1
        self._desk.ended(leased, outcome)
        self._weigh(clinic, outcome)
        return True

    def _weigh(self, clinic: str, outcome: Outcome) -> None:
        """Stop before a server that refuses everything, perhaps by mistake, has refused a whole list.

        And leave one alone that breaks off again and again: else no other clinic would come to its turn.
        """
        before = self._refused.pop(clinic, [])
        if outcome.code in {LOST, NO_ANSWER} or outcome.code.startswith(str(CLOSING)):
            self._break_off(clinic)
            return
        self._broken.pop(clinic, None)
        self._back(clinic)
        if outcome.state is not State.FAILED or outcome.suppress or outcome.code in {BUG, BAD_ADDRESS}:
            return
        codes = self._refused[clinic] = [*(each for each in before if each == outcome.code), outcome.code]
        if len(codes) == ALIKE:
            why = f"the server refused {ALIKE} messages one after the other ({outcome.code})"
            mend = "ask who runs it whether this login may send to all, then run careleaf mail retry"
            self._give_up(clinic, StopError(f"{why}: {mend}"))

    def _break_off(self, clinic: str) -> None:
        self._broken[clinic] += 1
        if self._broken[clinic] >= ALIKE:
            why = f"the server broke off, or did not answer, {ALIKE} messages one after the other"
            self._give_up(clinic, AwayError(f"{why}: check the network, and ask who runs it"))

    def _hand_over(self, line: Line, leased: Leased) -> Outcome:
        """Make the message and hand it over. What goes wrong with it here must not keep the others back."""
        try:
            content = line.sign(self._desk.assemble(leased))
        except Exception as error:  # noqa: BLE001 # whatever it is
            return self._bug(leased, State.FAILED, error)
        try:
            return line.connection.deliver(leased.address, content)
        except StopError:
            raise
        except ValueError as error:
            return self._bug(leased, State.FAILED, error)
        except Exception as error:  # noqa: BLE001 # whatever it is, the message may have gone
            self._hang_up(leased.clinic)
            return self._bug(leased, State.UNKNOWN, error)

    def _bug(self, leased: Leased, state: State, error: Exception) -> Outcome:
        what = private.without_words(error)
        self._tell(f"message {leased.id} could not be sent: {what}. This is a bug: report it", leased.clinic)
        return Outcome(state, BUG)

    def _line(self, clinic: str, mailing: Mailing) -> Line | None:
        """Give the clinic's connection, made if something is due; None if nothing can be sent now."""
        if clinic in self._lines or not self._able(clinic) or not self._is_due(clinic, mailing):
            return self._lines.get(clinic)
        try:
            line = self._desk.connect(mailing)
        except (StopError, LoginError, SigningError) as error:
            self._give_up(clinic, error)
            return None
        except Exception as error:  # noqa: BLE001 # whatever it is, the other clinics send
            why = f"cannot connect: {private.without_words(error)}. This is a bug: report it"
            self._give_up(clinic, StopError(why))
            return None
        if line.warning:
            self._tell(line.warning, clinic, bad=False)
        self._lines[clinic] = line
        return line

    def _able(self, clinic: str) -> bool:
        back_at = self._away.get(clinic, (0, None))[1]
        return clinic not in self._stopped and (back_at is None or back_at <= self._outbox.now())

    def _is_due(self, clinic: str, mailing: Mailing) -> bool:
        return self._outbox.due_in(clinic, mailing.per_minute, mailing.per_day) == timedelta()

    def _give_up(self, clinic: str, error: Exception) -> None:
        """Leave a server alone: for a while if somebody watches, else for this run."""
        self._hang_up(clinic)
        self._tell(str(error), clinic)
        if not (self._watch and isinstance(error, AwayError)):
            pause = STOPPED if self._watch else timedelta(days=9999)
            self._stopped[clinic] = self._outbox.now() + pause
            return
        times = self._away.get(clinic, (0,))[0]
        pause = AWAY[min(times, len(AWAY) - 1)]
        self._away[clinic] = (times + 1, self._outbox.now() + pause)

    def _back(self, clinic: str) -> None:
        """Note that a server answers. Should it go away again, that is told again."""
        if self._away.pop(clinic, None):
            self._told = {told: bad for told, bad in self._told.items() if told.clinic != clinic}
            self._tell("the server is back", clinic, bad=False)

    def _hang_up(self, clinic: str | None = None) -> None:
        """Close the connection of a clinic, or of all."""
        for each in [clinic] if clinic else list(self._lines):
            if line := self._lines.pop(each, None):
                line.connection.close()

    # Between messages

    def _wait(self) -> bool:
        """Wait until something can be done; tell whether anything is to come."""
        wait = self._until_next() if self._watch else self._until_limit()
        if wait is None:
            return False
        if wait > IDLE:
            self._hang_up()
        left = wait.total_seconds()
        while left > 0 and not self._asked():
            self._desk.pause(min(STEP, left))
            left -= STEP
        return True

    def _until_limit(self) -> timedelta | None:
        """Say how long the limit per minute keeps back what is due; None if nothing is, or by the day's."""
        waits = [
            self._outbox.due_in(clinic, mailing.per_minute, mailing.per_day)
            for clinic, mailing in self._view.mailings.items()
            if self._able(clinic) and self._would_be_due(clinic)
        ]
        return min((each for each in waits if each is not None and each <= MINUTE), default=None)

    def _would_be_due(self, clinic: str) -> bool:
        next_at = self._outbox.next_at(clinic)
        return next_at is not None and next_at <= self._outbox.now()

    def _until_next(self) -> timedelta | None:
        """Say how long until a message is due or a server may be back; None if no clinic can send."""
        mailings = self._view.mailings
        if mailings and self._stopped.keys() >= mailings.keys():
            return None
        waits = [
            self._outbox.due_in(clinic, mailing.per_minute, mailing.per_day)
            for clinic, mailing in mailings.items()
            if self._able(clinic)
        ]
        now = self._outbox.now()
        back = [back_at - now for _, back_at in self._away.values() if back_at > now]
        return min([NAP, *back, *(each for each in waits if each is not None)])

    def _tell(self, message: str, clinic: str = "", *, bad: bool = True) -> None:
        """Tell it, unless it was told before."""
        told = Told(message, clinic)
        if told not in self._told:
            self._told[told] = bad
            self._desk.tell(told)
