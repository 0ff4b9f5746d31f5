"""Who may speak to us, and what the intake decides by: read from the tables at the start."""

from collections.abc import Mapping
from difflib import get_close_matches

import msgspec

from linkage.errors import BadConfig
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.known_points import load_known_points
from linkage.panels import FILE as PANELS
from linkage.panels import Panel, check_kinds, load_panels, panels
from linkage.plan.grading import load_grading
from linkage.readings.factors import FILE as FACTORS
from linkage.readings.factors import Factors, factors, load_factors
from linkage.readings.telemetry import load_telemetry
from linkage.reporting.limits import FILE as REPORT_LIMITS
from linkage.reporting.limits import Authority, load_report_limits
from linkage.response.agencies import Agency, load_agencies
from linkage.settings import Settings
from linkage.sources import Source, load_sources
from linkage.vehicles import FILE as VEHICLES
from linkage.vehicles import Vehicle, check_agencies, load_vehicles, vehicles

ROOT = "linkage/v1"


class Devices(msgspec.Struct, frozen=True):
    """What frames leave unsaid: by terminal, by address, by code. None: nobody asks for it."""

    vehicles: dict[str, Vehicle] | None = None
    panels: dict[str, Panel] | None = None
    factors: Factors | None = None

    def put_in_use(self) -> None:
        """From the next reader of frames on: each keeps the tables that it began with."""
        if self.vehicles is not None:
            vehicles.put(self.vehicles)
        if self.panels is not None:
            panels.put(self.panels)
        if self.factors is not None:
            factors.put(self.factors)


class Registry(msgspec.Struct, frozen=True):
    """`sources`, `agencies` and `authorities`, to whom we report, by id; `ingest_id` names our own
    session and probe."""

    sources: Mapping[str, Source]
    agencies: Mapping[str, Agency]
    ingest_id: str
    devices: Devices = Devices()
    authorities: Mapping[str, Authority] = {}


def read_registry(settings: Settings) -> Registry:
    """Raises BadConfig."""
    agencies = load_agencies(settings.tables / "agencies.toml", settings.contact_file)
    sources = load_sources(settings.sources, agencies)
    return Registry(
        sources=sources,
        agencies=agencies,
        ingest_id=settings.ingest_id,
        devices=_read_devices(settings, sources, agencies),
        authorities=load_report_limits(settings.tables / REPORT_LIMITS).authorities,
    )


def _read_devices(
    settings: Settings, sources: Mapping[str, Source], agencies: Mapping[str, Agency]
) -> Devices:
    spoken = {source.dialect_frame or source.dialect for source in sources.values()}
    riding = standing = None
    if "jt808" in spoken:
        riding = load_vehicles(settings.tables / VEHICLES)
        check_agencies(riding, agencies)
    if "gbt26875" in spoken:
        standing = load_panels(settings.tables / PANELS)
        for source in sources.values():
            if "gbt26875" in {source.dialect_frame, source.dialect}:
                check_kinds(standing, source.id, source.kinds)
    table = load_factors(settings.tables / FACTORS)
    for source in sources.values():
        _check_readings(settings.sources.name, source, table)
    return Devices(riding, standing, table)


def _check_readings(file: str, source: Source, table: Factors) -> None:
    """A value of a factor that nobody knows would be kept and never judged: said at once."""
    for theirs, rule in source.readings.factors.items() if source.readings else ():
        if table.scale(rule.factor, rule.unit) is not None:
            continue
        entry = f'[[source]] "{source.id}" readings.factors."{theirs}"'
        known = table.by_id.get(rule.factor)
        if known is not None:
            wrong = f'单位 "{rule.unit}" 不能换算成 {FACTORS} 中 {rule.factor} 的 "{known.unit}"'
            raise BadConfig(file, entry, wrong, "请核对因子和单位")
        near = get_close_matches(rule.factor, table.by_id, n=1)
        guess = f"，是否想写 {near[0]}" if near else ""
        remedy = f"请写表中已有的 id{guess}，或先在表中增加一个 [[factor]]"
        raise BadConfig(file, entry, f'因子 "{rule.factor}" 不在 {FACTORS}', remedy)


def read_rules(settings: Settings, registry: Registry) -> IntakeRules:
    """Raises BadConfig."""
    return IntakeRules(
        agencies=registry.agencies,
        grading=load_grading(settings.tables / "grading.toml"),
        telemetry=load_telemetry(settings.tables, registry.sources),
        datums={source.id: source.datum for source in registry.sources.values()},
        known_points=load_known_points(settings.tables / "known_points.toml"),
        broker_note={"broker": settings.broker_note, "durable": settings.broker_durable},
    )
