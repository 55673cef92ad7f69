"""Make the pictures of the README from the leaflets in out/, of a patient's sheet, and of an email.

Called by `make pictures`.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image

ROOT = Path(__file__).parents[1]
SHEET = ("after-laser", "--lang", "fr", "--treated-on", "2026-11-24", "--site", "joue gauche")
"""A sheet without anybody's name: its calendar is drawn."""
EMAIL = ("after-laser", "--lang", "ar")
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
PAGE = 2**0.5
"""How much higher than wide a page is."""
COLOURS = 64


def main() -> None:
    """Write one picture of a side for each row, one of a sheet, and one of an email."""
    folder = ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for lang, name, side in SIDES:
        file = ROOT / "out" / "riverside" / lang / f"{name}.pdf"
        draw(file, side, folder / f"{name.partition('.')[2]}-{lang}.png")
    with tempfile.TemporaryDirectory() as place:
        sheet = Path(place) / "sheet.pdf"
        careleaf("sheet", *SHEET, "-o", str(sheet))
        draw(sheet, -1, folder / "calendar-fr.png")
        careleaf("mail", "preview", *EMAIL, "-o", place)
        draw_top(Path(place) / "message.png", folder / "email-ar.png")


def careleaf(*arguments: str) -> None:
    """Run one of our own commands."""
    subprocess.run([sys.executable, str(ROOT / "build.py"), *arguments], check=True, cwd=ROOT)  # noqa: S603 # as it says


def draw_top(file: Path, picture: Path) -> None:
    """Draw the top of a long picture, as high as a page is."""
    with Image.open(file) as long:
        top = long.convert("RGB").crop((0, 0, long.width, round(long.width * PAGE)))
        drawn = top.resize((round(HEIGHT / PAGE), HEIGHT)).quantize(COLOURS)
    drawn.save(picture, optimize=True)


def draw(file: Path, side: int, picture: Path) -> None:
    """Draw one side of a PDF; -1 is the last."""
    with pypdfium2.PdfDocument(file) as document:
        page = document[side - 1 if side > 0 else len(document) + side]
        drawn = page.render(scale=HEIGHT / page.get_height()).to_pil().quantize(COLOURS)
    drawn.save(picture, optimize=True)


if __name__ == "__main__":
    main()
