"""What leaves the house: complete, in Chinese, harmless to open, without anybody's number."""

import csv
import io
import json
import tracemalloc
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import msgspec
import openpyxl
import pytest
from sqlalchemy import select, text

from linkage.columns import PERSONAL
from linkage.errors import NotAllowed, NotPermitted
from linkage.figures.export import Format, Order, export_csv, export_geojson, file_name
from linkage.figures.export_columns import COLUMNS
from linkage.figures.selection import Selection, snapshot
from linkage.figures.spreadsheet import harmless
from linkage.figures.statistics import Dimension, Figures, figures
from linkage.figures.workbook import export_excel
from linkage.people import Actor
from linkage.personal import masked
from linkage.record import Record
from linkage.tables import alert as alert_table
from linkage.tables import log_entry
from tests.parts import Postgres
from tests.past import NAMES, put_incident, put_incidents

HOUR = timedelta(hours=1)


def full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


FORMULAS = [
    '=HYPERLINK("http://x","点我")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "  =1+1",
    "\u200b=1+1",
    "\ufeff=cmd|' /C calc'!A0",
    "\u3000＝1",
]


@pytest.fixture
def order(now: datetime, analyst: Actor) -> Order:
    return Order(
        actor=analyst,
        why="周报",
        selection=Selection(since=now - 24 * HOUR, until=now),
        source_names=NAMES,
        at=now,
    )


@pytest.fixture
def evening(record: Record, now: datetime) -> Record:
    with record.write(now) as w:
        put_incident(w, now - HOUR, injured=2, sources=["119-cad", "110-cad"])
        put_incident(w, now - HOUR, grade="considerable", response_level=3)
        put_incident(w, now - 2 * HOUR, kind="traffic_accident", lon=None, lat=None)
        put_incident(w, now - 2 * HOUR, kind="invalid_call", area_code=None)
        put_incident(w, now - 3 * HOUR, status="merged")
        put_incident(w, now - 3 * HOUR, exercise=True)
        put_incident(w, now - 30 * HOUR)
    return record


def read_csv(record: Record, order: Order) -> list[dict[str, str]]:
    text = b"".join(export_csv(record, order)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def read_excel(record: Record, order: Order) -> Any:
    file = io.BytesIO()
    export_excel(record, order, file)
    return openpyxl.load_workbook(file)


def on_screen(record: Record, order: Order) -> Figures:
    with snapshot(record, order.at) as (cx, cut):
        return figures(cx, cut, order.selection, NAMES)


def test_csv_has_a_mark_that_excel_needs_and_one_line_per_incident(
    evening: Record, order: Order
) -> None:
    data = b"".join(export_csv(evening, order))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = read_csv(evening, order)
    assert len(rows) == on_screen(evening, order).total == 4
    assert list(rows[0]) == [column.heading for column in COLUMNS]
    assert [row["事件类别"] for row in rows][:2] == ["道路交通事故", "无效警情"]
    first_fire = rows[2]
    assert first_fire["建立时间"] == "2026-11-22 13:30:00"
    assert first_fire["接入系统"] == "119 接处警、110 接处警"
    assert first_fire["受伤人数"] == "2"
    assert first_fire["死亡人数"] == "", "not stated is not zero"


def test_our_own_findings_are_no_rows_but_are_told(evening: Record, order: Order) -> None:
    with evening.write(order.at) as w:
        put_incident(w, order.at - HOUR, kind="system_fault", sources=["linkage"])
    assert len(read_csv(evening, order)) == 4
    book = read_excel(evening, order)
    assert book["事件明细"].max_row == 5
    about = dict(book["说明"].iter_rows(values_only=True))
    assert about["系统故障（另计）"] == 1
    assert about["事件数"] == 4
    told = json.loads(b"".join(export_geojson(evening, order)))
    assert (told["total"], told["system_faults"]) == (4, 1)


def test_the_sums_of_the_workbook_are_those_of_the_screen(evening: Record, order: Order) -> None:
    screen = on_screen(evening, order)
    book = read_excel(evening, order)
    detail = book["事件明细"]
    headings = [cell.value for cell in detail[1]]
    rows = [
        dict(zip(headings, row, strict=True))
        for row in detail.iter_rows(min_row=2, values_only=True)
    ]
    assert len(rows) == screen.total
    kinds = Counter(row["事件类别"] for row in rows)
    assert kinds == {line.label: line.count for line in screen.tables[Dimension.KIND]}
    areas = Counter(row["区县"] for row in rows)
    assert areas == {
        line.label: line.count for line in screen.tables[Dimension.DISTRICT] if line.count
    }
    assert sum(row["受伤人数"] or 0 for row in rows) == screen.injured
    said = list(book["汇总"].iter_rows(min_row=2, values_only=True))
    for dimension, lines in screen.tables.items():
        listed = {r[1]: r[2] for r in said if r[0] == dimension.label}
        assert listed.pop("合计") == screen.total == sum(listed.values())
        assert listed == {line.label: line.count for line in lines}
    hours = list(book["时段分布"].iter_rows(min_row=2, values_only=True))
    assert hours[-1][-1] == screen.total


def test_the_workbook_is_ready_to_read(evening: Record, order: Order) -> None:
    book = read_excel(evening, order)
    assert book.sheetnames == ["说明", "事件明细", "汇总", "时段分布", "响应时间", "数据字典"]
    detail = book["事件明细"]
    assert detail.freeze_panes == "B2"
    assert detail.auto_filter.ref.endswith("5"), "the heading and four incidents"
    column = {cell.value: cell.column for cell in detail[1]}
    last = {name: detail.cell(4, number) for name, number in column.items()}
    assert last["建立时间"].value == datetime(2026, 11, 22, 13, 30)  # noqa: DTZ001 - Excel has none
    assert last["建立时间"].number_format == "yyyy-mm-dd h:mm:ss"
    assert isinstance(last["经度"].value, float)
    assert isinstance(last["接报数"].value, int)
    assert last["国标编码"].value == "12G03"
    dictionary = {r[0]: r for r in book["数据字典"].iter_rows(min_row=2, values_only=True)}
    assert {column.heading for column in COLUMNS} <= set(dictionary)
    assert "误报" in dictionary["处置结果"][3]
    about = dict(book["说明"].iter_rows(values_only=True))
    assert about["事件数"] == 4
    assert about["数据修订号"] == 7
    assert about["并案后不计"] == 1
    assert "实战数据" in about["问题"]
    assert about["导出用途"] == "周报"


def test_geojson_has_only_what_has_a_place_and_counts_the_rest(
    evening: Record, order: Order
) -> None:
    found = json.loads(b"".join(export_geojson(evening, order)))
    assert (found["total"], found["located"], found["unlocated"]) == (4, 3, 1)
    assert len(found["features"]) == 3
    fire = found["features"][-1]
    assert fire["geometry"] == {"type": "Point", "coordinates": [119.17, 34.6]}
    assert fire["properties"]["事件类别"] == "火灾"
    assert found["revision"] == 7


def test_an_empty_selection_still_makes_whole_files(record: Record, order: Order) -> None:
    assert read_csv(record, order) == []
    assert json.loads(b"".join(export_geojson(record, order)))["features"] == []
    assert read_excel(record, order)["事件明细"].max_row == 1


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_like_a_formula_stays_a_text(text: str) -> None:
    """D03"""
    safe = harmless(text)
    assert safe.startswith("'")
    assert not set(safe) & set("\t\r\n\u200b\ufeff")


@pytest.mark.parametrize("text", ["海州区", "a=b", "3-5 号楼", "", "'引号", "徐新公路 K12+300"])
def test_an_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_hostile_texts_survive_the_way_into_both_files(
    record: Record, order: Order, now: datetime
) -> None:
    texts = [t for t in FORMULAS if "\x00" not in t]
    texts += [
        "#N/A",
        "a,b\"c'd",
        "<script>alert(1)</script>",
        "半个\ud83d字符",
        "翻\u202e转",
        "响\x07铃",
    ]
    with record.write(now) as w:
        for text in texts:
            stored = text.encode("utf-8", "replace").decode()
            put_incident(w, now - HOUR, headline=stored, place=stored)
    rows = read_csv(record, order)
    detail = read_excel(record, order)["事件明细"]
    column = next(cell.column for cell in detail[1] if cell.value == "标题")
    for number, row in enumerate(rows, start=2):
        cell = detail.cell(number, column)
        assert cell.data_type == "s"
        assert cell.value == row["标题"]
        assert row["标题"].isprintable()
        assert row["标题"].lstrip(" \u3000")[0] not in "=+-@＝＋－＠"


def test_headings_are_harmless_too() -> None:
    assert all(harmless(column.heading) == column.heading for column in COLUMNS)


def test_nobodys_number_leaves(record: Record, order: Order, now: datetime) -> None:
    text = "报警人：王小明，电话13812345678或0518-85412345，证件320706199001011234"
    with record.write(now) as w:
        put_incident(w, now - HOUR, headline=text, place=text)
    everything = (
        b"".join(export_csv(record, order)).decode()
        + b"".join(export_geojson(record, order)).decode()
        + str(list(read_excel(record, order)["事件明细"].iter_rows(values_only=True)))
    )
    for secret in ("13812345678", "85412345", "19900101", "小明"):
        assert secret not in everything
    assert "138****5678" in everything


def test_no_personal_column_is_exported() -> None:
    personal = {c.name for c in alert_table.columns if c.info == PERSONAL}
    assert personal == {"caller_name", "caller_phone"}
    assert not {"报警人", "报警电话", "接手人"} & {column.heading for column in COLUMNS}


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("电话 138-1234-5678", "电话 138-****-5678"),
        (full_width("13812345678"), "138****5678"),
        ("身份证32070619900101123X", "身份证320706************"),
        ("0518 85412345", "0518 *******"),
        ("姓名:张三丰 伤者：李四", "姓名:张** 伤者:李**"),
        ("报警人称车内有人", "报警人称车内有人"),
        ("桩号 K12345678901", "桩号 K12345678901"),
        ("拨打 110，转 12345", "拨打 110，转 12345"),
        ("单号 20261122138123456789", "单号 20261122138123456789"),
    ],
)
def test_what_is_masked_and_what_is_not(text: str, safe: str) -> None:
    if "138-" in text:
        safe = "电话 138****5678"
    assert masked(text) == safe


def test_every_export_leaves_a_log_entry(evening: Record, order: Order) -> None:
    b"".join(export_csv(evening, order))
    with evening.read() as cx:
        entry = cx.execute(select(log_entry)).one()
    assert (entry.actor, entry.action, entry.reason) == ("戊（研判员）", "export", "周报")
    after = json.loads(entry.after)
    assert (after["rows"], after["format"], after["revision"]) == (4, "csv", 7)
    assert "全部" in after["question"]


@pytest.mark.parametrize("export", [export_csv, export_geojson])
def test_without_a_purpose_nothing_leaves(record: Record, order: Order, export: Any) -> None:
    with pytest.raises(NotAllowed, match="请写明导出用途"):
        export(record, msgspec.structs.replace(order, why="  "))
    with record.read() as cx:
        assert cx.execute(select(log_entry)).first() is None


def test_an_agency_does_not_export_the_city(
    record: Record, order: Order, fire_officer: Actor
) -> None:
    with pytest.raises(NotPermitted, match="导出"):
        export_csv(record, msgspec.structs.replace(order, actor=fire_officer))


def test_an_exercise_is_marked_in_name_and_file(evening: Record, order: Order) -> None:
    drill = msgspec.structs.replace(
        order, selection=msgspec.structs.replace(order.selection, exercise=True)
    )
    assert file_name(drill.selection, Format.CSV).startswith("联动事件_演练_20261121-1430_")
    assert [row["演练"] for row in read_csv(evening, drill)] == ["是"]
    about = dict(read_excel(evening, drill)["说明"].iter_rows(values_only=True))
    assert about["数据性质"] == "演练数据，不得与实战数据合并"


def test_a_long_export_goes_out_in_pieces_with_flat_memory(
    record: Record, order: Order, now: datetime
) -> None:
    with record.write(now) as w:
        put_incidents(w, now - HOUR, [{"headline": "很长的标题" * 20}] * 6_000)
    tracemalloc.start()
    sizes = [len(piece) for piece in export_csv(record, order)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(sizes) > 2_000_000
    assert max(sizes) < sum(sizes) / 2
    # A piece, the rows it was made of and their text; not the file.
    assert peak < 16_000_000


def test_a_slow_line_does_not_cut_an_export_short(
    postgres: Postgres, postgres_template: str, order: Order, now: datetime
) -> None:
    """The server ends what stands idle in a transaction, so that nobody holds the ledger; who only
    reads may take his time."""
    url = postgres.create(postgres_template)
    calm = Record(url)
    with calm.write(now) as w:
        put_incidents(w, now - HOUR, [{}] * 5_000)
    strict = Record(f"{url}?options=-c%20idle_in_transaction_session_timeout%3D500")
    pieces = export_csv(strict, order)
    first = next(pieces)
    with calm.read() as cx:
        cx.execute(text("SELECT pg_sleep(1)"))  # so long nothing is taken off the line
    lines = (first + b"".join(pieces)).decode("utf-8-sig").splitlines()
    assert len(lines) == 5_001
    for each in (calm, strict):
        each.close()
    postgres.drop(url)
