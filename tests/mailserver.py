"""A mail server for tests: TLS by an authority of our own, a login, and whatever faults a test wants."""

import asyncio
import logging
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from functools import cache
from pathlib import Path
from typing import Any, Literal

import keyring
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from keyring.backends import fail

from careleaf.mail.login import Login
from careleaf.model import Mailing

HOST = "localhost"
LOGIN = Login("sender@example.org", "a pass word, ä")
FROM = "sender@example.org"
Tls = Literal["starttls", "implicit", "none"]
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


@cache
def authority() -> trustme.CA:
    """The authority that a clinic might have of its own."""
    return trustme.CA()


def trust(folder: Path) -> str:
    """Write the authority's certificate; the path is for SSL_CERT_FILE."""
    path = folder / "authority.pem"
    authority().cert_pem.write_to_path(str(path))
    return str(path)


def no_keyring() -> None:
    """See that no test asks for the passwords of whoever runs it."""
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Received:
    """A message that the server has taken over."""

    address: str
    content: bytes
    at: float

    @property
    def message_id(self) -> str:
        return str(message_from_bytes(self.content)["Message-ID"])


class Script:
    """What the server says, in the order of the commands. None breaks the connection. Tests override it."""

    def __init__(self) -> None:
        self.accepted: list[Received] = []
        self.heard = bytearray()
        self.connections = 0
        self.greeting = ""

    async def at_sender(self) -> str | None:
        return "250 2.1.0 OK"

    async def at_recipient(self, address: str) -> str | None:
        return "250 2.1.5 OK" if address else None

    async def at_data(self) -> str | None:
        """Say nothing of its own, and the message is read."""
        return ""

    async def at_message(self, address: str, content: bytes) -> str | None:
        self.take(address, content)
        return "250 2.0.0 OK"

    def take(self, address: str, content: bytes) -> None:
        self.accepted.append(Received(address, content, time.time()))

    async def handle_MAIL(  # noqa: N802 # as aiosmtpd has it
        self, server: SMTP, _: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = await said(server, await self.at_sender())
        envelope.mail_from = address if answer.startswith("2") else None
        return answer

    async def handle_RCPT(  # noqa: N802 # as above
        self, server: SMTP, _: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = await said(server, await self.at_recipient(address))
        envelope.rcpt_tos.extend([address] if answer.startswith("2") else [])
        return answer

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 # as above
        assert isinstance(envelope.original_content, bytes)
        assert len(envelope.rcpt_tos) == 1, "one recipient for each message"
        return await said(server, await self.at_message(envelope.rcpt_tos[0], envelope.original_content))


async def said(server: SMTP, answer: str | None) -> str:
    """Give an answer, or break the connection."""
    if answer is None:
        assert isinstance(server.transport, asyncio.Transport)
        server.transport.abort()
        await asyncio.sleep(60)
    return answer or ""


class Speaker(SMTP):
    """The server's side of a connection. It keeps every byte that came, decrypted if it was encrypted."""

    event_handler: Script

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.connections += 1
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self.event_handler.heard.extend(data)
        super().data_received(data)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 # as aiosmtpd has it
        if answer := await said(self, await self.event_handler.at_data()):
            await self.push(answer)
            return
        await super().smtp_DATA(arg)


class Desk(Controller):
    """The server in a thread."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        super()._trigger_server()  # type: ignore[no-untyped-call]

    def factory(self) -> SMTP:
        return Speaker(self.handler, **self.SMTP_kwargs)


def certificate(*names: str, signed_by: trustme.CA | None = None) -> ssl.SSLContext:
    """What the server proves with who it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (signed_by or authority()).issue_cert(*names).configure_cert(context)
    return context


def checked(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:  # noqa: ANN401 # as aiosmtpd has it
    """Check a login."""
    assert isinstance(data, LoginPassword)
    right = (data.login, data.password) == (LOGIN.user.encode(), LOGIN.password.encode())
    return AuthResult(success=right, handled=False)


@contextmanager
def mail_server(
    script: Script,
    tls: Tls = "starttls",
    context: ssl.SSLContext | None = None,
    port: int = 0,
    **more: object,
) -> Iterator[int]:
    """Run a server, and give its port."""
    context = context or certificate(HOST)
    ways: dict[Tls, dict[str, Any]] = {
        "starttls": {"tls_context": context, "require_starttls": True},
        "implicit": {"ssl_context": context, "auth_require_tls": False},
        "none": {},
    }
    login: dict[str, Any] = {"authenticator": checked, "auth_required": tls == "starttls"}
    options: dict[str, Any] = {**ways[tls], **login, **more}
    desk = Desk(script, hostname="127.0.0.1", port=port, **options)
    desk.start()
    script.connections = 0
    script.heard.clear()
    try:
        yield desk.port
    finally:
        desk.stop()


def mailing(port: int, **changed: Any) -> Mailing:  # noqa: ANN401 # the fields of Mailing
    """How the clinic of the tests sends."""
    fields = {"host": HOST, "port": port, "from": FROM, "reply-to": "desk@example.org", "per-minute": 100_000}
    return Mailing.model_validate({**fields, **changed})
