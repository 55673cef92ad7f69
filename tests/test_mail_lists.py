"""Patient lists that go out by mail: who agreed, to which address, and what opens the PDF.

What a user would lose: a sheet sent to somebody who never agreed, or to a stranger; and a name, an address or
a password in a log.
"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careleaf import lists
from careleaf.findings import Finding, Severity, blocking
from careleaf.lists import CORRECTING, LOCKED, MAIL, PAPER, Channel, Known, PatientsRead
from careleaf.model import Recipient
from tests.conftest import TODAY
from tests.test_lists import FILE, LOCALES, TOPICS, clinic

HEADER = "treated-on,language,topic,name,email,consent,record"
START = "2026-11-24,ar,after-laser"
ROW = f"{START},Jane Example,jane@example.com,2026-11-20,R-1701"
PERSONAL = ("Jane", "jane", "R-1701", "green boats")


def read(text: str, channel: Channel = MAIL, **patients: object) -> PatientsRead:
    found = lists.read(FILE, text.encode(), Known.of(TOPICS, LOCALES, clinic(**patients), TODAY, channel))
    assert [each for each in PERSONAL if each in f"{found!r} {[*map(str, found.findings)]}"] == []
    return found


def one(row: str = ROW, header: str = HEADER, channel: Channel = MAIL, **patients: object) -> Recipient:
    """Read a list of one row without a fault."""
    found = read(f"{header}\n{row}\n", channel, **patients)
    assert found.findings == ()
    return found.recipients[0]


def only(row: str, header: str = HEADER, channel: Channel = MAIL, **patients: object) -> Finding:
    """Give the only finding of a list of one row."""
    (finding,) = read(f"{header}\n{row}\n", channel, **patients).findings
    assert finding.mend.endswith((".", "?"))
    return finding


def test_a_row_says_where_the_sheet_goes_and_since_when_that_is_agreed() -> None:
    found = one()
    assert (found.email, found.consented_on) == ("jane@example.com", date(2026, 11, 20))
    assert (found.record, found.person, found.password) == ("R-1701", "r-1701", "")
    assert one(ROW.replace("R-1701", "")).person == "jane example"


def test_on_paper_the_columns_of_mail_are_not_used_and_that_is_told() -> None:
    found = read(f"{HEADER},password\n{START},Jane Example,nonsense,yes,R-1701,x\n", PAPER)
    assert found.findings == ()
    assert found.understood
    assert found.understood.unused == ("email", "consent", "record", "password")
    assert found.recipients[0].email == ""


def test_a_list_without_consents_or_addresses_is_refused_with_how_to_mend_it() -> None:
    found = read("treated-on,language,topic,Correo\n" + START + ",x\n")
    assert [each.rule for each in found.findings] == ["columns", "columns"]
    address, consent = found.findings
    assert "there is no column 'email'" in address.message
    assert "there is no column 'consent'" in consent.message
    assert "`consent: Your header`" in consent.mend
    assert "the day on which each patient agreed" in consent.mend
    assert found.recipients == ()


def test_columns_of_mail_go_by_the_header_that_the_clinic_gave_them() -> None:
    columns = {"email": "E-Mail", "consent": "Einwilligung", "record": "Nr"}
    header = "treated-on,language,topic,E-MAIL,einwilligung,nr"
    row = f"{START},jane@example.com,2026-11-20,R-1701"
    assert one(row, header, columns=columns).record == "R-1701"
    assert one(row, header, PAPER, columns=columns).record == ""


def test_a_header_that_is_almost_one_of_mail_is_named() -> None:
    found = read(f"treated-on,language,topic,e-mail,consent\n{START},jane@example.com,\n").findings
    assert [each.severity for each in found] == [Severity.ERROR, Severity.WARNING]
    assert found[1].mend == "If it is the email, name it email."


def test_who_has_no_address_or_has_not_agreed_is_read_all_the_same() -> None:
    """They are held, not faults of the list: the others get their sheets."""
    found = one(f"{START},Jane Example, , ,")
    assert (found.email, found.consented_on) == ("", None)


@pytest.mark.parametrize(
    ("cell", "order", "day"),
    [
        ("2026-11-25", None, TODAY),
        ("2019-02-03", None, date(2019, 2, 3)),
        ("2026-11-20 10:30", None, date(2026, 11, 20)),
        ("03/02/2026", "day-first", date(2026, 2, 3)),
        ("24/11/2025", None, date(2025, 11, 24)),
    ],
)
def test_the_day_of_a_consent_is_read_as_other_days_and_may_be_long_ago(
    cell: str, order: str | None, day: date
) -> None:
    assert one(ROW.replace("2026-11-20", cell), dates=order).consented_on == day


@pytest.mark.parametrize(
    ("cell", "phrase"),
    [
        ("2026-11-26", "is after today, which is 2026-11-25"),
        ("03/02/2026", "could be 2026-02-03 or 2026-03-02"),
        ("2026-02-30", "is not in the calendar"),
        ("46350", "how a spreadsheet counts days"),
        ("yes", "does not say on which day the patient agreed"),
        ("told Jane by phone", "does not say on which day the patient agreed"),
    ],
)
def test_a_consent_that_is_no_day_is_refused(cell: str, phrase: str) -> None:
    finding = only(ROW.replace("2026-11-20", cell))
    assert (finding.rule, finding.line, finding.severity) == ("consent", 2, Severity.ERROR)
    assert phrase in finding.message


def test_a_consent_that_contradicts_the_order_of_the_treatments_voids_both() -> None:
    found = read(f"{HEADER}\n24/11/2026,ar,after-laser,,jane@example.com,11/20/2026,\n")
    assert [each.rule for each in found.findings] == ["treated-on", "consent"]
    assert all("cannot be trusted" in each.message for each in found.findings)


HOSTILE = {
    "two addresses": '"jane@example.com, x@example.org"',
    "a line break": '"jane@example.com\nBcc: x@example.org"',
    "an encoded word": "=?UTF-8?Q?=0A?=Bcc:jane@example.com",
    "a name with a comma": '"""Example, Jane"" <jane@example.com>"',
    "a domain of other letters": "jane@b\u00fccher.example",
    "a formula": '"=HYPERLINK(""mailto:jane@example.com"")"',
    "no address": "Jane Example",
}


@pytest.mark.parametrize("cell", HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_one_plain_address_stops_the_list_and_is_not_quoted(cell: str) -> None:
    finding = only(ROW.replace("jane@example.com", cell))
    assert (finding.rule, finding.line, finding.severity) == ("email", 2, Severity.ERROR)
    assert finding.message.startswith("row 2, column 'email': ")


def test_a_domain_that_looks_like_a_slip_is_warned_of_without_who_it_is() -> None:
    finding = only(ROW.replace("example.com", "Gmial.com"))
    assert (finding.rule, finding.line, finding.severity) == ("email", 2, Severity.WARNING)
    assert (
        finding.message == "row 2, column 'email': the address ends in gmial.com, which is almost gmail.com"
    )


def test_rows_that_nothing_tells_apart_are_held_but_for_the_first() -> None:
    """The outbox sends one message for them: without a word, the second sheet would be lost."""
    twins = [f"{START},,jane@example.com,2026-11-20," for _ in range(2)]
    again = ROW.replace("R-1701", "r-1701").replace("Jane Example", "J. Example")
    others = [
        ROW.replace("R-1701", "R-1702"),
        ROW.replace("after-laser", "after-peel"),
        ROW.replace("24,ar", "23,ar"),
    ]
    found = read("\n".join([HEADER, *twins, ROW, again, *others]))
    assert [(each.line, each.rule, each.severity) for each in found.findings] == [
        (3, "double", Severity.HELD),
        (5, "double", Severity.HELD),
    ]
    assert "a name or a record number" in found.findings[0].mend
    assert not blocking(found.findings)


def test_an_address_in_capitals_is_the_same_address() -> None:
    """So it is to the outbox, which would keep the first of the two without a word."""
    rows = [f"{START},,{email},2026-11-20," for email in ("jane@example.com", "Jane@Example.com")]
    assert [(each.line, each.rule) for each in read("\n".join([HEADER, *rows])).findings] == [(3, "double")]


def test_rows_without_an_address_are_no_doubles() -> None:
    assert read("\n".join([HEADER, *[f"{START},Jane Example,,,"] * 2])).findings == ()


# Passwords

LOCKED_HEADER = f"{HEADER},password"


@pytest.mark.parametrize(
    ("cell", "password"),
    [
        (" seven green boats ", "seven green boats"),
        ("a123456789", "a123456789"),
        ("семь лодок плывут", "семь лодок плывут"),
        ("Zoe\u0308 Zoe\u0308 Zoe\u0308", "Zo\u00eb Zo\u00eb Zo\u00eb"),
    ],
)
def test_a_password_is_read_in_the_one_way_that_programs_type_it(cell: str, password: str) -> None:
    assert one(f"{ROW},{cell}", LOCKED_HEADER, LOCKED).password == password


@pytest.mark.parametrize(
    ("cell", "phrase"),
    [
        ("", "at least 10 characters"),
        ("green boat", ""),
        ("boats", "at least 10 characters"),
        ("1980-11-24", "can be guessed"),
        ("+44 20 7946 0123", "can be guessed"),
        ("24.11.1980", "can be guessed"),
        ("seven\u200bgreen boats", "in its own way"),
        ("seven green boats\uff01", "in its own way"),
        ("seven green bo\ufb00s", "in its own way"),
        ("é" * 64, "at most 127 bytes"),
    ],
)
def test_a_password_that_is_weak_or_that_programs_type_differently_is_refused_unquoted(
    cell: str, phrase: str
) -> None:
    found = read(f"{LOCKED_HEADER}\n{ROW},{cell}\n", LOCKED).findings
    assert [each.rule for each in found] == (["password"] if phrase else [])
    assert all(phrase in each.message for each in found)
    assert not cell or cell not in " ".join(map(str, found))


def test_passwords_are_asked_for_only_where_pdfs_are_locked() -> None:
    assert one(f"{ROW},x", LOCKED_HEADER).password == ""
    finding = only(ROW, channel=LOCKED)
    assert "there is no column 'password'" in finding.message


def test_a_correction_asks_for_no_consent() -> None:
    assert one(f"{START},jane@example.com", "treated-on,language,topic,email", CORRECTING).email
    assert one(ROW, channel=CORRECTING).consented_on == date(2026, 11, 20)


CELLS = st.sampled_from(
    [
        "jane@example.com",
        "Jane",
        "2026-11-20",
        "jane@gmial.com",
        "",
        "\u202e",
        '"',
        "\n",
        "=?",
        "x" * 300,
        "R-1701",
    ]
)


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=4),
    st.sampled_from([MAIL, LOCKED, PAPER]),
)
def test_no_finding_and_no_repr_says_who(rows: list[tuple[str, ...]], channel: Channel) -> None:
    text = "\n".join(",".join([START, *cells]) for cells in rows)
    found = read(f"treated-on,language,topic,email,consent,record,password\n{text}", channel)
    assert found.findings or found.recipients


def test_the_first_day_of_a_consent_that_counts_is_any() -> None:
    """How old a consent may be, the clinic's file says; the list does not know it."""
    long_ago = TODAY - timedelta(days=5000)
    assert one(ROW.replace("2026-11-20", long_ago.isoformat())).consented_on == long_ago
