"""Catalogs brought up to date with the English, by Unit id. Nothing is guessed from a similar sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from careleaf import locales
from careleaf.model import Catalog, Entry, Library, Provenance, Remembered
from careleaf.translate.tasks import Task, tasks

LICENCE: Final = "A draft until it is approved: see the flag of each entry."


@dataclass(frozen=True, slots=True)
class Synced:
    """A catalog that has every text of today, and what that took: ids by what became of them."""

    catalog: Catalog
    notes: Mapping[str, str]
    new: tuple[str, ...]
    unchanged: tuple[str, ...]
    stale: tuple[str, ...]
    remembered: tuple[str, ...]
    """Texts that were filled in from the same English elsewhere."""
    retired: tuple[Remembered, ...]
    """Translations of Units that are gone: they move to the language's memory."""


def synced(library: Library, name: str, lang: str) -> Synced:
    """Bring one catalog up to date.

    A text whose English is the same is kept. If that changed, the words stay, marked as not sure
    (fuzzy), with the English that they were made from. A new text is filled in from the very same English
    only, and if the language has translated that in just one way.
    """
    old = library.catalogs.get((lang, name)) or _fresh(library, name, lang)
    wanted = tasks(library, name, lang)
    known = memory(library, lang)
    entries = {task.id: _entry(task, old.entries.get(task.id), known) for task in wanted}
    kinds = {task.id: _kind(old.entries.get(task.id), entries[task.id]) for task in wanted}
    gone = {id_: entry for id_, entry in old.entries.items() if id_ not in entries} | dict(old.retired)
    ids = {kind: tuple(id_ for id_, each in kinds.items() if each == kind) for kind in KINDS}
    return Synced(
        catalog=replace(old, entries=entries, retired={}, header=_header(library, name, lang, old.header)),
        notes={task.id: task.notes for task in wanted},
        retired=tuple(
            Remembered(f"{name}/{id_}", entry.previous or entry.english, entry.text, entry.provenance)
            for id_, entry in gone.items()
            # Words that their translator doubted would come back as sure ones.
            if entry.text and (entry.previous or not entry.fuzzy)
        ),
        **ids,
    )


KINDS: Final = ("new", "unchanged", "stale", "remembered")


def _kind(old: Entry | None, now: Entry) -> str:
    if now.fuzzy:
        return "stale"
    if not now.text:
        return "new"
    return "unchanged" if old and old.text else "remembered"


def _entry(task: Task, old: Entry | None, known: Mapping[str, str]) -> Entry:
    if old is None or not old.text:
        text = known.get(task.english, "")
        return Entry(task.english, text, Provenance.MEMORY, 0, remark=old.remark if old else "")
    made_from = old.previous if old.fuzzy and old.previous else old.english
    if made_from == task.english:
        # The English is again what the words were made from; a translator's own doubt stays.
        return replace(old, english=task.english, fuzzy=old.fuzzy and not old.previous, previous="")
    return replace(old, english=task.english, fuzzy=True, previous=made_from)


def memory(library: Library, lang: str) -> dict[str, str]:
    """Give what a language has for an English text, if it has just one translation of it that is sure."""
    found: dict[str, set[str]] = {}
    for (tag, _), catalog in library.catalogs.items():
        if tag == lang:
            for entry in catalog.entries.values():
                if entry.text and not entry.fuzzy:
                    found.setdefault(entry.english, set()).add(entry.text)
    for row in library.memory.get(lang, ()):
        found.setdefault(row.english, set()).add(row.text)
    return {english: next(iter(texts)) for english, texts in found.items() if len(texts) == 1}


def _fresh(library: Library, name: str, lang: str) -> Catalog:
    preface = f"careleaf: {name}, {library.locales[lang].english}.\n{LICENCE}"
    return Catalog(f"locales/{lang}/LC_MESSAGES/{name}.po", {}, preface=preface)


def _header(library: Library, name: str, lang: str, old: Mapping[str, str]) -> dict[str, str]:
    """Give the fields that GNU msgfmt asks for; what a person wrote stays."""
    fixed = {
        "Project-Id-Version": f"careleaf {name}",
        "Language": lang,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    if locales.in_cldr(library.locales[lang]):
        fixed["Plural-Forms"] = locales.plural_forms(library.locales[lang])
    usual = {"PO-Revision-Date": "1970-01-01 00:00+0000", "Last-Translator": "", "Language-Team": "none"}
    return usual | dict(old) | fixed


def written(kept: tuple[Remembered, ...], retired: tuple[Remembered, ...]) -> tuple[Remembered, ...]:
    """Add retired translations to a memory, each once."""
    return tuple(dict.fromkeys((*kept, *retired)))
