"""The commands that start something of one's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from careleaf.cli.shell import loaded, own_root, root_option, today
from careleaf.load import shipped
from careleaf.new import Taken, new_clinic, new_language, new_library, new_topic
from careleaf.publish import PublishError
from careleaf.translate.keep import save
from careleaf.translate.sync import synced
from careleaf.translate.tasks import names
from careleaf.words import source_locale

KINDS = ("aftercare", "prevention", "reassurance", "information")


@click.group()
def new() -> None:
    """Start something of your own."""


@new.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def library(folder: Path) -> None:
    """Copy the library that came with careleaf, for a clinic to own.

    \b
    careleaf new library my-clinic
    careleaf build --root my-clinic --out my-clinic/out
    """
    with _refusals(folder):
        new_library(shipped(), folder)
    click.echo(f"{folder} is yours. Change {folder}/content/clinics/, then build it:")
    click.echo(f"careleaf build --root {folder} --out {folder}/out")


@new.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="What the leaflet is for.")
@root_option
def topic(*, name: str, kind: str, root: Path | None) -> None:
    """Write the skeleton of a topic, with comments that say what goes where.

    \b
    careleaf new topic after-biopsy --kind aftercare
    careleaf new topic cradle-cap --kind reassurance --root my-clinic
    """
    chosen = own_root(root)
    with _refusals(chosen):
        file = new_topic(chosen, name, kind, today())
    _started(file)


@new.command()
@click.argument("name")
@root_option
def clinic(*, name: str, root: Path | None) -> None:
    """Write the skeleton of a clinic, with comments that say what goes where.

    \b
    careleaf new clinic harbour
    """
    chosen = own_root(root)
    with _refusals(chosen):
        file = new_clinic(chosen, name)
    _started(file)


@new.command()
@click.argument("tag")
@click.option(
    "--cldr", default=None, help="The nearest language that CLDR knows, where it does not know TAG."
)
@root_option
def language(*, tag: str, cldr: str | None, root: Path | None) -> None:
    """Write the folder of a language: its profile from CLDR, and every text to be translated, in order.

    \b
    careleaf new language vi
    careleaf new language prs --cldr fa-AF
    """
    chosen = own_root(root)
    before = loaded(chosen)
    with _refusals(chosen):
        try:
            files = new_language(chosen, tag, cldr or tag, before.locales[source_locale(before)])
        except LookupError as error:
            message = f"CLDR does not know {cldr or tag}. Name its nearest relative with --cldr."
            raise click.UsageError(message) from error
        found = loaded(chosen)
        try:
            for name in names(found):
                save(chosen, found, tag, synced(found, name, tag))
        except PublishError as error:
            rest = f"careleaf translate sync --lang {tag}"
            raise click.ClickException(
                f"{error}. When that is mended, write the rest with: {rest}"
            ) from error
    click.echo(f"{files[0].parent} is there. Confirm what {files[0]} marks, then send the texts out:")
    click.echo(f"careleaf translate export {tag} ui")


def _started(file: Path) -> None:
    click.echo(f"{file} is there. Fill it in; this tells what is left to do: careleaf check")


@contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    try:
        yield
    except Taken as error:
        raise click.UsageError(f"{error}.") from error
    except OSError as error:
        raise click.ClickException(
            f"{error.filename or folder} cannot be written: {error.strerror}."
        ) from error
