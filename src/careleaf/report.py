"""One page for a lead clinician: each topic with its findings, scores, sources, approvals, next review."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from careleaf.approvals import overall, standing
from careleaf.check.language import PASSIVE, length
from careleaf.findings import Finding, Severity
from careleaf.grades import AIM, FORMULA, grade, prose
from careleaf.model import Approval, Library, Source, Status, Topic, Withdrawal
from careleaf.render import page
from careleaf.words import spoken


@dataclass(frozen=True, slots=True)
class Scores:
    """How a topic's English reads. `grade` is None where it cannot be measured."""

    grade: float | None
    sentences: int
    mean: float
    longest: int
    passive: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a topic stands in a language, and what was decided of it."""

    lang: str
    status: Status
    approvals: tuple[Approval, ...]
    withdrawal: Withdrawal | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """All that the page tells of one topic."""

    topic: Topic
    findings: tuple[Finding, ...]
    scores: Scores
    sources: tuple[Source, ...]
    grades: Mapping[str, int]
    decisions: tuple[Decision, ...]


def report(library: Library, findings: Iterable[Finding], today: date) -> str:
    """Write the page as one HTML file that loads nothing."""
    told = [finding for finding in findings if finding.severity is not Severity.ADVICE]
    chapters = [_chapter(library, topic, told, today) for topic in library.topics.values()]
    placed = {finding for chapter in chapters for finding in chapter.findings}
    rest = [finding for finding in told if finding not in placed]
    counts = Counter(finding.severity for finding in told)
    return page(
        "report.html",
        chapters=chapters,
        rest=rest,
        counts={severity: counts[severity] for severity in Severity if severity is not Severity.ADVICE},
        langs=list(library.locales),
        today=today,
        formula=FORMULA,
        aim=AIM,
    )


def _chapter(library: Library, topic: Topic, findings: Iterable[Finding], today: date) -> Chapter:
    keys = dict.fromkeys(key for part in topic.statements() for key in part.sources)
    sources = tuple(library.sources[key] for key in keys if key in library.sources)
    return Chapter(
        topic=topic,
        findings=tuple(finding for finding in findings if _is_about(finding, topic)),
        scores=_scores(library, topic),
        sources=tuple(sorted(sources, key=lambda source: (source.grade, source.publisher))),
        grades=dict(sorted(Counter(source.grade for source in sources).items())),
        decisions=tuple(_decision(library, topic, lang, today) for lang in library.locales),
    )


def _is_about(finding: Finding, topic: Topic) -> bool:
    return finding.file in {topic.file, f"content/approvals/{topic.name}.yaml"} or finding.file.endswith(
        f"/LC_MESSAGES/{topic.name}.po"
    )


def _scores(library: Library, topic: Topic) -> Scores:
    sentences = [sentence for text in spoken(library, topic) for sentence in text.sentences()]
    lengths = [length(sentence) for sentence in sentences]
    return Scores(
        grade=grade(prose(library, topic)),
        sentences=len(sentences),
        mean=round(sum(lengths) / len(lengths), 1),
        longest=max(lengths),
        passive=round(100 * sum(bool(PASSIVE.search(sentence)) for sentence in sentences) / len(sentences)),
    )


def _decision(library: Library, topic: Topic, lang: str, today: date) -> Decision:
    counts = standing(library, topic.name, lang)
    return Decision(lang, overall(library, topic, lang, today), counts.approvals, counts.withdrawal)
