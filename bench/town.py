"""A made-up city for labelled reports: districts, streets, compounds and highways, from a seed.

Names repeat across counties as they do in life (every county has its 人民路), streets run as lines,
compounds and shops stand along them with house numbers, highways carry kilometre posts.
"""

from math import cos, radians, sin
from random import Random
from typing import NamedTuple

words = str.split

METRES = 111_320.0
LON_METRES = METRES * cos(radians(34.6))

DISTRICTS = (
    ("海州区", "320706", 119.158, 34.573, 5000.0),
    ("连云区", "320703", 119.333, 34.761, 4000.0),
    ("赣榆区", "320707", 119.168, 34.842, 3500.0),
    ("东海县", "320722", 118.747, 34.543, 3000.0),
    ("灌云县", "320723", 119.234, 34.286, 3000.0),
    ("灌南县", "320724", 119.310, 34.088, 2500.0),
)
STREETS = words(
    "解放东路 解放中路 解放西路 海连东路 海连中路 苍梧路 朝阳东路 朝阳西路 郁州南路 "
    "郁州北路 通灌南路 通灌北路 瀛洲路 巨龙北路 巨龙南路 盐河南路 学院路 人民东路 "
    "花果山大道 中华西路 海棠中路 中山中路 建设路 和平路 青年路 新华路 胜利路 幸福路 "
    "牛山北路 晶都大道 徐海路 向阳路 振兴路 文化路 迎宾大道 长江路 黄河路 淮河路 "
    "泰山路 华山路 武当路 西大街 东大街 光明街 前进街 新民巷"
)
SPOTS_OF_A_STREET = 24
EVERYWHERE = ("人民路", "建设路", "新华路", "和平路")  # each county has one of its own
COMPOUNDS = words(
    "苍梧 绿园 锦绣 龙河 玉龙 凤凰 海天 御景 东方 阳光 金辉 万润 盛世 翠湖 紫竹 "
    "银河 康居 安居 富康 同科 嘉泰 九龙 恒泰 兴业 瑞景 怡和 天然 西苑 南湖 新海 "
    "香溢 山水 云台 国宾"
)
COMPOUND_ENDS = ("小区", "花园", "家园", "新村", "公寓", "名都", "丽景")
LANDMARKS = words(
    "小学 中学 幼儿园 广场 大厦 农贸市场 超市 大酒店 加油站 医院 公园 体育馆 商城 "
    "汽配城 养老院 影城"
)
CHAINS = words("华联超市 中石化加油站 肯德基 苏宁易购 如家酒店 海底捞")  # more than one of each
WORKS = words("化工 制药厂 物流公司 石化 炼化 合金厂 氯碱厂 纸业 罐区 水泥厂 食品厂 碳素厂")
HIGHWAYS = (
    # name, what drivers call it, number, west end, east end, kilometres at the west end
    ("310国道", ("310国道", "G310"), (118.60, 34.56), (119.40, 34.66), 40.0),
    ("204国道", ("204国道", "G204"), (119.10, 35.05), (119.30, 34.10), 90.0),
    ("连霍高速", ("连霍高速", "G30连霍高速"), (118.55, 34.50), (119.25, 34.58), 5.0),
    ("沈海高速", ("沈海高速", "G15沈海高速"), (119.05, 35.05), (119.28, 34.02), 780.0),
    ("长深高速", ("长深高速", "G25长深高速"), (118.80, 34.90), (118.85, 34.20), 860.0),
    ("236省道", ("236省道", "S236"), (118.95, 34.50), (119.35, 34.30), 12.0),
)


class Spot(NamedTuple):
    """Where something happens, with everything anybody could say of it."""

    lon: float
    lat: float
    district: str
    area_code: str
    street: str
    house: int
    name: str  # compound or landmark; "" on an open street
    compound: bool
    crossing: str = ""
    highway: int = -1
    post_m: int = 0
    works: bool = False


def moved(lon: float, lat: float, east: float, north: float) -> tuple[float, float]:
    return lon + east / LON_METRES, lat + north / METRES


class _Street(NamedTuple):
    name: str
    lon: float
    lat: float
    east: float  # direction, unit vector
    north: float
    length: float


def _names(rng: Random) -> dict[str, list[str]]:
    """The names of one district, each once."""
    ends = {"compound": COMPOUND_ENDS, "public": LANDMARKS, "works": WORKS}
    names = {sort: [a + b for a in COMPOUNDS for b in ends[sort]] for sort in ends}
    for some in names.values():
        rng.shuffle(some)
    return names


class Town:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.spots: dict[str, list[Spot]] = {}
        self._streets: dict[str, list[_Street]] = {}
        self._used: set[object] = set()
        self._crossings: dict[tuple[str, str, str], float] = {}
        names = list(STREETS)
        rng.shuffle(names)
        for district, code, lon, lat, radius in DISTRICTS:
            many = 16 if district == "海州区" else 5
            some = [names.pop() for _ in range(many) if names] + list(EVERYWHERE)
            self._streets[district] = [
                self._street(name, lon, lat, radius) for name in dict.fromkeys(some)
            ]
            self._left = _names(rng)
            self.spots[district] = [
                self._spot(street, district, code)
                for street in self._streets[district]
                for _ in range(SPOTS_OF_A_STREET)
            ]

    def place_for(self, where: str) -> Spot:
        """`where` of a Scene: home, street, highway, works or spot."""
        if where == "highway":
            return self.on_highway()
        if where == "street":
            return self.on_street()
        finders = {"home": self.home, "works": self.at_works}
        return finders.get(where, self.public)()

    def any_district(self) -> str:
        # Most calls come from the city proper.
        return self._rng.choices([d[0] for d in DISTRICTS], (50, 15, 12, 10, 8, 5))[0]

    def anywhere(self, district: str | None = None) -> Spot:
        return self._rng.choice(self.spots[district or self.any_district()])

    def home(self, district: str | None = None) -> Spot:
        return self._fresh([s for s in self._all(district) if s.compound])

    def public(self, district: str | None = None) -> Spot:
        return self._fresh([s for s in self._all(district) if not s.compound and not s.works])

    def at_works(self, district: str | None = None) -> Spot:
        return self._fresh([s for s in self._all(district) if s.works])

    def _all(self, district: str | None) -> list[Spot]:
        return self.spots[district or self.any_district()]

    def _fresh(self, spots: list[Spot]) -> Spot:
        """One where nothing has happened yet: two events in one place nobody can tell apart."""
        left = [s for s in spots if (s.district, s.name, s.street) not in self._used] or spots
        spot = self._rng.choice(left)
        self._used.add((spot.district, spot.name, spot.street))
        return spot

    def on_street(self, district: str | None = None) -> Spot:
        """An open stretch of a street, sometimes named by a crossing."""
        rng = self._rng
        district = district or self.any_district()
        code = next(d[1] for d in DISTRICTS if d[0] == district)
        streets = self._streets[district]
        if rng.random() < 0.5:
            return self._crossing(district, code)
        spot = self._spot(rng.choice(streets), district, code)
        return spot if rng.random() < 0.5 else spot._replace(name="", compound=False, works=False)

    def _crossing(self, district: str, code: str) -> Spot:
        """Where two streets meet, which they do in one place."""
        rng = self._rng
        streets = self._streets[district]
        pairs = [(a, b) for a in streets for b in streets if a.name < b.name]
        left = [p for p in pairs if (district, p[0].name, p[1].name) not in self._used]
        one, other = rng.choice(left or pairs)
        key = (district, one.name, other.name)
        self._used.add(key)
        # Every so many metres another street crosses.
        apart = one.length / len(streets)
        along = self._crossings.setdefault(key, apart * (streets.index(other) + rng.random() / 2))
        lon, lat = moved(one.lon, one.lat, one.east * along, one.north * along)
        house = 1 + int(along / 10)
        return Spot(lon, lat, district, code, one.name, house, "", False, other.name)

    def on_highway(self, highway: int | None = None, share: float | None = None) -> Spot:
        rng = self._rng
        which = rng.randrange(len(HIGHWAYS)) if highway is None else highway
        name, _, west, east, km = HIGHWAYS[which]
        part = rng.uniform(0.1, 0.9) if share is None else share
        lon, lat = (a + (b - a) * part for a, b in zip(west, east, strict=True))
        length = (
            ((east[0] - west[0]) * LON_METRES) ** 2 + ((east[1] - west[1]) * METRES) ** 2
        ) ** 0.5
        nearest = min(DISTRICTS, key=lambda d: (d[2] - lon) ** 2 + (d[3] - lat) ** 2)
        post = round((km * 1000 + part * length) / 100) * 100
        return Spot(lon, lat, nearest[0], nearest[1], name, 0, "", False, "", which, post)

    def along(self, spot: Spot, metres: float) -> Spot:
        """The same street or highway, that many metres on."""
        if spot.highway >= 0:
            _, _, west, east, _ = HIGHWAYS[spot.highway]
            run = (east[0] - west[0]) * LON_METRES, (east[1] - west[1]) * METRES
            size = (run[0] ** 2 + run[1] ** 2) ** 0.5
            lon, lat = moved(spot.lon, spot.lat, run[0] / size * metres, run[1] / size * metres)
            return spot._replace(lon=lon, lat=lat, post_m=spot.post_m + round(metres))
        street = next(s for s in self._streets[spot.district] if s.name == spot.street)
        lon, lat = moved(spot.lon, spot.lat, street.east * metres, street.north * metres)
        house = max(1, spot.house + round(metres / 10))
        return spot._replace(lon=lon, lat=lat, house=house, name="", compound=False, crossing="")

    def other_street(self, spot: Spot) -> str:
        return self._rng.choice(
            [s.name for s in self._streets[spot.district] if s.name != spot.street]
        )

    def _street(self, name: str, lon: float, lat: float, radius: float) -> _Street:
        rng = self._rng
        angle = radians(rng.choice((0, 90)) + rng.gauss(0, 12))
        x, y = moved(lon, lat, rng.gauss(0, radius / 2), rng.gauss(0, radius / 2))
        return _Street(name, x, y, cos(angle), sin(angle), rng.uniform(1500, 2 * radius))

    def _spot(self, street: _Street, district: str, code: str) -> Spot:
        rng = self._rng
        along = rng.uniform(0, street.length)
        off = rng.gauss(0, 60)
        east = street.east * along - street.north * off
        north = street.north * along + street.east * off
        lon, lat = moved(street.lon, street.lat, east, north)
        sort = rng.choices(("compound", "public", "works"), (55, 33, 12))[0]
        name = rng.choice(CHAINS) if sort == "public" and rng.random() < 0.15 else ""
        name = name or (self._left[sort].pop() if self._left[sort] else "")
        return Spot(
            *(lon, lat, district, code, street.name, 1 + int(along / 10), name),
            compound=sort == "compound",
            works=sort == "works",
        )
