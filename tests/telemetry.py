"""Frames as monitors and gauges send them, built by the rules of their protocols."""

from ingest.dialects.checksums import crc_hj212, crc_modbus

MN = "320703000000000000000001"
STATION = "0051600001"


def hj212(values: str, command: str = "2011", *, mn: str = MN, extra: str = "Flag=5;") -> bytes:
    """One frame; `values`: what stands between `CP=&&` and `&&`."""
    head = f"QN=20260806153000123;ST=31;CN={command};PW=123456;MN={mn};{extra}"
    return framed(f"{head}CP=&&{values}&&")


def framed(segment: str) -> bytes:
    data = segment.encode()
    return b"##%04d%s%04X\r\n" % (len(data), data, crc_hj212(data))


def benzene(value: str = "12.300", time: str = "20260806153000", flag: str = "N") -> bytes:
    return hj212(f"DataTime={time};a25002-Rtd={value},a25002-Flag={flag}")


def sl651(
    function: int,
    body: str,
    *,
    station: str = STATION,
    packet: tuple[int, int] | None = None,
    end: int = 3,
) -> bytes:
    """An uplink frame of the HEX coding; `body` in hex, blanks allowed; `packet`: number, total."""
    data = bytes.fromhex(body)
    start = b"\x02"
    if packet:
        data = (packet[1] << 12 | packet[0]).to_bytes(3) + data
        start = b"\x16"
    head = bytes.fromhex(f"7E7E01{station}1234{function:02X}{len(data):04X}")
    frame = head + start + data + bytes([end])
    return frame + crc_modbus(frame).to_bytes(2)


def sl651_text(function: int, body: str, *, packet: tuple[int, int] | None = None) -> bytes:
    """An uplink frame of the ASCII coding."""
    if packet:
        body = f"{packet[1]:03X}{packet[0]:03X}{body}"
    start = b"\x16" if packet else b"\x02"
    head = f"\x0101{STATION}1234{function:02X}0{len(body):03X}".encode()
    frame = head + start + body.encode() + b"\x03"
    return frame + b"%04X" % crc_modbus(frame)


def level(metres: str = "00024320", at: str = "2608061530") -> bytes:
    """A 定时报 with one water level, in millimetres as BCD digits."""
    return sl651(0x32, f"0001 260806153000 F1F1{STATION}4B F0F0{at} 3923{metres}")
