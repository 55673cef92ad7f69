"""Leaflet -> markup: the Jinja2 templates of a format, and with them all that a writer needs."""

import base64
import hashlib
import json
from collections.abc import Callable, Container, Mapping
from functools import lru_cache
from importlib.resources import files
from mimetypes import guess_type
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateSyntaxError, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from careleaf import qr
from careleaf.findings import Finding
from careleaf.ink import grey, grey_asset
from careleaf.model import (
    Clinic,
    Edition,
    Format,
    Ink,
    Job,
    Leaflet,
    Library,
    Limits,
    Links,
    Locale,
    Variant,
)
from careleaf.paper import page_rule
from careleaf.words import source_locale, texts

ASSETS = "shared/icons/"
NOWHERE: Final = Links()
"""Where a leaflet leads that is made by itself."""


def page(name: str, **values: Any) -> str:  # noqa: ANN401 # what the page shows
    """Fill in one of careleaf's own pages: a report for staff, or the skeleton of a file."""
    return _own_pages().get_template(name).render(values)


@lru_cache
def _own_pages() -> Environment:
    folder = files("careleaf") / "pages"
    return Environment(
        loader=FunctionLoader(lambda name: (folder / name).read_text("utf-8")),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class RenderError(Exception):
    """A template of the library cannot be filled in. Carries the Finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


class Press:
    """The compiled templates of one library. Sandboxed: a clinic may bring its own."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._environment = ImmutableSandboxedEnvironment(
            loader=FunctionLoader(self._template),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._icons = {
            name.removeprefix("shared/"): text.encode()
            for name, text in library.templates.items()
            if name.startswith(ASSETS) and name.endswith(".svg")
        }

    def _template(self, name: str) -> tuple[str, str, Callable[[], bool]] | None:
        """Give a template, under its own name as that of its file, so that an error tells where it is."""
        text = self._library.templates.get(name)
        return None if text is None else (text, name, lambda: True)

    def page(self, name: str, subject: str, **values: Any) -> str:  # noqa: ANN401 # what the page shows
        """Fill in one template; its faults are told with what was to be made. Raises RenderError."""
        try:
            return self._environment.get_template(name).render(values)
        except Exception as error:  # a template is a program: its faults are its author's
            file, line = _place(error, self._library.templates, name)
            message = f"the template cannot be filled in for {subject}: {error}"
            finding = Finding(f"templates/{file}", line, "template", message, "Correct the template.")
            raise RenderError(finding) from error

    def render(self, edition: Edition, leaflet: Leaflet, links: Links = NOWHERE) -> Job:
        """Fill in the format's template. Raises RenderError."""
        library, form = self._library, self._library.formats[edition.format]
        assets = {name: self._inked(content, edition) for name, content in self._assets(leaflet).items()}
        return Job(
            name=str(edition),
            writer=form.writer,
            markup=self._fill(form, leaflet, edition, assets, links),
            style=self._style(form, edition.variant),
            path=edition.path,
            assets={_told_apart(name, content): content for name, content in assets.items()},
            attachment=_source(library, edition, leaflet.places),
            updated=library.topics[edition.topic].updated,
            vocabulary=(*leaflet.vocabulary, *(leaflet.beside.vocabulary if leaflet.beside else ())),
            sizes=form.sizes,
            variant=edition.variant,
            limits=form.limits,
            pages=_pages(form.limits, leaflet.locale),
            columns=form.columns,
            fonts=(*(font for locale in leaflet.locales for font in locale.fonts), *leaflet.lent),
            phones=tuple(getattr(library.clinics[edition.clinic], name) for name in Clinic.FACTS),
            lang=leaflet.locale.cldr,
            direction=leaflet.locale.direction,
            keep_words=leaflet.locale.keep_words,
            split_words=leaflet.locale.split_words,
        )

    def _assets(self, leaflet: Leaflet) -> dict[str, bytes]:
        """Give all that a leaflet may load: icons, its drawings, the clinic's logo, its QR codes."""
        images = {drawing.file for block in leaflet.blocks for drawing in block.drawings}
        codes = {qr.file(address): qr.code(address) for address in leaflet.addresses}
        drawings = {f"images/{name}": self._library.images[name] for name in images}
        logos = {f"logos/{leaflet.logo}": self._library.logos[leaflet.logo]} if leaflet.logo else {}
        return self._icons | drawings | logos | codes

    def _style(self, form: Format, variant: Variant) -> str:
        """Join a format's style sheets; a page is told its size first, so that they can change it."""
        sheets = [self._library.templates.get(name, "") for name in (*form.styles, form.style)]
        size = page_rule(form.paper, bleed=variant.bleed) if form.paper else ""
        style = size + "".join(sheets)
        return grey(style) if variant.ink is Ink.GREY else style

    @staticmethod
    def _inked(content: bytes, edition: Edition) -> bytes:
        return grey_asset(content) if edition.variant.ink is Ink.GREY else content

    def _fill(
        self, form: Format, leaflet: Leaflet, edition: Edition, assets: Mapping[str, bytes], links: Links
    ) -> str:
        return self.page(
            form.page,
            str(edition),
            leaflet=leaflet,
            locale=leaflet.locale,
            source=self._library.locales[source_locale(self._library)],
            edition=edition,
            ui=leaflet.ui,
            updated=self._library.topics[edition.topic].updated.isoformat(),
            style=self._style(form, edition.variant),
            asset=lambda name: (_data_url if form.writer == "html" else _told_apart)(name, assets[name]),
            qr=qr.file,
            links=links,
        )


def _place(error: BaseException, templates: Container[str], page: str) -> tuple[str, int]:
    """Find the template and line at fault: those of its syntax, or the last frame compiled from one."""
    if isinstance(error, TemplateSyntaxError):
        return error.name or page, error.lineno
    name, line, trace = page, 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename in templates:
            name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    return name, line


def _pages(limits: Limits, locale: Locale) -> int | None:
    """Give how many pages a leaflet may have: a translation one more, if its format does not say how many."""
    if limits.pages is None or locale.source:
        return limits.pages
    return limits.translated or limits.pages + 1


@lru_cache
def _told_apart(name: str, content: bytes) -> str:
    """Name an asset by its content too: the engine keeps pictures by name from one leaflet to the next."""
    return f"{hashlib.sha256(content).hexdigest()[:12]}/{name}"


@lru_cache
def _data_url(name: str, content: bytes) -> str:
    return f"data:{guess_type(name)[0]};base64,{base64.b64encode(content).decode()}"


def _source(library: Library, edition: Edition, places: tuple[str, ...]) -> bytes:
    """Give what a leaflet was made from, for the file embedded in it: words, Facts and full sources.

    Of a personal sheet, only which places it has, and not what stands in them.
    """
    topic = library.topics[edition.topic]
    keys = sorted({key for part in topic.statements() for key in part.sources})
    content: dict[str, Any] = {
        "edition": {
            "topic": edition.topic,
            "lang": edition.lang,
            "clinic": edition.clinic,
            "format": edition.format,
            "path": edition.path,
        },
        "status": edition.status,
        "text_digest": edition.text_digest,
        "digest": edition.digest,
        "words": texts(library, topic, edition.lang),
        "topic": topic.model_dump(mode="json"),
        "sources": {key: library.sources[key].model_dump(mode="json") for key in keys},
    } | ({"places": list(places)} if places else {})
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()
