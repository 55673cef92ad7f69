"""Recipients -> their sheets: which leaflet each gets, laid out once for all of one shape, and stamped.

Nobody gets a sheet in another language than asked for, or with words that are not approved, unless drafts were
asked for: then every page says so. Who gets none is held, with the reason and what to do instead.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Final

from careleaf import personal, pool, several
from careleaf.approvals import status, worst
from careleaf.compose import compose
from careleaf.findings import Finding, Severity
from careleaf.model import (
    Artifact,
    Clinic,
    Edition,
    Job,
    Library,
    Need,
    Order,
    Recipient,
    Slot,
    Status,
)
from careleaf.plan import PRINTED, edition, press
from careleaf.render import Press
from careleaf.versions import versions
from careleaf.words import reading, source_locale
from careleaf.writers import fill

if TYPE_CHECKING:
    from careleaf.pdf.update import Free, Stamp

MOST: Final = 200
"""Sheets in one order: a worker has it done in a fraction of a second."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How sheets are made: whose, as of which day, and whether drafts too.

    `file` is the name of the list, for what is told of its rows.
    """

    clinic: Clinic
    today: date
    file: str = "sheet"
    drafts: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose sheet is to be made, and which leaflet it is."""

    recipient: Recipient
    edition: Edition


@dataclass(frozen=True, slots=True)
class _Held:
    """Why there is no sheet, and what to do instead."""

    rule: str
    message: str
    mend: str


def chosen(
    library: Library, terms: Terms, recipients: Iterable[Recipient]
) -> tuple[list[Wanted], list[Finding]]:
    """Choose the leaflet of each Recipient, and tell of all who get none.

    Who had several treatments gets the topic that was made of them: see `several`.
    """
    found: dict[tuple[str, str, Need], Edition | _Held] = {}
    wanted, held = [], []
    for one in recipients:
        key = several.name(one.topics), one.lang, one.need
        if key not in found:
            found[key] = _edition(library, terms, *key)
        leaflet = found[key]
        if isinstance(leaflet, Edition):
            wanted.append(Wanted(one, leaflet))
        else:
            message, mend = leaflet.message, leaflet.mend
            held.append(Finding(terms.file, one.row, leaflet.rule, message, mend, Severity.HELD))
    return wanted, held


def _edition(library: Library, terms: Terms, name: str, lang: str, need: Need) -> Edition | _Held:
    """Find the leaflet that a need asks for, if it may be handed out."""
    form = next((form for form in library.formats.values() if form.personal is need), None)
    if form is None:
        return _Held("need", f"the library has no sheet for {need}", "Add a format with `personal:` for it.")
    if form.bilingual and library.locales[lang].source:
        message = f"a sheet in two languages has {lang} beside the reader's own"
        return _Held("need", message, "Ask for a plain sheet, or for the reader's own language.")
    if not terms.clinic.speaks(lang):
        message = f"{terms.clinic.title} does not hand out {lang}"
        return _Held("language", message, _instead(library, terms, name))
    state = worst(_states(library, terms, name, (lang, source_locale(library)) if form.bilingual else (lang,)))
    one = reading(library, library.topics[name], lang, terms.clinic)
    if one is None or state not in (PRINTED if terms.drafts else {Status.APPROVED}):
        message = f"the text of {name} in {lang} is {state}"
        return _Held("not-approved", message, _instead(library, terms, name))
    return edition(library, one, state, terms.clinic, form, press(library, versions(), form))


def _states(library: Library, terms: Terms, name: str, langs: Iterable[str]) -> Iterator[Status]:
    """Give the status of all words of a sheet: of each treatment, in each language on its pages."""
    for part, lang in product(several.parts(name), langs):
        yield status(library, library.topics[part], lang, terms.clinic, terms.today)


def _instead(library: Library, terms: Terms, name: str) -> str:
    """Say what the nearest safe thing to hand out is: an approved text, gone through with an interpreter."""
    langs = [lang for lang in library.locales if terms.clinic.speaks(lang)]
    there = [lang for lang in langs if worst(_states(library, terms, name, (lang,))) is Status.APPROVED]
    if not there:
        return f"Nothing of {name} is approved yet: a clinician does that with careleaf approve."
    source = source_locale(library)
    nearest = source if source in there else there[0]
    approved = f"Approved of {name}: {', '.join(there)}."
    return f"{approved} Nearest: go through the sheet in {nearest} together with an interpreter."


@dataclass(frozen=True, slots=True)
class Sheet:
    """One patient's finished sheet: a leaflet and what was stamped on it, or one laid out anew."""

    wanted: Wanted
    leaflet: "Free | Artifact" = field(repr=False)
    stamp: "Stamp | None" = field(default=None, repr=False)

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        from careleaf.pdf.update import Free, update  # noqa: PLC0415 # points fontconfig at our fonts

        if isinstance(self.leaflet, Free) and self.stamp:
            return self.leaflet.content + update(self.leaflet, self.stamp)
        return self.leaflet.content

    @property
    def pages(self) -> int:
        """How many pages it has."""
        return getattr(self.leaflet, "artifact", self.leaflet).pages


Tell = Callable[[Recipient, Finding], None]
"""Called with what keeps a Recipient's sheet from being made."""


@dataclass(frozen=True, slots=True)
class Makers:
    """Who makes sheets, and from what."""

    library: Library
    workers: "int | pool.Crew"


def made(makers: Makers, wanted: Sequence[Wanted], tell: Tell) -> Iterator[Sheet]:
    """Make every sheet, and yield each as it is done. What does not fit its places comes last, laid out anew."""
    unfit: list[Wanted] = []
    groups = _groups(makers.library, wanted)
    for order, filled in pool.run(_orders(makers.library, groups), makers.workers, make=fill):
        whose = groups[order.number]
        if isinstance(filled, Artifact):
            _tell_all(whose, filled.findings, tell)
            continue
        for one, stamp in zip(whose, filled.stamps, strict=True):
            if stamp is None:
                unfit.append(one)
            else:
                yield Sheet(one, filled.free, stamp)
    yield from _anew(makers, unfit, tell)


def _tell_all(whose: Iterable[Wanted], findings: Iterable[Finding], tell: Tell) -> None:
    for one, finding in product(whose, findings):
        tell(one.recipient, finding)


def _groups(library: Library, wanted: Iterable[Wanted]) -> list[tuple[Wanted, ...]]:
    """Put those of one shape together, so many that a worker does them in a fraction of a second."""
    shapes: dict[tuple[str, tuple[str, ...]], list[Wanted]] = {}
    for one in wanted:
        shapes.setdefault((one.edition.path, _shape(library, one)), []).append(one)
    return [
        tuple(same[start : start + MOST]) for same in shapes.values() for start in range(0, len(same), MOST)
    ]


def _shape(library: Library, one: Wanted) -> tuple[str, ...]:
    said = one.recipient.said
    about = tuple(name for name in personal.ABOUT if said.get(name))
    return (*about, *(slot.key for slot in _dates(library, one)))


def _dates(library: Library, one: Wanted) -> tuple[Slot, ...]:
    return _DATES(library, one.edition, one.recipient.treated_on)


def _orders(library: Library, groups: Iterable[Sequence[Wanted]]) -> Iterator[Order]:
    press = Press(library)
    for number, whose in enumerate(groups):
        places = _slots(library, whose[0])
        job = press.render(whose[0].edition, compose(library, whose[0].edition, personal.free(places)))
        key = hashlib.sha256("\0".join((whose[0].edition.digest, *places)).encode()).hexdigest()
        sheets = tuple(tuple(_slots(library, one).values()) for one in whose)
        yield Order(job, number, key, sheets)


def _slots(library: Library, one: Wanted) -> dict[str, Slot]:
    """Give every place of a sheet with its words."""
    about = personal.about(library.locales[one.edition.lang], one.recipient.said)
    return {slot.key: slot for slot in (*about, *_dates(library, one))}


def _anew(makers: Makers, unfit: Sequence[Wanted], tell: Tell) -> Iterator[Sheet]:
    """Lay each sheet out by itself."""
    jobs = (_job(makers.library, one, number) for number, one in enumerate(unfit))
    for job, artifact in pool.run(jobs, makers.workers) if unfit else ():
        one = unfit[int(job.path)]
        _tell_all([one], artifact.findings, tell)
        if artifact.usable:
            yield Sheet(one, artifact)


def _job(library: Library, one: Wanted, number: int) -> Job:
    leaflet = compose(library, one.edition, _slots(library, one))
    return replace(Press(library).render(one.edition, leaflet), path=str(number))
