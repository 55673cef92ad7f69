"""The sections of the sheet: which of the treatments' are one, how they are headed, and their Units."""

from collections import Counter
from collections.abc import Container, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from careleaf.model import Kind, Section, Topic, Unit
from careleaf.several.facts import Settled
from careleaf.several.naming import facts_of_head, facts_of_unit, free
from careleaf.several.weaving import grouped, woven

DESCRIBING: Final = {Kind.KEY_POINTS, Kind.TEXT, Kind.STEPS, Kind.TIMELINE, Kind.OPTIONS, Kind.LOOKALIKES}
"""Sections that say what one treatment is like: a reader must not take it for another's."""
RULES: Final = {Kind.DO, Kind.DONT, Kind.WARNING}
"""Sections that say what to do: in them, texts that differ may gainsay one another."""
RESERVED: Final = {"heading", "action", "picture"}
"""Ids that a section's own texts have."""

Said = tuple[str, str]
"""A topic's name, and the id of one of its texts."""


class OwnSection(NamedTuple):
    """A section of a topic."""

    topic: str
    section: Section


@dataclass(frozen=True, slots=True)
class OwnUnit:
    """A Unit in the section of a topic."""

    topic: str
    section: Section
    unit: Unit

    @property
    def key(self) -> Hashable:
        """What two Units have in common that stand once: words and days."""
        unit = self.unit
        return unit.label, unit.text, unit.when and unit.when.model_dump_json()


@dataclass(frozen=True, slots=True)
class Line:
    """A Unit of the sheet: who says it, under which id, and whether it names who does."""

    id: str
    said_by: tuple[OwnUnit, ...]
    named: bool

    @property
    def first(self) -> OwnUnit:
        """Give the one whose words count: where a language says the same English twice, that is settled."""
        return min(self.said_by, key=lambda one: one.topic)


@dataclass(frozen=True, slots=True)
class Block:
    """A section of the sheet: whose it is, under which id, how it is headed, and its Units.

    `heading` are the texts that it is headed with. Of those that were one section, only the first is `drawn`.
    """

    id: str
    sections: tuple[OwnSection, ...]
    heading: tuple[Said, ...]
    lines: tuple[Line, ...]
    drawn: bool

    @property
    def kind(self) -> Kind:
        """What it is for."""
        return self.sections[0].section.kind

    @property
    def first(self) -> OwnSection:
        """Give the one whose words count, and its topic."""
        return _first(self.sections)


def blocks(parts: tuple[Topic, ...], settled: Settled) -> Iterator[Block]:
    """Bring the sections of topics together, in the order of the first; their texts name settled Facts."""
    taken: set[str] = set()
    lists = [[OwnSection(part.name, section) for section in part.sections] for part in parts]
    for together in woven(lists, _together):
        for number, (sections, units) in enumerate(_shared_out(together)):
            topic, first = sections[0]
            id_ = free(first.id if topic == parts[0].name and not number else f"{topic}-{first.id}", taken)
            taken.add(id_)
            heading = tuple(_heading(parts, sections, settled))
            named = any(text == "title" for _, text in heading)
            lines = tuple(_lines(parts, first, units, settled, named=named))
            yield Block(id_, sections, heading, lines, not number)


def titles(parts: Iterable[Topic], topics: Container[str]) -> tuple[Said, ...]:
    """Give the titles of some of the topics, in the order of printing."""
    return tuple((part.name, "title") for part in parts if part.name in topics)


def own_units(own: OwnSection) -> list[OwnUnit]:
    """Give the Units of a topic's section."""
    return [OwnUnit(own.topic, own.section, unit) for unit in own.section.units]


def _first(sections: Iterable[OwnSection]) -> OwnSection:
    """Give the section whose words count, whatever the order of printing."""
    return min(sections, key=lambda one: one.topic)


def _together(own: OwnSection) -> Hashable:
    """Say which sections are one. Timelines and steps have an order that nothing may come into."""
    section = own.section
    if section.kind is Kind.TIMELINE:
        return own.topic, section.id
    steps = section.units if section.kind is Kind.STEPS else ()
    return (
        section.kind,
        section.level,
        section.heading,
        section.action,
        tuple(picture.model_dump_json() for picture in section.pictures),
        tuple(step.model_dump_json(exclude={"sources"}) for step in steps),
    )


def _shared_out(
    sections: tuple[OwnSection, ...],
) -> Iterator[tuple[tuple[OwnSection, ...], list[tuple[OwnUnit, ...]]]]:
    """Give the Units of sections that are one. What describes is parted by treatment, what all say first."""
    lists = [own_units(each) for each in sections]
    kind = sections[0].section.kind
    if kind not in DESCRIBING:
        yield sections, woven(lists, lambda one: one.key, lambda one: one.unit.id if kind in RULES else None)
        return
    place = {own.topic: number for number, own in enumerate(sections)}

    def order(units: list[tuple[OwnUnit, ...]]) -> tuple[int, int]:
        topics = _topics(units[0])
        return -len(topics), min(place[topic] for topic in topics)

    for units in sorted(grouped(woven(lists, lambda one: one.key), _topics), key=order):
        yield tuple(own for own in sections if own.topic in _topics(units[0])), units


def _topics(own: Iterable[OwnSection | OwnUnit]) -> frozenset[str]:
    return frozenset(one.topic for one in own)


def _heading(parts: tuple[Topic, ...], sections: tuple[OwnSection, ...], settled: Settled) -> Iterator[Said]:
    """Give the texts that a section is headed with: its own, its treatments' titles, or both."""
    topic, first = _first(sections)
    topics = _topics(sections)
    apart = bool(facts_of_head(first) & settled.apart)
    if len(topics) < len(parts) and (first.kind in DESCRIBING or apart):
        yield from titles(parts, topics)
        if first.kind is Kind.TIMELINE and _only_timeline(parts, topic):
            return
    yield topic, f"{first.id}/heading"


def _only_timeline(parts: Iterable[Topic], topic: str) -> bool:
    sections = next(part.sections for part in parts if part.name == topic)
    return sum(section.kind is Kind.TIMELINE for section in sections) == 1


def _lines(
    parts: tuple[Topic, ...],
    first: Section,
    units: Sequence[tuple[OwnUnit, ...]],
    settled: Settled,
    *,
    named: bool,
) -> Iterator[Line]:
    """Give each Unit its id. If the heading is not `named` after its treatment, a Unit may have to be."""
    said = Counter((own[0].unit.label, own[0].unit.text) for own in units)
    taken = RESERVED | {panel.id for panel in first.panels}
    for own in units:
        unit = own[0].unit
        id_ = free(unit.id if unit.id not in taken else f"{own[0].topic}-{unit.id}", taken)
        taken.add(id_)
        everybody = len(_topics(own)) == len(parts)
        doubtful = said[unit.label, unit.text] > 1 or bool(facts_of_unit(unit) & settled.apart)
        yield Line(id_, own, doubtful and not (everybody or named))
