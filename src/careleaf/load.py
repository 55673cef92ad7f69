"""The only reader of a library's files: YAML, PO and templates in, a frozen Library out.

Every fault is a Finding with its line, and all of them come back together. YAML is read by events,
because authors must get exactly what they typed: `no` stays the text "no", and anchors, aliases,
tags and duplicate keys are refused (an alias bomb of 300 bytes unfolds to hundreds of megabytes).
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from careleaf import catalogs
from careleaf.findings import Finding, Severity
from careleaf.model import (
    LINE,
    LINES,
    NAME,
    SLUG,
    TAG,
    Catalog,
    Claim,
    Clinic,
    Format,
    Keyed,
    Language,
    Library,
    Locale,
    Named,
    Remembered,
    Rendering,
    Short,
    Slug,
    Source,
    SourceKey,
    Term,
    Topic,
    Trail,
    UiText,
    Waivers,
    Warned,
)

LOGOS: Final = "content/logos"
"""A fault in a logo holds back its clinic's leaflets alone."""
FOLDERS: Final = ("content", "locales", "templates")
"""What a library is made of."""
MAX_BYTES: Final = 262_144
"""The largest file of a library, in bytes: no leaflet needs more, and a huge one would stall a build."""
MAX_DEPTH: Final = 12
"""How deeply YAML may nest."""

BYTE_ORDER_MARK: Final = "\ufeff"
QUOTE: Final = "'"
NO_KEYS: Final = "the file is not a list of keys"
TYPES: Final = {"number", "measure", "strength", "time", "approved", "withdrawn", "[key]"}
"""What pydantic adds to a place to say which type of Fact it tried."""
TEMPLATE_SUFFIXES: Final = {".html", ".css", ".txt", ".svg", ".js"}
SOURCES: Final = TypeAdapter(Annotated[dict[SourceKey, Source], Keyed])
UI: Final = TypeAdapter(Annotated[dict[Slug, UiText], Keyed])
GLOSSARY: Final = TypeAdapter(Annotated[dict[Short, Term], Keyed])
RENDERINGS: Final = TypeAdapter(Annotated[dict[Short, Rendering], Keyed])
CLAIMS: Final = TypeAdapter(Annotated[dict[Slug, Claim], Keyed])
WARNINGS: Final = TypeAdapter(Annotated[dict[Slug, Warned], Keyed])

N = TypeVar("N", bound=Named)
V = TypeVar("V")
Events = Iterator[Any]  # ruamel.yaml's events carry few types
Place = tuple[str | int, ...]


@dataclass(slots=True)
class _Reader:
    """A library folder being read, and what was found wrong so far."""

    root: Path
    findings: list[Finding] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def report(self, file: str, line: int, rule: str, message: str, mend: str) -> None:
        severity = Severity.HELD if file.startswith(f"{LOGOS}/") else Severity.ERROR
        self.findings.append(Finding(file, line, rule, message, mend, severity))

    def files(self, folder: str, pattern: str) -> list[str]:
        """List the files below `folder`, relative to the root, in a fixed order."""
        found = (self.root / folder).glob(pattern)
        return sorted(path.relative_to(self.root).as_posix() for path in found if path.is_file())

    def read(self, file: str) -> bytes | None:
        """Read one file whole, or report why it may not be read."""
        path = self.root / file
        try:
            if not path.resolve().is_relative_to(self.root.resolve()):
                mend = "Put a copy of the file into the library in place of the link."
                self.report(file, 0, "outside", "this link leads out of the library", mend)
            elif (size := path.stat().st_size) > MAX_BYTES:
                mend = f"Files are at most {MAX_BYTES // 1024} kB; split it, or make it simpler."
                self.report(file, 0, "size", f"the file has {size} bytes", mend)
            else:
                return path.read_bytes()
        except OSError as error:
            mend = "Give yourself the right to read it."
            self.report(file, 0, "unreadable", f"the file cannot be read: {error.strerror}", mend)
        self.unread.add(file)
        return None

    def read_text(self, file: str) -> str | None:
        """Read one UTF-8 file; a byte order mark is dropped."""
        text = self.read_raw(file)
        return None if text is None else text.removeprefix(BYTE_ORDER_MARK)

    def read_raw(self, file: str) -> str | None:
        """Read one UTF-8 file as it is."""
        content = self.read(file)
        text, findings = (None, []) if content is None else decode(file, content)
        self.findings += findings
        if findings:
            self.unread.add(file)
        return text

    def read_yaml(self, file: str) -> "_Tree | None":
        text = self.read_text(file)
        if text is None:
            return None
        try:
            tree = parsed(file, text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = error.problem or error.context or "unreadable"
            mend = "Mend the indentation or quote the text."
            self.report(file, mark.line + 1 if mark else 0, "yaml", f"this is not YAML: {what}", mend)
            return None
        except YAMLError as error:
            what = str(error).split("\n", 1)[0]
            self.report(file, 0, "yaml", f"this is not YAML: {what}", "Remove the character.")
            return None
        self.findings += tree.findings
        return None if tree.findings else tree

    def validate(self, tree: "_Tree", validate: Callable[[Any], V]) -> V | None:
        """Turn a tree into a value, or report every way in which it does not fit."""
        try:
            return validate(tree.value)
        except ValidationError as error:
            for detail in error.errors():
                rule, message, mend = _explain(detail)
                self.report(tree.file, tree.line_of(detail["loc"]), rule, message, mend)
            return None


def decode(file: str, content: bytes) -> tuple[str | None, list[Finding]]:
    """Read UTF-8."""
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, [Finding(file, line, "encoding", "the file is not UTF-8", "Save it again as UTF-8.")]


class _TooDeepError(Exception):
    """Reading on would follow the file into any depth; the Finding is there already."""


def parsed(file: str, text: str) -> "_Tree":
    """Parse a file's YAML. Raises YAMLError."""
    tree = _Tree(file)
    tree.build(YAML(typ="safe", pure=True).parse(text))
    return tree


@dataclass(slots=True)
class _Tree:
    """One YAML file: its value, in which all scalars are text, and the line of each part."""

    file: str
    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def build(self, events: Events) -> None:
        for event in events:
            if isinstance(event, NodeEvent):
                if self.lines:
                    line = event.start_mark.line + 1
                    self._refuse(line, "yaml", "a second document starts", "Keep one document in a file.")
                    return
                try:
                    self.value = self._node(event, events, ())
                except _TooDeepError:
                    return

    def paths(self) -> dict[str, int]:
        """Give the lines by dotted names of keys."""
        return {".".join(map(str, place)): line for place, line in self.lines.items()}

    def line_of(self, loc: Place) -> int:
        """Find the line of the nearest part that the file has for a place in the model."""
        place: Place = ()
        for part in loc:
            if (*place, part) in self.lines:
                place = (*place, part)
        return self.lines.get(place, 1)

    def _refuse(self, line: int, rule: str, message: str, mend: str) -> None:
        self.findings.append(Finding(self.file, line, rule, message, mend))

    def _node(self, event: Any, events: Events, place: Place) -> Any:  # noqa: ANN401 # YAML is any
        line = event.start_mark.line + 1
        self.lines[place] = line
        if isinstance(event, AliasEvent) or event.anchor:
            self._refuse(line, "alias", "an anchor or alias is used", "Write the text out in each place.")
        if getattr(event, "tag", None):
            self._refuse(line, "tag", f"the tag {event.tag} is used", "Remove the tag.")
        if isinstance(event, MappingStartEvent | SequenceStartEvent) and len(place) > MAX_DEPTH:
            self._refuse(line, "depth", f"this nests deeper than {MAX_DEPTH}", "Make it flatter.")
            raise _TooDeepError
        if isinstance(event, MappingStartEvent):
            return self._mapping(line, events, place)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, place)
        return event.value if isinstance(event, ScalarEvent) else ""

    def _mapping(self, line: int, events: Events, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {LINE: line}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._node(event, events, (*place, ""))
            key_line = event.start_mark.line + 1
            if not isinstance(key, str):
                self._refuse(key_line, "key", "a key is not a text", "Use a single word as the key.")
                key = ""
            if key in found:
                self._refuse(key_line, "duplicate", f"the key {key!r} is here twice", "Remove one of them.")
            found[key] = self._node(next(events), events, (*place, key))
            self.lines[*place, key] = key_line
        return found

    def _sequence(self, events: Events, place: Place) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            found.append(self._node(event, events, (*place, len(found))))
        return found


def _explain(detail: ErrorDetails) -> tuple[str, str, str]:
    """Say in an author's words what the model refused: rule, message, mend."""
    kind, context = detail["type"], detail.get("ctx", {})
    name = _name(detail["loc"])
    given = "" if isinstance(detail["input"], dict | list | tuple) else f" (here: {detail['input']!r})"
    explained = {
        "missing": ("missing", f"the key {name!r} is missing", "Add it."),
        "extra_forbidden": ("unknown-key", f"the key {name!r} is unknown here", "Check its spelling."),
        "string_pattern_mismatch": ("form", f"{name!r} has a wrong form{given}", _form(context)),
        "string_too_short": ("form", f"{name!r} is empty", "Write the text."),
        "string_too_long": (
            "size",
            f"{name!r} is too long",
            f"Use at most {context.get('max_length')} characters.",
        ),
        "too_short": ("missing", f"{name!r} is empty", "Write at least one."),
        "union_tag_not_found": (
            "missing",
            f"{name!r} has no {str(context.get('discriminator')).strip(QUOTE)}",
            "Say which: see its neighbours, or the documentation.",
        ),
    }
    if detail["input"] == "":
        return "form", f"{name!r} is empty", "Write it."
    fallback = ("value", f"{name!r}: {_lower(detail['msg'])}{given}", "Correct the value.")
    return explained.get(kind, fallback)


def _name(loc: Place) -> str:
    """Name a place as its author knows it: "facts keep-dry", "sections 3 heading"."""
    known = [str(part + 1) if isinstance(part, int) else part for part in loc if part not in TYPES]
    return " ".join(known[-3:]) or "the file"


def _form(context: Mapping[str, Any]) -> str:
    if context.get("pattern") == SLUG:
        return "An id has small letters a to z, digits and hyphens, and starts with a letter or digit."
    return f"It must match {context.get('pattern')}."


def _lower(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def home() -> Path:
    """Find the library to work on: the one in this folder, else the one that came with careleaf."""
    here = Path.cwd()
    return here if (here / "content").is_dir() else shipped()


def shipped() -> Path:
    """Find the library that came with careleaf: in the package, or around a checkout's code."""
    installed = Path(__file__).parent / "library"
    return installed if installed.is_dir() else Path(__file__).parents[2]


def fingerprint(root: Path) -> str:
    """Stand for all files of a library by their names and content, as a SHA-256 in hexadecimal."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file():
                size = path.stat().st_size
                content = _content(path) if size <= MAX_BYTES else b""
                digest.update(f"{path.relative_to(root).as_posix()}\0{size}\0".encode() + content)
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # told by `load`, and then nothing is settled
        return b""


def load(root: Path) -> tuple[Library, list[Finding]]:
    """Read the library below `root`. What cannot be read is left out of it and told in a Finding."""
    reader = _Reader(root)
    if not (root / "content").is_dir():
        mend = "Name a library with --root, or make one with: careleaf new library DIR"
        reader.report(str(root), 0, "library", "there is no folder content/ here", mend)
    sources = _keyed(reader, "content/sources.yaml", SOURCES)
    ui = _keyed(reader, "templates/ui.yaml", UI)
    library = Library(
        topics=_each(reader, "content/topics", "*.yaml", Topic),
        clinics=_each(reader, "content/clinics", "*.yaml", Clinic),
        sources=sources,
        ui=ui,
        glossary=_keyed(reader, "content/glossary.yaml", GLOSSARY),
        claims=_keyed(reader, "content/claims.yaml", CLAIMS),
        warnings=_keyed(reader, "content/warnings.yaml", WARNINGS),
        locales=_each(reader, "locales", "*/profile.yaml", Locale),
        formats=_each(reader, "templates/formats", "*/format.yaml", Format),
        catalogs=_catalogs(reader, "LC_MESSAGES"),
        languages=_each(reader, "locales", "*/language.yaml", Language),
        renderings=_renderings(reader),
        waivers=_each(reader, "locales", "*/waivers.yaml", Waivers),
        back=_catalogs(reader, "back"),
        memory=_memory(reader),
        trails=_each(reader, "content/approvals", "*.yaml", Trail),
        approved=_approved(reader),
        templates=_templates(reader),
        images=_pictures(reader, "content/images"),
        logos=_pictures(reader, LOGOS),
        unread=frozenset(reader.unread),
    )
    return library, reader.findings


def _each(reader: _Reader, folder: str, pattern: str, model: type[N]) -> dict[str, N]:
    """Read one value per file, named by the file, or by its folder where all files are called alike."""
    found = {}
    for file in reader.files(folder, pattern):
        path = Path(file)
        name = path.stem if pattern.startswith("*.") else path.parent.name
        if not re.match(TAG if folder == "locales" else SLUG, name):
            mend = "Use a language tag like ar or pt-BR." if folder == "locales" else _form({"pattern": SLUG})
            reader.report(file, 0, "form", f"the name {name!r} has a wrong form", mend)
        tree = reader.read_yaml(file)
        if tree is not None and isinstance(tree.value, dict):
            tree.value |= {NAME: name, LINES: tree.paths()}
            value = reader.validate(tree, model.model_validate)
            if value is not None:
                found[name] = value
                continue
        elif tree is not None:
            reader.report(file, 1, "yaml", NO_KEYS, "Write `key: value` lines.")
        reader.unread.add(file)
    return found


def _keyed(reader: _Reader, file: str, adapter: TypeAdapter[dict[str, N]]) -> dict[str, N]:
    """Read a file that maps names to values."""
    if not (reader.root / file).is_file():
        return {}
    tree = reader.read_yaml(file)
    if tree and tree.value is None:  # nothing but comments
        return {}
    if tree and isinstance(tree.value, dict):
        rows = tree.value.items()
        tree.value = {key: row | {NAME: key} if isinstance(row, dict) else row for key, row in rows}
        if (found := reader.validate(tree, adapter.validate_python)) is not None:
            return found
    elif tree:
        reader.report(file, 1, "yaml", NO_KEYS, "Write `key: value` lines.")
    reader.unread.add(file)
    return {}


def _approved(reader: _Reader) -> dict[str, str]:
    """Read what was approved, each text under the digest that its file is named by."""
    found = {
        Path(file).stem: reader.read_text(file) for file in reader.files("content/approvals", "texts/*.json")
    }
    return {digest: text for digest, text in found.items() if text is not None}


def _catalogs(reader: _Reader, folder: str) -> dict[tuple[str, str], Catalog]:
    """Read the PO files of a folder of each language."""
    found = {}
    for file in reader.files("locales", f"*/{folder}/*.po"):
        text = reader.read_raw(file)
        if text is not None:
            catalog, findings = catalogs.parse(file, text)
            reader.findings += findings
            if catalog:
                found[Path(file).parts[1], Path(file).stem] = catalog
    return found


def _renderings(reader: _Reader) -> dict[str, dict[str, Rendering]]:
    files = reader.files("locales", "*/glossary.yaml")
    return {Path(file).parts[1]: _keyed(reader, file, RENDERINGS) for file in files}


def _memory(reader: _Reader) -> dict[str, tuple[Remembered, ...]]:
    found = {}
    for file in reader.files("locales", "*/memory.po"):
        text = reader.read_text(file)
        if text is not None:
            found[Path(file).parts[1]], findings = catalogs.parse_memory(file, text)
            reader.findings += findings
    return found


def _templates(reader: _Reader) -> dict[str, str]:
    files = [file for file in reader.files("templates", "**/*") if Path(file).suffix in TEMPLATE_SUFFIXES]
    texts = {Path(file).relative_to("templates").as_posix(): reader.read_text(file) for file in files}
    return {name: text for name, text in texts.items() if text is not None}


def _pictures(reader: _Reader, folder: str) -> dict[str, bytes]:
    contents = {Path(file).name: reader.read(file) for file in reader.files(folder, "*")}
    return {name: content for name, content in contents.items() if content is not None}
