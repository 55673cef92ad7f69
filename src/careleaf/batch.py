"""Recipients -> their sheets: which leaflet each gets, laid out once for all of one shape, and stamped.

Nobody gets a sheet in another language than asked for, or with words that are not approved, unless drafts
were asked for: then every page says so. Who gets none is held, with the reason and what to do instead.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Final, TypeVar

from careleaf import diary, personal, pool, private, several
from careleaf.approvals import worst
from careleaf.compose import compose
from careleaf.findings import Finding, Severity, blocking
from careleaf.model import (
    Artifact,
    Clinic,
    Edition,
    Format,
    Job,
    Library,
    Need,
    Order,
    Recipient,
    Slot,
    Status,
    Topic,
)
from careleaf.plan import PRINTED, edition, press
from careleaf.render import Press, RenderError
from careleaf.versions import versions
from careleaf.words import reading, source_locale
from careleaf.writers import write

if TYPE_CHECKING:
    from careleaf.pdf.update import Filled, Free, Stamp

MOST: Final = 1000
"""Sheets in one order: a worker has it done in a second, and few leaflets are laid out by two workers."""
SAFE: Final = frozenset({"crash", "time-limit", "memory-limit"})
"""The rules whose findings quote nothing of a page."""


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

    def calendar(self, library: Library, *, alarm: bool) -> bytes | None:
        """Give the days of the sheet as a file for a calendar program; None if it has none."""
        return diary.calendar(library, self.edition, self.recipient.treated_on, alarm=alarm)


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
    if not _offered(library.topics[name], terms.clinic, form):
        message = f"{name} is not made as a {need} sheet: it has no days to count, or says so itself"
        return _Held("not-as", message, "Hand out its leaflet: careleaf build makes that.")
    if not terms.clinic.speaks(lang):
        message = f"{terms.clinic.title} does not hand out {lang}"
        return _Held("language", message, _instead(library, terms, name))
    leaflet, state = issued(library, terms, name, lang, form)
    if leaflet is None or state not in (PRINTED if terms.drafts else {Status.APPROVED}):
        message = f"the text of {name} in {lang} is {state}"
        return _Held("not-approved", message, _instead(library, terms, name))
    return leaflet


def issued(
    library: Library, terms: Terms, name: str, lang: str, form: Format
) -> tuple[Edition | None, Status]:
    """Give the leaflet of a sheet, None if its words are not current; and its status, whatever that is."""
    langs = (lang, source_locale(library)) if form.bilingual else (lang,)
    state = worst(_status(library, terms, name, each) for each in langs)
    one = reading(library, library.topics[name], lang, terms.clinic)
    if one is None:
        return None, state
    return edition(library, one, state, terms.clinic, form, press(library, versions(), form)), state


def _offered(topic: Topic, clinic: Clinic, form: Format) -> bool:
    """Say whether a topic makes a personal sheet: without a day in it, a leaflet says as much."""
    return form.name not in topic.not_as and bool(topic.watch or personal.due(topic, clinic))


def _status(library: Library, terms: Terms, name: str, lang: str) -> Status:
    """Give the status of all words of a sheet in one language: of each treatment that it is for."""
    return several.status(library, several.parts(name), lang, terms.clinic, terms.today)


def _instead(library: Library, terms: Terms, name: str) -> str:
    """Say what the nearest safe thing to hand out is: an approved text, gone through with an interpreter."""
    langs = [lang for lang in library.locales if terms.clinic.speaks(lang)]
    there = [lang for lang in langs if _status(library, terms, name, lang) is Status.APPROVED]
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
    leaflet: Artifact = field(repr=False)
    free: "Free | None" = field(default=None, repr=False)
    stamp: "Stamp | None" = field(default=None, repr=False)

    @property
    def added(self) -> bytes:
        """What follows the leaflet's bytes in the file; empty for a sheet that was laid out anew."""
        from careleaf.pdf.update import update  # noqa: PLC0415 # only who makes sheets needs to find fonts

        return update(self.free, self.stamp) if self.free and self.stamp else b""

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.leaflet.content + self.added


T = TypeVar("T", bound=pool.Task)
R = TypeVar("R")
Tell = Callable[[Recipient, Finding], None]
"""Called with what keeps a Recipient's sheet from being made."""


@dataclass(frozen=True, slots=True)
class Makers:
    """Who makes sheets, and from what."""

    library: Library
    workers: "int | pool.Crew"


def made(makers: Makers, wanted: Sequence[Wanted], tell: Tell) -> Iterator[Sheet]:
    """Make every sheet, and yield each as it is done: last those laid out anew, which did not fit."""
    unfit: list[Wanted] = []
    places = _Places(makers.library)
    groups = _groups(places, wanted)
    for order, filled in pool.run(_orders(places, groups, tell), makers.workers, make=fill):
        whose = groups[order.number]
        if isinstance(filled, Artifact):
            _tell_all(whose, filled.findings, tell)
            continue
        for one, stamp in zip(whose, filled.stamps, strict=True):
            if stamp is None:
                unfit.append(one)
            else:
                yield Sheet(one, filled.free.artifact, filled.free, stamp)
    yield from _anew(makers, places, unfit, tell)


def fill(order: Order) -> "Filled | Artifact":
    """Lay a leaflet out with its places free, and stamp each sheet of an Order: in a worker."""
    from careleaf.pdf import master  # noqa: PLC0415 # loads the engine

    return _without_words(master.fill, order)


def lay_out(job: Job) -> Artifact:
    """Lay one sheet out by itself: in a worker."""
    return _without_words(write, job)


def _without_words(make: Callable[[T], R], task: T) -> R | Artifact:
    """Make something. If that fails, tell of it here: whoever else did would quote what is personal."""
    try:
        return make(task)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 # whatever it is, the other sheets go on
        message = f"it failed: {private.without_words(error)}"
        finding = Finding(task.name, 0, "crash", message, "Report this as a bug.")
        return Artifact(task.path, b"", 0, (finding,))


def _tell_all(whose: Iterable[Wanted], findings: Iterable[Finding], tell: Tell) -> None:
    for one, finding in product(whose, findings):
        tell(one.recipient, finding)


@dataclass(frozen=True, slots=True)
class _Places:
    """The places of sheets and their words. Those who were treated on one day share their dates."""

    library: Library
    known: dict[tuple[str, date], tuple[Slot, ...]] = field(default_factory=dict)

    def dates(self, one: Wanted) -> tuple[Slot, ...]:
        """Give the places with days."""
        key = one.edition.path, one.recipient.treated_on
        if key not in self.known:
            self.known[key] = personal.dates(self.library, one.edition, one.recipient.treated_on)
        return self.known[key]

    def of(self, one: Wanted) -> tuple[Slot, ...]:
        """Give every place of a sheet."""
        return (*personal.about(self.library.locales[one.edition.lang], one.recipient.said), *self.dates(one))

    def shape(self, one: Wanted) -> tuple[str, ...]:
        """Say which places a sheet has: sheets with the same are laid out once."""
        about = (name for name, text in one.recipient.said.items() if text)
        return (one.edition.path, *about, *(slot.key for slot in self.dates(one)))


def _groups(places: _Places, wanted: Iterable[Wanted]) -> list[tuple[Wanted, ...]]:
    """Put those of one shape together, so many that a worker does them in a second or two."""
    shapes: dict[tuple[str, ...], list[Wanted]] = {}
    for one in wanted:
        shapes.setdefault(places.shape(one), []).append(one)
    return [
        tuple(same[start : start + MOST]) for same in shapes.values() for start in range(0, len(same), MOST)
    ]


def _orders(places: _Places, groups: Iterable[Sequence[Wanted]], tell: Tell) -> Iterator[Order]:
    """Say of each group what to lay out and what to stamp. A leaflet is filled in once for all its groups."""
    press, job, last = Press(places.library), None, ""
    for number, whose in enumerate(groups):
        first = whose[0]
        key = hashlib.sha256("\0".join((first.edition.digest, *places.shape(first))).encode()).hexdigest()
        if job is None or key != last:
            free = personal.free({slot.key: slot for slot in places.of(first)})
            try:
                job, last = press.render(first.edition, compose(places.library, first.edition, free)), key
            except RenderError as error:
                _tell_all(whose, [error.finding], tell)
                continue
        yield Order(job, number, key, tuple(map(places.of, whose)))


def _anew(makers: Makers, places: _Places, unfit: Sequence[Wanted], tell: Tell) -> Iterator[Sheet]:
    """Lay each sheet out by itself."""
    press = Press(makers.library)

    def job(number: int, one: Wanted) -> Job:
        leaflet = compose(makers.library, one.edition, {slot.key: slot for slot in places.of(one)})
        return replace(press.render(one.edition, leaflet), path=str(number))

    jobs = (job(number, one) for number, one in enumerate(unfit))
    for done, artifact in pool.run(jobs, makers.workers, make=lay_out) if unfit else ():
        one = unfit[int(done.path)]
        if artifact.usable:
            yield Sheet(one, artifact)
        else:
            _tell_all([one], map(_unquoted, filter(_wrong, artifact.findings)), tell)


def _wrong(finding: Finding) -> bool:
    """Say whether it keeps a sheet from being used; what is less was told of no stamped sheet either."""
    return blocking([finding])


def _unquoted(finding: Finding) -> Finding:
    """Leave out the words of the page: of a sheet laid out by itself, they may be the patient's."""
    if finding.rule in SAFE:
        return finding
    message = "what is said of this patient does not go onto the page as it must"
    mend = "Shorten the name, the area or the clinician, or write each in one script."
    return replace(finding, message=message, mend=mend)
