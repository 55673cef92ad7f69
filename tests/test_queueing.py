"""`careleaf mail queue`, `queue-one`, `correct` and `preview` as people at a desk use them.

What a user would lose: half a list sent without a word, a sheet sent twice or to somebody who did not agree,
and a name or an address where others read it.
"""

import email
import email.policy
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import click
import pikepdf
import pytest
from click.testing import Result

from careleaf import batch, record
from careleaf.mail import outbox
from careleaf.mail.parcel import Outcome, State
from careleaf.words import readings
from tests.conftest import TODAY, Tiny
from tests.patients import NAMES, TOPIC, found
from tests.posting import (
    CLINIC,
    DAY,
    PASSWORD,
    SECRET,
    asked,
    box,
    listed,
    posting,
    queue,
    row,
    run,
    states,
)

pytestmark = pytest.mark.usefixtures("one_process_one_day")

HERE: Final = Path(__file__).parents[1]
PAGE: Final = "list.csv.read-me-first.html"
OTHER: Final = "max.muster@example.org"


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A small library whose English is approved, and nothing else. Read only."""
    tiny = posting(tmp_path_factory.mktemp("english") / "library")
    tiny.approve("en", "clinical")
    return tiny


@pytest.fixture
def own(tmp_path: Path) -> Tiny:
    """One to be changed, with the English approved."""
    tiny = posting(tmp_path / "own")
    tiny.approve("en", "clinical")
    return tiny


LIST: Final = listed(
    row(),
    row(OTHER, name=NAMES["Han"], record="R-1702"),
    row(consent="", name="Jane No", record="R-1703"),
    row(lang="ar", record="R-1704"),
    row(consent="2024-01-02", record="R-1705"),
    row("", record="R-1706"),
    row("jane.doe@gmial.com", record="R-1707"),
)
"""Three that go out, one of them to what looks like a slip; four that are held."""
HELD: Final = [
    (4, "held", "no consent is recorded"),
    (5, "held", f"the text of {TOPIC} in ar is draft"),
    (6, "held", "the consent is older than 365 days"),
]


def test_a_list_is_shown_first_and_then_queued_and_says_how_to_send(english: Tiny, tmp_path: Path) -> None:
    first = queue(english, LIST, tmp_path)
    assert first.exit_code == 1
    assert f"Read {tmp_path / PAGE} first." in first.stdout
    assert first.stdout.endswith(
        "3 sheets would be queued, 0 there already, 4 rows held.\n"
        "Nothing is queued yet: run this again with --make.\n"
    )
    assert sorted(each.name for each in tmp_path.iterdir()) == ["list.csv", PAGE]
    assert (tmp_path / PAGE).stat().st_mode & 0o777 == 0o600
    page = (tmp_path / PAGE).read_text("utf-8")
    shown = (
        "jane.doe@example.com",
        OTHER,
        "R-1701",
        "2026-11-20",
        "What would be queued: 3",
        "almost gmail.com",
    )
    assert [each for each in (*shown, "no consent is recorded") if each not in page] == []
    second = queue(english, LIST, tmp_path, "--make")
    assert second.exit_code == 1
    assert second.stdout.endswith(
        "3 sheets queued, 0 there already, 4 rows held.\nSend with: careleaf mail send --once.\n"
    )
    assert states(tmp_path) == [(2, "queued", ""), (3, "queued", ""), *HELD, (8, "queued", "")]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["list.csv", "outbox"]


def test_each_held_row_is_told_with_its_place_and_what_to_do_instead(english: Tiny, tmp_path: Path) -> None:
    told = queue(english, LIST, tmp_path, "--make").stderr.splitlines()
    assert [line.split("]")[0] for line in told] == [
        "list.csv:4: held [consent",
        "list.csv:5: held [not-approved",
        "list.csv:6: held [consent",
        "list.csv:7: held [no-address",
        "list.csv:8: warning [email",
    ]
    assert "go through the sheet in en together with an interpreter" in told[1]


def test_a_program_that_crashes_leaves_no_memory_on_the_disk(english: Tiny, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        queue(english, "", tmp_path)
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def test_a_list_without_a_fault_ends_well(english: Tiny, tmp_path: Path) -> None:
    for more in ((), ("--make",), ("--make",)):
        assert queue(english, listed(row()), tmp_path, *more).exit_code == 0


def test_a_list_queued_twice_sends_nothing_twice(english: Tiny, tmp_path: Path) -> None:
    queue(english, LIST, tmp_path, "--make")
    before = asked(tmp_path, "SELECT key, state FROM message WHERE state = 'queued' ORDER BY id")
    trial = queue(english, LIST, tmp_path)
    assert "0 sheets would be queued, 3 there already, 4 rows held." in trial.stdout
    assert (tmp_path / PAGE).read_text("utf-8").count("<td>queued</td>") == 3
    again = queue(english, LIST, tmp_path, "--make")
    assert again.stdout.endswith("0 sheets queued, 3 there already, 4 rows held.\n")
    assert asked(tmp_path, "SELECT key, state FROM message WHERE state = 'queued' ORDER BY id") == before
    more = queue(english, listed(row(), row(record="R-1799", name="JANE EXAMPLE")), tmp_path, "--make")
    assert "1 sheets queued, 1 there already, 0 rows held." in more.stdout


def test_a_list_so_old_that_it_is_forgotten_whether_it_was_sent_is_warned_of(
    own: Tiny, tmp_path: Path
) -> None:
    own.change(CLINIC, "mail:\n", "mail:\n  retention-days: 3\n")
    day = "2026-11-20"
    rows = (row(day=day), row(OTHER, name=NAMES["Han"], record="R-1702", day=day))
    result = queue(own, listed(*rows), tmp_path, "--make")
    assert (result.exit_code, len(states(tmp_path))) == (0, 2)
    assert "list.csv:2: warning [forgotten] 2 treatments were more than 3 days ago" in result.stderr
    assert "forgotten" not in queue(own, listed(*rows), tmp_path, "--make").stderr, "these are known"


def test_what_was_sent_is_not_made_again(
    english: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(english, listed(row()), tmp_path, "--make")
    sent(tmp_path)
    monkeypatch.setattr(batch, "fill", lambda _: pytest.fail("a sheet is made that nobody gets"))
    again = queue(english, listed(row()), tmp_path, "--make")
    assert "0 sheets queued, 1 there already, 0 rows held." in again.stdout
    assert [each[1] for each in states(tmp_path)] == ["sent"]


def test_a_row_that_was_held_goes_out_once_its_reason_is_mended(english: Tiny, tmp_path: Path) -> None:
    queue(english, listed(row(consent="")), tmp_path, "--make")
    assert states(tmp_path) == [(2, "held", "no consent is recorded")]
    assert "1 sheets queued" in queue(english, listed(row()), tmp_path, "--make").stdout
    assert states(tmp_path) == [(2, "queued", "")]


def test_a_row_that_is_held_now_does_not_hide_that_its_message_waits_from_before(
    english: Tiny, tmp_path: Path
) -> None:
    queue(english, listed(row()), tmp_path, "--make")
    for more in ((), ("--make",)):
        result = queue(english, listed(row(consent="")), tmp_path, *more)
        assert result.exit_code == 1
        assert "list.csv:2: held [consent] no consent is recorded" in result.stderr
        assert "list.csv:2: held [waiting] but what was queued for it before still waits" in result.stderr
        assert "0 there already, 1 rows held." in result.stdout
    assert states(tmp_path) == [(2, "queued", "")]
    sent(tmp_path)
    assert "[waiting]" not in queue(english, listed(row(consent="")), tmp_path).stderr


def test_a_slip_in_an_address_that_is_mended_is_not_sent_all_the_same(english: Tiny, tmp_path: Path) -> None:
    """Mending the list does not stop what was queued to a stranger before."""
    queue(english, listed(row("jane.doe@exmaple.com")), tmp_path, "--make")
    for args in ((), ("--make",)):
        told = queue(english, listed(row()), tmp_path, *args).stderr
        assert "warning [elsewhere] message 1 still waits for the same patient and treatment" in told
        assert "careleaf mail cancel 1" in told
        assert "exmaple" not in told
    later = listed(row(day="2026-11-19"), row(OTHER, name=NAMES["Han"], record="R-1702"))
    assert "elsewhere" not in queue(english, later, tmp_path, "--make").stderr


def test_an_address_that_is_given_up_gets_nothing_and_the_trial_says_so(
    english: Tiny, tmp_path: Path
) -> None:
    queue(english, listed(row(OTHER, record="R-1")), tmp_path, "--make")
    with outbox.opened(box(tmp_path)) as there:
        there.suppress("Jane.Doe@example.com", "test")
    for more in ((), ("--make",)):
        result = queue(english, listed(row(), row(OTHER, record="R-1")), tmp_path, *more)
        assert result.exit_code == 1
        assert "list.csv:2: held [suppressed]" in result.stderr
        assert "1 there already, 1 rows held" in result.stdout
    assert [each[:2] for each in states(tmp_path)] == [(2, "queued"), (2, "held")]


def test_a_machine_gets_json_and_nothing_else_on_stdout(english: Tiny, tmp_path: Path) -> None:
    counts = {"queued": 3, "already": 0, "held": 4}
    for more, wanted in (((), counts), (("--make",), counts)):
        said = json.loads(queue(english, LIST, tmp_path, "--json", *more).stdout)
        assert {name: said[name] for name in counts} == wanted
        assert len(said["findings"]) == 5
    wrong = json.loads(queue(english, listed(row("jane")), tmp_path, "--json").stdout)
    assert wrong.keys() == said.keys()
    assert (wrong["queued"], len(wrong["findings"])) == (0, 1)


def test_a_list_can_go_without_its_days_for_a_calendar(english: Tiny, tmp_path: Path) -> None:
    assert queue(english, listed(row()), tmp_path, "--make", "--no-calendar").exit_code == 0
    query = "SELECT b.content FROM payload p JOIN blob b ON b.id = p.calendar"
    assert asked(tmp_path, query) == [(b"",)]


@pytest.mark.parametrize("make", [(), ("--make",)], ids=["trial", "make"])
def test_a_page_that_cannot_be_written_or_taken_away_is_told(
    english: Tiny, tmp_path: Path, make: tuple[str, ...]
) -> None:
    (tmp_path / PAGE / "in").mkdir(parents=True)
    result = queue(english, listed(row()), tmp_path, *make)
    assert result.exit_code == 1
    assert f"{tmp_path / PAGE}: Is a directory: " in result.stderr
    assert ("delete it, it names patients" if make else "put the list into a folder") in result.stderr
    assert ("1 sheets queued, 0 there already, 0 rows held." in result.stdout) == bool(make)


# --- Lists that are wrong --------------------------------------------------------------------------

START: Final = f"{DAY},en,{TOPIC}"
REFUSED: Final = {
    "no consent column": (
        f"treated-on,language,topic,email\n{START},jane@example.com",
        "no column 'consent'",
    ),
    "two addresses": (listed(row(f"jane@example.com,{OTHER}")), "more than one address in the cell"),
    "a line break": (listed(row(f"jane@example.com\nBcc: {OTHER}")), "a line break in the address"),
    "an encoded word": (listed(row("=?UTF-8?Q?=0A?=Bcc:jane@example.com")), "there is =? in the address"),
    "a name with a comma": (listed(row('"Example, Jane" <jane@example.com>')), "a name, quotes or brackets"),
    "a domain of other letters": (
        listed(row("jane@b\u00fccher.example")),
        "ASCII form, which starts with xn--",
    ),
    "a formula": (listed(row('=HYPERLINK("jane@example.com")')), "a name, quotes or brackets"),
    "a consent to come": (listed(row(consent="2026-11-26")), "is after today, which is 2026-11-25"),
    "a consent without a day": (listed(row(consent="yes")), "on which day the patient agreed"),
    "no password": (listed(row()), "a password has at least 10 characters"),
    "a day of birth": (listed(row(password="1980-11-24")), "a password of digits can be guessed"),  # noqa: S106 # nobody's
}


@pytest.mark.parametrize(("content", "phrase"), REFUSED.values(), ids=REFUSED)
def test_a_list_with_a_fault_queues_nothing_of_it(
    english: Tiny, tmp_path: Path, content: str, phrase: str
) -> None:
    good = row(record="R-2", password=PASSWORD)
    lock = ("--lock",) if "password" in phrase else ()
    result = queue(
        english, f"{content}\n{good}" if "password" in content else content, tmp_path, "--make", *lock
    )
    assert result.exit_code == 1
    assert phrase in result.stderr
    assert result.stdout.endswith("Nothing was queued.\n")
    assert not box(tmp_path).exists() or states(tmp_path) == []


def test_a_clinic_that_sends_no_mail_is_told_what_to_write(own: Tiny, tmp_path: Path) -> None:
    own.change(
        CLINIC,
        "mail:\n  host: mail.example.org\n  from: sheets@example.org\n  reply-to: desk@example.org\n",
        "",
    )
    for result in (queue(own, LIST, tmp_path), one(own, tmp_path), show(own, tmp_path)):
        assert result.exit_code == 1
        assert result.stderr.startswith(f"{CLINIC}:")
        assert "Write `mail:` into its file" in result.stderr


# --- All or none -----------------------------------------------------------------------------------


def test_a_fault_in_the_middle_leaves_the_outbox_as_it_was(
    english: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(english, listed(row(record="R-1")), tmp_path, "--make")
    real = batch.made

    def broken(*given: Any) -> Iterator[batch.Sheet]:  # noqa: ANN401 # as it is called
        yield next(real(*given))
        raise ValueError("no sheet for Jane Example")

    monkeypatch.setattr(batch, "made", broken)
    result = queue(english, LIST, tmp_path, "--make")
    assert result.exit_code == 1
    assert "Error: ValueError at " in result.stderr
    assert states(tmp_path) == [(2, "queued", "")]


KILLED: Final = """
import os, pathlib, signal, sys
from careleaf.cli.queueing import queue
from careleaf.mail.outbox import Outbox

real, count = Outbox._take_in, 0

def planted(*given):
    global count
    count += 1
    if count == 3:
        shown = pathlib.Path("/proc/self/cmdline").read_bytes() + pathlib.Path("/proc/self/comm").read_bytes()
        pathlib.Path(sys.argv[0]).write_bytes(shown)
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given)

Outbox._take_in = planted
sys.argv[0] = sys.argv.pop(1)
queue(sys.argv[1:])
"""


def test_a_run_that_is_killed_has_queued_nothing_and_left_nobodys_words(
    english: Tiny, tmp_path: Path
) -> None:
    """And no list of programs shows the words of the command while it runs."""
    day = date.today() - timedelta(days=1)  # noqa: DTZ011 # the process has the real clock
    secret = tmp_path / "jane.doe"
    secret.mkdir()
    (tmp_path / "tmp").mkdir()
    rows = (row(record=f"R-17{number}", day=f"{day}", consent=f"{day}") for number in range(5))
    (secret / "list.csv").write_text(listed(*rows), "utf-8")
    where = ("--root", english.root, "--library-out", tmp_path / "none", "--outbox", box(tmp_path))
    command = (tmp_path / "shown", secret / "list.csv", "--make", "--jobs", "1", *where)
    with (tmp_path / "log").open("wb") as log:
        ended = subprocess.run(  # noqa: S603 # our own command
            [sys.executable, "-P", "-c", KILLED, *map(str, command)],
            stdout=log,
            stderr=log,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(HERE / "src"),
                "TMPDIR": str(tmp_path / "tmp"),
            },
            timeout=120,
            check=False,
        )
    log_text = (tmp_path / "log").read_text("utf-8")
    assert ended.returncode == -signal.SIGKILL, log_text
    assert states(tmp_path) == []
    assert asked(tmp_path, "SELECT count(*) FROM payload") == [(0,)]
    shown = (tmp_path / "shown").read_bytes()
    assert shown.startswith(b"careleaf mail queue")
    left = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and path.parent not in {secret, box(tmp_path).parent}
    ]
    assert [path for path in left if found(SECRET, path.read_bytes())] == []
    assert list((tmp_path / "tmp").iterdir()) == []


# --- What only a password opens --------------------------------------------------------------------


def test_a_locked_sheet_opens_with_the_password_of_its_row_and_the_outbox_keeps_none(
    english: Tiny, tmp_path: Path
) -> None:
    content = listed(row(password=PASSWORD), row(OTHER, record="R-2", password="another twelve"))  # noqa: S106 # nobody's
    assert queue(english, content, tmp_path, "--lock").exit_code == 0
    assert found([PASSWORD], (tmp_path / PAGE).read_bytes()) == []
    assert queue(english, content, tmp_path, "--make", "--lock").exit_code == 0
    files = asked(tmp_path, "SELECT added FROM payload ORDER BY message")
    for (file,), password in zip(files, (PASSWORD, "another twelve"), strict=True):
        assert isinstance(file, bytes)
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(BytesIO(file))
        with pikepdf.open(BytesIO(file), password=password) as pdf:
            assert len(pdf.pages) > 0
    kept = b"".join(path.read_bytes() for path in box(tmp_path).parent.iterdir())
    assert found([PASSWORD, "another twelve"], kept) == []
    assert asked(tmp_path, "SELECT count(*) FROM blob WHERE content LIKE '%VCALENDAR%'") == [(0,)]


# --- One sheet -------------------------------------------------------------------------------------


def one(
    tiny: Tiny, folder: Path, *options: object, to: str = "jane.doe@example.com", consent: str = DAY
) -> Result:
    about = ("--lang", "en", "--treated-on", DAY, "--to", to, "--consented-on", consent, "--record", "R-1701")
    return run(tiny, folder, "queue-one", TOPIC, *about, *options)


def test_one_sheet_is_queued_by_the_same_rules(english: Tiny, tmp_path: Path) -> None:
    first = one(english, tmp_path)
    assert (first.exit_code, first.stderr) == (0, "")
    assert "1 sheets would be queued" in first.stdout
    assert not box(tmp_path).exists()
    assert one(english, tmp_path, "--make").stdout.startswith(
        "1 sheets queued, 0 there already, 0 rows held.\n"
    )
    assert "0 sheets queued, 1 there already" in one(english, tmp_path, "--make").stdout
    assert asked(tmp_path, "SELECT source, row, state, record FROM message") == [
        ("one", 0, "queued", "R-1701")
    ]
    # The same as a row of a list is the same sheet.
    assert "1 there already" in queue(english, listed(row(name="")), tmp_path, "--make").stdout


def test_one_sheet_is_held_as_a_row_is(english: Tiny, tmp_path: Path) -> None:
    old = one(english, tmp_path, "--make", consent="2024-01-02")
    assert old.exit_code == 1
    assert "held [consent] the consent is older than 365 days" in old.stderr
    draft = one(english, tmp_path, "--make", "--lang", "ar")
    assert "held [not-approved]" in draft.stderr
    slip = one(english, tmp_path, to="jane.doe@gmial.com")
    assert slip.exit_code == 0
    assert "warning [email] the address ends in gmial.com, which is almost gmail.com" in slip.stderr


ONE_REFUSED: Final = {
    "two addresses": ({"to": f"jane@example.com,{OTHER}"}, (), "more than one address"),
    "a name": ({"to": "Jane Example <jane@example.com>"}, (), "Write the address by itself"),
    "a consent to come": ({"consent": "2026-11-26"}, (), "2026-11-26 is a day to come"),
    "two needs": ({}, ("--large-print", "--bilingual"), "Ask for one of"),
    "an unknown topic": ({}, ("washing-hand",), "Did you mean washing-hands?"),
    "an address in its own place": ({}, ("jane.doe@example.com",), "The address stands behind --to."),
    "an address for a language": ({}, ("--lang", "jane.doe@example.com"), "The address stands behind --to."),
    "an address for a day": ({}, ("--treated-on", "jane.doe@example.com"), "an address is no day"),
    "a day too long ago": ({}, ("--treated-on", "2023-11-24"), "more than a year ago"),
}


@pytest.mark.parametrize(("how", "options", "phrase"), ONE_REFUSED.values(), ids=ONE_REFUSED)
def test_one_sheet_that_is_asked_for_wrongly_is_wrong_usage_and_quotes_nobody(
    english: Tiny, tmp_path: Path, how: dict[str, str], options: tuple[str, ...], phrase: str
) -> None:
    result = one(english, tmp_path, "--make", *options, **how)
    assert result.exit_code == 2
    assert phrase in " ".join(result.stderr.split())
    assert not box(tmp_path).exists()


def test_address_name_and_password_can_be_asked_for_so_that_no_list_of_programs_shows_them(
    english: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"Address": " jane.doe@Example.com", "Name": "Jane Example", "Password of the PDF": PASSWORD}
    seen: list[tuple[str, bool]] = []

    def prompt(text: str, *, value_proc: Callable[[str], str], **how: bool) -> str:
        seen.append((text, how["hide_input"] and how["confirmation_prompt"]))
        assert how["err"]
        return value_proc(answers[text])

    monkeypatch.setattr(click, "prompt", prompt)
    result = one(english, tmp_path, "--make", "--lock", "--name", "-", to="-")
    assert result.exit_code == 0
    assert seen == [("Name", False), ("Address", False), ("Password of the PDF", True)]
    assert asked(tmp_path, "SELECT address FROM payload") == [("jane.doe@example.com",)]


# --- Calling back ----------------------------------------------------------------------------------


def sent(folder: Path, *, most: int = 100) -> None:
    """Let everything that waits be sent."""
    with outbox.opened(box(folder)) as there, there.sole_sender():
        for _ in range(most):
            leased = there.lease("harbour", 1000, 1000)
            if leased is None:
                return
            there.settle(leased.id, Outcome(State.SENT, "250"))


def withdraw(tiny: Tiny, lang: str, day: date = TODAY) -> None:
    library = tiny.library()
    found = readings(library, library.topics[TOPIC], lang)
    event = record.withdrawal(lang, "Test Reviewer", day, "A fixture.", found)
    record.append(tiny.root, library, TOPIC, [event], found)


def correct(tiny: Tiny, folder: Path, *options: object, content: str | None = None) -> Result:
    file = folder / "again.csv"
    file.write_text(content or LIST, "utf-8")
    return run(tiny, folder, "correct", file, "--topic", TOPIC, *options)


def corrections(folder: Path) -> list[tuple[object, ...]]:
    return asked(folder, "SELECT row, lang, state, reason FROM message WHERE kind = 'correction' ORDER BY id")


def approve_another(tiny: Tiny) -> None:
    """Approve another topic in English: its page words have those of a correction."""
    text = (tiny.root / f"content/topics/{TOPIC}.yaml").read_text("utf-8")
    tiny.write("content/topics/washing-feet.yaml", text)
    library = tiny.library()
    found = readings(library, library.topics["washing-feet"], "en")
    person = {
        "role": "clinical",
        "name": "Test Reviewer",
        "credential": "fixture",
        "until": TODAY + timedelta(days=9),
    }
    record.append(tiny.root, library, "washing-feet", [record.approval("en", TODAY, found, person)], found)


def test_what_was_sent_with_a_text_that_is_withdrawn_is_called_back_once(own: Tiny, tmp_path: Path) -> None:
    queue(own, LIST, tmp_path, "--make")
    sent(tmp_path)
    early = correct(own, tmp_path, "--make")
    assert (early.exit_code, early.stdout) == (1, ""), (
        "whoever forgot to withdraw it must not think that all is done"
    )
    assert f"no text of {TOPIC} was withdrawn: first run careleaf withdraw {TOPIC}" in early.stderr
    withdraw(own, "en")
    approve_another(own)
    trial = correct(own, tmp_path)
    assert (trial.exit_code, trial.stderr) == (0, ""), "the rows that got nothing are not told"
    assert "3 corrections would be queued, 0 there already, 0 rows held." in trial.stdout
    assert corrections(tmp_path) == []
    made = correct(own, tmp_path, "--make")
    assert "3 corrections queued, 0 there already, 0 rows held." in made.stdout
    assert corrections(tmp_path) == [
        (2, "en", "queued", ""),
        (3, "en", "queued", ""),
        (8, "en", "queued", ""),
    ]
    sent(tmp_path)
    assert "0 corrections queued, 3 there already" in correct(own, tmp_path, "--make").stdout
    assert f"no text of {TOPIC} in ar was withdrawn" in correct(own, tmp_path, "--lang", "ar").stderr


def test_a_correction_has_no_sheet_and_an_old_consent_holds_none(own: Tiny, tmp_path: Path) -> None:
    queue(own, listed(row()), tmp_path, "--make")
    sent(tmp_path)
    withdraw(own, "en")
    approve_another(own)
    again = listed(row(consent=""), row(consent="2020-01-01", record="R-9"))
    assert "1 corrections queued" in correct(own, tmp_path, "--make", content=again).stdout
    query = "SELECT b.content, p.address, p.added FROM payload p JOIN blob b ON b.id = p.letter"
    ((letter, address, added),) = asked(tmp_path, query)
    assert isinstance(letter, bytes)
    assert "do not follow the sheet" in json.loads(letter)["text"]
    assert (address, added) == ("jane.doe@example.com", b"")


def test_without_approved_words_for_it_a_correction_is_held_and_says_call(own: Tiny, tmp_path: Path) -> None:
    queue(own, LIST, tmp_path, "--make")
    sent(tmp_path)
    withdraw(own, "en")
    for more, wanted in (((), []), (("--make",), 3 * ["held"])):
        result = correct(own, tmp_path, *more)
        assert result.exit_code == 1
        assert result.stderr.count("call the patient") == 3
        assert [each[2] for each in corrections(tmp_path)] == wanted
    approve_another(own)
    assert "3 corrections queued" in correct(own, tmp_path, "--make").stdout, "they replace what was held"


def test_addresses_that_the_list_lacks_and_those_given_up_are_counted(own: Tiny, tmp_path: Path) -> None:
    queue(own, LIST, tmp_path, "--make")
    sent(tmp_path)
    withdraw(own, "en")
    approve_another(own)
    with outbox.opened(box(tmp_path)) as there:
        there.suppress(OTHER, "test")
    result = correct(own, tmp_path, "--make", content=listed(row(), row(OTHER, record="R-1702")))
    assert result.exit_code == 1
    assert "1 messages with a withdrawn text went to addresses that this list lacks" in result.stderr
    assert "1 corrections go to addresses that get nothing any more" in result.stderr
    assert [each[:3] for each in corrections(tmp_path)] == [(2, "en", "queued"), (3, "en", "held")]


def test_what_is_withdrawn_again_can_be_called_back_again(own: Tiny, tmp_path: Path) -> None:
    approve_another(own)
    queue(own, listed(row()), tmp_path, "--make")
    sent(tmp_path)
    withdraw(own, "en", TODAY - timedelta(days=1))
    assert "1 corrections queued" in correct(own, tmp_path, "--make").stdout
    own.approve("en", "clinical")
    assert "0 corrections queued, 0 there" in correct(own, tmp_path, "--make").stdout
    withdraw(own, "en")
    assert "1 corrections queued" in correct(own, tmp_path, "--make").stdout


def test_a_correction_from_an_outbox_that_is_not_there_is_told(english: Tiny, tmp_path: Path) -> None:
    result = correct(english, tmp_path, "--make")
    assert result.exit_code == 1
    assert "is not there: nothing was sent from it. Name it with --outbox." in result.stderr
    assert not box(tmp_path).exists()


# --- Looking at it ---------------------------------------------------------------------------------


def show(tiny: Tiny, folder: Path, *options: object) -> Result:
    return run(tiny, folder, "preview", TOPIC, "--lang", "en", "-o", folder / "look", *options)


def test_a_preview_is_about_nobody_and_touches_no_outbox(english: Tiny, tmp_path: Path) -> None:
    result = show(english, tmp_path)
    assert result.exit_code == 0, result.stderr
    names = ["message.eml", "message.html", "message.png", "message.txt"]
    assert sorted(each.name for each in (tmp_path / "look").iterdir()) == names
    message = email.message_from_bytes(
        (tmp_path / "look/message.eml").read_bytes(), policy=email.policy.default
    )
    assert message["To"] == "patient@example.invalid"
    assert (tmp_path / "look/message.png").read_bytes().startswith(b"\x89PNG")
    assert "Harbour Clinic" in (tmp_path / "look/message.txt").read_text("utf-8")
    assert not box(tmp_path).exists()


def test_a_preview_that_cannot_be_is_told(english: Tiny, tmp_path: Path) -> None:
    assert show(english, tmp_path, "--bilingual").exit_code == 1
    assert show(english, tmp_path, "--lang", "xx").exit_code == 2
    assert not (tmp_path / "look").exists()
