"""How fast sheets are queued and sent by mail, by the commands that a clinic types.

python -m benchmarks.mail

The list, the approvals and the addresses are made up for it. The server takes everything at once, in this
process: it has a core of its own. Whatever must be on disk is flushed there, as always.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.press import ROOT, Aim, at_least, at_most, say
from careleaf import record
from careleaf.approvals import needed
from careleaf.load import load
from careleaf.mail.outbox import opened
from careleaf.mail.parcel import Contents, Letter, Parcel, Words
from careleaf.model import Library
from careleaf.words import readings
from tests.mailserver import FROM, HOST, LOGIN, Script, mail_server, trust

TOPIC: Final = "after-laser"
CLINIC: Final = "riverside"
TODAY: Final = datetime.now(UTC).date()
DAYS: Final = 60
"""So many days the treatments are spread over."""
MAIL: Final = f"""
mail:
  host: {HOST}
  port: {{port}}
  from: {FROM}
  reply-to: desk@example.org
  per-minute: 100000
  per-day: 1000000
"""
MEGABYTE: Final = 1024


@dataclass(frozen=True, slots=True)
class Run:
    """What a command took: seconds, and the most memory of it and of its largest worker, in MB."""

    seconds: float
    memory: float


@dataclass(frozen=True, slots=True)
class Queued:
    """A list of so many rows that was queued, and the size of the outbox then, in MB."""

    rows: int
    langs: int
    run: Run
    outbox: float


@dataclass(frozen=True, slots=True)
class Results:
    """All that was measured."""

    queued: tuple[Queued, ...]
    sent: int
    sending: Run
    few: int
    few_sending: Run
    rows: int
    counting: float
    status: Run


def careleaf(*arguments: object, env: Mapping[str, str] = os.environ) -> Run:
    """Run a command, and wait for it."""
    start = perf_counter()
    command = [sys.executable, "-m", "careleaf", *map(str, arguments)]
    process = os.posix_spawn(sys.executable, command, dict(env))
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"failed: {' '.join(map(str, arguments))}")
    return Run(perf_counter() - start, usage.ru_maxrss / MEGABYTE)


def approved(target: Path) -> Library:
    """Copy the library, with one topic approved in every language, as a fixture."""
    for folder in ("content", "locales", "templates"):
        shutil.copytree(ROOT / folder, target / folder)
    library, _ = load(target)
    topic = library.topics[TOPIC]
    for lang, locale in library.locales.items():
        for role in sorted(needed(topic, locale)):
            found = readings(library, topic, lang)
            until = TODAY + timedelta(days=365)
            person = {"role": role, "name": f"Bench {role}", "credential": "fixture", "until": until}
            record.append(target, library, TOPIC, [record.approval(lang, TODAY, found, person)], found)
            library, _ = load(target)
    return library


def write_list(file: Path, langs: Sequence[str], rows: int) -> None:
    """Write a list of patients who do not exist."""
    header = "treated-on,language,topic,name,record,email,consent"
    lines = (
        f"{TODAY - timedelta(days=1 + row % DAYS)},{langs[row % len(langs)]},{TOPIC},"
        f"Example {row},R{row},patient{row}@example.org,{TODAY}"
        for row in range(rows)
    )
    file.write_text("\n".join([header, *lines, ""]), "utf-8")


def queue(root: Path, folder: Path, langs: Sequence[str], rows: int) -> Queued:
    """Queue a list of its own into an outbox of its own."""
    name = f"{rows}-{len(langs)}"
    file, outbox = folder / f"{name}.csv", folder / name / "outbox.sqlite"
    write_list(file, langs, rows)
    options = ("--root", root, "--outbox", outbox)
    run = careleaf("mail", "queue", file, "--make", *options)
    size = sum(each.stat().st_size for each in outbox.parent.iterdir())
    return Queued(rows, len(langs), run, size / MEGABYTE**2)


class Sink(Script):
    """Takes everything, and keeps only whom it was for."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[str] = []

    def take(self, address: str, content: bytes) -> None:
        """Count it."""
        if content:
            self.taken.append(address)
        self.heard.clear()


def send(root: Path, outbox: Path, folder: Path, messages: int) -> Run:
    """Send all that an outbox has, to a server in this process."""
    sink = Sink()
    with mail_server(sink) as port:
        clinic = root / "content" / "clinics" / f"{CLINIC}.yaml"
        clinic.write_text(_without_mail(clinic.read_text("utf-8")) + MAIL.format(port=port), "utf-8")
        env = {
            **os.environ,
            "SSL_CERT_FILE": trust(folder),
            "CARELEAF_SMTP_USER": LOGIN.user,
            "CARELEAF_SMTP_PASSWORD": LOGIN.password,
        }
        run = careleaf("mail", "send", "--once", "--root", root, "--outbox", outbox, env=env)
    if len(set(sink.taken)) != len(sink.taken) or len(sink.taken) != messages:
        raise SystemExit(f"{messages} were to be sent, and {len(sink.taken)} came")
    return run


def _without_mail(text: str) -> str:
    return text.partition("\nmail:")[0]


def many(rows: int) -> Iterator[Parcel]:
    """Give so many messages, each with a small file of its own."""
    letter = Letter("en", "s", "t", "h", "sheet", "days", "Clinic", FROM, FROM).to_bytes()
    contents = Contents(letter, b"%PDF", b"own", b"")
    words = (Words(TOPIC, "en", "0" * 64),)
    for row in range(rows):
        yield Parcel(
            clinic=CLINIC,
            topic=TOPIC,
            version=1,
            lang="en",
            source="list.csv",
            row=row,
            words=words,
            address=f"patient{row}@example.org",
            person=f"R{row}",
            record=f"R{row}",
            treated_on=date(2026, 11, 24),
            contents=contents,
        )


def count(folder: Path, rows: int) -> tuple[float, Run]:
    """Count an outbox of so many rows; then the same by the command, with its start."""
    path = folder / "many" / "outbox.sqlite"
    with opened(path) as outbox:
        outbox.put(many(rows), timedelta(days=3))
    with opened(path) as outbox:
        start = perf_counter()
        outbox.counts()
        seconds = perf_counter() - start
    return seconds, careleaf("mail", "status", "--outbox", path)


def measure(rows: int, many_rows: int, folder: Path) -> Results:
    """Measure everything."""
    root = folder / "library"
    library = approved(root)
    clinic = root / "content" / "clinics" / f"{CLINIC}.yaml"
    clinic.write_text(_without_mail(clinic.read_text("utf-8")) + MAIL.format(port=587), "utf-8")
    langs = sorted(library.locales)
    asked = ((["en"], rows // 10), (["en"], rows), (langs, rows))
    queued = []
    for some, number in asked:
        say(f"queueing {number} rows in {len(some)} languages")
        queued.append(queue(root, folder, some, number))
    few, most = rows // 10, rows // 2
    say(f"sending {few}")
    first = send(root, folder / f"{few}-1" / "outbox.sqlite", folder, few)
    say(f"sending {rows}")
    second = send(root, folder / f"{rows}-1" / "outbox.sqlite", folder, rows)
    say(f"counting {many_rows}")
    counting, status = count(folder, many_rows)
    del most
    return Results(tuple(queued), rows, second, few, first, many_rows, counting, status)


def aims(got: Results) -> Iterator[Aim]:
    """Say what was to be reached."""
    first, whole = got.queued[:2]
    for each in got.queued[1:]:
        yield at_most(f"seconds to queue {each.rows} rows, languages: {each.langs}", each.run.seconds, 60)
    yield at_least(
        "messages a minute, with the start of the command", got.sent / got.sending.seconds * 60, 2000
    )
    yield at_most(f"seconds to count {got.rows} rows", got.counting, 0.3)
    yield at_most(f"seconds for mail status of {got.rows} rows, with its start", got.status.seconds, 0.3)
    grown = (whole.run.memory / first.run.memory - 1) * 100
    yield at_most(f"% more memory to queue {whole.rows} rows than {first.rows}", grown, 5)
    grown = (got.sending.memory / got.few_sending.memory - 1) * 100
    yield at_most(f"% more memory to send {got.sent} messages than {got.few}", grown, 5)


def report(got: Results) -> None:
    """Print it as Markdown."""
    print("| rows | languages | seconds to queue | memory, MB | outbox, MB |\n|---|---|---|---|---|")
    for each in got.queued:
        run = each.run
        print(f"| {each.rows} | {each.langs} | {run.seconds:.1f} | {run.memory:.0f} | {each.outbox:.0f} |")
    print("\n| sent | seconds | a minute | memory, MB |\n|---|---|---|---|")
    for number, run in ((got.few, got.few_sending), (got.sent, got.sending)):
        print(f"| {number} | {run.seconds:.1f} | {number / run.seconds * 60:.0f} | {run.memory:.0f} |")
    print("\n| aim | measured | |\n|---|---|---|")
    for aim in aims(got):
        print(f"| {aim.name} | {aim.measured} | {'reached' if aim.reached else '**not reached**'} |")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mail", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure less, in a minute")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    options = parser.parse_args()
    rows, many_rows = (500, 10_000) if options.quick else (10_000, 100_000)
    with tempfile.TemporaryDirectory() as folder:
        got = measure(rows, many_rows, Path(folder))
    if options.json:
        print(json.dumps({**asdict(got), "aims": [asdict(aim) for aim in aims(got)]}, indent=1))
    else:
        report(got)


if __name__ == "__main__":
    main()
