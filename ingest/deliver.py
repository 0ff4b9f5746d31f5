"""下发: from the outbox to the department, at least once, and never given up in silence.

A thread of its own with a session of its own: a slow department must not slow the intake. Of a
broker cluster the next member is tried whenever one is lost or does not answer, as the lanes do.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ingest.address import Address, prepare
from ingest.registry import ROOT
from linkage.own_state import BROKER, PROBE_EVERY_S, Probe, set_service
from linkage.record import UNAVAILABLE, Record
from linkage.response import outbox

# How often the outbox is looked at: with the broker's round trip it stays well under the 2 s in
# which an officer expects to see an acknowledgement.
LOOK_EVERY_S = 0.2
# How often the orders without a receipt are looked for: 未送达 is to be seen within 5 s.
MISSED_EVERY_S = 0.5
CONFIRM_S = 5.0
AT_ONCE = 100
KEEPALIVE_S = 30
_SYS = {
    "$SYS/broker/publish/messages/dropped": "dropped",
    "$SYS/broker/version": "version",
}

log = logging.getLogger(__name__)


class Delivery:
    def __init__(
        self,
        record: Record,
        address: Address,
        ingest_id: str,
        version: int,
        note_missed: Callable[[datetime], object] = lambda _: None,
    ) -> None:
        """`note_missed`: writes down which orders have no receipt yet."""
        self._record = record
        self._note_missed = note_missed
        self._probe_topic = f"{ROOT}/probe/{ingest_id}"
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{ingest_id}-deliver",
            protocol=mqtt.MQTTv5 if version == 5 else mqtt.MQTTv311,
        )
        self._client.reconnect_delay_set(1, 5)
        self._client.on_connect = self._connected
        self._client.on_connect_fail = self._elsewhere
        self._client.on_disconnect = self._lost
        self._client.on_message = self._heard
        prepare(self._client, address)
        self._places = address.places
        self._place = 0
        self._anew = threading.Event()  # connected since we last looked
        self._broker_says: dict[str, object] = {}
        self._broker_told: dict[str, object] = {}

    def run(self, stopping: threading.Event) -> None:
        self._aim()
        self._client.loop_start()
        # By the steady clock: the time of day may be put back.
        probed_at = missed_at = float("-inf")
        away = False
        while not stopping.wait(LOOK_EVERY_S):
            now, steady = datetime.now(UTC), time.monotonic()
            try:
                if steady - probed_at >= PROBE_EVERY_S:
                    probed_at = steady
                    self._probe(now)
                    self._tell(now)
                self.deliver(now)
                if steady - missed_at >= MISSED_EVERY_S:
                    missed_at = steady
                    self._note_missed(now)
                away = False
            except UNAVAILABLE as why:
                if not away:  # once an outage, not five times a second
                    log.warning("数据库暂不可用，下发等待：%s", why.orig)
                away = True
            except Exception:
                log.exception("下发出错，稍后重试；指令仍在待发队列中")
        self._client.disconnect()
        self._client.loop_stop()

    def deliver(self, now: datetime, *, most: int = AT_ONCE) -> int:
        """Send what is due; returns how many the broker confirmed."""
        if not self._client.is_connected():
            return 0
        if self._anew.is_set():
            # A broker that lost its store, or heard an older list from a worker that was frozen,
            # gets the newest word on every retained topic.
            self._anew.clear()
            with self._record.write() as w:
                outbox.repeat_retained(w)
        with self._record.read() as cx:
            due = outbox.pending(cx, most, now)
        if not due:
            return 0
        sent = [
            (one, self._client.publish(one.topic, one.payload, qos=1, retain=one.retain))
            for one in due
        ]
        confirmed, failed = [], []
        by = time.monotonic() + CONFIRM_S
        for one, info in sent:
            if _confirmed(info, by):
                confirmed.append(one.id)
            else:
                failed.append(one.id)
        with self._record.write() as w:
            outbox.mark_sent(w, confirmed)
            for failed_id in failed:
                outbox.mark_failed(w, failed_id, f"消息服务器 {CONFIRM_S:.0f} 秒内未确认")
        return len(confirmed)

    def _probe(self, now: datetime) -> None:
        if self._client.is_connected():
            self._client.publish(self._probe_topic, msgspec.json.encode(Probe(now)), qos=0)

    def _aim(self) -> None:
        host, port = self._places[self._place % len(self._places)]
        self._client.connect_async(host, port, keepalive=KEEPALIVE_S)

    def _connected(
        self, client: mqtt.Client, _: object, __: object, reason: Any, *___: Any
    ) -> None:
        """In paho's thread, as are the next two. A broker that has no $SYS, or keeps it to itself,
        says nothing: then nothing is known."""
        if reason.is_failure:
            return  # paho calls `_lost` next
        if self._place:
            log.warning("下发已改接消息服务器 %s:%s", client.host, client.port)
        self._anew.set()
        client.subscribe([(topic, 0) for topic in _SYS])

    def _lost(self, _: mqtt.Client, __: object, ___: object, reason: Any, *____: Any) -> None:
        if reason.is_failure:  # else we left ourselves
            self._elsewhere()

    def _elsewhere(self, *_: object) -> None:
        """paho connects again after its pause: to the next member then."""
        if len(self._places) > 1:
            self._place += 1
            self._aim()

    def _heard(self, _: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        """What the broker counts of itself; in paho's thread, so only remembered here."""
        name = _SYS.get(message.topic)
        text = message.payload[:100].decode("utf-8", "replace").strip()
        if name == "dropped" and text.isascii() and text.isdecimal():
            self._broker_says = {**self._broker_says, name: int(text)}
        elif name == "version":
            self._broker_says = {**self._broker_says, name: text}

    def _tell(self, now: datetime) -> None:
        says = self._broker_says
        if says and says != self._broker_told:
            with self._record.write(now) as w:
                set_service(w, BROKER, now, says)
            self._broker_told = says


def _confirmed(info: mqtt.MQTTMessageInfo, by: float) -> bool:
    """All of a round wait until `by`: a mute broker costs one wait, not a hundred."""
    try:
        info.wait_for_publish(max(0.0, by - time.monotonic()))
    except (ValueError, RuntimeError):
        return False
    return info.is_published()


def start(delivery: Delivery, stopping: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=delivery.run, args=(stopping,), name="deliver", daemon=True)
    thread.start()
    return thread
