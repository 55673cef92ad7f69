"""Pseudo-languages in every format: no word outside the catalogs, and room for longer ones."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from xml.etree.ElementTree import Element

import pytest

from careleaf import personal, pool, words
from careleaf import plan as planning
from careleaf.compose import DIGEST_SHOWN, compose
from careleaf.findings import Severity
from careleaf.model import Artifact, Edition, Job, Leaflet, Library, Selection, Status
from careleaf.plan import plan
from careleaf.render import Press
from careleaf.versions import versions
from careleaf.writers import write
from tests import reading
from tests.conftest import SHAPED, TODAY, as_it_ships
from tests.pseudo import ACCENTED, HEBREW, PROFILES, pseudo, pseudo_library

LANGS: Final = ("en-XA", "he-XB")
FORMATS: Final = ("bilingual", "handout", "text", "web")
SHAPES: Final = (
    "bilingual",
    "booklet",
    "card",
    "giant-print",
    "handout-letter",
    "large-print",
    "poster",
    "trifold",
)
SHEETS: Final = ("sheet", "sheet-bilingual", "sheet-large")
BRACKETED: Final = re.compile(r"\[[^\[\]]*\]")
WORD: Final = re.compile(r"[^\W\d_]+")
LATIN: Final = re.compile(r"[A-Za-z]+")
CELSIUS: Final = "°C"
"""CLDR writes the unit so in Hebrew too."""
LONG: Final = frozenset({"page-limit", "danger-signs", "last-page"})
"""What 45 % more text may bring about, and an author mends by saying less. The layout holds all the same."""


@dataclass(frozen=True)
class Sheet:
    """A leaflet in a pseudo-language, before it is made."""

    library: Library
    edition: Edition
    leaflet: Leaflet
    job: Job

    def __str__(self) -> str:
        return str(self.edition)


@pytest.fixture(scope="module")
def library() -> Library:
    return pseudo_library(as_it_ships())


@pytest.fixture(scope="module")
def sheets(library: Library) -> list[Sheet]:
    return list(filled(library, Selection(langs=LANGS, formats=FORMATS)))


@pytest.fixture(scope="module")
def made(sheets: list[Sheet]) -> list[tuple[Job, Artifact]]:
    """Every leaflet in both pseudo-languages, but for those of SHAPES. Slow: 28 PDFs."""
    jobs = (sheet.job for sheet in sheets if sheet.edition.format not in SHAPES)
    return list(pool.run(jobs, pool.cores(), make=write))


def filled(library: Library, selection: Selection) -> Iterator[Sheet]:
    press = Press(library)
    for edition in plan(library, selection, versions(), TODAY).wanted:
        leaflet = compose(library, edition)
        yield Sheet(library, edition, leaflet, press.render(edition, leaflet))


def personal_sheet(library: Library, lang: str, form: str) -> Sheet:
    """A patient's sheet whose places are free: what it says besides is the library's own words."""
    topic, clinic = library.topics["after-laser"], library.clinics["riverside"]
    found = words.reading(library, topic, lang, clinic)
    assert found is not None
    made_with = planning.press(library, versions(), library.formats[form])
    one = planning.edition(library, found, Status.DRAFT, clinic, library.formats[form], made_with)
    leaflet = compose(library, one, personal.free(personal.slots(library, one, TODAY, {"name": "any"})))
    return Sheet(library, one, leaflet, Press(library).render(one, leaflet))


def shown(sheet: Sheet) -> str:
    """Give all that a reader sees or hears of a leaflet; what is English on purpose is left out."""
    if sheet.job.writer == "text":
        return sheet.job.markup
    root = reading.page(sheet.job.markup)
    metadata = [each.get("content", "") for each in root.iter("meta") if each.get("name") == "description"]
    body = root.find("body")
    assert body is not None
    english = ("en",) if sheet.library.formats[sheet.edition.format].bilingual else ()
    return " ".join((root.findtext("head/title", ""), *metadata, said(body, *english)))


def said(element: Element, *skipped: str) -> str:
    """Give the text and the descriptions of an element, but what is in a `skipped` language or in none."""
    if element.get("lang") in {"zxx", *skipped}:
        return " "
    parts = [element.text or "", *(element.get(name, "") for name in ("alt", "title", "aria-label"))]
    for child in element:
        parts += [said(child, *skipped), child.tail or ""]
    edge = " " if element.tag in reading.BLOCKS else ""
    return edge + "".join(parts) + edge


def outside(text: str) -> str:
    """Give what stands outside all brackets."""
    count = 1
    while count:
        text, count = BRACKETED.subn(" ", text)
    return text


def without_names(text: str, sheet: Sheet) -> str:
    """Take out the names that no language translates, each whole: a part of one is a word of its own."""
    found = " ".join(reading.words(text))
    for name in sorted(names(sheet), key=len, reverse=True):
        found = found.replace(name, " ")
    return found


def names(sheet: Sheet) -> Iterator[str]:
    leaflet = sheet.leaflet
    clinic = sheet.library.clinics[sheet.edition.clinic]
    aloud = sheet.library.formats[sheet.edition.format].aloud
    yield f"{clinic.title} ({clinic.note})"
    yield from (leaflet.topic, leaflet.locale.title, leaflet.locale.english)
    for source in leaflet.all_sources:
        publisher = source.publisher.replace(" / ", ", ").replace("&", "and") if aloud else source.publisher
        yield f" {publisher}"
        yield f" {source.title}."


def untranslated(sheet: Sheet) -> list[str]:
    """Name the words of a leaflet that stand in no catalog."""
    return WORD.findall(without_names(outside(shown(sheet)), sheet))


# --- The pseudo-languages --------------------------------------------------------------------------


def test_a_pseudo_language_changes_every_letter_and_keeps_facts_and_bold() -> None:
    text = "Call {phone} **now**, not in {long-wait}."
    assert pseudo(text, ACCENTED) == "[Çáļļ {phone} **ñöŵ**, ñöţ îñ {long-wait}. öñé ţŵö]"
    assert pseudo(text, HEBREW) == "[כולל {phone} **נוו**, נות ינ {long-wait}. וני תוו]"
    assert [set(map(ord, "AZaz")) <= letters.keys() for letters in (ACCENTED, HEBREW)] == [True, True]
    assert not any(chr(sign).isascii() for letters in (ACCENTED, HEBREW) for sign in letters.values())


def test_a_pseudo_language_is_about_45_percent_longer(library: Library) -> None:
    entries = [
        entry
        for (lang, _), catalog in library.catalogs.items()
        if lang in LANGS
        for entry in catalog.entries.values()
    ]
    assert len(entries) > 1000
    long = [entry for entry in entries if len(entry.english) >= 40 and "{" not in entry.english]
    growth = [len(entry.text) / len(entry.english) for entry in long]
    assert (min(growth) > 1.35, max(growth) < 1.6) == (True, True), (min(growth), max(growth))
    assert 1.43 < sum(growth) / len(growth) < 1.5


def test_both_pseudo_languages_have_every_topic(library: Library) -> None:
    found = Counter(lang for lang, _ in library.catalogs if lang in LANGS)
    assert len(library.topics) == 14
    assert found == {"en-XA": 15, "he-XB": 15}, "every topic, and the templates' own words"
    assert [library.locales[lang].direction for lang in LANGS] == ["ltr", "rtl"]
    assert len(PROFILES) == 2


# --- The layout ------------------------------------------------------------------------------------


def test_every_topic_is_made_in_every_format(made: list[tuple[Job, Artifact]], library: Library) -> None:
    assert sorted(library.formats) == sorted({*FORMATS, *SHAPES, *SHEETS}), "a new format is tried here too"
    assert len(made) == 14 * 2 * 3
    assert [job.name for job, artifact in made if len(artifact.content) < 3000] == []
    pages = [artifact.pages for job, artifact in made if job.writer == "pdf"]
    assert len(pages) == 14 * 2
    assert min(pages) > 1


def test_every_other_format_is_made_in_both_directions(library: Library) -> None:
    """One topic stands for all in the formats that are made only if asked for.

    Narrow ones have no room for words half as long again: a line out of its box is told, as it should be.
    """
    asked = Selection(topics=(SHAPED,), langs=LANGS, formats=SHAPES)
    made = list(pool.run((sheet.job for sheet in filled(library, asked)), pool.cores(), make=write))
    assert len(made) == 2 * sum(len(library.formats[name].bindings) for name in SHAPES)
    told = [finding for _, artifact in made for finding in artifact.findings]
    faults = [str(finding) for finding in told if finding.severity is Severity.ERROR]
    assert [
        fault for fault in faults if not re.search(r"\[(page-limit|danger-signs|overflow)\]", fault)
    ] == []


def test_the_layout_holds_45_percent_more_text(made: list[tuple[Job, Artifact]]) -> None:
    """No line out of its box, no letter lost or from another font, no phone turned round."""
    told = [finding for _, artifact in made for finding in artifact.findings]
    assert [str(finding) for finding in told if finding.rule not in LONG] == []


# --- The words -------------------------------------------------------------------------------------


def test_no_word_of_a_template_is_left_untranslated(sheets: list[Sheet]) -> None:
    assert len(sheets) == 14 * 2 * 4
    assert {str(sheet): found for sheet in sheets if (found := untranslated(sheet))} == {}


def test_in_a_right_to_left_language_latin_letters_are_marked_as_another_language(
    sheets: list[Sheet],
) -> None:
    """A screen reader would spell them, or say them by the rules of Hebrew."""
    pages = [sheet for sheet in sheets if sheet.edition.lang == "he-XB" and sheet.edition.format != "text"]
    assert len(pages) == 14 * 3
    assert {str(sheet): found for sheet in pages if (found := unmarked(sheet))} == {}


def unmarked(sheet: Sheet) -> list[str]:
    """Name the Latin words of a page that no element says to be English."""
    body = reading.page(sheet.job.markup).find("body")
    assert body is not None
    text = without_names(said(body, "en"), sheet)
    for code in (sheet.edition.text_digest[:DIGEST_SHOWN], CELSIUS):
        text = text.replace(code, " ")
    return LATIN.findall(text)


def with_template(library: Library, file: str, text: str) -> Library:
    """Change a template of a library, and leave it one topic."""
    name = "after-laser"
    return replace(library, topics={name: library.topics[name]}, templates={**library.templates, file: text})


PLANTED: Final = (
    ("shared/print.html", "<main>", "<main><p>Leaflet</p>", "handout", "Leaflet"),
    ("formats/web/page.html", "<footer", "<p>our Clinic</p><footer", "web", "our Clinic"),
    ("formats/web/page.html", "<title>", "<title>Leaflet: ", "web", "Leaflet"),
    ("shared/bilingual.html", "<main>", "<main><p>Leaflet</p>", "bilingual", "Leaflet"),
    ("formats/text/page.txt", '{{ ui["call"] }}', "Call", "text", "Call"),
    ("shared/blocks.html", '{{ ui["hours"] }}', "Hours", "handout", "Hours"),
    ("shared/blocks.html", 'class="mark"', 'class="mark" title="Sign"', "web", "Sign"),
)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    ("file", "old", "new", "form", "word"), PLANTED, ids=[f"{row[0]}-{row[-1]}" for row in PLANTED]
)
def test_a_word_that_a_template_says_by_itself_is_found(  # noqa: PLR0913, PLR0917 # one case is a template, a change and what is found
    library: Library, lang: str, file: str, old: str, new: str, form: str, word: str
) -> None:
    template = library.templates[file]
    assert old in template
    (sheet,) = filled(
        with_template(library, file, template.replace(old, new)), Selection(langs=(lang,), formats=(form,))
    )
    assert set(untranslated(sheet)) == set(word.split())


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", SHEETS)
def test_a_personal_sheet_says_no_word_that_nobody_can_translate(
    library: Library, lang: str, form: str
) -> None:
    assert untranslated(personal_sheet(library, lang, form)) == []


def test_a_latin_word_that_is_not_marked_is_found(library: Library) -> None:
    template = library.templates["shared/blocks.html"]
    mark = ' lang="{{ run.lang }}" dir="{{ run.direction }}"'
    assert mark in template
    changed = with_template(library, "shared/blocks.html", template.replace(mark, ""))
    (sheet,) = filled(changed, Selection(langs=("he-XB",), formats=("web",)))
    assert "SPF" in unmarked(sheet)
