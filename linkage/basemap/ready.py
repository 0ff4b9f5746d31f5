"""For who installs: which base map and how many places there are, and what of them is away."""

from collections.abc import Collection
from pathlib import Path

from linkage.basemap.archives import VECTOR, NoArchive, open_archive
from linkage.basemap.layers import read_layers
from linkage.places.place_files import load_places, risk_sites
from linkage.settings import Settings


def base_map_in_words(settings: Settings, sources: Collection[str]) -> str:
    """Raises BadConfig. Keys are not shown."""
    layers = read_layers(settings).values()
    named = [
        f"{layer.name}（{layer.file or layer.shown_url}，{layer.datum.label}）" for layer in layers
    ]
    places = load_places(settings.tables, sources)
    grounds = "、".join(named) or "随系统提供的矢量底图"
    return f"底图：{grounds}；地名 {len(places)} 个，风险点位 {len(risk_sites(places))} 个"


def base_map_missing(settings: Settings) -> list[str]:
    """What a desk would miss. A tile server is not asked: it may come later."""
    missing = []
    for layer in read_layers(settings).values():
        for what, name in (("文件", layer.file), ("密钥文件", layer.key_file)):
            if name and not Path(name).is_file():
                missing.append(f'底图 "{layer.id}" 的{what} {name} 不在')
        if layer.file and Path(layer.file).is_file():
            try:
                archive = open_archive(Path(layer.file))
                if archive.about.vector:
                    missing.append(f'底图 "{layer.id}"：{VECTOR}')
                archive.close()
            except NoArchive as why:
                missing.append(f'底图 "{layer.id}"：{why}')
    return missing
