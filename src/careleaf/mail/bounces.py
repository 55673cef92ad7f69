"""Mail that came back: which of our messages it is about, and whether that one will ever arrive.

A mailbox is a stranger's: whatever is in it, it is read in bounded time, and nothing of it is quoted.
"""

import logging
import mailbox
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Final

from flufl.bounce import all_failures

from careleaf.mail.outbox import Outbox
from careleaf.mail.parcel import Entry

MOST_BYTES: Final = 512 * 1024**2
"""How large a mailbox of one file may be."""
READ: Final = 256 * 1024
"""How much of one message is read: a notice says all that it says before the copy of what came back."""
READ_OF_TEXT: Final = 32 * 1024
"""How much of it is read where a notice has no form, and many patterns are tried on each of its lines."""
MOST_LINES: Final = 10_000
LONGEST_LINE: Final = 300
"""Characters of a line that are looked at; some patterns take the square of that in steps."""
MOST_FOLDS: Final = 20
MOST_BOUNDARIES: Final = 50
"""What is beyond is no notice of a mail server, but made to keep its reader busy."""
MOST_IDS: Final = 20
RETURNED: Final = "it came back"
"""Begins the reason of a message that a server took over, and another did not."""

_SERVERS: Final = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "maildaemon"})
_DELIVERED: Final = ("delivered", "relayed", "expanded")
"""Actions of RFC 3464 that are no failures."""
_ID: Final = re.compile(r"<[^<>\s@]{1,200}@[^<>\s@]{1,200}>")
_ID_LINE: Final = re.compile(
    r"^[> \t]{0,8}message-id:\s{0,8}(<[^<>\s@]{1,200}@[^<>\s@]{1,200}>)", re.IGNORECASE | re.MULTILINE
)
_STATUS: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_REPLY: Final = re.compile(r"(?<![\d.])[45]\d\d(?=[ -]+#?[245]\.\d{1,3}\.\d{1,3}(?![\d.]))")
_REST_OF_LINE: Final = re.compile(rb"(?<=[^\n]{%d})[^\n]+" % LONGEST_LINE)
_REST_OF_FIELD: Final = re.compile(rb"((?:\n[ \t][^\n]*){%d})(?:\n[ \t][^\n]*)+" % MOST_FOLDS)
_HEADER: Final = re.compile(rb"[!-9;-~]{1,76}:[ \t\r\n]")


class MailboxError(Exception):
    """A mailbox cannot be read. The message says why, and what to do."""


class Verdict(StrEnum):
    """What a message of a mailbox is."""

    GONE = "gone"
    """It says that something has not arrived, and will not."""
    DELAYED = "delayed"
    """It says that something has not arrived yet."""
    REPLY = "reply"
    """A program's answer or receipt (RFC 3834, RFC 8098): no bounce."""
    LETTER = "letter"
    """Written by somebody, or of success: no bounce."""
    STRANGE = "strange"
    """A mail server's notice, or not even mail, that nothing here understands."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message of a mailbox: its position counts from 1, in a folder by the order of the files' names.

    `code` is like that of an Outcome, and empty if it has none. `message_ids` are those of what came back,
    the likeliest first.
    """

    position: int
    verdict: Verdict
    code: str = ""
    message_ids: tuple[str, ...] = ()

    @property
    def nobody_there(self) -> bool:
        """Say that there is no such address, or that it is closed (RFC 3463: x.1.x, x.2.1): never try again.

        Not so if the mailbox is full, the message was refused for what it is, or no code says why.
        """
        return self.verdict is Verdict.GONE and bool(re.search(r"\b5\.(1\.\d{1,3}|2\.1)$", self.code))


def read(path: Path) -> Iterator[Notice]:
    """Judge each message of an mbox file, a Maildir, a folder of .eml files, or one such file.

    Raises MailboxError.
    """
    try:
        for position, content in enumerate(_contents(path), 1):
            yield judged(position, content)
    # A KeyError is of a Maildir: a mail program has taken a message away meanwhile.
    except (OSError, KeyError, mailbox.Error) as error:
        reason = getattr(error, "strerror", None) or "it changed while it was read"
        raise MailboxError(f"{path} cannot be read: {reason}") from None


def matched(outbox: Outbox, notice: Notice) -> Entry | None:
    """Note in the outbox what a notice says, and give the message that came back: None if it is not ours.

    Raises OutboxError.
    """
    gone = notice.verdict is Verdict.GONE
    if not gone and notice.verdict is not Verdict.DELAYED:
        return None
    code = f"{RETURNED} {notice.code}".strip()
    found = (outbox.bounced(each, code, gone, suppress=notice.nobody_there) for each in notice.message_ids)
    return next((entry for entry in found if entry), None)


def _contents(path: Path) -> Iterator[bytes]:
    """Give the start of each message."""
    if (path / "cur").is_dir():
        return _each(mailbox.Maildir(path, create=False))
    if path.is_dir():
        return _files(path)
    return _one_file(path)


def _each(box: "mailbox.Maildir | mailbox.mbox") -> Iterator[bytes]:
    try:
        for key in sorted(box.keys()):
            with box.get_file(key) as file:
                yield file.read(READ)
    finally:
        box.close()


def _files(folder: Path) -> Iterator[bytes]:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".eml" and file.is_file())
    if not files:
        message = f"{folder} is no Maildir and has no .eml file"
        raise MailboxError(f"{message}: give the folder, or the file, that your mail program exports")
    return map(_start, files)


def _start(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(READ)


def _one_file(file: Path) -> Iterator[bytes]:
    start = _start(file)
    if not file.is_file() or file.stat().st_size > MOST_BYTES:
        raise MailboxError(f"{file} is no mailbox, or larger than {MOST_BYTES // 1024**2} MB: split it")
    if start.startswith(b"From "):
        return _each(mailbox.mbox(file, create=False))
    if _HEADER.match(start):
        return iter([start])
    message = f"{file} is no mail: neither an mbox file nor a message"
    raise MailboxError(f"{message}. Export the mailbox from your mail program as mbox or .eml")


def judged(position: int, content: bytes) -> Notice:
    """Judge a message by its start."""
    if content.count(b"\n") > MOST_LINES or content.lower().count(b"boundary=") > MOST_BOUNDARIES:
        return Notice(position, Verdict.STRANGE)
    try:
        return _judged(position, _cut(content))
    except Exception:  # noqa: BLE001 # whatever somebody's message does to its readers, the next one is read
        return Notice(position, Verdict.STRANGE)


def _cut(content: bytes) -> bytes:
    """Cut what takes its readers too long: endless lines, and fields of endless lines."""
    return _REST_OF_FIELD.sub(rb"\1", _REST_OF_LINE.sub(b"", content.replace(b"\r\n", b"\n")))


def _judged(position: int, content: bytes) -> Notice:
    message = message_from_bytes(content)
    # A server's report comes first: Postfix marks it as an automatic reply, which it is.
    if not _is_report(message):
        if _is_reply(message):
            return Notice(position, Verdict.REPLY)
        if not _is_of_a_server(message):
            return Notice(position, Verdict.LETTER if message.keys() else Verdict.STRANGE)
    statuses = list(_statuses(message))
    actions = [_said(status, "action").lower() for status in statuses if "action" in status]
    if actions and all(action.startswith(_DELIVERED) for action in actions):
        return Notice(position, Verdict.LETTER)
    scanned = message if actions else message_from_bytes(content[:READ_OF_TEXT])
    return Notice(position, _verdict(scanned), _code(message, statuses), _ids(message))


def _said(message: Message, name: str) -> str:
    """Give a field's words; empty without one. A field of broken bytes is a Header, not a str."""
    return str(message.get(name, "")).strip()


def _is_report(message: Message) -> bool:
    kind = message.get_param("report-type")
    return message.get_content_type() == "multipart/report" and str(kind).lower() == "delivery-status"


def _is_reply(message: Message) -> bool:
    kind = str(message.get_param("report-type")).lower()
    marked = any(name in message for name in ("x-autoreply", "x-autorespond"))
    return (
        marked
        or kind == "disposition-notification"
        or _said(message, "auto-submitted").startswith("auto-replied")
    )


def _is_of_a_server(message: Message) -> bool:
    """Say that no person wrote it: else a letter that quotes a notice would shut out its writer."""
    writer = parseaddr(_said(message, "from"))[1].partition("@")[0].lower()
    return writer in _SERVERS or _said(message, "return-path") == "<>"


def _statuses(message: Message) -> Iterator[Message]:
    """Give each block of fields of a delivery report (RFC 3464)."""
    for part in message.walk():
        blocks = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(blocks, list):
            yield from (block for block in blocks if isinstance(block, Message))


def _verdict(message: Message) -> Verdict:
    # It writes what it stumbles over, with a traceback that may quote a person, where no handler is.
    logging.getLogger("flufl.bounce").disabled = True
    temporary, permanent = all_failures(message)
    if permanent:
        return Verdict.GONE
    return Verdict.DELAYED if temporary else Verdict.STRANGE


def _code(message: Message, statuses: Iterable[Message]) -> str:
    """Find the server's code, with its enhanced code, and take none of its words."""
    told = "\n".join(_said(each, name) for each in statuses for name in ("status", "diagnostic-code"))
    words = told if _STATUS.search(told) else _text(message)
    reply, status = _REPLY.search(words), _STATUS.search(words)
    return " ".join(found[0] for found in (reply, status) if found)


def _text(message: Message) -> str:
    """Give what a notice says to people, before what came back."""
    part = next((each for each in message.walk() if each.get_content_type() == "text/plain"), None)
    content = part.get_payload(decode=True) if part else b""
    return content.decode("latin-1") if isinstance(content, bytes) else ""


def _ids(message: Message) -> tuple[str, ...]:
    """List what may be the Message-ID of the message that came back."""
    named = [_said(each, "message-id") for each in _returned(message)]
    named += [_said(message, name) for name in ("in-reply-to", "references", "x-failed-message-id")]
    found = [one for each in named for one in _ID.findall(each)]
    return tuple(dict.fromkeys(found + _ID_LINE.findall(_text(message))))[:MOST_IDS]


def _returned(message: Message) -> Iterator[Message]:
    """Give what came back: whole, or its header only (RFC 6522)."""
    for part in message.walk():
        payload = part.get_payload()
        kind = part.get_content_type()
        if kind == "message/rfc822" and isinstance(payload, list):
            yield from (each for each in payload if isinstance(each, Message))
        elif kind in {"text/rfc822-headers", "message/rfc822-headers"}:
            content = part.get_payload(decode=True)
            yield message_from_string(content.decode("latin-1") if isinstance(content, bytes) else "")
