"""Knowledge at hand: the substance a report names, first measures, what happened here before."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from linkage.alerts import Point
from linkage.desk.past import NEAR_M, cargo_of, read_past
from linkage.errors import BadConfig
from linkage.kinds import ROUTINE_KINDS, Kind
from linkage.plan.knowledge import load_knowledge
from linkage.record import Record
from linkage.tables import unit
from tests.builders import CALL, alert
from tests.onrecord import put_incident

DATA = Path(__file__).parents[1] / "data"
KNOWN = load_knowledge(DATA)
HERE = CALL.point or Point(0, 0)


def named(*texts: str) -> list[str]:
    return [sheet.substance.name for sheet in KNOWN.sheets(texts)]


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("苯罐车侧翻泄漏", ["苯"]),
        ("甲苯罐区着火", ["甲苯"]),
        ("苯乙烯装置泄漏，旁边有乙烯球罐", ["苯乙烯", "乙烯"]),
        ("货单写 UN1017，未见泄漏", ["液氯"]),
        ("un 1114 的罐车", ["苯"]),
        ("CAS 107-13-1", ["丙烯腈"]),
        ("液氯（UN1017）和氯气味", ["液氯"]),
        ("PX装置着火", ["二甲苯"]),
        ("LPG 槽车", ["液化石油气"]),
        ("车上装的是硫酸铵化肥", []),
        ("geography of opx", []),
        ("打电话 139-10-1 报警", []),
        ("苯宁路口两车相撞", []),
        ("乙炔路路灯不亮", []),
        ("苯流路面，汽油泄漏到路上", ["苯", "汽油"]),
        ("聚乙烯管道爆管，聚氯乙烯板材着火", []),
        ("三氯甲烷泄漏", []),
        ("乙酸乙酯槽车", []),
        ("硫酸二甲酯泄漏", []),
        ("硝酸甘油片", []),
        ("甲醇钠溶液", []),
        ("井内积聚甲烷，循环甲醇泵漏", ["液化天然气", "甲醇"]),
        ("液氯、甲醇混装；液氯甲醇各一罐", ["液氯", "甲醇"]),
        ("柴油基地起火", ["柴油"]),
        ("硫酸泄漏，酯类仓库邻近", ["硫酸"]),
        ("货单号RUN1203", []),
        ("电话13912031017", []),
        ("联合国编号1203", ["汽油"]),
        ("un-1203", ["汽油"]),
        ("\uff35\uff2e\uff11\uff12\uff10\uff13", ["汽油"]),
        ("两车相撞", []),
        ("", []),
    ],
)
def test_a_substance_is_found_by_the_words_and_numbers_people_use(
    said: str, names: list[str]
) -> None:
    assert named(said) == names


def test_one_substance_named_by_many_has_one_sheet() -> None:
    assert named("液氯泄漏", "氯气刺鼻", "UN1017") == ["液氯"]


def test_a_text_of_hostile_length_does_not_hold_up_the_page() -> None:
    assert named("苯" * 200_000) == ["苯"]


def test_some_forty_substances_of_a_port_are_there_with_all_an_officer_needs() -> None:
    assert len(KNOWN.substances) >= 40
    for one in KNOWN.substances:
        guide = KNOWN.guides[one.guide]
        assert guide.isolate_m > 0
        assert guide.fire_m >= guide.isolate_m
        assert guide.fire
        assert guide.first_aid
        assert guide.do_not or one.do_not
        # A value that nobody has compared with the book says so.
        assert one.checked or ("待核" in one.source and "待核" in guide.source)


@pytest.mark.parametrize("kind", [k for k in Kind if k not in ROUTINE_KINDS])
def test_every_kind_has_its_first_measures(kind: Kind) -> None:
    if kind is Kind.SYSTEM_FAULT:
        return
    card = KNOWN.measures[kind]
    assert card.ask
    assert card.first
    assert card.basis


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('cas = "71-43-2"', 'cas = "71-43-3"', "末位是校验码"),
        ('guide = "124"', 'guide = "999"', "没有指南 999"),
        ('aliases = ["纯苯", "粗苯", "benzene"]', 'aliases = ["甲苯"]', "已属于"),
        ("isolate_m = 100", "isolate_m = 0", "距离不大于 0"),
    ],
)
def test_a_broken_sheet_is_refused_with_its_name(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    for name in ("substances.toml", "first_measures.toml"):
        text = (DATA / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadConfig, match=words):
        load_knowledge(tmp_path)


# What happened here before


def over(record: Record, ref: str, **columns: object) -> int:
    return put_incident(record, alert(source_ref=ref), status="closed", **columns)


def test_what_happened_here_before_is_of_the_same_kind_near_and_over(record: Record) -> None:
    now = put_incident(record)
    over(record, "J2", disposition="handled", lon=HERE.lon + 0.001)
    over(record, "J3", lon=HERE.lon + 0.1)
    over(record, "J4", kind="fire")
    over(record, "J5", exercise=True)
    put_incident(record, alert(source_ref="J6"))
    (found,) = read_past(record, now, Kind.TRAFFIC_ACCIDENT, HERE)
    assert found.disposition == "handled"
    assert 0 < found.metres < NEAR_M


def test_without_a_position_nothing_is_looked_for(record: Record) -> None:
    assert read_past(record, 1, Kind.FIRE, None) == []


def test_the_cargo_of_a_named_vehicle_is_known(record: Record) -> None:
    with record.write() as w:
        w.cx.execute(
            insert(unit).values(
                agency_id="transport",
                unit_id="13912345678",
                label="苏G12345",
                state="运行",
                watched=True,
                hazmat=True,
                cargo="苯（UN1114）",
                reported_at=datetime.now(UTC) - timedelta(minutes=1),
                revision=w.next_revision(),
            )
        )
    assert cargo_of(record, ("苏G12345",)) == ["苯（UN1114）"]
    assert cargo_of(record, ("苏G99999",)) == []
    assert named(*cargo_of(record, ("苏G12345",))) == ["苯"]
