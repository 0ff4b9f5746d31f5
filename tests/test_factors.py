"""data/factors.toml: each factor once, each code one factor, each unit one that can be reckoned."""

from pathlib import Path

import pytest

from linkage.errors import BadConfig
from linkage.readings.factors import SCHEMES, Factors, factors, load_factors
from linkage.vocabulary import Quality

SHIPPED = Path(__file__).parents[1] / "data" / "factors.toml"
GOOD = '[[factor]]\nid = "ammonia"\nname = "氨"\nunit = "mg/m³"\nhj212 = ["a21001", "10"]\n'


def load(tmp_path: Path, text: str) -> Factors:
    path = tmp_path / "factors.toml"
    path.write_text(text, encoding="utf-8")
    return load_factors(path)


def test_what_thresholds_are_set_on_is_there() -> None:
    wanted = {"water_level", "rain_total", "flow", "voltage", "level_alarm", "benzene", "cod"}
    assert wanted <= set(factors().by_id)


def test_a_station_of_either_protocol_measures_the_same_thing() -> None:
    by_code = {scheme: factors().naming(scheme, "x") for scheme in SCHEMES}
    assert by_code["hj212"]("", "w01001").id == by_code["sl651"]("", "46").id == "ph"
    assert by_code["sl651"]("", "39") == by_code["sl651"]("", "Z") == ("water_level", "m", 1.0)


def test_a_pressure_in_hectopascal_is_one_in_kilopascal() -> None:
    name, unit, scale = factors().naming("sl651", "water")("", "08")
    assert (name, unit, scale) == ("air_pressure", "kPa", pytest.approx(0.1))


def test_what_the_table_does_not_list_keeps_its_code() -> None:
    assert factors().naming("hj212", "environment")("MN", "a98765") == ("a98765", "", 1.0)


def test_the_flags_of_the_standard_are_ours() -> None:
    assert set(factors().qualities["hj212"]) == set("NTFMSDCB") | set("P0123")
    assert set(factors().qualities["hj212"].values()) == set(Quality)
    of_2005 = {flag: factors().qualities["hj212"][flag].may_alarm for flag in "P0123"}
    assert of_2005 == {"P": False, "0": False, "1": True, "2": False, "3": True}


def test_a_code_is_known_in_any_case_of_letters() -> None:
    name = factors().naming("hj212", "environment")
    assert name("MN", "W01018") == name("MN", "w01018") == ("cod", "mg/L", 1.0)
    assert name("MN", "b01").id == "waste_water_flow"
    assert factors().naming("sl651", "water")("", "pH").id == "ph"


@pytest.mark.parametrize(
    ("code", "old", "name", "unit"),
    [
        ("a01017", "S04", "烟气动压", "kPa"),
        ("a20016", "36", "铍及其化合物", "mg/m³"),
        ("a25044", "20", "苯并[a]芘（空气）", "mg/m³"),
        ("a34038", "09", "沥青烟", "mg/m³"),
        ("a21022", "11", "氯气", "mg/m³"),
        ("a99051", "12", "二硫化碳", "mg/m³"),
    ],
)
def test_a_gas_is_the_same_by_its_old_code_and_its_new_one(
    code: str, old: str, name: str, unit: str
) -> None:
    of = factors().naming("hj212", "environment")
    assert of("MN", code) == of("MN", old)
    assert (factors().by_id[of("MN", code).id].name, of("MN", code).unit) == (name, unit)


def test_every_element_that_annex_c_lists_has_a_name_and_its_unit() -> None:
    name = factors().naming("sl651", "water")
    steps = {0x04, 0x45}  # the step of time and the status bits are no values
    assert [
        f"{c:02X}" for c in {*range(1, 0x76)} - steps if name("", f"{c:02X}")[0].isupper()
    ] == []
    assert name("", "THG") == name("", "54") == ("mercury_water", "µg/L", 1000.0)
    assert name("", "GH") == name("", "09") == ("gate_opening", "m", 1.0)
    assert (name("", "58").unit, name("", "60").unit, name("", "SBL8").unit) == (
        "kPa",
        "m³",
        "m³/h",
    )


def test_a_device_with_a_unit_of_its_own(tmp_path: Path) -> None:
    own = '[[device]]\nsource = "environment"\nstation = "M1"\nfactor = "ammonia"\nunit = "µg/m³"\n'
    all_ = '[[device]]\nsource = "work-safety"\nfactor = "ammonia"\nunit = "ng/m³"\n'
    table = load(tmp_path, GOOD + own + all_)
    assert table.naming("hj212", "environment")("M1", "10").scale == pytest.approx(1e-3)
    assert table.naming("hj212", "environment")("M2", "10").scale == 1.0
    assert table.naming("hj212", "work-safety")("M2", "10").scale == pytest.approx(1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "一项也没有"),
        ('[[factor]]\nid = "NH3"\nname = "氨"\nunit = ""\n', '"NH3" 不能作标识'),
        (GOOD + GOOD, "写了两次"),
        (GOOD + "possible = [5.0, 0.0]\n", "没有可能的数值"),
        (GOOD.replace('name = "氨"', 'name = ""'), "名称为空"),
        (GOOD.replace("hj212", "hj213"), "不认识的项 hj213"),
        (GOOD + GOOD.replace("ammonia", "other"), "已属于 ammonia"),
        (GOOD + 'hj212_unit = "ppm"\n', '单位 "ppm" 不能换算成 "mg/m³"；可用：kg/m³'),
        (GOOD + '[[device]]\nsource = "x"\nfactor = "nh3"\nunit = "mg/m³"\n', "不在本表"),
        (GOOD + '[[device]]\nsource = "x"\nfactor = "ammonia"\nunit = "ppm"\n', "不能换算"),
        (GOOD + '[quality.hj212]\nN = "fine"\n', "可用：normal"),
        ("[factors]\n" + GOOD, "不认识的项"),
    ],
)
def test_a_wrong_line_stops_the_start_with_place_and_remedy(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(BadConfig) as refused:
        load(tmp_path, text)
    assert words in str(refused.value)
    assert refused.value.remedy
