"""附加数据 in words: every fact a source may state, with its Chinese name and unit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from linkage.alerts import USUAL_LIFE, Casualties
from linkage.record import BEIJING


class Label(NamedTuple):
    """`answers`: the values that are codes, in words. `counted`: the columns that say the same.

    `moment`: the value is a time, ISO 8601.
    """

    name: str
    unit: str = ""
    answers: Mapping[str, str] = {}
    counted: tuple[str, ...] = ()
    moment: bool = False


_YES_NO = {"1": "有", "0": "无", "是": "有", "否": "无", "Y": "有", "N": "无"}

LABELS: dict[str, Label] = {
    # 警情
    "risk_substance": Label("危险物质", answers=_YES_NO),
    "explosion_leak": Label("爆炸或泄漏", answers=_YES_NO),
    "leaking": Label("泄漏", answers=_YES_NO),
    "extra": Label("补充情况"),
    "report_way": Label("报警方式"),
    "position_radius_m": Label("定位误差", "米"),
    "accident_class": Label("事故类别"),
    "road_blocked": Label("道路阻断"),
    "crowd": Label("人员规模"),
    # 分级所依据的数字
    "magnitude": Label("震级", "级"),
    "area_ha": Label("受害面积", "公顷"),
    "loss_10k_yuan": Label("直接经济损失", "万元"),
    "trapped_min": Label("被困时长", "分钟"),
    "nuclear_stage": Label("核应急状态", "级"),
    "source_class": Label("放射源类别", "类"),
    "stranded": Label("高空滞留", "人"),
    "stranded_h": Label("滞留时长", "小时"),
    "boiler_mw": Label("锅炉容量", "兆瓦"),
    "boiler_stop_h": Label("锅炉停运", "小时"),
    "cut_h": Label("高速或铁路干线中断", "小时"),
    "rail_stop_h": Label("繁忙干线中断", "小时"),
    "rail_stop_other_h": Label("其他线路中断", "小时"),
    "derailed_cars": Label("脱轨车辆", "辆"),
    "ship_t": Label("船舶总吨", "吨"),
    "in_danger": Label("危及人数", "人"),
    "people_affected": Label("影响人口", "人"),
    "outage_h": Label("停供时长", "小时"),
    "load_cut_percent": Label("减供负荷", "%"),
    # 火灾、企业、设备
    "substance": Label("涉及物质"),
    "floor": Label("起火楼层"),
    "building": Label("建筑类型"),
    "area_m2": Label("燃烧面积", "平方米"),
    "unit_name": Label("单位"),
    "people_words": Label("人员情况"),
    "people_trapped": Label("人员被困", counted=("trapped",)),
    "enterprise": Label("企业"),
    "device": Label("设备编号"),
    "part": Label("部件"),
    "device_state": Label("部件状态"),
    "equipment": Label("设备编号"),
    "tank": Label("储罐"),
    "level_pct": Label("液位", "%"),
    "pressure_mpa": Label("压力", "MPa"),
    "temperature_c": Label("温度", "℃"),
    "lel_pct": Label("可燃气体浓度", "%LEL"),
    # 急救、卫生、农业、市场
    "patients": Label("患者", "人", counted=("injured", "poisoned")),
    "age": Label("年龄", "岁"),
    "sex": Label("性别"),
    "symptom": Label("症状"),
    "vehicle": Label("派车"),
    "disease": Label("病种"),
    "cases": Label("病例", "例"),
    "beds_free": Label("空余床位", "张"),
    "species": Label("动物种类"),
    "sick_head": Label("发病", "头"),
    "dead_head": Label("死亡", "头"),
    "flock_head": Label("存栏", "头"),
    "soil_moisture_pct": Label("土壤墒情", "%"),
    "product": Label("产品"),
    "batch": Label("批号"),
    # 水利、环境、地震、预警
    USUAL_LIFE: Label("有效期"),
    "station": Label("测站"),
    "level_m": Label("水位", "米"),
    "level_datum": Label("高程基准"),
    "warning_level_m": Label("警戒水位", "米"),
    "flow_m3s": Label("流量", "立方米/秒"),
    "release_m3s": Label("出库流量", "立方米/秒"),
    "rain_mm": Label("降雨量", "毫米"),
    "factor": Label("监测因子编码"),
    "factor_name": Label("监测因子"),
    "value": Label("监测值"),
    "unit": Label("监测值单位"),
    "limit": Label("限值"),
    "level_word": Label("阈值级别"),
    "basis": Label("阈值依据"),
    "folded": Label("合并越限", "次"),
    "wind_speed_ms": Label("风速", "米/秒"),
    "wind_from_deg": Label("风向", "°"),
    "review": Label("速报"),
    "magnitude_scale": Label("震级标度"),
    "intensity": Label("烈度", "度"),
    "depth_km": Label("震源深度", "千米"),
    "epicentre_km": Label("震中距市区", "千米"),
    "alert_id": Label("预警编号"),
    "sender": Label("发布系统"),
    "issuer": Label("发布单位"),
    "scope": Label("发布范围", answers={"Restricted": "限定对象", "Private": "指定对象"}),
    # 城市运行、救助、交通、人防
    "users_affected": Label("影响用户", "户"),
    "load_mw": Label("损失负荷", "MW"),
    "stock_days": Label("库存可用", "天"),
    "price_change_pct": Label("价格变动", "%"),
    "operator": Label("运营商"),
    "stations_down": Label("退服基站", "个"),
    "cable": Label("光缆"),
    "people_hit": Label("受灾人口", "人"),
    "rooms_fallen": Label("倒塌房屋", "间"),
    "tents_needed": Label("需求帐篷", "顶"),
    "shelter_capacity": Label("避难场所容量", "人"),
    "shelter_occupied": Label("避难场所已安置", "人"),
    "road": Label("路线"),
    "speed_kmh": Label("车速", "千米/时"),
    "closed_km": Label("封闭里程", "千米"),
    "ship": Label("船名"),
    "mmsi": Label("船舶识别码"),
    "alarm": Label("车载报警"),
    "other_alarms": Label("同时报警"),
    "terminal": Label("车载终端"),
    "recorder_speed_kmh": Label("行驶记录仪车速", "千米/时"),
    "cargo_temperature_c": Label("车厢温度", "℃"),
    "fuel_l": Label("油量", "升"),
    "satellites": Label("定位卫星", "颗"),
    "active_safety": Label("同时的主动安全报警"),
    "owner": Label("所属企业"),
    "un": Label("联合国编号"),
    "heading_deg": Label("行驶方向", "°"),
    "sirens": Label("警报器", "台"),
    "result": Label("鸣放结果"),
    "pattern": Label("鸣放方式"),
    # What the intake itself notes beside what was stated.
    "stated_at": Label("来源所报时间", moment=True),
    "clock_ahead_s": Label("来源时钟快", "秒"),
    "recovered_at": Label("设备恢复时间", moment=True),
    "clock_behind_s": Label("来源时钟慢", "秒"),
    "notes": Label("报文中存疑的字段"),
    "unlisted_kind": Label("未登记的类别代码"),
}


def in_words(facts: Mapping[str, Any], casualties: Casualties) -> list[str]:
    """One phrase a fact, in the order stated: 燃烧面积 30 平方米.

    A fact that repeats a count of people is left out where that count is known. One that has no
    label here is shown under the name it has in sources.toml.
    """
    phrases = []
    for name, value in facts.items():
        label = LABELS.get(name) or Label(name)
        if any(getattr(casualties, count) is not None for count in label.counted):
            continue
        phrases.append(f"{label.name} {_shown(value, label)}")
    return phrases


def _shown(value: Any, label: Label) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if label.moment and isinstance(value, str):
        return f"{datetime.fromisoformat(value).astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list):
        return "；".join(map(str, value))
    said = f"{value:.15g}" if isinstance(value, float) else str(value)
    said = label.answers.get(said, said)
    # Words such as 约50 and a value that brings its unit along need none of ours.
    return f"{said} {label.unit}" if label.unit and said[-1:].isdecimal() else said
