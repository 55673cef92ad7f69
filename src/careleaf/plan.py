"""Selection -> Editions: which leaflets there are to make, in which state, and what each depends on."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date
from difflib import get_close_matches
from itertools import product
from typing import Any, Final

from pydantic import BaseModel

from careleaf import fonts
from careleaf.approvals import reading_status, status, worst
from careleaf.model import Clinic, Edition, Format, Library, Links, Reading, Selection, Status, Topic
from careleaf.words import reading, source_locale, ui_texts

PRINTED: Final = {Status.DRAFT, Status.EXPIRED, Status.APPROVED}
"""What is printed at all: a text that was withdrawn is not, and one that is not current cannot be."""


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
        and (selection.formats or not library.formats[edition.format].bilingual)
    )
    return everything, tuple(wanted)


def _editions(
    library: Library, versions: Mapping[str, str], today: date, *, approved_only: bool
) -> Iterator[Edition]:
    printed = {Status.APPROVED} if approved_only else PRINTED
    presses = {name: press(library, versions, form) for name, form in library.formats.items()}
    for topic, lang, clinic in product(library.topics.values(), library.locales, library.clinics.values()):
        found = reading(library, topic, lang, clinic) if clinic.speaks(lang) else None
        if found is None:
            continue
        state = reading_status(library, topic, found, today)
        for form in library.formats.values():
            shown = _shown(library, topic, clinic, form, state, today)
            if shown in printed and not (form.bilingual and library.locales[lang].source):
                yield edition(library, found, shown, clinic, form, presses[form.name])


def _shown(  # noqa: PLR0913, PLR0917 # all that it depends on
    library: Library, topic: Topic, clinic: Clinic, form: Format, state: Status, today: date
) -> Status:
    """Give the status of a leaflet: with two languages on its pages, the worse of both."""
    if not form.bilingual:
        return state
    return worst((state, status(library, topic, source_locale(library), clinic, today)))


def press(library: Library, versions: Mapping[str, str], form: Format) -> str:
    """Digest what a format is made with: the engine, and the templates that it can reach."""
    return _digest([dict(versions), _templates(library, form)])


def edition(  # noqa: PLR0913, PLR0917 # one for each thing that an Edition is of
    library: Library, found: Reading, state: Status, clinic: Clinic, form: Format, made_with: str
) -> Edition:
    """Name one leaflet, and digest all that goes into it."""
    topic, lang, digest = library.topics[found.topic], found.lang, found.digest
    parts = [digest, state, ui_texts(library, lang), *_parts(library, topic, lang, clinic, form), made_with]
    path = f"{clinic.name}/{lang}/{topic.name}.{form.name}.{form.extension}"
    return Edition(topic.name, lang, clinic.name, form.name, path, state, digest, _digest(parts))


def linked(one: Edition, links: Links) -> Edition:
    """Let an Edition depend on where it leads too: its page says how large each file is."""
    return replace(one, digest=_digest([one.digest, asdict(links)]))


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
        ui_texts(library, source_locale(library)) if form.bilingual else None,
    ]


def _made_by(library: Library, topic: Topic, lang: str) -> list[str]:
    """Tell who made the translation: the band on its pages says so."""
    catalog = library.catalogs.get((lang, topic.name))
    return sorted({entry.provenance for entry in catalog.entries.values()}) if catalog else []


def _templates(library: Library, form: Format) -> dict[str, str]:
    """Give the templates that a format can reach: its own folder and what it shares with others."""
    prefixes = (f"{form.folder}/", "shared/", *(("site/",) if form.site else ()))
    return {name: text for name, text in library.templates.items() if name.startswith(prefixes)}


def _dump(part: BaseModel) -> dict[str, Any]:
    return part.model_dump(mode="json")


def _digest(value: Iterable[Any]) -> str:
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
