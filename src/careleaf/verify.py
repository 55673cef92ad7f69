"""Tell whether a PDF is ours, unchanged, and still what the library says."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from careleaf import batch, personal, publish, several
from careleaf.approvals import status
from careleaf.compose import compose
from careleaf.model import Artifact, Edition, Library, Selection, Slot, Status
from careleaf.pdf import master, reading, trust
from careleaf.plan import PRINTED, plan
from careleaf.render import Press, RenderError
from careleaf.versions import versions
from careleaf.writers import write

YEARS: Final = 10
"""So long ago a treatment may have been for its days to be checked."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a PDF.

    `ours` says whether its bytes are as built: None if it is of an earlier state that the output folder
    does not hold any more, so that nobody can tell. `current` says that nothing has changed since, and
    `words_current` that at least what the reader reads has not. `status` is where the text stands today.

    A `personal` one is one patient's sheet: `ours` is about all but what its places say, and None too if it
    is of its own layout. `why` says what was found to be changed, and nothing of what the file says.
    """

    edition: str
    version: int
    text_digest: str
    ours: bool | None
    current: bool
    words_current: bool
    status: Status
    personal: bool = False
    why: str = ""


def verify(file: Path, library: Library, out: Path, today: date) -> Verdict | None:
    """Judge a PDF; None if careleaf did not make it."""
    content = file.read_bytes()
    source = reading.source(content)
    if source is None:
        return None
    if source.places:
        return _sheet(content, source, library, today)
    name = source.edition
    found = plan(library, Selection(), versions(), today, {name.path})
    edition = next((each for each in (*found.wanted, *found.finished) if each.path == name.path), None)
    current = edition is not None and edition.digest == source.digest
    return Verdict(
        edition=_told(name),
        version=source.topic.version,
        text_digest=source.text_digest,
        ours=_is_known(file, out) or (_is_remade(content, library, edition) if current and edition else None),
        current=current,
        words_current=edition is not None and edition.text_digest == source.text_digest,
        status=edition.status if edition else _unprinted(library, name, today),
    )


def _told(name: reading.Name) -> str:
    return f"{name.topic} {name.lang} {name.clinic} {name.format}"


def _unprinted(library: Library, name: reading.Name, today: date) -> Status:
    """Say why a leaflet is not printed today: withdrawn, stale, or not there any more."""
    topic, clinic = library.topics.get(name.topic), library.clinics.get(name.clinic)
    if topic is None or clinic is None or name.lang not in library.locales:
        return Status.MISSING
    return status(library, topic, name.lang, clinic, today)


def _is_known(file: Path, out: Path) -> bool:
    sums = {row.sha256 for row in publish.read_manifest(out).rows.values()}
    return publish.sha256(file) in sums


def _is_remade(content: bytes, library: Library, edition: Edition) -> bool:
    """Make the file again: the same inputs give the same bytes, so no record of it is needed."""
    job = Press(library).render(edition, compose(library, edition))
    return write(job).content == content


def _sheet(content: bytes, source: reading.Source, library: Library, today: date) -> Verdict:
    """Judge one patient's sheet by the leaflet that it was stamped on, which is made again."""
    library = _with_topic(library, source.edition)
    edition, state = _leaflet(library, source.edition, today)
    current = edition is not None and edition.digest == source.digest
    ours, why = (
        _judged(content, source.places, library, edition, today) if edition and current else (None, "")
    )
    return Verdict(
        edition=_told(source.edition),
        version=source.topic.version,
        text_digest=source.text_digest,
        ours=ours,
        current=current,
        words_current=edition is not None and edition.text_digest == source.text_digest,
        status=state,
        personal=True,
        why=why,
    )


def _with_topic(library: Library, name: reading.Name) -> Library:
    """Add the topic of several treatments, if a sheet is about that."""
    parts, clinic = several.parts(name.topic), library.clinics.get(name.clinic)
    if len(parts) == 1 or clinic is None:
        return library
    try:
        return several.merged(library, parts, clinic).library
    except ValueError:
        return library


def _leaflet(library: Library, name: reading.Name, today: date) -> tuple[Edition | None, Status]:
    """Find a sheet's leaflet in today's library, and its status; a text that is not printed has none."""
    clinic, form = library.clinics.get(name.clinic), library.formats.get(name.format)
    there = name.topic in library.topics and name.lang in library.locales
    if not there or clinic is None or form is None or form.personal is None:
        return None, Status.MISSING
    terms = batch.Terms(clinic, today)
    edition, state = batch.issued(library, terms, name.topic, name.lang, form)
    return (edition if state in PRINTED else None), state


def _judged(
    content: bytes, places: tuple[str, ...], library: Library, edition: Edition, today: date
) -> tuple[bool | None, str]:
    """Compare a sheet with its leaflet, made again: say whether it is ours, and if not, what was changed."""
    made = _remade(library, edition, places)
    if made is None:
        return False, "its places are not those of a sheet"
    if not content.startswith(made.leaflet.content) and reading.is_whole(content):
        return None, ""
    why = trust.trusted(content, made, days(library, edition, today)) or ""
    return not why, why


def _remade(library: Library, edition: Edition, places: tuple[str, ...]) -> master.Master | None:
    """Lay a leaflet out with its places free, if it can have these."""
    free = personal.free(dict.fromkeys(places, Slot("", "")))
    try:
        made = master.make(Press(library).render(edition, compose(library, edition, free)))
    except (KeyError, RenderError):
        return None
    return None if isinstance(made, Artifact) else made


def days(library: Library, edition: Edition, today: date) -> Iterator[Iterator[Slot]]:
    """Give what the places for days say, for each day of treatment that there may have been."""
    latest = today + timedelta(days=1)
    for past in range(YEARS * 366):
        yield personal.dating(library, edition, latest - timedelta(days=past))
