"""Make the pictures of the README from the leaflets in out/: `make pictures`."""

from pathlib import Path

import pypdfium2

ROOT = Path(__file__).parents[1]
PAGES = (
    ("en", "what-are-milia", "handout", 2),
    ("hi", "after-laser", "handout", 2),
    ("ar", "milia-in-babies", "handout", 1),
    ("uk", "after-laser", "bilingual", 1),
)
"""Language, topic, format and page of each picture; pages count from 1."""
SCALE = 0.9
COLOURS = 64


def main() -> None:
    """Write one picture of a page for each row."""
    folder = ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for lang, topic, form, page in PAGES:
        with pypdfium2.PdfDocument(ROOT / "out" / "riverside" / lang / f"{topic}.{form}.pdf") as document:
            picture = document[page - 1].render(scale=SCALE).to_pil().quantize(COLOURS)
        picture.save(folder / f"{form}-{lang}.png", optimize=True)


if __name__ == "__main__":
    main()
