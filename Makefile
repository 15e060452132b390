# `make run` and `make test` need a Debian machine with Python 3.11 or newer, and install
# the rest themselves. `make help` lists the targets.
PLATE ?=
PORT ?= 5006
VENV ?= .venv
PYTHON ?=
ARGS ?=

BIN := $(VENV)/bin
DEMO := demo/demo.ome.zarr
PYTEST := $(BIN)/python -m pytest
# Two workers; worksteal keeps the tests of a file together, and so their fixtures.
TWO := -n 2 --dist worksteal
SUMMARY := artifacts/tests.txt
# Tests start some hundred Pythons: where nothing compiled is kept, each compiles all that it loads.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-full both test-library lint lint-types lint-style lint-scripts \
        format bench docs bundle lock install install-test chromium notebook test-witness

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

run: install ## serve the demo plate, or PLATE=path (a plate or a folder of plates)
ifeq ($(strip $(PLATE)),)
	@test -f demo/.made || { rm -rf demo && mkdir demo && $(BIN)/hcs demo $(DEMO) && touch demo/.made; }
	$(BIN)/hcs-dashboard serve "$(DEMO)" --port $(PORT) $(ARGS)
else
	$(BIN)/hcs-dashboard serve "$(PLATE)" --port $(PORT) $(ARGS)
endif

# The browser's tests run after the others, and also where those failed. What both came to
# is said at the end.
test: PARTS := not full and not browser
test: PAGES := not full
test: both ## unit, integration and browser tests

test-full: PARTS := not browser
test-full: PAGES :=
# What people have: windows, with questions and menus of their own.
test-full: export CHROMIUM ?= chromium
test-full: notebook both ## the same, with long counts and slow checks

both: install-test chromium
	@mkdir -p $(dir $(SUMMARY)); rm -f $(SUMMARY); export HCS_TESTS_SUMMARY=$(SUMMARY); \
	$(PYTEST) $(TWO) -m "$(PARTS)" $(ARGS); parts=$$?; \
	$(PYTEST) tests/browser $(TWO) -m "$(PAGES)" $(ARGS); pages=$$?; \
	echo; cat $(SUMMARY); exit $$((parts || pages))

# JupyterLab is for one test, and large.
notebook:
	@scripts/venv .venv-notebook requirements/notebook.lock $(PYTHON)

# Another environment must not disturb .venv: make test-library VENV=.venv-3.13 PYTHON=...
test-library: install-test ## the tests that need neither the page nor a browser
	$(PYTEST) hcs $$(grep -LE '^ *(from|import) (dashboard|panel|bokeh|playwright)' \
	    tests/unit/test_*.py tests/integration/test_*.py tests/faults/test_*.py) \
	    $(TWO) -m "not full and not browser" $(ARGS)

test-witness: ## tables of who reads our plates, and we whose (needs Python 3.13)
	@newer=$$(scripts/find-python 3.13); \
	if [ -z "$$newer" ]; then \
	    echo "No usable Python 3.13 on this machine: no witness was heard."; \
	else \
	    scripts/venv .venv-witness requirements/witness.lock "$$newer" && \
	    .venv-witness/bin/python -m tests.witness; \
	fi

# Two at a time; all are run, and what one says stays together.
lint: install-test ## style, types and import directions, of Python and of the scripts
	@$(MAKE) --no-print-directory -j 2 -k --output-sync=target lint-types lint-style lint-scripts

lint-types:
	$(BIN)/mypy

lint-style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

lint-scripts:
	scripts/node $(VENV) tsc
	scripts/node $(VENV) eslint assets tests/js eslint.config.js

format: install-test ## let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-test ## ratios against the other tools, and against our own budgets
	@for file in tests/benchmarks/bench_*.py; do \
	    echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

docs: install-test ## run every block of the documents, then make the site in build/docs
	$(PYTEST) tests/unit/test_docs.py -q
	$(BIN)/sphinx-build -W --keep-going -q docs build/docs
	@echo "Open build/docs/index.html"

bundle: install ## a folder that installs without a network, tried without one
	scripts/bundle $(VENV) bundle
	scripts/try-bundle bundle

lock: ## resolve requirements/*.lock anew (needs uv)
	scripts/lock --upgrade

install:
	@scripts/venv $(VENV) requirements/run.lock $(PYTHON)

install-test:
	@scripts/venv $(VENV) requirements/test.lock $(PYTHON)

chromium:
	@scripts/chromium >/dev/null
