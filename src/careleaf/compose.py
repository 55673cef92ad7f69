"""Edition -> Leaflet: the words of one language, with every Fact said in it. No HTML, no page size."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, count, groupby, islice, takewhile
from types import MappingProxyType
from typing import Final

from careleaf import locales, markup, personal
from careleaf.model import (
    AND,
    Block,
    CalendarDay,
    Catalog,
    Clinic,
    Drawing,
    Edition,
    Item,
    Kind,
    Leaflet,
    Library,
    Locale,
    Mark,
    Personal,
    Provenance,
    Run,
    Section,
    Slot,
    Source,
    Status,
    Topic,
    Unit,
    Words,
)
from careleaf.words import source_locale, texts, ui_texts

DIGEST_SHOWN = 8
"""Hexadecimal digits of the text digest on a page: enough for staff to tell two versions apart."""
LATIN: Final = "Latn"
NAME: Final = r"[A-Za-z][\w:]*[A-Za-z0-9](?:[ \u00a0-][A-Za-z][\w:]*[A-Za-z0-9])*"
LATIN_WORDS: Final = re.compile(
    rf"\u2066[A-Za-z][^\u2066-\u2069]*\u2069|\({NAME}\)|(?<![\d\u00a0]){NAME}", re.ASCII
)
"""Words in Latin letters, with the brackets around them; an isolated value whole. The engine would turn round
what markup cuts."""
NO_PLACES: Final[Mapping[str, Slot]] = MappingProxyType({})
"""A leaflet for everybody keeps no place free."""
MAIN_SOURCES = 6
"""How many sources a page names; the embedded file has them all."""


@dataclass(frozen=True, slots=True)
class _Speaker:
    """One language at one clinic: turns texts with placeholders into Words."""

    locale: Locale
    words: Mapping[str, str]
    ui: Mapping[str, str]
    facts: Mapping[str, str]
    foreign: Locale | None
    """The language of Latin words in a text: the source's, if this one is written in another script."""

    def say(self, id_: str) -> Words:
        return self.fill(self.words[id_])

    def fill(self, text: str) -> Words:
        """Fill in the Facts and join what has one style: each Run costs the engine a box."""
        pieces = markup.parse(text.replace("\n", " "))
        spoken = [(self.facts[p.text] if p.fact else p.text, p.bold) for p in pieces]
        runs = (
            Run("".join(part for part, _ in group), bold)
            for bold, group in groupby(spoken, key=lambda piece: piece[1])
        )
        return tuple(chain.from_iterable(map(self._parted, runs)))

    def _parted(self, run: Run) -> Iterator[Run]:
        """Set names in Latin letters apart, so that screen readers say them as such."""
        if self.foreign is None:
            yield run
            return
        for text, latin in _by_script(run.text):
            lang, direction = (self.foreign.name, self.foreign.direction) if latin else (None, None)
            yield Run(text, run.bold, lang, direction)

    def own(self, id_: str, **values: str) -> str:
        """Say one of the templates' own texts."""
        return self.ui[id_].format_map(values)


def compose(library: Library, edition: Edition, places: Mapping[str, Slot] = NO_PLACES) -> Leaflet:
    """Resolve an Edition that `plan` found to be current. `places` are those of a personal sheet."""
    topic, clinic = library.topics[edition.topic], library.clinics[edition.clinic]
    locale = library.locales[edition.lang]
    words, ui = texts(library, topic, edition.lang), ui_texts(library, edition.lang)
    if words is None or ui is None:
        raise ValueError(f"{edition} is not current")
    sources = _sources(library, topic)
    aloud = ui if library.formats[edition.format].aloud else locales.IN_PRINT
    speaker = _Speaker(
        locale, words, ui, _facts(topic, clinic, locale, ui["range"], aloud), _foreign_lang(library, locale)
    )
    return Leaflet(
        locale=locale,
        topic=topic.name,
        kind=topic.kind,
        audience=topic.audience,
        title=plain(speaker.say("title")),
        message=speaker.say("message"),
        blocks=tuple(_block(speaker, section, places) for section in topic.sections),
        band=_band(library, edition, ui),
        clinic=named(library, clinic, locale),
        phone=speaker.facts["phone"],
        urgent=speaker.facts["urgent"],
        emergency=speaker.facts["emergency"],
        hours=tuple(locales.opening(row, locale, ui, aloud) for row in clinic.hours),
        version=speaker.own("version", version=str(topic.version)),
        text_digest=speaker.own(
            "text-digest", digest=locales.code(edition.text_digest[:DIGEST_SHOWN], locale)
        ),
        updated=speaker.own("dated", date=locales.day(topic.updated, locale)),
        review=speaker.own("review-by", date=locales.day(topic.review, locale)),
        page=markup.parse(ui["page"]),
        sources=_main(sources),
        all_sources=sources,
        ui={id_: text for id_, text in ui.items() if not markup.facts(text)},
        address=clinic.address_of(topic.name, locale.name),
        logo=clinic.logo or "",
        everywhere=tuple(
            (library.locales[lang], clinic.address_of(topic.name, lang)) for lang in edition.langs
        ),
        beside=_beside(library, edition, places),
        personal=_personal(speaker, topic, clinic, places) if places else None,
        places=tuple(places),
        vocabulary=personal.vocabulary(locale, ui) if places else (),
    )


def _personal(speaker: _Speaker, topic: Topic, clinic: Clinic, places: Mapping[str, Slot]) -> Personal:
    lang = speaker.locale.name
    closed = tuple(
        _every_line(places, key)
        for key in places
        if key.startswith(f"{lang}/closed/") and not key.endswith(personal.NEXT)
    )
    numbers = {name: speaker.facts[name] for name in ("urgent", "emergency")}
    return Personal(
        several=speaker.ui["sheet-several"] if AND in topic.name else "",
        about=tuple(
            (f"sheet-{name}", places[f"{lang}/{name}"])
            for name in personal.ABOUT
            if f"{lang}/{name}" in places
        ),
        watch=_watch(speaker, places),
        closed=closed,
        closed_words=speaker.own("sheet-closed" if closed else "sheet-open", **numbers),
        nights=speaker.own("sheet-nights", **numbers) if closed else "",
        calendar=_calendar(speaker, topic, clinic, places),
    )


def _every_line(places: Mapping[str, Slot], key: str) -> tuple[Slot, ...]:
    """Give the lines that a place has; none, if there is no such place."""
    keys = (key + personal.NEXT * number for number in count())
    return tuple(places[each] for each in takewhile(places.__contains__, keys))


def _watch(speaker: _Speaker, places: Mapping[str, Slot]) -> tuple[str, Slot, str] | None:
    slot = places.get(f"{speaker.locale.name}/watch")
    before, _, after = speaker.ui["sheet-watch"].partition("{date}")
    return (before.strip(), slot, after.strip()) if slot else None


def _calendar(
    speaker: _Speaker, topic: Topic, clinic: Clinic, places: Mapping[str, Slot]
) -> tuple[CalendarDay, ...]:
    rows = personal.rows(topic, clinic)
    marks: list[list[Mark]] = [[] for _ in rows]
    units = {
        f"{section.id}/{unit.id}": (section, unit) for section in topic.sections for unit in section.units
    }
    # Where there are several timelines, "First day" alone does not say what of.
    headed = {section.id for section in topic.sections if section.kind is Kind.TIMELINE}
    headed = headed if len(headed) > 1 else set()
    for each in personal.due(topic, clinic):
        section, unit = units[each.unit]
        heading = speaker.say(f"{section.id}/heading") if each.warning or section.id in headed else ()
        for offset, label in personal.marked(each):
            mark = Mark(speaker.ui[label] if label else "", heading, _item(speaker, section, unit, {}))
            marks[personal.row_of(offset, rows)].append(mark)
    return tuple(
        CalendarDay(places[f"{speaker.locale.name}/day/{row}"], _number(speaker, offset), tuple(marks[row]))
        for row, offset in enumerate(rows)
    )


def _number(speaker: _Speaker, offset: personal.Offset) -> str:
    amount, unit = offset
    if offset == personal.TREATMENT:
        return speaker.ui["sheet-treated"]
    if unit != "duration-day":
        return ""
    return speaker.own("calendar-day", number=locales.number(amount, speaker.locale))


def _beside(library: Library, edition: Edition, places: Mapping[str, Slot]) -> Leaflet | None:
    source = source_locale(library)
    if edition.lang == source or not library.formats[edition.format].bilingual:
        return None
    return compose(library, replace(edition, lang=source), places)


def _facts(
    topic: Topic, clinic: Clinic, locale: Locale, span: str, aloud: Mapping[str, str]
) -> dict[str, str]:
    own = clinic.facts.get(topic.name, {})
    spoken = {
        name: locales.speak(fact, own.get(name), locale, span, aloud) for name, fact in topic.facts.items()
    }
    numbers = {name: locales.phone(getattr(clinic, name), locale, aloud) for name in Clinic.FACTS}
    return spoken | numbers


def _foreign_lang(library: Library, locale: Locale) -> Locale | None:
    source = library.locales[source_locale(library)]
    return source if locales.script(locale) != locales.script(source) == LATIN else None


def _by_script(text: str) -> Iterator[tuple[str, bool]]:
    """Split a text into stretches, and say of each whether it is Latin words; none is empty."""
    end = 0
    for match in LATIN_WORDS.finditer(text):
        if match.start() > end:
            yield text[end : match.start()], False
        yield match[0], True
        end = match.end()
    if end < len(text):
        yield text[end:], False


def _item(speaker: _Speaker, section: Section, unit: Unit, places: Mapping[str, Slot]) -> Item:
    id_ = f"{section.id}/{unit.id}"
    day = _every_line(places, f"{speaker.locale.name}/when/{id_}")
    if not day and places and section.kind is Kind.TIMELINE:
        day = (Slot("", speaker.own("sheet-no-day")),)
    label = speaker.say(f"{id_}/label") if unit.label else ()
    return Item(id_, label, speaker.say(id_), day)


def _block(speaker: _Speaker, section: Section, places: Mapping[str, Slot]) -> Block:
    items = (_item(speaker, section, unit, places) for unit in section.units)
    picture = section.picture
    return Block(
        id=section.id,
        kind=section.kind,
        level=section.level,
        heading=speaker.say(f"{section.id}/heading"),
        items=tuple(items),
        action=speaker.say(f"{section.id}/action") if section.action else (),
        picture=Drawing(picture.file, plain(speaker.say(f"{section.id}/picture"))) if picture else None,
        panels=tuple(
            Drawing(
                panel.file,
                plain(speaker.say(f"{section.id}/{panel.id}/picture")),
                speaker.say(f"{section.id}/{panel.id}/label"),
            )
            for panel in section.panels
        ),
    )


def _band(library: Library, edition: Edition, ui: Mapping[str, str]) -> str:
    """Say on every page what stands between this text and its reader; nothing if it is approved."""
    if edition.status is Status.APPROVED:
        return ""
    if edition.status is Status.EXPIRED:
        return ui["expired-band"]
    if edition.lang == source_locale(library):
        return ui["draft-band"]
    catalog = library.catalogs[edition.lang, edition.topic]
    return ui["draft-translation-band" if _by_machine(catalog) else "draft-text-band"]


def _by_machine(catalog: Catalog) -> bool:
    return any(entry.provenance is not Provenance.HUMAN for entry in catalog.entries.values())


def named(library: Library, clinic: Clinic, locale: Locale) -> Words:
    """Name a clinic, in its own language: screen readers and bidi are told which that is."""
    text = f"{clinic.title} ({clinic.note})" if clinic.note else clinic.title
    theirs = library.locales[clinic.lang]
    if theirs.name == locale.name:
        return (Run(text),)
    return (Run(text, lang=theirs.name, direction=theirs.direction),)


def _sources(library: Library, topic: Topic) -> tuple[Source, ...]:
    """Give all sources of a topic, first mentioned first."""
    keys = dict.fromkeys(key for part in topic.statements() for key in part.sources)
    return tuple(library.sources[key] for key in keys)


def _main(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    """Choose the best-graded sources, one of each publisher."""
    good = [source for source in sources if source.grade in {"A", "B"} and not source.mirror]
    ranked = sorted(good or sources, key=lambda source: source.grade)
    publishers = [source.publisher for source in ranked]
    first = (source for place, source in enumerate(ranked) if source.publisher not in publishers[:place])
    return tuple(islice(first, MAIN_SOURCES))


def plain(words: Words) -> str:
    """Give the words alone, without what sets them apart."""
    return "".join(run.text for run in words)
