"""The topic that the sheet is, in English: the blocks as sections of one topic, with all sources."""

from collections.abc import Iterable, Mapping

from careleaf.model import Section, Statement, Topic, Unit
from careleaf.several.facts import Settled
from careleaf.several.sections import Block, Line
from careleaf.several.weaving import united


def joined(
    name: str,
    parts: tuple[Topic, ...],
    settled: Settled,
    blocks: Iterable[Block],
    english: Mapping[str, str],
) -> Topic:
    """Make one topic of several: as new as the newest, and to be reviewed when the first of them is."""
    codes = {(code.system, code.code): code for part in reversed(parts) for code in reversed(part.codes)}
    message = Statement(text=english["message"], sources=united(part.message.sources for part in parts))
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
            "message": message,
            "sections": tuple(_section(block, english) for block in blocks),
        }
    )


def _section(block: Block, english: Mapping[str, str]) -> Section:
    section = block.first.section
    return section.model_copy(
        update={
            "id": block.id,
            "heading": english[f"{block.id}/heading"],
            "picture": section.picture if block.drawn else None,
            "panels": section.panels if block.drawn else (),
            "units": tuple(_unit(block, line, english) for line in block.lines),
        }
    )


def _unit(block: Block, line: Line, english: Mapping[str, str]) -> Unit:
    return line.first.unit.model_copy(
        update={
            "id": line.id,
            "label": english.get(f"{block.id}/{line.id}/label"),
            "sources": united(one.unit.sources for one in line.said_by),
        }
    )
