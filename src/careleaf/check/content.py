"""Rules for topics: ids, Facts, markup, sources and danger signs hang together."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Final, TypeGuard

from careleaf import days, markup
from careleaf.findings import Finding, Severity
from careleaf.model import (
    UI,
    Clinic,
    Fact,
    FactValue,
    Kind,
    Level,
    Library,
    Measure,
    Section,
    Topic,
    Unit,
    When,
)

SOURCES = "content/sources.yaml"
UNWRITTEN = re.compile(r"<[^<>]*>$")
# These read as a table of terms and texts.
LABELLED_KINDS = {Kind.TIMELINE, Kind.OPTIONS, Kind.LOOKALIKES}
# A question to ask, or a line that says whom to call, states no medical fact.
UNSOURCED_KINDS = {Kind.QUESTIONS, Kind.TEACH_BACK, Kind.CONTACT}
# Where an omission or an error harms, a private clinic's page is not enough to rest on.
STRONG_KINDS = {Kind.WARNING, Kind.DONT}
WEAK = {"C"}
# Whom these are for has had something done to the skin, or has a newborn: both need to know when to call.
NEEDED_LEVELS = {
    "aftercare": (Level.EMERGENCY, Level.SAME_DAY),
    "reassurance": (Level.EMERGENCY, Level.SAME_DAY),
}
URGENCY = tuple(Level)
YEAR: Final = tuple(date(2027, 1, 1) + timedelta(days=each) for each in range(365))
"""Days of treatment, on which two times are compared: a month is longer or shorter than 30 days."""


def not_empty(library: Library) -> Iterator[Finding]:
    """A library has at least one of everything: without a format, say, nothing would be built in silence."""
    folders = {
        "content/topics": library.topics,
        "content/clinics": library.clinics,
        "locales": library.locales,
        "templates/formats": library.formats,
    }
    for folder, found in folders.items():
        if not found and not any(file.startswith(folder) for file in library.unread):
            mend = "Copy one from the library that comes with careleaf: careleaf new library DIR"
            yield Finding(folder, 0, "library", "there is none here that can be read", mend)


def names(library: Library) -> Iterator[Finding]:
    """No topic has the name under which the templates' own words are kept."""
    if UI in library.topics:
        message, mend = f"a topic cannot be called {UI}", "Rename its file."
        yield Finding(library.topics[UI].file, 0, "form", message, mend)


def formats(library: Library) -> Iterator[Finding]:
    """What a topic is not offered as is a format."""
    for topic in library.topics.values():
        for name in topic.not_as:
            if name not in library.formats and f"templates/formats/{name}/format.yaml" not in library.unread:
                message = f"not-as: there is no format {name}"
                yield Finding(topic.file, topic.line_of("not-as"), "format", message, "Correct its name.")


def unit_ids(library: Library) -> Iterator[Finding]:
    """A Unit's id is used once: two texts with one id would share a translation."""
    for topic in library.topics.values():
        seen: Counter[str] = Counter()
        for word in topic.words():
            seen[word.id] += 1
            if seen[word.id] == 2:  # noqa: PLR2004 # told once, at the second use
                message = f"the Unit id {word.id} is used twice"
                yield Finding(topic.file, word.line, "unit-id", message, "Give one of them another id.")


def unit_markup(library: Library) -> Iterator[Finding]:
    """Only **bold** and {facts} are markup."""
    for topic in library.topics.values():
        for word in topic.words():
            try:
                markup.parse(word.text)
            except markup.MarkupError as error:
                mend = "Use **bold**, or plain words; write {name} for a Fact."
                yield Finding(topic.file, word.line, "markup", f"{word.id}: {error}", mend)


def written(library: Library) -> Iterator[Finding]:
    """No text is still the skeleton's: <what to write here>."""
    for topic in library.topics.values():
        for word in topic.words():
            if UNWRITTEN.match(word.text):
                message, mend = f"{word.id} is not written yet", f"Write it: {word.text.strip('<>')}."
                yield Finding(topic.file, word.line, "unwritten", message, mend)


def labels(library: Library) -> Iterator[Finding]:
    """Each Unit of a timeline, of options and of look-alikes has the term that it explains."""
    for topic in library.topics.values():
        for section in topic.sections:
            for unit in section.units if section.kind in LABELLED_KINDS else ():
                if not unit.label:
                    message = f"{section.id}/{unit.id} has no label, and a {section.kind} needs one"
                    yield Finding(topic.file, unit.line, "label", message, "Add label: with a day or a name.")


def known_facts(library: Library) -> Iterator[Finding]:
    """Every {name} is a Fact of the topic, or one that the clinic brings."""
    for topic in library.topics.values():
        known = {*topic.facts, *Clinic.FACTS}
        for word in topic.words():
            for name in sorted(set(markup.facts(word.text)) - known):
                near = get_close_matches(name, known, n=1)
                mend = f"Did you mean {{{near[0]}}}?" if near else "Add it under facts:, or correct the name."
                message = f"{word.id}: there is no Fact {{{name}}}"
                yield Finding(topic.file, word.line, "unknown-fact", message, mend)


def used_facts(library: Library) -> Iterator[Finding]:
    """A Fact that no text uses is a number that somebody believes is printed."""
    for topic in library.topics.values():
        used = {name for word in topic.words() for name in markup.facts(word.text)}
        for name, fact in topic.facts.items():
            if name in Clinic.FACTS:
                message = f"the Fact {name} has the name of one that the clinic brings"
                yield Finding(topic.file, fact.line, "fact-name", message, "Give it another name.")
            elif name not in used:
                message, mend = f"no text uses the Fact {name}", f"Use {{{name}}} in a text, or remove it."
                yield Finding(topic.file, fact.line, "unused-fact", message, mend, Severity.WARNING)


def dated(library: Library) -> Iterator[Finding]:
    """Each Fact by which a day is counted is one of the topic's, and a time of hours or longer."""
    for topic in library.topics.values():
        times = [name for name, fact in topic.facts.items() if _has_day(fact)]
        for place, name, line in _counted_by(topic):
            if name not in times:
                what = (
                    "is no time of hours or longer that a calendar has"
                    if name in topic.facts
                    else "does not exist"
                )
                near = get_close_matches(name, times, n=1)
                other = "Name a Fact with a unit of duration-hour, -day, -week, -month or -year."
                mend = f"Did you mean {near[0]}?" if near else other
                rule = "watch" if place == "watch" else "when"
                yield Finding(topic.file, line, rule, f"{place}: the Fact {name} {what}", mend)


def _counted_by(topic: Topic) -> Iterator[tuple[str, str, int]]:
    """Yield where a day is counted by a Fact: the place, the Fact's name, the line."""
    if topic.watch:
        yield "watch", topic.watch, topic.line_of("watch")
    for section, unit, when in _whens(topic):
        for name in when.facts:
            yield f"{section.id}/{unit.id}: when", name, when.line


def _whens(topic: Topic) -> Iterator[tuple[Section, Unit, When]]:
    for section in topic.sections:
        for unit in section.units:
            if unit.when:
                yield section, unit, unit.when


def _has_day(fact: Fact | None) -> TypeGuard[Measure]:
    """Say whether a day is at the end of a Fact: not of minutes or degrees, nor beyond all calendars."""
    try:
        return isinstance(fact, Measure) and bool(days.after(YEAR[-1], fact.max, fact.unit))
    except (ValueError, OverflowError):
        return False


def said_days(library: Library) -> Iterator[Finding]:
    """A Unit's own words name each Fact that its days are counted by: the dates say what the words say."""
    for topic in library.topics.values():
        for section, unit, when in _whens(topic):
            said = {*markup.facts(unit.label or ""), *markup.facts(unit.text)}
            for name in when.facts:
                if name in topic.facts and name not in said:
                    message = (
                        f"{section.id}/{unit.id}: its days are counted by {name}, which its words never say"
                    )
                    mend = f"Say {{{name}}} in its label or text, or count by the Fact that is said there."
                    yield Finding(topic.file, when.line, "when", message, mend, Severity.WARNING)


def days_in_order(library: Library) -> Iterator[Finding]:
    """What happens from one day until another does not end before it starts, with any clinic's own values."""
    mend = "Make the first time shorter, or the second longer."
    for topic in library.topics.values():
        for section, unit, when in _whens(topic):
            message = f"{section.id}/{unit.id}: {when.from_} may end after {when.until}"
            if _backwards(topic, when, {}):
                yield Finding(topic.file, when.line, "when", message, mend)
                continue
            for clinic in library.clinics.values():
                if _backwards(topic, when, clinic.facts.get(topic.name, {})):
                    line = clinic.line_of("facts", topic.name)
                    yield Finding(clinic.file, line, "when", f"{topic.name} {message}", mend)


def _backwards(topic: Topic, when: When, own: Mapping[str, FactValue]) -> bool:
    """Say whether the first day may come after the last; not of values that another rule refuses."""
    first, last = (topic.facts.get(name or "") for name in (when.from_, when.until))
    if first is last or not (_has_day(first) and _has_day(last)):
        return False
    start, end = own.get(when.from_ or "", first.value), own.get(when.until or "", last.value)
    if not (first.allows(start) and last.allows(end)):
        return False
    low, high = start[0] if isinstance(start, tuple) else start, end[1] if isinstance(end, tuple) else end
    return any(days.after(day, low, first.unit) > days.after(day, high, last.unit) for day in YEAR)


def watched(library: Library) -> Iterator[Finding]:
    """An aftercare topic says how long danger signs are to be watched for."""
    for topic in library.topics.values():
        if topic.kind == "aftercare" and not topic.watch:
            message = "nothing says how long danger signs are to be watched for"
            mend = "Add watch: with the Fact that says until when a wound may go wrong."
            line = topic.line_of("kind")
            yield Finding(topic.file, line, "watch", message, mend, Severity.WARNING)


def known_sources(library: Library) -> Iterator[Finding]:
    """Every source key is in content/sources.yaml."""
    for topic in library.topics.values():
        for part in (*topic.statements(), *topic.facts.values()):
            for key in part.sources:
                if key not in library.sources and SOURCES not in library.unread:
                    message = f"the source {key} is not in content/sources.yaml"
                    yield Finding(
                        topic.file, part.line, "unknown-source", message, "Add it, or correct the key."
                    )


def sourced(library: Library) -> Iterator[Finding]:
    """Every statement of a medical fact names its sources."""
    for topic in library.topics.values():
        if not topic.message.sources:
            message, mend = "the message names no source", "Add sources: [KEY]."
            yield Finding(topic.file, topic.message.line, "unsourced", message, mend)
        for section in topic.sections:
            for unit in section.units if section.kind not in UNSOURCED_KINDS else ():
                yield from _unsourced(library, topic, section, unit)


def _unsourced(library: Library, topic: Topic, section: Section, unit: Unit) -> Iterator[Finding]:
    if not unit.sources:
        message, mend = f"{section.id}/{unit.id} names no source", "Add sources: [KEY]."
        yield Finding(topic.file, unit.line, "unsourced", message, mend)
    grades = {library.sources[key].grade for key in unit.sources if key in library.sources}
    if section.kind in STRONG_KINDS and grades == WEAK:
        message = f"{section.id}/{unit.id} is about safety and rests on private pages (grade C) alone"
        mend = "Add a better source; or INF, if it is our own cautious inference."
        yield Finding(topic.file, unit.line, "weak-source", message, mend, Severity.WARNING)


def used_sources(library: Library) -> Iterator[Finding]:
    """The list of sources holds only keys in use."""
    used = {
        key
        for topic in library.topics.values()
        for part in (*topic.statements(), *topic.facts.values())
        for key in part.sources
    }
    for source in library.sources.values():
        if source.name not in used and not library.unread:
            message, mend = f"nothing rests on the source {source.name}", "Remove it."
            yield Finding(SOURCES, source.line, "unused-source", message, mend, Severity.WARNING)


def danger_signs(library: Library) -> Iterator[Finding]:
    """A leaflet without danger signs leaves a worried reader alone."""
    for topic in library.topics.values():
        levels = {section.level for section in topic.sections if section.level}
        missing = [level for level in NEEDED_LEVELS.get(topic.kind, ()) if level not in levels]
        if missing or not levels:
            what = " and ".join(missing) or "any level"
            message = f"the topic has no danger signs of {what}"
            mend = "Add a section of kind warning with that level."
            yield Finding(topic.file, topic.line_of("sections"), "danger-signs", message, mend)


def danger_signs_first(library: Library) -> Iterator[Finding]:
    """Nothing but one summary stands before the most urgent danger signs: some readers stop early."""
    for topic in library.topics.values():
        levels = [section.level for section in topic.sections if section.level]
        first = min(levels, key=URGENCY.index, default=None)
        if first is None or first is Level.ROUTINE:
            continue
        place = next(number for number, section in enumerate(topic.sections) if section.level is first)
        before = [section.kind for section in topic.sections[:place]]
        if before not in ([], [Kind.KEY_POINTS]):
            message = f"{len(before)} sections stand before the {first} danger signs"
            mend = "Put them first; only one section of kind key-points may stand before them."
            yield Finding(topic.file, topic.sections[place].line, "danger-signs", message, mend)


def review_dates(library: Library) -> Iterator[Finding]:
    """The next review lies after the last change."""
    for topic in library.topics.values():
        if topic.review <= topic.updated:
            message = f"the next review ({topic.review}) is not after the last change ({topic.updated})"
            yield Finding(topic.file, topic.line_of("review"), "review", message, "Correct the dates.")


def due(library: Library, today: date, severity: Severity) -> Iterator[Finding]:
    """The day of a topic's next review has not passed."""
    for topic in library.topics.values():
        if topic.review < today:
            mend = "Have a clinician review it, then set updated: and review:."
            message = f"the review was due on {topic.review}"
            yield Finding(topic.file, topic.line_of("review"), "review-due", message, mend, severity)


RULES = (
    not_empty,
    names,
    formats,
    unit_ids,
    unit_markup,
    written,
    labels,
    known_facts,
    used_facts,
    dated,
    said_days,
    days_in_order,
    watched,
    known_sources,
    sourced,
    used_sources,
    danger_signs,
    danger_signs_first,
    review_dates,
)
