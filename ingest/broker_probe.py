"""Ask a broker what it can do and whether it keeps a session, by doing it once.

On our own probe topic, with a client id of the check's own, and nothing is left behind.
"""

import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.address import Address, prepare
from ingest.broker import SESSION_DAYS
from ingest.local_broker import LARGEST_MESSAGE
from ingest.registry import ROOT

_WAIT_S = 5.0
_SESSION_S = 60


class _Guest:
    """One short connection. `granted`: of the subscription; None while not answered."""

    def __init__(self, address: Address, client_id: str, version: int) -> None:
        self.address, self.version = address, version
        self.reason: Any = None
        self.flags: Any = None
        self.told: dict[str, Any] = {}
        self.granted: Any = None
        self.heard: list[bytes] = []
        self.published: Any = None
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5 if version == 5 else mqtt.MQTTv311,
            clean_session=None if version == 5 else False,
            reconnect_on_failure=False,
        )
        prepare(self.client, address)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = lambda _, __, message: self.heard.append(bytes(message.payload))
        self.client.on_publish = self._on_publish

    def connect(self, *, clean: bool, session_s: int) -> bool:
        """Whether the broker let us in. Raises OSError where nothing answers."""
        more: dict[str, Any] = {}
        if self.version == 5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = session_s
            more = {"clean_start": clean, "properties": properties}
        self.reason = None
        self.client.connect(self.address.host, self.address.port, 30, **more)
        self.until(lambda: self.reason is not None)
        return self.reason is not None and not self.reason.is_failure

    def until(self, done: Callable[[], bool], wait_s: float = _WAIT_S) -> bool:
        end = time.monotonic() + wait_s
        while not done():
            if time.monotonic() > end or self.client.loop(0.05):
                return done()
        return True

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop(0.05)

    def _on_connect(self, _: mqtt.Client, __: object, flags: Any, reason: Any, told: Any) -> None:
        self.flags, self.reason = flags, reason
        self.told = vars(told) if told is not None else {}

    def _on_subscribe(
        self, _: mqtt.Client, __: object, ___: int, reasons: Any, ____: object
    ) -> None:
        self.granted = reasons[0]

    def _on_publish(self, _: mqtt.Client, __: object, ___: int, reason: Any, ____: object) -> None:
        self.published = reason


def probe(address: Address, ingest_id: str, version: int) -> list[str]:
    """What is missing for our use, in words; empty where nothing is."""
    guest = _Guest(address, f"{ingest_id}-check", version)
    try:
        entered = guest.connect(clean=True, session_s=SESSION_DAYS * 86_400)
    except (OSError, ValueError) as why:
        return [f"消息服务器 {address} 连不上（{why}）；请检查 LINKAGE_MQTT_URL、网络和证书"]
    if not entered:
        return [_refused(guest, version)]
    found = _missing(guest.told) if version == 5 else []
    guest.leave()
    try:
        return found + _keeps_a_session(address, ingest_id, version)
    except (OSError, ValueError) as why:
        return [*found, f"试验持久会话时连接中断（{why}）"]


def _refused(guest: _Guest, version: int) -> str:
    if guest.reason is None:
        hint = "；若它只支持 MQTT 3.1.1，请设 LINKAGE_MQTT_VERSION=4" if version == 5 else ""
        return f"消息服务器 {guest.address} 没有应答 MQTT 连接{hint}"
    words = str(guest.reason)
    if "rotocol" in words:
        return (
            f"消息服务器不支持 MQTT 5（{words}）：请设 LINKAGE_MQTT_VERSION=4，"
            "此时被拒绝的发布得不到原因，来源要靠回执判断"
        )
    return f"消息服务器拒绝连接（{words}）：请核对 LINKAGE_MQTT_URL 的用户、口令和证书"


def _missing(told: dict[str, Any]) -> list[str]:
    """From the properties of CONNACK. MQTT 5, 3.2.2.3: what is not there is available."""
    found = []
    if told.get("MaximumQoS", 2) < 1:
        found.append("不支持 QoS 1：报文会丢。请换消息服务器")
    if not told.get("WildcardSubscriptionAvailable", 1):
        found.append("不支持通配符订阅：收不到力量动态和未登记的来源")
    if not told.get("RetainAvailable", 1):
        found.append("不支持保留消息：部门重新上线时收不到在办任务清单")
    size = told.get("MaximumPacketSize")
    if size is not None and size < LARGEST_MESSAGE:
        found.append(f"最大报文 {size} 字节，小于约定的 {LARGEST_MESSAGE} 字节：大报文会被断开")
    if told.get("ReceiveMaximum", 65_535) < 10:
        found.append(f"同时在途只许 {told['ReceiveMaximum']} 条：下发会慢")
    kept = told.get("SessionExpiryInterval")
    if kept is not None and kept < 86_400:
        found.append(f"会话只保留 {kept} 秒：接入停得更久时，其间的报文会丢。请放宽到 7 天")
    return found


def _keeps_a_session(address: Address, ingest_id: str, version: int) -> list[str]:
    """Leave with a subscription, have a message sent, come back: is it there?"""
    topic, word = f"{ROOT}/probe/{ingest_id}", b"check"
    guest = _Guest(address, f"{ingest_id}-check", version)
    if not guest.connect(clean=True, session_s=_SESSION_S):
        return [_refused(guest, version)]
    guest.client.subscribe(topic, qos=1)
    if not guest.until(lambda: guest.granted is not None) or guest.granted.is_failure:
        guest.leave()
        return [f"不许订阅 {topic}（{guest.granted}）：请给本账号读权限"]
    guest.leave()
    sender = _Guest(address, f"{ingest_id}-check-sender", version)
    if not sender.connect(clean=True, session_s=0):
        return [_refused(sender, version)]
    sender.client.publish(topic, word, qos=1)
    sender.until(lambda: sender.published is not None)
    sender.leave()
    if sender.published is None or sender.published.is_failure:
        return [f"不许发布 {topic}（{sender.published}）：请给本账号写权限"]
    again = _Guest(address, f"{ingest_id}-check", version)
    entered = again.connect(clean=False, session_s=0)
    present = entered and again.flags.session_present
    came = present and again.until(lambda: word in again.heard)
    again.leave()
    if not present:
        return ["没有保留持久会话：接入重启或断线期间的报文会丢。请打开消息服务器的持久会话"]
    return [] if came else ["保留了会话，却没有补发离线期间的报文：请检查排队上限和本账号的权限"]
