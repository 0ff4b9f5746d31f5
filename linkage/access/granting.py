"""三员分立: which administrator may give which role to whom. Pure.

GB/T 22239-2019 §8.1.4.2: administrators are kept apart. The first administrator makes the others;
from the day a security administrator is there, only that one gives roles and links.
"""

from linkage.actions import Action
from linkage.errors import NotPermitted
from linkage.people import Actor, permit, same_person
from linkage.vocabulary import Role


def may_grant(actor: Actor, action: Action, name: str, *, guarded: bool) -> None:
    """Raise NotPermitted unless `actor` may give `name` a role, or send the link for it.

    `guarded`: an active security administrator is there.
    """
    permit(actor, action)
    if actor.role is Role.SYSTEM_ADMIN and guarded:
        raise NotPermitted(
            f"已有安全管理员：“{action.label}”由安全管理员办理，请转交。", action=action
        )
    if same_person(actor.name, name):
        said = "不能给自己授予角色或发放链接，请由另一名管理员办理。"
        raise NotPermitted(said, action=action)
