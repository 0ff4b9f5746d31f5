"""A table of our own that stays as it was read until another is put in its place."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from linkage.settings import load_settings

T = TypeVar("T")


class InUse(Generic[T]):
    """Call it for the table in use: read from `file` by `load` the first time, which may raise
    BadConfig. Whoever changes tables reads all of them first, then puts each: none is half new.
    """

    def __init__(self, file: str, load: Callable[[Path], T]) -> None:
        self._file, self._load = file, load
        self._table: T | None = None

    def __call__(self) -> T:
        if self._table is None:
            self._table = self._load(load_settings().tables / self._file)
        return self._table

    def put(self, table: T) -> None:
        self._table = table
