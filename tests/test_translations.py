"""What a translation may not lose, add or change: each fault planted beside the twin that is right.

The tables hold a text in the tiny library, in a shipped language with its own profile, words and glossary.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careleaf import catalogs, identify, shaping
from careleaf.check import judge, translations
from careleaf.findings import Finding, Severity, blocking
from careleaf.locales import ZEROS
from careleaf.model import Entry, Kind, Library, Selection, Status
from careleaf.stems import pattern
from tests.conftest import ROOT, TINY, Tiny, as_it_ships
from tests.refusals import TOPIC, place

LANGS: Final = ("ar", "es", "fr", "hi", "ko", "pl", "uk", "zh-Hans")
NAME: Final = "washing-hands"
UNIT: Final = "in-short/soap"
LINE: Final = 6
"""Where the only entry stands in a PO file of the tables."""
PO: Final = "locales/es/LC_MESSAGES/washing-hands.po"
WAIVERS: Final = "locales/es/waivers.yaml"
BACK: Final = "locales/es/back/washing-hands.po"

SPANISH: Final = {
    "title": ("Washing your hands", "Lavarse las manos"),
    "message": (
        "Wash your hands {times} times a day with **soap**.",
        "Lávese las manos con **jabón** {times} veces al día.",
    ),
    "help/heading": ("Call {emergency} if:", "Llame al {emergency} si:"),
    "help/swell": ("your hands swell", "se le hinchan las manos"),
    "help/action": ("Or call {phone}.", "O llame al {phone}."),
    "how/heading": ("Do", "Qué hacer"),
    "how/picture": ("A hand", "Una mano"),
    "how/rub": ("Rub for {scrub}.", "Tiempo de frotar: {scrub}."),
    "how/sun": ("Use {factor}, not between {noon}.", "Use {factor}, pero no a estas horas: {noon}."),
    "later/heading": ("Later", "Más adelante"),
    "later/soft/label": ("{dry}", "{dry}"),
    "later/soft": ("Your skin is soft again.", "Su piel vuelve a estar suave."),
    "in-short/heading": ("In short", "En resumen"),
    "in-short/soap": ("Soap and water are enough.", "Bastan agua y jabón."),
}
FIRST: Final = 6
"""Line of the first entry of the whole Spanish file; each entry takes five."""


def po(words: dict[str, tuple[str, str]], *fields: str, flags: str = "machine") -> str:
    """Write a PO file; `fields` are more lines of its header."""
    head = "".join(
        f'"{row}\\n"\n' for row in ("Language: es", "Content-Type: text/plain; charset=UTF-8", *fields)
    )
    rows = (
        f'\n#, {flags}\nmsgctxt "{id_}"\nmsgid "{polib.escape(english)}"\nmsgstr "{polib.escape(text)}"\n'
        for id_, (english, text) in words.items()
    )
    return f'msgid ""\nmsgstr ""\n{head}{"".join(rows)}'


def line_of(unit: str) -> int:
    """Give the line of a Unit in the whole Spanish file."""
    return FIRST + 5 * list(SPANISH).index(unit)


def lend(tiny: Tiny, *tags: str) -> None:
    """Put shipped languages into a tiny library, without their leaflets."""
    for tag in tags:
        for name in ("profile.yaml", "language.yaml", "glossary.yaml", "LC_MESSAGES/ui.po"):
            file = f"locales/{tag}/{name}"
            if (ROOT / file).is_file():
                tiny.write(file, (ROOT / file).read_bytes())
    tiny.write("content/glossary.yaml", (ROOT / "content/glossary.yaml").read_bytes())


@pytest.fixture
def spanish(tiny: Tiny) -> Tiny:
    """The tiny library with Spanish, in files."""
    lend(tiny, "en", "es")
    tiny.write(PO, po(SPANISH))
    return tiny


@dataclass(frozen=True)
class Bench:
    """The tiny library with every language; the topic on it has one Unit, which the test writes."""

    library: Library = field(repr=False)

    def told(self, lang: str, english: str, text: str, kind: Kind = Kind.TEXT) -> list[Finding]:
        """Tell what is wrong with a translation of an English text."""
        file = f"locales/{lang}/LC_MESSAGES/{NAME}.po"
        catalog, torn = catalogs.parse(file, po({UNIT: (english, text)}))
        assert catalog
        assert torn == []
        topic = self.library.topics[NAME]
        section = next(section for section in topic.sections if section.id == "in-short")
        unit = section.units[0].model_copy(update={"text": english})
        section = section.model_copy(update={"kind": kind, "units": (unit,)})
        topic = topic.model_copy(update={"sections": (section,)})
        library = replace(
            self.library,
            topics={NAME: topic},
            catalogs={**self.library.catalogs, (lang, NAME): catalog},
        )
        found = judge(library, lang, NAME)
        # The title and the headings have no words here, which is told of the file as a whole.
        return sorted(finding for finding in found if (finding.line, finding.rule) != (0, "stale"))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    root = tmp_path_factory.mktemp("bench") / "library"
    shutil.copytree(TINY, root)
    shutil.copytree(ROOT / "templates", root / "templates")
    tiny = Tiny(root)
    lend(tiny, "en", *LANGS)
    return Bench(tiny.library())


@dataclass(frozen=True)
class Twins:
    """An English text, a translation with a fault, and its harmless twin.

    `told` are the rules that must tell of the fault, each with its severity, and no other may; `phrase` is a
    part of the message.
    """

    lang: str
    english: str
    wrong: str
    told: str
    right: str
    phrase: str = ""
    kind: Kind = Kind.TEXT

    def check(self, bench: Bench) -> None:
        found = bench.told(self.lang, self.english, self.wrong, self.kind)
        where = f"locales/{self.lang}/LC_MESSAGES/{NAME}.po:{LINE}"
        expected = [f"{where} {each}" for each in self.told.split(", ")]
        assert [f"{place(each)} {each.severity}" for each in found] == expected, found
        assert any(self.phrase in each.message for each in found), found
        assert all(UNIT in each.message and each.mend.strip() for each in found), found
        assert bench.told(self.lang, self.english, self.right, self.kind) == []


NEGATION: Final = {
    "the only not is lost": Twins(
        "es",
        "Do not rub your hands.",
        "Frótese las manos.",
        "negation error",
        "No se frote las manos.",
        "1 times, and the translation 0 times",
    ),
    "one of two is lost": Twins(
        "es",
        "Do not rub, and never scratch.",
        "No se frote, y rásquese.",
        "negation error",
        "No se frote ni se rasque nunca.",
        "2 times, and the translation 1 times",
    ),
    "of a curved apostrophe": Twins(
        "es",
        "Don’t rub your hands.",
        "Frótese las manos.",
        "negation error",
        "No se frote las manos.",
    ),
    "in French, where only one of its two words counts": Twins(
        "fr", "Do not rub.", "Ne frottez que cela.", "negation error", "Ne frottez pas."
    ),
    "in Polish, where never takes another not along": Twins(
        "pl", "Never rub.", "Trzyj.", "negation error", "Nigdy nie trzyj."
    ),
    "in Ukrainian, where sky begins with the letters of not": Twins(
        "uk", "Do not look at the sky.", "Дивіться на небо.", "negation error", "Не дивіться на небо."
    ),
    "in Arabic": Twins("ar", "Do not rub.", "افركوا.", "negation error", "لا تفركوا."),
    "in Hindi, where nose begins with the letters of not": Twins(
        "hi", "Do not rub your nose.", "नाक रगड़ें।", "negation error", "नाक न रगड़ें।"
    ),
    "in Korean, inside a word": Twins(
        "ko", "Do not rub.", "문지르세요.", "negation error", "문지르지 마세요."
    ),
    "in Chinese, which has no spaces": Twins(
        "zh-Hans", "Do not rub.", "请揉搓。", "negation error", "请勿揉搓。"
    ),
    "added to what is to be done": Twins(
        "es",
        "Rub your hands.",
        "No se frote las manos.",
        "added-negation error",
        "Frótese las manos.",
        "denies or forbids",
        Kind.DO,
    ),
    "added to a step": Twins(
        "es",
        "Rub your hands.",
        "No se frote las manos.",
        "added-negation error",
        "Frótese las manos.",
        kind=Kind.STEPS,
    ),
    "added elsewhere, which good style may ask for": Twins(
        "es", "Rub your hands.", "No se frote las manos.", "added-negation warning", "Frótese las manos."
    ),
    "twice where the heading says do not already": Twins(
        "es",
        "Scratching your hands",
        "No rascarse las manos",
        "added-negation warning",
        "Rascarse las manos",
        kind=Kind.DONT,
    ),
}

NUMBERS: Final = {
    "2 for 20": Twins(
        "es",
        "Wash 20 times.",
        "Lávese 2 veces.",
        "numbers error",
        "Lávese 20 veces.",
        "20 is lost, 2 is not in the English",
    ),
    "20 for 2": Twins(
        "es",
        "Wash 2 times.",
        "Lávese 20 veces.",
        "numbers error",
        "Lávese 2 veces.",
        "2 is lost, 20 is not in the English",
    ),
    "in Arabic digits": Twins(
        "ar", "Wash 20 times.", "اغسلوا ٢ مرة.", "numbers error", "اغسلوا ٢٠ مرة.", "20 is lost, 2 is not"
    ),
    "in Hindi digits": Twins(
        "hi", "Wash 20 times.", "२ बार धोएँ।", "numbers error", "२० बार धोएँ।", "20 is lost, 2 is not"
    ),
    "a number lost": Twins(
        "pl", "Wash 20 times.", "Myj ręce.", "numbers error", "Myj ręce 20 razy.", "20 is lost"
    ),
    "a number that the English has not": Twins(
        "pl", "Wash.", "Myj ręce 20 razy.", "numbers error", "Myj ręce.", "20 is not in the English"
    ),
    "the same number only once": Twins(
        "es", "Wash 20 times, rub 20 times.", "Lávese y frote 20 veces.", "numbers error",
        "Lávese 20 veces, frote 20 veces.", "20 is lost",
    ),
    "a decimal point lost": Twins(
        "es", "Wash 1.5 times.", "Lávese 15 veces.", "numbers error", "Lávese 1,5 veces.", "1.5 is lost"
    ),
    "a strength": Twins(
        "es", "Use SPF 50.", "Aplique SPF 30.", "numbers error", "Aplique SPF 50.", "50 is lost, 30 is not"
    ),
    "a word of another value": Twins(
        "es",
        "Wash your hands three times.",
        "Lávese las manos cuatro veces.",
        "number-words warning",
        "Lávese las manos tres veces.",
        "3 is not in the translation, 4 is not in the English",
    ),
    "a word of another value, inside a Korean word": Twins(
        "ko",
        "Wash your hands three times.",
        "손을 네 번 씻으세요.",
        "number-words warning",
        "손을 세 번 씻으세요.",
        "3 is not in the translation, 4 is not in the English",
    ),
    "a word in place of digits": Twins(
        "es",
        "Wash your hands 3 times.",
        "Lávese las manos cuatro veces.",
        "numbers error",
        "Lávese las manos tres veces.",
        "3 is lost",
    ),
    "digits in place of a word": Twins(
        "es",
        "Wash your hands three times.",
        "Lávese las manos 4 veces.",
        "numbers error",
        "Lávese las manos 3 veces.",
        "4 is not in the English",
    ),
    "a month as digits": Twins(
        "ko",
        "Wear a hat from March to October.",
        "4월부터 10월까지 모자를 쓰세요.",
        "numbers error",
        "3월부터 10월까지 모자를 쓰세요.",
        "4 is not in the English",
    ),
}  # fmt: skip

UNITS: Final = {
    "mg turned into ml": Twins(
        "es",
        "Take 5 mg.",
        "Tome 5 ml.",
        "units error",
        "Tome 5 mg.",
        "5 milligram in the English, 5 milliliter in the translation",
    ),
    "in letters of another script": Twins(
        "uk", "Take 5 mg.", "Прийміть 5 мл.", "units error", "Прийміть 5 мг.", "5 milliliter"
    ),
    "in words": Twins("ar", "Take 5 mg.", "خذوا 5 مليلتر.", "units error", "خذوا 5 مليغرام.", "5 milliliter"),
    "without a space": Twins(
        "zh-Hans", "Take 5 mg.", "服用5毫升。", "units error", "服用5毫克。", "5 milliliter"
    ),
    "days turned into weeks": Twins(
        "pl", "Wait 2 days.", "Zaczekaj 2 tygodnie.", "units error", "Zaczekaj 2 dni.", "2 day in the English"
    ),
    "minutes turned into months": Twins(
        "es", "Rub for 2 minutes.", "Frote 2 meses.", "units error", "Frote 2 minutos.", "2 month"
    ),
    "Celsius turned into Fahrenheit": Twins(
        "es", "Wash at 38 °C.", "Lávese a 38 °F.", "units error", "Lávese a 38 °C.", "38 fahrenheit"
    ),
    "a unit lost after a Fact": Twins(
        "es", "Take {times} mg.", "Tome {times}.", "units error", "Tome {times} mg.", "milligram"
    ),
    "two numbers that changed places": Twins(
        "es",
        "Take 2 mg, wait 5 days.",
        "Tome 5 mg, espere 2 días.",
        "units error",
        "Tome 2 mg, espere 5 días.",
        "2 milligram in the English",
    ),
}

REST: Final = "Wash your hands. Soap and water are enough for that."
IN_ENGLISH: Final = {
    "the whole text": Twins(
        "es",
        "Soap and water are enough.",
        "Soap and water are enough.",
        "identical error, language error",
        "Bastan agua y jabón.",
        "the text is still English",
    ),
    "a single word": Twins("es", "Later", "Later", "identical error", "Más adelante"),
    "a sentence of several in Spanish": Twins(
        "es",
        REST,
        "Lávese las manos. Soap and water are enough for that.",
        "language error",
        "Lávese las manos. Para eso bastan agua y jabón.",
        "'Soap and water are enough for that.'",
    ),
    "a sentence of several in French": Twins(
        "fr",
        REST,
        "Lavez-vous les mains. Soap and water are enough for that.",
        "language error",
        "Lavez-vous les mains. L’eau et le savon suffisent.",
        "'Soap and water are enough for that.'",
    ),
    "a sentence of several in Polish": Twins(
        "pl",
        REST,
        "Umyj ręce. Soap and water are enough for that.",
        "language error",
        "Umyj ręce. Wystarczą do tego woda i mydło.",
        "'Soap and water are enough for that.'",
    ),
    "a word in Arabic": Twins(
        "ar",
        "Soap and water are enough.",
        "يكفي الماء و soap.",
        "script error",
        "يكفي الماء والصابون.",
        "Latin words are left in it: soap",
    ),
    "a word in Korean": Twins(
        "ko", "Wash with soap.", "soap로 씻으세요.", "script error", "비누로 씻으세요.", "soap"
    ),
    "a word beside a name that is kept": Twins(
        "ar", "Use SPF.", "استعملوا SPF cream.", "script error", "استعملوا SPF.", "left in it: cream"
    ),
}

LETTERS: Final = {
    "a Cyrillic a in a Spanish word": Twins(
        "es",
        "Soap is enough.",
        "El j\u0430bón basta.",
        "lookalike error",
        "El jabón basta.",
        "U+0430 CYRILLIC SMALL LETTER A",
    ),
    "a Latin a in a Ukrainian word": Twins(
        "uk",
        "Water is enough.",
        "Досить води в рук\u0061х.",
        "lookalike error",
        "Досить води в рук\u0430х.",
        "U+0061 LATIN SMALL LETTER A",
    ),
    "a Persian kaf in an Arabic word": Twins(
        "ar",
        "A book",
        "\u06a9تاب",
        "letters error",
        "\u0643تاب",
        "letters that the language does not use: \u06a9",
    ),
    "a Russian letter in a Ukrainian word": Twins(
        "uk", "You are well.", "В\u044b здорові.", "letters error", "Ви здорові.", "does not use: \u044b"
    ),
    "a Cyrillic word in a Spanish text": Twins(
        "es", "Wash with water.", "Lávese con \u0432ода.", "lookalike error", "Lávese con agua.", "CYRILLIC"
    ),
    "a form of an Arabic letter for old printers": Twins(
        "ar", "A hand", "\ufef3د", "letters error", "يد", "does not use: \ufef3"
    ),
    "a letter of another Latin language": Twins(
        "es", "Wash your hands.", "Lávese las mãos.", "letters error", "Lávese las manos.", "does not use: ã"
    ),
}

TERMS: Final = {
    "a word that misleads": Twins(
        "es",
        "Wash your face.",
        "Lávese la miliaria.",
        "forbidden-term error",
        "Lávese la cara.",
        "'miliaria' misleads here",
    ),
    "a word that misleads, inside a Korean word": Twins(
        "ko", "Wash it.", "쥐젖을 씻으세요.", "forbidden-term error", "그것을 씻으세요.", "'쥐젖'"
    ),
    "a term said otherwise": Twins(
        "es",
        "Milia are small.",
        "Los granitos son pequeños.",
        "term warning",
        "Los milia son pequeños.",
        "'milia' is not said as the glossary says it",
    ),
    "a term's other form": Twins(
        "ko", "A milium is small.", "그것은 작습니다.", "term warning", "비립종은 작습니다.", "'milia'"
    ),
}

SIGNS: Final = {
    "English quotes in Spanish": Twins(
        "es",
        'It is called "soap".',
        'Se llama "jabón".',
        "punctuation warning",
        "Se llama «jabón».",
        "'\"' is not used in this language",
    ),
    "a Latin full stop in Chinese": Twins(
        "zh-Hans", "Wash it.", "洗净.", "punctuation warning", "洗净。", "'.'"
    ),
    "a Japanese full stop in Korean": Twins(
        "ko", "Wash it.", "씻으세요。", "punctuation warning", "씻으세요.", "'。'"
    ),
    "a wave dash between Korean months, whose numbers are right": Twins(
        "ko",
        "Wear a hat from March to October.",
        "3월~10월에는 모자를 쓰세요.",
        "punctuation warning",
        "3월에서 10월까지 모자를 쓰세요.",
        "'~'",
    ),
    "two spaces": Twins(
        "es", "Wash with soap.", "Lávese  con jabón.", "spaces warning", "Lávese con jabón.", "too many"
    ),
    "a space at the end": Twins(
        "es", "Wash with soap.", "Lávese con jabón. ", "spaces warning", "Lávese con jabón.", "too many"
    ),
    "an accent stored apart from its letter": Twins(
        "es",
        "Wash with soap.",
        "Lávese con jabo\u0301n.",
        "not-composed error",
        "Lávese con jab\u00f3n.",
        "stored apart",
    ),
}

BOLD: Final = {
    "cuts a Latin word in two": Twins(
        "ar",
        "The **IPL** lamp",
        "مصباح **I**PL",
        "split-run error",
        "مصباح **IPL**",
        "bold starts or ends between 'I' and 'PL'",
    ),
    "cuts a Latin word off a number": Twins(
        "ar",
        "Use **SPF** 50.",
        "استعملوا **SPF** 50.",
        "split-run error",
        "استعملوا SPF 50 **دائمًا**.",
        "' 50.'",
    ),
    "cuts a number in Arabic digits in two": Twins(
        "ar", "Wash **20** times.", "اغسلوا **٢**٠ مرة.", "split-run error", "اغسلوا **٢٠** مرة."
    ),
    "beside a Fact is fine, but not beside digits": Twins(
        "ar",
        "Wash {times} times, **20** in all.",
        "اغسلوا {times} مرات، 2**0** مرة.",
        "split-run error",
        "اغسلوا **{times}** مرات، 20 مرة.",
    ),
}  # fmt: skip

CONTACT: Final = {
    "in three pieces of which one is bold": Twins(
        "es",
        "Call **us**.",
        "Llame al 020 **7946** 0123.",
        "numbers error, raw-contact error",
        "Llame a la **clínica**.",
        "a telephone number",
    ),
    "in digits of another script": Twins(
        "ar",
        "Call **us**.",
        "اتصلوا **٠٢٠ ٧٩٤٦ ٠١٢٣**.",
        "numbers error, raw-contact error",
        "اتصلوا **بنا**.",
    ),
    "of an emergency": Twins(
        "pl", "Call {emergency}.", "Zadzwoń pod 112 lub {emergency}.", "numbers error, raw-contact error",
        "Zadzwoń pod {emergency}.",
    ),
}  # fmt: skip

SHAPING: Final = {
    "a vowel sign after a space": Twins(
        "hi",
        "A hand",
        "हाथ \u093f",
        "unshaped error",
        "हाथ",
        "no letter to stand on",
    ),
    "a vowel sign at the start": Twins("hi", "A hand", "\u093fहाथ", "unshaped error", "हाथ"),
    "a dot below that has left its letter": Twins("hi", "Read.", "प \u093cढ़ें", "unshaped error", "पढ़ें"),
}

HARMLESS: Final = {
    "avoid said as do not": ("es", "Avoid the sun.", "No tome el sol.", Kind.DO),
    "two denials for one, as grammar asks": ("es", "Do not use anything.", "No use nada.", Kind.TEXT),
    "what must not be done, without not, under its heading": (
        "pl", "Scratching your hands", "Drapanie rąk", Kind.DONT
    ),
    "a symbol that the glossary keeps": ("es", "SPF", "SPF", Kind.TEXT),
    "a name that the language has too": ("es", "Milia", "Milia", Kind.TEXT),
    "kept names in Arabic": ("ar", "SPF, UVA and a CO2 laser", "SPF و UVA و ليزر CO2", Kind.TEXT),
    "kept names in Ukrainian": ("uk", "SPF, UVA and a CO2 laser", "SPF, UVA і лазер CO2", Kind.TEXT),
    "a kept name with an ending in Korean": ("ko", "Use SPF.", "SPF를 쓰세요.", Kind.TEXT),
    "the letter of a vitamin": ("ar", "Vitamin A", "فيتامين A", Kind.TEXT),
    "vowel signs of Arabic, which no profile lists": ("ar", "Strong hands", "أيدٍ قويّةٌ", Kind.TEXT),
    "a number with each language's own separator": ("fr", "Wash 2.5 times.", "Lavez 2,5 fois.", Kind.TEXT),
    "a unit without a space": ("es", "Take 5 mg.", "Tome 5mg.", Kind.TEXT),
    "a unit after a no-break space": ("es", "Take 5 mg.", "Tome 5\u00a0mg.", Kind.TEXT),
    "a Fact that stays as it is": ("es", "{dry}", "{dry}", Kind.TEXT),
    "a bold Fact beside a name from right to left, as it is set apart": (
        "ar", "Use SPF **{times}**.", "استعملوا SPF **{times}**.", Kind.TEXT
    ),
    "bold from left to right may cut anything": ("es", "The **IPL** lamp", "La lámpara **I**PL", Kind.TEXT),
}  # fmt: skip


@pytest.mark.parametrize("twins", NEGATION.values(), ids=NEGATION.keys())
def test_what_is_forbidden_is_forbidden_in_every_language_and_nothing_else(
    twins: Twins, bench: Bench
) -> None:
    twins.check(bench)


@pytest.mark.parametrize("twins", NUMBERS.values(), ids=NUMBERS.keys())
def test_no_number_is_lost_or_changed_on_its_way_into_another_language(twins: Twins, bench: Bench) -> None:
    twins.check(bench)


@pytest.mark.parametrize("twins", UNITS.values(), ids=UNITS.keys())
def test_a_number_keeps_its_unit(twins: Twins, bench: Bench) -> None:
    twins.check(bench)


@pytest.mark.parametrize("twins", IN_ENGLISH.values(), ids=IN_ENGLISH.keys())
def test_no_reader_meets_english_in_the_middle_of_a_leaflet(twins: Twins, bench: Bench) -> None:
    twins.check(bench)


@pytest.mark.parametrize("twins", LETTERS.values(), ids=LETTERS.keys())
def test_a_letter_that_only_looks_right_is_found(twins: Twins, bench: Bench) -> None:
    """A voice reads it wrong, and a search does not find the word."""
    twins.check(bench)


@pytest.mark.parametrize("twins", TERMS.values(), ids=TERMS.keys())
def test_a_term_is_said_with_the_word_that_patients_know(twins: Twins, bench: Bench) -> None:
    twins.check(bench)


@pytest.mark.parametrize("twins", SIGNS.values(), ids=SIGNS.keys())
def test_signs_and_spaces_are_those_of_the_language(twins: Twins, bench: Bench) -> None:
    twins.check(bench)


@pytest.mark.parametrize("twins", BOLD.values(), ids=BOLD.keys())
def test_bold_does_not_turn_a_name_or_a_number_round_from_right_to_left(twins: Twins, bench: Bench) -> None:
    twins.check(bench)


@pytest.mark.parametrize("twins", CONTACT.values(), ids=CONTACT.keys())
def test_a_number_to_call_is_the_clinics_own_however_it_is_written(twins: Twins, bench: Bench) -> None:
    twins.check(bench)


@pytest.mark.parametrize("twins", SHAPING.values(), ids=SHAPING.keys())
def test_no_vowel_sign_is_drawn_on_a_dotted_circle(twins: Twins, bench: Bench) -> None:
    twins.check(bench)


@pytest.mark.parametrize("case", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_is_right_in_its_own_way_is_let_through(case: tuple[str, str, str, Kind], bench: Bench) -> None:
    lang, english, text, kind = case
    assert bench.told(lang, english, text, kind) == []


def test_who_knows_better_than_a_rule_is_told_how_to_say_so(bench: Bench) -> None:
    (found,) = bench.told("es", "Do not rub.", "Frótese.")
    assert f"careleaf translate waive es {NAME} {UNIT} --rule negation" in found.mend


def test_a_language_whose_words_are_unknown_is_still_compared_by_its_numbers(bench: Bench) -> None:
    """A new language has a profile first; its words of denial come later."""
    languages = {tag: known for tag, known in bench.library.languages.items() if tag != "pl"}
    young = Bench(replace(bench.library, languages=languages))
    assert young.told("pl", "Do not wash.", "Myj.") == []
    assert [each.rule for each in young.told("pl", "Do not wash 20 times.", "Myj 2 razy.")] == ["numbers"]


# --- In files: what is current, waived, sent back --------------------------------------------------


def test_a_right_translation_has_no_finding(spanish: Tiny) -> None:
    assert spanish.findings() == []


def test_one_word_lost_stops_every_build_and_is_told_at_its_line(spanish: Tiny, tmp_path: Path) -> None:
    spanish.change(PO, "pero no a estas horas", "a estas horas")
    (found,) = spanish.findings()
    assert (place(found), found.severity) == (f"{PO}:{line_of('how/sun')} negation", Severity.ERROR)
    report = spanish.build(tmp_path / "out", Selection(formats=("text",), langs=("es",)))
    assert (report.ok, list((tmp_path / "out").rglob("*.txt"))) == (False, [])


def test_words_that_their_translator_is_not_sure_of_are_held_and_not_compared(spanish: Tiny) -> None:
    wrong = {"how/sun": (SPANISH["how/sun"][0], "Use {factor} a estas horas: {noon}.")}
    rest = po({id_: words for id_, words in SPANISH.items() if id_ != "how/sun"})
    unsure = po(wrong, flags="machine, fuzzy").partition("\n\n")[2]
    spanish.write(PO, f"{rest}\n{unsure}")
    line = FIRST + 5 * (len(SPANISH) - 1)
    assert [(place(each), each.severity) for each in spanish.findings()] == [
        (f"{PO}:{line} stale", Severity.HELD)
    ]
    spanish.change(PO, "machine, fuzzy", "machine")
    assert list(map(place, spanish.findings())) == [f"{PO}:{line} negation"]


def test_a_danger_sign_that_has_changed_is_not_printed_in_its_old_translation(spanish: Tiny) -> None:
    spanish.change(TOPIC, "your hands swell", "your hands swell or bleed")
    spanish.change("locales/ar/LC_MESSAGES/washing-hands.po", "your hands swell", "your hands swell or bleed")
    (found,) = spanish.findings()
    assert (place(found), found.severity) == (f"{PO}:{line_of('help/swell')} stale", Severity.HELD)
    assert "'your hands swell or bleed'" in found.mend
    assert not blocking([found])
    assert (spanish.state("en"), spanish.state("ar")) == (Status.DRAFT, Status.DRAFT)
    assert spanish.state("es") is Status.STALE


DROPPED: Final = "Use {factor} a estas horas: {noon}."
DIGEST: Final = "0b7d195e79cc"
"""Of the English of how/sun and these words."""
WAIVER: Final = f"""waivers:
- topic: {NAME}
  unit: how/sun
  rule: negation
  digest: {DIGEST}
  by: Test Translator
  on: 2026-11-25
  why: The heading forbids these hours.
"""


@pytest.fixture
def waived(spanish: Tiny) -> Tiny:
    """Spanish with a fault that a person has looked at."""
    spanish.change(PO, SPANISH["how/sun"][1], DROPPED)
    spanish.write(WAIVERS, WAIVER)
    return spanish


def test_what_a_person_has_waived_is_not_told_again(waived: Tiny) -> None:
    assert waived.findings() == []


WAIVED: Final = {
    "its words change": (PO, DROPPED, "Use {factor} a las horas: {noon}.", "void-waiver warning"),
    "its digest is of other words": (WAIVERS, DIGEST, "0123456789ab", "void-waiver warning"),
    "its unit is gone": (WAIVERS, "how/sun", "how/moon", "void-waiver warning"),
    "its topic is gone": (WAIVERS, f"topic: {NAME}", "topic: washing-feet", "void-waiver warning"),
    "it is of another rule": (WAIVERS, "rule: negation", "rule: numbers", ""),
}


@pytest.mark.parametrize("case", WAIVED.values(), ids=WAIVED.keys())
def test_a_waiver_is_of_one_rule_and_just_these_words(case: tuple[str, str, str, str], waived: Tiny) -> None:
    """Else the next wrong words would pass under the name of who allowed the last."""
    file, old, new, void = case
    waived.change(file, old, new)
    found = waived.findings()
    told = [f"{place(each)} {each.severity}" for each in found]
    negation = f"{PO}:{line_of('how/sun')} negation error"
    assert told == [negation, *([f"{WAIVERS}:2 {void}"] if void else [])]
    assert all("is void: the text has changed" in each.message for each in found[1:])


def test_a_waiver_does_not_outlive_the_english_that_it_was_of(waived: Tiny) -> None:
    for file in (TOPIC, PO, "locales/ar/LC_MESSAGES/washing-hands.po"):
        waived.change(file, "Use {factor}, not between {noon}.", "Use {factor}, never between {noon}.")
    assert list(map(place, waived.findings())) == [
        f"{PO}:{line_of('how/sun')} negation",
        f"{WAIVERS}:2 void-waiver",
    ]


BACKWARD: Final = {
    "a denial that the reader did not meet": (
        "how/sun", "Use {factor} between {noon}.", "back-negation error",
        "Put {factor} on, but not between {noon}.",
    ),
    "a denial that only the reader met": (
        "in-short/soap", "Soap and water are not enough.", "back-added-negation warning",
        "Water and soap will do.",
    ),
    "a number that only the reader met": (
        "help/swell", "7 hands swell", "back-numbers error", "the hands get thicker"
    ),
    "a unit that only the reader met": (
        "how/rub", "Rub for {scrub} ml.", "back-units error", "Time to rub: {scrub}."
    ),
    "a Fact that the reader did not meet": (
        "help/action", "Or call us.", "back-placeholders error", "Or ring {phone}."
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BACKWARD.values(), ids=BACKWARD.keys())
def test_what_a_stranger_reads_in_a_translation_is_what_the_english_says(
    case: tuple[str, str, str, str], spanish: Tiny
) -> None:
    unit, wrong, told, right = case
    spanish.write(BACK, po({unit: (SPANISH[unit][1], wrong)}))
    found = spanish.findings()
    assert [f"{place(each)} {each.severity}" for each in found] == [f"{BACK}:{LINE} {told}"], found
    assert found[0].message.startswith(f"{unit}: ")
    spanish.write(BACK, po({unit: (SPANISH[unit][1], right)}))
    assert spanish.findings() == []


def test_a_back_translation_of_words_that_are_gone_is_told(spanish: Tiny) -> None:
    spanish.write(BACK, po({"help/swell": ("le sangran las manos", "your hands bleed")}))
    (found,) = spanish.findings()
    assert (place(found), found.severity) == (f"{BACK}:{LINE} back-stale", Severity.WARNING)
    assert f"careleaf translate back-export es {NAME}" in found.mend


POLISH: Final = "plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)"
PLURALS: Final = {
    "of another language": ("es", "nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2);", "nplurals=2; plural=n!=1;"),
    "of French, where none is not many": ("es", "nplurals=2; plural=(n > 1);", "nplurals=2; plural=n!=1"),
    "of English in Polish": ("pl", "nplurals=2; plural=(n != 1);", f"nplurals=3; {POLISH};"),
    "one form too few": ("pl", f"nplurals=2; {POLISH};", f"nplurals=3; {POLISH}"),
    "three forms of which one is never used": ("pl", "nplurals=3; plural=(n != 1);", f"nplurals=3;{POLISH};"),
    "one form for all, while their order is free": ("es", "nplurals=1; plural=0", "nplurals=2; plural=n==1"),
    "no rule": ("ko", "nplurals=1; plural=;", "nplurals=1; plural=0;"),
    "no number": ("ko", "nplurals=; plural=0;", "nplurals=1; plural=0"),
    "not C": ("ko", "nplurals=1; plural=n if n else 0;", "nplurals=1; plural=(0);"),
    "not closed": ("ko", "nplurals=1; plural=(0;", "nplurals=1; plural=((0));"),
    "nested too deep": ("ko", f"nplurals=1; plural={'(' * 400}0{')' * 400};", "nplurals=1; plural=n-n;"),
    "words": ("ko", "one form", "nplurals=1; plural=0 * n;"),
}  # fmt: skip


@pytest.mark.parametrize("case", PLURALS.values(), ids=PLURALS.keys())
def test_a_header_asks_po_editors_for_the_forms_of_its_language(
    case: tuple[str, str, str], bench: Bench
) -> None:
    lang, wrong, right = case
    file = f"locales/{lang}/LC_MESSAGES/{NAME}.po"

    def told(rule: str) -> list[Finding]:
        catalog, _ = catalogs.parse(file, po({}, f"Plural-Forms: {rule}"))
        assert catalog
        return judge(replace(bench.library, catalogs={(lang, NAME): catalog}), lang, NAME)

    (found,) = told(wrong)
    assert (place(found), found.severity) == (f"{file}:1 plural-forms", Severity.ERROR)
    assert found.mend.startswith("Write: nplurals=")
    assert told(right) == []


# --- The little language of stems, languages of sentences, shaping ---------------------------------

STEMS: Final = {
    "a whole word": ("no", "Do it: NO soap", "nota"),
    "any ending": ("молочн* плям*", "молочні плями", "молоко і плями"),
    "an ending of vowel signs": ("दान*", "दानों", "दूध"),
    "a number": ("# mg", "take 2,5 mg", "take mg"),
    "a few words between": ("keep ... dry", "keep it all dry", "keep it. Then dry"),
    "a space for a hyphen": ("skin tag", "a skin-tag", "a skintag"),
    "a hyphen for a space": ("skin-tag", "a skin tag", "a skintag"),
    "either apostrophe": ("*n't", "don\u2019t", "dont"),
    "a point is a point": ("sem.x", "sem.x", "semax"),
    "a vowel sign goes on with the word": ("न", "न करें", "नाक, ने"),
    "a danda ends the word": ("नहीं", "नहीं।", "नहींं"),
}


@pytest.mark.parametrize("case", STEMS.values(), ids=STEMS.keys())
def test_a_stem_stands_for_just_the_words_that_its_author_meant(case: tuple[str, str, str]) -> None:
    stem, found, missed = case
    assert pattern(("no-such-word", stem)).search(found)
    assert not pattern(("no-such-word", stem)).search(missed)


def test_a_stem_of_a_language_without_spaces_is_found_inside_words() -> None:
    assert pattern(("않",), anywhere=True).search("문지르지않고")
    assert not pattern(("않",)).search("문지르지않고")


def test_the_language_of_a_sentence_does_not_depend_on_what_was_asked_before() -> None:
    sentence = "Umyj ręce wodą i mydłem"
    asked = [identify.language(sentence, among) for among in (("pl", "en"), ("es", "en"), ("pl", "en"))]
    assert (asked[0], asked[2]) == ("pl", "pl")
    assert asked[1] in {"es", "en"}
    assert {"en", "es", "fr", "pl"} <= identify.known()


@pytest.mark.parametrize(
    ("text", "families", "wrong"),
    [
        ("हाथ", ("Noto Sans",), ""),
        ("हाथ \u093f", ("Noto Sans",), "हाथ \u093f"),
        ("손 हाथ", ("Noto Sans KR", "Noto Sans"), ""),
        ("손\u093f", ("Noto Sans KR", "Noto Sans"), "손\u093f"),
        ("\u0e01\u0e34", ("Noto Sans",), "\u0e01\u0e34"),
        ("\u25cc\u093f", ("Noto Sans",), ""),
        ("\u093f", ("Arial",), ""),
    ],
    ids=[
        "word", "sign-without-letter", "two-fonts", "sign-on-a-foreign-letter", "no-glyph",
        "circle-that-was-typed", "font-told-elsewhere",
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_named(text: str, families: tuple[str, ...], wrong: str) -> None:
    assert shaping.unshaped(text, families) == wrong


# --- Whatever a shipped text says --------------------------------------------------------------------

DENIES: Final = re.compile(
    r"\b(?:not|never|no|nor|neither|without|cannot|nothing)\b|n[\u2019']t\b", re.IGNORECASE
)
ANY: Final = st.integers(0, 2**20)
"""Which of the texts: there are fewer."""
Key = tuple[str, str, str]


class Shipped:
    """Every translated text of the library, by language, catalog and id."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.entries: dict[Key, Entry] = {
            (lang, name, id_): entry
            for (lang, name), catalog in library.catalogs.items()
            for id_, entry in catalog.entries.items()
            if entry.text and not entry.fuzzy
        }
        self.keys = list(self.entries)
        self.denying = [key for key, entry in self.entries.items() if DENIES.search(entry.english)]

    def rules(self, key: Key, text: str, english: str = "") -> set[str]:
        """Name the rules that tell of a text in place of the shipped one, and maybe of its English."""
        lang, name, unit = key
        entry = replace(self.entries[key], text=text, english=english or self.entries[key].english)
        catalog = replace(self.library.catalogs[lang, name], entries={unit: entry})
        found = translations.compared(replace(self.library, catalogs={(lang, name): catalog}))
        return {finding.rule for finding in found}

    def denials(self, key: Key) -> Iterator[re.Match[str]]:
        """Find the words of a text that deny."""
        language = self.library.languages[key[0]]
        return pattern(language.negations, anywhere=language.anywhere).finditer(self.entries[key].text)


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    return Shipped(as_it_ships())


@settings(max_examples=200, deadline=None)
@given(at=ANY)
def test_a_shipped_text_that_loses_its_denials_is_always_told(at: int, shipped: Shipped) -> None:
    key = shipped.denying[at % len(shipped.denying)]
    text = shipped.entries[key].text
    for match in reversed(list(shipped.denials(key))):
        text = text[: match.start()] + text[match.end() :]
    # Of a text that was nothing but its denial, nothing is left: it is told as not translated.
    assert not text.strip() or "negation" in shipped.rules(key, text), text


@settings(max_examples=200, deadline=None)
@given(
    at=ANY,
    zero=st.sampled_from(list(ZEROS.values())),
    number=st.integers(200, 9999),
    place_=st.integers(0, 2),
    digit=st.integers(0, 9),
)
def test_a_number_in_any_digits_is_the_same_and_with_one_digit_changed_it_is_not(  # noqa: PLR0913, PLR0917 # what is drawn
    at: int, zero: str, number: int, place_: int, digit: int, shipped: Shipped
) -> None:
    key, digits = shipped.keys[at % len(shipped.keys)], str(number)
    changed = digits[:place_] + str(digit) + digits[place_ + 1 :]
    local = changed.translate({ord("0") + each: ord(zero) + each for each in range(10)})
    entry = shipped.entries[key]
    told = shipped.rules(key, f"{local}: {entry.text}", f"{digits}: {entry.english}")
    assert ("numbers" in told) is (changed != digits)


def test_every_digit_of_a_shipped_text_is_compared(shipped: Shipped) -> None:
    """Digits in the names of Facts are left out: another rule has those."""
    changed = 0
    for key, entry in shipped.entries.items():
        names = [range(*match.span()) for match in re.finditer(r"\{[a-z0-9-]+\}", entry.text)]
        for at, sign in enumerate(entry.text):
            if sign.isdecimal() and not any(at in name for name in names):
                for digit in set("0123456789") - {sign}:
                    changed += 1
                    assert shipped.rules(key, entry.text[:at] + digit + entry.text[at + 1 :]), (
                        key,
                        at,
                        digit,
                    )
    assert changed >= 9, "no shipped text has a digit"
