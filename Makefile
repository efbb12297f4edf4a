# make demo   set up, compile the examples to every target, run one for real on each
# make test   set up, lint, type-check, and run the tests, those in the real orchestrators included
# make fast   the tests that need no orchestrator and no more than a few seconds each
# make conformance N=200 [SEED=1] [TARGETS="prefect dagster"]
#             random pipelines on the real orchestrators, against the semantics
# make firetimes N=20000 [SEED=1]
#             random schedules: the model of each scheduler against its own classes
# make users  ten pipelines on orchestrators as users start them: scheduler, worker, daemon
# make bench  the benchmarks, as CPU-time ratios

SHELL := bash
.SHELLFLAGS := -eo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
# a uv that is there, else one of our own
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
BIN := .venv/bin
export PATH := $(CURDIR)/.uv/bin:$(PATH)
# what the tests start hundreds of times is to be compiled once
unexport PYTHONDONTWRITEBYTECODE
EXAMPLES := $(addprefix examples/,hello orders_daily groups_and_defaults fan_out churn_training ml_batch_scoring/score.yaml \
  warehouse_elt backfill_partitions)
TARGETS := -t airflow@3.3 -t airflow@2.11 -t prefect -t dagster

.PHONY: help demo test fast slow users conformance firetimes bench lint setup runtimes lock clean

help:
	@sed -n 's/^# make/make/p' Makefile

.uv/bin/uv:
	@$(PYTHON) -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv

$(BIN)/.synced: pyproject.toml uv.lock | $(filter .uv/%,$(UV))
	@echo "setting up .venv"
	@$(UV) sync --quiet --frozen --python 3.11
	@touch $@

setup: $(BIN)/.synced

runtimes: setup
	@$(BIN)/dagglot runtime make

demo: setup
	@printf '\n\033[1m$$ dagglot compile examples %s -o build/demo\033[0m\n' "$(TARGETS)"
	@$(BIN)/dagglot compile $(EXAMPLES) $(TARGETS) -o build/demo
	@cd examples/project && ../../$(BIN)/dagglot compile --env dev -o ../../build/demo/project
	@cd examples/asset_lineage && ../../$(BIN)/dagglot compile $(TARGETS) -o ../../build/demo/asset_lineage
	@printf '\n\033[1m$$ cat examples/hello/pipeline.yaml\033[0m\n'
	@cat examples/hello/pipeline.yaml
	@for target in airflow@3.3/dags/hello_dag prefect/flows/hello_flow dagster/defs/hello_job; do \
	  printf '\n\033[1m$$ cat build/demo/%s.py\033[0m\n' $$target; cat build/demo/$$target.py; done
	@for target in airflow prefect dagster; do \
	  printf '\n\033[1m$$ dagglot run examples/orders_daily -t %s\033[0m\n' $$target; \
	  $(BIN)/dagglot run examples/orders_daily -t $$target --trace build/demo/$$target.json; done
	@printf '\n\033[1mThe same pipeline on three orchestrators: the same task states?\033[0m\n'
	@$(BIN)/dagglot parity --traces build/demo/{airflow,prefect,dagster}.json

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache > .import_linter.log || { cat .import_linter.log; exit 1; }

fast: setup
	$(BIN)/pytest -m "not orchestrator and not users and not slow" -n 2 --dist loadgroup \
	  --ignore tests/orchestrators

slow: runtimes
	$(BIN)/pytest -m "orchestrator or slow" -n 4 --dist loadgroup

# ten fixed pipelines as users run them: schedulers, workers and daemons, a process for each task
users: runtimes
	$(BIN)/pytest -m users -n 2 --dist loadgroup

test: lint fast slow

# the seed is printed, and repeats a run
N ?= 200
conformance: runtimes
	@$(BIN)/python -m tests.conformance -n $(N) $(if $(SEED),--seed $(SEED)) \
	  $(if $(filter command,$(origin TARGETS)),--targets $(TARGETS))

firetimes: runtimes
	FIRETIMES=$(if $(filter command,$(origin N)),$(N),20000) FIRETIMES_SEED=$(or $(SEED),1) \
	  $(BIN)/pytest tests/firetimes/test_schedulers.py -n 2 --dist loadgroup

bench: setup
	$(BIN)/python -m tests.benchmarks

lock: | $(filter .uv/%,$(UV))
	$(UV) lock

clean:
	rm -rf .venv build dist .import_linter.log
