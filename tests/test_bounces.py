"""Mail that came back: what is taken for a bounce, what is not, and which message it was."""

import mailbox
from email import message_from_bytes
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careleaf.mail import bounces
from careleaf.mail.bounces import MailboxError, Notice, Verdict

OURS = "<aa11bb22cc33@clinic.example>"


def mail(text: str) -> bytes:
    return dedent(text).lstrip("\n").encode()


POSTFIX = mail(f"""
    Return-Path: <>
    From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
    Subject: Undelivered Mail Returned to Sender
    To: leaflets@clinic.example
    Auto-Submitted: auto-replied
    MIME-Version: 1.0
    Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

    --b1
    Content-Description: Notification
    Content-Type: text/plain; charset=us-ascii

    This is the mail system at host mx.example.org.

    <jane@example.org>: host mail.example.org[192.0.2.1] said: 550 5.1.1
        <jane@example.org>: Recipient address rejected (in reply to RCPT TO command)

    --b1
    Content-Type: message/delivery-status

    Reporting-MTA: dns; mx.example.org

    Final-Recipient: rfc822; jane@example.org
    Original-Recipient: rfc822;jane@example.org
    Action: failed
    Status: 5.1.1
    Diagnostic-Code: smtp; 550 5.1.1 <jane@example.org>: Recipient address rejected

    --b1
    Content-Description: Undelivered Message
    Content-Type: message/rfc822

    Message-ID: {OURS}
    From: Clinic <leaflets@clinic.example>
    To: jane@example.org
    Subject: After your visit

    Words.

    --b1--
    """)
HEADERS_ONLY = POSTFIX.replace(b"message/rfc822\n", b"text/rfc822-headers\n")
FULL = POSTFIX.replace(b"Status: 5.1.1", b"Status: 4.2.2").replace(
    b"Diagnostic-Code: smtp; 550 5.1.1", b"Diagnostic-Code: smtp; 452 4.2.2"
)
DELAYED = POSTFIX.replace(b"Action: failed", b"Action: delayed").replace(b"Status: 5.1.1", b"Status: 4.4.1")
ARRIVED = POSTFIX.replace(b"Action: failed", b"Action: delivered").replace(b"Status: 5.1.1", b"Status: 2.0.0")
EXCHANGE = mail(f"""
    From: <postmaster@example.org>
    To: <leaflets@clinic.example>
    Subject: Undeliverable: After your visit
    In-Reply-To: {OURS}
    References: {OURS}
    Content-Type: multipart/report; report-type=delivery-status; boundary="e1"
    MIME-Version: 1.0

    --e1
    Content-Type: multipart/alternative; differences=Content-Type; boundary="e2"

    --e2
    Content-Type: text/html; charset="us-ascii"

    <p>Your message to jane@example.org couldn't be delivered.</p>

    --e2--

    --e1
    Content-Type: message/delivery-status

    Reporting-MTA: dns;mail.example.org

    Final-Recipient: rfc822;jane@example.org
    Action: failed
    Status: 5.1.10
    Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found

    --e1--
    """)
GMAIL = mail(f"""
    From: Mail Delivery Subsystem <mailer-daemon@mail.example.com>
    To: leaflets@clinic.example
    Auto-Submitted: auto-replied
    Subject: Delivery Status Notification (Failure)
    X-Failed-Recipients: jane@example.org
    In-Reply-To: {OURS}
    MIME-Version: 1.0
    Content-Type: multipart/report; boundary="g1"; report-type=delivery-status

    --g1
    Content-Type: text/plain; charset="UTF-8"

    ** Address not found **

    Your message wasn't delivered to jane@example.org.

    --g1
    Content-Type: message/delivery-status

    Reporting-MTA: dns; mail.example.com
    X-Original-Message-ID: {OURS}

    Final-Recipient: rfc822; jane@example.org
    Action: failed
    Status: 5.1.1
    Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.

    --g1
    Content-Type: message/rfc822

    To: jane@example.org
    Message-ID: {OURS}

    --g1--
    """)
OLD = mail(f"""
    Return-Path: <>
    From: MAILER-DAEMON@example.org
    To: leaflets@clinic.example
    Subject: failure notice

    Hi. This is the qmail-send program at example.org.
    I'm afraid I wasn't able to deliver your message to the following addresses.

    <jane@example.org>:
    192.0.2.1 does not like recipient.
    Remote host said: 550 5.1.1 no such user

    --- Below this line is a copy of the message.

    Message-ID: {OURS}
    To: jane@example.org
    """)
AWAY = mail(f"""
    From: jane@example.org
    To: leaflets@clinic.example
    Subject: Out of office
    Auto-Submitted: auto-replied
    In-Reply-To: {OURS}

    I am away until Monday.
    """)
READ_RECEIPT = mail(f"""
    From: jane@example.org
    To: leaflets@clinic.example
    Content-Type: multipart/report; report-type=disposition-notification; boundary="d1"

    --d1
    Content-Type: message/disposition-notification

    Final-Recipient: rfc822;jane@example.org
    Original-Message-ID: {OURS}
    Disposition: manual-action/MDN-sent-manually; displayed
    --d1--
    """)
LETTER = mail(f"""
    From: jane@example.org
    To: leaflets@clinic.example
    Subject: Thank you
    In-Reply-To: {OURS}

    The other clinic's mail came back, though. It said:

    Hi. This is the qmail-send program at example.org.
    I'm afraid I wasn't able to deliver your message to the following addresses.

    <john@example.org>:
    550 5.1.1 no such user

    --- Below this line is a copy of the message.
    """)
UNCLEAR = mail("""
    Return-Path: <>
    From: MAILER-DAEMON@example.org
    Subject: Something happened

    We are sorry.
    """)
BROKEN = POSTFIX[:700].replace(b"Undelivered", b"\xff\xfe\x00") + b"\n--b1\nContent-Type: \xff; \xff"

GONE_11 = Notice(1, Verdict.GONE, "550 5.1.1", (OURS,))
CORPUS = {
    "Postfix": (POSTFIX, GONE_11),
    "Postfix, header only": (HEADERS_ONLY, GONE_11),
    "Exchange": (EXCHANGE, Notice(1, Verdict.GONE, "550 5.1.10", (OURS,))),
    "Gmail": (GMAIL, GONE_11),
    "qmail": (OLD, GONE_11),
    "full": (FULL, Notice(1, Verdict.GONE, "452 4.2.2", (OURS,))),
    "delayed": (DELAYED, Notice(1, Verdict.DELAYED, "550 4.4.1", (OURS,))),
    "arrived": (ARRIVED, Notice(1, Verdict.LETTER)),
    "away": (AWAY, Notice(1, Verdict.REPLY)),
    "read": (READ_RECEIPT, Notice(1, Verdict.REPLY)),
    "letter": (LETTER, Notice(1, Verdict.LETTER)),
    "unclear": (UNCLEAR, Notice(1, Verdict.STRANGE)),
    "not mail": (b"\x00\x01\x02", Notice(1, Verdict.STRANGE)),
    "empty": (b"", Notice(1, Verdict.STRANGE)),
}  # fmt: skip


@pytest.mark.parametrize(("content", "notice"), CORPUS.values(), ids=CORPUS.keys())
def test_each_servers_way_of_saying_it_is_understood_and_a_patients_letter_is_no_bounce(
    content: bytes, notice: Notice
) -> None:
    """A bounce that is missed leaves a patient without a sheet; a false one shuts out a good address."""
    assert bounces.judged(1, content) == notice


def test_only_an_address_that_is_not_there_is_never_tried_again() -> None:
    told = {name: bounces.judged(1, content).nobody_there for name, (content, _) in CORPUS.items()}
    assert [name for name, gone in told.items() if gone] == [
        "Postfix", "Postfix, header only", "Exchange", "Gmail", "qmail",
    ]  # fmt: skip
    assert not Notice(1, Verdict.GONE, "550 5.7.1").nobody_there
    assert not Notice(1, Verdict.GONE).nobody_there


# --- the mailbox ------------------------------------------------------------------------------------


def test_an_mbox_a_maildir_a_folder_and_a_single_message_are_read_alike(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    folder = tmp_path / "folder"
    folder.mkdir()
    maildir = mailbox.Maildir(tmp_path / "maildir")
    for number, content in enumerate((POSTFIX, LETTER, GMAIL)):
        box.add(message_from_bytes(content))
        (folder / f"{number}.EML").write_bytes(content)
        maildir.add(content)
    box.close()
    verdicts = [Verdict.GONE, Verdict.LETTER, Verdict.GONE]
    for place in ("box", "folder"):
        assert [each.verdict for each in bounces.read(tmp_path / place)] == verdicts
    assert sorted(each.verdict for each in bounces.read(tmp_path / "maildir")) == sorted(verdicts)
    assert list(bounces.read(folder / "0.EML")) == [GONE_11]


def test_a_message_that_is_taken_away_meanwhile_is_no_bug(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    keys = sorted(box.add(b"From: a@example.com\r\n\r\n") for _ in range(2))
    read = bounces.read(tmp_path / "box")
    assert next(read).verdict is Verdict.LETTER
    box.remove(keys[1])
    with pytest.raises(MailboxError, match="it changed while it was read"):
        next(read)


def test_reading_a_mailbox_changes_nothing_in_it(tmp_path: Path) -> None:
    maildir = mailbox.Maildir(tmp_path / "maildir")
    maildir.add(POSTFIX)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    assert len(list(bounces.read(tmp_path / "maildir"))) == 1
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" * 50, b"a;b;c\n1;2;3\n", b"x" * 10_000])
def test_what_is_no_mailbox_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "box"
    file.write_bytes(content)
    with pytest.raises(MailboxError, match="is no mail"):
        list(bounces.read(file))
    with pytest.raises(MailboxError, match=r"has no \.eml"):
        list(bounces.read(tmp_path))
    with pytest.raises(MailboxError, match="No such file"):
        list(bounces.read(tmp_path / "nowhere"))


DEEP = b"Content-Type: message/rfc822\n\n" * 4000
NESTED = b"".join(
    b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (each, each) for each in range(2000)
)
MANY = POSTFIX.replace(b"\n--b1--", b"\n--b1\n\nx\n" * 10_000 + b"--b1--")
HOSTILE = {
    "deep": DEEP,
    "nested": NESTED,
    "10,000 parts": MANY,
    "long line": POSTFIX.replace(b"This is", b"<" + b"a@" * 5_000_000),
    "many addresses": OLD.replace(b"Remote", b"<a@example.org>:\n" * 15_000 + b"Remote"),
    "many blanks": OLD.replace(b"Hi. ", b"failed addresses follow:\n" + b" " * 400_000 + b"\n"),
    "many ids": EXCHANGE.replace(OURS.encode(), b" ".join(b"<%d@x>" % each for each in range(50_000))),
    "broken": BROKEN,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_message_is_passed_over_and_the_next_is_read(tmp_path: Path, content: bytes) -> None:
    for name, each in (("1.eml", content), ("2.eml", POSTFIX)):
        (tmp_path / name).write_bytes(each)
    first, second = bounces.read(tmp_path)
    assert len(first.message_ids) <= bounces.MOST_IDS
    assert (second.verdict, second.message_ids) == (Verdict.GONE, (OURS,))


@given(st.binary(max_size=300), st.integers(0, len(POSTFIX)))
def test_whatever_stands_in_a_message_it_is_judged(junk: bytes, place: int) -> None:
    assert bounces.judged(1, POSTFIX[:place] + junk + POSTFIX[place:]).position == 1
    assert bounces.judged(1, junk).verdict in {Verdict.LETTER, Verdict.STRANGE}


def test_what_the_detectors_stumble_over_is_not_printed_with_its_words(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def planted(_: object) -> None:
        raise ValueError("jane@example.org")

    monkeypatch.setattr("flufl.bounce._detectors.dsn.DSN.process", lambda _self, message: planted(message))
    assert bounces.judged(1, POSTFIX) == Notice(1, Verdict.STRANGE)
    assert capfd.readouterr() == ("", "")
