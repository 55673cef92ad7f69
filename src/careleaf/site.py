"""The web site of each clinic: where a leaflet's page leads, and the pages that lead to the leaflets.

A clinic's folder in out/ is its site. Every address is relative, so it opens from a disk and from any server.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from posixpath import basename, dirname, relpath
from typing import Any, Final, TypeAlias, get_args

from careleaf import locales
from careleaf.compose import compose
from careleaf.model import (
    Download,
    Edition,
    Leaflet,
    Library,
    Links,
    Locale,
    Status,
    Topic,
    Translated,
    Words,
)
from careleaf.plan import linked
from careleaf.publish import Row
from careleaf.render import Press
from careleaf.words import texts, ui_texts

INDEX: Final = "index.html"
APPROVAL: Final = "approval.html"
CHOICE: Final = "site/choice.html"
AROUND: Final = {INDEX: "site/leaflets.html", APPROVAL: "site/approval.html"}
"""The pages of each language around its leaflets, and their templates."""
KINDS: Final[tuple[str, ...]] = get_args(Topic.model_fields["kind"].annotation)
"""What topics are for, in the order in which a page lists them."""
NAMED: Final = "format-"
"""With a format's name, the text that says what readers call it. A format without one is not linked."""

MARKS: Final = (
    r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    r"\u00ad\u0640\u061c\u200b-\u200f\u2060-\u2069\ufeff]"
)
"""What a search passes over, as a pattern that Python and the page's script both read.

Accents of Latin, Greek and Cyrillic letters, points of Hebrew and Arabic ones, and what nobody sees. Marks of
other scripts stay: without its vowel signs, a word of Hindi is another word.
"""
STROKES: Final = {"ł": "l", "đ": "d", "ø": "o", "\u0131": "i"}
"""Letters that people type without their stroke, or with a dot; Unicode does not take them apart."""
_MARKS: Final = re.compile(MARKS)
_STROKES: Final = str.maketrans(STROKES)

Files: TypeAlias = Mapping[str, tuple[Row, ...]]
"""The finished files that pages link to, by clinic/lang/topic."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A leaflet as the page of its language lists it. `words` are what a search looks through."""

    leaflet: Leaflet
    status: Status
    href: str
    files: tuple[Download, ...]
    words: str


def with_links(library: Library, editions: Iterable[Edition], rows: Iterable[Row]) -> dict[Edition, Links]:
    """Give the web pages of leaflets with where each leads: to one another, and to finished files."""
    files, found = _files(library, rows), dict[Edition, Links]()
    for _, group in groupby(sorted(editions, key=_page), key=_page):
        paths = {edition.lang: edition for edition in group}
        for edition in paths.values():
            links = _links(library, edition.path, {lang: each.path for lang, each in paths.items()})
            links = replace(links, files=_downloads(library, edition, files))
            found[linked(edition, links)] = links
    return found


def _page(edition: Edition) -> tuple[str, str, str]:
    return edition.clinic, edition.topic, edition.format


def pages(library: Library, rows: Iterable[Row]) -> dict[str, bytes]:
    """Make the pages that lead to finished leaflets, by path; none for a clinic without a web page.

    Raises RenderError.
    """
    current = sorted((row for row in rows if _is_current(library, row)), key=attrgetter("path"))
    press, files = Press(library), _files(library, current)
    web = (row.edition() for row in current if library.formats[row.format].site)
    return {
        path: markup.encode()
        for clinic, own in groupby(web, key=attrgetter("clinic"))
        for path, markup in _pages(press, library, clinic, [_listed(library, each, files) for each in own])
    }


def _is_current(library: Library, row: Row) -> bool:
    """Say whether the library still has the words of a finished file."""
    topic = library.topics.get(row.topic)
    there = row.clinic in library.clinics and row.format in library.formats and row.lang in library.locales
    return bool(topic and there and texts(library, topic, row.lang) and ui_texts(library, row.lang))


def _listed(library: Library, edition: Edition, files: Files) -> Listed:
    leaflet, downloads = compose(library, edition), _downloads(library, edition, files)
    return Listed(leaflet, edition.status, basename(edition.path), downloads, searched(leaflet))


def _pages(press: Press, library: Library, clinic: str, listed: list[Listed]) -> Iterator[tuple[str, str]]:
    """Make the page on which a reader chooses a language, and the pages around the leaflets of each."""
    by_lang = {
        lang: tuple(group) for lang, group in groupby(listed, key=lambda each: each.leaflet.locale.name)
    }
    path = f"{clinic}/{INDEX}"
    links = _links(library, path, {lang: f"{clinic}/{lang}/{INDEX}" for lang in by_lang})
    names = {lang: leaflets[0].leaflet.ui["site-leaflets"] for lang, leaflets in by_lang.items()}
    yield path, press.page(CHOICE, path, links=links, names=names, **_host(library, clinic))
    for name, template in AROUND.items():
        paths = {lang: f"{clinic}/{lang}/{name}" for lang in by_lang}
        for lang, path in paths.items():
            links = _links(library, path, paths)
            yield path, press.page(template, path, links=links, **_shelf(library, by_lang[lang]))


def _host(library: Library, name: str) -> dict[str, Any]:
    """Give what the page of all languages says of a clinic, in the clinic's own language."""
    clinic = library.clinics[name]
    locale = library.locales[clinic.lang]
    return {"clinic": clinic, "locale": locale, "phone": locales.phone(clinic.phone, locale)}


def _shelf(library: Library, listed: tuple[Listed, ...]) -> dict[str, Any]:
    """Give what the pages of a language show: its leaflets by what they are for, and how to search them."""
    one = listed[0].leaflet
    kinds = {kind: [each for each in listed if each.leaflet.kind == kind] for kind in KINDS}
    return {
        "leaflet": one,
        "locale": one.locale,
        "ui": ui_texts(library, one.locale.name),
        "kinds": {kind: leaflets for kind, leaflets in kinds.items() if leaflets},
        "counts": [locales.number(count, one.locale) for count in range(len(listed) + 1)],
        "marks": MARKS,
        "strokes": STROKES,
    }


def _links(library: Library, path: str, paths: Mapping[str, str]) -> Links:
    """Give where a page leads that is there in several languages, at `paths`."""
    folder, clinic = dirname(path), path.partition("/")[0]
    return Links(
        choice=relpath(f"{clinic}/{INDEX}", folder),
        home=INDEX,
        approval=APPROVAL,
        languages=tuple(
            Translated(lang, locale.title, locale.direction, relpath(paths[lang], folder))
            for lang, locale in library.locales.items()
            if lang in paths
        ),
    )


def _files(library: Library, rows: Iterable[Row]) -> Files:
    """Choose the finished files that readers have a name for, in the order in which those are written."""
    order = [name.removeprefix(NAMED) for name in library.ui if name.startswith(NAMED)]
    named = (
        row for row in rows if row.plain and row.format in order and not library.formats[row.format].site
    )
    ranked = sorted(named, key=lambda row: (_shelfmark(row), order.index(row.format)))
    return {mark: tuple(group) for mark, group in groupby(ranked, key=_shelfmark)}


def _shelfmark(one: Row | Edition) -> str:
    return f"{dirname(one.path)}/{one.topic}"


def _downloads(library: Library, edition: Edition, files: Files) -> tuple[Download, ...]:
    own, ui = files.get(_shelfmark(edition), ()), ui_texts(library, edition.lang) or {}
    return tuple(_download(row, ui, library.locales[edition.lang]) for row in own)


def _download(row: Row, ui: Mapping[str, str], locale: Locale) -> Download:
    count, size = locales.number(row.pages, locale), locales.size(row.bytes, locale)
    about = ui["site-file"].format(pages=count, size=size)
    return Download(ui[f"{NAMED}{row.format}"], basename(row.path), about)


def searched(leaflet: Leaflet) -> str:
    """Give what a search looks through: a leaflet's words, each once, and none that is part of another."""
    found = ""
    for word in sorted(set(folded(" ".join(_texts(leaflet))).split()), key=lambda word: (-len(word), word)):
        if word not in found:
            found += f" {word}"
    return found.strip()


def folded(text: str) -> str:
    """Write a text as a search compares it: no capitals, accents or signs. `search.js` does the same."""
    small = unicodedata.normalize("NFKD", text).lower().translate(_STROKES)
    bare = unicodedata.normalize("NFKC", _MARKS.sub("", small))
    return "".join(" " if unicodedata.category(sign)[0] in "CPSZ" else sign for sign in bare)


def _texts(leaflet: Leaflet) -> Iterator[str]:
    yield leaflet.title
    for words in _words(leaflet):
        yield "".join(run.text for run in words)


def _words(leaflet: Leaflet) -> Iterator[Words]:
    yield leaflet.message
    for block in leaflet.blocks:
        yield from (block.heading, block.action)
        yield from (panel.label for panel in block.panels)
        for item in block.items:
            yield from (item.label, item.text)
