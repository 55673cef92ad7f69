"""Rules for values: every Fact can be said in every language that a clinic hands out."""

from collections.abc import Iterator

from careleaf import locales
from careleaf.findings import Finding
from careleaf.model import Library, Locale, Topic

SPAN = "{low} {high}"


def known_to_cldr(library: Library) -> Iterator[Finding]:
    """CLDR knows the language, and careleaf its digits."""
    for locale in library.locales.values():
        if not locales.in_cldr(locale):
            mend = "Set cldr: to the tag of the nearest language that CLDR has."
            yield Finding(locale.file, locale.line, "cldr", f"CLDR does not know {locale.cldr}", mend)
        if locale.digits not in locales.ZEROS:
            mend = f"Choose from: {', '.join(locales.ZEROS)}."
            yield Finding(locale.file, locale.line, "digits", f"the digits {locale.digits} are unknown", mend)


def spoken(library: Library) -> Iterator[Finding]:
    """CLDR can say every Fact, the topic's value and each clinic's own."""
    for locale in library.locales.values():
        if locales.in_cldr(locale) and locale.digits in locales.ZEROS:
            for topic in library.topics.values():
                yield from _unspoken(library, topic, locale)


def _unspoken(library: Library, topic: Topic, locale: Locale) -> Iterator[Finding]:
    for name, fact in topic.facts.items():
        own = {clinic.facts.get(topic.name, {}).get(name) for clinic in library.clinics.values()}
        for value in {None, *own}:
            try:
                locales.speak(fact, value, locale, SPAN)
            except locales.UnspokenError as error:
                mend = "Use another unit: 14 days in place of 2 weeks, 48 hours in place of 2 days."
                message = f"the Fact {name} cannot be said in {locale.name}: {error}"
                yield Finding(topic.file, fact.line, "speech", message, mend)


RULES = (known_to_cldr, spoken)
