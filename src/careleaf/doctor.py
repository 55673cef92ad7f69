"""Is this machine fit to print? Says what is there, and for what is missing what to do."""

import sys
from collections.abc import Mapping
from typing import Final

from careleaf import fonts
from careleaf.findings import Finding
from careleaf.versions import versions

OLDEST_PYTHON: Final = (3, 11)
LIBRARIES: Final = {
    "pango": ("libpango-1.0-0 libpangoft2-1.0-0", "Pango, which shapes the text, is missing"),
    "harfbuzz": ("libharfbuzz0b", "HarfBuzz, which chooses the glyphs, is missing"),
    "harfbuzz-subset": ("libharfbuzz-subset0", "HarfBuzz-Subset is missing: files get larger, and differ"),
}


def inventory() -> Mapping[str, str]:
    """Give the version of everything that decides how a page looks."""
    return {"python": sys.version.split()[0], **versions(), "fonts": f"{len(fonts.faces())} files"}


def examine() -> list[Finding]:
    """Tell everything that is wrong with this machine."""
    found = versions()
    missing = [
        Finding(name, 0, "library", message, f"On Debian: apt-get install {packages}")
        for name, (packages, message) in LIBRARIES.items()
        if found[name] == "missing"
    ]
    old = [Finding("python", 0, "version", "Python is too old", "Install Python 3.11 or newer.")]
    return missing + (old if sys.version_info < OLDEST_PYTHON else []) + fonts.verify()
