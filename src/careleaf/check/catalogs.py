"""Rules for translations: nothing lost, nothing changed, nothing from another text.

A translation that breaks a Fact or the markup is a wrong file. One that is only behind the English
is not current: its own Editions are held, and everybody else's are built.
"""

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from pathlib import PurePosixPath

from careleaf import markup
from careleaf.findings import Finding, Severity
from careleaf.model import UI, Catalog, Entry, Library
from careleaf.words import begun


def english(library: Library, name: str) -> Mapping[str, str] | None:
    """Give the English texts by id that a catalog of this name translates; None if there is no such topic."""
    if name == UI:
        return {text.name: text.text for text in library.ui.values()}
    topic = library.topics.get(name)
    return None if topic is None else {word.id: word.text for word in topic.words()}


def locales(library: Library) -> Iterator[Finding]:
    """Every folder of translations has a profile, and CLDR and our fonts know its language."""
    for tag, _ in library.catalogs:
        if tag not in library.locales and f"locales/{tag}/profile.yaml" not in library.unread:
            file, mend = f"locales/{tag}", f"Add locales/{tag}/profile.yaml, or correct the folder's name."
            yield Finding(file, 0, "unknown-locale", f"the language {tag} has no profile", mend)
    sources = [locale for locale in library.locales.values() if locale.source]
    if len(sources) != 1:
        mend = "Set source: true in the profile of the language that topics are written in, and only there."
        yield Finding("locales", 0, "source", f"{len(sources)} languages are the source", mend)


def topics(library: Library) -> Iterator[Finding]:
    """Every catalog belongs to a topic, and every entry to a Unit of it."""
    for (_, name), catalog in library.catalogs.items():
        texts = english(library, name)
        if {f"content/topics/{name}.yaml", f"templates/{name}.yaml"} & library.unread:
            continue
        if texts is None:
            mend = "Rename it like the topic's file, or remove it."
            yield Finding(catalog.file, 0, "unknown-topic", f"there is no topic {name}", mend)
            continue
        for id_, entry in catalog.entries.items():
            if id_ not in texts:
                message, mend = f"there is no Unit {id_} any more", "Remove the entry: it is not printed."
                yield Finding(catalog.file, entry.line, "left-over", message, mend, Severity.WARNING)


def parity(library: Library) -> Iterator[Finding]:
    """A translation has the Facts and the bold runs of its English, each as often."""
    for catalog in library.catalogs.values():
        for id_, entry in catalog.entries.items():
            if entry.text:
                yield from _disparities(catalog, id_, entry)


def _disparities(catalog: Catalog, id_: str, entry: Entry) -> Iterator[Finding]:
    ours, theirs = markup.facts(entry.text), markup.facts(entry.english)
    if ours != theirs:
        message = f"{id_}: the Facts differ from the English: {_difference(ours, theirs)}"
        mend = "Use each {name} exactly as often as the English does, unchanged."
        yield Finding(catalog.file, entry.line, "placeholders", message, mend)
    try:
        if markup.bold_runs(entry.text) != markup.bold_runs(entry.english):
            message, mend = f"{id_}: the bold parts differ from the English", "Make the same parts **bold**."
            yield Finding(catalog.file, entry.line, "markup", message, mend)
    except markup.MarkupError as error:
        mend = "Use **bold**, or plain words; write {name} for a Fact."
        yield Finding(catalog.file, entry.line, "markup", f"{id_}: {error}", mend)


def _difference(ours: Counter[str], theirs: Counter[str]) -> str:
    lost = [f"{{{name}}} is lost" for name in sorted((theirs - ours).elements())]
    added = [f"{{{name}}} is too many" for name in sorted((ours - theirs).elements())]
    return ", ".join(lost + added)


def current(library: Library) -> Iterator[Finding]:
    """Every text of a catalog is translated from today's English, and sure."""
    for (tag, name), catalog in library.catalogs.items():
        texts = english(library, name)
        if texts is not None and tag in library.locales and begun(catalog):
            yield from _behind(catalog, texts)
            yield from _obsolete(catalog)


def present(library: Library) -> Iterator[Finding]:
    """A promised language has a catalog for every topic, and one with catalogs has the templates' words."""
    for clinic in library.clinics.values():
        for tag in clinic.languages:
            for topic in library.topics if tag in library.locales and not library.locales[tag].source else ():
                if not begun(library.catalogs.get((tag, topic))):
                    message = f"{clinic.file} promises {tag}, and {topic} is not translated"
                    mend = f"Translate it, or take {tag} out of the clinic's languages."
                    file = f"locales/{tag}/LC_MESSAGES/{topic}.po"
                    yield Finding(file, 0, "missing", message, mend, Severity.HELD)
    for tag in sorted({tag for (tag, _), catalog in library.catalogs.items() if begun(catalog)}):
        if not begun(library.catalogs.get((tag, UI))):
            mend = "Translate templates/ui.yaml: without it, nothing in this language can be printed."
            file = f"locales/{tag}/LC_MESSAGES/{UI}.po"
            yield Finding(
                file, 0, "missing", "the templates' own words are not translated", mend, Severity.HELD
            )


def concerns(finding: Finding, topics: Container[str], langs: Container[str]) -> bool:
    """Say whether a Finding about a catalog concerns any of some topics in any of some languages.

    One about a clinic or a format concerns them all.
    """
    folder, tag, *_, name = PurePosixPath(finding.file).parts
    if folder != "locales":
        return True
    return tag in langs and (PurePosixPath(name).stem in topics or PurePosixPath(name).stem == UI)


def _behind(catalog: Catalog, texts: Mapping[str, str]) -> Iterator[Finding]:
    untranslated = [id_ for id_ in texts if id_ not in catalog.entries or not catalog.entries[id_].text]
    if untranslated:
        first = catalog.entries.get(untranslated[0])
        more = f" and {len(untranslated) - 1} more are" if len(untranslated) > 1 else " is"
        message, mend = f"{untranslated[0]}{more} not translated", "Translate it."
        line = first.line if first else 0
        yield Finding(catalog.file, line, "stale", message, mend, Severity.HELD)
    for id_, text in texts.items():
        entry = catalog.entries.get(id_)
        if entry is None or not entry.text:
            continue
        if entry.fuzzy:
            message, mend = f"{id_} is marked fuzzy", "Check the translation, then remove the mark."
        elif entry.english != text:
            message = f"the English of {id_} has changed"
            mend = f"Translate it anew, and make its msgid the new English: {text!r}"
        else:
            continue
        yield Finding(catalog.file, entry.line, "stale", message, mend, Severity.HELD)


def _obsolete(catalog: Catalog) -> Iterator[Finding]:
    for entry in catalog.retired.values():
        message, mend = "an entry is marked obsolete (#~)", "Move it to the memory: careleaf translate sync"
        yield Finding(catalog.file, entry.line, "obsolete", message, mend, Severity.HELD)


RULES = (locales, topics, parity, current, present)
