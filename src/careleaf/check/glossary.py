"""Rules for hard words: each is explained where it first stands, or replaced; each has one spelling."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from careleaf.findings import Finding, Severity
from careleaf.model import Library, Term, Topic
from careleaf.words import Spoken, spoken

FILE: Final = "content/glossary.yaml"


def one_spelling(library: Library) -> Iterator[Finding]:
    """A term stands in the glossary once, in one spelling."""
    seen: dict[str, Term] = {}
    for term in library.glossary.values():
        for form in (term.name, *term.forms):
            first = seen.setdefault(_folded(form), term)
            if first is not term:
                message = f"{form!r} is {first.name!r} in another spelling (line {first.line})"
                yield Finding(FILE, term.line, "two-spellings", message, "Keep one of them.")


def explained(library: Library) -> Iterator[Finding]:
    """A hard word is explained, in the glossary's plain words, where a topic first has it; or replaced.

    A title may leave that to the first text below it: it names what the reader was told, and is short.
    """
    for topic in library.topics.values():
        texts = tuple(spoken(library, topic))
        for term in library.glossary.values():
            pattern = _pattern((term.name, *term.forms))
            named = [text for text in texts if pattern.search(text.text)]
            if named:
                yield from _unexplained(topic, term, named)


def _unexplained(topic: Topic, term: Term, named: Sequence[Spoken]) -> Iterator[Finding]:
    """Judge the texts that name a term, in their order."""
    titled = named[0].id == "title" and len(named) > 1
    first = named[1 if titled else 0]
    if term.replace:
        first, message = named[0], f"{named[0].id} says {term.name!r}"
        mend = f"Write: {term.plain}."
    elif term.keep or any(term.plain.casefold() in text.text.casefold() for text in named[: 1 + titled]):
        return
    else:
        message = f"{first.id}: {term.name!r} is not explained where it first stands"
        mend = f"Say there: {term.plain}. Or use another word."
    yield Finding(topic.file, first.line, "jargon", message, mend, Severity.WARNING)


def spelt_alike(library: Library) -> Iterator[Finding]:
    """A text spells a term as the glossary does."""
    forms = {form: term.name for term in library.glossary.values() for form in (term.name, *term.forms)}
    known = {form.casefold() for form in forms}
    folded = {_folded(form): name for form, name in forms.items()}
    for topic in library.topics.values():
        for text in spoken(library, topic):
            for word in dict.fromkeys(re.findall(r"\w+(?:-\w+)*", text.text.casefold())):
                if word not in known and _folded(word) in folded:
                    message = f"{text.id} spells {word!r} in its own way"
                    mend = f"Write it as the glossary does: {folded[_folded(word)]}."
                    yield Finding(topic.file, text.line, "two-spellings", message, mend, Severity.WARNING)


@lru_cache(maxsize=512)
def _pattern(forms: tuple[str, ...]) -> re.Pattern[str]:
    forms = tuple(sorted(forms, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, forms))})(?![\w-])", re.IGNORECASE)


def _folded(form: str) -> str:
    """Leave out what spellings differ in: capitals, hyphens, spaces, accents, ae and e, is and iz."""
    plain = unicodedata.normalize("NFKD", form).casefold()
    letters = "".join(sign for sign in plain if sign.isalnum())
    return (
        letters.replace("ae", "e")
        .replace("oe", "e")
        .replace("our", "or")
        .replace("iz", "is")
        .replace("yz", "ys")
    )


RULES = (one_spelling, explained, spelt_alike)
