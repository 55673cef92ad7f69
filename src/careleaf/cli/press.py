"""The commands that print, list and judge what there is."""

import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from careleaf import doctor, pipeline, pool, schema
from careleaf.approvals import overall
from careleaf.changes import voided
from careleaf.check import check as check_library
from careleaf.cli.shell import (
    Share,
    crew,
    executor_option,
    json_option,
    leave,
    loaded,
    out_option,
    print_findings,
    print_json,
    print_table,
    progress,
    root_option,
    today,
    write_page,
)
from careleaf.findings import Severity
from careleaf.grades import advise
from careleaf.load import home, load
from careleaf.model import Ink, Selection, Shard, Status
from careleaf.plan import UnknownNameError
from careleaf.publish import PublishError, Row, read_manifest
from careleaf.report import report

COLOURS = {
    Status.MISSING: "dim",
    Status.STALE: "yellow",
    Status.DRAFT: "cyan",
    Status.APPROVED: "green",
    Status.EXPIRED: "red",
    Status.WITHDRAWN: "bold red",
}

BYTES = {
    True: "as we built them",
    False: "CHANGED since we built them: do not hand it out",
    None: "of another state of the library, so that nobody can tell",
}
SHEETS = {
    True: "the leaflet as we built it, and only its places filled in",
    False: "CHANGED, {why}: do not hand it out",
    None: "of its own layout, or saved anew by another program: its bytes cannot be compared, its words can",
}
"""What is said of one patient's sheet, if the library is as it was."""
TEXT = {
    (True, True): "current",
    (
        True,
        False,
    ): "current, but the clinic's details, the design or careleaf itself have changed: print it anew",
    (False, False): "NOT current: the words have changed since, or were withdrawn: do not hand it out",
}


@click.command()
@click.option("--topic", "topics", multiple=True, help="Only this topic; may be given again.")
@click.option("--lang", "langs", multiple=True, help="Only this language; may be given again.")
@click.option("--format", "formats", multiple=True, help="Only this format; may be given again.")
@click.option("--clinic", "clinics", multiple=True, help="Only this clinic; may be given again.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=pool.cores, help="How many at once (default: one a core)."
)
@executor_option
@click.option(
    "--shard",
    type=Share(),
    default=None,
    metavar="i/n",
    help="Only the i-th of n shares of the files, for n machines; a build of the whole adds the web pages.",
)
@click.option(
    "--bilingual",
    "beside",
    multiple=True,
    metavar="LANG",
    help="Print this language and English side by side, line by line; may be given again.",
)
@click.option("--all-formats", is_flag=True, help="Also the formats that are made only if asked for.")
@click.option(
    "--ink",
    type=click.Choice(Ink, case_sensitive=False),
    default=Ink.COLOUR,
    show_default="colour",
    help="Print in grey, with outlines in place of grounds, where toner is dear.",
)
@click.option("--bleed", is_flag=True, help="For a print shop: 3 mm of bleed, and crop marks.")
@click.option(
    "--estimate", is_flag=True, help="Show what it takes to print each leaflet: sheets, sides, ink."
)
@click.option("--approved-only", is_flag=True, help="Leave out what nobody has approved.")
@click.option("--force", is_flag=True, help="Make again what is done already.")
@out_option
@root_option
@json_option
def build(  # noqa: PLR0913 # one for each option
    *,
    topics: tuple[str, ...],
    langs: tuple[str, ...],
    formats: tuple[str, ...],
    clinics: tuple[str, ...],
    jobs: int,
    executor: str | None,
    shard: Shard | None,
    beside: tuple[str, ...],
    all_formats: bool,
    ink: Ink,
    bleed: bool,
    estimate: bool,
    approved_only: bool,
    force: bool,
    out: Path,
    root: Path | None,
    as_json: bool,
) -> None:
    """Build the leaflets that are new or have changed (the default command).

    \b
    careleaf build
    careleaf build --topic milia-in-babies --lang es --lang ko
    careleaf build --bilingual ar --topic after-laser
    careleaf build --format large-print --format booklet --lang ko
    careleaf build --all-formats --topic after-laser --estimate
    careleaf build --format trifold --ink grey
    careleaf build --format poster --bleed
    careleaf build --approved-only --out /srv/leaflets
    careleaf build --all-formats --shard 2/3 --out share-2
    careleaf build --all-formats --executor dask://10.0.0.1:8786
    """
    if beside:
        if langs or formats:
            raise click.UsageError(
                "--bilingual names the language and the format: leave --lang and --format out."
            )
        langs, formats = beside, _bilingual(root)
    selection = Selection(topics, langs, formats, clinics, approved_only, ink, bleed, all_formats, shard)
    with crew(executor) as workers, progress("Building") as show:
        options = pipeline.Options(today(), jobs, force, show, workers)
        try:
            report = pipeline.build(root or home(), out, selection, options)
        except UnknownNameError as error:
            raise click.BadParameter(str(error), param_hint=f"--{error.field}") from error
        except PublishError as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        print_json({
            "built": [edition.path for edition in report.built],
            "unchanged": [edition.path for edition in report.unchanged],
            "removed": report.removed,
            "findings": [asdict(finding) for finding in report.findings],
            "paper": [_paper(row) for row in _printed(report, out)] if estimate else None,
        })  # fmt: skip
    else:
        print_findings(report.findings)
        if estimate:
            _print_estimate(_printed(report, out))
        click.echo(_summary(report, out))
    leave(ok=report.ok)


def _printed(report: pipeline.Report, out: Path) -> list[Row]:
    """Choose the leaflets on paper among those that were asked for."""
    rows = read_manifest(out).rows
    found = (rows.get(edition.path) for edition in (*report.built, *report.unchanged))
    return sorted((row for row in found if row and row.sides), key=lambda row: row.path)


def _paper(row: Row) -> dict[str, str | int | float]:
    """Say what it takes to print a leaflet once: ink is that of all its sides, in per cent of one."""
    return {
        "file": row.path,
        "pages": row.pages,
        "sheets": row.sheets,
        "sides": row.sides,
        "ink": round(row.ink * row.sides, 1),
    }


def _print_estimate(rows: list[Row]) -> None:
    table = Table("leaflet", "pages", "sheets", "sides", "ink a side", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row.path, str(row.pages), str(row.sheets), str(row.sides), f"{row.ink:.1f} %")
    print_table(table)
    sheets, sides = sum(row.sheets for row in rows), sum(row.sides for row in rows)
    click.echo(f"One copy of each: {sheets} sheets of paper, {sides} sides printed.")
    click.echo("Ink is the part of a side that is covered, all four toners added up.")


def _bilingual(root: Path | None) -> tuple[str, ...]:
    """Give the formats that print two languages."""
    found = tuple(form.name for form in loaded(root).formats.values() if form.bilingual)
    if not found:
        raise click.ClickException("the library has no format with two languages.")
    return found


def _summary(report: pipeline.Report, out: Path) -> str:
    if not (report.built or report.unchanged or report.removed) and not report.ok:
        return "Nothing was built."
    states = Counter(edition.status for edition in (*report.built, *report.unchanged))
    drafts = len(report.built) + len(report.unchanged) - states[Status.APPROVED]
    parts = [f"{len(report.built)} built", f"{len(report.unchanged)} unchanged"]
    parts += [f"{len(report.removed)} removed"] if report.removed else []
    note = f" {drafts} are not approved and say so on every page." if drafts else ""
    return f"{', '.join(parts)}, in {out}/.{note}"


@click.command()
@click.option(
    "--report", "page", type=click.Path(dir_okay=False, path_type=Path), default=None,
    help="Write a page for the lead clinician: findings, scores, sources, approvals, next reviews.",
)  # fmt: skip
@click.option("--approved-only", is_flag=True, help="Judge as for a build of approved leaflets only.")
@root_option
@json_option
def check(*, page: Path | None, approved_only: bool, root: Path | None, as_json: bool) -> None:
    """List everything that is wrong with the library, with file, line and mend.

    Errors stop a build. Texts that are not current are left out of it. Warnings and advice stop nothing.

    \b
    careleaf check
    careleaf check --report report.html
    careleaf check --root my-clinic --json
    """
    library, findings = load(root or home())
    findings += check_library(library, today(), approved_only=approved_only)
    readable = sum(locale.source for locale in library.locales.values()) == 1
    findings = sorted(findings + (advise(library) if readable else []))
    if page and readable:
        write_page(page, report(library, findings, today()))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_findings(findings)
        counts = Counter(finding.severity for finding in findings)
        errors, held, warnings, _ = (counts[each] for each in Severity)
        click.echo(f"Errors: {errors}. Texts not current: {held}. Warnings: {warnings}.")
    leave(ok=not any(finding.severity in {Severity.ERROR, Severity.HELD} for finding in findings))


@click.command("list")
@root_option
@json_option
def list_(*, root: Path | None, as_json: bool) -> None:
    """List the topics, languages, formats and clinics of the library.

    \b
    careleaf list
    """
    library = loaded(root)
    kinds: dict[str, dict[str, str]] = {
        "topics": {
            topic.name: f"{topic.title} ({topic.kind}, version {topic.version}, review {topic.review})"
            for topic in library.topics.values()
        },
        "languages": {
            locale.name: f"{locale.english} / {locale.title}" for locale in library.locales.values()
        },
        "formats": {form.name: form.title for form in library.formats.values()},
        "clinics": {clinic.name: clinic.title for clinic in library.clinics.values()},
    }
    if as_json:
        print_json(kinds)
        return
    for kind, rows in kinds.items():
        click.echo(f"{kind}:")
        for name, title in rows.items():
            click.echo(f"  {name:<20} {title}")


@click.command()
@root_option
@json_option
def status(*, root: Path | None, as_json: bool) -> None:
    """Show where each topic stands in each language.

    Missing: not translated. Stale: the English has changed. Draft: nobody has approved it.
    Expired: the approval has run out. Withdrawn: taken out, and not printed. Below, for a text that
    was approved: which edits voided that.

    \b
    careleaf status
    """
    library = loaded(root)
    matrix = {
        topic.name: {lang: overall(library, topic, lang, today()) for lang in library.locales}
        for topic in library.topics.values()
    }
    counts = Counter(state for row in matrix.values() for state in row.values())
    edits = {
        f"{name} {lang}": changes
        for name in matrix
        for lang in library.locales
        if (changes := voided(library, library.topics[name], lang))
    }
    if as_json:
        voids = {name: [asdict(change) for change in changes] for name, changes in edits.items()}
        states = {state: counts[state] for state in Status}
        print_json({"topics": matrix, "counts": states, "voided": voids})
        return
    table = Table("topic", *library.locales, box=None, pad_edge=False)
    for name, row in matrix.items():
        table.add_row(name, *(f"[{COLOURS[state]}]{state}[/]" for state in row.values()))
    print_table(table)
    click.echo(", ".join(f"{counts[state]} {state}" for state in Status if counts[state]) + ".")
    for name, changes in edits.items():
        click.echo(
            f"{name}: approved once, and edited since: {', '.join(change.place for change in changes)}"
        )


@click.command("gallery")
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("gallery"),
    show_default=True, help="Where the pictures go.",
)  # fmt: skip
@out_option
@root_option
def gallery_(*, folder: Path, out: Path, root: Path | None) -> None:
    """Draw every page of every finished leaflet, to look at them all at once.

    \b
    careleaf build --all-formats
    careleaf gallery
    """
    from careleaf import gallery  # noqa: PLC0415 # loads PDFium: only this command needs it

    library = loaded(root)
    rows = gallery.shown(library, out, read_manifest(out).rows.values())
    if not rows:
        raise click.ClickException(f"there is no PDF in {out}/. Make them with: careleaf build")
    drawn = gallery.pictures(out, rows, pool.cores())
    for each in drawn:
        write_page(folder / gallery.strip_name(each.row), each.strip)
    write_page(folder / "contact-sheet.png", gallery.contact_sheet(drawn, tuple(library.topics)))
    way = os.path.relpath(out, folder)
    write_page(folder / "index.html", gallery.page(library, rows, Path(way).as_posix()))
    click.echo(f"{len(rows)} leaflets, in {folder / 'index.html'} and {folder / 'contact-sheet.png'}.")


@click.command("doctor")
@json_option
def doctor_(*, as_json: bool) -> None:
    """Say whether this machine is fit to print, and what to do if not.

    \b
    careleaf doctor
    """
    found, findings = doctor.inventory(), doctor.examine()
    if as_json:
        print_json({"found": dict(found), "findings": [asdict(finding) for finding in findings]})
    else:
        for name, version in found.items():
            click.echo(f"{name:<16} {version}")
        print_findings(findings)
        click.echo(f"To mend: {len(findings)}." if findings else "Everything that is needed is here.")
    leave(ok=not findings)


@click.command("schema")
@click.argument("kind", type=click.Choice(list(schema.FILES)))
def schema_(kind: str) -> None:
    """Print the JSON Schema of a kind of file, for an editor.

    \b
    careleaf schema topic > topic.schema.json
    """
    click.echo(schema.schema(kind), nl=False)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@out_option
@root_option
@json_option
def verify(*, file: Path, out: Path, root: Path | None, as_json: bool) -> None:
    """Say which leaflet a PDF is, whether its bytes are ours, and whether it is current.

    Of one patient's sheet, too: that the leaflet on it is unchanged, and that nothing was added to it but
    lines in the places that it keeps free. What stands there is not shown.

    \b
    careleaf verify scan-from-the-rack.pdf
    careleaf verify sheet.pdf
    """
    from careleaf.verify import verify as judge  # noqa: PLC0415 # loads the engine: only this command needs it

    verdict = judge(file, loaded(root), out, today())
    if verdict is None:
        raise click.ClickException(
            f"{file} is no leaflet of careleaf: it is no PDF, or has no source inside."
        )
    if as_json:
        print_json(asdict(verdict))
    else:
        click.echo(f"Leaflet: {verdict.edition}, version {verdict.version}, text {verdict.text_digest[:8]}")
        told = SHEETS if verdict.personal and verdict.current else BYTES
        click.echo(f"Bytes:   {told[verdict.ours].format(why=verdict.why)}")
        click.echo(f"Text:    {TEXT[verdict.words_current, verdict.current]}")
        click.echo(f"Today:   {verdict.status}")
    leave(ok=bool(verdict.ours) and verdict.current)
