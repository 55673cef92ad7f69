"""Make the pictures of the README from the leaflets in out/: `make pictures`."""

from pathlib import Path

import pypdfium2

ROOT = Path(__file__).parents[1]
PAGES = {
    "en": ("what-are-milia", 2),
    "es": ("after-laser", 2),
    "ar": ("milia-in-babies", 1),
    "ko": ("preventing-milia", 1),
}
"""One page of a topic for each language; pages count from 1."""
SCALE = 0.9
COLOURS = 64


def main() -> None:
    """Write one picture of a handout's page for each language."""
    folder = ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for lang, (topic, page) in PAGES.items():
        with pypdfium2.PdfDocument(ROOT / "out" / "riverside" / lang / f"{topic}.handout.pdf") as document:
            picture = document[page - 1].render(scale=SCALE).to_pil().quantize(COLOURS)
        picture.save(folder / f"handout-{lang}.png", optimize=True)


if __name__ == "__main__":
    main()
