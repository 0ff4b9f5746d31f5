"""How each desk words one event: the scenes of bench/scenes.toml and how often they happen."""

from pathlib import Path

import msgspec

from linkage.kinds import Kind

words = str.split


class Desk(msgspec.Struct, forbid_unknown_fields=True):
    """What one system sends about a scene: its kinds and its sentences."""

    kinds: tuple[Kind, ...]
    says: tuple[str, ...]


class Scene(msgspec.Struct, forbid_unknown_fields=True):
    """A sort of event; the file says what each field means."""

    where: str
    desks: dict[str, Desk]
    first: dict[str, int]
    calls: tuple[int, ...]
    delay: float
    hazmat: bool = False


SCENES = msgspec.toml.decode(
    Path(__file__).with_name("scenes.toml").read_bytes(), type=dict[str, Scene]
)
EVENING = {
    "crash": 26, "highway crash": 5, "house fire": 5, "shop fire": 3, "car fire": 2,
    "rubbish fire": 3, "gas": 2, "lift": 3, "illness": 14, "fight": 5, "theft": 5, "noise": 8,
    "silent call": 8, "errand": 8, "power": 1, "site": 1, "food": 1, "plant": 0.6, "tanker": 0.6,
}  # fmt: skip
STORM = {"waterlogging": 55, "tree": 22, "power": 12, "crash": 6, "illness": 3, "fight": 2}
# What it is, and what callers say it is.
VEHICLES = {
    "轿车": ("轿车", "小车", "小汽车", "私家车", "轿车", "一辆车"),
    "货车": ("货车", "卡车", "大车", "货车"),
    "电动车": ("电动车", "电瓶车", "电动车", "骑车的"),
    "摩托车": ("摩托车", "摩托", "骑车的"),
    "面包车": ("面包车", "面包车", "小车"),
    "三轮车": ("三轮车", "电动三轮", "三轮"),
    "公交车": ("公交车", "公交", "大客车"),
    "出租车": ("出租车", "的士", "轿车"),
    "半挂车": ("半挂车", "大货车", "半挂", "货车"),
    "自行车": ("自行车", "骑车的"),
    "行人": ("行人", "一个人", "老人", "过马路的"),
}
MOTOR = words("轿车 货车 面包车 半挂车 轿车 货车")
RIDDEN = words("电动车 摩托车 三轮车 自行车 电动车 轿车 货车 面包车 行人")
STUFF = words("苯 液氨 甲醇 汽油 柴油 盐酸 硫酸 丙烯 液碱 苯乙烯")
HURT = words("无人受伤 一人受伤 有人受伤 人没事 伤者流血 不清楚有没有伤 两人轻伤")
