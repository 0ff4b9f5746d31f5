"""Against what others would build: a tutorial's script, and Node-RED where it is installed.

The same backlog for all, in one run. The peers keep the payload and nothing else; we keep it,
decode, correlate, write alert, incident and log, and answer with a receipt.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import node_red
from bench.path import Payload, backlog, databases, evening, forget, fresh, receive, timed
from tests.parts import Mosquitto, start_mosquitto

Contender = Callable[[str], dict[str, float]]  # client id → seconds and CPU seconds


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench peers", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    messages = evening(options.messages)
    with (
        databases() as urls,
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder)) as broker,
    ):
        contenders = _contenders(broker, urls, len(messages))
        _run(broker, contenders, messages, options.rounds)
    return 0


def _contenders(broker: Mosquitto, urls: dict[str, str], count: int) -> dict[str, Contender]:
    found: dict[str, Contender] = {
        "裸 paho 接收": lambda client: receive("bare", broker, client, count, "sqlite://")
    }
    home = node_red.folder()
    if home is None:
        print(f"没有 Node-RED，本轮不比；安装：{node_red.INSTALL}，再设 LINKAGE_NODE_RED=<文件夹>")
    for name, url in urls.items():

        def whole(client: str, url: str = url) -> dict[str, float]:
            fresh(url)
            return receive("whole", broker, client, count, url)

        def naive(client: str, url: str = url) -> dict[str, float]:
            fresh(url)
            return timed(("bench.naive", str(count)), broker, client, url)

        found[f"本系统全程 {name}"] = whole
        found[f"教程脚本 {name}"] = naive
        if home is not None:

            def flow(client: str, url: str = url, home: Path = home) -> dict[str, float]:
                return node_red.drain(home, broker, client, count, url)

            found[f"Node-RED {name}"] = flow
    return found


def _run(
    broker: Mosquitto, contenders: dict[str, Contender], messages: list[Payload], rounds: int
) -> None:
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    costs: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds):
        for number, (name, drain) in enumerate(contenders.items()):
            client_id = f"peer-{turn}-{number}"
            backlog(broker, client_id, messages)
            result = drain(client_id)
            forget(broker, client_id)
            rates[name].append(len(messages) / result["seconds"])
            costs[name].append(result["cpu"] / len(messages) * 1e6)
    bare = statistics.median(rates["裸 paho 接收"])
    print(f"\n排空 {len(messages)} 条积压，{rounds} 轮中位数")
    for name, values in rates.items():
        rate, cost = statistics.median(values), statistics.median(costs[name])
        print(f"  {name:<22}{rate:>9,.0f} 条/秒  {cost:>6.1f} µs CPU/条  {rate / bare:>6.1%}")
