"""A message as bytes, for a server: the same bytes for the same Leased.

What reaches a header comes from files and lists that people write. Three things keep it from becoming another
header or another recipient: signs that have no place in a header are refused, addresses are parsed and never
joined, and the finished message is read back and compared. The last one is needed on a Python that writes the
line breaks of encoded words as they are (CVE-2024-6923; 3.11.7 does).
"""

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageParseError
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from typing import Final

from careleaf.findings import Finding
from careleaf.mail.parcel import Contents, Leased, Letter
from careleaf.render import RenderError

POLICY: Final = SMTP.clone(cte_type="7bit")
"""All parts are written in ASCII: no server on the way has to change one, which would break a signature."""
HEADERS: Final = (
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
    "MIME-Version", "Content-Type", "Content-Language",
)  # fmt: skip
"""Every header of a message; each stands there once."""
OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e")
"""They turn round what stands behind them, beyond the end of a name too."""
ENCODED_WORD: Final = "=?"
"""Begins an encoded word of RFC 2047: no text that is not one has it."""
ID: Final = re.compile(r"<[^\s<>@]+@[^\s<>@]+>", re.ASCII)
"""An id of RFC 5322 (3.6.4), as we make them."""
LINE: Final = 998
"""The longest line that a server must take, without its end (RFC 5322, 2.1.1)."""
NO_FILE: Final = frozenset('/\\:*?"<>|')
"""Signs that no file name has on some system."""


class MessageError(Exception):
    """A message cannot be made. It says what is wrong, and names nobody."""


def assemble(leased: Leased) -> bytes:
    """Make the message, its lines in ASCII and ended by CR LF. Raises MessageError."""
    letter = _letter(leased.contents)
    _refuse_unsafe(leased, letter)
    try:
        content = _message(leased, letter).as_bytes(policy=POLICY)
    except (ValueError, LookupError) as error:
        raise MessageError(f"it cannot be written ({type(error).__name__})") from None
    _read_back(content, leased, letter)
    return content


def proved(letter: Letter) -> Letter:
    """Give a letter back of which a message can be made: what is wrong with it, is so for whoever gets it.

    Raises RenderError.
    """
    moment, nobody = datetime(2000, 1, 1, tzinfo=UTC), "nobody@example.invalid"
    try:
        assemble(Leased(0, "<0@example.invalid>", "", 1, moment, nobody, Contents(letter.to_bytes())))
    except MessageError as error:
        message = f"no message can be made in {letter.lang}: {error}"
        mend = "Change that in the clinic's file, or in the words of mail, here or in their translation."
        raise RenderError(Finding("templates/ui.yaml", 0, "message", message, mend)) from error
    return letter


def _letter(contents: Contents) -> Letter:
    try:
        letter = Letter.from_bytes(contents.letter)
    except (ValueError, TypeError):
        letter = None
    if letter is None or not all(isinstance(value, str) for value in asdict(letter).values()):
        raise MessageError("the letter in the outbox cannot be read")
    return letter


def _refuse_unsafe(leased: Leased, letter: Letter) -> None:
    """Refuse what has no place in a header. Raises MessageError."""
    values = {
        "the recipient's address": leased.address,
        "the message's id": leased.message_id,
        "the sender's address": letter.sent_from,
        "the address for replies": letter.reply_to,
        "the clinic's name": letter.sender,
        "the subject": letter.subject,
        "the language": letter.lang,
        "the name of the PDF": letter.stem,
        "the name of the calendar": letter.calendar_stem,
    }
    for name, value in values.items():
        if not value.strip() or ENCODED_WORD in value or any(map(_unsafe, value)):
            raise MessageError(f"{name} is empty, or has a sign that no header may have")
    if not ID.fullmatch(leased.message_id):
        raise MessageError("the message's id is none")
    for name in ("the name of the PDF", "the name of the calendar"):
        if NO_FILE & set(values[name]):
            raise MessageError(f"{name} has a sign that no file name may have")


def _unsafe(sign: str) -> bool:
    """Say whether it is a control, ends a line, has no encoding, or turns the text behind it round."""
    return sign in OVERRIDES or unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"}


def _message(leased: Leased, letter: Letter) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    message["From"] = _address(letter.sent_from, "the sender's address", letter.sender)
    message["To"] = _address(leased.address, "the recipient's address")
    message["Reply-To"] = _address(letter.reply_to, "the address for replies")
    message["Subject"] = letter.subject
    message["Date"] = leased.queued_at
    message["Message-ID"] = leased.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday reply comes back
    message["X-Auto-Response-Suppress"] = "All"  # the same, to Exchange
    message.set_content(letter.text, charset="utf-8", cte="base64")
    message.add_alternative(letter.html, subtype="html", charset="utf-8", cte="base64")
    _attach(message, leased.contents, letter)
    _finish(message, leased.message_id, letter.lang)
    return message


def _address(spec: str, what: str, name: str = "") -> Address:
    """Give exactly one address. Raises MessageError."""
    try:
        address = Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError, MessageParseError):  # whatever its parser stumbles over
        address = Address()
    if not spec.isascii() or address.addr_spec != spec or not (address.username and address.domain):
        raise MessageError(f"{what} is not one address in ASCII")
    return address


def _attach(message: EmailMessage, contents: Contents, letter: Letter) -> None:
    pdf = contents.leaflet + contents.added
    if pdf:
        message.add_attachment(pdf, "application", "pdf", filename=f"{letter.stem}.pdf")
    if contents.calendar:
        # Without a method: these are days to be kept, and no invitation to answer (RFC 5546).
        message.add_attachment(
            contents.calendar,
            "text",
            "calendar",
            filename=f"{letter.calendar_stem}.ics",
            params={"charset": "utf-8"},
        )


def _finish(message: EmailMessage, message_id: str, lang: str) -> None:
    """Set what the making of the parts would have changed again: languages and boundaries."""
    for number, part in enumerate(message.walk()):
        if number:
            del part["MIME-Version"]  # that of the whole message counts (RFC 2045, 4)
        if number == 0 or part.get_content_maintype() == "text":
            part["Content-Language"] = lang
        if part.is_multipart():
            digest = hashlib.sha256(f"{number} {message_id}".encode()).hexdigest()
            part.set_boundary(f"=_{digest[:40]}")  # no line of base64 has these two signs


def _read_back(content: bytes, leased: Leased, letter: Letter) -> None:
    """Read the message as its receiver will. Raises MessageError if it says anything else."""
    message = message_from_bytes(content, policy=POLICY)
    if Counter(map(str.lower, message.keys())) != Counter(map(str.lower, HEADERS)):
        raise MessageError("the finished message has other headers than it must have")
    said = (
        *(_only(message, name) for name in ("From", "To", "Reply-To")),
        *(str(message[name]) for name in ("Subject", "Message-ID", "Content-Language")),
    )
    meant = (
        (_unspaced(letter.sender), letter.sent_from),
        ("", leased.address),
        ("", letter.reply_to),
        letter.subject,
        leased.message_id,
        letter.lang,
    )
    if said != meant or not content.isascii() or max(map(len, content.split(b"\r\n"))) > LINE:
        raise MessageError("the finished message does not say what it was to say")


def _only(message: MIMEPart, name: str) -> tuple[str, str] | None:
    """Give the name and the address in a header; None if there is not exactly one."""
    addresses = message[name].addresses
    return (_unspaced(addresses[0].display_name), addresses[0].addr_spec) if len(addresses) == 1 else None


def _unspaced(name: str) -> str:
    """Leave out spaces: between two encoded words Python reads one, where RFC 2047 (6.2) has none."""
    return "".join(name.split())
