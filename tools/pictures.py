"""Make the pictures of the README from the leaflets in out/, and of a patient's sheet: `make pictures`."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pypdfium2

ROOT = Path(__file__).parents[1]
SHEET = ("after-laser", "--lang", "fr", "--treated-on", "2026-11-24", "--site", "joue gauche")
"""A sheet without anybody's name, and its calendar."""
SIDES = (
    ("en", "what-are-milia.handout", 2),
    ("ar", "milia-in-babies.handout", 1),
    ("hi", "after-laser.large-print", 1),
    ("ko", "milia-in-babies.trifold", 2),
    ("uk", "after-laser.bilingual", 1),
    ("pl", "milia-in-babies.poster", 1),
)
"""Language, file and side of each picture; sides count from 1."""
HEIGHT = 700
COLOURS = 64


def main() -> None:
    """Write one picture of a side for each row, and two of a sheet."""
    folder = ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for lang, name, side in SIDES:
        file = ROOT / "out" / "riverside" / lang / f"{name}.pdf"
        draw(file, side, folder / f"{name.partition('.')[2]}-{lang}.png")
    with tempfile.TemporaryDirectory() as place:
        sheet = Path(place) / "sheet.pdf"
        command = [sys.executable, str(ROOT / "build.py"), "sheet", *SHEET, "-o", str(sheet)]
        subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603 # our own command
        draw(sheet, 1, folder / "sheet-fr.png")
        draw(sheet, -1, folder / "calendar-fr.png")


def draw(file: Path, side: int, picture: Path) -> None:
    """Draw one side of a PDF; -1 is the last."""
    with pypdfium2.PdfDocument(file) as document:
        page = document[side - 1 if side > 0 else len(document) + side]
        drawn = page.render(scale=HEIGHT / page.get_height()).to_pil().quantize(COLOURS)
    drawn.save(picture, optimize=True)


if __name__ == "__main__":
    main()
