"""The evidence of a library as Markdown: each statement with its sources, and what rests on inference."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from careleaf.model import Fact, Library, Number, Topic
from careleaf.words import Spoken, spoken

INFERENCE: Final = "INF"
GRADES: Final = {
    "A": "national health body, regulator, college or peer-reviewed paper",
    "B": "hospital leaflet, textbook or physician reference",
    "C": "private or commercial page; never alone for a statement about safety",
    "INF": "our own cautious inference, stated by no single source",
}


def evidence(library: Library) -> str:
    """Write the page."""
    return "\n".join(_lines(library)) + "\n"


def _lines(library: Library) -> Iterator[str]:
    topics = library.topics.values()
    inferred = [
        (topic, text)
        for topic in topics
        for text in _statements(library, topic)
        if _only_inferred(library, text)
    ]
    yield "# Evidence"
    yield ""
    yield "Made from the library by `make evidence`: change the topics, not this page. It lists every"
    yield "statement with the sources that it rests on. `careleaf status` says what is approved. The sources"
    yield "were read as excerpts: whoever approves a topic reads the live pages first."
    yield ""
    yield from (f"- Grade **{grade}**: {meaning}." for grade, meaning in GRADES.items())
    yield ""
    yield "| topic | statements | on inference only | sources | best grade A | B | C |"
    yield "|---|---|---|---|---|---|---|"
    for topic in topics:
        yield _row(library, topic)
    yield ""
    yield "## What rests on inference only"
    yield ""
    yield "A clinician decides on each of these first: no source states it."
    yield ""
    yield from (f"- {topic.name}, {text.id}: {_cell(text.text)}" for topic, text in inferred)
    for topic in topics:
        yield from _topic(library, topic)
    yield ""
    yield "## Sources"
    yield ""
    yield "| key | grade | title | publisher | year | address |"
    yield "|---|---|---|---|---|---|"
    for source in library.sources.values():
        address = "" if source.mirror or not source.url else f"<{source.url}>"
        note = " (read on another site)" if source.mirror else ""
        cells = (
            source.name,
            source.grade,
            _cell(source.title) + note,
            _cell(source.publisher),
            source.year or "",
        )
        yield f"| {' | '.join(map(str, cells))} | {address} |"


def _row(library: Library, topic: Topic) -> str:
    statements = list(_statements(library, topic))
    keys = {key for text in statements for key in text.sources} - {INFERENCE}
    best = Counter(_best(library, text) for text in statements)
    inferred = sum(_only_inferred(library, text) for text in statements)
    return (
        f"| [{topic.name}](#{topic.name}) | {len(statements)} | {inferred} | {len(keys)} "
        f"| {best['A']} | {best['B']} | {best['C']} |"
    )


def _topic(library: Library, topic: Topic) -> Iterator[str]:
    yield ""
    yield f"## {topic.name}"
    yield ""
    yield f"{topic.title}. For: {topic.audience}. Version {topic.version}, next review {topic.review}."
    yield ""
    yield "| where | statement | sources (grade) |"
    yield "|---|---|---|"
    for text in _statements(library, topic):
        yield f"| {text.id} | {_cell(text.text)} | {_sources(library, text.sources)} |"
    if topic.facts:
        yield ""
        yield "| Fact | value | a clinic may set | sources (grade) |"
        yield "|---|---|---|---|"
        for name, fact in topic.facts.items():
            yield f"| {name} | {_value(fact)} | {_range(fact)} | {_sources(library, fact.sources)} |"


def _statements(library: Library, topic: Topic) -> Iterator[Spoken]:
    return (text for text in spoken(library, topic) if text.sources)


def _best(library: Library, text: Spoken) -> str:
    grades = [library.sources[key].grade for key in text.sources if key in library.sources]
    return min(grades, key=list(GRADES).index, default="")


def _only_inferred(library: Library, text: Spoken) -> bool:
    return _best(library, text) == INFERENCE


def _sources(library: Library, keys: tuple[str, ...]) -> str:
    return ", ".join(
        f"{key} ({library.sources[key].grade})" if key in library.sources else key for key in keys
    )


def _value(fact: Fact) -> str:
    said = " to ".join(map(str, fact.value)) if isinstance(fact.value, tuple) else str(fact.value)
    unit = getattr(fact, "unit", "").rpartition("-")[2]
    return f"{said} {unit}".strip()


def _range(fact: Fact) -> str:
    if not isinstance(fact, Number) or fact.min == fact.max:
        return "no other"
    return f"{fact.min} to {fact.max}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
