"""The DNS records by which other mail servers know that a clinic's mail is its own."""

from dataclasses import dataclass
from typing import Final

LONGEST_STRING: Final = 255
"""In bytes: a TXT record is made of strings (RFC 1035, section 3.3.14)."""


@dataclass(frozen=True, slots=True)
class Record:
    """A TXT record that is wanted: its name, what it has to hold, and why. Who runs the domain sets it."""

    name: str
    value: str
    why: str

    @property
    def look(self) -> str:
        """Give the command that shows what is there."""
        return f"dig +short TXT {self.name}"


def wanted(sent_from: str, selector: str | None, key: str) -> tuple[Record, ...]:
    """List the records for a sender's address.

    `selector` is set if messages are signed here; `key` is then the value of the signing key's record, or
    empty if the key is not at hand.
    """
    domain = sent_from.rpartition("@")[2]
    return (_spf(domain), _dkim(domain, selector, key), _dmarc(domain))


def _spf(domain: str) -> Record:
    """Say which servers may send for the domain (RFC 7208): only the provider knows those."""
    value = "v=spf1 include:<the name that your mail provider gives> -all"
    return Record(domain, value, "SPF: which servers send mail for the domain; one such record, not two")


def _dkim(domain: str, selector: str | None, key: str) -> Record:
    """Say whose key has signed: RFC 6376, section 3.6."""
    if selector is None:
        name = f"<selector>._domainkey.{domain}"
        return Record(
            name, "v=DKIM1; p=<the server's key>", "DKIM: the server signs, its operator names both"
        )
    why = "DKIM: the key by which a message is known to be yours and unchanged"
    return Record(f"{selector}._domainkey.{domain}", key or "v=DKIM1; p=<the public key>", why)


def _dmarc(domain: str) -> Record:
    """Say what becomes of mail that is not the domain's own: RFC 7489, section 6.3."""
    value = f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
    why = (
        "DMARC: reports on mail in your name. When they show only your own, write p=quarantine, then p=reject"
    )
    return Record(f"_dmarc.{domain}", value, why)


def strings(value: str) -> str:
    """Write a value as a zone file has it: between quotation marks, in strings that are short enough."""
    parts = [value[start : start + LONGEST_STRING] for start in range(0, len(value), LONGEST_STRING)]
    return " ".join(f'"{part}"' for part in parts)
