"""Where a line may break, by Unicode and ICU's dictionaries, and how long it is."""

from icu4py.breakers import LineBreaker
from wcwidth import wcswidth


def segments(text: str, tag: str) -> list[str]:
    """Split a text after each place where its line may break; joined, they are the text again."""
    return list(LineBreaker(text, tag))


def cells(text: str) -> int:
    """Count the columns that a text takes: a Chinese sign is two wide, a vowel mark none."""
    return wcswidth(" ".join(text.split()))
