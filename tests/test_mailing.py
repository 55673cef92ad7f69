"""The commands of mail: what they say, what they do to the outbox, and that they name nobody."""

import json
import mailbox
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from careleaf.cli import mailing as commands
from careleaf.cli import main
from careleaf.cli.discreet import ALONE
from careleaf.mail import check, records
from careleaf.mail.login import PASSWORD, USER
from careleaf.mail.outbox import Outbox, opened
from careleaf.mail.parcel import Kind, Outcome, Parcel, State, Words
from careleaf.mail.worklist import CALL, OTHERWISE, advice
from careleaf.words import readings
from tests.commands import careleaf
from tests.conftest import Tiny
from tests.mailserver import HOST, LOGIN, Script, mail_server, trust
from tests.parcels import VALID, address, parcel
from tests.test_bounces import AWAY, DELAYED, FULL, LETTER, OURS, POSTFIX, UNCLEAR

pytestmark = pytest.mark.usefixtures("one_process_one_day")

NAME = "washing-hands"
PLENTY = (100_000, 100_000)
CLINIC = "content/clinics/harbour.yaml"
ENDS = {
    "sent": Outcome(State.SENT, "250 2.0.0"),
    "deferred": Outcome(State.DEFERRED, "451 4.7.1"),
    "failed": Outcome(State.FAILED, "550 5.1.1", suppress=True),
    "unknown": Outcome(State.UNKNOWN, "no answer"),
}


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "outbox" / "outbox.sqlite"


def put(where: Path, *parcels: Parcel, **ends: str) -> None:
    """Fill an outbox. `ends` has for a clinic how its attempts ended, in their order."""
    with opened(where) as outbox:
        outbox.put(parcels, VALID)
        for clinic, words in ends.items():
            for word in words.split():
                leased = outbox.lease(clinic, *PLENTY)
                assert leased
                outbox.settle(leased.id, ENDS[word])


def one(where: Path, number: int) -> Any:  # noqa: ANN401 # an Entry
    with opened(where) as outbox:
        return outbox.entry(number)


def mail(where: Path, *args: object) -> Result:
    return careleaf("mail", *args, "--outbox", where)


@pytest.fixture
def filled(where: Path) -> Path:
    """An outbox with a message in each state, but for sending and cancelled."""
    people = [parcel(number, record=f"R-{number}") for number in range(1, 6)]
    held = parcel(6, held="no consent is recorded", contents=None, record="R-6")
    put(where, *people, held, clinic="sent deferred failed unknown")
    return where


# --- status -----------------------------------------------------------------------------------------


def test_status_says_what_waits_and_what_somebody_must_see_to(filled: Path) -> None:
    result = mail(filled, "status")
    assert result.exit_code == 0
    assert result.stdout.startswith("clinic: queued 1, sent 1, deferred 1, failed 1, held 1, unknown 1\n")
    assert "handed over in the last 24 hours: 4" in result.stdout
    assert (
        "To see to: 3\n  3  failed: 550 5.1.1 [clinic list.csv row 4, record R-3, moles en]\n"
        in result.stdout
    )
    assert "no consent is recorded" in result.stdout


def test_status_tells_machines_the_same(filled: Path) -> None:
    found = json.loads(mail(filled, "status", "--json").stdout)
    assert found["clinics"]["clinic"]["counts"]["sent"] == 1
    assert found["clinics"]["clinic"]["next_attempt"] <= found["clinics"]["clinic"]["next_attempt"]
    assert [row["id"] for row in found["worklist"]] == [3, 4, 6]
    assert all(row["do"] for row in found["worklist"])


def test_status_reads_no_library_so_that_it_is_quick(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "load", lambda _: pytest.fail("the library is read"))
    monkeypatch.setattr(commands, "loaded", lambda _: pytest.fail("the library is read"))
    assert mail(filled, "status").exit_code == 0


def test_status_lists_a_screenful_and_says_that_there_are_more(where: Path) -> None:
    put(where, *(parcel(number, held="x", contents=None) for number in range(60)))
    assert "and 10 more: careleaf mail status --all" in mail(where, "status").stdout
    assert mail(where, "status", "--all").stdout.count("  held: x") == 60


@pytest.mark.parametrize(
    "command", ["status", "send", "expire", "rescue", "retry --all", "receipts --format csv"]
)
def test_a_wrong_outbox_is_told_and_none_is_made(where: Path, command: str) -> None:
    """An empty outbox in the wrong place would say that nothing is left to do."""
    result = mail(where, *command.split())
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "there is no outbox at" in result.stderr
    assert not where.exists()


REASONS = {
    "no consent is recorded": "ask the patient, record the day",
    "the consent is older than 365 days": "ask the patient, record the day",
    "suppressed address": "suppress - --lift",
    "nothing is sent to this address any more: it was refused": "suppress - --lift",
    "not approved any more": "careleaf mail retry 1,",
    "withdrawn": "do not give it",
    "rescued: may have been sent": "ask the patient whether it came",
    "550 5.1.1": "correct the address",
    "there is no address for mail": "correct the address",
    "it came back 550 5.1.10": "correct the address",
    "it came back 452 4.2.2": "the mailbox is full",
    "552 5.3.4": "too large",
    "550 5.7.1": "run careleaf mail doctor",
    "554": "run careleaf mail doctor",
    "501 5.5.4": "ask its operator",
    "bug": "report it",
    "its time was over (451 4.7.1)": "not sent in time",
    "the text of moles in en is draft": "until it is approved",
    "moles is not made as a plain sheet": "careleaf build makes that",
    "Clinic does not hand out ar": "the clinic's file",
    "what is said of this patient does not go onto the page as it must": "shorten the name",
    "it failed: ValueError": "report it",
    "something new": OTHERWISE,
}  # fmt: skip


@pytest.mark.parametrize(("reason", "words"), REASONS.items(), ids=REASONS.keys())
def test_each_reason_has_its_own_advice(where: Path, reason: str, words: str) -> None:
    put(where, parcel(1, held=reason, contents=None))
    assert words in advice(one(where, 1))


def test_a_correction_that_did_not_go_is_told_by_phone_and_no_wrong_sheet_is_given_on_paper(
    where: Path,
) -> None:
    put(where, replace(parcel(1, held="550 5.1.1", contents=None), kind=Kind.CORRECTION))
    assert advice(one(where, 1)) == CALL


def test_who_may_have_got_it_is_asked_first(where: Path) -> None:
    put(where, parcel(1), clinic="unknown")
    assert "sent again by itself" in advice(one(where, 1))
    mail(where, "cancel", 1)
    assert advice(one(where, 1)).startswith("it may have arrived: ask the patient first")


# --- what a person decides ----------------------------------------------------------------------------


def test_what_is_named_is_tried_again_and_what_cannot_be_is_told(filled: Path) -> None:
    result = mail(filled, "retry", 2, 1)
    assert result.stdout == "1 due now. Send with: careleaf mail send\n"
    assert (result.exit_code, "1 of those named are not there" in result.stderr) == (1, True)
    assert mail(filled, "retry", "--all").exit_code == 0
    assert mail(filled, "retry").exit_code == 2
    assert mail(filled, "retry", 1, "--all").exit_code == 2


def test_what_is_cancelled_is_not_sent_and_what_was_sent_stays(filled: Path) -> None:
    assert mail(filled, "cancel", 5).stdout == "1 cancelled.\n"
    assert one(filled, 5).state is State.CANCELLED
    result = mail(filled, "cancel", 1)
    assert (result.exit_code, one(filled, 1).state) == (1, State.SENT)
    assert mail(filled, "cancel", "--list", "other.csv").exit_code == 1
    assert mail(filled, "cancel", "--list", "list.csv").exit_code == 0
    assert mail(filled, "cancel").exit_code == 2
    assert address(2).encode() not in filled.read_bytes()


def test_an_address_is_asked_for_never_shown_and_gets_nothing_more(where: Path) -> None:
    put(where, parcel(1))
    with opened(where) as outbox:
        assert not outbox.suppressed(address(1))
    result = CliRunner().invoke(main, ["mail", "suppress", "--outbox", str(where)], input=f"{address(1)}\n")
    assert result.exit_code == 0
    assert one(where, 1).state is State.HELD
    assert mail(where, "suppress", address(1), "--lift").exit_code == 0
    assert mail(where, "suppress", address(1), "--lift").exit_code == 1
    wrong = mail(where, "suppress", "jane at example")
    assert (wrong.exit_code, "jane" in wrong.output) == (2, False)


def test_what_is_over_expires(where: Path) -> None:
    with opened(where) as outbox:
        outbox.put([parcel(1)], timedelta())
    assert mail(where, "expire").stdout.startswith("1 expired.")


def test_a_damaged_outbox_is_rescued_and_told(filled: Path) -> None:
    content = bytearray(filled.read_bytes())
    content[4096 * 20 : 4096 * 30] = b"\xff" * 4096 * 10
    filled.write_bytes(content)
    result = mail(filled, "rescue")
    assert "messages are in the new outbox" in result.stdout
    assert mail(filled, "status").exit_code == 0


def test_a_rescue_that_was_cut_short_can_be_done_again(filled: Path) -> None:
    """Between two renamings there is no file at its place; every command says how to mend that."""
    filled.rename(filled.with_name("outbox.damaged-20261125T080000Z.sqlite"))
    filled.with_name("outbox.sqlite.rescued").touch()
    assert f"careleaf mail rescue --outbox {filled}" in mail(filled, "status").stderr
    assert "not damaged" in mail(filled, "rescue").stderr
    assert one(filled, 1).state is State.SENT


# --- receipts and bounces -----------------------------------------------------------------------------


def test_receipts_are_written_for_their_owner_only(filled: Path, tiny: Tiny, tmp_path: Path) -> None:
    file = tmp_path / "receipts.csv"
    result = mail(filled, "receipts", "--format", "csv", "-o", file, "--root", tiny.root)
    assert (result.exit_code, stat.S_IMODE(file.stat().st_mode)) == (0, 0o600)
    assert [line.split(",")[0] for line in file.read_text("utf-8-sig").splitlines()[1:]] == [
        "R-1",
        "R-3",
        "R-6",
    ]
    printed = mail(filled, "receipts", "--format", "fhir", "--root", tiny.root)
    assert len(json.loads(printed.stdout)["entry"]) == 3
    assert mail(filled, "receipts", "--format", "csv", "--since", "2099-01-01").stdout.count("\n") == 1
    mistyped = mail(filled, "receipts", "--format", "csv", "--clinic", "clinc")
    assert (mistyped.exit_code, "clinc is unknown" in mistyped.stderr) == (2, True), "not an empty table"


def test_what_came_back_later_is_among_the_receipts_of_that_day(where: Path) -> None:
    """Else the clinic's records would say for ever that it was given."""
    past = datetime.now(UTC) - timedelta(days=3)
    with opened(where, lambda: past) as outbox:
        outbox.put([parcel(1, record="R-1"), parcel(2, record="R-2")], VALID)
        for number in (1, 2):
            assert outbox.lease("clinic", *PLENTY)
            outbox.settle(number, ENDS["sent"])
    back = one(where, 2).message_id
    with opened(where) as outbox:
        outbox.bounced(back, "550 5.1.1", permanent=True)
    since = f"{past + timedelta(days=2):%Y-%m-%d}"
    found = mail(where, "receipts", "--format", "csv", "--since", since).stdout
    assert [line.split(",")[0] for line in found.splitlines()[1:]] == ["R-2"]


def came_back(where: Path, content: bytes, number: int) -> bytes:
    return content.replace(OURS.encode(), one(where, number).message_id.encode())


def test_what_came_back_fails_and_only_an_address_that_is_not_there_is_given_up(
    where: Path, tmp_path: Path
) -> None:
    put(where, *map(parcel, range(1, 5)), clinic="sent sent sent sent")
    box = mailbox.mbox(tmp_path / "box")
    known = [came_back(where, each, number) for number, each in enumerate((POSTFIX, FULL, DELAYED), 1)]
    for content in (*known, AWAY, LETTER, UNCLEAR, POSTFIX):
        box.add(message_from_bytes(content))
    box.close()
    result = mail(where, "bounces", tmp_path / "box")
    assert result.exit_code == 1
    assert "message 1 came back for good (550 5.1.1): clinic list.csv row 2, moles en" in result.stdout
    assert "Read 7: 1 automatic answers, 2 came back for good, 1 is delayed" in result.stdout
    assert result.stderr.endswith("by their place in the mailbox: 6, 7.\n")
    assert [one(where, each).state for each in range(1, 5)] == ["failed", "failed", "sent", "sent"]
    with opened(where) as outbox:
        assert [outbox.suppressed(address(each)) for each in range(1, 5)] == [True, False, False, False]
    assert not re.search("jane|example", result.output)
    assert mail(where, "bounces", tmp_path / "outbox").exit_code == 1


# --- send -------------------------------------------------------------------------------------------


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def served(tiny: Tiny, script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Tiny]:
    """A tiny library whose clinic has a mail server, and whose English is approved."""
    monkeypatch.setenv("SSL_CERT_FILE", trust(tmp_path))
    monkeypatch.setenv(USER, LOGIN.user)
    monkeypatch.setenv(PASSWORD, LOGIN.password)
    with mail_server(script) as port:
        text = (tiny.root / CLINIC).read_text("utf-8")
        mail = f"mail: {{host: {HOST}, port: {port}, from: {LOGIN.user}, reply-to: desk@example.org}}\n"
        tiny.write(CLINIC, text + mail)
        tiny.approve("en", "clinical")
        yield tiny


def sheet(tiny: Tiny, number: int, **changes: Any) -> Parcel:  # noqa: ANN401 # as parcel has it
    library = tiny.library()
    [digest] = readings(library, library.topics[NAME], "en")
    known = {"clinic": "harbour", "topic": NAME, "words": (Words(NAME, "en", digest),)}
    return parcel(number, **{**known, **changes})


def test_what_is_approved_is_sent_and_the_rest_is_held(served: Tiny, where: Path, script: Script) -> None:
    old = sheet(served, 2, words=(Words(NAME, "en", "0" * 64),))
    put(where, sheet(served, 1), old)
    result = mail(where, "send", "--root", served.root)
    assert "sent 1, deferred 0, failed 0, unknown 0, expired 0, held 1." in result.stdout
    assert result.exit_code == 1
    assert [each.address for each in script.accepted] == [address(1)]
    assert [one(where, each).state for each in (1, 2)] == [State.SENT, State.HELD]
    assert not re.search("[Jj]ane", result.output)
    assert mail(where, "send", "--root", served.root).exit_code == 0


def test_a_wrong_password_stops_says_so_and_leaves_the_outbox_as_it_was(
    served: Tiny, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "wrong")
    put(where, sheet(served, 1))
    result = mail(where, "send", "--root", served.root)
    assert (result.exit_code, one(where, 1).state, one(where, 1).attempts) == (1, State.QUEUED, 0)
    assert "refuses the login" in result.stderr
    assert "wrong" not in result.output


def test_one_clinic_is_sent_for_and_nothing_is_told_of_the_others(served: Tiny, where: Path) -> None:
    put(where, sheet(served, 1), sheet(served, 2, clinic="other"))
    result = mail(where, "send", "--clinic", "harbour", "--root", served.root)
    assert (result.exit_code, "other" in result.output) == (0, False)
    assert mail(where, "send", "--clinic", "habour", "--root", served.root).exit_code == 2
    everything = mail(where, "send", "--root", served.root)
    assert (everything.exit_code, "other: 1 wait" in everything.stderr) == (1, True)


def test_a_library_that_cannot_be_read_sends_nothing(served: Tiny, where: Path, script: Script) -> None:
    put(where, sheet(served, 1))
    served.change(CLINIC, "country: GB", "country: [")
    result = mail(where, "send", "--root", served.root)
    assert (result.exit_code, script.accepted) == (1, [])
    assert "harbour.yaml" in result.stderr
    assert mail(where, "send", "--once", "--watch").exit_code == 2


def test_what_expired_in_a_run_is_told_even_if_as_much_is_forgotten(
    served: Tiny, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(where, lambda: datetime.now(UTC) - timedelta(days=40)) as outbox:
        outbox.put([sheet(served, 1)], timedelta())
        outbox.expire()
    original = commands._run  # noqa: SLF001 # just before it begins

    def late(outbox: Outbox, *args: Any, **options: Any) -> Any:  # noqa: ANN401 # as it has them
        outbox.put([sheet(served, 2)], timedelta())
        return original(outbox, *args, **options)

    monkeypatch.setattr(commands, "_run", late)
    result = mail(where, "send", "--root", served.root)
    assert (result.exit_code, "expired 1," in result.stdout) == (1, True)
    assert [one(where, number) is None for number in (1, 2)] == [True, False]


def test_a_watcher_says_when_it_did_what_to_which_message(
    served: Tiny, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(where, sheet(served, 1))
    monkeypatch.setattr("careleaf.mail.sender._Sending._until_next", lambda _: None)
    result = mail(where, "send", "--watch", "--root", served.root)
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ message 1 sent \(250 2\.0\.0\)\n", result.stdout)


# --- withdraw ---------------------------------------------------------------------------------------


def withdraw(tiny: Tiny, where: Path) -> Result:
    out = tiny.root.parent / "out"
    return careleaf(
        "withdraw", NAME, "--root", tiny.root, "--reason", "a test", "--out", out, "--outbox", where
    )


def test_a_withdrawal_holds_what_waits_and_says_who_was_sent_it(tiny: Tiny, where: Path) -> None:
    tiny.approve("en", "clinical")
    ours = {"clinic": "clinic"}
    people = [sheet(tiny, number, **ours, record=f"R-{number}") for number in (1, 3)]
    people.insert(1, sheet(tiny, 2, **ours, record="R-2", source=ALONE))
    put(where, *people, clinic="sent unknown")
    result = withdraw(tiny, where)
    assert result.exit_code == 0
    assert "2 were waiting and are held, 2 were sent." in result.stdout
    assert re.search(
        r"  2\S+Z  version 1  clinic list.csv row 2, record R-1, washing-hands en\n", result.stdout
    )
    assert "record R-2, washing-hands en  (it may have arrived)" in result.stdout
    assert f"careleaf mail correct list.csv --topic {NAME}" in result.stdout
    assert f"careleaf mail correct LIST.csv --topic {NAME}" in result.stdout
    assert [one(where, each).state for each in (1, 2, 3)] == ["sent", "held", "held"]


def test_a_list_that_is_named_as_the_outbox_is_no_damaged_one_and_stays(where: Path) -> None:
    """A rescue would put it aside."""
    listed = where.with_name("monday.csv")
    listed.parent.mkdir()
    listed.write_text("treated-on,language\n2026-11-24,en\n")
    for command in ("status", "rescue"):
        assert "is no outbox of careleaf" in mail(listed, command).stderr
    assert listed.exists()


def test_a_damaged_outbox_does_not_keep_an_unsafe_leaflet_in(tiny: Tiny, where: Path) -> None:
    tiny.approve("en", "clinical")
    where.parent.mkdir()
    where.write_bytes(b"no database at all\0" * 100)
    result = withdraw(tiny, where)
    assert "Withdrawn: washing-hands in" in result.stdout
    assert "careleaf mail rescue" in result.stderr
    assert result.exit_code == 1
    where.unlink()
    tiny.approve("en", "clinical")
    assert withdraw(tiny, where).exit_code == 0
    assert not where.exists()


# --- doctor -----------------------------------------------------------------------------------------


def test_a_clinic_that_can_send_is_told_so_and_nothing_is_sent(
    served: Tiny, where: Path, script: Script
) -> None:
    put(where, sheet(served, 1))
    result = mail(where, "doctor", "--root", served.root)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "STARTTLS, TLSv1.3" in result.stdout
    assert "the server accepts the login" in result.stdout
    assert "accepts sender@example.org as the sender (250 2.1.0)" in result.stdout
    assert '_dmarc.example.org TXT "v=DMARC1; p=none; rua=mailto:postmaster@example.org"' in result.stdout
    assert LOGIN.password not in result.output
    assert script.accepted == []


def test_each_fault_is_told_with_its_mend(served: Tiny, where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(where)
    where.chmod(0o644)
    monkeypatch.setenv(PASSWORD, "wrong")
    result = mail(where, "doctor", "--root", served.root)
    assert result.exit_code == 1
    assert f"FAULT  {where} can be read by others\n       chmod go= {where}\n" in result.stderr
    assert "refuses the login (535" in result.stderr
    assert result.stdout.endswith("To mend: 2.\n")
    monkeypatch.delenv(PASSWORD)
    found = mail(where, "doctor", "--root", served.root).stderr
    assert f"set {PASSWORD}" in found
    assert "or write login: false if the server wants none\n" in found, "what to do is not cut in two"
    monkeypatch.setenv(USER, "sender@another.example")
    monkeypatch.setenv(PASSWORD, LOGIN.password)
    assert "the sender is at example.org" in mail(where, "doctor", "--root", served.root).stderr


def test_a_server_that_will_not_have_the_sender_is_told(served: Tiny, where: Path, script: Script) -> None:
    async def refused() -> str:
        return "553 5.7.1 no"

    script.at_sender = refused  # type: ignore[method-assign]
    result = mail(where, "doctor", "--root", served.root)
    assert "refuses sender@example.org as the sender (553 5.7.1)" in result.stderr
    assert not where.exists()


def test_a_clinic_without_mail_is_told_what_to_write(tiny: Tiny, where: Path) -> None:
    result = mail(where, "doctor", "--root", tiny.root)
    assert (result.exit_code, f"write mail: into {CLINIC}" in result.stderr) == (1, True)


def test_a_python_with_the_hole_is_known_by_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"Subject: x\nBcc: y\n\n": True, "Subject: x\n\n": False}
    for content, hole in found.items():
        monkeypatch.setattr(EmailMessage, "as_bytes", lambda _, content=content: content.encode())
        assert check.has_header_hole() is hole


def test_the_records_name_the_key_that_signs() -> None:
    spf, dkim, dmarc = records.wanted("a@clinic.example", "leaf", "v=DKIM1; k=rsa; p=AAAA")
    assert (spf.name, dkim.name, dmarc.name) == (
        "clinic.example", "leaf._domainkey.clinic.example", "_dmarc.clinic.example",
    )  # fmt: skip
    assert dkim.value.endswith("p=AAAA")
    assert "<selector>" in records.wanted("a@clinic.example", None, "")[1].name
    long = records.strings("x" * 600)
    assert [len(part) for part in re.findall(r'"(x+)"', long)] == [255, 255, 90]


# --- the clinic's file ----------------------------------------------------------------------------------


WRONG = {
    "from: a..b@clinic.example": "is no address",
    "from: a@clinic": "is no address",
    "from: a@-clinic.example": "is no address",
    "from: a@clinic.example, reply-to: a@cilnic.example": "look alike",
    "port: 465": "port 465 is for TLS from the start",
    "tls: implicit": "port 587 begins without TLS",
    "per-minute: 100, per-day: 50": "is more than per-day",
}


@pytest.mark.parametrize(("changed", "message"), WRONG.items(), ids=WRONG.keys())
def test_what_is_wrong_with_a_clinics_mail_is_told_where_it_stands(
    tiny: Tiny, changed: str, message: str
) -> None:
    right = {"host": "h.example", "from": "a@clinic.example", "reply-to": "b@clinic.example"}
    text = (tiny.root / CLINIC).read_text("utf-8") + "mail:\n"
    tiny.write(CLINIC, text + "".join(f"  {key}: {value}\n" for key, value in right.items()))
    assert tiny.findings() == []
    fields = right | dict(each.split(": ") for each in changed.split(", "))
    tiny.write(CLINIC, text + "".join(f"  {key}: {value}\n" for key, value in fields.items()))
    [found] = tiny.findings()
    assert (found.rule, found.file, message in found.message) == ("mail", CLINIC, True)
    assert found.line > text.count("\n")
