"""What changed between two texts, word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

# A Fact is one word. Scripts without spaces are compared sign by sign: a run of them would be one long word.
WORD: Final = re.compile(
    r"\{[a-z0-9-]+\}|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u4e00-\u9fff]\w?|\w+|\s+|[^\w\s]"
)
Kind = Literal["same", "old", "new"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of text that stands in both texts, or only in the old or the new one."""

    kind: Kind
    text: str


def difference(old: str, new: str) -> tuple[Stretch, ...]:
    """Compare two texts; joined without the old stretches they are the new text, and the other way round."""
    return tuple(stretch for stretch in _stretches(WORD.findall(old), WORD.findall(new)) if stretch.text)


def _stretches(old: list[str], new: list[str]) -> Iterator[Stretch]:
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Stretch("same", "".join(old[a:b]))
        else:
            yield Stretch("old", "".join(old[a:b]))
            yield Stretch("new", "".join(new[c:d]))


def marked(stretches: tuple[Stretch, ...]) -> str:
    """Write a difference for a terminal or a log: [-old-] and {+new+}, as GNU wdiff does."""
    form = {"same": "{}", "old": "[-{}-]", "new": "{{+{}+}}"}
    return "".join(form[stretch.kind].format(stretch.text) for stretch in stretches)
