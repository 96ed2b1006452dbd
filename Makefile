# Every target sets itself up: a fresh machine needs python3 (3.11 or newer), venv and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-for
ARGS ?=

.PHONY: help demo test check format lock bench faults faults-random clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# The stamp holds what the environment was installed for: a changed lock or project file installs anew.
# All of its output goes to standard error, so that `make -s demo ARGS=--json` prints JSON and nothing else.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Headroom needs Python 3.11 or newer")'
	@echo "setting up $(VENV) (once; a minute or two)" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) >&2
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock >&2
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . >&2
	@touch $(STAMP)

demo: $(STAMP)  ## a sample company, stand-in servers, every job: ARGS="--once --json"
	@$(BIN)/headroom demo $(ARGS)

test: $(STAMP)  ## the whole test suite
	$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),-n 2 --dist worksteal)

check: $(STAMP)  ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)  ## mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)  ## what the figures in docs/benchmarks.md come from, at moderate size
	$(BIN)/python benchmarks/analyse.py --rows 2000000 --grow
	$(BIN)/python benchmarks/pull.py --rows 200000
	$(BIN)/python benchmarks/judge.py --accounts 50000 --rules 30
	$(BIN)/python benchmarks/trend.py
	$(BIN)/python benchmarks/forecast.py
	$(BIN)/python benchmarks/measure.py
	$(BIN)/python benchmarks/drain.py --notices 2000
	$(BIN)/python benchmarks/extract.py --rows 50000
	$(BIN)/python benchmarks/slack.py --accounts 20000 --seconds 20

N ?= 200

faults: $(STAMP)  ## 440 cells of faults, runs beside them, the baseline; writes its table into docs/reliability.md
	$(BIN)/python -m tests.faults --cells all --n 30 --baseline $(if $(JOBS),--jobs $(JOBS)) --write docs/reliability.md

faults-random: $(STAMP)  ## N=200 nights with faults drawn by a seed
	$(BIN)/python -m tests.faults --cells random --n $(N) $(if $(JOBS),--jobs $(JOBS)) $(ARGS)

# The warehouses' own drivers are large, and nobody needs all of them.
LOCKED := http sandbox postgres charts dev
UPGRADE ?= --upgrade

lock: $(STAMP)  ## pin every dependency anew, with hashes
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --quiet $(UPGRADE) \
	    $(addprefix --extra ,$(LOCKED)) --custom-compile-command "make lock" pyproject.toml -o requirements.lock

clean:  ## forget the environment and what the demo left
	rm -rf $(VENV) data build dist .mypy_cache .ruff_cache .pytest_cache
