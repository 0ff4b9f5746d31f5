"""The duty room's roster of the demonstration, written as an Excel file like anybody's."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import msgspec

from linkage.duty.rules import DutyRules
from linkage.duty.template import Line, workbook
from linkage.response_vocabulary import Post


class _Team(msgspec.Struct, forbid_unknown_fields=True):
    officer: str
    deputy: str
    chief: str
    leader: str


class _Roster(msgspec.Struct, forbid_unknown_fields=True):
    """data/demo/roster.toml explains the fields."""

    days: int
    team: list[_Team]


def demo_roster(demo: Path, rules: DutyRules, today: date) -> bytes:
    """From yesterday on, so that somebody is on duty before eight in the morning too."""
    raw = tomllib.loads((demo / "roster.toml").read_text(encoding="utf-8"))
    found = msgspec.convert(raw, _Roster)
    lines: list[Line] = []
    for day in range(found.days):
        for number, shift in enumerate(rules.shifts):
            turn = (today.toordinal() + day) * len(rules.shifts) + number
            team = found.team[turn % len(found.team)]
            posts = {post: [getattr(team, post.value)] for post in Post}
            lines.append((today + timedelta(days=day - 1), shift.name, posts))
    names = [getattr(team, post.value) for post in Post for team in found.team]
    people = [
        (name, "", f"0518-000002{n:02d}", "", f"duty-{n:02d}@example.invalid", f"duty-{n:02d}")
        for n, name in enumerate(names, start=1)
    ]
    return workbook(lines, people, rules)
