"""Mail through the server that most clinics have, as Debian packages it. It dies, and so does the sender."""

import random
import signal
import threading
from datetime import timedelta
from pathlib import Path

from careleaf.mail.outbox import opened
from careleaf.mail.parcel import State
from tests.mailserver import trust
from tests.postfix import Postfix, postfix, queue_id, wait_for
from tests.test_mail_kill import Order, Senders, parcel, senders

MESSAGES = 1000
POINTS = ("connect", "leased", "data", "commit", "committed", "any time")


def test_nobody_is_left_out_by_a_real_postfix_that_dies_too(tmp_path: Path) -> None:
    path = tmp_path / "outbox" / "outbox.sqlite"
    with opened(path) as outbox:
        outbox.put((parcel(each, f"jane.{each}@example.com") for each in range(MESSAGES)), timedelta(days=30))
    with (
        postfix() as server,
        senders(path, server.port, trust(tmp_path), "cannot be reached", login=False) as started,
    ):
        kills = sum(kill_one(started, point) for point in POINTS * 2)
        cut_power(server, started)
        server.start()
        for days in range(1, 4):
            assert started.send(Order(days)) == 0
        wait_for(server.is_done, "Postfix has not delivered all")
        received = [each.read_bytes() for each in server.mailbox()]
    judge(received, kills)
    with opened(path) as outbox:
        assert outbox.counts() == {"clinic": {State.SENT: MESSAGES}}


def kill_one(started: Senders, point: str) -> bool:
    chance = random.Random(point)  # noqa: S311 # not for secrets
    after = 0.2 if point == "any time" else 0
    order = Order(0, point, chance.randint(1, 20))
    return started.send(order, after) == -signal.SIGKILL


def cut_power(server: Postfix, started: Senders) -> None:
    """Kill Postfix while a sender is at it; the sender ends by itself."""
    arrived = server.delivered()
    sending = threading.Thread(target=started.send, args=(Order(0.5),))
    sending.start()
    wait_for(lambda: server.delivered() > arrived + 100, "Postfix delivers nothing")
    server.kill()
    sending.join()


def judge(received: list[bytes], kills: int) -> None:
    copies: dict[bytes, set[bytes]] = {}
    taken: dict[bytes, set[bytes]] = {}
    for each in received:
        head, _, message = each.partition(b"\nFrom: ")
        who = message.partition(b"\nTo: ")[2].partition(b"\n")[0]
        assert b"Delivered-To: " + who in head, "a message reached somebody else"
        assert b"with ESMTPS" in head, "a message came without TLS"
        copies.setdefault(who, set()).add(message)
        taken.setdefault(who, set()).add(queue_id(head))
    twice = sum(map(len, taken.values())) - len(taken)
    numbers = f"{kills} kills, {twice} sent twice, {len(received)} copies of {len(copies)} messages"
    assert len(copies) == MESSAGES, numbers
    assert kills >= 10, numbers
    assert twice <= kills + 1, numbers
    assert max(map(len, copies.values())) == 1, f"copies of a message differ; {numbers}"
