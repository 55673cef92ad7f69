"""Which language is a sentence in? Asked only among a few, it is sure from four words on."""

from copy import copy
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

WORDS = 4
"""Shorter sentences are not judged: of 3300 that have at least so many words, none was mistaken."""


@lru_cache(maxsize=1)
def _model() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 # numpy: only a check pays for it

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Give the languages that the model knows."""
    return frozenset(_model().labels)


def language(sentence: str, among: tuple[str, ...]) -> str:
    """Give the language of a sentence, one of some that are `known`."""
    return str(_among(among).classify(sentence)[0])


@lru_cache(maxsize=64)
def _among(languages: tuple[str, ...]) -> "LanguageIdentifier":
    """Narrow the model to a few languages, once: that takes three times as long as to judge a sentence."""
    identifier = copy(_model())  # its large tables stay shared
    identifier.set_languages(list(languages))
    return identifier
