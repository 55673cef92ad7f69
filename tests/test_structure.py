"""The structure tree, read back from the files: what a screen reader is told, and in which order."""

import dataclasses
import json
import re
from collections import Counter
from pathlib import Path
from xml.etree.ElementTree import Element

import pikepdf
import pytest

from careleaf.words import texts
from tests import reading
from tests.conftest import Built
from tests.reading import Printed, Structure

ROLES = {
    "p": "P", "ul": "L", "ol": "L", "li": "LI", "table": "Table", "tr": "TR", "th": "TH", "td": "TD",
    "h1": "H1", "h2": "H2", "a": "Link", "img": "Figure",
}  # fmt: skip
NO_LANGUAGE = "zxx"
"""An address on the web is in no language: no reader aloud may read it as words."""
PAINTING = {"TJ", "Tj", "'", '"', "f", "F", "f*", "S", "s", "B", "B*", "b", "b*", "Do", "sh", "BI"}


def html_roles(body: Element) -> Counter[str]:
    """Count the elements that must be in the tree; a drawing without words is decoration."""
    inside = (each for each in body.iter() if each.tag != "img" or each.get("alt"))
    return Counter(ROLES[each.tag] for each in inside if each.tag in ROLES)


def tree_roles(tree: Structure) -> Counter[str]:
    return Counter(node.role for node in tree.root.walk() if node.role in ROLES.values())


def handouts(built: Built) -> list[tuple[Printed, Structure]]:
    return [(one, reading.structure(one.path)) for one in reading.printed(built, "handout")]


@pytest.mark.parametrize("lang", ["ar", "en", "hi", "ko", "pl"])
def test_a_screen_reader_is_told_what_a_person_has_reviewed(built: Built, lang: str) -> None:
    """One language of each kind of writing that is tagged in its own way."""
    printed = reading.printed(built, "handout", "after-laser")
    (one,) = (each for each in printed if each.edition.lang == lang)
    tree = reading.structure(one.path)
    reading.compare_with_snapshot(f"structure-after-laser-{lang}.txt", "\n".join(tree.root.outline()) + "\n")


def test_every_reviewed_snapshot_is_still_compared() -> None:
    assert {file.name for file in reading.FOLDER.iterdir()} == reading.SNAPSHOTS


def test_every_paragraph_list_table_and_heading_is_one_element(built: Built) -> None:
    for one, tree in handouts(built):
        assert tree_roles(tree) == html_roles(one.body), str(one)
        assert len(tree.root.find("LBody")) == len(tree.root.find("LI")) > 0, str(one)


def test_a_screen_reader_hears_every_word_in_the_order_of_the_text(built: Built) -> None:
    for one, tree in handouts(built):
        expected = reading.spoken(one.body, "foot")
        assert reading.letters(tree.root.text("Lbl")) == reading.letters(expected), str(one)


def test_heads_and_feet_of_pages_are_not_read_out(built: Built) -> None:
    for one, tree in handouts(built):
        pages = len(tree.pages)
        for number, found in enumerate(tree.pages, start=1):
            kept = [mark for mark in found if mark.tag == "Artifact" and mark.glyphs]
            said = "".join(mark.text for mark in kept)
            expected = reading.foot(one, number, pages)
            assert Counter(reading.characters(said)) == Counter(reading.characters(expected)), str(one)


def test_header_cells_say_what_they_head(built: Built) -> None:
    for one, tree in handouts(built):
        headers = tree.root.find("TH")
        assert headers, str(one)
        assert all("Scope=/Row" in header.notes for header in headers), str(one)


def test_lists_say_how_they_are_numbered(built: Built) -> None:
    """A list with bullets says so, and one without says that too (ISO 14289-1, 7.6)."""
    for one, tree in handouts(built):
        lists = tree.root.find("L")
        kinds = Counter(note for node in lists for note in node.notes if note.startswith("ListNumbering="))
        uls = [each for each in one.body.iter() if each.tag == "ul"]
        bulleted = sum("points" in each.get("class", "") for each in uls)
        numbered = sum(each.tag == "ol" for each in one.body.iter())
        expected = {"Disc": bulleted, "None": len(uls) - bulleted, "Decimal": numbered}
        assert kinds == Counter({f"ListNumbering=/{kind}": count for kind, count in expected.items()}), str(
            one
        )
        assert all(bool(node.find("Lbl")) == ("ListNumbering=/None" not in node.notes) for node in lists)


def test_words_in_another_language_say_so(built: Built) -> None:
    for one, tree in handouts(built):
        own = one.edition.lang
        expected = [
            (each.get("lang"), reading.letters("".join(each.itertext())))
            for child in one.body
            if child.get("class") != "foot"
            for each in child.iter()
            if each.get("lang") not in {None, own}
        ]
        marked = [
            (note.removeprefix("Lang="), reading.letters(node.text()))
            for node in tree.root.walk()
            for note in node.notes
            if note.startswith("Lang=")
        ]
        assert marked == expected, str(one)
        addresses = [text for lang, text in expected if lang == NO_LANGUAGE]
        assert addresses == [reading.letters(one.leaflet.address)], str(one)
        assert (len(expected) > len(addresses)) == (own != "en"), str(one)


def test_a_drawing_with_a_meaning_is_described_in_words(built: Built) -> None:
    seen = 0
    for one, tree in handouts(built):
        expected = [each.get("alt") for each in one.body.iter("img") if each.get("alt")]
        figures = tree.root.find("Figure")
        assert [f"Alt={alt}" for alt in expected] == [note for each in figures for note in each.notes], str(
            one
        )
        seen += len(figures)
    assert seen


def test_whatever_is_painted_is_in_the_tree_or_an_artifact(built: Built) -> None:
    for one, tree in handouts(built):
        assert not tree.unmarked, str(one)
        with pikepdf.open(one.path) as pdf:
            for number, page in enumerate(pdf.pages):
                told = [place for node in tree.root.walk() for place in node.places if place[0] == number]
                painted, loose = painted_marks(page)
                assert not loose, f"{one}, page {number + 1}"
                assert sorted(painted) == sorted(mcid for _, mcid in told), f"{one}, page {number + 1}"


def painted_marks(page: pikepdf.Page) -> tuple[list[int], list[str]]:
    """List the marks of a page, and what is painted outside of any mark."""
    around: list[bool] = []
    painted: list[int] = []
    loose: list[str] = []
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator in {"BMC", "BDC"}:
            tag, *properties = instruction.operands
            if properties and "/MCID" in properties[0]:
                painted.append(int(properties[0]["/MCID"]))
                around.append(True)
            else:
                around.append(tag == "/Artifact")
        elif operator == "EMC":
            around.pop()
        elif operator in PAINTING and not any(around):
            loose.append(operator)
    return painted, loose


@pytest.fixture
def long_page(built: Built, tmp_path: Path) -> Structure:
    """A paragraph and a table, each longer than a page."""
    from careleaf.pdf import engine  # noqa: PLC0415 # settles the fonts: only where a page is laid out

    one = reading.printed(built, "handout")[0]
    rows = "".join(f'<tr><th scope="row">Row {row}</th><td>cell</td></tr>' for row in range(90))
    head = "<thead><tr><th>Name</th><th>What</th></tr></thead>"
    markup = (
        f'<html lang="en"><title>Long</title><p>{"many words " * 900}</p><table>{head}{rows}</table></html>'
    )
    artifact = engine.write(dataclasses.replace(one.job, markup=markup, pages=None))
    assert artifact.pages > 4
    file = tmp_path / "long.pdf"
    file.write_bytes(artifact.content)
    return reading.structure(file)


def test_a_paragraph_over_pages_is_read_as_one(long_page: Structure) -> None:
    (paragraph,) = long_page.root.find("P")
    assert len({page for page, _ in paragraph.places}) > 1
    assert len(reading.words(paragraph.own_text)) == 1800


def test_a_table_over_pages_is_read_as_one_and_its_head_once(long_page: Structure) -> None:
    (table,) = long_page.root.find("Table")
    assert len({page for node in table.walk() for page, _ in node.places}) > 1
    assert len(table.find("THead")) == 1
    assert len(table.find("TR")) == 91
    scopes = Counter(note for header in table.find("TH") for note in header.notes)
    assert scopes == {"Scope=/Column": 2, "Scope=/Row": 90}


def test_a_pdf_carries_its_source_and_the_source_is_what_it_prints(built: Built) -> None:
    for one in reading.printed(built, "handout"):
        with pikepdf.open(one.path) as pdf:
            (relationship,) = {str(attached.AFRelationship) for attached in pdf.Root.AF}
            assert relationship == "/Source", str(one)
            (name,) = pdf.attachments
            source = json.loads(pdf.attachments[name].get_file().read_bytes())
        topic = built.library.topics[one.edition.topic]
        assert source["words"] == texts(built.library, topic, one.edition.lang), str(one)
        assert source["words"].keys() == {word.id for word in topic.words()}, str(one)
        drawn = "".join(note.removeprefix("Alt=") for note in _notes(one.path))
        printed = reading.letters(reading.structure(one.path).root.text("Lbl") + drawn)
        missing = [id_ for id_, text in source["words"].items() if not _pattern(text).search(printed)]
        assert missing == [], str(one)


def _notes(path: Path) -> list[str]:
    figures = reading.structure(path).root.find("Figure")
    return [note for figure in figures for note in figure.notes]


def _pattern(text: str) -> re.Pattern[str]:
    """Match a text as it is printed: a placeholder is any value, bold is not seen."""
    parts = re.split(r"\{[a-z0-9-]+\}", text.replace("**", ""))
    return re.compile(".{1,60}?".join(re.escape(reading.letters(part)) for part in parts))
