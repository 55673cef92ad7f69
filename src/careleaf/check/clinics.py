"""Rules for clinics: their own values stay inside the evidence, their languages exist."""

from collections.abc import Iterator, Mapping
from datetime import date

from careleaf.findings import Finding
from careleaf.model import Clinic, FactValue, Library, Number, Topic


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


RULES = (overrides, languages)
