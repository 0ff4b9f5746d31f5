"""Dialects: how systems write. One module per dialect, not per source.

Each has `reader(source)`: how to read that source, worked out once at the start.
"""

from collections.abc import Callable

from ingest.dialects import (
    cap,
    cma_catalogue,
    earthquake,
    ems_cad,
    fire_cad,
    gbt26875,
    hj212,
    jt808,
    mapped_json,
    police_cad,
    sl651,
)
from ingest.framing import Framing
from ingest.json_form import Form
from linkage.alerts import Alert
from linkage.intake.arrivals import Several
from linkage.sources import Source

JSON_DIALECTS: dict[str, Callable[[Source], Callable[[Form], Alert | Several]]] = {
    "police-cad": police_cad.reader,
    "fire-cad": fire_cad.reader,
    "ems-cad": ems_cad.reader,
    "mapped-json": mapped_json.reader,
    "earthquake": earthquake.reader,
    "cma-catalogue": cma_catalogue.reader,
}
# Where a catalogue keeps its list of records, if it sends one; the first path that is a list.
JSON_LISTS: dict[str, tuple[str, ...]] = {
    "earthquake": earthquake.LISTS,
    "cma-catalogue": cma_catalogue.LISTS,
}
# Records of calls for help are found in whatever is put around them, by the field that none lacks.
CALL_TIMES = {
    "police-cad": police_cad.TIME,
    "fire-cad": fire_cad.TIME,
    "ems-cad": ems_cad.TIME,
}
XML_DIALECTS: dict[str, Callable[[Source], Callable[[str], Alert | Several]]] = {
    "cap": cap.reader,
}
FRAME_DIALECTS: dict[str, Framing] = {
    "gbt26875": gbt26875.FRAMING,
    "jt808": jt808.FRAMING,
    "hj212": hj212.FRAMING,
    "sl651": sl651.FRAMING,
}
DECODERS = {**JSON_DIALECTS, **XML_DIALECTS, **FRAME_DIALECTS}
