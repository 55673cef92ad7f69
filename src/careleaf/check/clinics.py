"""Rules for clinics: their own values stay inside the evidence, their languages exist."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from careleaf.findings import Finding, Severity
from careleaf.model import Clinic, FactValue, Library, Number, Topic

LONGEST_NAME: Final = 80
LONGEST_ADDRESS: Final = 50
"""Without the topic and the language."""
SAFE_IN_ADDRESS: Final = re.compile(r"[a-z0-9.:/-]")
ADDRESS: Final = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/[a-z0-9./-]*)?")
ADDRESS_FORM: Final = (
    "Write it like https://leaflets.example.org/{lang}/{topic}: small letters, digits, dots, hyphens."
)


def overrides(library: Library) -> Iterator[Finding]:
    """A clinic's own value of a Fact lies in the range that the topic allows."""
    for clinic in library.clinics.values():
        for name, values in clinic.facts.items():
            topic = library.topics.get(name)
            if topic is None and f"content/topics/{name}.yaml" in library.unread:
                continue
            if topic is None:
                message = f"facts: there is no topic {name}"
                line = clinic.line_of("facts", name)
                yield Finding(clinic.file, line, "override", message, "Correct the topic's name.")
                continue
            yield from _topic_overrides(clinic, topic, values)


def _topic_overrides(clinic: Clinic, topic: Topic, values: Mapping[str, FactValue]) -> Iterator[Finding]:
    for name, value in values.items():
        fact, line = topic.facts.get(name), clinic.line_of("facts", topic.name, name)
        if not isinstance(fact, Number):
            message = f"{topic.name} has no Fact {name} that a clinic may set"
            yield Finding(clinic.file, line, "override", message, "Correct the Fact's name.")
        elif not fact.allows(value):
            message = f"{topic.name}: {name} = {value} is outside {fact.min} to {fact.max}"
            mend = "Choose a value inside the range, or have a clinician change the topic's range."
            yield Finding(clinic.file, line, "fact-range", message, mend)


def languages(library: Library) -> Iterator[Finding]:
    """A clinic's languages have a profile."""
    for clinic in library.clinics.values():
        for key, tag in [*(("languages", tag) for tag in clinic.languages), ("lang", clinic.lang)]:
            if tag not in library.locales:
                message = f"the language {tag} is unknown"
                mend = f"Add locales/{tag}/profile.yaml, or remove it."
                yield Finding(clinic.file, clinic.line_of(key), "unknown-locale", message, mend)


def names(library: Library) -> Iterator[Finding]:
    """A clinic's name fits on the head of every format."""
    for clinic in library.clinics.values():
        if len(clinic.title) > LONGEST_NAME:
            message = f"the clinic's name has {len(clinic.title)} characters"
            mend = f"Use at most {LONGEST_NAME}: more does not fit on a card."
            yield Finding(clinic.file, clinic.line_of("title"), "clinic-name", message, mend, Severity.HELD)


def addresses(library: Library) -> Iterator[Finding]:
    """A clinic's address is short, safe to type, and says which leaflet it leads to: no reader's own data."""
    for clinic in library.clinics.values():
        fault = _address_fault(clinic.address) if clinic.address else None
        if fault:
            line = clinic.line_of("address")
            yield Finding(clinic.file, line, "address", f"address: {fault}", ADDRESS_FORM, Severity.HELD)


def _address_fault(address: str) -> str | None:
    plain = address.replace("{topic}", "").replace("{lang}", "")
    if strange := sorted(set(SAFE_IN_ADDRESS.sub("", plain))):
        return f"it has signs that people mistype or that mean something in an address: {strange}"
    if not ADDRESS.fullmatch(plain):
        return f"{address} has a wrong form"
    if missing := [place for place in ("{topic}", "{lang}") if address.count(place) != 1]:
        return f"it must have {' and '.join(missing)} once"
    return f"it has more than {LONGEST_ADDRESS} characters" if len(plain) > LONGEST_ADDRESS else None


def confirmed(library: Library, today: date) -> Iterator[Finding]:
    """Somebody rang the numbers and checked the hours in the last twelve months."""
    for clinic in library.clinics.values():
        line = clinic.line_of("confirmed")
        if clinic.confirmed > today:
            message = f"the contact details are confirmed on a day to come ({clinic.confirmed})"
            yield Finding(
                clinic.file, line, "contact-date", message, "Write the day on which you checked them."
            )
        elif today > clinic.good_until:
            message = f"nobody has confirmed the contact details since {clinic.confirmed}"
            mend = "Ring each number, check the hours, then set confirmed: to that day."
            yield Finding(clinic.file, line, "contact-date", message, mend)


RULES = (overrides, languages, names, addresses)
