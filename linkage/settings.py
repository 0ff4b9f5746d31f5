"""Every setting with its default, in one place; `python -m ingest check` prints them."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from linkage.environment import desk_port, duty_desks, mqtt_version

# What is read is found from wherever a process is started.
SHIPPED = Path(__file__).parents[1] / "data"
# Where a URL may hold a password: behind the user, or as libpq reads it.
_IN_USER = re.compile(r"(://[^:/@]*):[^@]*@")
_IN_QUERY = re.compile(r"([?&](?:ssl)?password=)[^&]*")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`LINKAGE_<NAME>` in the environment sets each field."""

    database_url: str
    mqtt_url: str  # several, separated by commas: the members of one broker cluster
    mqtt_version: int  # 5, or 4 for MQTT 3.1.1
    mqtt_password_file: str  # read instead of a password in the URL
    mqtt_ca: str  # PEM file of the authority that signs the broker's certificate
    mqtt_cert: str  # PEM file of our own certificate
    mqtt_key: str  # PEM file of its key
    sources: Path
    data: Path  # what we write: the embedded database, logs, the embedded broker's store
    tables: Path  # what we read: agencies.toml, run_cards.toml, grading.toml, demo/
    region: str  # GB/T 2260
    ingest_id: str  # of this intake, all workers together: fixed, because it names the sessions
    worker: str  # this worker's name among them; "": the machine's
    desk_port: int
    broker_note: str  # shown on the screens beside the broker's light
    broker_durable: bool  # false: what waits in the broker dies with it
    broker_config: str  # mosquitto's configuration file, where we may read and judge it
    broker_log: str  # mosquitto's log, where we may read who connects again and again
    gateways: str  # TOML file of the SMS gateway, 政务微信 and mail server; "": there are none
    contacts: str  # TOML file of the agencies' numbers and addresses; "": those of agencies.toml
    basemap: Path  # TOML file of the operator's own map tiles
    demo_cast: bool  # the demonstration's people may sit here without a password; make run sets it
    duty_desks: int  # how many sit at the situation screen: what one of them can take in counts

    @property
    def contact_file(self) -> Path | None:
        return Path(self.contacts) if self.contacts else None

    def shown(self) -> dict[str, str]:
        """Every setting as text, passwords hidden."""
        values = {f: str(getattr(self, f)) for f in self.__struct_fields__}
        return {f: _IN_QUERY.sub(r"\1***", _IN_USER.sub(r"\1:***@", v)) for f, v in values.items()}


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises BadConfig naming the variable."""

    def value(name: str, default: str) -> str:
        return environment.get(f"LINKAGE_{name}") or default

    data = Path(value("DATA", "data"))
    tables = Path(value("TABLES", str(SHIPPED)))
    return Settings(
        database_url=value("DATABASE_URL", f"sqlite:///{data}/linkage.db"),
        mqtt_url=value("MQTT_URL", "mqtt://127.0.0.1:18830"),
        mqtt_version=mqtt_version(environment),
        mqtt_password_file=value("MQTT_PASSWORD_FILE", ""),
        mqtt_ca=value("MQTT_CA", ""),
        mqtt_cert=value("MQTT_CERT", ""),
        mqtt_key=value("MQTT_KEY", ""),
        sources=Path(value("SOURCES", "sources.toml")),
        data=data,
        tables=tables,
        region=value("REGION", "320700"),
        ingest_id=value("INGEST_ID", "linkage-ingest-1"),
        worker=value("WORKER", ""),
        desk_port=desk_port(environment),
        broker_note=value("BROKER_NOTE", "外部消息服务器"),
        broker_durable=value("BROKER_DURABLE", "1") == "1",
        broker_config=value("BROKER_CONFIG", ""),
        broker_log=value("BROKER_LOG", ""),
        gateways=value("GATEWAYS", ""),
        contacts=value("CONTACTS", ""),
        basemap=Path(value("BASEMAP", str(tables / "basemap.toml"))),
        demo_cast=value("DEMO_CAST", "0") == "1",
        duty_desks=duty_desks(environment),
    )
