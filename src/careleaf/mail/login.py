"""How careleaf logs in to the clinic's mail server. The login is never in a file of the library."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from careleaf.model import Mailing

USER: Final = "CARELEAF_SMTP_USER"
PASSWORD: Final = "CARELEAF_SMTP_PASSWORD"  # noqa: S105 # the name of a variable
SERVICE: Final = "careleaf {host}"
"""What the login of a host is kept under in the system's own store of passwords."""


class LoginError(Exception):
    """There is no login, or it does not fit the sender. The message says what to set, never a password."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in. Its repr shows nothing."""

    user: str = field(repr=False)
    password: str = field(repr=False)


def login(mailing: Mailing, environ: Mapping[str, str] = os.environ) -> Login | None:
    """Find the login: in the environment, else in the keyring. None if the server wants none.

    Raises LoginError.
    """
    if not mailing.login:
        return None
    user, password = environ.get(USER, "").strip(), environ.get(PASSWORD, "").strip("\r\n")
    if user and password:
        return Login(user, password)
    found = _kept(SERVICE.format(host=mailing.host), user)
    if found is None:
        raise LoginError(_what_to_set(mailing.host, user, password))
    return found


def _kept(service: str, user: str) -> Login | None:
    """Ask the keyring, if it is installed and there is one on this machine."""
    try:
        import keyring  # noqa: PLC0415 # an extra, and slow
        from keyring.errors import KeyringError  # noqa: PLC0415 # as above
    except ImportError:
        return None
    try:
        found = keyring.get_credential(service, user or None)
    except KeyringError:
        return None
    return Login(found.username, found.password) if found and found.username and found.password else None


def _what_to_set(host: str, user: str, password: str) -> str:
    """Name what is missing."""
    missing = " and ".join(name for name, value in ((USER, user), (PASSWORD, password)) if not value)
    service = SERVICE.format(host=host)
    return (
        f"no login for {host}: set {missing}, or keep it in the keyring with keyring set '{service}' USER "
        "(pip install 'careleaf[keyring]'), or write login: false if the server wants none"
    )


def fits(mailing: Mailing, found: Login | None) -> str:
    """Compare the sender with the login, if that is an address: a server may refuse or rewrite another's.

    Gives a warning if only the part before the @ differs, else "". Raises LoginError if the domain differs.
    """
    user, _, domain = found.user.rpartition("@") if found else ("", "", "")
    own_user, _, own_domain = mailing.from_.rpartition("@")
    if not user or (user.lower(), domain.lower()) == (own_user.lower(), own_domain.lower()):
        return ""
    if domain.lower() != own_domain.lower():
        raise LoginError(
            f"the sender is at {own_domain}, but the login for {mailing.host} is at {domain}: mail would be "
            "refused, or taken for forged. Write an address of the login's domain as from, or log in as the "
            "sender"
        )
    return f"the login for {mailing.host} is not {mailing.from_}: see that it may send from that address"
