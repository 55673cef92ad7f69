"""The limits of a format, each with a fault put on a tiny page: what is told, how badly, and when not."""

from dataclasses import replace
from io import BytesIO
from typing import Final

import pytest
from PIL import Image

from careleaf.findings import Finding
from careleaf.model import Binding, Job, Limits, Variant
from careleaf.paper import text_rule
from careleaf.pdf import engine, layout
from tests.folding import leaf

WORD: Final = "<p>Wash your hands.</p>"
WIDE: Final = "@page { size: 297mm 210mm }"
SIGNS: Final = '<section class="{}"><h2>Call if</h2><ul>{}</ul></section>'


def png(dots: int) -> bytes:
    """Make a picture of so many dots across and down."""
    file = BytesIO()
    Image.new("RGB", (dots, dots), "white").save(file, "PNG")
    return file.getvalue()


def tiny(markup: str, style: str = "", **limits: object) -> Job:
    """Give the Job of a page of A6, with such limits."""
    return replace(leaf(markup, style=style), limits=Limits().model_copy(update=limits))


def pages(*markups: str) -> str:
    """Put each on a page of its own."""
    return "".join(f'<div style="break-after: page">{each}</div>' for each in markups)


def told(job: Job) -> list[Finding]:
    return list(engine.write(job).findings)


def items(count: int) -> str:
    return "".join(f"<li>Sign {number}</li>" for number in range(count))


def pictured(dots: int) -> Job:
    """Give the Job of a picture an inch wide, so that it has so many dots in an inch."""
    job = tiny(f'<p>A <img src="{dots}.png" alt="Logo" style="width: 1in; height: 1in"></p>')
    return replace(job, assets={f"{dots}.png": png(dots)})


def folded(markup: str) -> Job:
    """Give the Job of a tri-fold."""
    return leaf(markup, Variant(Binding.TRI_FOLD))


def chinese(text: str, most: int) -> Job:
    """Give the Job of a line in Chinese, and the most columns that it may take."""
    job = tiny(f"<p>{text}</p>", f"{WIDE} body {{ font-family: 'Noto Sans SC' }}", line_length=most)
    return replace(job, fonts=("Noto Sans SC",), lang="zh")


LONG_LINE: Final = "x " * 34 + "<b>{}</b>"
SPACE: Final = '<div style="height: 40mm"></div>'
NOW: Final = SIGNS.format("emergency", items(1))
TODAY: Final = SIGNS.format("same-day", items(1))

# The fault; the same page without it; what is told, and whether the leaflet may be handed out all the same.
FAULTS: Final = {
    "a back that needs two panels": (
        folded(f'{WORD}<div style="page: back">{WORD}<p style="break-before: page">Hours</p></div>'),
        folded(f'{WORD}<div style="page: back">{WORD}<p>Hours</p></div>'),
        ("back-panel", "the text runs out of the panel the back, from 'Hours'"),
        False,
    ),
    "a page too many": (
        replace(tiny(pages(WORD, WORD)), pages=1),
        replace(tiny(pages(WORD, WORD)), pages=2),
        ("page-limit", "the leaflet has 2 pages, and its format allows 1"),
        False,
    ),
    "emergency signs that go on on page 2": (
        tiny(SIGNS.format("warning emergency", items(40))),
        tiny(SIGNS.format("warning emergency", items(4)) + f"<ul>{items(40)}</ul>"),
        ("danger-signs", "the emergency danger signs do not stand whole on page 1"),
        False,
    ),
    "emergency signs on page 2, and less urgent ones on page 1": (
        tiny(pages(TODAY, NOW)),
        tiny(pages(NOW, TODAY)),
        ("danger-signs", "the emergency danger signs do not stand whole on page 1"),
        False,
    ),
    "signs for the same day, the most urgent there are, on page 3": (
        tiny(pages(WORD, WORD, TODAY), danger_signs=2),
        tiny(pages(WORD, TODAY), danger_signs=2),
        ("danger-signs", "the same-day danger signs do not stand whole on page 2"),
        False,
    ),
    "a word that is longer than its line": (
        tiny('<p style="width: 20mm">Mikrodermabrasion</p>'),
        tiny('<p style="width: 60mm">Mikrodermabrasion</p>'),
        ("overflow", "a line runs out of its box: 'Mikrodermabrasion'"),
        False,
    ),
    "a line that leaves the paper to the left": (
        tiny('<p style="margin-left: -15mm; text-align: left">Wash</p>'),
        tiny('<p style="margin-left: -5mm; text-align: left">Wash</p>'),
        ("overflow", "a line runs out of its box: 'Wash'"),
        False,
    ),
    "a line below the edge of the paper": (
        tiny(f'{WORD}<p style="position: absolute; top: 133mm">Wash</p>'),
        tiny(f'{WORD}<p style="position: absolute; top: 120mm">Wash</p>'),
        ("overflow", "a line runs out of its box: 'Wash'"),
        False,
    ),
    "letters smaller than the format's smallest": (
        tiny('<p>Wash <span style="font-size: 11.9pt">your</span> hands</p>'),
        tiny('<p>Wash <span style="font-size: 12pt">your</span> hands</p>'),
        ("text-size", "a line is set in less than 12 points: 'Wash your hands'"),
        False,
    ),
    "small letters in a page's foot": (
        tiny(WORD, '@page { @bottom-center { content: "Draft"; font-size: 9pt } }'),
        tiny(WORD, '@page { @bottom-center { content: "Draft"; font-size: 12pt } }'),
        ("text-size", "a line is set in less than 12 points: 'Draft'"),
        False,
    ),
    "faint letters on white paper": (
        tiny('<p style="color: #777777">Wash</p>'),
        tiny('<p style="color: #767676">Wash</p>'),
        ("contrast", "a line has less contrast than 4.5:1: 'Wash'"),
        False,
    ),
    "letters faint for large print only": (
        tiny('<p style="color: #767676">Wash</p>', contrast=7),
        tiny('<p style="color: #595959">Wash</p>', contrast=7),
        ("contrast", "a line has less contrast than 7:1: 'Wash'"),
        False,
    ),
    "dark letters on a dark ground around them": (
        tiny('<div style="background: #0b5c6b"><p>Wash</p></div>'),
        tiny('<div style="background: #0b5c6b"><p style="background: #ffffff">Wash</p></div>'),
        ("contrast", "a line has less contrast than 4.5:1: 'Wash'"),
        False,
    ),
    "black letters that the paper shines through": (
        tiny('<p style="color: #00000066">Wash</p>'),
        tiny('<p style="color: #000000cc">Wash</p>'),
        ("contrast", "a line has less contrast than 4.5:1: 'Wash'"),
        False,
    ),
    "a ground that the paper shines through": (
        tiny('<p style="background: #000000dd">Wash</p>'),
        tiny('<p style="background: #0000001a">Wash</p>'),
        ("contrast", "a line has less contrast than 4.5:1: 'Wash'"),
        False,
    ),
    "a line in which the eye loses the next": (
        tiny(f'<p style="white-space: nowrap">{LONG_LINE.format("hen")}</p>', WIDE),
        tiny(f'<p style="white-space: nowrap">{LONG_LINE.format("he")}</p>', WIDE),
        ("line-length", "a line has more than 70 characters: " + repr(("x " * 34)[:60])),
        True,
    ),
    "a line of too many Chinese signs, two columns each": (
        chinese("请每天用肥皂洗手五次并擦干", 25),
        chinese("请每天用肥皂洗手五次并擦干", 26),
        ("line-length", "a line has more than 25 characters: '请每天用肥皂洗手五次并擦干'"),
        True,
    ),
    "a heading at a page's foot": (
        tiny(pages("<h2>Do</h2>", WORD)),
        tiny(pages(f"<h2>Do</h2>{WORD}", WORD)),
        ("heading", "page 1 ends with a heading: 'Do'"),
        True,
    ),
    "a last page that is not worth its paper": (
        tiny(pages(WORD, WORD), last_page=25),
        tiny(pages(WORD, SPACE + WORD), last_page=25),
        ("last-page", "the last page is 4 per cent full"),
        True,
    ),
    "a logo of too few dots": (
        pictured(199),
        pictured(200),
        ("picture-dots", "a picture has 199 dots in an inch, and 200 are needed"),
        True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_reader_would_lose_is_told_and_the_same_page_without_it_is_not(name: str) -> None:
    fault, clean, (rule, message), usable = FAULTS[name]
    artifact = engine.write(fault)
    (finding,) = artifact.findings
    assert (finding.file, finding.line, finding.rule) == ("numbers", 0, rule)
    assert finding.message == message
    assert finding.mend
    assert finding.severity == ("warning" if usable else "error")
    assert artifact.usable is usable
    assert told(clean) == []


def test_every_rule_of_the_layout_has_a_fault_of_its_own() -> None:
    laid_out = [(job, layout.measure(engine._lay_out(job).pages)) for job, *_ in FAULTS.values()]  # noqa: SLF001
    silent = [rule for rule in layout.RULES if not any([*rule(job, sheets)] for job, sheets in laid_out)]
    assert silent == []


def test_a_faint_word_inside_a_line_is_seen() -> None:
    job = tiny('<p>Wash <span style="color: #999999">your</span> hands.</p>')
    assert [finding.rule for finding in told(job)] == ["contrast"]


def test_a_line_of_a_foot_may_be_longer_than_one_of_the_text() -> None:
    foot = f'@page {{ @bottom-center {{ content: "{"x " * 40}"; white-space: nowrap; width: 100% }} }}'
    assert told(tiny(WORD, WIDE + foot)) == []


def test_a_picture_below_a_heading_and_on_the_last_page_counts_like_words() -> None:
    picture = '<p><img src="900.png" alt="Where" style="width: 40mm; height: 40mm"></p>'
    job = tiny(pages(WORD, f"<h2>Where it itches</h2>{picture}"), last_page=25)
    assert told(replace(job, assets={"900.png": png(900)})) == []


def test_the_contrast_of_black_and_white_is_21_and_that_of_equals_1() -> None:
    assert layout.contrast((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)) == pytest.approx(21)
    assert layout.contrast((1.0, 1.0, 1.0), (0.0, 0.0, 0.0)) == pytest.approx(21)
    assert layout.contrast((0.2, 0.5, 0.3), (0.2, 0.5, 0.3)) == 1


# --- The size of the text --------------------------------------------------------------------------


def lines(count: int) -> str:
    return "".join(f"<p>Line {number}</p>" for number in range(count))


def size_of(job: Job) -> float:
    """Give the size in which a leaflet is set, in points."""
    document = engine._lay_out(job)  # noqa: SLF001 # the PDF does not tell it
    return round(max(line.size for page in layout.measure(document.pages) for line in page.lines), 2)


def pages_in(job: Job, size: float) -> int:
    """Count the pages of a leaflet whose text has just this size."""
    return engine.write(replace(job, sizes=(size, size), style=job.style + text_rule(size))).pages


@pytest.mark.parametrize("count", [5, 20, 22, 24, 26])
def test_a_leaflet_is_set_in_the_largest_size_with_which_it_keeps_its_pages(count: int) -> None:
    job = replace(tiny(lines(count)), sizes=(16, 10), pages=1)
    size = size_of(job)
    assert 10 <= size <= 16
    assert told(job) == []
    assert pages_in(job, size) == 1
    assert size == 16 or pages_in(job, size + engine.STEP) == 2, "half a point more would not fit"


def test_the_sizes_of_the_leaflets_above_do_differ() -> None:
    sizes = [size_of(replace(tiny(lines(count)), sizes=(16, 10), pages=1)) for count in (5, 22, 26)]
    assert sizes == sorted(set(sizes), reverse=True)
    assert sizes[0] == 16


def test_a_leaflet_too_long_in_the_smallest_size_is_set_in_it_and_told() -> None:
    job = replace(tiny(lines(60)), sizes=(16, 10), pages=1)
    assert size_of(job) == 10
    assert [finding.rule for finding in told(job)] == ["page-limit"]
    assert not engine.write(job).usable


def test_the_text_grows_no_larger_than_its_danger_signs_allow() -> None:
    """They must be whole on page 1, and the leaflet may have two."""
    markup = SIGNS.format("emergency", items(20)) + lines(5)
    job = replace(tiny(markup, "h2, ul { margin: 0 }"), sizes=(16, 10), pages=2)
    assert told(job) == []
    assert 10 < size_of(job) < 16


def test_a_format_of_one_size_keeps_it_whatever_its_limit() -> None:
    job = replace(tiny(lines(60)), sizes=(14, 14), pages=1)
    assert size_of(job) == 14


# --- The last page ---------------------------------------------------------------------------------


def filled(job: Job) -> list[float]:
    return [page.filled for page in layout.measure(engine._lay_out(job).pages)]  # noqa: SLF001 # as above


def test_a_last_page_of_a_few_lines_gets_more_from_the_pages_before_it() -> None:
    as_it_falls = filled(tiny(lines(48), last_page=0))
    assert len(as_it_falls) == 3
    assert as_it_falls[-1] < 25
    job = tiny(lines(48), last_page=25)
    assert len(filled(job)) == 3, "no page more"
    assert filled(job)[-1] >= 25
    assert told(job) == []


def test_a_last_page_that_nothing_can_fill_is_told_and_stays_as_it_was() -> None:
    block = '<div style="break-inside: avoid; height: 100mm"></div>'
    job = tiny(pages(block + WORD, WORD), last_page=25)
    assert [finding.rule for finding in told(job)] == ["last-page"]
    assert engine.write(job).usable


def test_a_leaflet_of_one_page_may_be_short() -> None:
    assert told(tiny(WORD, last_page=25)) == []
