"""The way through: load, check, plan, compose, render, write, publish."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from careleaf import pool, publish, site
from careleaf.approvals import overall
from careleaf.check import check
from careleaf.check.catalogs import concerns
from careleaf.compose import compose
from careleaf.findings import Finding, Severity, blocking, held
from careleaf.load import fingerprint, load
from careleaf.model import Edition, Job, Library, Links, Selection, Status
from careleaf.plan import Plan, known, plan
from careleaf.render import NOWHERE, Press, RenderError
from careleaf.versions import versions
from careleaf.words import source_locale
from careleaf.writers import write

Progress = Callable[[int, int, str], None]
"""Called with how many leaflets are done, of how many, and the name of the last."""


def quiet(done: int, total: int, name: str) -> None:
    """Tell nobody about progress."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to build: as of which day, with how many workers, and whether to make again what is done.

    A `crew` works in place of `jobs` processes of this machine.
    """

    today: date
    jobs: int
    force: bool = False
    progress: Progress = quiet
    crew: pool.Crew | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did. `removed` are the paths of files that the library no longer prints."""

    findings: tuple[Finding, ...]
    built: tuple[Edition, ...] = ()
    unchanged: tuple[Edition, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Say whether all is well but for warnings."""
        return all(finding.severity is Severity.WARNING for finding in self.findings)


def build(root: Path, out: Path, selection: Selection, options: Options) -> Report:
    """Bring the output folder up to date.

    Raises `publish.PublishError`, `plan.UnknownNameError` and `pool.CrewLostError`.
    """
    key = _key(root, selection, options)
    if editions := publish.settled(out, key):
        return Report((), unchanged=editions)
    library, findings = load(root)
    findings += check(library, options.today, approved_only=selection.approved_only)
    if blocking(findings):
        return Report(tuple(sorted(findings)))
    known(library, selection)
    with publish.opened(out, selection.shard) as done:
        found = plan(library, selection, versions(), options.today, done.rows, held(findings))
        findings = _told(findings, library, selection, found.wanted, options.today)
        rows, made = _finished(_Work(library, out, done, options, findings), found, selection)
        around = _around(library, rows.values(), findings)
        settled = "" if findings else key
        removed = publish.finish(out, rows.values(), library, around, settled, selection.shard)
    return Report(tuple(sorted(findings)), tuple(made), _unchanged(rows, found.wanted, made), tuple(removed))


def is_settled(root: Path, out: Path, today: date) -> bool:
    """Say whether a build of everything found nothing wrong with just this library, today."""
    return bool(publish.settled(out, _key(root, Selection(), Options(today, 1))))


@dataclass(frozen=True, slots=True)
class _Work:
    """What every step of a build needs. What goes wrong is added to `findings`."""

    library: Library
    out: Path
    done: publish.Manifest
    options: Options
    findings: list[Finding]


Rows = dict[Edition, publish.Row]


def _finished(work: _Work, found: Plan, selection: Selection) -> tuple[Rows, Rows]:
    """Make what is outstanding: files first, then the web pages that link to them. Give all, and the new.

    A build of everything also brings up to date what is made only if asked for and was: it must not go stale.
    A web page that is there already is always made anew: it must not link to what is gone.
    """
    formats, everything = work.library.formats, (*found.wanted, *found.finished)
    files = [each for each in everything if not formats[each.format].site]
    asked = files if selection.everything else [each for each in found.wanted if each in set(files)]
    there, made = _up_to_date(work, files, dict.fromkeys(asked, NOWHERE))
    pages = [each for each in everything if formats[each.format].site]
    links = site.with_links(work.library, pages, there.values())
    web, web_made = _up_to_date(work, links, links)
    return there | web, made | web_made


def _up_to_date(
    work: _Work, everything: Iterable[Edition], wanted: Mapping[Edition, Links]
) -> tuple[Rows, Rows]:
    """Make those of `wanted` that are not done; give all files that are there now, and the new ones."""
    todo = _outstanding(work, wanted)
    kept = _kept(work, everything, todo)
    work.findings.extend(each for edition in wanted if edition in kept for each in kept[edition].findings)
    made = dict(_make(work, {each: wanted[each] for each in todo}))
    there = _as_long(work.library, kept | made, work.findings)
    return there, {edition: row for edition, row in made.items() if edition in there}


def _around(library: Library, rows: Iterable[publish.Row], findings: list[Finding]) -> dict[str, bytes]:
    """Make the pages of the web site around the leaflets."""
    try:
        return site.pages(library, rows)
    except RenderError as error:
        findings.append(error.finding)
        return {}


def _unchanged(rows: Rows, wanted: Iterable[Edition], made: Rows) -> tuple[Edition, ...]:
    """Give what was asked for and is there, but did not have to be made."""
    asked = {edition.path for edition in wanted}
    return tuple(edition for edition in rows if edition.path in asked and edition not in made)


def _outstanding(work: _Work, wanted: Iterable[Edition]) -> list[Edition]:
    """Leave out what is done already."""
    force = work.options.force
    return [each for each in wanted if force or not publish.is_done(work.out, work.done, each)]


def _told(
    findings: Iterable[Finding],
    library: Library,
    selection: Selection,
    wanted: Iterable[Edition],
    today: date,
) -> list[Finding]:
    """Choose what this caller needs to know."""
    lapsed = _lapsed(library, selection, today) if selection.approved_only else []
    return [*_about(findings, library, selection), *lapsed, *_nothing(selection, wanted)]


def _about(findings: Iterable[Finding], library: Library, selection: Selection) -> list[Finding]:
    """Leave out what holds back only leaflets that nobody asked for."""
    topics, langs = selection.topics or library.topics, selection.langs or library.locales
    return [
        finding
        for finding in findings
        if finding.severity is not Severity.HELD or concerns(finding, topics, langs)
    ]


def _nothing(selection: Selection, wanted: Iterable[Edition]) -> list[Finding]:
    """Tell a caller who named something that there is nothing of it to print, and where to look why.

    A share of a little may well be nothing.
    """
    named = selection.topics or selection.langs or selection.formats or selection.clinics
    if any(wanted) or not named or selection.shard:
        return []
    message, mend = (
        "nothing of what was asked for can be printed",
        "What else is told says why, or: careleaf status",
    )
    return [Finding("selection", 0, "nothing", message, mend, Severity.HELD)]


def _lapsed(library: Library, selection: Selection, today: date) -> list[Finding]:
    """Tell a caller who prints only what is approved of which texts the approval has run out."""
    return [
        Finding(
            library.trails[topic.name].file,
            0,
            "expired",
            f"the approval of {topic.name} in {lang} has run out",
            f"Read it again with: careleaf review {topic.name} --lang {lang}; then: careleaf approve",
            Severity.HELD,
        )
        for topic in library.topics.values()
        for lang in library.locales
        if topic.name in (selection.topics or library.topics)
        and lang in (selection.langs or library.locales)
        and overall(library, topic, lang, today) is Status.EXPIRED
    ]


def _kept(work: _Work, everything: Iterable[Edition], todo: Iterable[Edition]) -> Rows:
    """Choose the finished files that stay. Others must not be handed out any more.

    Those are the files of texts that are gone or went stale, of Editions that are to be made anew, and files
    that a killed build left in another state than the manifest says.
    """
    rows = work.done.rows
    found = {edition: rows[edition.path] for edition in {*everything} - {*todo} if edition.path in rows}
    return {
        edition: row for edition, row in found.items() if publish.sha256(work.out / row.path) == row.sha256
    }


def _key(root: Path, selection: Selection, options: Options) -> str:
    """Stand for all that a build of everything depends on; empty if less was asked for, a share, or more.

    Approvals and reviews run out, so the day is part of it.
    """
    if options.force or selection.shard or not selection.everything:
        return ""
    parts = [fingerprint(root), str(selection.approved_only), str(options.today), *versions().values()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _make(work: _Work, editions: Mapping[Edition, Links]) -> Iterator[tuple[Edition, publish.Row]]:
    """Compose, render, write and publish; what goes wrong is told."""
    publish.announce(work.out, work.done, work.library, [edition.path for edition in editions])
    by_path = {edition.path: edition for edition in editions}
    jobs = _jobs(work.library, editions, work.findings)
    workers = work.options.crew or min(work.options.jobs, len(editions))
    for number, (job, artifact) in enumerate(
        pool.run(jobs, workers, make=write) if editions else (), start=1
    ):
        work.findings.extend(artifact.findings)
        if artifact.usable:
            yield by_path[job.path], publish.publish(work.out, by_path[job.path], artifact)
        work.options.progress(number, len(editions), job.name)


def _as_long(library: Library, there: Rows, findings: list[Finding]) -> Rows:
    """Leave out translations that are more than a page longer than their English: something got into them.

    What was there already is compared too: the build that made it may not have had the English.
    """
    source = source_locale(library)
    # A format that says itself how long a translation may be has pages too small for one more to tell.
    english = {
        row.twin: row.pages
        for row in there.values()
        if row.lang == source and not library.formats[row.format].limits.translated
    }
    limits = {each: english.get(row.twin) for each, row in there.items()}
    long = {edition for edition, row in there.items() if (limit := limits[edition]) and row.pages > limit + 1}
    for edition in sorted(long, key=str):
        message = f"it has {there[edition].pages} pages, and the English has {limits[edition]}"
        mend = "A translation has one page more at most: shorten it, or see what got in."
        findings.append(Finding(str(edition), 0, "page-limit", message, mend))
    return {edition: row for edition, row in there.items() if edition not in long}


def _jobs(library: Library, editions: Mapping[Edition, Links], findings: list[Finding]) -> Iterator[Job]:
    press = Press(library)
    for edition, links in editions.items():
        try:
            yield press.render(edition, compose(library, edition), links)
        except RenderError as error:
            findings.append(error.finding)
