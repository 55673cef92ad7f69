"""One patient's sheet: the bytes of the leaflet that was laid out for all, and an update after them.

An incremental update (ISO 32000-1, 7.5.6) adds objects at a file's end and says where they are. So the
approved leaflet stands unchanged at the start of every sheet, and no sheet has another patient's glyphs.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import md5
from typing import Final

from careleaf.model import Artifact
from careleaf.pdf import subset

PERSONAL: Final = b"P"
"""Before the name of a font that only one sheet has."""
ENTRY: Final = re.compile(rb"/(Root|Info) (\d+ 0 R)")
IDENTIFIER: Final = re.compile(rb"/ID \[(\([0-9a-f]+\))")
SIZE: Final = re.compile(rb"/Size (\d+)")


@dataclass(frozen=True, slots=True)
class Free:
    """A finished PDF with places kept free. Objects are named by their numbers in its file.

    `overlays` paint over each page that has places; `fonts` is the dictionary of fonts, with its `entries`.
    """

    artifact: Artifact
    overlays: Mapping[int, int]
    fonts: int
    entries: bytes

    @property
    def content(self) -> bytes:
        """The PDF's bytes, with which every sheet starts."""
        return self.artifact.content

    @property
    def start(self) -> int:
        """Where its cross-reference stream is."""
        return int(self.content[self.content.rindex(b"startxref") :].split()[1])


@dataclass(frozen=True, slots=True)
class Stamp:
    """What one sheet adds: what is painted over each page (compressed), and the fonts that it needs."""

    overlays: Mapping[int, bytes] = field(repr=False)
    fonts: tuple[subset.Subset, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Filled:
    """An Order, done: each sheet's stamp, or None where its words do not fit."""

    free: Free
    stamps: tuple[Stamp | None, ...]


def update(free: Free, own: Stamp) -> bytes:
    """Write what a sheet adds to its leaflet: objects, and a cross-reference stream that finds them."""
    objects = {free.overlays[page]: subset.compressed(content) for page, content in own.overlays.items()}
    for number, font in enumerate(own.fonts):
        first = size(free) + number * subset.OBJECTS
        objects |= {first + place: each for place, each in enumerate(subset.objects(font, first))}
    if own.fonts:
        objects[free.fonts] = dictionary(free, own.fonts)
    return appended(free, objects)


def dictionary(free: Free, fonts: Iterable[subset.Subset]) -> bytes:
    """Name a leaflet's fonts, and a sheet's own, whose objects are numbered from `size` on."""
    own = (
        b"/%b%b %d 0 R" % (PERSONAL, font.name, size(free) + number * subset.OBJECTS)
        for number, font in enumerate(fonts)
    )
    return b"<<" + b" ".join((free.entries, *own)) + b">>"


def size(free: Free) -> int:
    """Give the first number that no object of a leaflet has."""
    return _trailer(free)[0]


def appended(free: Free, objects: Mapping[int, bytes]) -> bytes:
    """Write an update with these objects, by number: there is but one way to write it."""
    number, repeated, identifier = _trailer(free)
    return _written(
        len(free.content), objects, max(number, *(each + 1 for each in objects)), repeated, identifier
    )


def _trailer(free: Free) -> tuple[int, bytes, bytes]:
    """Read from a cross-reference stream what an update repeats of it: size, entries, identifier."""
    table = free.content[free.start :]
    head = table[: table.index(b"stream\n")]
    entries = b" ".join(b"/" + name + b" " + value for name, value in ENTRY.findall(head))
    (size,), (identifier,) = SIZE.findall(head), IDENTIFIER.findall(head)
    return int(size), entries + b" /Prev %d" % free.start, identifier


def _written(
    position: int, objects: Mapping[int, bytes], number: int, repeated: bytes, identifier: bytes
) -> bytes:
    """Write objects that start at a position of the file; `number` is that of the table after them."""
    parts, places = [], {}
    for each, content in sorted(objects.items()):
        part = b"%d 0 obj\n%b\nendobj\n" % (each, content)
        places[each] = position
        position += len(part)
        parts.append(part)
    places[number] = position
    index = b" ".join(b"%d 1" % each for each in places)
    own = md5(b"".join(parts), usedforsecurity=False).hexdigest().encode()
    rows = b"".join(b"\1" + place.to_bytes(4, "big") + b"\0" for place in places.values())
    table = b"/Type /XRef /Size %d /Index [%b] /W [1 4 1] %b /ID [%b (%b)]" % (
        number + 1,
        index,
        repeated,
        identifier,
        own,
    )
    parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, subset.plain(rows, table)))
    return b"".join(parts) + b"startxref\n%d\n%%%%EOF\n" % position
