"""Several treatments on one sheet: nothing is lost, the stricter is printed, and a person judges the rest."""

import re
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from careleaf import personal, plan, several
from careleaf.compose import compose
from careleaf.model import (
    LINE,
    NAME,
    SLUG,
    Approval,
    Catalog,
    Clinic,
    Entry,
    Fact,
    FactValue,
    Kind,
    Leaflet,
    Level,
    Library,
    Measure,
    Provenance,
    Role,
    Section,
    Status,
    Topic,
    Trail,
    Unit,
    Words,
)
from careleaf.pdf import master
from careleaf.render import Press
from careleaf.words import reading, texts
from tests.conftest import NEXT_YEAR, TODAY, as_it_ships

AFTERCARE = ("after-curettage", "after-extraction", "after-freezing", "after-laser", "after-peel")
PAIRS = tuple(combinations(AFTERCARE, 2))
LASER_PEEL = ("after-laser", "after-peel")
FORM = "sheet"


@cache
def library() -> Library:
    """The library as it ships. Words of the page that no translator has had yet stand in English."""
    one = as_it_ships()
    catalogs = dict(one.catalogs)
    for (lang, name), catalog in one.catalogs.items():
        if name == "ui":
            waiting = {
                text.name: Entry(text.text, text.text, Provenance.MACHINE, 1)
                for text in one.ui.values()
                if not current(catalog.entries.get(text.name), text.text)
            }
            catalogs[lang, name] = replace(catalog, entries={**catalog.entries, **waiting})
    return replace(one, catalogs=catalogs)


def current(entry: Entry | None, english: str) -> bool:
    return entry is not None and entry.english == english and bool(entry.text) and not entry.fuzzy


def clinic(**changes: object) -> Clinic:
    return library().clinics["riverside"].model_copy(update=changes)


@cache
def merged(names: tuple[str, ...]) -> several.Merged:
    return several.merged(library(), names, clinic())


def topic_of(one: several.Merged) -> Topic:
    return one.library.topics[one.topic]


def composed(one: several.Merged, lang: str, form: str = FORM) -> Leaflet:
    """Make a leaflet with the places of one patient's sheet."""
    found = reading(one.library, topic_of(one), lang, clinic())
    assert found is not None, f"{one.topic} is not current in {lang}"
    edition = plan.edition(one.library, found, Status.DRAFT, clinic(), one.library.formats[form], "")
    places = personal.slots(one.library, edition, date(2026, 11, 24), {"name": "Jane Example"})
    return compose(one.library, edition, places)


def changed(one: Library, *topics: Topic) -> Library:
    return replace(one, topics={**one.topics, **{topic.name: topic for topic in topics}})


def with_fact(name: str, fact: str, **changes: object) -> Topic:
    """Give a topic one Fact more, or another."""
    topic = library().topics[name]
    other = next(iter(topic.facts.values()))
    made = type(topic.facts["rest"]).model_validate(
        {"type": "measure", "unit": "duration-day", "min": 1, "max": 99_999, "sources": other.sources}
        | changes
    )
    return topic.model_copy(update={"facts": {**topic.facts, fact: made}})


def with_unit(name: str, section: str, unit: Unit) -> Topic:
    """Let a topic say one thing more, or something else."""

    def added(one: Section) -> Section:
        units = [each for each in one.units if each.id != unit.id]
        return one.model_copy(update={"units": (*units, unit)}) if one.id == section else one

    topic = library().topics[name]
    return topic.model_copy(update={"sections": tuple(map(added, topic.sections))})


def unit(text: str, id_: str = "planted") -> Unit:
    return Unit(id=id_, text=text)


def spoken(words: Words) -> str:
    return "".join(run.text for run in words)


def pattern(text: str) -> re.Pattern[str]:
    """Match a text with any value where it says a Fact."""
    parts = re.split(r"\{[a-z0-9-]+\}", text.replace("**", "").replace("\n", " "))
    return re.compile(".+".join(map(re.escape, parts)))


def said(leaflet: Leaflet, kind: Kind, level: Level | None = None) -> list[str]:
    blocks = [block for block in leaflet.blocks if (block.kind, block.level) == (kind, level)]
    return [spoken(item.text) for block in blocks for item in block.items]


def names_of(one: several.Merged) -> list[str]:
    return [conflict.name for conflict in one.conflicts]


def conflict(one: several.Merged, name: str) -> several.Conflict:
    return next(each for each in one.conflicts if each.name == name)


# --- Nothing is lost -------------------------------------------------------------------------------


@pytest.mark.parametrize("names", PAIRS, ids="+".join)
def test_every_pair_of_treatments_says_all_that_its_leaflets_say_in_every_language(
    names: tuple[str, ...],
) -> None:
    """Who loses a danger sign of one treatment waits at home with it."""
    one = merged(names)
    for lang in library().locales:
        leaflet = composed(one, lang)
        assert leaflet.personal
        for name in names:
            topic = library().topics[name]
            words = texts(library(), topic, lang)
            assert words is not None
            for section in topic.sections:
                there = said(leaflet, section.kind, section.level)
                for each in section.units:
                    wanted = pattern(words[f"{section.id}/{each.id}"])
                    told = any(map(wanted.fullmatch, there)) or same_english(one, section, each, names, lang)
                    assert told, (lang, name, section.id, each.id)


def same_english(
    one: several.Merged, section: Section, lost: Unit, names: tuple[str, ...], lang: str
) -> bool:
    """Say whether a text that is no danger sign stands there in the words of the other topic."""
    if section.kind is Kind.WARNING:
        return False
    there = said(composed(one, lang), section.kind, section.level)
    return any(
        pattern((texts(library(), library().topics[name], lang) or {})[f"{theirs.id}/{each.id}"]).fullmatch(
            text
        )
        for name in names
        for theirs in library().topics[name].sections
        for each in theirs.units
        if each.text == lost.text
        for text in there
    )


@pytest.mark.parametrize("names", [*PAIRS, AFTERCARE], ids="+".join)
@pytest.mark.parametrize("level", [Level.EMERGENCY, Level.SAME_DAY])
def test_no_urgent_sign_is_lost_or_told_twice(names: tuple[str, ...], level: Level) -> None:
    own = [
        each.text
        for name in names
        for section in library().topics[name].sections
        if section.level is level
        for each in section.units
    ]
    sections = [section for section in topic_of(merged(names)).sections if section.level is level]
    assert sorted(each.text for section in sections for each in section.units) == sorted(set(own))


@pytest.mark.parametrize("names", [*PAIRS, AFTERCARE], ids="+".join)
def test_what_is_made_is_a_topic_as_an_author_might_write_it(names: tuple[str, ...]) -> None:
    """Else a rule of the model could be broken here, and a page come out wrong."""
    topic = topic_of(merged(names))
    again = topic.model_dump(mode="json", by_alias=True, exclude={"name"})
    assert Topic.model_validate({**again, NAME: topic.name, LINE: 0}).sections == without_lines(topic)
    ids = [word.id for word in topic.words()]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(SLUG, name) for name in topic.facts)
    assert len({section.id for section in topic.sections}) == len(topic.sections)


def without_lines(topic: Topic) -> tuple[Section, ...]:
    return tuple(
        Section.model_validate(section.model_dump(mode="json", by_alias=True)) for section in topic.sections
    )


def test_each_treatment_keeps_its_own_timeline_under_its_own_title_with_its_drawings() -> None:
    """A day of one treatment among the days of another would be a wrong date."""
    topic = topic_of(merged(("after-extraction", "after-laser")))
    timelines = [section for section in topic.sections if section.kind is Kind.TIMELINE]
    own = [library().topics[name] for name in ("after-extraction", "after-laser")]
    assert [section.heading for section in timelines] == [each.title for each in own]
    for section, part in zip(timelines, own, strict=True):
        theirs = next(each for each in part.sections if each.kind is Kind.TIMELINE)
        assert [each.id for each in section.units] == [each.id for each in theirs.units]
        assert [panel.file for panel in section.panels] == [panel.file for panel in theirs.panels]


def test_a_treatment_with_two_timelines_keeps_their_own_headings_too() -> None:
    heads = [section.heading for section in topic_of(merged(LASER_PEEL)).sections if "·" in section.heading]
    title = library().topics["after-peel"].title
    assert f"{title} · After a light peel: what to expect" in heads
    assert f"{title} · After microdermabrasion: what to expect" in heads


def test_the_calendar_says_of_which_treatment_a_day_is() -> None:
    """On the fridge there is no heading above a line: "skin closes" alone would be a guess."""
    leaflet = composed(merged(("after-freezing", "after-laser")), "en")
    assert leaflet.personal
    marks = [mark for day in leaflet.personal.calendar for mark in day.marks if mark.item.label]
    titles = {library().topics[name].title for name in ("after-freezing", "after-laser")}
    assert marks
    assert {spoken(mark.heading) for mark in marks} == titles


def test_what_is_expected_after_one_treatment_is_not_said_of_the_other() -> None:
    """A blister is expected after freezing, and a reason to call after laser treatment."""
    topic = topic_of(merged(("after-laser", "after-freezing")))
    (section,) = [
        each for each in topic.sections if any("That is expected" in one.text for one in each.units)
    ]
    assert section.kind is Kind.KEY_POINTS
    assert section.heading == f"{library().topics['after-freezing'].title} · In short"


def test_rules_about_one_thing_stand_beside_one_another() -> None:
    section = next(each for each in topic_of(merged(LASER_PEEL)).sections if each.kind is Kind.DONT)
    ids = [each.id for each in section.units]
    assert ids.index("after-peel-make-up") == ids.index("make-up") + 1


def test_sections_of_one_kind_under_other_headings_stay_apart() -> None:
    """Else signs would stand under words that ask for something else."""
    peel = library().topics["after-peel"]
    other = [
        each.model_copy(update={"heading": "Go to hospital if:"}) if each.level is Level.EMERGENCY else each
        for each in peel.sections
    ]
    one = several.merged(
        changed(library(), peel.model_copy(update={"sections": tuple(other)})), LASER_PEEL, clinic()
    )
    urgent = [each for each in topic_of(one).sections if each.level is Level.EMERGENCY]
    assert [len(each.units) for each in urgent] == [5, 5]
    assert urgent[1].heading == "Go to hospital if:"


def test_title_and_message_are_those_of_all_treatments_in_the_readers_language() -> None:
    leaflet = composed(merged(LASER_PEEL), "uk")
    words = [texts(library(), library().topics[name], "uk") or {} for name in LASER_PEEL]
    assert leaflet.title == " · ".join(each["title"] for each in words)
    assert spoken(leaflet.message) == " ".join(each["message"] for each in words)


def test_a_message_that_treatments_share_is_said_once() -> None:
    topic = topic_of(merged(("after-extraction", "after-laser")))
    assert topic.message.text == library().topics["after-laser"].message.text


def test_no_address_is_printed_because_no_page_on_the_web_has_these_words() -> None:
    """A code that leads nowhere, or to another text, is worse than none."""
    one = merged(LASER_PEEL)
    assert composed(one, "en").address == ""
    assert one.library.clinics["riverside"].address_of("after-laser", "en")


# --- The stricter is kept --------------------------------------------------------------------------


def test_the_stricter_value_is_printed_for_all_treatments() -> None:
    """The patient has one face: 48 hours of rest after the peel would be too few for the laser's wound."""
    leaflet = composed(merged(LASER_PEEL), "en")
    items = {item.id: spoken(item.text) for block in leaflet.blocks for item in block.items}
    everything = " ".join(items.values()).replace("\xa0", " ")
    assert "steam room for 10 days" in everything
    assert "sunscreen of SPF 50 or more" in everything
    assert "SPF 30" not in everything
    assert (
        items["dont/after-peel-make-up"]
        .replace("\xa0", " ")
        .startswith("Do not put make-up on the treated skin for 7 to 14 days")
    )


UNITS = {
    "duration-hour": 60,
    "duration-day": 1440,
    "duration-week": 10080,
    "duration-month": 43776,
    "duration-year": 525312,
}
"""Minutes of each, a month being 30.4 days."""
AMOUNTS = st.integers(1, 60)
MADE_UP = st.fixed_dictionaries({
    "unit": st.sampled_from(sorted(UNITS)),
    "value": st.one_of(AMOUNTS, st.tuples(AMOUNTS, AMOUNTS).map(lambda ends: tuple(sorted(ends)))),
})  # fmt: skip


def days(*value: int) -> dict[str, Any]:
    return {"unit": "duration-day", "value": value if len(value) > 1 else value[0]}


def ends(fact: Fact) -> tuple[int, int]:
    assert isinstance(fact, Measure)
    low, high = fact.value if isinstance(fact.value, tuple) else (fact.value, fact.value)
    return low * UNITS[fact.unit], high * UNITS[fact.unit]


@settings(max_examples=60)
@example([days(7, 10), days(8)], "higher")
@example([days(7, 10), days(5, 12)], "higher")
@example([days(7, 10), days(5, 12)], "lower")
@example([days(8), days(7, 10)], "lower")
@given(st.lists(MADE_UP, min_size=2, max_size=3), st.sampled_from(["higher", "lower"]))
def test_what_is_kept_is_never_less_strict_than_what_any_treatment_asks_for(
    values: list[dict[str, Any]], stricter: str
) -> None:
    names = AFTERCARE[: len(values)]
    topics = [
        with_fact(name, "made-up", stricter=stricter, **value)
        for name, value in zip(names, values, strict=True)
    ]
    one = changed(library(), *topics)
    kept = [topic_of(several.merged(one, order, clinic())).facts["made-up"] for order in permutations(names)]
    assert all(each == kept[0] for each in kept), "the order of the treatments changes nothing"
    own = [ends(topic.facts["made-up"]) for topic in topics]
    if stricter == "higher":
        assert ends(kept[0]) == max(own, key=lambda each: (each[1], each[0]))
    else:
        assert ends(kept[0]) == min(own)
    told = [each for each in several.merged(one, names, clinic()).conflicts if each.name == "made-up"]
    assert bool(told) == (len(set(own)) > 1), "any two values are told, and only then"
    assert all(len(each.values) == len(names) and each.kept != several.BOTH for each in told)


@settings(max_examples=40)
@given(MADE_UP, MADE_UP, st.sampled_from([(None, None), ("higher", None), ("higher", "lower")]))
def test_where_nobody_says_which_is_stricter_each_treatment_keeps_its_own(
    first: dict[str, Any], second: dict[str, Any], stricter: tuple[str | None, str | None]
) -> None:
    topics = [
        with_fact(name, "made-up", stricter=strict, **value)
        for name, value, strict in zip(LASER_PEEL, (first, second), stricter, strict=True)
    ]
    own = [ends(topic.facts["made-up"]) for topic in topics]
    one = several.merged(changed(library(), *topics), LASER_PEEL, clinic())
    facts = topic_of(one).facts
    if own[0] == own[1]:
        assert ends(facts["made-up"]) == own[0]
        assert "made-up" not in names_of(one)
    else:
        assert [ends(facts[f"made-up-{name}"]) for name in LASER_PEEL] == own
        assert conflict(one, "made-up").kept == several.BOTH


def test_texts_of_one_wording_and_two_values_stay_apart_each_under_its_treatment() -> None:
    topic = topic_of(merged(("after-extraction", "after-laser")))
    both = [
        (section.heading, each.text)
        for section in topic.sections
        for each in section.units
        if each.text.startswith("Let the scabs fall off")
    ]
    told = "Let the scabs fall off by themselves. The skin usually heals in {healing-%s}."
    assert both == [
        (f"{library().topics[name].title} · In short", told % name)
        for name in ("after-extraction", "after-laser")
    ]


def test_danger_signs_of_one_wording_and_two_values_stay_apart_and_name_their_treatment() -> None:
    """A clinic that sets `press` for one treatment: no text must say the one value for both."""
    own = clinic(facts={"after-laser": {"press": 10}})
    one = several.merged(library(), LASER_PEEL, own)
    section = next(each for each in topic_of(one).sections if each.level is Level.EMERGENCY)
    told = [(each.label, each.text) for each in section.units if "bleeding has not stopped" in each.text]
    assert [label for label, _ in told] == [library().topics[name].title for name in LASER_PEEL]
    assert ["{press-after-laser}" in text for _, text in told] == [True, False]
    catalog = one.library.catalogs["fr", one.topic]
    assert (
        catalog.entries["emergency/bleeding/label"].text
        == (texts(library(), library().topics["after-laser"], "fr") or {})["title"]
    )
    assert conflict(one, "press").values == (("after-laser", "10 minutes"), ("after-peel", "15 minutes"))


def test_a_clinics_own_value_is_what_counts() -> None:
    """The clinic asks for 10 days after laser treatment, where the topic says 7 to 10."""
    assert conflict(merged(LASER_PEEL), "rest").values[0] == ("after-laser", "10 days")
    longer = clinic(facts={"after-peel": {"sunscreen": 12}})
    one = several.merged(library(), LASER_PEEL, longer)
    assert conflict(one, "sunscreen").kept == "12 weeks"
    assert topic_of(one).facts["sunscreen"].allows(12)  # type: ignore[union-attr] # a Measure


def test_a_value_that_its_evidence_does_not_allow_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        several.merged(library(), LASER_PEEL, clinic(facts={"after-peel": {"sunscreen": 99}}))


def test_two_days_and_48_hours_are_no_conflict() -> None:
    topic = with_fact("after-peel", "no-aspirin", value=2, stricter="higher")
    assert "no-aspirin" not in names_of(several.merged(changed(library(), topic), LASER_PEEL, clinic()))


def test_danger_signs_are_looked_for_as_long_as_the_treatment_that_takes_longest_asks() -> None:
    assert merged_watch(LASER_PEEL) == (10, 21)
    assert merged_watch(("after-laser", "after-freezing")) == (1, 4)


def merged_watch(names: tuple[str, ...]) -> FactValue:
    topic = topic_of(merged(names))
    fact = topic.facts[topic.watch or ""]
    assert isinstance(fact, Measure)
    return fact.value


def test_watching_is_not_cut_short_by_a_fact_of_which_the_lower_value_is_stricter() -> None:
    topics = [
        with_fact(name, "until", value=value, stricter="lower").model_copy(update={"watch": "until"})
        for name, value in zip(LASER_PEEL, (30, 10), strict=True)
    ]
    topic = topic_of(several.merged(changed(library(), *topics), LASER_PEEL, clinic()))
    assert topic.facts["until"].value == 10
    assert topic.watch
    assert topic.facts[topic.watch].value == 30


@pytest.mark.parametrize("names", [LASER_PEEL, ("after-curettage", "after-extraction", "after-freezing")])
def test_the_order_of_treatments_is_that_of_printing_and_of_nothing_else(names: tuple[str, ...]) -> None:
    """Two members of staff who type the same treatments must not hand out different rules."""
    found = [merged(order) for order in permutations(names)]
    first = found[0]
    for each in found[1:]:
        assert each.conflicts == first.conflicts
        assert topic_of(each).facts == topic_of(first).facts
        assert topic_of(each).watch == topic_of(first).watch
        for lang in ("hi", "ar"):
            assert units_in(each, lang) == units_in(first, lang)


def units_in(one: several.Merged, lang: str) -> list[str]:
    leaflet = composed(one, lang)
    return sorted(spoken(item.text) for block in leaflet.blocks for item in block.items)


# --- What a clinician must judge -------------------------------------------------------------------


def test_the_conflicts_of_a_laser_and_a_peel_are_those_that_a_clinician_would_ask_about() -> None:
    kept = {each.name: each.kept for each in merged(LASER_PEEL).conflicts}
    assert kept == {
        "factor": "SPF 50",
        "healing": "both",
        "make-up": "7 to 14 days",
        "no-actives": "14 days",
        "not-closed": "14 days",
        "rest": "10 days",
        "sunscreen": "6 weeks",
        "dont/actives": "both",
        "dont/make-up": "both",
        "routine/not-closed": "both",
    }


def test_a_conflict_is_told_on_one_line_with_what_each_treatment_says() -> None:
    """Who accepts it must not have to look anything up."""
    assert f"{conflict(merged(LASER_PEEL), 'rest')}" == (
        "rest: after-laser: 10 days; after-peel: 48 hours -> 10 days"
    )
    assert all("\n" not in f"{each}" for names in PAIRS for each in merged(names).conflicts)


def test_rules_on_one_thing_that_name_other_facts_are_a_conflict_though_no_fact_is() -> None:
    """A reader would find "never in the first 7 days" beside "never in the first 48 hours"."""
    values = dict(conflict(merged(("after-curettage", "after-extraction")), "dont/make-up").values)
    assert "Never do so in the first 7 days" in values["after-curettage"]
    assert "Never do so in the first 48 hours" in values["after-extraction"]


def test_what_one_treatment_asks_for_and_another_forbids_is_a_conflict() -> None:
    topic = with_unit("after-laser", "do", unit("Put ice straight onto the skin."))
    one = several.merged(changed(library(), topic), LASER_PEEL, clinic())
    assert conflict(one, "dont/ice") == several.Conflict(
        "dont/ice",
        (
            ("after-laser", "Put ice straight onto the skin."),
            ("after-peel", "Do not put ice straight onto the skin."),
        ),
        several.BOTH,
    )
    assert "dont/ice" not in names_of(merged(LASER_PEEL))


def test_treatments_that_ask_for_the_same_have_no_conflict_on_it() -> None:
    for names in PAIRS:
        assert not {"cool", "sunscreen-dark", "emergency/breathing"} & set(names_of(merged(names)))
    assert all(each.name for names in PAIRS for each in merged(names).conflicts)


@pytest.mark.parametrize("names", [*PAIRS, AFTERCARE], ids="+".join)
def test_every_conflict_has_a_name_of_its_own_and_what_at_least_two_treatments_say(
    names: tuple[str, ...],
) -> None:
    one = merged(names)
    assert len(set(names_of(one))) == len(one.conflicts)
    for each in one.conflicts:
        assert len({topic for topic, _ in each.values}) > 1
        assert not re.search(r"[{}*]", f"{each}")


# --- Which words it is -----------------------------------------------------------------------------


def digest(one: several.Merged, lang: str) -> str:
    found = reading(one.library, topic_of(one), lang, clinic())
    assert found
    return found.digest


def test_a_changed_text_of_a_treatment_is_another_reading() -> None:
    """The code on the page must tell staff that this is not the sheet that they know."""
    before = merged(LASER_PEEL)
    other = unit("Do not pick at the skin.", "pick")
    topic = with_unit("after-peel", "dont", other)
    after = several.merged(changed(library(), topic), LASER_PEEL, clinic())
    assert digest(after, "en") != digest(before, "en")


def test_a_changed_translation_of_a_treatment_is_another_reading_in_its_language_only() -> None:
    catalog = library().catalogs["ko", "after-peel"]
    entry = replace(catalog.entries["peel-days/flakes"], text="다른 글입니다.")
    other = replace(catalog, entries={**catalog.entries, "peel-days/flakes": entry})
    one = replace(library(), catalogs={**library().catalogs, ("ko", "after-peel"): other})
    before, after = merged(LASER_PEEL), several.merged(one, LASER_PEEL, clinic())
    assert digest(after, "ko") != digest(before, "ko")
    assert digest(after, "pl") == digest(before, "pl")


def test_a_language_in_which_one_treatment_is_not_current_has_no_sheet() -> None:
    """Half a sheet in the reader's language would look whole."""
    catalogs = {key: each for key, each in library().catalogs.items() if key != ("ko", "after-peel")}
    one = several.merged(replace(library(), catalogs=catalogs), LASER_PEEL, clinic())
    assert reading(one.library, topic_of(one), "ko", clinic()) is None
    assert reading(one.library, topic_of(one), "pl", clinic()) is not None
    assert several.status(one.library, LASER_PEEL, "ko", clinic(), TODAY) is Status.MISSING


def test_a_sheet_is_approved_only_if_every_treatment_is() -> None:
    one = approved(library(), "after-laser")
    assert several.status(one, LASER_PEEL, "en", clinic(), TODAY) is Status.DRAFT
    one = approved(one, "after-peel")
    assert several.status(one, LASER_PEEL, "en", clinic(), TODAY) is Status.APPROVED
    assert several.status(one, LASER_PEEL, "pl", clinic(), TODAY) is Status.DRAFT


def approved(one: Library, name: str) -> Library:
    """Give a library with a fixture approval of a topic in English."""
    found = reading(one, one.topics[name], "en", clinic())
    assert found
    event = Approval.model_validate(
        {
            "lang": "en",
            "on": TODAY,
            "digests": (found.digest,),
            "seal": found.digest,
            "action": "approved",
            "role": Role.CLINICAL,
            "name": "Test Reviewer",
            "credential": "fixture",
            "until": NEXT_YEAR,
        }
    )
    trail = Trail.model_validate({NAME: name, "seal": found.digest, "events": (event,)})
    return replace(one, trails={**one.trails, name: trail})


def test_a_translation_counts_as_made_by_machine_if_any_of_its_texts_is() -> None:
    """The band on a draft says who made the words."""
    by_people = {
        key: replace(
            each,
            entries={id_: replace(one, provenance=Provenance.HUMAN) for id_, one in each.entries.items()},
        )
        for key, each in library().catalogs.items()
    }
    by_people["pl", "after-peel"] = library().catalogs["pl", "after-peel"]
    one = several.merged(replace(library(), catalogs=by_people), LASER_PEEL, clinic())

    def made(catalog: Catalog) -> set[Provenance]:
        return {entry.provenance for entry in catalog.entries.values()}

    assert made(one.library.catalogs["pl", one.topic]) == {Provenance.HUMAN, Provenance.MACHINE}
    assert one.library.catalogs["pl", one.topic].entries["title"].provenance is Provenance.MACHINE
    assert made(one.library.catalogs["uk", one.topic]) == {Provenance.HUMAN}


def test_dates_and_versions_are_the_most_careful_ones() -> None:
    laser = library().topics["after-laser"]
    later = laser.model_copy(update={"version": 7, "updated": date(2026, 12, 1), "review": date(2027, 1, 1)})
    topic = topic_of(several.merged(changed(library(), later), ("after-peel", "after-laser"), clinic()))
    assert (topic.version, topic.updated, topic.review) == (7, date(2026, 12, 1), date(2027, 1, 1))
    assert {code.code for code in topic.codes} == {"L72.0", "17110"}


def test_every_source_of_every_treatment_is_kept() -> None:
    topic = topic_of(merged(LASER_PEEL))
    own = {key for name in LASER_PEEL for one in library().topics[name].statements() for key in one.sources}
    assert {key for one in topic.statements() for key in one.sources} == own


# --- What is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "two topics or more"),
        (("after-laser",), "two topics or more"),
        (("after-laser", "after-laser"), "two topics or more"),
        (("after-laser", "after-lazer"), "after-lazer"),
        (("after-laser", "home-care"), "home-care.*aftercare"),
    ],
)
def test_what_cannot_stand_on_one_sheet_is_refused(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        several.merged(library(), names, clinic())


def test_readers_of_two_kinds_have_no_sheet_together() -> None:
    topic = library().topics["after-peel"].model_copy(update={"audience": "parent"})
    with pytest.raises(ValueError, match="after-laser is for adult, after-peel is for parent"):
        several.merged(changed(library(), topic), LASER_PEEL, clinic())


def test_a_name_says_of_which_topics_it_is() -> None:
    assert several.parts(several.name(LASER_PEEL)) == LASER_PEEL
    assert several.parts("after-laser") == ("after-laser",)
    assert merged(("after-laser", "after-peel", "after-laser")).topic == several.name(LASER_PEEL)


# --- On paper --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "lang", "name"),
    [
        (LASER_PEEL, "en", "sheet"),
        (("after-curettage", "after-peel"), "ar", "sheet"),
        (("after-laser", "after-extraction"), "fr", "sheet"),
        (("after-curettage", "after-extraction"), "en", "sheet-large"),
        (("after-peel", "after-freezing"), "pl", "sheet-bilingual"),
    ],
    ids=str,
)
def test_a_sheet_of_two_treatments_keeps_the_limits_of_its_format(
    names: tuple[str, ...], lang: str, name: str
) -> None:
    """The most urgent signs of both stand whole on the first page, and no day is longer than its page."""
    one = merged(names)
    found = reading(one.library, topic_of(one), lang, clinic())
    assert found
    edition = plan.edition(one.library, found, Status.DRAFT, clinic(), one.library.formats[name], "")
    places = personal.slots(one.library, edition, date(2026, 11, 24), {"name": "Jane Example"})
    job = Press(one.library).render(edition, compose(one.library, edition, personal.free(places)))
    made = master.make(job)
    assert isinstance(made, master.Master), made.findings
