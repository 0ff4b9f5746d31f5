"""Who may do what, whole: every action × role × department, and that every write asks first."""

import ast
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import permutations, product
from pathlib import Path

import pytest

from linkage.actions import Action
from linkage.errors import NotAllowed, NotPermitted
from linkage.paper.prints import Form, Names, print_incident, print_orders
from linkage.people import HOME, MAY, SEES, Actor, permit
from linkage.record import Record
from linkage.vocabulary import Role
from tests.builders import alert
from tests.desk import AGENCIES, issue, order
from tests.onrecord import put_incident
from tests.timekeeping import CLOCKS

LINKAGE = Path(__file__).parents[1] / "linkage"
# A department's officer acts for one department; for all others the answer is the role's.
OF_A_DEPARTMENT = [action for action in Action if Role.AGENCY_OFFICER in MAY[action]]
# The functions that ask; each raises NotPermitted.
ASKS = {"permit", "may_grant"}
# Writes of a refusal, in the name of who was refused.
NOTES_ONLY = {"note_refused"}


def test_every_role_does_what_the_table_gives_it_and_is_told_who_does_the_rest() -> None:
    """D06"""
    for action, role in product(Action, Role):
        agency = "fire" if role is Role.AGENCY_OFFICER else None
        actor = Actor("某", role, agency)
        if role in MAY[action]:
            permit(actor, action, agency)
            continue
        with pytest.raises(NotPermitted) as why:
            permit(actor, action, agency)
        said = str(why.value)
        assert f"“{action.label}”" in said, (action, role)
        assert f"某（{role.label}）" in said
        assert all(may.label in said for may in MAY[action]), "it names who may"
        assert not any(c.isascii() and c.isalpha() for c in said), said


def test_every_department_of_nineteen_is_refused_at_the_other_eighteen() -> None:
    """D05: and at what is nobody's; tests/test_own_answers.py tries the writes themselves."""
    assert len(AGENCIES) == 19
    assert set(OF_A_DEPARTMENT) == {
        *(Action.FEEDBACK, Action.ASK_NEED, Action.OFFER_NEED, Action.MOVE_NEED),
        *(Action.ANSWER_ROLL, Action.PRINT, Action.SET_PASSWORD, Action.SET_SECOND_FACTOR),
    }
    for action, (own, other) in product(OF_A_DEPARTMENT, permutations(AGENCIES, 2)):
        officer = Actor("某", Role.AGENCY_OFFICER, own)
        permit(officer, action, own)
        for whose in (other, None):
            with pytest.raises(NotPermitted, match="只能处理本单位"):
                permit(officer, action, whose)


def test_the_wall_and_the_administrators_do_nothing_of_the_desk() -> None:
    """D06: the three keep apart from the work, and from each other."""
    own = {Action.SET_PASSWORD, Action.SET_SECOND_FACTOR}
    of = {role: {a for a in Action if role in MAY[a]} - own for role in Role}
    assert of[Role.WALL] == set()
    system, security, audit = of[Role.SYSTEM_ADMIN], of[Role.SECURITY_ADMIN], of[Role.AUDIT_ADMIN]
    assert not system & audit
    assert not security & audit
    assert system & security == {Action.GRANT_ROLE, Action.INVITE}, "the first day only"
    desk = of[Role.DUTY_OFFICER] | of[Role.DUTY_CHIEF] | of[Role.COMMANDER]
    assert not desk & (system | security | audit)


def test_every_role_has_a_first_page_that_it_sees() -> None:
    assert set(HOME) == set(Role)
    assert all(role in SEES[view] for role, view in HOME.items())


def test_a_department_prints_its_own_orders_and_not_one_of_the_others(
    fresh_sqlite: Callable[[], Record], now: datetime
) -> None:
    """D05: nineteen sheets, none with a line of the other eighteen; no sheet of the incident."""
    record, names = fresh_sqlite(), Names({}, AGENCIES, CLOCKS)
    incident = put_incident(record, alert())
    told = {agency: f"只给{number:02}号单位的任务" for number, agency in enumerate(AGENCIES, 1)}
    orders = [order(agency, task=told[agency]) for agency in AGENCIES]
    issue(record, incident, *orders, at=now)
    for own in AGENCIES:
        officer = Actor("某", Role.AGENCY_OFFICER, own)
        paper = print_orders(record, officer, Form.HTML, names, at=now).content.decode()
        assert [agency for agency, task in told.items() if task in paper] == [own]
        with pytest.raises(NotAllowed, match="指挥中心"):
            print_incident(record, officer, incident, Form.HTML, names, at=now)
    record.close()


# Every write asks first


def parsed() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(LINKAGE.rglob("*.py")):
        yield path, ast.parse(path.read_text())


def called(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            function = each.func
            if isinstance(function, ast.Name):
                yield function.id, each
            elif isinstance(function, ast.Attribute):
                yield function.attr, each


def functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}


def reach(function: ast.FunctionDef, own: dict[str, ast.FunctionDef]) -> list[ast.FunctionDef]:
    """The function and those of its module that it calls, at any remove."""
    found, ask = [function], [function]
    while ask:
        for name, _ in called(ask.pop()):
            if name in own and own[name] not in found:
                found.append(own[name])
                ask.append(own[name])
    return found


def takes(function: ast.FunctionDef, kind: str) -> str:
    """The name of its parameter of such a kind; "" where it has none."""
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    for each in every:
        if isinstance(each.annotation, ast.Name) and each.annotation.id == kind:
            return each.arg
    return ""


def test_whoever_writes_for_a_person_asks_whether_they_may() -> None:
    """D06: each public function that takes a record and an actor, and writes."""
    found, unasked = [], []
    for path, tree in parsed():
        own = functions(tree)
        for function in own.values():
            if function.name.startswith("_") or not takes(function, "Actor"):
                continue
            if not takes(function, "Record"):
                continue
            names = [name for each in reach(function, own) for name, _ in called(each)]
            if "write" not in names:
                continue
            if function.name in NOTES_ONLY:
                continue
            where = f"{path.relative_to(LINKAGE)}:{function.name}"
            found.append(where)
            if not ASKS & set(names):
                unasked.append(where)
    assert len(found) > 60, "the search has lost its way"
    assert unasked == []


def test_every_action_is_asked_for_somewhere() -> None:
    """A row of the table that no write looks at would promise what nobody keeps."""
    asked: set[str] = set()
    for _, tree in parsed():
        for name, call in called(tree):
            if name in ASKS:
                asked |= {
                    each.attr
                    for given in call.args
                    for each in ast.walk(given)
                    if isinstance(each, ast.Attribute)
                }
            if name in ASKS and any("action_of" in ast.dump(given) for given in call.args):
                asked.add("RELOAD")  # linkage/intake/errands.py: the errand says which
    assert {action.name for action in Action} - asked == set()
