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


class CallResult(Labelled):
    """What came of a telephone call, as the officer who made it notes."""

    REACHED = "reached", "接通并告知"
    NO_ANSWER = "no_answer", "无人接听"
    WRONG_NUMBER = "wrong_number", "号码有误"


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
    WITHDRAWN = "withdrawn", "不再报送"


class PublicWarningStatus(Labelled):
    DRAFT = "draft", "草稿"
    PENDING = "pending", "待审签"
    RETURNED = "returned", "退回修改"
    ISSUED = "issued", "已发布"
    UPDATED = "updated", "已被更新"
    CANCELLED = "cancelled", "已解除"
    EXPIRED = "expired", "已到期"
    DISCARDED = "discarded", "已作废"


class ReportElement(Labelled):
    """What a report says, in the order in which it is printed."""

    RECEIVED_AT = "received_at", "接报时间"
    OCCURRED_AT = "occurred_at", "事发时间"
    SOURCE = "source", "信息来源"
    UNIT = "unit", "报告单位"
    REPORTER = "reporter", "报告人"
    CONTACT = "contact", "联系方式"
    PLACE = "place", "事发地点"
    DIVISION = "division", "行政区划"
    POSITION = "position", "经纬度"
    KIND = "kind", "事件类别"
    NATURE = "nature", "事件性质"
    GRADE = "grade", "事件级别"
    RESPONSE = "response", "应急响应"
    COURSE = "course", "基本情况"
    CAUSE = "cause", "起因"
    SCOPE = "scope", "影响范围"
    DEATHS = "deaths", "死亡人数"
    MISSING = "missing", "失踪人数"
    TRAPPED = "trapped", "被困人数"
    CRITICAL = "critical", "重伤人数"
    INJURED = "injured", "受伤人数"
    POISONED = "poisoned", "中毒人数"
    EVACUATED = "evacuated", "疏散转移人数"
    AT_RISK = "at_risk", "受威胁人数"
    LOSS = "loss", "财产损失（万元）"
    TREND = "trend", "发展趋势"
    MEASURES = "measures", "已采取措施"
    LEADERS = "leaders", "领导到位情况"
    SUPPORT = "support", "需要支持和建议"
    ATTACHMENTS = "attachments", "附件"
    FIRM = "firm", "事故单位概况"
    UNACCOUNTED = "unaccounted", "下落不明人数"
    FIRST_LOSS = "first_loss", "初步估计直接经济损失（万元）"
    REMARKS = "remarks", "其他情况"
    SPECIES = "species", "动物种类"
    HEADS = "heads", "发病数量"
    HERD = "herd", "同群数量"
    IMMUNITY = "immunity", "免疫情况"
    DEAD_HEADS = "dead_heads", "死亡数量"
    SYMPTOMS = "symptoms", "临床症状"
    LESIONS = "lesions", "病理变化"
    DIAGNOSIS = "diagnosis", "诊断情况"
    EPIDEMIOLOGY = "epidemiology", "流行病学调查"
    ORIGIN = "origin", "疫源追踪"
    CONTROL = "control", "控制措施"
    AFFECTED = "affected", "受灾人口"
    RELOCATED = "relocated", "紧急转移安置人口"
    HOUSES_DOWN = "houses_down", "倒塌房屋（间）"
    HOUSES_HURT = "houses_hurt", "损坏房屋（间）"
    CROPS_HIT = "crops_hit", "农作物受灾（公顷）"
    CROPS_HURT = "crops_hurt", "农作物成灾（公顷）"
    CROPS_LOST = "crops_lost", "农作物绝收（公顷）"
    DIRECT_LOSS = "direct_loss", "直接经济损失（万元）"
    OUTCOME = "outcome", "处理结果"
    FOLLOW_UP_WORK = "follow_up_work", "善后和后续工作"
    CORRECTION = "correction", "更正说明"
    PERIOD = "period", "统计时段"
    OVERVIEW = "overview", "总体情况"
    INCIDENTS = "incidents", "突发事件"
    WARNINGS = "warnings", "预警情况"
    ON_DUTY = "on_duty", "值班情况"
