"""Several treatments of one visit on one sheet: their leaflets as one topic, made of approved texts only.

Nothing is reworded, summed up or left out. What two leaflets say in the same English stands once; all else
stands beside it. The rules:

- A Fact of one name that has one value in all, a clinic's own values counted, is one Fact. Of different
  values the stricter counts for all texts, if every treatment says the same way which that is (`stricter`).
  Else each keeps its own, and a text that says it names its treatment.
- Lengths are compared as time, whatever their units: a month as 30.4 days, a year as twelve months. Of two
  spans, the end that is stricter decides: the upper one where higher is stricter, else the lower one.
- Rules (do, do not, danger signs) count for the whole visit. What only describes, such as what is expected,
  stands under its treatment's title where not all treatments say it.
- Each treatment has its own timeline under its own title. Numbered steps are not mixed either.
- Sections are one if kind, level, heading, action and drawings are the same in English.
- Danger signs are to be looked for as long as the treatment that takes longest asks for it.

What a person must judge is a Conflict: nothing is to be printed before a clinician has accepted each by name.
docs/decisions/several-treatments.md says what this cannot see.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from careleaf import approvals
from careleaf.model import AND, Clinic, Library, Status, Topic
from careleaf.several import catalogs, conflicts, facts, sections, texts, topic
from careleaf.several.conflicts import BOTH, Conflict
from careleaf.several.naming import renamed

__all__ = ["BOTH", "Conflict", "Merged", "merged", "name", "parts", "status"]

FEWEST: Final = 2
"""So many treatments are several."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A library with one topic more, `topic`: what a reader needs after all of the treatments."""

    library: Library
    topic: str
    conflicts: tuple[Conflict, ...]


def merged(library: Library, names: tuple[str, ...], clinic: Clinic) -> Merged:
    """Bring the leaflets of several treatments together, with a clinic's own values.

    The new topic is in every language in which all of them are current. The order of `names` is that of
    printing, and changes nothing of what is kept. Raises ValueError for fewer than two topics, for one that
    is unknown or is no aftercare, and for different audiences.
    """
    topics = _asked(library, names)
    settled = facts.settled(topics, clinic)
    parts = tuple(renamed(topic, settled.names[topic.name]) for topic in topics)
    blocks = tuple(sections.blocks(parts, settled))
    origins = texts.origins(parts, blocks)
    english = texts.spoken(
        origins, {part.name: {word.id: word.text for word in part.words()} for part in parts}
    )
    one = topic.joined(name(part.name for part in parts), parts, settled, blocks, english)
    translated = catalogs.translated(library, topics, settled.names, origins, english)
    ours = {(lang, one.name): catalog for lang, catalog in translated.items()}
    return Merged(
        library=replace(
            library, topics={**library.topics, one.name: one}, catalogs={**library.catalogs, **ours}
        ),
        topic=one.name,
        conflicts=conflicts.found(library, parts, settled, blocks),
    )


def name(topics: Iterable[str]) -> str:
    """Name what several topics are together; one alone keeps its name."""
    return AND.join(topics)


def parts(name: str) -> tuple[str, ...]:
    """Give the topics that a name is of: those of several treatments, or the one."""
    return tuple(name.split(AND))


def status(library: Library, parts: tuple[str, ...], lang: str, clinic: Clinic, today: date) -> Status:
    """Derive where several topics stand together in a language at a clinic: the worst of them."""
    return approvals.worst(
        approvals.status(library, library.topics[name], lang, clinic, today) for name in parts
    )


def _asked(library: Library, names: tuple[str, ...]) -> tuple[Topic, ...]:
    """Look the topics up, each once. Raises ValueError."""
    distinct = tuple(dict.fromkeys(names))
    if unknown := [name for name in distinct if name not in library.topics]:
        raise ValueError(f"{', '.join(unknown)}: the library has no such topic")
    if len(distinct) < FEWEST:
        raise ValueError(f"several treatments need two topics or more, and there is {distinct or 'none'}")
    topics = tuple(library.topics[name] for name in distinct)
    if others := [topic.name for topic in topics if topic.kind != "aftercare"]:
        raise ValueError(f"{', '.join(others)}: only topics of kind aftercare can stand on one sheet")
    if len({topic.audience for topic in topics}) > 1:
        said = ", ".join(f"{topic.name} is for {topic.audience}" for topic in topics)
        raise ValueError(f"one sheet has one kind of reader: {said}")
    return topics
