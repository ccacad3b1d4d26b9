# Two commands are all a newcomer needs:
#   make run    opens Segue in the browser (and composes a demo crate if there is no music yet)
#   make test   runs the tests
# Both need only Python 3.11-3.13 and make: uv is taken from the PATH, else fetched into .uv/.

.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first Python that fits; a `PYTHON=` on the command line wins.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& { command -v "$$p"; break; }; done)
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
STAMP := .venv/.synced

.PHONY: help run test decks decks-check lint types imports bench clean

help:
	@echo "make run     open Segue in the browser"
	@echo "make test    run the tests"
	@echo "make lint types imports decks-check bench    what .ci/run checks besides"

run: $(STAMP)
	-@$(UV) run --no-sync python -m app.decks.build
	@$(UV) run --no-sync segue app

test: $(STAMP) decks
	@$(UV) run --no-sync pytest -n auto --dist loadgroup -m "not browser or smoke"

# the live decks' scripts: made when a source of theirs changed, else at once
decks: $(STAMP)
	@$(UV) run --no-sync python -m app.decks.build

decks-check: $(STAMP)
	@$(UV) run --no-sync python -m app.decks.check

lint: $(STAMP)
	@$(UV) run --no-sync ruff check .
	@$(UV) run --no-sync ruff format --check .

types: $(STAMP)
	@$(UV) run --no-sync mypy

imports: $(STAMP)
	@$(UV) run --no-sync lint-imports

# BENCHMARKS="app decks" runs these alone
BENCHMARKS ?= $(basename $(notdir $(wildcard benchmarks/*.py)))
bench: $(STAMP)
	@for b in $(BENCHMARKS:%=benchmarks/%.py); do echo "== $$b"; $(UV) run --no-sync python "$$b" --quick || exit 1; done

$(STAMP): pyproject.toml uv.lock | python $(UV)
	@UV_PYTHON="$(PYTHON)" $(UV) sync --frozen --quiet --compile-bytecode
	@touch $@

.PHONY: python
python:
	@test -n "$(PYTHON)" || { \
		echo "Segue needs Python 3.11, 3.12 or 3.13, and none was found on the PATH." \
		"Install one (python.org or your package manager) and try again."; exit 1; }

.uv/bin/uv: | python
	@echo "Fetching uv into .uv/ ..."
	@"$(PYTHON)" -m venv .uv 2>/dev/null || { rm -rf .uv; \
		echo "Python's venv module is missing: install it (on Debian or Ubuntu:" \
		"apt install python3-venv) and try again."; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"

clean:
	rm -rf .venv .uv .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		app/decks/frontend/node_modules app/decks/frontend/build
