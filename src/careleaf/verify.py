"""Tell whether a PDF is ours, unchanged, and still what the library says."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from careleaf import publish
from careleaf.compose import compose
from careleaf.model import Edition, Library, Selection
from careleaf.pdf import reading
from careleaf.plan import plan
from careleaf.render import Press
from careleaf.versions import versions
from careleaf.writers import write


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a PDF: `ours` if its bytes are as built, `current` if nothing has changed since."""

    edition: str
    version: int
    text_digest: str
    ours: bool
    current: bool


def verify(file: Path, library: Library, out: Path, today: date) -> Verdict | None:
    """Judge a PDF; None if careleaf did not make it."""
    source = reading.source(file)
    if source is None:
        return None
    edition = _edition(library, source, today)
    current = edition is not None and edition.digest == source["digest"]
    return Verdict(
        edition=" ".join(source["edition"].values()),
        version=source["topic"]["version"],
        text_digest=source["text_digest"],
        ours=_is_known(file, out) or (current and edition is not None and _is_remade(file, library, edition)),
        current=current,
    )


def _edition(library: Library, source: dict[str, Any], today: date) -> Edition | None:
    told = source["edition"]
    selection = Selection((told["topic"],), (told["lang"],), (told["format"],), (told["clinic"],))
    return next(iter(plan(library, selection, versions(), today)[1]), None)


def _is_known(file: Path, out: Path) -> bool:
    sums = {row.sha256 for row in publish.read_manifest(out).rows.values()}
    return publish.sha256(file) in sums


def _is_remade(file: Path, library: Library, edition: Edition) -> bool:
    """Make the file again: the same inputs give the same bytes, so no record of it is needed."""
    job = Press(library).render(edition, compose(library, edition))
    return write(job).content == file.read_bytes()
