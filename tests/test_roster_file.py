"""What a duty room writes into its roster, and what it is told where we cannot take it."""

import re
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from linkage.beijing import BEIJING
from linkage.duty.cells import BadCell
from linkage.duty.template import empty_form
from linkage.response_vocabulary import Post
from tests.patience import not_for_ever
from tests.rosters import ALL, HEADS, PEOPLE, PEOPLE_HEADS, RULES, TODAY, book, read, shift

MONDAY = datetime(2026, 11, 23, 8, tzinfo=BEIJING)
HALF_DAY = timedelta(hours=12)


@pytest.mark.parametrize(
    "written",
    [
        date(2026, 11, 23),
        datetime(2026, 11, 23),  # noqa: DTZ001 - as Excel has it
        46349,
        46349.0,
        "2026-11-23",
        "2026/11/23",
        "2026.11.23",
        "20261123",
        "2026年11月23日",
        "11月23日",
        "11月23",
        "11-23",
        "１１月２３日（周一）",
        "2026-11-23 星期一",
        "2026-11-23 00:00:00",
        " 11 月 23 日 ",
        "11月23号",
        "46349",
        11.23,
    ],
)
def test_a_date_is_read_however_it_is_written(written: object) -> None:
    draft = read(book(shift(written)))
    assert draft.refusals == []
    assert {one.starts_at for one in draft.shifts} == {MONDAY}


@pytest.mark.parametrize("written", [11.2, 11.1, 11.3])
def test_a_number_that_may_have_lost_its_zero_is_no_date(written: float) -> None:
    """11.20 typed into Excel is kept as 11.2, and would put the 20th's people on the 2nd."""
    draft = read(book(shift(written), shift("11月23日")))
    assert len(draft.shifts) == len(ALL)
    (one,) = draft.refusals
    assert "排班 第 2 行 A 列“日期”" in one.words
    assert "看不出是" in one.words


def test_hidden_rows_are_read_and_said() -> None:
    workbook = load_workbook(BytesIO(book(shift("11月23日"), shift("11月24日"))))
    workbook["排班"].row_dimensions[3].hidden = True
    out = BytesIO()
    workbook.save(out)
    draft = read(out.getvalue())
    assert len(draft.shifts) == 2 * len(ALL)
    assert draft.notes == ["“排班”第 3 行是隐藏的，同样读入了，请核对"]


def test_who_is_written_twice_in_one_cell_is_there_once() -> None:
    draft = read(book(shift("11月23日", people=("值班员甲、值班员甲", *ALL[1:]))))
    assert [one.name for one in draft.shifts] == list(ALL)


def test_the_turn_of_the_year_belongs_to_the_next_one() -> None:
    assert read(book(shift("1月2日"))).shifts[0].starts_at.year == 2027


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("08:00", "20:00", (8, 20)),
        (time(8), time(20), (8, 20)),
        (1 / 3, 5 / 6, (8, 20)),
        ("8点", "20点", (8, 20)),
        ("8：00", "次日8:00", (8, 32)),
        ("20:00", "8:00", (20, 32)),
        ("16:00", "24:00", (16, 24)),
        ("16:00", timedelta(days=1), (16, 24)),
        ("16时", "0:00", (16, 24)),
        ("8点半", "20时30分", (8.5, 20.5)),
        ("8:00", "8:00", (8, 32)),
    ],
)
def test_the_hours_of_a_shift_are_read_however_they_are_written(
    start: object, end: object, hours: tuple[float, float]
) -> None:
    draft = read(book(("11月23日", None, start, end, *ALL)))
    assert draft.refusals == []
    midnight = MONDAY.replace(hour=0)
    one = draft.shifts[0]
    assert (one.starts_at - midnight, one.ends_at - midnight) == tuple(
        timedelta(hours=h) for h in hours
    )


@pytest.mark.parametrize(
    "written", ["08:00-20:00", "8:00—20:00", "白班(8:00-20:00)", "白", "白 班"]
)
def test_the_shift_may_be_named_or_told_by_its_hours(written: str) -> None:
    draft = read(book(shift("11月23日", written)))
    assert [(one.starts_at, one.ends_at) for one in draft.shifts][:1] == [
        (MONDAY, MONDAY + HALF_DAY)
    ]


REFUSED = [
    (shift("11月23日（周二）"), "A 列“日期”", "2026-11-23 是周一", "请核对日期和星期"),
    (shift("2月30日"), "A 列“日期”", "这一天不存在", "请核对"),
    (shift("下周一"), "A 列“日期”", "“下周一” 不是日期", "11月23日"),
    (shift(12), "A 列“日期”", "不是日期", "2026-11-23"),
    (shift(None), "A 列“日期”", "“空白” 不是日期", "2026-11-23"),
    (shift("11月23日", "中班"), "B 列“班次”", "没有班次 “中班”", "白班、夜班"),
    (("11月23日", None, "25:00", "8:00", *ALL), "C 列“开始”", "“25:00” 超过 24 时", "24:00"),
    (("11月23日", None, "8:70", "20:00", *ALL), "C 列“开始”", "不是钟点", "08:00"),
    (("11月23日", None, "8:00", None, *ALL), "D 列“结束”", "“空白” 不是钟点", "次日08:00"),
    (("11月23日", None, "8:00", "次日9:00", *ALL), "D 列“结束”", "25 小时", "不超过 24 小时"),
    (shift("11月23日", people=("", "", "", "")), "A 列“日期”", "一个人也没有写", "删去这一行"),
    (shift("11月23日", people=("=1+1", "", "", "")), "E 列“值班员”", "公式没有计算结果", "数值"),
    (shift("11月23日", people=("138001", "", "", "")), "E 列“值班员”", "不是姓名", "1 到 20"),
]


@pytest.mark.parametrize(("row", "column", "wrong", "remedy"), REFUSED)
def test_a_bad_cell_is_named_and_the_good_row_beside_it_is_taken(
    row: tuple[Any, ...], column: str, wrong: str, remedy: str
) -> None:
    draft = read(book(shift("11月24日"), row, shift("11月25日")))
    refusal = draft.refusals[0]
    assert (refusal.where.sheet, refusal.where.row) == ("排班", 3)
    assert refusal.where.column == column
    assert wrong in refusal.wrong
    assert remedy in refusal.remedy
    taken = {one.starts_at.day for one in draft.shifts}
    assert {24, 25} <= taken


def test_a_shift_written_twice_is_taken_once() -> None:
    draft = read(book(shift("11月23日"), shift("2026-11-23")))
    assert len(draft.shifts) == 4
    assert [one.words for one in draft.refusals] == [
        "排班 第 3 行 A 列“日期”：与第 2 行是同一班次；删去重复的一行，几个人可写在同一格，用、分开"
    ]


def test_several_people_stand_in_one_cell_or_in_columns_of_their_own() -> None:
    heads = ("日期", "班次", "值班员1", "值班员2", "带班领导")
    draft = read(book(("11月23日", "白班", "值班员甲、值班员乙", "王 五", "领导甲"), heads=heads))
    assert [one.name for one in draft.shifts] == ["值班员甲", "值班员乙", "王五", "领导甲"]


def test_a_list_of_one_person_a_row_serves_as_well() -> None:
    heads = ("日期", "班次", "岗位", "姓名")
    draft = read(
        book(
            ("11月23日", "白班", "值班员", "值班员甲"),
            ("11月23日", "白班", "值班员", "值班员乙"),
            ("11月23日", "白班", "带班领导", "领导甲"),
            ("11月23日", "白班", "司机", "领导乙"),
            heads=heads,
        )
    )
    assert [(one.post, one.name) for one in draft.shifts] == [
        (Post.OFFICER, "值班员甲"),
        (Post.OFFICER, "值班员乙"),
        (Post.LEADER, "领导甲"),
    ]
    assert "没有岗位 “司机”" in draft.refusals[0].wrong


def test_merged_cells_hold_for_all_the_rows_they_cover() -> None:
    rows = [
        ("11月23日", "白班", None, None, *ALL),
        (None, "夜班", None, None, "值班员乙", "副班乙", "班长乙", None),
    ]
    draft = read(book(*rows, merge=("A2:A3", "H2:H3")))
    assert draft.refusals == []
    leaders = [one for one in draft.shifts if one.post is Post.LEADER]
    assert [(one.name, one.starts_at) for one in leaders] == [
        ("领导甲", MONDAY),
        ("领导甲", MONDAY + HALF_DAY),
    ]


def test_a_title_above_empty_rows_between_and_a_strange_column_do_no_harm() -> None:
    heads = (*HEADS, "备注")
    data = book(
        (*shift("11月23日"), "早到"),
        (None,) * 9,
        ("  ",) * 9,
        shift("11月24日"),
        heads=heads,
        titles=("市应急指挥中心值班表", "2026年11月"),
    )
    draft = read(data)
    assert (len(draft.shifts), draft.refusals) == (8, [])
    assert draft.notes == ["“排班”I 列“备注”不认识，未读"]


def test_a_file_without_our_headings_says_what_they_are() -> None:
    with pytest.raises(BadCell) as refused:
        read(book(("甲", "乙"), heads=("谁", "何时"), people=()))
    assert "没有找到排班表或人员表的表头" in str(refused.value)
    assert "日期、班次" in str(refused.value)
    assert "模板" in str(refused.value)


PEOPLE_REFUSED = [
    (("新人", "", "", "1380000000", "", ""), "D 列“手机”", "10 位数字", "11 位"),
    (("新人", "", "内线", "", "", ""), "C 列“办公电话”", "不是电话号码", "0518"),
    (("新人", "", "", "", "no-at.cn", ""), "E 列“邮箱”", "不是邮箱地址", "应如"),
    (("新人", "", "", "", "a@b.cn\nBcc: x@y.cn", ""), "E 列“邮箱”", "不是邮箱地址", "应如"),
    (("新人", "消仿", "", "13800000099", "", ""), "B 列“单位”", "没有单位", "是否想写“消防”"),
    (("新人", "", "", "", "", ""), "A 列“姓名”", "没有任何联系方式", "至少填一项"),
    (("值班员甲", "", "", "13800000098", "", ""), "A 列“姓名”", "号码或单位不同", "加单位区分"),
    (("", "", "", "13800000098", "", ""), "A 列“姓名”", "没有姓名", "请填写"),
]


@pytest.mark.parametrize(("row", "column", "wrong", "remedy"), PEOPLE_REFUSED)
def test_a_person_who_cannot_be_taken_is_named_and_the_others_are_taken(
    row: tuple[Any, ...], column: str, wrong: str, remedy: str
) -> None:
    draft = read(book(shift("11月23日"), people=(*PEOPLE, row)))
    refusal = draft.refusals[0]
    assert (refusal.where.sheet, refusal.where.row) == ("人员", len(PEOPLE) + 2)
    assert refusal.where.column == column
    assert wrong in refusal.wrong
    assert remedy in refusal.remedy
    assert len(draft.people) == len(PEOPLE)


def test_a_refusal_does_not_repeat_a_persons_number() -> None:
    draft = read(book(shift("11月23日"), people=(("新人", "", "", "138123456789", "", ""),)))
    assert "138123456789" not in str(draft.refusals)


def test_the_dial_code_and_the_blanks_of_a_number_are_understood() -> None:
    people = (("新人", "消防", "(0518) 8580-0000", "+86 138-0000-0001", "", ""),)
    one = read(book(shift("11月23日"), people=people)).people[0].person
    assert (one.mobile, one.agency_id) == ("13800000001", "fire")


@pytest.mark.parametrize(
    ("telephone", "mobile"),
    [
        (85800000.0, 13800000001.0),
        ("85800000.0", "13800000001.0"),
        ("'85800000", "'13800000001"),
        ("85800000", "138\uff10\uff10\uff10\uff10—0001"),
    ],
)
def test_numbers_are_read_however_a_program_has_kept_them(telephone: Any, mobile: Any) -> None:
    people = (("新人", "", telephone, mobile, "", ""),)
    one = read(book(shift("11月23日"), people=people)).people[0].person
    assert (one.telephone, one.mobile) == ("85800000", "13800000001")


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "文件是空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧版 .xls"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "设有打开密码",
        ),
        ("日期,班次\n11月23日,白班".encode(), "不是 Excel 工作簿"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "不是 Excel 工作簿"),
        (b"PK\x03\x04" + bytes(100), "已损坏"),
        (bytes(5_000_001), "超过 5 MB"),
    ],
)
def test_what_is_no_workbook_says_what_it_is(data: bytes, wrong: str) -> None:
    """D17: neither a program nor a page nor what is too long."""
    with pytest.raises(BadCell, match=wrong):
        read(data)


def _zip(**parts: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def test_a_file_that_unpacks_to_a_thousand_times_its_size_is_not_unpacked() -> None:
    """D17"""
    bomb = _zip(**{"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": bytes(70_000_000)})
    assert len(bomb) < 100_000
    with pytest.raises(BadCell, match="展开后 70 MB"):
        read(bomb)


def test_entities_that_multiply_are_not_followed() -> None:
    """D17"""
    laughs = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    with pytest.raises(BadCell, match="已损坏"):
        read(_zip(**{"xl/workbook.xml": laughs, "xl/_rels/workbook.xml.rels": laughs}))


@pytest.mark.parametrize("kept", range(0, 100, 7))
def test_a_file_cut_off_anywhere_is_refused_in_words(kept: int) -> None:
    whole = book(shift("11月23日"))
    with pytest.raises(BadCell):
        read(whole[: len(whole) * kept // 100])


def test_a_formula_counts_with_its_result_and_not_without() -> None:
    out = BytesIO()
    workbook = load_workbook(BytesIO(book(shift("11月23日"))))
    workbook["排班"]["A3"] = "=A2+1"
    workbook["排班"]["B3"] = "白班"
    workbook.save(out)
    refusal = read(out.getvalue()).refusals[0]
    assert refusal.words.startswith("排班 第 3 行 A 列“日期”：公式没有计算结果")
    with zipfile.ZipFile(BytesIO(out.getvalue())) as parts:
        held = {name: parts.read(name) for name in parts.namelist()}
    sheet = held["xl/worksheets/sheet1.xml"]
    held["xl/worksheets/sheet1.xml"] = re.sub(
        rb"(A2\+1</f>)(?:<v ?/>|<v></v>)", rb"\1<v>46350</v>", sheet
    )
    assert held["xl/worksheets/sheet1.xml"] != sheet
    draft = read(_zip(**held))
    assert [one for one in draft.refusals if "公式" in one.wrong] == []


def test_a_hundred_thousand_rows_are_answered_in_seconds() -> None:
    with zipfile.ZipFile(BytesIO(book(shift("11月23日"), people=()))) as parts:
        held = {name: parts.read(name) for name in parts.namelist()}
    sheet = held["xl/worksheets/sheet1.xml"]
    row = sheet[sheet.index(b'<row r="2"') : sheet.index(b"</sheetData>")]
    many = (re.sub(rb'(r="[A-Z]*)2"', rb'\g<1>%d"' % n, row) for n in range(2, 100_002))
    held["xl/worksheets/sheet1.xml"] = sheet.replace(row, b"".join(many))
    data = _zip(**held)
    with not_for_ever():
        draft = read(data)
    assert any("从这一行起没有读" in one.wrong for one in draft.refusals)
    assert len(draft.shifts) == 4


def test_the_form_that_is_handed_out_can_be_filled_in_and_read() -> None:
    workbook = load_workbook(BytesIO(empty_form(RULES, TODAY)))
    roster: Any = workbook["排班"]
    assert (roster["A2"].value, roster["B2"].value) == ("2026-11-22 周日", "白班")
    for place, name in enumerate(ALL, start=5):
        roster.cell(3, place, name)
    people: Any = workbook["人员"]
    assert tuple(cell.value for cell in people[1]) == PEOPLE_HEADS
    people.append(["值班员甲", "", "", "13800000001", "", ""])
    out = BytesIO()
    workbook.save(out)
    draft = read(out.getvalue())
    assert [one.name for one in draft.shifts] == list(ALL)
    assert draft.shifts[0].starts_at == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert [one.person.name for one in draft.people] == ["值班员甲"]
