"""Every rule that a library must keep. One file per concern, each a list of small functions."""

from datetime import date

from careleaf.check import approvals, catalogs, characters, clinics, content, pictures, speech, templates
from careleaf.findings import Finding
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


def check(library: Library, today: date) -> list[Finding]:
    """Judge a whole library; what cannot be read has been told by `load` already."""
    found = [finding for rule in RULES for finding in rule(library)] + content.due(library, today)
    return list(dict.fromkeys(found))
