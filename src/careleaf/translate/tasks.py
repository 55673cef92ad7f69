"""What there is to translate, and what a translator must know of each text."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from careleaf import locales, markup
from careleaf.model import UI, Clinic, Kind, Library, Section, Topic, Word
from careleaf.stems import pattern
from careleaf.words import source_locale, ui_texts

CRITICAL: Final = {Kind.WARNING, Kind.DONT}
"""Sections of which every text is back-translated: danger signs, and what must not be done."""

PLACES: Final = {"title": "The title.", "message": "The one sentence that a reader should keep."}
NUMBERS: Final = {
    "phone": "the clinic's phone number",
    "urgent": "the number to call when the clinic is closed",
    "emergency": "the emergency number",
}


@dataclass(frozen=True, slots=True)
class Task:
    """One English text, with the notes that go to its translator. `critical` texts are back-translated."""

    id: str
    english: str
    notes: str
    critical: bool = False


def tasks(library: Library, name: str, lang: str) -> tuple[Task, ...]:
    """Give all texts of a topic, or of the templates (`ui`), in reading order."""
    if name == UI:
        return tuple(Task(text.name, text.text, text.note, text.clinical) for text in library.ui.values())
    topic = library.topics[name]
    sections = {section.id: section for section in topic.sections}
    return tuple(_task(library, topic, lang, word, sections) for word in topic.words())


def _task(library: Library, topic: Topic, lang: str, word: Word, sections: dict[str, Section]) -> Task:
    section = sections.get(word.id.partition("/")[0])
    notes = [_place(word.id, section), *_facts(library, topic, lang, word), *_terms(library, lang, word.text)]
    critical = section is not None and section.kind in CRITICAL
    return Task(word.id, word.text, "\n".join(notes), critical)


def _place(id_: str, section: Section | None) -> str:
    if section is None:
        return PLACES[id_]
    level = f", level {section.level}" if section.level else ""
    part = {"heading": "The heading", "picture": "What a drawing shows, read aloud,", "action": "What to do"}
    what = part.get(id_.rpartition("/")[2], "")
    return f"{what} in a section of kind {section.kind}{level}.".strip().capitalize()


def _facts(library: Library, topic: Topic, lang: str, word: Word) -> Iterator[str]:
    for name in dict.fromkeys(markup.PLACEHOLDER.findall(word.text)):
        if name in Clinic.FACTS:
            yield f"{{{name}}} is {NUMBERS[name]}."
        elif name in topic.facts:
            yield f"{{{name}}} prints: {_said(library, topic, lang, name)}"


def _said(library: Library, topic: Topic, lang: str, name: str) -> str:
    """Say a Fact as the reader will see it, but for the controls that keep it whole."""
    ui = ui_texts(library, lang) or {}
    span = ui.get("range", library.ui["range"].text if "range" in library.ui else "{low} {high}")
    try:
        said = locales.speak(topic.facts[name], None, library.locales[lang], span)
    except ValueError:  # told by a rule: the Fact needs another unit
        return "?"
    return locales.bare(said)


def _terms(library: Library, lang: str, english: str) -> Iterator[str]:
    """Tell of each glossary term in a text what it means, and how the language says it."""
    renderings = library.renderings.get(lang, {})
    for term in library.glossary.values():
        if not term.replace and pattern((term.name, *term.forms)).search(english):
            yield f"Glossary: {term.name}: {term.plain}. {term.note}".strip()
    for name, rendering in renderings.items():
        if rendering.say and pattern((name,)).search(english):
            never = f"; never: {', '.join(rendering.never)}" if rendering.never else ""
            yield f"In this language: {name}: {', '.join(rendering.say)}{never}"


def names(library: Library) -> tuple[str, ...]:
    """Give the names of all catalogs that a language may have: the templates' words, then each topic."""
    return (UI, *library.topics)


def targets(library: Library) -> tuple[str, ...]:
    """Give the languages that are translated into."""
    return tuple(tag for tag in library.locales if tag != source_locale(library))
