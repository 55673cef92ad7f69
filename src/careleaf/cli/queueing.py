"""The commands that put sheets and corrections into the outbox. Nothing that they print names a patient."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import click

from careleaf import addresses, batch, cells, lists, personal, private
from careleaf.cells import CellError
from careleaf.cli.discreet import (
    ALONE,
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
    need_options,
    of_patient,
    outbox_option,
    quiet,
    read_list,
    refuse_day,
    told,
    told_outbox,
    untitled,
)
from careleaf.cli.shell import (
    FINDINGS,
    checked,
    json_option,
    leave,
    one_of,
    print_findings,
    print_json,
    progress,
    root_option,
    today,
    write_page,
)
from careleaf.findings import Finding, Severity
from careleaf.mail import intake, outbox
from careleaf.mail import preview as previewing
from careleaf.mail.intake import Held, Post, Recall
from careleaf.mail.parcel import WAITING, Entry, Parcel, State
from careleaf.model import Clinic, Mailing, Recipient
from careleaf.render import RenderError
from careleaf.render import page as staff_page

SEND: Final = "Send with: careleaf mail send --once."
PAGE: Final = "page"
"""The rule of a page of a trial that is still there."""

make_option = click.option("--make", is_flag=True, help="Do it. Without it, you are told what would be done.")
lock_option = click.option("--lock", is_flag=True, help="PDFs that only a password opens.")
calendar_option = click.option("--no-calendar", is_flag=True, help="Without the days as a calendar file.")


class Address(click.ParamType[str]):
    """One address; - stands for asking for it. A wrong one is not quoted."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401 # as click has it
        """Read it."""
        try:
            return "-" if value == "-" else addresses.read(str(value))
        except CellError as error:
            self.fail(f"{error.message}. {error.mend}", param, ctx)


@dataclass(slots=True)
class _Plan:
    """What is to be queued, and what is told of the rows. The counts grow as it is done."""

    post: Post
    box: outbox.Outbox | None = field(repr=False)
    wanted: list[batch.Wanted] = field(repr=False)
    held: list[Held] = field(repr=False)
    findings: list[Finding]
    there: dict[int, State] = field(default_factory=dict)
    """Rows that are in the outbox already."""
    queued: int = 0
    already: int = 0

    @property
    def new(self) -> list[batch.Wanted]:
        """Those that are not in the outbox yet."""
        return [one for one in self.wanted if one.recipient.row not in self.there]

    @property
    def rows_held(self) -> int:
        """How many rows get nothing."""
        held = (each for each in self.findings if each.severity is Severity.HELD and each.rule != PAGE)
        return len({each.line for each in held})


@click.command()
@list_argument
@make_option
@encoding_option
@accept_option
@lock_option
@calendar_option
@jobs_option
@outbox_option
@clinic_option
@library_out_option
@root_option
@json_option
@quiet
def queue(  # noqa: PLR0913 # one for each option
    *,
    file: Path,
    make: bool,
    encoding: str | None,
    accepted: tuple[str, ...],
    lock: bool,
    no_calendar: bool,
    jobs: int,
    where: Path,
    clinic_name: str | None,
    out: Path,
    root: Path | None,
    as_json: bool,
) -> None:
    """Put the sheets of a whole list into the outbox. First without --make: that writes a page to read.

    Everything wrong in the list is told at once, and then nothing is queued. A row without a recorded
    consent, or whose language has no approved text, is held, and the others are queued: all or none.
    Queueing a list again sends nothing twice.

    \b
    careleaf mail queue list.csv
    careleaf mail queue list.csv --make
    careleaf mail send --once
    """
    untitled("mail queue")
    library = checked(root, out)
    clinic = clinic_of(library, clinic_name)
    mailing = _mailing(clinic)
    channel = lists.LOCKED if lock else lists.MAIL
    read = read_list(library, clinic, file, encoding, as_json=as_json, channel=channel)
    library = gathered(library, clinic, read.recipients, accepted, file.name)
    terms = batch.Terms(clinic, day_at(clinic), file.name)
    post = Post(library, terms, mailing, calendar=not no_calendar, locked=lock)
    with _opened(where, make=make) as box:
        plan = _plan(post, box, read.recipients, (*about(clinic), *read.findings))
        if make:
            _fill(plan, jobs)
            _clear(plan, file)
        else:
            with told():
                page = private.page_beside_list(file, _trial(plan, str(read.understood)))
            click.echo(f"Read {page} first.", err=as_json)
    _report(plan, f"{read.understood}.", make=make, as_json=as_json)


@click.command("queue-one")
@click.argument("topics", nargs=-1, required=True)
@click.option("--lang", required=True, help="The reader's language, such as ar.")
@click.option("--treated-on", type=Day(), required=True, help="The day of the treatment.")
@click.option(
    "--to",
    "address",
    type=Address(),
    required=True,
    metavar="ADDRESS|-",
    help="Where it goes; - asks for it, so that no list of programs shows it.",
)
@click.option(
    "--consented-on", type=Day(), required=True, help="The day on which the patient agreed to mail."
)
@click.option("--record", type=Text(), default="", help="The patient's number in your records.")
@click.option("--name", type=Text(), default="", help="The patient's name; - asks for it.")
@of_patient
@make_option
@accept_option
@lock_option
@calendar_option
@outbox_option
@clinic_option
@library_out_option
@root_option
@json_option
@quiet
def queue_one(  # noqa: PLR0913 # one for each option
    *,
    topics: tuple[str, ...],
    lang: str,
    treated_on: date,
    address: str,
    consented_on: date,
    record: str,
    name: str,
    site: str,
    clinician: str,
    large_print: bool,
    bilingual: bool,
    make: bool,
    accepted: tuple[str, ...],
    lock: bool,
    no_calendar: bool,
    where: Path,
    clinic_name: str | None,
    out: Path,
    root: Path | None,
    as_json: bool,
) -> None:
    """Put one patient's sheet into the outbox. With --lock, you are asked for the password of the PDF.

    Add --make once it says what you want.

    \b
    careleaf mail queue-one after-laser --lang ar --treated-on 2026-11-24 --to - --consented-on 2026-11-24
    """
    need = need_of(large_print=large_print, bilingual=bilingual)
    untitled("mail queue-one")
    library = checked(root, out)
    clinic = clinic_of(library, clinic_name)
    mailing = _mailing(clinic)
    if any("@" in each for each in (*topics, lang)):
        raise click.UsageError("The address stands behind --to.")
    one_of("TOPICS", topics, library.topics)
    one_of("--lang", [lang], library.locales)
    refuse_day(clinic, treated_on)
    if consented_on > day_at(clinic):
        raise click.BadParameter(f"{consented_on} is a day to come.", param_hint="--consented-on")
    one = Recipient(
        row=0,
        topics=tuple(dict.fromkeys(topics)),
        lang=lang,
        treated_on=treated_on,
        name=_asked("Name", Text()) if name == "-" else name,
        site=site,
        clinician=clinician,
        need=need,
        email=_asked("Address", Address()) if address == "-" else address,
        consented_on=consented_on,
        record=record,
        password=_asked("Password of the PDF", Password(), hidden=True) if lock and make else "",
    )
    library = gathered(library, clinic, [one], accepted, ALONE)
    terms = batch.Terms(clinic, day_at(clinic), ALONE)
    post = Post(library, terms, mailing, calendar=not no_calendar, locked=lock)
    with _opened(where, make=make) as box:
        plan = _plan(post, box, [one], (*about(clinic), *_slip(one)))
        if make:
            _fill(plan, 1)
    _report(plan, "", make=make, as_json=as_json)


class Password(click.ParamType[str]):
    """What opens a PDF. A wrong one is not quoted."""

    name = "password"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401 # as click has it
        """Read it."""
        try:
            return cells.password(str(value))
        except CellError as error:
            self.fail(f"{error.message}. {error.mend}", param, ctx)


def _asked(what: str, kind: click.ParamType[str], *, hidden: bool = False) -> str:
    """Ask for what no list of programs is to show."""

    def read(given: str) -> str:
        said = kind.convert(given, None, None)
        if said == "-":
            raise click.UsageError("- is no answer.")
        return said

    return str(click.prompt(what, value_proc=read, err=True, hide_input=hidden, confirmation_prompt=hidden))


def _slip(one: Recipient) -> Iterator[Finding]:
    if near := addresses.suspect(one.email):
        message = f"the address ends in {one.email.rpartition('@')[2]}, which is almost {near}"
        mend = "Ask the patient if it is right: a slip may bring the sheet to a stranger."
        yield Finding(ALONE, 0, "email", message, mend, Severity.WARNING)


@click.command()
@list_argument
@click.option("--topic", required=True, help="The topic of which a text was withdrawn.")
@click.option("--lang", default=None, help="Only what was sent in this language.")
@make_option
@encoding_option
@outbox_option
@clinic_option
@library_out_option
@root_option
@json_option
@quiet
def correct(  # noqa: PLR0913 # one for each option
    *,
    file: Path,
    topic: str,
    lang: str | None,
    make: bool,
    encoding: str | None,
    where: Path,
    clinic_name: str | None,
    out: Path,
    root: Path | None,
    as_json: bool,
) -> None:
    """Queue a correction for everybody who was sent a text that is now withdrawn.

    The outbox keeps no address: give the list again with which the sheets were queued.

    \b
    careleaf mail correct list.csv --topic after-laser
    careleaf mail correct list.csv --topic after-laser --make
    """
    untitled("mail correct")
    library = checked(root, out)
    one_of("--topic", [topic], library.topics)
    one_of("--lang", [lang] if lang else [], library.locales)
    clinic = clinic_of(library, clinic_name)
    mailing = _mailing(clinic)
    read = read_list(library, clinic, file, encoding, as_json=as_json, channel=lists.CORRECTING)
    if not where.exists():
        raise click.ClickException(f"{where} is not there: nothing was sent from it. Name it with --outbox.")
    recall = Recall(library, batch.Terms(clinic, today(), file.name), topic)
    if not any(lang in {None, each} for each in recall.langs()):
        said = f"{topic} in {lang}" if lang else topic
        mend = f"first run careleaf withdraw {topic} --reason TEXT"
        raise click.ClickException(f"no text of {said} was withdrawn: {mend}.")
    with _opened(where, make=True) as box:
        if box is None:
            return
        calling = _Calling(recall, box, mailing, lang, make=make)
        calling.call(read.recipients)
    calling.report(as_json=as_json)


@dataclass(slots=True)
class _Calling:
    """Corrections on their way into the outbox."""

    recall: Recall
    box: outbox.Outbox = field(repr=False)
    mailing: Mailing = field(repr=False)
    lang: str | None
    make: bool
    findings: list[Finding] = field(default_factory=list)
    found: set[int] = field(default_factory=set)
    """The messages of which the list says where they went."""
    missed: int = 0
    queued: int = 0
    already: int = 0

    def call(self, recipients: Sequence[Recipient]) -> None:
        """Queue a correction for each address that had the text, all or none."""
        with told_outbox(), _told_template():
            ours = filter(self.recall.concerns, self.box.sent_of(self.recall.topic, self._langs()))
            went = {entry.id for entry in ours if entry.clinic == self.recall.terms.clinic.name}
            parcels = intake.corrections(self.recall, recipients, self._sent, self.findings.append)
            if self.make:
                put = self.box.put(parcels, timedelta(hours=self.mailing.valid_hours))
                self.queued, self.already = put.queued, put.already
                self._held_there(put.held)
            else:
                states = [self.box.known(each) for each in parcels if not each.held]
                self.already = sum(state is not None for state in states)
                self.queued = len(states) - self.already
        self.missed = len(went - self.found)

    def _langs(self) -> tuple[str, ...]:
        return (self.lang,) if self.lang else self.recall.langs()

    def _sent(self, address: str) -> Sequence[Entry]:
        clinic = self.recall.terms.clinic.name
        entries = self.box.was_sent(clinic, address, self.recall.topic, self._langs())
        self.found |= {entry.id for entry in entries}
        return entries

    def _held_there(self, held: int) -> None:
        """Tell of rows that the outbox holds for a reason of its own: the addresses are given up."""
        told = sum(each.severity is Severity.HELD for each in self.findings)
        if (more := held - told) > 0:
            message = f"{more} corrections go to addresses that get nothing any more"
            mend = "Call these patients: careleaf mail status shows the rows."
            finding = Finding(self.recall.terms.file, 0, "suppressed", message, mend, Severity.HELD)
            self.findings.append(finding)

    def report(self, *, as_json: bool) -> None:
        """Print what was done, or would be."""
        if self.missed:
            message = f"{self.missed} messages with a withdrawn text went to addresses that this list lacks"
            mend = "Run this with the other lists too, or call these patients: see careleaf mail receipts."
            finding = Finding(self.recall.terms.file, 0, "missed", message, mend, Severity.HELD)
            self.findings.append(finding)
        held = len({each.line for each in self.findings if each.severity is Severity.HELD and each.line})
        done = _Done("corrections", self.queued, self.already, held, tuple(self.findings))
        done.tell("", make=self.make, as_json=as_json)


@click.command()
@click.argument("topics", nargs=-1, required=True)
@click.option("--lang", required=True, help="The reader's language, such as ar.")
@need_options
@accept_option
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder to write it to.",
)
@clinic_option
@library_out_option
@root_option
@quiet
def preview(  # noqa: PLR0913 # one for each option
    *,
    topics: tuple[str, ...],
    lang: str,
    large_print: bool,
    bilingual: bool,
    accepted: tuple[str, ...],
    folder: Path,
    clinic_name: str | None,
    out: Path,
    root: Path | None,
) -> None:
    """Write the email that a patient treated today would get: message.eml, .html, .txt and .png.

    It is about nobody, goes to nobody, and may be a draft: then it says so.

    \b
    careleaf mail preview after-laser --lang ar -o preview
    """
    need = need_of(large_print=large_print, bilingual=bilingual)
    library = checked(root, out)
    clinic = clinic_of(library, clinic_name)
    _mailing(clinic)
    one_of("TOPICS", topics, library.topics)
    one_of("--lang", [lang], library.locales)
    distinct = tuple(dict.fromkeys(topics))
    day = day_at(clinic)
    library = gathered(library, clinic, [Recipient(0, distinct, lang, day)], accepted, "preview")
    try:
        with _told_template():
            made = previewing.preview(library, batch.Terms(clinic, day, "preview"), distinct, lang, day, need)
    except previewing.PreviewError as error:
        print_findings(error.findings)
        raise SystemExit(FINDINGS) from error
    parts: dict[str, bytes | str] = {"eml": made.eml, "html": made.html, "txt": made.text, "png": made.png}
    for suffix, content in parts.items():
        write_page(folder / f"message.{suffix}", content)
        click.echo(f"{folder}/message.{suffix}")


# --- What the commands share -----------------------------------------------------------------------


def _mailing(clinic: Clinic) -> Mailing:
    """Give how the clinic sends mail; if it does not say so, that is told, and the run ends."""
    if clinic.mail is None:
        print_findings([intake.silent(clinic)])
        raise SystemExit(FINDINGS)
    return clinic.mail


@contextmanager
def _told_template() -> Iterator[None]:
    """Tell of a template that cannot be filled in."""
    try:
        yield
    except RenderError as error:
        print_findings([error.finding])
        leave(ok=False)


@contextmanager
def _opened(where: Path, *, make: bool) -> Iterator[outbox.Outbox | None]:
    """Open the outbox. For a trial, one that is not there is not made."""
    with told_outbox(), outbox.opened(where) if make or where.exists() else nullcontext() as box:
        yield box


def _plan(
    post: Post, box: outbox.Outbox | None, recipients: Iterable[Recipient], findings: Iterable[Finding]
) -> _Plan:
    """Decide what is queued, and say of each row that is not why."""
    told = list(findings)
    doubles = {each.line for each in told if each.severity is Severity.HELD}
    given_up = box.suppressed if box else _nobody
    apart = [one for one in recipients if one.row not in doubles]
    may, held = intake.consenting(post.terms, post.mailing, apart, given_up)
    wanted, more = intake.chosen(post.library, post.terms, may)
    held += more
    plan = _Plan(post, box, wanted, held, [*told, *(finding for _, finding in held)])
    for one in (*(each.recipient for each in wanted), *(one for one, _ in held)):
        if box and one.email and (state := box.known(post.addressed(one))):
            plan.there[one.row] = state
    plan.findings += (_on_its_way(finding) for one, finding in held if plan.there.get(one.row) in WAITING)
    for each in plan.new:
        parcel = post.addressed(each.recipient)
        plan.findings += (_elsewhere(parcel, entry) for entry in (box.elsewhere(parcel) if box else ()))
    plan.findings += _forgotten(post, [each.recipient for each in plan.new])
    return plan


def _forgotten(post: Post, recipients: Iterable[Recipient]) -> Iterator[Finding]:
    """Warn of treatments of which the outbox may have forgotten that their sheets were sent."""
    kept = post.mailing.retention_days
    old = [one.row for one in recipients if (post.terms.today - one.treated_on).days > kept]
    if old:
        message = f"{len(old)} treatments were more than {kept} days ago: nothing is remembered for longer"
        mend = "If this list was sent before, those would get their sheet again: leave them out."
        yield Finding(post.terms.file, old[0], "forgotten", message, mend, Severity.WARNING)


def _elsewhere(parcel: Parcel, entry: Entry) -> Finding:
    """Tell that a sheet for the same person still waits for another address, which may have been a slip."""
    message = f"message {entry.id} still waits for the same patient and treatment, at another address"
    mend = f"If that address was wrong, give it up before it is sent: careleaf mail cancel {entry.id}"
    return Finding(parcel.source, parcel.row, "elsewhere", message, mend, Severity.WARNING)


def _on_its_way(finding: Finding) -> Finding:
    """Tell that a row is held of which a message was queued before: holding it does not stop that one."""
    message = "but what was queued for it before still waits, and would be sent"
    mend = "If it is not to go, give it up: careleaf mail status shows it, careleaf mail cancel stops it."
    return replace(finding, rule="waiting", message=message, mend=mend)


def _nobody(_: str) -> bool:
    return False


def _fill(plan: _Plan, jobs: int) -> None:
    """Make every sheet, and queue all of them or none."""
    if plan.box is None:
        return
    wanted = plan.new
    held = [each for each in plan.held if each[0].row not in plan.there]
    with progress("Queueing") as show:
        makers = batch.Makers(plan.post.library, jobs)
        found = intake.parcels(plan.post, makers, wanted, held, plan.findings.append)
        valid = timedelta(hours=plan.post.mailing.valid_hours)
        put = plan.box.put(_shown(found, len(wanted) + len(held), show), valid)
    plan.queued, plan.already = put.queued, put.already + len(plan.wanted) - len(wanted)


def _clear(plan: _Plan, file: Path) -> None:
    """Take away the page of the trial; if that fails, all is queued nevertheless, and it is told."""
    try:
        private.clear_beside(file)
    except private.PrivateError as error:
        mend = "Delete it by hand."
        plan.findings.append(Finding(file.name, 0, PAGE, f"{error}", mend, Severity.HELD))


def _shown(parcels: Iterable[Parcel], of: int, show: Callable[[int, int, str], None]) -> Iterator[Parcel]:
    for number, parcel in enumerate(parcels, start=1):
        show(number, of, "")
        yield parcel


def _trial(plan: _Plan, understood: str) -> bytes:
    """Give a page with what would be sent, for a person to read before it is."""
    library, clinic = plan.post.library, plan.post.terms.clinic
    rows = [
        {
            "recipient": one.recipient,
            "edition": one.edition,
            "closed": personal.closed(library.topics[one.edition.topic], clinic, one.recipient.treated_on),
            "state": plan.there.get(one.recipient.row, ""),
        }
        for one in plan.wanted
    ]
    counts = Counter((one.edition.topic, one.edition.lang, one.recipient.need) for one in plan.new)
    page = staff_page(
        "trial.html",
        rows=rows,
        number=len(plan.new),
        counts=counts,
        findings=sorted(plan.findings, key=lambda each: each.line),
        understood=understood,
        mail=True,
    )
    return page.encode()


def _report(plan: _Plan, before: str, *, make: bool, as_json: bool) -> None:
    new = len(plan.new)
    queued, already = (plan.queued, plan.already) if make else (new, len(plan.wanted) - new)
    done = _Done("sheets", queued, already, plan.rows_held, tuple(plan.findings))
    done.tell(before, make=make, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Done:
    """What was queued, or would be."""

    what: str
    queued: int
    already: int
    held: int
    findings: tuple[Finding, ...]

    def tell(self, before: str, *, make: bool, as_json: bool) -> None:
        """Print it, the rows in their order, and end with 1 if anything is to be mended."""
        findings = sorted(self.findings, key=lambda each: each.line)
        if as_json:
            counts = {"queued": self.queued, "already": self.already, "held": self.held}
            print_json(counts | {"findings": [asdict(each) for each in findings]})
        else:
            self._print(findings, before, make=make)
        leave(ok=all(each.severity is Severity.WARNING for each in self.findings))

    def _print(self, findings: Iterable[Finding], before: str, *, make: bool) -> None:
        if before:
            click.echo(before)
        print_findings(lists.told(findings))
        did = "queued" if make else "would be queued"
        click.echo(f"{self.queued} {self.what} {did}, {self.already} there already, {self.held} rows held.")
        if make and self.queued:
            click.echo(SEND)
        elif self.queued:
            click.echo("Nothing is queued yet: run this again with --make.")
