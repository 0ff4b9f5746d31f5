"""Send captured payloads again by the real road, and print what became of each."""

import queue
import threading
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ingest.address import Address, prepare
from ingest.registry import ROOT
from linkage.errors import BadConfig

_WAIT_S = 10.0
_REST_S = 0.3
EXPECTED = ".expected.json"


def replay(
    address: Address, version: int, folder: Path, source: str | None, gateway: str = ""
) -> int:
    """One after the other, each waiting for its receipt. Returns 1 if any got none."""
    name = source or folder.resolve().name
    topic = "/".join(filter(None, (f"{ROOT}/alert/{name}", gateway)))
    files = _files(folder)
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"replay-{name}",
        protocol=mqtt.MQTTv5 if version == 5 else mqtt.MQTTv311,
    )
    prepare(client, address)
    ready, receipts = threading.Event(), Receipts()
    client.on_message = lambda _, __, message: receipts.put(message.payload)
    client.on_connect = lambda c, *_: c.subscribe(f"{ROOT}/receipt/{name}", qos=1)
    client.on_subscribe = lambda *_: ready.set()
    client.connect(address.host, address.port)
    client.loop_start()
    missing = 0 if ready.wait(_WAIT_S) else len(files)
    for file in files if not missing else ():
        client.publish(topic, payload_of(file), qos=1)
        if not receipts.tell(file.name):
            missing += 1
            print(f"{file.name}  没有回执")  # noqa: T201
    receipts.tell_rest()
    client.disconnect()
    client.loop_stop()
    if missing:
        print(f"{missing} 份报文没有回执：接入是否在运行？请看 python -m ingest health")  # noqa: T201
    return 1 if missing else 0


class Receipts:
    """Of a list each record has a receipt of its own, all with the number of their message."""

    def __init__(self) -> None:
        self._come: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._names: dict[int, str] = {}  # of the message, by its number

    def put(self, payload: bytes | bytearray) -> None:
        self._come.put(msgspec.json.decode(payload))

    def tell(self, name: str) -> bool:
        """Until there is one of the message just sent; false when none comes."""
        while True:
            try:
                receipt = self._come.get(timeout=_WAIT_S)
            except queue.Empty:
                return False
            new = receipt["id"] not in self._names
            self._print(receipt, self._names.setdefault(receipt["id"], name))
            if new:
                return True

    def tell_rest(self) -> None:
        """Those of the last message that are still under way."""
        while True:
            try:
                receipt = self._come.get(timeout=_REST_S)
            except queue.Empty:
                return
            self._print(receipt, self._names.get(receipt["id"], "?"))

    def _print(self, receipt: Any, name: str) -> None:
        said = (receipt["status"], receipt["source_ref"], receipt["incident"], receipt["reason"])
        print("  ".join((name, *filter(None, said))))  # noqa: T201


def _files(folder: Path) -> list[Path]:
    """In the order of their names. Raises BadConfig where there are none."""
    if folder.is_dir():
        every = sorted(f for f in folder.iterdir() if f.is_file())
        found = [f for f in every if not f.name.endswith(EXPECTED)]
        if found:
            return found
    raise BadConfig(str(folder), "报文文件夹", "没有报文文件", "请核对路径")


def payload_of(file: Path) -> bytes:
    """Byte for byte; a .hex file holds the bytes of a frame as pairs, lines and # remarks free."""
    if file.suffix != ".hex":
        return file.read_bytes()
    lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    pairs = " ".join(line.partition("#")[0] for line in lines)
    try:
        return bytes.fromhex(pairs)
    except ValueError as why:
        raise BadConfig(file.name, "报文", f"不是十六进制（{why}）", "请写成两位一组") from None
