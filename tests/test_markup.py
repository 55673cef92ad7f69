"""**bold** and {facts} are all the markup there is; whatever else an author types is printed as typed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from careleaf import markup
from careleaf.markup import MarkupError, Piece

SIGNS = "{}*\\"
# Underscores have cases of their own below. A NUL or a carriage return never gets here: load refuses them.
plain = st.text(st.characters(exclude_characters=f"{SIGNS}_\0\r", exclude_categories=["Cs"]), min_size=1)
swallowed = str.maketrans("", "", "*\\")
names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)


def parsed(text: str) -> tuple[Piece, ...] | str:
    """Give the Pieces of a text, or why it is refused."""
    try:
        return markup.parse(text)
    except MarkupError as error:
        return str(error)


@given(plain)
def test_a_plain_text_is_printed_exactly_as_typed(text: str) -> None:
    assert markup.parse(text) == (Piece(text, bold=False),)


@given(plain, names, plain)
def test_a_fact_between_two_texts_takes_nothing_from_them(before: str, name: str, after: str) -> None:
    pieces = markup.parse(f"{before}{{{name}}}{after}")
    assert pieces == (Piece(before, bold=False), Piece(name, bold=False, fact=True), Piece(after, bold=False))


@given(st.from_regex(r"\w[\w ]*\w", fullmatch=True).filter(lambda text: "_" not in text))
def test_bold_takes_in_exactly_the_words_between_the_stars(words: str) -> None:
    pieces = markup.parse(f"keep **{words}** dry")
    assert pieces == (Piece("keep ", bold=False), Piece(words, bold=True), Piece(" dry", bold=False))


@given(st.text())
def test_any_text_is_parsed_or_refused_with_a_reason(text: str) -> None:
    assert parsed(text) != ""


@example("__a__")
@given(st.text(st.sampled_from("a *_{}\\<&"), max_size=12))
def test_nothing_but_stars_and_backslashes_is_ever_swallowed(text: str) -> None:
    """A lost underscore is a line to write on that the page does not have."""
    pieces = parsed(text)
    if not isinstance(pieces, str):
        shown = "".join(f"{{{piece.text}}}" if piece.fact else piece.text for piece in pieces)
        assert shown.translate(swallowed) == text.translate(swallowed)


@pytest.mark.parametrize(
    "text",
    [
        "<b>now</b>",
        "&amp; &lt;",
        "[here](https://example.org)",
        "`code`",
        "# 1",
        "- one",
        "1. one",
        "> said",
        "2 * 3",
        "https://example.org",
        "![x](y.svg)",
        "<!-- x -->",
        "~~no~~",
        "a | b",
        "    four",
        "----",
    ],
)
def test_markup_of_other_languages_is_only_text(text: str) -> None:
    assert markup.parse(text) == (Piece(text, bold=False),)


@pytest.mark.parametrize("text", ["Name:____Date:____", "____ ____", "file_name_here", "a __ b"])
def test_a_line_to_write_on_stays_on_the_page(text: str) -> None:
    assert markup.parse(text) == (Piece(text, bold=False),)


def test_two_underscores_do_not_make_a_second_way_to_write_bold() -> None:
    """Either as typed, or refused: a reader must not see words without what their author typed."""
    now = parsed("__now__")
    assert isinstance(now, str) or now == (Piece("__now__", bold=False),)


@pytest.mark.parametrize("text", ["*now*", "***now***", "use *{scrub}*", "**a *b* c**"])
def test_italics_are_refused(text: str) -> None:
    with pytest.raises(MarkupError, match="italics"):
        markup.parse(text)


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "a { b", "{Name}", "{ name }", "{na me}", "{na**m**e}", "{{name}}"]
)
def test_a_brace_that_is_no_fact_is_refused(text: str) -> None:
    with pytest.raises(MarkupError, match="brace"):
        markup.parse(text)


@pytest.mark.parametrize("text", ["**now", "now**", "a ** b", "**a** **b"])
def test_stars_without_a_partner_are_refused(text: str) -> None:
    with pytest.raises(MarkupError, match="partner"):
        markup.parse(text)


def test_a_fact_inside_bold_is_bold() -> None:
    assert markup.parse("for **{scrub} or more**") == (
        Piece("for ", bold=False),
        Piece("scrub", bold=True, fact=True),
        Piece(" or more", bold=True),
    )


def test_a_backslash_keeps_a_star_a_star() -> None:
    assert "".join(piece.text for piece in markup.parse(r"a \* b")) == "a * b"


def test_facts_are_counted_as_often_as_they_stand() -> None:
    assert markup.facts("{a} and {b}, again {a}") == {"a": 2, "b": 1}


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("none", 0),
        ("**one**", 1),
        ("**one with {a} in it**", 1),
        ("**one** and **two**", 2),
        ("{a} **{b}** {c}", 1),
    ],
)
def test_bold_runs_are_counted_so_that_a_translation_can_be_compared(text: str, runs: int) -> None:
    assert markup.bold_runs(text) == runs
