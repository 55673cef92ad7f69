"""The commands that make patients' own sheets. Nothing they print names a patient."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from careleaf import batch, days, lists, personal, pool, private, several, tables
from careleaf.cells import CellError, text
from careleaf.cli.shell import (
    checked,
    crew,
    executor_option,
    json_option,
    leave,
    one_of,
    out_option,
    print_findings,
    print_json,
    progress,
    root_option,
    today,
)
from careleaf.compose import compose
from careleaf.findings import Finding, Severity, blocking
from careleaf.model import Clinic, Library, Need, Recipient, Shard, Status
from careleaf.render import page as staff_page

if TYPE_CHECKING:
    from careleaf.pdf.run import PrintRun

OLDEST = 366
"""Days after which a treatment is too long ago for a sheet."""


class _Text(click.ParamType[str]):
    """What a sheet says of a patient: printable, on one line."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401 # as click has it
        try:
            return text(str(value))
        except CellError as error:
            self.fail(f"{error}", param, ctx)


class _Day(click.ParamType[date]):
    """A day as 2026-11-24."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:  # noqa: ANN401 # as click has it
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is no day. Write it like 2026-11-24.", param, ctx)


clinic_option = click.option("--clinic", "clinic_name", default=None, help="Which clinic, if there are several.")
accept_option = click.option(
    "--accept", "accepted", multiple=True, metavar="CONFLICT",
    help="Accept that the stricter advice is printed where two treatments differ; may be given again.",
)  # fmt: skip


@click.command()
@click.argument("topics", nargs=-1, required=True)
@click.option("--several", "many", is_flag=True, help="One sheet for several treatments of one visit.")
@click.option("--lang", required=True, help="The reader's language, such as ar.")
@click.option("--treated-on", type=_Day(), required=True, help="The day of the treatment.")
@click.option("--name", type=_Text(), default="", help="The patient's name; - asks for it, so that no list of programs shows it.")
@click.option("--site", type=_Text(), default="", help="Which part of the body, in the clinic's words.")
@click.option("--clinician", type=_Text(), default="", help="Who did the treatment.")
@click.option("--large-print", "need", flag_value=Need.LARGE_PRINT, type=Need, help="Letters of 18 points.")
@click.option("--bilingual", "need", flag_value=Need.BILINGUAL, type=Need, help="English beside, line by line.")
@click.option("--ics", is_flag=True, help="The same days as a calendar file, beside the PDF.")
@click.option("--alarm", is_flag=True, help="Let the calendar ring on each of its days.")
@click.option("--approved-only", is_flag=True, help="Refuse a text that nobody has approved.")
@accept_option
@click.option("-o", "--output", "file", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF to write.")
@clinic_option
@out_option
@root_option
def sheet(  # noqa: PLR0913 # one for each option
    *,
    topics: tuple[str, ...],
    many: bool,
    lang: str,
    treated_on: date,
    name: str,
    site: str,
    clinician: str,
    need: Need | None,
    ics: bool,
    alarm: bool,
    approved_only: bool,
    accepted: tuple[str, ...],
    file: Path,
    clinic_name: str | None,
    out: Path,
    root: Path | None,
) -> None:
    """Make one patient's sheet: the leaflet with real days, and when the clinic is closed.

    \b
    careleaf sheet after-laser --lang ar --treated-on 2026-11-24 -o sheet.pdf
    careleaf sheet after-laser --lang en --treated-on 2026-11-24 --name - --site "left cheek" --ics -o sheet.pdf
    careleaf sheet --several after-laser after-peel --lang pl --treated-on 2026-11-24 -o sheet.pdf
    """
    _untitled("sheet")
    if len(topics) > 1 and not many:
        raise click.UsageError("Several treatments on one sheet are asked for with --several.")
    library = checked(root, out)
    clinic = _clinic(library, clinic_name)
    one_of("TOPICS", topics, library.topics)
    one_of("--lang", [lang], library.locales)
    _refuse_day(clinic, treated_on)
    asked = click.prompt("Name", value_proc=lambda given: _Text().convert(given, None, None), err=True) if name == "-" else name
    one = Recipient(0, topics, lang, treated_on, asked, site, clinician, need or Need.PLAIN)
    library = _gathered(library, clinic, [one], accepted, str(file))
    terms = batch.Terms(clinic, today(), str(file), drafts=not approved_only)
    wanted, findings = batch.chosen(library, terms, [one])
    for made in batch.made(batch.Makers(library, 1), wanted, lambda _, finding: findings.append(finding)):
        with _told():
            private.write(file, made.content)
            if ics:
                private.write(file.with_suffix(".ics"), _calendar(library, made.wanted, alarm=alarm))
        click.echo(f"{file}: {made.leaflet.pages} pages.{_draft(made.wanted)}")
    print_findings(findings)
    leave(ok=not any(finding.severity is not Severity.WARNING for finding in findings))


def _draft(wanted: batch.Wanted) -> str:
    return "" if wanted.edition.status is Status.APPROVED else " Not approved: it says so on every page."


@click.command()
@click.argument("file", metavar="LIST.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path), default=None, help="A folder for a PDF for each patient, and a list of them.")
@click.option("--print-run", "run", type=click.Path(dir_okay=False, path_type=Path), default=None, help="One PDF with all sheets, for a duplex printer.")
@click.option("--make", is_flag=True, help="Make the sheets. Without it, only a page to read is made.")
@click.option("--drafts", is_flag=True, help="Also texts that nobody has approved: every page says so.")
@click.option("--encoding", type=click.Choice(tables.ENCODINGS), default=None, help="How the list is encoded, if not as UTF-8.")
@click.option("--ics", is_flag=True, help="A calendar file for each patient too.")
@accept_option
@click.option("--jobs", type=click.IntRange(1, 256), default=pool.cores, help="How many at once (default: one a core).")
@executor_option
@click.option("--shard", type=_Share(), default=None, metavar="i/n", help="Only the i-th of n shares of the rows, for n machines.")
@clinic_option
@click.option("--library-out", "out", type=click.Path(file_okay=False, path_type=Path), default=Path("out"), hidden=True)
@root_option
@json_option
def merge(  # noqa: PLR0913 # one for each option
    *,
    file: Path,
    folder: Path | None,
    run: Path | None,
    make: bool,
    drafts: bool,
    encoding: str | None,
    ics: bool,
    accepted: tuple[str, ...],
    jobs: int,
    executor: str | None,
    shard: Shard | None,
    clinic_name: str | None,
    out: Path,
    root: Path | None,
    as_json: bool,
) -> None:
    """Make the sheets of a whole list of patients. First without --make: that writes a page to read.

    Everything wrong in the list is told at once, and then nothing is made. A row whose language has no
    approved text is held, and the others are made.

    \b
    careleaf merge list.csv --out sheets
    careleaf merge list.csv --out sheets --make
    careleaf merge list.csv --print-run run.pdf --make
    """
