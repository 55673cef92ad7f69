"""Where a line may break, by Unicode and ICU's dictionaries: scripts without spaces need those."""

from icu4py.breakers import LineBreaker


def segments(text: str, tag: str) -> list[str]:
    """Split a text after each place where its line may break; joined, they are the text again."""
    return list(LineBreaker(text, tag))
