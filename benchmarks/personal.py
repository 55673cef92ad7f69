"""How fast patients' own sheets are made: beside laying each out anew, Chromium and Typst, both kept warm.

python -m benchmarks.personal

All of them use the same one core. They take turns, so that all share a busy minute of the machine, and none
gets the same person twice. Not counted for the others is the work of filling in the template. For ours, all
is counted from the list of people on: working out days, laying out, and writing the bytes of each file.
"""

import argparse
import base64
import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import lru_cache
from io import BytesIO
from mimetypes import guess_type
from multiprocessing import active_children, get_context
from operator import itemgetter
from pathlib import Path
from pkgutil import resolve_name
from statistics import mean, median
from time import perf_counter
from typing import Any, Final, ParamSpec, TypeVar
from unittest.mock import patch

import pikepdf

from benchmarks.press import (
    CHROMIUM,
    CHROMIUM_OPTIONS,
    NO_CHROMIUM,
    ROOT,
    VARIANT,
    Aim,
    alone,
    at_least,
    at_most,
    has_chromium,
    megabytes,
    say,
    timed,
)
from careleaf import batch, fonts, personal, private
from careleaf.compose import compose, plain
from careleaf.load import load
from careleaf.model import Job, Leaflet, Library, Recipient
from careleaf.pool import Crew
from careleaf.render import Press

TOPIC: Final = "after-laser"
CLINIC: Final = "riverside"
DAY: Final = date(2026, 11, 25)
"""Stands for today: which days a clinic is closed, and so how many leaflets are laid out, follows from it."""
DAYS: Final = 60
"""So many days the treatments are spread over."""
STRIDE: Final = 7
"""Days between one six and the next: it shares no divisor with DAYS, so that a few have various days too."""
NAMES: Final = (
    ("Příklad", "0123456789"),
    ("Приклад", "0123456789"),
    ("مثال", "٠١٢٣٤٥٦٧٨٩"),
    ("उदाहरण", "०१२३४५६७८९"),
    ("예시", "0123456789"),
    ("示例", "〇一二三四五六七八九"),
)
"""A word for example in six scripts, and the digits that number it: nobody is called so."""
STANDARDS: Final = ("a-3a", "ua-1")
"""What Typst's PDFs keep to, as ours do."""
WORKERS: Final = 2

P = ParamSpec("P")
R = TypeVar("R")
Ready = Callable[[batch.Wanted], Callable[[], bytes]]
"""Gets all ready for one sheet, and gives what makes its PDF: only that is measured."""


@dataclass(frozen=True, slots=True)
class Size:
    """How often to measure what: our sheets in a round, those of others, and those of a large list."""

    rounds: int = 7
    sheets: int = 1000
    others: int = 12
    large: int = 10_000


QUICK: Final = Size(rounds=1, sheets=60, others=2, large=300)


@dataclass(frozen=True, slots=True)
class Ours:
    """One round of ours: seconds for all its sheets; for as many more, the leaflets laid out already."""

    seconds: float
    stamping: float
    leaflets: int
    anew: int
    pages: int


@dataclass(frozen=True, slots=True)
class Way:
    """One way of making sheets: the seconds of one in each round, and its pages."""

    name: str
    seconds: Sequence[float]
    pages: int

    @property
    def typical(self) -> float:
        """The median."""
        return median(self.seconds)


@dataclass(frozen=True, slots=True)
class Large:
    """A large list, made into files. `at` so many: MB of us, of the largest worker, and that one's peak."""

    langs: Sequence[str]
    sheets: int
    seconds: float
    first: float
    size: float
    at: Sequence[int]
    parent: Sequence[float]
    worker: Sequence[float]
    peak: Sequence[float]


@dataclass(frozen=True, slots=True)
class Results:
    """All that was measured: first of `ways` ours, with and without layout; the `parts` of it in seconds."""

    sheets: int
    leaflets: int
    anew: int
    ways: Sequence[Way]
    parts: dict[str, float]
    large: Sequence[Large]


# The people, and what is printed for them.


def people(langs: Sequence[str], first: int, number: int) -> Iterator[Recipient]:
    """Make up people, numbered from `first` on."""
    for one in range(first, first + number):
        turn, place = divmod(one, len(NAMES) * len(langs))
        lang, script = divmod(place, len(NAMES))
        word, digits = NAMES[script]
        numbered = "".join(digits[int(digit)] for digit in str(one))
        day = DAY - timedelta(days=turn * STRIDE % DAYS)
        yield Recipient(one, (TOPIC,), langs[lang], day, f"{word} {numbered}")


@lru_cache
def library() -> Library:
    """Load the library, once in each process."""
    return load(ROOT)[0]


def wanted(langs: Sequence[str], first: int, number: int) -> list[batch.Wanted]:
    """Choose the leaflets of some people; those without a current text get none."""
    terms = batch.Terms(library().clinics[CLINIC], DAY, drafts=True)
    return batch.chosen(library(), terms, people(langs, first, number))[0]


def languages() -> tuple[str, ...]:
    """Give the languages whose words are current."""
    return tuple(lang for lang in library().locales if wanted([lang], 0, 1))


def laid(one: batch.Wanted) -> tuple[Leaflet, Job]:
    """Put a sheet's words into its leaflet."""
    recipient = one.recipient
    places = personal.slots(library(), one.edition, recipient.treated_on, recipient.said)
    leaflet = compose(library(), one.edition, places)
    return leaflet, _press().render(one.edition, leaflet)


@lru_cache
def _press() -> Press:
    return Press(library())


def page(job: Job, head: str = "") -> str:
    """Give a page of HTML that needs no other file."""
    text = job.markup.replace("</head>", f"{head}</head>", 1)
    for name, content in job.assets.items():
        data = base64.b64encode(content).decode()
        text = text.replace(f'src="{name}"', f'src="data:{guess_type(name)[0]};base64,{data}"')
    return text


# Ours.


class Here(Executor):
    """Does at once, in this process, what it is given."""

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Call a function."""
        future: Future[R] = Future()
        future.set_result(function(*args, **kwargs))
        return future


def stamped(first: int, number: int) -> Ours:
    """Make sheets as a batch does, in this process: with nothing laid out, and then as many others."""
    from careleaf.pdf import master  # noqa: PLC0415 # those that lay out anew must not load it

    kept = master._LAID_OUT  # noqa: SLF001 # what a worker has laid out
    kept.clear()
    some, others = (wanted(["en"], start, number) for start in (first, first + number))
    seconds, anew_, pages = _counted(some)
    leaflets = len(kept)
    stamping, _, _ = _counted(others)
    return Ours(seconds, stamping, leaflets, anew_, pages)


def _counted(some: Sequence[batch.Wanted]) -> tuple[float, int, int]:
    """Make sheets; give the seconds, how many had to be laid out anew, and the pages of the last."""
    number, laid_out, content = 0, 0, b""
    begun = perf_counter()
    for made in _made(some):
        content = made.content
        number += 1
        laid_out += made.stamp is None
    seconds = perf_counter() - begun
    if number != len(some):
        raise RuntimeError(f"{number} of {len(some)} sheets were made")
    return seconds, laid_out, _pages(content)


def _made(some: Sequence[batch.Wanted]) -> Iterator[batch.Sheet]:
    return batch.made(batch.Makers(library(), Crew(Here(), 1)), some, lambda *_: None)


def _pages(content: bytes) -> int:
    with pikepdf.open(BytesIO(content)) as pdf:
        return len(pdf.pages)


class Clock:
    """Measures how much time functions take by themselves, without those measured inside them."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inside: list[float] = []
        self._whole = False

    def measured(self, name: str, function: Callable[P, R], *, whole: bool = False) -> Callable[P, R]:
        """Let a function's time be counted under a name; of a `whole` one, with all inside it."""

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if self._whole:
                return function(*args, **kwargs)
            self._whole = whole
            self._inside.append(0.0)
            begun = perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                took, inside = perf_counter() - begun, self._inside.pop()
                self.spent[name] += took - inside
                self._whole = False
                if self._inside:
                    self._inside[-1] += took

        return call


PARTS: Final = (
    ("working out dates", "careleaf.personal.dates"),
    ("choosing fonts for names", "careleaf.personal.about"),
    ("grouping", "careleaf.batch._groups"),
    ("composing and filling in the leaflets", "careleaf.batch.compose"),
    ("composing and filling in the leaflets", "careleaf.render.Press.render"),
    ("putting lines in their places", "careleaf.pdf.master.stamp"),
    ("painting lines", "careleaf.pdf.master.painted"),
    ("cutting fonts down", "careleaf.pdf.subset.make"),
    ("compressing", "zlib.compress"),
    ("writing the update", "careleaf.pdf.update.update"),
    ("to disk", "careleaf.private.put"),
)
LAYOUT: Final = ("laying out the leaflets", "careleaf.pdf.master.make")
REST: Final = "all else"


def parts(first: int, number: int, folder: Path) -> dict[str, float]:
    """Give the seconds that each part of our work takes, for so many sheets that go to disk."""
    from careleaf.pdf import master, subset, update  # noqa: PLC0415 # as above

    del subset, update  # loaded, so that their functions can be measured
    master._LAID_OUT.clear()  # noqa: SLF001 # as above
    clock, some = Clock(), wanted(["en"], first, number)
    with ExitStack() as measured:
        for name, function in (*PARTS, LAYOUT):
            now = _named(function)
            call = clock.measured(name, now, whole=(name, function) == LAYOUT)
            measured.enter_context(patch(function, call))
        clock.measured(REST, _to_disk)(some, folder)
    return dict(sorted(clock.spent.items(), key=itemgetter(1), reverse=True))


def _named(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = resolve_name(name)
    return found


def _to_disk(some: Sequence[batch.Wanted], folder: Path) -> None:
    with private.folder(folder) as new:
        for number, made in enumerate(_made(some)):
            private.put(new / f"{number}.pdf", made.content)


# The others.


@contextmanager
def anew(_: Path) -> Iterator[Ready]:
    """Lay every sheet out with our own engine."""
    from careleaf.writers import write  # noqa: PLC0415 # loads the engine

    def ready(one: batch.Wanted) -> Callable[[], bytes]:
        job = laid(one)[1]
        return lambda: write(job).content

    yield ready


@contextmanager
def weasyprint(_: Path) -> Iterator[Ready]:
    """Lay every sheet out with WeasyPrint as it comes, fonts and style read once."""
    from weasyprint import CSS, HTML  # noqa: PLC0415 # only this process may load it: ours changes it
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415 # as above

    configuration = FontConfiguration()
    styles = lru_cache(lambda text: CSS(string=text, font_config=configuration))

    def ready(one: batch.Wanted) -> Callable[[], bytes]:
        job = laid(one)[1]
        html, style = page(job), styles(job.style)

        def make() -> bytes:
            content: bytes = HTML(string=html).write_pdf(
                stylesheets=[style], font_config=configuration, pdf_variant=VARIANT
            )
            return content

        return make

    yield ready


@contextmanager
def chromium(_: Path) -> Iterator[Ready]:
    """Print every sheet in one tab of one browser."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 # not everybody has it

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_OPTIONS])
        tab = browser.new_page()

        def ready(one: batch.Wanted) -> Callable[[], bytes]:
            job = laid(one)[1]
            html = page(job, f"<style>{job.style}</style>")

            def make() -> bytes:
                tab.set_content(html)
                return tab.pdf(tagged=True, prefer_css_page_size=True, print_background=True)

            return make

        yield ready
        browser.close()


@contextmanager
def typst(folder: Path) -> Iterator[Ready]:
    """Compile every sheet with Typst, which keeps what it can: see personal.typ."""
    import typst as typst_  # noqa: PLC0415 # only this process needs it

    leaflet, job = laid(wanted(["en"], 0, 1)[0])
    _lay_down(leaflet, job, folder)
    files = [face.file for face in fonts.faces() if face.file]
    compiler = typst_.Compiler(
        folder / "personal.typ",
        root=folder,
        font_paths=[*dict.fromkeys(file.parent for file in files)],
        ignore_system_fonts=True,
    )

    def ready(one: batch.Wanted) -> Callable[[], bytes]:
        words = json.dumps(_person(one), ensure_ascii=False)

        def make() -> bytes:
            (folder / "person.json").write_text(words, "utf-8")
            content = compiler.compile(pdf_standards=[*STANDARDS])
            if not isinstance(content, bytes):
                raise TypeError("Typst made no single file")
            return content

        return make

    yield ready


def _person(one: batch.Wanted) -> dict[str, Any]:
    """Give what only one person's sheet says."""
    recipient, locale = one.recipient, library().locales[one.edition.lang]
    places = personal.slots(library(), one.edition, recipient.treated_on, recipient.said)
    closed: dict[str, list[str]] = {}
    for key, slot in places.items():
        if key.startswith(f"{locale.name}/closed/"):
            closed.setdefault(key.rstrip(personal.NEXT), []).append(slot.text)
    return {
        "places": {key: slot.text for key, slot in places.items()},
        "closed": [*closed.values()],
        "font": [*places[f"{locale.name}/name"].families, *locale.fonts],
    }


def _lay_down(leaflet: Leaflet, job: Job, folder: Path) -> None:
    """Write what all sheets share as files for Typst."""
    for told_apart, content in job.assets.items():
        name = told_apart.partition("/")[2]
        file = folder / ("qr.svg" if name.startswith("qr/") else name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    shutil.copy(ROOT / "benchmarks/personal.typ", folder)
    (folder / "source.json").write_bytes(job.attachment)
    (folder / "leaflet.json").write_text(json.dumps(_shared(leaflet, job), ensure_ascii=False), "utf-8")


def _shared(leaflet: Leaflet, job: Job) -> dict[str, Any]:
    """Give what every sheet says. Places are named; what stands in them is each person's."""
    same = ("title", "band", "phone", "urgent", "emergency", "hours", "address")
    return {
        **{name: getattr(leaflet, name) for name in same},
        "ui": dict(leaflet.ui),
        "author": plain(leaflet.clinic),
        "description": plain(leaflet.message),
        "updated": {part: getattr(job.updated, part) for part in ("year", "month", "day")},
        "lang": leaflet.locale.name,
        "fonts": leaflet.locale.fonts,
        "identity": (leaflet.topic, leaflet.locale.english, leaflet.version, leaflet.text_digest),
        "dates": (leaflet.updated, leaflet.review),
        "page": [{"text": piece.text, "fact": piece.fact} for piece in leaflet.page],
        "sources": "; ".join(source.publisher for source in leaflet.sources) + ".",
        "personal": asdict(leaflet.personal) if leaflet.personal else {},
        "blocks": [asdict(block) for block in leaflet.blocks],
        "message": [asdict(run) for run in leaflet.message],
        "clinic": [asdict(run) for run in leaflet.clinic],
    }


# In turns.

WAYS: Final[dict[str, Callable[[Path], AbstractContextManager[Ready]]]] = {
    "careleaf, each laid out anew": anew,
    "WeasyPrint, fonts and style kept": weasyprint,
    "Chromium, kept warm": chromium,
    "Typst, kept warm": typst,
}
OURS: Final = "careleaf, stamped"
LAID_OUT: Final = "careleaf, stamped, leaflets laid out before"

_OPEN: Final = ExitStack()


@lru_cache
def _opened(way: str, folder: Path) -> Ready:
    return _OPEN.enter_context(WAYS[way](folder))


def one_round(way: str, folder: Path, first: int, number: int) -> tuple[float, int]:
    """Make some sheets; give the mean seconds, and the pages of the last."""
    ready = _opened(way, folder)
    makers = [ready(one) for one in wanted(["en"], first, number)]
    seconds = mean(timed(make) for make in makers)
    return seconds, _pages(makers[-1]())


def shut() -> None:
    """End what a process has started."""
    _OPEN.close()


def _on_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def in_turns(size: Size, folder: Path) -> Results:
    """Let each way make some sheets, and again, each in a process of its own on the same core."""
    names = [name for name, way in WAYS.items() if way is not chromium or has_chromium()]
    with ExitStack() as processes:
        own = {
            name: processes.enter_context(
                ProcessPoolExecutor(1, get_context("spawn"), initializer=_on_one_core)
            )
            for name in (OURS, *names)
        }
        say("warming up")
        own[OURS].submit(stamped, 0, size.others).result()
        for name in names:
            own[name].submit(one_round, name, folder, 0, size.others).result()
        ours: list[Ours] = []
        others: dict[str, list[tuple[float, int]]] = {name: [] for name in names}
        for number in range(1, size.rounds + 1):
            say(f"round {number} of {size.rounds}")
            ours.append(own[OURS].submit(stamped, 2 * number * size.sheets, size.sheets).result())
            for name in names:
                args = (name, folder, number * size.others, size.others)
                others[name].append(own[name].submit(one_round, *args).result())
        split = own[OURS].submit(parts, 1, size.sheets, folder / "parts").result()
        for name in names:
            own[name].submit(shut).result()
    return Results(
        sheets=size.sheets,
        leaflets=ours[-1].leaflets,
        anew=ours[-1].anew,
        ways=[
            Way(OURS, [each.seconds / size.sheets for each in ours], ours[-1].pages),
            Way(LAID_OUT, [each.stamping / size.sheets for each in ours], ours[-1].pages),
            *(Way(name, [seconds for seconds, _ in found], found[-1][1]) for name, found in others.items()),
        ],
        parts=split,
        large=(),
    )


# A large list.


def large(langs: Sequence[str], number: int, folder: Path) -> Large:
    """Make a list of people into files in a folder, as `merge --out` does from the list on."""
    some = list(people(langs, 1, number))
    at = (number // 20, number // 2, number)
    memory: list[tuple[float, float, float]] = []
    moments, size = [], 0
    terms = batch.Terms(library().clinics[CLINIC], DAY, drafts=True)
    begun = perf_counter()
    chosen, _ = batch.chosen(library(), terms, some)
    with private.folder(folder) as new:
        made = batch.made(batch.Makers(library(), WORKERS), chosen, lambda *_: None)
        for done, sheet in enumerate(made, start=1):
            moments.append(perf_counter() - begun)
            content = sheet.content
            private.put(new / f"row-{sheet.wanted.recipient.row}.pdf", content)
            size += len(content)
            if done in at:
                memory.append(_memory())
    seconds = perf_counter() - begun
    parent, worker, peak = zip(*memory, strict=True)
    return Large(langs, len(moments), seconds, moments[0], size / 1e6, at, parent, worker, peak)


def _memory() -> tuple[float, float, float]:
    """Give the memory of this process, of its largest worker, and what any worker ever took, in MB."""
    workers = [each.pid for each in active_children()]
    largest, peak = (max(megabytes(each, of) for each in workers) for of in ("VmRSS", "VmHWM"))
    return megabytes("self", "VmRSS"), largest, peak


# The whole.


def measure(size: Size, folder: Path) -> Results:
    """Measure everything. Says on standard error what is under way."""
    got = in_turns(size, folder)
    lists = []
    for langs in dict.fromkeys([("en",), languages()]):
        say(f"{size.large} sheets to disk, {len(langs)} languages")
        lists.append(alone(large, langs, size.large, folder / "large"))
        shutil.rmtree(folder / "large")
    return Results(got.sheets, got.leaflets, got.anew, got.ways, got.parts, lists)


def ratio(got: Results, name: str) -> float | None:
    """Give how many times as long another way takes: the median over the rounds."""
    other = next((way for way in got.ways if way.name == name), None)
    if other is None:
        return None
    return median(theirs / ours for ours, theirs in zip(got.ways[0].seconds, other.seconds, strict=True))


def aims(got: Results) -> Iterator[Aim]:
    """Compare what was measured with what we want."""
    anew_, _, browser, typeset = WAYS
    for name, other, times in (
        ("times as fast as laying each out anew", anew_, 60),
        ("times as fast as Chromium kept warm", browser, 30),
        ("times as fast as Typst kept warm", typeset, 2),
    ):
        found = ratio(got, other)
        if found is not None:
            yield at_least(name, found, times)
    for each in got.large:
        name = (
            f"% more memory of a worker, sheets {each.at[0]} to {each.at[-1]}, languages: {len(each.langs)}"
        )
        yield at_most(name, 100 * (each.worker[-1] / each.worker[0] - 1), 5)


def report(got: Results) -> None:
    """Print it all for people."""
    line = "{:46}{:>12}{:>12}{:>10}{:>7}".format
    print(line("one core", "ms a sheet", "sheets/s", "ours = 1", "pages"))
    for way in got.ways:
        figures = (f"{1000 * way.typical:.2f}", f"{1 / way.typical:.1f}", f"{ratio(got, way.name):.2f}")
        print(line(way.name, *figures, way.pages))
    if not has_chromium():
        print(NO_CHROMIUM)
    print(
        f"\n{got.sheets} sheets of {got.leaflets} leaflets, {got.anew} of them laid out anew; with the disk:"
    )
    whole = sum(got.parts.values())
    for name, seconds in got.parts.items():
        print(f"  {name:40}{1000 * seconds / got.sheets:8.3f} ms a sheet{seconds / whole:8.1%}")
    for each in got.large:
        print(f"\n{each.sheets} sheets on {WORKERS} cores to disk, in {', '.join(each.langs)}:")
        print(f"  {each.seconds:.1f} s, the first after {each.first:.2f} s; {each.size:.0f} MB of files")
        for number, *memory in zip(each.at, each.parent, each.worker, each.peak, strict=True):
            parent, worker, peak = (f"{amount:.0f} MB" for amount in memory)
            print(f"  after {number}: a worker has {worker} (at most {peak} until then), the parent {parent}")
    print(f"\n{'aim':72}{'measured':>10}")
    for aim in aims(got):
        print(f"{aim.name:72}{aim.measured:>10}  {'reached' if aim.reached else 'NOT reached'}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.personal", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure less, in half a minute")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    for name, number in asdict(Size()).items():
        parser.add_argument(f"--{name}", type=int, help=f"default: {number}")
    options = parser.parse_args()
    asked = {name: getattr(options, name) for name in asdict(Size()) if getattr(options, name)}
    size = Size(**(asdict(QUICK if options.quick else Size()) | asked))
    os.environ["FONTCONFIG_FILE"] = str(fonts.configuration())
    with tempfile.TemporaryDirectory() as folder:
        got = measure(size, Path(folder))
    if options.json:
        print(json.dumps({**asdict(got), "aims": [asdict(aim) for aim in aims(got)]}, indent=1))
    else:
        report(got)


if __name__ == "__main__":
    main()
