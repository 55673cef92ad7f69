"""What a library may not hold, one readable case each: the fault, where it is told, and how to mend it."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from careleaf.check.pictures import MAX_ELEMENTS, safe
from careleaf.findings import Severity, blocking
from careleaf.model import Selection
from tests.conftest import Tiny, as_it_ships
from tests.refusals import CLINIC, PICTURE, PO, SOURCES, TOPIC, Refusal, place

UI = "templates/ui.yaml"
UI_PO = "locales/ar/LC_MESSAGES/ui.po"
PROFILE = "locales/ar/profile.yaml"
WEB = "templates/formats/web"
RUB = 'text: "Rub for {scrub}."'
SOAP = "with **soap**."
SOAP_AR = "**بالصابون**"
ENTRY = '#, machine\nmsgctxt "how/rub"\nmsgid "Rub for {scrub}."\nmsgstr "مدة الفرك: {scrub}."\n'
TEXTS: Final = Selection(formats=("text",))
HELD, WARNING = Severity.HELD, Severity.WARNING

CONTENT: Final = {
    "a Fact that is nearly one": Refusal(
        TOPIC,
        "Rub for {scrub}",
        "Rub for {scrubb}",
        f"{TOPIC}:30 unknown-fact",
        "how/rub: there is no Fact {scrubb}",
        "Did you mean {scrub}?",
    ),
    "a Fact that is none": Refusal(
        TOPIC, "Rub for {scrub}", "Rub for {zzz}", f"{TOPIC}:30 unknown-fact", "no Fact {zzz}", "under facts:"
    ),
    "a Fact that nothing uses": Refusal(
        TOPIC, "Rub for {scrub}", "Rub for long", f"{TOPIC}:8 unused-fact", "Fact scrub", "remove it", WARNING
    ),
    "a Fact with the name of the clinic's number": Refusal(
        TOPIC, "  dry:", "  phone:", f"{TOPIC}:9 fact-name", "the clinic brings", "another name"
    ),
    "a Unit's id used twice": Refusal(
        TOPIC, "{id: sun,", "{id: rub,", f"{TOPIC}:31 unit-id", "how/rub is used twice", "another id"
    ),
    "a Unit with its heading's id": Refusal(
        TOPIC, "{id: sun,", "{id: heading,", f"{TOPIC}:31 unit-id", "how/heading is used twice", "another id"
    ),
    "a Section's id used twice": Refusal(
        TOPIC, "- id: later", "- id: how", f"{TOPIC}:32 unit-id", "how/heading is used twice", "another id"
    ),
    "a step of a timeline without its day": Refusal(
        TOPIC,
        '{id: soft, label: "{dry}",',
        "{id: soft,",
        f"{TOPIC}:36 label",
        "later/soft has no label",
        "Add label:",
    ),
    "italics": Refusal(TOPIC, SOAP, "with *soap*.", f"{TOPIC}:15 markup", "message: italics", "**bold**"),
    "a lone brace": Refusal(TOPIC, SOAP, "with soap {.", f"{TOPIC}:15 markup", "message: a brace", "{name}"),
    "a lone pair of stars": Refusal(
        TOPIC, SOAP, "with **soap.", f"{TOPIC}:15 markup", "message: a **", "**bold**"
    ),
    "italics in the title": Refusal(
        TOPIC,
        "title: Washing",
        'title: "*Washing*"\n#',
        f"{TOPIC}:13 markup",
        "title: italics",
        "plain words",
    ),
    "an unknown source": Refusal(
        TOPIC,
        "text: your hands swell, sources: [SOAP]",
        "text: your hands swell, sources: [SOUP]",
        f"{TOPIC}:24 unknown-source",
        "SOUP is not in content/sources.yaml",
        "correct the key",
    ),
    "a source that nothing rests on": Refusal(
        SOURCES,
        "SOAP:",
        "OLD: {title: A, publisher: B, grade: C}\nSOAP:",
        f"{SOURCES}:1 unused-source",
        "OLD",
        "Remove it",
        WARNING,
    ),
    "a statement without a source": Refusal(
        TOPIC,
        "text: your hands swell, sources: [SOAP]",
        "text: your hands swell",
        f"{TOPIC}:24 unsourced",
        "help/swell names no source",
        "Add sources",
    ),
    "no danger sign": Refusal(
        TOPIC,
        "kind: warning\n    level: emergency",
        "kind: text",
        f"{TOPIC}:17 danger-signs",
        "no danger signs",
        "Add a section",
    ),
    "a review before the last change": Refusal(
        TOPIC,
        "review: 2028-11-22",
        "review: 2026-11-22",
        f"{TOPIC}:6 review",
        "is not after",
        "Correct the dates",
    ),
    "a review that is overdue": Refusal(
        TOPIC,
        "updated: 2026-11-22\nreview: 2028-11-22",
        "updated: 2024-11-22\nreview: 2026-11-21",
        f"{TOPIC}:6 review-due",
        "was due on 2026-11-21",
        "clinician",
        WARNING,
    ),
}

CLINICS: Final = {
    "a value outside the evidence": Refusal(
        CLINIC,
        "times: 5",
        "times: 9",
        f"{CLINIC}:12 fact-range",
        "times = 9 is outside 2 to 6",
        "inside the range",
    ),
    "a span outside the evidence": Refusal(
        CLINIC, "times: 5", "dry: [3, 9]", f"{CLINIC}:12 fact-range", "is outside 2 to 7", "inside the range"
    ),
    "a value of an unknown topic": Refusal(
        CLINIC,
        "  washing-hands:",
        "  washing-feet:",
        f"{CLINIC}:11 override",
        "no topic washing-feet",
        "Correct",
    ),
    "a value of an unknown Fact": Refusal(
        CLINIC, "times: 5", "tiems: 5", f"{CLINIC}:12 override", "no Fact tiems", "Correct the Fact's name"
    ),
    "a value of a Fact that is no number": Refusal(
        CLINIC,
        "times: 5",
        "noon: 5",
        f"{CLINIC}:12 override",
        "no Fact noon that a clinic may set",
        "Correct",
    ),
    "a language without a profile": Refusal(
        CLINIC,
        "facts:",
        "languages: [en, fr]\nfacts:",
        f"{CLINIC}:10 unknown-locale",
        "language fr is unknown",
        "locales/fr",
    ),
    "an own language without a profile": Refusal(
        CLINIC, "lang: en", "lang: fr", f"{CLINIC}:3 unknown-locale", "language fr is unknown", "locales/fr"
    ),
}

END = "confirmed: 2026-11-25"
"""The last line of the clinic's file: what is added below it is on line 14."""

PLACES: Final = {
    "a time zone with a slip of the finger": Refusal(
        CLINIC,
        END,
        f"{END}\ntimezone: Europe/Londn",
        f"{CLINIC}:14 timezone",
        "Europe/Londn is unknown",
        "Did you mean Europe/London?",
    ),
    "a time zone that is nothing like one": Refusal(
        CLINIC, END, f"{END}\ntimezone: XQ9", f"{CLINIC}:14 timezone", "XQ9 is unknown", "IANA database"
    ),
    "the time zone of whatever computer this is": Refusal(
        CLINIC, END, f"{END}\ntimezone: localtime", f"{CLINIC}:14 timezone", "localtime is unknown"
    ),
    "a country whose holidays are unknown": Refusal(
        CLINIC,
        "country: GB",
        "country: ZQ",
        f"{CLINIC}:4 holidays",
        "ZQ: its public holidays are unknown",
        "List them under closed:",
        WARNING,
    ),
    "a region with a slip of the finger": Refusal(
        CLINIC,
        END,
        f"{END}\nregion: EN",
        f"{CLINIC}:14 region",
        "GB has no region EN",
        "Did you mean ENG?",
    ),
    "a region of another country": Refusal(
        CLINIC,
        END,
        f"{END}\nregion: BY",
        f"{CLINIC}:14 region",
        "GB has no region BY",
        "Choose from: ENG, NIR, SCT, WLS.",
    ),
    "a region of a country that has none": Refusal(
        CLINIC,
        "country: GB",
        "country: MT\nregion: ENG",
        f"{CLINIC}:5 region",
        "MT has no region",
        "Remove it",
    ),
    "closures that overlap": Refusal(
        CLINIC,
        END,
        f"{END}\nclosed:\n  - {{from: 2026-12-24, until: 2026-12-31}}\n"
        "  - {from: 2026-12-31, until: 2027-01-02}",
        f"{CLINIC}:16 closed",
        "2026-12-31 to 2027-01-02 overlaps 2026-12-24 to 2026-12-31",
        "make it one",
        WARNING,
    ),
    "a closure inside a longer one that another stands between": Refusal(
        CLINIC,
        END,
        f"{END}\nclosed:\n  - {{from: 2026-12-20, until: 2026-12-20}}\n"
        "  - {from: 2026-12-01, until: 2026-12-31}\n  - {from: 2026-12-03, until: 2026-12-04}",
        f"{CLINIC}:15 closed",
        "2026-12-20 to 2026-12-20 overlaps 2026-12-01 to 2026-12-31",
        "Correct the dates",
        WARNING,
    ),
    "open on a day that is no holiday": Refusal(
        CLINIC,
        END,
        f"{END}\nregion: ENG\nopen-on:\n  - 2026-12-28\n  - 2026-12-29",
        f"{CLINIC}:17 open-on",
        "2026-12-29 changes nothing: no public holiday of GB ENG",
        "remove it",
        WARNING,
    ),
    "open on another region's holiday": Refusal(
        CLINIC,
        END,
        f"{END}\nregion: ENG\nopen-on: [2026-11-30]",
        f"{CLINIC}:15 open-on",
        "2026-11-30 changes nothing",
        "remove it",
        WARNING,
    ),
    "open on a day of the week without hours": Refusal(
        CLINIC,
        END,
        f"{END}\nopen-on: [2026-12-25]",
        f"{CLINIC}:14 open-on",
        "no hours on that day of the week",
        "remove it",
        WARNING,
    ),
    "open on a day of a closure": Refusal(
        CLINIC,
        END,
        f"{END}\nclosed: [{{from: 2026-12-27, until: 2026-12-29}}]\nopen-on: [2026-12-28]",
        f"{CLINIC}:15 open-on",
        "inside a closure",
        "remove it",
        WARNING,
    ),
    "a code that stands for no topic": Refusal(
        CLINIC,
        END,
        f"{END}\npatients:\n  procedures:\n    SOAP: washing-hands\n    LASER: washing-hand",
        f"{CLINIC}:17 procedure",
        "LASER: there is no topic washing-hand",
        "Did you mean washing-hands?",
    ),
    "one of a code's topics that is none": Refusal(
        CLINIC,
        END,
        f"{END}\npatients:\n  procedures:\n    LASER: [washing-hands, xyz]",
        f"{CLINIC}:16 procedure",
        "no topic xyz",
        "Correct",
    ),
    "two columns with one header": Refusal(
        CLINIC,
        END,
        f"{END}\npatients:\n  columns:\n    treated: Date\n    born: date",
        f"{CLINIC}:17 column",
        "treated and born have the same header, date",
        "its own header",
    ),
}

DRY = "  dry: {type: measure"
STEP = '{id: soft, label: "{dry}", text: Your skin is soft again., '
DAYS: Final = {
    "a day counted by a Fact that is nearly one": Refusal(
        TOPIC,
        STEP,
        f"{STEP}when: {{until: dri}}, ",
        f"{TOPIC}:36 when",
        "later/soft: when: the Fact dri does not exist",
        "Did you mean dry?",
    ),
    "a day counted by minutes": Refusal(
        TOPIC,
        STEP,
        '{id: soft, label: "{scrub}", text: "In {dry}.", when: {from: scrub}, ',
        f"{TOPIC}:36 when",
        "the Fact scrub is no time of hours or longer",
        "duration-hour, -day",
    ),
    "a day counted by a bare number": Refusal(
        TOPIC,
        STEP,
        '{id: soft, label: "{times}", text: "In {dry}.", when: {until: times}, ',
        f"{TOPIC}:36 when",
        "the Fact times is no time",
        "duration-hour, -day",
    ),
    "a watch over a Fact that is none": Refusal(
        TOPIC,
        "audience: adult",
        "audience: adult\nwatch: soap",
        f"{TOPIC}:4 watch",
        "watch: the Fact soap does not exist",
        "Name a Fact",
    ),
    "aftercare without a watch": Refusal(
        TOPIC,
        "kind: information",
        "kind: aftercare",
        f"{TOPIC}:2 watch",
        "how long danger signs are to be watched for",
        "Add watch:",
        WARNING,
    ),
    "days that the words do not say": Refusal(
        TOPIC,
        "{id: swell, text: your hands swell, ",
        "{id: swell, text: your hands swell, when: {until: dry}, ",
        f"{TOPIC}:24 when",
        "help/swell: its days are counted by dry, which its words never say",
        "Say {dry}",
        WARNING,
    ),
}

TRANSLATIONS: Final = {
    "a Fact lost": Refusal(
        PO,
        "مدة الفرك: {scrub}.",
        "مدة الفرك.",
        f"{PO}:41 placeholders",
        "how/rub: the Facts differ from the English: {scrub} is lost",
        "exactly as often",
    ),
    "a Fact too many": Refusal(
        PO,
        "مدة الفرك: {scrub}.",
        "{scrub} مدة الفرك: {scrub}.",
        f"{PO}:41 placeholders",
        "{scrub} is too many",
        "exactly as often",
    ),
    "another Fact": Refusal(
        PO,
        "مدة الفرك: {scrub}.",
        "مدة الفرك: {dry}.",
        f"{PO}:41 placeholders",
        "{scrub} is lost, {dry} is too many",
        "exactly as often",
    ),
    "a Fact in other digits or letters": Refusal(
        PO,
        "مدة الفرك: {scrub}.",
        "مدة الفرك: {فرك}.",
        f"{PO}:41 placeholders",
        "{scrub} is lost",
        "unchanged",
    ),
    "bold lost": Refusal(
        PO, SOAP_AR, "بالصابون", f"{PO}:11 markup", "message: the bold parts differ", "**bold**"
    ),
    "bold too much": Refusal(
        PO, '"يد"', '"**يد**"', f"{PO}:36 markup", "how/picture: the bold parts differ", "**bold**"
    ),
    "italics": Refusal(PO, SOAP_AR, "*بالصابون*", f"{PO}:11 markup", "message: italics", "**bold**"),
    "a lone brace": Refusal(PO, '"يد"', '"يد {"', f"{PO}:36 markup", "how/picture: a brace", "{name}"),
    "an entry twice": Refusal(
        PO, ENTRY, f"{ENTRY}\n{ENTRY}", f"{PO}:46 duplicate", "how/rub is here twice", "Remove one"
    ),
    "an entry without msgctxt": Refusal(
        PO, 'msgctxt "how/rub"\n', "", f"{PO}:41 context", "no msgctxt", "the id of its Unit"
    ),
    "a broken entry": Refusal(
        PO, 'msgid "A hand"', "msgid A hand", f"{PO}:38 po", "not a PO file", "PO editor"
    ),
    "a quote left open, which would cost the last letter or digit": Refusal(
        PO, 'msgstr "يد"', 'msgstr "يد', f"{PO}:39 po", "not a PO file", "PO editor"
    ),
    "a quote left open on the second line, which would cost the line": Refusal(
        PO, 'msgstr "يد"', 'msgstr "يد "\n"واحدة', f"{PO}:40 po", "not a PO file", "PO editor"
    ),
    "a language without a profile": Refusal(
        "locales/xx/LC_MESSAGES/ui.po",
        "",
        'msgid ""\nmsgstr ""\n',
        "locales/xx:0 unknown-locale",
        "xx has no profile",
        "locales/xx/profile.yaml",
    ),
    "a topic that is none": Refusal(
        "locales/ar/LC_MESSAGES/washing-feet.po",
        "",
        'msgid ""\nmsgstr ""\n',
        "locales/ar/LC_MESSAGES/washing-feet.po:0 unknown-topic",
        "no topic washing-feet",
        "Rename it",
    ),
    "an entry for a Unit that is gone": Refusal(
        PO,
        ENTRY,
        ENTRY + '\nmsgctxt "how/old"\nmsgid "Old"\nmsgstr "قديم"\n',
        f"{PO}:46 left-over",
        "no Unit how/old",
        "Remove the entry",
        WARNING,
    ),
    "two languages to translate from": Refusal(
        PROFILE,
        "direction: rtl",
        "direction: rtl\nsource: true",
        "locales:0 source",
        "2 languages",
        "source: true",
    ),
    "a placeholder of the templates' own words that nothing fills": Refusal(
        UI, "text: Page {page} of {pages}", "text: Page {page} of {page}", f"{UI}:* *", "page"
    ),
    "one of the templates' own words missing": Refusal(UI, "page:\n", "pagy:\n", f"{UI}:* *", "page"),
}

BEHIND: Final = {
    "fuzzy": Refusal(
        PO,
        ENTRY,
        ENTRY.replace("#, machine", "#, machine, fuzzy"),
        f"{PO}:41 stale",
        "how/rub is marked fuzzy",
        "remove the mark",
        HELD,
    ),
    "obsolete": Refusal(
        PO,
        ENTRY,
        f'{ENTRY}\n#~ msgctxt "how/old"\n#~ msgid "Old"\n#~ msgstr "قديم"\n',
        f"{PO}:46 obsolete",
        "marked obsolete",
        "memory",
        HELD,
    ),
    "stale": Refusal(
        TOPIC,
        "Rub for {scrub}.",
        "Rub well for {scrub}.",
        f"{PO}:41 stale",
        "the English of how/rub has changed",
        "new English: 'Rub well for {scrub}.'",
        HELD,
    ),
    "untranslated": Refusal(
        PO, '"مدة الفرك: {scrub}."', '""', f"{PO}:41 stale", "how/rub is not translated", "Translate it", HELD
    ),
    "missing": Refusal(PO, ENTRY, "\n", f"{PO}:0 stale", "how/rub is not translated", "Translate it", HELD),
    "stale in the templates' own words": Refusal(
        UI,
        "text: Opening hours",
        "text: Open",
        f"{UI_PO}:* stale",
        "the English of hours has changed",
        "'Open'",
        HELD,
    ),
}

THAI = "\u0e01"
CHARACTERS: Final = {
    "in a topic": Refusal(
        TOPIC,
        "your hands swell",
        f"your hands {THAI}",
        f"{TOPIC}:24 glyph",
        "help/swell: no font of en (Noto Sans) has U+0E01 THAI CHARACTER KO KAI",
        "Use another character",
    ),
    "in a translation": Refusal(
        PO,
        '"يد"',
        f'"{THAI}يد"',
        f"{PO}:36 glyph",
        "how/picture: no font of ar (IBM Plex Sans Arabic, Noto Sans) has U+0E01",
        "add a font to locales/ar/profile.yaml",
    ),
    "in the clinic's name": Refusal(
        CLINIC, "Harbour Clinic", f"Harbour {THAI}", f"{CLINIC}:2 glyph", "title: no font of en", "add a font"
    ),
    "in a source": Refusal(
        SOURCES, "A made-up page", THAI, f"{SOURCES}:1 glyph", "SOAP: no font of en", "add a font"
    ),
    "in the language's own name": Refusal(
        PROFILE,
        "title: العربية",
        f"title: {THAI}",
        f"{PROFILE}:4 glyph",
        "title: no font of ar",
        "add a font",
    ),
    "an emoji": Refusal(
        TOPIC,
        "your hands swell",
        "your hands \U0001f9fc",
        f"{TOPIC}:24 glyph",
        "U+1F9FC BAR OF SOAP",
        "another",
    ),
    "a font that is not ours": Refusal(
        PROFILE, "Noto Sans]", "Arial]", f"{PROFILE}:4 font", "the font Arial is unknown", "Choose from: "
    ),
    "a language that CLDR does not have": Refusal(
        PROFILE, "cldr: ar", "cldr: tlh", f"{PROFILE}:4 cldr", "CLDR does not know tlh", "nearest language"
    ),
    "digits that are unknown": Refusal(
        PROFILE,
        "cldr: ar",
        "cldr: ar\ndigits: roman",
        f"{PROFILE}:4 digits",
        "roman are unknown",
        "Choose from: latn",
    ),
    "a range that Arabic ends in a word for two": Refusal(
        TOPIC,
        "duration-day, value: [3, 5], min: 2",
        "duration-week, value: [1, 2], min: 1",
        f"{TOPIC}:9 speech",
        "the Fact dry cannot be said in ar",
        "14 days in place of 2 weeks",
    ),
    "HTML in a topic": Refusal(
        TOPIC,
        "your hands swell",
        "your <b>hands</b> swell",
        f"{TOPIC}:24 html",
        "help/swell holds HTML",
        "**bold**",
        WARNING,
    ),
    "HTML in a translation": Refusal(
        PO, '"يد"', '"يد<br>"', f"{PO}:36 html", "how/picture holds HTML", "plain words", WARNING
    ),
}

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'
    "{}</svg>"
)
DECLARED = '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + SVG.format("<title>&b;</title>")
DRAWINGS: Final[dict[str, tuple[str | bytes, str]]] = {
    "entities": (DECLARED, "document type or entities"),
    "entities in UTF-16": (DECLARED.encode("utf-16"), ""),
    "a document type alone": ("<!DOCTYPE svg>" + SVG.format(""), "document type"),
    "a use bomb": (SVG.format("<g id='a'><path d='M0 0'/></g>" + "<use href='#a'/>" * 9), "uses <use>"),
    "a script": (SVG.format("<script>alert(1)</script>"), "uses <script>"),
    "a style": (SVG.format("<style>@import 'https://example.org/x.css'</style>"), "uses <style>"),
    "a style attribute": (SVG.format("<path style='fill:red'/>"), "attribute style"),
    "text, which would be set letter by letter": (SVG.format("<text>stop</text>"), "uses <text>"),
    "a picture in the picture": (SVG.format("<image href='x.png'/>"), "uses <image>"),
    "a foreign object": (SVG.format("<foreignObject/>"), "uses <foreignObject>"),
    "an animation": (SVG.format("<path><animate/></path>"), "uses <animate>"),
    "a link": (SVG.format("<a xlink:href='https://example.org'/>"), "uses <a>"),
    "href": (SVG.format("<path href='https://example.org'/>"), "attribute href"),
    "xlink:href": (SVG.format("<path xlink:href='https://example.org'/>"), "attribute href"),
    "an event": (SVG.format("<path onload='alert(1)'/>"), "attribute onload"),
    "a paint from elsewhere": (SVG.format("<path fill='URL(https://example.org/#a)'/>"), "attribute fill"),
    "too many elements": (SVG.format("<g/>" * MAX_ELEMENTS), f"{MAX_ELEMENTS + 1} elements"),
    "elements nested too deep for the engine": (SVG.format("<g>" * 1500 + "</g>" * 1500), ""),
    "another root": ("<html/>", "not an SVG drawing"),
    "no namespace": ("<svg/>", "not an SVG drawing"),
    "no XML": ("a drawing of a hand", "not an SVG drawing"),
    "another kind of picture": (b"\x89PNG\r\n\x1a\n\0\0", ""),
    "an unknown encoding": (b'<?xml version="1.0" encoding="xyz"?><svg/>', ""),
    "an encoding that hides": (b'<?xml version="1.0" encoding="utf-7"?><svg/>', ""),
    "nothing": (b"", "not an SVG drawing"),
}

REMOTE: Final = {
    "url() over http": ("page.css", "p { background: url(http://example.org/x.png) }"),
    "url() over https, quoted": ("page.css", 'p { background: url( "https://example.org/x.png" ) }'),
    "url() without a protocol": ("page.css", "p { background: url(//example.org/x.png) }"),
    "url() over ftp": ("page.css", "p { background: URL('ftp://example.org/x.png') }"),
    "url() of a file": ("page.css", "p { background: url(file:///etc/hostname) }"),
    "@import": ("page.css", "@import 'https://example.org/x.css';"),
    "@import url()": ("page.css", "@import url(https://example.org/x.css);"),
    "image-set()": ("page.css", 'p { background: image-set("https://example.org/x.png" 1x) }'),
    "img src": ("page.html", '<img src="https://example.org/x.png" alt="">'),
    "img src without quotes": ("page.html", "<img src=//example.org/x.png>"),
    "img srcset": ("page.html", '<img srcset="https://example.org/x.png 2x" alt="">'),
    "script src": ("page.html", "<script src = 'http://example.org/x.js'></script>"),
    "iframe src over ftp": ("page.html", '<iframe src="ftp://example.org/"></iframe>'),
    "link href": ("page.html", '<link rel="stylesheet" href="https://example.org/x.css">'),
    "link href without a protocol": ("page.html", '<link href="//example.org/x.css" rel="stylesheet">'),
    "object data": ("page.html", '<object data="https://example.org/x.svg"></object>'),
    "video poster": ("page.html", '<video poster="https://example.org/x.png"></video>'),
    "svg image href": ("page.html", '<svg><image href="https://example.org/x.png"/></svg>'),
    "svg use xlink:href": ("page.html", '<svg><use xlink:href="https://example.org/x.svg#a"/></svg>'),
    "base href": ("page.html", '<base href="https://example.org/">'),
    "meta refresh": ("page.html", '<meta http-equiv="refresh" content="0;url=https://example.org/">'),
}


@pytest.mark.parametrize("refusal", CONTENT.values(), ids=CONTENT.keys())
def test_a_topic_that_does_not_hang_together_is_told(refusal: Refusal, tiny: Tiny) -> None:
    refusal.check(tiny)


def test_a_topic_may_not_have_the_name_of_the_templates_own_catalog(tiny: Tiny, tmp_path: Path) -> None:
    """Else its translations are sought among the templates' words, and its leaflets missing in silence."""
    tiny.write("content/topics/ui.yaml", (tiny.root / TOPIC).read_bytes())
    report = tiny.build(tmp_path / "out", TEXTS)
    assert "ui" in {Path(finding.file).stem for finding in report.findings}
    assert not report.ok


@pytest.mark.parametrize("refusal", CLINICS.values(), ids=CLINICS.keys())
def test_a_clinic_that_leaves_the_evidence_or_the_library_is_told_on_its_line(
    refusal: Refusal, tiny: Tiny
) -> None:
    refusal.check(tiny)


@pytest.mark.parametrize("refusal", PLACES.values(), ids=PLACES.keys())
def test_where_and_when_a_clinic_is_open_is_told_if_it_cannot_be_so(refusal: Refusal, tiny: Tiny) -> None:
    """Else a patient is told that somebody answers on a day when nobody does."""
    refusal.check(tiny)


def test_what_a_clinic_says_of_its_days_and_lists_is_told_nothing_of_if_it_is_right(tiny: Tiny) -> None:
    tiny.change(
        CLINIC,
        END,
        f"""{END}
region: ENG
timezone: Europe/London
closed:
  - {{from: 2027-01-04, until: 2027-01-05}}
  - {{from: 2026-12-29, until: 2027-01-03}}
open-on: [2026-12-28, 2027-03-29]
patients:
  dates: day-first
  columns: {{treated: Date of visit, name: Patient}}
  procedures:
    SOAP: washing-hands
    BOTH: [washing-hands]
""",
    )
    assert [finding for finding in tiny.findings() if finding.file == CLINIC] == []


@pytest.mark.parametrize(("today", "known"), [(date(2034, 12, 31), True), (date(2035, 1, 1), False)])
def test_holidays_that_nobody_knows_next_year_are_told_this_year(
    today: date,
    known: bool,  # noqa: FBT001 # a table's column
    tiny: Tiny,
) -> None:
    """India's feasts by the moon are known up to 2035."""
    tiny.change(CLINIC, "country: GB", "country: IN")
    tiny.change(CLINIC, "confirmed: 2026-11-25", f"confirmed: {today}")
    tiny.change(TOPIC, "review: 2028-11-22", "review: 2040-11-22")
    told = [] if known else ["IN in 2036: its public holidays are unknown"]
    assert [finding.message for finding in tiny.findings(today) if finding.file == CLINIC] == told


def test_a_topic_that_cannot_be_read_is_not_told_of_as_a_code_without_a_topic(tiny: Tiny) -> None:
    tiny.change(CLINIC, END, f"{END}\npatients: {{procedures: {{SOAP: washing-hands}}}}")
    tiny.change(TOPIC, "kind: information", "kind: novel")
    assert "procedure" not in {finding.rule for finding in tiny.findings()}


@pytest.mark.parametrize("refusal", DAYS.values(), ids=DAYS.keys())
def test_a_day_is_counted_by_a_time_that_the_words_say(refusal: Refusal, tiny: Tiny) -> None:
    """Else the sheet says one day and the leaflet another."""
    refusal.check(tiny)


@pytest.mark.parametrize("unit", ["duration-day", "duration-year"])
def test_a_time_beyond_all_calendars_is_told_and_stops_no_check(unit: str, tiny: Tiny) -> None:
    tiny.change(
        TOPIC, "duration-day, value: [3, 5], min: 2, max: 7", f"{unit}, value: 3, min: 2, max: 99999999999"
    )
    tiny.change(TOPIC, "audience: adult", "audience: adult\nwatch: dry")
    told = [(place(each), each.message) for each in tiny.findings() if each.rule == "watch"]
    assert told == [
        (f"{TOPIC}:4 watch", "watch: the Fact dry is no time of hours or longer that a calendar has")
    ]


def ordered(tiny: Tiny, first: str, last: str) -> list[str]:
    """Put in a Unit from one Fact until another, and tell what is said of its days."""
    row = "{{type: measure, unit: {}, min: 1, max: 90, sources: [SOAP]}}"
    tiny.change(TOPIC, DRY, f"  first: {row.format(first)}\n  last: {row.format(last)}\n{DRY}")
    tiny.change(
        TOPIC, STEP, f"{STEP.replace('{dry}', '{first}, {last}, {dry}')}when: {{from: first, until: last}}, "
    )
    return [f"{place(each)} {each.message}" for each in tiny.findings() if each.rule == "when"]


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("duration-day, value: 8", "duration-week, value: 1", True),
        ("duration-day, value: 7", "duration-week, value: 1", False),
        ("duration-day, value: [3, 20]", "duration-day, value: [2, 3]", False),
        ("duration-day, value: [4, 20]", "duration-day, value: [2, 3]", True),
        ("duration-day, value: 28", "duration-month, value: 1", False),
        ("duration-day, value: 30", "duration-month, value: 1", True),
        ("duration-month, value: 12", "duration-year, value: 1", False),
        ("duration-hour, value: 49", "duration-day, value: 2", True),
        ("duration-hour, value: 23", "duration-hour, value: 1", False),
    ],
)
def test_what_starts_after_its_own_end_is_told(first: str, last: str, told: bool, tiny: Tiny) -> None:  # noqa: FBT001 # a table's column
    message = f"{TOPIC}:38 when later/soft: first may end after last"
    assert ordered(tiny, first, last) == [message] * told


def test_a_clinics_own_value_does_not_turn_a_time_round(tiny: Tiny) -> None:
    tiny.change(CLINIC, "times: 5", "times: 5\n    first: 9")
    message = f"{CLINIC}:11 when washing-hands later/soft: first may end after last"
    assert ordered(tiny, "duration-day, value: 7", "duration-week, value: 1") == [message]


def test_a_clinics_value_outside_the_range_is_told_as_that_alone(tiny: Tiny) -> None:
    tiny.change(CLINIC, "times: 5", "times: 5\n    first: 99999999999")
    assert ordered(tiny, "duration-day, value: 7", "duration-week, value: 1") == []
    assert "fact-range" in {finding.rule for finding in tiny.findings()}


@pytest.mark.parametrize("refusal", TRANSLATIONS.values(), ids=TRANSLATIONS.keys())
def test_a_translation_that_says_something_else_is_refused(refusal: Refusal, tiny: Tiny) -> None:
    refusal.check(tiny)


@pytest.mark.parametrize("refusal", BEHIND.values(), ids=BEHIND.keys())
def test_a_text_that_is_not_current_holds_its_own_language_and_takes_the_old_leaflet_away(
    refusal: Refusal, tiny: Tiny, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert {edition.lang for edition in tiny.build(out, TEXTS).built} == {"ar", "en"}
    refusal.check(tiny)
    assert not blocking(tiny.findings())
    report = tiny.build(out, TEXTS)
    assert not report.ok
    assert {edition.lang for edition in (*report.built, *report.unchanged)} == {"en"}
    assert report.removed == ("harbour/ar/washing-hands.text.txt",)
    assert [path.parent.name for path in out.rglob("*.txt")] == ["en"]


@pytest.mark.parametrize("name", ["washing-hands", "ui"])
def test_a_language_that_a_clinic_promises_is_held_and_told_if_its_words_are_missing(
    name: str, tiny: Tiny, tmp_path: Path
) -> None:
    tiny.change(CLINIC, "facts:", "languages: [en, ar]\nfacts:")
    (tiny.root / f"locales/ar/LC_MESSAGES/{name}.po").unlink()
    report = tiny.build(tmp_path / "out", TEXTS)
    assert [(place(each), each.severity) for each in report.findings] == [
        (f"locales/ar/LC_MESSAGES/{name}.po:0 missing", HELD)
    ]
    assert report.findings[0].mend.startswith("Translate")
    assert [edition.lang for edition in report.built] == ["en"]


@pytest.mark.parametrize("refusal", CHARACTERS.values(), ids=CHARACTERS.keys())
def test_what_cannot_be_printed_or_said_is_named(refusal: Refusal, tiny: Tiny) -> None:
    refusal.check(tiny)


INVISIBLE: Final = {
    "\u202e": "RIGHT-TO-LEFT OVERRIDE",
    "\u202a": "LEFT-TO-RIGHT EMBEDDING",
    "\u2066": "LEFT-TO-RIGHT ISOLATE",
    "\u200f": "RIGHT-TO-LEFT MARK",
    "\u061c": "ARABIC LETTER MARK",
    "\u200b": "ZERO WIDTH SPACE",
    "\u2060": "WORD JOINER",
    "\ufeff": "ZERO WIDTH NO-BREAK SPACE",
    "\u00ad": "SOFT HYPHEN",
    "\U000e0041": "TAG LATIN CAPITAL LETTER A",
}
HIDING: Final = {
    "a topic": (TOPIC, "your hands swell", "help/swell"),
    "a translation": (PO, '"يد', "how/picture"),
    "the templates' own words": (UI, "text: Opening hours", "hours"),
    "a clinic's name": (CLINIC, "Harbour", "title"),
    "a source": (SOURCES, "made-up page", "SOAP"),
    "a language's name": (PROFILE, "العربية", "title"),
}


@pytest.mark.parametrize("sign", INVISIBLE, ids=INVISIBLE.values())
@pytest.mark.parametrize("where", HIDING.values(), ids=HIDING.keys())
def test_no_invisible_character_reorders_or_splits_what_a_reader_sees(
    where: tuple[str, str, str], sign: str, tiny: Tiny
) -> None:
    file, text, unit = where
    tiny.change(file, text, text + sign)
    told = [finding for finding in tiny.findings() if (finding.file, finding.rule) == (file, "invisible")]
    assert [finding.message for finding in told] == [
        f"{unit} holds the invisible character U+{ord(sign):04X} {INVISIBLE[sign]}"
    ]
    assert told[0].line > 0
    assert "Delete it" in told[0].mend


@pytest.mark.parametrize("sign", ["\u200c", "\u200d"], ids=["ZERO WIDTH NON-JOINER", "ZERO WIDTH JOINER"])
def test_a_joiner_is_for_scripts_that_join_and_hides_in_all_others(sign: str, tiny: Tiny) -> None:
    tiny.change(TOPIC, "your hands swell", f"your ha{sign}nds swell")
    assert f"{TOPIC}:24 invisible" in map(place, tiny.findings())


def test_arabic_letters_may_have_a_non_joiner_between_them(tiny: Tiny) -> None:
    tiny.change(PO, '"يد"', '"می\u200cشود"')
    assert not [finding for finding in tiny.findings() if finding.rule == "invisible"]


def test_html_in_a_text_is_shown_as_it_was_typed(tiny: Tiny, tmp_path: Path) -> None:
    typed = '<b>hands</b> & <script>alert("1")</script>'
    tiny.change(TOPIC, "text: your hands swell", f"text: '{typed}'")
    report = tiny.build(tmp_path / "out", Selection(formats=("text", "web"), langs=("en",)))
    assert len(report.built) == 2
    plain = (tmp_path / "out/harbour/en/washing-hands.text.txt").read_text("utf-8")
    page = (tmp_path / "out/harbour/en/washing-hands.web.html").read_text("utf-8")
    assert typed in " ".join(plain.split())
    assert "&lt;b&gt;hands&lt;/b&gt; &amp; &lt;script&gt;alert(" in page
    assert "<b>hands" not in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "name",
    [
        "thumb.svg",
        "../x.svg",
        "%2e%2e/x.svg",
        "..%2fx.svg",
        "..\\\\x.svg",
        "./hand.svg",
        "sub/hand.svg",
        "/etc/hostname",
        "file:///etc/hostname",
        "https://example.org/x.svg",
        "//example.org/x.svg",
        "hand.svg?x",
        "hand.svg#x",
        "HAND.svg",
    ],
)
def test_a_picture_is_the_bare_name_of_a_file_of_the_library(name: str, tiny: Tiny) -> None:
    for place_ in ("content/x.svg", "content/images/sub/hand.svg"):
        tiny.write(place_, SVG.format(""))
    tiny.change(TOPIC, "file: hand.svg", f'file: "{name}"')
    told = [finding for finding in tiny.findings() if finding.rule == "picture"]
    assert [place(finding) for finding in told] == [f"{TOPIC}:28 picture"]
    assert "is not in content/images/" in told[0].message
    assert "bare name" in told[0].mend


def test_a_picture_that_is_a_link_out_of_the_library_is_told_once(tiny: Tiny, tmp_path: Path) -> None:
    outside = (tiny.root / PICTURE).rename(tmp_path / "hand.svg")
    (tiny.root / PICTURE).symlink_to(outside)
    assert list(map(place, tiny.findings())) == [f"{PICTURE}:0 outside"]


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS.keys())
@pytest.mark.parametrize("file", [PICTURE, "templates/shared/icons/do.svg"], ids=["picture", "icon"])
def test_a_drawing_is_lines_and_shapes_and_nothing_else(
    file: str, drawing: tuple[str | bytes, str], tiny: Tiny
) -> None:
    content, phrase = drawing
    tiny.write(file, content)
    told = [finding for finding in tiny.findings() if finding.file == file]
    assert any(phrase in finding.message for finding in told), told
    assert blocking(told)
    assert all(finding.mend for finding in told)


@pytest.mark.parametrize("comment", ["", "<!-- drawn by hand -->"])
def test_a_plain_drawing_with_a_comment_and_a_description_is_fine(comment: str, tiny: Tiny) -> None:
    tiny.write(
        PICTURE, SVG.format(f"{comment}<title>A hand</title><desc>Open</desc><g><rect width='1'/></g>")
    )
    assert tiny.findings() == []


@pytest.mark.parametrize("remote", REMOTE.values(), ids=REMOTE.keys())
def test_no_template_fetches_anything_from_another_place(remote: tuple[str, str], tiny: Tiny) -> None:
    name, text = remote
    file = f"{WEB}/{name}"
    tiny.write(file, f"\n\n{text}\n")
    told = [finding for finding in tiny.findings() if finding.file == file]
    assert [(finding.line, finding.rule) for finding in told] == [(3, "remote")]
    assert "into the library" in told[0].mend


def test_a_link_for_the_reader_is_not_a_fetch(tiny: Tiny) -> None:
    page = (tiny.root / WEB / "page.html").read_text("utf-8")
    tiny.write(f"{WEB}/page.html", page + '<a href="https://example.org/">Read on</a>')
    assert tiny.findings() == []


def test_a_format_without_its_page_is_told(tiny: Tiny) -> None:
    (tiny.root / WEB / "page.html").unlink()
    told = [finding for finding in tiny.findings() if finding.rule == "template"]
    assert [(finding.file, finding.message) for finding in told] == [
        (f"{WEB}/format.yaml", f"{WEB}/page.html is missing")
    ]
    assert "neighbouring format" in told[0].mend


def test_a_format_with_an_unknown_writer_is_told_with_those_that_there_are(tiny: Tiny) -> None:
    tiny.change(f"{WEB}/format.yaml", "writer: html", "writer: htm")
    told = [finding for finding in tiny.findings() if finding.rule == "writer"]
    assert [finding.message for finding in told] == ["there is no writer htm"]
    assert told[0].file == f"{WEB}/format.yaml"
    assert "html, pdf, text" in told[0].mend


@pytest.mark.parametrize("folder", ["content/topics", "content/clinics", "locales", "templates/formats"])
def test_a_library_without_one_of_its_parts_builds_nothing_and_says_which(folder: str, tiny: Tiny) -> None:
    (tiny.root / folder).rename(tiny.root / "gone")
    assert f"{folder}:0 library" in map(place, tiny.findings())
    assert blocking(tiny.findings())


def test_a_library_without_the_templates_own_words_says_so(tiny: Tiny, tmp_path: Path) -> None:
    (tiny.root / UI).unlink()
    report = tiny.build(tmp_path / "out", TEXTS)
    assert any(finding.file == UI for finding in report.findings)
    assert not report.built


@pytest.mark.parametrize(("today", "due"), [(date(2028, 11, 22), False), (date(2028, 11, 23), True)])
def test_a_review_is_due_the_day_after_its_date(today: date, due: bool, tiny: Tiny) -> None:  # noqa: FBT001 # a table's column
    tiny.change("content/clinics/harbour.yaml", "confirmed: 2026-11-25", f"confirmed: {today}")
    assert [finding.rule for finding in tiny.findings(today)] == ["review-due"] * due


XML_BITS = st.sampled_from(
    [
        "<g>",
        "</g>",
        "<use href='#a'/>",
        "<!--",
        "-->",
        "<!",
        "&a;",
        "<?xml version='1.0' encoding='utf-7'?>",
        "]]>",
        "<![CDATA[",
        " x:y='1'",
        " style=''",
        "\0",
        "&#0;",
        "<",
        ">",
        "'",
    ]
)


@settings(max_examples=150, deadline=None)
@example(content=b'<?xml version="1.0" encoding="utf-7"?><svg/>')
@example(content=b'<?xml version="1.0" encoding="no-such"?><svg/>')
@given(
    content=st.binary(max_size=200)
    | st.lists(XML_BITS | st.text(max_size=3), max_size=8).map(
        lambda bits: SVG.format("".join(bits)).encode()
    )
)
def test_any_bytes_as_a_drawing_are_a_drawing_or_a_finding(content: bytes) -> None:
    library = replace(as_it_ships(), images={Path(PICTURE).name: content}, templates={})
    assert all(finding.message and finding.mend for finding in safe(library))
