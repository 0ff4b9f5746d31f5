"""data/duty.toml, read and checked: shifts, posts, hand-over, roll call, contacts. Pure."""

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

import msgspec

from linkage.beijing import BEIJING
from linkage.duty.people import Person, Standing
from linkage.errors import BadConfig
from linkage.response_vocabulary import Post
from linkage.toml_file import only_keys, read_toml, shaped, tables_of

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class ShiftTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`start` and `end` as on the clock of the duty room; an end not after the start is of the
    next day."""

    name: str
    start: str
    end: str
    basis: str

    def span(self, day: date) -> tuple[datetime, datetime]:
        return span_of(day, time.fromisoformat(self.start), time.fromisoformat(self.end))


class Posts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    must_be_filled: tuple[Post, ...]
    basis: str


class Ahead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    days: int
    basis: str

    @property
    def span(self) -> timedelta:
        return timedelta(days=self.days)


class HandoverTimes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`grace_min`: unsigned so long after the change it alarms. `early_min`: the sheet may be
    drawn up so long before."""

    grace_min: int
    early_min: int
    basis: str


class RollCallTimes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`weekday` 1 to 7. Called `at` that hour, or up to `catch_up_h` later when we were away."""

    weekday: int
    at: str
    answer_min: int
    catch_up_h: int
    basis: str


class _Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    post: Post
    name: str
    basis: str
    telephone: str = ""
    mobile: str = ""
    email: str = ""
    webhook: str = ""


class DutyRules(msgspec.Struct, frozen=True, kw_only=True):
    shifts: tuple[ShiftTime, ...]
    posts: Posts
    ahead: Ahead
    handover: HandoverTimes
    roll_call: RollCallTimes
    standing: tuple[Standing, ...]


def load_duty(path: Path) -> DutyRules:
    """Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "shift", "posts", "ahead", "handover", "roll_call", "standing")
    found = DutyRules(
        shifts=tuple(
            shaped(path, _named(entry, "shift", number), entry, ShiftTime)
            for number, entry in enumerate(tables_of(path, raw, "shift"), start=1)
        ),
        posts=shaped(path, "[posts]", raw.get("posts", {}), Posts, _posts()),
        ahead=shaped(path, "[ahead]", raw.get("ahead", {}), Ahead),
        handover=shaped(path, "[handover]", raw.get("handover", {}), HandoverTimes),
        roll_call=shaped(path, "[roll_call]", raw.get("roll_call", {}), RollCallTimes),
        standing=tuple(
            _standing(shaped(path, _named(entry, "standing", number), entry, _Contact, _posts()))
            for number, entry in enumerate(raw.get("standing", ()), start=1)
        ),
    )
    _check(path, found)
    return found


def _named(entry: object, table: str, number: int) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    return f'[[{table}]] "{name or f"第{number}项"}"'


def _posts() -> str:
    return f"岗位应为 {'、'.join(Post)}"


def _standing(contact: _Contact) -> Standing:
    ways = {name: getattr(contact, name) for name in ("telephone", "mobile", "email", "webhook")}
    return Standing(post=contact.post, person=Person(id=None, name=contact.name, **ways))


def _check(path: Path, rules: DutyRules) -> None:
    names = [one.name for one in rules.shifts]
    for one in rules.shifts:
        where = f'[[shift]] "{one.name}"'
        if not one.name.strip() or names.count(one.name) > 1:
            raise BadConfig(path.name, where, "班次名称是空的或写了两次", "每个班次一个名称")
        for key in ("start", "end"):
            _clock(path, f"{where} {key}", getattr(one, key))
    _clock(path, "[roll_call] at", rules.roll_call.at)
    whole = (
        ("[roll_call] weekday", rules.roll_call.weekday, 1, 7),
        ("[roll_call] answer_min", rules.roll_call.answer_min, 1, 1440),
        ("[roll_call] catch_up_h", rules.roll_call.catch_up_h, 0, 167),
        ("[ahead] days", rules.ahead.days, 1, 60),
        ("[handover] grace_min", rules.handover.grace_min, 0, 240),
        ("[handover] early_min", rules.handover.early_min, 0, 720),
    )
    for where, number, least, most in whole:
        if not least <= number <= most:
            raise BadConfig(path.name, where, f"是 {number}", f"应在 {least} 到 {most} 之间")
    if not rules.posts.must_be_filled:
        raise BadConfig(path.name, "[posts] must_be_filled", "一个岗位也没有", _posts())


def _clock(path: Path, where: str, said: str) -> None:
    if not _CLOCK.fullmatch(said):
        raise BadConfig(path.name, where, f'"{said}" 不是钟点', '应如 "08:00"，00:00 到 23:59')


def span_of(day: date, start: time, end: time) -> tuple[datetime, datetime]:
    """From `start` of the day to `end`, of the next day where it is not later."""
    begin = datetime.combine(day, start, BEIJING)
    until = datetime.combine(day, end, BEIJING)
    return begin, until if until > begin else until + timedelta(days=1)


def last_roll_call(times: RollCallTimes, now: datetime) -> datetime:
    """When the roll was, or ought to have been, called last before `now`."""
    here = now.astimezone(BEIJING)
    day = here.date() - timedelta(days=(here.isoweekday() - times.weekday) % 7)
    due = datetime.combine(day, time.fromisoformat(times.at), BEIJING)
    return due if due <= here else due - timedelta(days=7)


def roll_call_is_due(times: RollCallTimes, last: datetime | None, now: datetime) -> bool:
    """`last`: when the roll was called last, by schedule or by hand."""
    due = last_roll_call(times, now)
    late = now - due > timedelta(hours=times.catch_up_h)
    return not late and (last is None or last < due)
