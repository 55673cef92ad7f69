"""Every rule that a library must keep. One file per concern, each a list of small functions."""

from datetime import date
from itertools import chain

from careleaf.check import (
    approvals,
    catalogs,
    characters,
    claims,
    clinics,
    content,
    glossary,
    language,
    numbers,
    pictures,
    skin,
    speech,
    templates,
    translations,
)
from careleaf.findings import Finding, Severity
from careleaf.model import Library

RULES = (
    *content.RULES,
    *clinics.RULES,
    *catalogs.RULES,
    *approvals.RULES,
    *characters.RULES,
    *speech.RULES,
    *pictures.RULES,
    *templates.RULES,
)
ENGLISH_RULES = (
    *language.RULES,
    *glossary.RULES,
    *skin.RULES,
    *numbers.RULES,
    *claims.RULES,
    *translations.RULES,
)
"""Rules that read the topics' words: they need to know in which language those are."""


def check(library: Library, today: date, *, approved_only: bool = False) -> list[Finding]:
    """Judge a whole library; what cannot be read has been told by `load` already.

    A review that is overdue stops those who print only what is approved, and warns the others.
    """
    one_source = sum(locale.source for locale in library.locales.values()) == 1
    rules = (*RULES, *ENGLISH_RULES) if one_source else RULES
    overdue = Severity.ERROR if approved_only else Severity.WARNING
    dated = chain(content.due(library, today, overdue), clinics.confirmed(library, today))
    found = chain.from_iterable(rule(library) for rule in rules)
    return list(dict.fromkeys(chain(found, dated)))
