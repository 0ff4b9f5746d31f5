"""data/vehicles.toml: which terminal rides in which vehicle, and what it carries."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

from linkage.datum import Datum
from linkage.errors import BadConfig
from linkage.in_use import InUse
from linkage.toml_file import only_keys, read_toml, shaped, tables_of

FILE = "vehicles.toml"
# Decimal digits by the standard; some makers put a number of their own there as it is.
_TERMINAL = re.compile(r"[1-9A-F][0-9A-F]{0,19}")


class Vehicle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`terminal`: the telephone number of its JT/T 808 header, without leading zeros.

    `un`, `substance`: of dangerous goods it is licensed for. `datum`: where its terminal does not
    keep to the source's. `force`: it helps (an engine, a road crew) rather than is watched.
    `agency`: whose unit it is; the source's where that is not said.
    """

    terminal: str
    plate: str
    owner: str = ""
    agency: str = ""
    hazmat: bool = False
    un: str = ""
    substance: str = ""
    datum: Datum | None = None
    force: bool = False

    @property
    def cargo(self) -> str | None:
        """苯（UN1114）; None where it carries no dangerous goods."""
        if not self.hazmat:
            return None
        number = f"UN{self.un}" if self.un else ""
        if self.substance and number:
            return f"{self.substance}（{number}）"
        return self.substance or number or "危险货物"


def load_vehicles(path: Path) -> dict[str, Vehicle]:
    """By terminal. Raises BadConfig."""
    raw = read_toml(path)
    only_keys(path, raw, "vehicle")
    vehicles: dict[str, Vehicle] = {}
    for number, entry in enumerate(tables_of(path, raw, "vehicle"), start=1):
        name = f'vehicle "{entry.get("terminal", f"第{number}项")}"'
        vehicle = shaped(path, name, entry, Vehicle, f"datum 应为 {'、'.join(Datum)}")
        _check(path, name, vehicle, vehicles)
        vehicles[vehicle.terminal] = vehicle
    return vehicles


def _check(path: Path, name: str, vehicle: Vehicle, before: Mapping[str, Vehicle]) -> None:
    terminal, un = vehicle.terminal, vehicle.un
    if not _TERMINAL.fullmatch(terminal):
        remedy = "照接入状态中的终端号写，数字（个别终端有大写 A–F），不写前面的零"
        raise BadConfig(path.name, name, "terminal 不是终端手机号", remedy)
    if terminal in before:
        raise BadConfig(path.name, name, "terminal 重复", "每个终端只写一次")
    if not 0 < len(vehicle.plate) <= 20:
        raise BadConfig(path.name, name, "plate 为空或过长", '写车牌，如 "苏GA1234"')
    if un and not (len(un) == 4 and un.isdecimal()):
        raise BadConfig(path.name, name, f"un 写成了 {un}", '写四位联合国编号，如 "1114"')
    if (un or vehicle.substance) and not vehicle.hazmat:
        raise BadConfig(path.name, name, "写了货物却没有 hazmat = true", "补上 hazmat = true")


def check_agencies(vehicles: Mapping[str, Vehicle], agencies: Collection[str]) -> None:
    """Raises BadConfig for a vehicle of an agency that is not in agencies.toml."""
    for vehicle in vehicles.values():
        if vehicle.agency and vehicle.agency not in agencies:
            wrong = f"agency {vehicle.agency} 不在 agencies.toml"
            remedy = f"应为其中之一：{'、'.join(agencies)}"
            raise BadConfig(FILE, f'vehicle "{vehicle.terminal}"', wrong, remedy)


vehicles = InUse(FILE, load_vehicles)
