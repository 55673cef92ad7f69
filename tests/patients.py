"""Patients' sheets in tests: a small library with days in it, sheets made in this process, files taken apart.

No patient here is a person: each name is a sample of its script.
"""

import base64
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from careleaf import batch, pool
from careleaf.findings import Finding
from careleaf.model import Clinic, Library, Need, Recipient
from tests.conftest import TODAY, Tiny, tiny_library

TOPIC: Final = "washing-hands"
NAMES: Final = {
    "Latin": "Jane Example",
    "Cyrillic": "Зразок Імені",
    "Arabic": "نموذج اسم",
    "Devanagari": "उदाहरण नाम",
    "Han": "示例姓名",
    "Hangul": "예시 이름",
}
"""A sample in each of six scripts."""
DAYS: Final = {
    "review: 2028-11-22": "review: 2028-11-22\nwatch: dry",
    '{id: sun, text: "Use': '{id: sun, when: {until: dry}, text: "Use',
    'label: "{dry}", text': 'label: "{dry}", when: {from: dry, until: dry}, text',
}
"""What turns the tiny topic into one with days: watched for 5, sun until day 5, soft from day 3 to day 5."""


def aftercare(root: Path, *hours: str) -> Tiny:
    """Put a tiny library into a folder whose one topic has days. Its clinic opens on Monday to Wednesday."""
    tiny = tiny_library(root)
    for old, new in DAYS.items():
        tiny.change(f"content/topics/{TOPIC}.yaml", old, new)
    if hours:
        tiny.change("content/clinics/harbour.yaml", "[mon, tue, wed]", f"[{', '.join(hours)}]")
    return tiny


def in_this_process(jobs: Iterable[Any], workers: int, *, make: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 # as the pool has it
    """Stand in for the pool: what it would give, without any worker."""
    assert workers
    return ((job, make(job)) for job in jobs)


def sheets(  # noqa: PLR0913 # all that it depends on
    library: Library,
    recipients: Sequence[Recipient],
    clinic: Clinic | None = None,
    *,
    drafts: bool = True,
    today: date = TODAY,
    workers: int = 0,
) -> tuple[dict[int, batch.Sheet], list[Finding]]:
    """Make sheets, by row, and give what was told. Without workers, in this process."""
    found = clinic or next(iter(library.clinics.values()))
    wanted, told = batch.chosen(library, batch.Terms(found, today, "list.csv", drafts), recipients)
    with pytest.MonkeyPatch.context() as patch:
        if not workers:
            patch.setattr(pool, "run", in_this_process)
        makers = batch.Makers(library, workers or 1)
        made = list(batch.made(makers, wanted, lambda _, finding: told.append(finding)))
    return {one.wanted.recipient.row: one for one in made}, told


def patient(row: int = 2, name: str = NAMES["Latin"], lang: str = "en", **more: Any) -> Recipient:  # noqa: ANN401 # any field
    """Give somebody who was treated yesterday."""
    values: dict[str, Any] = {"topics": (TOPIC,), "treated_on": date(2026, 11, 24), "need": Need.PLAIN}
    return Recipient(row, lang=lang, name=name, **(values | more))


STREAM: Final = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


def everything(content: bytes) -> bytes:
    """Give all bytes of a PDF, and again each of its streams unpacked, those of an older state too."""
    parts = [content]
    for match in STREAM.finditer(content):
        with suppress(zlib.error):
            parts.append(zlib.decompressobj().decompress(match[1]))
    return b"\n".join(parts)


def forms(word: str) -> Iterator[bytes]:
    """Yield the ways in which a word may stand in a file: UTF-8 and UTF-16, plain, in hex and in Base64."""
    for raw in (word.encode(), word.encode("utf-16-be"), word.encode("utf-16-le")):
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for before in range(3):  # Base64 has three ways to part the same bytes
            coded = base64.b64encode(b"\0" * before + raw)
            yield coded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
    yield word.encode("ascii", "backslashreplace")


def found(words: Iterable[str], content: bytes) -> list[str]:
    """Give those of some words that stand in a content, in whatever form."""
    return [word for word in words if any(form in content for form in forms(word))]
