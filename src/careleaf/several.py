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

from collections import Counter
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, count, product
from typing import Final, TypeVar

from careleaf import approvals, locales, markup
from careleaf.model import (
    AND,
    Catalog,
    Clinic,
    Clock,
    Entry,
    Fact,
    FactValue,
    Kind,
    Library,
    Measure,
    Number,
    Provenance,
    Section,
    Statement,
    Status,
    Topic,
    Unit,
)
from careleaf.words import NUMBER_NAMES, source_locale, texts

FEWEST: Final = 2
"""So many treatments are several."""
JOINED: Final = " · "
"""Between titles, and between a title and a heading: no language needs it translated."""
BOTH: Final = "both"
"""What is kept where neither is stricter."""
SLUG_LENGTH: Final = 64
MESSAGE: Final = "message"

IN_LEAST: Final = {
    "duration-minute": 1,
    "duration-hour": 60,
    "duration-day": 24 * 60,
    "duration-week": 7 * 24 * 60,
    "duration-month": 304 * 24 * 6,
    "duration-year": 12 * 304 * 24 * 6,
    "length-centimeter": 10,
}
"""Each unit in the least of its kind, to compare whole numbers. The others count as 1."""

DESCRIBING: Final = {Kind.KEY_POINTS, Kind.TEXT, Kind.STEPS, Kind.TIMELINE, Kind.OPTIONS, Kind.LOOKALIKES}
"""Sections that say what one treatment is like: a reader must not take it for another's."""
RULES: Final = {Kind.DO, Kind.DONT, Kind.WARNING}
"""Sections that say what to do: in them, texts that differ may gainsay one another."""
RESERVED: Final = {"heading", "action", "picture"}
"""Ids that a section's own texts have."""
LEAST_SURE: Final = (Provenance.MACHINE, Provenance.MEMORY, Provenance.HUMAN)

T = TypeVar("T")
Said = tuple[str, str]
"""A topic's name, and the id of one of its texts."""
_OwnSection = tuple[str, Section]
"""A topic's name, and one of its sections."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Where treatments ask for different things, for a clinician to judge.

    `name` is what accepts it: that of the Fact, or of texts `section/unit`. `values` are what each topic says
    in English: of a Fact its value at this clinic, of a text how the sheet will say it. `kept` is the value
    that the sheet says for all, or "both": each keeps its own.
    """

    name: str
    values: tuple[Said, ...]
    kept: str

    def __str__(self) -> str:
        said = "; ".join(f"{topic}: {value}" for topic, value in self.values)
        return f"{self.name}: {said} -> {self.kept}"


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
    settled = _settled(library, topics, clinic)
    parts = tuple(_renamed(topic, settled.names[topic.name]) for topic in topics)
    blocks = tuple(_blocks(parts, settled))
    joined = name(part.name for part in parts)
    origins = _origins(parts, blocks)
    english = _spoken(origins, {part.name: {word.id: word.text for word in part.words()} for part in parts})
    topic = _topic(joined, parts, settled, blocks, english)
    return Merged(
        library=replace(
            library,
            topics={**library.topics, joined: topic},
            catalogs={**library.catalogs, **_catalogs(library, joined, topics, settled, origins, english)},
        ),
        topic=joined,
        conflicts=_conflicts(library, parts, settled, blocks),
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


# --- Facts -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Settled:
    """The Facts of the sheet, and under which name each topic's own go.

    `apart` are those that not all topics share although all have one of that name; `disputed` are they and
    those of which a stricter value was kept.
    """

    facts: Mapping[str, Fact]
    names: Mapping[str, Mapping[str, str]]
    apart: frozenset[str]
    disputed: frozenset[str]
    watch: str | None
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A Fact, and the topics that say it."""

    fact: Fact
    topics: tuple[str, ...]


def _settled(library: Library, topics: tuple[Topic, ...], clinic: Clinic) -> _Settled:
    own = {topic.name: _own_facts(topic, clinic) for topic in topics}
    facts: dict[str, Fact] = {}
    names: dict[str, dict[str, str]] = {topic: {} for topic in own}
    apart: set[str] = set()
    conflicts: dict[str, Conflict] = {}
    known = {name for each in own.values() for name in each}
    for name in sorted(known):
        said = {topic: own[topic][name] for topic in sorted(own) if name in own[topic]}
        kept = _kept(said)
        for each in kept:
            alone = len(kept) == 1
            new = name if alone else _free(f"{name}-{each.topics[0]}", known | facts.keys())
            facts[new] = each.fact
            apart |= set() if alone else {new}
            for topic in each.topics:
                names[topic][name] = new
        if len({_compared(fact) for fact in said.values()}) > 1:
            value = BOTH if len(kept) > 1 else _in_english(library, kept[0].fact)
            values = tuple((topic, _in_english(library, fact)) for topic, fact in said.items())
            conflicts[name] = Conflict(name, values, value)
    disputed = apart | {name for name in conflicts if name in facts}
    watch, more = _watch(topics, own, facts, names)
    return _Settled(
        facts | more, names, frozenset(apart), frozenset(disputed), watch, tuple(conflicts.values())
    )


def _own_facts(topic: Topic, clinic: Clinic) -> dict[str, Fact]:
    """Give a topic's Facts with the clinic's own values in them."""
    own = clinic.facts.get(topic.name, {})
    return {name: _valued(fact, own.get(name)) for name, fact in topic.facts.items()}


def _valued(fact: Fact, own: FactValue | None) -> Fact:
    """Give a Fact another value. Raises ValueError if its range does not allow that."""
    if own is None or isinstance(fact, Clock):
        return fact
    return type(fact).model_validate(fact.model_dump() | {"value": own})


def _kept(said: Mapping[str, Fact]) -> tuple[_Kept, ...]:
    """Settle what each topic, in the order of their names, says under one name: one Fact if that can be."""
    strict = [_strictest(group) for group in _grouped(said.items(), lambda one: _rule(one[1]))]
    same = _grouped(strict, lambda one: _compared(one.fact))
    return tuple(
        _Kept(
            _with_sources(group[0].fact, [fact for fact in said.values() if _compared(fact) == value]),
            tuple(sorted(chain.from_iterable(each.topics for each in group))),
        )
        for group in same
        for value in [_compared(group[0].fact)]
    )


def _grouped(items: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Put together what has one key, in the order in which each was met first."""
    found: dict[Hashable, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return list(found.values())


def _rule(fact: Fact) -> Hashable:
    """Say which Facts can be settled with one another: by strictness, or only with their equals."""
    if isinstance(fact, Clock) or fact.stricter is None:
        return _compared(fact)
    return _sort(fact), fact.stricter


def _sort(fact: Fact) -> tuple[str, str]:
    """Say what a Fact is a number of: its type, and the kind of its unit."""
    return fact.type, getattr(fact, "unit", "").partition("-")[0]


def _compared(fact: Fact) -> Hashable:
    """Give what two Facts of the same value have in common, whatever their units."""
    return _sort(fact), fact.value if isinstance(fact, Clock) else _ends(fact)


def _ends(fact: Number) -> tuple[int, int]:
    """Give the lower and the upper end of a value, in the least unit of its kind."""
    low, high = fact.value if isinstance(fact.value, tuple) else (fact.value, fact.value)
    return low * _least(fact), high * _least(fact)


def _least(fact: Fact) -> int:
    return IN_LEAST.get(getattr(fact, "unit", ""), 1)


def _strictest(group: Sequence[tuple[str, Fact]]) -> _Kept:
    """Keep the strictest; of values that are equal as time, the one in the smallest unit."""
    fact = max((fact for _, fact in group), key=lambda each: (_strictness(each), -_least(each)))
    return _Kept(fact, tuple(topic for topic, _ in group))


def _strictness(fact: Fact) -> tuple[int, int]:
    if isinstance(fact, Clock) or fact.stricter is None:
        return 0, 0
    low, high = _ends(fact)
    return (high, low) if fact.stricter == "higher" else (-low, -high)


def _with_sources(fact: Fact, same: Sequence[Fact]) -> Fact:
    sources = dict.fromkeys(chain.from_iterable(each.sources for each in same))
    return fact.model_copy(update={"sources": tuple(sources)})


def _watch(
    topics: Iterable[Topic],
    own: Mapping[str, Mapping[str, Fact]],
    facts: Mapping[str, Fact],
    names: Mapping[str, Mapping[str, str]],
) -> tuple[str | None, dict[str, Fact]]:
    """Choose the Fact that says how long danger signs are looked for; add one if the sheet has none so long.

    A Fact of which the lower value is stricter may have become shorter than a treatment asks for.
    """
    asked = sorted((topic.name, topic.watch) for topic in topics if topic.watch)
    ours = [(names[topic][watch], facts[names[topic][watch]]) for topic, watch in asked]
    theirs = [(f"{watch}-{topic}", own[topic][watch]) for topic, watch in asked]
    longest = max((*ours, *theirs), key=lambda one: _longest(one[1]), default=None)
    if longest is None or longest in ours:
        return longest and longest[0], {}
    name = _free(longest[0], facts)
    return name, {name: longest[1]}


def _longest(fact: Fact) -> int:
    return _ends(fact)[1] if isinstance(fact, Measure) else 0


def _free(wanted: str, taken: Container[str]) -> str:
    """Cut a name to what a slug may be, and number it if it is taken."""
    tried = chain([wanted[:SLUG_LENGTH]], (f"{wanted[: SLUG_LENGTH - 4]}-{number}" for number in count(2)))
    return next(name for name in tried if name not in taken)


def _in_english(library: Library, fact: Fact) -> str:
    locale = library.locales[source_locale(library)]
    said = locales.speak(fact, None, locale, library.ui["range"].text)
    return said.replace(locales.NO_BREAK_SPACE, " ")


# --- Texts under the settled names -----------------------------------------------------------------


def _renamed(topic: Topic, names: Mapping[str, str]) -> Topic:
    """Let a topic's texts and days name the settled Facts."""
    return topic.model_copy(
        update={
            "title": _said(topic.title, names),
            MESSAGE: topic.message.model_copy(update={"text": _said(topic.message.text, names)}),
            "sections": tuple(_renamed_section(section, names) for section in topic.sections),
            "facts": {names[name]: fact for name, fact in topic.facts.items()},
        }
    )


def _said(text: str, names: Mapping[str, str]) -> str:
    return markup.PLACEHOLDER.sub(lambda match: f"{{{names.get(match[1], match[1])}}}", text)


def _renamed_section(section: Section, names: Mapping[str, str]) -> Section:
    picture = section.picture
    return section.model_copy(
        update={
            "heading": _said(section.heading, names),
            "action": section.action and _said(section.action, names),
            "picture": picture and picture.model_copy(update={"alt": _said(picture.alt, names)}),
            "panels": tuple(
                panel.model_copy(update={"alt": _said(panel.alt, names), "label": _said(panel.label, names)})
                for panel in section.panels
            ),
            "units": tuple(_renamed_unit(unit, names) for unit in section.units),
        }
    )


def _renamed_unit(unit: Unit, names: Mapping[str, str]) -> Unit:
    when = unit.when and unit.when.model_copy(
        update={
            end: names.get(name, name)
            for end in ("from_", "until")
            if (name := getattr(unit.when, end)) is not None
        }
    )
    return unit.model_copy(
        update={
            "text": _said(unit.text, names),
            "label": unit.label and _said(unit.label, names),
            "when": when,
        }
    )


def _facts_of(*said: str | None) -> set[str]:
    return {name for text in said if text for name in markup.facts(text)}


def _facts_of_unit(unit: Unit) -> set[str]:
    return _facts_of(unit.text, unit.label) | set(unit.when.facts if unit.when else ())


def _facts_of_head(section: Section) -> set[str]:
    panels = [text for panel in section.panels for text in (panel.alt, panel.label)]
    return _facts_of(
        section.heading, section.action, section.picture.alt if section.picture else None, *panels
    )


# --- Sections and Units brought together -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _OwnUnit:
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
class _Line:
    """A Unit of the sheet: who says it, under which id, and whether it names who does."""

    id: str
    said_by: tuple[_OwnUnit, ...]
    named: bool

    @property
    def first(self) -> _OwnUnit:
        """Give the one whose words count: where a language says the same English twice, that is settled."""
        return min(self.said_by, key=lambda one: one.topic)


@dataclass(frozen=True, slots=True)
class _Block:
    """A Section of the sheet: whose it is, under which id, how it is headed, and its Units.

    `heading` are the texts that it is headed with. Of those that were one Section, only the first is `drawn`.
    """

    id: str
    sections: tuple[_OwnSection, ...]
    heading: tuple[Said, ...]
    lines: tuple[_Line, ...]
    drawn: bool

    @property
    def kind(self) -> Kind:
        """What it is for."""
        return self.sections[0][1].kind

    @property
    def first(self) -> _OwnSection:
        """Give the one whose words count, and its topic."""
        return min(self.sections, key=lambda one: one[0])


def _woven(
    lists: Iterable[Sequence[T]],
    key: Callable[[T], Hashable],
    about: Callable[[T], Hashable] = lambda _: None,
) -> list[tuple[T, ...]]:
    """Bring lists together in the order of the first: what has one key stands once.

    What only a later list has stands after those that are about the same; if none is, before the next thing
    that it shares with lists before it.
    """
    order: list[Hashable] = []
    found: dict[Hashable, list[T]] = {}
    for items in lists:
        place, own = 0, {key(item) for item in items}
        for item in items:
            if key(item) not in found:
                near = [index for index, each in enumerate(order) if about(found[each][0]) == about(item)]
                place = near[-1] + 1 if near and about(item) else _before_shared(order, place, own)
                order.insert(place, key(item))
            found.setdefault(key(item), []).append(item)
            place = order.index(key(item)) + 1
    return [tuple(found[each]) for each in order]


def _before_shared(order: Sequence[Hashable], place: int, own: Container[Hashable]) -> int:
    """Step over what a list does not have."""
    return next((index for index in range(place, len(order)) if order[index] in own), len(order))


def _blocks(parts: tuple[Topic, ...], settled: _Settled) -> Iterator[_Block]:
    taken: set[str] = set()
    lists = [[(part.name, section) for section in part.sections] for part in parts]
    for together in _woven(lists, lambda one: _together(*one)):
        for number, (sections, units) in enumerate(_shared_out(together)):
            topic, first = sections[0]
            id_ = _free(first.id if topic == parts[0].name and not number else f"{topic}-{first.id}", taken)
            taken.add(id_)
            heading = tuple(_heading(parts, sections, settled))
            named = any(text == "title" for _, text in heading)
            lines = tuple(_lines(parts, first, units, settled, named=named))
            yield _Block(id_, sections, heading, lines, not number)


def _shared_out(
    sections: tuple[_OwnSection, ...],
) -> Iterator[tuple[tuple[_OwnSection, ...], list[tuple[_OwnUnit, ...]]]]:
    """Give the Units of sections that are one. What describes is parted by treatment, what all say first."""
    own = [[_OwnUnit(topic, section, unit) for unit in section.units] for topic, section in sections]
    if sections[0][1].kind not in DESCRIBING:
        rules = sections[0][1].kind in RULES
        yield sections, _woven(own, lambda one: one.key, lambda one: one.unit.id if rules else None)
        return
    groups = _grouped(_woven(own, lambda one: one.key), lambda units: frozenset(one.topic for one in units))
    place = {topic: number for number, (topic, _) in enumerate(sections)}

    def order(units: list[tuple[_OwnUnit, ...]]) -> tuple[int, int]:
        topics = {one.topic for one in units[0]}
        return -len(topics), min(place[topic] for topic in topics)

    for units in sorted(groups, key=order):
        topics = {one.topic for one in units[0]}
        yield tuple(section for section in sections if section[0] in topics), units


def _together(topic: str, section: Section) -> Hashable:
    """Say which sections are one. Timelines and steps have an order that nothing may come into."""
    if section.kind is Kind.TIMELINE:
        return topic, section.id
    steps = section.units if section.kind is Kind.STEPS else ()
    return (
        section.kind,
        section.level,
        section.heading,
        section.action,
        tuple(picture.model_dump_json() for picture in section.pictures),
        tuple(step.model_dump_json(exclude={"sources"}) for step in steps),
    )


def _titles(parts: Iterable[Topic], topics: Container[str]) -> tuple[Said, ...]:
    return tuple((part.name, "title") for part in parts if part.name in topics)


def _heading(
    parts: tuple[Topic, ...], sections: tuple[_OwnSection, ...], settled: _Settled
) -> Iterator[Said]:
    """Give the texts that a section is headed with: its own, its treatments' titles, or both."""
    topic, first = min(sections, key=lambda one: one[0])
    topics = {name for name, _ in sections}
    apart = bool(_facts_of_head(first) & settled.apart)
    if len(topics) < len(parts) and (first.kind in DESCRIBING or apart):
        yield from _titles(parts, topics)
        if first.kind is Kind.TIMELINE and _only_timeline(parts, topic):
            return
    yield topic, f"{first.id}/heading"


def _only_timeline(parts: Iterable[Topic], topic: str) -> bool:
    sections = next(part.sections for part in parts if part.name == topic)
    return sum(section.kind is Kind.TIMELINE for section in sections) == 1


def _lines(
    parts: tuple[Topic, ...],
    first: Section,
    units: Sequence[tuple[_OwnUnit, ...]],
    settled: _Settled,
    *,
    named: bool,
) -> Iterator[_Line]:
    """Give each Unit its id. If the heading is not `named` after its treatment, a Unit may have to be."""
    said = Counter((own[0].unit.label, own[0].unit.text) for own in units)
    taken = RESERVED | {panel.id for panel in first.panels}
    for own in units:
        unit = own[0].unit
        id_ = _free(unit.id if unit.id not in taken else f"{own[0].topic}-{unit.id}", taken)
        taken.add(id_)
        everybody = len({one.topic for one in own}) == len(parts)
        doubtful = said[unit.label, unit.text] > 1 or bool(_facts_of_unit(unit) & settled.apart)
        yield _Line(id_, own, doubtful and not (everybody or named))


# --- The words of it -------------------------------------------------------------------------------


def _origins(parts: tuple[Topic, ...], blocks: Iterable[_Block]) -> dict[str, tuple[Said, ...]]:
    """Say of which texts of which topics each text of the sheet is made."""
    messages = {part.message.text: (part.name, MESSAGE) for part in sorted(parts, key=_by_name, reverse=True)}
    found = {
        "title": _titles(parts, {part.name for part in parts}),
        MESSAGE: tuple(dict.fromkeys(messages[part.message.text] for part in parts)),
    }
    for block in blocks:
        found |= _block_origins(parts, block)
    return found


def _by_name(topic: Topic) -> str:
    return topic.name


def _block_origins(parts: tuple[Topic, ...], block: _Block) -> dict[str, tuple[Said, ...]]:
    topic, section = block.first
    found = {f"{block.id}/heading": block.heading}
    own = ["action"] if section.action else []
    if block.drawn:
        own += ["picture"] if section.picture else []
        own += [f"{panel.id}/{what}" for panel in section.panels for what in ("picture", "label")]
    found |= {f"{block.id}/{id_}": ((topic, f"{section.id}/{id_}"),) for id_ in own}
    for line in block.lines:
        said = f"{line.first.section.id}/{line.first.unit.id}"
        found[f"{block.id}/{line.id}"] = ((line.first.topic, said),)
        if label := _label(parts, line, said):
            found[f"{block.id}/{line.id}/label"] = label
    return found


def _label(parts: tuple[Topic, ...], line: _Line, said: str) -> tuple[Said, ...]:
    titles = _titles(parts, {one.topic for one in line.said_by}) if line.named else ()
    return (*titles, *(((line.first.topic, f"{said}/label"),) if line.first.unit.label else ()))


def _spoken(
    origins: Mapping[str, tuple[Said, ...]], words: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """Say each text of the sheet in a language, from its topics' texts by id."""
    return {
        id_: (" " if id_ == MESSAGE else JOINED).join(words[topic][text] for topic, text in said)
        for id_, said in origins.items()
    }


def _catalogs(  # noqa: PLR0913, PLR0917 # what a translation is made of
    library: Library,
    name: str,
    topics: tuple[Topic, ...],
    settled: _Settled,
    origins: Mapping[str, tuple[Said, ...]],
    english: Mapping[str, str],
) -> dict[tuple[str, str], Catalog]:
    """Give the translations in every language that has all topics current."""
    found = {}
    for lang in (each.name for each in library.locales.values() if not each.source):
        words = {topic.name: texts(library, topic, lang) for topic in topics}
        if any(each is None for each in words.values()):
            continue
        renamed = {
            topic: {id_: _said(text, settled.names[topic]) for id_, text in (each or {}).items()}
            for topic, each in words.items()
        }
        theirs = {topic.name: library.catalogs[lang, topic.name] for topic in topics}
        found[lang, name] = _catalog(theirs, origins, english, _spoken(origins, renamed))
    return found


def _catalog(
    theirs: Mapping[str, Catalog],
    origins: Mapping[str, tuple[Said, ...]],
    english: Mapping[str, str],
    words: Mapping[str, str],
) -> Catalog:
    entries = {}
    for id_, said in origins.items():
        parts = [theirs[topic].entries[text] for topic, text in said]
        least = min((part.provenance for part in parts), key=LEAST_SURE.index)
        entries[id_] = Entry(english[id_], words[id_], least, parts[0].line)
    first = next(iter(theirs.values()))
    translators = dict.fromkeys(chain.from_iterable(each.translators for each in theirs.values()))
    return Catalog(first.file, entries, translators=tuple(translators))


def _topic(
    name: str,
    parts: tuple[Topic, ...],
    settled: _Settled,
    blocks: Iterable[_Block],
    english: Mapping[str, str],
) -> Topic:
    codes = {(code.system, code.code): code for part in reversed(parts) for code in reversed(part.codes)}
    message = Statement(text=english[MESSAGE], sources=_sources(part.message for part in parts))
    return parts[0].model_copy(
        update={
            "name": name,
            "lines": {},
            "version": max(part.version for part in parts),
            "updated": max(part.updated for part in parts),
            "review": min(part.review for part in parts),
            "codes": tuple(reversed(codes.values())),
            "not_as": tuple(sorted({form for part in parts for form in part.not_as})),
            "watch": settled.watch,
            "facts": settled.facts,
            "title": english["title"],
            MESSAGE: message,
            "sections": tuple(_section(block, english) for block in blocks),
        }
    )


def _sources(said: Iterable[Statement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(each.sources for each in said)))


def _section(block: _Block, english: Mapping[str, str]) -> Section:
    section = block.first[1]
    return section.model_copy(
        update={
            "id": block.id,
            "heading": english[f"{block.id}/heading"],
            "picture": section.picture if block.drawn else None,
            "panels": section.panels if block.drawn else (),
            "units": tuple(_unit(block, line, english) for line in block.lines),
        }
    )


def _unit(block: _Block, line: _Line, english: Mapping[str, str]) -> Unit:
    return line.first.unit.model_copy(
        update={
            "id": line.id,
            "label": english.get(f"{block.id}/{line.id}/label"),
            "sources": _sources(one.unit for one in line.said_by),
        }
    )


# --- What a clinician must judge -------------------------------------------------------------------


def _conflicts(
    library: Library, parts: tuple[Topic, ...], settled: _Settled, blocks: Iterable[_Block]
) -> tuple[Conflict, ...]:
    """Give all Conflicts by name, those of Facts first; what each topic says, by the topic's name."""
    values = {name: _in_english(library, fact) for name, fact in settled.facts.items()}
    found: dict[str, set[Said]] = {}
    for name, ours in chain(_different(blocks, settled), _gainsaid(parts)):
        said = {(one.topic, _aloud(one.unit, values)) for one in ours}
        found[name] = found.get(name, set()) | said
    return (*settled.conflicts, *(Conflict(name, tuple(sorted(found[name])), BOTH) for name in sorted(found)))


def _aloud(unit: Unit, values: Mapping[str, str]) -> str:
    text = f"{unit.label} {unit.text}" if unit.label else unit.text
    spoken = {**values, **NUMBER_NAMES}
    return markup.PLACEHOLDER.sub(lambda match: spoken.get(match[1], match[1]), text.replace("**", ""))


def _different(blocks: Iterable[_Block], settled: _Settled) -> Iterator[tuple[str, list[_OwnUnit]]]:
    """Find rules of one name whose words differ, and the Facts in them too, or share one that is disputed."""
    for block in blocks:
        if block.kind not in RULES:
            continue
        own = [one for line in block.lines for one in line.said_by]
        for ours in _grouped(own, lambda one: one.unit.id):
            named = [_facts_of_unit(one.unit) for one in ours]
            alike = all(each == named[0] for each in named) and not named[0] & settled.disputed
            if len({_as_it_was(one, settled) for one in ours}) > 1 and not alike:
                yield f"{block.first[1].id}/{ours[0].unit.id}", ours


def _as_it_was(one: _OwnUnit, settled: _Settled) -> Hashable:
    """Give a Unit's words and days as its topic has them: Facts that are kept apart are told as such."""
    theirs = {new: name for name, new in settled.names[one.topic].items()}
    return _OwnUnit(one.topic, one.section, _renamed_unit(one.unit, theirs)).key


def _gainsaid(parts: Iterable[Topic]) -> Iterator[tuple[str, list[_OwnUnit]]]:
    """Find what one treatment says to do and another says not to."""
    own = [
        _OwnUnit(part.name, section, unit)
        for part in parts
        for section in part.sections
        for unit in section.units
    ]
    wanted = [one for one in own if one.section.kind is Kind.DO]
    unwanted = [one for one in own if one.section.kind is Kind.DONT]
    for do, dont in product(wanted, unwanted):
        if do.topic != dont.topic and _deed(do) == _deed(dont):
            yield f"{dont.section.id}/{dont.unit.id}", [do, dont]


def _deed(one: _OwnUnit) -> str:
    """Give what a rule is about: its words without those of its heading, which say whether to do it."""
    text, heading = (
        each.casefold().replace("**", "").strip() for each in (one.unit.text, one.section.heading)
    )
    return text.removeprefix(heading).strip(" .")
