"""The words of SL 651-2014: functions (annex B), classes (annex A), status (table 58)."""

# 功能码 → what it is called. What a station may say; 下行 has the same numbers.
FUNCTIONS = {
    0x2F: "链路维持报",
    0x30: "测试报",
    0x31: "均匀时段水文信息报",
    0x32: "定时报",
    0x33: "加报报",
    0x34: "小时报",
    0x35: "人工置数报",
    0x36: "图片报",
    0x37: "实时数据查询",
    0x38: "时段数据查询",
    0x39: "人工置数查询",
    0x3A: "指定要素查询",
    0x40: "修改基本配置",
    0x41: "读取基本配置",
    0x42: "修改运行参数",
    0x43: "读取运行参数",
    0x44: "水泵电机工作数据",
    0x45: "软件版本查询",
    0x46: "状态和报警查询",
    0x47: "初始化固态存储",
    0x48: "恢复出厂设置",
    0x49: "修改密码",
    0x4A: "设置时钟",
    0x4B: "设置IC卡状态",
    0x4C: "水泵控制或状态自报",
    0x4D: "阀门控制或状态自报",
    0x4E: "闸门控制或状态自报",
    0x4F: "水量定值控制",
    0x50: "事件记录查询",
    0x51: "时钟查询",
}
WITH_VALUES = frozenset({0x30, 0x31, 0x32, 0x33, 0x34, 0x37, 0x38, 0x3A, 0x44, 0x46})
SWITCHES = frozenset({0x4C, 0x4D, 0x4E})  # which pumps, valves, gates are open: no elements
TEST, PICTURE = 0x30, 0x36
# 降水 河道 水库 闸坝 泵站 潮汐 墒情 地下水 水质 取水口 排水口: one letter, in both codings.
CLASSES = b"PHKZDTMGQIO"
# Names of the ASCII coding that a byte of the HEX coding looks like: there these are unassigned.
NAMES_LIKE_BYTES = frozenset({"AC", "CD", "ED"})
# Bits of element 45 that are values of their own: 0 or 1.
STATUS_FACTORS = {
    0: "mains_lost",
    1: "battery_low",
    2: "level_alarm",
    3: "flow_alarm",
    4: "quality_alarm",
}
# Bits that say an instrument is broken: its values are of no use while they stand.
METER_FAULTS = {5: ("流量仪表故障", "flow"), 6: ("水位仪表故障", "level")}
STORAGE_FAULT = 8
LEVELS = frozenset(
    {"39", "3A", "3B", "Z", "ZB", "ZU"}
    | {f"{code:02X}" for code in (*range(0x3C, 0x44), *range(0xF5, 0xFD))}
    | {f"Z{n}" for n in range(1, 9)}
    | {f"DRZ{n}" for n in range(1, 9)}
)
FLOWS = frozenset(
    {"27", "30", "31", "36", "37", "Q", "QA", "QZ", "VA", "VJ"}
    | {f"{code:02X}" for code in range(0x28, 0x30)}
    | {f"Q{n}" for n in range(1, 9)}
)
