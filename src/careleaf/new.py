"""Something of one's own: a copy of the library that came with careleaf, or the skeleton of one more file."""

import re
import shutil
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Final

from careleaf import fonts, locales
from careleaf.load import FOLDERS
from careleaf.model import SLUG, TAG, UI, Locale
from careleaf.publish import replace
from careleaf.render import page

YEARS: Final = 2
"""How long until the first review of a new topic."""
UNBROKEN: Final = {"Khmr", "Laoo", "Mymr"}
"""Scripts without spaces for which the engine finds no place to break a line."""
UNSPACED: Final = UNBROKEN | {"Thai", "Hans", "Hant", "Jpan", "Tibt"}
"""Scripts without spaces between words."""
COMPACT: Final = {"Latn", "Cyrl", "Grek", "Hebr", "Armn", "Geor"}
"""Scripts with few signs above and below their letters."""
LANGUAGE_FILES: Final = {
    "profile.yaml": "profile.yaml",
    "language.yaml": "language.yaml",
    "glossary.yaml": "renderings.yaml",
}
"""The files of a language besides its catalogs, each with its page here."""
USUAL: Final = 1.4
ROOMY: Final = 1.6
"""Line heights, as multiples of the font size."""


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


def new_language(root: Path, tag: str, cldr: str, source: Locale) -> tuple[Path, ...]:
    """Write a language's profile from CLDR, and its words for the checks. Raises Taken, LookupError."""
    if not re.match(TAG, tag):
        raise Taken(f"{tag} is no language tag: write it like fr, pt-BR or zh-Hant")
    folder = root / "locales" / tag
    if folder.exists():
        raise Taken(f"{folder} is there already")
    known = locales.known(cldr, source)
    families = fonts.serving(known.script, known.words)
    if not families:
        raise Taken(f"no font of ours has the letters of {known.english} ({known.script})")
    unspaced = known.script in UNSPACED
    values = asdict(known) | {
        "cldr": cldr,
        "families": families,
        "line_height": USUAL if known.script in COMPACT else ROOMY,
        "split_words": known.script in UNBROKEN,
        "anywhere": unspaced,
    }
    files = {
        "profile.yaml": "profile.yaml",
        "language.yaml": "language.yaml",
        "glossary.yaml": "renderings.yaml",
    }
    for name, template in files.items():
        replace(folder / name, page(template, **values).encode())
    return tuple(folder / name for name in files)


def _write(root: Path, folder: str, name: str, text: str) -> Path:
    if not re.match(SLUG, name) or name == UI:
        raise Taken(f"{name} is no name for a file here: use small letters a to z, digits and hyphens")
    file = root / "content" / folder / f"{name}.yaml"
    if file.exists():
        raise Taken(f"{file} is there already: choose another name")
    replace(file, text.encode())
    return file
