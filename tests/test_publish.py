"""The output folder has whole files or none, whatever happens in mid-build."""

import errno
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from careleaf import pool, publish
from careleaf.model import Selection
from careleaf.publish import LOCK, MANIFEST, UNFINISHED, PublishError
from tests.conftest import ROOT, Tiny

TEXT = Selection(formats=("text",))
PLAIN = Selection(formats=("text", "web"))
TOPIC = "content/topics/washing-hands.yaml"

# Builds, and is killed at the n-th call of a system call of `publish`, before or after it is done.
KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from careleaf.model import Selection
from careleaf.pipeline import Options, build

root, out, owner, call, number, moment = sys.argv[1:]
holder = {"os": os, "Path": Path}[owner]
real, calls = getattr(holder, call), []

def deadly(*args, **options):
    calls.append(args)
    last = len(calls) == int(number)
    if last and moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(*args, **options)
    if last:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

if __name__ == "__main__":
    setattr(holder, call, deadly)
    build(Path(root), Path(out), Selection(formats=("text",)), Options(date(2026, 11, 25), 1))
"""


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the leaflets in this process: starting workers would take most of the time."""
    monkeypatch.setattr(pool, "run", lambda jobs, _, make: ((job, make(job)) for job in jobs))


def contents(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != LOCK
    }


def assert_whole(out: Path) -> None:
    """Every file is in the manifest with its sum, and no other file is there."""
    files = contents(out)
    manifest = json.loads(files.pop(MANIFEST))
    rows, site = manifest["editions"], manifest["site"]
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert sums == {row["path"]: row["sha256"] for row in (*rows, *site)}
    assert all(len(files[row["path"]]) == row["bytes"] > 0 for row in rows)


LIMITED = """
import os, resource, sys

size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
os.execv(sys.argv[2], sys.argv[2:])
"""


def careleaf(*args: str, file_size: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, whose files may not pass a size."""
    # A process in between sets the limit: to run Python between fork and exec is not safe beside threads.
    limited = [] if file_size is None else [sys.executable, "-c", LIMITED, str(file_size)]
    command = [*limited, sys.executable, str(ROOT / "build.py"), *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603 # ours


def killed_build(root: Path, out: Path, moment: str) -> None:
    """Build the two texts, and be killed at a moment like "os fsync 1 before"."""
    script = out.with_name("killed.py")
    script.write_text(KILLED, "utf-8")
    command = [sys.executable, str(script), str(root), str(out), *moment.split()]
    killed = subprocess.run(command, check=False, timeout=120)  # noqa: S603 # our own script
    assert killed.returncode == -9


@pytest.mark.parametrize(
    "moment",
    [
        "os fsync 1 before",
        "Path replace 1 before",
        "Path replace 1 after",
        "Path replace 3 before",
        "Path replace 3 after",
    ],
)
def test_after_a_kill_in_mid_build_the_next_build_completes_and_leaves_no_torn_file(
    tiny: Tiny, tmp_path: Path, moment: str
) -> None:
    out, clean = tmp_path / "out", tmp_path / "clean"
    killed_build(tiny.root, out, moment)
    tiny.build(out, TEXT)
    tiny.build(clean, TEXT)
    assert_whole(out)
    assert contents(out) == contents(clean)
    assert not list(out.rglob(f"{UNFINISHED}*"))


def test_a_text_that_went_stale_after_a_kill_is_taken_away(tiny: Tiny, tmp_path: Path) -> None:
    """The killed build's files are in no manifest yet; a leaflet that is not current must still go."""
    out = tmp_path / "out"
    killed_build(tiny.root, out, "Path replace 4 before")
    assert (out / "harbour/ar/washing-hands.text.txt").exists()
    tiny.change(TOPIC, "your hands swell", "your hands swell up")
    tiny.build(out, TEXT)
    assert [path.parent.name for path in out.rglob("*.txt")] == ["en"]
    assert_whole(out)


def test_a_full_disk_is_one_message_and_nothing_torn(tiny: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build_tiny = ("build", "--root", str(tiny.root), "--out", str(out), "--jobs", "1")
    formats = ("--format", "text", "--format", "web")
    full = careleaf(*build_tiny, *formats, file_size=4096)
    assert full.returncode == 1
    assert full.stderr.count("\n") == 1
    assert full.stderr.startswith(f"Error: {out}")
    assert "free some space" in full.stderr
    assert "Traceback" not in full.stderr
    assert not list(out.rglob(f"{UNFINISHED}*"))
    done = contents(out)
    done.pop("manifest.json")
    assert all(name.endswith(".txt") for name in done), "what did not fit is not there in part"
    assert careleaf(*build_tiny, *formats).returncode == 0
    assert_whole(out)
    assert done.items() <= contents(out).items()


def test_a_full_disk_leaves_the_old_leaflet_in_place(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    tiny.build(out, TEXT)
    before = contents(out)
    tiny.change("content/clinics/harbour.yaml", "020 7946 0991", "020 7946 0992")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(PublishError, match="No space left on device: free some space"):
            tiny.build(out, TEXT)
    assert contents(out) == before
    tiny.build(out, TEXT)
    assert_whole(out)
    assert contents(out).keys() == before.keys()
    assert contents(out) != before


def test_a_folder_that_cannot_be_written_to_is_one_message(tiny: Tiny) -> None:
    """/proc takes no new folders, from root neither."""
    refused = careleaf("build", "--root", str(tiny.root), "--out", "/proc/leaflets", "--format", "text")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: /proc/leaflets: ")
    assert "--out" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_file_where_a_folder_must_be_is_one_message(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/harbour").write_text("a clinic's note", "utf-8")
    with pytest.raises(PublishError, match="harbour"):
        tiny.build(tmp_path / "out", TEXT)
    assert (tmp_path / "out/harbour").read_text("utf-8") == "a clinic's note"


def test_a_second_build_into_the_same_folder_says_that_another_is_at_work(tiny: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with publish.opened(out):
        second = careleaf("build", "--root", str(tiny.root), "--out", str(out), "--format", "text")
    assert second.returncode == 1
    assert second.stderr == f"Error: another build is writing to {out}: wait for it, or choose --out\n"
    assert contents(out) == {}
    tiny.build(out, TEXT)
    assert_whole(out)


def edit_manifest(out: Path, edit: Callable[[list[dict[str, object]]], list[dict[str, object]]]) -> None:
    """Damage the rows of a manifest that is otherwise sound."""
    manifest = json.loads((out / MANIFEST).read_text("utf-8"))
    assert manifest["editions"]
    manifest["editions"] = edit(manifest["editions"])
    (out / MANIFEST).write_text(json.dumps(manifest), "utf-8")


@pytest.mark.parametrize(
    "path", ["../precious.txt", "harbour/../../precious.txt", "{absolute}", "linked/precious.txt"]
)
def test_a_manifest_cannot_make_a_build_delete_files_outside_its_folder(
    tiny: Tiny, tmp_path: Path, path: str
) -> None:
    out, precious = tmp_path / "out", tmp_path / "precious.txt"
    precious.write_text("not a leaflet", "utf-8")
    tiny.build(out, TEXT)
    (out / "linked").symlink_to(tmp_path)
    edit_manifest(out, lambda rows: [*rows, rows[0] | {"path": path.format(absolute=precious)}])
    tiny.build(out, TEXT)
    assert precious.read_text("utf-8") == "not a leaflet"


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "{",
        "[]",
        "null",
        '{"editions": null}',
        '{"editions": ["a"]}',
        '{"editions": [{"path": "harbour/en/washing-hands.text.txt"}]}',
        "\ud800",
        "[" * 100_000,
    ],
    ids=["empty", "torn", "list", "null", "no-rows", "no-mapping", "half-a-row", "not-utf-8", "deep"],
)
def test_a_damaged_manifest_is_made_again(tiny: Tiny, tmp_path: Path, damaged: str) -> None:
    out = tmp_path / "out"
    tiny.build(out, TEXT)
    before = contents(out)
    (out / MANIFEST).write_text(damaged, "utf-8", errors="surrogatepass")
    tiny.build(out, TEXT)
    assert contents(out) == before


@pytest.mark.parametrize("key", ["path", "digest", "sha256", "status"])
@pytest.mark.parametrize("wrong", [5, None, "", ["a"]], ids=["number", "null", "empty", "list"])
def test_a_manifest_with_a_wrong_value_is_made_again(
    tiny: Tiny, tmp_path: Path, key: str, wrong: object
) -> None:
    out = tmp_path / "out"
    tiny.build(out, TEXT)
    before = contents(out)
    edit_manifest(out, lambda rows: [row | {key: wrong} for row in rows])
    tiny.build(out, TEXT)
    assert contents(out) == before


def test_a_manifest_with_a_status_that_careleaf_does_not_know_is_made_again(
    tiny: Tiny, tmp_path: Path
) -> None:
    """Another version wrote it, or a disk error did. A build of everything trusts the manifest most."""
    out = tmp_path / "out"
    tiny.build(out)
    before = contents(out)
    edit_manifest(out, lambda rows: [row | {"status": "lost"} for row in rows])
    tiny.build(out)
    assert contents(out) == before


def test_a_lost_manifest_is_made_again(tiny: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "out"
    tiny.build(out, PLAIN)
    before = contents(out)
    (out / MANIFEST).unlink()
    tiny.build(out, PLAIN)
    assert contents(out) == before
