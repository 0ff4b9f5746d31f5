# `make` alone prints the verbs.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder
# A machine that forbids it has each of the suite's hundreds of processes compile all over again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test check bench faults ingest dashboard simulate migrate replay screenshots backup clean fresh

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: ## set up what is missing, start everything with the demo feed, print one URL; Ctrl-C stops it
	@$(PYTHON) start.py $(ARGS)

test: .venv/tools ## set up what the tests need (broker, PostgreSQL, browser), then the whole suite
	@$(PYTHON) tests/prepare.py
	@# A browser fills a processor by itself; the rest waits for parts half of its time.
	@failed=0; \
	$(PYTEST) -n 2 $(ARGS) tests/browser || failed=1; \
	$(PYTEST) -n 4 $(ARGS) tests --ignore tests/browser || failed=1; \
	exit $$failed

check: .venv/tools ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

faults: .venv/tools ## kill, freeze and starve every part, e.g. make faults ARGS="--strikes 200 --seed 7"
	$(BIN)/python -m tests.faults $(ARGS)

bench: .venv/tools ## the benchmarks, as ratios
	$(BIN)/python -m bench path $(ARGS)
	$(BIN)/python -m bench peers
	$(BIN)/python -m bench workers
	$(BIN)/python -m bench fairness
	$(BIN)/python -m bench decode
	$(BIN)/python -m bench screen
	$(BIN)/python -m bench desks
	$(BIN)/python -m bench watch
	$(BIN)/python -m bench outage
	$(BIN)/python -m bench replay
	$(BIN)/python -m bench storm --seconds 60
	$(BIN)/python -m bench correlation

ingest: .venv/app ## the intake by itself
	$(BIN)/python -m ingest run $(ARGS)

dashboard: .venv/app ## the screens by themselves
	$(BIN)/streamlit run streamlit_app.py $(ARGS)

simulate: .venv/app ## the demo feed by itself, e.g. make simulate ARGS="--speed 60"
	$(BIN)/python -m ingest simulate feed $(ARGS)

migrate: .venv/app ## bring the database to the newest version
	$(BIN)/python -m linkage migrate

replay: .venv/app ## send captured payloads again, e.g. make replay ARGS="tests/fixtures/110-cad/"
	$(BIN)/python -m ingest replay $(ARGS)

screenshots: .venv/tools ## docs/images/*.png from the running pages
	$(BIN)/python docs/screenshots.py $(ARGS)

backup: .venv/app ## a checked copy of the embedded record while it runs: make backup FILE=/path/copy.db
	@test -n "$(FILE)" || { echo "用法：make backup FILE=/备份盘/linkage.db"; exit 2; }
	$(BIN)/python -m linkage backup "$(FILE)"

clean: ## remove logs and caches; keeps the record and the virtual environment
	rm -rf data/run
	rm -rf .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

fresh: clean ## remove the embedded record too (data/linkage.db) and what the embedded broker holds
	rm -rf data/broker data/linkage.db data/linkage.db-shm data/linkage.db-wal

.venv/app: requirements.txt
	@$(PYTHON) set_up.py app

.venv/tools: requirements.txt requirements-dev.txt
	@$(PYTHON) set_up.py tools
