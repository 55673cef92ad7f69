"""The commands of mail in tests: a small library whose clinic sends mail, lists with addresses, an outbox.

No address here is a person's.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import click
from click.testing import CliRunner, Result

from careleaf.cli import queueing
from tests.conftest import Tiny
from tests.patients import NAMES, TOPIC, aftercare, found

CLINIC: Final = "content/clinics/harbour.yaml"
MAIL: Final = (
    "mail:\n  host: mail.example.org\n  from: sheets@example.org\n  reply-to: desk@example.org\nconfirmed:"
)
HEADER: Final = "treated-on,language,topic,name,email,consent,record,password"
DAY: Final = "2026-11-24"
AGREED: Final = "2026-11-20"
PASSWORD: Final = "seven green boats"  # noqa: S105 # nobody's
SECRET: Final = ("Jane Example", "Jane", "jane.doe", "jane", "R-1701", PASSWORD, "green boats", NAMES["Han"])
"""What must be told to nobody."""


@click.group()
def mail() -> None:
    """Stand in for the group that the commands are in."""


for command in (queueing.queue, queueing.queue_one, queueing.correct, queueing.preview):
    mail.add_command(command)


def posting(root: Path) -> Tiny:
    """Put a tiny library with days into a folder, whose clinic sends mail. Nothing is approved."""
    tiny = aftercare(root)
    tiny.change(CLINIC, "confirmed:", MAIL)
    return tiny


def row(  # noqa: PLR0913 # one for each column
    email: str = "jane.doe@example.com",
    consent: str = AGREED,
    *,
    name: str = "Jane Example",
    lang: str = "en",
    record: str = "R-1701",
    password: str = "",
    day: str = DAY,
) -> str:
    """Give a row of a list."""
    cells = (day, lang, TOPIC, name, email, consent, record, password)
    return ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells)


def listed(*rows: str) -> str:
    """Give a list."""
    return "\n".join([HEADER, *rows])


def run(tiny: Tiny, folder: Path, command: str, *options: object, secret: tuple[str, ...] = SECRET) -> Result:
    """Run a command of mail; nothing that is printed names a patient."""
    where = ("--root", tiny.root, "--library-out", folder / "none", "--outbox", box(folder))
    given = [str(each) for each in (command, *options, *(where[:4] if command == "preview" else where))]
    result = CliRunner().invoke(mail, given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert found(secret, (result.stdout + result.stderr).encode()) == []
    assert "Traceback" not in result.stdout + result.stderr
    return result


def queue(tiny: Tiny, content: str | bytes, folder: Path, *options: object) -> Result:
    """Queue a list."""
    file = folder / "list.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return run(tiny, folder, "queue", file, *options)


def box(folder: Path) -> Path:
    """Say where the outbox of a test is."""
    return folder / "outbox" / "outbox.sqlite"


def asked(folder: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    """Ask the outbox's file, as somebody with the sqlite3 shell would."""
    with closing(sqlite3.connect(box(folder))) as db:
        return db.execute(query, values).fetchall()


def states(folder: Path) -> list[tuple[object, ...]]:
    """Give row, state and reason of all that is in the outbox, by row."""
    return asked(folder, "SELECT row, state, reason FROM message ORDER BY row, id")
