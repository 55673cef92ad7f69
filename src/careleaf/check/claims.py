"""Rules for claims: no dangerous one is made, and nothing that may harm is named without its warning.

What they are is content: claims.yaml and warnings.yaml. Here is how a sentence is read.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from careleaf.findings import Finding
from careleaf.model import Claim, Kind, Library, Topic, Warned
from careleaf.stems import pattern
from careleaf.words import Spoken, spoken

NOT: Final = r"(?:not|never|no|nor|neither|without|avoid|stop|cannot|nobody|nothing|none|\w+n't)"
TURN: Final = r"\b(?:but|then|instead|because)\b"
COMMAND: Final = r"(?:do not|don't|must not|should not|never|avoid|no|nor|neither|without|stop)"

# "It will not harm you" praises, although it has a "not".
PRAISE: Final = re.compile(
    rf"\b{NOT}\s+(?:(?:be|any|to|real|a|known|do|cause|you|your|even)\s+){{0,3}}"
    r"(?:harm\w*|hurt\w*|risk\w*|danger\w*|damag\w*|problems?|side effects?|bad|wrong|fear|worry|pain\w*)\b",
    re.IGNORECASE,
)
DENIED_BEFORE: Final = (
    # A command's "not" reaches over a list: "Do not pick, rub or steam".
    re.compile(rf"\b{COMMAND}\b(?:(?!{TURN}|\b(?:if|unless|so)\b)[^.;:!?]){{0,110}}$", re.IGNORECASE),
    # Any other ends at a comma: "if it does not go, steam it" denies nothing.
    re.compile(rf"\b{NOT}\b(?:(?!{TURN})[^,.;:!?]){{0,70}}$", re.IGNORECASE),
)
DENIED_AFTER: Final = (
    # Said of a whole list: "Acids, scrubs and steam are not for babies".
    re.compile(
        rf"^(?:(?!{TURN})[^.;:!?]){{0,110}}?\b(?:"
        r"(?:are|is) (?:not|never) (?:for|safe|suitable|meant|proven|a treatment|treatments)"
        r"|must (?:not|never)|may (?:not|never))\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?:(?!{TURN}|\band\b)[^,.;:!?]){{0,45}}?\b(?:{NOT}|unproven|untrue|a myth|wrong)\b", re.IGNORECASE
    ),
)  # fmt: skip
WORD: Final = re.compile(r"\w+|[^\w\s]")
OPENER: Final = re.compile(r"[\w*#]+|[^\w\s]")
GAP: Final = rf"(?:(?!\b(?:{NOT}|want\w*|if)\b)[^.,;:]){{0,40}}?"


def forbidden(library: Library) -> Iterator[Finding]:
    """No text makes a claim that the evidence calls false or dangerous."""
    for topic in library.topics.values():
        for text in spoken(library, topic):
            readings = [_readings(sentence) for sentence in text.sentences()]
            words = set(WORD.findall(" ".join(chain.from_iterable(readings)).casefold()))
            for claim in library.claims.values():
                if _may_have(claim.never, words) and _made(claim, topic, text, readings):
                    message = (
                        f"{text.id} seems to claim {claim.says}, which must never be said ({claim.name})"
                    )
                    yield Finding(topic.file, text.line, "claim", message, claim.mend)


def _readings(sentence: str) -> tuple[str, ...]:
    """Give a sentence, and if it praises by a denial, what it praises for."""
    return tuple(dict.fromkeys((sentence, PRAISE.sub("harmless", sentence))))


def warned(library: Library) -> Iterator[Finding]:
    """What may harm some readers is not named without the warning for them."""
    for topic in library.topics.values():
        texts = tuple(spoken(library, topic))
        sentences = [sentence for text in texts for sentence in text.sentences()]
        for rule in library.warnings.values():
            if _names(rule, topic, texts) and not _warns(rule, sentences):
                message = f"the topic lacks {rule.lacks} ({rule.name})"
                yield Finding(topic.file, topic.line_of("title"), "claim", message, rule.mend)


def _made(claim: Claim, topic: Topic, text: Spoken, readings: Iterable[Iterable[str]]) -> bool:
    return any(
        _made_in(claim, topic, text, number, reading)
        for number, each in enumerate(readings)
        for reading in each
    )


def _made_in(claim: Claim, topic: Topic, text: Spoken, number: int, sentence: str) -> bool:
    around = f"{topic.title}. {text.section.heading if text.section else ''}. {sentence}"
    return (
        claim.audience in {None, topic.audience}
        and (not claim.about or _has(claim.about, around))
        and all(_has(each, sentence) for each in claim.beside)
        and not _has(claim.unless, sentence)
        and (_has(claim.never, sentence) if claim.undeniable else _says(claim.never, text, number, sentence))
    )


def _names(rule: Warned, topic: Topic, texts: Iterable[Spoken]) -> bool:
    if _has(rule.if_titled, topic.title):
        return True
    return any(
        _says(rule.if_said, text, number, sentence)
        for text in texts
        for number, sentence in enumerate(text.sentences())
    )


def _warns(rule: Warned, sentences: Iterable[str]) -> bool:
    return all(
        any(all(_has(stems, sentence) for stems in part) for sentence in sentences) for part in rule.then
    )


def _says(stems: tuple[str, ...], text: Spoken, number: int, sentence: str) -> bool:
    """Say whether a text's sentence has one of the ideas, other than to deny it.

    A section of things not to do denies the first sentence of each of its texts: "Do not: Scrubs or steam".
    """
    listed = number == 0 and text.section is not None and text.section.kind is Kind.DONT
    return not listed and _asserts(stems, sentence)


def _has(stems: tuple[str, ...], text: str) -> bool:
    return bool(stems) and _pattern(stems).search(text) is not None


def _asserts(stems: tuple[str, ...], sentence: str) -> bool:
    """Say whether a sentence has one of the ideas without denying it."""
    return bool(stems) and any(
        not any(denial.search(sentence[: match.start()]) for denial in DENIED_BEFORE)
        and not any(denial.search(sentence[match.end() :]) for denial in DENIED_AFTER)
        for match in _pattern(stems).finditer(sentence)
    )


def _may_have(stems: tuple[str, ...], words: Iterable[str]) -> bool:
    """Say whether any word could begin a stem: a quick look that spares most texts the closer one."""
    whole, starts = _openers(stems)
    return any(word in whole or word.startswith(starts) for word in words)


@lru_cache(maxsize=512)
def _openers(stems: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Give the first words of stems: those that stand whole, and those of any ending (or number)."""
    first = [OPENER.findall(stem.casefold())[0] for stem in stems]
    starts = [each.partition("*")[0] for each in first if each.endswith("*")]
    numbers = "0123456789" if any(each.startswith("#") for each in first) else ""
    return frozenset(first), (*starts, *numbers)


def _pattern(stems: tuple[str, ...]) -> re.Pattern[str]:
    return pattern(stems, gap=GAP)


RULES = (forbidden, warned)
