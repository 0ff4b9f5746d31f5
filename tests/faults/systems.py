"""Departments' systems as they should be: each keeps a ledger, and says again what has no receipt.

They trust nothing but the receipt that follows our commit: neither the broker's acknowledgement
nor a connection that seems to be there.
"""

import threading
import time
from collections import Counter, deque
from typing import NamedTuple

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ingest.registry import ROOT
from tests.faults.script import Line, Script

RESEND_S = 4.0
TURN_S = 0.02
IN_HAND = 200  # lines without receipt that one system has under way at once


class _Sent(NamedTuple):
    line: Line
    at: float


class Systems:
    """All of them. `pace`: new lines a second together, as far as their receipts let them."""

    def __init__(self, port: int, script: Script) -> None:
        self.script = {source: lines.copy() for source, lines in script.items()}
        self.answered: set[tuple[str, str]] = set()  # records with a receipt
        self.receipts: Counter[str] = Counter()
        self.resent = 0
        self.pace = 0.0
        self.sent: dict[str, list[Line]] = {source: [] for source in script}
        self._waiting: dict[str, dict[str, _Sent]] = {source: {} for source in script}
        self._order = deque(script)
        self._port = port
        self._clients = {source: self._client(source) for source in script}

    def speak(self, over: threading.Event) -> None:
        due = 0.0
        while not over.wait(TURN_S):
            due = min(due + self.pace * TURN_S, IN_HAND)
            due -= self._turn(int(due))

    def _turn(self, most: int) -> int:
        """Say again what has waited too long, and up to `most` new lines; returns how many."""
        said = 0
        now = time.monotonic()
        self._order.rotate()  # nobody waits for ever behind the system that says most
        for source in self._order:
            waiting = self._waiting[source]
            late = [one for one in list(waiting.values()) if now - one.at > RESEND_S]
            for one in late:
                self.resent += 1
                self._publish(one.line)
            lines = self.script[source]
            while said < most and lines and len(waiting) < IN_HAND:
                if not self._may_say(lines[0], waiting):
                    break
                self._publish(lines.popleft())
                said += 1
        return said

    def done(self) -> bool:
        return not any(self.script.values()) and not any(self._waiting.values())

    def left(self) -> int:
        return sum(map(len, self.script.values())) + sum(map(len, self._waiting.values()))

    def close(self) -> None:
        for client in self._clients.values():
            client.disconnect()
            client.loop_stop()

    def _may_say(self, line: Line, waiting: dict[str, _Sent]) -> bool:
        # One statement of a record at a time, and what names another record after that one.
        if line.ref and line.ref in waiting:
            return False
        return line.after is None or line.after in self.answered

    def _publish(self, line: Line) -> None:
        """A refused payload's receipt names no record: what is bad is said once, at QoS 1."""
        if line.bad:
            self.sent[line.source_id].append(line)
        else:
            if line not in self.sent[line.source_id][-IN_HAND:]:
                self.sent[line.source_id].append(line)
            self._waiting[line.source_id][line.ref] = _Sent(line, time.monotonic())
        topic = f"{ROOT}/alert/{line.source_id}"
        self._clients[line.source_id].publish(topic, line.payload, qos=1)

    def _client(self, source: str) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"system-{source}", protocol=mqtt.MQTTv5
        )
        client.reconnect_delay_set(1, 1)
        client.on_connect = lambda c, *_: c.subscribe(f"{ROOT}/receipt/{source}", 1)
        client.on_message = lambda _, __, message: self._receipt(source, message.payload)
        client.connect("127.0.0.1", self._port)
        client.loop_start()
        return client

    def _receipt(self, source: str, payload: bytes | bytearray) -> None:
        receipt = msgspec.json.decode(payload)
        self.receipts[receipt["status"]] += 1
        ref = receipt["source_ref"]
        if ref is not None:
            self.answered.add((source, ref))
            self._waiting[source].pop(ref, None)
