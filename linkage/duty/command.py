"""`python -m linkage roster template | import | show`: the duty roster by hand."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from linkage.beijing import BEIJING
from linkage.duty.cells import BadCell
from linkage.duty.coverage import span_words
from linkage.duty.edit import preview, take_import
from linkage.duty.listing import empty_shifts, is_empty, shifts
from linkage.duty.propose import Proposal
from linkage.duty.read_roster import read_roster
from linkage.duty.rules import DutyRules, load_duty
from linkage.duty.template import empty_form
from linkage.errors import NotAllowed, Raced
from linkage.people import Actor
from linkage.record import Record
from linkage.response.agencies import load_agencies
from linkage.settings import Settings
from linkage.vocabulary import Role

DONE, REFUSED, UNABLE = 0, 1, 2
_SHOWN = 50


def add_options(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="动作")
    form = acts.add_parser("template", help="写出一份空白班表")
    form.add_argument("file", type=Path, metavar="文件.xlsx")
    take = acts.add_parser("import", help="导入班表：先列出预览，加 --yes 才写入")
    take.add_argument("file", type=Path, metavar="文件.xlsx")
    take.add_argument("--yes", action="store_true", help="按预览写入")
    take.add_argument("--first", action="store_true", help="已有班表就什么也不做")
    take.add_argument("--by", default="班表管理", metavar="姓名", help="记入处置记录的操作人")
    show = acts.add_parser("show", help="列出今后的班次和空班")
    show.add_argument("--days", type=int, default=7, metavar="天数")


def run(settings: Settings, record: Record, asked: argparse.Namespace) -> int:
    rules = load_duty(settings.tables / "duty.toml")
    act: dict[str, Callable[[], int]] = {
        "template": lambda: _template(rules, asked.file),
        "import": lambda: _import(settings, record, rules, asked),
        "show": lambda: _show(record, rules, asked.days),
    }
    return act[asked.act]()


def _template(rules: DutyRules, file: Path) -> int:
    file.write_bytes(empty_form(rules, datetime.now(BEIJING).date()))
    print(f"空白班表已写到 {file}；填好后：python -m linkage roster import {file}")
    return DONE


def _import(settings: Settings, record: Record, rules: DutyRules, asked: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    with record.read() as cx:
        if asked.first and not is_empty(cx):
            print("已有班表，没有导入。")
            return DONE
    agencies = load_agencies(settings.tables / "agencies.toml")
    names = {one.id: one.name for one in agencies.values()}
    try:
        draft = read_roster(asked.file.read_bytes(), rules, names, now.astimezone(BEIJING).date())
    except BadCell as why:
        print(f"{asked.file.name}：{why}。", file=sys.stderr)
        return UNABLE
    found = preview(record, draft, rules, now)
    print_proposal(found)
    if not found.changes_something or not asked.yes:
        if found.changes_something:
            print("以上为预览，没有写入；确认无误后加 --yes 写入。")
        return REFUSED if found.refusals else DONE
    actor = Actor(asked.by, Role.DUTY_CHIEF)
    try:
        take_import(record, actor, draft, found.digest, rules)
    except (NotAllowed, Raced) as why:
        print(str(why), file=sys.stderr)
        return REFUSED
    print("已写入。")
    return REFUSED if found.refusals else DONE


def print_proposal(found: Proposal) -> None:
    new, changed = len(found.new_people), len(found.changed)
    print(f"人员：新增 {new} 名，更新 {changed} 名。")
    print(
        f"班次：新增 {len(found.add)}，移去 {len(found.remove)}，"
        f"与现有相同 {found.same}，已过去不导入 {found.past}。"
    )
    for mark, listed in (("+", found.add), ("-", found.remove)):
        for one in listed[:_SHOWN]:
            hours = span_words(one.starts_at, one.ends_at)
            print(f"  {mark} {hours}  {one.post.label}  {one.person.name}")
        if len(listed) > _SHOWN:
            print(f"  {mark} …… 另有 {len(listed) - _SHOWN} 班次")
    for note in found.notes:
        print(f"  · {note}")
    for refusal in found.refusals[:_SHOWN]:
        print(f"  ✗ {refusal.words}")
    if len(found.refusals) > _SHOWN:
        print(f"  ✗ …… 另有 {len(found.refusals) - _SHOWN} 处")


def _show(record: Record, rules: DutyRules, days: int) -> int:
    now = datetime.now(UTC)
    with record.read() as cx:
        listed = shifts(cx, now, now + timedelta(days=days))
        empty = empty_shifts(cx, rules, now)
    for one in listed:
        on = "当班" if one.starts_at <= now else "    "
        print(f"{on} {span_words(one.starts_at, one.ends_at)}  {one.post.label}  {one.person.name}")
    if not listed:
        print("今后没有班次；先写一份空白班表：python -m linkage roster template 班表.xlsx")
    for gap in empty:
        print(f"空班 {gap.words}")
    return REFUSED if empty else DONE
