"""The commands that make patients' own sheets. Nothing they print names a patient."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

import click

from careleaf import batch, lists, personal, private, tables
from careleaf.cli.discreet import (
    Day,
    Text,
    about,
    accept_option,
    clinic_of,
    clinic_option,
    day_at,
    encoding_option,
    gathered,
    jobs_option,
    library_out_option,
    list_argument,
    need_of,
    of_patient,
    quiet,
    read_list,
    refuse_day,
    told,
    untitled,
)
from careleaf.cli.shell import (
    Share,
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
from careleaf.findings import Finding, Severity
from careleaf.model import Clinic, Library, Recipient, Shard, Status
from careleaf.render import page as staff_page


@click.command()
@click.argument("topics", nargs=-1, required=True)
@click.option("--several", "many", is_flag=True, help="One sheet for several treatments of one visit.")
@click.option("--lang", required=True, help="The reader's language, such as ar.")
@click.option("--treated-on", type=Day(), required=True, help="The day of the treatment.")
@click.option(
    "--name",
    type=Text(),
    default="",
    help="The patient's name; - asks for it, so that no list of programs shows it.",
)
@of_patient
@click.option("--ics", is_flag=True, help="The same days as a calendar file, beside the PDF.")
@click.option("--alarm", is_flag=True, help="Let the calendar ring on each of its days.")
@click.option("--approved-only", is_flag=True, help="Refuse a text that nobody has approved.")
@accept_option
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The PDF to write.",
)
@clinic_option
@out_option
@root_option
@quiet
def sheet(  # noqa: PLR0913 # one for each option
    *,
    topics: tuple[str, ...],
    many: bool,
    lang: str,
    treated_on: date,
    name: str,
    site: str,
    clinician: str,
    large_print: bool,
    bilingual: bool,
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
    careleaf sheet after-laser --lang en --treated-on 2026-11-24 --name - --site "left cheek" -o sheet.pdf
    careleaf sheet --several after-laser after-peel --lang pl --treated-on 2026-11-24 -o sheet.pdf
    """
    if ics and file.suffix.lower() == ".ics":
        raise click.UsageError("The calendar file goes beside the PDF under the same name: end -o in .pdf.")
    if alarm and not ics:
        raise click.UsageError("--alarm is for the calendar file: ask for that with --ics.")
    if len(topics) > 1 and not many:
        raise click.UsageError("Several treatments on one sheet are asked for with --several.")
    need = need_of(large_print=large_print, bilingual=bilingual)
    untitled("sheet")
    library = checked(root, out)
    clinic = clinic_of(library, clinic_name)
    one_of("TOPICS", topics, library.topics)
    one_of("--lang", [lang], library.locales)
    refuse_day(clinic, treated_on)
    asked = (
        click.prompt("Name", value_proc=lambda given: Text().convert(given, None, None), err=True)
        if name == "-"
        else name
    )
    one = Recipient(0, topics, lang, treated_on, asked, site, clinician, need)
    library = gathered(library, clinic, [one], accepted, str(file))
    terms = batch.Terms(clinic, today(), str(file), drafts=not approved_only)
    wanted, held = batch.chosen(library, terms, [one])
    findings = [*about(clinic), *held]
    for made in batch.made(batch.Makers(library, 1), wanted, lambda _, finding: findings.append(finding)):
        with told():
            private.write(file, made.content)
            if ics and (days := made.wanted.calendar(library, alarm=alarm)):
                private.write(file.with_suffix(".ics"), days)
        click.echo(f"{file}: {made.leaflet.pages} pages.{_draft(made.wanted)}")
    print_findings(findings)
    leave(ok=not any(finding.severity is not Severity.WARNING for finding in findings))


def _draft(wanted: batch.Wanted) -> str:
    return "" if wanted.edition.status is Status.APPROVED else " Not approved: it says so on every page."


@click.command()
@list_argument
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="A folder for a PDF for each patient, and a list of them.",
)
@click.option(
    "--print-run",
    "run",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="One PDF with all sheets, for a duplex printer.",
)
@click.option("--make", is_flag=True, help="Make the sheets. Without it, only a page to read is made.")
@click.option("--drafts", is_flag=True, help="Also texts that nobody has approved: every page says so.")
@encoding_option
@click.option("--ics", is_flag=True, help="A calendar file for each patient too.")
@accept_option
@jobs_option
@executor_option
@click.option(
    "--shard",
    type=Share(),
    default=None,
    metavar="i/n",
    help="Only the i-th of n shares of the rows, for n machines.",
)
@clinic_option
@library_out_option
@root_option
@json_option
@quiet
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
    if (folder is None) == (run is None):
        raise click.UsageError("Say either --out for a folder, or --print-run for one file.")
    untitled("merge")
    library = checked(root, out)
    clinic = clinic_of(library, clinic_name)
    read = read_list(library, clinic, file, encoding, as_json=as_json)
    library = gathered(library, clinic, read.recipients, accepted, str(file))
    terms = batch.Terms(clinic, day_at(clinic), str(file), drafts)
    wanted, held = batch.chosen(library, terms, read.recipients)
    mine = [one for one in wanted if shard is None or shard.holds(f"row {one.recipient.row}")]
    findings = [*about(clinic), *read.findings, *held]
    plan = _Plan(library, clinic, mine, findings, str(read.understood))
    if make and mine:
        with crew(executor) as hired, progress("Making") as show, told():
            makers = batch.Makers(library, hired or jobs)
            if folder:
                _into_folder(folder, makers, plan, show, ics=ics)
            elif run:
                _into_one(run, makers, plan, show)
    elif not make:
        with told():
            page = private.page_in(folder, _trial(plan)) if folder else None
            page = private.page_beside(run, _trial(plan)) if run else page
        click.echo(f"Read {page}, then run this again with --make.", err=as_json)
    _report(plan, make=make, as_json=as_json)
    leave(ok=not any(each.severity is not Severity.WARNING for each in plan.findings))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a merge is about: whose sheets, and what is told. `made` and `pages` grow as sheets are done."""

    library: Library
    clinic: Clinic
    wanted: Sequence[batch.Wanted]
    findings: list[Finding]
    understood: str
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def tell(self, one: Recipient, finding: Finding) -> None:
        """Tell of what keeps a row's sheet from being made."""
        self.findings.append(replace(finding, file=f"row {one.row}: {finding.file}"))


HEADER = ("row", "file", "topic", "language", "pages", "held")


def _into_folder(
    folder: Path, makers: batch.Makers, plan: _Plan, show: Callable[[int, int, str], None], *, ics: bool
) -> None:
    """Write a file for each row, named by the row, and a list of them."""
    digits = len(str(max((one.recipient.row for one in plan.wanted), default=0)))
    with private.folder(folder) as new:
        for number, made in enumerate(batch.made(makers, plan.wanted, plan.tell), start=1):
            stem = f"row-{made.wanted.recipient.row:0{digits}}"
            private.put(new / f"{stem}.pdf", made.content)
            if ics and (days := made.wanted.calendar(plan.library, alarm=False)):
                private.put(new / f"{stem}.ics", days)
            plan.rows.append(_row(made, f"{stem}.pdf", made.leaflet.pages))
            show(number, len(plan.wanted), "")
        plan.rows.sort(key=lambda row: int(row[0]))
        every = sorted((*plan.rows, *_held_rows(plan.findings)), key=lambda row: int(row[0]))
        private.put(new / "list.csv", tables.rows_out(HEADER, every))


def _held_rows(findings: Iterable[Finding]) -> Iterator[tuple[str, ...]]:
    """Give a row for each patient who has no sheet, with what to do instead."""
    for each in findings:
        if each.severity is Severity.HELD and each.line:
            yield str(each.line), "", "", "", "", f"{each.message}. {each.mend}"


def _row(made: batch.Sheet, file: str, pages: int) -> tuple[str, ...]:
    edition = made.wanted.edition
    return str(made.wanted.recipient.row), file, edition.topic, edition.lang, str(pages), ""


def _into_one(run: Path, makers: batch.Makers, plan: _Plan, show: Callable[[int, int, str], None]) -> None:
    """Write one file with all sheets, in the order of the list."""
    from careleaf.pdf.run import PrintRun  # noqa: PLC0415 # loads pikepdf: only this needs it

    place = {one: number for number, one in enumerate(plan.wanted)}
    sheets = {}
    for number, made in enumerate(batch.made(makers, plan.wanted, plan.tell), start=1):
        sheets[place[made.wanted]] = made
        show(number, len(plan.wanted), "")
    whole = PrintRun()
    for _, made in sorted(sheets.items()):
        pages = (
            whole.stamped(made.free, made.stamp) if made.free and made.stamp else whole.whole(made.content)
        )
        plan.rows.append(_row(made, run.name, pages))
    if sheets:
        private.write(run, whole.save())
        private.clear_beside(run)


def _trial(plan: _Plan) -> bytes:
    """Give a page with what would be made, for a person to read before it is."""
    rows = [
        {
            "recipient": one.recipient,
            "edition": one.edition,
            "closed": personal.closed(
                plan.library.topics[one.edition.topic], plan.clinic, one.recipient.treated_on
            ),
        }
        for one in plan.wanted
    ]
    counts = Counter((one.edition.topic, one.edition.lang, one.recipient.need) for one in plan.wanted)
    page = staff_page(
        "trial.html",
        rows=rows,
        number=len(rows),
        counts=counts,
        findings=plan.findings,
        understood=plan.understood,
        mail=False,
    )
    return page.encode()


def _report(plan: _Plan, *, make: bool, as_json: bool) -> None:
    if as_json:
        _print_json(plan.rows, plan.findings)
        return
    click.echo(f"{plan.understood}.")
    print_findings(lists.told(plan.findings))
    done = f"{len(plan.rows)} sheets made" if make else f"{len(plan.wanted)} sheets would be made"
    click.echo(f"{done}, {_held(plan.findings)} rows held.")


def _print_json(rows: Iterable[Iterable[str]], findings: Iterable[Finding]) -> None:
    told = list(findings)
    made = [dict(zip(HEADER, row, strict=True)) for row in rows]
    print_json({"made": made, "held": _held(told), "findings": [asdict(each) for each in told]})


def _held(findings: Iterable[Finding]) -> int:
    return len({each.line for each in findings if each.severity is Severity.HELD})
