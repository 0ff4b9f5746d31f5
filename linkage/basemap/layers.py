"""data/basemap.toml: the operator's own tiles, a file or a server of the intranet.

What a wrong map costs is half a kilometre: a layer whose datum nobody declares is refused.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from linkage.datum import Datum
from linkage.errors import BadConfig
from linkage.settings import Settings
from linkage.toml_entry import one_of
from linkage.toml_file import only_keys, read_toml, shaped, tables_of

FILE = "basemap.toml"
DATUMS = (Datum.WGS84, Datum.CGCS2000, Datum.GCJ02)
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_PLACES = ("{z}", "{x}", "{y}")
_DEEPEST = 22
_HIDDEN = re.compile(r"(?i)([?&](?:tk|key|token|access_token|ak|apikey)=)[^&]*")


class Role(StrEnum):
    GROUND = "ground"  # one is shown at a time
    LABELS = "labels"  # names above the grounds that `over` lists


class Grid(StrEnum):
    """EPSG codes of tile grids. 4490 and 4326 are cut alike: 2^z columns, 2^(z-1) rows at z."""

    MERCATOR = "EPSG:3857"
    CGCS2000 = "EPSG:4490"
    WGS84 = "EPSG:4326"


class Night(StrEnum):
    """What becomes of the picture on a dark screen."""

    DIM = "dim"
    INVERT = "invert"
    AS_IS = "as_is"


class Layer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One [[layer]]; the file explains each. Exactly one of `file` and `url`."""

    id: str
    name: str
    attribution: str
    datum: Datum
    approval: str = ""  # 审图号
    file: str = ""
    url: str = ""
    key_file: str = ""
    role: Role = Role.GROUND
    over: list[str] = []
    grid: Grid = Grid.MERCATOR
    zoom_offset: int = 0
    min_zoom: int = 1
    max_zoom: int = 18
    has_labels: bool = True
    night: Night = Night.DIM

    @property
    def credit(self) -> str:
        return f"{self.attribution} · 审图号 {self.approval}" if self.approval else self.attribution

    @property
    def shown_url(self) -> str:
        """Without what may be a key."""
        return _HIDDEN.sub(r"\1***", self.url)


def read_layers(settings: Settings) -> dict[str, Layer]:
    """None where no file is named and none lies among the tables. Raises BadConfig."""
    path = settings.basemap
    unnamed = path == settings.tables / FILE
    return {} if unnamed and not path.exists() else load_layers(path)


def load_layers(path: Path) -> dict[str, Layer]:
    """By id, in the order of the file; none where the file lists none. Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "layer")
    found: dict[str, Layer] = {}
    for number, table in enumerate(tables_of(path, raw, "layer") if raw else [], 1):
        entry = f'[[layer]] "{table.get("id", f"第 {number} 项")}"'
        _check_datum(path, entry, table.get("datum"))
        layer = shaped(path, entry, table, Layer, _choices())
        _check(path, entry, layer)
        if layer.id in found:
            raise BadConfig(path.name, entry, "id 重复", "每个图层用自己的 id")
        found[layer.id] = layer
    for layer in found.values():
        for under in layer.over:
            ground = found.get(under)
            if ground is None or ground.role is not Role.GROUND:
                wrong = f'over 里的 "{under}" 不是底图图层的 id'
                grounds = [one.id for one in found.values() if one.role is Role.GROUND]
                remedy = one_of(under, grounds) if grounds else "先写底图图层，再写注记图层"
                raise BadConfig(path.name, f'[[layer]] "{layer.id}"', wrong, remedy)
    return found


def _choices() -> str:
    kinds = (("role", Role), ("grid", Grid), ("night", Night))
    return "；".join(f"{name} 可用：{'、'.join(kind)}" for name, kind in kinds)


def _check_datum(path: Path, entry: str, said: object) -> None:
    """Said before everything else: of all mistakes this is the one that nobody sees."""
    allowed = "、".join(DATUMS)
    if said is None:
        remedy = (
            f"请向供图单位核实后写 datum，可用：{allowed}；天地图为 cgcs2000，高德、腾讯为 gcj02"
        )
        raise BadConfig(path.name, entry, "没有声明坐标基准 datum，不能使用", remedy)
    if said == Datum.BD09:
        wrong = "datum 为 bd09：百度的切片用自己的投影，不能与其他地图叠加"
        raise BadConfig(path.name, entry, wrong, f"请换用 {allowed} 的切片")
    if said not in DATUMS:
        raise BadConfig(path.name, entry, f"datum 的值 {said!r} 不存在", one_of(said, DATUMS))


def _check(path: Path, entry: str, layer: Layer) -> None:
    def refuse(wrong: str, remedy: str) -> None:
        raise BadConfig(path.name, entry, wrong, remedy)

    if not _ID.fullmatch(layer.id):
        refuse(f'id "{layer.id}" 不合要求', "用小写字母、数字和连字符，不超过 31 个")
    if not layer.name.strip() or not layer.attribution.strip():
        refuse("name 或 attribution 是空的", "写上图层名称和图源，图上要显示")
    if bool(layer.file) is bool(layer.url):
        refuse("file 和 url 应恰好写一个", "文件写 file，切片服务写 url")
    if layer.file and Path(layer.file).suffix.lower() not in {".pmtiles", ".mbtiles"}:
        refuse(f"file 是 {Path(layer.file).name}", "只支持 .pmtiles 和 .mbtiles 文件")
    if layer.file and layer.grid is not Grid.MERCATOR:
        refuse(f"file 的 grid 写成了 {layer.grid}", "PMTiles、MBTiles 只有 EPSG:3857，删去 grid")
    if not 0 <= layer.min_zoom <= layer.max_zoom <= _DEEPEST:
        refuse(
            f"层级 {layer.min_zoom} 至 {layer.max_zoom} 不合理",
            f"应为 0 至 {_DEEPEST}，min_zoom 不大于 max_zoom",
        )
    if abs(layer.zoom_offset) > 2:
        refuse(f"zoom_offset 为 {layer.zoom_offset}", "天地图为 0；GeoServer 的 EPSG:4326 为 -1")
    if layer.role is Role.GROUND and layer.over:
        refuse("底图图层不能写 over", '注记图层写 role = "labels"')
    if layer.url:
        _check_url(layer, refuse)


def _check_url(layer: Layer, refuse: Callable[[str, str], None]) -> None:
    parts = urlsplit(layer.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "{" in parts.netloc:
        refuse("url 不是切片服务的地址", "应以 http:// 或 https:// 开头，主机名固定，不用 {s}")
    if parts.username or parts.password:
        refuse("url 里有用户名或密码", "请改用 key_file")
    missing = [place for place in _PLACES if place not in layer.url]
    if missing:
        refuse(f"url 缺少 {'、'.join(missing)}", "WMTS 写 TILEMATRIX={z}&TILEROW={y}&TILECOL={x}")
    if ("{key}" in layer.url) is not bool(layer.key_file):
        refuse("{key} 和 key_file 应同时写或都不写", "url 中写 tk={key}，密钥单独存成一个文件")
