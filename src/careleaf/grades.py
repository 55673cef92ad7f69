"""How hard English is to read, as a school grade. Advice, never a gate: formulas differ."""

from typing import Final

from careleaf.findings import Finding, Severity
from careleaf.model import Library, Topic
from careleaf.words import spoken

FORMULA: Final = "Flesch-Kincaid"
AIM: Final = 6.0
"""US school grade: a reader of eleven or twelve years."""


def grade(text: str) -> float | None:
    """Give the US grade by Flesch-Kincaid; None if textstat is not installed (it is an extra)."""
    try:
        import textstat  # noqa: PLC0415 # an extra, and a slow one: it reads a dictionary of syllables
    except ImportError:
        return None
    return round(float(textstat.flesch_kincaid_grade(text)), 1)


def prose(library: Library, topic: Topic) -> str:
    """Give a topic's English as sentences that all end: a list line that completes its heading is one."""
    sentences = [sentence for text in spoken(library, topic) for sentence in text.sentences()]
    return " ".join(each if each[-1] in ".?!" else f"{each.rstrip(':')}." for each in sentences)


def advise(library: Library) -> list[Finding]:
    """Tell the grade of each topic; nothing where it cannot be measured."""
    found = []
    for topic in library.topics.values():
        if (value := grade(prose(library, topic))) is not None:
            message = f"reading grade {value} (US, {FORMULA}); the aim is {AIM:.0f} or below"
            mend = "Advice only: shorter words and sentences lower it."
            found.append(Finding(topic.file, topic.line_of("title"), "grade", message, mend, Severity.ADVICE))
    return found
