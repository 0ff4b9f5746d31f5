"""Wire in: a paho client that hands over PUBLISH packets in bulk and acknowledges in bulk.

paho reads one packet with three system calls and builds a Properties object for each message,
which costs more than decoding, correlating and storing the alert. Here the socket is read in
blocks and PUBLISH packets, all that a busy intake gets, are split off directly; every other
packet, the connection, TLS and the keepalive stay paho's. Needs paho's internals as of the
pinned version; tests/test_wire.py fails if an upgrade moves them.
"""

import socket
import ssl
from collections.abc import Iterable
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

PUBLISH, PUBACK = 0x30, 0x40
_BLOCK = 262_144
# Nothing to read yet; over TLS also half a record, and words between the two ends.
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Message(NamedTuple):
    """One PUBLISH as it came. `mid` is 0 for QoS 0, which is not acknowledged."""

    mid: int
    topic: bytes
    payload: bytes
    retained: bool
    excess: bool = False  # above the rate its source has agreed to


class Wire(mqtt.Client):
    """Driven by one thread, without paho's own: `read` to receive, `settle` to acknowledge."""

    def __init__(self, client_id: str, version: int) -> None:
        protocol = mqtt.MQTTv5 if version == 5 else mqtt.MQTTv311
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=protocol,
            manual_ack=True,
            clean_session=None if version == 5 else False,
        )
        self.version5 = version == 5
        # Acknowledgements and receipts of a small batch must not wait for the next one.
        self.on_socket_open = _without_delay
        self._pending = bytearray()
        self._arrived: list[Message] = []
        self._cut_short = False

    def read(self, most: int, *, readable: bool) -> list[Message]:
        """What is there, at most `most`, without waiting. `readable`: what poll said.

        What is beyond `most` stays in the socket, so the broker feels the pressure and nothing
        is dropped. Raises ConnectionError when the connection is gone.
        """
        sock = self._sock
        if sock is None:
            raise ConnectionError("not connected")
        self._split(most)
        if len(self._arrived) < most and (readable or getattr(sock, "pending", int)()):
            self._fill(sock)
            self._split(most)
        arrived, self._arrived = self._arrived, []
        return arrived

    @property
    def has_more(self) -> bool:
        """There may be messages that poll does not see: read already, or decrypted already."""
        return self._cut_short or getattr(self._sock, "pending", int)() > 0

    def stay_alive(self) -> None:
        """Ask now and then whether the broker is there; one that does not answer is gone.

        paho asks after a keepalive of silence and waits another one; half of one is enough, so
        that a peer that vanished without a word is found within 1.5 keepalives.
        """
        self._must(self.loop_misc())
        if self._ping_t and mqtt.time_func() - self._ping_t > self._keepalive / 2:
            self._must(MQTTErrorCode.MQTT_ERR_KEEPALIVE)

    def flush(self) -> None:
        if self.want_write():
            self._must(self.loop_write())

    def settle(self, mids: Iterable[int], publishes: Iterable[tuple[bytes, bytes]]) -> None:
        """Acknowledge in order of arrival and publish (topic, payload) at QoS 0, in one write."""
        out = bytearray()
        for mid in mids:
            if mid:
                out += b"\x40\x02"
                out += mid.to_bytes(2, "big")
        for topic, payload in publishes:
            _append_publish(out, topic, payload, self.version5)
        if out:
            self._must(self._packet_queue(PUBACK, bytes(out), 0, 0))

    def forget(self) -> None:
        """A new connection: what was read from the last one comes again, and its acknowledgements
        must not be sent, because a new session reuses the packet numbers."""
        self._pending.clear()
        self._arrived.clear()
        self._cut_short = False

    def _fill(self, sock: Any) -> None:
        try:
            block = sock.recv(_BLOCK)
        except (*_NOT_YET, InterruptedError):
            return
        except OSError as why:
            self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
            raise ConnectionError(str(why)) from why
        if not block:
            self._must(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        self._last_bytes_received = mqtt.time_func()
        self._last_msg_in = self._last_bytes_received
        self._pending += block

    def _split(self, most: int) -> None:
        """Cut whole packets off the pending bytes, until `most` messages are in hand."""
        pending = self._pending
        arrived = self._arrived
        at, end = 0, len(pending)
        while at + 2 <= end and len(arrived) < most:
            length, shift, body = 0, 0, at + 1
            while body < end:
                byte = pending[body]
                body += 1
                length |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
            else:
                break
            if shift > 28:
                self._must(MQTTErrorCode.MQTT_ERR_PROTOCOL)
            if body + length > end:
                break
            if pending[at] & 0xF0 == PUBLISH:
                try:
                    message = self._message(pending[at], bytes(pending[body : body + length]))
                except IndexError:
                    self._must(MQTTErrorCode.MQTT_ERR_PROTOCOL)
                arrived.append(message)
            else:
                self._other(pending[at], pending[body : body + length])
            at = body + length
        if at:
            del pending[:at]
        self._cut_short = len(arrived) >= most and len(pending) > 1

    def _message(self, first: int, body: bytes) -> Message:
        at = 2 + (body[0] << 8 | body[1])
        topic = body[2:at]
        mid = 0
        if first & 0x06:
            mid = body[at] << 8 | body[at + 1]
            at += 2
        if self.version5:
            length, shift = 0, 0
            while True:
                byte = body[at]
                at += 1
                length |= (byte & 0x7F) << shift
                if byte < 0x80:
                    break
                shift += 7
            at += length
        return Message(mid, topic, body[at:], bool(first & 1))

    def _other(self, command: int, body: bytearray) -> None:
        self._in_packet = {
            "command": command,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": body,
            "to_process": 0,
            "pos": 0,
        }
        self._must(self._packet_handle())

    def _must(self, code: MQTTErrorCode) -> None:
        if code not in {MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_AGAIN}:
            self._loop_rc_handle(code)
            raise ConnectionError(mqtt.error_string(code))


def _without_delay(_client: mqtt.Client, _data: object, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _append_publish(out: bytearray, topic: bytes, payload: bytes, version5: bool) -> None:
    length = 2 + len(topic) + len(payload) + (1 if version5 else 0)
    out.append(PUBLISH)
    while length > 0x7F:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    out.append(length)
    out += len(topic).to_bytes(2, "big")
    out += topic
    if version5:
        out.append(0)
    out += payload
