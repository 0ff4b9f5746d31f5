"""What two reports' words say for or against one event, each finding with its points."""

from linkage.alerts import Casualties
from linkage.kinds import Kind
from linkage.place_words import Names
from linkage.reading import Topic, Words

Reason = tuple[str, float]

# Points for a name in common: beside a distance it only confirms, without one it must locate.
SPOT, SPOT_ALONE = 9.0, 24.0
ROAD, ROAD_ALONE = 5.0, 12.0
SAME_NUMBER = {"号": 8.0, "栋": 7.0, "单元": 2.0, "室": 10.0}
NUMBER_ALONE = 6.0  # more, where no distance was known
OTHER_NUMBER = {"号": -6.0, "栋": -12.0, "单元": -6.0, "室": -10.0}
NEIGHBOUR_DOORS = 6  # 门牌 that near are read wrong, or face each other
HALF = 0.5  # a name written nearly the same counts half
OTHER_ROAD, OTHER_SPOT, OTHER_DISTRICT = -9.0, -4.0, -25.0
# Kilometre posts locate better than any telephone does: (within metres, points).
POSTS = ((150, 24.0), (600, 16.0), (1200, 4.0), (2000, -12.0))
OTHER_POST = -40.0

SAME_TOPIC, VAGUE_TOPIC, OTHER_TOPIC = 5.0, 9.0, -14.0
ILLNESS = -25.0
SAME_THING, OTHER_THING = 4.0, -8.0
SAME_PEOPLE = 3.0
SAME_SUBSTANCE, OTHER_SUBSTANCE = 10.0, -12.0
# The desk's code says what happened; these kinds leave it to the text.
VAGUE = frozenset(
    {Kind.INJURY, Kind.RESCUE, Kind.HELP, Kind.OTHER, Kind.PUBLIC_SECURITY, Kind.NON_POLICE}
)
IMPLIED = {
    Kind.TRAFFIC_ACCIDENT: Topic.CRASH,
    Kind.HAZMAT_VEHICLE: Topic.CRASH | Topic.LEAK | Topic.SMELL | Topic.POISON,
    Kind.HAZMAT: Topic.LEAK | Topic.SMELL | Topic.POISON | Topic.BLAST,
    Kind.FIRE: Topic.FIRE | Topic.BLAST,
    Kind.FOREST_FIRE: Topic.FIRE,
    Kind.GAS_LEAK: Topic.LEAK | Topic.SMELL | Topic.POISON,
    Kind.POISONING: Topic.POISON | Topic.SMELL,
    Kind.AIR_POLLUTION: Topic.SMELL | Topic.LEAK | Topic.POISON,
    Kind.WATER_POLLUTION: Topic.LEAK | Topic.SMELL,
    Kind.COLLAPSE: Topic.COLLAPSE,
    Kind.LIFT: Topic.LIFT | Topic.TRAPPED,
    Kind.WATERLOGGING: Topic.FLOODED,
    Kind.POWER_OUTAGE: Topic.POWER,
    Kind.VESSEL: Topic.DROWNING,
    Kind.DISPUTE: Topic.FIGHT,
    Kind.FOOD_DRUG: Topic.POISON,
    Kind.WORK_ACCIDENT: Topic.FALL | Topic.COLLAPSE | Topic.POISON | Topic.LEAK | Topic.BLAST,
}
_SIDES = frozenset("东西南北中前后上下新老大小一二三四五六七八九")


def alike(one: str, other: str) -> float:
    """1 the same name, 0.5 nearly (a slip of the pen, 解放路 for 解放东路), 0 another."""
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    if long.endswith(short):
        return 1.0
    if len(short) == len(long) >= 4:
        apart = [(a, b) for a, b in zip(short, long, strict=True) if a != b]
        if len(apart) == 1 and not _SIDES & {*apart[0]}:
            return HALF
    if len(long) == len(short) + 1 and long[:-2] == short[:-1] and long[-2] in _SIDES:
        return HALF
    return 0.0


def best_pair(ones: frozenset[str], others: frozenset[str]) -> tuple[float, str]:
    best, name = 0.0, ""
    for one in sorted(ones):
        for other in others:
            likeness = alike(one, other)
            if likeness > best:
                best, name = likeness, one
    return best, name


def place_reasons(one: Names, other: Names, *, located: bool) -> list[Reason]:
    """`located`: the distance is known and has had its points."""
    reasons: list[Reason] = []
    if one.district and other.district and one.district != other.district:
        reasons.append((f"区县不同：{one.district} 与 {other.district}", OTHER_DISTRICT))
    road, road_name = best_pair(one.roads, other.roads)
    spot, spot_name = best_pair(one.spots, other.spots)
    if spot:
        points = round(spot * (SPOT if located else SPOT_ALONE), 1)
        reasons.append((_named("地点", spot, spot_name), points))
    if road:
        # Road and place together pin down little more than the place does.
        points = round(road * (ROAD if located or spot else ROAD_ALONE), 1)
        reasons.append((_named("道路", road, road_name), points))
    if one.roads and other.roads and not road and not spot:
        names = f"{min(one.roads)} 与 {min(other.roads)}"
        reasons.append((f"道路不同：{names}", OTHER_ROAD))
    if one.spots and other.spots and not spot:
        names = f"{min(one.spots)} 与 {min(other.spots)}"
        reasons.append((f"地点名称不同：{names}", OTHER_SPOT))
    if one.posts and other.posts and (road or not (one.roads and other.roads)):
        reasons.append(_posts(one.posts[0], other.posts[0]))
    if spot or road:
        reasons += _numbers(one.numbers, other.numbers, located=located)
    return reasons


def event_reasons(one: Words, kind: Kind, other: Words, kinds: tuple[Kind, ...]) -> list[Reason]:
    """What happened, to what, with what substance."""
    reasons: list[Reason] = []
    reasons += _topics(one, kind, other, kinds)
    if one.things and other.things:
        if one.things & other.things:
            reasons.append(("所述对象相同", SAME_THING))
        else:
            reasons.append(("所述对象不同", OTHER_THING))
    if one.substances and other.substances:
        shared = one.substances & other.substances
        if shared:
            reasons.append((f"同一物质：{min(shared)}", SAME_SUBSTANCE))
        else:
            names = f"{min(one.substances)} 与 {min(other.substances)}"
            reasons.append((f"物质不同：{names}", OTHER_SUBSTANCE))
    return reasons


def people_reasons(one: Casualties, other: Casualties) -> list[Reason]:
    """Counts grow while a report travels, so only equal figures say anything."""
    shared = [
        label
        for label, mine, theirs in (
            ("死亡", one.deaths, other.deaths),
            ("被困", one.trapped, other.trapped),
            ("受伤", one.injured, other.injured),
            ("中毒", one.poisoned, other.poisoned),
        )
        if mine and mine == theirs
    ]
    return [(f"{'、'.join(shared)}人数一致", SAME_PEOPLE)] if shared else []


def _topics(one: Words, kind: Kind, other: Words, kinds: tuple[Kind, ...]) -> list[Reason]:
    if (one.topics ^ other.topics) & Topic.ILLNESS and not (one.topics & other.topics):
        ill, well = (one, kinds) if one.topics & Topic.ILLNESS else (other, (kind,))
        if ill.topics == Topic.ILLNESS and not all(k is Kind.INJURY for k in well):
            return [("一方为自身疾病", ILLNESS)]
    vague = kind in VAGUE or all(k in VAGUE for k in kinds)
    mine = one.topics or IMPLIED.get(kind, 0)
    theirs = other.topics
    if kind not in kinds or not vague:
        mine |= IMPLIED.get(kind, 0)
        for k in kinds:
            theirs |= IMPLIED.get(k, 0)
    if not mine or not theirs:
        return []
    if mine & theirs:
        if not (one.topics and other.topics) and kind in kinds:
            return []
        return [("所述情况相符", VAGUE_TOPIC if vague else SAME_TOPIC)]
    return [("所述情况不符", OTHER_TOPIC)]


def _named(what: str, likeness: float, name: str) -> str:
    return f"{what}同为 {name}" if likeness == 1.0 else f"{what}名称相近 {name}"


def _posts(one: int, other: int) -> Reason:
    apart = abs(one - other)
    for within, points in POSTS:
        if apart <= within:
            return (f"桩号相差 {apart} 米" if apart else "桩号相同", points)
    return f"桩号相差 {apart / 1000:.1f} 公里", OTHER_POST


def _numbers(ones: frozenset[str], others: frozenset[str], *, located: bool) -> list[Reason]:
    reasons: list[Reason] = []
    for unit in ("栋", "单元", "室", "号"):
        mine = {n.removesuffix(unit) for n in ones if n.endswith(unit)}
        theirs = {n.removesuffix(unit) for n in others if n.endswith(unit)}
        if not mine or not theirs:
            continue
        shared = mine & theirs
        if shared:
            points = SAME_NUMBER[unit] + (0.0 if located else NUMBER_ALONE)
            reasons.append((f"同为 {min(shared)}{unit}", points))
        elif unit != "号" or _doors_apart(mine, theirs) > NEIGHBOUR_DOORS:
            reasons.append((f"{unit}号不同：{min(mine)} 与 {min(theirs)}", OTHER_NUMBER[unit]))
    return reasons


def _doors_apart(ones: set[str], others: set[str]) -> int:
    return min(abs(int(a) - int(b)) for a in ones for b in others)
