"""Calendar files: a day that a patient's phone shows wrong, or not at all, is a rule that is not kept."""

from datetime import date, timedelta
from typing import Any, Final

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careleaf.ics import Event, calendar_file
from tests.conftest import as_it_ships

STAMP: Final = date(2026, 11, 25)
SAMPLES: Final = {
    "en": "Keep the area dry, at least until Thursday; then wash it gently.",
    "ar": "حافظوا على جفاف المنطقة، على الأقل حتى يوم الخميس؛ ثم اغسلوها بلطف.",
    "es": "Mantenga la zona seca, al menos hasta el jueves; después lávela con suavidad.",
    "fr": "Gardez la zone sèche, au moins jusqu’à jeudi ; lavez-la ensuite avec douceur.",
    "hi": "उस जगह को सूखा रखें, कम से कम गुरुवार तक; फिर उसे धीरे से धोएँ।",
    "ko": "치료 부위를 적어도 목요일까지 마른 상태로 유지하고, 그 뒤에는 부드럽게 씻으세요.",
    "pl": "Utrzymuj skórę w suchości, co najmniej do czwartku; potem myj ją delikatnie.",
    "uk": "Тримайте цю ділянку сухою, щонайменше до четверга; потім обережно мийте її.",
    "zh-Hans": "请保持该部位干燥，至少到星期四；之后轻轻清洗。",
}
AWKWARD: Final = (
    "a, b; c: d \\ e \"f\" 'g'\nsecond line\r\nthird\rfourth 🧴👩🏽‍⚕️👨‍👩‍👧 \u2067\u0661\u2069 "
    "100 %  ^n ^ \\n \\, END:VEVENT\n"
    "BEGIN:VALARM"
)
TEXTS: Final = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")) | st.sampled_from(",;\\:^🧴\n")
)


def event(summary: str = "Keep dry", description: str = "", **more: Any) -> Event:  # noqa: ANN401 # any field
    row: dict[str, Any] = {"day": date(2026, 11, 26), "uid": "dry@sheet", "until": None}
    return Event(summary=summary, description=description, **(row | more))


def made(*events: Event, lang: str = "en", name: str = "Aftercare", alarm: bool = False) -> bytes:
    return calendar_file(events or (event(),), name=name, lang=lang, stamp=STAMP, alarm=alarm)


def read(content: bytes) -> Any:  # noqa: ANN401 # icalendar's components carry few types
    return icalendar.Calendar.from_ical(content)


def lines(content: bytes) -> list[str]:
    """Unfold by RFC 5545 alone: a CRLF and one space are nothing."""
    return content.decode("utf-8").replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def sound(content: bytes) -> bool:
    """Say whether the octets are as RFC 5545 wants them: CRLF, 75 octets, whole characters, no controls."""
    rows = content.split(b"\r\n")
    assert rows.pop() == b"", "the last line ends, too"
    for row in rows:
        row.decode("utf-8")
        assert len(row) <= 75
        assert not {*row} & {*range(9), *range(10, 32), 127}
    return True


def unescaped(text: str) -> str:
    """Read a TEXT by RFC 5545 alone, in one go from left to right."""
    found, signs = "", iter(text)
    for sign in signs:
        found += {"n": "\n", "N": "\n"}.get(after := next(signs), after) if sign == "\\" else sign
    return found


@pytest.mark.parametrize("lang", SAMPLES)
def test_a_text_comes_back_whole_in_every_script_and_no_letter_is_cut_in_two(lang: str) -> None:
    text = f"{SAMPLES[lang]}\n\n{SAMPLES[lang] * 3}"
    content = made(event(SAMPLES[lang], text), lang=lang)
    assert sound(content)
    found = read(content).walk("VEVENT")[0]
    assert (str(found["SUMMARY"]), str(found["DESCRIPTION"])) == (SAMPLES[lang], text)
    assert found["SUMMARY"].params["LANGUAGE"] == lang
    assert found["DESCRIPTION"].params["LANGUAGE"] == lang


def test_there_is_a_sample_of_every_language_that_ships() -> None:
    assert SAMPLES.keys() == as_it_ships().locales.keys()


def test_signs_that_mean_something_in_the_file_mean_nothing_in_a_text() -> None:
    content = made(event(AWKWARD, AWKWARD), name=AWKWARD)
    assert sound(content)
    expected = AWKWARD.replace("\r\n", "\n").replace("\r", "\n")
    found = read(content)
    assert str(found.walk("VEVENT")[0]["DESCRIPTION"]) == expected
    texts = [line for line in lines(content) if line.startswith(("SUMMARY", "DESCRIPTION", "NAME", "X-WR"))]
    assert len(texts) == 4
    assert {unescaped(line.partition(":")[2]) for line in texts} == {expected}
    assert not found.walk("VALARM")
    assert len(found.walk("VEVENT")) == 1


@given(text=TEXTS)
def test_any_text_comes_back_and_every_line_is_sound(text: str) -> None:
    content = made(event(text, text), name=text)
    assert sound(content)
    said = unescaped(next(row for row in lines(content) if row.startswith("SUMMARY")).partition(":")[2])
    # icalendar takes \\N for a line's end: no text of ours has it.
    assert said == text.replace("\\N", "\n").removesuffix("\n")


@pytest.mark.parametrize("sign", ["\0", "\a", "\x1b", "\x7f", "\x85", "\u2028", "\x0b"])
def test_a_control_character_from_a_list_of_patients_spoils_no_file(sign: str) -> None:
    content = made(event(f"Jane{sign}Example"))
    assert sound(content)
    assert str(read(content).walk("VEVENT")[0]["SUMMARY"]) in {"JaneExample", "Jane\nExample"}


@given(day=st.dates(date(2020, 1, 1), date(2040, 12, 31)), length=st.none() | st.integers(0, 400))
def test_an_event_is_of_whole_days_and_its_last_day_is_part_of_it(day: date, length: int | None) -> None:
    until = None if length is None else day + timedelta(length)
    rows = lines(made(event(day=day, until=until)))
    after = (until or day) + timedelta(1)
    assert f"DTSTART;VALUE=DATE:{day:%Y%m%d}" in rows
    assert f"DTEND;VALUE=DATE:{after:%Y%m%d}" in rows


def test_the_file_makes_nobody_busy_invites_nobody_and_tells_no_version() -> None:
    rows = lines(made())
    assert {"VERSION:2.0", "CALSCALE:GREGORIAN", "CLASS:PRIVATE", "TRANSP:TRANSPARENT", "UID:dry@sheet"} <= {
        *rows
    }
    assert "PRODID:-//careleaf//careleaf//EN" in rows
    assert "DTSTAMP:20261125T000000Z" in rows
    names = {row.partition(":")[0].partition(";")[0] for row in rows}
    assert not names & {"METHOD", "ORGANIZER", "ATTENDEE", "LOCATION", "GEO", "URL", "RRULE", "CREATED"}
    assert not any(row.startswith(("BEGIN:VALARM", "BEGIN:VTIMEZONE")) for row in rows)


def test_an_alarm_is_one_note_at_nine_and_only_if_asked_for() -> None:
    found = read(made(event(), event(uid="wash@sheet"), alarm=True)).walk("VEVENT")
    assert [len(each.walk("VALARM")) for each in found] == [1, 1]
    alarm = found[0].walk("VALARM")[0]
    assert (str(alarm["ACTION"]), alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(hours=9))
    assert str(alarm["DESCRIPTION"]) == "Keep dry"


def test_the_same_events_are_the_same_bytes_in_the_order_given() -> None:
    events = (event(), event("Wash", uid="wash@sheet"))
    assert made(*events) == made(*events)
    assert [str(each["UID"]) for each in read(made(*events)).walk("VEVENT")] == ["dry@sheet", "wash@sheet"]


@pytest.mark.parametrize(
    ("events", "phrase"),
    [
        ((), "at least one"),
        ((event(), event("Wash")), "same uid"),
        ((event("Jane Example", until=date(2026, 11, 25)),), "before it starts"),
    ],
)
def test_what_no_calendar_program_could_show_is_refused(events: tuple[Event, ...], phrase: str) -> None:
    """Without a word of the events: those are a patient's."""
    with pytest.raises(ValueError, match=phrase) as told:
        calendar_file(events, name="x", lang="en", stamp=STAMP)
    assert "Jane" not in str(told.value)
