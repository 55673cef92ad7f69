"""Each row of the table "to add / you add / you edit": a file is added, and its leaflet is there."""

import re
import sys
from pathlib import Path
from types import MappingProxyType

import pikepdf
import pytest

from careleaf import pool, writers
from careleaf.check import check
from careleaf.check import templates as template_rules
from careleaf.load import load
from careleaf.model import Selection
from careleaf.pdf.reading import source
from tests.conftest import TODAY, Tiny

TEXT = Selection(formats=("text",))
PLAIN = Selection(formats=("text", "web"))


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the leaflets in this process: starting workers would take most of the time."""
    monkeypatch.setattr(pool, "run", lambda jobs, _, make: ((job, make(job)) for job in jobs))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The output folder, not made yet."""
    return tmp_path / "out"


SUN = """
kind: prevention
audience: parent
version: 1
updated: 2026-11-22
review: 2028-11-22
facts:
  hours: {type: measure, unit: duration-hour, value: 2, min: 1, max: 2, sources: [SOAP]}
title: Sun cream for your child
message: {text: "Put sun cream on every {hours}.", sources: [SOAP]}
sections:
  - id: call
    kind: warning
    level: same-day
    heading: "Call {phone} if:"
    units:
      - {id: burn, text: the skin has blisters, sources: [SOAP]}
  - id: do
    kind: do
    heading: Do
    units:
      - {id: hat, text: "Put a hat on, too.", sources: [SOAP]}
  - id: in-short
    kind: key-points
    heading: In short
    units:
      - {id: cream, text: Cream keeps the sun off., sources: [SOAP]}
"""


def test_a_topic_is_one_yaml_file(tiny: Tiny, out: Path) -> None:
    tiny.write("content/topics/sun-cream.yaml", SUN)
    assert [finding for finding in tiny.findings() if finding.severity == "error"] == []
    report = tiny.build(out, TEXT)
    assert [edition.lang for edition in report.built if edition.topic == "sun-cream"] == ["en"]
    page = (out / "harbour/en/sun-cream.text.txt").read_text("utf-8")
    assert "Put sun cream on every 2\u00a0hours." in page
    assert "Call 0 2 0, 7 9 4 6, 0 9 9 1 if:" in page, "a phone is read aloud digit by digit"


HEBREW = {
    "title": "רחיצת ידיים",
    "message": "רחצו ידיים {times} פעמים ביום עם **סבון**.",
    "help/heading": "התקשרו אל {emergency} אם:",
    "help/swell": "הידיים מתנפחות",
    "help/action": "או התקשרו אל {phone}.",
    "how/heading": "מה לעשות",
    "how/picture": "יד",
    "how/rub": "שפשפו במשך {scrub}.",
    "how/sun": "השתמשו במוצר עם {factor}, ולא בשעות {noon}.",
    "later/heading": "בהמשך",
    "later/soft/label": "{dry}",
    "later/soft": "העור רך שוב.",
    "in-short/heading": "בקיצור",
    "in-short/soap": "מים וסבון מספיקים.",
}

HEBREW_PROFILE = """
title: עברית
english: Hebrew
cldr: he
direction: rtl
fonts: [Noto Sans Hebrew, Noto Sans]
"""


def po(words: dict[str, tuple[str, str]]) -> str:
    """Write a PO file from ids, English and translations, without the need to escape anything."""
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    rows = (
        f'\n#, human\nmsgctxt "{id_}"\nmsgid "{english}"\nmsgstr "{text}"\n'
        for id_, (english, text) in words.items()
    )
    return head + "".join(rows)


LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "אבגדהוזחטיכלמנסעפצקרשתאבגד")


def in_hebrew_letters(english: str) -> str:
    """Put a text into other letters, but for what is filled in."""
    parts = re.split(r"(\{[a-z-]+\})", english)
    return "".join(part if part.startswith("{") else part.lower().translate(LETTERS) for part in parts)


def add_hebrew(tiny: Tiny) -> None:
    """Add a folder: the topic in Hebrew, and the templates' words as a pseudo-locale of Hebrew letters."""
    library, _ = load(tiny.root)
    english = {word.id: word.text for word in library.topics["washing-hands"].words()}
    assert english.keys() == HEBREW.keys()
    topic = {id_: (english[id_], HEBREW[id_]) for id_ in english}
    ui = {text.name: (text.text, in_hebrew_letters(text.text)) for text in library.ui.values()}
    tiny.write("locales/he/profile.yaml", HEBREW_PROFILE)
    tiny.write("locales/he/LC_MESSAGES/washing-hands.po", po(topic))
    tiny.write("locales/he/LC_MESSAGES/ui.po", po(ui))


def test_a_language_is_one_folder(tiny: Tiny, out: Path) -> None:
    add_hebrew(tiny)
    assert tiny.findings() == []
    report = tiny.build(out, Selection(langs=("he",)))
    assert report.ok
    assert {edition.format for edition in report.built} == {"handout", "web", "text"}
    text = (out / "harbour/he/washing-hands.text.txt").read_text("utf-8")
    assert "העור רך שוב." in text
    assert in_hebrew_letters("Draft translation: not yet approved. Not for patients.") in text
    assert "\u20660 2 0, 7 9 4 6, 0 9 9 1\u2069" in text, "a phone number is isolated in right-to-left text"
    assert "soft" not in text
    web = (out / "harbour/he/washing-hands.web.html").read_text("utf-8")
    assert 'lang="he" dir="rtl"' in web
    pdf = source((out / "harbour/he/washing-hands.handout.pdf").read_bytes())
    assert pdf is not None
    assert pdf.edition.lang == "he"


def test_a_new_language_is_checked_like_any_other(tiny: Tiny, out: Path) -> None:
    add_hebrew(tiny)
    tiny.change("locales/he/LC_MESSAGES/washing-hands.po", "העור רך שוב.", "העור רך שוב {dry}.")
    assert [finding.rule for finding in tiny.findings()] == ["placeholders"]
    assert not tiny.build(out, TEXT).built


def test_a_clinic_is_one_yaml_file(tiny: Tiny, out: Path) -> None:
    clinic = (tiny.root / "content/clinics/harbour.yaml").read_text("utf-8")
    changed = {
        "Harbour": "Seaside",
        "7946 0991": "7946 0992",
        "country: GB": "country: GB\nlanguages: [ar]",
        "times: 5": "times: 6",
    }
    for old, new in changed.items():
        assert old in clinic
        clinic = clinic.replace(old, new)
    tiny.write("content/clinics/seaside.yaml", clinic)
    assert tiny.findings() == []
    tiny.build(out, TEXT)
    assert [path.name for path in (out / "seaside").iterdir()] == ["ar"]
    theirs = (out / "seaside/ar/washing-hands.text.txt").read_text("utf-8")
    ours = (out / "harbour/ar/washing-hands.text.txt").read_text("utf-8")
    assert ("0 9 9 2" in theirs, "0 9 9 2" in ours) == (True, False)
    assert ("6 مرات" in theirs.replace("\u2069", ""), "5 مرات" in ours.replace("\u2069", "")) == (True, True)


TICKET = """<!doctype html>
<html lang="{{ locale.name }}" dir="{{ locale.direction }}">
<head>
<title>{{ leaflet.title }}</title>
<meta name="dcterms.created" content="{{ updated }}">
</head>
<body style="font-family: '{{ locale.fonts | join("', '") }}'">
<h1>{{ leaflet.title }}</h1>
<p>{% for run in leaflet.message %}{{ run.text }}{% endfor %}</p>
<p>{{ leaflet.phone }}</p>
</body>
</html>
"""


def test_a_printed_format_is_one_folder(tiny: Tiny, out: Path) -> None:
    folder = "templates/formats/ticket"
    form = "{title: A ticket, writer: pdf, extension: pdf, paper: A6, limits: {pages: 1}}\n"
    tiny.write(f"{folder}/format.yaml", form)
    tiny.write(f"{folder}/page.html", TICKET)
    tiny.write(f"{folder}/page.css", "@page { margin: 10mm }\nh1 { font-size: 16pt }\n")
    assert tiny.findings() == []
    report = tiny.build(out, Selection(formats=("ticket",)))
    assert report.findings == ()
    pdfs = sorted(out.rglob("*.pdf"))
    assert [path.name for path in pdfs] == ["washing-hands.ticket.pdf"] * 2
    for path in pdfs:
        with pikepdf.open(path) as pdf:
            (page,) = pdf.pages
            size = [round(float(length) * 25.4 / 72, 1) for length in page.mediabox[2:]]
            assert size == [105.0, 148.5]


def test_a_text_format_is_one_folder_and_needs_no_style(tiny: Tiny, out: Path) -> None:
    folder = "templates/formats/message"
    tiny.write(f"{folder}/format.yaml", "{title: A short message, writer: text, extension: txt}\n")
    tiny.write(f"{folder}/page.txt", "{{ leaflet.title }}: {{ leaflet.phone }}\n")
    assert tiny.findings() == []
    tiny.build(out, Selection(formats=("message",), langs=("en",)))
    page = (out / "harbour/en/washing-hands.message.txt").read_text("utf-8")
    assert page.strip() == "Washing your hands: 020\u00a07946\u00a00991"


SHOUTING = """
from careleaf.model import Artifact, Job


def write(job: Job) -> Artifact:
    return Artifact(job.path, job.markup.upper().encode(), pages=0)
"""


def test_a_kind_of_output_is_one_module_and_one_line_in_the_registry(
    tiny: Tiny, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.change("templates/formats/text/format.yaml", "writer: text", "writer: shouting")
    assert [finding.rule for finding in tiny.findings()] == ["writer"]
    (tmp_path / "shouting.py").write_text(SHOUTING, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    registry = MappingProxyType({**writers.WRITERS, "shouting": "shouting"})
    monkeypatch.setattr(writers, "WRITERS", registry)
    monkeypatch.setattr(template_rules, "WRITERS", registry)
    assert tiny.findings() == []
    tiny.build(out, Selection(formats=("text",), langs=("en",)))
    sys.modules.pop("shouting")
    assert "WASHING YOUR HANDS" in (out / "harbour/en/washing-hands.text.txt").read_text("utf-8")


def test_a_picture_is_one_svg_file(tiny: Tiny, out: Path) -> None:
    tiny.write("content/images/soap.svg", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>')
    tiny.change("content/topics/washing-hands.yaml", "hand.svg", "soap.svg")
    (tiny.root / "content/images/hand.svg").unlink()
    library, findings = load(tiny.root)
    assert findings + check(library, TODAY) == []
    assert len(tiny.build(out, PLAIN).built) == 4
