"""Names that are free, and texts under the settled names of their Facts."""

from collections.abc import Container, Mapping
from itertools import chain, count
from typing import Final

from careleaf import markup
from careleaf.model import Section, Topic, Unit, When

SLUG_LENGTH: Final = 64


def free(wanted: str, taken: Container[str]) -> str:
    """Cut a name to what a slug may be, and number it if it is taken."""
    tried = chain([wanted[:SLUG_LENGTH]], (f"{wanted[: SLUG_LENGTH - 4]}-{number}" for number in count(2)))
    return next(name for name in tried if name not in taken)


def renamed(topic: Topic, names: Mapping[str, str]) -> Topic:
    """Let a topic's texts and days name the settled Facts."""
    return topic.model_copy(
        update={
            "title": renamed_text(topic.title, names),
            "message": topic.message.model_copy(update={"text": renamed_text(topic.message.text, names)}),
            "sections": tuple(_renamed_section(section, names) for section in topic.sections),
            "facts": {names[name]: fact for name, fact in topic.facts.items()},
        }
    )


def renamed_text(text: str, names: Mapping[str, str]) -> str:
    """Let a text in any language name the settled Facts."""
    return markup.PLACEHOLDER.sub(lambda match: f"{{{names.get(match[1], match[1])}}}", text)


def renamed_unit(unit: Unit, names: Mapping[str, str]) -> Unit:
    """Let a Unit's words and days name the settled Facts."""
    return unit.model_copy(
        update={
            "text": renamed_text(unit.text, names),
            "label": unit.label and renamed_text(unit.label, names),
            "when": unit.when and _renamed_when(unit.when, names),
        }
    )


def facts_of_unit(unit: Unit) -> set[str]:
    """Give the names of the Facts in a Unit's words and days."""
    return _facts_of(unit.text, unit.label) | set(unit.when.facts if unit.when else ())


def facts_of_head(section: Section) -> set[str]:
    """Give the names of the Facts in what a section says besides its Units."""
    alt = section.picture.alt if section.picture else None
    panels = [text for panel in section.panels for text in (panel.alt, panel.label)]
    return _facts_of(section.heading, section.action, alt, *panels)


def _renamed_section(section: Section, names: Mapping[str, str]) -> Section:
    picture = section.picture
    return section.model_copy(
        update={
            "heading": renamed_text(section.heading, names),
            "action": section.action and renamed_text(section.action, names),
            "picture": picture and picture.model_copy(update={"alt": renamed_text(picture.alt, names)}),
            "panels": tuple(
                panel.model_copy(
                    update={"alt": renamed_text(panel.alt, names), "label": renamed_text(panel.label, names)}
                )
                for panel in section.panels
            ),
            "units": tuple(renamed_unit(unit, names) for unit in section.units),
        }
    )


def _renamed_when(when: When, names: Mapping[str, str]) -> When:
    ends = {"from_": when.from_, "until": when.until}
    return when.model_copy(update={end: names.get(name, name) for end, name in ends.items() if name})


def _facts_of(*said: str | None) -> set[str]:
    return {name for text in said if text for name in markup.facts(text)}
