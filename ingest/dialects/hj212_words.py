"""The words of HJ 212-2017: its commands, its suffixes, its results. Tables 5 and 9, annex C."""

from linkage.vocabulary import Span

# Command → what time its values stand for, and after which suffix they stand; the first that is
# there. Leq and the like of a noise monitor (ST=23) have -Data; dust monitors send -Avg in 2011.
DATA: dict[str, tuple[Span, tuple[str, ...]]] = {
    "2011": (Span.MOMENT, ("Rtd", "Avg", "Data")),
    "2051": (Span.MINUTE, ("Avg", "Data", "Rtd")),
    "2061": (Span.HOUR, ("Avg", "Data", "Rtd")),
    "2031": (Span.DAY, ("Avg", "Data", "Rtd")),
    "2021": (Span.MOMENT, ("RS",)),  # 设备运行状态
    "2041": (Span.DAY, ("RT",)),  # 设备运行时间
    "2071": (Span.MOMENT, ("Ala",)),  # of HJ/T 212-2005: 报警记录
    "2072": (Span.MOMENT, ("Ala",)),  # of HJ/T 212-2005: 报警事件
}
CONVERTED_VALUES = ("ZsRtd", "ZsAvg")  # reckoned to the reference oxygen: what limits are on
OF_DEVICES = {"RS": "", "RT": "h"}  # suffix of a treatment device (SB1 …) → unit
RUNNING_STATES = frozenset("012345")  # -RS: 关闭 运行 校准 维护 报警 反吹
# Suffixes that stay in the raw message: what a station adds up itself, and what it notes.
KEPT_RAW = frozenset(
    {
        *("Flag", "EFlag", "ZsFlag", "SampleTime", "Min", "Max", "Cou", "ZsMin", "ZsMax", "ZsCou"),
        *("DayData", "NightData", "ID", "Info"),
    }
)
NO_FACTOR = frozenset(
    {"datatime", "begintime", "endtime", "alarmtime", "alarmtype", "polid", "restarttime"}
)
_ALL = {*KEPT_RAW, *CONVERTED_VALUES, *OF_DEVICES, *(s for _, of in DATA.values() for s in of)}
# Devices write -rtd and -RTD too: small letters, or none → as the standard prints it.
SUFFIXES = {suffix: suffix for suffix in _ALL} | {suffix.lower(): suffix for suffix in _ALL}
# Commands and answers that carry no values.
SAID = {
    "1000": "超时与重发次数",
    "1011": "现场机时间",
    "1012": "设置现场机时间",
    "1013": "请求校准时间",
    "1061": "实时数据间隔",
    "1062": "设置实时数据间隔",
    "1063": "分钟数据间隔",
    "1064": "设置分钟数据间隔",
    "1072": "设置访问密码",
    "2012": "停止实时数据",
    "2022": "停止设备状态",
    "2062": "质控核查数据",  # of surface water stations, as 9015
    "2081": "数采仪开机",
    "3011": "校零校满",
    "3012": "即时采样",
    "3013": "清洗反吹",
    "3014": "比对采样",
    "3015": "超标留样",
    "3016": "设置采样周期",
    "3017": "采样周期",
    "3018": "出样时间",
    "3019": "设备唯一标识",
    "3020": "现场机信息",
    "3021": "设置现场机参数",
    "9011": "请求应答",
    "9012": "执行结果",
    "9013": "通知应答",
    "9014": "数据应答",
    "9015": "心跳",
}
RESULTS = {
    "ExeRtn=1": "执行成功",
    "ExeRtn=2": "执行失败",
    "ExeRtn=3": "命令请求条件错误",
    "ExeRtn=4": "通讯超时",
    "ExeRtn=5": "系统繁忙",
    "ExeRtn=6": "系统故障",
    "ExeRtn=100": "无数据",
    "QnRtn=1": "准备执行",
    "QnRtn=2": "请求被拒绝",
    "QnRtn=3": "密码错误",
    "QnRtn=4": "MN 错误",
    "QnRtn=5": "ST 错误",
    "QnRtn=6": "Flag 错误",
    "QnRtn=7": "QN 错误",
    "QnRtn=8": "CN 错误",
    "QnRtn=9": "CRC 校验错误",
    "QnRtn=100": "未知错误",
}
