"""The sheet's translations, made of those of its treatments and nothing else."""

from collections.abc import Mapping
from typing import Final

from careleaf.model import Catalog, Entry, Library, Provenance, Topic
from careleaf.several.naming import renamed_text
from careleaf.several.sections import Said
from careleaf.several.texts import spoken
from careleaf.several.weaving import united
from careleaf.words import texts

LEAST_SURE: Final = (Provenance.MACHINE, Provenance.MEMORY, Provenance.HUMAN)


def translated(
    library: Library,
    topics: tuple[Topic, ...],
    names: Mapping[str, Mapping[str, str]],
    origins: Mapping[str, tuple[Said, ...]],
    english: Mapping[str, str],
) -> dict[str, Catalog]:
    """Give the translation in each language that has all topics current; `names` are the settled Facts'."""
    found = {}
    for lang in (each.name for each in library.locales.values() if not each.source):
        words = _words(library, topics, names, lang)
        if words is not None:
            theirs = {topic.name: library.catalogs[lang, topic.name] for topic in topics}
            found[lang] = _catalog(theirs, origins, english, spoken(origins, words))
    return found


def _words(
    library: Library, topics: tuple[Topic, ...], names: Mapping[str, Mapping[str, str]], lang: str
) -> dict[str, dict[str, str]] | None:
    """Give each topic's texts under the settled names, or None if one of them is not current."""
    found = {}
    for topic in topics:
        theirs = texts(library, topic, lang)
        if theirs is None:
            return None
        found[topic.name] = {id_: renamed_text(text, names[topic.name]) for id_, text in theirs.items()}
    return found


def _catalog(
    theirs: Mapping[str, Catalog],
    origins: Mapping[str, tuple[Said, ...]],
    english: Mapping[str, str],
    words: Mapping[str, str],
) -> Catalog:
    """Make one catalog of the topics'. Each text is as sure as the least sure of those it is made of."""
    entries = {}
    for id_, said in origins.items():
        parts = [theirs[topic].entries[text] for topic, text in said]
        least = min((part.provenance for part in parts), key=LEAST_SURE.index)
        entries[id_] = Entry(english[id_], words[id_], least, parts[0].line)
    file = next(iter(theirs.values())).file
    return Catalog(file, entries, translators=united(each.translators for each in theirs.values()))
