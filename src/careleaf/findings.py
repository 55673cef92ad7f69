"""What is wrong with a library, told to the person who can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How far a Finding reaches."""

    ERROR = "error"
    """A wrong file: nothing at all is built until it is mended."""
    HELD = "held"
    """A text that is not current, or a clinic or format with a fault: only its own Editions are left out."""
    WARNING = "warning"
    """Worth a look: everything is built."""
    ADVICE = "advice"
    """A number to weigh, not a fault: told only to those who ask for a check."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to mend. `line` counts from 1; 0 means the file as a whole."""

    file: str
    line: int
    rule: str
    message: str
    mend: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity} [{self.rule}] {self.message}. {self.mend}"


def held(findings: Iterable[Finding]) -> frozenset[str]:
    """Give the files whose own Editions are left out."""
    return frozenset(finding.file for finding in findings if finding.severity is Severity.HELD)


def blocking(findings: Iterable[Finding]) -> bool:
    """Say whether the run must stop before anything is written."""
    return any(finding.severity is Severity.ERROR for finding in findings)
