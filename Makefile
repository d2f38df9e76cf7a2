# The words of this repository. `make help` lists them; a fresh machine needs Python 3.11, make, a C compiler and Node 20.

PYTHON ?= python3.11
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
NODE_CLIENTS := tests/wire/node

# The tests start many processes; each would compile the whole package again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check fmt bench docs lock clean

help: ## list these words
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: .venv/for-use ## install, live the whole journey once, leave the console up
	$(BIN)/lockhouse demo

test: check $(NODE_CLIENTS)/node_modules ## everything that must hold before a change goes in
	$(BIN)/pytest -n 2 --dist worksteal

check: .venv/for-work ## the checks that run nothing: format, lint, types, who imports whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: .venv/for-work ## bring the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/for-work ## measure: CPU for each request, and its ratio to the limit taken in the same run
	$(BIN)/python -m bench

docs: .venv/for-work ## write the generated pages of docs/ anew
	$(BIN)/python docs/generate.py

lock: .venv/bin/python ## choose newer libraries: write both lock files anew
	$(PIP) install uv
	$(BIN)/uv pip compile pyproject.toml --group dev $(LOCKED) -o requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml -c requirements-dev.lock $(LOCKED) -o requirements.lock

clean: ## remove what was made: environment, caches, built assets (never a store)
	rm -rf .venv build dist $(NODE_CLIENTS)/node_modules console-assets/node_modules src/lockhouse/console/static/dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Hashes without addresses: who installs decides from where, and still gets these very files.
LOCKED := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/for-use: pyproject.toml requirements.lock | .venv/bin/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --editable .
	touch $@

.venv/for-work: pyproject.toml requirements-dev.lock | .venv/bin/python
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --editable .
	touch $@ .venv/for-use

# The packages' own install scripts are not run: some start processes that outlive the install.
$(NODE_CLIENTS)/node_modules: $(NODE_CLIENTS)/package-lock.json
	cd $(NODE_CLIENTS) && npm ci --ignore-scripts --no-audit --no-fund
	touch $@
