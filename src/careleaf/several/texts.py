"""The texts of the sheet: of which texts of the treatments each is made, in any language."""

from collections.abc import Iterable, Mapping
from typing import Final

from careleaf.model import Topic
from careleaf.several.sections import Block, Line, Said, titles

JOINED: Final = " · "
"""Between titles, and between a title and a heading: no language needs it translated."""


def origins(parts: tuple[Topic, ...], blocks: Iterable[Block]) -> dict[str, tuple[Said, ...]]:
    """Say of which texts of which topics each text of the sheet is made, by its id."""
    found = {"title": titles(parts, {part.name for part in parts}), "message": _messages(parts)}
    for block in blocks:
        found |= _of_block(parts, block)
    return found


def spoken(origins: Mapping[str, tuple[Said, ...]], words: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Say each text of the sheet in a language, from its topics' texts by id."""
    return {
        id_: (" " if id_ == "message" else JOINED).join(words[topic][text] for topic, text in said)
        for id_, said in origins.items()
    }


def _messages(parts: tuple[Topic, ...]) -> tuple[Said, ...]:
    """Give each message once; of topics with the same, the first in the alphabet says it."""
    first = {part.message.text: part.name for part in sorted(parts, key=lambda one: one.name, reverse=True)}
    return tuple(dict.fromkeys((first[part.message.text], "message") for part in parts))


def _of_block(parts: tuple[Topic, ...], block: Block) -> dict[str, tuple[Said, ...]]:
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


def _label(parts: tuple[Topic, ...], line: Line, said: str) -> tuple[Said, ...]:
    names = titles(parts, {one.topic for one in line.said_by}) if line.named else ()
    return (*names, *(((line.first.topic, f"{said}/label"),) if line.first.unit.label else ()))
