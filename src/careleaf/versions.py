"""What a page's bytes depend on besides the library: our code, the engine, its libraries and CLDR."""

import ctypes
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Final

PACKAGES: Final = (
    "weasyprint",
    "pydyf",
    "fonttools",
    "pillow",
    "tinyhtml5",
    "tinycss2",
    "cssselect2",
    "jinja2",
    "babel",
    "segno",
    "icu4py",
    "wcwidth",
    "uharfbuzz",
)
"""A new version of any of these may print another page."""


@lru_cache
def versions() -> Mapping[str, str]:
    """Give the version of each part of the engine by name. Loads no engine."""
    packages = {name: version(name) for name in PACKAGES}
    libraries = {"pango": _pango(), "harfbuzz": _harfbuzz(), "harfbuzz-subset": _subset()}
    return MappingProxyType({"careleaf": _code()} | packages | libraries)


@lru_cache
def _code() -> str:
    """Stand for our own code by its content: a development version changes without a new number."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in {".py", ".css", ".toml"}):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{version('careleaf')}+{digest.hexdigest()[:12]}"


def _pango() -> str:
    library = _library("libpango-1.0.so.0")
    if library is None:
        return "missing"
    library.pango_version_string.restype = ctypes.c_char_p
    return str(library.pango_version_string().decode())


def _harfbuzz() -> str:
    library = _library("libharfbuzz.so.0")
    if library is None:
        return "missing"
    library.hb_version_string.restype = ctypes.c_char_p
    return str(library.hb_version_string().decode())


def _subset() -> str:
    return "missing" if _library("libharfbuzz-subset.so.0") is None else "present"


def _library(name: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None
