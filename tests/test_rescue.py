"""A damaged outbox: told, rescued, kept, and nothing is sent twice for it, nor to the wrong person."""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from careleaf.mail import store
from careleaf.mail.outbox import Outbox, OutboxError, Put, opened
from careleaf.mail.parcel import ENDED, WAITING, Outcome, State
from careleaf.mail.rescue import rescue
from tests.parcels import VALID, Hands, address, contents, parcel

PEOPLE = 60
GONE = 20
"""So many were sent."""
STOPPED = 50
"""Who has asked to get no mail."""
PAGE = 8192


@dataclass(frozen=True)
class Whole:
    """An outbox as a killed sender leaves it."""

    folder: Path
    maybe: frozenset[str]
    """The addresses to which something was sent, or may have been."""

    def into(self, folder: Path) -> Path:
        shutil.copytree(self.folder, folder)
        return folder / "outbox.sqlite"


@pytest.fixture(scope="module")
def hands() -> Hands:
    return Hands()


def fill(path: Path, hands: Hands) -> frozenset[str]:
    with opened(path, hands.wall, hands.running) as box:
        box.put([parcel(n, bytes(n * 40)) for n in range(PEOPLE)], VALID)
        box.suppress(address(STOPPED), "asked")
        gone = set()
        for _ in range(GONE):
            found = box.lease("clinic", 1000, 1000)
            assert found
            gone.add(found.address)
            box.settle(found.id, Outcome(State.SENT, "250"))
        failed, sending = box.lease("clinic", 1000, 1000), box.lease("clinic", 1000, 1000)
        assert failed
        assert sending
        box.settle(failed.id, Outcome(State.FAILED, "554"))
        box.cancel([PEOPLE - 1], None)
        box.tidy()
        hands.wait(timedelta(seconds=1))
        unsaved = box.lease("clinic", 1000, 1000)
        assert unsaved
        box.settle(unsaved.id, Outcome(State.SENT, "250"))
        shutil.copytree(path.parent, path.parent.with_name("killed"))
        return frozenset(gone | {sending.address, unsaved.address})


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, hands: Hands) -> Whole:
    """Its last answer stands in the log beside the file only."""
    folder = tmp_path_factory.mktemp("whole")
    maybe = fill(folder / "box" / "outbox.sqlite", hands)
    assert (folder / "killed" / "outbox.sqlite-wal").stat().st_size
    return Whole(folder / "killed", maybe)


@pytest.fixture(scope="module")
def closed(killed: Whole) -> Whole:
    return Whole(killed.folder.with_name("box"), killed.maybe)


@pytest.fixture(params=["killed", "closed"])
def whole(request: pytest.FixtureRequest, killed: Whole, closed: Whole) -> Whole:
    return killed if request.param == "killed" else closed


def sent_by(path: Path, hands: Hands) -> Iterator[str]:
    """Send whatever goes out, and tell to whom: if its contents are not that person's, fail."""
    with opened(path, hands.wall, hands.running) as box, box.sole_sender():
        while found := box.lease("clinic", 1000, 1000):
            number = int(found.address.split("@")[0].split(".")[1])
            assert found.contents == contents(number, bytes(number * 40))
            yield found.address
            box.settle(found.id, Outcome(State.SENT, "250"))


def put_again(path: Path, hands: Hands) -> Put:
    with opened(path, hands.wall, hands.running) as box:
        return box.put([parcel(n, bytes(n * 40)) for n in range(PEOPLE)], VALID)


def check(path: Path, whole: Whole, hands: Hands) -> str:
    """Use a damaged outbox as a clinic does; gives how it went."""
    # Whoever is in the middle of a message may get it once more: that is what "unknown" means.
    never = whole.maybe - {address(GONE + 1)} | {address(STOPPED), address(PEOPLE - 2)}
    out: list[str] = []
    try:
        out += sent_by(path, hands)
        again = put_again(path, hands)
        assert again.queued == 0
    except store.DamagedError:
        went = rescue_and_check(path, hands, out)
    else:
        went = "unharmed"
    assert not never & set(out)
    assert len(set(out)) == len(out)
    return went


def rescue_and_check(path: Path, hands: Hands, out: list[str]) -> str:
    before = path.read_bytes()
    logged = path.with_name("outbox.sqlite-wal").exists()
    result = rescue(path, hands.wall)
    assert logged or result.damaged.read_bytes() == before
    assert sorted(file.name for file in path.parent.glob("[!.]*") if ".damaged-" not in file.name) == [
        "outbox.sqlite",
        "outbox.sqlite.sending",
    ]
    assert list(sent_by(path, hands)) == []
    put_again(path, hands)
    out += sent_by(path, hands)
    with pytest.raises(OutboxError, match="not damaged"):
        rescue(path, hands.wall)
    return "forgets" if result.forgets else f"{result.lost} lost"


def zeros(page: bytes, _: random.Random) -> bytes:
    return bytes(len(page))


def noise(page: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(len(page))


def bits(page: bytes, chance: random.Random) -> bytes:
    changed = bytearray(page)
    for _ in range(12):
        changed[chance.randrange(len(page))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def half(page: bytes, chance: random.Random) -> bytes:
    return page[: PAGE // 2] + chance.randbytes(PAGE // 2)


Damage = Callable[[bytes, random.Random], bytes]


@pytest.mark.parametrize("damage", [zeros, noise, bits, half])
def test_whatever_page_is_damaged_nothing_is_sent_twice(
    closed: Whole, hands: Hands, tmp_path: Path, damage: Damage
) -> None:
    content = (closed.folder / "outbox.sqlite").read_bytes()
    chance = random.Random(7)  # noqa: S311 # the same damage each time
    went = {}
    for start in range(0, len(content), PAGE):
        path = closed.into(tmp_path / str(start))
        page = content[start : start + PAGE]
        path.write_bytes(content[:start] + damage(page, chance) + content[start + PAGE :])
        went[start // PAGE] = check(path, closed, hands)
    assert "0 lost" in went.values()
    # Of whatever one page told, another tells what was sent.
    assert "forgets" not in went.values()


def cut(size: int) -> Callable[[bytes], bytes]:
    return lambda content: content[:size]


@pytest.mark.parametrize(
    "damage",
    [
        cut(0),
        cut(10),
        cut(100),
        cut(PAGE),
        cut(PAGE * 7 + 100),
        cut(PAGE * 30),
        lambda content: bytes(100) + content[100:],
        lambda content: bytes(PAGE) + content[PAGE:],
        lambda content: b"\0" * len(content),
        lambda _: b"A letter to Santa Claus.\n" * 999,
    ],
    ids=["emptied", "10", "100", "page", "7 pages", "30 pages", "header", "first page", "zeros", "text"],
)
def test_whatever_is_cut_off_or_overwritten_nothing_is_sent_twice(
    whole: Whole, hands: Hands, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = whole.into(tmp_path / "box")
    path.write_bytes(damage(path.read_bytes()))
    check(path, whole, hands)


def test_a_header_that_is_overwritten_loses_nothing(closed: Whole, hands: Hands, tmp_path: Path) -> None:
    path = closed.into(tmp_path / "box")
    path.write_bytes(bytes(PAGE) + path.read_bytes()[PAGE:])
    result = rescue(path, hands.wall)
    assert (result.rows, result.lost, result.forgets) == (PEOPLE, 0, False)
    with opened(path, hands.wall, hands.running) as box:
        counts = box.counts()["clinic"]
        assert counts[State.SENT] == GONE + 1
        assert not counts.keys() & WAITING
        assert box.suppressed(address(STOPPED))
        held = [each for each in box.entries({State.HELD}) if each.reason == "rescued: may have been sent"]
        assert box.retry([held[-1].id]) == 1
        assert list(box.entries(ENDED))
    assert list(sent_by(path, hands)) == [address(held[-1].row - 1)]


def test_an_empty_page_of_tables_can_be_put_back(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    store.make(path)
    with path.open("rb") as file:
        assert file.read(PAGE)[100] == 0x0D, "the tables are described on more than the first page"


@pytest.mark.parametrize("steps", range(1, 7))
def test_a_rescue_that_is_cut_short_is_done_again(
    closed: Whole, hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    path = closed.into(tmp_path / "box")
    path.write_bytes(bytes(PAGE) + path.read_bytes()[PAGE:])
    left = [steps]
    real = Path.rename

    def until_killed(self: Path, target: Path) -> Path:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", until_killed)
        try:
            rescue(path, hands.wall)
        except KeyboardInterrupt:
            with pytest.raises(OutboxError, match="careleaf mail rescue"), opened(path):
                pytest.fail("an empty outbox would send all of it again")
            patch.undo()
            assert rescue(path, hands.wall).rows == PEOPLE
    # Who wants no mail is held once more.
    assert put_again(path, hands) == Put(0, 1, PEOPLE - 1)


@pytest.mark.parametrize(
    "change",
    ["UPDATE message SET queued_at = 'no time' WHERE id = 60", "UPDATE wordset SET words = '[[1, 2]]'"],
)
def test_what_only_we_can_see_is_damaged_is_rescued_too(
    change: str, closed: Whole, hands: Hands, tmp_path: Path
) -> None:
    """Else one command says that it is damaged, and the other that there is nothing to rescue."""
    path = closed.into(tmp_path / "box")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(change)
    with opened(path, hands.wall, hands.running) as box, pytest.raises(store.DamagedError):
        list(box.entries(frozenset(State)))
    rescue(path, hands.wall)
    with opened(path, hands.wall, hands.running) as box:
        assert len(list(box.entries(frozenset(State)))) == PEOPLE
    assert put_again(path, hands).queued == 0


def test_what_is_not_damaged_is_not_rescued(closed: Whole, hands: Hands, tmp_path: Path) -> None:
    path = closed.into(tmp_path / "box")
    before = path.read_bytes()
    with pytest.raises(OutboxError, match="not damaged"):
        rescue(path, hands.wall)
    assert path.read_bytes() == before
    with pytest.raises(OutboxError, match="is not there"):
        rescue(tmp_path / "box" / "other.sqlite", hands.wall)


def test_nothing_is_rescued_while_somebody_sends(closed: Whole, hands: Hands, tmp_path: Path) -> None:
    path = closed.into(tmp_path / "box")
    with opened(path, hands.wall) as box, box.sole_sender(), pytest.raises(OutboxError, match="is sending"):
        rescue(path, hands.wall)


def test_a_rescue_on_a_full_disk_leaves_the_damaged_file(
    closed: Whole, hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = closed.into(tmp_path / "box")
    path.write_bytes(bytes(PAGE) + path.read_bytes()[PAGE:])
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OutboxError, match="No space left"):
        rescue(path, hands.wall)
    assert path.read_bytes() == before
    assert {file.name for file in path.parent.glob("[!.]*")} == {"outbox.sqlite", "outbox.sqlite.sending"}


def test_when_nobody_knows_what_was_sent_new_treatments_go_and_old_ones_wait_for_a_person(
    hands: Hands, tmp_path: Path
) -> None:
    path = tmp_path / "outbox.sqlite"
    path.touch()
    assert rescue(path, hands.wall).forgets
    later = (hands.now + timedelta(days=2)).date()
    with opened(path, hands.wall, hands.running) as box:
        both = [parcel(1), parcel(2, treated_on=later)]
        assert box.put(both, VALID) == Put(1, 1, 0)
        assert box.put(both, VALID) == Put(0, 0, 2)
        assert leased_to(box) == [address(2)]
        assert box.retry(None) == 1
        assert leased_to(box) == [address(1)]


def leased_to(box: Outbox) -> list[str]:
    found = []
    while lease := box.lease("clinic", 1000, 1000):
        found.append(lease.address)
    return found
