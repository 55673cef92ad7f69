"""A patient's sheet is its leaflet with lines in its places: proved of good ones, denied of forged ones."""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from careleaf import personal, several, verify
from careleaf.batch import Terms, Wanted, chosen
from careleaf.compose import compose
from careleaf.model import Edition, Job, Library, Need, Recipient, Slot, Status
from careleaf.pdf import master, reading, subset, trust, update
from careleaf.render import Press
from careleaf.writers import write
from tests.commands import careleaf
from tests.conftest import ROOT, TODAY, as_it_ships
from tests.test_cli import parsed

TREATED = date(2026, 11, 24)
TOPIC = "after-laser"
NAMES = {
    "en": ("Jane Example", "left cheek"),
    "ar": ("سارَة 12", "الخد Ann"),
    "hi": ("सीता क्षत्रिय", "बायाँ गाल"),
    "zh-Hans": ("金", "Żółć"),
}
"""A name and a part of the body: in the leaflet's own letters, and in letters that it lacks."""


@dataclass(frozen=True)
class Sheet:
    """One patient's sheet in its parts, to forge others from."""

    wanted: Wanted
    slots: dict[str, Slot]
    master: master.Master
    content: bytes

    @property
    def leaflet(self) -> bytes:
        return self.master.leaflet.content

    @property
    def objects(self) -> dict[int, bytes]:
        """What the sheet adds, by number, but for the table of it."""
        found = trust.OBJECT.findall(self.content[len(self.leaflet) :])
        return {int(number): body for number, body in found[:-1]}

    def judged(self, content: bytes) -> str | None:
        days = verify.days(as_it_ships(), self.wanted.edition, TODAY)
        return trust.trusted(content, self.master, days)

    def forged(self, number: int, body: bytes) -> bytes:
        """Add another object, with a table that is right: as who knows our code would."""
        return self.leaflet + update.appended(self.master.leaflet, self.objects | {number: body})

    def painted(self, change: Callable[[bytes], bytes], page: int = 0) -> bytes:
        """Change what is painted over a page."""
        number = self.master.leaflet.overlays[page]
        old = zlib.decompress(trust.STREAM.fullmatch(self.objects[number])[1])  # type: ignore[index] # is one
        new = change(old)
        assert new != old
        return self.forged(number, subset.compressed(zlib.compress(new)))

    def said(self, key: str, text: str) -> bytes:
        """Stamp other words into one place."""
        slots = [replace(slot, text=text) if slot.key == key else slot for slot in self.slots.values()]
        return stamped(self.master, slots)


def stamped(made: master.Master, slots: list[Slot]) -> bytes:
    stamp = master.stamp(made, slots)
    assert stamp is not None
    return made.leaflet.content + update.update(made.leaflet, stamp)


def recipient(lang: str, need: Need = Need.PLAIN, **about: str) -> Recipient:
    name, site = NAMES.get(lang, NAMES["en"])
    return Recipient(1, (TOPIC,), lang, TREATED, **{"name": name, "site": site, "need": need, **about})  # type: ignore[arg-type] # by name


def job(library: Library, edition: Edition, slots: dict[str, Slot]) -> Job:
    return Press(library).render(edition, compose(library, edition, slots))


def places(one: Recipient, library: Library | None = None) -> tuple[Wanted, dict[str, Slot]]:
    library = library or as_it_ships()
    (clinic,) = library.clinics.values()
    (wanted,), held = chosen(library, Terms(clinic, TODAY, drafts=True), [one])
    assert held == []
    return wanted, personal.slots(library, wanted.edition, TREATED, one.said)


def sheet(lang: str, need: Need = Need.PLAIN, **about: str) -> Sheet:
    wanted, slots = places(recipient(lang, need, **about))
    made = master.make(job(as_it_ships(), wanted.edition, personal.free(slots)))
    assert isinstance(made, master.Master)
    return Sheet(wanted, slots, made, stamped(made, list(slots.values())))


@pytest.fixture(scope="module")
def english() -> Sheet:
    return sheet("en")


@pytest.fixture(scope="module")
def hindi() -> Sheet:
    """One with a font of its own, and with letters beside its glyphs."""
    made = sheet("hi")
    assert any(b"/Type0" in body for body in made.objects.values())
    return made


# --- Good ones -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "need"),
    [("ar", Need.PLAIN), ("zh-Hans", Need.PLAIN), ("ar", Need.BILINGUAL), ("ko", Need.LARGE_PRINT)],
)  # fmt: skip
def test_a_sheet_is_trusted_whatever_the_script_of_its_words(lang: str, need: Need) -> None:
    made = sheet(lang, need)
    assert made.judged(made.content) is None


def test_a_name_in_any_of_our_scripts_is_trusted(english: Sheet) -> None:
    """Else a patient's own name would make the sheet look forged."""
    for name in ("Żółć", "Ελένη", "Анна Ё", "سارَة مُحَمَّد", "ישראל", "ก้ำ ที่", "ქართ", "김", "क्षत्रिय"):
        wanted, slots = places(recipient("en", name=name))
        assert english.judged(stamped(english.master, list(slots.values()))) is None
        assert wanted.edition == english.wanted.edition


def test_verify_makes_the_leaflet_again_and_knows_the_sheet(hindi: Sheet, tmp_path: Path) -> None:
    verdict = judged(hindi.content, tmp_path)
    assert (verdict.ours, verdict.current, verdict.words_current) == (True, True, True)
    assert (verdict.personal, verdict.why, verdict.status) == (True, "", Status.DRAFT)


def judged(content: bytes, folder: Path, library: Library | None = None) -> verify.Verdict:
    file = folder / "sheet.pdf"
    file.write_bytes(content)
    verdict = verify.verify(file, library or as_it_ships(), folder, TODAY)
    assert verdict is not None
    return verdict


# --- Forged ones -----------------------------------------------------------------------------------


def test_a_danger_sign_painted_over_in_the_update_is_found(english: Sheet) -> None:
    """The words of a page are one stream: to replace it is to replace every danger sign on it."""
    with pikepdf.open(BytesIO(english.leaflet)) as pdf:
        number, _ = pdf.pages[0].obj.Contents[0].objgen
        words = pdf.pages[0].obj.Contents[0].read_bytes()
    forged = english.forged(number, subset.compressed(zlib.compress(words[: len(words) // 2])))
    assert english.judged(forged) == "a part of the leaflet is replaced"


def test_another_content_of_a_page_is_found(english: Sheet) -> None:
    with pikepdf.open(BytesIO(english.leaflet)) as pdf:
        number, _ = pdf.pages[0].obj.objgen
        page = pdf.pages[0].obj
        page.Contents = page.Contents[1]
        body = page.unparse()
    assert english.judged(english.forged(number, body)) == "a part of the leaflet is replaced"


def test_an_object_more_is_found(english: Sheet) -> None:
    number = update.size(english.master.leaflet)
    forged = english.forged(number, b"<</Type /Annot>>")
    assert english.judged(forged) == "a font was added that is none of careleaf's"


def test_a_second_update_is_found(english: Sheet) -> None:
    whole = replace(
        english.master.leaflet, artifact=replace(english.master.leaflet.artifact, content=english.content)
    )
    forged = english.content + update.appended(whole, english.objects)
    assert english.judged(forged) == "what follows the leaflet is no sheet's"


@pytest.mark.parametrize(
    "entry", [b"/Root 2 0 R", b"/Info ", b"/Prev ", b"/Index [", b"/Size ", b"/ID [(", b"startxref\n"]
)
def test_another_entry_of_the_trailer_is_found(english: Sheet, entry: bytes) -> None:
    """With another root, a viewer shows another document."""
    place = english.content.rindex(entry) + len(entry) - (5 if entry.endswith(b"R") else 0)
    digit = b"8" if english.content[place : place + 1] != b"8" else b"9"
    forged = english.content[:place] + digit + english.content[place + 1 :]
    assert english.judged(forged) is not None


PAINTED = "something is painted besides one line of text in each place"


@pytest.mark.parametrize(
    "more",
    [
        b"1 1 1 rg\n0 0 600 800 re f",
        b"/Im0 Do",
        b"BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI",
        b"% nothing to see",
        b"0 0 m",
        b"/Span <</MCID 0>> BDC\n/a1.0 gs\n0 0 0 rg\nBT\n1 0 0 -1 9 9 Tm\n/SDIUIR 9 Tf\n[<002d>] TJ\nET\nEMC",
    ],
    ids=["white rectangle", "picture", "picture in line", "comment", "path", "line more"],
)  # fmt: skip
def test_whatever_else_is_painted_is_found(english: Sheet, more: bytes) -> None:
    for forged in (
        english.painted(lambda old: old[:-1] + more + b"\nQ"),
        english.painted(lambda old: old + b"\n" + more),
        english.painted(lambda old: more + b"\n" + old),
        english.painted(lambda old: old.replace(b"/Span", more + b"\n/Span", 1)),
    ):
        assert english.judged(forged) == PAINTED


def test_a_white_rectangle_inside_a_line_is_found(english: Sheet) -> None:
    forged = english.painted(lambda old: old.replace(b"BT\n", b"0 0 600 800 re f\nBT\n", 1))
    assert english.judged(forged) == "something is painted that is no line of text"
    forged = english.painted(lambda old: old.replace(b"\nET", b"\nET\n0 0 600 800 re f", 1))
    assert english.judged(forged) == "something is painted that is no line of text"


def test_a_mark_that_is_used_twice_or_not_at_all_is_found(english: Sheet) -> None:
    line = re.compile(rb"/Span .*?EMC\n", re.DOTALL)
    twice = english.painted(lambda old: line.sub(lambda found: found[0] * 2, old, count=1))
    without = english.painted(lambda old: line.sub(b"", old, count=1))
    other = english.painted(lambda old: re.sub(rb"MCID \d+", b"MCID 9999", old, count=1))
    assert [english.judged(each) for each in (twice, without, other)] == [PAINTED] * 3


def test_a_page_turned_or_made_larger_is_found(english: Sheet) -> None:
    assert english.judged(english.painted(lambda old: old.replace(b"0.75 0 0", b"7.50 0 0", 1))) == PAINTED


SIZE = re.compile(rb"(?<=/SDIUIR )16(?= Tf)")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (rb"-1 [\d.]+ ", b"-1 9.0 ", "a line is outside its place"),
        (rb"(?<=\d )[\d.]+ Tm", b"500.0 Tm", "a line is outside its place"),
        (rb"\[<", b"[-50000<", "a line is outside its place"),
        (rb"\[<", b"[9000<", "a line is outside its place"),
        (rb">0<", b">-90000<", "a line is outside its place"),
        (rb" Tf\n", b" Tf\n90 Ts\n[<>] TJ\n0 Ts\n", "a line is outside its place"),
        (rb" 16 Tf", b" 160 Tf", "a line is in letters of its own size"),
        (rb"[\d.]+ [\d.]+ [\d.]+ rg", b"1 1 1 rg", "a line has a colour of its own"),
        (rb"/a1.0 gs", b"/a0.0 gs", "a line has a colour of its own"),
        (rb"1 0 0 -1 ", b"9 0 0 -9 ", "something is painted that is no line of text"),
        (rb" Tf\n", b" Tf\n90 Tz\n", "something is painted that is no line of text"),
        (rb"\]", b"9 9]", "something is painted that is no line of text"),
        (rb"> TJ|\] TJ", b"] TJ\n/SDIUIR 900 Tf\n[<002d>] TJ", "a line has several fonts"),
        (rb"\] TJ", b"] TJ\n8 Ts", "a line lifts those after it"),
        (rb"\[.*\] TJ", b"[] TJ", "a place is empty"),
        (rb"/[A-Z]{6} ", b"/ABCDEF ", "a letter is shown that the fonts do not have"),
        (rb"\[<002d", b"[<fff0", "a letter is shown that the fonts do not have"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_painted_as_its_place_would_is_found(
    english: Sheet, old: bytes, new: bytes, why: str
) -> None:
    forged = english.painted(lambda body: re.sub(old, new.replace(b"\\", rb"\\"), body, count=1))
    assert english.judged(forged) == why


def test_a_font_under_a_name_of_the_leaflets_is_found(english: Sheet, hindi: Sheet) -> None:
    """It would change every word of the leaflet that is set in that font."""
    forged = hindi.objects[hindi.master.leaflet.fonts]
    name, own = (
        re.findall(rb"/([A-Z]{6}) \d+ 0 R", forged)[0],
        re.findall(rb"/P[A-Z]{6} (\d+) 0 R", forged)[0],
    )
    for changed in (
        re.sub(rb"/%b \d+" % name, b"/%b %b" % (name, own), forged),
        forged.replace(b">>", b" /%b %b 0 R>>" % (name, own)),
        re.sub(rb"/%b \d+ 0 R " % name, b"", forged),
    ):
        assert hindi.judged(hindi.forged(hindi.master.leaflet.fonts, changed)) == (
            "the leaflet's own fonts are not what they were"
        )
    alone = english.forged(english.master.leaflet.fonts, b"<<" + english.master.leaflet.entries + b">>")
    assert english.judged(alone) == "a part of the leaflet is replaced"


def test_a_font_whose_letters_are_drawn_otherwise_is_found(hindi: Sheet) -> None:
    """A letter can be drawn as a white page, or 3 as 8."""
    numbers = sorted(number for number in hindi.objects if number >= update.size(hindi.master.leaflet))
    program = numbers[3]
    packed = trust.STREAM.fullmatch(hindi.objects[program])[1]  # type: ignore[index] # is one
    whole = bytearray(zlib.decompress(packed))
    whole[len(whole) // 2] ^= 1
    forged = subset.compressed(zlib.compress(bytes(whole)), b"/Length1 %d" % len(whole))
    assert hindi.judged(hindi.forged(program, forged)) == "a font was added that is none of careleaf's"


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (0, rb"/XXGlyphs \[\d+", b"/XXGlyphs [1"),
        (0, rb"/XXGlyphs \[.*\]", b"/XXGlyphs []"),
        (0, rb"/XXGlyphs \[\d+", b"/XXGlyphs [99999999999999999999"),
        (0, rb"/Encoding", b"/Encoding /Identity-V /Other"),
        (1, rb"/W \[.*?\]\]", b"/W []"),
        (2, rb"/Ascent \d+", b""),
        (2, rb"/FontFile2 \d+", b"/FontFile2 1"),
        (4, rb"stream", b"maerts"),
    ],
)
def test_a_font_that_is_written_otherwise_is_found(hindi: Sheet, part: int, old: bytes, new: bytes) -> None:
    number = update.size(hindi.master.leaflet) + part
    forged = re.sub(old, new, hindi.objects[number], count=1)
    assert forged != hindi.objects[number]
    assert hindi.judged(hindi.forged(number, forged)) is not None


def test_another_day_is_found(english: Sheet) -> None:
    """Else a wound is wetted too early: the words in the place are a day, and it is the wrong one."""
    later = personal.slots(as_it_ships(), english.wanted.edition, TREATED + timedelta(days=1), {})
    days = [key for key in english.slots if personal.is_day(key) and english.slots[key] != later.get(key)]
    assert len(days) > 10
    for key in (days[0], days[3], days[-1]):
        forged = english.said(key, later[key].text)
        assert english.judged(forged) == "its days do not follow from a day of treatment"


def test_days_of_another_treatment_are_no_forgery_if_all_of_them_are(english: Sheet) -> None:
    """Whoever has careleaf can make that sheet anew: what is proved is that its days belong together."""
    edition, said = english.wanted.edition, english.wanted.recipient.said
    earlier = (TREATED - timedelta(days=past) for past in range(1, 99))
    sheets = (personal.slots(as_it_ships(), edition, day, said) for day in earlier)
    other = next(slots for slots in sheets if slots.keys() == english.slots.keys())
    assert english.judged(stamped(english.master, list(other.values()))) is None


def test_a_day_that_is_read_out_as_another_is_found(hindi: Sheet) -> None:
    """Screen readers say the letters that stand beside the glyphs."""
    forged = hindi.painted(
        lambda old: re.sub(
            rb"(feff)([0-9a-f]+)(?=>>> BDC(?:(?!BDC).)*Q$)", rb"\g<1>0031", old, flags=re.DOTALL
        ),
        page=last_page(hindi),
    )
    assert hindi.judged(forged) == "its days do not follow from a day of treatment"


def last_page(made: Sheet) -> int:
    return max(made.master.leaflet.overlays)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_a_byte_changed_inside_the_leaflet_is_found(english: Sheet, part: float) -> None:
    content = bytearray(english.content)
    content[int(part * len(english.leaflet))] ^= 1
    assert english.judged(bytes(content)) == "the leaflet itself is not as careleaf makes it"


@settings(max_examples=40, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_bit_changed_in_what_a_sheet_adds_is_found(english: Sheet, place: float, bit: int) -> None:
    content = bytearray(english.content)
    start = len(english.leaflet)
    content[start + int(place * (len(content) - start))] ^= 1 << bit
    assert english.judged(bytes(content)) is not None


@settings(max_examples=20, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True))
def test_a_sheet_that_was_cut_off_is_found(english: Sheet, place: float) -> None:
    assert english.judged(english.content[: int(place * len(english.content))]) is not None


def test_a_leaflet_whose_places_are_empty_is_no_sheet(english: Sheet) -> None:
    assert english.judged(english.leaflet) == "what follows the leaflet is no sheet's"


@pytest.mark.parametrize(
    "added", [b"1 0 obj\n\nendobj\n" * 3, b"9" * 5000 + b" 0 obj\n\nendobj\n" * 2, b"\0" * 99]
)
def test_what_cannot_be_read_is_found(english: Sheet, added: bytes) -> None:
    assert english.judged(english.leaflet + added) is not None


# --- What verify says ------------------------------------------------------------------------------


def told(content: bytes, folder: Path, *args: str) -> Result:
    (folder / "sheet.pdf").write_bytes(content)
    return careleaf("verify", folder / "sheet.pdf", "--root", ROOT, "--out", folder, *args)


@pytest.mark.usefixtures("one_process_one_day")
def test_verify_says_that_only_places_are_filled_in_and_not_with_what(english: Sheet, tmp_path: Path) -> None:
    result = told(english.content, tmp_path)
    assert result.exit_code == 0
    assert (
        "Bytes:   the leaflet as we built it, and only its places filled in\nText:    current\n"
        in result.stdout
    )
    assert "Jane" not in result.output
    assert "cheek" not in result.output


@pytest.mark.usefixtures("one_process_one_day")
def test_verify_says_what_was_changed_and_fails(english: Sheet, tmp_path: Path) -> None:
    forged = english.painted(lambda old: old + b"\n0 0 600 800 re f")
    result = told(forged, tmp_path)
    assert result.exit_code == 1
    assert f"Bytes:   CHANGED, {PAINTED}: do not hand it out\n" in result.stdout
    assert (row := parsed(told(forged, tmp_path, "--json")))["ours"] is False
    assert (row["personal"], row["why"]) == (True, PAINTED)
    assert "Jane" not in str(row)


def test_verify_finds_a_byte_changed_inside_the_leaflet(english: Sheet, tmp_path: Path) -> None:
    """It must not pass for a sheet of its own layout."""
    content = bytearray(english.content)
    content[english.content.index(b"%", 1) + 1] ^= 1
    verdict = judged(bytes(content), tmp_path)
    assert (verdict.ours, verdict.why) == (False, "the leaflet itself is not as careleaf makes it")


def test_what_was_added_cannot_change_what_a_sheet_says_it_is(english: Sheet, tmp_path: Path) -> None:
    """Else a forger adds another digest, and verify says that nobody can tell."""
    with pikepdf.open(BytesIO(english.leaflet)) as pdf:
        number, _ = pdf.attachments["leaflet.json"].obj.EF.F.objgen
        source = pdf.attachments["leaflet.json"].get_file().read_bytes()
    digest = english.wanted.edition.digest.encode()
    other = subset.compressed(zlib.compress(source.replace(digest, digest[::-1])))
    forged = english.forged(number, other)
    with pikepdf.open(BytesIO(forged)) as pdf:
        assert digest not in pdf.attachments["leaflet.json"].get_file().read_bytes(), (
            "a viewer sees the other"
        )
    assert judged(forged, tmp_path).why == "a part of the leaflet is replaced"


def test_a_sheet_whose_words_did_not_fit_is_of_its_own_layout(tmp_path: Path) -> None:
    wanted, slots = places(recipient("en", name="Test Reviewer " * 6))
    content = write(job(as_it_ships(), wanted.edition, slots)).content
    verdict = judged(content, tmp_path)
    assert (verdict.ours, verdict.current, verdict.words_current, verdict.why) == (None, True, True, "")
    assert judged(content[:-9], tmp_path).ours is False, "cut off"


@pytest.mark.usefixtures("one_process_one_day")
def test_verify_says_that_a_sheet_of_its_own_layout_cannot_be_compared(tmp_path: Path) -> None:
    wanted, slots = places(recipient("en", name="Test Reviewer " * 6))
    result = told(write(job(as_it_ships(), wanted.edition, slots)).content, tmp_path)
    assert result.exit_code == 1
    assert "Bytes:   of its own layout" in result.stdout
    assert "Reviewer" not in result.output


def test_after_an_edit_a_sheets_words_are_not_current(english: Sheet, tmp_path: Path) -> None:
    library = as_it_ships()
    topic = library.topics[TOPIC]
    edited = topic.model_copy(update={"title": f"{topic.title} again"})
    verdict = judged(english.content, tmp_path, replace(library, topics={**library.topics, TOPIC: edited}))
    assert (verdict.ours, verdict.current, verdict.words_current) == (None, False, False)


def test_after_another_phone_number_a_sheets_words_still_are(english: Sheet, tmp_path: Path) -> None:
    library = as_it_ships()
    clinics = {
        name: clinic.model_copy(update={"phone": "020 7946 0999"}) for name, clinic in library.clinics.items()
    }
    verdict = judged(english.content, tmp_path, replace(library, clinics=clinics))
    assert (verdict.ours, verdict.current, verdict.words_current) == (None, False, True)


@pytest.mark.parametrize("gone", ["topics", "locales", "clinics", "formats"])
def test_a_sheet_of_what_the_library_no_longer_has_is_not_current(
    english: Sheet, tmp_path: Path, gone: str
) -> None:
    nothing: dict[str, Any] = {gone: {}}
    verdict = judged(english.content, tmp_path, replace(as_it_ships(), **nothing))
    assert (verdict.ours, verdict.words_current, verdict.status) == (None, False, Status.MISSING)


def test_a_sheet_of_several_treatments_is_compared_with_the_topic_made_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file of the library has that topic: it is put together again."""
    ships = as_it_ships()
    both = several.name((TOPIC, "after-peel"))
    topic = ships.topics[TOPIC].model_copy(update={"name": both})
    library = replace(ships, topics={**ships.topics, both: topic})
    monkeypatch.setattr(several, "merged", lambda *_: SimpleNamespace(library=library, conflicts=()))
    wanted, slots = places(replace(recipient("en"), topics=(TOPIC, "after-peel")), library)
    made = master.make(job(library, wanted.edition, personal.free(slots)))
    assert isinstance(made, master.Master)
    verdict = judged(stamped(made, list(slots.values())), tmp_path)
    assert verdict.edition.startswith(both)
    assert (verdict.ours, verdict.current, verdict.why) == (True, True, "")


def test_a_sheet_of_treatments_that_no_longer_go_together_is_not_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, english: Sheet
) -> None:
    def refused(*_: object) -> None:
        raise ValueError("for different audiences")

    monkeypatch.setattr(several, "merged", refused)
    name = reading.Name(
        topic=several.name((TOPIC, "gone")), lang="en", clinic="riverside", format="sheet", path=""
    )
    source = reading.Source(
        edition=name, digest="", text_digest="", topic=reading.Version(version=1), places=("en/treated",)
    )
    monkeypatch.setattr(reading, "source", lambda _: source)
    verdict = judged(english.content, tmp_path)
    assert (verdict.ours, verdict.words_current, verdict.status) == (None, False, Status.MISSING)
