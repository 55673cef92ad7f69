"""Emails in tests: the library as it ships with all its words of mail, a clinic that sends mail, one message.

No address here is a person's.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from careleaf.batch import Terms, issued
from careleaf.mail.letter import letter
from careleaf.mail.parcel import Contents, Leased, Letter
from careleaf.model import UI, Edition, Entry, Library, Mailing, Need, Provenance
from careleaf.render import Press
from tests.conftest import TODAY, as_it_ships

TOPIC: Final = "after-laser"
ADDRESS: Final = "patient@example.invalid"
MAILING: Final = Mailing.model_validate(
    {"host": "mail.example.org", "from": "sheets@example.org", "reply-to": "desk@example.org"}
)
MESSAGE_ID: Final = "<0123456789abcdef0123456789abcdef@example.org>"
QUEUED_AT: Final = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)


def translated(library: Library) -> Library:
    """Let every one of the templates' texts that waits for its translator say its English."""
    catalogs = dict(library.catalogs)
    for (lang, name), catalog in library.catalogs.items():
        if name == UI:
            waiting = {
                text.name: Entry(text.text, text.text, Provenance.MACHINE, 0)
                for text in library.ui.values()
                if not ((entry := catalog.entries.get(text.name)) and entry.text)
            }
            catalogs[lang, name] = replace(catalog, entries={**catalog.entries, **waiting})
    return replace(library, catalogs=catalogs)


@cache
def mailing_library() -> Library:
    """The library as it ships, and its clinic sends mail."""
    library = translated(as_it_ships())
    clinics = {name: clinic.model_copy(update={"mail": MAILING}) for name, clinic in library.clinics.items()}
    return replace(library, clinics=clinics)


@cache
def press() -> Press:
    """The templates of that library."""
    return Press(mailing_library())


def sheet(lang: str, topic: str = TOPIC, need: Need = Need.PLAIN, today: date = TODAY) -> Edition:
    """Give the Edition of a personal sheet, whatever its status."""
    library = mailing_library()
    form = next(form for form in library.formats.values() if form.personal is need)
    terms = Terms(library.clinics["riverside"], today, drafts=True)
    found, _ = issued(library, terms, topic, lang, form)
    assert found is not None
    return found


@cache
def written(lang: str, topic: str = TOPIC, *, calendar: bool = True, locked: bool = True) -> Letter:
    """Write the letter around a sheet."""
    return letter(press(), mailing_library(), sheet(lang, topic), MAILING, calendar=calendar, locked=locked)


def leased(one: Letter | None = None, **changed: Any) -> Leased:  # noqa: ANN401 # what the test changes
    """Give a message that is to be handed over."""
    contents = Contents(
        (one or written("en")).to_bytes(), b"%PDF-1.7\n" * 20, b"added", b"BEGIN:VCALENDAR\r\n"
    )
    whole = Leased(1, MESSAGE_ID, "riverside", 1, QUEUED_AT, ADDRESS, contents)
    return replace(whole, **changed)
