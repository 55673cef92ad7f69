"""Rules for plain language: short sentences and lists, active voice, a summary and something to do."""

import re
from collections.abc import Iterator
from typing import Final

from careleaf.findings import Finding, Severity
from careleaf.model import Kind, Library
from careleaf.words import spoken

LONG: Final = 20
"""Words in a sentence; above it a tired or second-language reader loses the thread (Easy Read allows 15)."""
TOO_LONG: Final = 30
MOST_ITEMS: Final = 9
PASSIVE_SHARE: Final = 0.20
FEW: Final = 10
"""A topic of fewer sentences is too short to speak of shares."""

ACTIONS: Final = {Kind.DO, Kind.DONT, Kind.STEPS, Kind.TIMELINE}
WORD: Final = re.compile(r"\w")
IRREGULAR: Final = (
    "been|born|bought|broken|brought|built|caught|chosen|cut|done|drawn|eaten|fed|felt|found|given|held|hidden"
    "|kept|known|laid|led|left|lost|made|meant|met|paid|put|read|said|seen|sent|set|shown|sold|spread|taken|taught|told|thought"
    "|understood|worn|written"
)
# A state, not something that is done to somebody.
STATES: Final = (
    "worried|tired|interested|unrelated|related|concerned|closed|scabbed|infected|confused|sunburned|tanned"
    "|swollen|blurred|red|raised"
)
ADVERBS: Final = "not|never|often|usually|also|always|sometimes|best|only"
PASSIVE: Final = re.compile(
    rf"\b(?:am|is|are|was|were|be|been|being)\s+(?:(?:{ADVERBS})\s+)*"
    rf"(?!(?:{STATES})\b)(?:\w+ed|{IRREGULAR})\b",
    re.IGNORECASE,
)


def sentences(library: Library) -> Iterator[Finding]:
    """A sentence has at most 20 words; over 30 it may not be printed."""
    for topic in library.topics.values():
        for text in spoken(library, topic):
            longest = max((length(sentence) for sentence in text.sentences()), default=0)
            if longest > LONG:
                severity = Severity.ERROR if longest > TOO_LONG else Severity.WARNING
                message, mend = (
                    f"{text.id} has a sentence of {longest} words",
                    f"Make it two: at most {LONG} words each.",
                )
                yield Finding(topic.file, text.line, "sentence", message, mend, severity)


def length(sentence: str) -> int:
    """Count the words of a sentence, its Facts as they are said."""
    return sum(bool(WORD.search(part)) for part in sentence.split())


def lists(library: Library) -> Iterator[Finding]:
    """A list has at most 9 items: nobody keeps more in mind."""
    for topic in library.topics.values():
        for section in topic.sections:
            if len(section.units) > MOST_ITEMS:
                message, mend = (
                    f"{section.id} has {len(section.units)} items",
                    "Make it two sections, or leave some out.",
                )
                yield Finding(topic.file, section.line, "long-list", message, mend, Severity.WARNING)


def voice(library: Library) -> Iterator[Finding]:
    """At most a fifth of the sentences is in the passive: readers need to know who does what."""
    for topic in library.topics.values():
        said = [sentence for text in spoken(library, topic) for sentence in text.sentences()]
        passive = [sentence for sentence in said if PASSIVE.search(sentence)]
        if len(said) >= FEW and len(passive) > PASSIVE_SHARE * len(said):
            message = f"{len(passive)} of {len(said)} sentences are in the passive, such as {passive[0]!r}"
            mend = "Say who does it: we, you, your skin."
            yield Finding(topic.file, topic.line_of("title"), "passive", message, mend, Severity.WARNING)


def shape(library: Library) -> Iterator[Finding]:
    """A topic has a summary and something to do (PEMAT, CDC Clear Communication Index)."""
    for topic in library.topics.values():
        kinds = {section.kind for section in topic.sections}
        if Kind.KEY_POINTS not in kinds:
            mend = "Add a section of kind key-points with three to five points."
            yield Finding(
                topic.file, topic.line_of("sections"), "no-summary", "the topic has no summary", mend
            )
        if not kinds & ACTIONS:
            mend = f"Add a section of one of these kinds: {', '.join(sorted(ACTIONS))}."
            yield Finding(
                topic.file,
                topic.line_of("sections"),
                "no-action",
                "the topic gives the reader nothing to do",
                mend,
            )


RULES = (sentences, lists, voice, shape)
