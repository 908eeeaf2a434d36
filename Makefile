# Two commands: `make demo` runs a newsroom, `make test` runs the tests. Both set up what they need.

# The one that is fast here; looked for only where an environment is made.
PYTHON ?= $(shell sh requirements/python.sh)
VENV ?= .venv
BIN := $(VENV)/bin
CHECKERS := tests/checkers
# Two processes more than processors: newsrooms that start or come to rest are waited for, and others work meanwhile.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
# --dist=load keeps the order: whole newsrooms come first, and tests that empty the database after those that use it. In
# pieces of 32, the tests that share a newsroom go to one process and little else does.
PYTEST := $(BIN)/pytest -q -n $(JOBS) --maxprocesses=4 --dist=load --maxschedchunk=32
PIP := $(BIN)/python -m pip --disable-pip-version-check
COMPILE := pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-options \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

# Newsrooms start Python often, and the tests all the more: let it keep what it has compiled.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-fast test-deep check-pages bench bench-press bench-search bench-rush bench-wire bench-peers bench-scale lint format pins clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# exec: Ctrl-C and kill reach the newsroom itself.
demo: $(VENV)/.runtime ## Run a newsroom with demonstration copy on 127.0.0.1:8000 (PORT=, STANDFIRST_HOME=)
	@exec $(BIN)/standfirst demo

test: $(VENV)/.dev ## Run the tests on SQLite, then those that depend on a database on PostgreSQL
	$(PYTEST)
	$(PYTEST) --db=postgresql

test-fast: $(VENV)/.dev ## Run the tests on SQLite, stop at the first failure
	$(PYTEST) -x

test-deep: $(VENV)/.dev ## Run the long tests too: thousands of histories (tens of minutes)
	$(PYTEST) -m ""
	$(PYTEST) -m "" --db=postgresql

check-pages: $(VENV)/.dev $(VENV)/.checkers $(CHECKERS)/node_modules/.installed ## Have checkers of others look at every kind of page and all that machines read (needs Node, Java, Ruby)
	$(BIN)/pytest -q -m checkers tests/test_outside_checkers.py tests/test_machines_outside.py tests/test_photographs.py

# A bench whose peer is not installed says so, and ends with 77.
PEER := || [ $$? -eq 77 ]

bench: bench-press bench-search bench-rush bench-wire bench-peers ## Run all benchmarks, and put them into docs/benchmarks.md (an hour or two)

bench-press: $(VENV)/.dev ## Time a full bake and one publish with 1,000 and 10,000 stories, on both databases
	$(BIN)/python -m bench.publish
	$(BIN)/python -m bench.publish --postgresql

bench-search: $(VENV)/.dev ## Time the readers' search with 1,000 and 10,000 stories, on both databases (10 minutes)
	$(BIN)/python -m bench.search
	$(BIN)/python -m bench.search --postgresql

bench-rush: $(VENV)/.dev ## Publish and kill stories while 64 readers ask as fast as they can (8 minutes)
	$(BIN)/python -m bench.surge

bench-scale: $(VENV)/.dev ## What 100,000 stories cost, and whether the laws hold there (three hours, 20 GB)
	$(BIN)/python -m bench.publish --bakes 5 100000
	$(BIN)/python -m bench.hubs --moves 1
	$(BIN)/python -m bench.laws --stories 100000 --changes 11700 --proofs 20
	$(BIN)/python -m bench.report

bench-wire: $(VENV)/.dev ## Time the intake of agency copy, and a backlog of 5,000 items
	$(BIN)/python -m bench.wire

bench-peers: $(VENV)/.dev ## Compare with nginx, Wagtail, WordPress and Hugo, as far as they are installed (40 minutes)
	$(BIN)/python -m bench.reader $(PEER)
	$(BIN)/python -m bench.wordpress $(PEER)
	$(BIN)/python -m bench.hugo $(PEER)
	$(BIN)/python -m bench.phone $(PEER)
	$(BIN)/python -m bench.report

lint: export STANDFIRST_SECRET_KEY = only-to-look-at-the-settings
lint: $(VENV)/.dev ## Check style, types and the walls between departments
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Put the code into the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# What is pinned must install on the oldest Python that we promise, so that one chooses: Debian 12 has 3.11.2.
pins: ## Renew the pinned requirements from pyproject.toml (PYTHON= must be 3.11.0 to 3.11.2)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:3] <= (3, 11, 2))' || { \
	  echo "Pins are made with the oldest Python that they must work on. Name it: make pins PYTHON=/path/to/python3.11.2"; \
	  exit 1; }
	@$(PYTHON) -m venv build/pins && build/pins/bin/pip install --quiet pip-tools
	build/pins/bin/$(COMPILE) --upgrade --build-deps-for editable --output-file=requirements/runtime.txt pyproject.toml
	build/pins/bin/$(COMPILE) --upgrade --build-deps-for editable --extra dev -c requirements/runtime.txt --output-file=requirements/dev.txt pyproject.toml
	build/pins/bin/$(COMPILE) --upgrade -c requirements/dev.txt --output-file=requirements/dev-binaries.txt requirements/dev-binaries.in
	build/pins/bin/$(COMPILE) --upgrade -c requirements/dev.txt --output-file=requirements/checkers.txt requirements/checkers.in
	@if grep -nE '://|^-' requirements/*.txt; then echo "A pinned requirement names a host or an option."; exit 1; fi

clean: ## Remove the environment and caches; newsrooms are left alone
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made again where it is not of this checkout any more: moved, copied, or its Python gone.
ifneq ($(wildcard $(VENV)/.runtime),)
ifneq ($(shell $(BIN)/python -c 'import standfirst; print(standfirst.__path__[0])' 2>/dev/null),$(CURDIR)/src/standfirst)
$(VENV)/.runtime: .remake
.PHONY: .remake
endif
endif

$(VENV)/.runtime: requirements/runtime.txt
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Standfirst needs Python 3.11 or newer, and there is no '$(PYTHON)' here. Install one, or name it: make PYTHON=/path/to/python3"; \
	  exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Standfirst needs Python 3.11 or newer; '$(PYTHON)' is `$(PYTHON) -V`. Name a newer one: make PYTHON=python3.12"; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make environments: its 'venv' part is missing. On Debian and Ubuntu: apt install python3-venv"; \
	  exit 1; }
	@echo "Setting up $(VENV) with `$(PYTHON) -c 'import sys; print(sys.executable)'` (once; a minute or two)."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --quiet --require-hashes -r requirements/runtime.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --no-index -e .
	@touch $@

# By lock file, with hashes; no script of a package is run.
$(CHECKERS)/node_modules/.installed: $(CHECKERS)/package-lock.json
	@command -v npm >/dev/null || { \
	  echo "The checkers of pages need Node and npm. On Debian and Ubuntu: apt install nodejs npm default-jre-headless ruby"; exit 1; }
	@echo "Adding the checkers of pages to $(CHECKERS)."
	@cd $(CHECKERS) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/.checkers: requirements/checkers.txt $(VENV)/.dev
	@echo "Adding the checker of sitemaps to $(VENV)."
	@$(PIP) install --quiet --require-hashes -r requirements/checkers.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/dev-binaries.txt $(VENV)/.runtime
	@echo "Adding what the tests need to $(VENV)."
	@$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	@$(PIP) install --quiet --require-hashes -r requirements/dev-binaries.txt || \
	  echo "PostgreSQL's binaries or the browser's driver could not be installed; the tests that need them will be skipped."
	@touch $@
