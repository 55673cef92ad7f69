"""A sheet that is stamped onto its leaflet is the one that a layout of its own would give, and nobody else's.

What a user would lose: a name on a line of another's, a date that only one of two ways shows, or the name of
one patient in the file of another.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Final

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from PIL import ImageChops

from careleaf import batch
from careleaf.model import Library, Need, Recipient
from careleaf.pdf import master, raster
from careleaf.pdf.engine import ATTACHMENT
from tests.conftest import Tiny, as_it_ships
from tests.patients import NAMES, aftercare, everything, found, patient, sheets
from tests.reading import structure, words

LANGS: Final = ("en", "ar", "zh-Hans")
NEEDS: Final = (Need.PLAIN, Need.LARGE_PRINT)
DOTS: Final = 60
"""In an inch: enough to see a letter that is off by a tenth of its height."""
SITE: Final = "left cheek"
CLINICIAN: Final = "Test Reviewer"


def people() -> Iterator[Recipient]:
    """Everybody whose sheet is made: two scripts in each language and size: each script twice."""
    for place, (lang, need) in enumerate(product(LANGS, NEEDS)):
        for turn in (place, place + 3):
            name = tuple(NAMES.values())[turn % len(NAMES)]
            more = {"site": SITE, "clinician": CLINICIAN, "need": need, "topics": ("after-laser",)}
            yield patient(2 + place + turn * 10, name, lang, treated_on=date(2026, 11, 16 + turn % 5), **more)


PEOPLE: Final = tuple(people())


@dataclass(frozen=True)
class Both:
    """The same sheets made in both ways, by row, and a folder with their files."""

    stamped: dict[int, batch.Sheet]
    anew: dict[int, batch.Sheet]
    folder: Path


def made_both_ways(library: Library, people: Sequence[Recipient], folder: Path) -> Both:
    """Make the same sheets by stamping and by a layout of their own; nothing is told of any."""
    stamped, told = sheets(library, people)
    assert told == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(master, "stamp", lambda *_: None)
        anew, told = sheets(library, people)
    assert told == []
    for way, made in (("stamped", stamped), ("anew", anew)):
        for row, sheet in made.items():
            (folder / f"{way}-{row}.pdf").write_bytes(sheet.content)
    return Both(stamped, anew, folder)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Sheets of the library as it ships, in both ways."""
    return made_both_ways(as_it_ships(), PEOPLE, tmp_path_factory.mktemp("sheets"))


def same_look(made: Both, row: int) -> None:
    """Compare the pictures of all pages, dot by dot."""
    stamped, anew = (list(raster.pages(each[row].content, DOTS)) for each in (made.stamped, made.anew))
    assert len(stamped) == len(anew) == made.stamped[row].leaflet.pages
    for number, (left, right) in enumerate(zip(stamped, anew, strict=True), 1):
        assert ImageChops.difference(left, right).getbbox() is None, f"page {number} differs"


def test_everybody_gets_a_sheet_and_none_of_them_needs_a_layout_of_its_own(both: Both) -> None:
    assert len({one.row for one in PEOPLE}) == len(PEOPLE) == 12
    assert sorted(one.name for one in PEOPLE) == sorted([*NAMES.values()] * 2)
    assert {(one.lang, one.need) for one in PEOPLE} == set(product(LANGS, NEEDS))
    assert both.stamped.keys() == both.anew.keys() == {one.row for one in PEOPLE}
    assert all(sheet.stamp for sheet in both.stamped.values())
    assert not any(sheet.stamp for sheet in both.anew.values())


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: f"{one.lang}-{one.row}-{one.need}")
def test_stamped_and_laid_out_anew_look_alike_to_the_last_dot(both: Both, one: Recipient) -> None:
    same_look(both, one.row)


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: f"{one.lang}-{one.row}-{one.need}")
def test_stamped_and_laid_out_anew_read_alike_to_a_screen_reader(both: Both, one: Recipient) -> None:
    stamped, anew = (structure(both.folder / f"{way}-{one.row}.pdf") for way in ("stamped", "anew"))
    assert stamped.unmarked == anew.unmarked == []
    said = words(stamped.root.text())
    assert said == words(anew.root.text())
    for text in (one.name, SITE, CLINICIAN):
        assert " ".join(words(text)) in " ".join(said)


# --- What does not fit into its place --------------------------------------------------------------

UNFIT: Final = {
    "long": ("Jane " + "Example " * 14).strip(),
    "one long word": "Example" * 12,
    "two fonts, two directions": "דוגמה Jane",
    "three fonts": "दे 한 Jane",
}
MIXED: Final = {
    "two scripts in one font": "王 Jane",
    "two directions in one font": "Jane نموذج",
    "a number in it": "Jane (2) نموذج",
    "a mark of its own": "J\u0323\u0304ane",
}
"""Awkward, and yet on one line in one font."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """The small library. Read only."""
    return aftercare(tmp_path_factory.mktemp("small") / "library")


ASKED: Final = dict(enumerate(product(("en", "ar"), {**UNFIT, **MIXED}), 2))
"""What is asked for in each row: a language, and a kind of name."""


@pytest.fixture(scope="module")
def awkward(small: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Sheets of the small library for every awkward name, in both ways."""
    people = [patient(row, {**UNFIT, **MIXED}[kind], lang) for row, (lang, kind) in ASKED.items()]
    return made_both_ways(small.library(), people, tmp_path_factory.mktemp("awkward"))


@pytest.mark.parametrize(("row", "asked"), ASKED.items(), ids=map(str, ASKED.values()))
def test_an_awkward_name_is_whole_and_only_what_does_not_fit_is_laid_out_anew(
    awkward: Both, row: int, asked: tuple[str, str]
) -> None:
    name = {**UNFIT, **MIXED}[asked[1]]
    assert bool(awkward.stamped[row].stamp) is (asked[1] in MIXED)
    said = words(structure(awkward.folder / f"stamped-{row}.pdf").root.text())
    # Where two directions meet, the order of the parts is a matter of sight: the pictures show it.
    for part in words(name):
        assert part.strip("()") in "".join(said)
    same_look(awkward, row)


# --- The bytes -------------------------------------------------------------------------------------


def attached(content: bytes) -> bytes:
    with pikepdf.open(BytesIO(content)) as pdf:
        return pdf.attachments[ATTACHMENT].get_file().read_bytes()


def test_every_sheet_of_one_shape_starts_with_the_bytes_of_the_same_leaflet(both: Both) -> None:
    leaflets: dict[str, set[bytes]] = {}
    for sheet in both.stamped.values():
        assert sheet.content.startswith(sheet.leaflet.content)
        assert len(sheet.content) - len(sheet.leaflet.content) < 40_000
        leaflets.setdefault(sheet.wanted.edition.path, set()).add(sheet.leaflet.content)
    assert len(leaflets) == len(LANGS) * len(NEEDS)
    # How often the clinic is closed in the time of healing is part of a shape: these all have as many days.
    assert all(len(found) == 1 for found in leaflets.values())


def test_the_embedded_source_has_no_word_of_a_patient(both: Both, small: Tiny) -> None:
    made, _ = sheets(small.library(), [patient(2, UNFIT["three fonts"], site=SITE, clinician=CLINICIAN)])
    for sheet in (*both.stamped.values(), *both.anew.values(), *made.values()):
        one, source = sheet.wanted.recipient, attached(sheet.content)
        assert json.loads(source)["edition"]["topic"] == one.topics[0]
        said = {
            one.name,
            *(word for word in one.name.split() if len(word) > 2),
            SITE,
            CLINICIAN,
            one.treated_on.isoformat(),
        }
        assert found(said, source) == []


def test_a_sheet_has_the_same_bytes_alone_in_a_list_and_whoever_makes_it(small: Tiny) -> None:
    library = small.library()
    names = (*NAMES.values(), UNFIT["three fonts"])
    people = [
        patient(row, name, lang, treated_on=date(2026, 11, 20 + row % 3), site=SITE)
        for row, (lang, name) in enumerate(product(("en", "ar"), names), 2)
    ]
    alone = {one.row: sheets(library, [one])[0][one.row].content for one in people}
    assert len(set(alone.values())) == len(people) == 14
    for order in (people, people[::-1]):
        made, told = sheets(library, order)
        assert told == []
        assert {row: sheet.content for row, sheet in made.items()} == alone
    for workers in (1, 2):
        made, told = sheets(library, people, workers=workers)
        assert told == []
        assert {row: sheet.content for row, sheet in made.items()} == alone


# --- Leaks -----------------------------------------------------------------------------------------


def personal_fonts(content: bytes) -> Iterator[pikepdf.Object]:
    """Yield the fonts that only this sheet has."""
    with pikepdf.open(BytesIO(content)) as pdf:
        for name, font in pdf.pages[0].obj.Resources.Font.items():
            if name.startswith("/P"):
                yield font


def letters_of(font: pikepdf.Object) -> str:
    """Give the letters that a font can be read as, by its ToUnicode."""
    _, _, table = font.ToUnicode.read_bytes().partition(b"endcodespacerange")
    rows = re.findall(rb"<[0-9a-f]{4}> <([0-9a-f]+)>", table)
    return "".join(bytes.fromhex(row.decode()).decode("utf-16-be") for row in rows)


def test_a_font_of_ones_own_has_the_letters_of_that_patient_only(both: Both) -> None:
    seen = 0
    for sheet in both.stamped.values():
        one = sheet.wanted.recipient
        mine = set(one.name + SITE + CLINICIAN)
        for font in personal_fonts(sheet.content):
            seen += 1
            letters = letters_of(font)
            assert letters
            assert set(letters) <= mine
            program = font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()
            glyphs = TTFont(BytesIO(program)).getGlyphOrder()
            # Besides the empty one, a letter may be drawn from its parts.
            assert len(glyphs) <= 1 + 3 * len(letters)
    assert seen >= 9, "whoever is written in another script than the sheet has a font"


ONE: Final = {"name": "Żółć Ōkala", "site": "left cheek", "clinician": "Test Reviewer"}
OTHER: Final = {"name": "Ŷvë Ḥūq", "site": "chin", "clinician": "Џонсон Ґ"}
"""Two patients on one list whose words have no unusual letter in common."""


@pytest.fixture(scope="module")
def pair(small: Tiny) -> tuple[batch.Sheet, batch.Sheet]:
    """The sheets of two patients of one list, of the same shape, treated on the same weekday."""
    people = [
        patient(2, treated_on=date(2026, 11, 24), **ONE),
        patient(3, treated_on=date(2026, 3, 3), **OTHER),
    ]
    made, told = sheets(small.library(), people)
    assert told == []
    assert all(sheet.stamp for sheet in made.values())
    assert made[2].leaflet.content == made[3].leaflet.content
    return made[2], made[3]


def said_of(sheet: batch.Sheet) -> set[str]:
    """Give the words that only this patient's sheet has: what is said of it, and every day."""
    one = sheet.wanted.recipient
    about = {word for text in one.said.values() for word in text.split() if len(word) > 2}
    months = {"November"} if one.treated_on.month == 11 else {"March"}
    return about | set(one.said.values()) | months | {one.treated_on.isoformat()}


def read(content: bytes, folder: Path) -> str:
    file = folder / "read.pdf"
    file.write_bytes(content)
    structure.cache_clear()
    return " ".join(words(structure(file).root.text()))


def test_nothing_of_one_patient_is_in_the_file_of_another(
    pair: tuple[batch.Sheet, batch.Sheet], tmp_path: Path
) -> None:
    for mine, other in (pair, pair[::-1]):
        text, whole = read(mine.content, tmp_path), everything(mine.content)
        # What a leaflet itself says, such as when it was last updated, is no patient's.
        leaflet = read(mine.leaflet.content, tmp_path)
        assert all(word in text for word in said_of(mine) if "-" not in word)
        assert [word for word in said_of(other) if word in text and word not in leaflet] == []
        assert found(said_of(other) - set(leaflet.split()), whole) == []


def test_a_letter_that_only_one_patient_has_is_in_no_font_of_another(
    pair: tuple[batch.Sheet, batch.Sheet],
) -> None:
    for mine, other in (pair, pair[::-1]):
        letters = "".join(map(letters_of, all_fonts(mine.content)))
        assert set("".join(mine.wanted.recipient.said.values())) <= set(letters)
        foreign = set("".join(other.wanted.recipient.said.values()))
        common = set("".join(map(letters_of, all_fonts(mine.leaflet.content))))
        assert foreign - common, "this pair can show no leak"
        assert not (foreign - common - set("".join(mine.wanted.recipient.said.values()))) & set(letters)


def all_fonts(content: bytes) -> Iterator[pikepdf.Object]:
    """Yield every font of a file, those too that an older state of it had."""
    with pikepdf.open(BytesIO(content)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and "/ToUnicode" in item:
                yield item


def test_what_a_file_says_of_itself_names_no_patient(pair: tuple[batch.Sheet, batch.Sheet]) -> None:
    for sheet in pair:
        with pikepdf.open(BytesIO(sheet.content)) as pdf:
            about = [str(dict(pdf.docinfo)), pdf.Root.Metadata.read_bytes().decode()]
            about += [str(item) for item in pdf.Root.Outlines.get("/First", {}).items()]
            about += [str(pdf.attachments[name].filename) for name in pdf.attachments]
        said = said_of(sheet) - {"November"}
        assert [word for word in said for text in about if word in text] == []
        assert found(said, attached(sheet.content)) == []
        # In plain letters, a name stands nowhere: on the page it is painted by the numbers of its glyphs.
        assert found(sheet.wanted.recipient.name.split(), everything(sheet.content)) == []
