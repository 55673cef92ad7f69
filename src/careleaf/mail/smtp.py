"""Hands messages to the clinic's one mail server, one at a time, and says how each ended.

Always over TLS that is verified. The answers are kept as codes only: their words may quote an address.
"""

import base64
import io
import re
import smtplib
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from types import TracebackType
from typing import Final, NoReturn, Self

from careleaf.mail.login import PASSWORD, USER, Login
from careleaf.mail.parcel import Outcome, State
from careleaf.model import Mailing

MOST: Final = 100
"""Messages over one connection; some servers refuse more."""
BLOCK: Final = 1 << 16
"""Bytes that are handed over at once."""
LONGEST_REPLY: Final = 1 << 16
"""Bytes of a reply, all its lines together: RFC 5321 (4.5.3.1.5) has 512 for a line, and few have twenty."""
FAREWELL: Final = 5
"""Seconds to wait for the answer to QUIT, which nothing depends on."""
LOST: Final = "connection lost"
"""The code of a message if the connection broke before all of it was handed over."""
NO_ANSWER: Final = "no answer"
"""The code of a message that was handed over, and the server's answer never came."""
BAD_ADDRESS: Final = "bad address"
"""The code of a message whose address would break the server's commands."""
ADDRESS: Final = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
ENHANCED: Final = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}\b")
BARE: Final = re.compile(rb"(?<!\r)\n|\r(?!\n)")
SMTPS: Final = 465


class StopError(Exception):
    """Nothing can be sent through this server. The message says which, and what to do; it names nobody."""


class AwayError(StopError):
    """The server cannot be reached, or asks to come back. Later it may be there."""


class _LostError(Exception):
    """The connection broke, or the server was silent for too long."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How many seconds to wait (RFC 5321, 4.5.3.2), however slowly an answer comes.

    `command` for the answer to a command, `block` for a block of a message to be taken, and `answer` for the
    answer to the whole of it, which may take the server ten minutes.
    """

    command: float = 60
    block: float = 180
    answer: float = 600


PATIENT: Final = Timeouts()


class Stage(Enum):
    """What a reply answers."""

    SENDER = auto()
    RECIPIENT = auto()
    DATA = auto()
    MESSAGE = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply without its words: its code (RFC 5321), and its enhanced status code (RFC 3463) or ""."""

    code: int
    enhanced: str = ""

    @classmethod
    def of(cls, code: int, text: bytes) -> Self:
        """Throw the words away."""
        found = ENHANCED.match(text)
        fits = found is not None and found[0][:1] == str(code)[:1].encode()
        return cls(code, found[0].decode() if found and fits else "")

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced}".strip()

    @property
    def detail(self) -> str:
        """Its enhanced status code without the class, such as "1.1"."""
        return self.enhanced.partition(".")[2]

    @property
    def good(self) -> bool:
        """Whether the server did as asked."""
        return self.code // 100 == 2  # noqa: PLR2004 # RFC 5321, 4.2.1

    @property
    def final(self) -> bool:
        """Whether asking again would give the same."""
        return self.code // 100 == 5  # noqa: PLR2004 # as above


CLOSING: Final = 421
GO_ON: Final = 354
FULL: Final = "2.2"
"""A full mailbox: its owner may empty it."""
SENDERS: Final = {"1.7", "1.8"}
"""The sender's address is bad. Some servers wait with it for the recipient."""
UNWANTED: Final = {(553, "7.1"), (530, "7.0"), (530, "")}
"""The login may not send as this sender (Postfix says so at the recipient), or there should have been one."""


def outcome(stage: Stage, reply: Reply) -> Outcome:
    """Say what a reply means for a message that is not accepted, or, for a whole MESSAGE, is."""
    if stage is Stage.MESSAGE and reply.good:
        return Outcome(State.SENT, f"{reply}")
    if stage is Stage.MESSAGE and reply.code // 100 not in {4, 5}:
        return Outcome(State.UNKNOWN, f"{reply}" if reply.code > 0 else NO_ANSWER)
    # RFC 5321, 4.5.3.1.10: 552 at the recipient is to be read as 452, if nothing more exact is said.
    vague = stage is Stage.RECIPIENT and reply == Reply(552)
    if not reply.final or vague or reply.detail == FULL:
        return Outcome(State.DEFERRED, f"{reply}")
    unknown = stage is Stage.RECIPIENT and reply.detail.startswith("1.")
    return Outcome(State.FAILED, f"{reply}", suppress=unknown)


def refuses_sender(stage: Stage, reply: Reply) -> bool:
    """Say whether a reply is about the sender, and so about all messages, not about this one."""
    too_large = reply.code == 552 or reply.detail in {"3.4", "2.3"}  # noqa: PLR2004 # RFC 1870
    at_sender = stage is Stage.SENDER and not too_large
    return reply.final and (at_sender or reply.detail in SENDERS or (reply.code, reply.detail) in UNWANTED)


def on_the_wire(content: bytes) -> bytes:
    """Double the dots that begin a line, and end with the dot that ends a message (RFC 5321, 4.5.2).

    Raises ValueError at a line that does not end with CRLF: servers differ in where they see its end.
    """
    if BARE.search(content):
        raise ValueError("a line of a message must end with CRLF")
    end = b"" if content.endswith(b"\r\n") else b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", content) + end + b".\r\n"


class _Ear(io.RawIOBase):
    """Hears one reply of a server after the other, each within its time and of bounded length.

    smtplib would wait anew for every byte, and keep all lines of a reply that never ends: before TLS, whoever
    is between us and the server can send that.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._until, self._left = 0.0, 0

    def begin(self, seconds: float) -> None:
        """Allow another reply."""
        self._until, self._left = time.monotonic() + seconds, LONGEST_REPLY

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # its only caller gives one
        seconds = self._until - time.monotonic()
        if seconds <= 0 or self._left <= 0:
            raise TimeoutError
        self._sock.settimeout(seconds)
        count = self._sock.recv_into(buffer)
        self._left -= count
        return count


class _Server(smtplib.SMTP):
    """What smtplib has, with an end to every reply."""

    _ear: _Ear

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply, within the time that the socket has been given."""
        if (sock := self.sock) is None:
            raise smtplib.SMTPServerDisconnected
        seconds = sock.gettimeout() or 0.0
        if self.file is None:
            self._ear = _Ear(sock)
            self.file = io.BufferedReader(self._ear)
        self._ear.begin(seconds)
        try:
            return super().getreply()
        finally:
            if self.sock is not None:
                sock.settimeout(seconds)


class _TlsServer(_Server, smtplib.SMTP_SSL):
    """The same, where TLS comes first."""


class Connection:
    """A connection to the clinic's server, made again whenever that is needed. To be used in a `with`.

    It shows nothing in its repr, and tells the server the domain of the sender, not this machine's name.
    """

    def __init__(self, mailing: Mailing, login: Login | None, timeouts: Timeouts = PATIENT) -> None:
        self._mailing = mailing
        self._login = login
        self._timeouts = timeouts
        # What smtplib would take by itself verifies nothing. SSL_CERT_FILE adds a clinic's own authority.
        self._tls = ssl.create_default_context()
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._server: smtplib.SMTP | None = None
        self._begun = 0

    def __enter__(self) -> Self:
        """Connect and log in. Raises StopError."""
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Connect, see that it is the server and no other, and log in. Raises StopError."""
        try:
            self._server = self._greeted()
            self._server.ehlo_or_helo_if_needed()
            if self._mailing.tls == "starttls":
                self._start_tls(self._server)
            self._log_in()
        except ssl.SSLCertVerificationError as error:
            self._stop(
                f"{self._place} cannot prove who it is ({error.verify_message.rstrip('.')}): nothing was "
                "sent. Write its full name as host, have its certificate renewed, or, if the clinic has an "
                "authority of its own, name the file of that with SSL_CERT_FILE"
            )
        except ssl.SSLError:
            self._stop(
                f"{self._place} speaks no TLS that may be used (1.2 or newer): nothing was sent. Check port "
                "and tls: mostly it is 587 with starttls, or 465 with implicit"
            )
        except smtplib.SMTPResponseException as error:
            self._turned_away(Reply.of(error.smtp_code, _bytes(error.smtp_error)))
        except (OSError, _LostError) as error:
            self._drop()
            raise AwayError(self._silent(error)) from None

    def close(self) -> None:
        """Take leave. The next message connects again."""
        with suppress(OSError, _LostError):
            self._wait_at_most(min(FAREWELL, self._timeouts.command))
            self._ask("QUIT")
        self._drop()

    def deliver(self, address: str, content: bytes) -> Outcome:
        """Hand over one message to one recipient, and say how that ended.

        Raises StopError if the server takes none, and ValueError if `content` has a line without CRLF; it has
        not been handed over then.
        """
        if not ADDRESS.fullmatch(address):
            return Outcome(State.FAILED, BAD_ADDRESS)
        wire = on_the_wire(content)
        try:
            refused = self._announce(address, len(content))
            if refused is None:
                self._hand_over(wire)
        except _LostError:
            self._drop()
            return Outcome(State.DEFERRED, LOST)
        return refused or self._answer()

    def security(self) -> tuple[str, datetime]:
        """Give the version of TLS, and until when the server's certificate is good. Raises StopError."""
        sock = self._server.sock if self._server else None
        proof = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
        if not isinstance(sock, ssl.SSLSocket) or not proof:
            raise StopError(f"{self._place} has closed the connection: try again")
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(proof["notAfter"])), UTC)
        return sock.version() or "", ends

    def sender_reply(self) -> Reply:
        """Give what the server says of the clinic's sender, and send nothing. Raises StopError."""
        try:
            reply = self._ask(self._mail_from(0))
        except _LostError:
            raise AwayError(f"{self._place} has closed the connection: try again later") from None
        self._forget()
        return reply

    def _announce(self, address: str, size: int) -> Outcome | None:
        """Say from whom, to whom, and that it comes; give how it ended if the server will not have it."""
        reply = self._begin(size)
        if not reply.good:
            return self._refused(Stage.SENDER, reply)
        reply = self._ask(f"RCPT TO:<{address}>")
        if not reply.good:
            return self._refused(Stage.RECIPIENT, reply)
        reply = self._ask("DATA")
        return None if reply.code == GO_ON else self._refused(Stage.DATA, reply)

    def _begin(self, size: int) -> Reply:
        """Begin a message; once more over a new connection if the server has closed the old one."""
        fresh = self._ready()
        try:
            reply = self._ask(self._mail_from(size))
        except _LostError:
            if fresh:
                raise
            reply = Reply(CLOSING)
        if reply.code != CLOSING or fresh:
            return reply
        self._drop()
        self._ready()
        return self._ask(self._mail_from(size))

    def _mail_from(self, size: int) -> str:
        announced = f" SIZE={size}" if self._server and self._server.has_extn("size") else ""
        return f"MAIL FROM:<{self._mailing.from_}>{announced}"

    def _ready(self) -> bool:
        """See that there is a connection; give whether nothing went over it yet."""
        if self._begun >= MOST:
            self.close()
        if self._server is None:
            self.open()
        self._begun += 1
        return self._begun == 1

    def _refused(self, stage: Stage, reply: Reply) -> Outcome:
        """Give how a message ended that the server will not have, and make ready for the next."""
        if reply.code == CLOSING:
            self._drop()
        else:
            self._forget()
        if refuses_sender(stage, reply):
            raise StopError(
                f"{self._place} refuses the sender {self._mailing.from_} ({reply}): let the login send from "
                "this address, or write another as from in the clinic's mail"
            )
        return outcome(stage, reply)

    def _forget(self) -> None:
        """Have the server forget what it was told of the message."""
        try:
            kept = self._ask("RSET").good
        except _LostError:
            kept = False
        if not kept:
            self._drop()

    def _hand_over(self, wire: bytes) -> None:
        """Give the server all of a message.

        If this fails, the server has not got the end: TLS opens no record of which a byte is missing.
        """
        server = self._connected()
        try:
            self._wait_at_most(self._timeouts.block)
            for start in range(0, len(wire), BLOCK):
                server.send(wire[start : start + BLOCK])
        except OSError:
            raise _LostError from None

    def _answer(self) -> Outcome:
        """Wait for what the server says of a message that it has. From here on, it may have arrived."""
        server = self._connected()
        try:
            self._wait_at_most(self._timeouts.answer)
            reply = Reply.of(*server.getreply())
            self._wait_at_most(self._timeouts.command)
        except OSError:
            self._drop()
            return Outcome(State.UNKNOWN, NO_ANSWER)
        # What is no answer to a message may be one to something else, and its own is yet to come.
        if reply.code == CLOSING or reply.code // 100 not in {2, 4, 5}:
            self._drop()
        if refuses_sender(Stage.MESSAGE, reply):
            self._refused(Stage.MESSAGE, reply)
        return outcome(Stage.MESSAGE, reply)

    def _ask(self, command: str) -> Reply:
        server = self._connected()
        try:
            return Reply.of(*server.docmd(command))
        except OSError:
            # Any error of smtplib is one too. Its words may be the server's.
            raise _LostError from None

    def _wait_at_most(self, seconds: float) -> None:
        if (sock := self._connected().sock) is not None:
            sock.settimeout(seconds)

    def _connected(self) -> smtplib.SMTP:
        if self._server is None or self._server.sock is None:
            raise _LostError
        return self._server

    def _drop(self) -> None:
        if self._server is not None:
            with suppress(OSError):
                self._server.close()
        self._server, self._begun = None, 0

    @property
    def _place(self) -> str:
        return f"{self._mailing.host}:{self._mailing.port}"

    def _greeted(self) -> smtplib.SMTP:
        where = (self._mailing.host, self._mailing.port)
        name = self._mailing.from_.rpartition("@")[2]
        if self._mailing.tls == "starttls":
            return _Server(*where, local_hostname=name, timeout=self._timeouts.command)
        return _TlsServer(*where, local_hostname=name, timeout=self._timeouts.command, context=self._tls)

    def _start_tls(self, server: smtplib.SMTP) -> None:
        if not server.has_extn("starttls"):
            self._stop(
                f"{self._place} offers no TLS (STARTTLS): nothing was sent. Have it turned on, or write the "
                "port where it is, mostly 465 with tls: implicit"
            )
        server.starttls(context=self._tls)
        server.ehlo_or_helo_if_needed()

    def _log_in(self) -> None:
        """Log in with PLAIN (RFC 4616) or LOGIN: inside TLS, others protect nothing more."""
        if self._login is None:
            return
        server = self._connected()
        offered = server.esmtp_features.get("auth", "").upper().split()
        user, password = _encoded(self._login.user), _encoded(self._login.password)
        if "PLAIN" in offered:
            both = _encoded(f"\0{self._login.user}\0{self._login.password}")
            reply = self._ask(f"AUTH PLAIN {both}")
        elif "LOGIN" in offered:
            reply = self._in_turn("AUTH LOGIN", user, password)
        else:
            self._stop(
                f"{self._place} takes no login with a password (AUTH PLAIN or LOGIN): have it turned on, or "
                "write login: false in the clinic's mail if the server wants none"
            )
        if not reply.good:
            self._no_login(reply)

    def _in_turn(self, *commands: str) -> Reply:
        """Say one thing after the other, as long as the server asks for more."""
        for command in commands:
            reply = self._ask(command)
            if reply.code // 100 != 3:  # noqa: PLR2004 # RFC 5321, 4.2.1
                break
        return reply

    def _no_login(self, reply: Reply) -> NoReturn:
        self._drop()
        if not reply.final:
            raise AwayError(f"{self._place} cannot check the login now ({reply}): try again later")
        raise StopError(
            f"{self._place} refuses the login ({reply}): check {USER} and {PASSWORD}, or what the keyring has"
        )

    def _turned_away(self, reply: Reply) -> NoReturn:
        self._drop()
        if reply.final:
            raise StopError(
                f"{self._place} turns this machine away ({reply}): ask who runs it, and check host and port"
            )
        raise AwayError(f"{self._place} asks to come back later ({reply}): try again later")

    def _stop(self, message: str) -> NoReturn:
        self._drop()
        raise StopError(message)

    def _silent(self, error: Exception) -> str:
        kinds = {"gaierror": "no such name", "ConnectionRefusedError": "nothing listens there"}
        why = kinds.get(type(error).__name__, "no answer, or the connection broke")
        implicit = self._mailing.tls == "starttls" and self._mailing.port == SMTPS
        hint = "; port 465 mostly wants tls: implicit" if implicit else ""
        mend = f"check the network, and host and port of the clinic's mail{hint}"
        return f"{self._place} cannot be reached ({why}): {mend}"


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode(errors="replace")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
