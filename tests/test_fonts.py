"""Every font of the lock can really be used: a family that the engine cannot see prints boxes."""

from dataclasses import replace

import pytest

from careleaf import fonts
from careleaf.compose import compose
from careleaf.model import Job, Library, Selection
from careleaf.plan import plan
from careleaf.render import Press
from careleaf.versions import versions
from careleaf.writers import write
from tests.conftest import TODAY, Built


def _job(library: Library) -> Job:
    edition = plan(library, Selection(langs=("en",), formats=("handout",)), versions(), TODAY).wanted[0]
    return Press(library).render(edition, compose(library, edition))


def _own_letter(family: str) -> str:
    """Choose a letter that Noto Sans lacks, if the family has one."""
    known = fonts.characters(family)
    own = sorted(sign for sign in known - fonts.characters("Noto Sans") if chr(sign).isalpha())
    return chr(own[len(own) // 2]) if own else "A"


@pytest.mark.parametrize("family", sorted(fonts.families()))
def test_the_engine_sees_every_family_of_the_lock(family: str, built: Built) -> None:
    letter = _own_letter(family)
    page = f"<html lang=en><title>x</title><p style=\"font-family:'{family}'\">{letter} <b>{letter}</b></p>"
    artifact = write(replace(_job(built.library), markup=page, style="", fonts=(family,)))
    assert artifact.findings == ()


def test_the_lock_is_intact_and_names_no_family_that_breaks_arabic() -> None:
    assert fonts.verify() == []
    assert "Noto Sans Arabic" not in fonts.families()
    assert {face.weight for face in fonts.faces() if face.family == "Noto Sans"} == {400, 700}
