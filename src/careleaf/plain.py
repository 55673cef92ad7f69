"""The writers that need no engine: a web page as it was rendered, and plain text wrapped to its width."""

from careleaf.breaks import wrap
from careleaf.model import Artifact, Job


def write(job: Job) -> Artifact:
    """Encode the markup; wrap it first where the format has a width."""
    if job.columns is None:
        return Artifact(job.path, job.markup.encode(), pages=0)
    text = wrap(job.markup, job.columns, job.lang, keep_words=job.keep_words)
    return Artifact(job.path, text.encode(), pages=0)
