"""Seconds per leaflet by language, and the time that a check of all catalogs takes: one run, one core.

python -m benchmarks.languages
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from careleaf.check import judge
from careleaf.compose import compose
from careleaf.load import load
from careleaf.locales import script
from careleaf.model import Edition, Library, Selection
from careleaf.plan import plan
from careleaf.render import Press
from careleaf.versions import versions
from careleaf.writers import write

ROOT: Final = Path(__file__).parents[1]
ROUNDS: Final = 2
TOPICS: Final = 4
"""So many topics stand for all: each has all kinds of sections."""


def editions(library: Library) -> Iterable[Edition]:
    """Give every leaflet of the library in every format."""
    forms = tuple(library.formats)
    return plan(library, Selection(formats=forms), versions(), datetime.now(UTC).date()).wanted


def seconds(library: Library, wanted: list[Edition]) -> float:
    """Give the median seconds of one leaflet, composed, rendered and written; the first warms up."""
    press = Press(library)
    write(press.render(wanted[0], compose(library, wanted[0])))
    took = []
    for edition in wanted * ROUNDS:
        start = perf_counter()
        write(press.render(edition, compose(library, edition)))
        took.append(perf_counter() - start)
    return median(took)


def main() -> None:
    """Measure, and print a table."""
    library, _ = load(ROOT)
    everything = list(editions(library))
    start = perf_counter()
    for tag, locale in library.locales.items():
        if not locale.source:
            judge(library, tag)
    print(f"all catalogs checked: {perf_counter() - start:.1f} s ({len(library.catalogs)} files)")
    first: dict[str, float] = {}
    for form in sorted(library.formats):
        for tag, locale in sorted(library.locales.items(), key=lambda pair: not pair[1].source):
            wanted = [each for each in everything if (each.lang, each.format) == (tag, form)][:TOPICS]
            if wanted:
                took = seconds(library, wanted)
                first.setdefault(form, took)
                ratio = took / first[form]
                print(f"{form:<10} {tag:<8} {script(locale)}  {took:.3f} s  {ratio:.2f} of the first")


if __name__ == "__main__":
    main()
