# The verbs of the project. `make help` lists them.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SUPERSET := orchestration/superset
SUPERSET_VENV := .venv-superset
SUPERSET_READY := $(SUPERSET_VENV)/.ready
PORT ?= 8088

# A mirror set up for pip serves uv too.
PIP_INDEX = $(shell $(BIN)/pip config get global.index-url 2>/dev/null)
export UV_DEFAULT_INDEX ?= $(PIP_INDEX)
ifeq ($(strip $(UV_DEFAULT_INDEX)),)
unexport UV_DEFAULT_INDEX
endif
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export DAGSTER_DISABLE_TELEMETRY := true
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-bi check format docs reference dev superset superset-export bench bench-dashboard lock clean

help: ## List the verbs
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 18

$(READY): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check "uv==0.13.9"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --requirement requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(READY)

demo: $(READY) ## Make up a company and find its personas
	@$(BIN)/persona demo

test: $(READY) ## Run the tests
	@$(BIN)/pytest --numprocesses 2 --dist loadscope

test-slow: $(READY) ## Run the tests that take minutes: kills, many seeds
	@$(BIN)/pytest -m slow

test-bi: $(READY) ## Run the tests with a real PostgreSQL and a real Superset
	@$(BIN)/pytest -m bi

check: $(READY) ## Everything a machine can judge without running the project
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/yamllint --strict .
	@$(BIN)/dbt --quiet parse --project-dir dbt_project --profiles-dir .
	@$(BIN)/python -m orchestration.lib.reference --check
	@$(BIN)/mkdocs build
	@$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests
	@$(BIN)/dbt-bouncer run

format: $(READY) ## Put Python and SQL into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/sqlfluff fix --quiet dbt_project/models dbt_project/tests

docs: $(READY) ## Build the pages into site/; open site/index.html
	@$(BIN)/mkdocs build

reference: $(READY) ## Write the pages that are made from ymls and commands
	@$(BIN)/dbt --quiet parse --project-dir dbt_project --profiles-dir .
	@$(BIN)/python -m orchestration.lib.reference

dev: $(READY) ## Open Dagster's UI on 127.0.0.1:3000
	@$(BIN)/persona dev

$(SUPERSET_READY): $(SUPERSET)/requirements.lock | $(READY)
	@test -x $(SUPERSET_VENV)/bin/python || $(PYTHON) -m venv $(SUPERSET_VENV)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(SUPERSET_VENV)/bin/python --require-hashes --requirement $(SUPERSET)/requirements.lock
	@touch $(SUPERSET_READY)

superset: $(READY) $(SUPERSET_READY) ## Open the personas in Apache Superset on 127.0.0.1:8088
	@$(BIN)/python -m orchestration.superset serve --port $(PORT)

superset-export: $(READY) $(SUPERSET_READY) ## Write what was changed in Superset into its bundle
	@$(BIN)/python -m orchestration.superset export

bench-dashboard: $(READY) ## Time the dashboard on a million customers
	@PYTHONPATH=tests $(BIN)/python -m tests.bench_dashboard

bench: $(READY) ## Time a million customers, stage by stage
	@$(BIN)/python -m tests.bench

lock: $(READY) ## Resolve the dependencies anew
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --quiet --constraint constraints.txt \
	  --output-file requirements.lock
	@$(BIN)/uv pip compile $(SUPERSET)/requirements.in --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --quiet --output-file $(SUPERSET)/requirements.lock

clean: ## Empty var/, landing files and key included, and all caches
	@rm -rf var/* site dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache
