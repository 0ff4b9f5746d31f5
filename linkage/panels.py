"""data/panels.toml: where each fire alarm panel stands, as its frames do not say it."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

from linkage.alerts import Point
from linkage.errors import BadConfig
from linkage.in_use import InUse
from linkage.toml_file import only_keys, read_toml, shaped, tables_of

FILE = "panels.toml"
_ADDRESS = re.compile(r"[0-9A-F]{12}")
# The city and its surroundings: a position elsewhere is a slip of the pen.
_WEST, _EAST, _SOUTH, _NORTH = 117.5, 120.5, 33.5, 35.5


class Panel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`address`: source address of its GB/T 26875.3 frames, 12 hex digits, highest byte first.

    `lon`, `lat`: WGS-84, none where nobody has surveyed it. `kind`: the word of [source.kinds] by
    which its fire alarms count, where the component's own does not say enough: 储罐区火警.
    """

    address: str
    name: str
    place: str
    lon: float | None = None
    lat: float | None = None
    kind: str = ""
    telephone: str = ""
    substance: str = ""

    @property
    def point(self) -> Point | None:
        return None if self.lon is None or self.lat is None else Point(self.lon, self.lat)


def load_panels(path: Path) -> dict[str, Panel]:
    """By address. Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "panel")
    panels: dict[str, Panel] = {}
    for number, entry in enumerate(tables_of(path, raw, "panel"), start=1):
        name = f'panel "{entry.get("address", f"第{number}项")}"'
        panel = shaped(path, name, entry, Panel)
        if not _ADDRESS.fullmatch(panel.address):
            wrong = f"address 写成了 {panel.address}"
            raise BadConfig(path.name, name, wrong, "写 12 位大写十六进制，高字节在前")
        if panel.address in panels:
            raise BadConfig(path.name, name, "address 重复", "每台装置只写一次")
        if not panel.name or not panel.place:
            raise BadConfig(path.name, name, "name 或 place 是空的", "写上单位名称和地址")
        _check_position(path, name, panel)
        panels[panel.address] = panel
    return panels


def check_kinds(panels: Mapping[str, Panel], source_id: str, words: Collection[str]) -> None:
    """Raises BadConfig for a panel whose `kind` is no word of this source's [source.kinds]."""
    for panel in panels.values():
        if panel.kind and panel.kind not in words:
            table = f'sources.toml [[source]] "{source_id}" 的 [source.kinds]'
            remedy = f"应为其中之一：{'、'.join(words)}"
            wrong = f'kind "{panel.kind}" 不在 {table}'
            raise BadConfig(FILE, f'panel "{panel.address}"', wrong, remedy)


def _check_position(path: Path, name: str, panel: Panel) -> None:
    if (panel.lon is None) is not (panel.lat is None):
        raise BadConfig(path.name, name, "lon、lat 只写了一个", "两个都写，或都不写")
    point = panel.point
    if point and not (_WEST <= point.lon <= _EAST and _SOUTH <= point.lat <= _NORTH):
        wrong = f"位置 {point.lon}, {point.lat} 不在本市"
        raise BadConfig(path.name, name, wrong, "写 WGS-84 经纬度，lon 在前")


panels = InUse(FILE, load_panels)
