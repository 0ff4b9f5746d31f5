"""One simulated party's line to the broker: a paho client with a thread of its own."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from ingest.address import prepare, read_address
from linkage.settings import Settings

log = logging.getLogger(__name__)
Heard = Callable[[str, bytes], None]
# MQTT 5 §3.4.2.1: the broker has the message, and nobody to give it to.
_NOBODY_LISTENS = 0x10


class Line:
    """Connects by itself, now and after every loss. `heard` is called in the line's own thread.

    What is published while the broker is away waits here and goes out in order.
    """

    def __init__(
        self, settings: Settings, client_id: str, topics: tuple[str, ...], heard: Heard
    ) -> None:
        version5 = settings.mqtt_version == 5
        self.listened_to = threading.Event()  # somebody has subscribed to what we say
        self._topics = topics
        self._heard = heard
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5 if version5 else mqtt.MQTTv311,
        )
        self._start_option: dict[str, Any] = {"clean_start": True} if version5 else {}
        self._address = read_address(settings)
        prepare(self.client, self._address)
        self.client.suppress_exceptions = True  # one bad message must not end the thread
        self.client.reconnect_delay_set(1, 5)
        self.client.max_queued_messages_set(0)
        self.client.on_connect = self._connected
        self.client.on_message = self._arrived
        self.client.on_publish = self._confirmed

    def open(self) -> None:
        address = self._address
        self.client.connect_async(address.host, address.port, keepalive=30, **self._start_option)
        self.client.loop_start()

    def say(self, topic: str, payload: bytes) -> None:
        self.client.publish(topic, payload, qos=1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        for topic in self._topics:
            client.subscribe(topic, qos=1)

    def _confirmed(
        self, _client: object, _data: object, _mid: int, reason: ReasonCode, _more: object
    ) -> None:
        if reason.value != _NOBODY_LISTENS:
            self.listened_to.set()

    def _arrived(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        try:
            self._heard(message.topic, bytes(message.payload))
        except ValueError as why:
            log.warning("%s: 读不懂：%s", message.topic, why)
