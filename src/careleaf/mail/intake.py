"""Recipients -> Parcels: who may get a sheet by mail, and all that goes to each. Corrections of sheets, too.

Nothing is sent that is not approved, to nobody who has not agreed, and to no address that is given up. Who
gets nothing is held, with the reason: it names nobody.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from careleaf import approvals, batch, private, several
from careleaf.batch import Makers, Sheet, Terms, Wanted
from careleaf.findings import Finding, Severity
from careleaf.mail.letter import correction, letter
from careleaf.mail.message import proved
from careleaf.mail.parcel import Contents, Entry, Kind, Letter, Parcel, Words
from careleaf.model import AND, Clinic, Edition, Library, Mailing, Recipient, Status
from careleaf.render import Press, RenderError
from careleaf.words import reading, source_locale

LARGEST: Final = 5_000_000
"""Bytes of a PDF: in a message a third more, and servers often refuse one of 10 MB."""

Held = tuple[Recipient, Finding]
"""Somebody to whom nothing is sent, and why."""


def silent(clinic: Clinic) -> Finding:
    """Tell that a clinic's file does not say how it sends mail."""
    message = f"{clinic.title} does not say how it sends mail"
    mend = (
        "Write `mail:` into its file, with `host:` (the server that takes its mail), `from:` (the address of "
        "the sender) and `reply-to:` (where answers go)."
    )
    return Finding(clinic.file, clinic.line_of("mail"), "mail", message, mend)


def consenting(
    terms: Terms, mailing: Mailing, recipients: Iterable[Recipient], given_up: Callable[[str], bool]
) -> tuple[list[Recipient], list[Held]]:
    """Part those to whom mail may go from those who are held. `given_up` knows addresses that get no more."""
    may, held = list[Recipient](), list[Held]()
    for one in recipients:
        reason = _refusal(terms, mailing, one, given_up)
        if reason:
            held.append((one, Finding(terms.file, one.row, *reason, Severity.HELD)))
        else:
            may.append(one)
    return may, held


def _refusal(
    terms: Terms, mailing: Mailing, one: Recipient, given_up: Callable[[str], bool]
) -> tuple[str, str, str] | None:
    """Say why nothing may go to somebody: the rule, what is wrong, what to do instead."""
    instead = "Hand the sheet out on paper"
    if not one.email:
        return "no-address", "there is no address for mail", f"{instead}, or ask for an address."
    if one.consented_on is None:
        return "consent", "no consent is recorded", f"{instead}, or ask the patient, and record the day."
    if terms.today - one.consented_on > timedelta(days=mailing.consent_days):
        message = f"the consent is older than {mailing.consent_days} days"
        return "consent", message, f"{instead}, or ask the patient again, and record the day."
    if given_up(one.email):
        message = "nothing is sent to this address any more: it was refused, or somebody asked for that"
        return "suppressed", message, f"{instead}, or ask the patient for another address."
    return None


def chosen(
    library: Library, terms: Terms, recipients: Sequence[Recipient]
) -> tuple[list[Wanted], list[Held]]:
    """Choose the leaflet of each; drafts are never sent. See `batch.chosen`."""
    by_row = {one.row: one for one in recipients}
    wanted, held = batch.chosen(library, replace(terms, drafts=False), recipients)
    return wanted, [(by_row[finding.line], finding) for finding in held]


@dataclass(frozen=True, slots=True)
class Post:
    """How sheets go out: as whose, from which list, with a calendar or without, locked or not."""

    library: Library
    terms: Terms
    mailing: Mailing
    calendar: bool = True
    locked: bool = False

    def addressed(self, one: Recipient, held: str = "") -> Parcel:
        """Give what goes to somebody, without its contents; with `held`, why nothing does."""
        topic = self.library.topics[several.name(one.topics)]
        return Parcel(
            clinic=self.terms.clinic.name,
            topic=topic.name,
            version=topic.version,
            lang=one.lang,
            source=self.terms.file,
            row=one.row,
            address=one.email,
            person=one.person,
            record=one.record,
            treated_on=one.treated_on,
            consented_on=one.consented_on,
            held=held,
        )


def parcels(
    post: Post,
    makers: Makers,
    wanted: Sequence[Wanted],
    held: Iterable[Held],
    tell: Callable[[Finding], None],
) -> Iterator[Parcel]:
    """Make every sheet, and yield each as it is done; last those that are held, with those that failed.

    `tell` is called with why a sheet failed. Who has no address is in no outbox: nothing could come of it.
    """
    failed = list[Held]()
    packing = _Packing(post, Press(post.library))

    def fail(one: Recipient, finding: Finding) -> None:
        failed.append((one, _of_row(post.terms, one, finding)))

    for sheet in batch.made(makers, wanted, fail):
        packed = packing.packed(sheet)
        if isinstance(packed, Parcel):
            yield packed
        else:
            fail(sheet.wanted.recipient, packed)
    for _, finding in failed:
        tell(finding)
    # A sheet may have failed for two reasons: the first is kept.
    first = {one.row: (one, finding) for one, finding in reversed([*held, *failed])}
    for one, finding in first.values():
        if one.email:
            yield post.addressed(one, finding.message)


def _of_row(terms: Terms, one: Recipient, finding: Finding) -> Finding:
    """Tell of a fault of a sheet as of its row: the row is held, and the others go."""
    return replace(finding, file=terms.file, line=one.row, severity=Severity.HELD)


@dataclass(frozen=True, slots=True)
class _Packing:
    """Puts messages together, and keeps what many have in common."""

    post: Post
    press: Press
    letters: dict[tuple[Edition, bool], bytes] = field(default_factory=dict)
    texts: dict[Edition, tuple[Words, ...]] = field(default_factory=dict)
    calendars: dict[tuple[Edition, date], bytes] = field(default_factory=dict)

    def packed(self, sheet: Sheet) -> Parcel | Finding:
        """Put one message together; or tell why it cannot be, without a word of it."""
        try:
            return self._packed(sheet)
        except RenderError as error:
            return error.finding
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 # whatever it is, the other messages go on
            message = f"it failed: {private.without_words(error)}"
            return Finding("", 0, "crash", message, "Report this as a bug.")

    def _packed(self, sheet: Sheet) -> Parcel | Finding:
        one, edition = sheet.wanted.recipient, sheet.wanted.edition
        leaflet, added = self._file(sheet)
        if len(leaflet) + len(added) > LARGEST:
            message = (
                f"the sheet is larger than {LARGEST // 1_000_000} MB: many servers refuse such a message"
            )
            return Finding("", 0, "size", message, "Use smaller pictures, or hand it out on paper.")
        calendar = self._calendar(sheet.wanted)
        contents = Contents(self._letter(edition, calendar=bool(calendar)), leaflet, added, calendar)
        return replace(self.post.addressed(one), words=self._words(edition), contents=contents)

    def _file(self, sheet: Sheet) -> tuple[bytes, bytes]:
        """Give a PDF in two parts: what thousands share, and what is one patient's own."""
        if self.post.locked:
            from careleaf.pdf.lock import locked  # noqa: PLC0415 # loads pikepdf: only this needs it

            return b"", locked(sheet.content, sheet.wanted.recipient.password)
        if added := sheet.added:
            return sheet.leaflet.content, added
        return b"", sheet.content

    def _calendar(self, wanted: Wanted) -> bytes:
        """Give the days for a calendar program; none beside a locked PDF, which hides them."""
        if self.post.locked or not self.post.calendar:
            return b""
        key = wanted.edition, wanted.recipient.treated_on
        if key not in self.calendars:
            self.calendars[key] = wanted.calendar(self.post.library, alarm=False) or b""
        return self.calendars[key]

    def _letter(self, edition: Edition, *, calendar: bool) -> bytes:
        key, post = (edition, calendar), self.post
        if key not in self.letters:
            said = letter(
                self.press, post.library, edition, post.mailing, calendar=calendar, locked=post.locked
            )
            self.letters[key] = proved(said).to_bytes()
        return self.letters[key]

    def _words(self, edition: Edition) -> tuple[Words, ...]:
        if edition not in self.texts:
            self.texts[edition] = words(self.post.library, edition, self.post.terms.clinic)
        return self.texts[edition]


def words(library: Library, edition: Edition, clinic: Clinic) -> tuple[Words, ...]:
    """Give every text that a sheet consists of: of each treatment, and on a bilingual one in both languages.

    Raises ValueError if one is not current.
    """
    bilingual = library.formats[edition.format].bilingual
    langs = dict.fromkeys((edition.lang, source_locale(library)) if bilingual else (edition.lang,))
    return tuple(
        _text(library, part, lang, clinic) for part in several.parts(edition.topic) for lang in langs
    )


def _text(library: Library, topic: str, lang: str, clinic: Clinic) -> Words:
    found = reading(library, library.topics[topic], lang, clinic)
    if found is None:
        raise ValueError(f"the text of {topic} in {lang} is not current")
    return Words(topic, lang, found.digest)


# --- Calling back what was sent --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recall:
    """A topic of which texts are withdrawn: those that went out are to be called back."""

    library: Library
    terms: Terms
    topic: str

    def langs(self) -> tuple[str, ...]:
        """Give the languages in which a text was ever withdrawn."""
        return tuple(lang for lang in self.library.locales if self._standing(lang).withdrawal)

    def concerns(self, entry: Entry) -> bool:
        """Say whether a message was a sheet with a text that is withdrawn today."""
        return entry.kind is Kind.SHEET and any(self._texts(entry))

    def since(self, entry: Entry) -> date:
        """Give the day of the last withdrawal of what a message had."""
        found = (self._standing(each.lang).withdrawal for each in self._texts(entry))
        return max((each.on for each in found if each), default=date.min)

    def _texts(self, entry: Entry) -> Iterator[Words]:
        """Yield the texts of a message that are withdrawn today."""
        return (each for each in entry.words if each.topic == self.topic and self._withdrawn(each))

    def _withdrawn(self, text: Words) -> bool:
        topic, today = self.library.topics[self.topic], self.terms.today
        status = approvals.digest_status(self.library, topic, text.lang, text.digest, today)
        return status is Status.WITHDRAWN

    def _standing(self, lang: str) -> approvals.Standing:
        return approvals.standing(self.library, self.topic, lang)


def corrections(
    recall: Recall,
    recipients: Iterable[Recipient],
    sent: Callable[[str], Collection[Entry]],
    tell: Callable[[Finding], None],
) -> Iterator[Parcel]:
    """Yield a correction for each message that is to be called back; `tell` is called with why one is held.

    The outbox keeps no address: the list says again where each went, and `sent` finds what went there. An
    address gets one correction for each version and language; after another withdrawal, another one.
    """
    letters = dict[str, tuple[Words, Letter] | None]()
    seen = set[tuple[object, ...]]()
    for one in recipients:
        for entry in filter(recall.concerns, sent(one.email) if one.email else ()):
            key = one.email, entry.version, entry.lang, recall.since(entry)
            if key in seen:
                continue
            seen.add(key)
            if entry.lang not in letters:
                letters[entry.lang] = _letter_of(recall, entry.lang)
            found = letters[entry.lang]
            if found is None:
                finding = _uncorrected(recall, one, entry)
                tell(finding)
                yield _correction(recall, one, entry, None, finding.message)
            else:
                yield _correction(recall, one, entry, found)


def _correction(
    recall: Recall, one: Recipient, entry: Entry, found: tuple[Words, Letter] | None, held: str = ""
) -> Parcel:
    return Parcel(
        clinic=recall.terms.clinic.name,
        topic=recall.topic,
        version=entry.version,
        lang=entry.lang,
        source=recall.terms.file,
        row=one.row,
        kind=Kind.CORRECTION,
        words=(found[0],) if found else (),
        address=one.email,
        record=entry.record,
        # In its place, so that what is withdrawn a second time can be called back a second time.
        treated_on=recall.since(entry),
        held=held,
        contents=Contents(found[1].to_bytes()) if found else None,
    )


def _letter_of(recall: Recall, lang: str) -> tuple[Words, Letter] | None:
    """Give the words of a correction, and an approved text that has them; None if there is none."""
    library, clinic = recall.library, recall.terms.clinic
    if text := approved_text(library, lang, clinic, recall.terms.today):
        return text, proved(correction(Press(library), library, lang, clinic))
    return None


def approved_text(library: Library, lang: str, clinic: Clinic, today: date) -> Words | None:
    """Give any text that is approved in a language at a clinic: an approval binds to the templates' words.

    Those of a correction are among them. None if nothing is approved.
    """
    for topic in library.topics.values():
        found = None if AND in topic.name else reading(library, topic, lang, clinic)
        if found and approvals.reading_status(library, topic, found, today) is Status.APPROVED:
            return Words(topic.name, lang, found.digest)
    return None


def _uncorrected(recall: Recall, one: Recipient, entry: Entry) -> Finding:
    message = f"nothing is approved in {entry.lang} to call it back with: call the patient"
    mend = "Or have a text in that language approved, and run this again."
    return Finding(recall.terms.file, one.row, "not-approved", message, mend, Severity.HELD)
