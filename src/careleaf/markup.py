"""The little markup that a text may use: **bold**, and {facts} to be filled in. All else is plain text."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from markdown_it import MarkdownIt

PLACEHOLDER: Final = re.compile(r"\{([a-z0-9-]+)\}")
BRACE: Final = re.compile(r"[{}]")
# Inline only, and of CommonMark only emphasis and backslash escapes: HTML stays text.
_COMMONMARK: Final = MarkdownIt("zero").enable(["emphasis", "escape"])


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, or with `fact` set the place of a Fact's value."""

    text: str
    bold: bool
    fact: bool = False


class MarkupError(ValueError):
    """The text uses markup that careleaf does not have."""


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Piece, ...]:
    """Split a text into Pieces. Raises MarkupError for italics, a lone ** and a brace with no name in it."""
    pieces = tuple(_pieces(text))
    for piece in pieces:
        if not piece.fact and BRACE.search(piece.text):
            raise MarkupError("a brace has no Fact's name in it, like {name}")
        if not piece.fact and "**" in piece.text:
            raise MarkupError("a ** has no partner, or a space right inside it")
    return pieces


def _pieces(text: str) -> Iterator[Piece]:
    depth = 0
    for token in _COMMONMARK.parseInline(text)[0].children or []:
        if token.type == "em_open":
            raise MarkupError("italics are hard to read for many people")
        depth += {"strong_open": 1, "strong_close": -1}.get(token.type, 0)
        if token.content or token.type == "softbreak":
            yield from _filled(token.content or " ", bold=depth > 0)


def _filled(text: str, *, bold: bool) -> Iterator[Piece]:
    for index, part in enumerate(PLACEHOLDER.split(text)):
        if part:
            yield Piece(part, bold, fact=index % 2 == 1)


def facts(text: str) -> Counter[str]:
    """Count how often each Fact stands in a text."""
    return Counter(PLACEHOLDER.findall(text))


def bold_runs(text: str) -> int:
    """Count the bold stretches of a text, so that a translation can be held to the same number."""
    bold = [piece.bold for piece in parse(text)]
    return sum(here and not before for before, here in zip([False, *bold], bold, strict=False))
