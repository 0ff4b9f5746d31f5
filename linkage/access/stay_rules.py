"""How long who may stay at a desk, and when a password is good enough: data/access.toml. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec

from linkage.access_vocabulary import IdleThen
from linkage.errors import BadConfig
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import Role

_Positive = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
# Longer ones only make the server work; argon2 would take them all.
LONGEST = 200


class Passwords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`kinds`: how many of lower case, upper case, digits and other signs it must have."""

    shortest: Annotated[int, msgspec.Meta(ge=8, le=64)]
    kinds: Annotated[int, msgspec.Meta(ge=1, le=4)]
    repeats_login: bool

    def wrong(self, password: str, login: str) -> str | None:
        """Why it is not good enough, for who chose it; None if it is."""
        if len(password) < self.shortest:
            return f"口令至少 {self.shortest} 位，现在是 {len(password)} 位。"
        if len(password) > LONGEST:
            return f"口令不能超过 {LONGEST} 位。"
        if self._kinds_of(password) < self.kinds:
            return f"口令应含小写字母、大写字母、数字、其他符号中的至少 {self.kinds} 种。"
        if not self.repeats_login and login and login.casefold() in password.casefold():
            return "口令里不能含有登录名。"
        if len(set(password)) < self.shortest // 2:
            return "口令里重复的字符太多。"
        return None

    @staticmethod
    def _kinds_of(password: str) -> int:
        tests = (str.islower, str.isupper, str.isdecimal, lambda c: not c.isalnum())
        return sum(any(test(c) for c in password) for test in tests)


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    after: _Positive
    minutes: _Positive


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hours: _Positive


class Unified(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`claim`: what of the identity provider's answer names a person, for good."""

    claim: Annotated[str, msgspec.Meta(min_length=1, max_length=60)] = "sub"


class Stay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`second_factor`: nothing else may be done until one is enrolled."""

    roles: tuple[Role, ...]
    idle_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)]
    then: IdleThen
    hours: _Positive
    second_factor: bool

    def idle(self, seen_at: datetime, now: datetime) -> IdleThen | None:
        """What becomes of the desk that was touched last at `seen_at`; None: it goes on."""
        if self.then is IdleThen.STAY:
            return None
        return self.then if now - seen_at >= timedelta(minutes=self.idle_minutes) else None


class StayRules(msgspec.Struct, frozen=True):
    passwords: Passwords
    lock: Lock
    link: Link
    stays: Mapping[Role, Stay]
    unified: Unified = Unified()


def load_stay_rules(path: Path) -> StayRules:
    """Raises BadConfig naming file, entry, what is wrong and what would be right."""
    raw = read_toml(path)
    only_keys(path, raw, "password", "lock", "link", "unified", "stay")
    stays: dict[Role, Stay] = {}
    for number, table in enumerate(tables_of(path, raw, "stay"), 1):
        entry = f"第 {number} 个 [[stay]]"
        stay = shaped(path, entry, table, Stay, f"角色可用：{'、'.join(Role)}")
        if stay.then is not IdleThen.STAY and stay.idle_minutes == 0:
            raise BadConfig(path.name, f"{entry} idle_minutes", "是 0", "写分钟数，或 then 写 stay")
        for role in stay.roles:
            if role in stays:
                raise BadConfig(path.name, f"{entry} roles", f"{role} 写了两次", "留下一处")
            stays[role] = stay
    if missing := [role.value for role in Role if role not in stays]:
        raise BadConfig(path.name, "[[stay]]", f"缺少 {'、'.join(missing)}", "每个角色都要写")
    return StayRules(
        passwords=shaped(path, "[password]", raw.get("password", {}), Passwords),
        lock=shaped(path, "[lock]", raw.get("lock", {}), Lock),
        link=shaped(path, "[link]", raw.get("link", {}), Link),
        stays=stays,
        unified=shaped(path, "[unified]", raw.get("unified", {}), Unified),
    )
