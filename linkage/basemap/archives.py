"""Tiles out of one file: PMTiles (v3) or MBTiles. Read, never written.

Neither is mapped into memory: an operator who replaces the file under a running system must not
bring it down.
"""

import os
import sqlite3
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import msgspec
from pmtiles.tile import (
    Compression,
    Entry,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

HEADER = 127  # bytes of a PMTiles header
# A tile of 256 × 256 is some 20 KB, a crowded vector tile 500; more is no tile.
LARGEST = 2 * 1024 * 1024
_DIRECTORIES = 4  # PMTiles nest no deeper
_LARGEST_DIRECTORY = 4 * 1024 * 1024


VECTOR = "是矢量切片文件，目前只支持图片切片；请供图单位导出 PNG、JPEG 或 WebP 切片"


class NoArchive(Exception):  # noqa: N818
    """The file is away, or is none. Says what is wrong, for the operator."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of itself. `vector`: Mapbox vector tiles, else pictures."""

    vector: bool
    min_zoom: int
    max_zoom: int
    bounds: tuple[float, float, float, float] | None = None  # west, south, east, north


class Archive(Protocol):
    about: About

    def tile(self, z: int, x: int, y: int) -> bytes | None: ...

    def close(self) -> None: ...


def open_archive(path: Path) -> Archive:
    """Raises NoArchive."""
    try:
        return PMTiles(path) if path.suffix.lower() == ".pmtiles" else MBTiles(path)
    except OSError as why:
        raise NoArchive(f"文件读不出（{why.strerror or why}）") from why


class PMTiles:
    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._header = _pmtiles_header(self._read)
        self._directory = lru_cache(64)(self._read_directory)
        h = self._header
        self.about = About(
            vector=h["tile_type"] == TileType.MVT,
            min_zoom=h["min_zoom"],
            max_zoom=h["max_zoom"],
            bounds=_bounds([h[f"{side}_e7"] / 1e7 for side in _SIDES]),
        )

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Raises NoArchive where the file has gone bad under us."""
        h = self._header
        wanted = zxy_to_tileid(z, x, y)
        offset, length = h["root_offset"], h["root_length"]
        for _ in range(_DIRECTORIES):
            found = find_tile(self._directory(offset, length), wanted)
            if found is None:
                return None
            if found.run_length:
                return self._read(h["tile_data_offset"] + found.offset, min(found.length, LARGEST))
            offset, length = h["leaf_directory_offset"] + found.offset, found.length
        return None

    def _read_directory(self, offset: int, length: int) -> list[Entry]:
        if length > _LARGEST_DIRECTORY:
            raise NoArchive("目录过大，文件可能已损坏")
        try:
            return list(deserialize_directory(self._read(offset, length)))
        except (EOFError, OSError, ValueError, IndexError) as why:
            raise NoArchive("目录读不出，文件可能已损坏或被替换") from why

    def _read(self, offset: int, length: int) -> bytes:
        return os.pread(self._file.fileno(), length, offset)

    def close(self) -> None:
        self._file.close()


_SPOKEN = {Compression.NONE, Compression.GZIP}
_SIDES = ("min_lon", "min_lat", "max_lon", "max_lat")


def _pmtiles_header(read: Callable[[int, int], bytes]) -> Any:
    head = read(0, HEADER)
    if len(head) < HEADER or head[:7] != b"PMTiles" or head[7] != 3:
        raise NoArchive("不是 PMTiles 第 3 版的文件")
    try:
        header = deserialize_header(head)
    except ValueError as why:
        raise NoArchive("文件头读不懂，文件可能已损坏") from why
    squeezed = header["tile_compression"]
    if header["internal_compression"] != Compression.GZIP or squeezed not in _SPOKEN:
        raise NoArchive("用了 gzip 以外的压缩方式，请用 gzip 重新生成")
    return header


class MBTiles:
    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise NoArchive("文件不存在")
        self._lock = Lock()
        # Immutable: no lock files beside it, so a read-only share will do.
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            self._cx = sqlite3.connect(address, uri=True, check_same_thread=False)
            said = dict(self._cx.execute("SELECT name, value FROM metadata").fetchall())
            depth = self._cx.execute(
                "SELECT min(zoom_level), max(zoom_level) FROM tiles"
            ).fetchone()
        except sqlite3.Error as why:
            raise NoArchive(f"不是 MBTiles 文件（{why}）") from why
        if depth[0] is None:
            raise NoArchive("文件里一张切片也没有")
        self.about = About(
            vector=said.get("format") == "pbf",
            min_zoom=int(depth[0]),
            max_zoom=int(depth[1]),
            bounds=_said_bounds(str(said.get("bounds", ""))),
        )

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Raises NoArchive. Rows are counted from the south in this format."""
        wanted = (
            "SELECT substr(tile_data, 1, ?) FROM tiles"
            " WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        )
        try:
            with self._lock:
                row = self._cx.execute(wanted, (LARGEST, z, x, 2**z - 1 - y)).fetchone()
        except sqlite3.Error as why:
            raise NoArchive(f"文件读不出（{why}）") from why
        return bytes(row[0]) if row and row[0] else None

    def close(self) -> None:
        self._cx.close()


def _said_bounds(text: str) -> tuple[float, float, float, float] | None:
    try:
        return _bounds([float(part) for part in text.split(",")])
    except ValueError:
        return None


def _bounds(sides: list[float]) -> tuple[float, float, float, float] | None:
    if len(sides) != 4 or not (sides[0] < sides[2] and sides[1] < sides[3]):
        return None
    return sides[0], sides[1], sides[2], sides[3]
