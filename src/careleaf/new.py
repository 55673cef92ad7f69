"""A library of one's own: a copy of the one that came with careleaf."""

import shutil
from pathlib import Path

from careleaf.load import FOLDERS


def new_library(source: Path, target: Path) -> None:
    """Copy a library into a folder that is new or empty. Raises FileExistsError."""
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{target} is not empty: choose a new folder")
    for folder in FOLDERS:
        shutil.copytree(source / folder, target / folder)
