"""The commands. Exit codes: 0 done, 1 findings, 2 wrong usage."""

import click

from careleaf import __version__
from careleaf.cli import editing, mailing, patients, press, queueing, starting, translating


class DefaultGroup(click.Group):
    """A group whose command `build` may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `build` in front of its options; a first word that is no option must be a command."""
        own = {"--help", "-h", "--version"}
        bare = not args or (args[0].startswith("-") and args[0] not in own)
        return super().parse_args(ctx, ["build", *args] if bare else args)


@click.group(cls=DefaultGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="careleaf")
def main() -> None:
    """Print patient leaflets in the reader's own language.

    \b
    careleaf                          build every leaflet into out/
    careleaf --topic after-laser --lang ar --format handout
    careleaf sheet after-laser --lang ar --treated-on 2026-11-24 -o sheet.pdf
    careleaf merge list.csv --out sheets
    careleaf mail --help              send sheets by email: mail queue, then mail send
    careleaf check                    list everything that is wrong
    careleaf gallery                  look at every page at once
    careleaf status                   see which texts are drafts, stale or approved
    careleaf translate status         see how far each language is
    careleaf new library my-clinic    get a library of your own

    What a clinic changes is in the library: content/, locales/ and templates/.
    """


for command in (
    press.build,
    press.check,
    press.list_,
    press.status,
    patients.sheet,
    patients.merge,
    mailing.mail,
    press.verify,
    press.gallery_,
    press.doctor_,
    press.schema_,
    editing.review,
    editing.approve,
    editing.withdraw,
    editing.expiring,
    editing.evidence_,
    translating.translate,
    starting.new,
):
    main.add_command(command)
for command in (queueing.queue, queueing.queue_one, queueing.correct, queueing.preview):
    mailing.mail.add_command(command)
