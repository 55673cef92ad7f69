"""What a clinician must judge: where treatments ask for different things."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, product
from typing import Final

from careleaf import locales, markup
from careleaf.model import Fact, Kind, Library, Topic, Unit
from careleaf.several.facts import Settled
from careleaf.several.naming import facts_of_unit, renamed_unit
from careleaf.several.sections import RULES, Block, OwnSection, OwnUnit, own_units
from careleaf.several.weaving import grouped
from careleaf.words import NUMBER_NAMES, source_locale

BOTH: Final = "both"
"""What is kept where neither is stricter."""

_Rules = tuple[str, list[OwnUnit]]
"""A name, and Units that differ or gainsay one another under it."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Where treatments ask for different things, for a clinician to judge.

    `name` is what accepts it: that of the Fact, or of texts `section/unit`. `values` are what each topic says
    in English: of a Fact its value at this clinic, of a text how the sheet will say it. `kept` is the value
    that the sheet says for all, or "both": each keeps its own.
    """

    name: str
    values: tuple[tuple[str, str], ...]
    kept: str

    def __str__(self) -> str:
        said = "; ".join(f"{topic}: {value}" for topic, value in self.values)
        return f"{self.name}: {said} -> {self.kept}"


def found(
    library: Library, parts: tuple[Topic, ...], settled: Settled, blocks: Iterable[Block]
) -> tuple[Conflict, ...]:
    """Give all Conflicts by name, those of Facts first."""
    return *_of_facts(library, settled), *_of_rules(library, parts, settled, blocks)


def _of_facts(library: Library, settled: Settled) -> Iterator[Conflict]:
    for name, said in settled.differing.items():
        one = all(settled.names[topic][name] == name for topic in said)
        kept = _in_english(library, settled.facts[name]) if one else BOTH
        yield Conflict(name, tuple((topic, _in_english(library, fact)) for topic, fact in said.items()), kept)


def _of_rules(
    library: Library, parts: tuple[Topic, ...], settled: Settled, blocks: Iterable[Block]
) -> Iterator[Conflict]:
    spoken = {name: _in_english(library, fact) for name, fact in settled.facts.items()} | NUMBER_NAMES
    rules = sorted((*_different(blocks, settled), *_gainsaid(parts)), key=lambda one: one[0])
    for same in grouped(rules, lambda one: one[0]):
        ours = chain.from_iterable(own for _, own in same)
        said = {(one.topic, _aloud(one.unit, spoken)) for one in ours}
        yield Conflict(same[0][0], tuple(sorted(said)), BOTH)


def _in_english(library: Library, fact: Fact) -> str:
    locale = library.locales[source_locale(library)]
    said = locales.speak(fact, None, locale, library.ui["range"].text)
    return said.replace(locales.NO_BREAK_SPACE, " ")


def _aloud(unit: Unit, spoken: Mapping[str, str]) -> str:
    text = f"{unit.label} {unit.text}" if unit.label else unit.text
    return markup.PLACEHOLDER.sub(lambda match: spoken.get(match[1], match[1]), text.replace("**", ""))


def _different(blocks: Iterable[Block], settled: Settled) -> Iterator[_Rules]:
    """Find rules of one name whose words differ, and the Facts in them too, or share one that is disputed."""
    for block in (each for each in blocks if each.kind in RULES):
        own = [one for line in block.lines for one in line.said_by]
        for ours in grouped(own, lambda one: one.unit.id):
            if _differ(ours, settled):
                yield f"{block.first.section.id}/{ours[0].unit.id}", ours


def _differ(ours: list[OwnUnit], settled: Settled) -> bool:
    facts = [facts_of_unit(one.unit) for one in ours]
    alike = all(each == facts[0] for each in facts) and not facts[0] & settled.disputed
    return not alike and len({_as_it_was(one, settled) for one in ours}) > 1


def _as_it_was(one: OwnUnit, settled: Settled) -> Hashable:
    """Give a Unit's words and days as its topic has them: Facts that are kept apart are told as such."""
    theirs = {new: name for name, new in settled.names[one.topic].items()}
    return OwnUnit(one.topic, one.section, renamed_unit(one.unit, theirs)).key


def _gainsaid(parts: Iterable[Topic]) -> Iterator[_Rules]:
    """Find what one treatment says to do and another says not to."""
    sections = [OwnSection(part.name, section) for part in parts for section in part.sections]
    own = [one for each in sections for one in own_units(each)]
    wanted = [one for one in own if one.section.kind is Kind.DO]
    unwanted = [one for one in own if one.section.kind is Kind.DONT]
    for do, dont in product(wanted, unwanted):
        if do.topic != dont.topic and _deed(do) == _deed(dont):
            yield f"{dont.section.id}/{dont.unit.id}", [do, dont]


def _deed(one: OwnUnit) -> str:
    """Give what a rule is about: its words without those of its heading, which say whether to do it."""
    text, heading = (
        each.casefold().replace("**", "").strip() for each in (one.unit.text, one.section.heading)
    )
    return text.removeprefix(heading).strip(" .")
