"""The settings that are numbers: read and judged without any library, so that start.py can too."""

from collections.abc import Collection, Mapping

from linkage.errors import BadConfig

WHERE = "环境变量"
PORTS = range(1, 65536)
MQTT_VERSIONS = (4, 5)


def desk_port(environment: Mapping[str, str]) -> int:
    """Raises BadConfig."""
    remedy = "请写 1 到 65535 的整数，如 8501"
    return _number(environment, "LINKAGE_DESK_PORT", 8501, PORTS, remedy)


def mqtt_version(environment: Mapping[str, str]) -> int:
    """Raises BadConfig."""
    remedy = "只能是 5（MQTT 5.0）或 4（MQTT 3.1.1）"
    return _number(environment, "LINKAGE_MQTT_VERSION", 5, MQTT_VERSIONS, remedy)


def duty_desks(environment: Mapping[str, str]) -> int:
    """Raises BadConfig."""
    remedy = "请写同时值守的席位数，1 到 50"
    return _number(environment, "LINKAGE_DUTY_DESKS", 1, range(1, 51), remedy)


def _number(
    environment: Mapping[str, str], name: str, default: int, allowed: Collection[int], remedy: str
) -> int:
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise BadConfig(WHERE, name, f'"{text[:40]}" 不是正整数', remedy)
    if int(text) not in allowed:
        raise BadConfig(WHERE, name, f"{text} 不在允许范围", remedy)
    return int(text)
