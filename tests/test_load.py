"""A wrong file is told with its line, its rule and its mend; nothing that is typed changes in silence."""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careleaf import catalogs
from careleaf.check import check
from careleaf.findings import Severity, blocking
from careleaf.load import MAX_BYTES, load
from careleaf.model import Selection
from tests.conftest import TINY, TODAY, Tiny
from tests.refusals import CLINIC, PICTURE, PO, SOURCES, TOPIC, Refusal, place

TITLE = "title: Washing your hands"
LAST = "text: Your skin is soft again., sources: [SOAP]}\n"
TIMES = "value: 4, min: 2, max: 6"

YAML_REFUSALS: Final = {
    "an unknown key": Refusal(
        TOPIC,
        "version: 3",
        "version: 3\ncolour: red",
        f"{TOPIC}:5 unknown-key",
        "'colour' is unknown",
        "spelling",
    ),
    "an unknown key deep inside": Refusal(
        TOPIC,
        "{id: swell,",
        "{id: swell, bold: yes,",
        f"{TOPIC}:24 unknown-key",
        "bold' is unknown",
        "spelling",
    ),
    "a duplicate key": Refusal(
        TOPIC,
        "version: 3",
        "version: 3\nversion: 4",
        f"{TOPIC}:5 duplicate",
        "'version' is here twice",
        "Remove",
    ),
    "a Fact written twice": Refusal(
        TOPIC,
        "  times:",
        "  scrub: {type: number, value: 1, min: 1, max: 2, sources: [SOAP]}\n  times:",
        f"{TOPIC}:10 duplicate",
        "'scrub' is here twice",
        "Remove",
    ),
    "an alias": Refusal(TOPIC, TITLE, "title: *name", f"{TOPIC}:13 alias", "alias", "Write the text out"),
    "an anchor": Refusal(
        TOPIC, TITLE, "title: &name Soap", f"{TOPIC}:13 alias", "anchor", "Write the text out"
    ),
    "an anchor on a list": Refusal(
        TOPIC,
        "    units:\n      - {id: swell",
        "    units: &all\n      - {id: swell",
        f"{TOPIC}:23 alias",
        "anchor",
        "Write the text out",
    ),
    "a merge key": Refusal(TOPIC, TITLE, "<<: *base", f"{TOPIC}:13 alias", "alias", "Write the text out"),
    "a tag": Refusal(
        TOPIC, TITLE, "title: !!str Soap", f"{TOPIC}:13 tag", "tag:yaml.org,2002:str", "Remove the tag"
    ),
    "a tag that runs code": Refusal(
        TOPIC,
        TITLE,
        'title: !!python/object/apply:os.system ["id"]',
        f"{TOPIC}:13 tag",
        "os.system",
        "Remove",
    ),
    "two documents": Refusal(
        TOPIC, LAST, f"{LAST}---\ntitle: Another\n", f"{TOPIC}:38 yaml", "second document", "one document"
    ),
    "90,000 brackets": Refusal(TOPIC, "", "[" * 90_000, f"{TOPIC}:1 depth", "nests deeper", "flatter"),
    "deep nesting in lists": Refusal(TOPIC, "", "- " * 90_000, f"{TOPIC}:1 depth", "nests deeper", "flatter"),
    "deep nesting in keys": Refusal(TOPIC, "", "? " * 90_000, f"{TOPIC}:1 depth", "nests deeper", "flatter"),
    "a colon in an unquoted text": Refusal(
        TOPIC, TITLE, f"{TITLE}: now", f"{TOPIC}:13 yaml", "not YAML", "quote the text"
    ),
    "a tab as indentation": Refusal(
        TOPIC, "  text: Wash", "\ttext: Wash", f"{TOPIC}:15 yaml", "not YAML", "indent"
    ),
    "a bracket left open": Refusal(
        TOPIC, "value: [3, 5], min", "value: [3, 5, min", f"{TOPIC}:9 yaml", "not YAML"
    ),
    "a NUL": Refusal(TOPIC, TITLE, "title: So\0ap", f"{TOPIC}:0 yaml", "not YAML", "Remove the character"),
    "an empty file": Refusal(TOPIC, "", "# nothing\n", f"{TOPIC}:1 yaml", "not a list of keys", "key: value"),
    "a list in place of keys": Refusal(
        TOPIC, "", "- a\n", f"{TOPIC}:1 yaml", "not a list of keys", "key: value"
    ),
    "a topic that is not UTF-8": Refusal(
        TOPIC, "", b"kind: information\ntitle: Caf\xe9\n", f"{TOPIC}:2 encoding", "not UTF-8", "as UTF-8"
    ),
    "a translation that is not UTF-8": Refusal(
        PO, "", b'msgid ""\nmsgstr ""\n\nmsgid "\xff"\n', f"{PO}:4 encoding", "not UTF-8", "as UTF-8"
    ),
    "a file over the limit": Refusal(
        TOPIC, "", "#" * (MAX_BYTES + 1), f"{TOPIC}:0 size", str(MAX_BYTES + 1), "at most 256 kB"
    ),
    "a translation over the limit": Refusal(PO, "", "#" * (MAX_BYTES + 1), f"{PO}:0 size", "bytes", "split"),
    "a picture over the limit": Refusal(
        PICTURE, "", " " * (MAX_BYTES + 1), f"{PICTURE}:0 size", "bytes", "simpler"
    ),
    "sources that are a list": Refusal(SOURCES, "", "- SOAP\n", f"{SOURCES}:1 yaml", "not a list of keys"),
    "words of the templates that are a list": Refusal(
        "templates/ui.yaml", "", "- call\n", "templates/ui.yaml:1 yaml", "not a list of keys"
    ),
    "approvals that are a list": Refusal(
        "content/approvals/a.yaml",
        "",
        "- action: approved\n",
        "content/approvals/a.yaml:1 yaml",
        "not a list of keys",
    ),
}

SEAL: Final = "0" * 64

MODEL_REFUSALS: Final = {
    "a Section's id that is no slug": Refusal(
        TOPIC,
        "id: later",
        "id: Later on",
        f"{TOPIC}:32 form",
        "has a wrong form (here: 'Later on')",
        "hyphens",
    ),
    "a Unit's id that is no slug": Refusal(
        TOPIC, "id: swell", "id: swéll", f"{TOPIC}:24 form", "swéll", "a to z"
    ),
    "a Unit's id with a path in it": Refusal(
        TOPIC, "id: swell", "id: ../swell", f"{TOPIC}:24 form", "../swell", "a to z"
    ),
    "a Fact's name that is no slug": Refusal(
        TOPIC, "  dry:", "  Dry_Days:", f"{TOPIC}:9 form", "Dry_Days", "a to z"
    ),
    "a Section with the title's id": Refusal(
        TOPIC, "id: later", "id: title", f"{TOPIC}:32 value", "the id of the topic's own title"
    ),
    "a Section with the message's id": Refusal(
        TOPIC, "id: later", "id: message", f"{TOPIC}:32 value", "the id of the topic's own message"
    ),
    "a missing key": Refusal(
        TOPIC, "audience: adult\n", "", f"{TOPIC}:2 missing", "'audience' is missing", "Add it"
    ),
    "an empty text": Refusal(
        TOPIC, TITLE, "title: ' '", f"{TOPIC}:13 form", "'title' is empty", "Write the text"
    ),
    "a text too long": Refusal(
        TOPIC, TITLE, f"title: {'a' * 601}", f"{TOPIC}:13 size", "too long", "600 characters"
    ),
    "a version that is no number": Refusal(
        TOPIC, "version: 3", "version: new", f"{TOPIC}:4 value", "'version'"
    ),
    "a date that does not exist": Refusal(
        TOPIC, "review: 2028-11-22", "review: 2028-02-30", f"{TOPIC}:6 value", "'review'"
    ),
    "a Fact outside its range": Refusal(
        TOPIC, TIMES, "value: 9, min: 2, max: 6", f"{TOPIC}:10 value", "9 is outside 2 to 6"
    ),
    "a span that leaves its range": Refusal(
        TOPIC, "value: [3, 5]", "value: [3, 8]", f"{TOPIC}:9 value", "outside 2 to 7"
    ),
    "a span backwards": Refusal(
        TOPIC, "value: [3, 5]", "value: [5, 3]", f"{TOPIC}:9 value", "outside 2 to 7"
    ),
    "a Fact without a type": Refusal(
        TOPIC, "type: number, ", "", f"{TOPIC}:10 missing", "no type", "Say which"
    ),
    "a Fact without sources": Refusal(
        TOPIC, f"{TIMES}, sources: [SOAP]", TIMES, f"{TOPIC}:10 missing", "sources' is missing", "Add it"
    ),
    "a unit that is none": Refusal(
        TOPIC, "duration-minute", "duration-fortnight", f"{TOPIC}:8 value", "unit'", "Correct"
    ),
    "an hour that does not exist": Refusal(TOPIC, '"15:00"', '"25:00"', f"{TOPIC}:12 value", "25:00"),
    "a time of another zone, which would be printed as another time": Refusal(
        TOPIC, '"15:00"', '"15:00+09:00"', f"{TOPIC}:12 value", "15:00+09:00"
    ),
    "a warning without a level": Refusal(
        TOPIC, "    level: emergency\n", "", f"{TOPIC}:18 value", "warning has a level"
    ),
    "a level on another kind": Refusal(
        TOPIC, "    kind: do\n", "    kind: do\n    level: routine\n", f"{TOPIC}:25 value", "no other section"
    ),
    "a clinic that closes before it opens": Refusal(
        CLINIC, '"17:00"', '"08:00"', f"{CLINIC}:9 value", "open before it closes"
    ),
    "opening hours of another zone": Refusal(CLINIC, '"17:00"', '"17:00Z"', f"{CLINIC}:9 value", "close"),
    "a phone with letters": Refusal(
        CLINIC, "020 7946 0991", "call us", f"{CLINIC}:5 form", "'phone'", "must match"
    ),
    "a phone with a bidi control": Refusal(
        CLINIC, "020 7946 0991", "020 7946\u202e 0991", f"{CLINIC}:5 form", "'phone'", "must match"
    ),
    "a clinic's language written as a name": Refusal(
        CLINIC, "lang: en", "lang: English", f"{CLINIC}:3 form", "'lang'", "must match"
    ),
    "a topic's file whose name is no slug": Refusal(
        "content/topics/Wash Hands.yaml",
        "",
        "",
        "content/topics/Wash Hands.yaml:0 form",
        "'Wash Hands'",
        "hyphens",
    ),
    "a locale's folder whose name is no tag": Refusal(
        "locales/english/profile.yaml",
        "",
        "",
        "locales/english/profile.yaml:0 form",
        "'english'",
        "language tag",
    ),
    "an approval with an unknown key": Refusal(
        "content/approvals/a.yaml",
        "",
        f"seal: {SEAL}\nevents:\n- {{action: approved, by: us}}\n",
        "content/approvals/a.yaml:3 unknown-key",
        "by' is unknown",
        "spelling",
    ),
    "an approval in a role that there is not": Refusal(
        "content/approvals/a.yaml",
        "",
        f"seal: {SEAL}\nevents:\n- action: approved\n  role: nurse\n",
        "content/approvals/a.yaml:4 value",
        "'clinical' or 'linguistic' (here: 'nurse')",
        "Correct",
    ),
    "an event that is neither an approval nor a withdrawal": Refusal(
        "content/approvals/a.yaml",
        "",
        f"seal: {SEAL}\nevents:\n- lang: en\n",
        "content/approvals/a.yaml:3 missing",
        "has no action",
        "Say which",
    ),
}


@pytest.mark.parametrize("refusal", YAML_REFUSALS.values(), ids=YAML_REFUSALS.keys())
def test_a_file_that_does_not_say_plainly_what_its_author_typed_is_refused(
    refusal: Refusal, tiny: Tiny
) -> None:
    refusal.check(tiny)


@pytest.mark.parametrize("refusal", MODEL_REFUSALS.values(), ids=MODEL_REFUSALS.keys())
def test_a_value_that_does_not_fit_is_refused_on_its_own_line(refusal: Refusal, tiny: Tiny) -> None:
    refusal.check(tiny)


@pytest.mark.parametrize(
    "typed", ["no", "off", "Null", "~", "1.10", "12:30", "2026-11-22", "0x1F", "1e3", "007"]
)
def test_a_word_that_yaml_would_change_is_printed_as_it_was_typed(typed: str, tiny: Tiny) -> None:
    tiny.change(TOPIC, TITLE, f"title: {typed}")
    library, findings = load(tiny.root)
    assert not findings
    assert library.topics["washing-hands"].title == typed


def test_norwegian_is_a_language_and_not_the_word_false(tiny: Tiny) -> None:
    tiny.change(CLINIC, "lang: en", "lang: no")
    tiny.change(CLINIC, "country: GB", "country: NO")
    library, findings = load(tiny.root)
    assert not findings
    assert (library.clinics["harbour"].lang, library.clinics["harbour"].country) == ("no", "NO")


@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_a_byte_order_mark_changes_nothing(mark: str, tiny: Tiny) -> None:
    tiny.write(TOPIC, mark + (tiny.root / TOPIC).read_text("utf-8"))
    assert tiny.findings() == []


LINKED: Final = (
    TOPIC,
    CLINIC,
    SOURCES,
    PO,
    PICTURE,
    "locales/ar/profile.yaml",
    "templates/ui.yaml",
    "templates/formats/web/format.yaml",
    "templates/formats/web/page.html",
    "templates/shared/icons/do.svg",
)


@pytest.mark.parametrize("file", LINKED)
def test_a_link_out_of_the_library_is_not_followed(file: str, tiny: Tiny, tmp_path: Path) -> None:
    outside = (tiny.root / file).rename(tmp_path / "elsewhere")
    (tiny.root / file).symlink_to(outside)
    found = [finding for finding in tiny.findings() if place(finding) == f"{file}:0 outside"]
    assert [finding.message for finding in found] == ["this link leads out of the library"]
    assert "copy" in found[0].mend


def test_a_linked_folder_does_not_lead_out_either(tiny: Tiny, tmp_path: Path) -> None:
    outside = (tiny.root / "content/images").rename(tmp_path / "elsewhere")
    (tiny.root / "content/images").symlink_to(outside)
    assert f"{PICTURE}:0 outside" in map(place, tiny.findings())


def test_a_link_inside_the_library_is_fine(tiny: Tiny) -> None:
    (tiny.root / PICTURE).rename(tiny.root / "content/images/kept.svg")
    (tiny.root / PICTURE).symlink_to("kept.svg")
    assert tiny.findings() == []


SEVERAL: Final = (
    *(
        MODEL_REFUSALS[name]
        for name in ("a version that is no number", "an empty text", "a Fact outside its range")
    ),
    Refusal(CLINIC, "country: GB", "country: gb", f"{CLINIC}:4 form", "'country'"),
    Refusal(SOURCES, "grade: B", "grade: D", f"{SOURCES}:1 value", "'grade'"),
    Refusal(PICTURE, "<circle", "<script/><circle", f"{PICTURE}:0 svg", "<script>"),
    Refusal(PO, 'msgctxt "title"\n', "", f"{PO}:6 context", "no msgctxt"),
    Refusal(
        "templates/formats/web/page.css", "", "@import '//x';", "templates/formats/web/page.css:1 remote", ""
    ),
    Refusal(
        "locales/ar/profile.yaml",
        "direction: rtl",
        "direction: up",
        "locales/ar/profile.yaml:7 value",
        "direct",
    ),
)


def test_all_faults_of_all_files_come_back_in_one_run(tiny: Tiny) -> None:
    for refusal in SEVERAL:
        refusal.put_into(tiny)
    told = {place(finding) for finding in tiny.findings()}
    assert {refusal.told for refusal in SEVERAL} <= told


def test_one_unreadable_topic_does_not_ask_for_its_translation_to_be_removed(tiny: Tiny) -> None:
    tiny.change(TOPIC, TITLE, f"{TITLE}: now")
    files = {finding.file for finding in tiny.findings() if finding.severity is Severity.ERROR}
    assert PO not in files
    assert CLINIC not in files


def test_a_folder_that_is_no_library_is_told_with_what_to_do(tmp_path: Path) -> None:
    _, findings = load(tmp_path)
    assert [finding.rule for finding in findings] == ["library"]
    assert "careleaf new library" in findings[0].mend


def test_an_error_leaves_no_output_folder_behind(tiny: Tiny, tmp_path: Path) -> None:
    tiny.change(TOPIC, "version: 3", "version: new")
    report = tiny.build(tmp_path / "out")
    assert not report.built
    assert not report.ok
    assert not (tmp_path / "out").exists()


def test_an_error_leaves_yesterdays_leaflets_as_they_are(tiny: Tiny, tmp_path: Path) -> None:
    out, texts = tmp_path / "out", Selection(formats=("text",))
    assert tiny.build(out, texts).built
    before = _snapshot(out)
    tiny.change(TOPIC, "{scrub}.", "{scrubb}.")
    assert blocking(tiny.build(out, texts).findings)
    assert _snapshot(out) == before


def _snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


# From here on: whatever a file holds, it is a Finding or a value, and never a traceback.

GOOD_TOPIC = (TINY / TOPIC).read_text("utf-8")
GOOD_CLINIC = (TINY / CLINIC).read_text("utf-8")
GOOD_PO = (TINY / PO).read_text("utf-8")
YAML_BITS = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "&a ",
        "*a ",
        "!!x ",
        "'",
        '"',
        "|\n",
        ">\n",
        "? ",
        "\t",
        "\n",
        "%YAML 9\n",
        "---\n",
        "...\n",
        "# ",
        "<<: ",
        '"\\0line": 1\n',
        '"\\ud800"',
        "17:00Z",
        "-1",
        "1e999",
        "9" * 5000,
        "\u2028",
    ]
)
PO_BITS = st.sampled_from(
    [
        "#~ ",
        "#| ",
        "#, fuzzy\n",
        "msgctxt ",
        "msgid ",
        "msgid_plural ",
        "msgstr[9] ",
        "msgstr ",
        '"',
        "\\",
        "\n",
        "\\x",
        "#. ",
        "#: a:1\n",
        "\u2028",
        "\x85",
        "\0",
        "Plural-Forms: nplurals=9;",
        "charset=x",
    ]
)
examples = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def broken(draw: st.DrawFn, good: str, bits: st.SearchStrategy[str]) -> bytes:
    """Give a good file in which a few short stretches are replaced by something else."""
    text = good
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 30))
        text = text[:start] + draw(bits | st.text(max_size=5)) + text[end:]
    return text.encode("utf-8", "replace")


@examples
@given(content=st.binary(max_size=300) | broken(GOOD_TOPIC, YAML_BITS))
def test_any_bytes_as_a_topic_are_a_topic_or_a_finding(content: bytes, tiny: Tiny) -> None:
    tiny.write(TOPIC, content)
    library, findings = load(tiny.root)
    assert ("washing-hands" in library.topics) != any(f.file == TOPIC for f in findings)
    assert all(finding.message and finding.mend for finding in [*findings, *check(library, TODAY)])


@examples
@given(content=st.binary(max_size=300) | broken(GOOD_CLINIC, YAML_BITS))
def test_any_bytes_as_a_clinic_are_a_clinic_or_a_finding(content: bytes, tiny: Tiny) -> None:
    tiny.write(CLINIC, content)
    library, findings = load(tiny.root)
    assert ("harbour" in library.clinics) != any(f.file == CLINIC for f in findings)
    assert all(finding.message and finding.mend for finding in [*findings, *check(library, TODAY)])


@examples
@given(content=st.binary(max_size=300) | broken(GOOD_PO, PO_BITS))
def test_any_bytes_as_a_translation_are_a_catalog_or_a_finding(content: bytes, tiny: Tiny) -> None:
    tiny.write(PO, content)
    library, findings = load(tiny.root)
    assert ("ar", "washing-hands") in library.catalogs or any(f.file == PO for f in findings)
    assert all(finding.message and finding.mend for finding in [*findings, *check(library, TODAY)])


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200) | broken(GOOD_PO, PO_BITS).map(lambda content: content.decode()))
def test_any_text_as_a_translation_never_raises(text: str) -> None:
    catalog, findings = catalogs.parse("x.po", text)
    assert catalog is not None or findings
