"""JT/T 808 0x0100: which vehicle a terminal says it rides in, beside what the register says."""

from collections.abc import Mapping

from linkage.vehicles import Vehicle

# Where the colour of the plate stands: behind province, city, maker, model and the terminal's id,
# which each edition made longer. The plate is the rest.
_COLOUR_2011, _COLOUR_2013, _COLOUR_2019 = 24, 36, 75
_LEAST_2013 = _COLOUR_2013 + 1
_NO_PLATE = 0  # then it is the number of the chassis


def registration(
    terminal: str, body: bytes, vehicles: Mapping[str, Vehicle], *, is_2019: bool
) -> str:
    """For the officer at 接入状态, with the comma before it; "" where it cannot be read."""
    colour = _COLOUR_2013 if len(body) >= _LEAST_2013 else _COLOUR_2011
    colour = _COLOUR_2019 if is_2019 else colour
    try:
        said = body[colour + 1 :].split(b"\0")[0].decode("gbk").strip()
    except UnicodeDecodeError:
        said = ""
    if not said or not said.isprintable():
        return ""
    if body[colour] == _NO_PLATE:
        return f"，未上牌，车架号 {said}"
    known = vehicles.get(terminal)
    if known is None:
        line = f'[[vehicle]] terminal = "{terminal}" plate = "{said}"'
        return f"，车牌 {said}，未登记，可在 data/vehicles.toml 补登一条 {line}"
    if known.plate != said:
        return f"，车牌 {said}，与 data/vehicles.toml 的 {known.plate} 不符，请核对"
    return f"，车牌 {said}"
