"""Addresses of patients: one of them, that a server takes, and that no program reads as something else.

What a user would lose: a sheet in a stranger's mailbox, or a message that goes to somebody else besides.
"""

import email
import email.policy
from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from careleaf import addresses
from careleaf.cells import CellError


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("jane@example.com", "jane@example.com"),
        (" Jane.O'Example+laser@Example.COM\t", "Jane.O'Example+laser@example.com"),
        ("\u00a0jane@mail.example.org\u00a0", "jane@mail.example.org"),
        ("jane@xn--bcher-kva.example", "jane@xn--bcher-kva.example"),
        ("j@example.co.uk", "j@example.co.uk"),
        ("x" * 64 + "@example.com", "x" * 64 + "@example.com"),
    ],
)
def test_an_address_keeps_its_local_part_and_its_domain_is_in_small_letters(cell: str, address: str) -> None:
    assert addresses.read(cell) == address


REFUSED = {
    "a line break": ("jane@example.com\nBcc: x@example.org", "line break"),
    "a line break at the end": ("jane@example.com\r\n", "line break"),
    "a line separator": ("jane@example.com\u2028x@example.org", "line break"),
    "a NUL byte": ("jane\0@example.com", "nobody sees"),
    "an escape": ("jane\x1b@example.com", "U+001B"),
    "C1": ("jane\x9b@example.com", "nobody sees"),
    "what turns words round": ("jane\u202e@example.com", "U+202E RIGHT-TO-LEFT OVERRIDE"),
    "a zero-width space": ("jane@exam\u200bple.com", "U+200B ZERO WIDTH SPACE"),
    "an encoded word": ("=?UTF-8?Q?=0A?=Bcc:x@example.com", "=?"),
    "an encoded word behind a name": ("jane=?UTF-8?Q?=0A?=@example.com", "=?"),
    "two with a comma": ("jane@example.com,x@example.org", "more than one address"),
    "two with a semicolon": ("jane@example.com; x@example.org", "more than one address"),
    "two with a space": ("jane@example.com x@example.org", "more than one address"),
    "two signs": ("jane@x@example.com", "more than one address"),
    "a name before it": ("Jane Example <jane@example.com>", "more in the cell than an address"),
    "a name with a comma": ('"Example, Jane" <jane@example.com>', "more in the cell than an address"),
    "a name without quotes": ("Example, Jane <jane@example.com>", "more in the cell than an address"),
    "a comment": ("jane(home)@example.com", "more in the cell than an address"),
    "quotes": ('"jane doe"@example.com', "more in the cell than an address"),
    "a number for a domain": ("jane@[192.0.2.1]", "more in the cell than an address"),
    "a bare number": ("jane@192.0.2.1", "no address that mail can be sent to"),
    "a formula": ('=HYPERLINK("mailto:jane@example.com")', "more in the cell than an address"),
    "a short formula": ("=jane@example.com", "formula"),
    "a call": ("@SUM(A1)", "more in the cell than an address"),
    "an escaped formula": ("'jane@example.com", "formula"),
    "a sum": ("+jane@example.com", "formula"),
    "a link": ("mailto:jane@example.com", "no address that mail can be sent to"),
    "no sign": ("jane.example.com", "there is no @"),
    "no domain": ("jane@", "no address that mail can be sent to"),
    "nobody": ("@", "formula"),
    "no dot": ("jane@gmail", "no address that mail can be sent to"),
    "two dots": ("jane@example..com", "no address that mail can be sent to"),
    "a dot at the end": ("jane@example.com.", "no address that mail can be sent to"),
    "a domain that no mail reaches": ("jane@example.invalid", "no address that mail can be sent to"),
    "a domain of other letters": ("jane@b\u00fccher.example", "not in ASCII"),
    "a domain of wide letters": ("jane@\uff45xample.com", "not in ASCII"),
    "a name of other letters": ("ж@example.com", "before the @ are not supported"),
    "65 letters before the sign": ("x" * 65 + "@example.com", "at most 64"),
    "255 letters": ("x@" + "y" * 61 + (".y" * 94) + ".com", "254 in all"),
    "a percent of another host": ("jane%example.org@", "no address that mail can be sent to"),
    "a backslash": ("jane\\@example.com", "more in the cell than an address"),
}


@pytest.mark.parametrize(("cell", "phrase"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_one_plain_address_is_refused_and_not_quoted(cell: str, phrase: str) -> None:
    with pytest.raises(CellError) as refusal:
        addresses.read(cell)
    assert phrase in refusal.value.message
    assert refusal.value.mend.endswith((".", "?"))
    told = refusal.value.message + refusal.value.mend
    assert "jane" not in told
    assert "@example" not in told.replace("name@example.com", "")
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None, "its words may quote it"


def test_a_domain_of_other_letters_is_told_how_to_write_it() -> None:
    with pytest.raises(CellError) as refusal:
        addresses.read("jane@b\u00fccher.example")
    assert "ASCII form, which starts with xn--" in refusal.value.mend


PIECES = st.sampled_from(
    [
        "jane",
        "@",
        "example.com",
        ".",
        ",",
        ";",
        "\r\n",
        "\n",
        "=?",
        "?=",
        "<",
        ">",
        '"',
        " ",
        "\0",
        "é",
        "xn--",
    ]
)


@given(st.lists(PIECES, max_size=8).map("".join))
@example("jane@example.com")
def test_whatever_is_taken_goes_into_a_header_as_one_address(cell: str) -> None:
    try:
        address = addresses.read(cell)
    except CellError:
        return
    message = EmailMessage()
    message["To"] = Address(addr_spec=address)
    read = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert list(read) == ["To"]
    assert [each.addr_spec for each in read["To"].addresses] == [address]


@pytest.mark.parametrize(
    ("domain", "near"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("GNAIL.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("yahoo.con", "yahoo.com"),
        ("hotmial.fr", "hotmail.fr"),
        ("web.ed", "web.de"),
        ("interia.lp", "interia.pl"),
        ("lapost.net", "laposte.net"),
        ("hanmai.net", "hanmail.net"),
        ("ukr.ent", "ukr.net"),
        ("redifmail.com", "rediffmail.com"),
        ("orange.ft", "orange.fr"),
    ],
)
def test_a_domain_that_is_one_slip_away_from_a_common_one_is_suspect(domain: str, near: str) -> None:
    assert addresses.suspect(f"jane@{domain}") == near


def test_a_common_domain_is_no_slip_of_another_and_a_strange_one_is_none() -> None:
    strange = ("example.com", "clinic.example.org", "aq.com", "wo.pl", "gimail.de", "mail.gmail.com")
    assert [each for each in (*addresses.COMMON, *strange) if addresses.suspect(f"jane@{each}")] == []


@given(st.sampled_from(sorted(addresses.COMMON)), st.data())
def test_two_letters_that_changed_places_are_always_found(domain: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(domain) - 2))
    slip = f"{domain[:place]}{domain[place + 1]}{domain[place]}{domain[place + 2 :]}"
    assert (addresses.suspect(f"x@{slip}") is None) == (slip in addresses.COMMON)
