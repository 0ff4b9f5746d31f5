"""Small maps for the tests: pictures of one colour with a red square at a known place."""

import io
import math
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image, ImageDraw
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from linkage.alerts import Point
from linkage.datum import Datum, from_wgs84

TILE = 256
GROUND = (180, 230, 190)
RED = (255, 0, 0)
HALF = 5  # of the square, pixels
Where = tuple[int, int, int]


def in_mercator(z: int, lon: float, lat: float) -> tuple[float, float]:
    """Pixels of the world at level z."""
    world = TILE * 2**z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return (lon + 180) / 360 * world, y * world


def in_degrees(z: int, lon: float, lat: float) -> tuple[float, float]:
    world = TILE * 2**z
    return (lon + 180) / 360 * world, (90 - lat) / 360 * world


def around(z: int, lon: float, lat: float, reach: int = 2) -> list[Where]:
    """The tiles about a place in the usual grid."""
    x, y = (int(p // TILE) for p in in_mercator(z, lon, lat))
    span = range(-reach, reach + 1)
    return [(z, x + across, y + down) for across in span for down in span]


def tile(
    where: Where,
    marked: Point,
    datum: Datum = Datum.WGS84,
    project: Callable[[int, float, float], tuple[float, float]] = in_mercator,
) -> bytes:
    """One picture of a map in `datum` and grid: the square where that map has `marked`."""
    z, column, row = where
    x, y = project(z, *from_wgs84(datum, marked.lon, marked.lat))
    x, y = x - column * TILE, y - row * TILE
    drawn = Image.new("RGB", (TILE, TILE), GROUND)
    box = (round(x - HALF), round(y - HALF), round(x + HALF) - 1, round(y + HALF) - 1)
    ImageDraw.Draw(drawn).rectangle(box, fill=RED)
    told = io.BytesIO()
    drawn.save(told, "PNG")
    return told.getvalue()


def pmtiles(path: Path, tiles: Iterable[tuple[Where, bytes]], vector: bool = False) -> Path:
    kept = sorted(tiles, key=lambda one: zxy_to_tileid(*one[0]))
    with path.open("wb") as file:
        writer = Writer(file)
        for where, body in kept:
            writer.write_tile(zxy_to_tileid(*where), body)
        levels = [where[0] for where, _ in kept]
        header = {
            "tile_type": TileType.MVT if vector else TileType.PNG,
            "tile_compression": Compression.GZIP if vector else Compression.NONE,
            "min_lon_e7": int(118e7),
            "min_lat_e7": int(33.6e7),
            "max_lon_e7": int(120.6e7),
            "max_lat_e7": int(35.6e7),
            "min_zoom": min(levels),
            "max_zoom": max(levels),
            "center_zoom": min(levels),
            "center_lon_e7": int(119.2e7),
            "center_lat_e7": int(34.6e7),
        }
        writer.finalize(header, {})
    return path


def mbtiles(path: Path, tiles: Iterable[tuple[Where, bytes]]) -> Path:
    cx = sqlite3.connect(path)
    cx.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
    cx.execute("CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)")
    cx.executemany(
        "INSERT INTO metadata VALUES (?, ?)",
        [("format", "png"), ("bounds", "118.0,33.6,120.6,35.6")],
    )
    rows = [(z, x, 2**z - 1 - y, body) for (z, x, y), body in tiles]
    cx.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    cx.commit()
    cx.close()
    return path
