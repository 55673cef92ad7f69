"""The only writer of out/: whole files or none, and a manifest that says what each file is.

A file is written beside its place, flushed to disk and moved there in one step, so a full disk or a
power cut leaves the old file or the new one, never a part. The manifest is written last in the same
way: a file that it does not know is made again.

A build of a share has a manifest of its own beside it, which tells of its share only. So the folders of
several machines can be copied into one, and the next whole build there takes their manifests in.
"""

import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal

from pydantic import StringConstraints, TypeAdapter

from careleaf import fonts
from careleaf.findings import Finding
from careleaf.model import Artifact, Edition, Library, Shard, Status, Variant
from careleaf.versions import versions

MANIFEST: Final = "manifest.json"
SHARES: Final = "manifest.*-of-*.json"
FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
LOCK: Final = ".lock"
UNFINISHED: Final = ".unfinished-"


class PublishError(Exception):
    """The output folder cannot be written to. The message says why and what to do."""


# A damaged or foreign manifest must not lead to a file outside: each path has just three plain parts.
OurPath = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[A-Za-z-]+/[a-z0-9-]+\.[a-z0-9-]+\.[a-z]+$")]


PagePath = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/([A-Za-z-]+/)?[a-z]+\.html$")]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a clinic's web site in the manifest: one that leads to leaflets."""

    path: PagePath
    sha256: str


@dataclass(frozen=True, slots=True)
class Row:
    """One finished file in the manifest. `path` is relative to the output folder."""

    topic: str
    lang: str
    clinic: str
    format: str
    status: Status
    text_digest: str
    digest: str
    path: OurPath
    sha256: str
    bytes: int
    pages: int
    sides: int = 0
    sheets: int = 0
    ink: float = 0.0
    variant: Variant = field(default_factory=Variant)
    findings: tuple[Finding, ...] = ()
    """What is worth a look about it, and did not keep it from being made."""

    @property
    def kind(self) -> str:
        """The format and variant, as the file is named: "booklet-saddle-stitch-grey"."""
        return PurePosixPath(self.path).name.split(".")[1]

    @property
    def twin(self) -> tuple[str, str]:
        """What it has in common with the same leaflet in other languages."""
        return self.clinic, PurePosixPath(self.path).name

    @property
    def plain(self) -> bool:
        """Say whether it is its format's first variant, in colour, without bleed: to be read on a screen."""
        return self.kind == self.format

    def edition(self) -> Edition:
        """Give the Edition that the file is."""
        return Edition(
            self.topic,
            self.lang,
            self.clinic,
            self.format,
            self.path,
            self.status,
            self.text_digest,
            self.digest,
            self.variant,
        )


Site = Callable[[Library, Iterable[Row]], Mapping[str, bytes]]
"""Makes, from the finished files, the pages that lead to them: by path."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in an output folder, by path.

    `pending` are paths that a build set out to write: after a kill, files may be there that no row knows.
    `settled` stands for the library, day and engine as of which all of it is up to date, with nothing to
    tell; it is empty if there was. With a `shard` it knows of that share only.
    """

    rows: Mapping[str, Row]
    pending: tuple[str, ...] = ()
    settled: str = ""
    site: tuple[Page, ...] = ()
    shard: Shard | None = None

    @property
    def file(self) -> str:
        """The name under which it is written."""
        return f"manifest.{self.shard.number}-of-{self.shard.of}.json" if self.shard else MANIFEST


@dataclass(frozen=True, slots=True)
class _File:
    """A manifest as it is written."""

    manifest: Literal[1]
    settled: str
    pending: tuple[OurPath | PagePath, ...]
    engine: Mapping[str, str]
    fonts: Mapping[str, str]
    editions: tuple[Row, ...]
    site: tuple[Page, ...] = ()


_FILE: Final = TypeAdapter(_File)


@contextmanager
def opened(out: Path, shard: Shard | None = None) -> Iterator[Manifest]:
    """Hold an output folder for one build, and clear away what a killed one left. Raises PublishError.

    The Manifest is of a whole build, or of one of a share.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with (out / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for leftover in out.rglob(f"{UNFINISHED}*"):
                leftover.unlink(missing_ok=True)
            yield read_manifest(out, shard)
    except BlockingIOError as error:
        raise PublishError(f"another build is writing to {out}: wait for it, or choose --out") from error
    except OSError as error:
        mend = "free some space" if error.errno in FULL else "choose another folder with --out"
        raise PublishError(f"{error.filename or out}: {error.strerror}: {mend}") from error


def read_manifest(out: Path, shard: Shard | None = None) -> Manifest:
    """Give what is in an output folder, or in one share of it; a damaged manifest counts as none.

    Manifests of shares that were not taken in yet are read too: they are newer than the one of the whole.
    """
    whole, *shares = (_read(path) for path in (out / MANIFEST, *sorted(out.glob(SHARES))))
    rows = {path: row for each in (whole, *shares) for path, row in each.rows.items()}
    pending = {path for each in (whole, *shares) for path in each.pending}
    if shard:
        own = {path: row for path, row in rows.items() if shard.holds(path)}
        return Manifest(own, tuple(sorted(filter(shard.holds, pending))), shard=shard)
    return Manifest(rows, tuple(sorted(pending)), "" if shares else whole.settled, whole.site)


def _read(path: Path) -> Manifest:
    try:
        file = _FILE.validate_json(path.read_bytes())
    except (OSError, ValueError):
        return Manifest({})
    return Manifest({row.path: row for row in file.editions}, file.pending, file.settled, file.site)


def announce(out: Path, done: Manifest, library: Library, paths: Iterable[str]) -> None:
    """Write down which files are about to be written, so that even a killed build leaves no unknown one."""
    if pending := set(paths):
        # Some may have been written down before, by this build or by one that was killed.
        known = tuple(sorted({*read_manifest(out, done.shard).pending, *pending}))
        _write_manifest(out, Manifest(done.rows, known, site=done.site, shard=done.shard), library)


def is_done(out: Path, done: Manifest, edition: Edition) -> bool:
    """Say whether an Edition's file is there already, whole and made from the same."""
    row = done.rows.get(edition.path)
    return row is not None and row.digest == edition.digest and row.sha256 == sha256(out / row.path)


def settled(out: Path, key: str) -> tuple[Edition, ...]:
    """Give the Editions of a folder that is up to date as of `key`, every file whole; else none."""
    done = read_manifest(out)
    editions = tuple(row.edition() for row in done.rows.values()) if key and done.settled == key else ()
    whole = all(sha256(out / page.path) == page.sha256 for page in done.site)
    return editions if whole and all(is_done(out, done, edition) for edition in editions) else ()


def sha256(path: Path) -> str | None:
    """Give a file's SHA-256 in hexadecimal, or None if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def publish(out: Path, edition: Edition, artifact: Artifact) -> Row:
    """Write one finished file, and give its row."""
    replace(out / artifact.path, artifact.content)
    return Row(
        topic=edition.topic,
        lang=edition.lang,
        clinic=edition.clinic,
        format=edition.format,
        status=edition.status,
        text_digest=edition.text_digest,
        digest=edition.digest,
        path=artifact.path,
        sha256=hashlib.sha256(artifact.content).hexdigest(),
        bytes=len(artifact.content),
        pages=artifact.pages,
        sides=artifact.sides,
        sheets=artifact.sheets,
        ink=artifact.ink,
        variant=edition.variant,
        findings=artifact.findings,
    )


def withdraw(out: Path, library: Library, topic: str, langs: Collection[str], site: Site) -> list[str]:
    """Delete every finished file of a topic in some languages at once; give the deleted paths.

    The pages that led to them are made again. Raises PublishError. A folder that nothing was built into is
    left as it is.
    """
    if not (out / MANIFEST).is_file() and not any(out.glob(SHARES)):
        return []
    with opened(out) as done:
        kept = [row for row in done.rows.values() if row.topic != topic or row.lang not in langs]
        return finish(out, kept, library, site(library, kept), settled="")


def finish(  # noqa: PLR0913, PLR0917 # all that a manifest tells
    out: Path,
    rows: Iterable[Row],
    library: Library,
    site: Mapping[str, bytes],
    settled: str,
    shard: Shard | None = None,
) -> list[str]:
    """Delete what is not to be handed out any more, and write down what there is; give the deleted paths.

    `site` are the pages that lead to the leaflets, by path. A `shard` deletes nothing of another. A
    build without one takes the manifests of shares in.
    """
    done, rows = read_manifest(out, shard), tuple(rows)
    known = {*done.rows, *done.pending, *(page.path for page in done.site)}
    removed = sorted(known - {row.path for row in rows} - site.keys())
    removed = [path for path in removed if (out / path).exists()]
    for path in removed:
        _remove(out, path)
    announce(out, done, library, site.keys() - {page.path for page in done.site})
    for path, content in site.items():
        replace(out / path, content)
    pages = (Page(path, hashlib.sha256(content).hexdigest()) for path, content in sorted(site.items()))
    there = {row.path: row for row in rows}
    _write_manifest(out, Manifest(there, (), settled, tuple(pages), shard), library)
    for taken_in in () if shard else out.glob(SHARES):
        taken_in.unlink()
    return removed


def _write_manifest(out: Path, manifest: Manifest, library: Library) -> None:
    families = {family for locale in library.locales.values() for family in locale.fonts}
    file = _File(
        manifest=1,
        settled=manifest.settled,
        pending=manifest.pending,
        engine=dict(versions()),
        fonts=dict(sorted(fonts.sums(families).items())),
        editions=tuple(row for _, row in sorted(manifest.rows.items())),
        site=manifest.site,
    )
    replace(out / manifest.file, _FILE.dump_json(file, indent=1) + b"\n")


def _remove(out: Path, path: str) -> None:
    """Delete a file, and the folders that it leaves empty."""
    if not (out / path).parent.resolve().is_relative_to(out.resolve()):
        return
    (out / path).unlink(missing_ok=True)
    for folder in (out / path).parents:
        if folder == out or not folder.is_dir() or any(folder.iterdir()):
            return
        folder.rmdir()


def replace(path: Path, content: bytes) -> None:
    """Put `content` in place of a file in one step, flushed to disk before it gets its name."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).chmod(0o644)
        Path(unfinished).replace(path)
    except OSError:
        Path(unfinished).unlink(missing_ok=True)
        raise
