"""Patient lists: what a clinic exports is read whole, and nothing is guessed that a sheet would print."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from careleaf import cells, lists, tables
from careleaf.findings import Finding, Severity, blocking
from careleaf.lists import Known, PatientsRead, told
from careleaf.model import LINES, NAME, Clinic, Locale, Need, PatientList, Recipient
from careleaf.tables import escaped, rows_out
from tests.conftest import TODAY, as_it_ships

FILE = "patients.csv"
TOPICS = ("after-laser", "after-peel", "home-care")
HEADER = "treated-on,language,topic"
ROW = "2026-11-24,ar,after-laser"

PERSON = "Jane Example"


def locale(tag: str, title: str, english: str) -> Locale:
    return Locale(
        **{NAME: tag}, title=title, english=english, cldr=tag, direction="ltr", fonts=("Noto Sans",)
    )


LOCALES = (
    locale("en", "English", "English"),
    locale("ar", "العربية", "Arabic"),
    locale("pt", "Português", "Portuguese"),
    locale("zh-Hans", "中文（简体）", "Simplified Chinese"),
)


def clinic(*langs: str, **patients: object) -> Clinic:
    return Clinic.model_validate(
        {
            NAME: "example",
            LINES: {"patients": 20, "patients.columns": 21, "patients.procedures.old": 30},
            "title": "Example Clinic",
            "lang": "en",
            "country": "GB",
            "phone": "020 7946 0123",
            "urgent": "111",
            "emergency": "999",
            "hours": [{"days": ["mon"], "open": "09:00", "close": "17:30"}],
            "confirmed": TODAY,
            "languages": langs,
            "patients": patients,
        }
    )


def read(text: str | bytes, encoding: str | None = None, **patients: object) -> PatientsRead:
    content = text.encode() if isinstance(text, str) else text
    return lists.read(FILE, content, Known.of(TOPICS, LOCALES, clinic(**patients), TODAY), encoding)


def good(text: str | bytes, encoding: str | None = None, **patients: object) -> tuple[Recipient, ...]:
    """Read a list in which nothing is wrong."""
    found = read(text, encoding, **patients)
    assert found.findings == ()
    return found.recipients


def one(**row: str) -> Recipient:
    """Read a list of one row without a fault."""
    (recipient,) = good(listed([row]))
    return recipient


def listed(rows: Iterable[Mapping[str, str]], delimiter: str = ",") -> str:
    """Write a list; what a row does not say is as in ROW."""
    usual = dict(zip(HEADER.split(","), ROW.split(","), strict=True))
    filled = [usual | dict(row) for row in rows]
    out = io.StringIO(newline="")
    table = csv.DictWriter(out, list(filled[0]), delimiter=delimiter)
    table.writeheader()
    table.writerows(filled)
    return out.getvalue()


def column(**row: str) -> dict[str, str]:
    """Name columns as lists do: treated_on is treated-on."""
    return {name.replace("_", "-"): cell for name, cell in row.items()}


def refusal(text: str | bytes, encoding: str | None = None, **patients: object) -> Finding:
    """Give the only finding of a list, which must stop it."""
    (finding,) = read(text, encoding, **patients).findings
    assert finding.severity is Severity.ERROR
    assert finding.mend.endswith((".", "?"))
    return finding


def refused(**row: str) -> Finding:
    """Give the only finding of a list of one row, in its second row."""
    finding = refusal(listed([column(**row)]))
    assert (finding.file, finding.line) == (FILE, 2)
    return finding


def test_a_plain_list_gives_a_recipient_for_each_row_with_its_row_in_the_spreadsheet() -> None:
    text = f"{HEADER},name,site,clinician,large-print\n{ROW},{PERSON},left cheek,Test Reviewer,yes\n"
    found = read(text + "2026-11-23,Arabic,home-care,,,,\n")
    first = Recipient(
        2, ("after-laser",), "ar", date(2026, 11, 24), PERSON, "left cheek", "Test Reviewer", Need.LARGE_PRINT
    )
    assert found.findings == ()
    assert found.recipients == (first, Recipient(3, ("home-care",), "ar", date(2026, 11, 23)))


def test_the_shipped_library_can_be_named_in_a_list() -> None:
    library = as_it_ships()
    house = library.clinics["riverside"]
    against = Known.of(library.topics, library.locales.values(), house, TODAY)
    rows = [{"topic": topic, "language": tag} for topic in library.topics for tag in library.locales]
    found = lists.read(FILE, listed(rows).encode(), against)
    assert found.findings == ()
    assert [(*one.topics, one.lang) for one in found.recipients] == [tuple(row.values()) for row in rows]


# What the file is


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf_8_is_read_with_or_without_its_mark(mark: bytes) -> None:
    text = f"{HEADER},name\n{ROW},Zoë Żółć 李\n"
    assert good(mark + text.encode())[0].name == "Zoë Żółć 李"


def test_cp1252_is_read_on_request_only_and_the_first_wrong_line_is_named() -> None:
    content = f"{HEADER},name\n{ROW},Jane\n{ROW},Zoë €\n".encode("cp1252")
    finding = refusal(content)
    assert (finding.rule, finding.line) == ("encoding", 3)
    assert "line 3 " in finding.message
    assert "--encoding cp1252" in finding.mend
    assert good(content, "cp1252")[1].name == "Zoë €"


def test_the_line_of_a_wrong_byte_counts_the_line_ends_of_each_system() -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        assert refusal(b"\xef\xbb\xbf" + end.join([b"a,b", b"c,d", b"\xff,e"])).line == 3


def test_utf_8_is_not_read_as_cp1252_which_would_print_two_signs_for_an_accent() -> None:
    assert "UTF-8" in refusal(f"{HEADER},name\n{ROW},Zoë\n", "cp1252").message
    assert good(f"{HEADER}\n{ROW}\n", "cp1252")


def test_a_byte_that_cp1252_does_not_have_is_refused() -> None:
    finding = refusal(f"{HEADER},name\n{ROW},".encode() + b"\x81\xe9\n", "cp1252")
    assert (finding.rule, finding.line) == ("encoding", 2)
    assert "--encoding" not in finding.mend


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_refused_with_how_to_save_the_list(encoding: str) -> None:
    assert "CSV UTF-8" in refusal(f"{HEADER}\n{ROW}\n".encode(encoding)).mend


def test_a_nul_byte_is_refused_with_its_line() -> None:
    finding = refusal(f"{HEADER}\n{ROW}\n2026-11-24,a\0r,after-laser\n")
    assert (finding.rule, finding.line) == ("csv", 3)


@pytest.mark.parametrize("delimiter", tables.DELIMITERS)
def test_the_delimiter_is_found_from_the_header_and_told(delimiter: str) -> None:
    text = listed([{"name": "Example, Jane; Dr"}], delimiter)
    found = read(text)
    assert found.findings == ()
    assert found.recipients[0].name == "Example, Jane; Dr"
    assert found.understood
    assert found.understood.delimiter == delimiter


def test_a_delimiter_between_quotation_marks_does_not_count() -> None:
    text = '"a,b,c,d,e";treated-on;language;topic\nx;2026-11-24;ar;after-laser\n'
    found = read(text)
    assert found.findings == ()
    assert found.understood
    assert found.understood.unused == ("a,b,c,d,e",)


def test_a_list_of_one_column_is_told_which_delimiters_there_are() -> None:
    finding = refusal("treated-on|language|topic\n2026-11-24|ar|after-laser\n")
    assert "comma, semicolon or tab" in finding.mend


@pytest.mark.parametrize(("text", "said"), [("", "empty"), ("\n \n\r\n", "empty"), ("\ufeff", "empty")])
def test_an_empty_file_is_refused(text: str, said: str) -> None:
    assert said in refusal(text).message


def test_a_header_without_rows_is_refused() -> None:
    assert "no row" in refusal(f"{HEADER}\n,,\n\n").message


def test_a_list_without_a_header_is_refused_and_its_first_patient_is_not_told() -> None:
    finding = refusal(f"2026-11-24,ar,after-laser,{PERSON}\n2026-11-24,ar,after-laser,{PERSON}\n")
    assert finding.rule == "columns"
    assert PERSON not in str(finding)
    assert "patients: columns:" in finding.mend


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_keep_their_numbers_with_any_line_end_and_with_blank_rows(end: str) -> None:
    found = read(end.join([HEADER, "", ROW, ",,", "  ", ROW, ""]))
    assert [one.row for one in found.recipients] == [3, 6]
    assert found.understood
    assert found.understood.blank == 3


def test_below_a_cell_of_two_lines_both_the_row_and_the_line_are_told() -> None:
    text = f'{HEADER},note\n{ROW},"two\r\nlines"\n{ROW},\n2026-11-24,xx,after-laser,\n'
    found = read(text)
    assert [one.row for one in found.recipients] == [2, 3]
    (finding,) = found.findings
    assert finding.line == 4
    assert finding.message.startswith("row 4 (line 5 of the file), column 'language': ")


def test_a_quotation_mark_that_is_never_closed_is_told_where_it_opens() -> None:
    found = read(f'{HEADER},name\n{ROW},\n{ROW},"{PERSON}\n{ROW},\n')
    (finding,) = found.findings
    assert (finding.line, finding.rule) == (3, "csv")
    assert "never closed" in finding.message
    assert [one.row for one in found.recipients] == [2]


def test_a_closing_quotation_mark_in_the_middle_of_a_cell_is_refused() -> None:
    found = read(f'{HEADER},name\n{ROW},"Jane" Example\n{ROW},\n')
    assert [(each.line, each.rule) for each in found.findings] == [(2, "csv")]
    assert [one.row for one in found.recipients] == [3]


def test_after_a_cell_that_never_ends_rows_have_their_numbers_again() -> None:
    swallowed = f"{ROW},x\n" * 6000
    found = read(f'{HEADER},note\n{ROW},"\n{swallowed}2026-11-24,xx,after-laser,\n')
    assert [each.line for each in found.findings if each.rule == "csv"] == [2]
    assert [each.line for each in found.findings if each.rule == "language"] == [6003]


@pytest.mark.parametrize("row", [f"{ROW},left", "2026-11-24,ar"])
def test_a_row_with_more_or_fewer_cells_is_refused_and_the_others_are_read(row: str) -> None:
    found = read(f"{HEADER}\n{ROW}\n{row}\n{ROW}\n")
    (finding,) = found.findings
    assert (finding.line, finding.rule) == (3, "csv")
    assert "3 in the header" in finding.message
    assert [one.row for one in found.recipients] == [2, 4]


def test_a_list_of_too_many_rows_or_bytes_is_refused_unread() -> None:
    most = f"{HEADER}\n" + "\n" * tables.MOST_ROWS
    assert "no row" in refusal(most).message
    finding = refusal(f"{most}\n")
    assert finding.rule == "limit"
    assert "100,000 rows" in finding.message
    assert "64 MB" in refusal(b"\xff" * (tables.MOST_BYTES + 1)).message


def test_a_line_or_a_header_beyond_all_measure_is_refused() -> None:
    assert refusal("a," * tables.LONGEST_LINE).rule == "limit"
    assert "1,001 columns" in refusal("a," * tables.MOST_COLUMNS + "\n").message


# The header


def test_headers_are_found_no_matter_the_case_spaces_or_what_nobody_sees() -> None:
    assert good("\u200b Treated-On,LANGUAGE\u00a0,\u202atopic\u202c\n" + ROW)


def test_a_header_is_the_same_composed_and_decomposed() -> None:
    columns = {"treated-on": "Fecha de intervenci\u00f3n"}
    assert good(f"FECHA DE INTERVENCIO\u0301N,language,topic\n{ROW}", columns=columns)


def test_columns_go_by_the_header_that_the_clinic_gave_them() -> None:
    columns = {"treated-on": "Datum", "language": "Sprache", "name": "Patient"}
    found = read(
        f"Datum;Sprache;topic;Patient;Telefon\n{ROW.replace(',', ';')};{PERSON};1\n", columns=columns
    )
    assert found.findings == ()
    assert found.recipients[0].name == PERSON
    assert found.understood
    assert found.understood.columns == columns | {"topic": "topic"}
    assert found.understood.unused == ("Telefon",)
    assert "not used: 'Telefon'" in str(found.understood)
    assert "a semicolon" in str(found.understood)


def test_a_column_that_is_missing_is_told_with_those_found_and_how_to_map_it() -> None:
    found = read("Datum,language,topic\n24.11.2026,ar,after-laser\n")
    (finding,) = found.findings
    assert finding.message == ("there is no column 'treated-on'. Found were: 'Datum', 'language', 'topic'")
    assert "content/clinics/example.yaml, under `patients: columns:`" in finding.mend
    assert found.recipients == ()


def test_all_missing_columns_are_told_at_once() -> None:
    found = read("name,site\nx,y\n")
    assert len(found.findings) == 3
    assert any("'topic' or 'procedure'" in finding.message for finding in found.findings)


def test_two_equal_headers_are_refused() -> None:
    finding = refusal(f"{HEADER},Name,NAME\n{ROW},a,b\n")
    assert "'name' stands there twice" in finding.message


def test_columns_without_a_header_are_no_fault() -> None:
    assert good(f"{HEADER},,\n{ROW},,\n")


def test_a_header_that_is_almost_one_is_warned_of_since_large_print_would_be_lost() -> None:
    (finding,) = read(f"{HEADER},Large print\n{ROW},yes\n").findings
    assert finding.severity is Severity.WARNING
    assert "large-print" in finding.mend


def test_a_long_header_row_is_not_told_whole() -> None:
    finding = refusal(
        "language,topic," + ",".join(f"column {number}" for number in range(90)) + "\n" + "x," * 91
    )
    assert "and 72 more" in finding.message


def test_what_the_clinics_file_maps_wrongly_is_told_at_its_line() -> None:
    found = read(f"{HEADER}\n{ROW}\n", columns={"treated": "Datum", "name": "Topic"})
    assert [(each.file, each.line) for each in found.findings] == [("content/clinics/example.yaml", 21)] * 2
    assert "treated-on" in found.findings[0].mend
    assert "two things" in found.findings[1].message


# Language


@pytest.mark.parametrize("cell", ["zh-Hans", "ZH-HANS", " zh-hans ", "中文（简体）", "simplified chinese"])
def test_a_language_goes_by_its_tag_its_own_name_or_its_english_name(cell: str) -> None:
    assert one(language=cell).lang == "zh-Hans"


@pytest.mark.parametrize("cell", ["pt-BR", "zh", "Chinese", "xx", "en-GB", "a"])
def test_a_language_is_never_guessed(cell: str) -> None:
    finding = refused(language=cell)
    assert finding.rule == "language"
    assert repr(cell) in finding.message


def test_the_nearest_language_is_named() -> None:
    assert "Did you mean portuguese" in refused(language="Portugese").mend
    assert "arabic" in refused(language="??").mend


def test_a_patient_without_a_language_gets_no_english() -> None:
    assert "no language" in refused(language=" ").message


def test_a_language_that_the_clinic_does_not_hand_out_is_refused() -> None:
    against = Known.of(TOPICS, LOCALES, clinic("en"), TODAY)
    (finding,) = lists.read(FILE, f"{HEADER}\n{ROW}\n".encode(), against).findings
    assert finding.rule == "language"
    assert "languages:" in finding.mend


def test_a_name_of_two_languages_finds_neither() -> None:
    twins = (*LOCALES, locale("pt-PT", "Português", "European Portuguese"))
    against = Known.of(TOPICS, twins, clinic(), TODAY)
    found = lists.read(FILE, listed([{"language": "português"}]).encode(), against)
    assert [finding.rule for finding in found.findings] == ["language"]


# Topics and procedures


@pytest.mark.parametrize(
    "cell", ["after-laser + home-care", "After-Laser;HOME-CARE", "after-laser+home-care+after-laser;"]
)
def test_several_topics_stand_in_one_cell(cell: str) -> None:
    assert one(topic=cell).topics == ("after-laser", "home-care")


def test_an_unknown_topic_is_refused_with_the_nearest() -> None:
    finding = refused(topic="home-care+after-lazer")
    assert "'after-lazer'" in finding.message
    assert "after-laser" in finding.mend


def test_a_row_must_say_what_was_done() -> None:
    assert "what was done" in refused(topic="+").message


CODES = {"D7140": "after-laser", "17+1": ("after-peel", "home-care"), "x y": "home-care"}


@pytest.mark.parametrize(
    ("cell", "topics"),
    [
        (" d7140 ", ("after-laser",)),
        ("17+1", ("after-peel", "home-care")),
        ("D7140+X  Y", ("after-laser", "home-care")),
    ],
)
def test_a_procedure_gives_its_topics(cell: str, topics: tuple[str, ...]) -> None:
    (recipient,) = good(f"treated-on,language,procedure\n2026-11-24,ar,{cell}\n", procedures=CODES)
    assert recipient.topics == topics


def test_an_unknown_procedure_is_told_with_where_codes_stand() -> None:
    finding = refusal("treated-on,language,procedure\n2026-11-24,ar,D7141\n", procedures=CODES)
    assert "patients: procedures:" in finding.mend
    assert "d7140" in finding.mend


def test_procedures_that_the_clinic_never_mapped_are_told_once_with_the_header() -> None:
    found = read("treated-on,language,procedure\n2026-11-24,ar,D7141\n")
    assert (found.findings[0].line, found.findings[0].rule) == (1, "columns")


def test_procedures_that_are_mapped_wrongly_are_told_at_the_clinics_file() -> None:
    found = read(
        f"{HEADER}\n{ROW}\n", procedures={"old": "after-lasers", "A": "home-care", "a": "after-peel"}
    )
    assert {each.file for each in found.findings} == {"content/clinics/example.yaml"}
    assert found.findings[0].line == 30
    assert "after-laser" in found.findings[0].mend
    assert ["twice" in each.message for each in found.findings] == [False, True, True]


def test_topic_and_procedure_may_not_differ() -> None:
    text = "treated-on,language,topic,procedure\n2026-11-24,ar,{},{}\n"
    assert good(text.format("after-laser", "D7140"), procedures=CODES)
    assert good(text.format("", "D7140"), procedures=CODES)
    assert good(text.format("after-laser", ""), procedures=CODES)
    assert "differ" in refusal(text.format("home-care", "D7140"), procedures=CODES).message


# Days


@pytest.mark.parametrize(
    "cell",
    [
        *("2026-11-24", " 2026-11-24 ", "2026-11-24 10:30", "2026-11-24T10:30:00.000"),
        *("24/11/2026", "24.11.2026", "24-11-2026", "24/11/2026 00:00", "11/24/2026 12:00:00 AM"),
    ],
)
def test_a_day_is_read_in_each_usual_way_and_its_time_is_left_out(cell: str) -> None:
    assert one(**column(treated_on=cell)).treated_on == date(2026, 11, 24)


@pytest.mark.parametrize(("order", "month"), [("day-first", 11), ("month-first", 3)])
def test_a_day_in_figures_is_read_in_the_order_of_the_clinic(order: str, month: int) -> None:
    (recipient,) = good(f"{HEADER}\n03/11/2026,ar,after-laser\n", dates=order)
    assert recipient.treated_on == date(2026, month, 14 - month)


@pytest.mark.parametrize(("order", "cell"), [("day-first", "11/24/2026"), ("month-first", "24/11/2026")])
def test_a_day_that_contradicts_the_order_of_the_clinic_is_not_turned_round(order: str, cell: str) -> None:
    finding = refusal(f"{HEADER}\n{cell},ar,after-laser\n", dates=order)
    assert order in finding.message
    assert "patients: dates:" in finding.mend


def test_a_day_that_could_be_two_is_refused_even_beside_one_that_could_not() -> None:
    found = read(f"{HEADER}\n24/11/2026,ar,after-laser\n03/11/2026,ar,after-laser\n")
    (finding,) = found.findings
    assert finding.line == 3
    assert "could be 2026-11-03 or 2026-03-11" in finding.message
    assert "day-first or month-first" in finding.mend
    assert [one.row for one in found.recipients] == [2]


def test_a_day_that_is_the_same_in_both_orders_leaves_no_doubt() -> None:
    assert one(**column(treated_on="10/10/2026")).treated_on == date(2026, 10, 10)


def test_rows_that_contradict_each_other_void_all_days_in_figures() -> None:
    days = ("24/11/2026", "11/23/2026", "10/10/2026", "2026-11-22")
    found = read(listed(column(treated_on=day) for day in days))
    assert [each.line for each in found.findings] == [2, 3, 4]
    assert all("row 2 has its day first, row 3 its month" in each.message for each in found.findings)
    assert [one.row for one in found.recipients] == [5]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "no day"),
        ("2026-02-29", "calendar"),
        ("31/06/2026", "calendar"),
        ("99/99/2026", "calendar"),
        ("0000-01-01", "calendar"),
        ("24/11/26", "two figures"),
        ("24.11.26 10:30", "two figures"),
        ("46350", "spreadsheet counts"),
        ("46350.4375", "spreadsheet counts"),
        ("2026-11-24T23:30:00Z", "time zone"),
        ("2026-11-24 23:30+01:00", "time zone"),
        ("24 Nov 2026", "no day that can be read"),
        ("24/11-2026", "no day that can be read"),
        ("٢٤/١١/٢٠٢٦", "no day that can be read"),
        ("2026-11-26", "after today"),
        ("2025-11-23", "over a year ago"),
        ("0001-01-01", "over a year ago"),
    ],
)
def test_a_day_that_cannot_be_trusted_is_refused_with_its_reason(cell: str, said: str) -> None:
    finding = refused(treated_on=cell)
    assert finding.rule == "treated-on"
    assert said in finding.message
    assert finding.message.startswith("row 2, column 'treated-on': ")


def test_the_first_and_the_last_day_that_count() -> None:
    for day in (TODAY, TODAY - timedelta(days=366)):
        assert one(**column(treated_on=day.isoformat())).treated_on == day


def test_29_february_is_a_day_in_leap_years_only() -> None:
    today = date(2024, 3, 1)
    against = Known.of(TOPICS, LOCALES, clinic(), today)
    cells_ = [column(treated_on=cell) for cell in ("2024-02-29", "29/02/2024", "2023-02-29", "29/02/2023")]
    found = lists.read(FILE, listed(cells_).encode(), against)
    assert [one.row for one in found.recipients] == [2, 3]
    assert [each.line for each in found.findings] == [4, 5]


# Needs


@pytest.mark.parametrize("cell", ["yes", "Y", "1", "TRUE", " x "])
def test_each_word_for_yes(cell: str) -> None:
    assert one(**column(large_print=cell)).need is Need.LARGE_PRINT
    assert one(bilingual=cell).need is Need.BILINGUAL


@pytest.mark.parametrize("cell", ["no", "N", "0", "False", "", " "])
def test_each_word_for_no(cell: str) -> None:
    assert one(**column(large_print=cell)).need is Need.PLAIN


def test_what_is_neither_yes_nor_no_is_not_taken_for_no() -> None:
    assert "'18 pt' is neither yes nor no" in refused(large_print="18 pt").message


def test_one_sheet_cannot_be_large_and_bilingual() -> None:
    finding = refused(large_print="yes", bilingual="yes")
    assert "cannot be both" in finding.message


# Texts

LONE = "name", "site", "clinician"


@pytest.mark.parametrize("name", LONE)
@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("  Jane\u00a0\u3000\t Example ", "Jane Example"),
        ("Zoe\u0308", "Zoë"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{spf}", "{spf}"),
        ("=1+1", "=1+1"),
        ("'Jane", "'Jane"),
        ("**bold**", "**bold**"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("e" * 120, "e" * 120),
        ("e\u0301" * 120, "é" * 120),
        ("O\u2019Example-Żółć", "O\u2019Example-Żółć"),
    ],
)
def test_a_text_is_printed_as_it_stands_but_for_spaces_and_composition(
    name: str, cell: str, said: str
) -> None:
    assert getattr(one(**{name: cell}), name) == unicodedata.normalize("NFC", said)


@pytest.mark.parametrize("name", LONE)
@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("Jane\nExample", "line break"),
        ("Jane\r\n", "line break"),
        ("Jane\u2028Example", "line break"),
        ("Jane\x07", "U+0007"),
        ("Jane\x9b31m", "U+009B"),
        ("Jane\x1b[31m", "U+001B"),
        ("\u202eelpmaxE", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u2067Jane\u2069", "U+2067 RIGHT-TO-LEFT ISOLATE"),
        ("Jane\u200bExample", "U+200B ZERO WIDTH SPACE"),
        ("Ja\u00adne", "U+00AD SOFT HYPHEN"),
        ("\ufeffJane", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("Ja\u200dne", "U+200D ZERO WIDTH JOINER"),
        ("\u200c", "U+200C ZERO WIDTH NON-JOINER"),
        ("\U000e0041Jane", "U+E0041 TAG LATIN CAPITAL LETTER A"),
        ("Jane \U0001f600", "U+1F600 GRINNING FACE"),
        ("Jane \U00013000", "U+13000 EGYPTIAN HIEROGLYPH A001"),
        ("Jane\ue000", "U+E000"),
        ("\u3164\u3164", "U+3164 HANGUL FILLER"),
        ("Jos\ufffd", "lost"),
        ("e" * 121, "121 characters"),
    ],
)
def test_what_cannot_be_printed_or_seen_is_refused_by_its_name(name: str, cell: str, said: str) -> None:
    finding = refused(**{name: cell})
    assert finding.rule == name
    assert said in finding.message
    assert cell.strip() not in str(finding)


def test_rows_that_say_the_same_of_the_same_person_are_warned_of() -> None:
    same = {"name": PERSON, "topic": "after-laser+home-care"}
    other = {"name": PERSON.upper(), "topic": "home-care;after-laser"}
    found = read(listed([same, same | {"language": "en"}, other]))
    (finding,) = found.findings
    assert (finding.line, finding.severity) == (4, Severity.WARNING)
    assert "row 4 says the same as row 2" in finding.message
    assert len(found.recipients) == 3


def test_patients_without_a_name_are_no_doubles() -> None:
    assert len(good(f"{HEADER}\n{ROW}\n{ROW}\n")) == 2


# All at once, and nothing of a person


def test_every_fault_of_every_row_is_told_at_once_in_the_order_of_the_list() -> None:
    bad = column(treated_on="x", language="xx", topic="xx", name="\u202e", site="\u202e", large_print="maybe")
    found = read(listed([bad, column(large_print="no", name="", site=""), bad]) + "too,short\n")
    assert [each.line for each in found.findings] == [2] * 6 + [4] * 6 + [5]
    assert [one.row for one in found.recipients] == [3]


TROUBLE = st.sampled_from(
    [
        f"{PERSON}{sign}"
        for sign in ("", "\u202e", "\n", "\0", "\U0001f600", '"', "\x07", "x" * 200, ",", "\ufffd")
    ]
)


@given(st.lists(st.tuples(TROUBLE, TROUBLE, TROUBLE), min_size=1, max_size=4), st.booleans())
def test_no_finding_and_no_repr_says_who(
    people: list[tuple[str, str, str]],
    quotes: bool,  # noqa: FBT001
) -> None:
    rows = [["2026-11-24", "ar", "after-laser", *person] for person in people]
    if quotes:
        out = io.StringIO(newline="")
        csv.writer(out).writerows(rows)
        text = out.getvalue()
    else:
        text = "\n".join(",".join(row) for row in rows)
    for found in (read(f"{HEADER},name,site,clinician\n{text}"), read(text)):
        said = [found, *found.recipients, *told(found.findings)]
        assert "Example" not in " ".join([*map(repr, said), *map(str, said)])


def test_the_repr_of_a_recipient_shows_its_row_only() -> None:
    assert repr(one(name=PERSON)) == "Recipient(row=2)"
    assert repr(tables.read(FILE, b"a,b\nJane,Example\n")[0]).count("Jane") == 0


def test_a_long_or_hidden_cell_is_quoted_short_and_visible() -> None:
    message = refused(language="x" * 500 + "\u202e").message
    assert len(message) < 150
    assert "\\u202e" in refused(language="\u202exx").message


@pytest.mark.parametrize("column", ["language", "topic", "treated-on"])
def test_an_address_in_another_column_is_not_quoted(column: str) -> None:
    message = refused(**{column: "jane.doe@example.com"}).message
    assert "an address is no" in message
    assert "jane" not in message


def test_many_findings_are_counted_errors_first() -> None:
    rows = [{"language": "xx", "name": ""}] * 60 + [{"name": PERSON}] * 61
    found = read(listed(rows)).findings
    assert len(found) == 120
    shown = told(found[::-1])
    assert len(shown) == 51
    assert {each.rule for each in shown[:50]} == {"language"}
    assert "70 more findings are not shown: double 60, language 10" in shown[-1].message
    assert blocking(shown[-1:])
    assert told(found[:50]) == list(found[:50])


def test_after_some_hints_no_more_names_are_compared() -> None:
    rows = [{"language": f"arabi {number}"} for number in range(lists.MOST_HINTS + 2)]
    mends = [each.mend for each in read(listed(rows)).findings]
    assert mends[lists.MOST_HINTS - 1].startswith("Did you mean arabic")
    assert mends[lists.MOST_HINTS] == "The first findings say which there are."


# Any bytes, and there and back


@given(st.binary(max_size=400), st.sampled_from([None, "utf-8", "cp1252"]))
@example(b"\xff\xfe", None)
@example(b'"', None)
@example(b'a,b\r\r\n"', None)
def test_any_bytes_give_findings_or_recipients(content: bytes, encoding: str | None) -> None:
    found = read(content, encoding)
    assert found.findings or found.recipients


PIECES = [
    *"\n\r\t,;\"'+ \0",
    *("\r\n", HEADER, HEADER.replace(",", ";"), ROW, "name", "large-print", "24/11/2026", "11/24/2026"),
    *("2026-11-24", "ar", "after-laser", "\u200b", "é", "\ufeff", "46350", "\U0001f600", "\u0301", "yes"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.sampled_from([None, "cp1252"]))
def test_any_heap_of_pieces_gives_findings_or_recipients(text: str, encoding: str | None) -> None:
    found = read(f"{HEADER},name\n{text}", encoding)
    assert found.findings or found.recipients


TEXT = st.text("aéßŁżÖ ñ'\"=+-@;,<{}*.", max_size=30).map(cells.text)


PEOPLE = st.builds(
    Recipient,
    row=st.just(0),
    topics=st.lists(st.sampled_from(TOPICS), min_size=1, unique=True).map(tuple),
    lang=st.sampled_from([each.name for each in LOCALES]),
    treated_on=st.dates(TODAY - cells.OLDEST, TODAY),
    name=TEXT,
    site=TEXT,
    clinician=TEXT,
    need=st.sampled_from(Need),
)


@given(
    st.lists(PEOPLE, min_size=1, max_size=5),
    st.sampled_from(list(tables.DELIMITERS)),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y 10:30"]),
)
def test_what_is_written_is_read_back(
    people: list[Recipient], delimiter: str, end: str, encoding: str, day: str
) -> None:
    out = io.StringIO(newline="")
    table = csv.writer(out, delimiter=delimiter, lineterminator=end)
    table.writerow([name for name in lists.PAPER.columns if name != "procedure"])
    for each in people:
        needs = ("x" if each.need is need else "" for need in (Need.LARGE_PRINT, Need.BILINGUAL))
        days = each.treated_on.strftime(day)
        table.writerow([days, each.lang, "+".join(each.topics), each.name, each.site, each.clinician, *needs])
    content = out.getvalue().encode(encoding, "replace")
    if encoding == "cp1252":
        people = [again(each) for each in people]
    asked = "cp1252" if encoding == "cp1252" and not content.isascii() else None
    found = read(content, asked, dates="day-first")
    assert not blocking(found.findings)
    assert [replace(each, row=0) for each in found.recipients] == people


def again(person: Recipient) -> Recipient:
    """Give a person with the letters that cp1252 has."""
    texts = {name: getattr(person, name).encode("cp1252", "replace").decode("cp1252") for name in LONE}
    return replace(person, **texts)


# CSV that we write


@pytest.mark.parametrize("cell", ["=1+1", "+44", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_that_we_write_is_a_formula(cell: str) -> None:
    assert escaped(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Jane", "'=1", " =1", "1-1", "2026-11-24"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert escaped(cell) == cell


def test_what_we_write_opens_in_a_spreadsheet() -> None:
    content = rows_out(["row", "state"], [["2", 'say "Zoë", now'], ["3", "=1+1"]])
    assert content == '\ufeffrow,state\r\n2,"say ""Zoë"", now"\r\n3,\'=1+1\r\n'.encode()


def test_a_clinic_without_patients_reads_lists_by_the_columns_own_names() -> None:
    assert clinic().patients == PatientList()
    assert good(f"{HEADER}\n{ROW}\n")
