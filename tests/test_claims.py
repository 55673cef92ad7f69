"""The false claims of the field stay out, in other words too; what denies them may be said."""

import pytest

from careleaf.check.claims import RULES
from careleaf.findings import Finding, Severity
from careleaf.model import Library
from tests.conftest import ROOT, Tiny, as_it_ships

TOPIC = "content/topics/washing-hands.yaml"
TITLE, LINE, AUDIENCE = "title: Washing your hands", "text: Your skin is soft again.", "audience: adult"

# What each claim says, and the number it has in the evidence's list of what must never reach a leaflet.
FORBIDDEN = {
    "make-up-next-day": (
        "You can wear make-up from the next day after your laser treatment.",
        "After CO2 laser, foundation is fine the morning after.",
        "Put concealer on the lasered spots after 24 hours.",
        "Once the laser is done, you may use cosmetics straight away.",
        "From day two after the laser, wear make-up as you like.",
    ),
    "steam": (
        "Steam your face over a bowl to open the skin.",
        "Lean over a bowl of hot water twice a week.",
        "If it does not go, steam your face.",
        "Steaming is excellent and will not harm you.",
        "A hot towel on the face loosens them.",
    ),
    "home-needle": (
        "You can open the bump with a clean needle.",
        "Gently squeeze the spots after a bath.",
        "Prick the bump yourself with a sterile pin.",
    ),
    "home-needle-alone": ("A sterile needle at home is fine.", "Squeezing by hand is quick."),
    "acids-for-children": (
        "A mild acid lotion is good for babies.",
        "Salicylic acid is fine for children too.",
        "Scrub your child's skin gently with a cloth.",
    ),
    "ipl-gentle": (
        "IPL is as gentle as moonlight.",
        "Intense pulsed light is a mild treatment.",
        "IPL is safe for everyone.",
        "With IPL there is no danger.",
    ),
    "ipl-for-milia": ("IPL clears milk spots well.", "Milia can be treated with pulsed light."),
    "laser-proved": (
        "Studies have shown that CO2 laser works for milia.",
        "The laser is proven to remove them.",
        "Er:YAG laser is the best treatment.",
        "Laser is a reliable and effective treatment.",
    ),
    "retinoid-strength": ("Use tretinoin 0.05 % each night.", "Start with 0.1% adapalene."),
    "minocycline-no-scar": (
        "Minocycline is the only treatment that leaves no scar.",
        "All treatments except minocycline can leave marks.",
    ),
    "unproven-devices": ("RF microneedling helps stubborn milia.", "Mesotherapy is another option."),
    "most-need-treatment": (
        "Most milia need treatment.",
        "Milk spots must be removed by a doctor.",
        "Milia usually require removal.",
        "They only go away with treatment.",
        "It is best to have them removed.",
    ),
    "oil-or-dirt": (
        "Milia form when oil is trapped in the skin.",
        "Blocked pores cause milk spots.",
        "You get these bumps because of poor hygiene.",
        "Oily skin is a common reason for milia.",
    ),
    "diet-or-milk": ("Too much dairy food causes milia.", "Dry skin leads to milk spots."),
    "promise": (
        "We guarantee clear skin.",
        "Laser clears them for good.",
        "It works, and there are no risks.",
    ),
}
# Claims that stand beside no number of the list, or share one, are about the same sources.
ITEMS = {
    1: "make-up-next-day", 2: "steam", 3: "acids-for-children", 4: "ipl-gentle", 5: "laser-proved",
    6: "retinoid-strength", 7: "minocycline-no-scar", 8: "unproven-devices", 9: "most-need-treatment",
    10: "oil-or-dirt",
}  # fmt: skip

ALLOWED = (
    "Do not put make-up on the lasered spots the next day.",
    "No make-up after laser until the skin has closed, usually some days.",
    "Do not steam your face.",
    "Steam is not proven to help, and it can scald.",
    "Do not squeeze, pick or prick them at home.",
    "Never use a needle on yourself.",
    "Do not use peeling acids, retinoids, scrubs or steam on babies and children.",
    "Peeling acids, retinoids, scrubs and steam are not for babies and children.",
    "IPL is not a treatment for milk spots.",
    "IPL is not gentle: it can burn.",
    "No trial has shown that laser works.",
    "We found no evidence for RF microneedling.",
    "Milia do not need treatment.",
    "They never have to be removed.",
    "If you want them removed, have a check first.",
    "They are not caused by oil or dirt.",
    "We found no good evidence that food, dry skin or oily skin causes milia.",
    "They are not linked to breast milk or formula.",
    "Nobody can give you a guarantee.",
)


@pytest.fixture(scope="module")
def shipped() -> Library:
    return as_it_ships()


@pytest.fixture
def guarded(tiny: Tiny) -> Tiny:
    """The tiny library with the claims and warnings that careleaf ships."""
    for file in ("content/claims.yaml", "content/warnings.yaml"):
        tiny.write(file, (ROOT / file).read_text("utf-8"))
    return tiny


def claims(tiny: Tiny) -> list[Finding]:
    return [finding for finding in tiny.findings() if finding.rule == "claim"]


def test_every_claim_of_the_list_has_a_rule(shipped: Library) -> None:
    assert shipped.claims.keys() == {*FORBIDDEN, "acids-for-parents"}
    assert set(ITEMS.values()) <= shipped.claims.keys()
    assert shipped.warnings.keys() == {"not-for-babies", "pregnancy", "minocycline", "ipl"}


@pytest.mark.parametrize(
    ("name", "sentence"), [(name, each) for name, sentences in FORBIDDEN.items() for each in sentences]
)
def test_a_forbidden_claim_is_refused_in_other_words_too(guarded: Tiny, name: str, sentence: str) -> None:
    """Whoever follows it may be harmed, so nothing is built while it stands there."""
    guarded.change(TOPIC, LINE, f'text: "It is expected. {sentence}"')
    found = [finding for finding in claims(guarded) if f"({name})" in finding.message]
    assert [(finding.file, finding.line, finding.severity) for finding in found] == [
        (TOPIC, 36, Severity.ERROR)
    ]
    assert found[0].mend


@pytest.mark.parametrize("sentence", ALLOWED)
def test_what_denies_a_claim_may_be_said(guarded: Tiny, sentence: str) -> None:
    guarded.change(TOPIC, LINE, f'text: "{sentence}"')
    assert claims(guarded) == []


def test_a_parent_is_never_told_of_acids(guarded: Tiny) -> None:
    guarded.change(TOPIC, LINE, "text: A little glycolic lotion helps.")
    guarded.change(TOPIC, AUDIENCE, "audience: parent")
    assert any("(acids-for-parents)" in finding.message for finding in claims(guarded))


def test_a_list_of_what_not_to_do_denies_what_it_names(guarded: Tiny) -> None:
    guarded.change(TOPIC, "kind: do\n", "kind: dont\n")
    guarded.change(TOPIC, '"Rub for {scrub}."', "Steam your face.")
    assert claims(guarded) == []
    guarded.change(TOPIC, "Steam your face.", "Scrub your face. Steam it instead.")
    assert [finding.message for finding in claims(guarded) if "(steam)" in finding.message]


@pytest.mark.parametrize(
    ("title", "text", "name", "warning"),
    [
        (None, "Some adults try a retinoid cream.", "pregnancy", "Do not use it if you are pregnant."),
        (None, "Adults may try salicylic acid.", "not-for-babies", "It is never for babies or children."),
        (
            None,
            "A skin doctor may give you minocycline.",
            "minocycline",
            "Not in pregnancy. Not for children. It can harm the liver.",
        ),
        (
            "IPL treatment",
            "It may lighten some sun spots.",
            "ipl",
            "Shield your eyes. Have no tan. It burns brown or black skin more. Cover moles. Not if pregnant.",
        ),
    ],
    ids=["pregnancy", "babies", "minocycline", "ipl"],
)
def test_what_may_harm_some_readers_is_not_named_without_its_warning(
    guarded: Tiny, title: str | None, text: str, name: str, warning: str
) -> None:
    guarded.change(TOPIC, TITLE, f"title: {title or 'Washing your hands'}")
    guarded.change(TOPIC, LINE, f"text: {text}")
    assert any(f"({name})" in finding.message for finding in claims(guarded))
    guarded.change(TOPIC, text, f"{text} {warning}")
    assert [finding for finding in claims(guarded) if f"({name})" in finding.message] == []


def test_no_shipped_topic_makes_a_forbidden_claim(shipped: Library) -> None:
    assert [finding for rule in RULES for finding in rule(shipped)] == []
