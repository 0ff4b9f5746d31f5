"""The virtual environment: what the pinned files ask for, installed once.

    python3 set_up.py app      what `make run` needs
    python3 set_up.py tools    and what `make check test bench` need

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
BIN = ROOT / ".venv" / "bin"
OLDEST = (3, 11)
BEGAN = time.monotonic()
# Each stamp in .venv says: exactly these files were installed, by this Python.
STAMPS = {
    "app": ("requirements.txt",),
    "tools": ("requirements.txt", "requirements-dev.txt"),
}


class Trouble(Exception):  # noqa: N818
    """What is wrong and how to mend it, in one line for the screen."""


def say(text: str) -> None:
    print(f"[{time.monotonic() - BEGAN:5.1f} 秒] {text}", flush=True)


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "没有输出"


def check_python() -> None:
    if sys.version_info < OLDEST:
        have = ".".join(str(n) for n in sys.version_info[:3])
        raise Trouble(
            f"需要 Python ≥ 3.11，现在是 {have}（{sys.executable}）；"
            "请安装 python3.11 后运行 make run PYTHON=python3.11"
        )


def set_up(stamp: str) -> None:
    """Install what the files of `stamp` pin, unless exactly that was installed before."""
    requirement_files = STAMPS[stamp]
    digest = hashlib.sha256(sys.version.encode())
    for name in requirement_files:
        digest.update((ROOT / name).read_bytes())
    done = ROOT / ".venv" / stamp
    if done.is_file() and done.read_text() == digest.hexdigest():
        done.touch()
        return
    if not (BIN / "python").exists():
        make_venv()
    install(requirement_files[-1])
    done.write_text(digest.hexdigest())


def make_venv() -> None:
    say("建立虚拟环境 .venv")
    command = (sys.executable, "-m", "venv", str(ROOT / ".venv"))
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0 and "ensurepip" in made.stdout + made.stderr and os.geteuid() == 0:
        say("缺少 python3-venv，正在安装：apt-get install python3-venv")
        for words in (("update",), ("install", "-y", "--no-install-recommends", "python3-venv")):
            subprocess.run(("apt-get", *words), capture_output=True, check=False)
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(ROOT / ".venv", ignore_errors=True)
        why = last_line(made.stdout + made.stderr)
        raise Trouble(f"不能建立虚拟环境（{why}）；请运行 sudo apt-get install python3-venv")


def install(requirements: str) -> None:
    # Modules are compiled when they are first used: a third of the time, and most never are.
    options = ["--disable-pip-version-check", "--no-compile"]
    command = [str(BIN / "python"), "-m", "pip", "install", *options]
    # A site without internet brings the wheels along: docs/runbook.md.
    if (ROOT / "wheels").is_dir():
        command += ["--no-index", "--find-links", str(ROOT / "wheels")]
    command += ["-r", str(ROOT / requirements)]
    say(f"安装 {requirements} 中的依赖")
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    told = ""
    with pip:
        for line in pip.stdout or ():
            told = line.strip() if "ERROR" in line or not told.startswith("ERROR") else told
            if sys.stdout.isatty():
                print(f"\r\033[K  {line.strip()[:76]}", end="", flush=True)
    if sys.stdout.isatty():
        print("\r\033[K", end="")
    if pip.returncode != 0:
        raise Trouble(f"依赖安装失败：{told}；请检查网络或 pip 源，或把安装包放进 wheels/ 目录")


def main() -> int:
    try:
        check_python()
        for stamp in sys.argv[1:] or ["app"]:
            set_up(stamp)
    except Trouble as trouble:
        print(f"安装失败：{trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
