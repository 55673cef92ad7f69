"""How pages look: one small picture for each format and script, which a person has reviewed."""

import os
from io import BytesIO
from itertools import product
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from careleaf.pdf.raster import pages
from tests import reading
from tests.conftest import Shapes

FOLDER = Path(__file__).parent / "looks"
RESOLUTION = 26
LEVELS = 8
BLOCK = 10
"""Pixels: what is compared is the mean grey of squares of this side."""
TOLERANCE = 14
"""Of 255: how far a square may be from the reviewed one. Another word is more, a moved hairline is less."""
SCRIPTS = ("en", "ar", "hi", "ko", "uk", "zh-Hans")
"""A language of each script that is set in its own way."""


def drawn(file: Path) -> Image.Image:
    """The first two sides of a PDF, beside each other, in grey."""
    sides = [
        page.convert("L") for page, _ in zip(pages(file.read_bytes(), RESOLUTION), range(2), strict=False)
    ]
    sheet = Image.new("L", (sum(side.width for side in sides), max(side.height for side in sides)), 255)
    x = 0
    for side in sides:
        sheet.paste(side, (x, 0))
        x += side.width
    return sheet


def squares(picture: Image.Image) -> Image.Image:
    size = (-(-picture.width // BLOCK), -(-picture.height // BLOCK))
    return picture.resize(size, Image.Resampling.BOX)


def changes(reviewed: Image.Image, now: Image.Image) -> str:
    """Map where two pictures differ: # is a square that does. Empty if none does."""
    if reviewed.size != now.size:
        return f"the size was {reviewed.size}, and is {now.size}"
    far = ImageChops.difference(squares(reviewed), squares(now)).point(
        lambda value: 255 * (value > TOLERANCE)
    )
    if far.getbbox() is None:
        return ""
    rows = (far.crop((0, y, far.width, y + 1)).tobytes() for y in range(far.height))
    return "\n".join("".join(".#"[value > 0] for value in row) for row in rows)


def packed(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.quantize(LEVELS).save(file, "PNG", optimize=True)
    return file.getvalue()


def side_by_side(reviewed: Image.Image, now: Image.Image) -> Image.Image:
    """Reviewed above, then today's, then where they differ, for a person to look at."""
    both = [reviewed, now]
    if reviewed.size == now.size:
        both.append(ImageChops.invert(ImageChops.difference(reviewed, now)))
    sheet = Image.new("L", (max(each.width for each in both), sum(each.height + 8 for each in both)), 128)
    y = 0
    for each in both:
        sheet.paste(each, (0, y))
        y += each.height + 8
    return sheet


@pytest.mark.parametrize("lang", SCRIPTS)
def test_pages_look_as_a_person_has_reviewed_them(shapes: Shapes, tmp_path: Path, lang: str) -> None:
    found = shapes.printed(lang)
    assert len(found) >= 10
    told = []
    for kind, file in found.items():
        reference, content = FOLDER / f"{kind}-{lang}.png", packed(drawn(file))
        if os.environ.get(reading.UPDATE):
            FOLDER.mkdir(exist_ok=True)
            reference.write_bytes(content)
        with Image.open(BytesIO(content)) as picture:
            now = picture.convert("L")
        with Image.open(reference) as picture:
            reviewed = picture.convert("L")
        if where := changes(reviewed, now):
            seen = tmp_path / reference.name
            side_by_side(reviewed, now).save(seen)
            told.append(f"{reference.name}: look at {seen}\n{where}")
    assert not told, "\n\n".join(
        [*told, f"If it is meant, run this once with {reading.UPDATE}=1 and commit."]
    )


def test_every_reviewed_picture_is_still_compared(shapes: Shapes) -> None:
    expected = {f"{kind}-{lang}.png" for lang in SCRIPTS for kind in shapes.printed(lang)}
    assert {file.name for file in FOLDER.iterdir()} == expected


def test_a_page_with_another_line_is_told(shapes: Shapes) -> None:
    """The tolerance is for rounding, not for words: one line less is seen, and a shift by a hair is not."""
    page = drawn(shapes.printed("en")["handout"])
    assert changes(page, page) == ""
    bare = page.copy()
    line = next(y for y in range(60, page.height) if min(page.crop((30, y, 120, y + 1)).tobytes()) < 120)
    bare.paste(255, (25, line - 2, 150, line + 4))
    assert "#" in changes(page, bare)
    for x, y in product((-1, 0, 1), repeat=2):
        faint = Image.blend(page, ImageChops.offset(page, x, y), 0.15)
        assert changes(page, faint) == ""
