"""Selection -> Editions: which leaflets there are to make, in which state, and what each depends on."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from careleaf import fonts
from careleaf.model import (
    UI,
    Clinic,
    Edition,
    Entry,
    Format,
    Library,
    Locale,
    Role,
    Selection,
    Status,
    Topic,
)


def source_locale(library: Library) -> str:
    """Give the tag of the language that topics are written in."""
    return next(locale.name for locale in library.locales.values() if locale.source)


def texts(library: Library, topic: Topic, lang: str) -> dict[str, str] | None:
    """Give a topic's texts in a language by Unit id, or None if any of them is missing or not current."""
    english = {word.id: word.text for word in topic.words()}
    return _translated(library, topic.name, lang, english)


def ui_texts(library: Library, lang: str) -> dict[str, str] | None:
    """Give the templates' own texts in a language, or None if any of them is missing or not current."""
    return _translated(library, UI, lang, {text.name: text.text for text in library.ui.values()})


def _translated(library: Library, name: str, lang: str, english: Mapping[str, str]) -> dict[str, str] | None:
    if library.locales[lang].source:
        return dict(english)
    catalog = library.catalogs.get((lang, name))
    if catalog is None or catalog.obsolete:
        return None
    entries = {id_: catalog.entries.get(id_) for id_ in english}
    if not all(_is_current(entry, english[id_]) for id_, entry in entries.items()):
        return None
    return {id_: entry.text for id_, entry in entries.items() if entry}


def _is_current(entry: Entry | None, english: str) -> bool:
    return entry is not None and bool(entry.text) and entry.english == english and not entry.fuzzy


def text_digest(topic: Topic, words: Mapping[str, str]) -> str:
    """Digest what the reader reads: words in their order, Facts and structure, not layout.

    An Approval binds to it. The English is part of it, so that a translation is approved as one of just
    this English.
    """
    structure = [[section.id, section.kind, section.level] for section in topic.sections]
    facts = {name: fact.model_dump(mode="json", exclude={"sources"}) for name, fact in topic.facts.items()}
    pairs = [[word.id, word.text, words[word.id]] for word in topic.words()]
    return _digest([topic.name, topic.audience, structure, facts, pairs])


def status(library: Library, topic: Topic, lang: str, today: date) -> Status:
    """Derive where a topic stands in a language."""
    words = texts(library, topic, lang)
    if words is None or ui_texts(library, lang) is None:
        there = {(lang, topic.name), (lang, UI)} <= library.catalogs.keys()
        return Status.STALE if there else Status.MISSING
    given = text_digest(topic, words)
    until: dict[Role, date] = {}
    for approval in library.approvals:
        if (approval.topic, approval.lang, approval.digest) == (
            topic.name,
            lang,
            given,
        ) and approval.on <= today:
            until[approval.role] = max(approval.until, until.get(approval.role, approval.until))
    needed = _needed(topic, library.locales[lang])
    if not needed <= until.keys():
        return Status.DRAFT
    return Status.APPROVED if min(until[role] for role in needed) >= today else Status.EXPIRED


def _needed(topic: Topic, locale: Locale) -> set[Role]:
    """English needs a clinician; a translation a reviser, and a clinician too if it has emergency signs."""
    if locale.source:
        return {Role.CLINICAL}
    return {Role.LINGUISTIC, Role.CLINICAL} if topic.urgent() else {Role.LINGUISTIC}


class UnknownNameError(ValueError):
    """The caller asked for a topic, language, format or clinic that the library does not have."""

    def __init__(self, field: str, value: str, known: Iterable[str]) -> None:
        near = get_close_matches(value, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known) or 'none'}."
        super().__init__(f"{value} is unknown. {hint}")
        self.field = field


def plan(
    library: Library, selection: Selection, versions: Mapping[str, str], today: date
) -> tuple[tuple[Edition, ...], tuple[Edition, ...]]:
    """Give all Editions that the library can print now, and those of them that were asked for.

    The first tells which finished files are still wanted, the second which are to be made. Raises
    UnknownNameError.
    """
    asked = (
        ("topic", selection.topics, library.topics),
        ("lang", selection.langs, library.locales),
        ("format", selection.formats, library.formats),
        ("clinic", selection.clinics, library.clinics),
    )
    for field, values, known in asked:
        for value in values:
            if value not in known:
                raise UnknownNameError(field, value, known)
    everything = tuple(_editions(library, versions, today, approved_only=selection.approved_only))
    wanted = (
        edition
        for edition in everything
        if all(not values or getattr(edition, field) in values for field, values, _ in asked)
    )
    return everything, tuple(wanted)


def _editions(
    library: Library, versions: Mapping[str, str], today: date, *, approved_only: bool
) -> Iterator[Edition]:
    shared = {
        name: _digest([dict(versions), _templates(library, form)]) for name, form in library.formats.items()
    }
    for topic in library.topics.values():
        for lang in library.locales:
            state = status(library, topic, lang, today)
            words, ui = texts(library, topic, lang), ui_texts(library, lang)
            if words is None or ui is None or (approved_only and state is not Status.APPROVED):
                continue
            given = text_digest(topic, words)
            for clinic in library.clinics.values():
                for form in library.formats.values() if clinic.speaks(lang) else ():
                    parts = [given, state, ui, *_parts(library, topic, lang, clinic, form), shared[form.name]]
                    path = f"{clinic.name}/{lang}/{topic.name}.{form.name}.{form.extension}"
                    yield Edition(
                        topic.name, lang, clinic.name, form.name, path, state, given, _digest(parts)
                    )


def _parts(library: Library, topic: Topic, lang: str, clinic: Clinic, form: Format) -> list[Any]:
    locale = library.locales[lang]
    pictures = [picture.file for section in topic.sections for picture in section.pictures]
    sources = sorted({key for part in topic.statements() for key in part.sources} & library.sources.keys())
    return [
        *(_dump(part) for part in (topic, locale, clinic, form)),
        *(_dump(library.locales[tag]) for tag in (source_locale(library), clinic.lang)),
        _made_by(library, topic, lang),
        [_dump(library.sources[key]) for key in sources],
        [hashlib.sha256(library.images[name]).hexdigest() for name in pictures if name in library.images],
        fonts.sums(locale.fonts),
    ]


def _made_by(library: Library, topic: Topic, lang: str) -> list[str]:
    """Tell who made the translation: the band on its pages says so."""
    catalog = library.catalogs.get((lang, topic.name))
    return sorted({entry.provenance for entry in catalog.entries.values()}) if catalog else []


def _templates(library: Library, form: Format) -> dict[str, str]:
    """Give the templates that a format can reach: its own folder and what all formats share."""
    prefixes = (f"{form.folder}/", "shared/")
    return {name: text for name, text in library.templates.items() if name.startswith(prefixes)}


def _dump(part: BaseModel) -> dict[str, Any]:
    return part.model_dump(mode="json")


def _digest(value: Iterable[Any]) -> str:
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
