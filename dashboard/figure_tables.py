"""统计研判, its tables: key figures, dimensions, response times, the fullest squares."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import charts
from linkage.alerts import Point
from linkage.areas import area_code
from linkage.figures.density import Density
from linkage.figures.response_times import ResponseTimes, Target, Times
from linkage.figures.selection import area_name
from linkage.figures.stages import Stage
from linkage.figures.statistics import WEEKDAYS, Dimension, Figures, Line
from linkage.response.agencies import Agency

# As many kinds as stand beside the districts without scrolling; the rest are summed up.
MOST_KINDS = 12
# As many columns as can be told apart in half a screen.
MOST_DAYS = 31


def length(seconds: float | None) -> str:
    """45 秒, 12 分 30 秒, 1 时 05 分: the two largest units."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} 秒"
    if whole < 3600:
        return f"{whole // 60} 分 {whole % 60:02} 秒"
    return f"{whole // 3600:,} 时 {whole % 3600 // 60:02} 分"


def change(now: int, before: int) -> str | None:
    """环比 in per cent; None where there was nothing to compare with."""
    return f"{100 * (now - before) / before:+.1f} % 环比" if before else None


def key_figures(answer: Figures) -> None:
    share, before = answer.effective_share, answer.previous_share
    points = f"{100 * (share - before):+.1f} 点 环比" if share is not None and before else None
    closed = answer.total - answer.open
    tiles: list[tuple[str, str, str | None, str]] = [
        (
            "事件",
            f"{answer.total:,}",
            change(answer.total, answer.previous_total),
            "所选时段内建立的事件；并入他案的不重复计",
        ),
        (
            "有效率",
            f"{share:.1%}" if share is not None else "–",
            points,
            "既非无效警情也非非警务事项的占比",
        ),
        ("无效警情", f"{answer.invalid:,}", None, "来源判为无效的呼叫"),
        ("非警务事项", f"{answer.non_police:,}", None, "应分流到 12345 等渠道的事项"),
        ("误报", f"{answer.false_alarms:,}", None, "办结结果为误报或查无实情"),
        ("重复报警", f"{answer.joined:,}", None, "归入已有事件的后续接报条数"),
        ("并案", f"{answer.merged:,}", None, "已并入其他事件，不在事件数内"),
        ("在办", f"{answer.open:,}", None, f"其余 {closed:,} 起已办结或取消"),
        ("死亡 / 受伤", f"{answer.deaths:,} / {answer.injured:,}", None, "各来源所报最大值之和"),
        (
            "系统故障",
            f"{answer.faults:,}",
            None,
            "平台自己发现的故障（系统失联、传感器失常等）；不计入左侧各数，除非专门选了这一类",
        ),
    ]
    for column, (label, value, delta, what) in zip(st.columns(len(tiles)), tiles, strict=True):
        column.metric(label, value, delta, delta_color="off", help=what)


def overview(answer: Figures) -> None:
    """The dimensions side by side; every table ends with the same total."""
    tables = answer.tables
    left, right = st.columns([5, 6], gap="large")
    with left:
        kinds = folded(tables[Dimension.KIND])
        charts.show(charts.STYLE + charts.tally("事件类别", kinds, note="上期：紧邻的等长时段"))
        if len(tables[Dimension.DAY]) > 1:
            days = tables[Dimension.DAY][-MOST_DAYS:]
            charts.show(charts.columns("每日事件数", days, note="按建立时间，北京时间"))
    with right:
        one, two = st.columns(2, gap="large")
        with one:
            charts.show(charts.tally("区县", tables[Dimension.DISTRICT], note="按坐标落区"))
            charts.show(charts.tally("事件等级", tables[Dimension.GRADE], note="经人确认"))
        with two:
            charts.show(charts.tally("危害程度", tables[Dimension.SEVERITY], note="来源所报"))
            charts.show(charts.tally("当前状态", some(tables[Dimension.STATUS])))
            charts.show(charts.tally("响应等级", tables[Dimension.RESPONSE]))
    charts.show(charts.heat("时段分布", WEEKDAYS, answer.by_hour, note="起；按建立时间，北京时间"))


def folded(lines: Sequence[Line]) -> list[Line]:
    """The largest, and one line for all others, so that the sum stays the sum."""
    if len(lines) <= MOST_KINDS + 1:
        return list(lines)
    rest = lines[MOST_KINDS:]
    others = Line(
        "",
        f"其余 {len(rest)} 类",
        sum(line.count for line in rest),
        sum(line.previous or 0 for line in rest),
    )
    return [*lines[:MOST_KINDS], others]


def some(lines: Sequence[Line]) -> list[Line]:
    """Only those that occur."""
    return [line for line in lines if line.count]


def by_source(answer: Figures) -> None:
    largest = max((line.count for line in answer.tables[Dimension.SOURCE]), default=0)
    rows = [
        [
            charts.text(line.label),
            charts.bar(line.count, largest),
            charts.number(line.count),
            charts.share(line.count, answer.total),
            charts.number(answer.taking_part.get(line.code, 0)),
        ]
        for line in answer.tables[Dimension.SOURCE]
    ]
    foot = [
        charts.text("合计"),
        charts.text(""),
        charts.number(answer.total),
        charts.share(answer.total, answer.total),
        charts.text("", ""),
    ]
    heads: list[str | charts.Cell] = [charts.text(""), charts.text("")]
    note = "首报每起只计一次；参与可重复计，不作合计"
    drawn = charts.table("接入系统", [*heads, "首报", "占比", "参与"], rows, note=note, foot=foot)
    st.columns([3, 2])[0].html(charts.STYLE + drawn)


def response(times: ResponseTimes, known: Mapping[str, Agency]) -> None:
    rows = [
        [
            charts.text(t.stage.label),
            charts.number(t.n),
            charts.text(length(t.p50), ""),
            charts.text(length(t.p90), ""),
            charts.text(length(t.mean), ""),
            charts.parts(t.shares),
            *_buckets(t),
            _target(times.targets.get(t.stage)),
            charts.number(t.missing),
            charts.number(t.impossible),
        ]
        for t in times.stages
    ]
    heads: list[str | charts.Cell] = [
        charts.text("环节"),
        *("样本", "P50", "P90", "均值"),
        charts.text("快 → 慢"),
        *("第一档", "第二档", "第三档", "第四档", "第五档"),
        *("按时限达标", "缺时刻", "时刻颠倒"),
    ]
    note = f"联动任务 {times.assignments:,} 项，另有撤销 {times.cancelled:,} 项不计；百分位取实际值"
    charts.show(charts.STYLE + charts.table("响应时间", heads, rows, note=note))
    st.caption(
        "缺时刻（尚未到该环节，或单位不经该环节）和时刻颠倒的不进入均值与百分位，只在右侧计数。"
        "达标率＝按时限完成 ÷（按时完成＋超时），时限未到的不计。"
    )
    _agencies(times, known)


def _buckets(t: Times) -> list[charts.Cell]:
    named = zip(t.stage.buckets(), t.shares, strict=True)
    return [
        charts.Cell(
            f"<small style='opacity:.65'>{charts.text(name).html}</small><br>"
            f"{charts.share(n, t.n).html}"
        )
        for name, n in named
    ]


def _target(target: Target | None) -> charts.Cell:
    if target is None or target.share is None:
        return charts.number(None)
    return charts.text(f"{target.share:.1%}（{target.met:,}/{target.met + target.missed:,}）", "")


def _agencies(times: ResponseTimes, known: Mapping[str, Agency]) -> None:
    if not times.agencies:
        st.info("所选事件没有下达过联动任务。")
        return
    rows = []
    for agency in times.agencies:
        ack, arrive = agency.acknowledge, agency.arrive
        rows.append(
            [
                charts.text(
                    known[agency.agency_id].name if agency.agency_id in known else agency.agency_id
                ),
                charts.number(agency.assignments),
                charts.number(agency.declined),
                charts.text(length(ack.p50), ""),
                charts.text(length(ack.p90), ""),
                charts.parts(ack.shares),
                _target(agency.targets[Stage.ACKNOWLEDGE]),
                charts.text(length(arrive.p50), ""),
                charts.text(length(arrive.p90), ""),
                _target(agency.targets[Stage.ARRIVE]),
                _target(agency.targets[Stage.REPORT]),
            ]
        )
    heads: list[str | charts.Cell] = [
        charts.text("联动单位"),
        *("任务", "退回", "签收 P50", "签收 P90"),
        charts.text("签收 快 → 慢"),
        *("签收达标", "到场 P50", "到场 P90", "到场达标", "反馈达标"),
    ]
    foot = [
        charts.text("合计"),
        charts.number(times.assignments),
        charts.number(sum(a.declined for a in times.agencies)),
        *([charts.text("")] * 8),
    ]
    charts.show(charts.legend(Stage.ACKNOWLEDGE.buckets()))
    charts.show(charts.table("联动单位", heads, rows, foot=foot))


def fullest(found: Density, most: int = 15) -> None:
    """The map's twin: reads without WebGL, without colours, by a screen reader."""
    rows = [
        [
            charts.text(str(place)),
            charts.text(area_name(area_code(Point(*_centre(found, place - 1))))),
            charts.text("{:.3f}, {:.3f}".format(*_centre(found, place - 1)), ""),
            charts.number(cell.count),
            charts.number(found.per_km2(cell.count), 1),
        ]
        for place, cell in enumerate(found.cells[:most], start=1)
    ]
    heads: list[str | charts.Cell] = [charts.text("序"), charts.text("区县")]
    note = f"边长 {found.size_km:g} 公里的方格"
    heads += ["中心经纬度", "起", "起/平方公里"]
    charts.show(charts.STYLE + charts.table("最密集处", heads, rows, note=note))


def _centre(found: Density, place: int) -> tuple[float, float]:
    cell = found.cells[place]
    return cell.west + found.width / 2, cell.south + found.height / 2
