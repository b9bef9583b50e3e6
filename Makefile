# Everything a newcomer or contributor runs; `make help` lists it. Each target works on a fresh
# clone: it creates .venv first where there is none. `make PYTHON=python3.12 …` picks the Python.
PYTHON ?=
export PYTHON

BIN := .venv/bin
# `make test ARGS="-k drift -x"` hands arguments on to the tool behind the target.
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test lint types format docs bench ci clean

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

install: ## Install Assay into .venv
	@scripts/install.sh

install-dev: ## Install Assay with all that tests and linters need
	@scripts/install.sh dev

demo: install ## Train a model on real mortgage data and put it before the gate
	@$(BIN)/python scripts/demo.py $(ARGS)

test: install-dev ## Run every test that this machine can run
	@$(BIN)/python -m tests.plugins.tools
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadscope $(ARGS)

lint: install-dev ## Ruff and the import contracts
	@status=0; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/ruff format --check . || status=1; \
	$(BIN)/lint-imports || status=1; \
	exit $$status

types: install-dev ## mypy, strict
	@$(BIN)/mypy

format: install-dev ## Rewrite the code in the project's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: install ## Write the reference pages that come from the code
	@$(BIN)/python scripts/reference.py $(ARGS)

bench: install-dev ## Run the benchmarks behind docs/performance.md
	@for script in benchmarks/bench_*.py; do echo "$$script"; $(BIN)/python "$$script" $(ARGS) || exit 1; done

ci: ## What continuous integration runs
	@.ci/run

clean: ## Remove what make made, .venv included
	@rm -rf .venv .assay .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	@rm -rf examples/mortgage/.assay examples/mortgage/models report.html examples/mortgage/report.html
	@rm -rf examples/drift/.assay examples/drift/models examples/drift/data
	@rm -rf examples/rag/.assay examples/rag/data
	@rm -f examples/mortgage/data/*.parquet
	@find src tests scripts examples -name __pycache__ -type d -prune -exec rm -rf {} +
