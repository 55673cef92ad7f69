"""The Facts of the sheet: one for all treatments where that can be, else each treatment's own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from careleaf.model import Clinic, Clock, Fact, FactValue, Topic
from careleaf.several.naming import free
from careleaf.several.values import compared, longest, settled_with, strictness
from careleaf.several.weaving import grouped, united


@dataclass(frozen=True, slots=True)
class Settled:
    """The Facts of the sheet, and under which name each topic's own go.

    `differing` are the names under which topics have different values, with the Fact of each topic. `apart`
    are those Facts of the sheet that not all topics share although all have one of that name; `disputed` are
    they and those of which a stricter value was kept. `watch` names how long danger signs are looked for.
    """

    facts: Mapping[str, Fact]
    names: Mapping[str, Mapping[str, str]]
    differing: Mapping[str, Mapping[str, Fact]]
    apart: frozenset[str]
    disputed: frozenset[str]
    watch: str | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """A Fact, and the topics that say it."""

    fact: Fact
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Named:
    """What was kept of the Facts of a name, and the name that it has on the sheet: another if it is apart."""

    name: str
    new: str
    kept: _Kept


def settled(topics: tuple[Topic, ...], clinic: Clinic) -> Settled:
    """Settle the topics' Facts, with the clinic's own values. Raises ValueError for one out of range."""
    own = {topic.name: _own(topic, clinic) for topic in topics}
    said = _said(own)
    found = tuple(_named(said))
    facts = {each.new: each.kept.fact for each in found}
    names = {topic: {each.name: each.new for each in found if topic in each.kept.topics} for topic in own}
    differing = {
        name: theirs for name, theirs in said.items() if len(set(map(compared, theirs.values()))) > 1
    }
    apart = frozenset(each.new for each in found if each.new != each.name)
    watch, more = _watch(topics, own, facts, names)
    return Settled(
        facts=facts | more,
        names=names,
        differing=differing,
        apart=apart,
        disputed=apart | (facts.keys() & differing.keys()),
        watch=watch,
    )


def _own(topic: Topic, clinic: Clinic) -> dict[str, Fact]:
    """Give a topic's Facts with the clinic's own values in them."""
    own = clinic.facts.get(topic.name, {})
    return {name: _valued(fact, own.get(name)) for name, fact in topic.facts.items()}


def _valued(fact: Fact, own: FactValue | None) -> Fact:
    """Give a Fact another value. Raises ValueError if its range does not allow that."""
    if own is None or isinstance(fact, Clock):
        return fact
    return type(fact).model_validate(fact.model_dump() | {"value": own})


def _said(own: Mapping[str, Mapping[str, Fact]]) -> dict[str, dict[str, Fact]]:
    """Give what each topic says under each name, both in the order of the alphabet."""
    names = sorted(set(chain.from_iterable(own.values())))
    return {name: {topic: own[topic][name] for topic in sorted(own) if name in own[topic]} for name in names}


def _named(said: Mapping[str, Mapping[str, Fact]]) -> Iterator[_Named]:
    """Settle what is said under each name. What stays apart is named after the first topic that says it."""
    taken = set(said)
    for name, theirs in said.items():
        found = _kept(theirs)
        for kept in found:
            new = name if len(found) == 1 else free(f"{name}-{kept.topics[0]}", taken)
            taken.add(new)
            yield _Named(name, new, kept)


def _kept(said: Mapping[str, Fact]) -> list[_Kept]:
    """Settle what each topic says under one name: one Fact if that can be."""
    strict = [_strictest(group) for group in grouped(said.items(), lambda one: settled_with(one[1]))]
    return [_one(same, said.values()) for same in grouped(strict, lambda one: compared(one.fact))]


def _strictest(group: Iterable[tuple[str, Fact]]) -> _Kept:
    topics, facts = zip(*group, strict=True)
    return _Kept(max(facts, key=strictness), topics)


def _one(same: Sequence[_Kept], said: Iterable[Fact]) -> _Kept:
    """Make one Fact of those of the same value, with the sources of all that say it."""
    fact = same[0].fact
    sources = united(each.sources for each in said if compared(each) == compared(fact))
    topics = chain.from_iterable(each.topics for each in same)
    return _Kept(fact.model_copy(update={"sources": sources}), tuple(sorted(topics)))


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
    name, fact = max((*ours, *theirs), key=lambda one: longest(one[1]), default=(None, None))
    if name is None or fact is None or (name, fact) in ours:
        return name, {}
    new = free(name, facts)
    return new, {new: fact}
