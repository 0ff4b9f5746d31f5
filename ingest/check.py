"""Before the start: every setting, and whether the parts are there. For the one who installs."""

from pathlib import Path

from ingest.address import read_address
from ingest.broker_config import judge, read_config
from ingest.broker_probe import probe
from ingest.means.in_words import means_in_words
from ingest.registry import Registry, read_rules
from linkage import schema
from linkage.basemap.ready import base_map_in_words, base_map_missing
from linkage.errors import BadConfig
from linkage.record import UNAVAILABLE, Record
from linkage.response.coverage import load_coverage
from linkage.response.unit_states import load_unit_states
from linkage.settings import Settings


def check(settings: Settings, registry: Registry) -> int:
    """Prints; returns how many things are missing, at most 1."""
    for name, value in settings.shown().items():
        print(f"LINKAGE_{name.upper()} = {value}")  # noqa: T201
    problems = [*_database(settings), *_broker(settings), *base_map_missing(settings)]
    for line in means_in_words(settings, registry.agencies):
        print(line)  # noqa: T201
    # Only the desks use these; who installs reads of a fault in them all the same.
    states = load_unit_states(settings.tables / "unit_states.toml")
    covers = load_coverage(settings.tables / "coverage.toml", registry.agencies)
    print(f"力量状态词 {len(states.words)} 个，力量覆盖底线 {len(covers)} 条")  # noqa: T201
    print(base_map_in_words(settings, registry.sources))  # noqa: T201
    telemetry = read_rules(settings, registry).telemetry
    stations, rules = len(telemetry.stations), len(telemetry.thresholds.rules)
    counts = f"接入系统 {len(registry.sources)} 个，联动单位 {len(registry.agencies)} 个"
    print(f"{counts}，测站 {stations} 个，阈值规则 {rules} 条：配置无误")  # noqa: T201
    for why in problems:
        print(f"缺：{why}")  # noqa: T201
    return 1 if problems else 0


def _database(settings: Settings) -> list[str]:
    record = Record(settings.database_url)
    try:
        schema.check(record)
    except BadConfig as why:
        return [str(why)]
    except UNAVAILABLE as why:
        return [f"数据库不可用：{why.orig}；请检查 LINKAGE_DATABASE_URL"]
    finally:
        record.close()
    return []


def _broker(settings: Settings) -> list[str]:
    address = read_address(settings)
    found = [
        f"消息服务器：{why}" for why in probe(address, settings.ingest_id, settings.mqtt_version)
    ]
    if settings.broker_config:
        file = Path(settings.broker_config)
        found += [f"{file.name}：{fault.text}" for fault in judge(read_config(file))]
    return found
