"""The intake's session with the broker: connect, subscribe, come back, and never lose the thread.

One thread drives it. The session is persistent: what arrives while we are away waits in the
broker. Acknowledgements go out only inside the connection their messages came in, because
`receive` alone changes connections and `settle` follows it in the same thread.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.address import Address, prepare
from ingest.wire import Message, Wire

KEEPALIVE_S = 30
SESSION_DAYS = 7
# Messages on their way to us that we have not acknowledged: a few batches, so that the next
# batch is in the socket while one is being committed, and Python walks no mountain of objects.
RECEIVE_MAXIMUM = 2_000
_BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

log = logging.getLogger(__name__)


class Session:
    """`receive` and `settle` in turn, for ever. Neither raises when the broker is away."""

    def __init__(
        self, address: Address, client_id: str, version: int, topics: Sequence[str]
    ) -> None:
        self.address = address
        self.connected = False
        self._topics = [(topic, 1) for topic in topics]
        self._client = Wire(client_id, version)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        prepare(self._client, address)
        self._failures = 0
        self._next_try = 0.0

    def receive(self, wait_s: float, most: int) -> list[Message]:
        """The next messages, at most `most`; empty after `wait_s`, or while the broker is away."""
        if self._client.socket() is None and not self._connect(wait_s):
            return []
        try:
            return self._client.pump(wait_s, most)
        except ConnectionError as why:
            self._lost(str(why))
            return []

    def settle(self, mids: Iterable[int], publishes: Iterable[tuple[bytes, bytes]]) -> None:
        """Acknowledge, and publish receipts. Lost with the connection, both come again."""
        try:
            self._client.settle(mids, publishes)
        except ConnectionError as why:
            self._lost(str(why))

    def leave(self) -> None:
        """Go, keeping the session: the broker holds what comes and what is unacknowledged."""
        if self._client.socket() is not None:
            self._client.disconnect()
            self._client.loop_write()
            self._client.forget()
        self.connected = False

    def _connect(self, wait_s: float) -> bool:
        pause = self._next_try - time.monotonic()
        if pause > 0:
            time.sleep(min(pause, wait_s))
            return False
        self._client.forget()
        try:
            self._client.connect(self.address.host, self.address.port, KEEPALIVE_S, **self._how())
        except (OSError, ValueError) as why:
            self._lost(str(why))
            return False
        return True

    def _how(self) -> dict[str, Any]:
        if not self._client.version5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_DAYS * 86_400
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        return {"clean_start": False, "properties": properties}

    def _lost(self, why: str) -> None:
        delay = _BACK_OFF_S[min(self._failures, len(_BACK_OFF_S) - 1)]
        if self._failures == 0:
            log.warning("消息服务器 %s 连接中断：%s；自动重连中", self.address, why)
        self._failures += 1
        self._next_try = time.monotonic() + delay
        self.connected = False
        self._client.forget()

    def _on_connect(
        self, client: mqtt.Client, _: object, flags: Any, reason: Any, __: object = None
    ) -> None:
        if reason.is_failure:
            log.error("消息服务器拒绝连接：%s；请检查 LINKAGE_MQTT_URL 的用户和口令", reason)
            return
        if self._failures or not flags.session_present:
            log.info(
                "已连接消息服务器 %s，会话%s",
                self.address,
                "延续" if flags.session_present else "新建",
            )
        client.subscribe(self._topics)

    def _on_subscribe(
        self, _: mqtt.Client, __: object, ___: int, reasons: Any, ____: object = None
    ) -> None:
        for (topic, _qos), reason in zip(self._topics, reasons, strict=True):
            if reason.is_failure:
                log.error("消息服务器不许订阅 %s：%s；请给本账号读权限", topic, reason)
        self._failures = 0
        self.connected = True
