"""The words of a topic in a language, and the Reading that an Approval binds to."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from careleaf import locales, markup
from careleaf.model import UI, Catalog, Clinic, Entry, Fact, Library, Locale, Reading, Section, Topic

SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=:)\s+(?=[A-Z])")
_READING: Final = TypeAdapter(Reading)
_FACT: Final = TypeAdapter[Fact](Fact)


def source_locale(library: Library) -> str:
    """Give the tag of the language that topics are written in."""
    return next(locale.name for locale in library.locales.values() if locale.source)


def texts(library: Library, topic: Topic, lang: str) -> dict[str, str] | None:
    """Give a topic's texts in a language by Unit id, or None if any of them is missing or not current."""
    english = {word.id: word.text for word in topic.words()}
    return _translated(library, topic.name, lang, english)


def ui_texts(library: Library, lang: str) -> dict[str, str] | None:
    """Give the templates' own texts in a language, or None if any of them is missing or not current."""
    return _translated(library, UI, lang, {text.name: text.text for text in library.ui.values()})


def _translated(library: Library, name: str, lang: str, english: Mapping[str, str]) -> dict[str, str] | None:
    if library.locales[lang].source:
        return dict(english)
    catalog = library.catalogs.get((lang, name))
    if catalog is None or catalog.retired:
        return None
    entries = {id_: catalog.entries.get(id_) for id_ in english}
    if not all(_is_current(entry, english[id_]) for id_, entry in entries.items()):
        return None
    return {id_: entry.text for id_, entry in entries.items() if entry}


def begun(catalog: Catalog | None) -> bool:
    """Say whether anything of a catalog is translated: one that waits for its translator holds nobody up."""
    return catalog is not None and any(entry.text for entry in catalog.entries.values())


def _is_current(entry: Entry | None, english: str) -> bool:
    return entry is not None and bool(entry.text) and entry.english == english and not entry.fuzzy


def reading(library: Library, topic: Topic, lang: str, clinic: Clinic) -> Reading | None:
    """Give what a clinic's reader reads of a topic, or None if any of its words is not current."""
    words, ui = texts(library, topic, lang), ui_texts(library, lang)
    if words is None or ui is None:
        return None
    own = clinic.facts.get(topic.name, {})
    files = sorted({picture.file for section in topic.sections for picture in section.pictures})
    return Reading(
        topic=topic.name,
        lang=lang,
        audience=topic.audience,
        sections=tuple((section.id, section.kind, section.level or "") for section in topic.sections),
        facts={
            name: fact.model_dump(mode="json", exclude={"sources", "stricter"})
            | ({"value": own[name]} if name in own else {})
            for name, fact in topic.facts.items()
        },
        words=tuple((word.id, word.text, words[word.id]) for word in topic.words()),
        pictures={name: hashlib.sha256(library.images.get(name, b"")).hexdigest() for name in files},
        page={text.name: ui[text.name] for text in library.ui.values() if text.clinical},
        days=_days(topic),
    )


def _days(topic: Topic) -> dict[str, dict[str, str]]:
    dated = {
        f"{section.id}/{unit.id}": unit.when.model_dump(exclude_none=True)
        for section in topic.sections
        for unit in section.units
        if unit.when
    }
    return dated | ({"watch": {"until": topic.watch}} if topic.watch else {})


def readings(library: Library, topic: Topic, lang: str, clinics: tuple[str, ...] = ()) -> dict[str, Reading]:
    """Give every Reading of a topic in a language, by digest: one for each set of clinics' values.

    Without `clinics`, those of all clinics that hand out the language. Empty if the text is not current.
    """
    asked = [library.clinics[name] for name in clinics or library.clinics]
    found = [reading(library, topic, lang, clinic) for clinic in asked if clinic.speaks(lang)]
    return {each.digest: each for each in found if each}


def parse_reading(text: str) -> Reading:
    """Read a Reading back from its text. Raises ValueError."""
    return _READING.validate_json(text)


def said(one: Reading, locale: Locale, span: str, numbers: Mapping[str, str]) -> dict[str, str]:
    """Give a Reading's texts by id as its reader has them: every Fact said, without bold.

    `span` is the language's way to say a range; `numbers` are what stands for the clinic's numbers.
    """
    facts = {name: _FACT.validate_python({**fact, "sources": ("NONE",)}) for name, fact in one.facts.items()}
    spoken_facts = {name: locales.speak(fact, None, locale, span) for name, fact in facts.items()}
    return {id_: _filled(text, spoken_facts | dict(numbers)) for id_, _, text in one.words}


def _filled(text: str, values: Mapping[str, str]) -> str:
    return markup.PLACEHOLDER.sub(lambda match: values.get(match[1], match[1]), text.replace("**", ""))


@dataclass(frozen=True, slots=True)
class Spoken:
    """An English text of a topic with every Fact said. Title and message have no section."""

    id: str
    line: int
    text: str
    section: Section | None = None
    sources: tuple[str, ...] = ()

    def sentences(self) -> list[str]:
        """Split it into sentences; a heading before a colon is one of its own."""
        return [part for part in SENTENCE.split(self.text.strip()) if part]


def _or_name(name: str, fact: Fact, locale: Locale, span: str) -> str:
    if not locales.in_cldr(locale):
        return name
    try:
        return locales.speak(fact, None, locale, span).replace(locales.NO_BREAK_SPACE, " ")
    except (ValueError, LookupError):  # no words for it, unknown digits, or places of `range` that are wrong
        return name


NUMBER_NAMES: Final = {
    "phone": "our number",
    "urgent": "the urgent number",
    "emergency": "the emergency number",
}


def spoken(library: Library, topic: Topic) -> Iterator[Spoken]:
    """Yield a topic's English texts in reading order, without bold; the clinic's numbers are said in words.

    What CLDR cannot say, or a text with faulty markup, is told elsewhere, and left as it stands here.
    """
    locale = library.locales[source_locale(library)]
    span = library.ui["range"].text if "range" in library.ui else "{low} {high}"
    values = {name: _or_name(name, fact, locale, span) for name, fact in topic.facts.items()} | NUMBER_NAMES
    sections = {section.id: section for section in topic.sections}
    sources = {"message": topic.message.sources} | {
        f"{section.id}/{unit.id}": unit.sources for section in topic.sections for unit in section.units
    }
    for word in topic.words():
        section = sections.get(word.id.partition("/")[0])
        yield Spoken(word.id, word.line, _filled(word.text, values), section, sources.get(word.id, ()))
