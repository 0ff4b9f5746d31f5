"""Who acts, and what each role may do. Checked here, where the write happens, not on the screen."""

from unicodedata import normalize

import msgspec

from linkage.access_vocabulary import View
from linkage.actions import Action
from linkage.errors import NotPermitted
from linkage.vocabulary import Role

_DESK = frozenset({Role.DUTY_OFFICER, Role.DUTY_CHIEF, Role.COMMANDER})
_LEADERS = frozenset({Role.DUTY_CHIEF, Role.COMMANDER})
_AGENCIES = frozenset({Role.AGENCY_OFFICER})
_ANALYSTS = frozenset({Role.ANALYST})
_SYSTEM = frozenset({Role.SYSTEM_ADMIN})
_SECURITY = frozenset({Role.SECURITY_ADMIN})
_AUDIT = frozenset({Role.AUDIT_ADMIN})

# Analysts change nothing: they read and export.
MAY: dict[Action, frozenset[Role]] = {
    Action.CLAIM: _DESK,
    Action.TAKE_OVER: _LEADERS,
    Action.TAKE_STALE: _DESK,  # what its officer has left alone: linkage/desk/claims.py
    Action.RELEASE: _DESK,  # who has it; linkage/desk/incidents.py
    Action.VERIFY: _DESK,
    Action.CONFIRM_GRADE: _DESK,
    Action.PLACE: _DESK,
    Action.NOTE: _DESK,
    Action.CLOSE: _DESK,
    Action.REOPEN: _LEADERS,
    Action.MERGE: _DESK,
    Action.SPLIT: _DESK,
    Action.UNDO: _DESK,
    Action.TAKE_BACK: _DESK,  # one's own last act, for some minutes; linkage/desk/take_back.py
    Action.CONFIRM_LINK: _DESK,
    Action.REFUSE_LINK: _DESK,
    Action.RELATE: _DESK,
    Action.ISSUE: _DESK,
    Action.REISSUE: _DESK,
    Action.CANCEL: _DESK,
    Action.CHASE: _DESK,
    Action.FEEDBACK: _DESK | _AGENCIES,
    Action.EXPORT: _DESK | {Role.ANALYST},
    Action.PRINT: _DESK | _AGENCIES | {Role.ANALYST},  # linkage/paper/prints.py says what
    Action.REDRIVE: _DESK,
    Action.MEND: _LEADERS,  # words are put into a source's mouth
    Action.SET_ASIDE: _DESK,
    Action.TAKE_UP: _DESK,
    Action.RELOAD: _LEADERS,  # decides what every system's words mean
    Action.START_RESPONSE: _DESK,  # nobody waits for a leader while people are in danger
    Action.RAISE_LEVEL: _DESK,
    Action.LOWER_LEVEL: _LEADERS,
    Action.END_RESPONSE: _LEADERS,
    Action.HAND_COMMAND: _LEADERS,
    Action.AMEND_RESPONSE: _DESK,
    Action.ASK_NEED: _DESK | _AGENCIES,
    Action.OFFER_NEED: _DESK | _AGENCIES,
    Action.MOVE_NEED: _DESK | _AGENCIES,
    Action.BOOK_UNIT: _DESK,
    Action.FREE_UNIT: _DESK,
    Action.TELEPHONE: _DESK,
    Action.NOTIFY_AGAIN: _DESK,
    Action.COMPOSE_WARNING: _DESK,
    Action.SUBMIT_WARNING: _DESK,
    Action.APPROVE_WARNING: _LEADERS,  # and never who composed it; linkage/warnings
    Action.RETURN_WARNING: _LEADERS,
    Action.COMPOSE_REPORT: _DESK,
    Action.SUBMIT_REPORT: _DESK,
    Action.SIGN_REPORT: _LEADERS,
    Action.RETURN_REPORT: _LEADERS,
    Action.RESEND_REPORT: _DESK,
    Action.TELEPHONE_REPORT: _DESK,
    Action.EDIT_ROSTER: _LEADERS,
    Action.HAND_OVER: _DESK,
    Action.TAKE_OVER_DUTY: _DESK,
    Action.CALL_ROLL: _DESK,
    Action.ANSWER_ROLL: _DESK | _AGENCIES,
    Action.BEGIN_EXERCISE: _LEADERS,
    Action.END_EXERCISE: _LEADERS,
    Action.UNMASK: _DESK,  # who calls back a caller; every look is in the log
    # 三员分立: who makes accounts gives them no rights, who gives rights does not judge the log.
    Action.MAKE_ACCOUNT: _SYSTEM,
    Action.CHANGE_ACCOUNT: _SYSTEM,
    Action.GRANT_ROLE: _SECURITY | _SYSTEM,  # _SYSTEM only at first; linkage/access/granting.py
    Action.INVITE: _SECURITY | _SYSTEM,  # likewise
    Action.UNLOCK_ACCOUNT: _SECURITY,
    Action.END_SESSION: _SECURITY,
    Action.SET_PASSWORD: frozenset(Role),  # one's own
    Action.SET_SECOND_FACTOR: frozenset(Role),  # one's own
    Action.CHECK_CHAIN: _AUDIT,
}

# Which pages a role is given. The reading of a department is narrowed again where it reads.
SEES: dict[View, frozenset[Role]] = {
    View.SITUATION: _DESK | _ANALYSTS,
    View.WALL: _DESK | {Role.WALL},
    View.INCIDENT: _DESK | _ANALYSTS,
    View.RESPONSES: _DESK,
    View.DEPARTMENT: _AGENCIES,
    View.REPORTS: _DESK,
    View.WARNINGS: _DESK,
    View.DUTY: _DESK,
    View.EXERCISE: _DESK,
    View.INTAKE: _DESK | _SYSTEM,
    View.ANALYSIS: _DESK | _ANALYSTS,
    View.ACCOUNTS: _SYSTEM | _SECURITY,
    View.AUDIT: _AUDIT,
    View.OWN: frozenset(Role) - {Role.WALL},
}
# Where each begins: what they came for.
HOME: dict[Role, View] = {
    Role.DUTY_OFFICER: View.SITUATION,
    Role.DUTY_CHIEF: View.SITUATION,
    Role.COMMANDER: View.SITUATION,
    Role.ANALYST: View.ANALYSIS,
    Role.AGENCY_OFFICER: View.DEPARTMENT,
    Role.SYSTEM_ADMIN: View.ACCOUNTS,
    Role.SECURITY_ADMIN: View.ACCOUNTS,
    Role.AUDIT_ADMIN: View.AUDIT,
    Role.WALL: View.WALL,
}
# Who may watch the pushed picture: it carries no personal data.
WATCHES = SEES[View.SITUATION] | SEES[View.WALL]


class Actor(msgspec.Struct, frozen=True):
    """`agency_id` is set for officers of an agency, who act on its own assignments only."""

    name: str
    role: Role
    agency_id: str | None = None

    def __str__(self) -> str:
        return f"{self.name}（{self.role.label}）"


def same_person(one: str, other: str) -> bool:
    """Whether two names are one: blanks, width and what cannot be seen make no other person."""
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    return "".join(c for c in normalize("NFKC", name).casefold() if c.isalnum())


def permit(actor: Actor, action: Action, agency_id: str | None = None) -> None:
    """Raise NotPermitted unless `actor` may do `action`.

    `agency_id`: whose assignment it touches; an officer of another agency is refused.
    """
    allowed = MAY.get(action, frozenset())
    if actor.role not in allowed:
        who = "、".join(role.label for role in Role if role in allowed) or "系统"
        raise NotPermitted(
            f"{actor}无权执行“{action.label}”：此操作限{who}，请更换当班身份或请其代办。",
            action=action,
        )
    if actor.role is Role.AGENCY_OFFICER and (agency_id is None or agency_id != actor.agency_id):
        said = f"{actor}只能处理本单位的联动任务，这项任务属于其他单位。"
        raise NotPermitted(said, action=action)
