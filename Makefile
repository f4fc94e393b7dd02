# The few verbs of this repository. Each makes its own virtual environment in .venv when there is none, and needs
# nothing but make, PyPI and Python 3.11 or newer, as root or not. Choose the Python with `make PYTHON=python3.13 test`.

MINIMUM := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c '$(MINIMUM)' 2>/dev/null && echo $$p && break; done)
UV ?= uv

BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench fuzz docs constraints clean

help:  ## Show these verbs.
	@grep -hE '^[a-z]+: .*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

install: $(INSTALLED)  ## Make .venv and install the package in it, with everything that development needs.

# Dependency groups came with pip 25.1, which is newer than the pip of Python 3.11 and 3.12.
$(INSTALLED): pyproject.toml constraints/dev.txt
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or newer was found; name one with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c '$(MINIMUM)' || { echo "make: $(PYTHON) is older than Python 3.11" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet -c constraints/dev.txt -e . --group dev
	@touch $@

demo: install  ## Run both workstreams to the end against a simulated Clay.
	$(BIN)/enrichcore demo

test: install  ## Run all tests, in a process for each processor; give pytest more with ARGS="-k sandbox".
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

check: install  ## Lint, formatting, types, and which package may import which.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install  ## Run the benchmarks one after the other; make them small with ARGS=--quick, or name one: ARGS=drain.
	$(BIN)/python benchmarks/all.py $(ARGS)

FUZZ_S ?= 60
fuzz: install  ## Fuzz the file reader and the extractors for a minute each; longer with FUZZ_S=600. Linux only.
	$(BIN)/python -m pip install --quiet --group fuzz
	$(BIN)/python tests/fuzz/fuzz_files.py -max_total_time=$(FUZZ_S) -artifact_prefix=.fuzz/ .fuzz/files
	$(BIN)/python tests/fuzz/fuzz_answers.py -max_total_time=$(FUZZ_S) -artifact_prefix=.fuzz/ .fuzz/answers

docs: install  ## Write the generated pages of docs/ anew.
	$(BIN)/python docs/generate.py

constraints:  ## Resolve constraints/*.txt anew; needs uv.
	$(UV) pip compile --quiet --universal --no-emit-index-url --no-header --python-version 3.11 --upgrade \
		pyproject.toml -o constraints/runtime.txt
	$(UV) pip compile --quiet --universal --no-emit-index-url --no-header --python-version 3.11 --upgrade \
		-c constraints/runtime.txt pyproject.toml --group dev -o constraints/dev.txt

clean:  ## Remove .venv and all caches; data in .enrichcore stays.
	rm -rf .venv build dist .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .fuzz
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
