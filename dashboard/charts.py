"""Tables with bars, drawn as HTML in one quiet style that reads in light, dark and on paper.

Every text is escaped here, once; what comes out goes to st.html and nowhere else.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

import streamlit as st

from linkage.figures.statistics import Line

# Colours that hold their contrast on both backgrounds; a number or a word always stands beside.
STYLE = """<style>
.lk { font-size: 0.9rem; font-variant-numeric: tabular-nums; width: 100%; overflow-x: auto; }
.lk table { border-collapse: collapse; width: 100%; }
.lk caption { text-align: left; font-weight: 600; padding: 0 0 0.3rem; }
.lk caption small { font-weight: 400; opacity: 0.7; margin-left: 0.5rem; }
.lk th, .lk td { padding: 0.2rem 0.55rem; text-align: right; white-space: nowrap;
  border: 0; border-bottom: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.lk thead th { font-weight: 500; opacity: 0.7; border-bottom-width: 2px; vertical-align: bottom; }
.lk tbody th { font-weight: 400; }
.lk .t { text-align: left; }
.lk .w { white-space: normal; text-align: left; min-width: 12rem; }
.lk tfoot td, .lk tfoot th { font-weight: 600; border-bottom: 0;
  border-top: 2px solid color-mix(in srgb, currentColor 25%, transparent); }
.lk .bar { width: 34%; min-width: 4rem; padding-right: 0; }
.lk .bar i { display: block; height: 0.72rem; border-radius: 2px; background: #3b82c4; }
.lk .zero { opacity: 0.7; }
.lk .heat td { text-align: center; padding: 0.18rem 0; min-width: 1.5rem; border: 1px solid
  color-mix(in srgb, currentColor 6%, transparent); }
.lk .heat thead th { text-align: center; padding: 0.18rem 0; }
.lk .parts { display: flex; height: 0.8rem; min-width: 9rem; border-radius: 2px; overflow: hidden; }
.lk .parts i { display: block; height: 100%; }
.lk .key { display: inline-block; width: 0.7rem; height: 0.7rem; border-radius: 2px;
  margin: 0 0.3rem 0 0.9rem; vertical-align: baseline; }
.lk .dot { display: inline-block; width: 0.7rem; height: 0.7rem; border-radius: 50%;
  margin-right: 0.45rem; }
.lk .square { border-radius: 1px; }
.lk .ring { background: transparent !important; border: 2px solid #8a94a1; box-sizing: border-box; }
.lk tr.red { background: rgba(217, 54, 62, 0.13); }
.lk tr.amber { background: rgba(222, 140, 20, 0.12); }
.lk .cols { display: flex; align-items: flex-end; gap: 3px; height: 6.2rem; padding-top: 1rem; }
.lk .cols div { flex: 1 1 0; min-width: 0.7rem; max-width: 3.4rem; text-align: center;
  font-size: 0.72rem; }
.lk .cols i { display: block; background: #3b82c4; border-radius: 2px 2px 0 0; }
.lk .cols span { display: block; white-space: nowrap; overflow: hidden; }
</style>"""
GREEN, AMBER, RED = "#1f9d61", "#de8c14", "#d9363e"
# From quick to slow, readable in black and white because each step is darker.
STEPS = ("#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08306b")


class Cell(NamedTuple):
    """`html` has been escaped already. `kind`: t for text, w for text that wraps."""

    html: str
    kind: str = ""


def text(value: object, kind: str = "t") -> Cell:
    return Cell(escape(str(value)), kind)


def number(value: float | None, digits: int = 0, unit: str = "") -> Cell:
    """With thousands marked; a dash where there is none, faint where it is zero."""
    if value is None:
        return Cell("<span class='zero'>–</span>")
    shown = f"{value:,.{digits}f}{escape(unit)}"
    return Cell(shown if value else f"<span class='zero'>{shown}</span>")


def share(part: int, whole: int) -> Cell:
    return number(100 * part / whole if whole else None, 1, " %")


def bar(part: int, largest: int) -> Cell:
    width = 100 * part / largest if largest else 0
    return Cell(f"<i style='width:{width:.1f}%'></i>" if part else "", "bar")


def parts(counts: Sequence[int]) -> Cell:
    """Shares of a whole side by side, in the order of STEPS."""
    whole = sum(counts)
    pieces = [
        f"<i style='width:{100 * n / whole:.2f}%;background:{colour}'></i>"
        for n, colour in zip(counts, STEPS, strict=True)
        if n
    ]
    return Cell(f"<div class='parts'>{''.join(pieces)}</div>" if whole else "", "t")


def dot(colour: str, shape: str = "") -> str:
    return f"<span class='dot {shape}' style='background:{colour}'></span>"


def table(
    caption: str,
    heads: Sequence[str | Cell],
    rows: Iterable[Sequence[Cell]],
    *,
    note: str = "",
    foot: Sequence[Cell] = (),
    tints: Sequence[str] = (),
) -> str:
    """`tints`: a class for each row. The first cell of a row is its heading."""
    tops = [head if isinstance(head, Cell) else text(head, "") for head in heads]
    body = []
    for number_, row in enumerate(rows):
        tint = f" class='{tints[number_]}'" if tints and tints[number_] else ""
        body.append(f"<tr{tint}>{_row(row)}</tr>")
    small = f"<small>{escape(note)}</small>" if note else ""
    top = "".join(f"<th scope='col' class='{cell.kind}'>{cell.html}</th>" for cell in tops)
    last = f"<tfoot><tr>{_row(foot)}</tr></tfoot>" if foot else ""
    title = f"<caption>{escape(caption)}{small}</caption>" if caption else ""
    return (
        f"<div class='lk'><table>{title}<thead><tr>{top}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody>{last}</table></div>"
    )


def _row(cells: Sequence[Cell]) -> str:
    first, *rest = cells
    head = f"<th scope='row' class='t {first.kind}'>{first.html}</th>"
    return head + "".join(f"<td class='{cell.kind}'>{cell.html}</td>" for cell in rest)


def tally(caption: str, lines: Sequence[Line], *, note: str = "", unit: str = "起") -> str:
    """One dimension: name, count, share and bar; with the period before where it is known."""
    total = sum(line.count for line in lines)
    largest = max((line.count for line in lines), default=0)
    before = any(line.previous is not None for line in lines)
    rows, earlier = [], 0
    for line in lines:
        row = [text(line.label), bar(line.count, largest), number(line.count)]
        row.append(share(line.count, total))
        if before:
            earlier += line.previous or 0
            row.append(number(line.previous))
        rows.append(row)
    heads: list[str | Cell] = [text(""), text(""), unit, "占比", *(["上期"] if before else [])]
    foot = [text("合计"), text(""), number(total), share(total, total)]
    return table(caption, heads, rows, note=note, foot=[*foot, number(earlier)] if before else foot)


def heat(caption: str, names: Sequence[str], grid: Sequence[Sequence[int]], note: str = "") -> str:
    """Rows × 24 hours; the deeper the more, with the number in every field and sums beside."""
    largest = max((n for row in grid for n in row), default=0)
    heads = "".join(f"<th scope='col'>{hour}</th>" for hour in range(24))
    body = []
    for name, row in zip(names, grid, strict=True):
        fields = "".join(_field(n, largest) for n in row)
        body.append(
            f"<tr><th scope='row' class='t'>{escape(name)}</th>{fields}<td>{sum(row):,}</td></tr>"
        )
    sums = [sum(column) for column in zip(*grid, strict=True)]
    foot = "".join(f"<td>{n or ''}</td>" for n in sums)
    return (
        f"<div class='lk'><table class='heat'><caption>{escape(caption)}"
        f"<small>{escape(note)}</small></caption><thead><tr><th></th>{heads}<th>合计</th></tr>"
        f"</thead><tbody>{''.join(body)}</tbody><tfoot><tr><th class='t'>合计</th>{foot}"
        f"<td>{sum(sums):,}</td></tr></tfoot></table></div>"
    )


def _field(count: int, largest: int) -> str:
    if not count:
        return "<td></td>"
    depth = 0.12 + 0.68 * count / largest
    return f"<td style='background:rgba(59,130,196,{depth:.2f})'>{count}</td>"


def columns(caption: str, lines: Sequence[Line], note: str = "") -> str:
    """One column a day, with its number above and its date below."""
    largest = max((line.count for line in lines), default=0) or 1
    drawn = "".join(
        f"<div title='{escape(line.label)}：{line.count}'><span>{line.count}</span>"
        f"<i style='height:{3.6 * line.count / largest:.2f}rem'></i>"
        f"<span>{escape(line.label[:5])}</span></div>"
        for line in lines
    )
    return (
        f"<div class='lk'><table><caption>{escape(caption)}<small>{escape(note)}</small></caption>"
        f"</table><div class='cols'>{drawn}</div></div>"
    )


def legend(names: Sequence[str], colours: Sequence[str] = STEPS) -> str:
    keys = "".join(
        f"<span class='key' style='background:{colour}'></span>{escape(name)}"
        for name, colour in zip(names, colours, strict=True)
    )
    return f"<div class='lk'>{keys}</div>"


def show(html: str) -> None:
    st.html(html)
