"""How a message is handed to the mail server, and what is made of each answer."""

import asyncio
import smtplib
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from careleaf.mail import login as logins
from careleaf.mail import signing, smtp
from careleaf.mail.login import Login, LoginError
from careleaf.mail.parcel import Outcome, State
from careleaf.mail.smtp import AwayError, Connection, Reply, Stage, StopError, Timeouts
from tests.mailserver import (
    FROM,
    HOST,
    LOGIN,
    Script,
    Tls,
    certificate,
    mail_server,
    mailing,
    no_keyring,
    trust,
)

TO = "jane.example@example.com"
MESSAGE = (
    b"From: sender@example.org\r\nTo: jane.example@example.com\r\nSubject: s\r\n"
    b"Message-ID: <1@example.org>\r\n\r\n.a dot\r\n..two\r\nfrom here\r\n"
)
QUICK = Timeouts(command=2, block=2, answer=0.5)


@pytest.fixture(autouse=True)
def _trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", trust(tmp_path))
    no_keyring()


def deliver(port: int, *contents: bytes, tls: Tls = "starttls", login: Login | None = LOGIN) -> list[Outcome]:
    with Connection(mailing(port, tls=tls), login, QUICK) as connection:
        return [connection.deliver(TO, content) for content in contents]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_message_arrives_byte_for_byte_and_this_machine_is_not_named(tls: Tls) -> None:
    script = Script()
    with mail_server(script, tls) as port:
        assert deliver(port, MESSAGE, MESSAGE, tls=tls) == [Outcome(State.SENT, "250 2.0.0")] * 2
    assert [each.content for each in script.accepted] == [MESSAGE] * 2
    assert b"EHLO example.org\r\n" in script.heard.upper().replace(b"EXAMPLE.ORG", b"example.org")
    assert socket.gethostname().encode() not in script.heard


@pytest.mark.parametrize("content", [MESSAGE[:-2], b"a: b\r\n\r\n", b"a: b\r\n\r\n.\r\n.\r\n"])
def test_the_end_of_a_message_is_where_it_ends(content: bytes) -> None:
    script = Script()
    with mail_server(script) as port:
        deliver(port, content, MESSAGE)
    assert [each.content.rstrip() for each in script.accepted] == [content.rstrip(), MESSAGE.rstrip()]


@pytest.mark.parametrize(
    "content", [b"a: b\r\n\r\nx\n.\nMAIL FROM:<x@example.org>\r\n", b"a: b\r\n\r\nx\r.\r\n"]
)
def test_a_line_that_servers_end_differently_is_not_handed_over(content: bytes) -> None:
    script = Script()
    with mail_server(script) as port, pytest.raises(ValueError, match="CRLF"):
        deliver(port, content)
    assert b"MAIL" not in script.heard


@pytest.mark.parametrize(
    "address", ["a@b>\r\nRCPT TO:<c@d", "a b@c", "a@b> SIZE=1", "<a@b", "a", "ä@b", "a@b\0", ""]
)
def test_an_address_that_would_be_a_command_is_not_said(address: str) -> None:
    script = Script()
    with mail_server(script) as port, Connection(mailing(port), LOGIN, QUICK) as connection:
        assert connection.deliver(address, MESSAGE) == Outcome(State.FAILED, smtp.BAD_ADDRESS)
    assert b"RCPT" not in script.heard


class Says(Script):
    """Gives one answer at one stage, the first time."""

    def __init__(self, stage: Stage, answer: str | None) -> None:
        super().__init__()
        self.answers = {stage: answer}

    async def at_sender(self) -> str | None:
        return self.answers.pop(Stage.SENDER, await super().at_sender())

    async def at_recipient(self, address: str) -> str | None:
        return self.answers.pop(Stage.RECIPIENT, await super().at_recipient(address))

    async def at_data(self) -> str | None:
        return self.answers.pop(Stage.DATA, await super().at_data())

    async def at_message(self, address: str, content: bytes) -> str | None:
        if Stage.MESSAGE in self.answers:
            return self.answers.pop(Stage.MESSAGE)
        return await super().at_message(address, content)


SENT = Outcome(State.SENT, "250 2.0.0")


@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        (
            Stage.RECIPIENT,
            f"550 5.1.1 <{TO}> no such user",
            Outcome(State.FAILED, "550 5.1.1", suppress=True),
        ),
        (Stage.RECIPIENT, "550 no such user", Outcome(State.FAILED, "550")),
        (Stage.RECIPIENT, "554 5.7.1 not wanted", Outcome(State.FAILED, "554 5.7.1")),
        (Stage.RECIPIENT, "552 5.2.2 mailbox full", Outcome(State.DEFERRED, "552 5.2.2")),
        (Stage.RECIPIENT, "552 storage", Outcome(State.DEFERRED, "552")),
        (Stage.RECIPIENT, "451 4.7.1 greylisted", Outcome(State.DEFERRED, "451 4.7.1")),
        (Stage.RECIPIENT, "421 4.3.2 closing", Outcome(State.DEFERRED, "421 4.3.2")),
        (Stage.RECIPIENT, None, Outcome(State.DEFERRED, smtp.LOST)),
        (Stage.SENDER, "452 4.3.1 disk full", Outcome(State.DEFERRED, "452 4.3.1")),
        (Stage.SENDER, "552 5.3.4 too large", Outcome(State.FAILED, "552 5.3.4")),
        (Stage.DATA, "554 5.5.1 no", Outcome(State.FAILED, "554 5.5.1")),
        (Stage.DATA, "451 4.3.0 later", Outcome(State.DEFERRED, "451 4.3.0")),
        (Stage.DATA, None, Outcome(State.DEFERRED, smtp.LOST)),
        (Stage.MESSAGE, "250 queued as 1", Outcome(State.SENT, "250")),
        (Stage.MESSAGE, "554 5.6.0 not this", Outcome(State.FAILED, "554 5.6.0")),
        (Stage.MESSAGE, "552 5.2.2 mailbox full", Outcome(State.DEFERRED, "552 5.2.2")),
        (Stage.MESSAGE, "451 4.3.0 later", Outcome(State.DEFERRED, "451 4.3.0")),
        (Stage.MESSAGE, "421 4.3.2 closing", Outcome(State.DEFERRED, "421 4.3.2")),
        (Stage.MESSAGE, None, Outcome(State.UNKNOWN, smtp.NO_ANSWER)),
        (Stage.MESSAGE, "what", Outcome(State.UNKNOWN, smtp.NO_ANSWER)),
        (Stage.MESSAGE, "354 go on", Outcome(State.UNKNOWN, "354")),
        (Stage.MESSAGE, "250 " + "x" * 9000, Outcome(State.UNKNOWN, smtp.NO_ANSWER)),
    ],
)
def test_each_answer_decides_what_becomes_of_the_message_and_the_next_one_goes(
    stage: Stage, answer: str | None, expected: Outcome
) -> None:
    with mail_server(Says(stage, answer)) as port:
        assert deliver(port, MESSAGE, MESSAGE) == [expected, SENT]


@given(st.integers(200, 599), st.binary(max_size=60), st.sampled_from(Stage))
def test_nothing_of_an_answers_words_is_kept(code: int, words: bytes, stage: Stage) -> None:
    made = smtp.outcome(stage, Reply.of(code, words))
    assert made.code == str(code) or smtp.ENHANCED.fullmatch(made.code.removeprefix(f"{code} ").encode())
    assert made.state is not State.SENT or stage is Stage.MESSAGE


class Silent(Script):
    """Takes a message, and says nothing for a while."""

    async def at_message(self, address: str, content: bytes) -> str | None:
        if not self.accepted:
            self.take(address, content)
            await asyncio.sleep(5)
        return await super().at_message(address, content)


def test_an_answer_that_does_not_come_in_time_leaves_it_open_whether_it_arrived() -> None:
    script = Silent()
    with mail_server(script) as port:
        assert deliver(port, MESSAGE, MESSAGE) == [Outcome(State.UNKNOWN, smtp.NO_ANSWER), SENT]
    assert script.connections == 4, "the next message goes over a new connection"


def test_a_message_of_which_the_end_was_not_handed_over_cannot_have_arrived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "BLOCK", 16)
    sent: list[bytes] = []
    send = smtplib.SMTP.send

    def breaks(self: smtplib.SMTP, data: bytes | str) -> None:
        if isinstance(data, bytes):
            sent.append(data)
            if len(sent) == 3:
                self.close()
        send(self, data)

    monkeypatch.setattr(smtplib.SMTP, "send", breaks)
    script = Script()
    with mail_server(script) as port:
        assert deliver(port, MESSAGE, MESSAGE) == [Outcome(State.DEFERRED, smtp.LOST), SENT]
    assert len(script.accepted) == 1


class Closes(Script):
    """Closes after some messages, without a word or with one."""

    def __init__(self, answer: str | None) -> None:
        super().__init__()
        self.answer = answer
        self.begun = 0

    async def at_sender(self) -> str | None:
        self.begun += 1
        return self.answer if self.begun == 3 else await super().at_sender()


@pytest.mark.parametrize("answer", [None, "421 4.7.0 enough messages"])
def test_a_server_that_closes_between_two_messages_costs_no_message_an_attempt(answer: str | None) -> None:
    script = Closes(answer)
    with mail_server(script) as port:
        assert deliver(port, *[MESSAGE] * 4) == [SENT] * 4


def test_a_connection_has_at_most_so_many_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "MOST", 3)
    script = Script()
    with mail_server(script) as port:
        assert deliver(port, *[MESSAGE] * 7) == [SENT] * 7
    assert script.heard.upper().count(b"QUIT") == 3


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        (Stage.SENDER, "550 5.7.1 not you"),
        (Stage.SENDER, "530 5.7.0 log in"),
        (Stage.RECIPIENT, "550 5.1.8 sender's domain is bad"),
        (Stage.RECIPIENT, "553 5.7.1 not owned by user"),
        (Stage.MESSAGE, "550 5.1.7 sender's address is bad"),
    ],
)
def test_a_refused_sender_is_told_and_is_no_fault_of_the_message(stage: Stage, answer: str) -> None:
    with (
        mail_server(Says(stage, answer)) as port,
        pytest.raises(StopError, match="refuses the sender") as told,
    ):
        deliver(port, MESSAGE)
    assert not isinstance(told.value, AwayError)
    assert TO not in str(told.value)
    assert "you" not in str(told.value)


def refused(
    port: int, script: Script, match: str, *, tls: Tls = "starttls", login: Login = LOGIN
) -> StopError:
    """See that nothing was sent: no message, no password, no address of a patient."""
    with pytest.raises(StopError, match=match) as told:
        deliver(port, MESSAGE, tls=tls, login=login)
    heard = bytes(script.heard).upper()
    assert not any(word in heard for word in (b"AUTH", b"MAIL", b"RCPT", b"DATA", TO.upper().encode()))
    assert login.password not in str(told.value)
    assert str(port) in str(told.value)
    return told.value


def test_a_server_without_tls_gets_nothing() -> None:
    script = Script()
    with mail_server(script, "none") as port:
        refused(port, script, "offers no TLS")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize(
    ("context", "match"),
    [
        (certificate(HOST, signed_by=trustme.CA()), "cannot prove who it is"),
        (certificate("mail.example.org"), "cannot prove who it is .*localhost"),
    ],
    ids=["untrusted", "another name"],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_is_not_who_it_says_gets_nothing(context: object, match: str, tls: Tls) -> None:
    script = Script()
    with mail_server(script, tls, context) as port:  # type: ignore[arg-type]
        assert not isinstance(refused(port, script, match, tls=tls), AwayError)


def test_tls_on_the_wrong_port_is_told() -> None:
    script = Script()
    with mail_server(script) as port:
        refused(port, script, "587 with starttls, or 465 with implicit", tls="implicit")


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


def test_a_server_that_is_away_is_told_as_such(closed_port: int) -> None:
    with pytest.raises(AwayError, match="nothing listens"):
        deliver(closed_port, MESSAGE)
    nowhere = mailing(587, host="mail.example.invalid")
    with pytest.raises(AwayError, match="no such name"), Connection(nowhere, LOGIN, QUICK):
        pass


@pytest.mark.parametrize(
    ("greeting", "away"),
    [(b"421 busy\r\n", True), (b"554 not you\r\n", False), (b"", True), (b"220 hi\r\n", True)],
)
def test_a_greeting_that_is_none(greeting: bytes, *, away: bool) -> None:
    def greet(listening: socket.socket) -> None:
        peer = listening.accept()[0]
        with peer:
            peer.sendall(greeting)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=greet, args=(listening,))
        thread.start()
        with pytest.raises(StopError) as told:
            deliver(listening.getsockname()[1], MESSAGE)
        thread.join()
    assert isinstance(told.value, AwayError) is away
    assert "not you" not in str(told.value)


@pytest.mark.parametrize(
    ("pieces", "pause"),
    [([b"220-" + b"x" * 1000 + b"\r\n"] * 200 + [b"220 hi\r\n"], 0), ([b"2", b"2", b"0", b" hi\r\n"], 0.3)],
    ids=["endless", "byte by byte"],
)
def test_a_reply_without_an_end_is_not_waited_for(pieces: list[bytes], pause: float) -> None:
    """Whoever is between us and the server could else stop all mail, before TLS, and fill the memory."""
    heard = bytearray()

    def greet(listening: socket.socket) -> None:
        peer = listening.accept()[0]
        with peer, suppress(OSError):
            for piece in pieces:
                peer.sendall(piece)
                time.sleep(pause)
            heard.extend(peer.recv(100))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=greet, args=(listening,))
        thread.start()
        with (
            pytest.raises(AwayError),
            Connection(mailing(listening.getsockname()[1]), LOGIN, Timeouts(0.6, 0.6, 0.6)),
        ):
            pass
        thread.join()
    assert not heard


def test_what_is_said_before_tls_counts_for_nothing_after_it() -> None:
    """Else whoever is between us and the server could answer in its name: CVE-2011-0411."""
    heard: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        peer = listening.accept()[0]
        with peer:
            peer.sendall(b"220 hi\r\n")
            heard.append(peer.recv(1000))
            peer.sendall(b"250-hi\r\n250 STARTTLS\r\n")
            heard.append(peer.recv(1000))
            peer.sendall(b"220 go\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 OK\r\n")
            with certificate(HOST).wrap_socket(peer, server_side=True) as safe:
                heard.append(safe.recv(1000))
                safe.sendall(b"250 hi\r\n")
                heard.append(safe.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        with pytest.raises(StopError, match="takes no login"):
            deliver(listening.getsockname()[1], MESSAGE)
        thread.join()
    assert [each[:4].upper() for each in heard] == [b"EHLO", b"STAR", b"EHLO", b""]


def test_an_answer_too_many_is_not_taken_for_one_to_the_next_message() -> None:
    script = Says(Stage.MESSAGE, "354 go on\r\n250 2.0.0 OK")
    with mail_server(script) as port:
        assert deliver(port, MESSAGE, MESSAGE) == [Outcome(State.UNKNOWN, "354"), SENT]


def test_a_wrong_password_is_told_without_it() -> None:
    script = Script()
    wrong = Login(LOGIN.user, "wr0ng")
    with (
        mail_server(script) as port,
        pytest.raises(StopError, match=f"{port} refuses the login \\(535") as told,
    ):
        deliver(port, MESSAGE, login=wrong)
    assert "wr0ng" not in f"{told.value!r}{told.value.__cause__!r}{wrong!r}"
    assert b"MAIL" not in script.heard


def test_a_server_that_knows_only_login_and_one_that_knows_none() -> None:
    script = Script()
    with mail_server(script, auth_exclude_mechanism=["PLAIN"]) as port:
        assert deliver(port, MESSAGE) == [SENT]
    with (
        mail_server(script, auth_exclude_mechanism=["PLAIN", "LOGIN"]) as port,
        pytest.raises(StopError, match="login: false"),
    ):
        deliver(port, MESSAGE)
    with mail_server(script) as port, pytest.raises(StopError, match=r"refuses the sender .*530"):
        deliver(port, MESSAGE, login=None)


def test_the_login_is_of_the_environment_and_shows_nothing() -> None:
    found = logins.login(mailing(587), {logins.USER: " u@example.org ", logins.PASSWORD: "p p\n"})
    assert found == Login("u@example.org", "p p")
    assert "p p" not in repr(found)
    assert "u@" not in repr(found)
    assert logins.login(mailing(587, login=False), {}) is None


@pytest.mark.parametrize(
    ("environ", "missing"),
    [({}, f"{logins.USER} and {logins.PASSWORD}"), ({logins.USER: "u"}, f"set {logins.PASSWORD},")],
)
def test_a_missing_login_says_what_to_set(environ: dict[str, str], missing: str) -> None:
    with pytest.raises(LoginError, match=missing) as told:
        logins.login(mailing(587), environ)
    assert "careleaf localhost" in str(told.value)


def test_the_keyring_keeps_the_login_of_each_server() -> None:
    import keyring  # noqa: PLC0415 # only this needs it
    from keyring.backend import KeyringBackend  # noqa: PLC0415
    from keyring.credentials import SimpleCredential  # noqa: PLC0415

    class Kept(KeyringBackend):
        priority = 1

        def get_credential(self, service: str, username: str | None) -> SimpleCredential | None:
            return SimpleCredential(username or "u", "kept") if service == "careleaf localhost" else None

        def get_password(self, service: str, username: str) -> str | None:
            raise NotImplementedError

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    keyring.set_keyring(Kept())  # type: ignore[no-untyped-call]
    assert logins.login(mailing(587), {}) == Login("u", "kept")
    assert logins.login(mailing(587), {logins.USER: "v"}) == Login("v", "kept")
    with pytest.raises(LoginError):
        logins.login(mailing(587, host="other.example.org"), {})


def test_a_sender_of_another_domain_than_the_login_is_refused_and_another_name_warned_of() -> None:
    assert logins.fits(mailing(587), LOGIN) == ""
    assert logins.fits(mailing(587), Login("SENDER@Example.ORG", "")) == ""
    assert logins.fits(mailing(587), None) == ""
    assert logins.fits(mailing(587), Login("apikey", "")) == ""
    assert FROM in logins.fits(mailing(587), Login("other@example.org", ""))
    with pytest.raises(
        LoginError, match=r"sender is at example\.org.*login for localhost is at example\.com"
    ):
        logins.fits(mailing(587), Login("sender@example.com", ""))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 # only this needs it
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    made = rsa.generate_private_key(65537, 2048)
    pem = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    path.write_bytes(pem)
    path.chmod(0o600)
    public = made.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    path.with_suffix(".der").write_bytes(public)
    return path


def test_a_signature_holds_and_nothing_signed_can_be_changed_or_added(key: Path, tmp_path: Path) -> None:
    import base64  # noqa: PLC0415

    import dkim  # noqa: PLC0415

    public = b"v=DKIM1; p=" + base64.b64encode(key.with_suffix(".der").read_bytes())

    def record(name: bytes, timeout: int = 0) -> bytes:
        assert (name, timeout >= 0) == (b"leaflets._domainkey.example.org.", True)
        return public

    def holds(message: bytes) -> bool:
        return bool(dkim.verify(message, dnsfunc=record))

    sign = signing.signer(mailing(587, dkim="leaflets"), tmp_path, {signing.KEY: str(key)})
    signed = sign(MESSAGE)
    assert signed == sign(MESSAGE), "all copies of a message are the same bytes"
    assert holds(signed)
    assert not holds(signed.replace(b"a dot", b"a lie"))
    for field in (
        b"To: x@example.org",
        b"Subject: x",
        b"Reply-To: x@example.org",
        b"Content-Type: text/html",
    ):
        name, _, rest = signed.partition(b"\r\nFrom:")
        assert not holds(name + b"\r\n" + field + b"\r\nFrom:" + rest), field


def test_no_signature_without_a_selector(tmp_path: Path) -> None:
    assert signing.signer(mailing(587), tmp_path, {})(MESSAGE) == MESSAGE


def test_a_key_that_others_could_get_is_refused(key: Path, tmp_path: Path) -> None:
    def refused(path: str, match: str, library: Path = tmp_path) -> None:
        with pytest.raises(signing.SigningError, match=match):
            signing.signer(mailing(587, dkim="leaflets"), library, {signing.KEY: path})

    refused("", "name the file")
    refused(str(tmp_path / "none.pem"), "cannot be read", tmp_path / "library")
    refused(str(key), "inside the library", key.parent)
    other = tmp_path / "other.pem"
    other.write_bytes(key.read_bytes())
    other.chmod(0o644)
    refused(str(other), "chmod 600", tmp_path / "library")
    other.write_bytes(b"no key")
    other.chmod(0o600)
    refused(str(other), "no private RSA key", tmp_path / "library")


def test_the_record_for_the_dns_has_the_public_half_of_the_key(key: Path, tmp_path: Path) -> None:
    """Another key there, and every signature is a sign of forgery."""
    public = b64encode(key.with_suffix(".der").read_bytes()).decode()
    assert signing.public_record(tmp_path, {signing.KEY: str(key)}) == f"v=DKIM1; k=rsa; p={public}"
    (tmp_path / "no.pem").write_text("nothing", "utf-8")
    (tmp_path / "no.pem").chmod(0o600)
    with pytest.raises(signing.SigningError, match="no private RSA key"):
        signing.public_record(tmp_path / "library", {signing.KEY: str(tmp_path / "no.pem")})
