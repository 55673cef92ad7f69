"""A fault put into the tiny library, and the one Finding that must tell of it."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from careleaf.findings import Finding, Severity
from tests.conftest import Tiny

TOPIC = "content/topics/washing-hands.yaml"
CLINIC = "content/clinics/harbour.yaml"
SOURCES = "content/sources.yaml"
PO = "locales/ar/LC_MESSAGES/washing-hands.po"
PICTURE = "content/images/hand.svg"


@dataclass(frozen=True)
class Refusal:
    """In `file`, `old` becomes `new`; without `old`, `new` is the whole file.

    `told` is the expected "file:line rule", in which * stands for anything; `phrase` is a part of the
    message, `mend` one of the mend.
    """

    file: str
    old: str
    new: str | bytes
    told: str
    phrase: str
    mend: str = ""
    severity: Severity = Severity.ERROR

    def put_into(self, tiny: Tiny) -> None:
        if self.old:
            assert isinstance(self.new, str)
            tiny.change(self.file, self.old, self.new)
        else:
            tiny.write(self.file, self.new)

    def check(self, tiny: Tiny) -> None:
        """Put the fault in, and look for the Finding."""
        self.put_into(tiny)
        found = tiny.findings()
        told = [each for each in found if fnmatchcase(place(each), self.told) and self.phrase in each.message]
        assert len(told) == 1, "\n".join(map(str, found))
        assert told[0].mend.strip(), "nothing says how to mend it"
        assert self.mend in told[0].mend
        assert told[0].severity is self.severity


def place(finding: Finding) -> str:
    return f"{finding.file}:{finding.line} {finding.rule}"
