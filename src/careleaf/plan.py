"""Selection -> Editions: which leaflets there are to make, in which state, and what each depends on."""

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, replace
from datetime import date
from difflib import get_close_matches
from itertools import product
from typing import Any, Final

from pydantic import BaseModel

from careleaf import fonts
from careleaf.approvals import reading_status, status, worst
from careleaf.model import (
    Clinic,
    Edition,
    Format,
    Ink,
    Library,
    Links,
    Reading,
    Selection,
    Status,
    Topic,
    Variant,
)
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


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build is about: the Editions that were asked for, and the finished ones that are still good.

    A finished file that is neither must not be handed out any more.
    """

    wanted: tuple[Edition, ...]
    finished: tuple[Edition, ...]


def known(library: Library, selection: Selection) -> None:
    """Raise UnknownNameError if the caller named what the library does not have."""
    asked = (
        ("topic", selection.topics, library.topics),
        ("lang", selection.langs, library.locales),
        ("format", selection.formats, library.formats),
        ("clinic", selection.clinics, library.clinics),
    )
    for field, values, names in asked:
        for value in values:
            if value not in names:
                raise UnknownNameError(field, value, names)


def plan(  # noqa: PLR0913, PLR0917 # all that it depends on
    library: Library,
    selection: Selection,
    versions: Mapping[str, str],
    today: date,
    printed: Container[str] = (),
    held: AbstractSet[str] = frozenset(),
) -> Plan:
    """Choose what to make. `printed` are the paths of finished files, `held` the files with a fault.

    A clinic or format whose own file is held prints nothing.
    """
    presses = {name: press(library, versions, form) for name, form in library.formats.items()}
    wanted: list[Edition] = []
    finished: list[Edition] = []
    for one in _candidates(library, today, held, approved_only=selection.approved_only):
        asked = _asked(one, selection)
        if asked or one.path in printed:
            made = _edition(library, one, presses[one.form.name])
            (wanted if asked else finished).append(made)
    return Plan(tuple(wanted), tuple(finished))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A leaflet that the library can print now."""

    found: Reading
    status: Status
    clinic: Clinic
    form: Format
    variant: Variant
    langs: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"{self.clinic.name}/{self.found.lang}/{self.form.file_name(self.found.topic, self.variant)}"


def _candidates(
    library: Library, today: date, held: AbstractSet[str], *, approved_only: bool
) -> Iterator[_Candidate]:
    printed = {Status.APPROVED} if approved_only else PRINTED
    clinics = [clinic for clinic in library.clinics.values() if not clinic.files & held]
    forms = [form for form in library.formats.values() if not form.personal and form.file not in held]
    for topic, clinic in product(library.topics.values(), clinics):
        readings = [reading(library, topic, lang, clinic) for lang in library.locales if clinic.speaks(lang)]
        states = [(each, reading_status(library, topic, each, today)) for each in readings if each]
        langs = tuple(each.lang for each, state in states if state in printed)
        for (found, state), form in product(states, forms):
            shown = _shown(library, topic, clinic, form, state, today)
            offered = form.name not in topic.not_as and not (
                form.bilingual and library.locales[found.lang].source
            )
            if shown in printed and offered:
                for ink, bleed in product(Ink, (False, True)):
                    for variant in form.variants(ink, bleed=bleed):
                        yield _Candidate(
                            found, shown, clinic, form, variant, langs if form.everywhere else ()
                        )


def _asked(one: _Candidate, selection: Selection) -> bool:
    """Say whether a leaflet was asked for: a format on request is, if it was named."""
    named = (
        (selection.topics, one.found.topic),
        (selection.langs, one.found.lang),
        (selection.clinics, one.clinic.name),
        (selection.formats, one.form.name),
    )
    return (
        all(not names or name in names for names, name in named)
        and (selection.shard is None or selection.shard.holds(one.path))
        and (bool(selection.formats) or selection.all_formats or not one.form.on_request)
        and (one.variant.ink, one.variant.bleed) == (selection.ink, selection.bleed)
    )


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
    """Name one leaflet in a format's first variant, and digest all that goes into it."""
    return _edition(library, _Candidate(found, state, clinic, form, Variant(form.bindings[0]), ()), made_with)


def _edition(library: Library, one: _Candidate, made_with: str) -> Edition:
    topic, lang, digest = library.topics[one.found.topic], one.found.lang, one.found.digest
    parts = [
        digest,
        one.status,
        ui_texts(library, lang),
        *_parts(library, topic, lang, one.clinic, one.form),
        asdict(one.variant),
        [[_dump(library.locales[tag]), fonts.sums(library.locales[tag].fonts)] for tag in one.langs],
        made_with,
    ]
    return Edition(
        topic=topic.name,
        lang=lang,
        clinic=one.clinic.name,
        format=one.form.name,
        path=one.path,
        status=one.status,
        text_digest=digest,
        digest=_digest(parts),
        variant=one.variant,
        langs=one.langs,
    )


def linked(one: Edition, links: Links) -> Edition:
    """Let an Edition depend on where it leads too: its page says how large each file is."""
    return replace(one, digest=_digest([one.digest, asdict(links)]))


def _parts(library: Library, topic: Topic, lang: str, clinic: Clinic, form: Format) -> list[Any]:
    locale = library.locales[lang]
    pictures = [picture.file for section in topic.sections for picture in section.pictures]
    sources = sorted({key for part in topic.statements() for key in part.sources} & library.sources.keys())
    return [
        *(_dump(part) for part in (topic, locale, form)),
        clinic.model_dump(
            mode="json", exclude=Clinic.OF_MAIL if form.personal else Clinic.OF_MAIL | Clinic.OF_PATIENTS
        ),
        *(_dump(library.locales[tag]) for tag in (source_locale(library), clinic.lang)),
        _made_by(library, topic, lang),
        [_dump(library.sources[key]) for key in sources],
        [hashlib.sha256(library.images[name]).hexdigest() for name in pictures if name in library.images],
        hashlib.sha256(library.logos.get(clinic.logo or "", b"")).hexdigest(),
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
