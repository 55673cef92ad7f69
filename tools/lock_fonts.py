"""Write src/careleaf/fonts.toml anew from the font packages that are installed: `make fonts`.

Run it after a font package has moved to a new version, and look at the pages before committing.
"""

import hashlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[1] / "src" / "careleaf" / "fonts.toml"
STATIC = {
    "rendercv_fonts": ["Noto Sans/NotoSans*-Regular.ttf", "Noto Sans/NotoSans*-Bold.ttf"],
    "fontpkg_ibm_plex_sans_arabic": ["files/*-Regular.ttf", "files/*-Bold.ttf"],
}
VARIABLE = {"manimgx_fonts": "NotoSans*.ttf"}
# Served by a static file, without letters, or (Arabic) with glyphs that stand for several letters.
LEFT_OUT = {"Noto Sans Arabic", "Noto Sans Symbols"}
HEAD = """\
# The only font files that a build can see, written by `make fonts`. All are under the SIL Open Font License
# 1.1. Weight 0 marks a variable file that serves both 400 and 700; static files embed five to ten times
# faster. Left out are CFF2 outlines (invalid in PDF) and Noto Sans Arabic, which shares glyphs between
# letters, so that search and screen readers find other words. `careleaf doctor` compares the sums.
"""


def main() -> None:
    """Write the lock."""
    static = list(_faces(STATIC))
    families = {family for family, *_ in static} | LEFT_OUT
    variable = [
        face for face in _faces({name: [glob] for name, glob in VARIABLE.items()}) if face[0] not in families
    ]
    rows = sorted(static) + sorted(variable)
    TARGET.write_text(HEAD + "".join(map(_entry, rows)), "utf-8")


def _faces(packages: dict[str, list[str]]) -> Iterator[tuple[str, int, str, str, str]]:
    for package, patterns in packages.items():
        spec = find_spec(package)
        folder = Path((spec.submodule_search_locations or [])[0]) if spec else Path()
        for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
            if "Italic" not in path.name:
                yield *_names(path), package, path.relative_to(folder).as_posix(), _sum(path)


def _names(path: Path) -> tuple[str, int]:
    with TTFont(path, lazy=True) as font:
        if "CFF2" in font:
            raise ValueError(f"{path.name} has CFF2 outlines, which are invalid in PDF")
        family = font["name"].getDebugName(16) or font["name"].getDebugName(1)
        return str(family), 0 if "fvar" in font else int(font["OS/2"].usWeightClass)


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _entry(face: tuple[str, int, str, str, str]) -> str:
    family, weight, package, path, digest = face
    values = f'family = "{family}"\nweight = {weight}\npackage = "{package}"\npath = "{path}"\n'
    return f'\n[[face]]\n{values}sha256 = "{digest}"\n'


if __name__ == "__main__":
    main()
