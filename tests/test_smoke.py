from pathlib import Path

from careleaf import pool
from careleaf.model import Selection
from careleaf.pipeline import Options, build
from tests.conftest import TODAY, Built, Tiny


def test_the_library_as_it_ships_builds_without_a_word(built: Built) -> None:
    assert not built.report.findings
    library = built.library
    texts = [
        (lang, name)
        for lang, locale in library.locales.items()
        for name in library.topics
        if locale.source or (lang, name) in library.catalogs
    ]
    forms = [form for form in library.formats.values() if not form.on_request]
    assert len(library.topics) >= 14
    assert len(texts) >= 14 * 9, "every topic in every language"
    assert len(built.report.built) == len(texts) * len(library.clinics) * len(forms)


def test_every_topic_builds_beside_its_english_in_both_directions(
    library_root: Path, tmp_path: Path, built: Built
) -> None:
    """An interpreter and a reader can point at any topic; test_shapes has one in every language."""
    library, langs = built.library, ("ar", "uk")
    assert {library.locales[lang].direction for lang in langs} == {"ltr", "rtl"}
    forms = tuple(form.name for form in library.formats.values() if form.bilingual)
    assert forms
    asked = Selection(formats=forms, langs=langs)
    report = build(library_root, tmp_path, asked, Options(TODAY, pool.cores()))
    assert report.findings == ()
    assert len(report.built) == len(library.topics) * len(langs) * len(library.clinics) >= 14 * 2


def test_the_tiny_library_is_without_fault(tiny: Tiny, tmp_path: Path) -> None:
    assert tiny.findings() == []
    assert len(tiny.build(tmp_path / "out").built) == 6
