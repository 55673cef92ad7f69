"""Proof that a sheet is its leaflet, byte for byte, with nothing added but lines in the places kept free.

What follows the leaflet is held against what careleaf writes, and not read as a viewer would read it: there
is one way to write an update, and one to cut a font. So there is nothing in it that a viewer could find and
this module could not. Only the lines are free, and each may do no more than show letters in its place.
"""

import re
import zlib
from binascii import unhexlify
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import takewhile
from typing import Any, Final

import pikepdf

from careleaf import fonts, personal
from careleaf.model import Slot
from careleaf.pdf import subset
from careleaf.pdf.master import GLYPHS, Master, letters_of, line_of, opening, painted
from careleaf.pdf.update import PERSONAL, appended, dictionary, size

MOST: Final = 1 << 24
"""Bytes in a stream: more would only fill the memory."""
SLACK: Final = 0.5
"""How far a letter's own place may be outside the line's, in its size: for marks above and below letters."""
EXACT: Final = 0.001
WEIGHTS: Final = (400, 700)
PROBE: Final = "0"
"""Shows how a place is painted, whatever it says: colour, size, where its line stands."""

OBJECT: Final = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj\n", re.DOTALL)
STREAM: Final = re.compile(rb"<<.*?>>\nstream\n(.*)\nendstream", re.DOTALL)
NUMBER: Final = rb"-?\d+(?:\.\d*)?"
LINE: Final = re.compile(
    rb"/Span <</MCID (\d+)((?: /ActualText <feff[0-9a-f]*>)?)>> BDC\n(.*?)\nEMC\n", re.DOTALL
)
PAINTED: Final = re.compile(
    rb"(/[\w.]+ gs\n[\d. ]+ rg)\nBT\n1 0 0 -1 (%b) (%b) Tm\n/(P?[A-Z]{6}) (%b) Tf\n(.*\n)ET"
    % (NUMBER, NUMBER, NUMBER),
    re.DOTALL,
)
"""A line: its colour, where it starts, its font, the size of its letters, and what is shown."""
STEP: Final = re.compile(
    rb"(?:(%b) Ts|/(P?[A-Z]{6} %b) Tf|\[((?:%b)?(?:<(?:[0-9a-f]{4})*>(?:%b)?)*)\] TJ)\n"
    % (NUMBER, NUMBER, NUMBER, NUMBER)
)
MOVE: Final = re.compile(rb"<([0-9a-f]*)>|(%b)" % NUMBER)
TITLE: Final = re.compile(rb"/BaseFont (/([A-Z]{6})\+([\w-]+)) ")
LETTERS: Final = re.compile(rb"^<([0-9a-f]{4})> <([0-9a-f]*)>$", re.MULTILINE)
DAMAGED: Final = "a part of it is damaged"
RANGE: Final = b"endcodespacerange"

Widths = Mapping[str, Mapping[int, float]]
"""How wide each glyph of each font is, in 1/1000 of its size: there are no others."""


class _ChangedError(Exception):
    """Somebody else has had a hand in it. Says nothing of what the sheet says."""


@dataclass(frozen=True, slots=True)
class _Own:
    """A font that only this sheet has, and the old numbers of its glyphs by their new ones."""

    font: subset.Subset
    old: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is in a place: how it is painted, and its letters, if they stand beside.

    Glyphs have the numbers of the font's own file.
    `own` says that a font of this sheet only is used.
    """

    operators: bytes
    letters: bytes
    own: bool


def trusted(content: bytes, master: Master, days: Iterable[Iterable[Slot]]) -> str | None:
    """Say what is wrong with a sheet of this leaflet; None if nothing is.

    `days` are the lines with days that there may be, for each day of treatment that there may have been: all
    of one of these must stand on the sheet. What is wrong is said without anything that the sheet says.
    """
    try:
        _dated(_lines(content, master), master, days)
    except _ChangedError as error:
        return str(error)
    except (ValueError, LookupError, OverflowError):  # what cannot even be read, careleaf has not written
        return DAMAGED
    return None


def _refuse(when: object, why: str) -> None:
    if when:
        raise _ChangedError(why)


def _lines(content: bytes, master: Master) -> dict[str, _Shown]:
    """Give what is in each place."""
    free = master.leaflet
    _refuse(not content.startswith(free.content), "the leaflet itself is not as careleaf makes it")
    objects = _objects(content[len(free.content) :], master)
    first = size(free)
    own = _fonts([objects[number] for number in sorted(objects) if number >= first], first)
    expected = {*free.overlays.values(), *range(first, first + len(own) * subset.OBJECTS)}
    if own:
        expected.add(free.fonts)
        named = dictionary(free, (each.font for each in own.values()))
        _refuse(objects.get(free.fonts) != named, "the leaflet's own fonts are not what they were")
    _refuse(objects.keys() != expected, "a part of the leaflet is replaced")
    widths = {**_widths(free.content, free.fonts), **{name: each.font.widths for name, each in own.items()}}
    found: dict[str, _Shown] = {}
    for page, number in free.overlays.items():
        found |= _page(_body(objects[number]), page, master, widths)
    return {key: _renumbered(shown, own) for key, shown in found.items()}


def _objects(added: bytes, master: Master) -> dict[int, bytes]:
    """Give the objects of an update, by number, but for the table of where they are."""
    pairs = [(int(number), body) for number, body in OBJECT.findall(added)]
    objects = dict(pairs[:-1])
    _refuse(
        not objects or appended(master.leaflet, objects) != added, "what follows the leaflet is no sheet's"
    )
    return objects


def _body(written: bytes) -> bytes:
    """Unpack a stream that is written as careleaf does."""
    found = STREAM.fullmatch(written)
    packed = found[1] if found else b""
    _refuse(written != subset.compressed(packed), DAMAGED)
    return _unpacked(packed)


def _unpacked(packed: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        body = unpacking.decompress(packed, MOST)
    except zlib.error as error:
        raise _ChangedError(DAMAGED) from error
    _refuse(not unpacking.eof or unpacking.unused_data, DAMAGED)
    return body


def _fonts(objects: list[bytes], first: int) -> dict[str, _Own]:
    """Read the fonts that only this sheet has, by the names that they have in it."""
    found = {}
    for start in range(0, len(objects), subset.OBJECTS):
        font = _font(objects[start : start + subset.OBJECTS])
        same = font and list(subset.objects(font, first + start)) == objects[start : start + subset.OBJECTS]
        if font is None or not same or not _is_cut(font):
            raise _ChangedError("a font was added that is none of careleaf's")
        found[(PERSONAL + font.name).decode()] = _Own(font, {new: old for old, new in font.numbers.items()})
    return found


def _font(objects: list[bytes]) -> subset.Subset | None:
    """Read a font, if it is written as careleaf does: the caller writes it again, and compares."""
    try:
        whole, glyphs, descriptor, program, letters = objects
        title = TITLE.search(whole)
        stream = STREAM.fullmatch(program)
        if title is None or stream is None:
            return None
        widths = dict(_pairs(re.findall(rb"(\d+) \[(\d+)\]", glyphs)))
        old = [int(number) for number in whole[whole.index(b"/XXGlyphs [") + 11 :].split(b"]")[0].split()]
        return subset.Subset(
            name=title[2],
            title=title[1],
            program=stream[1],
            length=len(_unpacked(stream[1])),
            numbers=dict(zip(old, widths, strict=True)),
            widths=widths,
            letters={
                int(new, 16): _text(text) for new, text in LETTERS.findall(_body(letters).partition(RANGE)[2])
            },
            ascent=_number(rb"/Ascent (-?\d+)", descriptor),
            descent=_number(rb"/Descent (-?\d+)", descriptor),
        )
    except ValueError:
        return None


def _pairs(found: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[int, int]]:
    return ((int(one), int(other)) for one, other in found)


def _text(letters: bytes) -> str:
    return unhexlify(letters).decode("utf-16-be")


def _number(pattern: bytes, written: bytes) -> int:
    return int(re.findall(pattern, written)[0])


def _is_cut(font: subset.Subset) -> bool:
    """Say whether a font is cut from one of ours: we cut it again."""
    name = font.title.decode().partition("+")[2]
    return any(
        _is_cut_from(font, face) for face in fonts.faces() if name.startswith(face.family.replace(" ", "-"))
    )


def _is_cut_from(font: subset.Subset, face: fonts.Face) -> bool:
    if face.file is None or not face.file.is_file():
        return False
    content, program = face.file.read_bytes(), _unpacked(font.program)
    try:
        tried = [subset.cut(content, weight, font.numbers) for weight in ((0,) if face.weight else WEIGHTS)]
    except KeyError:
        return False
    return (program, font.numbers) in tried


def _widths(content: bytes, number: int) -> dict[str, dict[int, float]]:
    """Read how wide the glyphs of a leaflet's fonts are."""
    with pikepdf.open(BytesIO(content)) as pdf:
        named = pdf.get_object(number, 0)
        return {name[1:]: _wide(list(font.DescendantFonts[0].W)) for name, font in named.items()}


def _wide(array: list[Any]) -> dict[int, float]:
    """Read an array of widths (ISO 32000-1, 9.7.4.3): a number and a list, or two numbers and one width."""
    found: dict[int, float] = {}
    while array:
        first = int(array.pop(0))
        second = array.pop(0)
        if isinstance(second, pikepdf.Array):
            found |= {first + place: float(width) for place, width in enumerate(list(second))}
        else:
            found |= dict.fromkeys(range(first, int(second) + 1), float(array.pop(0)))
    return found


def _page(body: bytes, page: int, master: Master, widths: Widths) -> dict[str, _Shown]:
    """Read the lines of a page: each of its places has one, and nothing else is painted."""
    start, end = opening(master.heights[page]), b"\nQ"
    inside = body[len(start) : -len(end)] + b"\n"
    lines = [(int(number), letters, line) for number, letters, line in LINE.findall(inside)]
    places = {place.mcid: key for key, place in master.places.items() if place.page == page}
    whole = body == start + inside[:-1] + end and not LINE.sub(b"", inside)
    once = sorted(number for number, _, _ in lines) == sorted(places)
    _refuse(not whole or not once, "something is painted besides one line of text in each place")
    for number, _, line in lines:
        _examine(line, places[number], master, widths)
    return {places[number]: _Shown(line, letters, own=False) for number, letters, line in lines}


def _examine(line: bytes, key: str, master: Master, widths: Widths) -> None:
    """Refuse a line that is not painted as its place paints one, or leaves its place."""
    place = master.places[key]
    found, sample = _parts(line), _parts(painted(master, Slot(key, PROBE)).operators)
    _refuse(found.colour != sample.colour, "a line has a colour of its own")
    _refuse(abs(found.letter - sample.letter) > EXACT, "a line is in letters of its own size")
    pens = list(_pens(found, widths.get(found.font, {})))
    _refuse(len(pens) <= 1, "a place is empty")
    room, top = SLACK * found.letter, place.text.position_y
    beside = min(pens) < place.left - room or max(pens) > place.left + place.width + room
    lines = [found.baseline - rise for rise in (0, *found.rises)]
    above = min(lines) < top - room or max(lines) > top + place.text.height + room
    _refuse(beside or above, "a line is outside its place")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it is painted: in CSS pixels, from the page's upper left corner. `shown` are its letters."""

    colour: bytes
    start: float
    baseline: float
    font: str
    letter: float
    rises: tuple[float, ...]
    shown: bytes


def _parts(line: bytes) -> _Line:
    found = PAINTED.fullmatch(line)
    if found is None or STEP.sub(b"", found[6]):
        raise _ChangedError("something is painted that is no line of text")
    steps = STEP.findall(found[6])
    rises = tuple(float(rise) for rise, _, _ in steps if rise)
    _refuse(
        any(font != found[4] + b" " + found[5] for _, font, _ in steps if font), "a line has several fonts"
    )
    _refuse(rises and rises[-1], "a line lifts those after it")
    shown = b" ".join(text for _, _, text in steps)
    return _Line(found[1], float(found[2]), float(found[3]), found[4].decode(), float(found[5]), rises, shown)


def _pens(line: _Line, widths: Mapping[int, float]) -> Iterator[float]:
    """Follow the pen: give where it is at first, and before and after each letter."""
    pen = line.start
    yield pen
    for glyphs, back in MOVE.findall(line.shown):
        pen -= float(back or 0) * line.letter / 1000
        for glyph in _numbers(glyphs):
            _refuse(glyph not in widths, "a letter is shown that the fonts do not have")
            yield pen
            pen += widths[glyph] * line.letter / 1000
            yield pen


def _numbers(glyphs: bytes) -> Iterator[int]:
    return (int(glyphs[place : place + 4], 16) for place in range(0, len(glyphs), 4))


def _renumbered(shown: _Shown, own: Mapping[str, _Own]) -> _Shown:
    """Say a line in the glyph numbers of the font's own file, as `painted` does."""
    for name, each in own.items():
        named = b"/%b " % name.encode()
        if named in shown.operators:
            line = GLYPHS.sub(partial(_old, each.old), shown.operators)
            return _Shown(line.replace(named, b"/%b " % each.font.name), shown.letters, own=True)
    return shown


def _old(old: Mapping[int, int], match: re.Match[bytes]) -> bytes:
    return b"<" + b"".join(b"%04x" % old[glyph] for glyph in _numbers(match[1])) + b">"


def _dated(lines: Mapping[str, _Shown], master: Master, days: Iterable[Iterable[Slot]]) -> None:
    """Refuse days that do not follow from one day of treatment."""
    dated = {key: line for key, line in lines.items() if personal.is_day(key)}
    fits = any(_keys(dated, master, slots) == dated.keys() for slots in days)
    _refuse(not fits, "its days do not follow from a day of treatment")


def _keys(dated: Mapping[str, _Shown], master: Master, slots: Iterable[Slot]) -> set[str]:
    """Give the places that show what they should, up to the first that does not."""
    same = takewhile(lambda slot: slot.key in dated and dated[slot.key] == _shown(master, slot), slots)
    return {slot.key for slot in same}


def _shown(master: Master, slot: Slot) -> _Shown:
    line = line_of(master, slot)
    return _Shown(line.operators, letters_of(slot.text), own=line.lacks)
