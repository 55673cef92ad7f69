"""The commands by which people review, approve and withdraw what patients read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import click

from careleaf import publish, record
from careleaf.approvals import needed, overall, reading_status, same_person, standing
from careleaf.check.clinics import GOOD_FOR
from careleaf.cli.shell import (
    clinic_option,
    json_option,
    known,
    lang_option,
    leave,
    loaded,
    out_option,
    own_root,
    print_findings,
    print_json,
    ready,
    recording,
    root_option,
    today,
)
from careleaf.difference import difference, marked
from careleaf.evidence import evidence
from careleaf.findings import Finding, Severity
from careleaf.load import load
from careleaf.model import Clinic, Format, Library, Reading, Role, Status, Topic
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
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Where the page goes (default: review-TOPIC-LANG.html in this folder).",
)
@root_option
def review(*, topic: str, lang: str, clinic: str | None, output: Path | None, root: Path | None) -> None:  # fmt: skip
    """Show what changed since the last approval, word by word, with the PDF's pages beside it.

    Prints the changes, and writes a page for the browser. Words that went are [-so-], new ones {+so+}.

    \b
    careleaf review after-laser --lang en
    careleaf review after-laser --lang ar -o /tmp/after-laser-ar.html
    """
    from careleaf import review as reviewing  # noqa: PLC0415 # loads the engine: only this command needs it

    library = ready(root)
    known(library, topic, [lang], [clinic] if clinic else [])
    place = library.clinics[clinic] if clinic else _first(library, lang)
    found = reviewing.review(library, library.topics[topic], lang, place, today())
    if found is None:
        _not_current(topic, lang)
        return
    artifact = reviewing.rendered(library, found, _printed_form(library))
    print_findings(artifact.findings)
    file = output or Path(f"review-{topic}-{lang}.html")
    try:
        publish.replace(file, reviewing.html(library, found, artifact.content).encode())
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from error
    if found.before is None:
        click.echo(f"{topic} in {lang} has not been approved before: all of it is to be read.")
    elif not found.changes:
        click.echo(f"Nothing that a reader reads in {topic} in {lang} has changed since the last approval.")
    for change in found.changes:
        click.echo(f"{change.place}: {marked(difference(change.old, change.new))}")
    click.echo(f"Open {file}: the words, and the pages beside them. Text {found.now.digest[:SHOWN]}.")


def _first(library: Library, lang: str) -> Clinic:
    """Give the first clinic that hands a language out, or else the first of all."""
    clinics = sorted(library.clinics.values(), key=lambda clinic: not clinic.speaks(lang))
    return clinics[0]


def _printed_form(library: Library) -> Format:
    """Give the first format that is a PDF."""
    found = next((form for form in library.formats.values() if form.extension == "pdf"), None)
    if found is None:
        raise click.ClickException("the library has no format that is a PDF.")
    return found


def _not_current(topic: str, lang: str) -> None:
    file = f"locales/{lang}/LC_MESSAGES/{topic}.po"
    message, mend = (
        f"{topic} in {lang} is not whole, or behind the English",
        "See what is missing with: careleaf check",
    )
    print_findings([Finding(file, 0, "stale", message, mend, Severity.HELD)])
    leave(ok=False)


@click.command()
@click.argument("topic")
@lang_option
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), required=True, help="In which capacity."
)
@click.option("--by", "name", required=True, help="The person's name.")
@click.option("--credential", required=True, help="What entitles them: a registration, a qualification.")
@click.option(
    "--until", type=Day(), required=True, help="The last day on which it holds, such as 2028-11-25."
)
@clinic_option
@root_option
def approve(  # noqa: PLR0913 # one for each option
    *,
    topic: str,
    lang: str,
    role: str,
    name: str,
    credential: str,
    until: date,
    clinic: str | None,
    root: Path | None,
) -> None:
    """Record that a person approves just these words, until a day.

    English needs a clinical approval. A translation needs a linguistic one by somebody else than its translator,
    and a clinical one too if the topic has emergency signs. Any edit of what is read voids it. Without --clinic it
    covers the values of every clinic that hands the language out.

    \b
    careleaf approve after-laser --lang en --role clinical --by "NAME" --credential "GMC 1234567" --until 2028-11-25
    careleaf approve after-laser --lang ar --role linguistic --by "NAME" --credential "DPSI" --until 2028-11-25
    """
    home = own_root(root)
    with recording(home):
        library = ready(home)
        known(library, topic, [lang], [clinic] if clinic else [])
        found = readings(library, library.topics[topic], lang, (clinic,) if clinic else ())
        if not found:
            _not_current(topic, lang)
        _refuse(library, topic, lang, Role(role), name, until)
        event = record.approval(lang, Role(role), name, credential, today(), until, found)
        before = standing(library, topic, lang).withdrawal
        file = record.append(home, library, topic, [event], found)
    codes = ", ".join(digest[:SHOWN] for digest in found)
    click.echo(
        f"Recorded in {file}: {name} approves {topic} in {lang} ({role}), text {codes}, until {until}."
    )
    if before and set(before.digests) & found.keys():
        click.echo(f"Mind: these very words were withdrawn on {before.on}: {before.reason}")
    _still_missing(home, topic, lang)


def _refuse(library: Library, topic: str, lang: str, role: Role, name: str, until: date) -> None:  # noqa: PLR0913
    """Refuse an approval that could not count. Raises click.UsageError, or exits with a Finding."""
    if until <= today():
        raise click.BadParameter(f"{until} is not a day to come", param_hint="--until")
    if library.locales[lang].source and role is not Role.CLINICAL:
        raise click.BadParameter(
            f"{lang} is no translation: it needs a clinical approval", param_hint="--role"
        )
    if not name.strip():
        raise click.BadParameter("an approval is a person's: write the name", param_hint="--by")
    catalog = library.catalogs.get((lang, topic))
    if role is Role.LINGUISTIC and catalog and any(same_person(name, each) for each in catalog.translators):
        message, mend = f"{name} made this translation", "Have another person approve it."
        print_findings([Finding(catalog.file, 0, "own-translation", message, mend)])
        leave(ok=False)


def _still_missing(root: Path, topic: str, lang: str) -> None:
    """Say where the text stands now, and whose approval it still needs."""
    library = loaded(root)
    one = library.topics[topic]
    state = overall(library, one, lang, today())
    now = set(readings(library, one, lang))
    given = {each.role for each in standing(library, topic, lang).approvals if now & set(each.digests)}
    missing = sorted(needed(one, library.locales[lang]) - given)
    click.echo(f"It is now: {state}." + (f" Still needed: {', '.join(missing)} approval." if missing else ""))


@click.command()
@click.argument("topic")
@click.option("--lang", "langs", multiple=True, help="Only this language; may be given again (default: all).")
@click.option("--reason", required=True, help="Why, for all who come after.")
@click.option("--by", "name", default=None, help="Who decided it.")
@out_option
@root_option
def withdraw(
    *, topic: str, langs: tuple[str, ...], reason: str, name: str | None, out: Path, root: Path | None
) -> None:  # fmt: skip
    """Take a leaflet out at once, and say which copies are unsafe.

    Its files go from the output folder, and no build makes it again until its words are changed, or approved anew.

    \b
    careleaf withdraw after-laser --reason "wrong time for make-up"
    careleaf withdraw after-laser --lang ar --reason "lost a not" --out /srv/leaflets
    """
    root = own_root(root)
    if not reason.strip():
        raise click.BadParameter("say why", param_hint="--reason")
    with recording(root):
        # A fault elsewhere in the library must not keep an unsafe leaflet in: what can be read is enough.
        library, _ = load(root)
        known(library, topic, langs)
        asked = [lang for lang in library.locales if lang in (langs or library.locales)]
        removed = publish.withdraw(out, library, topic, asked)
        found = {lang: _now(library, topic, lang) for lang in asked}
        told = [finding for lang in asked for finding in _nothing(library, topic, lang, found[lang])]
        chosen = [lang for lang in asked if not _nothing(library, topic, lang, found[lang])]
        kept = {digest: reading for lang in chosen for digest, reading in found[lang].items()}
        events = [record.withdrawal(lang, name, today(), reason, found[lang]) for lang in chosen]
        codes = {lang: _codes(library, topic, lang, found[lang]) for lang in chosen}
        if chosen:
            file = record.append(root, library, topic, events, kept)
            click.echo(f"Withdrawn: {topic} in {', '.join(chosen)}. Recorded in {file}.")
            _unsafe(topic, codes, removed, out)
    print_findings(told if langs or not chosen else ())
    leave(ok=bool(chosen))


def _now(library: Library, topic: str, lang: str) -> dict[str, Reading]:
    """Give what is handed out today; nothing if the topic's file cannot be read."""
    return readings(library, library.topics[topic], lang) if topic in library.topics else {}


def _nothing(library: Library, topic: str, lang: str, now: Mapping[str, Reading]) -> list[Finding]:
    """Tell why there is nothing to withdraw in a language: it was done already, or there was never anything."""
    file, counts = f"content/approvals/{topic}.yaml", standing(library, topic, lang)
    states = {reading_status(library, library.topics[topic], each, today()) for each in now.values()}
    if counts.withdrawal and not counts.approvals and states <= {Status.WITHDRAWN}:
        message = (
            f"{topic} in {lang} was withdrawn on {counts.withdrawal.on} already: {counts.withdrawal.reason}"
        )
        mend = "Nothing is to be done: no build makes it."
        return [Finding(file, counts.withdrawal.line, "withdrawn", message, mend)]
    if not (now or counts.approvals or counts.withdrawal):
        message, mend = (
            f"there is no {topic} in {lang} to withdraw",
            "See what there is with: careleaf status",
        )
        return [Finding(file, 0, "withdrawn", message, mend)]
    return []


def _codes(library: Library, topic: str, lang: str, now: Iterable[str]) -> list[str]:
    """List the codes of every text of a topic in a language that may be on paper, newest first."""
    trail = library.trails.get(topic)
    past = (
        [digest for event in trail.events if event.lang == lang for digest in event.digests] if trail else []
    )
    return [digest[:SHOWN] for digest in dict.fromkeys([*now, *reversed(past)])]


def _unsafe(topic: str, codes: dict[str, list[str]], removed: Iterable[str], out: Path) -> None:
    click.echo(f"Deleted from {out}/: {', '.join(removed) or 'nothing, none was there'}.")
    click.echo(
        "Unsafe wherever they are: on paper, in racks, in sent mail, and in other folders built from this library:"
    )
    for lang, each in codes.items():
        click.echo(
            f"  {topic} in {lang}: text {', '.join(each) or 'of any code'}, and any older code of this leaflet"
        )
    click.echo("For each other folder that you build into, run: careleaf build --out DIR")


@click.command()
@click.option(
    "--within", type=Within(), default="90d", show_default=True, help="How far to look: 90d, 12w, 3m."
)
@root_option
@json_option
def expiring(*, within: int, root: Path | None, as_json: bool) -> None:
    """List which approvals, reviews and contact details run out soon, or have.

    \b
    careleaf expiring --within 90d
    """
    library = loaded(root)
    last = today() + timedelta(days=within)
    rows = sorted((row for row in _dues(library) if row.day <= last), key=lambda row: row.day)
    if as_json:
        print_json([asdict(row) | {"day": str(row.day)} for row in rows])
        return
    for row in rows:
        click.echo(f"{row.day}  {row.what:<16} {row.about}{'  OVERDUE' if row.day < today() else ''}")
    click.echo(f"{len(rows)} due until {last}." if rows else f"Nothing is due until {last}.")


@dataclass(frozen=True, slots=True)
class Due:
    """Something that holds only until a day (included)."""

    day: date
    what: str
    about: str


def _dues(library: Library) -> Iterator[Due]:
    for topic in library.topics.values():
        yield Due(topic.review, "review", topic.name)
        for lang in library.locales:
            yield from _ends(library, topic, lang)
    for clinic in library.clinics.values():
        yield Due(clinic.confirmed + GOOD_FOR, "contact details", clinic.name)


def _ends(library: Library, topic: Topic, lang: str) -> Iterator[Due]:
    """Give the last day of each role's approval of today's words."""
    now: dict[str, Reading] = readings(library, topic, lang)
    ends: dict[Role, tuple[date, str]] = {}
    for approval in standing(library, topic.name, lang).approvals:
        if now.keys() & set(approval.digests):
            ends[approval.role] = max(
                (approval.until, approval.name), ends.get(approval.role, (approval.until, ""))
            )
    for role, (day, name) in ends.items():
        yield Due(day, "approval", f"{topic.name} in {lang} ({role}: {name})")


@click.command("evidence")
@root_option
def evidence_(*, root: Path | None) -> None:
    """Print every statement with its sources and their grades, as Markdown.

    \b
    careleaf evidence > docs/evidence.md
    """
    click.echo(evidence(loaded(root)), nl=False)
