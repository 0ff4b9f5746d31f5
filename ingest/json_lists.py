"""A payload that holds a list of records: each is read by itself, and is a part of its own."""

from collections.abc import Callable, Sequence
from typing import Any

from ingest.json_form import Form, getter, shown
from linkage.alerts import Alert, Unreadable
from linkage.intake.arrivals import Part, Remark, Several

MOST_RECORDS = 1_000
Document = Form | list[Any]


def lister(
    paths: Sequence[str],
    check: Callable[[Form], None],
    read: Callable[[Form], Alert | Several],
    *,
    needed: bool,
) -> Callable[[Document], Alert | Several]:
    """How to read a document that is a list, or has one at the first of `paths` that is one.

    `check` refuses the whole document, `read` one record. `needed`: an object without the list
    is not what was agreed; else it is a record itself.
    """
    getters = [getter(path) for path in paths]

    def read_document(document: Document) -> Alert | Several:
        if isinstance(document, list):
            records = document
        else:
            check(document)
            lists = [found for get in getters if isinstance(found := get(document), list)]
            if not lists and needed:
                # An envelope may hold its only record bare.
                lists = [[one] for get in getters if isinstance(one := get(document), dict)]
            if not lists and needed:
                raise Unreadable(f"{paths[0]}：缺少记录列表，应为 JSON 数组 […]", paths[0])
            if not lists:
                return read(document)
            records = lists[0]
        if not records and not paths:
            raise Unreadable("报文是空列表，没有记录")
        if len(records) > MOST_RECORDS:
            raise Unreadable(f"一次 {len(records)} 条记录，超过 {MOST_RECORDS} 条，请分批发送")
        for record in records:
            if type(record) is dict:
                check(record)
        parts = [part for record in records for part in _read(record, read)]
        return Several(tuple(parts) or (Remark("列表为空，没有记录"),))

    return read_document


def _read(record: object, read: Callable[[Form], Alert | Several]) -> Sequence[Part | Unreadable]:
    if not isinstance(record, dict):
        return [Unreadable(f"记录应为 JSON 对象 {{…}}，收到 {shown(record)}")]
    try:
        said = read(record)
    except Unreadable as why:
        return [why]
    return said.parts if isinstance(said, Several) else [said]
