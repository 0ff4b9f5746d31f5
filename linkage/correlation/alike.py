"""What two reports' words say for or against one event, each finding with its points."""

from linkage.alerts import Casualties
from linkage.correlation.reading import Topic, Words
from linkage.kinds import Kind

Reason = tuple[str, float]

# A name in common says little beside a short distance, much against a long one (a position may be
# wrong by a datum), and everything where no distance is known. Distance and name together come
# to PLACE_AT_MOST, within these bounds.
PLACE_AT_MOST = 37.0
SPOT, CROSSING, ROAD = (3.0, 26.0), (8.0, 30.0), (1.0, 7.0)
SAME_NUMBER = {"号": 12.0, "栋": 10.0, "单元": 3.0, "室": 12.0}
OTHER_NUMBER = {"号": -15.0, "栋": -20.0, "单元": -10.0, "室": -14.0}
NEIGHBOUR_DOORS = 8  # 门牌 that near are misread, or face each other
HALF = 0.5  # a name written nearly the same counts half
OTHER_CROSSING = -14.0
SHORTEST_RUN, SURE_RUN = 3, 4  # characters
OTHER_ROAD, OTHER_SPOT, OTHER_DISTRICT = -16.0, -8.0, -30.0
# Kilometre posts locate better than any telephone does: (within metres, points).
POSTS = ((150, 24.0), (600, 16.0), (1200, 4.0), (2000, -12.0))
OTHER_POST = -40.0

SAME_TOPIC, VAGUE_TOPIC, OTHER_TOPIC = 6.0, 10.0, -17.0
ILLNESS = -30.0
SAME_THING, SAME_THINGS, OTHER_THING = 5.0, 10.0, -6.0
SAME_PEOPLE = 3.0
SAME_SUBSTANCE, OTHER_SUBSTANCE = 10.0, -16.0
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
_FUMES = Topic.LEAK | Topic.SMELL | Topic.POISON | Topic.FIRE | Topic.BLAST
_HURT = Topic.FALL | Topic.COLLAPSE | Topic.TRAPPED | Topic.CRASH
_STORM = Topic.TREE | Topic.POWER | Topic.FLOODED | Topic.TRAPPED
ALLIES = (_FUMES, _HURT, _STORM)
_SIDES = frozenset("东西南北中前后上下新老大小一二三四五六七八九")


def alike(one: str, other: str) -> float:
    """1 the same name, 0.5 nearly (a slip of the pen, 解放路 for 解放东路), 0 another."""
    if one == other:
        return 1.0
    short, long = (one, other) if len(one) <= len(other) else (other, one)
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
    if not ones or not others:
        return 0.0, ""
    shared = ones & others
    if shared:
        return 1.0, min(shared)
    best, name = 0.0, ""
    for one in sorted(ones):
        for other in others:
            likeness = alike(one, other)
            if likeness > best:
                best, name = likeness, one
    return best, name


def shared_run(one: str, other: str) -> str:
    """The longest piece both places contain, of three characters or more.

    For the names whose ending nobody has listed: 锦绣丽景, 万科翡翠.
    """
    best = ""
    for at in range(len(one) - SHORTEST_RUN + 1):
        to = at + max(SHORTEST_RUN, len(best) + 1)
        if " " in one[at:to]:
            continue
        while to <= len(one) and one[to - 1] != " " and one[at:to] in other:
            best = one[at:to]
            to += 1
    return best


def place_reasons(ours: Words, theirs: Words, far: float | None) -> list[Reason]:
    """`far`: the points the distance has had; None where it is not known."""
    one, other = ours.names, theirs.names
    room = PLACE_AT_MOST if far is None else PLACE_AT_MOST - far
    reasons: list[Reason] = []
    if one.district and other.district and one.district != other.district:
        reasons.append((f"区县不同：{one.district} 与 {other.district}", OTHER_DISTRICT))
    crossing = sorted(one.roads & other.roads)
    road, road_name = (1.0, crossing[0]) if crossing else best_pair(one.roads, other.roads)
    spot, spot_name = best_pair(one.spots, other.spots)
    if not spot:
        # A name with a listed ending is a spot of its own on both sides, so `rest` knows it not.
        spot_name = shared_run(one.rest, other.rest) if one.rest and other.rest else ""
        spot = 1.0 if len(spot_name) >= SURE_RUN else HALF if spot_name else 0.0
    if len(crossing) > 1:
        # Two streets meet once: as good as a place.
        reasons.append(
            (f"路口同为 {'与'.join(crossing[:2])}", round(_within(room + 5, CROSSING), 1))
        )
        spot, road = 0.0, 0.0
    elif crossing and len(one.roads) > 1 and len(other.roads) > 1 and not spot:
        reasons.append((f"不是同一路口：{_all(one.roads)} 与 {_all(other.roads)}", OTHER_CROSSING))
    if spot:
        points = round(spot * _within(room, SPOT), 1)
        reasons.append((_named("地点", spot, spot_name), points))
    if road:
        # Road and place together pin down little more than the place does.
        points = round(road * (ROAD[0] if spot else _within(room / 2, ROAD)), 1)
        reasons.append((_named("道路", road, road_name), points))
    if one.roads and other.roads and not road and not crossing:
        names = f"{min(one.roads)} 与 {min(other.roads)}"
        # A place at a corner has two streets.
        reasons.append((f"道路不同：{names}", OTHER_ROAD * (HALF if spot else 1.0)))
    if one.spots and other.spots and not spot and len(crossing) < 2:
        names = f"{min(one.spots)} 与 {min(other.spots)}"
        reasons.append((f"地点名称不同：{names}", OTHER_SPOT))
    if ours.posts and theirs.posts and (crossing or not (one.roads and other.roads)):
        reasons.append(_posts(ours.posts[0], theirs.posts[0]))
    if ours.numbers and theirs.numbers:
        if road:
            reasons += _numbers(ours.numbers, theirs.numbers, ("号",))
        if spot:
            reasons += _numbers(ours.numbers, theirs.numbers, ("栋", "单元", "室"))
    return reasons


def event_reasons(one: Words, kind: Kind, other: Words, kinds: tuple[Kind, ...]) -> list[Reason]:
    """What happened, to what, with what substance."""
    reasons: list[Reason] = []
    reasons += _topics(one, kind, other, kinds)
    if one.things and other.things:
        if not one.things & other.things:
            reasons.append(("所述对象不同", OTHER_THING))
        elif one.things == other.things:
            # 货车与电动车 twice is more than 货车 twice.
            sure = one.things.bit_count() > 1
            reasons.append(("所述对象相同", SAME_THINGS if sure else SAME_THING))
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
    if _ill_and_not(one, other, kinds) or _ill_and_not(other, one, (kind,)):
        return [("一方为自身疾病", ILLNESS)]
    vague = kind in VAGUE or all(k in VAGUE for k in kinds)
    mine = one.topics | IMPLIED.get(kind, 0)
    theirs = other.topics
    for k in kinds:
        theirs |= IMPLIED.get(k, 0)
    if not mine or not theirs:
        return []
    if mine & theirs:
        if kind in kinds and not vague:
            return []  # the kind has said so
        return [("所述情况相符", VAGUE_TOPIC if vague else SAME_TOPIC)]
    if allied(mine) & theirs:
        return []
    return [("所述情况不符", OTHER_TOPIC)]


def _ill_and_not(ill: Words, well: Words, well_kinds: tuple[Kind, ...]) -> bool:
    """A patient on one side, on the other something that happened."""
    if ill.topics != Topic.ILLNESS or well.topics & Topic.ILLNESS:
        return False
    return bool(well.topics) or not all(k in VAGUE for k in well_kinds)


def allied(topics: int) -> int:
    """With what one event brings about: a burning tank poisons, a collapse buries."""
    together = topics
    for group in ALLIES:
        if topics & group:
            together |= group
    return together


def _all(names: frozenset[str]) -> str:
    return "/".join(sorted(names))


def _within(points: float, bounds: tuple[float, float]) -> float:
    return min(max(points, bounds[0]), bounds[1])


def _named(what: str, likeness: float, name: str) -> str:
    return f"{what}同为 {name}" if likeness == 1.0 else f"{what}名称相近 {name}"


def _posts(one: int, other: int) -> Reason:
    apart = abs(one - other)
    for within, points in POSTS:
        if apart <= within:
            return (f"桩号相差 {apart} 米" if apart else "桩号相同", points)
    return f"桩号相差 {apart / 1000:.1f} 公里", OTHER_POST


def _numbers(ones: frozenset[str], others: frozenset[str], units: tuple[str, ...]) -> list[Reason]:
    reasons: list[Reason] = []
    for unit in units:
        mine = {n.removesuffix(unit) for n in ones if n.endswith(unit)}
        theirs = {n.removesuffix(unit) for n in others if n.endswith(unit)}
        if not mine or not theirs:
            continue
        shared = mine & theirs
        if shared:
            reasons.append((f"同为 {min(shared)}{unit}", SAME_NUMBER[unit]))
        elif unit != "号" or _doors_apart(mine, theirs) > NEIGHBOUR_DOORS:
            reasons.append((f"{unit}号不同：{min(mine)} 与 {min(theirs)}", OTHER_NUMBER[unit]))
    return reasons


def _doors_apart(ones: set[str], others: set[str]) -> int:
    return min(abs(int(a) - int(b)) for a in ones for b in others)
