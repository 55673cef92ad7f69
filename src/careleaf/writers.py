"""The registry of writers: what a format may name, and the module whose `write(job)` makes the bytes.

Named, not imported: only a worker that has a PDF to make pays for loading the engine.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from careleaf.model import Artifact, Job, Order

if TYPE_CHECKING:
    from careleaf.pdf.update import Filled

WRITERS: Final[Mapping[str, str]] = {
    "pdf": "careleaf.pdf.engine",
    "html": "careleaf.plain",
    "text": "careleaf.plain",
}


def write(job: Job) -> Artifact:
    """Make one Artifact in this process."""
    writer: Callable[[Job], Artifact] = import_module(WRITERS[job.writer]).write
    return writer(job)


def fill(order: Order) -> "Filled | Artifact":
    """Lay a leaflet out with its places free, and stamp each sheet of an Order."""
    from careleaf.pdf.master import fill as made  # noqa: PLC0415 # only a worker pays for loading the engine

    return made(order)
