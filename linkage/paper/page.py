"""Blocks as one HTML file that any browser shows and prints with no server behind it. Pure.

Nothing in it runs and nothing is fetched: the file forbids both itself. Whatever came from outside
is escaped.
"""

from collections.abc import Iterator, Sequence
from functools import singledispatch
from html import escape

from linkage.reporting.document import (
    Banner,
    Block,
    Grid,
    Heading,
    Line,
    Pairs,
    Rule,
    Sides,
    printable,
)

_STYLE = """
@page { size: A4 %(page)s; margin: 12mm;
  @bottom-center { content: "%(foot)s　第 " counter(page) " 页　共 " counter(pages) " 页";
    font-size: 9pt } }
body { font: %(size)s/1.45 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif;
  color: #000; background: #fff; max-width: %(width)s; margin: 4mm auto; padding: 0 4mm }
h1 { font-size: 20pt; text-align: center; margin: 2mm 0 }
h2 { font-size: 13pt; margin: 5mm 0 1.5mm; break-after: avoid }
p { margin: 1mm 0; white-space: pre-wrap; overflow-wrap: anywhere }
p.banner { font-size: 30pt; font-weight: 700; color: #c81010; text-align: center; margin: 0 }
p.sides { display: flex; justify-content: space-between; gap: 6mm }
p.center { text-align: center } p.right { text-align: right } p.indent { text-indent: 2em }
hr { border: 0; border-top: .3mm solid #000 } hr.red { border-top: .7mm solid #c81010 }
table { width: 100%%; border-collapse: collapse; table-layout: fixed }
thead { display: table-header-group } tr { break-inside: avoid }
th, td { border: .2mm solid #777; padding: 1mm 1.6mm; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; white-space: pre-wrap }
th { font-weight: 600; background: #f0f0f0 }
"""


def document_page(
    title: str,
    blocks: Sequence[Block],
    *,
    above: Sequence[Block] = (),
    landscape: bool = False,
    foot: str = "",
) -> bytes:
    """`foot`: beside the page's number when it is printed; of our own words only."""
    style = _STYLE % {
        "page": "landscape" if landscape else "portrait",
        "width": "273mm" if landscape else "186mm",
        "size": "9.5pt" if landscape else "11pt",
        "foot": _in_css(foot),
    }
    name = _text(title)
    pieces = [
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" ',
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width">',
        f"<title>{name}</title><style>{style}</style></head><body>",
        *(piece for block in above for piece in _put(block)),
        f"<h1>{name}</h1>",
        *(piece for block in blocks for piece in _put(block)),
        "</body></html>\n",
    ]
    return "".join(pieces).encode()


def _text(text: str) -> str:
    return escape(printable(text))


def _in_css(text: str) -> str:
    """Inside a quoted string of a style sheet inside HTML."""
    return "".join(c for c in printable(text) if c not in '"\\<>&\n')


@singledispatch
def _put(block: Block) -> Iterator[str]:
    raise TypeError(block)


@_put.register
def _(block: Heading) -> Iterator[str]:
    yield f"<h2>{_text(block.text)}</h2>"


@_put.register
def _(block: Line) -> Iterator[str]:
    indent = " indent" if block.indent else ""
    yield f'<p class="{block.align}{indent}">{_text(block.text)}</p>'


@_put.register
def _(block: Banner) -> Iterator[str]:
    yield f"<p class=banner>{_text(block.text)}</p>"


@_put.register
def _(block: Sides) -> Iterator[str]:
    yield f"<p class=sides><span>{_text(block.left)}</span><span>{_text(block.right)}</span></p>"


@_put.register
def _(block: Rule) -> Iterator[str]:
    yield "<hr class=red>" if block.red else "<hr>"


@_put.register
def _(block: Pairs) -> Iterator[str]:
    yield '<table><col style="width:22%"><col><tbody>'
    for label, value in block.rows:
        yield f"<tr><th scope=row>{_text(label)}<td>{_text(value)}"
    yield "</table>"


@_put.register
def _(block: Grid) -> Iterator[str]:
    yield "<table>"
    yield from (f'<col style="width:{100 * share:.2f}%">' for share in block.widths)
    yield "<thead><tr>"
    yield from (f"<th scope=col>{_text(head)}" for head in block.heads)
    yield "<tbody>"
    for row in block.rows:
        yield "<tr>"
        yield from (f"<td>{_text(cell)}" for cell in row)
    yield "</table>"
