"""The stage: a clock, a fresh record on each database, a broker, and the cast by role."""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from linkage.people import Actor
from linkage.record import Record
from linkage.schema import migrate
from linkage.vocabulary import Role
from tests.house_rule import one_entry_an_act
from tests.parts import Mosquitto, Postgres, start_mosquitto, start_postgres

# The files of the tests are many and live for a second: on a disk a test with PostgreSQL waits
# 90 ms for them, in memory 30.
MEMORY, ROOM = Path("/dev/shm"), 4 << 30

__all__ = ["one_entry_an_act"]


def pytest_configure() -> None:
    gc.disable()
    settings.register_profile("untimed", settings.default, deadline=None)
    settings.load_profile("untimed")
    in_memory = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    if in_memory and "TMPDIR" not in os.environ:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a broker of their own first: at the end no slow one is left to one worker."""
    slow = {item.path for item in items if "mosquitto" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Ten thousand tests stay where they are: no collection need look through them again."""
    gc.enable()
    gc.freeze()


@pytest.fixture
def now() -> datetime:
    """14:30 in Beijing."""
    return datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with start_postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a migrated database to copy."""
    postgres.run("CREATE DATABASE migrated")
    _migrate(postgres.url("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "linkage.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def fresh_sqlite(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Record]:
    """A fresh record at every call, for tests that need many; the caller closes it."""

    def fresh() -> Record:
        file = tmp_path_factory.mktemp("fresh") / "linkage.db"
        shutil.copy(sqlite_template, file)
        return Record(f"sqlite:///{file}")

    return fresh


def _migrate(url: str) -> None:
    record = Record(url)
    migrate(record)
    record.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh migrated database; for tests that open it from another process."""
    if request.param == "sqlite":
        file = tmp_path / "linkage.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    template = request.getfixturevalue("postgres_template")
    cluster: Postgres = request.getfixturevalue("postgres")
    url = cluster.create(template)
    yield url
    cluster.drop(url)


@pytest.fixture
def record(database_url: str) -> Iterator[Record]:
    record = Record(database_url)
    yield record
    record.close()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with start_mosquitto(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def officer() -> Actor:
    return Actor("甲", Role.DUTY_OFFICER)


@pytest.fixture
def other_officer() -> Actor:
    return Actor("乙", Role.DUTY_OFFICER)


@pytest.fixture
def chief() -> Actor:
    return Actor("丙", Role.DUTY_CHIEF)


@pytest.fixture
def commander() -> Actor:
    return Actor("丁", Role.COMMANDER)


@pytest.fixture
def analyst() -> Actor:
    return Actor("戊", Role.ANALYST)


@pytest.fixture
def fire_officer() -> Actor:
    """The officer on duty at the fire brigade, an agency."""
    return Actor("己", Role.AGENCY_OFFICER, "fire")
