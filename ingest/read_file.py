"""`python -m ingest read FILE`: what a payload would become, with neither broker nor database.

Printed as tests/fixtures keeps it beside a payload, so that what is right can be saved there.
"""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ingest.holding import Holding
from ingest.receive import understand
from ingest.registry import ROOT, Registry, read_registry
from ingest.replay import EXPECTED, payload_of
from ingest.wire import Message
from linkage.alerts import Alert, Unreadable
from linkage.errors import BadConfig
from linkage.intake.arrivals import Remark, Several
from linkage.intake.device_state import DeviceState
from linkage.readings.reading import Reading
from linkage.response.feedback import UnitReport
from linkage.settings import Settings

_NAMES: dict[type, str] = {
    Alert: "alert",
    Reading: "reading",
    UnitReport: "unit",
}


def read_command(settings: Settings, options: argparse.Namespace) -> int:
    """1 where anything was refused. Raises BadConfig."""
    if options.sources:
        settings = msgspec.structs.replace(settings, sources=options.sources)
    registry = read_registry(settings)
    registry.devices.put_in_use()
    refused = 0
    for file in (one for one in options.files if not one.name.endswith(EXPECTED)):
        source = options.source or file.resolve().parent.name
        said = read_file(registry, file, source, options.at or datetime.now(UTC))
        refused += '"rejected"' in said
        if len(options.files) > 1:
            print(f"── {file.name}")  # noqa: T201
        print(said)  # noqa: T201
    return 1 if refused else 0


def read_file(registry: Registry, file: Path, source_id: str, received_at: datetime) -> str:
    """Raises BadConfig where the file or the source is not there."""
    if source_id not in registry.sources:
        remedy = "请写 --source 编号，或把报文放在以编号命名的文件夹里"
        raise BadConfig("sources.toml", source_id, "没有这个接入系统", remedy)
    try:
        payload = payload_of(file)
    except OSError as why:
        raise BadConfig(str(file), "报文", f"无法读取（{why.strerror}）", "请核对路径") from why
    message = Message(0, f"{ROOT}/alert/{source_id}".encode(), payload, retained=False)
    content = understand(message, registry, received_at, Holding()).content
    said: dict[str, Any]
    if isinstance(content, Several):
        said = {"parts": [_stated(part) for part in content.parts]}
        if content.held:
            said["held"] = sum(1 for held in content.held if held.data)
    else:
        said = _stated(content)
    return json.dumps(said, ensure_ascii=False, indent=1)


def _stated(part: object) -> dict[str, Any]:
    if isinstance(part, Unreadable):
        return {"rejected": part.reason, **({"field": part.field} if part.field else {})}
    if isinstance(part, Remark):
        return {"remark": part.text}
    if isinstance(part, DeviceState):
        alarms = {name: _stated(alert)["alert"] for name, alert in part.alarms}
        at = part.at and part.at.isoformat()
        whole = {"whole": True} if part.whole else {}
        return {"state": {"device": part.device, "at": at, **whole, "alarms": alarms}}
    if not isinstance(part, Alert | Reading | UnitReport):
        return {}
    said = json.loads(msgspec.json.encode(part))
    for field in msgspec.structs.fields(part):
        blank = field.default_factory() if callable(field.default_factory) else field.default
        if field.name == "source_id" or getattr(part, field.name) == blank:
            said.pop(field.encode_name, None)
    if said.get("point"):
        said["point"] = {name: round(degrees, 6) for name, degrees in said["point"].items()}
    return {_NAMES[type(part)]: said}
