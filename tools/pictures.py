"""Make the pictures of the README from the leaflets in out/: `make pictures`."""

from pathlib import Path

import pypdfium2

ROOT = Path(__file__).parents[1]
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
    """Write one picture of a side for each row."""
    folder = ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for lang, name, side in SIDES:
        with pypdfium2.PdfDocument(ROOT / "out" / "riverside" / lang / f"{name}.pdf") as document:
            page = document[side - 1]
            picture = page.render(scale=HEIGHT / page.get_height()).to_pil().quantize(COLOURS)
        picture.save(folder / f"{name.partition('.')[2]}-{lang}.png", optimize=True)


if __name__ == "__main__":
    main()
