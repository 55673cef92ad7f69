"""Lines, phones and letters of a finished page: what was laid out wrong is told before anybody prints it."""

import io
from dataclasses import replace
from typing import Final

import pikepdf
import pypdfium2
import pytest
import weasyprint.pdf
from weasyprint.pdf.fonts import build_fonts_dictionary

from careleaf.breaks import segments, wrap
from careleaf.model import Artifact, Job
from careleaf.pdf import engine, proof
from tests.test_pool import job

LATIN: Final = ("Noto Sans",)
ARABIC: Final = ("IBM Plex Sans Arabic",)
KOREAN: Final = ("Noto Sans KR", "Noto Sans")
NUMBER: Final = "020\u00a07946\u00a00123"

WASH_HANDS: Final = {
    # "Wash your hands with soap and clean water before you touch the wound, and do not scratch..."
    "km": "សូមលាងដៃរបស់អ្នកជាមួយសាប៊ូនិងទឹកស្អាតមុនពេលប៉ះរបួសហើយកុំកោសឬបកស្បែកដែលកំពុងជាសះស្បើយ",
    "lo": "ກະລຸນາລ້າງມືຂອງທ່ານດ້ວຍສະບູແລະນ້ຳສະອາດກ່ອນຈັບບາດແຜແລະຢ່າເກົາຫຼືລອກຜິວໜັງທີ່ກຳລັງຫາຍດີ",
    "my": "အနာကိုမထိမီသင့်လက်များကိုဆပ်ပြာနှင့်ရေသန့်ဖြင့်ဆေးကြောပါအနာကျက်နေသောအရေပြားကိုမကုတ်ပါနှင့်",
    "th": "กรุณาล้างมือของคุณด้วยสบู่และน้ำสะอาดก่อนสัมผัสแผลและอย่าเกาหรือแกะผิวหนังที่กำลังหาย",
}
FONTS: Final = {
    "km": ("Noto Sans Khmer", "Noto Sans"),
    "lo": ("Noto Sans Lao", "Noto Sans"),
    "my": ("Noto Sans Myanmar", "Noto Sans"),
    "th": ("Noto Sans Thai", "Noto Sans"),
}


def paper(text: str, lang: str = "en", fonts: tuple[str, ...] = LATIN, width: int = 80) -> Job:
    """Give the Job of one paragraph, so many millimetres wide."""
    families = ", ".join(f"'{font}'" for font in fonts)
    direction = "rtl" if fonts is ARABIC else "ltr"
    markup = (
        f'<html lang="{lang}" dir="{direction}"><title>x</title><body style="font-family: {families}">'
        f'<p style="width: {width}mm">{text}</p></body></html>'
    )
    return replace(job("page", markup), lang=lang, fonts=fonts, phones=("020 7946 0123", "111"))


def told(work: Job) -> list[tuple[str, str]]:
    """Make a page, and give what is told of it: rule and message."""
    return [(finding.rule, finding.message) for finding in engine.write(work).findings]


def lines(artifact: Artifact) -> list[str]:
    """Read a page's lines back, without the signs that only say where a line may end."""
    document = pypdfium2.PdfDocument(artifact.content)
    try:
        text = "\r\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()
    return engine.UNSEEN.sub("", text).split("\r\n")


def ends(parts: list[str]) -> set[int]:
    """Give the places where the parts of a text end."""
    return {sum(map(len, parts[:count])) for count in range(1, len(parts) + 1)}


# --- A line in its box -----------------------------------------------------------------------------

LONG_WORD: Final = "Mikrodermabrasionsbehandlung"
TABLE: Final = (
    '<table style="table-layout: fixed; width: 100%">'
    f"<tr><th>{LONG_WORD}</th><td>x</td><td>x</td></tr></table>"
)


@pytest.mark.parametrize(
    "text", [f"Eine {LONG_WORD} hilft.", TABLE], ids=["in a narrow paragraph", "in a cell of a table"]
)
def test_a_word_that_runs_out_of_its_box_is_told(text: str) -> None:
    narrow = f'<div style="width: 40mm">{text}</div>'
    assert told(paper(narrow, width=40)) == [("overflow", f"a line runs out of its box: '{LONG_WORD}'")]
    wide = narrow.replace("40mm", "160mm").replace("100%", "240mm")
    assert told(paper(wide, width=160)) == []


def test_a_line_that_leaves_the_paper_is_told() -> None:
    """Its box moved with it, so the line is no wider than its box."""
    text = '<span style="display: block; margin-inline-start: -40mm">Danger signs</span>'
    assert told(paper(text)) == [("overflow", "a line runs out of its box: 'Danger signs'")]


@pytest.mark.parametrize("tag", ["km", "lo", "my"])
def test_a_script_without_spaces_breaks_at_words_if_its_profile_asks_for_it(tag: str) -> None:
    text = WASH_HANDS[tag]
    artifact = engine.write(replace(paper(text, tag, FONTS[tag]), split_words=True))
    assert [finding.rule for finding in artifact.findings] == []
    found = lines(artifact)
    assert "".join(found) == text, "nothing is lost or added"
    assert len(found) >= 2
    assert ends(found) <= ends(segments(text, tag)), "no line ends inside a word"


@pytest.mark.parametrize("tag", ["km", "lo", "my"])
def test_a_script_without_spaces_that_does_not_break_is_told(tag: str) -> None:
    text = WASH_HANDS[tag]
    assert [rule for rule, _ in told(paper(text, tag, FONTS[tag]))] == ["overflow"]


def test_thai_breaks_at_words_by_itself() -> None:
    text = WASH_HANDS["th"]
    artifact = engine.write(paper(text, "th", FONTS["th"]))
    found = lines(artifact)
    assert (artifact.findings, "".join(found), len(found)) == ((), text, 2)
    assert ends(found) <= ends(segments(text, "th"))


def test_korean_words_stay_whole_if_the_profile_asks_for_it() -> None:
    text = "순수한 피부용 석유젤리(바셀린)를 하루 두 번 바르고 7일이 지나면 다시 오세요"
    work = paper(text, "ko", KOREAN, width=38)
    kept, split = (engine.write(replace(work, keep_words=keep)) for keep in (True, False))
    assert " ".join(lines(kept)) == text
    assert " ".join(lines(split)) != text, "the engine alone breaks words"
    assert (len(lines(kept)), kept.findings) == (5, ())


BOOKMARKED: Final = {
    "km": (FONTS["km"], WASH_HANDS["km"]),
    "my": (FONTS["my"], WASH_HANDS["my"]),
    "ko": (KOREAN, "피부가 아물 때까지(7일이 지나면)"),
}


@pytest.mark.parametrize("tag", BOOKMARKED)
def test_signs_that_nobody_sees_do_not_reach_bookmarks_and_titles(tag: str) -> None:
    """Some viewers show them there as boxes."""
    fonts, text = BOOKMARKED[tag]
    work = paper(text, tag, fonts)
    markup = work.markup.replace("<p", f"<h1>{text}</h1><p").replace("<title>x", f"<title>{text}")
    work = replace(work, markup=markup, split_words=tag != "ko", keep_words=tag == "ko")
    content = engine.write(work).content
    with pikepdf.open(io.BytesIO(content)) as pdf, pdf.open_outline() as outline:
        titles = [*(item.title for item in outline.root), str(pdf.docinfo["/Title"])]
    assert titles == [text, text]


# --- Phones ----------------------------------------------------------------------------------------

TURNED: Final = [
    ("phone-order", "the number 020 7946 0123 does not read from left to right on the page"),
]
PHONES: Final = {
    "isolated": (f"اتصلوا \u2066{NUMBER}\u2069 الآن", []),
    "isolated and bold": (f"اتصلوا <strong>\u2066{NUMBER}\u2069</strong> الآن", []),
    "in part bold": (f"اتصلوا {NUMBER.replace('7946', '<strong>7946</strong>')} الآن", TURNED),
    "bold inside a group": ("اتصلوا 02<strong>0 79</strong>46 0123 الآن", TURNED),
    "spaces and no isolate": ("اتصلوا 020 7946 0123 الآن", TURNED),
    "once right and once wrong": (f"اتصلوا \u2066{NUMBER}\u2069 أو 020 7946 0123 الآن", TURNED),
    "another number": ("اتصلوا 020 7946 0999 الآن", []),
}


@pytest.mark.parametrize(("text", "expected"), PHONES.values(), ids=PHONES)
def test_a_phone_number_that_is_turned_round_is_told(text: str, expected: list[tuple[str, str]]) -> None:
    assert told(paper(text, "ar", ARABIC)) == expected


def test_a_phone_number_on_two_lines_is_told() -> None:
    """Nobody dials the second half."""
    work = paper(f"Call us now {NUMBER}", width=45)
    assert told(work) == []
    assert told(replace(work, markup=work.markup.replace("\u00a0", " "))) == TURNED


# --- Letters ---------------------------------------------------------------------------------------

LETTERS: Final = {
    "en": (LATIN, "Wash your hands.", "Wash your handsx 4.", "4x"),
    "ar": (ARABIC, "علاج الجلد", "علاج الجلد ق", "ق"),
    "ko": (KOREAN, "손을 씻으세요", "손을 꼭 씻으세요", "꼭"),
    "th": (FONTS["th"], "ล้างมือ", "ล้างมือก่อน", "กนอ"),
}


@pytest.mark.parametrize("tag", LETTERS)
def test_the_proof_names_the_letters_that_a_pdf_lost(tag: str) -> None:
    fonts, text, longer, expected = LETTERS[tag]
    found = proof.read(engine.write(paper(text, tag, fonts)).content)
    assert proof.lost(found, text) == ""
    assert proof.lost(found, longer) == expected


def test_letters_that_the_engine_loses_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left to itself, it gives no text to a letter that it first meets together with a vowel mark."""
    text = "أحماض تقشير البشرة أو المقشّرات"
    assert told(paper(text, "ar", ARABIC)) == []
    monkeypatch.setattr(weasyprint.pdf, "build_fonts_dictionary", build_fonts_dictionary)
    assert told(paper(text, "ar", ARABIC)) == [("text-layer", "the finished PDF lost letters: 'رش'")]


def test_the_proof_counts_letters_and_not_their_forms() -> None:
    """A ligature, a composed letter and spaces are no loss; a letter that is there once too few is."""
    found = proof.read(engine.write(paper("fine café")).content)
    assert proof.lost(found, "\ufb01ne  cafe\u0301") == ""
    assert proof.lost(found, "fine cafée") == "e"


# --- Plain text ------------------------------------------------------------------------------------

WRAPPED: Final = {
    "zh-Hans": (
        "碰伤口之前，请用肥皂和干净的水洗手。不要抓，也不要撕掉正在愈合的皮肤，因为这样可能会引起感染。",
        [
            "碰伤口之前，请用肥皂和干净的水洗手。不要",
            "抓，也不要撕掉正在愈合的皮肤，因为这样可",
            "能会引起感染。",
        ],
    ),
    "th": (
        WASH_HANDS["th"],
        ["กรุณาล้างมือของคุณด้วยสบู่และน้ำสะอาดก่อนสัมผัสแผล", "และอย่าเกาหรือแกะผิวหนังที่กำลังหาย"],
    ),
    "ko": (
        "상처를 만지기 전에 비누와 깨끗한 물로 손을 씻으세요. 낫고 있는 피부를 긁지 마세요.",
        ["상처를 만지기 전에 비누와 깨끗한 물로", "손을 씻으세요. 낫고 있는 피부를 긁지", "마세요."],
    ),
    "en": (
        f"If it does not heal, please call {NUMBER} now.",
        ["If it does not heal, please call", f"{NUMBER} now."],
    ),
    "de": (f"Eine {LONG_WORD}{LONG_WORD} hilft.", ["Eine", f"{LONG_WORD}{LONG_WORD}", "hilft."]),
}


@pytest.mark.parametrize("tag", WRAPPED)
def test_plain_text_breaks_where_the_language_does(tag: str) -> None:
    text, expected = WRAPPED[tag]
    assert wrap(text, 40, tag, keep_words=tag == "ko").splitlines() == expected


def test_korean_would_break_inside_words_without_its_profile() -> None:
    text, expected = WRAPPED["ko"]
    assert wrap(text, 40, "ko", keep_words=False).splitlines()[0] == f"{expected[0]} 손"


def test_a_no_break_space_holds_in_korean_text() -> None:
    text = f"나아지지 않으면 지금 전화하세요: {NUMBER} 번으로"
    assert wrap(text, 40, "ko", keep_words=True).splitlines() == [
        "나아지지 않으면 지금 전화하세요:",
        f"{NUMBER} 번으로",
    ]
