"""What is put into the outbox for each patient: whose sheet, with which words, and who gets none.

What a user would lose: a sheet that nobody agreed to or approved, another one than at the desk, or a password
that is kept.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import SMTP
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careleaf import batch, pool
from careleaf.batch import Makers, Terms
from careleaf.findings import Finding, Severity
from careleaf.mail import intake
from careleaf.mail.intake import Held, Post
from careleaf.mail.message import assemble
from careleaf.mail.outbox import opened
from careleaf.mail.parcel import Contents, Kind, Letter, Outcome, Parcel, State, Words
from careleaf.model import Library, Mailing, Need, Recipient
from careleaf.pdf.lock import locked
from careleaf.several import merged
from careleaf.words import reading
from tests.conftest import TODAY, Tiny, as_it_ships
from tests.patients import NAMES, TOPIC, everything, found, in_this_process, patient, sheets
from tests.posting import PASSWORD, posting

CONSENT: Final = TODAY - timedelta(days=5)
EMAIL: Final = "jane.doe@example.com"


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make sheets in this process."""
    monkeypatch.setattr(pool, "run", in_this_process)


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A small library whose English is approved. Read only."""
    tiny = posting(tmp_path_factory.mktemp("english") / "library")
    tiny.approve("en", "clinical")
    return tiny


@pytest.fixture(scope="module")
def library(english: Tiny) -> Library:
    return english.library()


def mailing(library: Library) -> Mailing:
    found = library.clinics["harbour"].mail
    assert found
    return found


def post(library: Library, *, calendar: bool = True, lock: bool = False) -> Post:
    terms = Terms(library.clinics["harbour"], TODAY, "list.csv")
    return Post(library, terms, mailing(library), calendar=calendar, locked=lock)


def somebody(row: int = 2, name: str = "Jane Example", lang: str = "en", **more: object) -> Recipient:
    values = {"email": EMAIL, "consented_on": CONSENT, "record": f"R-{row}"}
    return patient(row, name, lang, **(values | more))


def packed(
    post: Post, people: Sequence[Recipient], held: Sequence[Held] = ()
) -> tuple[dict[int, Parcel], list[Finding]]:
    """Give the parcel of each row, and what was told while they were made."""
    told: list[Finding] = []
    wanted, more = intake.chosen(post.library, post.terms, people)
    made = intake.parcels(post, Makers(post.library, 1), wanted, [*held, *more], told.append)
    return {each.row: each for each in made}, told


def contents(parcel: Parcel) -> Contents:
    assert not parcel.held
    assert parcel.contents
    return parcel.contents


# --- What a message is made of ---------------------------------------------------------------------


def test_a_parcel_says_whose_it_is_and_its_pdf_is_the_sheet_that_the_desk_makes(library: Library) -> None:
    people = [somebody(2), somebody(3, NAMES["Han"], record="")]
    parcels, told = packed(post(library), people)
    assert told == []
    desk, _ = sheets(library, people, drafts=False)
    for number, parcel in parcels.items():
        one = contents(parcel)
        assert one.leaflet + one.added == desk[number].content
    first = parcels[2]
    assert (first.clinic, first.topic, first.version, first.lang) == ("harbour", TOPIC, 3, "en")
    assert (first.source, first.kind, first.address) == ("list.csv", Kind.SHEET, EMAIL)
    assert (first.record, first.treated_on, first.consented_on) == ("R-2", TODAY - timedelta(days=1), CONSENT)
    assert [parcels[number].person for number in (2, 3)] == ["r-2", NAMES["Han"]]
    assert repr(first).count("jane") == repr(first).count("R-2") == 0


WORDS: Final = ("Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot")
PEOPLE: Final = st.lists(
    st.tuples(
        st.sampled_from(WORDS),
        st.sampled_from(("Jane", "דוגמה")),  # the second one's sheet is laid out anew
        st.sampled_from((1, 2, 3)),
        st.sampled_from((Need.PLAIN, Need.LARGE_PRINT)),
        st.booleans(),
    ),
    unique_by=lambda each: each[0],
    min_size=2,
    max_size=5,
)


@settings(max_examples=4, deadline=None)
@given(people=PEOPLE)
def test_whatever_list_it_is_each_message_has_the_sheet_of_whoever_it_goes_to(
    library: Library, people: list[tuple[str, str, int, Need, bool]]
) -> None:
    """Through everything that is shared or kept on the way: layouts, letters, calendars, the outbox."""
    days = {word: TODAY - timedelta(days=ago) for word, _, ago, _, _ in people}
    made = [
        somebody(
            row, f"{first} {word}", email=f"{word.lower()}@example.com", treated_on=days[word], need=need,
            record=word if known else "",
        )
        for row, (word, first, _, need, known) in enumerate(people, 2)
    ]  # fmt: skip
    parcels, told = packed(post(library), made)
    assert told == []
    with TemporaryDirectory() as folder, opened(Path(folder) / "outbox" / "outbox.sqlite") as outbox:
        assert outbox.put(parcels.values(), timedelta(days=1)).queued == len(people)
        while leased := outbox.lease("harbour", 1000, 1000):
            outbox.settle(leased.id, Outcome(State.SENT, "250"))
            word = leased.address.partition("@")[0].title()
            _has_only(word, days.pop(word), assemble(leased))
    assert days == {}


def _has_only(word: str, treated_on: date, content: bytes) -> None:
    message = message_from_bytes(content, policy=SMTP)
    files = {part.get_content_type(): part.get_content() for part in message.iter_attachments()}
    with pypdfium2.PdfDocument(files["application/pdf"]) as document:
        text = " ".join(page.get_textpage().get_text_range() for page in document)
    assert [each for each in WORDS if each in text] == [word]
    assert f"DTSTAMP:{treated_on:%Y%m%d}T" in files["text/calendar"]


def test_thousands_share_a_leaflet_and_a_sheet_laid_out_anew_has_none(library: Library) -> None:
    parcels, _ = packed(post(library), [somebody(2), somebody(3, "Example Jane"), somebody(4, "דוגמה Jane")])
    first, second, anew = (contents(parcels[number]) for number in (2, 3, 4))
    assert first.leaflet == second.leaflet
    assert first.added != second.added
    assert len(first.added) < len(first.leaflet) / 2
    assert found(["Jane Example", "Example Jane"], everything(first.leaflet)) == []
    assert anew.leaflet == b""
    assert anew.added.startswith(b"%PDF")


def test_the_words_are_the_readings_that_are_approved(library: Library) -> None:
    parcels, _ = packed(post(library), [somebody()])
    one = reading(library, library.topics[TOPIC], "en", library.clinics["harbour"])
    assert one
    assert parcels[2].words == (Words(TOPIC, "en", one.digest),)
    letter = Letter.from_bytes(contents(parcels[2]).letter)
    assert letter.lang == "en"
    assert "Harbour Clinic" in letter.subject
    assert found(["Jane", "R-2", EMAIL, "24 November"], contents(parcels[2]).letter) == []


def test_a_sheet_of_several_treatments_in_two_languages_has_the_words_of_all() -> None:
    library = as_it_ships()
    clinic = library.clinics["riverside"]
    together = merged(library, ("after-laser", "after-peel"), clinic)
    terms = Terms(clinic, TODAY, drafts=True)
    form = next(form for form in together.library.formats.values() if form.personal is Need.BILINGUAL)
    edition, _ = batch.issued(together.library, terms, together.topic, "pl", form)
    assert edition
    words = intake.words(together.library, edition, clinic)
    assert [(each.topic, each.lang) for each in words] == [
        (topic, lang) for topic in ("after-laser", "after-peel") for lang in ("pl", "en")
    ]
    for each in words:
        one = reading(library, library.topics[each.topic], each.lang, clinic)
        assert one
        assert each.digest == one.digest, "as it is approved alone"


def test_the_days_go_along_for_a_calendar_unless_that_is_not_wanted(library: Library) -> None:
    people = [somebody(2), somebody(3, treated_on=TODAY)]
    parcels, _ = packed(post(library), people)
    first, second = (contents(parcels[number]).calendar for number in (2, 3))
    assert first.startswith(b"BEGIN:VCALENDAR")
    assert b"BEGIN:VALARM" not in first
    assert first != second
    said = Letter.from_bytes(contents(parcels[2]).letter).text
    without, _ = packed(post(library, calendar=False), people)
    assert contents(without[2]).calendar == b""
    assert Letter.from_bytes(contents(without[2]).letter).text != said


# --- What only a password opens --------------------------------------------------------------------


def test_a_locked_sheet_opens_with_its_password_only_and_nothing_else_has_its_days(library: Library) -> None:
    parcels, told = packed(post(library, lock=True), [somebody(password=PASSWORD)])
    assert told == []
    one = contents(parcels[2])
    assert (one.leaflet, one.calendar) == (b"", b"")
    for wrong in ("", "seven green boat", "SEVEN GREEN BOATS"):
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(BytesIO(one.added), password=wrong)
    with pikepdf.open(BytesIO(one.added), password=PASSWORD) as pdf:
        assert (pdf.encryption.R, pdf.encryption.bits) == (6, 256)
        assert str(pdf.encryption.stream_method).endswith("aesv3")
        assert len(pdf.pages) > 0
        assert pdf.allow.accessibility
        assert pdf.allow.print_highres
    assert found(["Jane Example", PASSWORD, "Washing"], everything(one.added)) == []
    assert "locked" in Letter.from_bytes(one.letter).text


@pytest.mark.parametrize("password", ["семь лодок плывут", "Zo\u00eb Zo\u00eb Zo\u00eb", "é" * 63])
def test_a_password_of_any_letters_opens_the_file(password: str) -> None:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    with pikepdf.open(BytesIO(locked(out.getvalue(), password)), password=password) as pdf:
        assert len(pdf.pages) == 1
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(BytesIO(locked(out.getvalue(), password)), password=password[:-1])


# --- Who gets nothing ------------------------------------------------------------------------------


def consenting(library: Library, *people: Recipient, given_up: str = "") -> dict[int, str]:
    """Give the rows that are held, with the reason."""
    terms = post(library).terms
    may, held = intake.consenting(terms, mailing(library), people, given_up.__eq__)
    assert len(may) + len(held) == len(people)
    assert all(finding.severity is Severity.HELD for _, finding in held)
    assert all(finding.line == one.row for one, finding in held)
    return {one.row: finding.message for one, finding in held}


def test_nothing_goes_to_who_has_not_agreed_or_so_long_ago_that_it_does_not_count(library: Library) -> None:
    year = timedelta(days=mailing(library).consent_days)
    people = (
        somebody(2, consented_on=TODAY - year),
        somebody(3, consented_on=TODAY - year - timedelta(days=1)),
        somebody(4, consented_on=None),
        somebody(5, email=""),
        somebody(6, consented_on=TODAY),
    )
    assert consenting(library, *people) == {
        3: "the consent is older than 365 days",
        4: "no consent is recorded",
        5: "there is no address for mail",
    }


def test_nothing_goes_to_an_address_that_is_given_up(library: Library) -> None:
    held = consenting(library, somebody(2), somebody(3, email="x@example.org"), given_up="x@example.org")
    assert list(held) == [3]
    assert "nothing is sent to this address any more" in held[3]


def test_what_is_not_approved_is_held_even_if_drafts_are_made_elsewhere(library: Library) -> None:
    asking = replace(post(library), terms=replace(post(library).terms, drafts=True))
    parcels, _ = packed(asking, [somebody(2), somebody(3, lang="ar")])
    assert contents(parcels[2])
    assert parcels[3].held == f"the text of {TOPIC} in ar is draft"
    assert parcels[3].contents is None


def test_who_has_no_address_is_not_put_into_the_outbox(library: Library) -> None:
    one = somebody(3, email="")
    reason = Finding("list.csv", 3, "no-address", "there is no address for mail", "Ask.", Severity.HELD)
    parcels, _ = packed(post(library), [somebody(2)], [(one, reason)])
    assert list(parcels) == [2]


def test_a_sheet_that_is_too_large_for_mail_is_held_and_the_others_go(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, _ = packed(post(library), [somebody(2)])
    size = len(contents(small[2]).leaflet) + len(contents(small[2]).added)
    monkeypatch.setattr(intake, "LARGEST", size)
    parcels, (finding,) = packed(post(library), [somebody(2), somebody(3, "Jane Example " * 4)])
    assert contents(parcels[2])
    assert "many servers refuse such a message" in parcels[3].held
    assert (finding.file, finding.line, finding.severity) == ("list.csv", 3, Severity.HELD)


def test_a_sheet_that_cannot_be_made_is_held_without_a_word_of_it_and_the_others_go(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(content: bytes, password: str) -> bytes:
        if password.endswith("!"):
            raise ValueError(f"no {password} for Jane Example")
        return content

    monkeypatch.setattr("careleaf.pdf.lock.locked", broken)
    people = [somebody(2, password=PASSWORD), somebody(3, password=f"{PASSWORD}!")]
    parcels, (finding,) = packed(post(library, lock=True), people)
    assert contents(parcels[2])
    assert parcels[3].held == finding.message
    assert finding.message.startswith("it failed: ValueError at intake.py:")
    assert found([PASSWORD, "Jane"], f"{finding}".encode()) == []


def test_a_letter_that_cannot_be_written_holds_its_sheets(library: Library) -> None:
    broken = {**library.templates, "email/letter.txt": '{{ ui["no-such-text"] }}'}
    parcels, told = packed(post(replace(library, templates=broken)), [somebody(2), somebody(3)])
    assert {number: each.contents for number, each in parcels.items()} == {2: None, 3: None}
    assert [each.rule for each in told] == ["template", "template"]
    assert "no-such-text" in parcels[2].held


def test_a_letter_that_no_header_could_carry_is_told_before_it_is_queued(library: Library) -> None:
    """At sending it would fail for each patient, and each would be told as a bug."""
    clinic = library.clinics["harbour"].model_copy(update={"title": "=?UTF-8?Q?=0A?=Bcc: nobody"})
    parcels, (told,) = packed(post(replace(library, clinics={"harbour": clinic})), [somebody()])
    assert parcels[2].contents is None
    assert "the clinic's name is empty, or has a sign that no header may have" in told.message


def test_a_sheet_with_two_faults_is_held_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: Makers, wanted: Sequence[batch.Wanted], tell: batch.Tell) -> list[batch.Sheet]:
        for each in ("first", "second"):
            tell(wanted[0].recipient, Finding("x", 7, "overflow", each, "Shorten it."))
        return []

    monkeypatch.setattr(batch, "made", failing)
    parcels, told = packed(post(library), [somebody(2)])
    assert parcels[2].held == "first"
    assert [(each.line, each.message) for each in told] == [(2, "first"), (2, "second")]


def test_a_clinic_that_does_not_say_how_it_sends_mail_is_told_what_to_write(library: Library) -> None:
    finding = intake.silent(library.clinics["harbour"])
    assert finding.file == "content/clinics/harbour.yaml"
    assert all(word in finding.mend for word in ("`mail:`", "`host:`", "`from:`", "`reply-to:`"))


def test_any_approved_text_carries_the_words_of_a_correction(library: Library) -> None:
    clinic = library.clinics["harbour"]
    text = intake.approved_text(library, "en", clinic, TODAY)
    assert text
    assert (text.topic, text.lang) == (TOPIC, "en")
    assert intake.approved_text(library, "ar", clinic, TODAY) is None
    assert intake.approved_text(library, "en", clinic, TODAY + timedelta(days=366)) is None
