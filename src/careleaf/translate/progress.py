"""Where the translation of each topic stands, in texts and in words."""

from collections import Counter
from dataclasses import dataclass

from careleaf.model import Library, Provenance
from careleaf.translate.sync import synced
from careleaf.translate.tasks import names, targets, tasks


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one catalog is. Counts are texts; `words` are the English words that wait for a translator.

    `by` says who made the texts that are done; `back` how many of the `critical` ones were translated back.
    """

    lang: str
    name: str
    total: int
    done: int
    stale: int
    open: int
    words: int
    by: dict[str, int]
    critical: int
    back: int

    @property
    def waits_for(self) -> str:
        """Say what is to be done next."""
        if self.open or self.stale:
            return "translator"
        return "reviser" if self.by.get(Provenance.HUMAN, 0) < self.total else "approval"


def progress(library: Library, langs: tuple[str, ...] = ()) -> tuple[Progress, ...]:
    """Tell it of every catalog of some languages, or of all."""
    return tuple(_of(library, lang, name) for lang in langs or targets(library) for name in names(library))


def _of(library: Library, lang: str, name: str) -> Progress:
    catalog = synced(library, name, lang).catalog
    old = library.catalogs.get((lang, name))
    before = old.entries if old else {}
    found = [(task, catalog.entries[task.id], before.get(task.id)) for task in tasks(library, name, lang)]
    # What sync would fill in from memory is not there yet.
    done = [task for task, entry, was in found if was and was.text and not entry.fuzzy]
    stale = [task for task, entry, _ in found if entry.fuzzy]
    waiting = {task.id for task, _, _ in found} - {task.id for task in done}
    backs = library.back.get((lang, name))
    words = {task.id: entry.text for task, entry, _ in found}
    turned = backs.entries.items() if backs else ()
    returned = {id_ for id_, entry in turned if entry.english == words.get(id_)}
    return Progress(
        lang=lang,
        name=name,
        total=len(found),
        done=len(done),
        stale=len(stale),
        open=len(waiting) - len(stale),
        words=sum(len(task.english.split()) for task, _, _ in found if task.id in waiting),
        by=dict(Counter(str(catalog.entries[task.id].provenance) for task in done)),
        critical=sum(task.critical for task, _, _ in found),
        back=sum(task.critical and task.id in returned for task, _, _ in found),
    )
