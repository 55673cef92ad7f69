"""Rules for clinics: their own values stay inside the evidence, their languages, places and days exist."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Final

from careleaf import days
from careleaf.findings import Finding, Severity
from careleaf.model import Clinic, FactValue, Library, Mailing, Number, Topic

LONGEST_NAME: Final = 80
LONGEST_ADDRESS: Final = 50
"""Without the topic and the language."""
SAFE_IN_ADDRESS: Final = re.compile(r"[a-z0-9.:/-]")
ADDRESS: Final = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/[a-z0-9./-]*)?")
ADDRESS_FORM: Final = (
    "Write it like https://leaflets.example.org/{lang}/{topic}: small letters, digits, dots, hyphens."
)
SMTPS: Final = 465
"""The port of submission over TLS from the start: RFC 8314, 7.3."""
PLAIN_FIRST: Final = (25, 587)
"""The ports of SMTP and of submission (RFC 6409), where TLS begins with a command."""
ALIKE: Final = 0.85
"""How much of two domains is the same if one is taken for a slip."""
MAILBOX: Final = re.compile(
    r"[^.@]+(\.[^.@]+)*@(?=[^@]{1,190}$)"
    r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
"""What of the addresses that the model allows can be written to: RFC 5321, 4.1.2."""


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


def timezones(library: Library) -> Iterator[Finding]:
    """A clinic's time zone is in the IANA database."""
    for clinic in library.clinics.values():
        if clinic.timezone not in days.zones():
            message = f"the time zone {clinic.timezone} is unknown"
            mend = _nearest(clinic.timezone, days.zones(), "Name a zone of the IANA database: Europe/London.")
            yield Finding(clinic.file, clinic.line_of("timezone"), "timezone", message, mend)


def regions(library: Library) -> Iterator[Finding]:
    """A clinic's region is one of its country."""
    for clinic in library.clinics.values():
        if not _in_country(clinic):
            found = days.regions(clinic.country)
            otherwise = f"Choose from: {', '.join(found)}." if found else "Remove it: the country has none."
            mend = _nearest(str(clinic.region), found or (), otherwise)
            message = f"{clinic.country} has no region {clinic.region}"
            yield Finding(clinic.file, clinic.line_of("region"), "region", message, mend)


def _in_country(clinic: Clinic) -> bool:
    """Say that the country has the region, or that nobody knows."""
    found = days.regions(clinic.country)
    return clinic.region is None or found is None or clinic.region in found


def _nearest(name: str, known: Collection[str], otherwise: str) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {near[0]}?" if near else otherwise


def public_holidays(library: Library, today: date) -> Iterator[Finding]:
    """The public holidays of a clinic's country are known for this year and the next."""
    for clinic in library.clinics.values():
        unknown = next(
            (year for year in (today.year, today.year + 1) if not days.known(clinic.country, year)), 0
        )
        if unknown:
            when = "" if days.regions(clinic.country) is None else f" in {unknown}"
            message = f"{clinic.country}{when}: its public holidays are unknown"
            mend = "List them under closed:, or correct the country."
            line = clinic.line_of("country")
            yield Finding(clinic.file, line, "holidays", message, mend, Severity.WARNING)


def closures(library: Library) -> Iterator[Finding]:
    """No two closures of a clinic have a day in common: one of them may be a mistyped year."""
    for clinic in library.clinics.values():
        ordered = sorted(clinic.closed, key=lambda each: (each.from_, each.until))
        for index, later in enumerate(ordered):
            earlier = next((each for each in ordered[:index] if each.until >= later.from_), None)
            if earlier:
                message = (
                    f"closed: {later.from_} to {later.until} overlaps {earlier.from_} to {earlier.until}"
                )
                mend = "Correct the dates, or make it one closure."
                yield Finding(clinic.file, later.line, "closed", message, mend, Severity.WARNING)


def open_on(library: Library) -> Iterator[Finding]:
    """Each day on which a clinic is open after all would be closed otherwise, and has hours."""
    for clinic in library.clinics.values():
        for index, day in enumerate(clinic.open_on if _in_country(clinic) else ()):
            if why := _no_change(clinic, day):
                line, message = (
                    clinic.line_of("open-on", str(index)),
                    f"open-on: {day} changes nothing: {why}",
                )
                mend = "Correct the date, or remove it."
                yield Finding(clinic.file, line, "open-on", message, mend, Severity.WARNING)


def _no_change(clinic: Clinic, day: date) -> str:
    if not days.has_hours(clinic, day):
        return "the clinic has no hours on that day of the week"
    if days.shut(clinic, day):
        return "it is inside a closure"
    if day in days.public_holidays(clinic.country, clinic.region, day.year):
        return ""
    return f"no public holiday of {' '.join(filter(None, (clinic.country, clinic.region)))} is known that day"


def procedures(library: Library) -> Iterator[Finding]:
    """Each code of a clinic's lists of patients stands for topics that there are."""
    for clinic in library.clinics.values():
        for code, named in clinic.patients.procedures.items():
            for name in (named,) if isinstance(named, str) else named:
                if name not in library.topics and f"content/topics/{name}.yaml" not in library.unread:
                    line = clinic.line_of("patients", "procedures", code)
                    message = f"patients: {code}: there is no topic {name}"
                    mend = _nearest(name, library.topics, "Correct the topic's name.")
                    yield Finding(clinic.file, line, "procedure", message, mend)


def columns(library: Library) -> Iterator[Finding]:
    """No two columns of a clinic's lists of patients have one header, whatever its capital letters."""
    for clinic in library.clinics.values():
        seen: dict[str, str] = {}
        for name, header in clinic.patients.columns.items():
            other = seen.setdefault(header.casefold(), name)
            if other != name:
                line = clinic.line_of("patients", "columns", name)
                message = f"patients: the columns {other} and {name} have the same header, {header}"
                yield Finding(clinic.file, line, "column", message, "Give each column its own header.")


def mailing(library: Library) -> Iterator[Finding]:
    """A clinic's addresses for mail can be written to, its domains are spelt alike, and its limits agree."""
    for clinic in library.clinics.values():
        for key, message, mend, severity in _mail_faults(clinic):
            yield Finding(
                clinic.file, clinic.line_of("mail", key), "mail", f"mail: {message}", mend, severity
            )


def _mail_faults(clinic: Clinic) -> Iterator[tuple[str, str, str, Severity]]:
    if (mail := clinic.mail) is None:
        return
    wrong = [
        (key, each)
        for key, each in (("from", mail.from_), ("reply-to", mail.reply_to))
        if not MAILBOX.fullmatch(each)
    ]
    for key, address in wrong:
        mend = "Write it like leaflets@clinic.example: a domain of letters, digits, dots and hyphens."
        yield key, f"{key}: {address} is no address that mail can be sent to", mend, Severity.ERROR
    if not wrong:
        yield from _mistyped(mail)
    yield from _at_odds(mail)


def _mistyped(mail: Mailing) -> Iterator[tuple[str, str, str, Severity]]:
    sender, answers = (each.rpartition("@")[2].lower() for each in (mail.from_, mail.reply_to))
    if sender != answers and get_close_matches(sender, [answers], cutoff=ALIKE):
        message = f"from and reply-to have two domains that look alike, {sender} and {answers}"
        yield "from", message, "Correct the one that is mistyped.", Severity.WARNING


def _at_odds(mail: Mailing) -> Iterator[tuple[str, str, str, Severity]]:
    if mail.port == SMTPS and mail.tls == "starttls":
        message = f"port {SMTPS} is for TLS from the start (RFC 8314), not for starttls"
        yield "port", message, "Write tls: implicit, or port: 587.", Severity.WARNING
    if mail.port in PLAIN_FIRST and mail.tls == "implicit":
        message = f"port {mail.port} begins without TLS, and tls is implicit"
        yield "tls", message, "Write tls: starttls, or port: 465.", Severity.WARNING
    if mail.per_minute > mail.per_day:
        message = f"per-minute ({mail.per_minute}) is more than per-day ({mail.per_day})"
        yield "per-minute", message, "Lower per-minute, or raise per-day.", Severity.WARNING


RULES = (
    overrides,
    languages,
    names,
    addresses,
    timezones,
    regions,
    closures,
    open_on,
    procedures,
    columns,
    mailing,
)
