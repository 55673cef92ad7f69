"""A patient's address for mail: one addr-spec in ASCII. What is wrong with it is said without quoting it.

An address goes into a header and to a server. So whatever a mail program could read as more than one address,
as a name, or as another header is refused here, before anything else sees it.
"""

import re
from functools import lru_cache
from itertools import product, takewhile
from typing import Final

from careleaf.cells import CellError, named
from careleaf.check.characters import invisible_in
from careleaf.tables import FORMULA

LONGEST: Final = 254
"""In characters: a path of 256 (RFC 5321, 4.5.3.1.3) less its angle brackets."""
LONGEST_LOCAL: Final = 64
"""In characters, before the @ (RFC 5321, 4.5.3.1.1)."""
ENCODED: Final = "=?"
"""Opens an encoded word (RFC 2047), which may hide a line break in a header: CVE-2024-6923."""
SHORT: Final = 3
"""Up to so many letters before the first dot, one letter more or less is mostly another domain."""

_ENDS: Final = {
    "yahoo": (
        "at be ca ch cn co.id co.il co.in co.jp co.kr co.nz co.th co.uk co.za com com.ar com.au com.br "
        "com.cn com.co com.hk com.mx com.my com.pe com.ph com.sg com.tr com.tw com.ua com.ve com.vn cz "
        "de dk es fi fr gr hu ie in it nl no pl pt ro se"
    ),
    "hotmail": (
        "at be ca ch cl co.id co.in co.jp co.kr co.nz co.th co.uk co.za com com.ar com.au com.br com.hk "
        "com.mx com.tr com.tw com.vn cz de dk es fi fr gr hu ie it jp nl no pl pt ro rs ru se sg sk"
    ),
    "outlook": (
        "at be cl co.id co.il co.nz co.th co.uk com com.ar com.au com.br com.gr com.hr com.mx com.pe "
        "com.tr com.ua com.vn cz de dk es fr hu ie in it jp kr lv my ph pt sa sg sk"
    ),
    "live": (
        "at be ca ch cl cn co.kr co.uk co.za com com.ar com.au com.mx com.my com.ph com.pt com.sg de dk "
        "fi fr hk ie in it jp nl no ru se"
    ),
    "gmx": "at biz ch co.uk com cn de es eu fr hk info it li net org pt ru se tw us",
    "yandex": "by com com.tr kz ru ua",
    "t-online": "de hu",
}
"""Names that have a domain in many countries, and which."""
_OTHERS: Final = (
    "gmail.com googlemail.com icloud.com me.com mac.com aol.com msn.com mail.com email.com usa.com "
    "ymail.com rocketmail.com protonmail.com fastmail.com zoho.com hey.com tutanota.com tuta.com "
    "naver.com nate.com kakao.com qq.com foxmail.com 163.com 126.com sina.com sohu.com 139.com "
    "aliyun.com rediffmail.com btinternet.com sky.com virginmedia.com ntlworld.com rogers.com "
    "bigpond.com walla.com telia.com mynet.com aol.de posteo.de web.de freenet.de arcor.de online.de "
    "mail.de email.de vodafone.de kabelmail.de aol.fr orange.fr wanadoo.fr free.fr sfr.fr neuf.fr "
    "bbox.fr numericable.fr aol.co.uk blueyonder.co.uk tiscali.co.uk proton.me pm.me protonmail.ch "
    "bluewin.ch fastmail.fm poczta.fm tuta.io mailbox.org wp.pl o2.pl interia.pl onet.pl op.pl vp.pl "
    "gazeta.pl tlen.pl go2.pl buziaczek.pl interia.eu onet.eu poczta.onet.pl laposte.net telefonica.net "
    "daum.net hanmail.net yeah.net ukr.net bigmir.net talktalk.net comcast.net verizon.net att.net "
    "sbcglobal.net bellsouth.net cox.net charter.net earthlink.net libero.it virgilio.it alice.it "
    "tiscali.it tin.it sapo.pt iol.pt sina.cn 189.cn i.ua meta.ua mail.ru bk.ru list.ru inbox.ru "
    "rambler.ru ya.ru docomo.ne.jp ezweb.ne.jp softbank.ne.jp uol.com.br bol.com.br terra.com.br "
    "shaw.ca sympatico.ca optusnet.com.au xtra.co.nz telenet.be skynet.be ziggo.nl kpnmail.nl planet.nl "
    "home.nl seznam.cz centrum.cz azet.sk freemail.hu citromail.hu abv.bg walla.co.il"
)
COMMON: Final = frozenset(
    (
        *(f"{name}.{end}" for name, ends in _ENDS.items() for end in ends.split()),
        *_OTHERS.split(),
    )
)
"""The domains that most patients' addresses end in, world-wide: almost one of them is likely a slip."""

_SUCH: Final = "Write the address by itself, as in name@example.com."


def read(cell: str) -> str:
    """Read one address: what is before the @ as it stands, the domain in small letters. Raises CellError."""
    said = cell.strip(" \t\u00a0")
    _refuse_unseen(said)
    _refuse_more(said)
    local, _, domain = said.rpartition("@")
    _refuse_foreign(local, domain)
    if len(said) > LONGEST or len(local) > LONGEST_LOCAL:
        message = f"an address has at most {LONGEST_LOCAL} characters before the @, and {LONGEST} in all"
        raise CellError(message, "Ask the patient for the address again.")
    return f"{local}@{_domain(said)}"


def _refuse_unseen(said: str) -> None:
    """Refuse what would end a header, or show as something else."""
    hidden = next(invisible_in(said), None) or next((sign for sign in said if not sign.isprintable()), None)
    if set(said) & set("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"):
        raise CellError("there is a line break in the address", "Write one address, on one line.")
    if hidden:
        raise CellError(
            f"there is a character that nobody sees in the address: {named(hidden)}", "Type it anew."
        )
    if ENCODED in said:
        message = "there is =? in the address, which a mail program reads as something else"
        raise CellError(message, _SUCH)


def _refuse_more(said: str) -> None:
    """Refuse all but one address: a name before it, two of them, what a spreadsheet would calculate."""
    if set(said) & set('<>"()[]\\'):
        raise CellError("there is more in the cell than an address: a name, quotes or brackets", _SUCH)
    if said.startswith((*FORMULA, "'")):
        message = "the address starts with a sign that a spreadsheet takes for a formula or a text"
        raise CellError(message, _SUCH)
    if re.search(r"[,;\s]", said) or said.count("@") > 1:
        mend = "Keep one of them: a sheet goes to one person, at one address."
        raise CellError("there is more than one address in the cell, or a gap in it", mend)
    if "@" not in said:
        raise CellError("it is no address for mail: there is no @ in it", _SUCH)


def _refuse_foreign(local: str, domain: str) -> None:
    """Refuse what only some servers carry (RFC 6531)."""
    if not local.isascii():
        mend = "Ask the patient for an address in the letters a to z."
        raise CellError("letters other than a to z before the @ are not supported", mend)
    if not domain.isascii():
        mend = "Write its ASCII form, which starts with xn--: the patient's provider says which that is."
        raise CellError("the domain, after the @, is not in ASCII", mend)


def _domain(said: str) -> str:
    """Give the domain of an address that follows the rules of RFC 5321. Raises CellError."""
    from email_validator import (  # noqa: PLC0415 # only who reads addresses needs it
        EmailNotValidError,
        validate_email,
    )

    try:
        found = validate_email(said, allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError:
        # Its own words may quote the address.
        message = "it is no address that mail can be sent to"
        raise CellError(message, "Ask the patient for the address again, or look for a slip in it.") from None
    return found.ascii_domain.lower()


def suspect(address: str) -> str | None:
    """Give the common domain that an address misses by one slip; None if its own is common, or none is near.

    A slip is a letter that is wrong, missing, one too many, or has changed places with the next.
    """
    return _near(address.rpartition("@")[2].lower())


@lru_cache(maxsize=4096)
def _near(domain: str) -> str | None:
    if domain in COMMON:
        return None
    near = sorted(common for common in COMMON if _one_slip(domain, common))
    return next((common for common in near if common.endswith(".com")), near[0] if near else None)


def _one_slip(said: str, meant: str) -> bool:
    """Say whether two words differ by one slip. Of short ones, only if they have the same letters."""
    if abs(len(said) - len(meant)) > 1:
        return False
    if len(meant.partition(".")[0]) <= SHORT and sorted(said) != sorted(meant):
        return False
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(said, meant, strict=False)))
    here, there = said[same:], meant[same:]
    swapped = here[:2] == there[1::-1] and here[2:] == there[2:]
    return swapped or any(one == other for one, other in product((here, here[1:]), (there, there[1:])))
