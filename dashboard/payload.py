"""原始报文 as a person can read it: by its character set, and byte for byte."""

# A refused payload may be a quarter of a megabyte of rubbish; the beginning tells enough.
SHOWN = 4_096


def as_text(payload: bytes, charset: str) -> str:
    """Decoded; a byte that is no character shows as U+FFFD, a control sign as [00]."""
    shown = payload[:SHOWN].decode(charset, "replace")
    return "".join(_visible(character) for character in shown) + _rest(payload)


def as_hex(payload: bytes) -> str:
    """Offset, sixteen bytes, and what of them is ASCII."""
    lines = []
    for start in range(0, len(payload[:SHOWN]), 16):
        piece = payload[start : min(start + 16, SHOWN)]
        codes = " ".join(f"{byte:02x}" for byte in piece)
        signs = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in piece)
        lines.append(f"{start:06x}  {codes:<47}  {signs}")
    return "\n".join(lines) + _rest(payload)


def _visible(character: str) -> str:
    if character in "\n\t":
        return character
    code = ord(character)
    return f"[{code:02x}]" if code < 32 or code == 127 else character


def _rest(payload: bytes) -> str:
    left = len(payload) - SHOWN
    return f"\n……（其余 {left:,} 字节未显示）" if left > 0 else ""
