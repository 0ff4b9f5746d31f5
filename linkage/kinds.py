"""事件类别: our kinds of incident, each with its GB/T 35561-2017 code and label."""

from typing import Self

from linkage.vocabulary import Labelled


class Kind(Labelled):
    """Our kind of an incident.

    `event_code` is the GB/T 35561-2017 code used where a source gives none of
    its own; a source's code table may state a finer one. Calls that are no
    突发事件 (help, disputes, nuisance) carry 19000, 其他突发事件.
    """

    event_code: str

    def __new__(cls, value: str, label: str = "", event_code: str = "19000") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.event_code = event_code
        return member

    FLOOD = "flood", "洪水", "11A01"
    WATERLOGGING = "waterlogging", "内涝", "11A02"
    RESERVOIR = "reservoir", "水库险情", "11A03"
    DROUGHT = "drought", "干旱", "11A52"
    TYPHOON = "typhoon", "台风", "11B01"
    RAINSTORM = "rainstorm", "暴雨", "11B03"
    SNOW_ICE = "snow_ice", "暴雪冰冻", "11B04"
    WEATHER = "weather", "其他气象灾害", "11B99"
    EARTHQUAKE = "earthquake", "地震", "11C02"
    GEOLOGICAL = "geological", "地质灾害", "11D99"
    STORM_SURGE = "storm_surge", "风暴潮", "11E02"
    CROP_PEST = "crop_pest", "农林病虫害", "11F02"
    FOREST_FIRE = "forest_fire", "森林火灾", "11G01"
    MINE_ACCIDENT = "mine_accident", "矿山事故", "12B99"
    HAZMAT = "hazmat", "危险化学品事故", "12D02"
    WORK_ACCIDENT = "work_accident", "生产安全事故", "12F00"
    FIRE = "fire", "火灾", "12G99"
    TRAFFIC_ACCIDENT = "traffic_accident", "道路交通事故", "12H99"
    HAZMAT_VEHICLE = "hazmat_vehicle", "危化品运输车事故", "12H99"
    VESSEL = "vessel", "水上险情", "12J99"
    SPECIAL_EQUIPMENT = "special_equipment", "特种设备事故", "12N99"
    LIFT = "lift", "电梯困人", "12N04"
    POWER_OUTAGE = "power_outage", "停电", "12P08"
    GAS_LEAK = "gas_leak", "燃气泄漏", "12P09"
    TELECOM_OUTAGE = "telecom_outage", "通信中断", "12P10"
    WATER_SUPPLY = "water_supply", "供水中断", "12P12"
    COLLAPSE = "collapse", "建筑垮塌", "12P13"
    ROAD_DAMAGE = "road_damage", "道路设施损毁", "12P01"
    WATER_POLLUTION = "water_pollution", "水域污染", "12Q01"
    AIR_POLLUTION = "air_pollution", "空气污染", "12Q02"
    OIL_SPILL = "oil_spill", "海上溢油", "12Q04"
    STAMPEDE = "stampede", "踩踏", "12S01"
    NUCLEAR = "nuclear", "核设施事故", "12T01"
    RADIATION = "radiation", "辐射事故", "12T03"
    EPIDEMIC = "epidemic", "传染病", "13A99"
    FOOD_DRUG = "food_drug", "食品药品安全", "13B03"
    POISONING = "poisoning", "急性中毒", "13C99"
    ANIMAL_EPIDEMIC = "animal_epidemic", "动物疫情", "13E99"
    PUBLIC_ORDER = "public_order", "群体性事件", "14A99"
    CRIMINAL_CASE = "criminal_case", "刑事案件", "14B99"
    MARKET_SUPPLY = "market_supply", "市场供应", "14D99"
    TERRORISM = "terrorism", "恐怖袭击", "14F99"
    AIR_RAID = "air_raid", "防空警报", "19000"
    RELIEF = "relief", "灾民救助", "19000"
    INJURY = "injury", "人员伤病", "19000"
    RESCUE = "rescue", "抢险救援", "19000"
    DISPUTE = "dispute", "纠纷", "14Y00"
    PUBLIC_SECURITY = "public_security", "治安警情", "14Y00"
    HELP = "help", "群众求助", "19000"
    NON_POLICE = "non_police", "非警务事项", "19000"
    INVALID_CALL = "invalid_call", "无效警情", "19000"
    SYSTEM_FAULT = "system_fault", "系统故障", "19000"
    OTHER = "other", "其他", "19000"


# Forecasts and quakes cover an area: they relate to what happens inside and swallow nothing.
AREA_KINDS = frozenset(
    {
        Kind.FLOOD,
        Kind.DROUGHT,
        Kind.TYPHOON,
        Kind.RAINSTORM,
        Kind.SNOW_ICE,
        Kind.WEATHER,
        Kind.EARTHQUAKE,
        Kind.STORM_SURGE,
        Kind.AIR_RAID,
    }
)
# Never opens a joint response by itself; hidden on the map unless asked for.
ROUTINE_KINDS = frozenset({Kind.INVALID_CALL, Kind.NON_POLICE, Kind.HELP, Kind.DISPUTE})
# Dangerous goods are part of the thing itself, whatever flag the source sets.
HAZMAT_KINDS = frozenset({Kind.HAZMAT, Kind.HAZMAT_VEHICLE})
