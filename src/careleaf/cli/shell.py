"""What all commands share: their options, what they print, and how they end."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from careleaf import cluster, pipeline, record
from careleaf.check import check as check_library
from careleaf.findings import Finding, Severity
from careleaf.load import home, load
from careleaf.model import Library, Shard
from careleaf.plan import UnknownNameError
from careleaf.pool import Crew, CrewLostError
from careleaf.publish import PublishError, replace

FINDINGS: Final = 1
WIDE: Final = 10_000

root_option = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="The library's folder (default: this one, else the library that came with careleaf).",
)
out_option = click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("out"), show_default=True,
    help="Where the leaflets go.",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def _place(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    try:
        return value and cluster.place(value) and value
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


executor_option = click.option(
    "--executor",
    callback=_place,
    metavar="dask://HOST:PORT",
    default=None,
    help="Use all workers of this Dask scheduler, in place of --jobs. Only on a network that you trust.",
)

lang_option = click.option("--lang", required=True, help="The language, such as ar.")
clinic_option = click.option("--clinic", default=None, help="Only this clinic's values.")


class Share(click.ParamType[Shard]):
    """A share of what there is to make, as "2/3"."""

    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Shard:  # noqa: ANN401 # as click has it
        """Read it."""
        found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", str(value))
        shard = Shard(int(found[1]), int(found[2])) if found else None
        if shard is None or not 1 <= shard.number <= shard.of:
            self.fail(f"{value} is no share: the second of three is 2/3.", param, ctx)
        return shard


def loaded(root: Path | None) -> Library:
    """Load a library that can be shown: faults of its files stop here, all at once."""
    loaded, findings = load(root or home())
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors or sum(locale.source for locale in loaded.locales.values()) != 1:
        print_findings(errors or check_library(loaded, today()))
        raise SystemExit(FINDINGS)
    return loaded


def own_root(root: Path | None) -> Path:
    """Give the library to write to: the one named, else the one in this folder; never the shipped one."""
    chosen = root or Path.cwd()
    if not (chosen / "content").is_dir():
        _, findings = load(chosen)
        print_findings(findings[:1])
        raise SystemExit(FINDINGS)
    return chosen


def ready(root: Path | None) -> Library:
    """Load a library that may be decided about: any error stops here."""
    found, findings = load(root or home())
    errors = [each for each in findings + check_library(found, today()) if each.severity is Severity.ERROR]
    if errors:
        print_findings(sorted(errors))
        raise SystemExit(FINDINGS)
    return found


def checked(root: Path | None, out: Path) -> Library:
    """Load a library to make sheets from, of which no part is wrong.

    If a build has checked it today, that is not done again: a patient waits at the desk.
    """
    if pipeline.is_settled(root or home(), out, today()):
        return loaded(root)
    return ready(root)


def known(library: Library, topic: str, lang: str, clinic: str | None) -> None:
    """Refuse a name that the library does not have. Raises click.BadParameter."""
    one_of("TOPIC", [topic], library.topics)
    one_of("--lang", [lang], library.locales)
    one_of("--clinic", [clinic] if clinic else [], library.clinics)


def one_of(hint: str, values: Iterable[str], names: Iterable[str]) -> None:
    """Refuse values that are none of some names, with the nearest of those. Raises click.BadParameter."""
    there = sorted(names)
    for value in values:
        if value not in there:
            raise click.BadParameter(str(UnknownNameError(hint, value, there)), param_hint=hint)


@contextmanager
def recording(root: Path) -> Iterator[None]:
    """Hold a library's approvals while one is decided, and say in one line why it cannot be recorded."""
    try:
        with record.held(root):
            yield
    except PublishError as error:
        raise click.ClickException(f"{error}.") from error


@contextmanager
def crew(executor: str | None) -> Iterator[Crew | None]:
    """Hold the workers that --executor names, and say in one line why they are not there, or not any more."""
    if executor is None:
        yield None
        return
    try:
        with cluster.connected(executor) as found:
            yield found
    except cluster.ClusterError as error:
        raise click.ClickException(f"{error}.") from error
    except CrewLostError as error:
        mend = "no file was taken away. See to its scheduler and workers, and run this again"
        raise click.ClickException(f"{executor} cannot go on: {error}; {mend}.") from error


def write_page(file: Path, content: str | bytes) -> None:
    """Write a page for staff, or what goes out to a translator, whole or not at all."""
    try:
        replace(file, content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from error


def print_findings(findings: Iterable[Finding]) -> None:
    """Tell each Finding on a line of its own, where a log keeps it apart from results."""
    for finding in findings:
        click.echo(str(finding), err=True)


def print_table(table: Table) -> None:
    """Print a table; a pipe has no width, so nothing is cut short there."""
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def print_json(value: Any) -> None:  # noqa: ANN401 # any JSON
    """Print a value for machines; words stay readable."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def today() -> date:
    """Give the day as of which approvals and reviews hold: UTC, so that it is one day everywhere."""
    return datetime.now(UTC).date()


def leave(*, ok: bool) -> None:
    """End with exit code 1 if there was something to mend."""
    if not ok:
        raise SystemExit(FINDINGS)


def progress(title: str) -> AbstractContextManager[Callable[[int, int, str], None]]:
    """Show a bar on a terminal, and nothing in a log."""
    console = Console(stderr=True)
    return _Bar(console, title) if console.is_terminal else nullcontext(pipeline.quiet)


class _Bar:
    def __init__(self, console: Console, title: str) -> None:
        columns = (
            TextColumn(title),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
        )
        self._bar = Progress(*columns, console=console, transient=True)
        self._task = self._bar.add_task("")

    def __enter__(self) -> Callable[[int, int, str], None]:
        self._bar.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _show(self, done: int, total: int, name: str) -> None:
        self._bar.update(self._task, completed=done, total=total, description=name)
