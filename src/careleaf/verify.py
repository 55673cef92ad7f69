"""Tell whether a PDF is ours, unchanged, and still what the library says."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from careleaf import publish
from careleaf.approvals import status
from careleaf.compose import compose
from careleaf.model import Edition, Library, Selection, Status
from careleaf.pdf import reading
from careleaf.plan import plan
from careleaf.render import Press
from careleaf.versions import versions
from careleaf.writers import write


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a PDF.

    `ours` says whether its bytes are as built: None if it is of an earlier state that the output folder
    does not hold any more, so that nobody can tell. `current` says that nothing has changed since, and
    `words_current` that at least what the reader reads has not. `status` is where the text stands today.
    """

    edition: str
    version: int
    text_digest: str
    ours: bool | None
    current: bool
    words_current: bool
    status: Status


def verify(file: Path, library: Library, out: Path, today: date) -> Verdict | None:
    """Judge a PDF; None if careleaf did not make it."""
    source = reading.source(file)
    if source is None:
        return None
    name = source.edition
    told = f"{name.topic} {name.lang} {name.clinic} {name.format}"
    found = plan(library, Selection(), versions(), today, {name.path})
    edition = next((each for each in (*found.wanted, *found.finished) if each.path == name.path), None)
    current = edition is not None and edition.digest == source.digest
    return Verdict(
        edition=told,
        version=source.topic.version,
        text_digest=source.text_digest,
        ours=_is_known(file, out) or (_is_remade(file, library, edition) if current and edition else None),
        current=current,
        words_current=edition is not None and edition.text_digest == source.text_digest,
        status=edition.status if edition else _unprinted(library, name, today),
    )


def _unprinted(library: Library, name: reading.Name, today: date) -> Status:
    """Say why a leaflet is not printed today: withdrawn, stale, or not there any more."""
    topic, clinic = library.topics.get(name.topic), library.clinics.get(name.clinic)
    if topic is None or clinic is None or name.lang not in library.locales:
        return Status.MISSING
    return status(library, topic, name.lang, clinic, today)


def _is_known(file: Path, out: Path) -> bool:
    sums = {row.sha256 for row in publish.read_manifest(out).rows.values()}
    return publish.sha256(file) in sums


def _is_remade(file: Path, library: Library, edition: Edition) -> bool:
    """Make the file again: the same inputs give the same bytes, so no record of it is needed."""
    job = Press(library).render(edition, compose(library, edition))
    return write(job).content == file.read_bytes()
