"""The writers that need no engine: a web page as it was rendered, and plain text wrapped to its width."""

from wcwidth import wcswidth

from careleaf.model import Artifact, Job


def write(job: Job) -> Artifact:
    """Encode the markup; wrap it first where the format has a width."""
    text = job.markup if job.columns is None else wrap(job.markup, job.columns)
    return Artifact(job.path, text.encode(), pages=0)


def wrap(text: str, columns: int) -> str:
    """Wrap each line to `columns` terminal cells; what continues it is indented like its own text.

    Cells, not characters: a Korean syllable is two wide, a vowel mark none.
    """
    lines = (line for row in text.splitlines() for line in _wrapped(row.rstrip(), columns))
    return "\n".join(lines).strip("\n") + "\n"


def _wrapped(row: str, columns: int) -> list[str]:
    body = row.lstrip(" -*")
    hanging = " " * (len(row) - len(body))
    lines = [row[: len(row) - len(body)]]
    # Split at plain spaces only: a no-break space holds a value together.
    for number, word in enumerate(body.split(" ")):
        glue = " " if number and lines[-1].strip() else ""
        if glue and wcswidth(lines[-1] + glue + word) > columns:
            lines.append(hanging + word)
        else:
            lines[-1] += glue + word
    return [line.rstrip() for line in lines]
