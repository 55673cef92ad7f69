"""The nouns: frozen values that every other room passes around.

What an author may write in a YAML file is exactly what these classes accept; the JSON Schema for
editors is made from them. Nothing here reads or writes a file.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, time, timedelta
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from careleaf.findings import Finding, blocking
from careleaf.markup import Piece

# Where a value stands in its file. NUL cannot be typed in YAML, so no author can set these keys.
LINE = "\0line"
NAME = "\0name"
LINES = "\0lines"

UI = "ui"
"""The name under which the templates' own words are kept: `ui.yaml`, and `ui.po` in each language."""

AND = "+"
"""Between the topics in the name of what several are together: no topic's own name has it."""

TAG = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$"
SLUG = r"^[a-z0-9][a-z0-9-]{0,63}$"
Slug = Annotated[str, StringConstraints(pattern=SLUG)]
SourceKey = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=600, strip_whitespace=True)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Tag = Annotated[str, StringConstraints(pattern=TAG)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()-]{1,24}$")]


def _without_line(value: Any) -> Any:  # noqa: ANN401 # runs before the value has a type
    return {key: part for key, part in value.items() if key != LINE} if isinstance(value, dict) else value


Keyed = BeforeValidator(_without_line)
"""Marks a field whose keys are the author's own, so that the line of the mapping is not one of them."""


class Part(BaseModel):
    """A piece of an author's file: frozen, unknown keys forbidden, knows its line."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    line: SkipJsonSchema[int] = Field(default=0, alias=LINE, exclude=True)


class Named(Part):
    """A Part that is a whole file, or a key of one: its name is the file's or the key's."""

    name: SkipJsonSchema[str] = Field(alias=NAME)
    lines: SkipJsonSchema[Mapping[str, int]] = Field(default_factory=dict, alias=LINES, exclude=True)

    def line_of(self, *keys: str) -> int:
        """Give the line of a key, or of the nearest key around it."""
        while keys and ".".join(keys) not in self.lines:
            keys = keys[:-1]
        return self.lines.get(".".join(keys), self.line)


class Kind(StrEnum):
    """What a Section is for. Readers see it as a colour, an icon and a shape."""

    KEY_POINTS = "key-points"
    TEXT = "text"
    STEPS = "steps"
    TIMELINE = "timeline"
    DO = "do"
    DONT = "dont"
    WARNING = "warning"
    OPTIONS = "options"
    LOOKALIKES = "lookalikes"
    QUESTIONS = "questions"
    TEACH_BACK = "teach-back"
    CONTACT = "contact"


class Level(StrEnum):
    """How fast a reader with this danger sign must get help."""

    EMERGENCY = "emergency"
    SAME_DAY = "same-day"
    ROUTINE = "routine"


class Role(StrEnum):
    """In which capacity a person approves."""

    CLINICAL = "clinical"
    LINGUISTIC = "linguistic"


class Number(Part):
    """A count with no unit. `value: [2, 4]` is a span, read "2 to 4".

    `stricter` says which of two values asks more of the reader, for a visit with several treatments.
    """

    type: Literal["number"]
    value: int | tuple[int, int]
    min: int
    max: int
    stricter: Literal["higher", "lower"] | None = None
    sources: tuple[SourceKey, ...] = Field(min_length=1)

    def allows(self, value: int | tuple[int, int]) -> bool:
        """Say whether `value` lies in the range that the topic's evidence allows, ends included."""
        low, high = value if isinstance(value, tuple) else (value, value)
        return self.min <= low <= high <= self.max

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        if not self.allows(self.value):
            raise ValueError(f"value {self.value} is outside {self.min} to {self.max}")
        return self


class Measure(Number):
    """A count with a CLDR unit, spoken in the reader's language: 48 hours, 38 °C."""

    type: Literal["measure"]  # type: ignore[assignment]  # narrows the tag of the union
    unit: Literal[
        "duration-minute",
        "duration-hour",
        "duration-day",
        "duration-week",
        "duration-month",
        "duration-year",
        "length-millimeter",
        "length-centimeter",
        "temperature-celsius",
        "concentr-percent",
        "mass-milligram",
        "volume-milliliter",
    ]


class Strength(Number):
    """A number behind a symbol that no language translates: SPF 50."""

    type: Literal["strength"]  # type: ignore[assignment]  # narrows the tag of the union
    unit: Literal["SPF"]


def _without_zone(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("a time of day has no zone: it is the clinic's own")
    return value


TimeOfDay = Annotated[time, AfterValidator(_without_zone)]


class Clock(Part):
    """A time of day, or a span of two."""

    type: Literal["time"]
    value: TimeOfDay | tuple[TimeOfDay, TimeOfDay]
    sources: tuple[SourceKey, ...] = Field(min_length=1)


Fact = Annotated[Number | Measure | Strength | Clock, Field(discriminator="type")]
FactValue = int | tuple[int, int]


class Statement(Part):
    """A text with the sources that it rests on."""

    text: Text
    sources: tuple[SourceKey, ...] = ()


class When(Part):
    """On which days a Unit is about, counted from the treatment; each is named by a Fact of time.

    `from` is its first day, `until` its last. With both, they are when something usually happens: of a span,
    the first day takes the lower end, the last day the higher. `on: treatment` stands for a first day: the
    day itself.
    """

    on: Literal["treatment"] | None = None
    from_: Slug | None = Field(default=None, alias="from")
    until: Slug | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        """The Facts that it names."""
        return tuple(name for name in (self.from_, self.until) if name)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.on or self.facts):
            raise ValueError("say `on: treatment`, `from` or `until`")
        if self.on and self.from_:
            raise ValueError("`on: treatment` is a first day already: leave out `from`")
        return self


class Unit(Statement):
    """One translatable text. `label` is the short term before it: a day, an option's name.

    `when` gives it a place in the calendar of a personal sheet.
    """

    id: Slug
    label: Text | None = None
    when: When | None = None


class Picture(Part):
    """A drawing from `content/images/`. `alt` says in words what it shows."""

    file: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    alt: Text


class Panel(Picture):
    """One drawing of a row, with its words below it: drawings hold no text, and each mirrors by itself."""

    id: Slug
    label: Text


class Section(Part):
    """A run of Units with one purpose."""

    id: Slug
    kind: Kind
    level: Level | None = None
    heading: Text
    units: tuple[Unit, ...] = Field(min_length=1)
    action: Text | None = None
    picture: Picture | None = None
    panels: tuple[Panel, ...] = Field(default=(), max_length=4)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every drawing of the section."""
        return (*((self.picture,) if self.picture else ()), *self.panels)

    @model_validator(mode="after")
    def _level_with_warning(self) -> Self:
        if (self.kind is Kind.WARNING) != (self.level is not None):
            raise ValueError("a section of kind warning has a level, and no other section has one")
        return self

    @field_validator("id")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value in {"title", "message"}:
            raise ValueError(f"{value} is the id of the topic's own {value}")
        return value


class Code(Part):
    """A code of a clinical terminology. `verified` is true only if a person checked it at its source."""

    system: Short
    code: Short
    display: Short
    verified: bool
    note: Annotated[str, StringConstraints(max_length=300)] = ""


@dataclass(frozen=True, slots=True)
class Word:
    """One English text to be translated: the id that PO calls msgctxt, the text, its line."""

    id: str
    text: str
    line: int


class Topic(Named):
    """What one patient needs to know about one thing.

    `not_as` are formats in which it is not offered: it would not fit, or make no sense. `watch` is the Fact
    that says how long after a treatment danger signs are to be looked for.
    """

    kind: Literal["aftercare", "prevention", "reassurance", "information"]
    audience: Literal["adult", "parent", "teenager"]
    version: int = Field(ge=1)
    updated: date
    review: date
    codes: tuple[Code, ...] = ()
    not_as: tuple[Slug, ...] = Field(default=(), alias="not-as")
    watch: Slug | None = None
    facts: Annotated[Mapping[Slug, Fact], Keyed] = Field(default_factory=dict)
    title: Text
    message: Statement
    sections: tuple[Section, ...] = Field(min_length=1)

    @property
    def file(self) -> str:
        """The topic's file, relative to the library's root."""
        return f"content/topics/{self.name}.yaml"

    def words(self) -> Iterator[Word]:
        """Yield every text of the topic in reading order."""
        yield Word("title", self.title, self.line_of("title"))
        yield Word("message", self.message.text, self.message.line)
        for section in self.sections:
            yield from _section_words(section)

    def statements(self) -> Iterator[Statement]:
        """Yield every text that may carry sources."""
        yield self.message
        for section in self.sections:
            yield from section.units

    def urgent(self) -> bool:
        """Say whether the topic has emergency signs, so that a translation needs a clinician too."""
        return any(section.level is Level.EMERGENCY for section in self.sections)


def _section_words(section: Section) -> Iterator[Word]:
    yield Word(f"{section.id}/heading", section.heading, section.line)
    if section.picture:
        yield Word(f"{section.id}/picture", section.picture.alt, section.picture.line)
    for panel in section.panels:
        yield Word(f"{section.id}/{panel.id}/picture", panel.alt, panel.line)
        yield Word(f"{section.id}/{panel.id}/label", panel.label, panel.line)
    for unit in section.units:
        if unit.label:
            yield Word(f"{section.id}/{unit.id}/label", unit.label, unit.line)
        yield Word(f"{section.id}/{unit.id}", unit.text, unit.line)
    if section.action:
        yield Word(f"{section.id}/action", section.action, section.line)


class Source(Named):
    """A published page or paper. A `mirror` is a trusted body's text found on another site."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    publisher: Short
    year: int | None = Field(default=None, ge=1900, le=2100)
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    grade: Literal["A", "B", "C", "INF"]
    mirror: bool = False


class UiText(Named):
    """One of the templates' own words, in English, with a note for translators.

    `clinical` marks those that say how fast to get help, whom to call or what a value is: an Approval
    binds to them too.
    """

    text: Text
    note: Text
    clinical: bool = False


class Term(Named):
    """A hard word of the glossary, named by its one spelling.

    `plain` says it in everyday words; a topic that uses the word has this very phrase where the word first
    stands, unless `replace` says that the plain words are to be written in its place, always. `forms` are
    its other forms (plurals). A word to `keep` is not translated: a name or a symbol.
    """

    plain: Short
    note: Annotated[str, StringConstraints(max_length=300)] = ""
    forms: tuple[Short, ...] = ()
    replace: bool = False
    keep: bool = False


Stems = tuple[Short, ...]
"""Words that a rule looks for, any of them: * is any ending, # a number, ... a few words that do not deny."""


Numeral = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}(\.[0-9])?$")]

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _in_words(value: str) -> str:
    if not any(map(str.isalnum, value)):
        raise ValueError("there is no word in it")
    return value


InWords = AfterValidator(_in_words)
"""Marks what a person must have said: signs that nobody sees say nothing."""


class Claim(Named):
    """What must never be said: `never` is its heart; of each list `beside` one stands in the sentence too.

    `about` must stand in the sentence, its heading or the topic's title; with any of `unless` it is not
    meant. `audience` limits it to topics for those readers. A claim that holds a "not" of its own is
    `undeniable`: a "not" in the sentence excuses nothing.
    """

    says: Text
    mend: Text
    never: Stems = Field(min_length=1)
    beside: tuple[Stems, ...] = ()
    about: Stems = ()
    unless: Stems = ()
    audience: Literal["adult", "parent", "teenager"] | None = None
    undeniable: bool = False


class Warned(Named):
    """What may not be named without its warning: for each part of `then`, a sentence has one of each list."""

    lacks: Text
    mend: Text
    if_said: Stems = Field(default=(), alias="if-said")
    if_titled: Stems = Field(default=(), alias="if-titled")
    then: tuple[tuple[Stems, ...], ...] = Field(min_length=1)


UI_PLACES: Final[Mapping[str, frozenset[str]]] = {
    "draft-band": frozenset(),
    "draft-translation-band": frozenset(),
    "draft-text-band": frozenset(),
    "expired-band": frozenset(),
    "range": frozenset({"low", "high"}),
    "day-range": frozenset({"low", "high"}),
    "day-hours": frozenset({"days", "times"}),
    "clock": frozenset({"hour", "minute", "period"}),
    "clock-hour": frozenset({"hour", "period"}),
    "morning": frozenset(),
    "afternoon": frozenset(),
    "evening": frozenset(),
    "plus": frozenset(),
    "version": frozenset({"version"}),
    "text-digest": frozenset({"digest"}),
    "dated": frozenset({"date"}),
    "review-by": frozenset({"date"}),
    "page": frozenset({"page", "pages"}),
    "sheet-until": frozenset({"date"}),
    "sheet-from": frozenset({"date"}),
    "sheet-usually": frozenset({"low", "high"}),
    "sheet-no-day": frozenset(),
    "sheet-watch": frozenset({"date"}),
    "sheet-closed": frozenset({"urgent", "emergency"}),
    "sheet-nights": frozenset({"urgent"}),
    "sheet-open": frozenset({"urgent"}),
    "calendar-day": frozenset({"number"}),
    "mail-subject": frozenset({"clinic"}),
    "mail-file": frozenset(),
    "mail-calendar-file": frozenset(),
    "mail-greeting": frozenset(),
    "mail-intro": frozenset(),
    "mail-calendar": frozenset(),
    "mail-locked": frozenset(),
    "mail-important": frozenset(),
    "mail-call": frozenset(),
    "mail-reply": frozenset({"reply"}),
    "mail-wrong-person": frozenset({"reply", "phone"}),
    "mail-agreed": frozenset(),
    "mail-correction-subject": frozenset({"clinic"}),
    "mail-correction": frozenset({"phone"}),
    "mail-correction-delete": frozenset(),
    "site-found": frozenset({"count"}),
    "site-file": frozenset({"pages", "size"}),
}
"""The texts that careleaf itself says, and what it fills in. Templates may use more of their own."""

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Hours(Part):
    """When the clinic is open, on each of `days`."""

    days: tuple[Day, ...] = Field(min_length=1)
    open: TimeOfDay
    close: TimeOfDay

    @model_validator(mode="after")
    def _opens_first(self) -> Self:
        if self.open >= self.close:
            raise ValueError("the clinic must open before it closes")
        return self


class Closure(Part):
    """Days on which the clinic is closed although it would be open, both ends included."""

    from_: date = Field(alias="from")
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ > self.until:
            raise ValueError("a closure must end on the day it starts, or later")
        return self


class PatientList(Part):
    """How the clinic's own lists of patients are to be read.

    `columns` say under which header a list has each thing; one that is not named here goes by its own name.
    `procedures` turn the clinic's codes into topics. `dates` is the order of a date in figures.
    """

    columns: Annotated[Mapping[Slug, Short], Keyed] = Field(default_factory=dict)
    procedures: Annotated[Mapping[Short, Slug | tuple[Slug, ...]], Keyed] = Field(default_factory=dict)
    dates: Literal["day-first", "month-first"] | None = None


Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")]
Mailbox = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,190}$")
]
"""An address of the clinic's own: addr-spec of RFC 5322, in ASCII, without quotes and comments."""


class Mailing(Part):
    """How the clinic sends mail: from which address, through which server, how much, and what it keeps.

    There is one server, by submission (RFC 6409), and always TLS: `starttls` (RFC 3207) or `implicit`
    (RFC 8314, port 465). `from_` is the sender, `reply_to` whoever reads the answers. No file has the login.

    At most `per_minute` and `per_day` messages are handed over. A message that has not left `valid_hours`
    after it was queued is never sent. A consent counts for `consent_days`. What is left of a message, without
    its words, is deleted `retention_days` after it ended. `dkim` is the selector of RFC 6376, if messages are
    signed here and not by the server.
    """

    host: Host
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "implicit"] = "starttls"
    login: bool = True
    from_: Mailbox = Field(alias="from")
    reply_to: Mailbox = Field(alias="reply-to")
    per_minute: int = Field(default=30, alias="per-minute", ge=1, le=100_000)
    per_day: int = Field(default=2000, alias="per-day", ge=1, le=10_000_000)
    valid_hours: int = Field(default=72, alias="valid-hours", ge=1, le=24 * 90)
    consent_days: int = Field(default=365, alias="consent-days", ge=1, le=3660)
    retention_days: int = Field(default=30, alias="retention-days", ge=1, le=3660)
    dkim: Slug | None = None


class Clinic(Named):
    """Who hands the leaflet out. Its numbers belong to its place, never to a language.

    `confirmed` is the day on which a person last rang the numbers and checked the hours. Without
    `languages`, it hands out every language that the library has. `logo` is a file of `content/logos/`.
    `address` is where its leaflets are on the web, with {topic} and {lang}: printed, and as a QR code.

    On the public holidays of its `country` and `region` (ISO 3166) it is closed, but for those of `open_on`.
    `timezone` is its own, by its name in the IANA database: what day it is there.
    """

    FACTS: ClassVar = ("phone", "urgent", "emergency")
    OF_PATIENTS: ClassVar = {"patients", "closed", "open_on", "region", "timezone"}
    """What only personal sheets depend on."""
    OF_MAIL: ClassVar = {"mail"}
    """What no leaflet depends on."""
    GOOD_FOR: ClassVar = timedelta(days=366)
    """How long contact details may be relied on after somebody confirmed them: twelve months."""

    title: Text
    lang: Tag
    note: Short | None = None
    logo: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    address: Text | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,4}$")] | None = None
    timezone: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")] = "UTC"
    phone: Phone
    urgent: Phone
    emergency: Phone
    hours: tuple[Hours, ...] = Field(min_length=1)
    closed: tuple[Closure, ...] = ()
    open_on: tuple[date, ...] = Field(default=(), alias="open-on")
    patients: PatientList = PatientList()
    mail: Mailing | None = None
    confirmed: date
    languages: tuple[Tag, ...] = ()
    facts: Annotated[Mapping[Slug, Annotated[Mapping[Slug, FactValue], Keyed]], Keyed] = Field(
        default_factory=dict
    )

    @property
    def good_until(self) -> date:
        """The last day on which the contact details may be relied on."""
        return self.confirmed + self.GOOD_FOR

    def address_of(self, topic: str, lang: str) -> str:
        """Give the address of a leaflet on the web; empty if the clinic has none.

        Several topics together have none: no page has just their words.
        """
        address = "" if AND in topic else self.address or ""
        return address.replace("{topic}", topic).replace("{lang}", lang)

    def speaks(self, lang: str) -> bool:
        """Say whether the clinic hands out leaflets in a language."""
        return not self.languages or lang in self.languages

    @property
    def file(self) -> str:
        """The clinic's file, relative to the library's root."""
        return f"content/clinics/{self.name}.yaml"

    @property
    def files(self) -> frozenset[str]:
        """The files without which nothing of the clinic's is printed: its own, and its logo."""
        return frozenset({self.file} | ({f"content/logos/{self.logo}"} if self.logo else set()))


Plural = Literal["zero", "one", "two", "few", "many", "other"]


class Locale(Named):
    """A language as we print it. What is not said here comes from CLDR.

    `scale` enlarges a script whose letters look smaller than Latin ones of the same size; `measure` is
    the longest line of text, in em: about 70 characters of the script. `letters` are those that the
    language's words are made of, CLDR's main exemplar characters; empty means all of its script.
    `range-plural` says which CLDR plural form the last number of a range takes in place of its own, where the
    word before it asks for another: in Polish, "2 do 3 miesięcy".
    """

    title: Short
    english: Short
    cldr: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]+)*$")]
    source: bool = False
    direction: Literal["ltr", "rtl"]
    fonts: tuple[Short, ...] = Field(min_length=1)
    digits: Annotated[str, StringConstraints(pattern=r"^[a-z]{4,8}$")] = "latn"
    line_height: float = Field(default=1.45, alias="line-height", ge=1.4, le=2.6)
    scale: float = Field(default=1.0, ge=1.0, le=1.5)
    measure: float = Field(default=30.0, ge=15, le=36)
    letters: Annotated[str, StringConstraints(max_length=600)] = ""
    range_plural: Annotated[Mapping[Plural, Plural], Keyed] = Field(
        default_factory=dict, alias="range-plural"
    )
    keep_words: bool = Field(default=False, alias="keep-words")
    split_words: bool = Field(default=False, alias="split-words")
    time_pattern: Short | None = Field(default=None, alias="time-pattern")

    @property
    def file(self) -> str:
        """The locale's profile, relative to the library's root."""
        return f"locales/{self.name}/profile.yaml"


class Language(Named):
    """What the checks must know of a language: the words by which they compare a text with its English.

    `negations` are all words that deny or forbid; `negatable` are others that a translation may well say with
    such a word: "avoid", "lose"; `numbers` the words for a number, by its digits; `units` what people write
    a CLDR unit as besides CLDR's own forms. With
    `anywhere` they are found inside words too, for scripts without spaces and languages that write such words
    together with others. `signs` are those that the language does not use, each with the one in its place.
    """

    negations: Stems = ()
    negatable: Stems = ()
    numbers: Annotated[Mapping[Numeral, Stems], Keyed] = Field(default_factory=dict)
    units: Annotated[Mapping[Slug, Stems], Keyed] = Field(default_factory=dict)
    anywhere: bool = False
    signs: Annotated[Mapping[Short, Short], Keyed] = Field(default_factory=dict)


class Rendering(Named):
    """How a language says a term, named by its English: one of `say` stands where the English has the term.

    Words of `never` mislead: they stand in no text of the language. `note` tells the next translator why.
    """

    say: Stems = ()
    never: Stems = ()
    note: Annotated[str, StringConstraints(max_length=300)] = ""


class Waiver(Part):
    """Why a rule does not apply to one translated text, and who says so.

    It holds for just the English and the words that its `digest` was taken of.
    """

    topic: Slug
    unit: Annotated[str, StringConstraints(pattern=r"^[a-z0-9/-]{1,200}$")]
    rule: Slug
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
    by: Annotated[Short, InWords]
    on: date
    why: Annotated[Text, InWords]


class Waivers(Named):
    """The waivers of one language, oldest first."""

    waivers: tuple[Waiver, ...] = Field(min_length=1)

    @property
    def file(self) -> str:
        """The file of waivers, relative to the library's root."""
        return f"locales/{self.name}/waivers.yaml"


class Limits(Part):
    """What a finished leaflet must keep, measured on its laid-out pages.

    `pages` are for the source language; a translation may have one more, or as many as `translated`.
    `sheets` are of paper, printed on both sides. `contrast` is WCAG 2.2's ratio of a text and its ground;
    `line_length` the most characters in a line; `picture` the fewest dots in an inch; `last_page` how many
    per cent of the last page are full at least. `danger_signs` is the page by whose end the most urgent ones
    stand whole.
    """

    pages: int | None = Field(default=None, ge=1, le=100)
    translated: int | None = Field(default=None, ge=1, le=100)
    sheets: int | None = Field(default=None, ge=1, le=100)
    contrast: float = Field(default=4.5, ge=4.5, le=21)
    line_length: int = Field(default=70, alias="line-length", ge=20, le=100)
    picture: int = Field(default=200, ge=72, le=1200)
    last_page: int = Field(default=0, alias="last-page", ge=0, le=100)
    danger_signs: int = Field(default=1, alias="danger-signs", ge=1, le=100)


class Binding(StrEnum):
    """How the pages of a PDF come onto paper."""

    PAGES = "pages"
    """One after the other, in the order of reading."""
    SADDLE_STITCH = "saddle-stitch"
    """Two beside each other, to be folded and stapled as a booklet."""
    TRI_FOLD = "tri-fold"
    """Three panels on each side of a sheet that is folded twice, like a letter."""
    FOUR_UP = "four-up"
    """Four times the same, to be cut apart."""


class Ink(StrEnum):
    """What a PDF is printed with."""

    COLOUR = "colour"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to make a format: how it is bound, in which ink, and with bleed and crop marks or without."""

    binding: Binding = Binding.PAGES
    ink: Ink = Ink.COLOUR
    bleed: bool = False


class Need(StrEnum):
    """How a patient needs a personal sheet."""

    PLAIN = "plain"
    LARGE_PRINT = "large-print"
    BILINGUAL = "bilingual"


class Format(Named):
    """A shape of output: its template, its writer, and the limits a finished leaflet must keep.

    `paper` is the size of one page, `text` that of the text, in points; of two sizes, a leaflet gets the
    largest between them with which it keeps its limit of pages. `bindings` are the files that are made
    of each leaflet. `styles` go before the format's own page.css. `on_request` formats are made only if
    asked for. `aloud` says numbers, phones and times as a voice does. `bilingual` prints the source
    language beside the reader's. `everywhere` tells in which other languages the leaflet is.
    `site` is made after the others and links to them: it is a page of the clinic's web site. A `personal` one
    is a sheet for one patient with that need: no build makes it; `place` is how many columns a line holds
    there that is kept free for a date.
    """

    title: Short
    writer: Slug
    extension: Literal["pdf", "html", "txt"]
    on_request: bool = Field(default=False, alias="on-request")
    paper: Short | None = None
    text: float | tuple[float, float] = 12
    bindings: tuple[Binding, ...] = Field(default=(Binding.PAGES,), min_length=1)
    styles: tuple[Short, ...] = ()
    limits: Limits = Limits()
    columns: int | None = Field(default=None, ge=40, le=120)
    aloud: bool = False
    bilingual: bool = False
    everywhere: bool = False
    site: bool = False
    personal: Need | None = None
    place: int = Field(default=60, ge=20, le=120)

    @property
    def sizes(self) -> tuple[float, float]:
        """The largest and the smallest size of its text, in points."""
        sizes = self.text if isinstance(self.text, tuple) else (self.text, self.text)
        return max(sizes), min(sizes)

    @property
    def file(self) -> str:
        """The format's own file, relative to the library's root."""
        return f"templates/{self.folder}/format.yaml"

    def variants(self, ink: Ink, *, bleed: bool) -> tuple[Variant, ...]:
        """Give the ways to make it: one for each binding. Only what is printed has ink and bleed."""
        if self.extension != "pdf":
            return (Variant(),) if ink is Ink.COLOUR and not bleed else ()
        return tuple(Variant(binding, ink, bleed) for binding in self.bindings)

    def file_name(self, topic: str, variant: Variant) -> str:
        """Name the file of a topic: what is not the format's first and plain variant stands in the name."""
        parts = (
            self.name,
            *((variant.binding,) if variant.binding is not self.bindings[0] else ()),
            *((variant.ink,) if variant.ink is not Ink.COLOUR else ()),
            *(("bleed",) if variant.bleed else ()),
        )
        return f"{topic}.{'-'.join(parts)}.{self.extension}"

    @property
    def folder(self) -> PurePosixPath:
        """The format's folder below `templates/`."""
        return PurePosixPath("formats", self.name)

    @property
    def page(self) -> str:
        """The format's template, relative to `templates/`."""
        return str(self.folder / ("page.txt" if self.extension == "txt" else "page.html"))

    @property
    def style(self) -> str:
        """The format's style sheet, relative to `templates/`; it may be missing."""
        return str(self.folder / "page.css")


class Event(Part):
    """A line of an audit trail: what was decided of a topic in a language, and on which day.

    `digests` are those of the Readings that it is about: one, or more where clinics set their own values.
    `seal` is the SHA-256 of the event and of the seal before it, so that no line can be changed in silence.
    """

    lang: Tag
    on: date
    digests: tuple[Digest, ...]
    seal: Digest


class Approval(Event):
    """Who approved these words, in which capacity, and until which day (included)."""

    action: Literal["approved"]
    role: Role
    name: Annotated[Short, InWords]
    credential: Annotated[Short, InWords]
    until: date


class Withdrawal(Event):
    """Why a text was taken out. It ends every approval before it."""

    action: Literal["withdrawn"]
    reason: Annotated[Text, InWords]
    name: Annotated[Short, InWords] | None = None


class Trail(Named):
    """The audit trail of one topic, oldest event first. `seal` repeats the last event's."""

    seal: Digest
    events: tuple[Annotated[Approval | Withdrawal, Field(discriminator="action")], ...] = Field(min_length=1)

    @property
    def file(self) -> str:
        """The trail's file, relative to the library's root."""
        return f"content/approvals/{self.name}.yaml"


class Provenance(StrEnum):
    """Who made a translation."""

    HUMAN = "human"
    MACHINE = "machine"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Entry:
    """One translated text: the English it was made from, the words, and its line in the PO file.

    With `fuzzy` set the words are not sure; `previous` is then the English that they were made from.
    `remark` is the translator's own comment.
    """

    english: str
    text: str
    provenance: Provenance
    line: int
    fuzzy: bool = False
    previous: str = ""
    remark: str = ""

    @property
    def digest(self) -> str:
        """Stand for just this English and these words: the first 12 hexadecimal digits of a SHA-256."""
        return hashlib.sha256(f"{self.english}\0{self.text}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Catalog:
    """One topic's words in one Locale, by Unit id. The source language has none: the topic has its words."""

    file: str
    entries: Mapping[str, Entry]
    retired: Mapping[str, Entry] = field(default_factory=dict)
    """Entries that a PO editor marked obsolete (#~)."""
    translators: tuple[str, ...] = ()
    """Who made the translation, as its header says."""
    preface: str = ""
    """The comment at the top of the file."""
    header: Mapping[str, str] = field(default_factory=dict)
    """The fields of the PO header, such as Language and Plural-Forms."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A translation that was used once: the Unit it was made for (topic/unit), its English and its words."""

    unit: str
    english: str
    text: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Library:
    """All of content, locales and formats, loaded and frozen."""

    topics: Mapping[str, Topic]
    clinics: Mapping[str, Clinic]
    sources: Mapping[str, Source]
    ui: Mapping[str, UiText]
    locales: Mapping[str, Locale]
    formats: Mapping[str, Format]
    catalogs: Mapping[tuple[str, str], Catalog]
    """By Locale, then topic; the templates' own words are under the name `ui`."""
    languages: Mapping[str, Language]
    """What the checks know of each language, by Locale."""
    renderings: Mapping[str, Mapping[str, Rendering]]
    """How each language says the glossary's terms: by Locale, then by the English term."""
    waivers: Mapping[str, Waivers]
    """Which rules do not apply to which texts, by Locale."""
    back: Mapping[tuple[str, str], Catalog]
    """Back-translations, by Locale and topic: the words as msgid, what they say in English as msgstr."""
    memory: Mapping[str, tuple[Remembered, ...]]
    """Translations of Units that are gone, by Locale."""
    glossary: Mapping[str, Term]
    claims: Mapping[str, Claim]
    """What must never be said, by name."""
    warnings: Mapping[str, Warned]
    """What may not be named without its warning, by name."""
    trails: Mapping[str, Trail]
    """What was approved and withdrawn, by topic."""
    approved: Mapping[str, str]
    """The Readings that were approved or withdrawn, as text, by their digest."""
    templates: Mapping[str, str]
    """Every text file below `templates/`, by its path there."""
    images: Mapping[str, bytes]
    """Every drawing of `content/images/`, by file name."""
    logos: Mapping[str, bytes]
    """Every file of `content/logos/`, by name."""
    unread: frozenset[str] = frozenset()
    """Files with faults that `load` has told: what points at them is not at fault too."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader reads of a topic in a language: words, Facts and structure, not layout.

    An Approval binds to its digest. The English is part of it, so that a translation is approved as one of
    just this English, and so are a clinic's own values. `sections` are id, kind and level; `words` are id,
    English and text; `pictures` are the SHA-256 of drawings by file name; `page` are the templates' own
    words that an approval binds to.
    """

    topic: str
    lang: str
    audience: str
    sections: tuple[tuple[str, str, str], ...]
    facts: Mapping[str, Mapping[str, Any]]
    words: tuple[tuple[str, str, str], ...]
    pictures: Mapping[str, str]
    page: Mapping[str, str]
    days: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """When each Unit is due, by its id, and under "watch" how long danger signs are: by name of the Fact."""

    def text(self) -> str:
        """Write it out in the one form that its digest is taken of."""
        # One item a line, for people who compare; an indent would take the slow encoder.
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",\n", ": ")) + "\n"

    @property
    def digest(self) -> str:
        """SHA-256 of its text in hexadecimal: `sha256sum` of the stored file gives the same."""
        return hashlib.sha256(self.text().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `of` equal shares of all files, so that as many machines can make a share each: 1 is the first.

    Each file belongs to one share, by a hash of its path: on every machine, on every day. Web pages belong to
    none. They say how large the files of all shares are: a build of the whole makes them last.
    """

    number: int
    of: int

    def holds(self, path: str) -> bool:
        """Say whether the file of this path, as an Edition has it, is in this share."""
        place = int.from_bytes(hashlib.sha256(path.encode()).digest()[:8], "big")
        return not path.endswith(".html") and place % self.of == self.number - 1


@dataclass(frozen=True, slots=True)
class Selection:
    """What the caller asked for; an empty field means all."""

    topics: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    clinics: tuple[str, ...] = ()
    approved_only: bool = False
    ink: Ink = Ink.COLOUR
    bleed: bool = False
    all_formats: bool = False
    shard: Shard | None = None

    @property
    def everything(self) -> bool:
        """Say whether nothing was narrowed down, but to a share, so that a build brings all up to date."""
        return replace(self, shard=None) in {Selection(), Selection(approved_only=True)}


@dataclass(frozen=True, slots=True)
class Recipient:
    """A patient for whom a personal sheet is made. Its repr shows the row only: no log may hold the rest.

    `row` is the one that a spreadsheet shows, where the header is 1; 0 is a sheet made alone. `treated_on` is
    the day of the treatment, in the clinic's own time zone. `topics` has at least one, and each only once.

    `email` is where the sheet goes, `consented_on` the day on which the patient agreed to that, `record` the
    patient's number in the clinic's own records, `password` what opens the PDF. Without a consent nothing is
    sent, and who has no `email` gets none.
    """

    row: int
    topics: tuple[str, ...] = field(repr=False)
    lang: str = field(repr=False)
    treated_on: date = field(repr=False)
    name: str = field(default="", repr=False)
    site: str = field(default="", repr=False)
    clinician: str = field(default="", repr=False)
    need: Need = field(default=Need.PLAIN, repr=False)
    email: str = field(default="", repr=False)
    consented_on: date | None = field(default=None, repr=False)
    record: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def person(self) -> str:
        """What tells the patient from others at the same address: the record number, else the name."""
        return (self.record or self.name).casefold()

    @property
    def said(self) -> Mapping[str, str]:
        """What the sheet says of the patient, by what it is."""
        return {"name": self.name, "site": self.site, "clinician": self.clinician}


class Status(StrEnum):
    """Where a topic stands in a language. Derived from files and today's date, never stored."""

    MISSING = "missing"
    STALE = "stale"
    DRAFT = "draft"
    APPROVED = "approved"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Edition:
    """One leaflet to make: Topic x Locale x Clinic x Format, in one of the format's variants.

    `langs` are the languages that the leaflet can be had in, for a format that tells them. `text_digest`
    stands for what the reader reads and is what an Approval binds to; `digest` stands for everything that
    goes into the file, so that an equal one need not be made again. Both are SHA-256 in hexadecimal.
    """

    topic: str
    lang: str
    clinic: str
    format: str
    path: str
    status: Status
    text_digest: str
    digest: str
    variant: Variant = Variant()
    langs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.topic} {self.lang} {self.clinic} {PurePosixPath(self.path).name.split('.')[1]}"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style. `lang` is set on a run in another language than its leaflet's."""

    text: str
    bold: bool = False
    lang: str | None = None
    direction: str | None = None


Words = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A line of a personal sheet that only one patient's has: the place it stands in, and its words.

    `families` are the fonts that it is set in, if those of the sheet lack its letters. A `personal` one is
    about one person; the others are dates, the same for all who were treated on that day.
    """

    key: str
    text: str = field(repr=False)
    families: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A Unit, resolved. `day` says on which days it is, on a personal sheet."""

    id: str
    label: Words
    text: Words
    day: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """A Picture, resolved: its file and its description in the reader's language."""

    file: str
    alt: str
    label: Words = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A Section, resolved."""

    id: str
    kind: Kind
    level: Level | None
    heading: Words
    items: tuple[Item, ...]
    action: Words
    picture: Drawing | None
    panels: tuple[Drawing, ...]

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """Every drawing of the block."""
        return (*((self.picture,) if self.picture else ()), *self.panels)


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of a recovery calendar: what starts, ends or is usual on a day. A warning has its `heading`."""

    label: str
    heading: Words
    item: Item


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of a recovery calendar. `number` counts from the treatment; it is empty where months do."""

    day: Slot
    number: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Personal:
    """What one patient's sheet says besides the leaflet. Of `about`, each has the id of its label.

    `several` says that the sheet is for more than one treatment.

    `closed` are the days on which the clinic is; `closed_words` say whom to call then.
    """

    several: str
    about: tuple[tuple[str, Slot], ...]
    watch: tuple[str, Slot, str] | None
    """The last day to look for danger signs, with the words before and after it."""
    closed: tuple[tuple[Slot, ...], ...]
    closed_words: str
    nights: str
    calendar: tuple[CalendarDay, ...]


@dataclass(frozen=True, slots=True)
class Leaflet:
    """An Edition's words, resolved: Facts spoken in the Locale; no HTML, no page size."""

    locale: Locale
    topic: str
    kind: str
    audience: str
    title: str
    message: Words
    blocks: tuple[Block, ...]
    band: str
    clinic: Words
    phone: str
    urgent: str
    emergency: str
    hours: tuple[str, ...]
    version: str
    text_digest: str
    updated: str
    review: str
    page: tuple[Piece, ...]
    """How a page's number is said, with the places {page} and {pages} that only the layout can fill."""
    sources: tuple[Source, ...]
    """The few that a page names."""
    all_sources: tuple[Source, ...]
    ui: Mapping[str, str]
    """The templates' own words that need nothing filled in."""
    address: str = ""
    """Where the leaflet is on the web."""
    logo: str = ""
    """The file of the clinic's logo."""
    everywhere: tuple[tuple[Locale, str], ...] = ()
    """The languages that the leaflet can be had in, each with its address there."""
    beside: "Leaflet | None" = None
    """The same in the source language, for a format that prints both."""
    personal: Personal | None = None
    """What only one patient's sheet says."""
    places: tuple[str, ...] = ()
    """The keys of all its places, in both languages."""
    vocabulary: tuple[Slot, ...] = ()
    """What may come to stand in them."""

    @property
    def locales(self) -> tuple[Locale, ...]:
        """Every language that words of the leaflet are in."""
        beside = (self.beside.locale,) if self.beside else ()
        return (self.locale, *beside, *(locale for locale, _ in self.everywhere))

    @property
    def lent(self) -> tuple[str, ...]:
        """The fonts that a patient's name needs besides those of the languages."""
        about = self.personal.about if self.personal else ()
        return tuple(family for _, slot in about for family in slot.families)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address on the web that is printed."""
        return tuple(filter(None, (self.address, *(address for _, address in self.everywhere))))


@dataclass(frozen=True, slots=True)
class Translated:
    """A page of the web site in one language, which is named as its own readers call it."""

    lang: str
    title: str
    direction: str
    href: str


@dataclass(frozen=True, slots=True)
class Download:
    """A leaflet in another format: what readers call it, where it is, how long and how large."""

    title: str
    href: str
    about: str


@dataclass(frozen=True, slots=True)
class Links:
    """Where a page of the web site leads: every address is relative to it. Empty for a page by itself.

    `languages` are all in which the page exists, its own too; `choice` is where a reader chooses one.
    """

    choice: str = ""
    home: str = ""
    approval: str = ""
    languages: tuple[Translated, ...] = ()
    files: tuple[Download, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Job:
    """All that a worker needs to write one Artifact: no file of the library is read again.

    Its repr tells nothing of it: an Executor may log what it was given.
    """

    name: str
    writer: str
    markup: str
    style: str
    path: str
    assets: Mapping[str, bytes]
    attachment: bytes
    updated: date
    vocabulary: tuple[Slot, ...]
    """What may come to stand in the places that a personal sheet keeps free."""
    sizes: tuple[float, float]
    variant: Variant
    limits: Limits
    pages: int | None
    columns: int | None
    fonts: tuple[str, ...]
    phones: tuple[str, ...]
    lang: str
    direction: str
    keep_words: bool
    split_words: bool


@dataclass(frozen=True, slots=True)
class Order:
    """Sheets of one shape: a leaflet to lay out with its places free, and each sheet's words.

    `key` stands for the leaflet: a worker lays it out once, however many orders it gets for it.
    """

    job: Job = field(repr=False)
    number: int
    key: str
    sheets: tuple[tuple[Slot, ...], ...] = field(repr=False)

    @property
    def name(self) -> str:
        """What the sheets are of, for whoever is told of a fault."""
        return self.job.name

    @property
    def path(self) -> str:
        """Where such a leaflet would be among others."""
        return self.job.path


@dataclass(frozen=True, slots=True)
class Artifact:
    """A finished file, and what it takes to print it.

    `path` is relative to the output folder. `pages` are what a reader turns, `sides` those of the paper,
    `sheets` the paper, printed on both sides; all are 0 where there are none. `ink` is how much of a side is
    covered, in per cent, all four toners added up.
    """

    path: str
    content: bytes
    pages: int
    findings: tuple[Finding, ...] = ()
    sides: int = 0
    sheets: int = 0
    ink: float = 0.0

    @property
    def usable(self) -> bool:
        """Say whether it may be handed out."""
        return not blocking(self.findings)
