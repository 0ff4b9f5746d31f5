"""Which kinds of alert can be one event, how far apart in time, how wide on the ground."""

from linkage.kinds import AREA_KINDS, Kind

# Points for two alerts of the same kind, where it is not SAME_KIND: what happens every few
# minutes somewhere says less. A kind that is missing from OWN and PAIRS never joins by score.
SAME_KIND = 18
OWN = {
    Kind.INJURY: 12,
    Kind.RESCUE: 14,
    Kind.HELP: 10,
    Kind.DISPUTE: 13,
    Kind.PUBLIC_SECURITY: 12,
    Kind.CRIMINAL_CASE: 14,
    Kind.NON_POLICE: 8,
    Kind.OTHER: 6,
    Kind.WATERLOGGING: 17,
    Kind.POWER_OUTAGE: 15,
}
# 无效警情 (silent, crank, mis-dialled) tells nothing that another call could share; what is wrong
# with our own system is nobody's emergency.
NEVER = AREA_KINDS | {Kind.INVALID_CALL, Kind.SYSTEM_FAULT}

# Different systems name one event by their own share of it: the lorry, the fire, the injured.
PAIRS: dict[Kind, dict[Kind, int]] = {
    Kind.TRAFFIC_ACCIDENT: {
        Kind.HAZMAT_VEHICLE: 18,
        Kind.INJURY: 12,
        Kind.RESCUE: 12,
        Kind.HAZMAT: 10,
        Kind.FIRE: 7,
        Kind.ROAD_DAMAGE: 5,
        Kind.DISPUTE: 3,
        Kind.HELP: 3,
        Kind.POISONING: 3,
        Kind.WATER_POLLUTION: 3,
    },
    Kind.HAZMAT_VEHICLE: {
        Kind.HAZMAT: 18,
        Kind.POISONING: 14,
        Kind.FIRE: 12,
        Kind.INJURY: 10,
        Kind.RESCUE: 12,
        Kind.AIR_POLLUTION: 12,
        Kind.WATER_POLLUTION: 12,
        Kind.GAS_LEAK: 8,
        Kind.ROAD_DAMAGE: 5,
    },
    Kind.HAZMAT: {
        Kind.POISONING: 16,
        Kind.WORK_ACCIDENT: 15,
        Kind.FIRE: 13,
        Kind.AIR_POLLUTION: 13,
        Kind.WATER_POLLUTION: 12,
        Kind.GAS_LEAK: 10,
        Kind.INJURY: 9,
        Kind.RESCUE: 10,
        Kind.SPECIAL_EQUIPMENT: 8,
        Kind.COLLAPSE: 5,
    },
    Kind.FIRE: {
        Kind.FOREST_FIRE: 12,
        Kind.RESCUE: 12,
        Kind.INJURY: 10,
        Kind.GAS_LEAK: 10,
        Kind.WORK_ACCIDENT: 9,
        Kind.COLLAPSE: 8,
        Kind.POISONING: 6,
        Kind.AIR_POLLUTION: 6,
        Kind.CRIMINAL_CASE: 4,
        Kind.SPECIAL_EQUIPMENT: 4,
        Kind.POWER_OUTAGE: 3,
    },
    Kind.GAS_LEAK: {
        Kind.POISONING: 12,
        Kind.INJURY: 8,
        Kind.RESCUE: 8,
        Kind.COLLAPSE: 8,
        Kind.AIR_POLLUTION: 6,
        Kind.WORK_ACCIDENT: 5,
        Kind.HELP: 5,
    },
    Kind.POISONING: {
        Kind.FOOD_DRUG: 14,
        Kind.INJURY: 12,
        Kind.WORK_ACCIDENT: 9,
        Kind.AIR_POLLUTION: 9,
        Kind.EPIDEMIC: 4,
    },
    Kind.FOOD_DRUG: {Kind.INJURY: 8, Kind.EPIDEMIC: 5},
    Kind.WORK_ACCIDENT: {
        Kind.COLLAPSE: 14,
        Kind.SPECIAL_EQUIPMENT: 13,
        Kind.MINE_ACCIDENT: 13,
        Kind.INJURY: 12,
        Kind.RESCUE: 12,
        Kind.AIR_POLLUTION: 6,
    },
    Kind.COLLAPSE: {
        Kind.RESCUE: 14,
        Kind.INJURY: 10,
        Kind.GEOLOGICAL: 8,
        Kind.ROAD_DAMAGE: 6,
        Kind.MINE_ACCIDENT: 8,
    },
    Kind.MINE_ACCIDENT: {Kind.RESCUE: 12, Kind.INJURY: 10, Kind.POISONING: 8},
    Kind.LIFT: {Kind.SPECIAL_EQUIPMENT: 16, Kind.RESCUE: 14, Kind.HELP: 9, Kind.INJURY: 5},
    Kind.SPECIAL_EQUIPMENT: {Kind.RESCUE: 9, Kind.INJURY: 8, Kind.HELP: 7},
    Kind.VESSEL: {
        Kind.RESCUE: 14,
        Kind.OIL_SPILL: 12,
        Kind.INJURY: 8,
        Kind.FIRE: 8,
        Kind.HELP: 4,
    },
    Kind.OIL_SPILL: {Kind.WATER_POLLUTION: 14},
    Kind.WATER_POLLUTION: {Kind.WATER_SUPPLY: 6, Kind.AIR_POLLUTION: 4},
    Kind.WATERLOGGING: {Kind.RESCUE: 10, Kind.HELP: 6, Kind.ROAD_DAMAGE: 6},
    Kind.GEOLOGICAL: {Kind.RESCUE: 10, Kind.ROAD_DAMAGE: 8, Kind.INJURY: 6},
    Kind.STAMPEDE: {Kind.INJURY: 13, Kind.PUBLIC_ORDER: 12, Kind.RESCUE: 8},
    Kind.PUBLIC_ORDER: {
        Kind.PUBLIC_SECURITY: 10,
        Kind.DISPUTE: 8,
        Kind.INJURY: 6,
        Kind.CRIMINAL_CASE: 6,
    },
    Kind.CRIMINAL_CASE: {
        Kind.PUBLIC_SECURITY: 12,
        Kind.TERRORISM: 12,
        Kind.DISPUTE: 8,
        Kind.INJURY: 8,
    },
    Kind.PUBLIC_SECURITY: {Kind.DISPUTE: 12, Kind.INJURY: 7, Kind.HELP: 3},
    Kind.DISPUTE: {Kind.INJURY: 8, Kind.HELP: 3},
    Kind.TERRORISM: {Kind.INJURY: 10, Kind.FIRE: 8, Kind.HAZMAT: 8, Kind.STAMPEDE: 8},
    Kind.RESCUE: {Kind.INJURY: 12, Kind.HELP: 10, Kind.ROAD_DAMAGE: 6},
    Kind.HELP: {Kind.INJURY: 5, Kind.ROAD_DAMAGE: 3},
    Kind.POWER_OUTAGE: {Kind.TELECOM_OUTAGE: 5, Kind.ROAD_DAMAGE: 3},
    Kind.RADIATION: {Kind.NUCLEAR: 14, Kind.HAZMAT: 6},
}
# A source that could only say 其他 may mean any of these: no point for the kind, none against.
SAID_OTHER = frozenset(Kind) - NEVER - {Kind.NON_POLICE, Kind.OTHER}

# How long reports of one event keep coming, in minutes: the mean delay of a further report.
PACE_MIN = 10.0
PACES_MIN = {
    Kind.TRAFFIC_ACCIDENT: 7.0,
    Kind.INJURY: 7.0,
    Kind.FIRE: 8.0,
    Kind.RESCUE: 12.0,
    Kind.WATERLOGGING: 20.0,
    Kind.COLLAPSE: 20.0,
    Kind.GAS_LEAK: 15.0,
    Kind.WORK_ACCIDENT: 15.0,
    Kind.VESSEL: 30.0,
    Kind.HAZMAT_VEHICLE: 40.0,
    Kind.HAZMAT: 45.0,
    Kind.POISONING: 40.0,
    Kind.AIR_POLLUTION: 60.0,
    Kind.WATER_POLLUTION: 90.0,
    Kind.OIL_SPILL: 90.0,
    Kind.FOREST_FIRE: 45.0,
    Kind.GEOLOGICAL: 45.0,
    Kind.RESERVOIR: 60.0,
    Kind.POWER_OUTAGE: 40.0,
    Kind.TELECOM_OUTAGE: 40.0,
    Kind.WATER_SUPPLY: 60.0,
    Kind.FOOD_DRUG: 180.0,
    Kind.EPIDEMIC: 360.0,
    Kind.ANIMAL_EPIDEMIC: 360.0,
    Kind.CROP_PEST: 720.0,
    Kind.RADIATION: 60.0,
    Kind.NUCLEAR: 60.0,
}

# How far from its centre such an event is truly met, in metres: a plume, a slick, a blackout.
EXTENT_M = {
    Kind.AIR_POLLUTION: 900.0,
    Kind.WATER_POLLUTION: 1200.0,
    Kind.OIL_SPILL: 2000.0,
    Kind.VESSEL: 1500.0,
    Kind.FOREST_FIRE: 800.0,
    Kind.POWER_OUTAGE: 500.0,
    Kind.TELECOM_OUTAGE: 800.0,
    Kind.WATER_SUPPLY: 800.0,
    Kind.EPIDEMIC: 800.0,
    Kind.ANIMAL_EPIDEMIC: 1000.0,
    Kind.CROP_PEST: 1500.0,
}


def _points() -> dict[tuple[Kind, Kind], int]:
    table = {(kind, kind): OWN.get(kind, SAME_KIND) for kind in Kind if kind not in NEVER}
    for one, others in PAIRS.items():
        for other, points in others.items():
            table[one, other] = table[other, one] = points
    for kind in SAID_OTHER:
        table[kind, Kind.OTHER] = table[Kind.OTHER, kind] = 0
    return table


POINTS = _points()
BIT = {kind: 1 << place for place, kind in enumerate(Kind)}
# For each kind, the bits of the kinds it can be one event with: one `&` instead of a lookup.
PARTNERS = {kind: sum(BIT[other] for other in Kind if (kind, other) in POINTS) for kind in Kind}


# Seconds: the harmonic mean, nearer the quick one: a dent is not reported for hours.
PACES = {
    (one, other): 120.0 / (1 / PACES_MIN.get(one, PACE_MIN) + 1 / PACES_MIN.get(other, PACE_MIN))
    for one, other in POINTS
}
# The same by alert's kind, for the rule: kind → (points, pace).
NO_PAIR = (-1, 60.0)
WITH: dict[Kind, dict[Kind, tuple[int, float]]] = {kind: {} for kind in Kind}
for _pair, _worth in POINTS.items():
    WITH[_pair[0]][_pair[1]] = (_worth, PACES[_pair])

# Nothing is asked of an incident this many mean delays after its last report.
LAST_DELAYS = 6.0


def _horizon(kind: Kind) -> float:
    return max((LAST_DELAYS * pace for _, pace in WITH[kind].values()), default=0.0)


# Seconds, by the alert's kind: with whichever partner reports come longest.
HORIZON_S = {kind: _horizon(kind) for kind in Kind}

# What a flood, a storm or a quake can cause. A theft in a typhoon is a theft.
AFFECTED = frozenset(one for one, _ in POINTS) - {
    Kind.CRIMINAL_CASE,
    Kind.PUBLIC_SECURITY,
    Kind.PUBLIC_ORDER,
    Kind.TERRORISM,
    Kind.DISPUTE,
    Kind.NON_POLICE,
    Kind.FOOD_DRUG,
    Kind.EPIDEMIC,
    Kind.ANIMAL_EPIDEMIC,
    Kind.CROP_PEST,
    Kind.MARKET_SUPPLY,
}
