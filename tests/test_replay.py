"""`python -m ingest replay FOLDER`: which receipt is whose."""

import json

import pytest

from ingest.replay import Receipts


def receipt(number: int, status: str, ref: str | None = None, reason: str | None = None) -> bytes:
    said = {"id": number, "status": status, "source_ref": ref, "incident": None, "reason": reason}
    return json.dumps(said).encode()


def test_each_record_of_a_list_is_told_under_its_own_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A list has a receipt for each record: the second one is not the next file's."""
    receipts = Receipts()
    for one in (receipt(1, "stored", "A"), receipt(1, "rejected", None, "缺少编号")):
        receipts.put(one)
    assert receipts.tell("list.json")
    receipts.put(receipt(5, "stored", "B"))
    assert receipts.tell("next.json")
    receipts.put(receipt(5, "stored", "C"))
    receipts.tell_rest()
    assert capsys.readouterr().out.splitlines() == [
        "list.json  stored  A",
        "list.json  rejected  缺少编号",
        "next.json  stored  B",
        "next.json  stored  C",
    ]
