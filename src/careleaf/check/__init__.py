"""Every rule that a library must keep. One file per concern, each a list of small functions."""

from dataclasses import replace
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


TRANSLATION_RULES = (*catalogs.RULES, *characters.RULES, *numbers.RULES, *translations.RULES)
"""Rules that read catalogs."""


def judge(library: Library, lang: str, name: str | None = None) -> list[Finding]:
    """Judge only a language's catalogs, or the one of a name."""
    chosen = {
        key: catalog for key, catalog in library.catalogs.items() if key[0] == lang and name in {None, key[1]}
    }
    backs = {key: catalog for key, catalog in library.back.items() if key in chosen}
    files = {catalog.file for catalog in (*chosen.values(), *backs.values())}
    # Other languages' catalogs are left out, so that nothing is read in vain.
    found = chain.from_iterable(
        rule(replace(library, catalogs=chosen, back=backs)) for rule in TRANSLATION_RULES
    )
    return [finding for finding in dict.fromkeys(found) if finding.file in files]


def check(library: Library, today: date, *, approved_only: bool = False) -> list[Finding]:
    """Judge a whole library; what cannot be read has been told by `load` already.

    A review that is overdue stops those who print only what is approved, and warns the others.
    """
    one_source = sum(locale.source for locale in library.locales.values()) == 1
    rules = (*RULES, *ENGLISH_RULES) if one_source else RULES
    overdue = Severity.ERROR if approved_only else Severity.WARNING
    dated = chain(
        content.due(library, today, overdue),
        clinics.confirmed(library, today),
        clinics.public_holidays(library, today),
    )
    found = chain.from_iterable(rule(library) for rule in rules)
    return list(dict.fromkeys(chain(found, dated)))
