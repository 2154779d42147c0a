# Each target sets up what it needs; `make compare` and `make test` are all that a new machine has to run.
PYTHON ?= python3
BIN := .venv/bin
.PHONY: setup compare test chromium test-browser verify regress lint types baseline bench mutants fuzz schema docs readme dist hooks coverage

setup: .venv/installed
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv && $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' && touch $@

compare: setup
	$(BIN)/python -m sim experiment=rafah

# a file a worker: what its tests have in common is made once
test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile

# one for `make test-browser`, unless there is one; no failure where none can be had
chromium: setup
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do command -v $$name && exit; done; \
	{ $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[browser]' && \
	  $(BIN)/playwright install chromium; } || echo "no Chromium can be installed here: tests that need one are passed over"

# opens pages in a Chromium that is installed already; where none is, it says so and passes over
test-browser: setup
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[browser]' && $(BIN)/python -m pytest -rs tests/analysis/test_browser.py

verify: setup
	$(BIN)/python -m analysis verify

# exit codes: docs/regress.md
regress: setup
	$(BIN)/python -m analysis regress

lint: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

baseline: setup
	$(BIN)/python -m analysis regress --write

bench: setup
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]' && $(BIN)/python -m benchmarks

mutants: setup
	$(BIN)/python -m tests.faults && $(BIN)/python -m tests.faults.gated && $(BIN)/python -m tests.faults.moved

fuzz: setup
	$(BIN)/python -m tests.fuzz

schema: setup
	$(BIN)/python -m sim.study.schema

# the generated parts of docs/, and docs/reference/, which is not committed
docs: setup
	$(BIN)/python -m analysis.documents

# runs what README.md and docs/model/ quote of runs, some minutes
readme: setup
	$(BIN)/python -m tests.figures

# Which lines and branches the suite goes through, into results/coverage/. Twice: machine code cannot be followed, so the
# loop of the compiled engine would count as never run, and as plain Python all of the suite would take hours. So all of it
# runs as it is, then what holds the engines together with Numba switched off, where the same source counts. What tests
# start as commands counts too (`patch` in pyproject.toml); pytest-cov adds up the workers of xdist. A figure to look at
# and no gate: whether tests notice a fault is asked by `make mutants`.
coverage: setup
	$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -n auto tests/engines/test_agreement.py tests/engines/test_loop.py tests/luck/test_draws.py \
	  --cov --cov-append --cov-report=markdown:results/coverage/coverage.md --cov-report=html:results/coverage/html

# before each commit in this checkout, from then on: .pre-commit-config.yaml
hooks: setup
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[hooks]' && $(BIN)/pre-commit install

# What is released, into dist/. The wheel then runs by itself: in a checkout nobody sees that a file is not shipped.
dist: setup
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[release]'
	rm -rf dist && $(BIN)/hatchling build && $(PYTHON) -m venv dist/alone
	dist/alone/bin/pip install --quiet --disable-pip-version-check -c constraints.txt dist/*.whl
	cd dist/alone && bin/corridors scenario=rafah_closed,rafah_open run.days=2 run.replications=2 run.engine=simpy
	rm -rf dist/alone
