"""How fast the press is: beside WeasyPrint as anyone would use it, and beside headless Chromium kept warm.

All of them print the same pages, with the same style, drawings and fonts, as tagged PDF. What is to be
measured alone runs in a process of its own.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import cycle, islice
from multiprocessing import active_children, get_context
from pathlib import Path
from statistics import mean, median
from time import perf_counter, process_time
from typing import Any, Final, ParamSpec, TypeVar

import pikepdf

from careleaf import fonts, pool
from careleaf.compose import compose
from careleaf.load import load
from careleaf.model import Job, Selection
from careleaf.new import new_library
from careleaf.plan import plan
from careleaf.render import Press
from careleaf.versions import versions
from careleaf.writers import write

ROOT: Final = Path(__file__).parents[1]
VARIANT: Final = "pdf/ua-1"
CHROMIUM: Final = shutil.which("chromium")
CHROMIUM_OPTIONS: Final = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
)  # fmt: skip
NO_CHROMIUM: Final = "Chromium is not here: sh tools/site_tests.sh"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Size:
    """How often to measure what, and how many copies of each topic make the large library."""

    rounds: int = 5
    pool_rounds: int = 8
    chromium_rounds: int = 6
    rebuilds: int = 5
    copies: int = 12
    leaflets: tuple[int, int] = (100, 500)


QUICK: Final = Size(rounds=1, pool_rounds=2, chromium_rounds=1, rebuilds=2, copies=3, leaflets=(12, 36))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A leaflet as our Job, and as a page on disk for the others. The PDF goes beside that page."""

    job: Job
    page: Path

    @property
    def pdf(self) -> Path:
        """Where the PDF goes."""
        return self.page.with_suffix(".pdf")


@dataclass(frozen=True, slots=True)
class Speed:
    """One way of printing: the seconds of one leaflet, and how many pages all of them came to."""

    name: str
    cores: int
    seconds: float
    pages: int


@dataclass(frozen=True, slots=True)
class Workers:
    """What all cores did together. `start` is the time to the first leaflet; the warm time begins later."""

    seconds: float
    start: float
    busy: float
    busy_with_start: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Builds:
    """The seconds of a whole `build.py`: of all leaflets, and when none has changed."""

    editions: int
    full: float
    again: float


@dataclass(frozen=True, slots=True)
class Results:
    """All that was measured; the first of `speeds` are ours, on one core and on all. Memory is in MB."""

    speeds: list[Speed]
    workers: Workers
    leaflets: Sequence[int]
    memory: list[float]
    python: float
    builds: list[Builds]


@dataclass(frozen=True, slots=True)
class Aim:
    """What we want, what we got, and whether that will do."""

    name: str
    measured: str
    reached: bool


# The pages.


def sheets(folder: Path) -> list[Sheet]:
    """Give every handout of the library as it ships, its page laid down in a folder."""
    return [_lay_down(job, folder / str(number)) for number, job in enumerate(_jobs())]


def _jobs() -> Iterator[Job]:
    library, _ = load(ROOT)
    press = Press(library)
    editions = plan(library, Selection(formats=("handout",)), versions(), datetime.now(UTC).date()).wanted
    return (press.render(edition, compose(library, edition)) for edition in editions)


def _lay_down(job: Job, folder: Path) -> Sheet:
    link = '<link rel="stylesheet" href="page.css">'
    page = job.markup.replace("</head>", f"{link}</head>", 1).encode()
    for name, content in {"page.html": page, "page.css": job.style.encode(), **job.assets}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return Sheet(job, folder / "page.html")


def pages(printed: Iterable[Sheet]) -> int:
    """Count the pages of the PDFs made last, and take those away."""
    count = 0
    for sheet in printed:
        with pikepdf.open(sheet.pdf) as pdf:
            count += len(pdf.pages)
        sheet.pdf.unlink()
    return count


# One leaflet after another.


def seconds(make: Callable[[Sheet], object], printed: Sequence[Sheet], rounds: int) -> float:
    """Give what one leaflet takes: the mean, over the leaflets, of each one's median."""
    times = [[timed(make, sheet) for sheet in printed] for _ in range(rounds)]
    medians: list[float] = [median(of_one) for of_one in zip(*times, strict=True)]
    return mean(medians)


def timed(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> float:
    """Give the seconds that a call takes."""
    begun = perf_counter()
    function(*args, **kwargs)
    return perf_counter() - begun


def alone(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function in a new process, as if nothing had been loaded or printed before."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(function, *args, **kwargs).result()


def ours(printed: Sequence[Sheet], rounds: int) -> float:
    """Print with careleaf, warm."""
    for sheet in printed:
        _ours(sheet)
    return seconds(_ours, printed, rounds)


def _ours(sheet: Sheet) -> None:
    artifact = write(sheet.job)
    if artifact.findings:
        raise RuntimeError("\n".join(map(str, artifact.findings)))
    sheet.pdf.write_bytes(artifact.content)


def plain_loop(printed: Sequence[Sheet], rounds: int) -> float:
    """Print with WeasyPrint as its first example does, warm."""
    for sheet in printed:
        _plain(sheet)
    return seconds(_plain, printed, rounds)


def _plain(sheet: Sheet) -> None:
    from weasyprint import HTML  # noqa: PLC0415 # only this process may load it: ours changes it

    HTML(sheet.page).write_pdf(sheet.pdf, pdf_variant=VARIANT)


def command_line(sheet: Sheet) -> None:
    """Print with WeasyPrint's command."""
    run("-m", "weasyprint", "--pdf-variant", VARIANT, str(sheet.page), str(sheet.pdf))


def run(*arguments: str) -> bytes:
    """Run a Python command, and give what it prints."""
    command = (sys.executable, *arguments)
    return subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout  # noqa: S603 # our own


# All cores.


def workers(jobs: Sequence[Job], rounds: int) -> Workers:
    """Print with all cores; the first two rounds let each worker meet every font."""
    cold, queue = 2 * len(jobs), [*jobs] * (2 + rounds)
    begun = Moment.now()
    for number, (job, artifact) in enumerate(pool.run(queue, pool.cores(), make=write), start=1):
        if artifact.findings:
            raise RuntimeError(f"{job.name}: {artifact.findings[0]}")
        if number == 1:
            first = Moment.now()
        elif number == cold:
            warm = Moment.now()
        elif number == len(queue):
            last, peaks = Moment.now(), [megabytes(worker.pid) for worker in active_children()]
    done = Moment.now()
    return Workers(
        seconds=(last.clock - warm.clock) / (len(queue) - cold),
        start=first.clock - begun.clock,
        busy=warm.busy(last),
        busy_with_start=begun.busy(done),
        megabytes=max(peaks),
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, and the processor time that we and our child processes have used until then."""

    clock: float
    processor: float

    @classmethod
    def now(cls) -> "Moment":
        """Give this moment."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        running = sum(_processor_time(child.pid) for child in active_children())
        return cls(perf_counter(), process_time() + running + ended.ru_utime + ended.ru_stime)

    def busy(self, later: "Moment") -> float:
        """Give the share of all cores' time that was used from this moment to a later one."""
        return (later.processor - self.processor) / (later.clock - self.clock) / pool.cores()


def _processor_time(process: int | None) -> float:
    """Give the user and system time of a running process: fields 14 and 15 of its `stat`."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(process: int | str | None, field: str = "VmHWM") -> float:
    """Give the peak resident memory of a process; of `VmRSS`, what it has now.

    Linux counts the parent's into a child's `ru_maxrss`.
    """
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def growth(jobs: Sequence[Job], leaflets: Sequence[int]) -> list[float]:
    """Give the peak memory, in megabytes, after so many leaflets and after so many more."""
    peaks = []
    for number, job in enumerate(islice(cycle(jobs), max(leaflets)), start=1):
        write(job)
        if number in leaflets:
            peaks.append(megabytes("self"))
    return peaks


# Chromium.


def has_chromium() -> bool:
    """Say whether both the browser and what drives it are there."""
    return CHROMIUM is not None and find_spec("playwright") is not None


def chromium(printed: Sequence[Sheet], rounds: int) -> Iterator[Speed]:
    """Print with one tab of one browser, and then as fast as all cores can: what is fastest counts."""
    cores = pool.cores()
    one = asyncio.run(_tabs(printed, rounds, browsers=1, tabs=1))
    yield Speed("Chromium, kept warm, one tab", 1, one, pages(printed))
    ways = ((1, cores), (cores, 1), (cores, 2))
    speeds = {way: asyncio.run(_tabs(printed, rounds * cores, *way)) for way in ways}
    (browsers, tabs), best = min(speeds.items(), key=lambda item: item[1])
    name = f"Chromium, kept warm, browsers x tabs: {browsers} x {tabs}"
    yield Speed(name, cores, best, pages(printed))


async def _tabs(printed: Sequence[Sheet], rounds: int, browsers: int, tabs: int) -> float:
    """Give the seconds of one leaflet when some browsers print it, each in some tabs at a time."""
    from playwright.async_api import async_playwright  # noqa: PLC0415 # not everybody has it

    async with async_playwright() as play:
        start = play.chromium.launch
        running = [await start(executable_path=CHROMIUM, args=[*CHROMIUM_OPTIONS]) for _ in range(browsers)]
        opened = [await browser.new_page() for browser in running for _ in range(tabs)]
        await asyncio.gather(*(_print(tab, iter(printed)) for tab in opened))
        queue = iter([*printed] * rounds)
        begun = perf_counter()
        await asyncio.gather(*(_print(tab, queue) for tab in opened))
        took = perf_counter() - begun
        for browser in running:
            await browser.close()
    return took / (len(printed) * rounds)


async def _print(tab: Any, queue: Iterator[Sheet]) -> None:  # noqa: ANN401 # Playwright may be missing
    """Print in one tab until the queue, which tabs may share, is empty."""
    for sheet in queue:
        await tab.goto(sheet.page.as_uri())
        await tab.pdf(path=sheet.pdf, tagged=True, prefer_css_page_size=True, print_background=True)


# Builds.


def builds(root: Path, out: Path, rebuilds: int) -> Builds:
    """Build a library into a new folder, and again when there is nothing to do."""
    full = timed(build, root, out)
    made = len(json.loads((out / "manifest.json").read_bytes())["editions"])
    again = median(timed(build, root, out, unchanged=made) for _ in range(rebuilds))
    return Builds(made, full, again)


def build(root: Path, out: Path, *, unchanged: int = 0) -> None:
    """Run `python build.py`, start of Python and all; so many leaflets must be done already."""
    done = json.loads(run("build.py", "--json", "--root", str(root), "--out", str(out)))
    if len(done["unchanged"]) != unchanged:
        raise RuntimeError(f"{len(done['built'])} leaflets were built: did a file change meanwhile?")


def large_library(target: Path, copies: int) -> Path:
    """Copy the library, with each topic there so many times under other names."""
    new_library(ROOT, target)
    topics = [*(target / "content/topics").glob("*.yaml")]
    names = {topic.stem for topic in topics}
    for file in (*topics, *(target / "locales").glob("*/LC_MESSAGES/*.po")):
        for number in range(2, copies + 1) if file.stem in names else ():
            shutil.copy(file, file.with_stem(f"{file.stem}-{number}"))
    return target


# The whole.


def measure(size: Size, folder: Path) -> Results:
    """Measure everything, one thing after another. Says on standard error what is under way."""
    printed = sheets(folder / "pages")
    jobs = [sheet.job for sheet in printed]
    say("careleaf, one core")
    one = Speed("careleaf, warm", 1, alone(ours, printed, size.rounds), pages(printed))
    say("careleaf, all cores")
    together = workers(jobs, size.pool_rounds)
    speeds = [one, Speed("careleaf, warm", pool.cores(), together.seconds, one.pages)]
    say("WeasyPrint in a loop")
    loop = alone(plain_loop, printed, size.rounds)
    speeds.append(Speed("WeasyPrint, in a plain loop", 1, loop, pages(printed)))
    say("WeasyPrint's command line")
    command = seconds(command_line, printed, 1)
    speeds.append(Speed("WeasyPrint, its command once a file", 1, command, pages(printed)))
    say("Chromium")
    speeds += chromium(printed, size.chromium_rounds) if has_chromium() else ()
    say("memory")
    memory = alone(growth, jobs, size.leaflets)
    say("builds")
    python = median(timed(run, "-c", "pass") for _ in range(size.rebuilds))
    roots = (ROOT, large_library(folder / "large", size.copies))
    built = [builds(root, folder / f"out-{number}", size.rebuilds) for number, root in enumerate(roots)]
    return Results(speeds, together, size.leaflets, memory, python, built)


def say(what: str) -> None:
    """Tell a waiting person what is under way."""
    print(f"... {what}", file=sys.stderr, flush=True)


def aims(got: Results) -> Iterator[Aim]:
    """Compare what was measured with what we want."""
    one, every, loop, command, *browsers = got.speeds
    shipped = got.builds[0]
    early, late = got.memory
    yield at_least("times as fast as the command", command.seconds / one.seconds, 8)
    yield at_least("times as fast as the plain loop", loop.seconds / one.seconds, 1.5)
    if browsers:
        ratio = browsers[-1].seconds / every.seconds
        yield at_least("times as fast as Chromium, all cores", ratio, 1)
    yield at_least("% of all cores busy", 100 * got.workers.busy, 85)
    yield at_most("s for a build with nothing to do", shipped.again, 0.6)
    yield at_most("% of the full build for that", 100 * shipped.again / shipped.full, 3)
    yield at_most("MB for a worker", max(got.workers.megabytes, late), 400)
    yield at_most(
        f"% more memory from leaflet {got.leaflets[0]} to {got.leaflets[1]}", 100 * (late / early - 1), 5
    )


def at_least(name: str, measured: float, wanted: float) -> Aim:
    """Want this much or more."""
    return Aim(f"at least {wanted:g} {name}", f"{measured:.2f}", measured >= wanted)


def at_most(name: str, measured: float, wanted: float) -> Aim:
    """Want this much or less."""
    return Aim(f"at most {wanted:g} {name}", f"{measured:.2f}", measured <= wanted)


def report(got: Results) -> None:
    """Print it all for people."""
    ours_on = {speed.cores: speed.seconds for speed in reversed(got.speeds[:2])}
    line = "{:44}{:>6}{:>12}{:>12}{:>10}{:>7}".format
    print(line("", "cores", "s/leaflet", "leaflets/s", "ours = 1", "pages"))
    for way in got.speeds:
        figures = (way.seconds, 1 / way.seconds, way.seconds / ours_on[way.cores])
        print(line(way.name, way.cores, *(f"{figure:.3f}" for figure in figures), way.pages))
    if not has_chromium():
        print(NO_CHROMIUM)
    team = got.workers
    print(f"\nAll cores: the first leaflet after {team.start:.2f} s; busy {team.busy:.0%} once warm,")
    print(f"  {team.busy_with_start:.0%} with start and end; the largest worker took {team.megabytes:.0f} MB")
    after = zip(got.memory, got.leaflets, strict=True)
    print("One process: " + ", ".join(f"{memory:.0f} MB after {number} leaflets" for memory, number in after))
    for built in got.builds:
        print(f"Build of {built.editions} leaflets: {built.full:.2f} s; nothing to do: {built.again:.3f} s,")
        print(
            f"  {built.again / built.full:.1%} of it; {got.python / built.again:.0%} is the start of Python"
        )
    print(f"\n{'aim':58}{'measured':>10}")
    for aim in aims(got):
        print(f"{aim.name:58}{aim.measured:>10}  {'reached' if aim.reached else 'NOT reached'}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure less, in half a minute")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    options = parser.parse_args()
    os.environ["FONTCONFIG_FILE"] = str(fonts.configuration())
    with tempfile.TemporaryDirectory() as folder:
        got = measure(QUICK if options.quick else Size(), Path(folder))
    if options.json:
        print(json.dumps({**asdict(got), "aims": [asdict(aim) for aim in aims(got)]}, indent=1))
    else:
        report(got)


if __name__ == "__main__":
    main()
