from pathlib import Path

from tests.conftest import Built, Tiny


def test_the_library_as_it_ships_builds_without_a_word(built: Built) -> None:
    assert not built.report.findings
    library = built.library
    texts = [
        (lang, name)
        for lang, locale in library.locales.items()
        for name in library.topics
        if locale.source or (lang, name) in library.catalogs
    ]
    assert len(library.topics) >= 14
    assert len(texts) >= 14 + 3 * 3, "every topic in English, and what each language has"
    assert len(built.report.built) == len(texts) * len(library.clinics) * len(library.formats)


def test_the_tiny_library_is_without_fault(tiny: Tiny, tmp_path: Path) -> None:
    assert tiny.findings() == []
    assert len(tiny.build(tmp_path / "out").built) == 6
