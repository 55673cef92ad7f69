"""Rules for formats and templates: complete, and nothing is fetched from elsewhere."""

import re
from collections.abc import Iterator
from typing import Final

from careleaf import markup
from careleaf.findings import Finding, Severity
from careleaf.model import UI_PLACES, Binding, Library
from careleaf.paper import PANEL, PAPERS
from careleaf.writers import WRITERS

REMOTE: Final = re.compile(r"(?:\b[a-z][a-z0-9+.-]*:)?//[^\s/]", re.IGNORECASE)
# A page may link to its sources, and XML names its vocabularies by addresses; neither fetches anything.
HARMLESS: Final = re.compile(r"""(?:<a\b[^>]*|\bxmlns(?::\w+)?=["'])$""", re.IGNORECASE)


def remote(library: Library) -> Iterator[Finding]:
    """A leaflet is made of the library's own files alone."""
    for name, text in library.templates.items():
        for match in REMOTE.finditer(text):
            if not HARMLESS.search(text[max(0, match.start() - 500) : match.start()]):
                line = text.count("\n", 0, match.start()) + 1
                message, mend = "a file is fetched from another place", "Put the file into the library."
                yield Finding(f"templates/{name}", line, "remote", message, mend)


def own_words(library: Library) -> Iterator[Finding]:
    """The templates' own words are all there, with the places that are to be filled in."""
    file = "templates/ui.yaml"
    for name, places in UI_PLACES.items():
        text = library.ui.get(name)
        if text is None and file not in library.unread:
            mend = "Add it: see the library that comes with careleaf."
            yield Finding(file, 0, "missing", f"the text {name} is missing", mend)
        elif text and set(markup.facts(text.text)) != places:
            wanted = ", ".join(f"{{{place}}}" for place in sorted(places)) or "none"
            message = f"{name} has other places to fill in than it must have"
            yield Finding(file, text.line, "placeholders", message, f"It must have: {wanted}.")


def complete(library: Library) -> Iterator[Finding]:
    """Every format has its page, and a writer that careleaf has."""
    for format_ in library.formats.values():
        file = format_.file
        if format_.writer not in WRITERS:
            mend = f"Choose from: {', '.join(sorted(WRITERS))}."
            yield Finding(file, format_.line, "writer", f"there is no writer {format_.writer}", mend)
        for style in format_.styles:
            if style not in library.templates and f"templates/{style}" not in library.unread:
                mend = "Correct its name: it is relative to templates/."
                message = f"the style sheet {style} is missing"
                yield Finding(file, format_.line_of("styles"), "template", message, mend)
        if format_.page not in library.templates and f"templates/{format_.page}" not in library.unread:
            mend = "Add it: see a neighbouring format."
            yield Finding(file, format_.line, "template", f"templates/{format_.page} is missing", mend)


def paper(library: Library) -> Iterator[Finding]:
    """A format of printed pages is on a paper that careleaf knows; what is folded has panels."""
    for form in library.formats.values():
        if form.extension != "pdf":
            continue
        if form.paper not in PAPERS:
            message = f"the paper {form.paper or '(none)'} is unknown"
            mend = f"Choose from: {', '.join(PAPERS)}."
            yield Finding(form.file, form.line_of("paper"), "paper", message, mend, Severity.HELD)
        elif Binding.TRI_FOLD in form.bindings and form.paper != PANEL:
            message = f"a tri-fold has panels, and {form.paper} is a page"
            mend = f"Write paper: {PANEL}."
            yield Finding(form.file, form.line_of("paper"), "paper", message, mend, Severity.HELD)


RULES = (remote, own_words, complete, paper)
