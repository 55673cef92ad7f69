"""The commands by which people review, approve and withdraw what patients read."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

import click

from careleaf import publish, record, site
from careleaf.approvals import dues, handed_out, needed, overall, same_person, standing
from careleaf.cli.discreet import outbox_option
from careleaf.cli.mailing import called_back
from careleaf.cli.shell import (
    clinic_option,
    json_option,
    known,
    lang_option,
    leave,
    loaded,
    one_of,
    out_option,
    own_root,
    print_findings,
    print_json,
    ready,
    recording,
    root_option,
    today,
    write_page,
)
from careleaf.difference import difference, marked
from careleaf.evidence import evidence
from careleaf.findings import Finding, Severity
from careleaf.load import load
from careleaf.model import Approval, Clinic, Format, Library, Role
from careleaf.publish import Row
from careleaf.render import RenderError
from careleaf.single import printed_form
from careleaf.words import readings

DAYS = {"d": 1, "w": 7, "m": 30}
SHOWN = 8
"""Digits of a text's digest that stand on a page."""


class Within(click.ParamType[int]):
    """A stretch of time in days: 90d, 12w, 3m (months of 30 days)."""

    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Give the number of days."""
        match = re.fullmatch(r"(\d{1,4})([dwm]?)", str(value))
        if not match:
            self.fail("write a number of days, weeks or months, such as 90d, 12w or 3m", param, ctx)
        return int(match[1]) * DAYS[match[2] or "d"]


class Day(click.ParamType[date]):
    """A day as year-month-day."""

    name = "date"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Give the day."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is no day: write it as 2028-11-25", param, ctx)


@click.command()
@click.argument("topic")
@lang_option
@clinic_option
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=None,
    help="Where the page goes (default: review-TOPIC-LANG.html in this folder).",
)  # fmt: skip
@root_option
def review(*, topic: str, lang: str, clinic: str | None, output: Path | None, root: Path | None) -> None:
    """Show what changed since the last approval, word by word, with the PDF's pages beside it.

    Prints the changes, and writes a page for the browser. Words that went are [-so-], new ones {+so+}.

    \b
    careleaf review after-laser --lang en
    careleaf review after-laser --lang ar -o /tmp/after-laser-ar.html
    """
    from careleaf import review as reviewing  # noqa: PLC0415 # loads a reader of PDFs: only this command needs it

    library = ready(root)
    known(library, topic, lang, clinic)
    place = library.clinics[clinic] if clinic else _first(library, lang)
    found = reviewing.review(library, library.topics[topic], lang, place, today())
    if found is None:
        _not_current(topic, lang)
        return
    artifact = reviewing.rendered(library, found, _printed_form(library))
    print_findings(artifact.findings)
    leave(ok=bool(artifact.content))
    file = output or Path(f"review-{topic}-{lang}.html")
    write_page(file, reviewing.html(library, found, artifact.content))
    if found.before is None:
        click.echo(f"{topic} in {lang} has not been approved before: all of it is to be read.")
    elif not found.changes:
        click.echo(f"Nothing that is read of {topic} in {lang} has changed since the last approval.")
    for change in found.changes:
        click.echo(f"{change.place}: {marked(difference(change.old, change.new))}")
    click.echo(f"Open {file}: the words, and the pages beside them. Text {found.now.digest[:SHOWN]}.")
    leave(ok=artifact.usable)


def _first(library: Library, lang: str) -> Clinic:
    """Give the first clinic that hands a language out, or else the first of all."""
    return min(library.clinics.values(), key=lambda clinic: not clinic.speaks(lang))


def _printed_form(library: Library) -> Format:
    found = printed_form(library)
    if found is None:
        raise click.ClickException("the library has no format that is a PDF.")
    return found


def _not_current(topic: str, lang: str) -> None:
    file, mend = f"locales/{lang}/LC_MESSAGES/{topic}.po", "See what is missing with: careleaf check"
    message = f"{topic} in {lang} is not whole, is behind the English, or is not handed out"
    print_findings([Finding(file, 0, "stale", message, mend, Severity.HELD)])
    leave(ok=False)


@click.command()
@click.argument("topic")
@lang_option
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="As what.")
@click.option("--by", "name", required=True, help="The person's name.")
@click.option("--credential", required=True, help="What entitles them: a registration, a qualification.")
@click.option("--until", type=Day(), required=True, help="The last day on which it holds, as 2028-11-25.")
@clinic_option
@root_option
def approve(
    *,
    topic: str,
    lang: str,
    clinic: str | None,
    root: Path | None,
    **person: str | date,
) -> None:
    """Record that a person approves just these words, until a day.

    English needs a clinical approval. A translation needs a linguistic one, by another person than its
    translator, and a clinical one too if the topic has emergency signs. Any edit of what is read voids it.
    Without --clinic it covers the values of every clinic that hands the language out.

    \b
    careleaf approve after-laser --lang en --role clinical \\
        --by "NAME" --credential "REGISTRATION" --until 2028-11-25
    """
    root = own_root(root)
    with recording(root):
        library = ready(root)
        known(library, topic, lang, clinic)
        found = readings(library, library.topics[topic], lang, (clinic,) if clinic else ())
        if not found:
            _not_current(topic, lang)
        try:
            event = record.approval(lang, today(), found, person)
        except ValueError as error:
            message = "--by and --credential: write who approves, and what entitles them, in short"
            raise click.UsageError(f"{message}.") from error
        _refuse(library, topic, event)
        file = record.append(root, library, topic, [event], found)
    texts = ", ".join(digest[:SHOWN] for digest in found)
    click.echo(f"{event.name} approves {topic} in {lang} ({event.role}), text {texts}, until {event.until}.")
    click.echo(f"Recorded in {file}.")
    _after(library, root, topic, lang)


def _refuse(library: Library, topic: str, event: Approval) -> None:
    """Refuse an approval that could not count. Raises click.BadParameter, or exits with a Finding."""
    if event.until <= today():
        raise click.BadParameter(f"{event.until} is not a day to come", param_hint="--until")
    if library.locales[event.lang].source and event.role is not Role.CLINICAL:
        message = f"{event.lang} is no translation: it needs a clinical approval"
        raise click.BadParameter(message, param_hint="--role")
    catalog = library.catalogs.get((event.lang, topic))
    own = catalog and any(same_person(event.name, each) for each in catalog.translators)
    if catalog and own and event.role is Role.LINGUISTIC:
        message, mend = f"{event.name} made this translation", "Have another person approve it."
        print_findings([Finding(catalog.file, 0, "own-translation", message, mend)])
        leave(ok=False)


def _after(before: Library, root: Path, topic: str, lang: str) -> None:
    """Say where the text stands now, and whose approval it still needs."""
    library = loaded(root)
    one, withdrawal = library.topics[topic], standing(before, topic, lang).withdrawal
    now = readings(library, one, lang).keys()
    given = {each.role for each in standing(library, topic, lang).approvals if now & set(each.digests)}
    missing = sorted(needed(one, library.locales[lang]) - given)
    state = f"It is now: {overall(library, one, lang, today())}."
    click.echo(f"{state} Still needed: {', '.join(missing)} approval." if missing else state)
    if withdrawal and now & set(withdrawal.digests):
        click.echo(f"Mind: these very words were withdrawn on {withdrawal.on}: {withdrawal.reason}")


@click.command()
@click.argument("topic")
@click.option("--lang", "langs", multiple=True, help="Only this language; may be given again.")
@click.option("--reason", required=True, help="Why, for all who come after.")
@click.option("--by", "name", default=None, help="Who decided it.")
@out_option
@outbox_option
@root_option
def withdraw(  # noqa: PLR0913 # one for each option
    *,
    topic: str,
    langs: tuple[str, ...],
    reason: str,
    name: str | None,
    out: Path,
    where: Path,
    root: Path | None,
) -> None:
    """Take a leaflet out at once, and say which copies are unsafe.

    Its files go from the output folder, and no build makes it again until its words are changed, or approved
    anew. Without --lang it goes in every language. What waits in the outbox is held, and who was sent it is
    listed.

    \b
    careleaf withdraw after-laser --reason "wrong time for make-up"
    careleaf withdraw after-laser --lang ar --reason "lost a not" --out /srv/leaflets
    """
    root = own_root(root)
    with recording(root):
        # A fault elsewhere in the library must not keep an unsafe leaflet in: what can be read is enough.
        library, _ = load(root)
        printed = [row for row in publish.read_manifest(out).rows.values() if row.topic == topic]
        asked = _asked(library, topic, langs, printed)
        old = {lang: _digests(library, topic, lang, printed) for lang in asked}
        try:
            events = {lang: record.withdrawal(lang, name, today(), reason, old[lang]) for lang in asked}
        except ValueError as error:
            message = "--reason and --by: say why, in at most 600 characters, and who"
            raise click.UsageError(f"{message}.") from error
        told = {lang: _done(library, topic, lang, old[lang]) for lang in asked}
        chosen = [lang for lang in asked if told[lang] is None]
        try:
            # Recorded first: a build that starts now makes it no more, even if a kill comes in between.
            if chosen:
                file = record.append(root, library, topic, [events[lang] for lang in chosen])
                click.echo(f"Withdrawn: {topic} in {', '.join(chosen)}. Recorded in {file}.")
                _unsafe(topic, {lang: old[lang] for lang in chosen})
        finally:
            removed = publish.withdraw(out, library, topic, asked, _leading)
            click.echo(f"Deleted from {out}/: {', '.join(removed) or 'nothing, none was there'}.")
    if chosen or removed:
        click.echo("For each other folder that you build into, run: careleaf build --out DIR")
    print_findings(finding for finding in told.values() if finding and (langs or not chosen))
    reached = called_back(where, topic, asked)
    leave(ok=reached and bool(chosen or removed))


def _leading(library: Library, rows: Iterable[Row]) -> dict[str, bytes]:
    """Make the pages that lead to leaflets; none while the library is at fault."""
    try:
        return site.pages(library, rows)
    except (RenderError, LookupError, ValueError):
        return {}


def _asked(library: Library, topic: str, langs: Collection[str], printed: Iterable[Row]) -> list[str]:
    """Choose the languages: those named, or all in which there is anything. Raises click.BadParameter."""
    trail, unread = library.trails.get(topic), {Path(file).stem for file in library.unread}
    events = trail.events if trail else ()
    there = {*library.locales, *(row.lang for row in printed), *(event.lang for event in events)}
    one_of("TOPIC", [topic], {*library.topics, *library.trails, *(row.topic for row in printed), *unread})
    one_of("--lang", langs, there)
    return [lang for lang in sorted(there) if lang in (langs or there)]


def _digests(library: Library, topic: str, lang: str, printed: Iterable[Row]) -> tuple[str, ...]:
    """List all texts that may be about: today's, those of the trail, and those in the output folder."""
    files = [row.text_digest for row in printed if row.lang == lang]
    return tuple(dict.fromkeys([*files, *handed_out(library, topic, lang)]))


def _done(library: Library, topic: str, lang: str, old: Collection[str]) -> Finding | None:
    """Tell why there is nothing to withdraw in a language: it was done, or there was never anything."""
    file, counts = f"content/approvals/{topic}.yaml", standing(library, topic, lang)
    if not old:
        mend = "See what there is with: careleaf status"
        return Finding(file, 0, "withdrawn", f"there is no {topic} in {lang} to withdraw", mend)
    if counts.withdrawal and not counts.approvals and set(old) <= set(counts.withdrawal.digests):
        message = f"{topic} in {lang} was withdrawn on {counts.withdrawal.on}: {counts.withdrawal.reason}"
        mend = "Nothing is left to do: no build makes it."
        return Finding(file, counts.withdrawal.line, "withdrawn", message, mend)
    return None


def _unsafe(topic: str, digests: Mapping[str, Iterable[str]]) -> None:
    click.echo("Unsafe wherever they are: on paper, in racks, in sent mail, in other folders:")
    for lang, each in digests.items():
        shown = ", ".join(digest[:SHOWN] for digest in each)
        click.echo(f"  {topic} in {lang}: text {shown}, and any older code of this leaflet")


@click.command()
@click.option("--within", type=Within(), default="90d", show_default=True, help="How far: 90d, 12w, 3m.")
@root_option
@json_option
def expiring(*, within: int, root: Path | None, as_json: bool) -> None:
    """List which approvals, reviews and contact details run out soon, or have.

    \b
    careleaf expiring --within 90d
    """
    last = today() + timedelta(days=within)
    rows = sorted(
        (row for row in dues(loaded(root)) if row.day <= last), key=lambda row: (row.day, row.about)
    )
    if as_json:
        print_json([asdict(row) | {"day": str(row.day)} for row in rows])
        return
    for row in rows:
        click.echo(f"{row.day}  {row.what:<16} {row.about}{'  OVERDUE' if row.day < today() else ''}")
    click.echo(f"{len(rows)} due until {last}." if rows else f"Nothing is due until {last}.")


@click.command("evidence")
@root_option
def evidence_(*, root: Path | None) -> None:
    """Print every statement with its sources and their grades, as Markdown.

    \b
    careleaf evidence > evidence.md
    """
    click.echo(evidence(loaded(root)), nl=False)
