"""What `pip install careleaf` brings along: the command and a whole library, in an empty folder."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.conftest import ROOT


def run(*command: str | Path, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with an installed careleaf in front of the one that is tested."""
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    return subprocess.run(  # noqa: S603 # our own commands
        [str(part) for part in command], cwd=cwd, env=environment, check=False, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this repository."""
    folder = tmp_path_factory.mktemp("wheel")
    made = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert made.returncode == 0, made.stderr
    (found,) = folder.glob("careleaf-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with careleaf installed from the wheel; the libraries that it needs are this Python's own."""
    target = tmp_path_factory.mktemp("installed")
    options = ("--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check", "--quiet")
    done = run(sys.executable, "-m", "pip", "install", *options, "--target", target, wheel, cwd=target)
    assert done.returncode == 0, done.stderr
    return target


def careleaf(installed: Path, cwd: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, installed / "bin/careleaf", *args, cwd=cwd, path=installed)


def library_files(root: Path) -> set[str]:
    found = {
        path.relative_to(root).as_posix()
        for folder in ("content", "locales", "templates")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }
    assert len(found) > 30
    return found


def test_the_wheel_has_the_code_the_library_and_the_licences_and_nothing_else(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    inside = {name.removeprefix("careleaf/library/") for name in names if "careleaf/library/" in name}
    assert inside == library_files(ROOT)
    assert {"careleaf/cli/__init__.py", "careleaf/pages/review.html", "careleaf/fonts.toml"} <= names
    licences = {name.partition("/licenses/")[2] for name in names if "/licenses/" in name}
    assert licences == {"LICENSE", "content/LICENSE"}
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"careleaf"}
    assert not [name for name in names if "tests/" in name or name.endswith(".pyc")]


def test_an_installed_careleaf_builds_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    built = careleaf(installed, tmp_path, "build", "--topic", "milia-in-babies", "--format", "text")
    assert (built.returncode, built.stderr) == (0, "")
    assert built.stdout.startswith("9 built, 0 unchanged, in out/.")
    assert len(list(tmp_path.glob("out/*/*/milia-in-babies.text.txt"))) == 9
    again = careleaf(installed, tmp_path, "build", "--topic", "milia-in-babies", "--format", "text")
    assert again.stdout.startswith("0 built, 9 unchanged, in out/.")


def test_it_is_the_installed_careleaf_that_runs(installed: Path, tmp_path: Path) -> None:
    """Else the tests beside this one would test the repository."""
    where = "import careleaf, careleaf.load; print(careleaf.__file__); print(careleaf.load.home())"
    told = run(sys.executable, "-c", where, cwd=tmp_path, path=installed).stdout.splitlines()
    assert told == [str(installed / "careleaf/__init__.py"), str(installed / "careleaf/library")]


def test_a_clinic_gets_a_library_of_its_own_and_builds_from_it(installed: Path, tmp_path: Path) -> None:
    made = careleaf(installed, tmp_path, "new", "library", "my-clinic")
    assert (made.returncode, made.stderr) == (0, "")
    assert library_files(tmp_path / "my-clinic") == library_files(ROOT)
    clinic = next((tmp_path / "my-clinic/content/clinics").glob("*.yaml"))
    clinic.write_text(clinic.read_text("utf-8").replace("0123", "0124"), "utf-8")
    options = ("--topic", "milia-in-babies", "--lang", "en", "--format", "text")
    built = careleaf(installed, tmp_path, "build", "--root", "my-clinic", *options)
    assert (built.returncode, built.stderr) == (0, "")
    (page,) = tmp_path.glob("out/*/en/milia-in-babies.text.txt")
    assert "0 2 0, 7 9 4 6, 0 1 2 4" in page.read_text("utf-8")


def test_a_folder_with_a_library_in_it_is_worked_on_without_root(installed: Path, tmp_path: Path) -> None:
    careleaf(installed, tmp_path, "new", "library", "my-clinic")
    for clinic in (tmp_path / "my-clinic/content/clinics").glob("*.yaml"):
        clinic.rename(clinic.with_name("mine.yaml"))
    listed = careleaf(installed, tmp_path / "my-clinic", "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "  mine" in listed.stdout
