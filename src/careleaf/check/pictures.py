"""Rules for drawings: they are there, they are ours, and they are only lines and shapes.

A drawing of 2 kB that nests `use` kept the engine busy for over 400 seconds, and text in a drawing
is set letter by letter, which breaks Arabic and Indic scripts: both are left out of what is allowed.
"""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any, Final
from warnings import catch_warnings, simplefilter
from xml.etree import ElementTree as ET

from careleaf.findings import Finding, Severity
from careleaf.model import Library

SVG: Final = "{http://www.w3.org/2000/svg}"
ALLOWED: Final = {
    "svg",
    "g",
    "path",
    "circle",
    "ellipse",
    "rect",
    "line",
    "polyline",
    "polygon",
    "title",
    "desc",
}
MAX_MEGAPIXELS: Final = 10
MODES: Final = {"1", "L", "LA", "P", "RGB", "RGBA"}
MAX_ELEMENTS: Final = 2000
MAX_DEPTH: Final = 20
BASICS: Final = "A drawing has only paths and basic shapes."


def present(library: Library) -> Iterator[Finding]:
    """Every picture that a topic names is a file of content/images/."""
    for topic in library.topics.values():
        for section in topic.sections:
            for picture in section.pictures:
                unread = f"content/images/{picture.file}" in library.unread
                if not unread and picture.file not in library.images:
                    message = f"the picture {picture.file} is not in content/images/"
                    mend = "Put the file there, and write its bare name: no folders, links or addresses."
                    yield Finding(topic.file, picture.line, "picture", message, mend)


def safe(library: Library) -> Iterator[Finding]:
    """Every drawing, ours and the templates' icons, is plain SVG."""
    for name, content in library.images.items():
        yield from _faults(f"content/images/{name}", content)
    for name, text in library.templates.items():
        if name.endswith(".svg"):
            yield from _faults(f"templates/{name}", text.encode())


def logos(library: Library) -> Iterator[Finding]:
    """A clinic's logo is there, and is a drawing or a picture that can be printed."""
    for clinic in library.clinics.values():
        file = f"content/logos/{clinic.logo}"
        if not clinic.logo or file in library.unread:
            continue
        if clinic.logo not in library.logos:
            message, mend = f"the logo {clinic.logo} is not in content/logos/", "Put the file there."
            yield Finding(clinic.file, clinic.line_of("logo"), "logo", message, mend, Severity.HELD)
            continue
        for finding in (_faults if file.endswith(".svg") else _dot_faults)(file, library.logos[clinic.logo]):
            yield replace(finding, severity=Severity.HELD)


def _dot_faults(file: str, content: bytes) -> Iterator[Finding]:
    from PIL import Image  # noqa: PLC0415 # only a clinic with such a logo pays for it

    try:
        # Reads no more than its head; refuses to go on where the size alone would fill the memory.
        with catch_warnings():
            simplefilter("ignore", Image.DecompressionBombWarning)  # told below, from 10 megapixels on
            opened = Image.open(BytesIO(content), formats=("PNG", "JPEG"))
        with opened as picture:
            megapixels = picture.width * picture.height / 1_000_000
            if megapixels > MAX_MEGAPIXELS:
                yield _too_large(file, f"the picture has {megapixels:.0f} megapixels")
            elif picture.mode not in MODES:
                message = f"the picture is in {picture.mode}, which offices cannot print alike"
                yield Finding(file, 0, "picture", message, "Save it as RGB or grey.")
            else:
                _load_whole(picture)
    except Image.DecompressionBombError:
        yield _too_large(file, "the picture has hundreds of megapixels")
    except (OSError, SyntaxError, ValueError):
        yield Finding(
            file, 0, "picture", "this is no whole PNG or JPEG", "Save it as PNG, JPEG or plain SVG."
        )


def _load_whole(picture: Any) -> None:  # noqa: ANN401 # Pillow's picture, which is not imported here
    """Read a picture to its end. The engine, once it is loaded, tells Pillow to make do with half of one."""
    from PIL import ImageFile  # noqa: PLC0415 # as above

    lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        picture.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _too_large(file: str, message: str) -> Finding:
    return Finding(file, 0, "picture", message, f"Use at most {MAX_MEGAPIXELS}: a logo is small.")


def _faults(file: str, content: bytes) -> Iterator[Finding]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        yield Finding(file, 1, "svg", "the drawing is not in UTF-8", "Save it as plain SVG in UTF-8.")
        return
    if "<!" in text.replace("<!--", ""):
        yield Finding(file, 1, "svg", "the drawing declares a document type or entities", "Remove them.")
        return
    try:
        root = ET.fromstring(text)  # noqa: S314 # no document type, so no entities
    except ET.ParseError as error:
        mend = "Draw it in a vector program and save it as plain SVG."
        yield Finding(file, error.position[0], "svg", "this is not an SVG drawing", mend)
        return
    yield from _too_much(file, root)
    if root.tag != f"{SVG}svg":
        yield Finding(file, 1, "svg", "this is not an SVG drawing", "Save it as plain SVG.")
    elements = list(root.iter())
    for tag in sorted({str(element.tag).removeprefix(SVG) for element in elements} - ALLOWED):
        yield Finding(file, 0, "svg", f"the drawing uses <{tag}>", BASICS)
    for name in sorted({name for element in elements for name in _bad_attributes(element)}):
        yield Finding(file, 0, "svg", f"the drawing uses the attribute {name}", BASICS)


def _too_much(file: str, root: ET.Element) -> Iterator[Finding]:
    count, level, depth = 0, [root], 0
    while level:
        count, depth = count + len(level), depth + 1
        level = [child for element in level for child in element]
    if count > MAX_ELEMENTS:
        yield Finding(file, 0, "svg", f"the drawing has {count} elements", f"Use at most {MAX_ELEMENTS}.")
    if depth > MAX_DEPTH:
        yield Finding(file, 0, "svg", f"the drawing nests {depth} deep", f"Use at most {MAX_DEPTH} levels.")


def _bad_attributes(element: ET.Element) -> Iterator[str]:
    for name, value in element.attrib.items():
        local = name.rpartition("}")[2].lower()
        if local in {"href", "style"} or local.startswith("on") or "url(" in value.lower():
            yield local


RULES = (present, safe, logos)
