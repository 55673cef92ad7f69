"""Rules for claims that must never reach a reader: the field repeats them, and following them can harm.

Each is a set of ideas that stand together in one sentence, in any order and in many words, so that a
paraphrase trips it too. A sentence that denies the idea is welcome: "Do not steam your face". No list of
words is complete: a rule that stays silent has not approved anything.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from careleaf.findings import Finding
from careleaf.model import Kind, Library, Topic
from careleaf.words import Spoken, spoken

I: Final = re.IGNORECASE

# "It will not harm you" praises, although it has a "not".
PRAISE: Final = re.compile(
    r"\b(?:(?:do|does|will|can|could|would|is|are)\s+(?:not|never)|cannot|can't|won't|isn't|no|without|never|nothing)\s+"
    r"(?:be\s+|any\s+|to\s+|real\s+|a\s+|known\s+)?"
    r"(?:harm\w*|hurt\w*|risk\w*|danger\w*|damag\w*|problems?|side effects?|bad|wrong with|fear|worry|pain\w*|scar\w* (?:at all|whatever))\b",
    I,
)
NOT: Final = r"(?:not|never|no|nor|neither|without|avoid|stop|cannot|nobody|nothing|none|n't)"
# "Do not pick, rub or steam": a command's "not" reaches over a list.
BEFORE_LIST: Final = re.compile(
    r"\b(?:do not|don't|never|avoid|no|nor|neither|without|stop|must not|should not)\b"
    r"(?:(?!\b(?:but|then|instead|if|unless|because|so)\b)[^.;:!?]){0,110}$",
    I,
)
# "It is not caused by oil" denies; "if it does not go, steam it" does not: this "not" ends at a comma.
BEFORE: Final = re.compile(rf"\b{NOT}\b(?:(?!\b(?:but|then|instead|because)\b)[^,.;:!?]){{0,70}}$", I)
AFTER: Final = re.compile(rf"^(?:(?!\b(?:but|and)\b)[^,.;:!?]){{0,45}}?\b(?:{NOT}|unproven|untrue|a myth|wrong)\b", I)

NEAR: Final = rf"(?:(?!\b(?:{NOT}|want\w*|if)\b)[^.,;:]){{0,40}}?"
"""A few words between two others, none of which denies them or makes them a wish."""


def words(pattern: str) -> re.Pattern[str]:
    """Compile a choice of stems that begin a word; spaces stand for any white space or hyphen."""
    spaced = pattern.replace(" ?", r"[\s-]*").replace(" ", r"[\s-]+")
    return re.compile(rf"\b(?:{spaced})", I)


MILIA: Final = words(r"milia\b|milium|milk spots?|bumps?|spots?|they\b|them\b|it\b|cysts?")
STEAM: Final = words(r"steam(?!\w* rooms?)\w*|hot water bowl|bowl of (?:hot|boiling) water|vapou?r|hot towels?|inhal\w+")
ACIDS: Final = words(r"(?:salicylic|glycolic|lactic|peeling|fruit|exfoliating|alpha hydroxy|beta hydroxy) acids?|acids?\b|aha\b|bha\b")
RETINOID: Final = words(r"retino\w+|retin-a|tretinoin|adapalene|isotretinoin|tazarotene|vitamin a\b")
IPL: Final = words(r"ipl\b|intense pulsed light|pulsed light|milk light|light (?:treatment|therapy)|flash\w* of light|photorejuvenation")
CHILD: Final = words(r"bab(?:y|ies)|newborns?|infants?|child(?:ren)?")
OWN: Final = words(r"at home|by yourself|yourself|on your own|your own|you can|you may|try\b|use\b|take a|clean a|with a clean|carefully|gently")


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim: `asserted` is its heart, which a sentence may deny; `beside` must stand in the sentence too.

    `about` must stand in the sentence, its heading or the topic's title.
    """

    name: str
    says: str
    mend: str
    asserted: re.Pattern[str]
    beside: tuple[re.Pattern[str], ...] = ()
    about: re.Pattern[str] | None = None
    parents: bool = False
    """Only where the reader is a parent."""


CLAIMS: Final = (
    Claim(
        "make-up-next-day",
        "make-up the day after a laser treatment",
        "Say: no make-up on the treated spots until the scabs are off and the skin has closed.",
        words(r"make ?up|cosmetics?|foundation|concealer|mascara|powder|beauty products?"),
        (words(
            r"next (?:day|morning)|day after|following (?:day|morning)|tomorrow|same day|straight away|right away|at once|"
            r"the morning after|one day|a day later|(?:1|24|36|48) (?:hours?|days?)|1 day|overnight|immediately|as soon as you like"
        ),),
        words(r"laser|co2|er:yag|erbium|resurfac\w+"),
    ),
    Claim(
        "steam",
        "steam as a cure to try at home",
        "Say: do not steam your face. It is not proven to help, and it can scald.",
        STEAM,
    ),
    Claim(
        "home-needle",
        "opening or squeezing milia at home",
        "Say: do not squeeze, pick or prick them.",
        words(r"needles?\b|pins?\b|lancets?|blades?\b|prick\w*|pierc\w+|pop (?:it|them|the)|popping|squeez\w+|lanc(?:e|ing)\b|poke\w*"),
        (OWN, MILIA),
    ),
    Claim(
        "acids-for-babies",
        "acids, retinoids, steam or scrubs for babies or children",
        "Say that they are not for babies and children.",
        re.compile("|".join(f"(?:{each.pattern})" for each in (ACIDS, RETINOID, STEAM, words(r"scrub\w*|exfoliat\w+|peels?\b"))), I),
        (CHILD,),
    ),
    Claim(
        "acids-for-babies",
        "acids, retinoids, steam or scrubs for babies or children",
        "Say that they are not for babies and children.",
        re.compile("|".join(f"(?:{each.pattern})" for each in (ACIDS, RETINOID, STEAM, words(r"scrub\w*|exfoliat\w+|peels?\b"))), I),
        parents=True,
    ),
    Claim(
        "ipl-gentle",
        "that IPL is gentle or without risk",
        "Say that it is powerful, works by heat, and can burn, change skin colour and injure eyes.",
        words(r"gentl\w+|mild\w*|soft\w*|sooth\w+|harmless|moonlight|painless|safe for (?:every|all)\w*|completely safe|very safe|perfectly safe|risk free|kind to"),
        (words(r"ipl\b|intense pulsed light|pulsed light|milk light|light|flash\w*|treatment|it\b"),),
        IPL,
    ),
    Claim(
        "ipl-for-milia",
        "that IPL treats milia",
        "Say that it is not a treatment for milia.",
        words(r"treat\w*|remov\w+|clear\w*|cure\w*|help\w*|work\w*|get rid"),
        (words(r"milia\b|milium|milk spots?"), words(r"ipl\b|intense pulsed light|pulsed light|milk light")),
    ),
    Claim(
        "laser-proved",
        "that laser is proved for milia, or best",
        "Say that it has been used, and that no trial was found.",
        words(
            r"prove[nds]?\b|proof|proves|demonstrat\w+|established|studies (?:show|confirm|found)|research (?:shows|confirms)|"
            r"evidence (?:shows|confirms)|scientifically|guarantee\w*|the best\b|most effective|gold standard|works for everyone|clinically"
        ),
        (words(r"lasers?\b|co2|carbon dioxide|er:yag|erbium"),),
    ),
    Claim(
        "retinoid-strength",
        "a strength or dose of a retinoid",
        "Leave strengths and doses to the prescriber.",
        re.compile(r"\d+(?:[.,]\d+)?\s?(?:%|per ?cent|mg\b|milligrams?)", I),
        (RETINOID,),
    ),
    Claim(
        "minocycline-no-scar",
        "that minocycline does not scar, as if it had no risks",
        "Leave scars out; name its risks.",
        words(r"minocycline"),
        (words(r"scar\w*|marks?\b"), words(r"no\b|not\b|never|without|except|but for|only|apart from|unlike|everything|all others?|free")),
    ),
    Claim(
        "unproven-devices",
        "RF microneedling or mesotherapy as a treatment",
        "Leave it out, or say that no evidence was found and that there are real risks.",
        words(r"micro ?needling|radio ?frequency|rf needl\w+|mesotherapy|skin ?boosters?"),
    ),
    Claim(
        "most-need-treatment",
        "that milia need treatment",
        "Say that nobody needs treatment for ordinary milia: it is a choice.",
        words(
            rf"(?:most|many|all|usually|often|always|generally|nearly all)\b{NEAR}\b(?:need|needs|require|requires|must)\b{NEAR}\b(?:treat\w*|remov\w+|procedure)|"
            rf"(?:milia|milk spots|they|bumps|spots)\b{NEAR}\b(?:need|must|have to|has to|should|require)\b{NEAR}\b(?:treat\w*|remov\w+|taken out|extracted)|"
            r"(?:treatment|removal) is (?:needed|necessary|required|essential|a must)|will not go (?:away )?(?:by themselves|without)|only go (?:away )?(?:with|if)"
        ),
    ),
    Claim(
        "oil-or-dirt",
        "that milia come from oil, dirt or poor cleaning",
        "Say: they hold keratin. They are not caused by oil or by being unclean.",
        words(
            r"(?:trapped |excess |too much |skin |hardened )?(?:oil\b|oils\b|sebum|grease|fat\b)|oily skin|greasy skin|dirt\w*|unclean|"
            r"(?:poor|bad|lack of|too little) (?:hygiene|cleansing|washing|cleaning)|(?:clogged|blocked) pores?|not (?:washing|cleansing|cleaning)|impurities|toxins"
        ),
        (
            words(r"caus\w+|because|due to|come from|comes from|form\w*|trapped|lead\w* to|made of|fill\w*|full of|result\w*|reason|behind|grow\w*|get\b|happen\w*|start\w*|hold\w*|contain\w*|more common|likelier|more likely|risk"),
            words(r"milia\b|milium|milk spots?|bumps?|spots?|they\b|them\b|cysts?|oil seeds?"),
        ),
    ),
    Claim(
        "diet-or-milk",
        "that food, milk or dry skin causes milia",
        "Say that no evidence was found for it.",
        words(r"diet\b|food|sugar|dairy|milk (?!spots?|light)|breast ?milk|formula|dry skin"),
        (words(r"caus\w+|because of|due to|come from|lead\w* to|trigger\w*|bring\w* on|give\w* (?:you|your)"), words(r"milia\b|milium|milk spots?|bumps?|spots?")),
    ),
    Claim(
        "promise",
        "a promise",
        "Say what is known, and what is not.",
        words(r"guarantee\w*|100 ?(?:%|per ?cent)|will (?:cure|vanish for ever|never come back|disappear completely)|risk free|no risks?\b|completely safe|permanent(?:ly)? (?:cure|gone)|always works?|instagram|solved for good"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Duty:
    """What a topic must also say, somewhere, if it speaks of something: each pattern in one sentence."""

    name: str
    if_said: re.Pattern[str]
    missing: str
    mend: str
    all_of: tuple[tuple[re.Pattern[str], ...], ...]
    in_title: bool = False


DENIAL: Final = words(r"not\b|never|no\b|without|only|must not")
DUTIES: Final = (
    Duty(
        "not-for-babies",
        re.compile(f"{ACIDS.pattern}|{RETINOID.pattern}|{STEAM.pattern}", I),
        "a line that says acids, retinoids and steam are not for babies and children",
        "Add: these products are not for babies or children.",
        ((CHILD, DENIAL),),
    ),
    Duty(
        "pregnancy",
        RETINOID,
        "a pregnancy warning beside its retinoids",
        "Add: do not use them if you are pregnant, trying for a baby, or might be pregnant.",
        ((words(r"pregnan\w+|trying for a baby"), words(r"not\b|never|no\b|stop|tell|ask|avoid")),),
    ),
    Duty(
        "minocycline-risks",
        words(r"minocycline"),
        "the risks of minocycline: pregnancy, age under 12, liver, headache or lupus",
        "Name them, or leave minocycline out.",
        ((words(r"pregnan\w+"),), (words(r"under|younger|child\w*"),), (words(r"liver|headache|lupus|hepatitis|yellow"),)),
    ),
    Duty(
        "ipl-warnings",
        IPL,
        "the warnings that belong to IPL: eyes, tan, brown and black skin, moles, pregnancy",
        "Add the warnings that are missing.",
        (
            (words(r"eyes?\b|eyelids?"),),
            (words(r"tan\b|tanned|suntan|sunbed\w*|fake tan"),),
            (words(r"black skin|brown or black|brown and black|black or brown"),),
            (words(r"moles?\b"),),
            (words(r"pregnan\w+"),),
        ),
        in_title=True,
    ),
)  # fmt: skip


def forbidden(library: Library) -> Iterator[Finding]:
    """No text makes a claim that the evidence calls false or dangerous."""
    for topic in library.topics.values():
        for text in spoken(library, topic):
            for claim in CLAIMS:
                if any(_makes(claim, topic, text, number) for number in range(len(text.sentences()))):
                    message = f"{text.id} seems to claim {claim.says}, which must never be said [{claim.name}]"
                    yield Finding(topic.file, text.line, "claim", message, claim.mend)


def _makes(claim: Claim, topic: Topic, text: Spoken, number: int) -> bool:
    sentence = PRAISE.sub("harmless", text.sentences()[number])
    around = f"{topic.title}. {text.section.heading if text.section else ''}. {sentence}"
    if claim.parents and topic.audience != "parent":
        return False
    if claim.about and not claim.about.search(around):
        return False
    if not all(pattern.search(sentence) for pattern in claim.beside):
        return False
    return not _denied(text, number) and _asserted(claim.asserted, sentence)


def _denied(text: Spoken, number: int) -> bool:
    """A section of things not to do denies the first sentence of each text: "Do not: Scrubs or steam"."""
    return bool(text.section and text.section.kind is Kind.DONT and number == 0)


def _speaks_of(pattern: re.Pattern[str], text: Spoken) -> bool:
    """Say whether a text has an idea other than to deny it."""
    return any(
        not _denied(text, number) and _asserted(pattern, sentence) for number, sentence in enumerate(text.sentences())
    )


def _asserted(pattern: re.Pattern[str], sentence: str) -> bool:
    """Say whether a sentence has the idea without denying it."""
    return any(
        not (
            BEFORE_LIST.search(sentence[: match.start()])
            or BEFORE.search(sentence[: match.start()])
            or AFTER.search(sentence[match.end() :])
        )
        for match in pattern.finditer(sentence)
    )


def duties(library: Library) -> Iterator[Finding]:
    """What may harm some readers is not named without the warning for them."""
    for topic in library.topics.values():
        texts = tuple(spoken(library, topic))
        sentences = tuple(chain.from_iterable(text.sentences() for text in texts))
        for duty in DUTIES:
            where = texts[:1] if duty.in_title else texts
            if any(_speaks_of(duty.if_said, text) for text in where) and not _said(duty, sentences):
                message = f"the topic lacks {duty.missing} [{duty.name}]"
                yield Finding(topic.file, topic.line_of("title"), "claim", message, duty.mend)


def _said(duty: Duty, sentences: tuple[str, ...]) -> bool:
    return all(
        any(all(pattern.search(sentence) for pattern in patterns) for sentence in sentences) for patterns in duty.all_of
    )


RULES = (forbidden, duties)
