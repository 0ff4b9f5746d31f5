"""What the columns of every table are made of: ids, moments, names of indexes and keys."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, TypeDecorator
from sqlalchemy.engine import Dialect

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

# SQLite assigns rowids only to INTEGER; PostgreSQL needs 8 bytes.
Id = BigInteger().with_variant(Integer, "sqlite")
# Text from outside that law protects (个人信息保护法 §28): masked on screens and in exports.
PERSONAL = {"personal": True}


class Moment(TypeDecorator[datetime]):
    """An aware UTC time. SQLite keeps it as sortable text, PostgreSQL as timestamptz."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value if value is None else value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


def moment(name: str, **options: Any) -> Column[datetime]:
    return Column(name, Moment, **options)
