"""The parts that the tests need and pip cannot bring: found, installed by apt, or named.

    python3 tests/prepare.py

Standard library only. Exits with 1 and the command to type where something is missing.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from typing import NamedTuple


class Part(NamedTuple):
    """`programs`: any one of them, in PATH or in one of `folders`. `files`: or any of these."""

    name: str
    package: str
    programs: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


PARTS = (
    Part("mosquitto", "mosquitto", ("mosquitto",), ("/usr/sbin", "/usr/local/sbin")),
    Part("PostgreSQL", "postgresql", ("postgres",), ("/usr/lib/postgresql/*/bin",)),
    Part("Chromium", "chromium", ("chromium", "chromium-browser", "google-chrome"), ("/usr/bin",)),
    Part(
        "中文字体",
        "fonts-noto-cjk",
        files=("/usr/share/fonts/**/Noto*CJK*", "/usr/share/fonts/**/wqy*"),
    ),
)


def found(part: Part) -> bool:
    for program in part.programs:
        if shutil.which(program):
            return True
        if any(glob.glob(f"{folder}/{program}") for folder in part.folders):  # noqa: PTH207
            return True
    return any(glob.glob(pattern, recursive=True) for pattern in part.files)  # noqa: PTH207


def missing() -> list[Part]:
    return [part for part in PARTS if not found(part)]


def install(parts: list[Part]) -> None:
    """By apt where we may; what is still missing afterwards is the caller's to say."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return
    packages = [part.package for part in parts]
    print("正在安装：apt-get install " + " ".join(packages), flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (("update",), ("install", "-y", "--no-install-recommends", *packages)):
        done = subprocess.run((apt, *words), env=quiet, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"apt-get {words[0]} 失败：{(done.stderr or done.stdout).strip()[-400:]}")


def main() -> int:
    lacking = missing()
    if lacking:
        install(lacking)
        lacking = missing()
    if lacking:
        packages = " ".join(part.package for part in lacking)
        names = "、".join(part.name for part in lacking)
        print(f"测试缺少：{names}；请运行 sudo apt-get install {packages}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
