from pathlib import Path

from tests.conftest import Built, Tiny


def test_the_library_as_it_ships_builds_without_a_word(built: Built) -> None:
    assert not built.report.findings
    library = built.library
    count = len(library.topics) * len(library.locales) * len(library.clinics) * len(library.formats)
    assert len(built.report.built) == count >= 36


def test_the_tiny_library_is_without_fault(tiny: Tiny, tmp_path: Path) -> None:
    assert tiny.findings() == []
    assert len(tiny.build(tmp_path / "out").built) == 6
