"""Two languages that nobody speaks: whatever the templates print that is not in them was never translated.

`en-XA` accents every letter and is 45 % longer, as many translations are; `he-XB` is the same in Hebrew
letters, from right to left. Each text stands in square brackets, so that what stands outside of them shows.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from itertools import cycle
from types import MappingProxyType
from typing import Final

from careleaf.model import NAME, UI, Catalog, Entry, Library, Locale, Provenance

ACCENTED: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "áƀçðéƒĝĥîĵķļḿñöþǫŕšţûṽŵẋýžÁƁÇÐÉƑĜĤÎĴĶĻḾÑÖÞǪŔŠŢÛṼŴẊÝŽ",
)
HEBREW: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ובכדיפגהייקלמנופקרסתובושיזובכדיפגהייקלמנופקרסתובושיז",
)
"""As Hebrew writes foreign words, whose vowels are narrow letters if they are written at all."""
LONGER: Final = 0.45
PADDING: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
PLACE: Final = re.compile(r"(\{[a-z0-9-]+\})")

LETTERS: Final[Mapping[str, dict[int, int]]] = MappingProxyType({"en-XA": ACCENTED, "he-XB": HEBREW})
PROFILES: Final[tuple[Mapping[str, object], ...]] = (
    {
        NAME: "en-XA",
        "title": "Åççéñţš",
        "english": "Accents",
        "cldr": "en",
        "direction": "ltr",
        "fonts": ["Noto Sans"],
    },
    {
        NAME: "he-XB",
        "title": "אבגדה",
        "english": "Bidi",
        "measure": 25,
        "cldr": "he",
        "direction": "rtl",
        "fonts": ["Noto Sans Hebrew", "Noto Sans"],
    },
)


def pseudo(text: str, letters: dict[int, int]) -> str:
    """Say a text in a pseudo-language: other letters, longer, in brackets. {Facts} and **bold** stay."""
    own = PLACE.sub("", text)  # a Fact is as long as the language says it
    longer = f"{text}{padding(round(len(own) * LONGER))}"
    parts = PLACE.split(longer)
    return f"[{''.join(part if PLACE.fullmatch(part) else part.translate(letters) for part in parts)}]"


def padding(length: int) -> str:
    """Give words of about so many characters in all, each with its space before it."""
    found = ""
    for word in cycle(PADDING):
        if len(found) + len(word) / 2 >= length:
            return found
        found += f" {word}"
    raise AssertionError


def pseudo_library(library: Library) -> Library:
    """Add both pseudo-languages to a library, with every text of its topics and templates."""
    locales = {str(profile[NAME]): Locale.model_validate(profile) for profile in PROFILES}
    names = {
        topic.name: [(word.id, word.text) for word in topic.words()] for topic in library.topics.values()
    }
    names[UI] = [(text.name, text.text) for text in library.ui.values()]
    catalogs = {
        (lang, name): _catalog(lang, name, texts) for lang in locales for name, texts in names.items()
    }
    return dataclasses.replace(
        library, locales={**library.locales, **locales}, catalogs={**library.catalogs, **catalogs}
    )


def _catalog(lang: str, name: str, texts: Iterable[tuple[str, str]]) -> Catalog:
    entries = {
        id_: Entry(text, pseudo(text, LETTERS[lang]), Provenance.MACHINE, line)
        for line, (id_, text) in enumerate(texts, start=1)
    }
    return Catalog(f"locales/{lang}/LC_MESSAGES/{name}.po", entries)
