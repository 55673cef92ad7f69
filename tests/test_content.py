"""The rules for what a topic says: each refusal with its line, and what it would cost a reader."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careleaf.check.language import LONG, length
from careleaf.evidence import evidence
from careleaf.findings import Finding, Severity
from careleaf.grades import AIM, grade, prose
from careleaf.model import Kind, Level, Library
from careleaf.words import Spoken, spoken
from tests.conftest import ROOT, TODAY, Tiny, as_it_ships

TOPIC = "content/topics/washing-hands.yaml"
CLINIC = "content/clinics/harbour.yaml"
GLOSSARY = "content/glossary.yaml"
ARABIC = "locales/ar/LC_MESSAGES/washing-hands.po"
TEXT = "Your skin is soft again."
LINE = 36
MESSAGE = "Wash your hands {times} times a day with **soap**."
ERROR, WARNING = Severity.ERROR, Severity.WARNING

TOPICS = {
    "what-are-milia", "milia-in-babies", "preventing-milia", "home-care", "treatment-options",
    "after-extraction", "after-curettage", "after-laser", "after-freezing", "after-peel", "ipl-treatment",
    "choosing-a-clinic", "special-skin", "milia-questions",
}  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> Library:
    return as_it_ships()


def told(tiny: Tiny, rule: str, today: date = TODAY) -> list[Finding]:
    return [finding for finding in tiny.findings(today) if finding.rule == rule]


def said(tiny: Tiny, text: str) -> None:
    tiny.change(TOPIC, f"text: {TEXT}", f'text: "{text}"')


WORDS_20 = "Wash the skin with warm water and pat it dry with a soft and clean towel before you go out."

# What is written in place of a text, the rule that tells it, and how badly.
TEXTS = {
    "21 words": (f"Then {WORDS_20[0].lower()}{WORDS_20[1:]}", "sentence", WARNING),
    "31 words": (f"{WORDS_20[:-1]} and come back in the evening when it is dark again.", "sentence", ERROR),
    "a Fact is as long as it is said": (WORDS_20.replace("a soft and", "a soft {dry}"), "sentence", WARNING),
    "two numerals side by side": ("Wash it {times} 15 times.", "numerals", ERROR),
    "three numerals side by side": ("Wash it 12 15 30 times.", "numerals", ERROR),
    "a date in numbers": ("Come on 3/4/2027.", "numeric-date", ERROR),
    "a range with a hyphen": ("Wait 7-10 days.", "hyphen-range", ERROR),
    "a range with a dash": ("Wait 7 \u2013 10 days.", "hyphen-range", ERROR),
    "a phone number": ("Call 020 7946 0123.", "raw-contact", ERROR),
    "an emergency number": ("Call 999 now.", "raw-contact", ERROR),
    "a mail address": ("Write to us@clinic.example.", "raw-contact", ERROR),
    "a web address": ("See www.clinic.example.", "raw-contact", ERROR),
    "a street": ("Come to 12 Harbour Street.", "raw-contact", ERROR),
    "a colour alone": ("Your skin is red.", "skin-colour", WARNING),
    "dark skin": ("Dark skin can scar.", "skin-words", WARNING),
    "skin of colour": ("This is common in skin of colour.", "skin-words", WARNING),
    "a text that is still the skeleton's": ("<what to write>", "unwritten", ERROR),
}  # fmt: skip

FINE = {
    "20 words": WORDS_20,
    "a Fact beside a word": "Wash it {times} times for {scrub}.",
    "a date in words": "Come on 3 April 2027.",
    "the clinic's numbers": "Call {phone}, or {emergency}.",
    "a colour with what can be felt": "Your skin is red and warm.",
    "a colour with brown and black skin": "It is red. On brown or black skin, look for a darker patch.",
    "brown and black skin": "Brown and black skin can scar.",
    "SPF 50 and a time": "Use {factor} at {noon}.",
}


@pytest.mark.parametrize(("text", "rule", "severity"), TEXTS.values(), ids=TEXTS.keys())
def test_a_text_that_readers_stumble_over_is_told(
    tiny: Tiny, text: str, rule: str, severity: Severity
) -> None:
    said(tiny, text)
    found = told(tiny, rule)
    assert [(each.file, each.line, each.severity) for each in found] == [(TOPIC, LINE, severity)]
    assert found[0].mend


@pytest.mark.parametrize("text", FINE.values(), ids=FINE.keys())
def test_a_text_that_is_well_said_is_not_told(tiny: Tiny, text: str) -> None:
    said(tiny, text)
    assert {finding.rule for finding in tiny.findings()} <= {"stale"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [("Call 020 7946 0123", "raw-contact"), ("7-10", "hyphen-range"), ("3/4/2027", "numeric-date")],
)
def test_a_translation_brings_no_number_of_its_own_either(tiny: Tiny, text: str, rule: str) -> None:
    tiny.change(ARABIC, "يعود جلدكم ناعمًا.", f"يعود جلدكم ناعمًا {text}.")
    assert [(each.file, each.severity) for each in told(tiny, rule)] == [(ARABIC, ERROR)]


def test_a_digit_of_another_script_is_a_digit(tiny: Tiny) -> None:
    tiny.change(ARABIC, "يعود جلدكم ناعمًا.", "يعود جلدكم ناعمًا \u0667-\u0661\u0660.")
    assert told(tiny, "hyphen-range")


def test_a_long_list_is_told(tiny: Tiny) -> None:
    more = "".join(f"      - {{id: n{n}, text: Soap is good., sources: [SOAP]}}\n" for n in range(9))
    tiny.change(TOPIC, "      - {id: soap", f"{more}      - {{id: soap")
    (finding,) = told(tiny, "long-list")
    assert (finding.severity, finding.message) == (WARNING, "in-short has 10 items")


def test_many_sentences_in_the_passive_are_told_with_one_of_them(tiny: Tiny) -> None:
    said(
        tiny, "The skin is washed. It is dried. The hands are kept warm. It is often done. Then it was made."
    )
    (finding,) = told(tiny, "passive")
    assert "The skin is washed." in finding.message
    assert finding.severity is WARNING


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("kind: key-points", "kind: text", "no-summary"),
        ("message:\n  text: " + MESSAGE + "\n  sources: [SOAP]\n", "", "missing"),
        ("  sources: [SOAP]\nsections", "  sources: []\nsections", "unsourced"),
    ],
    ids=["summary", "message", "source-of-the-message"],
)  # fmt: skip
def test_a_topic_without_a_part_that_every_reader_needs_is_refused(
    tiny: Tiny, old: str, new: str, rule: str
) -> None:
    tiny.change(TOPIC, old, new)
    assert ERROR in {finding.severity for finding in told(tiny, rule)}


def test_a_topic_that_gives_nothing_to_do_is_refused(tiny: Tiny) -> None:
    tiny.change(TOPIC, "kind: do\n", "kind: text\n")
    tiny.change(TOPIC, "kind: timeline", "kind: lookalikes")
    assert [finding.severity for finding in told(tiny, "no-action")] == [ERROR]


@pytest.mark.parametrize("kind", ["aftercare", "reassurance"])
def test_whose_readers_may_get_worse_has_danger_signs_of_both_levels(tiny: Tiny, kind: str) -> None:
    tiny.change(TOPIC, "kind: information", f"kind: {kind}")
    (finding,) = told(tiny, "danger-signs")
    assert (finding.severity, "same-day" in finding.message) == (ERROR, True)


@pytest.mark.parametrize(
    ("kind", "sections", "late"),
    [("key-points", 1, False), ("text", 1, True), ("key-points", 2, True)],
    ids=["one-summary", "a-text", "two-summaries"],
)
def test_only_one_summary_stands_before_the_danger_signs(
    tiny: Tiny, kind: str, sections: int, late: bool  # noqa: FBT001 # a table's column
) -> None:  # fmt: skip
    before = "".join(
        f"  - id: before-{n}\n    kind: {kind}\n    heading: First\n    units:\n"
        "      - {id: a, text: Soap is good., sources: [SOAP]}\n"
        for n in range(sections)
    )
    tiny.change(TOPIC, "sections:\n", f"sections:\n{before}")
    assert [finding.severity for finding in told(tiny, "danger-signs")] == [ERROR] * late


def test_danger_signs_that_slip_to_the_second_page_are_not_printed(tiny: Tiny) -> None:
    """Some readers see only the page that lies on top."""
    long = " ".join(["Keep your hands warm and dry."] * 18)
    more = "".join(f"      - {{id: n{n}, text: {long}, sources: [SOAP]}}\n" for n in range(7))
    before = f"  - id: before\n    kind: key-points\n    heading: First\n    units:\n{more}"
    tiny.change(TOPIC, "sections:\n", f"sections:\n{before}")
    report = tiny.build(tiny.root / "out")
    rules = {finding.rule for finding in report.findings if finding.severity is ERROR}
    assert rules == {"danger-signs"}
    assert not list((tiny.root / "out").rglob("en/*.pdf"))
    assert list((tiny.root / "out").rglob("en/*.html")), "a web page has no second page"


def test_safety_does_not_rest_on_private_pages_alone(tiny: Tiny) -> None:
    tiny.change("content/sources.yaml", "grade: B", "grade: C")
    (finding,) = told(tiny, "weak-source")
    assert (finding.severity, finding.message.split()[0]) == (WARNING, "help/swell")


@pytest.mark.parametrize(
    ("confirmed", "today", "rule"),
    [
        (TODAY, TODAY + timedelta(days=366), []),
        (TODAY, TODAY + timedelta(days=367), ["contact-date"]),
        (TODAY + timedelta(days=1), TODAY, ["contact-date"]),
    ],
    ids=["twelve-months", "a-day-more", "a-day-to-come"],
)
def test_contact_details_are_confirmed_once_a_year(
    tiny: Tiny, confirmed: date, today: date, rule: list[str]
) -> None:
    """Patients ring last year's number at night."""
    tiny.change(CLINIC, "confirmed: 2026-11-25", f"confirmed: {confirmed}")
    assert [finding.rule for finding in tiny.findings(today)] == rule


@pytest.mark.parametrize("key", ["phone", "urgent", "emergency", "hours", "confirmed"])
def test_a_contact_box_that_lacks_something_is_refused(tiny: Tiny, key: str) -> None:
    lines = (tiny.root / CLINIC).read_text("utf-8").splitlines()
    rows = ("  - {days",) if key == "hours" else ()
    tiny.write(CLINIC, "\n".join(line for line in lines if not line.startswith((f"{key}:", *rows))))
    assert f"the key {key!r} is missing" in {finding.message for finding in tiny.findings()}


GLOSSED = """\
soap: {plain: what makes foam}
ulcer: {plain: an open sore, forms: [ulcers]}
lesion: {plain: spot, replace: true}
SPF: {plain: sun protection factor, keep: true}
"""


def test_a_hard_word_is_explained_where_it_first_stands(tiny: Tiny) -> None:
    tiny.write(GLOSSARY, GLOSSED)
    told_words = [finding.message for finding in told(tiny, "jargon")]
    assert told_words == ["message: 'soap' is not explained where it first stands"]
    tiny.change(TOPIC, "with **soap**.", "with **soap** (what makes foam).")
    assert told(tiny, "jargon") == []
    said(tiny, "An ulcer may form. It is an open sore.")
    assert told(tiny, "jargon") == []
    tiny.change(TOPIC, "An ulcer may form. It is an open sore.", "Ulcers may form.")
    (finding,) = told(tiny, "jargon")
    assert (finding.line, finding.severity) == (LINE, WARNING)
    assert "an open sore" in finding.mend


def test_a_title_may_leave_the_explaining_to_the_text_below(tiny: Tiny) -> None:
    tiny.write(GLOSSARY, GLOSSED.replace("soap:", "foam:"))
    tiny.change(TOPIC, "title: Washing your hands", "title: After an ulcer")
    said(tiny, "An ulcer is an open sore.")
    assert told(tiny, "jargon") == []
    tiny.change(TOPIC, "An ulcer is an open sore.", "An ulcer heals.")
    assert [finding.line for finding in told(tiny, "jargon")] == [LINE]
    tiny.change(TOPIC, "title: After an ulcer", "title: After an ulcer (an open sore)")
    assert told(tiny, "jargon") == []


def test_a_word_that_has_a_plain_one_is_replaced(tiny: Tiny) -> None:
    tiny.write(GLOSSARY, GLOSSED.replace("soap:", "foam:"))
    said(tiny, "The lesion heals.")
    (finding,) = told(tiny, "jargon")
    assert finding.mend == "Write: spot."


@pytest.mark.parametrize("other", ["Ulcér", "ul-cer", "ULCER", "ul cers"])
def test_a_term_in_two_spellings_is_refused(tiny: Tiny, other: str) -> None:
    tiny.write(GLOSSARY, f"{GLOSSED}{other}: {{plain: a sore place}}\n")
    found = told(tiny, "two-spellings")
    assert [(each.file, each.line, each.severity) for each in found] == [(GLOSSARY, 5, ERROR)]
    assert "'ulcer'" in found[0].message


def test_a_text_that_spells_a_term_in_its_own_way_is_told(tiny: Tiny) -> None:
    tiny.write(GLOSSARY, "non-stick: {plain: that nothing clings to}\n")
    said(tiny, "Use a nonstick dressing that nothing clings to.")
    (finding,) = told(tiny, "two-spellings")
    assert (finding.line, finding.severity, "non-stick" in finding.mend) == (LINE, WARNING, True)


@given(st.lists(st.sampled_from(["soap", "and", "15", "co-op", "\u2013", "...", "it's"]), max_size=30))
def test_a_word_is_what_has_a_letter_or_a_digit(parts: list[str]) -> None:
    assert length(" ".join(parts)) == sum(part not in {"\u2013", "..."} for part in parts)


@given(st.lists(st.sampled_from(["It is so.", "Is it?", "Go!", "Now: Wait."]), max_size=9))
def test_sentences_are_split_and_none_is_lost(parts: list[str]) -> None:
    sentences = Spoken("id", 1, " ".join(parts)).sentences()
    assert " ".join(sentences) == " ".join(parts)
    assert len(sentences) == len(parts) + parts.count("Now: Wait.")


def test_the_grade_names_its_formula_and_tells_hard_from_easy() -> None:
    easy = grade("Wash your hands. Dry them well. Then rest.")
    hard = grade("Subsequent epithelialisation necessitates meticulous photoprotection of the affected area.")
    assert easy is not None
    assert hard is not None
    assert easy < AIM < hard


def test_a_source_language_that_cldr_does_not_know_is_a_finding(tiny: Tiny) -> None:
    tiny.change("locales/en/profile.yaml", "cldr: ", "cldr: xx # ")
    assert [finding.rule for finding in tiny.findings()] == ["cldr"]


# --- The library as it ships --------------------------------------------------------------------


def test_the_library_has_the_whole_of_its_subject(shipped: Library) -> None:
    assert shipped.topics.keys() == TOPICS
    assert {topic.audience for topic in shipped.topics.values()} >= {"adult", "parent"}


@pytest.mark.parametrize("name", sorted(TOPICS))
def test_a_shipped_topic_is_easy_to_read_and_every_statement_has_sources(shipped: Library, name: str) -> None:
    """The aims: US grade 6 or below, and at most 12 words in an average sentence."""
    topic = shipped.topics[name]
    value = grade(prose(shipped, topic))
    assert value is not None
    assert value <= AIM
    lengths = [length(each) for text in spoken(shipped, topic) for each in text.sentences()]
    assert sum(lengths) / len(lengths) <= 12
    assert max(lengths) <= LONG
    unsourced = [
        unit.id
        for section in topic.sections
        for unit in section.units
        if not unit.sources and section.kind not in {Kind.QUESTIONS, Kind.TEACH_BACK, Kind.CONTACT}
    ]
    assert unsourced == []


def test_every_shipped_topic_tells_when_to_get_help(shipped: Library) -> None:
    for topic in shipped.topics.values():
        levels = {section.level for section in topic.sections if section.level}
        assert {Level.EMERGENCY, Level.SAME_DAY} <= levels or topic.kind not in {"aftercare", "reassurance"}
        assert levels, topic.name


def test_people_in_the_drawings_have_several_skin_colours(shipped: Library) -> None:
    alts = [
        picture.alt
        for topic in shipped.topics.values()
        for section in topic.sections
        for picture in section.pictures
    ]
    assert {each for each in ("black", "brown", "white") if any(f"{each} skin" in alt for alt in alts)} == {
        "black", "brown", "white",
    }  # fmt: skip
    used = {
        picture.file
        for topic in shipped.topics.values()
        for section in topic.sections
        for picture in section.pictures
    }
    assert used == shipped.images.keys(), "no drawing lies about unused"


def test_the_evidence_page_is_that_of_the_library(shipped: Library) -> None:
    """Else a lead clinician signs a page that says something else than the leaflets."""
    page = (ROOT / "docs" / "evidence.md").read_text("utf-8")
    assert page == evidence(shipped), "write it anew with: make evidence"
    assert page.count("\n## ") == len(TOPICS) + 2
