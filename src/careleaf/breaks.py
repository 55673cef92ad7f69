"""Where a line may break, by Unicode and ICU's dictionaries, and how long it is."""

from collections.abc import Iterable

from icu4py.breakers import LineBreaker
from wcwidth import wcswidth


def segments(text: str, tag: str) -> list[str]:
    """Split a text after each place where its line may break; joined, they are the text again."""
    return list(LineBreaker(text, tag))


def cells(text: str) -> int:
    """Count the columns that a text takes: a Chinese sign is two wide, a vowel mark none."""
    return wcswidth(" ".join(text.split()))


def wrap(text: str, columns: int, tag: str, *, keep_words: bool) -> str:
    """Wrap each line of a text in a language to so many columns; at spaces alone, to keep words whole."""
    lines = (
        line
        for row in text.splitlines()
        for line in _wrapped(_parts(row.strip(" "), tag, keep_words=keep_words), columns)
    )
    return "\n".join(lines).strip("\n") + "\n"


def _wrapped(parts: Iterable[str], columns: int) -> list[str]:
    lines = [""]
    for part in parts:
        if lines[-1] and cells(lines[-1] + part.rstrip(" ")) > columns:
            lines.append("")
        lines[-1] += part
    return [line.rstrip(" ") for line in lines]


def _parts(row: str, tag: str, *, keep_words: bool) -> list[str]:
    return [f"{word} " for word in row.split(" ")] if keep_words else segments(row, tag)
