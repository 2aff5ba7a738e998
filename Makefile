# On a fresh machine with Python, git and make: `make demo` or `make test`. Each target first
# installs into .venv what it needs, once.
PYTHON ?= python3.11
VENV ?= .venv
# Processes that run the tests, each with one thread: more threads than cores slow torch down.
JOBS ?= 2
ARGS ?=
# What pip installs and within which bounds.
EXTRAS ?= mim,demo,docs,export,tests
CONSTRAINTS ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.dsrb_mm-installed
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help install browser demo test test-oldest bench lint format docs licences clean

help:  ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: $(STAMP)  ## Create .venv and install the package with all it needs (7 GB, minutes).

$(STAMP): setup.py $(wildcard requirements/*.txt)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -U pip
# The pin comes first because nothing may be built in isolation: MMEngine needs pkg_resources
# (gone in setuptools 82) in the environment itself, and some dependencies come as sources.
	$(BIN)/python -m pip install $(CONSTRAINTS) 'setuptools>=77.0.3,<82' wheel
	$(BIN)/python -m pip install --no-build-isolation $(CONSTRAINTS) -e '.[$(EXTRAS)]'
# MMEngine asks for opencv-python, which needs the system's libGL. On a machine without it the
# headless build takes the place of the same import package.
	$(BIN)/python -c 'import cv2' \
		|| $(BIN)/python -m pip install --force-reinstall --no-deps opencv-python-headless
	$(BIN)/python -c 'import cv2, dsrb_mm'
	touch $@

browser:  ## Install Chromium for the tests of pages (Debian, as root); without it they are skipped.
	command -v chromium && command -v chromedriver \
		|| { apt-get update && apt-get install -y --no-install-recommends chromium chromium-driver; }

demo: $(STAMP)  ## Train and compare on composed scenes, on the CPU, and show the results.
	$(BIN)/python -m demo $(ARGS)

test: $(STAMP)  ## Run the tests, e.g. `make test ARGS='-k neck'`.
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(JOBS) --dist loadscope $(ARGS)

test-oldest:  ## Run the tests with the oldest supported versions, in .venv-oldest (6 GB, minutes).
	$(MAKE) test VENV=.venv-oldest EXTRAS=mim,demo,tests CONSTRAINTS='-c requirements/oldest.txt' \
		ARGS='--ignore=tests/test_export $(ARGS)'

bench: $(STAMP)  ## Measure speed and memory, e.g. `make bench ARGS='--suites step'` (all: half an hour).
	$(BIN)/python -m tools.benchmarks $(ARGS)

lint: $(STAMP)  ## Check style, types and the order of layers.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)  ## Rewrite the sources in the project's style.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP)  ## Build the site of docs/ in site/, with warnings as errors.
	$(BIN)/sphinx-build -q -E -W --keep-going -b html docs site
	@echo 'site/index.html'

licences: $(STAMP)  ## Write docs/licences.md from what is installed.
	{ printf '# Licences of the dependencies\n\n'; \
	printf 'Written by `make licences` (pip-licenses) from what `make install` brought on Linux, tools of\n'; \
	printf 'development included. `requirements/runtime.txt` names what the package itself needs. Nothing of\n'; \
	printf 'it is redistributed with dsrb_mm.\n\n'; \
	$(BIN)/pip-licenses --format=markdown --ignore-packages dsrb_mm; } > docs/licences.md

clean:  ## Remove what builds, tests and linters left; .venv and work_dirs stay.
	rm -rf build dist site *.egg-info dsrb_mm/.mim .pytest_cache .mypy_cache .ruff_cache \
		.hypothesis .import_linter_cache
	rm -f $(STAMP)
