"""The registry of writers: what a format may name, and the module whose `write(job)` makes the bytes.

Named, not imported: only a worker that has a PDF to make pays for loading the engine.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from careleaf.model import Artifact, Job

WRITERS: Final[Mapping[str, str]] = {
    "pdf": "careleaf.pdf.engine",
    "html": "careleaf.plain",
    "text": "careleaf.plain",
}


def write(job: Job) -> Artifact:
    """Make one Artifact in this process."""
    writer: Callable[[Job], Artifact] = import_module(WRITERS[job.writer]).write
    return writer(job)
