"""The rehearsal's stage, without its processes: the cast, the gateways, the points in order."""

from pathlib import Path

from bench.rehearsal_points import LEAST_ORDERS, Points
from bench.rehearsal_stage import DECLINES, SILENT, gateways_file, tables_with_cast
from ingest.simulate.conduct import Manner, load_departments
from linkage.kinds import Kind
from linkage.plan.run_cards import load_run_cards, propose
from linkage.response.agencies import load_agencies
from linkage.toml_file import read_toml
from linkage.vocabulary import Grade


def test_two_are_silent_one_declines_and_the_others_are_prompt(tmp_path: Path) -> None:
    cast = load_departments(tables_with_cast(tmp_path) / "demo")
    assert {name for name, one in cast.items() if one.manner is Manner.SILENT} == set(SILENT)
    assert [name for name, one in cast.items() if one.decline] == [DECLINES]
    assert len(cast) == 19


def test_the_run_card_orders_whoever_the_play_needs(tmp_path: Path) -> None:
    tables = tables_with_cast(tmp_path)
    agencies = load_agencies(tables / "agencies.toml")
    cards = load_run_cards(tables / "run_cards.toml", agencies)
    grade = Grade.CONSIDERABLE
    card = propose(
        Kind.HAZMAT_VEHICLE, "12H99", cards=cards, agencies=agencies, grade=grade, hazmat=True
    )
    ordered = {line.agency_id for line in card.assignments}
    assert ordered >= {*SILENT, DECLINES}
    assert len(ordered) >= LEAST_ORDERS - 1, "and 120 for the injured"


def test_the_gateways_listen_on_ports_of_their_own(tmp_path: Path) -> None:
    told = read_toml(gateways_file(tmp_path, 1234, 1235))
    assert "1234" in told["sms"]["url"]
    assert told["email"]["port"] == 1235


def test_what_the_issue_asks_for_is_among_the_points() -> None:
    names = [name for name, _ in Points.all(Points.__new__(Points))]
    assert names == list(dict.fromkeys(names))
    assert set(Points.vital) <= set(names)
    for asked in (
        "定级",
        "Ⅲ级",
        "下达",
        "其他手段",
        "值班长",
        "改派",
        "只算一次",
        "省里",
        "交接班",
    ):
        assert any(asked in name for name in names), asked
