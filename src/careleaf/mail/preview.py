"""The email that a patient would get, for staff to look at before any is sent. It is about nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final

from careleaf import pool
from careleaf.batch import Makers, Sheet, Terms, chosen, made
from careleaf.findings import Finding
from careleaf.mail.letter import letter
from careleaf.mail.message import assemble, proved
from careleaf.mail.parcel import Contents, Leased
from careleaf.model import Artifact, Library, Need, Recipient
from careleaf.render import Press

if TYPE_CHECKING:
    from careleaf.pdf.screen import Screen

ADDRESS: Final = "patient@example.invalid"
"""Nobody's: RFC 2606 keeps its domain for that."""
MESSAGE_ID: Final = "<preview@example.invalid>"
WIDTH: Final = 640
"""CSS pixels of the screen in the picture."""


class PreviewError(Exception):
    """There is no such email. Carries the Findings."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(map(str, findings)))
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Preview:
    """An email as a message with its files, its words in HTML and as plain text, and a PNG of the HTML."""

    eml: bytes
    html: str
    text: str
    png: bytes


def preview(  # noqa: PLR0913, PLR0917 # all that it depends on
    library: Library,
    terms: Terms,
    topics: tuple[str, ...],
    lang: str,
    treated_on: date,
    need: Need = Need.PLAIN,
) -> Preview:
    """Make the email with the sheet of a treatment on a day. Drafts too: a band on them says so.

    Raises PreviewError, and RenderError if a template is at fault.
    """
    mailing = terms.clinic.mail
    if mailing is None:
        message, mend = f"{terms.clinic.name} sends no mail", "Add `mail:`: see the guide to mail."
        raise PreviewError([Finding(terms.clinic.file, 0, "mail", message, mend)])
    recipient = Recipient(0, topics, lang, treated_on, need=need)
    sheet = _sheet(library, replace(terms, drafts=True), recipient)
    calendar = sheet.wanted.calendar(library, alarm=False) or b""
    edition, with_days = sheet.wanted.edition, bool(calendar)
    words = proved(letter(Press(library), library, edition, mailing, calendar=with_days, locked=False))
    contents = Contents(words.to_bytes(), sheet.content, b"", calendar)
    queued_at = datetime.combine(terms.today, time(), UTC)
    leased = Leased(0, MESSAGE_ID, terms.clinic.name, 1, queued_at, ADDRESS, contents)
    return Preview(assemble(leased), words.html, words.text, _picture(words.html, lang))


def _sheet(library: Library, terms: Terms, recipient: Recipient) -> Sheet:
    """Make one sheet. Raises PreviewError."""
    wanted, findings = chosen(library, terms, [recipient])
    sheets = list(made(Makers(library, 1), wanted, lambda _, finding: findings.append(finding)))
    if not sheets:
        raise PreviewError(findings)
    return sheets[0]


def _picture(html: str, lang: str) -> bytes:
    """Draw the words as a screen shows them. Raises PreviewError."""
    from careleaf.pdf.screen import Screen  # noqa: PLC0415 # loads the engine

    screen = Screen(f"the email in {lang}", "", html, WIDTH)
    ((_, artifact),) = pool.run([screen], 1, make=_drawn)
    if artifact.findings:
        raise PreviewError(artifact.findings)
    return artifact.content


def _drawn(screen: "Screen") -> Artifact:
    from careleaf.pdf.screen import picture  # noqa: PLC0415 # as above

    return picture(screen)
