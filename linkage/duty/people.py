"""Whom the duty room can reach, and who stands in for an empty post. Pure."""

import msgspec

from linkage.response_vocabulary import Post


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the duty room can reach, and how.

    `id` None: no row, a standing contact of data/duty.toml, such as the general duty office.
    `agency_id` None: of the command centre. An empty text is a means the person does not have.
    """

    id: int | None
    name: str
    agency_id: str | None = None
    telephone: str = ""
    mobile: str = ""
    email: str = ""
    webhook: str = ""

    @property
    def reachable(self) -> bool:
        return any((self.telephone, self.mobile, self.email, self.webhook))


def ways_of(one: Person, *, full: bool) -> str:
    """How the person is reached, in words. Not `full`: the numbers stay unreadable on a screen
    that others see. 个人信息保护法 §28."""
    shown = [
        ("手机", one.mobile if full else _middle(one.mobile)),
        ("办公电话", one.telephone if full else _middle(one.telephone)),
        ("邮箱", one.email if full else _middle(one.email.partition("@")[0])),
        ("政务微信", one.webhook if full else _middle(one.webhook)),
    ]
    return "　".join(f"{name} {text}" for name, text in shown if text) or "没有任何联系方式"


def _middle(text: str) -> str:
    """138****0001; what is short is hidden whole."""
    return f"{text[:3]}****{text[-4:]}" if len(text) > 8 else "****" if text else ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers for a post whenever the roster names nobody who can be reached."""

    post: Post
    person: Person
