"""The commands by which people review, approve, withdraw and begin: what they say; nothing is lost."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from careleaf.check import check
from careleaf.difference import difference, marked
from careleaf.load import load
from careleaf.model import Status
from careleaf.publish import opened
from careleaf.single import printed_form
from tests.commands import careleaf
from tests.conftest import NEXT_YEAR, ROOT, TODAY, Tiny

pytestmark = pytest.mark.usefixtures("one_process_one_day")

NAME = "washing-hands"
TOPIC = f"content/topics/{NAME}.yaml"
TRAIL = f"content/approvals/{NAME}.yaml"
ARABIC = f"locales/ar/LC_MESSAGES/{NAME}.po"


def approve(tiny: Tiny, lang: str = "en", role: str = "clinical", **other: object) -> Result:
    options = {"by": "Test Reviewer", "credential": "fixture", "until": NEXT_YEAR} | other
    words = [word for key, value in options.items() for word in (f"--{key}", value)]
    return careleaf("approve", NAME, "--root", tiny.root, "--lang", lang, "--role", role, *words)


def withdraw(tiny: Tiny, *args: object) -> Result:
    out = tiny.root.parent / "out"
    return careleaf("withdraw", NAME, "--root", tiny.root, "--reason", "a test", "--out", out, *args)


def review(tiny: Tiny, lang: str = "en") -> tuple[Result, str]:
    file = tiny.root.parent / "review.html"
    result = careleaf("review", NAME, "--root", tiny.root, "--lang", lang, "-o", file)
    return result, file.read_text("utf-8") if file.exists() else ""


# --- approve ---------------------------------------------------------------------------------------


def test_an_approval_says_what_it_covers_and_what_is_still_needed(tiny: Tiny) -> None:
    english = approve(tiny)
    assert english.exit_code == 0
    assert f"approves {NAME} in en (clinical), text " in english.stdout
    assert english.stdout.endswith("It is now: approved.\n")
    arabic = approve(tiny, "ar", "linguistic")
    assert arabic.stdout.endswith("It is now: draft. Still needed: clinical approval.\n")
    assert approve(tiny, "ar").stdout.endswith("It is now: approved.\n")
    assert tiny.state("ar") is Status.APPROVED


REFUSED = {
    "a last day in the past": ("en", "clinical", {"until": "2026-11-24"}, 2, "is not a day to come"),
    "a last day today": ("en", "clinical", {"until": TODAY}, 2, "is not a day to come"),
    "a day that there is not": ("en", "clinical", {"until": "2027-02-30"}, 2, "is no day"),
    "an unknown role": ("en", "nurse", {}, 2, "'clinical', 'linguistic'"),
    "a reviser for English": ("en", "linguistic", {}, 2, "it needs a clinical approval"),
    "an unknown language": ("xx", "clinical", {}, 2, "There are: ar, en."),
    "an unknown clinic": ("en", "clinical", {"clinic": "habour"}, 2, "Did you mean harbour?"),
    "a nameless person": ("en", "clinical", {"by": " "}, 2, "write who"),
    "a name that nobody sees": ("en", "clinical", {"by": "\x1f\u200b-"}, 2, "write who"),
    "a name without end": ("en", "clinical", {"by": "x" * 121}, 2, "write who"),
    "no credential": ("en", "clinical", {"credential": ""}, 2, "write who"),
}  # fmt: skip


@pytest.mark.parametrize(("lang", "role", "other", "code", "phrase"), REFUSED.values(), ids=REFUSED.keys())
def test_an_approval_that_could_not_count_is_refused_and_nothing_is_written(  # noqa: PLR0913, PLR0917
    tiny: Tiny, lang: str, role: str, other: dict[str, object], code: int, phrase: str
) -> None:
    result = approve(tiny, lang, role, **other)
    assert (result.exit_code, phrase in result.stderr) == (code, True), result.stderr
    assert not (tiny.root / TRAIL).exists()


def test_a_translator_does_not_approve_their_own_words(tiny: Tiny) -> None:
    text = (tiny.root / ARABIC).read_text("utf-8")
    tiny.write(ARABIC, text.replace('msgstr ""\n', 'msgstr ""\n"Last-Translator: test reviewer <a>\\n"\n', 1))
    result = approve(tiny, "ar", "linguistic")
    assert result.exit_code == 1
    assert f"{ARABIC}:0: error [own-translation] Test Reviewer made this translation" in result.stderr
    assert not (tiny.root / TRAIL).exists()


def test_a_text_that_is_not_current_is_not_approved(tiny: Tiny) -> None:
    tiny.change(TOPIC, "Soap and water are enough.", "Soap and water will do.")
    result = approve(tiny, "ar", "linguistic")
    assert (result.exit_code, "[stale]" in result.stderr) == (1, True)
    assert not (tiny.root / TRAIL).exists()


def test_a_library_with_an_error_is_not_approved(tiny: Tiny) -> None:
    tiny.change(TOPIC, "  sources: [SOAP]\nsections", "  sources: [SOUP]\nsections")
    result = approve(tiny)
    assert (result.exit_code, "[unknown-source]" in result.stderr) == (1, True)
    assert not (tiny.root / TRAIL).exists()


# --- status and review -----------------------------------------------------------------------------


def test_status_says_which_edits_voided_an_approval(tiny: Tiny) -> None:
    approve(tiny)
    tiny.change(TOPIC, "value: [3, 5]", "value: [3, 6]")
    result = careleaf("status", "--root", tiny.root)
    assert f"{NAME} en: approved once, and edited since: Fact dry\n" in result.stdout
    as_json = json.loads(careleaf("status", "--root", tiny.root, "--json").stdout)
    assert [change["place"] for change in as_json["voided"][f"{NAME} en"]] == ["Fact dry"]


def test_review_shows_each_changed_word_beside_the_pages(tiny: Tiny) -> None:
    approve(tiny)
    tiny.change(TOPIC, "Your skin is soft again.", "Your skin is smooth again.")
    result, page = review(tiny)
    assert result.exit_code == 0
    assert "later/soft: Your skin is [-soft-]{+smooth+} again.\n" in result.stdout
    assert "Your skin is <del>soft</del><ins>smooth</ins> again." in page
    assert "Rub for 1\u00a0minute." in page, "Facts are said as the reader reads them"
    assert len(re.findall(r'<img src="data:image/png;base64,[A-Za-z0-9+/=]{5000,}"', page)) >= 1
    assert not re.search(r'(?:src|href)="(?!data:)', page), "the page loads nothing"


def test_review_of_a_translation_shows_the_english_and_its_own_direction(tiny: Tiny) -> None:
    result, page = review(tiny, "ar")
    assert "has not been approved before: all of it is to be read." in result.stdout
    assert "Nobody has approved this text before" in page
    assert '<p lang="ar" dir="rtl">يعود جلدكم ناعمًا.</p>' in page
    assert "Your skin is soft again." in page


def test_review_after_a_change_of_layout_says_that_nothing_changed(tiny: Tiny) -> None:
    approve(tiny)
    tiny.change("templates/shared/print.css", "#0b5c6b", "#0b5c6c")
    result, page = review(tiny)
    assert "Nothing that is read of washing-hands in en has changed" in result.stdout
    assert "<del>" not in page


def test_review_shows_a_withdrawn_text_and_why(tiny: Tiny) -> None:
    withdraw(tiny, "--lang", "en")
    result, page = review(tiny)
    assert result.exit_code == 0
    assert f"Withdrawn on {TODAY}: a test" in page


def test_review_of_a_page_that_cannot_be_made_is_a_finding(tiny: Tiny) -> None:
    tiny.change("templates/shared/print.html", "<main>", "<main>{% if %}")
    result, page = review(tiny)
    assert (result.exit_code, page) == (1, "")
    assert "templates/shared/print.html:" in result.stderr


def test_review_shows_the_leaflet_that_is_handed_out(tiny: Tiny) -> None:
    """Not a shape of it that is made only on request, and comes first by name."""
    form = printed_form(tiny.library())
    assert form is not None
    assert form.name == "handout"


def test_review_of_a_page_that_only_looks_poor_tells_it_and_goes_on(tiny: Tiny) -> None:
    tiny.change("templates/formats/handout/format.yaml", "limits:\n", "limits:\n  line-length: 20\n")
    result, page = review(tiny)
    assert "warning [line-length]" in result.stderr
    assert (result.exit_code, bool(page)) == (0, True)


def test_review_works_in_a_library_whose_page_words_are_not_marked(tiny: Tiny) -> None:
    """A clinic's own library may be a copy of an earlier one."""
    tiny.change("templates/ui.yaml", "  clinical: true\n", "")
    assert review(tiny)[0].exit_code == 0


@pytest.mark.parametrize("words", [("review",), ("approve", "--role", "clinical")], ids=["review", "approve"])
def test_a_topic_that_only_its_trail_remembers_is_unknown(tiny: Tiny, words: tuple[str, ...]) -> None:
    approve(tiny)
    old = (tiny.root / TOPIC).read_text("utf-8")
    tiny.write("content/topics/washing.yaml", old)
    (tiny.root / TOPIC).unlink()
    (tiny.root / ARABIC).unlink()
    tiny.change("content/clinics/harbour.yaml", "  washing-hands:", "  washing:")
    command, *more = words
    person = ["--by", "A", "--credential", "B", "--until", NEXT_YEAR] if more else []
    result = careleaf(command, NAME, "--root", tiny.root, "--lang", "en", *more, *person)
    assert (result.exit_code, "Did you mean washing?" in result.stderr) == (2, True)


def test_review_of_a_text_that_is_not_whole_says_so(tiny: Tiny) -> None:
    (tiny.root / ARABIC).unlink()
    result, page = review(tiny, "ar")
    assert (result.exit_code, page) == (1, "")
    assert "[stale]" in result.stderr


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_difference_holds_both_texts_whole(old: str, new: str) -> None:
    stretches = difference(old, new)
    assert "".join(each.text for each in stretches if each.kind != "new") == old
    assert "".join(each.text for each in stretches if each.kind != "old") == new


def test_a_difference_is_of_words_and_a_fact_is_one() -> None:
    assert marked(difference("Rub for {scrub}.", "Rub for {dry}.")) == "Rub for [-{scrub}-]{+{dry}+}."
    assert marked(difference("물로 씻으세요.", "물로 헹구세요.")) == "물로 [-씻으세요-]{+헹구세요+}."
    assert marked(difference("ล้างมือ", "ล้างเท้า")).startswith("ล้")


# --- withdraw --------------------------------------------------------------------------------------


def test_a_withdrawal_deletes_the_files_at_once_and_names_the_unsafe_codes(tiny: Tiny) -> None:
    out = tiny.root.parent / "out"
    careleaf("build", "--root", tiny.root, "--out", out, "--format", "text")
    approve(tiny)
    library = tiny.library()
    code = library.trails[NAME].events[0].digests[0][:8]
    result = withdraw(tiny, "--by", "Test Reviewer")
    assert result.exit_code == 0
    assert list(out.rglob("*.txt")) == []
    assert f"Deleted from {out}/: harbour/ar/{NAME}.text.txt, harbour/en/{NAME}.text.txt." in result.stdout
    assert f"{NAME} in en: text {code}, and any older code" in result.stdout
    assert f"{NAME} in ar: text " in result.stdout
    built = careleaf("build", "--root", tiny.root, "--out", out)
    assert list(out.rglob(f"{NAME}.*")) == []
    assert "0 built" in built.stdout or "Nothing was built" in built.stdout
    assert (tiny.state("en"), tiny.state("ar")) == (Status.WITHDRAWN, Status.WITHDRAWN)


def test_a_topic_that_is_withdrawn_twice_is_told_and_recorded_once(tiny: Tiny) -> None:
    withdraw(tiny, "--lang", "en")
    before = (tiny.root / TRAIL).read_bytes()
    again = withdraw(tiny, "--lang", "en")
    assert again.exit_code == 1
    assert f"was withdrawn on {TODAY}: a test" in again.stderr
    assert (tiny.root / TRAIL).read_bytes() == before
    rest = withdraw(tiny)
    assert (rest.exit_code, "Withdrawn: washing-hands in ar." in rest.stdout) == (0, True)


def test_a_fault_elsewhere_does_not_keep_an_unsafe_leaflet_in(tiny: Tiny) -> None:
    tiny.write("content/topics/broken.yaml", "kind: [")
    assert withdraw(tiny).exit_code == 0
    library, _ = load(tiny.root)
    assert [event.action for event in library.trails[NAME].events] == ["withdrawn", "withdrawn"]


@pytest.mark.parametrize(
    "words", [("--reason", " "), ("--lang", "xx"), ("--by", "x" * 121), ("--reason", "x" * 601)]
)
def test_a_withdrawal_without_a_reason_or_of_nothing_is_wrong_usage(
    tiny: Tiny, words: tuple[str, str]
) -> None:
    assert withdraw(tiny, *words).exit_code == 2
    assert not (tiny.root / TRAIL).exists()


def test_a_withdrawal_is_recorded_even_while_a_build_holds_the_folder(tiny: Tiny) -> None:
    """The build that runs may still write the old leaflet; no later one may."""
    out = tiny.root.parent / "out"
    careleaf("build", "--root", tiny.root, "--out", out, "--format", "text")
    with opened(out):
        busy = withdraw(tiny)
    assert busy.exit_code == 1
    assert "Withdrawn: washing-hands in ar, en." in busy.stdout
    assert "another build is writing" in busy.stderr
    assert (tiny.state("en"), tiny.state("ar")) == (Status.WITHDRAWN, Status.WITHDRAWN)
    again = withdraw(tiny)
    assert (again.exit_code, list(out.rglob("*.txt"))) == (0, [])
    assert len(tiny.library().trails[NAME].events) == 2, "it is recorded once"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (TOPIC, "kind: information", "kind: novel"),
        ("content/clinics/harbour.yaml", "country: GB", "country: Britain"),
        ("templates/ui.yaml", "draft-band:", "Draft Band:"),
        ("locales/ar/profile.yaml", "direction: rtl", "direction: down"),
        (ARABIC, 'msgid "Later"', 'msgid "Later'),
    ],
    ids=["its-own-topic", "clinic", "words-of-the-page", "language", "catalog"],
)
def test_what_was_printed_stays_withdrawn_when_a_broken_file_is_mended(
    tiny: Tiny, file: str, old: str, new: str
) -> None:
    """Else a fault on that very day would let the unsafe words come back as a draft."""
    careleaf("build", "--root", tiny.root, "--out", tiny.root.parent / "out", "--format", "text")
    tiny.change(file, old, new)
    result = withdraw(tiny)
    assert (result.exit_code, "in ar, en" in result.stdout) == (0, True)
    assert list((tiny.root.parent / "out").rglob("*.txt")) == []
    tiny.change(file, new, old)
    assert (tiny.state("en"), tiny.state("ar")) == (Status.WITHDRAWN, Status.WITHDRAWN)


def test_an_old_text_that_is_stale_now_is_withdrawn_with_its_files(tiny: Tiny) -> None:
    out = tiny.root.parent / "out"
    careleaf("build", "--root", tiny.root, "--out", out, "--format", "text")
    tiny.change(TOPIC, "Soap and water are enough.", "Soap and water will do.")
    result = withdraw(tiny)
    assert "Withdrawn: washing-hands in ar, en." in result.stdout
    assert list(out.rglob("*.txt")) == []


# --- expiring --------------------------------------------------------------------------------------


def test_what_runs_out_is_listed_by_day(tiny: Tiny) -> None:
    assert careleaf("expiring", "--root", tiny.root).stdout == "Nothing is due until 2027-02-23.\n"
    approve(tiny, until=TODAY + timedelta(days=30))
    soon = careleaf("expiring", "--root", tiny.root, "--within", "90d").stdout
    assert soon.startswith(f"2026-12-25  approval         {NAME} in en (clinical: Test Reviewer)\n")
    rows = json.loads(careleaf("expiring", "--root", tiny.root, "--within", "900d", "--json").stdout)
    assert [row["what"] for row in rows] == ["approval", "contact details", "review"]


def test_an_approval_that_was_renewed_is_due_once_on_its_later_day(tiny: Tiny) -> None:
    approve(tiny, until=TODAY + timedelta(days=30))
    approve(tiny, until=TODAY + timedelta(days=60))
    assert careleaf("expiring", "--root", tiny.root).stdout.splitlines()[0].startswith("2027-01-24")


@pytest.mark.parametrize("within", ["soon", "-1d", "90y", ""])
def test_a_stretch_of_time_that_is_none_is_wrong_usage(tiny: Tiny, within: str) -> None:
    assert careleaf("expiring", "--root", tiny.root, "--within", within).exit_code == 2


# --- check --report and evidence -------------------------------------------------------------------


def test_the_report_tells_a_lead_clinician_all_of_each_topic_on_one_page(tiny: Tiny) -> None:
    approve(tiny)
    tiny.change("content/sources.yaml", "grade: B", "grade: C")
    file = tiny.root.parent / "report.html"
    result = careleaf("check", "--root", tiny.root, "--report", file)
    page = file.read_text("utf-8")
    assert result.exit_code == 0
    for told in (
        "rests on private pages", "Flesch-Kincaid", "A made-up page about soap", "Next review 2028-11-22",
        f"clinical: Test Reviewer (fixture), {TODAY} until {NEXT_YEAR}", '<td class="draft">draft</td>',
    ):  # fmt: skip
        assert told in page, told
    assert not re.search(r'(?:src|href)="(?!#)', page), "the page loads nothing"


def test_an_overdue_review_is_an_error_for_who_prints_only_what_is_approved(tiny: Tiny) -> None:
    tiny.change(TOPIC, "updated: 2026-11-22\nreview: 2028-11-22", "updated: 2026-11-20\nreview: 2026-11-24")
    assert careleaf("check", "--root", tiny.root).exit_code == 0
    strict = careleaf("check", "--root", tiny.root, "--approved-only")
    assert (strict.exit_code, f"{TOPIC}:6: error [review-due]" in strict.stderr) == (1, True)


def test_words_of_an_author_are_no_markup_in_a_report(tiny: Tiny) -> None:
    tiny.change(TOPIC, "title: Washing your hands", "title: Washing <script>x</script>")
    file = tiny.root.parent / "report.html"
    careleaf("check", "--root", tiny.root, "--report", file)
    assert "<script>" not in file.read_text("utf-8")


def test_a_report_that_cannot_be_written_is_one_message(tiny: Tiny) -> None:
    result = careleaf("check", "--root", tiny.root, "--report", "/proc/report.html")
    assert result.exit_code in {1, 2}
    assert result.stderr.splitlines()[-1].startswith("Error: ")


def test_evidence_has_every_statement_with_its_grades(tiny: Tiny) -> None:
    page = careleaf("evidence", "--root", tiny.root).stdout
    assert "| help/swell | your hands swell | SOAP (B) |" in page
    assert "| dry | 3 to 5 day | 2 to 7 | SOAP (B) |" in page


# --- new topic, new clinic -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["aftercare", "prevention", "reassurance", "information"])
def test_a_new_topic_lacks_only_what_an_author_can_write(tiny: Tiny, kind: str) -> None:
    made = careleaf("new", "topic", "after-biopsy", "--kind", kind, "--root", tiny.root)
    assert (made.exit_code, "careleaf check" in made.stdout) == (0, True)
    findings = tiny.findings()
    lacks = {"watch"} if kind == "aftercare" else set()
    assert {finding.rule for finding in findings} == {"unwritten", "unknown-source"} | lacks
    assert {finding.file for finding in findings} == {"content/topics/after-biopsy.yaml"}
    text = (tiny.root / "content/topics/after-biopsy.yaml").read_text("utf-8")
    written = re.sub(r"<[^<>\n]*>", "Soap is good for you.", text.replace("[SOURCE]", "[SOAP]"))
    written = re.sub(r"^# (facts:|  keep-dry:|watch:)", r"\1", written, flags=re.MULTILINE)
    written = written.replace("Soap is good for you.", "Soap is good for {keep-dry}.")
    tiny.write("content/topics/after-biopsy.yaml", written)
    assert tiny.findings() == [], "filled in, it is a topic like any other"


def test_a_new_clinic_lacks_only_what_an_author_can_write(tiny: Tiny) -> None:
    assert careleaf("new", "clinic", "pier", "--root", tiny.root).exit_code == 0
    findings = tiny.findings()
    assert {finding.file for finding in findings} == {"content/clinics/pier.yaml"}
    empty = ("title", "country", "timezone", "phone", "urgent", "emergency", "confirmed")
    assert {finding.message for finding in findings} == {f"{name!r} is empty" for name in empty}
    text = (tiny.root / "content/clinics/pier.yaml").read_text("utf-8")
    for key, value in {
        "title:": "title: Pier Clinic", "country:": "country: GB",
        "timezone:": "timezone: Europe/London", "phone:": 'phone: "020 7946 0993"',
        "urgent:": 'urgent: "111"', "emergency:": 'emergency: "999"', "confirmed:": f"confirmed: {TODAY}",
    }.items():  # fmt: skip
        text = re.sub(rf"^{key}", value, text, flags=re.MULTILINE)
    tiny.write("content/clinics/pier.yaml", text)
    assert tiny.findings() == []


def test_the_examples_in_a_new_clinic_are_right_as_they_stand(tiny: Tiny) -> None:
    """Somebody will only remove the # in front of them."""
    tiny.write("content/topics/after-laser.yaml", (tiny.root / TOPIC).read_bytes())
    assert careleaf("new", "clinic", "pier", "--root", tiny.root).exit_code == 0
    text = (tiny.root / "content/clinics/pier.yaml").read_text("utf-8")
    keys = r"^# ((?:region|closed|open-on|patients|mail):.*|  (?!.*keep-dry|after-laser).*)"
    examples = re.findall(keys, text, re.MULTILINE)
    assert len(examples) == 12
    harbour, last = "content/clinics/harbour.yaml", f"confirmed: {TODAY}"
    tiny.change(harbour, last, "\n".join((last, *examples)))
    assert [finding for finding in tiny.findings() if finding.file == harbour] == []


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        (("topic", NAME, "--kind", "aftercare"), "is there already"),
        (("clinic", "harbour"), "is there already"),
        (("topic", "../../outside", "--kind", "aftercare"), "is no name"),
        (("topic", "Übung", "--kind", "aftercare"), "is no name"),
        (("topic", "ui", "--kind", "aftercare"), "is no name"),
        (("topic", "another", "--kind", "novel"), "'aftercare', 'prevention'"),
    ],
)
def test_nothing_is_begun_over_something_or_outside(tiny: Tiny, words: tuple[str, ...], phrase: str) -> None:
    before = {path: path.read_bytes() for path in tiny.root.rglob("*.yaml")}
    result = careleaf("new", *words, "--root", tiny.root)
    assert (result.exit_code, phrase in result.stderr) == (2, True)
    assert {path: path.read_bytes() for path in tiny.root.rglob("*.yaml")} == before


def test_the_shipped_library_is_without_fault_or_warning() -> None:
    library, findings = load(ROOT)
    assert findings + check(library, TODAY) == []


def test_nothing_is_written_into_the_library_that_came_with_careleaf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installed careleaf may be another user's; what a clinic decides belongs into its own library."""
    monkeypatch.chdir(tmp_path)
    result = careleaf("withdraw", "after-laser", "--reason", "a test")
    assert result.exit_code == 1
    assert "careleaf new library DIR" in result.stderr
    assert not (ROOT / "content/approvals").exists()
