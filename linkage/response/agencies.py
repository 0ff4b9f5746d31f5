"""联动单位: who can be given a share of an incident, and how each is reached."""

from pathlib import Path

import msgspec

from linkage.datum import Datum
from linkage.errors import BadConfig
from linkage.means.ways import Way
from linkage.response_vocabulary import Means
from linkage.toml_file import only_keys, read_toml, shaped, tables_of
from linkage.vocabulary import RESPONSE_LEVELS, AssignmentRole, Labelled


class AgencyKind(Labelled):
    CALL_CENTRE = "call_centre", "接处警中心"
    DEPARTMENT = "department", "部门"


class Agency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`desk_of`: the department whose dispatch desk a call centre is.

    `acknowledge_s`: seconds to sign an order, by role; a role that is not there has no limit.
    `has_units`: it reports vehicles or crews; without, it goes from 已签收 straight to 已反馈.
    `means`: how it is reached beside MQTT. `receipts`: its system says when it has an order, so
    that silence means that it has not.
    """

    id: str
    name: str  # the short name of the founding opinion of 2007
    present_owner: str  # who answers for it today
    kind: AgencyKind
    datum: Datum  # of the map it looks at
    has_units: bool
    desk_of: str | None = None
    acknowledge_s: dict[AssignmentRole, int] = {}
    means: tuple[Way, ...] = ()
    receipts: bool = True
    telephone: str = ""  # this and the next are filled in by the customer
    contact: str = ""
    sms: str = ""
    email: str = ""
    webhook: str = ""

    def address(self, means: Means) -> str:
        """Where it is reached by `means`; empty where nobody has filled it in."""
        return {
            Means.SMS: self.sms,
            Means.EMAIL: self.email,
            Means.WEBHOOK: self.webhook,
            Means.TELEPHONE: self.telephone,
        }.get(means, "")


class Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one agency is reached: what agencies.toml leaves open. No names of persons."""

    telephone: str = ""
    contact: str = ""
    sms: str = ""
    email: str = ""
    webhook: str = ""


def load_agencies(path: Path, contacts: Path | None = None) -> dict[str, Agency]:
    """The agencies by id, in the order of the file; `contacts` fills in their numbers.

    Raises BadConfig.
    """
    agencies = _read_agencies(path)
    if contacts is None:
        return agencies
    raw = read_toml(contacts)
    only_keys(contacts, raw, *agencies)
    for agency_id, entry in raw.items():
        found = shaped(contacts, f"[{agency_id}]", entry, Contact)
        filled = {
            name: value for name in Contact.__struct_fields__ if (value := getattr(found, name))
        }
        agencies[agency_id] = msgspec.structs.replace(agencies[agency_id], **filled)
    return agencies


def _read_agencies(path: Path) -> dict[str, Agency]:
    raw = read_toml(path)
    only_keys(path, raw, "acknowledge_s", "means", "agency")
    usual = {name: raw[name] for name in ("acknowledge_s", "means") if name in raw}
    agencies: dict[str, Agency] = {}
    for number, entry in enumerate(tables_of(path, raw, "agency"), start=1):
        name = f'agency "{entry.get("id", f"第{number}项")}"'
        own = usual | entry
        agency = shaped(path, name, own, Agency, _allowed())
        _check(path, name, agency, agencies)
        agencies[agency.id] = agency
    for agency in agencies.values():
        if agency.desk_of is not None and agency.desk_of not in agencies:
            raise BadConfig(
                path.name,
                f'agency "{agency.id}"',
                f'desk_of "{agency.desk_of}" 不是已登记的单位',
                f"应为其中之一：{'、'.join(agencies)}",
            )
    return agencies


def _check(path: Path, name: str, agency: Agency, before: dict[str, Agency]) -> None:
    if agency.id in before:
        raise BadConfig(path.name, name, "id 重复", "每个单位只写一次")
    if not agency.id or any(c in agency.id for c in "/+# "):
        raise BadConfig(path.name, name, "id 不能作为主题名", "不得为空，不得含 /、+、# 和空格")
    if not agency.name:
        raise BadConfig(path.name, name, "name 是空的", "写上单位简称")
    for role, seconds in agency.acknowledge_s.items():
        if not 1 <= seconds <= 86_400:
            raise BadConfig(
                path.name, name, f"{role} 的签收时限是 {seconds} 秒", "应在 1 到 86400 秒之间"
            )
    for way in agency.means:
        _check_way(path, f"{name} means {way.means}", way)


def _check_way(path: Path, name: str, way: Way) -> None:
    if way.means is Means.MQTT:
        raise BadConfig(path.name, name, "系统直连总是第一个", "只写其他手段")
    if not 0 <= way.after_s <= 86_400:
        raise BadConfig(path.name, name, f"after_s 是 {way.after_s}", "应在 0 到 86400 秒之间")
    for level in way.levels:
        if level not in RESPONSE_LEVELS:
            raise BadConfig(path.name, name, f"没有第 {level} 级响应", "应为 1 到 4，1 最高")


def _allowed() -> str:
    return (
        f"kind 应为 {'、'.join(AgencyKind)}；datum 应为 {'、'.join(Datum)}；"
        f"角色应为 {'、'.join(AssignmentRole)}；"
        f"means 应为 {'、'.join(m for m in Means if m is not Means.MQTT)}"
    )
