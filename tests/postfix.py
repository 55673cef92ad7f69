"""A Postfix of our own: Debian's, with its configuration, queue and mailbox in a folder of the test.

`tools/mail_tests.sh` installs it. It touches nothing of a Postfix that the machine may be running.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mailserver import HOST, authority

MEND = "run: sh tools/mail_tests.sh"
NOBODY = 65534
MAIN = """
compatibility_level = 3.6
config_directory = {home}/conf
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file_prefixes = {home}
maillog_file = {home}/log
myhostname = localhost
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {home}/conf/server.pem
smtpd_peername_lookup = no
in_flow_delay = 0
minimal_backoff_time = 1s
queue_run_delay = 1s
virtual_mailbox_domains = example.com
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{owner}
virtual_gid_maps = static:{owner}
virtual_destination_recipient_limit = 1
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def binary() -> str:
    """Give the path of Debian's Postfix, which only root can start."""
    found = shutil.which("postfix") or shutil.which("postfix", path="/usr/sbin")
    assert found, f"Postfix is missing: {MEND}"
    assert os.geteuid() == 0, "only root can start Postfix: run these tests as root, or in a container"
    return found


class Postfix:
    """One that can be killed, and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        for name in ("conf", "queue", "data", "mail"):
            (home / name).mkdir()
        shutil.chown(home / "data", "postfix")
        shutil.chown(home / "mail", NOBODY, NOBODY)
        proof = authority().issue_cert(HOST).private_key_and_cert_chain_pem
        proof.write_to_path(str(home / "conf" / "server.pem"))
        (home / "conf" / "main.cf").write_text(MAIN.format(home=home, owner=NOBODY))
        (home / "conf" / "master.cf").write_text(MASTER.format(port=self.port))

    def start(self) -> None:
        done = subprocess.run(  # noqa: S603 # our own command
            [binary(), "-c", str(self.home / "conf"), "start"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr + self.log()
        wait_for(self.listens, f"Postfix does not start: {self.log()}")

    def listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def kill(self) -> None:
        """End all of it at once, as in a power cut."""
        with suppress(FileNotFoundError, ProcessLookupError):
            os.killpg(int((self.home / "queue" / "pid" / "master.pid").read_text()), signal.SIGKILL)

    def log(self) -> str:
        path = self.home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def delivered(self) -> int:
        return sum(1 for _ in self.mailbox())

    def is_done(self) -> bool:
        """Whether all that it took over has arrived."""
        queues = (self.home / "queue" / name for name in ("incoming", "active", "deferred"))
        return not any(path.is_file() for queue in queues for path in queue.rglob("*"))

    def mailbox(self) -> Iterator[Path]:
        """Give each message that arrived."""
        return (self.home / "mail" / "all" / "new").glob("*")


def queue_id(received: bytes) -> bytes:
    """Say under which name Postfix took a message over: two of them are two deliveries of ours."""
    found = re.search(rb"\(Postfix\)[^;]*\bid (\w+)", received)
    assert found, "Postfix has not stamped it"
    return found[1]


def wait_for(done: Callable[[], bool], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@contextmanager
def postfix() -> Iterator[Postfix]:
    """Run one."""
    binary()
    with TemporaryDirectory(prefix="careleaf-postfix-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o755)
        made = Postfix(home)
        made.start()
        try:
            yield made
        finally:
            made.kill()
