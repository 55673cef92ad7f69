"""The little markup that a text may use: **bold**, and {facts} to be filled in. All else is plain text.

It is not Markdown: by CommonMark's rules "**비누(soap)**를" is not bold, and "Name:____" may be. A
backslash takes the meaning of an asterisk away, and so does white space on both sides of a single one.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

PLACEHOLDER: Final = re.compile(r"\{([a-z0-9-]+)\}")
TOKEN: Final = re.compile(
    r"(?P<bold>\*\*)|\{(?P<fact>[a-z0-9-]+)\}|(?P<text>(?:[^\\*{}]|\\[*\\]?|(?<!\S)\*(?!\S))+)|(?P<stray>[*{}])"
)
ESCAPED: Final = re.compile(r"\\([*\\])")
STRAY: Final = {
    "*": "italics are hard to read for many people",
    "{": "a brace has no Fact's name in it, like {name}",
    "}": "a brace has no Fact's name in it, like {name}",
}


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
    """Split a text into Pieces. Raises MarkupError for a lone *, ** or brace."""
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[Piece]:
    bold = False
    for token in TOKEN.finditer(text):
        if token["stray"]:
            raise MarkupError(STRAY[token["stray"]])
        if token["bold"]:
            bold = not bold
        elif token["fact"]:
            yield Piece(token["fact"], bold, fact=True)
        else:
            yield Piece(ESCAPED.sub(r"\1", token["text"]), bold)
    if bold:
        raise MarkupError("a ** has no partner")


def facts(text: str) -> Counter[str]:
    """Count how often each Fact stands in a text."""
    return Counter(PLACEHOLDER.findall(text))


def bold_runs(text: str) -> int:
    """Count the bold stretches of a text, so that a translation can be held to the same number."""
    bold = [piece.bold for piece in parse(text)]
    return sum(here and not before for before, here in zip([False, *bold], bold, strict=False))
