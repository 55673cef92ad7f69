"""The commands that send what is in the outbox, and look after it. What they print names no patient."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from careleaf import addresses, approvals, private
from careleaf.cells import CellError
from careleaf.cli.discreet import (
    ALONE,
    Day,
    clinic_of,
    clinic_option,
    outbox_option,
    quiet,
    told_outbox,
    untitled,
)
from careleaf.cli.shell import json_option, leave, loaded, one_of, print_json, progress, root_option, today
from careleaf.findings import Severity
from careleaf.load import home, load
from careleaf.mail.outbox import Outbox, OutboxError, opened
from careleaf.mail.parcel import WAITING, Entry, Leased, Outcome, State, Words
from careleaf.mail.store import beside, is_cut_short
from careleaf.model import Library, Status

if TYPE_CHECKING:
    from careleaf.mail.bounces import Notice
    from careleaf.mail.sender import Ran, Told, View

LONGEST_LIST: Final = 50
"""Messages that `status` lists without --all."""
NONE_YET: Final = "nothing was ever queued there, or it is another file: choose it with --outbox"


@click.group()
def mail() -> None:
    """Send aftercare sheets by email, and see what became of each.

    \b
    careleaf mail queue list.csv          read a list, and say what would be queued
    careleaf mail queue list.csv --make   put its sheets into the outbox
    careleaf mail send                    send what is due
    careleaf mail status                  see where each stands, and what to see to

    See docs/mail.md.
    """


@contextmanager
def _outbox(where: Path) -> Iterator[Outbox]:
    """Hold an outbox that is there."""
    _refuse_none(where)
    with told_outbox(), opened(where) as outbox:
        yield outbox


def _refuse_none(where: Path) -> None:
    """End if there is no outbox; a rescue that was cut short may have put it aside."""
    if not where.exists() and not is_cut_short(beside(where)):
        raise click.ClickException(f"there is no outbox at {where}: {NONE_YET}.")


# --- send -------------------------------------------------------------------------------------------


@mail.command()
@click.option("--once", is_flag=True, help="Send what is due, and end. So it is without any option, too.")
@click.option("--watch", is_flag=True, help="Stay, and send whatever becomes due, until told to end.")
@click.option("--clinic", default=None, help="Only this clinic's messages.")
@outbox_option
@root_option
@quiet
def send(*, once: bool, watch: bool, clinic: str | None, where: Path, root: Path | None) -> None:
    """Send what is due, through each clinic's own server.

    What is no longer approved is held. A server that is away, or will not have the login, is told, and what
    was to go through it waits. Only one careleaf sends from an outbox at a time.

    \b
    careleaf mail send
    careleaf mail send --watch
    """
    if once and watch:
        raise click.UsageError("Choose one of --once and --watch.")
    untitled("mail send")
    if clinic:
        clinic_of(loaded(root), clinic)
    with _outbox(where) as outbox:
        outbox.expire()
        ran = _run(outbox, root, clinic, watch=watch)
        over = outbox.tally[State.EXPIRED]
    _report(ran, over, clinic)


def _of_state(outbox: Outbox, *states: State) -> int:
    return sum(counts.get(state, 0) for counts in outbox.counts().values() for state in states)


def _run(outbox: Outbox, root: Path | None, clinic: str | None, *, watch: bool) -> "Ran":
    from careleaf.mail.message import assemble  # noqa: PLC0415 # only this command needs it
    from careleaf.mail.sender import Desk, connecting, run  # noqa: PLC0415 # only its commands need it

    with progress("Sending") as show:
        done, waiting = Counter[State](), _of_state(outbox, *WAITING)

        def ended(leased: Leased, outcome: Outcome) -> None:
            done[outcome.state] += 1
            show(done.total(), max(waiting, done.total()), "")
            if watch:
                _line(f"message {leased.id} {outcome.state} ({outcome.code})")

        def tell(told: "Told") -> None:
            if _concerns(told, clinic):
                _line(_worded(told), err=True)

        connect = connecting(root or home())
        desk = Desk(lambda: _view(root, clinic), assemble, connect, tell, ended=ended)
        return run(outbox, desk, watch=watch)


def _line(words: str, *, err: bool = False) -> None:
    click.echo(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {words}", err=err)


def _concerns(told: "Told", clinic: str | None) -> bool:
    """Leave out what is told of clinics that were not asked for."""
    return clinic is None or told.clinic in {"", clinic}


def _worded(told: "Told") -> str:
    return f"{told.clinic}: {told.message}" if told.clinic else told.message


def _view(root: Path | None, clinic: str | None) -> "View":
    """Read from the library how each clinic sends, and what may go. Raises UnreadableError."""
    from careleaf.mail.sender import UnreadableError, View  # noqa: PLC0415 # only its commands need it

    library, findings = load(root or home())
    errors = sorted(each for each in findings if each.severity is Severity.ERROR)
    if errors:
        raise UnreadableError(
            f"the library cannot be read ({errors[0]}): careleaf check lists all that is wrong"
        )
    clinics = {name: each.mail for name, each in library.clinics.items() if clinic in {None, name}}
    return View({name: each for name, each in clinics.items() if each}, cache(partial(may_go, library)))


def may_go(library: Library, words: Words) -> bool:
    """Say whether a text is approved today."""
    topic = library.topics.get(words.topic)
    if topic is None or words.lang not in library.locales:
        return False
    status = approvals.digest_status(library, topic, words.lang, words.digest, today())
    return status is Status.APPROVED


def _report(ran: "Ran", over: int, clinic: str | None) -> None:
    counts = {
        state: ran.ended.get(state, 0) for state in (State.SENT, State.DEFERRED, State.FAILED, State.UNKNOWN)
    }
    parts = [f"{state} {count}" for state, count in counts.items()] + [f"expired {over}", f"held {ran.held}"]
    click.echo(f"{', '.join(parts)}.")
    if ran.recovered:
        click.echo(f"{ran.recovered} had been left by a sender that was killed: they were taken up again.")
    if ran.interrupted:
        click.echo("Ended because it was asked to.")
    trouble = [told for told in ran.trouble if _concerns(told, clinic)]
    ended = over or ran.held or counts[State.FAILED]
    if ended:
        click.echo("See what to do with: careleaf mail status")
    leave(ok=not (trouble or ended))


# --- status -----------------------------------------------------------------------------------------


@mail.command()
@click.option("--all", "everything", is_flag=True, help=f"List more than {LONGEST_LIST}.")
@outbox_option
@json_option
@quiet
def status(*, everything: bool, where: Path, as_json: bool) -> None:
    """Say how many messages are where, and which ones somebody must see to.

    \b
    careleaf mail status
    careleaf mail status --json
    """
    from careleaf.mail.worklist import TROUBLE  # noqa: PLC0415 # only its commands need it

    with _outbox(where) as outbox:
        clinics = {name: _standing(outbox, name, counts) for name, counts in sorted(outbox.counts().items())}
        total = _of_state(outbox, *TROUBLE)
        most = None if everything or as_json else LONGEST_LIST
        rows = list(outbox.entries(TROUBLE, limit=most))
    if as_json:
        print_json({"clinics": clinics, "worklist": list(map(_trouble, rows))})
        return
    for name, standing in clinics.items():
        _print_standing(name, standing)
    if not clinics:
        click.echo("The outbox is empty.")
    _print_worklist(rows, total)


def _standing(outbox: Outbox, clinic: str, counts: Mapping[State, int]) -> dict[str, Any]:
    return {
        "counts": {state.value: counts[state] for state in State if state in counts},
        "next_attempt": _text(outbox.next_at(clinic)),
        "oldest_waiting": _text(outbox.oldest_waiting(clinic)),
        "attempts_in_24_hours": outbox.handed_over(clinic),
    }


def _text(time: datetime | None) -> str | None:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if time else None


def _trouble(entry: Entry) -> dict[str, Any]:
    from careleaf.mail.worklist import advice  # noqa: PLC0415 # only its commands need it

    names = ("id", "clinic", "state", "kind", "topic", "lang", "source", "row", "record", "reason")
    return {name: getattr(entry, name) for name in names} | {"do": advice(entry)}


def _print_standing(name: str, standing: Mapping[str, Any]) -> None:
    click.echo(f"{name}: " + ", ".join(f"{state} {count}" for state, count in standing["counts"].items()))
    if standing["next_attempt"]:
        click.echo(f"  next attempt {standing['next_attempt']}, oldest queued {standing['oldest_waiting']}")
    click.echo(
        f"  handed over in the last 24 hours: {standing['attempts_in_24_hours']} (see per-day in its file)"
    )


def _print_worklist(rows: Sequence[Entry], total: int) -> None:
    from careleaf.mail.worklist import advice  # noqa: PLC0415 # only its commands need it

    if not total:
        click.echo("Nothing to see to.")
        return
    click.echo(f"To see to: {total}")
    for row in rows:
        click.echo(f"  {row.id}  {row.state}: {row.reason or 'no reason'} [{place(row)}]")
        click.echo(f"      {advice(row)}")
    if len(rows) < total:
        click.echo(f"  and {total - len(rows)} more: careleaf mail status --all")


# --- what a person decides ---------------------------------------------------------------------------


ids_argument = click.argument("ids", type=click.IntRange(min=1), nargs=-1, metavar="[IDS]...")


@mail.command()
@ids_argument
@click.option("--all", "everything", is_flag=True, help="All that can be.")
@outbox_option
@quiet
def retry(*, ids: tuple[int, ...], everything: bool, where: Path) -> None:
    """Make messages due at once: deferred, failed, held or unknown ones, by the numbers of `mail status`.

    Those whose time is over, or whose contents are deleted, cannot be sent again: queue them again.

    \b
    careleaf mail retry 17 18
    careleaf mail retry --all
    """
    if bool(ids) == everything:
        raise click.UsageError("Name messages by their numbers, or all of them with --all.")
    with _outbox(where) as outbox:
        count = outbox.retry(None if everything else ids)
    click.echo(f"{count} due now." + (" Send with: careleaf mail send" if count else ""))
    _told_fewer(count, ids, "were sent, or cannot be sent again: careleaf mail status says what to do")


def _told_fewer(count: int, ids: Iterable[int], why: str) -> None:
    """End with a finding if fewer messages than were named are done."""
    left = len(set(ids)) - count
    if left > 0:
        click.echo(f"{left} of those named are not there, or {why}.", err=True)
        leave(ok=False)


@mail.command()
@ids_argument
@click.option("--list", "source", default=None, metavar="NAME", help="All of this list, such as monday.csv.")
@click.option("--all", "everything", is_flag=True, help="All that has not been sent.")
@outbox_option
@quiet
def cancel(*, ids: tuple[int, ...], source: str | None, everything: bool, where: Path) -> None:
    """Give up messages that have not been sent. Their contents and addresses are deleted.

    \b
    careleaf mail cancel 17
    careleaf mail cancel --list monday.csv
    """
    if sum((bool(ids), source is not None, everything)) != 1:
        raise click.UsageError("Name messages by their numbers, a list with --list, or all with --all.")
    with _outbox(where) as outbox:
        count = outbox.cancel(ids or None, source)
        outbox.tidy()
    click.echo(f"{count} cancelled.")
    _told_fewer(count, ids, "have ended already")
    if source is not None and not count:
        click.echo(f"Nothing waits of {source}: see careleaf mail status.", err=True)
        leave(ok=False)


@mail.command()
@outbox_option
@quiet
def expire(*, where: Path) -> None:
    """Give up what waits and is out of date, and delete what nobody needs any more. `send` does so, too.

    \b
    careleaf mail expire
    """
    with _outbox(where) as outbox:
        count = outbox.expire()
        outbox.tidy()
    click.echo(f"{count} expired." + (" See what to do with: careleaf mail status" if count else ""))


@mail.command()
@click.argument("address", default="-")
@click.option("--why", default="asked for", show_default=True, help="Why, in a few words that name nobody.")
@click.option("--lift", is_flag=True, help="Allow it again.")
@outbox_option
@quiet
def suppress(*, address: str, why: str, lift: bool, where: Path) -> None:
    """Send nothing more to an address, because its owner asked for that; or allow it again.

    Leave the address out, or write -, and you are asked for it: then no list of programs and no history of
    commands has it. What waits for it is held.

    \b
    careleaf mail suppress
    careleaf mail suppress - --lift
    """
    untitled("mail suppress")
    said = click.prompt("Address") if address == "-" else address
    try:
        read = addresses.read(said)
    except CellError as error:
        raise click.UsageError(f"{error.message}. {error.mend}") from None
    with _outbox(where) as outbox:
        if not lift:
            outbox.suppress(read, why)
            click.echo("Nothing more is sent to it. What waited for it is held: see careleaf mail status")
            return
        lifted = outbox.lift(read)
    click.echo(
        "It may be written to again. Queue again what was held." if lifted else "It was not suppressed."
    )
    leave(ok=lifted)


@mail.command()
@outbox_option
@quiet
def rescue(*, where: Path) -> None:
    """Make a new outbox of a damaged one: all that can be read, and nothing is sent twice.

    The damaged file is put aside. What had not been sent is held until somebody has looked at it.

    \b
    careleaf mail rescue
    """
    from careleaf.mail.rescue import rescue as rescued  # noqa: PLC0415 # only its commands need it

    _refuse_none(where)
    with told_outbox():
        found = rescued(where)
    click.echo(f"{found.rows} messages are in the new outbox; {found.lost} are known to be lost.")
    click.echo(f"The damaged one is {found.damaged}: it names patients. Delete it when all is well.")
    if found.forgets:
        click.echo("Nobody can tell any more what was sent: do not queue a list again that may have gone.")
    click.echo("See what is held with: careleaf mail status")
    leave(ok=not found.lost and not found.forgets)


# --- receipts and bounces -----------------------------------------------------------------------------


@mail.command()
@click.option(
    "--format", "form", type=click.Choice(["csv", "fhir"]), required=True, help="A table, or FHIR R4."
)
@click.option("--since", type=Day(), default=None, help="Only what happened on this day (UTC) or later.")
@click.option("--clinic", default=None, help="Only this clinic's messages.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=None,
    help="The file, which only you can read (default: print it).",
)  # fmt: skip
@outbox_option
@root_option
@quiet
def receipts(  # noqa: PLR0913 # one for each option
    *, form: str, since: date | None, clinic: str | None, output: Path | None, where: Path, root: Path | None
) -> None:
    """Write what was given to which record number, and when, for the clinic's own records.

    Of each message that was sent, or was not and why; not of those still on their way.

    \b
    careleaf mail receipts --format csv --since 2026-11-24 -o receipts.csv
    careleaf mail receipts --format fhir -o receipts.json
    """
    from careleaf.mail import receipts as receipting  # noqa: PLC0415 # only its commands need it

    with _outbox(where) as outbox:
        if clinic:
            one_of("--clinic", [clinic], outbox.counts())
        entries = receipting.since(outbox.entries(receipting.TOLD, clinic), since)
        content = (
            receipting.table(entries)
            if form == "csv"
            else receipting.bundle(entries, _titles(root), outbox.now())
        )
    if output is None:
        click.echo(content, nl=False)
        return
    try:
        private.write(output, content)
    except private.PrivateError as error:
        raise click.ClickException(f"{error}.") from error
    click.echo(f"Written to {output}. It names record numbers: keep it as you keep those.")


def _titles(root: Path | None) -> dict[str, str]:
    return {name: clinic.title for name, clinic in loaded(root).clinics.items()}


@mail.command()
@click.argument("mailbox", type=click.Path(exists=True, path_type=Path))
@outbox_option
@quiet
def bounces(*, mailbox: Path, where: Path) -> None:
    """Read what came back: an mbox file, a Maildir, or a folder of .eml files. It is not changed.

    What will never arrive becomes failed, and an address that is not there gets nothing more. What is
    delayed is told only. What is no bounce is for a person to read.

    \b
    careleaf mail bounces ~/Maildir/.Bounces
    careleaf mail bounces bounces.mbox
    """
    from careleaf.mail.bounces import MailboxError, matched, read  # noqa: PLC0415 # only its commands need it

    told = _Sorted()
    try:
        with _outbox(where) as outbox:
            for notice in read(mailbox):
                told.take(notice, matched(outbox, notice))
    except MailboxError as error:
        raise click.ClickException(f"{error}.") from error
    told.report()


class _Sorted:
    """What is said of a mailbox."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.unclear = list[int]()
        self.failed = False

    def take(self, notice: "Notice", entry: Entry | None) -> None:
        """Count a message, and tell of ours that came back."""
        from careleaf.mail.bounces import Verdict  # noqa: PLC0415 # only its commands need it

        back = notice.verdict in {Verdict.GONE, Verdict.DELAYED}
        self.counts["of no message of ours" if back and not entry else NAMES[notice.verdict]] += 1
        if notice.verdict is Verdict.STRANGE or (back and not entry):
            self.unclear.append(notice.position)
        if back and entry:
            self.failed |= notice.verdict is Verdict.GONE
            code = f" ({notice.code})" if notice.code else ""
            click.echo(f"message {entry.id} {NAMES[notice.verdict]}{code}: {place(entry)}")

    def report(self) -> None:
        """Sum it up, and end with a finding if a person is needed."""
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        click.echo(f"Read {self.counts.total()}: {counts or 'nothing'}.")
        if self.failed:
            click.echo("See what to do with: careleaf mail status")
        if self.unclear:
            more = " and more" if len(self.unclear) > LONGEST_LIST else ""
            places = ", ".join(map(str, self.unclear[:LONGEST_LIST])) + more
            click.echo(f"For a person to look at, by their place in the mailbox: {places}.", err=True)
        leave(ok=not self.unclear and not self.failed)


NAMES: Final = {
    "gone": "came back for good",
    "delayed": "is delayed, and may still arrive",
    "reply": "automatic answers",
    "letter": "letters, for a person to read",
    "strange": "not understood",
}


def place(entry: Entry) -> str:
    """Say whose message it is, without a name."""
    record = f", record {entry.record}" if entry.record else ""
    where = "queued alone" if entry.source == ALONE else f"{entry.source} row {entry.row}"
    return f"{entry.clinic} {where}{record}, {entry.topic} {entry.lang}"


# --- a withdrawal ---------------------------------------------------------------------------------------


def called_back(where: Path, topic: str, langs: Collection[str]) -> bool:
    """Hold what waits with a withdrawn text, and list who was sent it; False if the outbox cannot be used."""
    if not where.exists():
        return True
    try:
        with opened(where) as outbox:
            held, sent = outbox.hold_topic(topic, langs), outbox.sent_of(topic, langs)
    except OutboxError as error:
        click.echo(f"The withdrawal holds, but nobody knows who was sent it by mail. {error}.", err=True)
        click.echo("When that is mended, withdraw it once more: what was sent is listed then.", err=True)
        return False
    if held or sent:
        click.echo(f"By mail ({where}): {len(held)} were waiting and are held, {len(sent)} were sent.")
    for entry in sent:
        when = _text(entry.sent_at or entry.tried_at) or "when is unknown"
        perhaps = "" if entry.state is State.SENT else "  (it may have arrived)"
        click.echo(f"  {when}  version {entry.version}  {place(entry)}{perhaps}")
    for name in sorted({entry.source for entry in sent}):
        file, before = ("LIST.csv", "Write a list of those queued alone. ") if name == ALONE else (name, "")
        click.echo(f"{before}Queue a correction with: careleaf mail correct {file} --topic {topic}")
    return True


# --- doctor -------------------------------------------------------------------------------------------


@mail.command("doctor")
@clinic_option
@outbox_option
@root_option
@quiet
def doctor(*, clinic_name: str | None, where: Path, root: Path | None) -> None:
    """Try all that sending needs, send nothing, and say what to do about what is missing.

    Speaks with the clinic's mail server only. Prints the DNS records that other servers look for.

    \b
    careleaf mail doctor
    """
    from careleaf.mail import check, records  # noqa: PLC0415 # only its commands need it

    clinic = clinic_of(loaded(root), clinic_name)
    faults = 0
    for line in check.examine(clinic, where, root or home()):
        click.echo(f"{'ok   ' if line.good else 'FAULT'}  {line.what}", err=not line.good)
        if not line.good:
            click.echo(f"       {line.mend}", err=True)
            faults += 1
    if clinic.mail:
        key = check.key_record(clinic.mail, root or home())
        click.echo("DNS records that other servers look for; whoever runs the domain sets them:")
        for record in records.wanted(clinic.mail.from_, clinic.mail.dkim, key):
            click.echo(f"  {record.why}\n    {record.name} TXT {records.strings(record.value)}")
            click.echo(f"    see what is there: {record.look}")
    click.echo(f"To mend: {faults}." if faults else "Everything that is needed is here.")
    leave(ok=not faults)
