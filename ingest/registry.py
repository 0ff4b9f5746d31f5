"""Who may speak to us, and what the intake decides by: read from the tables at the start."""

from collections.abc import Mapping

import msgspec

from linkage.intake.intake_rules import IntakeRules
from linkage.intake.known_points import load_known_points
from linkage.panels import FILE as PANELS
from linkage.panels import Panel, check_kinds, load_panels, panels
from linkage.readings.factors import FILE as FACTORS
from linkage.readings.factors import Factors, factors, load_factors
from linkage.readings.telemetry import load_telemetry
from linkage.response.agencies import Agency, load_agencies
from linkage.response.grading import load_grading
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
    """`sources` and `agencies` by id; `ingest_id` names our own session and probe."""

    sources: Mapping[str, Source]
    agencies: Mapping[str, Agency]
    ingest_id: str
    devices: Devices = Devices()


def read_registry(settings: Settings) -> Registry:
    """Raises BadConfig."""
    agencies = load_agencies(settings.tables / "agencies.toml")
    sources = load_sources(settings.sources, agencies)
    return Registry(
        sources=sources,
        agencies=agencies,
        ingest_id=settings.ingest_id,
        devices=_read_devices(settings, sources, agencies),
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
    return Devices(riding, standing, load_factors(settings.tables / FACTORS))


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
