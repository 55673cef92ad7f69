"""The house rules of docs/architecture.md, read from the code itself."""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from careleaf import pipeline, versions, writers
from tests.conftest import ROOT

SRC = ROOT / "src" / "careleaf"

RULES = tuple(sorted(f"check.{path.stem}" for path in (SRC / "check").glob("[!_]*.py")))

CLI = (
    "cli.shell",
    "cli.discreet",
    "cli.press",
    "cli.patients",
    "cli.mailing",
    "cli.editing",
    "cli.translating",
    "cli.starting",
    "cli.queueing",
)

# A module imports only what stands above it; the files of rules, not one another either.
ORDER = (
    "findings",
    "markup",
    "stems",
    "model",
    "fonts",
    "shaping",
    "breaks",
    "paper",
    "identify",
    "locales",
    "days",
    "ics",
    "catalogs",
    "load",
    "writers",
    "words",
    "personal",
    "approvals",
    "changes",
    *RULES,
    "check",
    "tables",
    "cells",
    "addresses",
    "lists",
    "versions",
    "plan",
    "compose",
    "diary",
    "ink",
    "qr",
    "render",
    "plain",
    "difference",
    "grades",
    "evidence",
    "report",
    "pdf",
    "pdf.assets",
    "pdf.metadata",
    "pdf.sheets",
    "pdf.layout",
    "pdf.tagging",
    "pdf.textlayer",
    "pdf.raster",
    "pdf.proof",
    "pdf.engine",
    "pdf.subset",
    "pdf.update",
    "pdf.master",
    "pdf.run",
    "pdf.lock",
    "pdf.trust",
    "pdf.reading",
    "pdf.screen",
    "publish",
    "private",
    "site",
    "record",
    "gallery",
    "pool",
    "several.weaving",
    "several.naming",
    "several.values",
    "several.facts",
    "several.sections",
    "several.texts",
    "several.topic",
    "several.catalogs",
    "several.conflicts",
    "several",
    "batch",
    "mail",
    "mail.parcel",
    "mail.clock",
    "mail.letter",
    "mail.message",
    "mail.preview",
    "mail.store",
    "mail.spool",
    "mail.outbox",
    "mail.rescue",
    "mail.login",
    "mail.smtp",
    "mail.signing",
    "mail.sender",
    "mail.intake",
    "mail.worklist",
    "mail.receipts",
    "mail.bounces",
    "mail.records",
    "mail.check",
    "schema",
    "doctor",
    "cluster",
    "new",
    "verify",
    "single",
    "review",
    "translate",
    "translate.tasks",
    "translate.sync",
    "translate.exchange",
    "translate.intake",
    "translate.package",
    "translate.progress",
    "translate.keep",
    "pipeline",
    *CLI,
    "cli",
    "__main__",
)

PDF = {module for module in ORDER if module.startswith("pdf.")}

# Which rooms may import a library. Where two do, the second only names its exceptions or types.
ROOMS = {
    "babel": {"locales"},
    "click": {"cli", *CLI},
    "css_inline": {"mail.letter"},
    "distributed": {"cluster"},
    "dateutil": {"days"},
    "dkim": {"mail.signing"},
    "email_validator": {"addresses"},
    "flufl": {"mail.bounces"},
    "fontTools": {"fonts"},
    "holidays": {"days"},
    "icalendar": {"ics"},
    "icu4py": {"breaks"},
    "jinja2": {"render"},
    "keyring": {"mail.login"},
    "PIL": {"check.pictures", "ink", "pdf.proof", "pdf.raster", "gallery"},
    "pebble": {"pool"},
    "pikepdf": PDF,
    "polib": {"catalogs"},
    "py3langid": {"identify"},
    "pydantic": {"model", "load", "plan", "publish", "pdf.reading", "schema", "words"},
    "pydantic_core": {"load"},
    "pydyf": PDF,
    "pypdfium2": {"pdf.proof", "pdf.raster"},
    "rich": {"cli.shell", "cli.press", "cli.translating"},
    "ruamel": {"load"},
    "setproctitle": {"cli.discreet"},
    "segno": {"qr"},
    "textstat": {"grades"},
    "uharfbuzz": {"shaping", "pdf.subset"},
    "wcwidth": {"breaks"},
    "weasyprint": PDF,
    "zoneinfo": {"days"},
}

# What a printed byte passes through; the libraries of these rooms decide how a page looks.
PAGE_ROOMS = {"markup", "locales", "breaks", "ink", "qr", "render", "plain", *PDF} - {
    "pdf.proof",
    "pdf.reading",
    "pdf.trust",
    "pdf.raster",
    "pdf.run",
    "pdf.lock",
    "pdf.screen",
}

# By content, by font, and by a digest of all that a leaflet is made from: the same for every library.
CACHES = {"pdf.engine._IMAGES", "pdf.master._FONTS", "pdf.master._LAID_OUT"}
MUTATORS = {
    "add",
    "append",
    "clear",
    "discard",
    "extend",
    "insert",
    "pop",
    "popitem",
    "remove",
    "setdefault",
    "update",
}


def name_of(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of careleaf, parsed; the package's own __init__ has the name ''."""
    found = {name_of(path): ast.parse(path.read_text("utf-8")) for path in sorted(SRC.rglob("*.py"))}
    assert len(found) > 30
    return found


def imported(tree: ast.AST) -> Iterator[str]:
    """Every dotted name that a module imports, also inside functions; `from a import b` gives `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide what a module needs"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(tree: ast.AST) -> set[str]:
    """The modules of careleaf that a module imports."""
    names = {name.removeprefix("careleaf.") for name in imported(tree) if name.startswith("careleaf.")}
    return {name if name in modules() else name.rpartition(".")[0] for name in names} - {""}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_the_order_names_every_module_once() -> None:
    assert sorted(ORDER) == sorted(modules().keys() - {""})


@pytest.mark.parametrize("module", ORDER)
def test_a_module_imports_only_what_stands_above_it(module: str) -> None:
    above = set(ORDER[: ORDER.index(RULES[0] if module in RULES else module)])
    assert own_imports(modules()[module]) - above == set()


def test_only_the_registry_knows_the_writers_so_that_a_build_without_pdf_loads_no_engine() -> None:
    named = {path.removeprefix("careleaf.") for path in writers.WRITERS.values()}
    assert named <= set(ORDER)
    for module, tree in modules().items():
        inside = module.startswith("pdf")
        assert inside or not own_imports(tree) & named, f"{module} imports a writer"


@pytest.mark.parametrize("library", ROOMS)
def test_a_library_is_known_in_its_own_room_only(library: str) -> None:
    users = {
        module
        for module, tree in modules().items()
        if any(name.split(".")[0] == library for name in imported(tree))
    }
    assert users, f"nothing uses {library}"
    assert users <= ROOMS[library]


def test_every_outside_library_has_a_room() -> None:
    ours = {"careleaf", *ROOMS}
    tops = {name.split(".")[0] for tree in modules().values() for name in imported(tree)}
    assert tops - ours - sys.stdlib_module_names == set()


def test_a_new_version_of_any_library_that_shapes_a_page_makes_the_page_again() -> None:
    """Else an upgrade would leave old pages in place, and the same inputs would give other bytes."""
    distributions = {"fontTools": "fonttools", "PIL": "pillow"}
    used = {name.split(".")[0] for room in PAGE_ROOMS for name in imported(modules()[room])} & ROOMS.keys()
    assert len(used) > 4
    assert {distributions.get(name, name) for name in used} - set(versions.PACKAGES) == set()


def shipped_tags() -> set[str]:
    tags = {path.parent.name for path in (ROOT / "locales").glob("*/profile.yaml")}
    assert len(tags) >= 4
    return tags


def test_no_python_names_a_shipped_language() -> None:
    """A language as an `if` is a language that a clinic cannot add by itself."""
    tags = shipped_tags()
    for module, tree in modules().items():
        found = [
            (module, node.lineno, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and node.value in tags
        ]
        assert found == []


def test_no_template_names_a_shipped_language() -> None:
    tags = "|".join(sorted(shipped_tags()))
    named = re.compile(rf"""["']({tags})["']|:lang\(\s*["']?({tags})\b|\blang[~|^$*]?=["']?({tags})\b""")
    files = [path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".css", ".txt"}]
    assert len(files) > 4
    assert named.search(":lang(ar)")
    assert [(path.name, hit[0]) for path in files for hit in named.finditer(path.read_text("utf-8"))] == []


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    vague = {"base", "common", "core", "helper", "helpers", "manager", "misc", "tools", "util", "utils"}
    assert {part for module in modules() for part in module.split(".")} & vague == set()


def test_build_tells_the_whole_product_in_a_few_lines() -> None:
    tree = ast.parse(textwrap.dedent(inspect.getsource(pipeline.build))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    first = tree.body[1]
    assert tree.end_lineno is not None
    assert tree.end_lineno - first.lineno + 1 <= 16


def module_names(tree: ast.Module) -> set[str]:
    targets = [
        target
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def changed_names(function: ast.AST) -> Iterator[str]:
    """The plain names that a function changes in place: by key, by attribute, by method, by `global`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            yield from node.names
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            yield getattr(node.value, "id", "")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            yield getattr(node.func.value, "id", "")


def test_no_room_keeps_state_between_two_builds_beside_its_caches() -> None:
    """One library's content must never show up in another's leaflet."""
    changed, empty = set(), set()
    for module, tree in modules().items():
        names = module_names(tree)
        for function in functions(tree):
            changed |= {f"{module}.{name}" for name in changed_names(function) if name in names}
        for node in tree.body:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if isinstance(value, ast.Dict | ast.List) and not ast.unparse(value)[1:-1]:
                empty |= {f"{module}.{name}" for name in names if name in ast.unparse(node)}
    assert (changed | empty) - CACHES == set()
    assert empty, "the engine's cache is found, so this test can see one"
