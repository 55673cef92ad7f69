"""careleaf: structured patient education in, printable multilingual leaflets out."""

__version__ = "0.1.0"
