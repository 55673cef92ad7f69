"""What is to reach one person by mail, and where it stands."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Self


class State(StrEnum):
    """Where a message stands in the outbox."""

    QUEUED = "queued"
    """Not tried yet."""
    SENDING = "sending"
    """Leased by a sender that is at it."""
    SENT = "sent"
    """The server has taken it over."""
    DEFERRED = "deferred"
    """The server asked to try again later."""
    FAILED = "failed"
    """The server refused it for good."""
    EXPIRED = "expired"
    """Its time was over before it could be sent."""
    HELD = "held"
    """Not to be sent, for a reason that a person must mend."""
    UNKNOWN = "unknown"
    """The sender or the connection ended before the server's answer: perhaps it arrived. It is sent again."""
    CANCELLED = "cancelled"
    """Somebody decided that it is not to be sent."""


WAITING = frozenset({State.QUEUED, State.DEFERRED, State.UNKNOWN})
"""What a sender takes up when it is due."""
ENDED = frozenset({State.SENT, State.FAILED, State.EXPIRED, State.CANCELLED})
"""What nothing more happens to, unless a person wants it."""


class Kind(StrEnum):
    """What a message is for."""

    SHEET = "sheet"
    CORRECTION = "correction"
    """It calls back a sheet that was sent."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text that a message consists of: it may be sent only while that Reading is approved."""

    topic: str
    lang: str
    digest: str


@dataclass(frozen=True, slots=True)
class Letter:
    """The words around a sheet, in one language: the same for all who get the same leaflet. It names nobody.

    `lang` is a tag for Content-Language; `stem` and `calendar_stem` name the attached files, without their
    endings. `sender` is the clinic's name in the From field, `sent_from` and `reply_to` are its addresses.
    """

    lang: str
    subject: str
    text: str
    html: str
    stem: str
    calendar_stem: str
    sender: str
    sent_from: str
    reply_to: str

    def to_bytes(self) -> bytes:
        """Write it, the same bytes for the same words."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read it back. Raises ValueError."""
        return cls(**json.loads(content))


@dataclass(frozen=True, slots=True)
class Contents:
    """What a message is made of. All but `added` is shared by many messages, and kept once.

    The PDF is `leaflet` and `added` behind it; a correction has none. `calendar` may be empty.
    """

    letter: bytes = field(repr=False)
    leaflet: bytes = field(default=b"", repr=False)
    added: bytes = field(default=b"", repr=False)
    calendar: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message to one person, on its way into the outbox. Its repr shows the row only.

    `address` is an addr-spec in ASCII. `person` is the patient's record number, else the name, else empty.
    `source` is the name of the list, `row` the one that a spreadsheet shows. With `held`, which says why, it
    has no `contents` and is not sent. `words` are all texts that must be approved for it to go.
    """

    clinic: str
    topic: str
    version: int
    lang: str
    source: str
    row: int
    kind: Kind = Kind.SHEET
    words: tuple[Words, ...] = ()
    address: str = field(default="", repr=False)
    person: str = field(default="", repr=False)
    record: str = field(default="", repr=False)
    treated_on: date = field(default=date.min, repr=False)
    consented_on: date | None = field(default=None, repr=False)
    held: str = ""
    contents: Contents | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that a sender has to hand over now. Its repr shows no person.

    `message_id` is that of RFC 5322, with its angle brackets, the same at every attempt; so is `queued_at`
    (UTC), its Date. `attempt` counts from 1.
    """

    id: int
    message_id: str
    clinic: str
    attempt: int
    queued_at: datetime = field(repr=False)
    address: str = field(repr=False)
    contents: Contents = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: SENT, DEFERRED, FAILED or UNKNOWN.

    `code` is the server's reply code, with its enhanced status code (RFC 3463) if it gave one, such as
    "550 5.1.1", and never its text, which may quote the address. With `suppress`, the address does not exist:
    nothing more is sent to it.
    """

    state: State
    code: str
    suppress: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as the outbox shows it: no address, no name, no words. Times are UTC.

    `reason` says why it is held, failed or expired: a word of ours, or the server's code. With `maybe`, an
    attempt had no answer: whatever its state is, it may have arrived. At `changed_at` it came into its state.
    """

    id: int
    clinic: str
    state: State
    kind: Kind
    topic: str
    version: int
    lang: str
    source: str
    row: int
    record: str = field(repr=False)
    words: tuple[Words, ...]
    message_id: str
    attempts: int
    reason: str
    queued_at: datetime
    tried_at: datetime | None
    sent_at: datetime | None
    next_at: datetime | None
    not_after: datetime
    changed_at: datetime
    maybe: bool = False
