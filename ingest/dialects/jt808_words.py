"""JT/T 808 in words: messages, alarm bits (table 24), status bits (table 25)."""

# Which message it is. What is not here is named by its number.
MESSAGES = {
    0x0001: "终端通用应答",
    0x0002: "终端心跳",
    0x0003: "终端注销",
    0x0004: "查询服务器时间",
    0x0005: "终端补传分包请求",
    0x0100: "终端注册",
    0x0101: "终端注销",
    0x0102: "终端鉴权",
    0x0104: "查询终端参数应答",
    0x0107: "查询终端属性应答",
    0x0108: "终端升级结果",
    0x0200: "位置信息汇报",
    0x0201: "位置信息查询应答",
    0x0301: "事件报告",
    0x0302: "提问应答",
    0x0303: "信息点播、取消",
    0x0500: "车辆控制应答",
    0x0608: "查询区域或线路应答",
    0x0700: "行驶记录数据上传",
    0x0701: "电子运单上报",
    0x0702: "驾驶员身份信息采集",
    0x0704: "定位数据批量上传",
    0x0705: "CAN 总线数据上传",
    0x0800: "多媒体事件信息上传",
    0x0801: "多媒体数据上传",
    0x0802: "存储多媒体数据检索应答",
    0x0805: "摄像头立即拍摄应答",
    0x0900: "数据上行透传",
    0x0901: "数据压缩上报",
    0x0A00: "终端 RSA 公钥",
}

# Bit → word. Bits that the standard reserves are not here.
ALARMS = {
    0: "紧急报警",
    1: "超速报警",
    2: "疲劳驾驶",
    3: "危险预警",
    4: "卫星定位模块故障",
    5: "卫星定位天线未接",
    6: "卫星定位天线短路",
    7: "主电源欠压",
    8: "主电源掉电",
    9: "显示器故障",
    10: "语音模块故障",
    11: "摄像头故障",
    12: "道路运输证读卡故障",
    13: "超速预警",
    14: "疲劳驾驶预警",
    15: "违规行驶",
    16: "胎压预警",
    17: "右转盲区异常",
    18: "当天累计驾驶超时",
    19: "超时停车",
    20: "进出区域",
    21: "进出路线",
    22: "路段行驶时间异常",
    23: "偏离路线",
    24: "车速传感器故障",
    25: "油量异常",
    26: "车辆被盗",
    27: "非法点火",
    28: "非法位移",
    29: "碰撞",
    30: "侧翻",
    31: "非法开门",
}
# These open an incident; every other is said with the position and no more. docs/dialects/jt808.md
OPENING = (0, 29, 30)
OPENING_MASK = sum(1 << bit for bit in OPENING)
# The standard has a terminal take this bit back as soon as its platform answers.
CLEARED = {ALARMS[0]: "终端收到平台应答即撤下"}

POSITIONED, SOUTH, WEST, OUT_OF_SERVICE, SHIFTED = 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5
FUEL_CUT, POWER_CUT = 1 << 10, 1 << 11
_STATES = ((OUT_OF_SERVICE, "停运"), (FUEL_CUT, "油路断开"), (POWER_CUT, "电路断开"))


def message_name(number: int) -> str:
    name = MESSAGES.get(number)
    if name is None:
        name = "平台下行消息" if number & 0x8000 else "未列入的消息"
    return f"JT/T 808 0x{number:04X} {name}"


def alarm_words(bits: int) -> str:
    """What is set, the gravest first."""
    words = [ALARMS[bit] for bit in OPENING if bits >> bit & 1]
    words += [word for bit, word in ALARMS.items() if bits >> bit & 1 and bit not in OPENING]
    return "、".join(words)


def state_words(alarms: int, status: int, moving: bool, most: int) -> str:
    """In at most so many characters: the less grave of many alarms are left out, not the state."""
    words = ["行驶" if moving else "停车"]
    words += [word for bit, word in _STATES if status & bit]
    if not status & POSITIONED:
        words.append("未定位")
    state = "，".join(words)
    said = alarm_words(alarms)
    if not said:
        return state
    room = most - len(state) - 1
    return f"{said if len(said) <= room else said[: room - 1] + '…'}，{state}"
