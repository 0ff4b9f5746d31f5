"""Reports and order sheets on paper: they open, they read, they are the same twice."""

import io
from typing import Any

import docx
import pypdfium2
import pytest

from linkage.reporting.document import (
    Banner,
    Block,
    Grid,
    Heading,
    Line,
    Pairs,
    Rule,
    Sides,
    printable,
)
from linkage.reporting.pdf import document_pdf
from linkage.reporting.typeset import lines_of
from linkage.reporting.word import document_word

TITLE = "关于G310国道苯罐车侧翻泄漏事故的报告（首报）"
ABOVE: list[Block] = [Banner("连云港市应急指挥中心"), Rule(red=True)]
BLOCKS: list[Block] = [
    Sides("连应急报〔2026〕第12号", "签发人：丙"),
    Line("江苏省应急指挥中心："),
    Heading("一、基本情况"),
    Line("一辆苯罐车在国道上侧翻，三人中毒。" * 9, indent=True),
    Pairs([("死亡", "3人"), ("采取措施", "已下达十个单位的联动任务。" * 9)]),
    Grid(["单位", "状态"], [["消防救援支队", "已到场"]] * 60, [0.6, 0.4]),
    Line("连云港市应急指挥中心", "right"),
]


def pages(pdf: bytes) -> list[str]:
    """The text of each page, as a reader's search would find it."""
    with pypdfium2.PdfDocument(pdf) as opened:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in opened]


def words(file: bytes) -> str:
    """All text of a Word file, tables and all."""
    opened: Any = docx.Document(io.BytesIO(file))
    cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(line.text for line in opened.paragraphs), *cells])


def test_the_printed_report_can_be_read_and_searched() -> None:
    read = pages(document_pdf(TITLE, BLOCKS, above=ABOVE))
    assert len(read) == 4
    for said in (TITLE, "连应急报〔2026〕第12号", "签发人：丙", "一、基本情况", "— 1 —"):
        assert said in read[0]
    assert all("单位" in page for page in read), "a table's heads stand on each of its pages"
    assert "".join(read).count("消防救援支队") == 60


def test_every_page_has_ink_inside_its_margins_and_none_outside() -> None:
    with pypdfium2.PdfDocument(document_pdf(TITLE, BLOCKS, above=ABOVE)) as opened:
        for page in opened:
            picture = page.render(scale=1, grayscale=True).to_pil()
            left, top, right, bottom = picture.point(lambda v: 255 - v).getbbox()
            assert left > 60
            assert top > 60
            assert right < picture.width - 50
            assert bottom < picture.height - 30


@pytest.mark.parametrize("make", [document_pdf, document_word])
def test_the_same_report_is_the_same_file(make: Any) -> None:
    assert make(TITLE, BLOCKS, above=ABOVE) == make(TITLE, BLOCKS, above=ABOVE)


def test_word_opens_the_report_and_finds_all_of_it() -> None:
    read = words(document_word(TITLE, BLOCKS, above=ABOVE))
    for said in (TITLE, "连应急报〔2026〕第12号\t签发人：丙", "三人中毒", "已到场", "连云港市"):
        assert said in read


HOSTILE = "<script>alert(1)</script>\0\x1b[31m\u202e倒写\ud800 😀 &amp; =1+1"


def test_text_from_outside_neither_stops_nor_twists_a_document() -> None:
    blocks = [Line(HOSTILE), Pairs([(HOSTILE, HOSTILE)]), Sides(HOSTILE, HOSTILE)]
    assert "<script>alert(1)</script>[31m倒写 □ &amp; =1+1" in pages(document_pdf("题", blocks))[0]
    assert "<script>alert(1)</script>[31m倒写 😀 &amp; =1+1" in words(document_word("题", blocks))


def test_a_name_with_a_rare_character_prints() -> None:
    assert "𬱖" in pages(document_pdf("题", [Line("王𬱖")]))[0]


def test_a_cell_longer_than_a_page_goes_on_overleaf() -> None:
    read = pages(document_pdf("题", [Pairs([("经过", "甲乙丙丁戊" * 800)])]))
    assert len(read) > 2
    assert "".join(read).count("戊") == 800


def test_the_heads_of_a_table_do_not_stand_alone_at_the_foot_of_a_page() -> None:
    for above in range(20, 28):
        lines = [Line("甲") for _ in range(above)]
        table = Grid(["要素", "本报"], [["经过", "戊" * 900], ["死亡", "3"]], [0.3, 0.7])
        for page in pages(document_pdf("题", [*lines, table])):
            assert ("要素" in page) <= ("戊" in page or "死亡" in page), above


def test_marks_without_end_stay_on_the_page() -> None:
    assert lines_of("甲乙" + "，" * 9, 4, len) == ["甲乙，，，，", "，，，，，"]


def test_no_line_begins_with_a_full_stop_or_ends_with_an_opening_bracket() -> None:
    broken = lines_of("甲乙丙丁。戊己庚（辛）壬癸", 4, len)
    assert broken == ["甲乙丙丁。", "戊己庚", "（辛）壬", "癸"]


def test_a_number_is_not_parted_and_an_endless_word_is() -> None:
    assert lines_of("甲乙12.5克", 4, len) == ["甲乙", "12.5", "克"]
    assert lines_of("abcdefghij", 4, len) == ["abcd", "efgh", "ij"]


def test_what_cannot_be_printed_is_left_out_and_tabs_become_spaces() -> None:
    assert printable("甲\0\t乙\u200b\n丙") == "甲 乙\n丙"
