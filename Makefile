# make demo   sets itself up and runs the sample jobs: what came, what went, what is held and how to repair it
# make test   sets itself up and runs the tests
# Needs python3 (3.11 or newer) with venv, and make; uses uv when it is there.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)
DEMO   ?= demo
BENCH  ?=

ifeq ($(UV),)
create  = $(PYTHON) -m venv $(VENV)
install = $(BIN)/python -m pip install --quiet --disable-pip-version-check
else
create  = UV_PYTHON_DOWNLOADS=never $(UV) venv --quiet --seed --allow-existing --python $(PYTHON) $(VENV)
install = $(UV) pip install --quiet --python $(BIN)/python
endif

.PHONY: demo test deep check lint types docs bench faults lock clean

demo: $(VENV)/.ready
	@rm -rf $(DEMO)
	@$(BIN)/exchange demo $(DEMO)

test: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup

# What the tests try a little of, whole: every place of every bank file damaged, 2,000 payment runs for each bank, 10,000 invoices
# for each target, the month of the scenario. Takes some hours.
deep: $(VENV)/.ready-dev
	EXCHANGE_DEEP=1 EXCHANGE_RUNS=2000 EXCHANGE_INVOICES=10000 EXCHANGE_EXAMPLES=2000 EXCHANGE_MONTH=1 \
		$(BIN)/python -m pytest -n 2 --dist loadgroup --timeout=0 tests/unit tests/scenario

check: lint types docs

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev
	$(BIN)/mypy

docs: $(VENV)/.ready-dev
	$(BIN)/python -m pytest tests/architecture tests/docs

bench: $(VENV)/.ready-dev
	$(BIN)/python -m tests.bench $(BENCH)

faults: $(VENV)/.ready-dev
	$(BIN)/python -m tests.faults.run --all --jobs $$(nproc)
	$(BIN)/python -m tests.faults.demo --kills 200

# Hashed locks without any address in them; needs uv.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--group dev --extra fast --extra pdf --extra postgresql --extra xml2 pyproject.toml -o requirements-dev.lock

$(VENV)/.ready: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(create)
	@$(install) --require-hashes -r requirements.lock
	@$(install) --no-deps --editable .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	@$(install) --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib exchange  # the tests start some hundred programs
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
