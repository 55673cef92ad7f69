"""What goes out to a translator: open texts, the English leaflet, the glossary and a brief, in one zip."""

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from careleaf import pool
from careleaf.approvals import reading_status
from careleaf.model import UI, Entry, Library
from careleaf.render import page
from careleaf.single import job, printed_form
from careleaf.translate.exchange import EXCHANGES, Row, Sheet, State
from careleaf.translate.sync import synced
from careleaf.translate.tasks import Task, tasks
from careleaf.words import reading, source_locale
from careleaf.writers import write

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every file in a zip, so that the same package has the same bytes."""
UNIT_IDS: Final = """
[data-unit]::before { content: attr(data-unit); display: block; font-size: 8pt; line-height: 1.2;
  font-weight: 400; color: #8a1c5b }
"""
"""Prints the id of each text above it."""
HOW: Final[Mapping[str, tuple[str, ...]]] = {
    "po": ("Open it in a PO editor, such as Poedit. Write below each English text; do not change the rest.",),
    "xliff": ("Open it in your translation tool. Write the targets; do not change ids and sources.",),
    "csv": (
        'Open it in a spreadsheet. Write in the column "translation"; do not change the others.',
        'Where "state" says stale and your words are right for the new English, write: done.',
    ),
}


def rows(library: Library, name: str, lang: str, *, everything: bool = False) -> tuple[Row, ...]:
    """Give the texts of a catalog that wait for words, in reading order; or all of them."""
    result = synced(library, name, lang)
    found = ((task, result.catalog.entries[task.id]) for task in tasks(library, name, lang))
    return tuple(_row(task, entry) for task, entry in found if everything or not entry.text or entry.fuzzy)


def _row(task: Task, entry: Entry) -> Row:
    state = State.STALE if entry.fuzzy else State.DONE if entry.text else State.OPEN
    before = f"\nThe English was: {entry.previous}" if entry.previous else ""
    return Row(task.id, task.english, entry.text, state, notes=f"{task.notes}{before}")


def package(  # noqa: PLR0913, PLR0917 # what to pack, for whom, and how
    library: Library, name: str, lang: str, form: str, chosen: tuple[Row, ...], today: date
) -> bytes:
    """Pack the texts for a translator. The same library gives the same bytes."""
    locale, exchange = library.locales[lang], EXCHANGES[form]
    source = source_locale(library)
    sheet = Sheet(name, source, lang, synced(library, name, lang).catalog.header)
    file, leaflet = f"{name}.{lang}.{exchange.suffix}", f"{name}.{source}"
    files = {
        file: exchange.write(sheet, chosen).encode(),
        "glossary.csv": _glossary(library, lang).encode(),
        "brief.txt": page(
            "brief.txt",
            title=name if name == UI else library.topics[name].title,
            lang=locale,
            file=file,
            source="" if name == UI else leaflet,
            how=HOW[form],
            open=len(chosen),
            stale=sum(row.state is State.STALE for row in chosen),
            total=len(tasks(library, name, lang)),
        ).encode(),
    }
    return zipped(
        files | {f"{leaflet}.{kind}": content for kind, content in _leaflets(library, name, today).items()}
    )


def backward(library: Library, name: str, lang: str) -> str:
    """Give the critical texts in the language alone, for someone who says in English what they read."""
    result = synced(library, name, lang)
    critical = (task for task in tasks(library, name, lang) if task.critical)
    entries = ((task, result.catalog.entries[task.id]) for task in critical)
    found = (
        Row(task.id, entry.text, "", State.OPEN) for task, entry in entries if entry.text and not entry.fuzzy
    )
    header = dict(result.catalog.header) | {"Language": source_locale(library)}
    header.pop("Plural-Forms", None)
    return EXCHANGES["po"].write(Sheet(name, lang, source_locale(library), header), found)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Pack files so that the same ones give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _glossary(library: Library, lang: str) -> str:
    """Give the glossary as a table: what the English means, and what the language has settled on."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(("term", "in plain words", "note", "say", "never say", "note of the language"))
    renderings = library.renderings.get(lang, {})
    terms = {name: term for name, term in library.glossary.items() if not term.replace}
    for name in dict.fromkeys((*terms, *renderings)):
        term, ours = terms.get(name), renderings.get(name)
        meaning = (term.plain, term.note) if term else ("", "")
        said = (", ".join(ours.say), ", ".join(ours.never), ours.note) if ours else ("", "", "")
        table.writerow((name, *meaning, *said))
    return f"\ufeff{out.getvalue()}"


def _leaflets(library: Library, name: str, today: date) -> dict[str, bytes]:
    """Print the English leaflet, and once more with the id of each text above it. Raises RenderError.

    There is none of the templates' own words.
    """
    form, clinic = printed_form(library), next(iter(library.clinics.values()), None)
    found = clinic and name != UI and reading(library, library.topics[name], source_locale(library), clinic)
    if not form or not clinic or not found:
        return {}
    state = reading_status(library, library.topics[name], found, today)
    plain = job(library, found, state, clinic, form)
    marked = replace(plain, style=plain.style + UNIT_IDS, path=f"{plain.path}.units", pages=None)
    made = {done.path: artifact.content for done, artifact in pool.run([plain, marked], 1, make=write)}
    return {"pdf": made[plain.path], "units.pdf": made[marked.path]}
