"""The commands for translators and those who send words to them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import click
from rich.table import Table

from careleaf import record
from careleaf.catalogs import write as write_po
from careleaf.check import judge
from careleaf.cli.shell import (
    json_option,
    leave,
    loaded,
    one_of,
    own_root,
    print_findings,
    print_json,
    print_table,
    root_option,
    today,
    write_page,
)
from careleaf.difference import difference, marked
from careleaf.findings import Finding, Severity
from careleaf.load import home, load
from careleaf.model import Library, Provenance, Waiver
from careleaf.publish import PublishError
from careleaf.render import RenderError
from careleaf.translate.exchange import EXCHANGES
from careleaf.translate.intake import Refused, back, delivery, intake
from careleaf.translate.keep import save, save_back, save_waivers
from careleaf.translate.package import backward, package, rows
from careleaf.translate.progress import progress
from careleaf.translate.sync import Synced, synced
from careleaf.translate.tasks import names, targets
from careleaf.words import source_locale


class Person(click.ParamType[str]):
    """A person's name: one line, with a letter in it."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Give the name without spaces around it."""
        if not any(map(str.isalnum, value)) or set(value) & set("\n\r<>"):
            self.fail("write a person's name, on one line, without < and >", param, ctx)
        return value.strip()


by_option = click.option("--by", type=Person(), required=True, help="Who made or changed the words.")
file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def translate() -> None:
    """Send texts to translators, take their words in, and see where each language stands.

    \b
    careleaf translate status
    careleaf translate export fr after-laser --format csv
    careleaf translate import after-laser.fr.csv --by "NAME" --provenance human
    """


def _chosen(library: Library, langs: Iterable[str], topics: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield language and catalog of what was asked for; all of it if nothing was."""
    langs, topics = tuple(langs), tuple(topics)
    one_of("--lang", langs, targets(library))
    one_of("--topic", topics, names(library))
    for lang in langs or targets(library):
        for name in topics or names(library):
            yield lang, name


langs_option = click.option("--lang", "langs", multiple=True, help="Only this language; may be given again.")
topics_option = click.option(
    "--topic", "topics", multiple=True, help="Only this topic, or ui; may be given again."
)


@translate.command()
@langs_option
@topics_option
@root_option
@json_option
def sync(*, langs: tuple[str, ...], topics: tuple[str, ...], root: Path | None, as_json: bool) -> None:
    """Bring the catalogs up to date with the English; nothing is lost.

    New texts get an empty entry, or the words that the language has for the very same English. Where the
    English changed, the words stay, marked fuzzy, with the English that they were made from. Words of texts
    that are gone move to locales/LANG/memory.po. Safe to repeat.

    \b
    careleaf translate sync
    careleaf translate sync --lang fr --topic after-laser
    """
    root = own_root(root)
    library = loaded(root)
    done: list[tuple[str, str, Synced, bool]] = []
    with _writing(root):
        for lang, name in _chosen(library, langs, topics):
            result = synced(library, name, lang)
            done.append((lang, name, result, save(root, library, lang, result)))
            library = _after(library, lang, name, result)
    if as_json:
        print_json(
            [_counts(lang, name, result) | {"written": written} for lang, name, result, written in done]
        )
        return
    for lang, name, result, written in done:
        told = ", ".join(f"{len(ids)} {kind}" for kind, ids in _kinds(result).items() if ids)
        click.echo(f"{lang} {name}: {told}{'' if written else ' (as it was)'}")


def _after(library: Library, lang: str, name: str, result: Synced) -> Library:
    """Give the library as it is now: what was retired is remembered, and notes use today's words."""
    memory = dict(library.memory) | {lang: (*library.memory.get(lang, ()), *result.retired)}
    return replace(library, memory=memory, catalogs=dict(library.catalogs) | {(lang, name): result.catalog})


def _kinds(result: Synced) -> dict[str, tuple[str, ...]]:
    return {
        "unchanged": result.unchanged,
        "new": result.new,
        "stale": result.stale,
        "from memory": result.remembered,
        "retired": tuple(row.unit for row in result.retired),
    }


def _counts(lang: str, name: str, result: Synced) -> dict[str, object]:
    return {"lang": lang, "topic": name} | {kind: list(ids) for kind, ids in _kinds(result).items()}


@translate.command()
@click.argument("topic")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=None,
              help="Where the template goes (default: TOPIC.pot in this folder).")  # fmt: skip
@root_option
def extract(*, topic: str, output: Path | None, root: Path | None) -> None:
    """Write the English of a topic, or of ui, as a PO template (POT) for tools that want one.

    \b
    careleaf translate extract after-laser
    """
    library = loaded(root)
    one_of("TOPIC", [topic], names(library))
    # A template is of no language: the notes say values in English.
    result = synced(replace(library, catalogs={}, memory={}), topic, source_locale(library))
    header = {
        key: value for key, value in result.catalog.header.items() if key not in {"Language", "Plural-Forms"}
    }
    file = output or Path(f"{topic}.pot")
    write_page(file, write_po(replace(result.catalog, header=header), result.notes))
    click.echo(f"{file}: {len(result.catalog.entries)} texts.")


@translate.command()
@langs_option
@root_option
@json_option
def status(*, langs: tuple[str, ...], root: Path | None, as_json: bool) -> None:
    """Show how far each translation is, who made it, and whom it waits for.

    Words: English words that wait for a translator. Back: critical texts (danger signs, what not to do) that
    were translated back.

    \b
    careleaf translate status --lang fr
    """
    library = loaded(root)
    one_of("--lang", langs, targets(library))
    found = progress(library, langs)
    if as_json:
        print_json([asdict(each) | {"waits_for": each.waits_for} for each in found])
        return
    table = Table(
        "lang", "topic", "done", "stale", "open", "words", "by", "back", "waits for", box=None, pad_edge=False
    )
    for each in found:
        makers = ", ".join(f"{count} {maker}" for maker, count in each.by.items())
        numbers = (f"{each.done}/{each.total}", *map(str, (each.stale, each.open, each.words)))
        table.add_row(each.lang, each.name, *numbers, makers, f"{each.back}/{each.critical}", each.waits_for)
    print_table(table)


@translate.command()
@click.argument("lang")
@click.argument("topic")
@click.option("--format", "form", type=click.Choice(list(EXCHANGES)), default="po", show_default=True,
              help="For a PO editor, an agency's tool, or a spreadsheet.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="All texts, to be revised; not only those that wait.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=None,
              help="Where the package goes (default: TOPIC.LANG.zip in this folder).")  # fmt: skip
@root_option
def export(  # noqa: PLR0913 # one for each option
    *, lang: str, topic: str, form: str, everything: bool, output: Path | None, root: Path | None
) -> None:
    """Pack what a translator needs into a zip: texts, the English leaflet, glossary, brief.

    One PDF is as patients get it, one has the id of each text above it.

    \b
    careleaf translate export fr after-laser
    careleaf translate export fr after-laser --format csv --all
    """
    library = loaded(root)
    _known(library, lang, topic)
    chosen = rows(library, topic, lang, everything=everything)
    if not chosen:
        click.echo(f"Nothing of {topic} waits for a translator into {lang}. To have it revised: --all")
        return
    try:
        packed = package(library, topic, lang, form, chosen, today())
    except RenderError as error:
        print_findings([error.finding])
        leave(ok=False)
        return
    file = output or Path(f"{topic}.{lang}.zip")
    write_page(file, packed)
    click.echo(f"{file}: {len(chosen)} texts, to be sent to the translator as it is.")


@translate.command("import")
@file_argument
@by_option
@click.option("--provenance", type=click.Choice([each.value for each in Provenance]), required=True,
              help="Whether a person, a machine or a translation memory made the words.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@root_option
@json_option
def import_(  # noqa: PLR0913 # one for each option
    *, file: Path, by: str, provenance: str, dry_run: bool, root: Path | None, as_json: bool
) -> None:
    """Take a translator's file in: PO, XLIFF or CSV, or a zip with one of them inside.

    Its name says what it is of: TOPIC.LANG.po. Shows each text that changes, word by word. Any error, and
    nothing is written.

    \b
    careleaf translate import after-laser.fr.zip --by "NAME" --provenance human
    """
    root = own_root(root)
    with _writing(root):
        library = loaded(root)
        try:
            sent = delivery(library, str(file), _content(file))
        except Refused as error:
            _refused(error.findings, as_json=as_json)
            return
        found = intake(library, sent, by, Provenance(provenance), today())
        writes = found.ok and not dry_run
        written = writes and save(root, library, sent.lang, found.result)
    if as_json:
        changes = [asdict(change) for change in found.changes]
        print_json(
            {"written": written, "changes": changes, "findings": [asdict(each) for each in found.findings]}
        )
    else:
        for change in found.changes:
            click.echo(f"{change.id}: {marked(difference(change.old, change.new))}")
        print_findings(sorted(found.findings))
        click.echo(_outcome(len(found.changes), sent.name, sent.lang, ok=found.ok, dry_run=dry_run))
        if found.ok and found.marked:
            message = f"{found.marked} are marked {provenance}: as if their maker had read every one of them."
            click.echo(message, err=True)
    leave(ok=found.ok)


def _outcome(changes: int, name: str, lang: str, *, ok: bool, dry_run: bool) -> str:
    if not ok:
        return "Nothing was written."
    return f"{changes} texts of {name} in {lang} {'would change' if dry_run else 'changed'}."


def _refused(findings: Iterable[Finding], *, as_json: bool) -> None:
    if as_json:
        print_json({"written": False, "changes": [], "findings": [asdict(each) for each in findings]})
    else:
        print_findings(findings)
        click.echo("Nothing was written.")
    leave(ok=False)


@translate.command("check")
@click.argument("langs", nargs=-1)
@topics_option
@root_option
@json_option
def check_(*, langs: tuple[str, ...], topics: tuple[str, ...], root: Path | None, as_json: bool) -> None:
    """Compare translations with their English: numbers, units, denials, terms, letters, Facts.

    \b
    careleaf translate check
    careleaf translate check ar --topic after-laser
    """
    library, findings = load(root or home())
    if sum(locale.source for locale in library.locales.values()) == 1:
        asked = list(
            dict.fromkeys((lang, name if topics else None) for lang, name in _chosen(library, langs, topics))
        )
        findings = [each for each in findings if any(_concerns(each, lang, name) for lang, name in asked)]
        findings += [finding for lang, name in asked for finding in judge(library, lang, name)]
    findings = sorted(set(findings))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_findings(findings)
        counts = Counter(finding.severity for finding in findings)
        errors, held, warnings, _ = (counts[each] for each in Severity)
        click.echo(f"Errors: {errors}. Texts not current: {held}. Warnings: {warnings}.")
    leave(ok=not any(finding.severity in {Severity.ERROR, Severity.HELD} for finding in findings))


def _concerns(finding: Finding, lang: str, name: str | None) -> bool:
    """Say whether a fault of a file is one of these catalogs', or of what all languages rest on."""
    ours = f"locales/{lang}/LC_MESSAGES/{name}.po" if name else f"locales/{lang}/"
    return finding.file.startswith(ours) or not finding.file.startswith("locales/")


@translate.command()
@click.argument("lang")
@click.argument("topic")
@click.argument("unit")
@click.option("--rule", required=True, help="The rule, as the finding names it.")
@by_option
@click.option("--why", required=True, help="Why the words are right as they stand.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
              help="For the words of this file, not yet imported.")  # fmt: skip
@root_option
def waive(  # noqa: PLR0913 # one for each option
    *, lang: str, topic: str, unit: str, rule: str, by: str, why: str, file: Path | None, root: Path | None
) -> None:
    """Say that a rule misjudges a text, by name and for just these words.

    \b
    careleaf translate waive fr after-laser healing/dry --rule negation --by "NAME" \\
        --why "said as: keep it dry"
    """
    root = own_root(root)
    with _writing(root):
        library = loaded(root)
        _known(library, lang, topic)
        catalog = library.catalogs.get((lang, topic))
        if file:
            try:
                sent = delivery(library, str(file), _content(file))
            except Refused as error:
                _refused(error.findings, as_json=False)
                return
            one_of("--file", [f"{sent.name}.{sent.lang}"], [f"{topic}.{lang}"])
            catalog = intake(library, sent, by, Provenance.HUMAN, today()).result.catalog
        one_of("UNIT", [unit], catalog.entries if catalog else ())
        assert catalog is not None  # noqa: S101 # one_of has just seen it
        fields = {"topic": topic, "unit": unit, "rule": rule, "digest": catalog.entries[unit].digest}
        try:
            waiver = Waiver.model_validate(fields | {"by": by, "on": today(), "why": why})
        except ValueError as error:
            raise click.UsageError(
                "--rule, --by and --why: name the rule, who says so, and why, in short."
            ) from error
        old = library.waivers[lang].waivers if lang in library.waivers else ()
        key = (waiver.topic, waiver.unit, waiver.rule, waiver.digest)
        kept = (each for each in old if (each.topic, each.unit, each.rule, each.digest) != key)
        written = save_waivers(root, lang, (*kept, waiver))
    click.echo(
        f"{rule} is waived for {topic} {unit} in {lang}, as long as its words stay. Recorded in {written}."
    )


@translate.command("back-export")
@click.argument("lang")
@click.argument("topic")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=None,
              help="Where the file goes (default: TOPIC.LANG.back.po in this folder).")  # fmt: skip
@root_option
def back_export(*, lang: str, topic: str, output: Path | None, root: Path | None) -> None:
    """Write the critical texts in the language alone, for someone who has not seen the English.

    They write in English what they read: danger signs, and what must not be done.

    \b
    careleaf translate back-export fr after-laser
    """
    library = loaded(root)
    _known(library, lang, topic)
    file = output or Path(f"{topic}.{lang}.back.po")
    write_page(file, backward(library, topic, lang))
    click.echo(f"{file}: to be sent to someone who does not know the English leaflet.")


@translate.command("back-import")
@file_argument
@by_option
@root_option
def back_import(*, file: Path, by: str, root: Path | None) -> None:
    """Take back-translations in, and compare them with the English.

    \b
    careleaf translate back-import after-laser.fr.back.po --by "NAME"
    """
    root = own_root(root)
    with _writing(root):
        library = loaded(root)
        try:
            sent = delivery(library, str(file), _content(file))
        except Refused as error:
            _refused(error.findings, as_json=False)
            return
        catalog, findings = back(library, sent, by, today())
        if findings:
            _refused(findings, as_json=False)
            return
        save_back(root, catalog)
    click.echo(f"{catalog.file}: {len(catalog.entries)} texts.")
    told = [each for each in judge_back(root, sent.lang, sent.name) if each.file == catalog.file]
    print_findings(told)
    leave(ok=not any(finding.severity is Severity.ERROR for finding in told))


def judge_back(root: Path, lang: str, name: str) -> list[Finding]:
    """Judge a catalog's back-translation as it now stands."""
    return judge(loaded(root), lang, name)


def _known(library: Library, lang: str, topic: str) -> None:
    one_of("LANG", [lang], targets(library))
    one_of("TOPIC", [topic], names(library))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    """Hold the library while catalogs are read and written, and say in one line why they cannot be."""
    try:
        with record.held(root):
            yield
    except PublishError as error:
        raise click.ClickException(f"{error}.") from error
