"""Signs messages with DKIM (RFC 6376), where that is done here and not by the mail server."""

import base64
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from careleaf.mail.smtp import on_the_wire
from careleaf.model import Mailing

KEY: Final = "CARELEAF_DKIM_KEY"
FIELDS: Final = (
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type",
    "Content-Language", "Auto-Submitted",
)  # fmt: skip
"""What is signed, each once more than it is there: then nobody can add another (RFC 6376, 5.4.2)."""
OTHERS: Final = 0o077
"""The rights of others to a file."""

Sign = Callable[[bytes], bytes]


class SigningError(Exception):
    """Messages cannot be signed. The message says why, and what to do."""


def signer(mailing: Mailing, library: Path, environ: Mapping[str, str] = os.environ) -> Sign:
    """Give what puts a signature before a message; it changes nothing where none is asked for.

    The same message gets the same signature each time. The private key is in the file that CARELEAF_DKIM_KEY
    names, outside the folder `library`. Raises SigningError.
    """
    if mailing.dkim is None:
        return _as_it_is
    dkim = _engine()
    selector, domain = mailing.dkim.encode(), mailing.from_.rpartition("@")[2].encode()
    key = _key(environ.get(KEY, ""), library)

    def signed(message: bytes) -> bytes:
        made = dkim(message).sign(
            selector, domain, key, canonicalize=(b"relaxed", b"relaxed"), include_headers=_twice(message)
        )
        return bytes(made) + message

    try:
        on_the_wire(signed(b"From: a@example.invalid\r\n\r\n"))
    except Exception:  # noqa: BLE001 # dkimpy has many for a key that it cannot read, and may quote it
        raise SigningError(
            f"the file of {KEY} is no private RSA key in PEM: make one with dknewkey"
        ) from None
    return signed


def _as_it_is(message: bytes) -> bytes:
    return message


def _twice(message: bytes) -> list[bytes]:
    """Name each field that a message has, and once more."""
    head = b"\r\n" + message.partition(b"\r\n\r\n")[0].lower()
    there = [name.lower().encode() for name in FIELDS if b"\r\n" + name.lower().encode() + b":" in head]
    return there + [name.lower().encode() for name in FIELDS]


def _engine() -> Any:  # noqa: ANN401 # dkimpy has no types
    try:
        import dkim  # noqa: PLC0415 # an extra, for few
    except ImportError:
        raise SigningError(
            "dkim asks for signatures, and what makes them is missing: pip install 'careleaf[dkim]', or "
            "leave dkim out if the mail server signs"
        ) from None

    class Timeless(dkim.DKIM):  # type: ignore[misc]
        """Leaves out when it was signed, so that all copies of a message are the same bytes."""

        def gen_header(self, fields: list[tuple[bytes, bytes]], *rest: Any, **named: Any) -> Any:  # noqa: ANN401 # as above
            """Make the signature."""
            return super().gen_header([field for field in fields if field[0] != b"t"], *rest, **named)

    return Timeless


def _key(name: str, library: Path) -> bytes:
    """Read the private key; nobody else may be able to. Raises SigningError."""
    if not name:
        raise SigningError(f"dkim asks for signatures: name the file of the private key with {KEY}")
    path = Path(name).resolve()
    if path.is_relative_to(library.resolve()):
        raise SigningError(f"{name} is inside the library, which others get: move the key elsewhere ({KEY})")
    try:
        if os.name == "posix" and path.stat().st_mode & OTHERS:
            raise SigningError(f"{name} can be read by others: chmod 600 {name}")
        return path.read_bytes()
    except OSError as error:
        raise SigningError(f"{name} cannot be read ({error.strerror}): set {KEY}") from None


def public_record(library: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Give what the DNS record of the signing key has to hold (RFC 6376, 3.6.1). Raises SigningError."""
    _engine()
    from dkim.crypto import parse_pem_private_key  # noqa: PLC0415 # an extra, for few

    try:
        key = parse_pem_private_key(_key(environ.get(KEY, ""), library))
        public = _der(0x30, _number(key["modulus"]) + _number(key["publicExponent"]))
    except SigningError:
        raise
    except Exception:  # noqa: BLE001 # dkimpy has many for a key that it cannot read, and may quote it
        raise SigningError(
            f"the file of {KEY} is no private RSA key in PEM: make one with dknewkey"
        ) from None
    whole = _der(0x30, _RSA + _der(0x03, b"\0" + public))
    return f"v=DKIM1; k=rsa; p={base64.b64encode(whole).decode('ascii')}"


_RSA: Final = bytes.fromhex("300d06092a864886f70d0101010500")
"""Names the kind of a key: rsaEncryption, without parameters (RFC 3279, 2.3.1)."""


def _number(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def _der(kind: int, content: bytes) -> bytes:
    """Write a value of DER with its length."""
    size = len(content)
    if size < 0x80:  # noqa: PLR2004 # up to there, one byte
        return bytes((kind, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((kind, 0x80 | len(length))) + length + content
