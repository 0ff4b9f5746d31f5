"""data/panels.toml and data/vehicles.toml: a slip of the pen stops the start with its remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from linkage.errors import BadConfig
from linkage.panels import check_kinds, load_panels
from linkage.vehicles import check_agencies, load_vehicles

PANEL = (load_panels, '[[panel]]\nname = "某楼"\nplace = "某路"\n')
VEHICLE = (load_vehicles, '[[vehicle]]\nplate = "苏GA1234"\n')
Register = tuple[Callable[[Path], object], str]


@pytest.mark.parametrize(
    ("register", "line", "words"),
    [
        (PANEL, 'address = "0102"', "12 位大写十六进制"),
        (PANEL, 'address = "00000000010a"', "12 位大写十六进制"),
        (PANEL, 'address = "000000000001"\nlon = 119.2', "只写了一个"),
        (PANEL, 'address = "000000000001"\nlon = 34.6\nlat = 119.2', "不在本市"),
        (PANEL, 'address = "000000000001"\nlong = 119.2', "不认识的项 long"),
        (VEHICLE, 'terminal = "013900000001"', "不写前面的零"),
        (VEHICLE, 'terminal = "4e5de66fba22"', "大写 A–F"),
        (VEHICLE, 'terminal = "139"\nun = "1114"', "补上 hazmat = true"),
        (VEHICLE, 'terminal = "139"\nhazmat = true\nun = "UN1114"', "四位联合国编号"),
        (VEHICLE, 'terminal = "139"\ndatum = "gcj2"', "datum 应为"),
        (VEHICLE, 'terminal = "139"\ncolour = "黄"', "不认识的项 colour"),
    ],
)
def test_a_slip_in_a_register_stops_the_start(
    tmp_path: Path, register: Register, line: str, words: str
) -> None:
    load, head = register
    file = tmp_path / "register.toml"
    file.write_text(f"{head}{line}\n", encoding="utf-8")
    with pytest.raises(BadConfig, match=words):
        load(file)


def test_a_panel_whose_fires_count_as_nothing_stops_the_start(tmp_path: Path) -> None:
    """A slip would make every fire among the tanks an ordinary one."""
    file = tmp_path / "panels.toml"
    file.write_text(f'{PANEL[1]}address = "000000000001"\nkind = "储罐区火灾"\n', "utf-8")
    with pytest.raises(
        BadConfig, match=r'kind "储罐区火灾" 不在 .* "fire" .*应为其中之一：火警、储罐区火警'
    ):
        check_kinds(load_panels(file), "fire", ("火警", "储罐区火警"))


def test_a_terminal_that_is_no_telephone_number_may_be_registered(tmp_path: Path) -> None:
    """As the alarm of one that is not there asks for it."""
    file = tmp_path / "vehicles.toml"
    file.write_text(f'{VEHICLE[1]}terminal = "4E5DE66FBA22"\n', "utf-8")
    assert load_vehicles(file)["4E5DE66FBA22"].plate == "苏GA1234"


def test_a_vehicle_of_nobody_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "vehicles.toml"
    file.write_text('[[vehicle]]\nterminal = "139"\nplate = "苏G1"\nagency = "trnsport"\n', "utf-8")
    with pytest.raises(BadConfig, match="应为其中之一：transport、fire"):
        check_agencies(load_vehicles(file), ("transport", "fire"))
