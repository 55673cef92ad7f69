"""A sender that can be killed: a process that forks one for each line on its input.

It imports the rooms of mail only, once, so that fifty senders cost no fifty starts of Python. A line is a
JSON object: `days` is by how much the clock is ahead, `point` where the sender kills itself with SIGKILL, and
`count` at which message. It answers with the number of the process, and then with how that ended.
"""

import json
import os
import signal
import smtplib
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from careleaf.mail.login import Login
from careleaf.mail.outbox import Outbox, OutboxError, opened
from careleaf.mail.parcel import Leased, Outcome, State
from careleaf.mail.sender import Desk, Line, View, run
from careleaf.mail.smtp import Connection
from careleaf.model import Mailing


def die() -> None:
    """End as in a power cut: nothing is put away."""
    os.kill(os.getpid(), signal.SIGKILL)


def message(leased: Leased) -> bytes:
    """Make a small message, the same each time."""
    lines = (
        "From: sender@example.org",
        f"To: {leased.address}",
        f"Message-ID: {leased.message_id}",
        f"Date: {leased.queued_at:%a, %d %b %Y %H:%M:%S +0000}",
        "",
        *(f".{leased.id} {number}" for number in range(40)),
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


class Victim:
    """Sends until its hour comes."""

    def __init__(self, mailing: Mailing, login: Login, point: str, count: int) -> None:
        self.mailing = mailing
        self.login = login
        self.point = point
        self.left = count

    def at(self, point: str) -> bool:
        return self.point == point and self.left <= 0

    def connect(self, mailing: Mailing) -> Line:
        if self.point == "connect":
            die()
        connection = Connection(mailing, self.login if mailing.login else None)
        connection.open()
        return Line(connection, bytes)

    def assemble(self, leased: Leased) -> bytes:
        self.left -= 1
        if self.at("leased"):
            die()
        return message(leased)

    def send(self, original: Callable[..., None]) -> Callable[..., None]:
        def send(smtp: smtplib.SMTP, data: Any) -> None:  # noqa: ANN401 # as smtplib has it
            if isinstance(data, bytes) and self.at("data"):
                original(smtp, data[: len(data) // 2])
                die()
            original(smtp, data)

        return send

    def settle(self, original: Callable[..., None]) -> Callable[..., None]:
        def settle(outbox: Outbox, number: int, outcome: Outcome) -> None:
            if outcome.state is State.SENT and self.at("commit"):
                die()
            original(outbox, number, outcome)
            if outcome.state is State.SENT and self.at("committed"):
                die()

        return settle

    def work(self, path: Path, ahead: timedelta) -> None:
        smtplib.SMTP.send = self.send(smtplib.SMTP.send)  # type: ignore[method-assign]
        Outbox.settle = self.settle(Outbox.settle)  # type: ignore[method-assign]
        view = View({"clinic": self.mailing}, lambda _: True)
        desk = Desk(lambda: view, self.assemble, self.connect, lambda told: complain(told.message))
        with opened(path, lambda: datetime.now(UTC) + ahead) as outbox:
            run(outbox, desk)


def answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def complain(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def main() -> None:
    """Fork a sender for each line."""
    settings = json.loads(sys.argv[1])
    mailing = Mailing.model_validate(settings["mailing"])
    for line in sys.stdin:
        order = json.loads(line)
        if (pid := os.fork()) == 0:
            victim = Victim(mailing, Login(*settings["login"]), order["point"], order["count"])
            try:
                victim.work(Path(settings["outbox"]), timedelta(days=order["days"]))
            except OutboxError as error:
                complain(str(error))
                os._exit(3)
            os._exit(0)
        answer(pid)
        answer(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    main()
