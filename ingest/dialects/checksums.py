"""CRC16 of two protocols that share a polynomial and nothing else (domain trap 4).

Poly A001 (reflected 8005), start FFFF. SL 651-2014 takes the CRC every Modbus device has; HJ
212-2017 annex A shifts the register before it takes the byte in, which gives another value.
"""


def _entry(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return value


_TABLE = tuple(_entry(value) for value in range(256))
# HJ 212 keeps only the high byte of the register from one byte to the next.
_HIGH = tuple(value >> 8 for value in _TABLE)


def crc_modbus(data: bytes) -> int:
    """SL 651-2014 §6.4, §6.5; there sent high byte first."""
    table, register = _TABLE, 0xFFFF
    for byte in data:
        register = register >> 8 ^ table[(register ^ byte) & 0xFF]
    return register


def crc_hj212(data: bytes) -> int:
    """HJ 212-2017 annex A; sent as four hex digits, high byte first."""
    if not data:
        return 0xFFFF
    table, high = _HIGH, 0xFF
    for byte in data[:-1]:
        high = table[high ^ byte]
    return _TABLE[high ^ data[-1]]
