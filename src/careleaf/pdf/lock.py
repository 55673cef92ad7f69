"""A PDF that only its password opens: AES with 256 bits, revision 6 (ISO 32000-2, 7.6.4).

Weak all the same: who has the file may try passwords without end, and nothing shows that it was changed.
"""

import secrets
from io import BytesIO

import pikepdf


def locked(content: bytes, password: str) -> bytes:
    """Lock a PDF. Its owner's password is made up and thrown away: the reader's own opens all of it.

    No two calls give the same bytes.
    """
    out = BytesIO()
    rules = pikepdf.Encryption(owner=secrets.token_urlsafe(32), user=password, R=6)
    with pikepdf.open(BytesIO(content)) as pdf:
        pdf.save(out, encryption=rules)
    return out.getvalue()
