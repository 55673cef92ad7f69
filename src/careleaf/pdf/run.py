"""Many sheets in one file, for a print room: each starts on a new sheet of paper.

Pages that are alike but for one patient's words share what they have in common. A file for a printer is not
tagged: nobody reads it from a screen, and each patient's own file is.
"""

from io import BytesIO
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf

from careleaf.pdf.update import PERSONAL, Free, Stamp, update

ONLY_ON_SCREEN: Final = ("/StructParents", "/Tabs", "/Annots")
"""What belongs to tags and links."""


class PrintRun:
    """A file that grows sheet by sheet."""

    def __init__(self) -> None:
        self._pdf = Pdf.new()
        self._leaflets: dict[int, list[Object]] = {}

    def stamped(self, free: Free, stamp: Stamp) -> int:
        """Add a stamped sheet; give how many pages it has, with the blank one that a duplex printer needs."""
        pages = [_copy(page) for page in self._shared(free)]
        fonts = self._fonts(free, stamp) if stamp.fonts else None
        for number, content in stamp.overlays.items():
            own = self._pdf.make_stream(content, Filter=Name.FlateDecode)
            pages[number].Contents = Array([pages[number].Contents[0], own])
        for page in pages:
            if fonts is not None:
                page.Resources = _copy(page.Resources)
                page.Resources.Font = fonts
        return self._add(pages)

    def whole(self, content: bytes) -> int:
        """Add a sheet that was laid out by itself; give how many pages it has, the blank one too."""
        return self._add(self._taken(content))

    def save(self) -> bytes:
        """Give the bytes of the file."""
        out = BytesIO()
        self._pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()

    def _shared(self, free: Free) -> list[Object]:
        """Give the pages that all sheets of a leaflet have in common; they are taken over once."""
        key = hash(free.content)
        if key not in self._leaflets:
            self._leaflets[key] = self._taken(free.content)
        return self._leaflets[key]

    def _taken(self, content: bytes) -> list[Object]:
        with Pdf.open(BytesIO(content)) as source:
            return [self._bare(source, page.obj) for page in source.pages]

    def _bare(self, source: Pdf, page: Object) -> Object:
        kept = {key: value for key, value in page.items() if key not in {*ONLY_ON_SCREEN, "/Parent"}}
        return self._pdf.copy_foreign(source.make_indirect(Dictionary(kept)))

    def _fonts(self, free: Free, stamp: Stamp) -> Object:
        """Give the leaflet's fonts, and with them those that only one sheet has."""
        fonts = _copy(self._shared(free)[0].Resources.Font)
        with Pdf.open(BytesIO(free.content + update(free, stamp))) as source:
            for name, font in source.pages[0].obj.Resources.Font.items():
                if name.startswith(f"/{PERSONAL.decode()}") and name not in fonts:
                    fonts[name] = self._pdf.copy_foreign(font)
        return fonts

    def _add(self, pages: list[Object]) -> int:
        for page in pages:
            self._pdf.pages.append(pikepdf.Page(self._pdf.make_indirect(page)))
        if len(pages) % 2:
            width, height = (float(end) for end in list(pages[-1].MediaBox)[2:])
            self._pdf.add_blank_page(page_size=(width, height))
        return len(pages) + len(pages) % 2


def _copy(dictionary: Object) -> Object:
    return Dictionary(dict(dictionary.items()))
