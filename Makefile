# Two commands for a new user: `make demo` and `make test`. Both make their own environment in .venv.
PYTHON ?= python3.11
PYTHON := $(shell command -v $(PYTHON) 2>/dev/null || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test check-long lint clean

$(STAMP): setup.cfg constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check torch -c constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/forewarn demo

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2 -m 'not long and not gpu'

check-long: $(STAMP)
	$(BIN)/pytest -n 2 -m 'long'

clean:
	rm -rf .venv build *.egg-info
