"""Can this machine send the clinic's mail? Everything that sending needs is tried, and nothing is sent."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from careleaf.mail import store
from careleaf.mail.login import Login, LoginError, fits, login
from careleaf.mail.outbox import OutboxError, opened
from careleaf.mail.signing import SigningError, public_record, signer
from careleaf.mail.smtp import Connection, StopError, Timeouts
from careleaf.model import Clinic, Mailing

OTHERS: Final = 0o077
"""The rights of others to a file."""
SOON: Final = timedelta(days=14)
"""Before a certificate ends: its operator should have renewed it by then."""
SET_BACK: Final = timedelta(minutes=5)
IMPATIENT: Final = Timeouts(command=20, block=20, answer=20)

PARTED: Final = re.compile(r"(?<!login)(?<!tls): ")

Connect = Callable[[Mailing, Login | None], Connection]


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was tried. `mend` is empty if it is as it should be."""

    what: str
    mend: str = ""

    @property
    def good(self) -> bool:
        """Whether there is nothing to do."""
        return not self.mend


def connected(mailing: Mailing, found: Login | None) -> Connection:
    """Prepare a connection that does not wait long."""
    return Connection(mailing, found, IMPATIENT)


def examine(clinic: Clinic, outbox: Path, library: Path, connect: Connect = connected) -> Iterator[Line]:
    """Try everything, one after the other. Speaks with the clinic's server and with no other."""
    yield _python()
    yield from _outbox(outbox)
    if clinic.mail is None:
        yield Line(
            "the clinic does not say how it sends mail", f"write mail: into {clinic.file}, see docs/mail.md"
        )
        return
    yield Line(f"{clinic.file} says how mail is sent: from {clinic.mail.from_} through {clinic.mail.host}")
    yield from _signing(clinic.mail, library)
    yield from _server(clinic.mail, connect)


def _python() -> Line:
    if not has_header_hole():
        return Line("Python keeps encoded line breaks out of headers (CVE-2024-6923)")
    guard = "careleaf refuses such words itself, so nothing is at risk; take a newer one when you can"
    return Line(f"this Python lets encoded line breaks into headers (CVE-2024-6923): {guard}")


def has_header_hole() -> bool:
    """Try whether this Python lets a subject add a field: its version does not say whether it is mended."""
    message = EmailMessage()
    message["Subject"] = "\N{LATIN SMALL LETTER E WITH ACUTE} =?UTF-8?Q?=0A?=Bcc: nobody@example.invalid"
    try:
        return "Bcc" in message_from_bytes(message.as_bytes())
    except ValueError:
        return False


def _outbox(path: Path) -> Iterator[Line]:
    """See that the outbox is on a disk of this computer, private, and whole. Makes none."""
    folder = path.parent
    if kind := store.mounted_share(path):
        yield Line(f"{path} is on a network share ({kind})", "choose a disk of this computer with --outbox")
        return
    if not path.exists():
        yield Line(f"{path} is not there yet: the first list makes it, readable for you only")
    open_ = [each for each in (folder, path) if each.exists() and each.stat().st_mode & OTHERS]
    for each in open_ if os.name == "posix" else ():
        yield Line(f"{each} can be read by others", f"chmod go= {each}")
    if path.exists():
        yield _looked_into(path)


def _looked_into(path: Path) -> Line:
    try:
        with opened(path) as found:
            back = found.ahead()
    except OutboxError as error:
        return Line(*_halves(error))
    if back > SET_BACK:
        return Line(
            f"the clock is {back.total_seconds() / 60:.0f} minutes behind the outbox's time", "set the clock"
        )
    return Line(f"{path} is on a disk of this computer and can be used")


def _signing(mailing: Mailing, library: Path) -> Iterator[Line]:
    if mailing.dkim is None:
        yield Line("messages are not signed here (DKIM): that is the server's part")
        return
    try:
        signer(mailing, library)
        yield Line(f"messages are signed here (DKIM, selector {mailing.dkim})")
    except SigningError as error:
        yield Line(*_halves(error))


def _server(mailing: Mailing, connect: Connect) -> Iterator[Line]:
    found = None
    try:
        found = login(mailing)
        yield Line(
            "the login is found, and is not shown" if found else "the server wants no login (login: false)"
        )
        if warning := fits(mailing, found):
            yield Line(f"mind: {warning}")
    except LoginError as error:
        yield Line(*_halves(error))
    try:
        with connect(mailing, None) as connection:
            yield from _security(mailing, *connection.security())
        if found or not mailing.login:
            yield from _sender(mailing, connect, found)
    except StopError as error:
        yield Line(*_halves(error))


def _halves(error: Exception) -> tuple[str, str]:
    """Part what is wrong from what to do: the last colon stands between, if no setting has it."""
    *what, mend = PARTED.split(str(error))
    return (": ".join(what), mend) if what else (mend, "see docs/mail.md")


def _security(mailing: Mailing, version: str, ends: datetime) -> Iterator[Line]:
    way = "STARTTLS" if mailing.tls == "starttls" else "TLS from the start"
    yield Line(f"{mailing.host}:{mailing.port} is reached, and proves who it is: {way}, {version}")
    left = ends - datetime.now(ends.tzinfo)
    what = f"its certificate is good for {left.days} more days"
    yield Line(what, "have whoever runs the server renew it" if left < SOON else "")


def _sender(mailing: Mailing, connect: Connect, found: Login | None) -> Iterator[Line]:
    with connect(mailing, found) as connection:
        if found:
            yield Line("the server accepts the login")
        reply = connection.sender_reply()
    what = f"the server {'accepts' if reply.good else 'refuses'} {mailing.from_} as the sender ({reply})"
    mend = "let the login send from this address, or write another as from"
    yield Line(what, "" if reply.good else mend)


def key_record(mailing: Mailing, library: Path) -> str:
    """Give the DNS record of the key that signs here; empty if none does, or it cannot be read."""
    try:
        return public_record(library) if mailing.dkim else ""
    except SigningError:
        return ""
