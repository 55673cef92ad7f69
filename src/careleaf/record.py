"""The only writer of a library's approvals: one more event at the end of a trail, never another change."""

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from careleaf.approvals import sealed
from careleaf.model import Approval, Library, Reading, Withdrawal
from careleaf.publish import PublishError, replace

HEAD: Final = """\
# yaml-language-server: $schema=../schema/approvals.schema.json
# What was approved and withdrawn of this topic, and by whom. Written by `careleaf approve` and `careleaf
# withdraw`; it only grows. Do not edit it: each event is sealed together with those before it.
"""
UNSEALED: Final = "0" * 64
UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON may hold as it stands and YAML may not; both read it escaped."""


def approval(lang: str, on: date, digests: Iterable[str], person: Mapping[str, Any]) -> Approval:
    """Make an approval that is not yet sealed; `person` has its role, name, credential and until."""
    return Approval.model_validate(_common("approved", lang, on, digests) | dict(person))


def withdrawal(lang: str, name: str | None, on: date, reason: str, digests: Iterable[str]) -> Withdrawal:
    """Make a withdrawal that is not yet sealed."""
    fields = _common("withdrawn", lang, on, digests)
    return Withdrawal.model_validate(fields | {"reason": reason, "name": name})


def _common(action: str, lang: str, on: date, digests: Iterable[str]) -> dict[str, Any]:
    return {"action": action, "lang": lang, "on": on, "digests": tuple(digests), "seal": UNSEALED}


@contextmanager
def held(root: Path) -> Iterator[None]:
    """Hold a library's approvals, from reading the trail to adding to it: two at once would lose one."""
    try:
        handle = os.open(root / "content", os.O_RDONLY)
    except OSError as error:
        raise PublishError(f"{error.filename}: {error.strerror}: nothing was recorded") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def append(
    root: Path,
    library: Library,
    topic: str,
    events: Iterable[Approval | Withdrawal],
    readings: Mapping[str, Reading] = MappingProxyType({}),
) -> Path:
    """Seal events, add them to a topic's trail, and keep their Readings. Raises PublishError.

    The Readings are written first: a kill in between leaves one too many, never an event without it.
    A trail that cannot be read is never written over.
    """
    folder, trail = root / "content" / "approvals", library.trails.get(topic)
    if f"content/approvals/{topic}.yaml" in library.unread:
        raise PublishError(f"{folder / topic}.yaml cannot be read: mend it first, see: careleaf check")
    before = trail.seal if trail else ""
    rows = [_plain(event) for event in trail.events] if trail else []
    for event in events:
        fields = event.model_dump(mode="json")
        before = sealed(topic, before, fields)
        rows.append(_plain(event) | {"seal": before})
    try:
        for digest, reading in readings.items():
            replace(folder / "texts" / f"{digest}.json", reading.text().encode())
        replace(folder / f"{topic}.yaml", _yaml(before, rows).encode())
    except OSError as error:
        raise PublishError(f"{error.filename or folder}: {error.strerror}: nothing was recorded") from error
    return folder / f"{topic}.yaml"


def _plain(event: Approval | Withdrawal) -> dict[str, Any]:
    """Give an event's fields as they are written: what was done first, the seal last."""
    fields = event.model_dump(mode="json", exclude_none=True)
    ends = {"action", "seal"}
    middle = {key: value for key, value in fields.items() if key not in ends}
    return {"action": fields["action"], **middle, "seal": fields["seal"]}


def _yaml(seal: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Write a trail. Every text is a JSON string, which YAML reads as the same text."""
    lines = [f"seal: {seal}", "events:"]
    for row in rows:
        pairs = [f"{key}: {scalar(value)}" for key, value in row.items()]
        lines += [f"{'  ' if number else '- '}{pair}" for number, pair in enumerate(pairs)]
    return HEAD + "\n".join(lines) + "\n"


def scalar(value: Any) -> str:  # noqa: ANN401 # any JSON
    """Write a value as JSON that YAML reads as the same value."""
    return UNPRINTABLE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(value, ensure_ascii=False))
