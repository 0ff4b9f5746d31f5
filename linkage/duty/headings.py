"""What the columns of a roster may be called, and which row of a sheet names them. Pure."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

from linkage.duty.cells import words
from linkage.duty.workbook import Row, Sheet, letter
from linkage.response_vocabulary import Post

DATE, SHIFT, START, END, POST, NAME = "日期", "班次", "开始", "结束", "岗位", "姓名"
UNIT, TELEPHONE, MOBILE, EMAIL, WEBHOOK = "单位", "办公电话", "手机", "邮箱", "政务微信"
PEOPLE_COLUMNS = (NAME, UNIT, TELEPHONE, MOBILE, EMAIL, WEBHOOK)
ROSTER_COLUMNS = (DATE, SHIFT, START, END, *(post.label for post in Post))
_ALSO = {
    DATE: ("值班日期", "时间", "年月日"),
    SHIFT: ("班别", "时段", "值班时段", "班"),
    START: ("开始时间", "上班", "上班时间", "起", "开始时刻"),
    END: ("结束时间", "下班", "下班时间", "止", "结束时刻"),
    POST: ("值班岗位", "职务", "角色"),
    NAME: ("名字", "人员", "值班人员姓名"),
    UNIT: ("所在单位", "部门", "工作单位"),
    TELEPHONE: ("电话", "座机", "固定电话", "值班电话"),
    MOBILE: ("手机号", "手机号码", "移动电话", "联系电话", "联系方式"),
    EMAIL: ("电子邮箱", "电子邮件", "邮件", "Email", "E-mail"),
    WEBHOOK: ("政务微信账号", "企业微信", "微信"),
    Post.OFFICER.label: ("值班员", "值班人员", "值守人员", "值班"),
    Post.DEPUTY.label: ("副班长", "副值班", "副班"),
    Post.CHIEF.label: ("值班长", "班长", "主班"),
    Post.LEADER.label: ("值班领导", "带班", "带班人", "带班领导同志"),
}
_FIELDS = {name.upper(): field for field, also in _ALSO.items() for name in (field, *also)}
BY_LABEL = {post.label: post for post in Post}
# Above the heading stand a title, a unit, a month.
_LOOK_IN = 15


class Column(msgspec.Struct, frozen=True):
    """`heading`: as it is written there. `field`: None where nobody knows it."""

    place: int
    heading: str
    field: str | None

    @property
    def words(self) -> str:
        return f"{letter(self.place)} 列“{self.heading}”"


class Headed(msgspec.Struct, frozen=True):
    """A sheet whose columns are known. `rows`: those under the heading."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    cut_at: int | None

    def of(self, *fields: str) -> list[Column]:
        return [one for one in self.columns if one.field in fields]

    @property
    def unknown(self) -> list[Column]:
        return [one for one in self.columns if one.field is None]


def head(sheet: Sheet) -> Headed | None:
    """None where no row names two columns that we know."""
    for place, row in enumerate(sheet.rows[:_LOOK_IN]):
        columns = tuple(
            Column(at, words(cell), field_of(words(cell)))
            for at, cell in enumerate(row.cells)
            if words(cell)
        )
        if len({one.field for one in columns} - {None}) > 1:
            return Headed(sheet.name, columns, sheet.rows[place + 1 :], sheet.cut_at)
    return None


def field_of(heading: str) -> str | None:
    """值班员1 and 值班员（二） are 值班员: a post may have several columns."""
    plain = re.sub(r"[\s*:]|\(.*?\)", "", heading).upper()
    return _FIELDS.get(plain) or _FIELDS.get(re.sub(r"[\d一二三四五]+$", "", plain))


def post_of(text: str) -> Post | None:
    field = field_of(text)
    return BY_LABEL.get(field or "") or next((p for p in Post if p.value == text.lower()), None)


def is_roster(sheet: Headed) -> bool:
    return bool(sheet.of(DATE)) and bool(sheet.of(*BY_LABEL) or sheet.of(POST))


def is_people(sheet: Headed) -> bool:
    return bool(sheet.of(NAME)) and bool(sheet.of(TELEPHONE, MOBILE, EMAIL, WEBHOOK))


def nearest(wrong: str, known: Iterable[str]) -> str:
    """，是否想写 …; empty where nothing is near."""
    near = get_close_matches(wrong, list(known), n=1, cutoff=0.5)
    return f"，是否想写“{near[0]}”" if near else ""
