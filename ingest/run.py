"""`python -m ingest run`: the parts of one worker put together, or a crew of workers."""

import argparse
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ingest import deliver, exercise_player, indexing, keeping_time, reporting
from ingest.address import Address, read_address
from ingest.broker_config import refuse_forgetful
from ingest.broker_log import BrokerLog, DenialWatch
from ingest.certificates import CertificateWatch
from ingest.children import Child, Part, stop_in_order
from ingest.duty_chores import DutyChores
from ingest.errands import Errands
from ingest.housekeeping import Housekeeping, nobody
from ingest.lanes import lanes_of
from ingest.means import sender
from ingest.means.adapters import make_adapters
from ingest.mend import Workplace
from ingest.registry import Registry, read_registry, read_rules
from ingest.switchboard import Switchboard
from ingest.warning_chores import WarningChores
from ingest.worker import Worker
from ingest.workforce import Workforce
from linkage import schema
from linkage.clocks.rule_file import read_clocks
from linkage.durable import check_durable
from linkage.intake.intake_rules import IntakeRules
from linkage.intake.take_in import Intake
from linkage.intake.unlisted import strike_listed
from linkage.paper import keeping as board
from linkage.readings.history import Pruning
from linkage.record import Record
from linkage.response.receipts import note_undelivered
from linkage.settings import Settings

log = logging.getLogger("ingest")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers", type=int, default=1, help="本机接入进程数，分担全部通道（默认 1）"
    )
    parser.add_argument(
        "--standby", action="store_true", help="热备：没有其他接入进程在工作时才接管"
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Take in and deliver until SIGTERM or Ctrl-C; the batch in hand is finished first."""
    stopping = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stopping.set())
    if options.workers > 1:
        return _crew(settings, options, stopping)
    for why in refuse_forgetful(settings.broker_config):
        log.warning("消息服务器配置：%s", why)
    record = Record(settings.database_url)
    schema.check(record)
    check_durable(record)
    try:
        _work(settings, record, options.standby, stopping)
    finally:
        record.close()
    return 0


def _work(settings: Settings, record: Record, standby: bool, stopping: threading.Event) -> None:
    registry = read_registry(settings)
    address = read_address(settings)
    strike_listed(record, {i: source.kinds for i, source in registry.sources.items()})
    lanes = lanes_of(registry)
    switchboard = Switchboard(address, settings.ingest_id, settings.mqtt_version, lanes)
    workforce = Workforce(record, switchboard, lanes, settings.worker, standby)
    intake = Intake(record, read_rules(settings, registry), workforce.must_hold)
    registry.devices.put_in_use()
    in_use = [registry]

    def use(new: Registry, rules: IntakeRules) -> None:
        in_use[0] = new
        intake.use(rules)
        worker.use(new)
        switchboard.use(lanes_of(new))
        workforce.use(lanes_of(new))

    workplace = Workplace(record, intake, lambda: in_use[0], lambda: datetime.now(UTC))
    errands = Errands(workplace, settings, use)
    said = BrokerLog(Path(settings.broker_log)) if settings.broker_log else None
    watch = Housekeeping(
        record,
        intake,
        lambda: in_use[0],
        lambda: switchboard.reaches_broker,
        leads=lambda: workforce.leads,
        desks=settings.duty_desks,
        clients=said.look if said else nobody,
    )
    pruning = Pruning(record, lambda: intake.rules.telemetry.thresholds.history)
    certificates = CertificateWatch(record, address)
    warnings = WarningChores(record, settings.data, lambda: workforce.leads)
    chores = [errands.look, watch.chore, pruning.chore, certificates.look, warnings.look]
    if said:
        chores.append(DenialWatch(record, said).look)
    worker = Worker(switchboard, intake, record, registry, shift=workforce, chores=chores)
    office = _PostOffice(settings, record, address, lambda: in_use[0])
    workforce.on_delivery = office.open
    log.info("接入开始：%d 个接入系统，消息服务器 %s", len(registry.sources), address)
    try:
        worker.run(stopping.is_set)
    finally:
        workforce.goodbye()


class _PostOffice:
    """What one worker at a time does for all, each in a thread of its own: orders to the broker,
    notices by other means, exercises."""

    def __init__(
        self,
        settings: Settings,
        record: Record,
        address: Address,
        registry: Callable[[], Registry],
    ) -> None:
        self._settings, self._record, self._address = settings, record, address
        self._registry = registry
        # What a bad file has to say it says at the start, not when the first notice is due.
        self._adapters = make_adapters(settings, record, lambda: registry().agencies)
        self._rules = read_clocks(settings.tables, registry().agencies)
        self._begin = (
            self._deliver,
            self._send,
            self._exercise,
            self._report,
            self._keep_time,
            self._duty,
            self._board,
            self._index,
        )
        self._stopping = threading.Event()
        self._at_work: dict[Callable[[], threading.Thread], threading.Thread] = {}

    def open(self, ours: bool) -> None:
        """Called at every beat: what an error of ours has ended is begun again."""
        if not ours:
            self._close()
            return
        for begin in self._begin:
            before = self._at_work.get(begin)
            if before is not None and not before.is_alive():
                log.error("线程 %s 意外停止，重新开始", before.name)
            if before is None or not before.is_alive():
                self._at_work[begin] = begin()

    def _close(self) -> None:
        self._stopping.set()
        for thread in self._at_work.values():
            thread.join(timeout=deliver.CONFIRM_S * 2)
        self._stopping, self._at_work = threading.Event(), {}

    def _deliver(self) -> threading.Thread:
        of = self._settings
        delivery = deliver.Delivery(
            self._record, self._address, of.ingest_id, of.mqtt_version, self._note_missed
        )
        return deliver.start(delivery, self._stopping)

    def _note_missed(self, now: datetime) -> None:
        within = self._rules.receipt_within
        note_undelivered(self._record, now, within, self._registry().agencies)

    def _send(self) -> threading.Thread:
        sending = sender.Sender(self._record, self._adapters, lambda: self._registry().agencies)
        return sender.start(sending, self._stopping)

    def _report(self) -> threading.Thread:
        return reporting.start(self._settings, self._record, self._registry(), self._stopping)

    def _keep_time(self) -> threading.Thread:
        return keeping_time.start(self._record, self._rules, self._stopping)

    def _duty(self) -> threading.Thread:
        return DutyChores(self._record, self._rules, self._registry).start(self._stopping)

    def _board(self) -> threading.Thread:
        return board.start(board.BoardKeeper(self._settings, self._record), self._stopping)

    def _index(self) -> threading.Thread:
        return indexing.start(self._record, self._stopping)

    def _exercise(self) -> threading.Thread:
        return exercise_player.start(
            self._settings, self._record, lambda: self._registry().sources, self._stopping
        )


def _crew(settings: Settings, options: argparse.Namespace, stopping: threading.Event) -> int:
    """So many workers on this machine, each a process of its own, begun again when it dies."""
    command = (sys.executable, "-m", "ingest", "run", *(["--standby"] if options.standby else []))
    base = settings.worker or socket.gethostname()
    logs = Path(settings.data) / "run"
    logs.mkdir(parents=True, exist_ok=True)
    children = [
        Child(
            Part(f"ingest-{number}", command),
            {**os.environ, "LINKAGE_WORKER": f"{base}/{number}"},
            logs,
            log.info,
        )
        for number in range(1, options.workers + 1)
    ]
    for child in children:
        child.start()
    log.info("%d 个接入进程已启动，日志在 %s", len(children), logs)
    while not stopping.wait(0.2):
        for child in children:
            child.tend(time.monotonic())
    stop_in_order([children])
    return 0
