"""Make the pictures of the README from the leaflets in out/: `make pictures`."""

from pathlib import Path

import pypdfium2

ROOT = Path(__file__).parents[1]
PAGES = {
    "en": "after-laser",
    "es": "milia-in-babies",
    "ar": "after-laser",
    "ko": "preventing-milia",
}
SCALE = 0.9
COLOURS = 64


def main() -> None:
    """Write one picture for each language: the first page of a handout."""
    folder = ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for lang, topic in PAGES.items():
        with pypdfium2.PdfDocument(ROOT / "out" / "riverside" / lang / f"{topic}.handout.pdf") as document:
            picture = document[0].render(scale=SCALE).to_pil().quantize(COLOURS)
        picture.save(folder / f"handout-{lang}.png", optimize=True)


if __name__ == "__main__":
    main()
