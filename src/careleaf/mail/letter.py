"""The words of an email: the same for all who get the same leaflet. It names nobody, and not the treatment.

The most important things stand in it, since a file may stay unopened: danger signs, and whom to call.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from careleaf import locales, markup
from careleaf.breaks import wrap
from careleaf.compose import compose, named, plain
from careleaf.mail.parcel import Letter
from careleaf.model import Block, Clinic, Edition, Kind, Leaflet, Level, Library, Locale, Mailing, Run, Words
from careleaf.render import Press
from careleaf.words import ui_texts

if TYPE_CHECKING:
    from css_inline import CSSInliner

COLUMNS: Final = 76
"""The longest line of plain text, in columns: RFC 5322 (2.1.1) asks for 78 at most."""
DIALLED: Final = re.compile(r"[^0-9]")
TRUNK: Final = "(0)"
"""Stands in a number after its country's code, and is not dialled then."""
SUBJECTS: Final = {"letter": "mail-subject", "correction": "mail-correction-subject"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of words. `href` is what a touch on it does: call a number, or write to an address."""

    text: str
    bold: bool = False
    lang: str | None = None
    direction: str | None = None
    href: str = ""


Said = tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """Danger signs of one level, and what to do about them."""

    level: Level
    heading: Said
    items: tuple["SignItem", ...]
    action: Said


@dataclass(frozen=True, slots=True)
class SignItem:
    """One danger sign."""

    label: Said
    text: Said


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call, and when; the clinic's name, and the same in one piece for plain text."""

    clinic: Said
    name: str
    phone: Stretch
    urgent: Stretch
    emergency: Stretch
    hours: tuple[str, ...]

    @property
    def numbers(self) -> tuple[Stretch, ...]:
        """Every number, the most urgent first."""
        return self.emergency, self.urgent, self.phone


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who writes, and in which language."""

    press: Press
    clinic: Clinic
    mailing: Mailing
    locale: Locale
    ui: Mapping[str, str]
    contact: Contact

    def said(self, id_: str) -> Said:
        """Say a text that has places for an address and our number."""
        address = self.mailing.reply_to
        places = {
            "reply": Stretch(locales.code(address, self.locale), href=f"mailto:{quote(address, safe='@')}"),
            "phone": self.contact.phone,
        }
        pieces = markup.parse(self.ui[id_])
        return tuple(
            places[piece.text] if piece.fact else Stretch(piece.text, piece.bold) for piece in pieces
        )

    def write(self, name: str, **values: Any) -> Letter:  # noqa: ANN401 # what the template shows
        """Fill in the templates of a letter. Raises RenderError."""
        clinic = locales.code(self.clinic.title, self.locale)
        subject = self.ui[SUBJECTS[name]].format(clinic=clinic)
        texts = ("mail-reply", "mail-wrong-person", "mail-correction")
        values |= {
            "title": subject,
            "locale": self.locale,
            "ui": self.ui,
            "said": {id_: self.said(id_) for id_ in texts},
            "contact": self.contact,
        }
        text, html = (
            self.press.page(f"email/{name}.{suffix}", f"a {name} in {self.locale.name}", **values)
            for suffix in ("txt", "html")
        )
        return Letter(
            lang=self.locale.name,
            subject=subject,
            text=wrap(text, COLUMNS, self.locale.cldr, keep_words=self.locale.keep_words),
            html=_inliner().inline(html),
            stem=self.ui["mail-file"],
            calendar_stem=self.ui["mail-calendar-file"],
            sender=self.clinic.title,
            sent_from=self.mailing.from_,
            reply_to=self.mailing.reply_to,
        )


def letter(  # noqa: PLR0913 # all that it depends on
    press: Press, library: Library, edition: Edition, mailing: Mailing, *, calendar: bool, locked: bool
) -> Letter:
    """Write the letter around a personal sheet, in its reader's language.

    `calendar` says that a calendar file is attached too, `locked` that the PDF needs a password. Raises
    RenderError, and ValueError if the Edition's words are not current.
    """
    leaflet = compose(library, edition)
    desk = _desk(press, library, edition.lang, library.clinics[edition.clinic], mailing)
    return desk.write(
        "letter",
        band=leaflet.band,
        signs=tuple(_signs(leaflet, desk.contact)),
        calendar=calendar,
        locked=locked,
    )


def correction(press: Press, library: Library, lang: str, clinic: Clinic) -> Letter:
    """Write the letter that calls back a sheet; nothing is attached to it.

    Raises RenderError, and ValueError if the clinic sends no mail or the words are not current.
    """
    if clinic.mail is None:
        raise ValueError(f"{clinic.name} sends no mail")
    return _desk(press, library, lang, clinic, clinic.mail).write("correction", band="")


def _desk(press: Press, library: Library, lang: str, clinic: Clinic, mailing: Mailing) -> _Desk:
    locale, ui = library.locales[lang], ui_texts(library, lang)
    if ui is None:
        raise ValueError(f"the templates' words in {lang} are not current")
    phone, urgent, emergency = (_number(getattr(clinic, name), locale) for name in Clinic.FACTS)
    hours = tuple(locales.opening(row, locale, ui) for row in clinic.hours)
    name = named(library, clinic, locale)
    said = tuple(map(_stretch, name))
    contact = Contact(said, locales.code(plain(name), locale), phone, urgent, emergency, hours)
    return _Desk(press, clinic, mailing, locale, ui, contact)


def _number(number: str, locale: Locale) -> Stretch:
    return Stretch(locales.phone(number, locale), href=f"tel:{dialled(number)}")


def dialled(number: str) -> str:
    """Give what a telephone dials of a number: digits, with a plus before a country's code."""
    plus = "+" if number.startswith("+") else ""
    return plus + DIALLED.sub("", number.replace(TRUNK, "") if plus else number)


def _signs(leaflet: Leaflet, contact: Contact) -> Iterator[Sign]:
    """Give the danger signs of a leaflet, the most urgent first."""
    levels = list(Level)
    blocks = [(block.level, block) for block in leaflet.blocks if block.kind is Kind.WARNING and block.level]
    for level, block in sorted(blocks, key=lambda pair: levels.index(pair[0])):
        yield _sign(level, block, contact)


def _sign(level: Level, block: Block, contact: Contact) -> Sign:
    def linked(words: Words) -> Said:
        return tuple(_linked(words, contact.numbers))

    return Sign(
        level=level,
        heading=linked(block.heading),
        items=tuple(SignItem(linked(item.label), linked(item.text)) for item in block.items),
        action=linked(block.action),
    )


def _linked(words: Words, numbers: Iterable[Stretch]) -> Iterator[Stretch]:
    """Let each telephone number among words be touched to call it; not digits of another number."""
    links = {number.text: number.href for number in numbers}
    alternatives = "|".join(map(re.escape, sorted(links, key=len, reverse=True)))
    pattern = re.compile(rf"((?<![\d.,\u00a0])(?:{alternatives})(?![\d\u00a0]|[.,]\d))")
    for run in words:
        for part in filter(None, pattern.split(run.text)):
            yield replace(_stretch(run), text=part, href=links.get(part, ""))


def _stretch(run: Run) -> Stretch:
    return Stretch(run.text, run.bold, run.lang, run.direction)


@lru_cache
def _inliner() -> "CSSInliner":
    from css_inline import CSSInliner  # noqa: PLC0415 # only who writes letters pays for it

    return CSSInliner(load_remote_stylesheets=False)
