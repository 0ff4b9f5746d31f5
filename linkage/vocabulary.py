"""Every code of the record with its Chinese label, born together. The only copy."""

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """A stored code that knows its Chinese label: the member *is* the stored string."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Severity(Labelled):
    """How bad, as the source says it. CAP 1.2 §3.2.2."""

    EXTREME = "extreme", "特别严重"
    SEVERE = "severe", "严重"
    MODERATE = "moderate", "较重"
    MINOR = "minor", "一般"
    UNKNOWN = "unknown", "未知"

    @property
    def rank(self) -> int:
        """0 (unknown) to 4 (extreme). For sorting only, never for a decision."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(reversed(Severity))}


class Urgency(Labelled):
    """How soon. CAP 1.2 §3.2.2."""

    IMMEDIATE = "immediate", "立即"
    EXPECTED = "expected", "即将"
    FUTURE = "future", "将来"
    PAST = "past", "已过"
    UNKNOWN = "unknown", "未知"


class Certainty(Labelled):
    """How sure. CAP 1.2 §3.2.2."""

    OBSERVED = "observed", "已发生"
    LIKELY = "likely", "很可能"
    POSSIBLE = "possible", "可能"
    UNLIKELY = "unlikely", "不太可能"
    UNKNOWN = "unknown", "未知"


class Grade(Labelled):
    """Statutory grade of an incident, confirmed by a person. 突发事件应对法 §3."""

    EXCEPTIONAL = "exceptional", "特别重大"
    MAJOR = "major", "重大"
    CONSIDERABLE = "considerable", "较大"
    ORDINARY = "ordinary", "一般"


class WarningColour(Labelled):
    """Level of a forecast, not of an incident. 突发事件应对法 §63."""

    RED = "red", "红色"
    ORANGE = "orange", "橙色"
    YELLOW = "yellow", "黄色"
    BLUE = "blue", "蓝色"


# What *we* have activated, 1 highest. 突发事件应对法 §71.
RESPONSE_LEVELS = {1: "Ⅰ级", 2: "Ⅱ级", 3: "Ⅲ级", 4: "Ⅳ级"}
# 119's own scale: rises with the number, 5 is worst. XF/T 1340-2016.
FIRE_ALARM_LEVELS = {1: "一级火警", 2: "二级火警", 3: "三级火警", 4: "四级火警", 5: "五级火警"}
# 120's own scale: 1 is worst.
TRIAGE_LEVELS = {1: "濒危", 2: "危重", 3: "急症", 4: "非急症"}


class MessageKind(Labelled):
    """What a message does. CAP 1.2 msgType."""

    ALERT = "alert", "首次"
    UPDATE = "update", "更新"
    CANCEL = "cancel", "解除"
    ACK = "ack", "确认"
    ERROR = "error", "更正"


class Outcome(Labelled):
    """What became of a payload that arrived."""

    STORED = "stored", "已入库"
    DUPLICATE = "duplicate", "重复"
    REJECTED = "rejected", "拒收"


class PositionNote(Labelled):
    """What an officer must know about a position before trusting the marker."""

    EXACT = "exact", "坐标可用"
    COARSE = "coarse", "仅到乡镇级"
    MISSING = "missing", "待定位"
    OUTSIDE = "outside", "坐标在市域外"
    SWAPPED = "swapped", "经纬度疑似颠倒"
    ZERO = "zero", "坐标为零"
    UNREADABLE = "unreadable", "坐标无法识别"
    NOWHERE = "nowhere", "不涉及地点"


class ShapeNote(Labelled):
    """Why the outline of a warning is shown by its middle, or not at all."""

    OPEN_RING = "open_ring", "边界未闭合"
    CROSSING = "crossing", "边界自相交"
    SWAPPED = "swapped", "经纬度疑似颠倒"
    NO_RADIUS = "no_radius", "半径为零"
    OUTSIDE = "outside", "在市域外"
    UNREADABLE = "unreadable", "范围无法识别"


class IncidentStatus(Labelled):
    RECEIVED = "received", "已接报"
    VERIFIED = "verified", "已核实"
    DISPATCHED = "dispatched", "已派遣"
    ACKNOWLEDGED = "acknowledged", "已签收"
    EN_ROUTE = "en_route", "已出动"
    ON_SCENE = "on_scene", "已到场"
    CONTROLLED = "controlled", "已控制"
    RESOLVED = "resolved", "处置完毕"
    CLOSED = "closed", "已办结"
    CANCELLED = "cancelled", "误报·取消"
    MERGED = "merged", "已并案"


OPEN_STATUSES = frozenset(IncidentStatus) - {
    IncidentStatus.CLOSED,
    IncidentStatus.CANCELLED,
    IncidentStatus.MERGED,
}


class Disposition(Labelled):
    """Coded outcome when an incident is closed."""

    HANDLED = "handled", "处置完毕"
    FALSE_ALARM = "false_alarm", "误报"
    UNFOUNDED = "unfounded", "查无实情"
    TRANSFERRED = "transferred", "移交"


class AssignmentStatus(Labelled):
    PROPOSED = "proposed", "待下达"
    ISSUED = "issued", "已下达"
    ACKNOWLEDGED = "acknowledged", "已签收"
    EN_ROUTE = "en_route", "已出动"
    ON_SCENE = "on_scene", "已到场"
    WORKING = "working", "处置中"
    REPORTED = "reported", "已反馈"
    COMPLETED = "completed", "已办结"
    DECLINED = "declined", "已退回"
    CANCELLED = "cancelled", "已撤销"


class AssignmentRole(Labelled):
    LEAD = "lead", "牵头"
    SUPPORT = "support", "配合"
    INFORM = "inform", "告知"


class LinkKind(Labelled):
    """How two incidents stand to each other."""

    PROPOSED = "proposed", "疑似同一事件"
    MERGED = "merged", "并案"
    SPLIT = "split", "拆分"
    RELATED = "related", "关联"
    AREA = "area", "受其影响"


class LinkState(Labelled):
    OPEN = "open", "待确认"
    CONFIRMED = "confirmed", "已确认"
    REFUSED = "refused", "已否决"
    UNDONE = "undone", "已撤销"


class WarningStatus(Labelled):
    ACTIVE = "active", "生效中"
    SUPERSEDED = "superseded", "已更新"
    CANCELLED = "cancelled", "已解除"
    EXPIRED = "expired", "已到期"


class Role(Labelled):
    DUTY_OFFICER = "duty_officer", "值班员"
    DUTY_CHIEF = "duty_chief", "值班长"
    COMMANDER = "commander", "指挥员"
    ANALYST = "analyst", "研判员"
    AGENCY_OFFICER = "agency_officer", "部门值班员"
    # 三员分立 (GB/T 22239-2019 §8.1.4.2): none of the three can do what the others do.
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDIT_ADMIN = "audit_admin", "审计管理员"
    WALL = "wall", "指挥大屏"


class Quality(Labelled):
    """What a measured value may be trusted for. HJ 212-2017 §6.6.5 names most of them."""

    NORMAL = "normal", "正常"
    OVER_RANGE = "over_range", "超上限"
    STOPPED = "stopped", "停运"
    MAINTENANCE = "maintenance", "维护"
    MANUAL = "manual", "手工"
    FAULT = "fault", "故障"
    CALIBRATION = "calibration", "校准"
    LINK_FAULT = "link_fault", "通信异常"
    INVALID = "invalid", "无效"

    @property
    def may_alarm(self) -> bool:
        """Only what the instrument measured in service: a calibration gas is no leak."""
        return self in {Quality.NORMAL, Quality.OVER_RANGE}


class Span(Labelled):
    """What time a measured value stands for; longer ones are means from `measured_at` on."""

    MOMENT = "moment", "实时"
    MINUTE = "minute", "分钟"
    HOUR = "hour", "小时"
    DAY = "day", "日"


class Channel(Labelled):
    """The third level of an MQTT topic: what kind of message travels there."""

    ALERT = "alert", "接报"
    FEEDBACK = "feedback", "反馈"
    HEARTBEAT = "heartbeat", "心跳"
    UNIT = "unit", "力量"
    PROBE = "probe", "自检"
    REPORT_RECEIPT = "report_receipt", "报送回执"


class Count(Labelled):
    """People, as counted: the fields of linkage.alerts.Casualties, worst first."""

    DEATHS = "deaths", "死亡"
    MISSING = "missing", "失踪"
    TRAPPED = "trapped", "被困"
    CRITICAL = "critical", "重伤"
    INJURED = "injured", "受伤"
    POISONED = "poisoned", "中毒"
    EVACUATED = "evacuated", "转移"
