"""Rules for single characters: each can be printed, and none is invisible."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from careleaf import fonts, shaping
from careleaf.findings import Finding, Severity
from careleaf.model import Library

# Persian and Kurdish spelling needs the non-joiner, Indic spelling both: after a letter of such a script.
JOINERS = {"\u200c", "\u200d"}
SPACES = {" ", "\u00a0"}
TAG_LIKE = ("</", "<br", "<b>", "<i>", "<p>", "<script", "<img", "&nbsp;", "&amp;", "&lt;")


@dataclass(frozen=True, slots=True)
class Placed:
    """A text that will be printed, and where it stands."""

    file: str
    line: int
    unit: str
    lang: str
    text: str


def printed(library: Library) -> Iterator[Placed]:
    """Yield every text of the library that can reach a page."""
    source = next((locale.name for locale in library.locales.values() if locale.source), "")
    for topic in library.topics.values():
        for word in topic.words():
            yield Placed(topic.file, word.line, word.id, source, word.text)
    for text in library.ui.values():
        yield Placed("templates/ui.yaml", text.line, text.name, source, text.text)
    for (tag, _), catalog in library.catalogs.items():
        for id_, entry in catalog.entries.items():
            yield Placed(catalog.file, entry.line, id_, tag, entry.text)
    for clinic in library.clinics.values():
        for tag in filter(clinic.speaks, library.locales):
            yield Placed(
                clinic.file, clinic.line_of("title"), "title", tag, f"{clinic.title} {clinic.note or ''}"
            )
    for locale in library.locales.values():
        yield Placed(locale.file, locale.line, "title", locale.name, locale.title)
        yield Placed(locale.file, locale.line, "english", source, locale.english)
    for row in library.sources.values():
        yield Placed("content/sources.yaml", row.line, row.name, source, f"{row.title} {row.publisher}")


def invisible(library: Library) -> Iterator[Finding]:
    """No bidi control, zero-width or control character: they reorder or split what a reader sees."""
    for place in printed(library):
        for sign in sorted(set(invisible_in(place.text))):
            message = f"{place.unit} holds the invisible character {name(sign)}"
            mend = "Delete it: careleaf isolates numbers and breaks lines by itself."
            yield Finding(place.file, place.line, "invisible", message, mend)


def invisible_in(text: str) -> Iterator[str]:
    """Yield the characters of a text that nobody sees; joiners that spelling needs are left out."""
    yield from (sign for sign, seen in _seen(text) if not seen)


def visible(text: str) -> str:
    """Give a text without the characters that nobody sees, but with the joiners that spelling needs."""
    return "".join(sign for sign, seen in _seen(text) if seen)


def _seen(text: str) -> Iterator[tuple[str, bool]]:
    for before, sign in zip(f" {text}", text, strict=False):
        joins = sign in JOINERS and unicodedata.category(before) in {"Lo", "Mn", "Mc"}
        yield sign, joins or not _is_invisible(sign)


def _is_invisible(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cf", "Cc", "Co", "Cn", "Zl", "Zp"}


def glyphs(library: Library) -> Iterator[Finding]:
    """Every character is in a font of the language's own stack."""
    for place in printed(library):
        locale = library.locales.get(place.lang)
        if locale is None:
            continue
        known = _known(locale.fonts)
        for sign in sorted(
            {sign for sign in place.text if not _is_invisible(sign) and ord(sign) not in known}
        ):
            message = f"{place.unit}: no font of {place.lang} ({', '.join(locale.fonts)}) has {name(sign)}"
            mend = f"Use another character, or add a font to {locale.file}."
            yield Finding(place.file, place.line, "glyph", message, mend)


def shaped(library: Library) -> Iterator[Finding]:
    """Every vowel sign and accent has a letter to stand on: else it is drawn on a dotted circle."""
    for place in printed(library):
        locale = library.locales.get(place.lang)
        marked = any(unicodedata.category(sign)[0] == "M" for sign in place.text)
        if locale and marked and (wrong := shaping.unshaped(place.text, locale.fonts)):
            message = f"{place.unit}: a sign has no letter to stand on, in {wrong.strip()[:40]!r}"
            mend = "Type the word anew: a letter is missing, or its parts are in a wrong order."
            yield Finding(place.file, place.line, "unshaped", message, mend)


def font_names(library: Library) -> Iterator[Finding]:
    """Every font family of a profile is one that careleaf ships."""
    for locale in library.locales.values():
        for family in locale.fonts:
            if family not in fonts.families():
                mend = f"Choose from: {', '.join(sorted(fonts.families()))}."
                yield Finding(locale.file, locale.line, "font", f"the font {family} is unknown", mend)


def tags(library: Library) -> Iterator[Finding]:
    """HTML in a text is printed as it stands, which is seldom meant."""
    for place in printed(library):
        if any(tag in place.text.lower() for tag in TAG_LIKE):
            message, mend = (
                f"{place.unit} holds HTML, which is printed as text",
                "Use **bold** or plain words.",
            )
            yield Finding(place.file, place.line, "html", message, mend, Severity.WARNING)


def name(sign: str) -> str:
    """Name a character so that a person can find it: "U+200B ZERO WIDTH SPACE"."""
    shown = f" ({sign})" if sign.isprintable() and not unicodedata.combining(sign) else ""
    return f"U+{ord(sign):04X} {unicodedata.name(sign, 'without a name')}{shown}"


@lru_cache
def _known(families: tuple[str, ...]) -> frozenset[int]:
    return frozenset().union(
        map(ord, {*JOINERS, *SPACES}), *(fonts.characters(family) for family in families)
    )


RULES = (invisible, font_names, glyphs, shaped, tags)
