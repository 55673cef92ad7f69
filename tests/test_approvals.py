"""An approval is of just what is read, by another person, for some time; the audit trail only grows."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careleaf import record
from careleaf.approvals import broken_seals, handed_out, same_person, standing
from careleaf.changes import voided
from careleaf.findings import Severity
from careleaf.load import load
from careleaf.model import Approval, Selection, Status, Withdrawal
from careleaf.publish import PublishError
from careleaf.words import parse_reading
from tests.conftest import NEXT_YEAR, TODAY, Tiny

TOPIC = "content/topics/washing-hands.yaml"
CLINIC = "content/clinics/harbour.yaml"
ARABIC = "locales/ar/LC_MESSAGES/washing-hands.po"
TRAIL = "content/approvals/washing-hands.yaml"
NAME = "washing-hands"
TEXT = Selection(formats=("text",))

# Every place in which an edit can hide, and how `status` names it. Both languages are approved before.
EDITS = {
    "title": (TOPIC, "title: Washing your hands", "title: Washing hands", "en", "title"),
    "message": (TOPIC, "a day with", "each day with", "en", "message"),
    "heading": (TOPIC, "heading: Later", "heading: Then", "en", "later/heading"),
    "unit": (TOPIC, "Your skin is soft again.", "Your skin is soft once more.", "en", "later/soft"),
    "action": (TOPIC, "action: Or call {phone}.", "action: Call {phone}.", "en", "help/action"),
    "alt text": (TOPIC, "alt: A hand", "alt: Two hands", "en", "how/picture"),
    "lines of a drawing": ("content/images/hand.svg", "<svg", "<!-- --><svg", "en", "drawing hand.svg"),
    "Fact": (TOPIC, "value: [3, 5]", "value: [3, 6]", "en", "Fact dry"),
    "unit of a Fact": (TOPIC, "unit: duration-day", "unit: duration-week", "en", "Fact dry"),
    "range of a Fact": (TOPIC, "min: 2, max: 7", "min: 3, max: 7", "en", "Fact dry"),
    "clinic's own value": (CLINIC, "times: 5", "times: 6", "en", "Fact times"),
    "clinic's own value taken away": (CLINIC, "times: 5", "times: 4", "en", "Fact times"),
    "danger level": (TOPIC, "level: emergency", "level: same-day", "en", "section help"),
    "kind of a section": (TOPIC, "kind: do\n", "kind: dont\n", "en", "section how"),
    "audience": (TOPIC, "audience: adult", "audience: parent", "en", "audience"),
    "words of the page": ("templates/ui.yaml", "text: Phone", "text: Telephone", "en", "page call"),
    "catalog": (ARABIC, "يعود جلدكم ناعمًا.", "يعود جلدكم طريًا.", "ar", "later/soft"),
    "words of the page in a language": (
        "locales/ar/LC_MESSAGES/ui.po", 'msgstr "الهاتف"', 'msgstr "هاتف"', "ar", "page call"
    ),
    "clinic's own value, in a translation": (CLINIC, "times: 5", "times: 6", "ar", "Fact times"),
}  # fmt: skip

LAYOUT = {
    "style": ("templates/shared/print.css", "{", "{ "),
    "template": ("templates/formats/text/page.txt", "{%", "{% "),
    "icon": ("templates/shared/icons/do.svg", "<svg", "<!-- --><svg"),
    "comment": (TOPIC, "A tiny topic for the tests", "A comment"),
    "version": (TOPIC, "version: 3", "version: 4"),
    "source": ("content/sources.yaml", "A made-up page", "Another made-up page"),
    "phone": (CLINIC, "020 7946 0991", "020 7946 0992"),
    "foot line": ("templates/ui.yaml", "text: Version {version}", "text: V {version}"),
    "note for translators": (ARABIC, "#, machine", "#, human"),
    "font size": ("locales/en/profile.yaml", "english: English", "english: English\nmeasure: 28"),
}


def approve_all(tiny: Tiny) -> None:
    tiny.approve("en", "clinical")
    tiny.approve("ar", "linguistic", "clinical")
    assert tiny.state("en") is tiny.state("ar") is Status.APPROVED


def withdraw(tiny: Tiny, lang: str) -> None:
    library, _ = load(tiny.root)
    event = record.withdrawal(lang, None, TODAY, "a test", handed_out(library, NAME, lang))
    record.append(tiny.root, library, NAME, [event])


def rules(tiny: Tiny) -> set[str]:
    return {finding.rule for finding in tiny.findings()}


@pytest.mark.parametrize(("file", "old", "new", "lang", "place"), EDITS.values(), ids=EDITS.keys())
def test_an_edit_anywhere_voids_the_approval_and_is_named(  # noqa: PLR0913, PLR0917 # the table's columns
    tiny: Tiny, file: str, old: str, new: str, lang: str, place: str
) -> None:
    approve_all(tiny)
    tiny.change(file, old, new)
    library, _ = load(tiny.root)
    assert tiny.state(lang) is not Status.APPROVED
    places = [change.place for change in voided(library, library.topics[NAME], lang)]
    assert place in places
    assert len(places) <= 2, "the edit, and no more than what hangs on it"


def test_an_edit_of_the_english_voids_the_approval_of_its_translations(tiny: Tiny) -> None:
    approve_all(tiny)
    for file in (TOPIC, ARABIC):
        tiny.change(file, "Your skin is soft again.", "Your skin is soft once more.")
    assert tiny.state("ar") is Status.DRAFT, "the msgid was copied in, and the words were left"
    library = tiny.library()
    (change,) = voided(library, library.topics[NAME], "ar")
    assert change.place == "later/soft (English)"


@pytest.mark.parametrize(("file", "old", "new"), LAYOUT.values(), ids=LAYOUT.keys())
def test_an_edit_of_the_layout_alone_voids_nothing(tiny: Tiny, file: str, old: str, new: str) -> None:
    approve_all(tiny)
    tiny.change(file, old, new)
    assert tiny.state("en") is Status.APPROVED
    library, _ = load(tiny.root)
    assert voided(library, library.topics[NAME], "en") == ()


def test_one_clinics_own_value_is_a_draft_there_and_approved_elsewhere(tiny: Tiny, tmp_path: Path) -> None:
    tiny.approve("en", "clinical")
    other = (tiny.root / CLINIC).read_text("utf-8").replace("times: 5", "times: 6")
    tiny.write("content/clinics/pier.yaml", other.replace("Harbour", "Pier"))
    report = tiny.build(tmp_path / "out", Selection(langs=("en",), formats=("text",)))
    assert {edition.clinic: edition.status for edition in report.built} == {
        "harbour": Status.APPROVED,
        "pier": Status.DRAFT,
    }
    codes = {edition.text_digest for edition in report.built}
    assert len(codes) == 2, "the code on the page tells the two apart"
    tiny.approve("en", "clinical")
    assert tiny.state("en") is Status.APPROVED, "one approval covers what every clinic hands out"


def test_a_trail_keeps_all_that_was_decided_in_order(tiny: Tiny) -> None:
    approve_all(tiny)
    withdraw(tiny, "en")
    events = tiny.library().trails[NAME].events
    assert [(event.action, event.lang) for event in events] == [
        ("approved", "en"),
        ("approved", "ar"),
        ("approved", "ar"),
        ("withdrawn", "en"),
    ]
    text = (tiny.root / TRAIL).read_text("utf-8")
    tiny.approve("en", "clinical")
    grown = (tiny.root / TRAIL).read_text("utf-8")
    assert grown.partition("events:")[2].startswith(text.partition("events:")[2])


def test_what_was_approved_is_kept_as_it_was_read(tiny: Tiny) -> None:
    approve_all(tiny)
    for file in sorted((tiny.root / "content/approvals/texts").iterdir()):
        one = parse_reading(file.read_text("utf-8"))
        assert one.digest == file.stem
        assert json.loads(file.read_text("utf-8"))["topic"] == NAME


TAMPERED = {
    "a name": ('name: "Test Reviewer"', 'name: "Somebody Else"'),
    "a last day": (f'until: "{NEXT_YEAR}"', 'until: "2099-01-01"'),
    "a role": ('role: "linguistic"', 'role: "clinical"'),
    "a language": ('lang: "ar"', 'lang: "en"'),
    "a credential": ('credential: "fixture"', 'credential: "a licence"'),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), TAMPERED.values(), ids=TAMPERED.keys())
def test_an_edited_trail_is_told_and_stops_the_build(tiny: Tiny, tmp_path: Path, old: str, new: str) -> None:
    approve_all(tiny)
    tiny.change(TRAIL, old, new)
    told = [finding for finding in tiny.findings() if finding.rule == "audit"]
    assert told
    assert all(finding.file == TRAIL and finding.line > 1 for finding in told)
    assert all("version control" in finding.mend for finding in told)
    assert not tiny.build(tmp_path / "out", TEXT).built


@pytest.mark.parametrize("gone", [0, 1, 2], ids=["first", "middle", "last"])
def test_an_event_that_was_taken_out_of_a_trail_is_missed(tiny: Tiny, gone: int) -> None:
    """Whoever deletes a withdrawal would bring an unsafe leaflet back."""
    approve_all(tiny)
    head, *events = (tiny.root / TRAIL).read_text("utf-8").split("- action:")
    del events[gone]
    tiny.write(TRAIL, "- action:".join([head, *events]))
    assert "audit" in rules(tiny)


def test_two_events_that_changed_places_are_told(tiny: Tiny) -> None:
    approve_all(tiny)
    head, first, second, *more = (tiny.root / TRAIL).read_text("utf-8").split("- action:")
    tiny.write(TRAIL, "- action:".join([head, second, first, *more]))
    assert "audit" in rules(tiny)


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_an_approved_text_that_is_not_there_as_it_was_is_told(tiny: Tiny, damage: str) -> None:
    approve_all(tiny)
    file = min((tiny.root / "content/approvals/texts").iterdir())
    if damage == "gone":
        file.unlink()
    else:
        file.write_text(file.read_text("utf-8").replace("soap", "soup"), "utf-8")
    told = [finding for finding in tiny.findings() if finding.rule == "audit"]
    assert told[0].file == f"content/approvals/texts/{file.name}"
    assert told[0].severity is Severity.ERROR


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_single_character_of_a_trail_can_change_unseen(tiny: Tiny, data: st.DataObject) -> None:
    if not (tiny.root / TRAIL).exists():
        approve_all(tiny)
        (tiny.root / "trail.txt").write_bytes((tiny.root / TRAIL).read_bytes())
    whole = (tiny.root / "trail.txt").read_text("utf-8")
    place = data.draw(st.integers(whole.index("seal:"), len(whole) - 2))
    sign = data.draw(st.sampled_from('0aZ9-" :\n'))
    changed = whole[:place] + sign + whole[place + 1 :]
    tiny.write(TRAIL, changed)
    library, findings = load(tiny.root)
    tiny.write(TRAIL, whole)
    before = load(tiny.root)[0].trails[NAME]
    same = NAME in library.trails and library.trails[NAME].events == before.events
    broken = NAME in library.trails and bool(list(broken_seals(library.trails[NAME])))
    assert same or findings or broken


def test_a_withdrawn_text_is_not_printed_until_it_is_changed_or_approved_anew(
    tiny: Tiny, tmp_path: Path
) -> None:
    approve_all(tiny)
    withdraw(tiny, "en")
    assert tiny.state("en") is Status.WITHDRAWN
    assert tiny.state("ar") is Status.APPROVED
    built = tiny.build(tmp_path / "out", TEXT)
    assert {edition.lang for edition in built.built} == {"ar"}
    tiny.approve("en", "clinical")
    assert tiny.state("en") is Status.APPROVED
    withdraw(tiny, "en")
    tiny.change(TOPIC, "Soap and water are enough.", "Soap and water will do.")
    assert tiny.state("en") is Status.DRAFT, "other words are a draft, and say so on every page"


def test_an_older_approved_text_does_not_come_back_after_a_withdrawal(tiny: Tiny) -> None:
    """Version control can bring the old words back; whoever withdrew them later did not mean that."""
    old = (tiny.root / TOPIC).read_text("utf-8")
    tiny.approve("en", "clinical")
    tiny.change(TOPIC, "Soap and water are enough.", "Soap and water will do.")
    tiny.approve("en", "clinical")
    withdraw(tiny, "en")
    tiny.write(TOPIC, old)
    assert tiny.state("en") is Status.WITHDRAWN
    counts = standing(tiny.library(), NAME, "en")
    assert isinstance(counts.withdrawal, Withdrawal)
    assert counts.approvals == ()


def test_an_expired_approval_is_told_where_only_approved_leaflets_are_wanted(
    tiny: Tiny, tmp_path: Path
) -> None:
    approve_all(tiny)
    tiny.change("content/clinics/harbour.yaml", "confirmed: 2026-11-25", "confirmed: 2027-11-25")
    late = NEXT_YEAR + timedelta(days=1)
    report = tiny.build(tmp_path / "out", Selection(approved_only=True), today=late)
    assert not report.built
    assert not report.ok
    assert {(finding.rule, finding.file) for finding in report.findings} == {("expired", TRAIL)}
    drafts = tiny.build(tmp_path / "out", TEXT, today=late)
    assert {edition.status for edition in drafts.built} == {Status.EXPIRED}
    page = (tmp_path / "out/harbour/en/washing-hands.text.txt").read_text("utf-8")
    assert page.startswith("The approval of this text has run out.")


def test_an_overdue_review_stops_those_who_print_only_what_is_approved(tiny: Tiny, tmp_path: Path) -> None:
    approve_all(tiny)
    tiny.change(TOPIC, "updated: 2026-11-22\nreview: 2028-11-22", "updated: 2026-11-20\nreview: 2026-11-24")
    report = tiny.build(tmp_path / "out", Selection(approved_only=True))
    assert not report.built
    assert [(each.rule, each.severity) for each in report.findings] == [("review-due", Severity.ERROR)]
    assert tiny.build(tmp_path / "out", TEXT).built, "a draft says that it is one"


OWN = '"Last-Translator: {} <address>\\n"\n'


@pytest.mark.parametrize("name", ["Test Reviewer", "TEST  reviewer", "\uff34est Reviewer"])
def test_nobody_approves_a_translation_of_their_own(tiny: Tiny, name: str) -> None:
    text = (tiny.root / ARABIC).read_text("utf-8")
    tiny.write(ARABIC, text.replace('msgstr ""\n', f'msgstr ""\n{OWN.format("Test Reviewer")}', 1))
    tiny.approve("ar", "linguistic", name=name)
    told = [finding for finding in tiny.findings() if finding.rule == "own-translation"]
    assert [(finding.file, finding.severity) for finding in told] == [(TRAIL, Severity.ERROR)]


def test_a_translator_who_is_named_in_the_headers_comment_is_one_too(tiny: Tiny) -> None:
    text = (tiny.root / ARABIC).read_text("utf-8")
    tiny.write(ARABIC, f"# Test Reviewer <address>, 2026.\n{text}")
    assert tiny.library().catalogs["ar", NAME].translators == ("Test Reviewer",)
    tiny.approve("ar", "linguistic")
    assert "own-translation" in rules(tiny)


def test_who_translated_an_older_text_may_approve_todays(tiny: Tiny) -> None:
    """The trail cannot be edited, so an old approval must never stand in the way of new words."""
    tiny.approve("ar", "linguistic")
    text = (tiny.root / ARABIC).read_text("utf-8").replace("يكفي الماء والصابون.", "الماء والصابون يكفيان.")
    tiny.write(ARABIC, text.replace('msgstr ""\n', f'msgstr ""\n{OWN.format("Test Reviewer")}', 1))
    assert tiny.findings() == []


@given(st.text(max_size=20))
def test_a_name_is_the_same_with_other_capitals_and_spaces(name: str) -> None:
    assert same_person(name, f"  {name} ")
    assert not same_person(name, f"{name}x")


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=40), credential=st.text(max_size=40), reason=st.text(max_size=80))
def test_whatever_people_type_is_recorded_and_read_back(
    tiny: Tiny, name: str, credential: str, reason: str
) -> None:
    """A sign that YAML folds or refuses would break the seal, and then no build would ever run again."""
    (tiny.root / TRAIL).unlink(missing_ok=True)
    try:
        person = {"role": "clinical", "name": name, "credential": credential, "until": NEXT_YEAR}
        events = (
            record.approval("en", TODAY, [], person),
            record.withdrawal("ar", name, TODAY, reason, []),
        )
    except ValueError:
        return  # refused before anything is written
    record.append(tiny.root, tiny.library(), NAME, events)
    approval, withdrawal = tiny.library().trails[NAME].events
    assert isinstance(approval, Approval)
    assert isinstance(withdrawal, Withdrawal)
    written = {"line", "seal"}
    assert approval.model_dump(exclude=written) == events[0].model_dump(exclude=written)
    assert withdrawal.model_dump(exclude=written) == events[1].model_dump(exclude=written)
    assert any(map(str.isalnum, approval.name)), "somebody approved it"
    assert tiny.findings() == []


def test_a_trail_that_cannot_be_read_is_never_written_over(tiny: Tiny) -> None:
    tiny.approve("en", "clinical")
    tiny.change(TRAIL, "events:", "evens:")
    before = (tiny.root / TRAIL).read_bytes()
    with pytest.raises(PublishError, match="cannot be read"):
        withdraw(tiny, "en")
    assert (tiny.root / TRAIL).read_bytes() == before


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from careleaf import publish, record
from careleaf.load import load
from careleaf.words import readings

root, moment = Path(sys.argv[1]), int(sys.argv[2])
real, count = Path.replace, 0

def replace(self, target):
    global count
    count += 1
    if count == moment:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)

Path.replace = replace
library, _ = load(root)
found = readings(library, library.topics["washing-hands"], "en")
person = {"role": "clinical", "name": "Test Reviewer", "credential": "fixture", "until": date(2028, 1, 1)}
event = record.approval("en", date(2026, 11, 25), found, person)
record.append(root, library, "washing-hands", [event], found)
"""


@pytest.mark.parametrize("moment", [1, 2], ids=["before-the-text", "before-the-trail"])
def test_a_kill_while_an_approval_is_recorded_leaves_the_trail_as_it_was(tiny: Tiny, moment: int) -> None:
    tiny.approve("ar", "linguistic")
    before = (tiny.root / TRAIL).read_bytes()
    command = [sys.executable, "-c", KILLED, str(tiny.root), str(moment)]
    killed = subprocess.run(command, check=False, timeout=60)  # noqa: S603 # our own script
    assert killed.returncode == -signal.SIGKILL
    assert (tiny.root / TRAIL).read_bytes() == before
    assert tiny.findings() == []
    tiny.approve("en", "clinical")
    assert tiny.state("en") is Status.APPROVED


def test_two_approvals_at_once_are_both_kept(tiny: Tiny) -> None:
    command = [sys.executable, "-m", "careleaf", "approve", NAME, "--root", str(tiny.root), "--lang", "ar"]
    person = ["--by", "Test Reviewer", "--credential", "fixture", "--until", "2099-01-01", "--role"]
    runs = [
        subprocess.Popen([*command, *person, role], stdout=subprocess.DEVNULL, env=os.environ | {"TZ": "UTC"})  # noqa: S603 # our own
        for role in ("linguistic", "clinical")
    ]
    assert [run.wait(60) for run in runs] == [0, 0]
    assert {event.role for event in standing(tiny.library(), NAME, "ar").approvals} == {
        "linguistic",
        "clinical",
    }
