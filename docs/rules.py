"""Write docs/rules.md: every state, move, clock, limit, level, permission and means, and every
rule table, from the code and the TOML files themselves. Usage: python docs/rules.py
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from linkage import response_vocabulary, vocabulary  # noqa: E402
from linkage.actions import Action  # noqa: E402
from linkage.clocks.clock import THE_AGENCY, Clock, Clocks  # noqa: E402
from linkage.clocks.rule_file import read_clocks  # noqa: E402
from linkage.desk import progress  # noqa: E402
from linkage.people import MAY  # noqa: E402
from linkage.plan.declaring import due_command, first_command  # noqa: E402
from linkage.response import moves, need_moves  # noqa: E402
from linkage.response.agencies import load_agencies  # noqa: E402
from linkage.response_vocabulary import Post  # noqa: E402
from linkage.vocabulary import RESPONSE_LEVELS, Labelled, Role  # noqa: E402
from linkage.warnings import public  # noqa: E402

DATA = HERE.parent / "data"
HEAD = """\
# Rules

Every state, move, clock, limit, level, permission and means of the joint response, as the program
has them. Written by `python docs/rules.py` from the code and from `data/`; a test holds it there.
Codes stand beside their Chinese labels; what each file may say is explained at its head.
"""
# What changes by a table of moves: its title, the table, where it stands.
MOVES: tuple[tuple[str, Mapping[Any, Iterable[Any]], str], ...] = (
    ("联动任务", moves.NEXT, "linkage/response/moves.py"),
    ("事件", progress.NEXT, "linkage/desk/progress.py"),
    ("需求", need_moves.NEXT, "linkage/response/need_moves.py"),
    ("对外预警", public.NEXT, "linkage/warnings/public.py"),
)
# Rule tables that are shown entry by entry. What has sections of its own above is not repeated.
FILES = (
    "run_cards.toml",
    "grading.toml",
    "report_limits.toml",
    "warning_responses.toml",
    "public_warnings.toml",
    "duty.toml",
    "unit_states.toml",
    "coverage.toml",
    "folding.toml",
    "claims.toml",
    "exercise.toml",
)
# Words for people, not rules; they would fill the page.
LEFT_OUT = frozenset({"tasks", "task", "template", "sentence", "note"})


def page() -> str:
    agencies = load_agencies(DATA / "agencies.toml")
    parts: list[str] = [HEAD]
    parts += _section("States", _states())
    for title, table, where in MOVES:
        parts += _section(f"Moves: {title}", _moves(table, where))
    parts += _section("Clocks", _clocks(read_clocks(DATA, agencies)))
    parts += _section("Response levels", _levels())
    parts += _section("Permissions", _permissions())
    parts += _section("Means", _means())
    for file in FILES:
        parts += _section(f"`data/{file}`", _file(DATA / file))
    return "\n".join(parts).rstrip() + "\n"


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in row)} |"


def _label(code: StrEnum) -> str:
    return f"{getattr(code, 'label', code)} `{code.value}`"


def _states() -> Iterator[str]:
    """Every enumeration of a state, with its codes in the order of life."""
    rows = [
        (f"`{name}`", "、".join(_label(code) for code in thing))
        for module in (vocabulary, response_vocabulary)
        for name, thing in sorted(vars(module).items())
        if isinstance(thing, type)
        and issubclass(thing, Labelled)
        and thing is not Labelled
        and thing.__module__ == module.__name__
        and name.endswith("Status")
    ]
    yield from _table(("what", "states"), rows)


def _moves(table: Mapping[Any, Iterable[Any]], where: str) -> Iterator[str]:
    yield f"From `{where}`; whatever is not here is refused."
    yield ""
    rows = []
    for now, after in table.items():
        order = [code for code in type(now) if code in set(after)]
        rows.append((_label(now), "、".join(code.label for code in order) or "（终态）"))
    yield from _table(("from", "to"), rows)
    yield ""
    yield "```"
    yield from _diagram(table)
    yield "```"


def _diagram(table: Mapping[Any, Iterable[Any]]) -> Iterator[str]:
    """The main way as a line, then what leaves it."""
    codes = list(type(next(iter(table))))
    ways = {now: set(after) for now, after in table.items()}
    line = [codes[0]]
    while onward := [c for c in codes if c in ways.get(line[-1], ()) and c not in line]:
        later = [c for c in onward if codes.index(c) > codes.index(line[-1])]
        if not later or not ways.get(later[0]):
            line += later[:1]
            break
        line.append(later[0])
    yield " → ".join(code.label for code in line)
    for now in codes:
        aside = [c for c in codes if c in ways.get(now, ()) and c not in line]
        if aside:
            yield f"{now.label} ⇢ {'、'.join(c.label for c in aside)}"


def _clocks(clocks: Clocks) -> Iterator[str]:
    heads = ("id", "about", "waits for", "in state", "begins", "limit", "owner", "ladder", "basis")
    yield from _table(heads, [_clock(rule) for rule in clocks.by_id.values()])
    yield ""
    yield "States without a clock:"
    yield ""
    rows = [(one.about.label, f"`{one.state}`", one.why) for one in clocks.without]
    yield from _table(("about", "state", "why"), rows)


def _clock(rule: Clock) -> tuple[str, ...]:
    limit = f"`{rule.due}`" if rule.due else ""
    if rule.limit is not None:
        limit = f"{limit} or {rule.limit}" if limit else str(rule.limit)
    rungs = [f"+{rung.after} {'、'.join(Post(p).label for p in rung.to)}" for rung in rule.ladder]
    if rule.repeat:
        rungs.append(f"每 {rule.repeat} 再催")
    owner = "联动单位" if rule.owner == THE_AGENCY else Post(rule.owner).label
    where = "；".join(f"{name} {'、'.join(map(str, v))}" for name, v in rule.where.items())
    states = "、".join(f"`{state}`" for state in sorted(rule.states))
    return (
        f"`{rule.id}`",
        rule.about.label,
        rule.awaits,
        f"{states}{f'（{where}）' if where else ''}",
        f"`{rule.begins}`",
        limit,
        owner,
        "；".join(rungs) or "只在屏幕提醒",
        rule.basis,
    )


def _levels() -> Iterator[str]:
    rows = [
        (label, first_command(level).label, due_command(level).label)
        for level, label in RESPONSE_LEVELS.items()
    ]
    yield from _table(("level", "who commands at the start", "who is to command"), rows)


def _permissions() -> Iterator[str]:
    """An officer of an agency acts on the agency's own assignments only."""
    yield "From `linkage/people.py`. 部门值班员 act on the assignments of their own agency only."
    yield ""
    roles = list(Role)
    rows = [
        (_label(action), *("●" if role in MAY.get(action, ()) else "" for role in roles))
        for action in Action
    ]
    yield from _table(("act", *(role.label for role in roles)), rows)


def _means() -> Iterator[str]:
    yield "Beside MQTT, which carries every order at once. From `data/agencies.toml`."
    yield ""
    raw = tomllib.loads((DATA / "agencies.toml").read_text("utf-8"))
    yield from _rows(raw["means"])
    yield ""
    signing = "，".join(f"{role} {seconds} 秒" for role, seconds in raw["acknowledge_s"].items())
    yield f"签收时限：{signing}。"
    own = [entry for entry in raw["agency"] if {"means", "acknowledge_s"} & set(entry)]
    for entry in own:
        said = {key: entry[key] for key in ("means", "acknowledge_s") if key in entry}
        yield f"- {entry['name']}：{_cell(said)}"


def _file(path: Path) -> Iterator[str]:
    raw = tomllib.loads(path.read_text("utf-8"))
    plain = {k: v for k, v in raw.items() if not isinstance(v, dict | list)}
    for name, value in plain.items():
        yield f"- `{name}` = {_cell(value)}"
    if plain:
        yield ""
    for name, value in raw.items():
        if name in plain or name in LEFT_OUT:
            continue
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"`[[{name}]]`"
            yield ""
            yield from _rows(value)
        else:
            yield f"`{name}`"
            yield ""
            yield from _pairs(value)
        yield ""


def _rows(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    keys = [k for k in dict.fromkeys(k for one in entries for k in one) if k not in LEFT_OUT]
    rows = [tuple(_cell(one[k]) if k in one else "" for k in keys) for one in entries]
    yield from _table(keys, rows)


def _pairs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        rows = [(name, _cell(said)) for name, said in value.items() if name not in LEFT_OUT]
        yield from _table(("item", "value"), rows)
    else:
        yield _cell(value)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        kept = {name: said for name, said in value.items() if name not in LEFT_OUT}
        return "；".join(f"{name} {_cell(said)}" for name, said in kept.items())
    if isinstance(value, list):
        deep = any(isinstance(one, dict | list) for one in value)
        return (" / " if deep else "、").join(map(_cell, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


if __name__ == "__main__":
    (HERE / "rules.md").write_text(page(), encoding="utf-8")
