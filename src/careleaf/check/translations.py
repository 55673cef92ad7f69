"""Rules for what a translation says: each compares one text with the English that it was made from.

They read signs, not meaning: numbers, units, words that deny, the words of the glossary, letters. What a rule
gets wrong, a person waives, by name and for just these words: `careleaf translate waive`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

from careleaf import fonts, identify, locales, markup
from careleaf.findings import Finding, Severity
from careleaf.model import Catalog, Entry, Kind, Language, Library, Locale, Rendering, Term, Waiver
from careleaf.stems import LETTER, choice, pattern
from careleaf.words import source_locale

NUMERAL: Final = re.compile(r"(?:(?<!\w)[-\u2212])?\d+(?:[.,\u066b\u066c\u00a0\u202f]\d+)*")
NOT_A_DIGIT: Final = re.compile(r"\D")
LATIN_WORDS: Final = re.compile(
    r"(?<![A-Za-z\u00c0-\u024f\u0370-\u05ff])[A-Za-z\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f:.+\u2019'-]*(?![\u0370-\u05ff])"
)
WORD: Final = re.compile(r"[^\W\d_]+")
SENTENCE: Final = re.compile(r"(?<=[.!?:\u0964\u06d4])\s+")
ALPHABETS: Final = frozenset({"Latn", "Cyrl", "Grek", "Armn", "Hebr", "Arab", "Deva"})
"""Scripts of which a word has one: letters of another look alike, or got in by mistake."""
ALIKE: Final = frozenset({"Cyrl", "Grek", "Armn"})
"""Alphabets with letters that look like Latin ones."""
COMMON: Final = frozenset({"Zyyy", "Zinh"})
NO_LANGUAGE: Final = Language.model_validate({"\0name": "", "negations": []})
BLANK: Final = " \u2026 "
"""What stands for a Fact while words are compared: no letter, no digit, no word's edge."""


@dataclass(frozen=True, slots=True)
class Ours:
    """What the library knows of a language: to read a text, and to compare it with another."""

    locale: Locale
    language: Language
    units: Mapping[str, re.Pattern[str]]

    def negations(self, text: str) -> int:
        """Count the words of a text that deny or forbid."""
        return _count(self.language.negations, text, self.language)

    def may_deny(self, text: str) -> bool:
        """Say whether a text has words that a translation may well say with a word of denial."""
        return bool(_count(self.language.negatable, text, self.language))

    def spelled(self, text: str) -> set[str]:
        """Give the numbers that a text has as words, each as digits."""
        numbers = self.language.numbers
        if not _count(tuple(stem for stems in numbers.values() for stem in stems), text, self.language):
            return set()
        return {number for number, stems in numbers.items() if _count(stems, text, self.language)}


@dataclass(frozen=True, slots=True)
class Pair:
    """A translated text beside its English, both without bold and with a blank for each Fact."""

    file: str
    topic: str
    id: str
    kind: Kind | None
    entry: Entry
    english: str
    text: str
    theirs: Ours
    ours: Ours
    glossary: Mapping[str, Term]
    renderings: Mapping[str, Rendering]


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule found in a Pair."""

    rule: str
    message: str
    mend: str
    severity: Severity = Severity.ERROR


def compared(library: Library) -> Iterator[Finding]:
    """Each translated text says what its English says, as far as signs can tell."""
    waived = {
        (tag, each.topic, each.unit, each.rule, each.digest)
        for tag, file in library.waivers.items()
        for each in file.waivers
    }
    for tag in library.locales:
        for pair in pairs(library, tag):
            for fault in faults(pair):
                if (tag, pair.topic, pair.id, fault.rule, pair.entry.digest) not in waived:
                    yield _told(tag, pair, fault)


def _told(tag: str, pair: Pair, fault: Fault) -> Finding:
    waive = f"careleaf translate waive {tag} {pair.topic} {pair.id} --rule {fault.rule}"
    message, mend = f"{pair.id}: {fault.message}", f"{fault.mend} If it is right as it stands: {waive}"
    return Finding(pair.file, pair.entry.line, fault.rule, message, mend, fault.severity)


def faults(pair: Pair) -> Iterator[Fault]:
    """Judge one Pair by every rule."""
    for judge in JUDGES:
        yield from judge(pair)


def pairs(library: Library, tag: str) -> Iterator[Pair]:
    """Yield every text of a language beside the English that it was made from.

    Words that a translator marked as not sure are left out: they are not printed.
    """
    locale = library.locales[tag]
    unread = {f"locales/{tag}/glossary.yaml", f"locales/{tag}/language.yaml"} & library.unread
    if locale.source or unread or not _in_cldr(library, tag):
        return
    theirs, ours = (_ours(library, library.locales[name]) for name in (source_locale(library), tag))
    for (lang, name), catalog in library.catalogs.items():
        if lang == tag:
            yield from _of(library, name, catalog, theirs, ours)


def _in_cldr(library: Library, tag: str) -> bool:
    """Say whether CLDR knows a language and the source's: without, no text can be compared."""
    return all(locales.in_cldr(library.locales[name]) for name in (tag, source_locale(library)))


def _of(library: Library, name: str, catalog: Catalog, theirs: Ours, ours: Ours) -> Iterator[Pair]:
    topic = library.topics.get(name)
    kinds = {section.id: section.kind for section in topic.sections} if topic else {}
    renderings = library.renderings.get(ours.locale.name, {})
    for id_, entry in catalog.entries.items():
        if entry.text and not entry.fuzzy:
            kind = kinds.get(id_.partition("/")[0])
            english, text = _plain(entry.english), _plain(entry.text)
            yield Pair(
                catalog.file,
                name,
                id_,
                kind,
                entry,
                english,
                text,
                theirs,
                ours,
                library.glossary,
                renderings,
            )


def _plain(text: str) -> str:
    return markup.PLACEHOLDER.sub(BLANK, text.replace("**", ""))


def _ours(library: Library, locale: Locale) -> Ours:
    language = library.languages.get(locale.name, NO_LANGUAGE)
    return Ours(locale, language, _units(locale.cldr, tuple(language.units.items()), language.anywhere))


@lru_cache(maxsize=64)
def _units(
    tag: str,
    more: tuple[tuple[str, tuple[str, ...]], ...],
    anywhere: bool,  # noqa: FBT001 # as a key of the cache
) -> Mapping[str, re.Pattern[str]]:
    """Give for each unit what CLDR and the language's own file write it as, as it stands after a number."""
    own, end = dict(more), "" if anywhere else rf"(?!{LETTER})"
    names = {
        unit: (*filter(_is_plain(unit), forms), *own.get(unit, ()))
        for unit, forms in locales.unit_names(tag).items()
    }
    return {
        unit: re.compile(f"{choice(forms)}{end}", re.IGNORECASE) for unit, forms in names.items() if forms
    }


def _is_plain(unit: str) -> Callable[[str], bool]:
    """Leave out one-letter symbols of time: "2 a 5 veces" is no two years."""
    return lambda form: len(form) > 1 or not unit.startswith("duration")


def _count(stems: tuple[str, ...], text: str, language: Language) -> int:
    if not stems:
        return 0
    return sum(1 for _ in pattern(stems, anywhere=language.anywhere).finditer(text))


def translated(pair: Pair) -> Iterator[Fault]:
    """A text is not its English, unless the language's glossary says that the word is the same."""
    words = WORD.findall(pair.english)
    if not words or pair.entry.text != pair.entry.english:
        return
    bare = pair.english.replace(BLANK, " ").strip(" .:?!").casefold()
    same = {form.casefold() for form in _kept(pair.glossary)}
    same |= {word.casefold() for rendering in pair.renderings.values() for word in rendering.say}
    if bare not in same:
        mend = f"Translate it; or if the word is the same, list it in {_termbase(pair)}."
        yield Fault("identical", "the text is still English", mend)


def _kept(glossary: Mapping[str, Term]) -> set[str]:
    """Give the names and symbols that no language translates."""
    return {form for term in glossary.values() if term.keep for form in (term.name, *term.forms)}


def _termbase(pair: Pair) -> str:
    return f"locales/{pair.ours.locale.name}/glossary.yaml"


def in_its_language(pair: Pair) -> Iterator[Fault]:
    """No sentence was left in English. Other scripts are judged by their letters."""
    ours, theirs = (each.locale.cldr.partition("-")[0] for each in (pair.ours, pair.theirs))
    if locales.script(pair.ours.locale) != "Latn" or not {ours, theirs} <= identify.known():
        return
    kept = {word.casefold() for word in _kept(pair.glossary)}
    for sentence in SENTENCE.split(pair.text):
        words = [word for word in sentence.split() if WORD.search(word) and word.casefold() not in kept]
        if len(words) >= identify.WORDS and identify.language(" ".join(words), (ours, theirs)) != ours:
            yield Fault("language", f"this seems to be English: {sentence.strip()!r}", "Translate it.")


def letters(pair: Pair) -> Iterator[Fault]:
    """Words have letters of one alphabet, the language's own; Latin ones are known names."""
    script = locales.script(pair.ours.locale)
    for word in dict.fromkeys(WORD.findall(pair.text)):
        scripts = {fonts.script(letter) for letter in word} - COMMON
        mixed = scripts & ALPHABETS
        if len(mixed) > 1 or mixed - {script, "Latn"}:
            wrong = "".join(letter for letter in word if fonts.script(letter) not in {script, *COMMON})
            signs = ", ".join(
                f"U+{ord(letter):04X} {unicodedata.name(letter)}" for letter in dict.fromkeys(wrong)
            )
            yield Fault(
                "lookalike", f"the word {word!r} has letters of another alphabet: {signs}", "Type it anew."
            )
        elif scripts == {script} and (strange := _strange(word, pair.ours.locale.letters)):
            message = f"{word!r} has letters that the language does not use: {strange}"
            mend = (
                f"Correct the word; letters of the language belong to `letters:` in {pair.ours.locale.file}."
            )
            yield Fault("letters", message, mend)
    if script != "Latn":
        yield from _foreign(pair)


def _strange(word: str, known: str) -> str:
    """Give the letters of a word that are none of some; none if there are none to compare with."""
    plain = unicodedata.normalize("NFC", word).casefold()
    return (
        "".join(dict.fromkeys(letter for letter in plain if letter not in known.casefold())) if known else ""
    )


def _foreign(pair: Pair) -> Iterator[Fault]:
    """Yield the Latin words that neither the English glossary keeps nor the language's own names."""
    named = {
        *_kept(pair.glossary),
        *(stem for rendering in pair.renderings.values() for stem in rendering.say),
    }
    named |= {form for forms in locales.unit_names(pair.ours.locale.cldr).values() for form in forms}
    known = {word.casefold() for name in named for word in LATIN_WORDS.findall(name)}
    found = (word.rstrip(".:-") for word in LATIN_WORDS.findall(pair.text))
    # A single capital is a name, as in vitamin A; or a look-alike, where an alphabet has such.
    capitals = locales.script(pair.ours.locale) in ALIKE
    named_so = (word for word in found if capitals or len(word) > 1 or not word.isupper())
    left = [word for word in named_so if word.casefold() not in known]
    if left:
        mend = f"Translate it; a name that stays Latin belongs to `say:` in {_termbase(pair)}."
        yield Fault("script", f"Latin words are left in it: {' '.join(left)}", mend)


def denials(pair: Pair) -> Iterator[Fault]:
    """What the English forbids or denies, the translation does too, and nothing else."""
    if not pair.ours.language.negations or not pair.theirs.language.negations:
        return
    wanted, found = pair.theirs.negations(pair.english), pair.ours.negations(pair.text)
    if found < wanted:
        message = f"the English says not, never or no {wanted} times, and the translation {found} times"
        yield Fault("negation", message, "Put the missing word in.")
    elif pair.kind in {Kind.DO, Kind.STEPS}:
        if _denying(pair.ours, pair.text) > _denying(pair.theirs, pair.english):
            yield _added(Severity.ERROR)
    elif found and not wanted and not pair.theirs.may_deny(pair.english):
        yield _added(Severity.WARNING)


def _added(severity: Severity) -> Fault:
    message = "the translation denies or forbids where the English does not"
    return Fault("added-negation", message, "Say it without a word of denial.", severity)


def _denying(ours: Ours, text: str) -> int:
    """Count the sentences of a text that deny, or in which a translation may well do so."""
    return sum(bool(ours.negations(each) or ours.may_deny(each)) for each in SENTENCE.split(text))


def numbers(pair: Pair) -> Iterator[Fault]:
    """The same numbers stand in both texts, as digits of any script or as words."""
    theirs, ours = (Counter(_numerals(text)) for text in (pair.english, pair.text))
    their_words, our_words = pair.theirs.spelled(pair.english), pair.ours.spelled(pair.text)
    months = locales.named_months(pair.english, pair.theirs.locale)
    lost = sorted(number for number in (theirs - ours).elements() if number not in our_words)
    added = sorted(number for number in (ours - theirs).elements() if number not in their_words | months)
    if lost or added:
        parts = [f"{number} is lost" for number in lost] + [
            f"{number} is not in the English" for number in added
        ]
        yield Fault("numbers", ", ".join(parts), "Write the numbers of the English.")
    elif pair.ours.language.numbers and pair.theirs.language.numbers:
        yield from _number_words(
            their_words | theirs.keys(), (our_words | ours.keys()) - months, pair.ours.language
        )


def _number_words(theirs: set[str], ours: set[str], language: Language) -> Iterator[Fault]:
    lost = sorted(number for number in theirs - ours if number in language.numbers)
    added = sorted(number for number in ours - theirs if number in language.numbers)
    if lost or added:
        parts = [f"{number} is not in the translation" for number in lost]
        parts += [f"{number} is not in the English" for number in added]
        mend = "Compare the numbers that are written as words."
        yield Fault("number-words", ", ".join(parts), mend, Severity.WARNING)


def _numerals(text: str) -> list[str]:
    """Give the numbers of a text in ASCII digits, with a point for every separator."""
    return [_number(match) for match in NUMERAL.findall(_folded(text))]


def _folded(text: str) -> str:
    """Write the digits of any script as ASCII."""
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def _number(written: str) -> str:
    """Write a number in one way: a minus, and a point for whatever parts its digits."""
    minus = "-" if written[:1] in {"-", "\u2212"} else ""
    return minus + NOT_A_DIGIT.sub(".", written.removeprefix("-").removeprefix("\u2212"))


def units(pair: Pair) -> Iterator[Fault]:
    """A number has the unit that it has in the English: 5 mg never becomes 5 ml."""
    theirs, ours = _measured(pair.english, pair.theirs.units), _measured(pair.text, pair.ours.units)
    if theirs != ours:
        said = [f"{unit} in the English" for unit in (theirs - ours).elements()]
        said += [f"{unit} in the translation" for unit in (ours - theirs).elements()]
        yield Fault("units", f"the units differ: {', '.join(said)}", "Write the units of the English.")


def _measured(text: str, names: Mapping[str, re.Pattern[str]]) -> Counter[str]:
    """Count the units that stand after a number, or a Fact, by their CLDR names and the number."""
    folded = _folded(text)
    found: Counter[str] = Counter()
    for match in re.finditer(rf"({NUMERAL.pattern}|\u2026)[\s\u00a0\u202f-]*", folded):
        unit = next((unit for unit, name in names.items() if name.match(folded, match.end())), None)
        # What follows a Fact is compared for symbols only: "({cool}) heures" would be a word of its own.
        if unit and not (match[1] == BLANK.strip() and unit.startswith("duration")):
            number = match[1] if match[1] == BLANK.strip() else _number(match[1])
            found[f"{number} {unit.partition('-')[2]}"] += 1
    return found


def terms(pair: Pair) -> Iterator[Fault]:
    """Terms are said as the language's glossary says them, and no word that misleads is used."""
    anywhere = pair.ours.language.anywhere
    never = tuple(stem for rendering in pair.renderings.values() for stem in rendering.never)
    if never and (wrong := pattern(never, anywhere=anywhere).search(pair.text)):
        yield Fault(
            "forbidden-term", f"{wrong[0]!r} misleads here", "See the language's glossary.yaml for why."
        )
    forms = tuple((name, *_forms(pair.glossary, name)) for name in pair.renderings)
    for name in _named(forms, pair.english):
        say = pair.renderings[name].say
        if say and not pattern(say, anywhere=anywhere).search(pair.text):
            message = f"{name!r} is not said as the glossary says it"
            yield Fault("term", message, f"Say: {', '.join(say)}.", Severity.WARNING)


def _forms(glossary: Mapping[str, Term], name: str) -> tuple[str, ...]:
    return glossary[name].forms if name in glossary else ()


@lru_cache(maxsize=4096)
def _named(terms: tuple[tuple[str, ...], ...], english: str) -> tuple[str, ...]:
    """Give the terms that an English text has, each by its first form. Many languages ask the same."""
    return tuple(forms[0] for forms in terms if pattern(forms).search(english))


def signs(pair: Pair) -> Iterator[Fault]:
    """The punctuation is the language's own, and no space is doubled."""
    for sign, right in pair.ours.language.signs.items():
        if sign in pair.text:
            yield Fault(
                "punctuation", f"{sign!r} is not used in this language", f"Write {right!r}.", Severity.WARNING
            )
    if "  " in pair.entry.text.replace("\n", " ") or pair.entry.text != pair.entry.text.strip():
        yield Fault("spaces", "there is a space too many", "Delete it.", Severity.WARNING)
    if pair.entry.text != unicodedata.normalize("NFC", pair.entry.text):
        yield Fault(
            "not-composed", "letters and their accents are stored apart", "Save it in Unicode form NFC."
        )


def runs(pair: Pair) -> Iterator[Fault]:
    """From right to left, bold does not cut a run of Latin letters or digits in two: it would turn round."""
    if pair.ours.locale.direction == "ltr":
        return
    try:
        pieces = markup.parse(pair.entry.text)
    except markup.MarkupError:  # told by another rule
        return
    for before, after in pairwise(pieces):
        cut = before.bold != after.bold and not before.fact and not after.fact
        if cut and _edge(reversed(before.text)) and _edge(after.text):
            message = f"bold starts or ends between {before.text[-8:]!r} and {after.text[:8]!r}"
            mend = "Make the whole run bold, or none of it: its parts would be printed in reverse order."
            yield Fault("split-run", message, mend)


def _edge(signs: Iterable[str]) -> bool:
    """Say whether a text starts with a Latin letter or a digit, spaces and punctuation aside."""
    classes = (unicodedata.bidirectional(sign) for sign in signs)
    return next(
        (each in {"L", "EN", "AN"} for each in classes if each in {"L", "EN", "AN", "R", "AL"}), False
    )


JUDGES: Final[tuple[Callable[[Pair], Iterator[Fault]], ...]] = (
    translated,
    in_its_language,
    letters,
    denials,
    numbers,
    units,
    terms,
    signs,
    runs,
)


def back(library: Library) -> Iterator[Finding]:
    """What a back-translation says has the Facts, the numbers and the denials of the English."""
    for (tag, name), catalog in library.back.items():
        if tag not in library.locales or not _in_cldr(library, tag):
            continue
        ours = library.catalogs.get((tag, name))
        for id_, entry in catalog.entries.items():
            forward = ours.entries.get(id_) if ours else None
            if forward is None or forward.text != entry.english:
                message = f"the back-translation of {id_} is of words that are gone"
                mend = f"Have it made anew: careleaf translate back-export {tag} {name}"
                yield Finding(catalog.file, entry.line, "back-stale", message, mend, Severity.WARNING)
            else:
                yield from _turned(library, catalog, id_, replace(entry, english=forward.english))


def _turned(library: Library, catalog: Catalog, id_: str, entry: Entry) -> Iterator[Finding]:
    """Compare an English text with what its translation was said to mean."""
    english = _ours(library, library.locales[source_locale(library)])
    texts = _plain(entry.english), _plain(entry.text)
    pair = Pair(catalog.file, "", id_, None, entry, *texts, english, english, {}, {})
    mend = "Have a person who knows both languages compare the three texts, and mend the one that is wrong."
    for fault in (*numbers(pair), *units(pair), *denials(pair)):
        message = f"{id_}: what the translation says differs from the English: {fault.message}"
        yield Finding(catalog.file, entry.line, f"back-{fault.rule}", message, mend, fault.severity)
    if markup.facts(entry.text) != markup.facts(entry.english):
        message = f"{id_}: the Facts of the back-translation are not those of the English"
        yield Finding(catalog.file, entry.line, "back-placeholders", message, mend)


def plural_forms(library: Library) -> Iterator[Finding]:
    """A header's Plural-Forms are those of the language, as CLDR has them: PO editors ask for so many."""
    for (tag, _), catalog in library.catalogs.items():
        locale, rule = library.locales.get(tag), catalog.header.get("Plural-Forms", "")
        if locale and rule and locales.in_cldr(locale) and not locales.same_plurals(locale, rule):
            mend = f"Write: {locales.plural_forms(locale)}"
            message = f"Plural-Forms are not those of {locale.english}"
            yield Finding(catalog.file, 1, "plural-forms", message, mend)


def waivers(library: Library) -> Iterator[Finding]:
    """A waiver is of words that still stand as they did."""
    for tag, file in library.waivers.items():
        for each in file.waivers:
            if not _holds(library, tag, each):
                message = (
                    f"the waiver of {each.rule} for {each.topic} {each.unit} is void: the text has changed"
                )
                yield Finding(file.file, each.line, "void-waiver", message, "Remove it.", Severity.WARNING)


def _holds(library: Library, tag: str, waiver: Waiver) -> bool:
    catalog = library.catalogs.get((tag, waiver.topic))
    entry = catalog.entries.get(waiver.unit) if catalog else None
    return entry is not None and entry.digest == waiver.digest


RULES = (compared, plural_forms, waivers, back)
