"""The little language in which content names words that a rule looks for.

`*` is any ending, `#` a number, ` ... ` a few words, a space is white space or a hyphen.
"""

import re
from functools import lru_cache
from typing import Final

MARKS: Final = (
    r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0970-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd"
    r"\u102b-\u103e\u17b4-\u17d3"
)
"""Vowel signs and accents: part of a word, although Python does not count them to \\w."""
LETTER: Final = rf"[\w{MARKS}]"
GAP: Final = r"[^.,;:]{0,40}?"


@lru_cache(maxsize=4096)
def pattern(stems: tuple[str, ...], *, anywhere: bool = False, gap: str = GAP) -> re.Pattern[str]:
    """Compile stems, any of which may stand in a text as words, or `anywhere`. `gap` is for ` ... `."""
    before, after = ("", "") if anywhere else (rf"(?<!{LETTER})", rf"(?!{LETTER})")
    return re.compile(f"{before}{choice(stems, gap)}{after}", re.IGNORECASE)


def choice(stems: tuple[str, ...], gap: str = GAP) -> str:
    """Give a regular expression for any of some stems, wherever it stands."""
    return f"(?:{'|'.join(_body(stem, gap) for stem in stems)})"


def _body(stem: str, gap: str) -> str:
    parts = re.split(r"( \.\.\. |\*|#|[ '\u2019-])", stem)
    signs = {
        " ... ": rf"\s{gap}(?<!\w)",
        "*": rf"{LETTER}*",
        "#": r"\d[\d.,]*\s?",
        " ": r"[\s-]+",
        "-": r"[\s-]+",
        "'": "['\u2019]",
        "\u2019": "['\u2019]",
    }
    return "".join(signs.get(part, re.escape(part)) for part in parts)
