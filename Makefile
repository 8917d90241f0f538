# NIC ETL. `make help` lists the targets; `run` and `test` install what they need first.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
PORT ?= 8082
DATA := $(or $(NIC_DATA_DIR),data)
QUESTION ?= Com que antecedência devo pedir férias?
EXAMPLE := $(DATA)/example-search.txt

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup run test soak lint audit bench scheduler notebook samples clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(INSTALLED): setup.cfg pyproject.toml constraints.txt
	@echo "installing into .venv (about 6 GB with the default torch; a few minutes, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(INSTALLED) ## install into .venv

run: $(INSTALLED) ## the main job on the settings in force (default: the sample folder), then an example search
	$(BIN)/luigi --module pipeline RunAll --local-scheduler
	@$(MAKE) --silent $(EXAMPLE) && cat $(EXAMPLE)

$(EXAMPLE): $(DATA)/index/$(or $(QDRANT_COLLECTION),nic).json # asked again only when the collection has changed
	@echo '$$ python -m pipeline search "$(QUESTION)" --top-k 3' > $@
	@$(BIN)/python -m pipeline search "$(QUESTION)" --top-k 3 >> $@

test: $(INSTALLED) ## all tests
	$(BIN)/pytest

soak: $(INSTALLED) ## the long tests of crashes and hostile files
	$(BIN)/pytest -m soak -s

lint: $(INSTALLED) ## format, lint and type checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

audit: .venv/audit ## known vulnerabilities of the pinned versions, asked of PyPI
	.venv/audit/bin/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt

.venv/audit: # not among the product's own packages
	$(PYTHON) -m venv $@
	$@/bin/pip install --quiet pip-audit==2.10.1

bench: $(INSTALLED) ## all benchmarks but the GPU's (an hour on a quiet machine); figures go to docs/performance.md
	$(BIN)/python -m benchmarks all --record

scheduler: $(INSTALLED) ## luigid with the task visualiser on 127.0.0.1:8082 (PORT=…)
	@mkdir -p data
	@echo "open http://127.0.0.1:$(PORT)/, then in another terminal: $(BIN)/luigi --module pipeline RunAll"
	$(BIN)/luigid --address 127.0.0.1 --port $(PORT) --state-path data/luigid-state.pickle

notebook: $(INSTALLED) ## JupyterLab on 127.0.0.1 with the notebook open
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[notebook]'
	$(BIN)/jupyter lab --ip 127.0.0.1 notebooks/nic_etl.ipynb

samples: $(INSTALLED) ## write the sample documents again
	$(BIN)/python data/make_samples.py

clean: ## delete everything derived (the samples and .venv stay)
	rm -rf data/documents data/index data/models data/qdrant data/runs data/snapshots data/luigid-state.pickle $(EXAMPLE)
