"""The codes of the joint response: command, means, needs, posts, clocks, reports, warnings out."""

from linkage.vocabulary import Labelled


class CommandLevel(Labelled):
    """Who commands. 国家突发环境事件应急预案 2014, generalised: it follows the response level."""

    COUNTY = "county", "县区指挥"
    CITY = "city", "市级指挥"
    PROVINCE = "province", "省级指挥"


class ResponseStatus(Labelled):
    """Where a joint response stands. 突发事件应对法 §71–72."""

    ACTIVE = "active", "响应中"
    ENDED = "ended", "响应终止"


class Means(Labelled):
    """How an agency or a person is reached."""

    MQTT = "mqtt", "系统直连"
    SMS = "sms", "短信"
    EMAIL = "email", "电子邮件"
    WEBHOOK = "webhook", "政务微信"
    SHEET = "sheet", "纸质指令单"
    TELEPHONE = "telephone", "电话"


class NoticeStatus(Labelled):
    WAITING = "waiting", "待发送"
    SENT = "sent", "已送出"
    DONE = "done", "已通知到人"
    FAILED = "failed", "未送达"
    VOID = "void", "不必再发"


class About(Labelled):
    """What a notice, a clock or a firing is about: the table its id is of."""

    ASSIGNMENT = "assignment", "联动任务"
    INCIDENT = "incident", "事件"
    NEED = "need", "需求"
    REPORT = "report", "信息报送"
    PUBLIC_WARNING = "public_warning", "对外预警"
    HANDOVER = "handover", "交接班"
    SHIFT = "shift", "班次"
    ROLL_CALL = "roll_call", "点名"
    FIRING = "firing", "超时升级"


class Reach(Labelled):
    """How far an order has come on its way to a person. UCRI 2: a receipt of the system and an
    acceptance by a person are two things."""

    WAITING = "waiting", "待送出"
    SENT = "sent", "已送出，待对方系统回执"
    UNDELIVERED = "undelivered", "未送达"
    DELIVERED = "delivered", "对方系统已收"
    ANSWERED = "answered", "对方已应答"


class NeedSort(Labelled):
    PEOPLE = "people", "人员"
    EQUIPMENT = "equipment", "装备"
    SUPPLIES = "supplies", "物资"


class NeedStatus(Labelled):
    ASKED = "asked", "已提出"
    OFFERED = "offered", "可提供"
    ON_THE_WAY = "on_the_way", "调运中"
    ARRIVED = "arrived", "已运抵"
    RELEASED = "released", "已释放"
    WITHDRAWN = "withdrawn", "已收回"


class Post(Labelled):
    """A post of the duty room, in the order in which an escalation goes up."""

    OFFICER = "officer", "当班值班员"
    DEPUTY = "deputy", "副值班长"
    CHIEF = "chief", "当班值班长"
    LEADER = "leader", "带班领导"


class Step(Labelled):
    """What a clock does when its time has come."""

    WARN = "warn", "临近时限"
    BREACH = "breach", "已超时"
    ESCALATE = "escalate", "升级上报"
    REPEAT = "repeat", "再次催报"


class ReportStage(Labelled):
    FIRST = "first", "首报"
    FOLLOW_UP = "follow_up", "续报"
    FINAL = "final", "终报"
    ZERO = "zero", "零报告"
    BRIEF = "brief", "值班日报"


class ReportStatus(Labelled):
    DRAFT = "draft", "草稿"
    PENDING = "pending", "待签发"
    RETURNED = "returned", "退回修改"
    SIGNED = "signed", "已签发"
    SENT = "sent", "已报出"
    RECEIVED = "received", "上级已收"
    REFUSED = "refused", "上级退回"


class PublicWarningStatus(Labelled):
    DRAFT = "draft", "草稿"
    PENDING = "pending", "待审签"
    RETURNED = "returned", "退回修改"
    ISSUED = "issued", "已发布"
    UPDATED = "updated", "已被更新"
    CANCELLED = "cancelled", "已解除"
    EXPIRED = "expired", "已到期"
    DISCARDED = "discarded", "已作废"
