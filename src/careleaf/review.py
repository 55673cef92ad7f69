"""A page for who approves: what changed since the last approval, word by word, beside the PDF's pages."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from careleaf import locales, pool
from careleaf.approvals import needed, reading_status, standing
from careleaf.changes import Change, changes, last_read
from careleaf.difference import Stretch, difference
from careleaf.model import (
    Approval,
    Artifact,
    Clinic,
    Format,
    Library,
    Reading,
    Status,
    Topic,
    Withdrawal,
)
from careleaf.pdf.raster import pictures
from careleaf.render import RenderError, page
from careleaf.single import job
from careleaf.words import reading, said, ui_texts
from careleaf.writers import write

RESOLUTION: Final = 110
"""Dots per inch of the pages beside the words: 12 pt is well read on a screen."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One place of a topic: its words as approved and as they stand, with the English of a translation."""

    place: str
    english: str
    stretches: tuple[Stretch, ...]
    changed: bool


@dataclass(frozen=True, slots=True)
class Review:
    """All that an approver needs to see of a topic in a language at a clinic."""

    topic: Topic
    lang: str
    clinic: Clinic
    now: Reading
    before: Reading | None
    status: Status
    needed: tuple[str, ...]
    approvals: tuple[Approval, ...]
    withdrawal: Withdrawal | None
    changes: tuple[Change, ...]
    passages: tuple[Passage, ...]
    """Every text in reading order; what is gone stands at the end."""


def review(library: Library, topic: Topic, lang: str, clinic: Clinic, today: date) -> Review | None:
    """Compare what a clinic's reader reads with what was approved last; None if the text is not current."""
    now = reading(library, topic, lang, clinic)
    if now is None:
        return None
    before = last_read(library, topic.name, lang)
    locale = library.locales[lang]
    span = (ui_texts(library, lang) or {})["range"]
    numbers = {name: locales.phone(getattr(clinic, name), locale) for name in Clinic.FACTS}
    counts = standing(library, topic.name, lang)
    return Review(
        topic=topic,
        lang=lang,
        clinic=clinic,
        now=now,
        before=before,
        status=reading_status(library, topic, now, today),
        needed=tuple(sorted(needed(topic, locale))),
        approvals=counts.approvals,
        withdrawal=counts.withdrawal,
        changes=changes(before, now) if before else (),
        passages=_passages(before, now, partial(said, locale=locale, span=span, numbers=numbers)),
    )


def _passages(
    before: Reading | None, now: Reading, say: Callable[[Reading], dict[str, str]]
) -> tuple[Passage, ...]:
    old, new = say(before) if before else {}, say(now)
    english = {id_: source for id_, source, text in now.words if source != text}
    return tuple(
        Passage(
            place=id_,
            english=english.get(id_, ""),
            stretches=difference(old.get(id_, "") if before else new[id_], new.get(id_, "")),
            changed=before is not None and old.get(id_) != new.get(id_),
        )
        for id_ in dict.fromkeys([*new, *old])
    )


def rendered(library: Library, found: Review, form: Format) -> Artifact:
    """Make the PDF that stands beside the words, whatever its status, with the limits of a build.

    It has no content where a template cannot be filled in, or where a limit was passed.
    """
    try:
        one = job(library, found.now, found.status, found.clinic, form)
    except RenderError as error:
        return Artifact("", b"", 0, (error.finding,))
    ((_, artifact),) = pool.run([one], 1, make=write)
    return artifact


def html(library: Library, found: Review, content: bytes) -> str:
    """Write the page: words beside pictures of the PDF's pages, in one file that loads nothing."""
    pages = [base64.b64encode(picture).decode() for picture in pictures(content, RESOLUTION)]
    return page("review.html", review=found, locale=library.locales[found.lang], pages=pages)
