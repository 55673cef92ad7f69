"""Status is derived, an Approval holds for exactly one text, and a digest stands for all that is printed."""

import os
import re
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest

from careleaf.compose import compose
from careleaf.model import Selection, Status
from careleaf.plan import UnknownNameError, known, plan
from careleaf.versions import versions
from tests.conftest import NEXT_YEAR, TODAY, Tiny

TOPIC = "content/topics/washing-hands.yaml"
CLINIC = "content/clinics/harbour.yaml"
ARABIC = "locales/ar/LC_MESSAGES/washing-hands.po"
TEXT = Selection(formats=("text",))


def test_a_text_that_nobody_approved_is_a_draft(tiny: Tiny) -> None:
    assert tiny.state("en") == tiny.state("ar") == Status.DRAFT


def test_a_topic_without_a_catalog_is_missing(tiny: Tiny) -> None:
    (tiny.root / ARABIC).unlink()
    assert tiny.state("ar") is Status.MISSING


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (TOPIC, "your hands swell", "your hands swell up"),
        (ARABIC, 'msgstr "يد"', 'msgstr ""'),
        (ARABIC, '#, machine\nmsgctxt "how/rub"', '#, machine, fuzzy\nmsgctxt "how/rub"'),
        (ARABIC, 'msgctxt "later/soft"\n', 'msgctxt "later/old"\n'),
        ("templates/ui.yaml", "text: Phone", "text: Telephone"),
    ],
    ids=["english-changed", "empty", "fuzzy", "unit-lost", "template-words-changed"],
)
def test_a_translation_behind_the_english_is_stale_and_not_printed(
    tiny: Tiny, file: str, old: str, new: str
) -> None:
    tiny.change(file, old, new)
    library = tiny.library()
    assert tiny.state("ar") is Status.STALE
    assert {edition.lang for edition in plan(library, Selection(), versions(), TODAY).wanted} == {"en"}


def test_an_obsolete_entry_makes_a_catalog_stale(tiny: Tiny) -> None:
    text = (tiny.root / ARABIC).read_text("utf-8")
    tiny.write(ARABIC, text + '\n#~ msgctxt "old"\n#~ msgid "Old"\n#~ msgstr "قديم"\n')
    assert tiny.state("ar") is Status.STALE


def test_english_needs_a_clinician(tiny: Tiny) -> None:
    tiny.approve("en", "linguistic")
    assert tiny.state("en") is Status.DRAFT
    tiny.approve("en", "clinical")
    assert tiny.state("en") is Status.APPROVED


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (["linguistic"], Status.DRAFT),
        (["clinical"], Status.DRAFT),
        (["linguistic", "clinical"], Status.APPROVED),
    ],
    ids=["linguistic", "clinical", "both"],
)
def test_a_translation_with_emergency_signs_needs_a_reviser_and_a_clinician(
    tiny: Tiny, roles: list[str], expected: Status
) -> None:
    tiny.approve("ar", *roles)
    assert tiny.state("ar") is expected


def test_a_translation_without_emergency_signs_needs_a_reviser_only(tiny: Tiny) -> None:
    tiny.change(TOPIC, "level: emergency", "level: routine")
    tiny.approve("ar", "clinical")
    assert tiny.state("ar") is Status.DRAFT
    tiny.approve("ar", "linguistic")
    assert tiny.state("ar") is Status.APPROVED


def test_an_approval_holds_through_its_last_day(tiny: Tiny) -> None:
    tiny.approve("en", "clinical", until=TODAY)
    assert tiny.state("en", TODAY) is Status.APPROVED
    assert tiny.state("en", TODAY + timedelta(days=1)) is Status.EXPIRED


def test_an_approval_does_not_hold_before_it_was_given(tiny: Tiny) -> None:
    tiny.approve("en", "clinical")
    assert tiny.state("en", TODAY - timedelta(days=1)) is Status.DRAFT


def test_the_first_needed_approval_to_run_out_ends_them_all(tiny: Tiny) -> None:
    tiny.approve("ar", "linguistic")
    tiny.approve("ar", "clinical", until=TODAY)
    assert tiny.state("ar", TODAY + timedelta(days=1)) is Status.EXPIRED


def test_a_renewed_approval_counts_to_its_later_day(tiny: Tiny) -> None:
    tiny.approve("en", "clinical")
    tiny.approve("en", "clinical", until=TODAY)
    assert tiny.state("en", NEXT_YEAR) is Status.APPROVED


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (TOPIC, "Your skin is soft again.", "Your skin is soft once more."),
        (TOPIC, "value: [3, 5]", "value: [3, 6]"),
        (TOPIC, "unit: duration-day", "unit: duration-week"),
        (TOPIC, "audience: adult", "audience: parent"),
        (TOPIC, "level: emergency", "level: same-day"),
        (TOPIC, "kind: do\n", "kind: dont\n"),
    ],
    ids=["word", "fact", "unit-of-a-fact", "audience", "level", "kind"],
)
def test_any_edit_of_the_text_voids_its_approval(tiny: Tiny, file: str, old: str, new: str) -> None:
    tiny.approve("en", "clinical")
    tiny.change(file, old, new)
    assert tiny.state("en") is Status.DRAFT


def test_steps_in_another_order_void_the_approval(tiny: Tiny) -> None:
    tiny.approve("en", "clinical")
    lines = (tiny.root / TOPIC).read_text("utf-8").splitlines(keepends=True)
    rub = next(number for number, line in enumerate(lines) if "id: rub" in line)
    lines[rub], lines[rub + 1] = lines[rub + 1], lines[rub]
    tiny.write(TOPIC, "".join(lines))
    assert tiny.state("en") is Status.DRAFT


def test_sections_in_another_order_void_the_approval(tiny: Tiny) -> None:
    tiny.approve("en", "clinical")
    head, later = (tiny.root / TOPIC).read_text("utf-8").split("  - id: later\n")
    tiny.write(TOPIC, head.replace("sections:\n", f"sections:\n  - id: later\n{later}"))
    assert tiny.state("en") is Status.DRAFT


def test_a_change_of_the_translation_voids_its_approvals_and_no_others(tiny: Tiny) -> None:
    tiny.approve("ar", "linguistic", "clinical")
    tiny.approve("en", "clinical")
    assert tiny.state("ar") is tiny.state("en") is Status.APPROVED
    tiny.change(ARABIC, "يعود جلدكم ناعمًا.", "يعود جلدكم ناعمًا من جديد.")
    assert tiny.state("ar") is Status.DRAFT
    assert tiny.state("en") is Status.APPROVED


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("templates/shared/print.css", "{", "{ "),
        ("templates/formats/booklet/page.css", "{", "{ "),
        ("templates/formats/text/page.txt", "{%", "{% "),
        ("content/sources.yaml", "A made-up page about soap", "Another made-up page about soap"),
        (CLINIC, "020 7946 0991", "020 7946 0992"),
        (TOPIC, "A tiny topic for the tests", "A comment"),
    ],
    ids=["style", "style-of-one", "template", "source-title", "clinic", "comment"],
)
def test_a_change_of_layout_or_clinic_keeps_the_approval(tiny: Tiny, file: str, old: str, new: str) -> None:
    tiny.approve("en", "clinical")
    tiny.change(file, old, new)
    assert tiny.state("en") is Status.APPROVED


def test_approved_only_leaves_out_what_nobody_approved(tiny: Tiny) -> None:
    tiny.approve("en", "clinical")
    wanted = plan(tiny.library(), Selection(approved_only=True), versions(), TODAY).wanted
    assert {edition.lang for edition in wanted} == {"en"}
    assert len(wanted) == 3


def test_approved_only_takes_drafts_of_an_earlier_build_out_of_the_folder(tiny: Tiny, tmp_path: Path) -> None:
    tiny.build(tmp_path / "out", TEXT)
    tiny.approve("en", "clinical")
    tiny.build(tmp_path / "out", Selection(formats=("text",), approved_only=True))
    assert [path.parent.name for path in (tmp_path / "out").rglob("*.txt")] == ["en"]


def bands(tiny: Tiny, today: date = TODAY) -> dict[str, str]:
    library = tiny.library()
    wanted = plan(library, TEXT, versions(), today).wanted
    return {edition.lang: compose(library, edition).band for edition in wanted}


def test_every_draft_says_so_in_its_own_language(tiny: Tiny) -> None:
    assert bands(tiny) == {
        "en": "Draft: not yet approved by a clinician. Not for patients.",
        "ar": "مسودة ترجمة آلية: لم تُراجَع بعد. غير مخصصة للمرضى.",
    }


def test_a_draft_made_by_a_person_is_not_called_a_machine_translation(tiny: Tiny) -> None:
    tiny.change(ARABIC, "#, machine", "#, human")
    assert bands(tiny)["ar"] == "مسودة ترجمة: لم تُعتمَد بعد. غير مخصصة للمرضى."


def test_an_approved_text_has_no_band_and_an_expired_one_says_so(tiny: Tiny) -> None:
    tiny.approve("en", "clinical", until=TODAY)
    assert bands(tiny)["en"] == ""
    expired = bands(tiny, TODAY + timedelta(days=1))["en"]
    assert expired == "The approval of this text has run out. Not for patients."


def test_the_band_stands_on_the_finished_page(tiny: Tiny, tmp_path: Path) -> None:
    tiny.approve("en", "clinical")
    tiny.build(tmp_path / "out", Selection(formats=("text", "web")))
    english = [path.read_text("utf-8") for path in (tmp_path / "out/harbour/en").glob("washing-hands.*")]
    arabic = [path.read_text("utf-8") for path in (tmp_path / "out/harbour/ar").glob("washing-hands.*")]
    assert len(english) == len(arabic) == 2
    assert not any("Not for patients" in page for page in english)
    assert all("غير مخصصة للمرضى" in page for page in arabic)


def digests(tiny: Tiny, engine: str = "1") -> dict[str, str]:
    """The digest of each Edition of every format, by its language and its format, as its file is named."""
    editions = plan(tiny.library(), Selection(all_formats=True), {"engine": engine}, TODAY).wanted
    found = {f"{edition.lang} {edition.path.split('.')[-2]}": edition.digest for edition in editions}
    assert len(found) == len(editions)
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


LEAST = {f"{lang} {form}" for lang in ("en", "ar") for form in ("handout", "web", "text", "poster")}
LEAST |= {"ar bilingual", "en booklet-saddle-stitch", "ar booklet-saddle-stitch"}
ALL, EN, AR = "", "en ", "ar "
AR_SHOWN = "ar |en poster$"
"""A poster names every language that the leaflet is in, and sets the name in that language's fonts."""
HANDOUT, BOOKLET, WEB = ".. handout$", ".. booklet(-saddle-stitch)?$", ".. web$"


def those(pattern: str, editions: Iterable[str]) -> set[str]:
    """Choose Editions by a pattern of language and format."""
    names = set(editions)
    assert names >= LEAST
    return {name for name in names if re.match(pattern, name)}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (TOPIC, "value: 4, min: 2", "value: 3, min: 2", ALL),
        (TOPIC, "version: 3", "version: 4", ALL),
        (TOPIC, "review: 2028-11-22", "review: 2028-11-23", ALL),
        (ARABIC, "يعود جلدكم ناعمًا.", "يعود جلدكم ناعمًا من جديد.", AR),
        ("content/sources.yaml", "A made-up publisher", "Another made-up publisher", ALL),
        ("content/images/hand.svg", "#f0d3b8", "#f0d3b9", ALL),
        ("locales/ar/LC_MESSAGES/ui.po", "مسودة ترجمة: لم", "ترجمة: لم", AR),
        ("locales/ar/profile.yaml", "line-height: 1.5", "line-height: 1.6", AR_SHOWN),
        (
            "locales/ar/profile.yaml",
            "[IBM Plex Sans Arabic, Noto Sans]",
            "[IBM Plex Sans Arabic]",
            AR_SHOWN,
        ),
        ("locales/en/profile.yaml", "cldr: en-GB", "cldr: en-US", ALL),
        (CLINIC, "020 7946 0991", "020 7946 0992", ALL),
        (CLINIC, "times: 5", "times: 6", ALL),
        (CLINIC, "title: Harbour", "title: Seaside", ALL),
        (CLINIC, "country: GB", 'country: GB\naddress: "https://h.example/{lang}/{topic}"', ALL),
        (CLINIC, "country: GB", "country: GB\nlogo: harbour.svg", ALL),
        ("templates/shared/icons/do.svg", "<svg", "<svg ", ALL),
        ("templates/shared/blocks.html", "{%", "{% ", ALL),
        ("templates/shared/print.html", "<", "< ", ALL),
        ("templates/shared/print.css", "{", "{ ", ALL),
        ("templates/site/screen.css", "{", "{ ", WEB),
        ("templates/formats/booklet/page.css", "{", "{ ", BOOKLET),
        ("templates/formats/handout/page.html", "{%", "{%  ", HANDOUT),
        ("templates/formats/handout/format.yaml", "pages: 4", "pages: 5", HANDOUT),
        ("templates/formats/handout/format.yaml", "last-page: 25", "last-page: 24", HANDOUT),
        ("templates/formats/handout/format.yaml", "paper: A4", "paper: A5", HANDOUT),
        ("templates/formats/handout/format.yaml", "text: 12", "text: 13", HANDOUT),
        ("templates/formats/handout/format.yaml", "print.css]", "print.css, shared/large.css]", HANDOUT),
    ],
)
def test_an_edition_is_made_again_when_what_it_is_made_of_changes(
    tiny: Tiny, file: str, old: str, new: str, expected: str
) -> None:
    before = digests(tiny)
    tiny.change(file, old, new)
    assert changed(before, digests(tiny)) == those(expected, before)


def test_all_is_made_again_when_the_clinics_logo_is_drawn_anew(tiny: Tiny) -> None:
    tiny.change(CLINIC, "country: GB", "country: GB\nlogo: harbour.svg")
    tiny.write("content/logos/harbour.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    before = digests(tiny)
    tiny.write("content/logos/harbour.svg", "<svg xmlns='http://www.w3.org/2000/svg' />")
    assert changed(before, digests(tiny)) == those(ALL, before)


def test_another_binding_is_another_edition(tiny: Tiny) -> None:
    before = digests(tiny)
    tiny.change("templates/formats/handout/format.yaml", "paper: A4", "paper: A4\nbindings: [pages, four-up]")
    assert digests(tiny).keys() - before.keys() == {"en handout-four-up", "ar handout-four-up"}


def test_english_is_made_again_when_a_word_changes_and_its_translation_is_held(tiny: Tiny) -> None:
    before = digests(tiny)
    tiny.change(TOPIC, "soft again", "soft once more")
    after = digests(tiny)
    assert after.keys() == those(EN, before)
    assert all(before[name] != after[name] for name in after)


def test_all_is_made_again_with_another_engine(tiny: Tiny) -> None:
    before = digests(tiny)
    assert changed(before, digests(tiny, engine="2")) == those(ALL, before)


def test_all_is_made_again_when_the_direction_of_the_clinics_own_name_changes(tiny: Tiny) -> None:
    """The clinic's name is set in the clinic's language on every page, also where it is a third one."""
    profile = (tiny.root / "locales/en/profile.yaml").read_text("utf-8")
    tiny.write("locales/fr/profile.yaml", profile.replace("source: true\n", "").replace("English", "Third"))
    tiny.change(CLINIC, "lang: en", "lang: fr")
    before = digests(tiny)
    tiny.change("locales/fr/profile.yaml", "direction: ltr", "direction: rtl")
    assert changed(before, digests(tiny)) == those(ALL, before)


def test_an_approval_makes_the_page_again_without_its_band(tiny: Tiny) -> None:
    before = digests(tiny)
    tiny.approve("en", "clinical")
    assert changed(before, digests(tiny)) == those(EN, before)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (TOPIC, "# A tiny topic", "# A comment about a tiny topic\n\n#"),
        (ARABIC, "#, machine\n", "#. A note for translators\n#, machine\n"),
        (CLINIC, "country: GB\nphone: 020 7946 0991\n", "phone: 020 7946 0991\ncountry: GB\n"),
    ],
    ids=["comment", "translator-note", "order-of-keys"],
)
def test_nothing_is_made_again_for_a_change_that_no_reader_sees(
    tiny: Tiny, file: str, old: str, new: str
) -> None:
    before = digests(tiny)
    tiny.change(file, old, new)
    assert changed(before, digests(tiny)) == set()


def test_nothing_is_made_again_for_what_it_is_not_made_of(tiny: Tiny) -> None:
    before = digests(tiny)
    tiny.write("content/images/other.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    sources = (tiny.root / "content/sources.yaml").read_text("utf-8")
    tiny.write("content/sources.yaml", sources + "OTHER: {title: Another, publisher: Another, grade: C}\n")
    tiny.write("templates/formats/other/page.txt", "{{ leaflet.title }}")
    tiny.write("notes.txt", "not part of the library")
    assert changed(before, digests(tiny)) == set()


def test_nothing_is_made_again_when_files_are_only_touched_or_copied_in_another_order(
    tiny: Tiny, tmp_path: Path
) -> None:
    before = digests(tiny)
    copy = Tiny(tmp_path / "a copy")
    for path in sorted(tiny.root.rglob("*"), reverse=True):
        if path.is_file():
            target = copy.root / path.relative_to(tiny.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            os.utime(target, (1, 1))
    assert changed(before, digests(copy)) == set()


@pytest.mark.parametrize(
    "selection",
    [
        Selection(topics=("nowhere",)),
        Selection(langs=("nowhere",)),
        Selection(formats=("nowhere",)),
        Selection(clinics=("nowhere",)),
    ],
    ids=["topic", "lang", "format", "clinic"],
)
def test_a_name_that_the_library_does_not_have_is_refused(tiny: Tiny, selection: Selection) -> None:
    with pytest.raises(UnknownNameError, match=r"nowhere is unknown\. There are: "):
        known(tiny.library(), selection)


def test_a_clinic_gets_only_the_languages_that_it_hands_out(tiny: Tiny) -> None:
    tiny.change(CLINIC, "country: GB", "country: GB\nlanguages: [ar]")
    editions = plan(tiny.library(), Selection(), versions(), TODAY).wanted
    assert {edition.lang for edition in editions} == {"ar"}
