"""What time it is for the outbox: never earlier than before, whatever is done to the computer's clock."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def wall() -> datetime:
    """Read the computer's clock, in UTC."""
    return datetime.now(UTC)


def running() -> float:
    """Count the seconds since the computer was started, those of its sleep too. Nobody can set this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Clock:
    """The later of two: what the computer's clock says, and the latest time known plus what has run since.

    So a clock that was set back neither repeats a minute of a rate limit nor sends what is out of date. One
    that was set forward is believed.
    """

    def __init__(self, wall: Callable[[], datetime] = wall, running: Callable[[], float] = running) -> None:
        self._wall = wall
        self._running = running
        self._known = wall()
        self._known_at = running()

    def __call__(self) -> datetime:
        """Give the time in UTC, in whole milliseconds."""
        at = self._running()
        now = max(self._wall(), self._known + timedelta(seconds=at - self._known_at)).astimezone(UTC)
        self._known, self._known_at = now, at
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def learn(self, known: datetime) -> None:
        """Take it that this time was reached already."""
        if known > self():
            self._known, self._known_at = known, self._running()

    def ahead(self) -> timedelta:
        """Say by how much this is later than the computer's clock."""
        return max(self() - self._wall(), timedelta())
