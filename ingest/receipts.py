"""回执 as it goes over the wire: what the source is told once its message is committed."""

import msgspec

from ingest.registry import ROOT
from linkage.intake.arrivals import Receipt

_encode = msgspec.json.Encoder().encode


def on_the_wire(receipt: Receipt) -> tuple[bytes, bytes]:
    """Topic and payload. design §4, linkage/v1/receipt/{source}."""
    payload = _encode(
        {
            "id": str(receipt.id),
            "source_ref": receipt.source_ref,
            "status": receipt.status,
            "incident": receipt.incident,
            "reason": receipt.reason,
            "at": receipt.at,
        }
    )
    return f"{ROOT}/receipt/{receipt.source_id}".encode(), payload
