"""Rules for words about skin: a sign must be findable on brown and black skin too (NHS content style)."""

import re
from collections.abc import Iterator
from typing import Final

from careleaf.findings import Finding, Severity
from careleaf.model import Library
from careleaf.words import spoken

COLOUR: Final = re.compile(
    r"\b(red|redness|redder|reddened|reddish|pink\w*|pale[rd]?|purple|blue|bluish|grey|blotchy|flushed)\b",
    re.IGNORECASE,
)
# What can be felt, or seen on every skin.
PARTNER: Final = re.compile(
    r"brown (?:and|or) black skin|black (?:and|or) brown skin|skin is brown or black"
    r"|\b(?:warm\w*|hot|heat|cold|clammy|swell\w*|swollen|sore\w*|pain\w*|hurt\w*|itch\w*|sting\w*|burn\w*|raised|lumps?|tender\w*|darker"
    r"|blister\w*|rough|scaly|firm|ooz\w+|weep\w*|crust\w*|scab\w*|lips?|gums?|palms?|tongue)\b",
    re.IGNORECASE,
)
TONE: Final = re.compile(
    r"\b(?:dark|darker|light|lighter|fair|fairer|olive|coloured|colored|deep|deeper|ethnic)[ -]"
    r"(?:skin|skinned|skins|complexion\w*)\b"
    r"|\bskins? of colou?r\b|\bskin tones?\b|\bdarker tones?\b",
    re.IGNORECASE,
)


def colours(library: Library) -> Iterator[Finding]:
    """A colour as a sign has a partner in the same text that holds on brown and black skin."""
    for topic in library.topics.values():
        for text in spoken(library, topic):
            found = COLOUR.search(text.text)
            if found and not PARTNER.search(text.text):
                message = f"{text.id}: {found[1]!r} cannot be seen on every skin"
                mend = "Add what can be felt (warm, swollen, sore), or: on brown or black skin, look for ..."
                yield Finding(topic.file, text.line, "skin-colour", message, mend, Severity.WARNING)


def tones(library: Library) -> Iterator[Finding]:
    """We say brown and black skin, and white skin."""
    for topic in library.topics.values():
        for text in spoken(library, topic):
            if found := TONE.search(text.text):
                message, mend = f"{text.id} says {found[0]!r}", "Say: brown and black skin, or white skin."
                yield Finding(topic.file, text.line, "skin-words", message, mend, Severity.WARNING)


RULES = (colours, tones)
