"""Something of one's own: a copy of the library that came with careleaf, or the skeleton of one more file."""

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Final

from careleaf.load import FOLDERS
from careleaf.model import SLUG, UI
from careleaf.publish import replace
from careleaf.render import page

YEARS: Final = 2
"""How long until the first review of a new topic."""


class Taken(Exception):  # noqa: N818 # as in "this name is taken"
    """The name cannot be used. The message says why."""


def new_library(source: Path, target: Path) -> None:
    """Copy a library into a folder that is new or empty. Raises Taken."""
    if target.exists() and any(target.iterdir()):
        raise Taken(f"{target} is not empty: choose a new folder")
    for folder in FOLDERS:
        shutil.copytree(source / folder, target / folder)


def new_topic(root: Path, name: str, kind: str, today: date) -> Path:
    """Write a commented skeleton of a topic. Raises Taken."""
    review = date(today.year + YEARS, today.month, min(today.day, 28))
    return _write(root, "topics", name, page("topic.yaml", kind=kind, today=today, review=review))


def new_clinic(root: Path, name: str) -> Path:
    """Write a commented skeleton of a clinic. Raises Taken."""
    return _write(root, "clinics", name, page("clinic.yaml"))


def _write(root: Path, folder: str, name: str, text: str) -> Path:
    if not re.match(SLUG, name) or name == UI:
        raise Taken(f"{name} is no name for a file here: use small letters a to z, digits and hyphens")
    file = root / "content" / folder / f"{name}.yaml"
    if file.exists():
        raise Taken(f"{file} is there already: choose another name")
    replace(file, text.encode())
    return file
