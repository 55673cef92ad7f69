"""What all commands about patients share: nothing that they print names one."""

import resource
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from careleaf import days, lists, pool, private, several, tables
from careleaf.cells import CellError, quoted, text
from careleaf.cli.shell import leave, one_of, print_findings, print_json
from careleaf.findings import Finding, Severity, blocking
from careleaf.mail.outbox import OutboxError
from careleaf.model import Clinic, Library, Need, Recipient

OLDEST = 366
"""Days after which a treatment is too long ago for a sheet."""


ALONE = "one"
"""Stands for the name of the list, for a sheet that is queued alone."""


class Text(click.ParamType[str]):
    """What a sheet says of a patient: printable, on one line."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401 # as click has it
        """Read it."""
        try:
            return text(str(value))
        except CellError as error:
            self.fail(f"{error.message}. {error.mend}", param, ctx)


class Day(click.ParamType[date]):
    """A day as 2026-11-24."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:  # noqa: ANN401 # as click has it
        """Read it."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{quoted(str(value))} is no day. Write it like 2026-11-24.", param, ctx)


clinic_option = click.option(
    "--clinic", "clinic_name", default=None, help="Which clinic, if there are several."
)


accept_option = click.option(
    "--accept", "accepted", multiple=True, metavar="CONFLICT",
    help="Accept that the stricter advice is printed where two treatments differ; may be given again.",
)  # fmt: skip


outbox_option = click.option(
    "--outbox",
    "where",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="CARELEAF_OUTBOX",
    default=Path("outbox/outbox.sqlite"),
    show_default=True,
    help="The file with what is to be sent.",
)


library_out_option = click.option(
    "--library-out", "out", type=click.Path(file_okay=False, path_type=Path), default=Path("out"), hidden=True
)
encoding_option = click.option(
    "--encoding",
    type=click.Choice(tables.ENCODINGS),
    default=None,
    help="How the list is encoded, if not as UTF-8.",
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(1, 256), default=pool.cores, help="How many at once (default: one a core)."
)
list_argument = click.argument(
    "file", metavar="LIST.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


Command = Callable[..., None]


def of_patient(command: Command) -> Command:
    """Add the options that say of a patient what the sheet says, and how it is needed."""
    command = click.option("--clinician", type=Text(), default="", help="Who did the treatment.")(
        need_options(command)
    )
    where = "Which part of the body, in the clinic's words."
    return click.option("--site", type=Text(), default="", help=where)(command)


def need_options(command: Command) -> Command:
    """Add the options for how a sheet is needed."""
    command = click.option("--bilingual", is_flag=True, help="English beside, line by line.")(command)
    return click.option("--large-print", is_flag=True, help="Letters of 18 points.")(command)


def need_of(*, large_print: bool, bilingual: bool) -> Need:
    """Say how a sheet is needed. Raises click.UsageError."""
    if large_print and bilingual:
        raise click.UsageError("Ask for one of --large-print and --bilingual.")
    return Need.LARGE_PRINT if large_print else Need.BILINGUAL if bilingual else Need.PLAIN


def quiet(command: Command) -> Command:
    """Let no error out with its words: they may be a patient's. And clear up if the system ends the run.

    Should the program itself crash, no file keeps what it had in memory.
    """

    @wraps(command)
    def guarded(**options: Any) -> None:  # noqa: ANN401 # a command's own
        before = signal.signal(signal.SIGTERM, _end)
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        try:
            command(**options)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # The last is `| head`, which click ends quietly.
        except Exception as error:  # noqa: BLE001 # whatever it is
            message = f"{private.without_words(error)}. This is a bug: report it. No more was made."
            raise click.ClickException(message) from None
        finally:
            signal.signal(signal.SIGTERM, before)

    return guarded


def _end(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def read_list(  # noqa: PLR0913 # all that it depends on
    library: Library,
    clinic: Clinic,
    file: Path,
    encoding: str | None,
    *,
    as_json: bool,
    channel: lists.Channel = lists.PAPER,
) -> lists.PatientsRead:
    """Read a list for a channel; any error in it stops here, all of them told."""
    nothing: dict[str, object] = {"made": []} if channel is lists.PAPER else {"queued": 0, "already": 0}
    known = lists.Known.of(library.topics, library.locales.values(), clinic, day_at(clinic), channel)
    try:
        with file.open("rb") as opened:
            content = opened.read(tables.MOST_BYTES + 1)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error
    read = lists.read(file.name, content, known, encoding)
    if blocking(read.findings) and as_json:
        print_json({**nothing, "held": 0, "findings": [asdict(each) for each in read.findings]})
        leave(ok=False)
    if blocking(read.findings):
        if read.understood:
            click.echo(f"{read.understood}.")
        print_findings(lists.told(read.findings))
        click.echo("Nothing was made." if channel is lists.PAPER else "Nothing was queued.")
        leave(ok=False)
    return read


def gathered(
    library: Library, clinic: Clinic, recipients: Iterable[Recipient], accepted: Iterable[str], file: str
) -> Library:
    """Add a topic for each set of treatments that somebody had at once; each conflict must be accepted."""
    findings = []
    for names in sorted({one.topics for one in recipients if len(one.topics) > 1}):
        try:
            merged = several.merged(library, names, clinic)
        except ValueError as error:
            raise click.UsageError(f"{error}") from error
        library = merged.library
        findings += [
            Finding(
                file, 0, "conflict", f"{conflict}", f"A clinician accepts it with --accept {conflict.name}"
            )
            for conflict in merged.conflicts
            if conflict.name not in accepted
        ]
    if findings:
        print_findings(findings)
        leave(ok=False)
    return library


def clinic_of(library: Library, name: str | None) -> Clinic:
    """Choose the clinic: the one named, or the only one."""
    if name:
        one_of("--clinic", [name], library.clinics)
        return library.clinics[name]
    if len(library.clinics) != 1:
        raise click.UsageError(
            f"Say which clinic with --clinic: {', '.join(library.clinics) or 'there is none'}."
        )
    return next(iter(library.clinics.values()))


def about(clinic: Clinic) -> Iterator[Finding]:
    """Warn of a clinic whose public holidays are known only in part: a sheet would say that it is open."""
    if clinic.region is None and (regions := days.regions(clinic.country)):
        message = f"only the holidays of all {clinic.country} count: its regions have others"
        mend = f"Say where the clinic is with region: one of {', '.join(regions)}"
        yield Finding(clinic.file, clinic.line_of("country"), "region", message, mend, Severity.WARNING)


def day_at(clinic: Clinic) -> date:
    """Say what day it is at a clinic."""
    return days.today(clinic, datetime.now(UTC))


def refuse_day(clinic: Clinic, treated_on: date) -> None:
    """Refuse a day to come, and one too long ago. Raises click.BadParameter."""
    now = day_at(clinic)
    if treated_on > now:
        raise click.BadParameter(f"{treated_on} is a day to come.", param_hint="--treated-on")
    if (now - treated_on).days > OLDEST:
        message = f"{treated_on} is more than a year ago: check the year."
        raise click.BadParameter(message, param_hint="--treated-on")


def untitled(command: str) -> None:
    """Take the command's words out of what lists of programs show: a name may be among them."""
    from setproctitle import setproctitle  # noqa: PLC0415 # only these commands need it

    setproctitle(f"careleaf {command}")


@contextmanager
def told() -> Iterator[None]:
    """Say in one line why a file cannot be written."""
    try:
        yield
    except private.PrivateError as error:
        raise click.ClickException(f"{error}.") from error


@contextmanager
def told_outbox() -> Iterator[None]:
    """Say in one line why the outbox cannot be used."""
    try:
        yield
    except OutboxError as error:
        raise click.ClickException(f"{error}.") from error
