"""One leaflet outside a build: for who reviews it, or translates it."""

from careleaf.compose import compose
from careleaf.model import Clinic, Format, Job, Library, Reading, Status
from careleaf.plan import edition, press
from careleaf.render import Press
from careleaf.versions import versions


def job(library: Library, found: Reading, state: Status, clinic: Clinic, form: Format) -> Job:
    """Make the Job of one leaflet, whatever its status. Raises RenderError."""
    one = edition(library, found, state, clinic, form, press(library, versions(), form))
    return Press(library).render(one, compose(library, one))


def printed_form(library: Library) -> Format | None:
    """Give the first format that is a PDF in one language: one that every build makes, if there is any."""
    forms = (form for form in library.formats.values() if form.extension == "pdf" and not form.bilingual)
    return min(forms, key=lambda form: form.on_request, default=None)
