"""Which font files a build may use, what characters they have, and how the engine comes to see only them.

The files come in pinned packages and are listed with their sums in fonts.toml. System fonts stay
invisible: a character that our fonts lack must be a Finding, never another machine's typeface.
"""

import hashlib
import io
import os
import tempfile
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from fontTools import unicodedata as unicode_scripts
from fontTools.ttLib import TTFont

from careleaf.findings import Finding

_CONFIGURATION: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
{folders}
<selectfont><rejectfont><glob>*</glob></rejectfont>
<acceptfont>{files}</acceptfont></selectfont>
<cachedir>{cache}</cachedir>
</fontconfig>
"""


LATIN: Final = "Noto Sans"
"""Serves Latin, Greek and Cyrillic, and the Latin words in all other scripts."""
REGIONS: Final = {"Jpan": "JP", "Kore": "KR", "Hans": "SC"}
"""Families that have the same Chinese signs, each in the shapes that its readers know."""


@dataclass(frozen=True, slots=True)
class Face:
    """One font file. `weight` is 400 or 700; 0 stands for a variable file that has both."""

    family: str
    weight: int
    package: str
    path: str
    sha256: str

    @property
    def file(self) -> Path | None:
        """Where the file is on this machine, or None if its package is not installed."""
        spec = find_spec(self.package)
        folders = spec.submodule_search_locations if spec else None
        return Path(folders[0], self.path) if folders else None


@lru_cache
def faces() -> tuple[Face, ...]:
    """Give every face that careleaf knows."""
    listed = tomllib.loads((files("careleaf") / "fonts.toml").read_text("utf-8"))
    return tuple(Face(**row) for row in listed["face"])


def families() -> frozenset[str]:
    """Give the family names that a profile may list."""
    return frozenset(face.family for face in faces())


@lru_cache
def characters(family: str) -> frozenset[int]:
    """Give the code points that a family has a glyph for."""
    file = next((face.file for face in faces() if face.family == family), None)
    if file is None or not file.is_file():
        return frozenset()
    with TTFont(file, lazy=True) as font:
        return frozenset(font.getBestCmap())


def serving(script: str, text: str) -> tuple[str, ...]:
    """Choose families for a language by some text of it: one with all its letters, then one for Latin."""
    wanted = {ord(sign) for sign in text if sign.isalpha()}
    whole = [family for family in sorted(families()) if wanted <= characters(family)]
    own = [family for family in whole if family.endswith(REGIONS.get(script, " "))]
    first = (*own, *(family for family in whole if family == LATIN), *whole)[:1]
    return tuple(dict.fromkeys((*first, LATIN))) if first else ()


FOR_NAMES: Final = (LATIN, "Noto Sans SC", "Noto Sans KR", "Noto Sans JP")
"""Tried first for a name that a language's own fonts cannot write."""


def drawing(text: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """Choose the fonts for a name in any script: none, if a language's own have all of it; one, if one has.

    Else every font that has some of it. What none has is to be refused before.
    """
    wanted = {ord(sign) for sign in text}
    if any(wanted <= characters(family) for family in own[:1]):
        return ()
    order = (*own, *FOR_NAMES, *sorted(families()))
    whole = next((family for family in order if wanted <= characters(family)), None)
    return (whole,) if whole else tuple(dict.fromkeys(each for each in order if wanted & characters(each)))


@lru_cache(maxsize=8)
def letters(content: bytes) -> Mapping[int, str]:
    """Give the letter that each glyph of a font file stands for; presentation forms count as their letter."""
    with TTFont(io.BytesIO(content), lazy=True) as font:
        names = font.getReverseGlyphMap()
        forms = sorted(font.getBestCmap().items(), reverse=True)
        return {names[name]: unicodedata.normalize("NFKC", chr(code)) for code, name in forms}


@lru_cache(maxsize=4096)
def script(letter: str) -> str:
    """Give the script of a letter, by its ISO 15924 code: Latn, Cyrl, Arab; Zyyy is common to all."""
    return str(unicode_scripts.script(letter))


def sums(wanted: Iterable[str]) -> dict[str, str]:
    """Give the SHA-256 of each file of some families, as the lock has it, by file name."""
    chosen = set(wanted)
    return {Path(face.path).name: face.sha256 for face in faces() if face.family in chosen}


def verify() -> list[Finding]:
    """Compare every installed font file with its sum in the lock."""
    return [_fault(face) for face in faces() if not _intact(face)]


def _intact(face: Face) -> bool:
    return bool(
        face.file
        and face.file.is_file()
        and hashlib.sha256(face.file.read_bytes()).hexdigest() == face.sha256
    )


def _fault(face: Face) -> Finding:
    mend = f"Install it again: pip install --force-reinstall {face.package.replace('_', '-')}"
    return Finding(f"{face.package}/{face.path}", 0, "font", "the font file is missing or was changed", mend)


def configuration() -> Path:
    """Write the private fontconfig file, and give its path for FONTCONFIG_FILE.

    It must be in the environment before the engine is imported, which is when Pango reads it.
    """
    cache = _cache_folder()
    # In fontconfig's globs only * and ? are special; names like NotoSansThai[wght].ttf stand for themselves.
    found = [face.file for face in faces() if face.file]
    content = _CONFIGURATION.format(
        folders="\n".join(
            f"<dir>{escape(str(folder))}</dir>" for folder in sorted({f.parent for f in found})
        ),
        files="".join(f"<glob>{escape(str(file))}</glob>" for file in found),
        cache=escape(str(cache / "fontconfig")),
    )
    path = cache / f"fonts-{hashlib.sha256(content.encode()).hexdigest()[:16]}.conf"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=cache, delete=False, encoding="utf-8") as unfinished:
            unfinished.write(content)
        Path(unfinished.name).replace(path)
    return path


def _cache_folder() -> Path:
    """Give a folder to keep fontconfig's cache in: scanning large fonts anew slows each worker."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    for base in (Path(home), Path(tempfile.gettempdir())):
        folder = base / f"careleaf-{os.getuid()}"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK) and folder.stat().st_uid == os.getuid():
            return folder
    raise OSError("neither the cache folder nor the temporary folder can be written to")
