"""The writers that need no engine: a web page as it was rendered, and plain text wrapped to its width."""

from careleaf.breaks import cells, segments
from careleaf.model import Artifact, Job


def write(job: Job) -> Artifact:
    """Encode the markup; wrap it first where the format has a width."""
    text = job.markup if job.columns is None else wrap(job.markup, job)
    return Artifact(job.path, text.encode(), pages=0)


def wrap(text: str, job: Job) -> str:
    """Wrap each line to the Job's columns, in terminal cells.

    Cells, not characters: a Chinese sign is two wide, a vowel mark none.
    """
    lines = (line for row in text.splitlines() for line in _wrapped(row.strip(" "), job))
    return "\n".join(lines).strip("\n") + "\n"


def _wrapped(row: str, job: Job) -> list[str]:
    lines = [""]
    for part in _parts(row, job):
        if lines[-1] and cells(lines[-1] + part.rstrip(" ")) > (job.columns or 0):
            lines.append("")
        lines[-1] += part
    return [line.rstrip(" ") for line in lines]


def _parts(row: str, job: Job) -> list[str]:
    """Split a line where it may break: at plain spaces alone for a language whose words stay whole."""
    if not job.keep_words:
        return segments(row, job.lang)
    return [f"{word} " for word in row.split(" ")]
