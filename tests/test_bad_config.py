"""A folder of broken sources.toml files: the start stops, with the exact words beside each file."""

from pathlib import Path

import pytest

from linkage.errors import BadConfig
from linkage.sources import load_sources

FOLDER = Path(__file__).parent / "bad_config"
CASES = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_a_broken_file_says_where_it_is_wrong_and_what_would_be_right(path: Path) -> None:
    expected = path.with_suffix(".txt").read_text(encoding="utf-8").strip()
    with pytest.raises(BadConfig) as refused:
        load_sources(path, agencies=("110", "gas"))
    assert str(refused.value) == expected


def test_every_refusal_names_file_entry_wrong_and_remedy() -> None:
    for path in CASES:
        with pytest.raises(BadConfig) as refused:
            load_sources(path, agencies=("110", "gas"))
        why = refused.value
        assert why.file == path.name
        assert all((why.entry, why.wrong, why.remedy)), path.name


def test_the_folder_is_worth_the_name() -> None:
    assert len(CASES) >= 15


def test_a_missing_file_says_where_it_should_be(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"sources\.toml: 文件"):
        load_sources(tmp_path / "sources.toml")


def test_a_mark_that_an_editor_put_before_the_text_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_bytes(b"\xef\xbb\xbf" + (FOLDER.parents[1] / "sources.toml").read_bytes())
    assert len(load_sources(file)) == 19
