# NIC ETL. `make help` lists the targets; `run` and `test` install what they need first.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8082
DATA := $(if $(findstring :,$(NIC_DATA_DIR)),data,$(or $(NIC_DATA_DIR),data))
QUESTION ?= Com que antecedência devo pedir férias?
EXAMPLE := $(DATA)/example-search.txt
# what is installed, a file for each: what a run needs, what developers need beside it, JupyterLab
RUN := .venv/.installed
DEV := .venv/.installed-dev
NOTEBOOK := .venv/.installed-notebook
GENERATED := .env.example luigi.cfg docs/architecture.md docs/commands.md docs/configuration.md docs/errors.md
LOCK := $(if $(TORCH),.venv/$(TORCH).lock,requirements.lock)
INSTALL = $(BIN)/uv pip install $(shell test -t 2 || echo --quiet) --python $(BIN)/python $(addprefix --torch-backend ,$(TORCH)) \
	--compile-bytecode --verify-hashes --constraint $(LOCK) --build-constraint requirements.lock --editable

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup lock run test check quick soak lint docs audit bench scheduler notebook samples clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(BIN)/uv: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15) and "Python 3.11 to 3.14 is needed: make PYTHON=python3.11 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@awk '/^[^ #]/ {keep = /^uv==/} keep' requirements.lock > .venv/uv.txt
	$(BIN)/pip install --quiet --require-hashes --requirement .venv/uv.txt
	@test -x $@ || { echo "requirements.lock is not for this machine: Linux, or a Mac with an Apple processor"; exit 1; }
	@touch $@

# PyTorch's own index has other files than PyPI; their hashes are not known here
.venv/$(TORCH).lock: requirements.lock | $(BIN)/uv
	@awk '/^[^ #]/ {torch = /^(torch|torchvision|triton)==/} torch {if (/--hash/) next; sub(/ \\$$/, "")} 1' $< > $@

$(RUN): setup.cfg pyproject.toml $(LOCK) | $(BIN)/uv
	@echo "installing what a run needs into .venv ($(if $(TORCH),with PyTorch for $(TORCH),7.4 GB); once)"
	$(INSTALL) .
	@touch $@

$(DEV): setup.cfg pyproject.toml $(LOCK) | $(BIN)/uv
	@echo "installing what tests and checks need into .venv ($(if $(TORCH),with PyTorch for $(TORCH),8.1 GB); once)"
	$(INSTALL) '.[dev]'
	@touch $@ $(RUN)

$(NOTEBOOK): $(RUN)
	$(INSTALL) '.[notebook]'
	@touch $@

setup: $(RUN) ## install what a run needs into .venv (TORCH=cpu: the smaller PyTorch without CUDA)

lock: $(BIN)/uv ## fit requirements.lock to setup.cfg (OPTIONS=--upgrade: the newest versions)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --all-extras --python-version 3.11 \
		--custom-compile-command 'make lock' $(OPTIONS) --output-file requirements.lock setup.cfg

run: $(RUN) ## the main job on the effective settings (default: the sample folder), then an example search
	$(BIN)/nic run
	@$(MAKE) --silent $(EXAMPLE) && cat $(EXAMPLE)

$(EXAMPLE): $(DATA)/index/$(or $(QDRANT_COLLECTION),nic).json # asked again only when the collection has changed
	@echo '$$ nic search "$(QUESTION)" --top-k 3' > $@
	@$(BIN)/nic search "$(QUESTION)" --top-k 3 >> $@

test quick: export PYTHONDONTWRITEBYTECODE := # hundreds of processes would compile the same modules
test: $(DEV) ## all tests (OPTIONS=…: pytest's own)
	$(BIN)/pytest -n auto --dist worksteal $(OPTIONS)

check: $(DEV) ## lint, types and the tests that need no model, for use while working
	@$(MAKE) --no-print-directory --jobs 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) lint quick

quick: $(DEV)
	$(BIN)/pytest -n auto --dist worksteal -m "not slow and not model and not soak"

soak: $(DEV) ## the long tests of crashes and hostile files
	$(BIN)/pytest -m soak -s

lint: $(DEV) ## format, lint, import rules and type checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

docs: $(DEV) ## write the generated parts of the documentation, luigi.cfg and .env.example again
	$(BIN)/python -m cogapp -r -I docs $(GENERATED)

audit: .venv/audit/.installed ## known vulnerabilities of the pinned versions, asked of PyPI
	.venv/audit/bin/pip-audit --strict --disable-pip --no-deps --requirement requirements.lock

.venv/audit/.installed: # not among the product's own packages
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/pip install --quiet pip-audit==2.10.1
	@touch $@

bench: $(DEV) ## all benchmarks but the GPU's (an hour on a quiet machine); figures go to docs/performance.md
	$(BIN)/python -m benchmarks all --record

scheduler: $(RUN) ## luigid with the task visualiser on 127.0.0.1:8082 (PORT=…)
	$(BIN)/nic scheduler --port $(PORT)

notebook: $(NOTEBOOK) ## JupyterLab on 127.0.0.1 with the notebook open
	$(BIN)/jupyter lab --ip 127.0.0.1 --LabApp.news_url=None --LabApp.extension_manager=readonly \
		--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate notebooks/nic_etl.ipynb

samples: $(DEV) ## write the sample documents again
	$(BIN)/python data/make_samples.py

clean: ## delete everything derived (the samples and .venv stay)
	rm -rf data/documents data/index data/models data/qdrant data/runs data/snapshots data/luigid-state.pickle $(EXAMPLE)
