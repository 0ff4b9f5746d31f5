"""The few expressions that SQLite and PostgreSQL spell differently, with one meaning on both."""

from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class utc_hour(FunctionElement[str]):  # noqa: N801 - reads as SQL does
    """`utc_hour(moment)`: the UTC hour it lies in, as text "2026-11-22 06"."""

    type = String()
    inherit_cache = True


class instant(FunctionElement[int]):  # noqa: N801
    """`instant(moment)`: microseconds since 1970, exact; their difference is a length of time."""

    type = BigInteger()
    inherit_cache = True


class cell(FunctionElement[int]):  # noqa: N801
    """`cell(degrees, size)`: the number of the cell of a grid that starts at 180° west."""

    type = BigInteger()
    inherit_cache = True


def _parts(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> list[str]:
    return [compiler.process(clause, **kw) for clause in element.clauses]


@compiles(utc_hour, "sqlite")
def _(element: utc_hour, compiler: SQLCompiler, **kw: Any) -> str:
    (moment,) = _parts(element, compiler, **kw)
    return f"substr({moment}, 1, 13)"


@compiles(utc_hour, "postgresql")
def _(element: utc_hour, compiler: SQLCompiler, **kw: Any) -> str:
    (moment,) = _parts(element, compiler, **kw)
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"


@compiles(instant, "sqlite")
def _(element: instant, compiler: SQLCompiler, **kw: Any) -> str:
    # SQLite's own clock rounds to milliseconds; the stored text keeps microseconds.
    (moment,) = _parts(element, compiler, **kw)
    seconds = f"CAST(strftime('%s', substr({moment}, 1, 19)) AS INTEGER)"
    return f"({seconds} * 1000000 + CAST(substr({moment}, 21, 6) AS INTEGER))"


@compiles(instant, "postgresql")
def _(element: instant, compiler: SQLCompiler, **kw: Any) -> str:
    (moment,) = _parts(element, compiler, **kw)
    return f"CAST(extract(epoch FROM {moment}) * 1000000 AS BIGINT)"


@compiles(cell, "sqlite")
def _(element: cell, compiler: SQLCompiler, **kw: Any) -> str:
    degrees, size = _parts(element, compiler, **kw)
    return f"CAST(({degrees} + 180) / {size} AS INTEGER)"  # cuts, and the argument is positive


@compiles(cell, "postgresql")
def _(element: cell, compiler: SQLCompiler, **kw: Any) -> str:
    degrees, size = _parts(element, compiler, **kw)
    return f"CAST(floor(({degrees} + 180) / {size}) AS BIGINT)"
