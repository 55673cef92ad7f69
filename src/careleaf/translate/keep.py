"""The only writer of a library's locales/: whole files or none."""

from pathlib import Path
from typing import Final

from careleaf import catalogs
from careleaf.model import Catalog, Library, Waiver
from careleaf.publish import PublishError, replace
from careleaf.record import scalar
from careleaf.translate.sync import Synced, written

WAIVERS_HEAD: Final = """\
# yaml-language-server: $schema=../../content/schema/waivers.schema.json
# Why a rule does not apply to a text, and who says so; each holds for just the words of its digest.
# Written by `careleaf translate waive`; an entry may be removed, never edited.
"""


def save(root: Path, library: Library, lang: str, result: Synced) -> bool:
    """Write a catalog, and say whether that changed it. Raises PublishError.

    What is retired is put into the language's memory first: a kill in between leaves it in both places.
    """
    if result.retired:
        _remember(root, library, lang, result)
    return _write(root / result.catalog.file, catalogs.write(result.catalog, result.notes))


def _remember(root: Path, library: Library, lang: str, result: Synced) -> None:
    rows = written(library.memory.get(lang, ()), result.retired)
    preface = "careleaf: translations of texts that are gone, for when the same English comes again."
    fields = {key: value for key, value in result.catalog.header.items() if key != "Project-Id-Version"}
    _write(root / "locales" / lang / "memory.po", catalogs.write_memory(preface, fields, rows))


def save_back(root: Path, catalog: Catalog) -> None:
    """Write back-translations. Raises PublishError."""
    _write(root / catalog.file, catalogs.write(catalog))


def save_waivers(root: Path, lang: str, waivers: tuple[Waiver, ...]) -> Path:
    """Write a language's waivers. Raises PublishError."""
    rows = "".join(f"- {_block(each)}\n" for each in waivers)
    file = root / "locales" / lang / "waivers.yaml"
    _write(file, f"{WAIVERS_HEAD}waivers:\n{rows}")
    return file


def _block(waiver: Waiver) -> str:
    fields = waiver.model_dump(mode="json").items()
    return "\n  ".join(f"{key}: {scalar(value)}" for key, value in fields)


def _write(file: Path, text: str) -> bool:
    content = text.encode()
    try:
        if file.is_file() and file.read_bytes() == content:
            return False
        replace(file, content)
    except OSError as error:
        raise PublishError(f"{error.filename or file}: {error.strerror}: nothing was written") from error
    return True
