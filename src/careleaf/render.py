"""Leaflet -> markup: the Jinja2 templates of a format, and with them all that a writer needs."""

import base64
import json
from collections.abc import Callable, Container, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateSyntaxError, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from careleaf.findings import Finding
from careleaf.model import Clinic, Edition, Format, Job, Leaflet, Library, Links
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
        images = {f"images/{drawing.file}" for block in leaflet.blocks for drawing in block.drawings}
        assets = self._icons | {name: library.images[name.removeprefix("images/")] for name in images}
        return Job(
            name=str(edition),
            writer=form.writer,
            markup=self._fill(form, leaflet, edition, assets, links),
            style=library.templates.get(form.style, ""),
            path=edition.path,
            assets=assets,
            attachment=_source(library, edition),
            updated=library.topics[edition.topic].updated,
            pages=form.pages and form.pages + (not leaflet.locale.source),
            columns=form.columns,
            fonts=(*leaflet.locale.fonts, *(leaflet.beside.locale.fonts if leaflet.beside else ())),
            phones=tuple(getattr(library.clinics[edition.clinic], name) for name in Clinic.FACTS),
            lang=leaflet.locale.cldr,
            keep_words=leaflet.locale.keep_words,
            split_words=leaflet.locale.split_words,
        )

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
            style=self._library.templates.get(form.style, ""),
            asset=lambda name: _data_url(assets[name]) if form.writer == "html" else name,
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


@lru_cache
def _data_url(svg: bytes) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()


def _source(library: Library, edition: Edition) -> bytes:
    """Give what a leaflet was made from, for the file embedded in it: words, Facts and full sources."""
    topic = library.topics[edition.topic]
    keys = sorted({key for part in topic.statements() for key in part.sources})
    content: dict[str, Any] = {
        "edition": {
            "topic": edition.topic,
            "lang": edition.lang,
            "clinic": edition.clinic,
            "format": edition.format,
        },
        "status": edition.status,
        "text_digest": edition.text_digest,
        "digest": edition.digest,
        "words": texts(library, topic, edition.lang),
        "topic": topic.model_dump(mode="json"),
        "sources": {key: library.sources[key].model_dump(mode="json") for key in keys},
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()
