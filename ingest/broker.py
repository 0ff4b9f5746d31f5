"""One session with the broker: connect, subscribe, come back, and never lose the thread.

The session is persistent: what arrives while we are away waits in the broker. Acknowledgements go
out only inside the connection their messages came in: one thread changes connections, hands over
and acknowledges, and `forget` drops what was read from a connection that is gone.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.address import Address, prepare
from ingest.wire import Message, Wire

# A peer that vanished without a word is found within 1.5 of it: 30 s.
KEEPALIVE_S = 20
SESSION_DAYS = 7
# Messages on their way to us that we have not acknowledged: a few batches, so that the next
# batch is in the socket while one is being committed, and Python walks no mountain of objects.
RECEIVE_MAXIMUM = 2_000
# A member of the cluster that does not answer: the worker says nothing to the others meanwhile, and
# after 5 s they would take its lanes over. Also for the handshake of TLS.
CONNECT_S = 2.0
_BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
# MQTT 5, 3.14.2.1: somebody else has connected with our client id.
_TAKEN_OVER = 0x8E
# Coming back at once would throw the other one out, and so on for ever.
_AFTER_TAKEN_OVER_S = 5.0
# MQTT 3.1.1 has no words for it: so many connections that ended so soon after they stood.
_SHORT_S, _SHORT_ONES = 3.0, 3

# Between two requests to listen, where the broker has refused one: somebody is mending its list.
_ASK_AGAIN_S = 5.0

log = logging.getLogger(__name__)


class Session:
    """`dial`, then `read` and `settle` in turn. None of them raises when the broker is away."""

    def __init__(
        self,
        address: Address,
        client_id: str,
        version: int,
        topics: Sequence[str],
        keepalive_s: int = KEEPALIVE_S,
    ) -> None:
        self.address = address
        self.client_id = client_id
        self.connected = False
        self.refused = False  # the broker lets us connect and not listen; we ask again and again
        self.was_there = False  # at the last connect the broker knew the session
        self.epoch = 0  # which connection: what was read in one must not be settled in the next
        self.place = 0  # which member of the cluster is tried next
        self.given_up: Sequence[str] = ()  # what to unsubscribe, before the session ends for good
        self.on_taken_over: Callable[[Session, bool], None] | None = None  # certain?
        self.tell: Callable[[int, str], None] = log.log
        self._topics = [(topic, 1) for topic in topics]
        self._keepalive_s = keepalive_s
        self._client = Wire(client_id, version)
        self._client.connect_timeout = CONNECT_S
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        prepare(self._client, address)
        self._failures = 0
        self._short = 0
        self._ask_again = 0.0
        self._since = 0.0  # the broker accepted us at, in this connection
        self.next_try = 0.0

    def read(self, most: int, *, readable: bool) -> list[Message]:
        """What is there, at most `most`, without waiting. `readable`: what poll said."""
        try:
            return self._client.read(most, readable=readable)
        except ConnectionError as why:
            self._lost(str(why))
            return []

    def settle(self, mids: Iterable[int], publishes: Iterable[tuple[bytes, bytes]]) -> None:
        """Acknowledge, and publish receipts. Lost with the connection, both come again."""
        try:
            self._client.settle(mids, publishes)
        except ConnectionError as why:
            self._lost(str(why))

    def stay_alive(self) -> None:
        """Every second or so: send what could not be sent, and notice a peer that is gone."""
        if self._client.socket() is None:
            return
        try:
            if self.refused and time.monotonic() >= self._ask_again:
                self._client.subscribe(self._topics)
            self._client.flush()
            self._client.stay_alive()
        except ConnectionError as why:
            self._lost(str(why))

    def leave(self, *, for_good: bool = False) -> None:
        """Go, keeping the session: the broker holds what comes and what is unacknowledged.

        `for_good`: the broker forgets it (MQTT 5; with 3.1.1 it expires by the broker's rule).
        """
        if self._client.socket() is not None:
            if for_good and self._client.version5:
                properties = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
                properties.SessionExpiryInterval = 0
                self._client.disconnect(properties=properties)
            else:
                self._client.disconnect()
            self._client.loop_write()
        self._client.forget()
        self.connected = False

    def dial(self) -> bool:
        """Connect now; False where nothing answers. `connected` turns true when we may listen."""
        self._client.forget()
        self.epoch += 1
        places = self.address.places
        host, port = places[self.place % len(places)]
        try:
            self._client.connect(host, port, self._keepalive_s, **self._how())
        except (OSError, ValueError) as why:
            self._lost(str(why))
            return False
        return True

    @property
    def wire(self) -> Wire:
        return self._client

    def _how(self) -> dict[str, Any]:
        if not self._client.version5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_DAYS * 86_400
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        return {"clean_start": False, "properties": properties}

    def _lost(self, why: str) -> None:
        now = time.monotonic()
        delay = _BACK_OFF_S[min(self._failures, len(_BACK_OFF_S) - 1)]
        if self._failures == 0:
            self.tell(logging.WARNING, f"消息服务器 {self.address} 连接中断：{why}；自动重连中")
        self._failures += 1
        self.place += 1
        self.next_try = max(self.next_try, now + delay)
        if self._since:
            self._short = self._short + 1 if now - self._since < _SHORT_S else 0
            self._since = 0.0
            if self._short >= _SHORT_ONES and self.on_taken_over is not None:
                self.on_taken_over(self, False)
        self.connected = False
        self._client.forget()

    def _on_connect(
        self, client: mqtt.Client, _: object, flags: Any, reason: Any, __: object = None
    ) -> None:
        if reason.is_failure:
            words = f"消息服务器拒绝连接：{reason}；请检查 LINKAGE_MQTT_URL 的用户和口令"
            self.tell(logging.ERROR, words)
            return
        self.was_there = bool(flags.session_present)
        self._since = time.monotonic()
        if self._failures or not self.was_there:
            how = "延续" if self.was_there else "新建"
            self.tell(logging.INFO, f"已连接消息服务器 {self.address}，会话{how}")
        if self._topics:
            client.subscribe(self._topics)
        else:
            self._stands()

    def _on_subscribe(
        self, _: mqtt.Client, __: object, ___: int, reasons: Any, ____: object = None
    ) -> None:
        pairs = zip(self._topics, reasons, strict=True)
        refused = [(topic, reason) for (topic, _qos), reason in pairs if reason.is_failure]
        for topic, reason in refused:
            words = f"消息服务器不许订阅 {topic}：{reason}；请给本账号读权限"
            self.tell(logging.ERROR, words)
        self.refused = bool(refused)
        if refused:
            self._ask_again = time.monotonic() + _ASK_AGAIN_S
        else:
            self._stands()

    def _stands(self) -> None:
        self._failures = 0
        self.connected = True

    def _on_disconnect(
        self, _: mqtt.Client, __: object, ___: Any, reason: Any, ____: object = None
    ) -> None:
        if getattr(reason, "value", 0) == _TAKEN_OVER:
            self.next_try = time.monotonic() + _AFTER_TAKEN_OVER_S
            if self.on_taken_over is not None:
                self.on_taken_over(self, True)
