# make lab     install what is needed and open the labs in JupyterLab
# make check   what can be checked in two minutes
# make test    install what is needed and run every test
# The other targets are listed by `make help`. Another Python than python3: PYTHON=python3.12 make setup
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
COLAB := .venv-colab/bin
VERSION := -c 'import sys; print("%d.%d" % sys.version_info[:2])'

.PHONY: help setup pack lab check test test-colab bench bench-long stamp publish docs picture pin clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 13

setup: .venv/.installed ## make .venv and install the project into it, at the pinned versions
ifneq ($(origin PYTHON),file)
	@test "$$($(PYTHON) $(VERSION))" = "$$($(BIN)/python $(VERSION))" \
	  || { echo ".venv was made with Python $$($(BIN)/python $(VERSION)): make clean, then again" >&2; exit 1; }
endif

.venv/.installed: pyproject.toml .ci/constraints.txt
	@$(PYTHON) .ci/install.py .venv -c .ci/constraints.txt -e '.[lab,test]'
	@touch $@

pack: setup
	@$(BIN)/python -m nblib pull --labs

lab: pack ## open the labs in JupyterLab (no display: prints the address)
	@$(BIN)/python -m nblib lab

# A lab or a file of tests at a time on each core, with one thread each (tests/parts.py): they leave a core idle half of
# the time. Labs come first, since one takes as long as many files. The tests in a browser wait for what a person would
# wait for, and come when the rest is over.
PARALLEL := -m pytest -n logical --maxprocesses 4 --no-loadscope-reorder --durations=10
UNIT := $(filter-out tests/notebooks tests/browser tests/colab tests/bench,$(patsubst %/,%,$(wildcard tests/*/)))
PANELS := tests/notebooks tests/ui tests/labs
APART := OMP_NUM_THREADS=1 $(BIN)/python $(PARALLEL)
LINT := $(BIN)/ruff check . && $(BIN)/ruff format --check .
TYPES := { $(BIN)/basedpyright --level error && $(BIN)/python .ci/tsc.py -p tests/js; }

# The checker of types has a core to itself as long as the tests leave one.
check: setup ## ruff, types of Python and JavaScript, unit tests without training: two minutes
	@$(LINT)
	@$(TYPES) & types=$$!; tests=0; $(APART) -m "not slow" $(UNIT) || tests=$$?; wait $$types && exit $$tests

test: pack ## every test: check, the rest of the unit tests, labs, browser
	@$(LINT)
	@$(TYPES)
	@if $(BIN)/python -m tests.browser.chromium; then \
	  $(APART) tests/notebooks $(UNIT) && $(APART) tests/browser; \
	elif [ "$${CI:-}" = true ]; then exit 1; \
	else \
	  $(APART) tests/notebooks $(UNIT) && echo "The tests in a browser were not run: no Chromium, see above."; \
	fi

# Colab's versions beside the first environment's heavy packages.
.venv-colab/.installed: .ci/colab.py .ci/colab.txt .venv/.installed
	@$(BIN)/python .ci/colab.py
	@touch $@

test-colab: pack .venv-colab/.installed ## panels' tests, labs 00 and 09, first panels at Colab's versions
	@$(COLAB)/python .ci/colab.py --versions
	@OMP_NUM_THREADS=1 $(COLAB)/python $(PARALLEL) --whole-labs 00,09 $(PANELS)
	@OMP_NUM_THREADS=1 $(COLAB)/python -m pytest tests/colab

bench: pack ## the figures of docs/figures.md that take at most 10 minutes
	@$(BIN)/python -m tests.bench

bench-long: pack ## the rest of the figures
	@$(BIN)/python -m tests.bench --long

stamp: setup ## bring setup cells, badges and the README's table of labs up to date
	@$(BIN)/python -m nblib.cli.publish

publish: setup ## stamp badges and setup cells: make publish REPO=owner/name REF=v0.1.0
	@$(BIN)/python -m nblib.cli.publish --repo="$${REPO-}" --ref="$${REF-}"

docs: setup ## build docs/ and the API reference into site/; warnings are errors
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet && echo "site/index.html"

picture: pack ## make the README's picture from a real browser
	@$(BIN)/python -m tests.browser.shoot assets/panel.py --selector .nblib-panel --scale 1.5 \
	  --click Start --wait-for 'finished at step' --out assets/lab-09.png

pin: setup ## write the installed versions into .ci/constraints.txt, after the tests have passed on them
	@$(BIN)/python .ci/freeze.py

clean: ## remove the environments and what tools left; runs/ stays
	rm -rf .venv .venv-colab build dist site *.egg-info .pytest_cache .ruff_cache
	find nblib tests labs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
