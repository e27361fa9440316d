# The doors of the house. `make` shows them.

SHELL := /bin/sh
.DEFAULT_GOAL := help

SERVICES := notify documents pricing transcription gateway
VENV := .venv
BIN := $(VENV)/bin
# A Python that runs (a version manager may leave names that do not); PYTHON=... says which.
PYTHON ?= $(shell for name in python3.12 python3.11 python3.13 python3; do $$name -c '' 2>/dev/null && echo $$name && break; done)
INSTALLED := $(VENV)/.installed
COMPOSE := docker compose
# Tests mostly wait, each for servers of its own: three runs of them keep two cores busy. A file's tests stay together, in their order.
SIDE_BY_SIDE := -n 3 --dist loadfile
CONTAINERS_RUN = docker info >/dev/null 2>&1 && [ -n "$$($(COMPOSE) ps --all --quiet 2>/dev/null)" ]

##@ First

.PHONY: help
help: ## Show this page
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(INSTALLED) ## From nothing to letters and deals: starts everything here without containers, and shows what happens
	@$(BIN)/imece demo

##@ The stack

.PHONY: up
up: engine ## Start everything in containers
	@deploy/secrets/make
	@$(COMPOSE) up --detach --build --wait --remove-orphans
	@echo
	@echo "imece     http://127.0.0.1:$${GATEWAY_PORT:-8300}"
	@echo "account   docker compose exec gateway imece gateway ensure --company NAME --email YOU@EXAMPLE.COM"
	@echo "then      make logs, make scale, make down"

.PHONY: down
down: ## Stop what `make demo` and `make up` started; the data stays
	@failed=0; \
	if [ -x $(BIN)/imece ]; then $(BIN)/imece down || failed=1; fi; \
	if $(CONTAINERS_RUN); then $(COMPOSE) down || failed=1; fi; \
	exit $$failed

.PHONY: logs
logs: ## Follow the logs of whatever runs; SERVICE=documents-cpu for one of them
	@if $(CONTAINERS_RUN); then $(COMPOSE) logs --follow --tail 20 $(SERVICE); \
	else $(BIN)/imece logs --follow $(SERVICE); fi

.PHONY: scale
scale: engine ## More processes of one pool in containers: make scale SERVICE=documents-cpu N=3
	@test -n "$(SERVICE)" && test -n "$(N)" || { echo "make scale SERVICE=documents-cpu N=3"; exit 2; }
	@$(COMPOSE) up --detach --wait --no-recreate --scale $(SERVICE)=$(N) $(SERVICE)

.PHONY: migrate
migrate: $(INSTALLED) ## Bring the schemas up to date (containers do it by themselves)
	@$(BIN)/imece migrate

##@ The work on it

.PHONY: test
test: $(INSTALLED) ## All tests but the slow ones
	@$(BIN)/python -m pytest -q -m "not slow" $(SIDE_BY_SIDE) $(ARGS)

.PHONY: test-all
test-all: $(INSTALLED) ## All tests, the slow ones too
	@$(BIN)/python -m pytest -q -m "not slow" $(SIDE_BY_SIDE) $(ARGS)
	@$(BIN)/python -m pytest -q -m slow $(ARGS)

.PHONY: lint
lint: $(INSTALLED) ## Rules of style, form and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --no-cache | tail -3

.PHONY: types
types: $(INSTALLED) ## mypy, strict
	@$(BIN)/mypy

.PHONY: bench
bench: $(INSTALLED) ## The figures of bench/README.md; FIGURE=ledger-latency for one, ARGS=... for its arguments
	@$(BIN)/python -m bench $(FIGURE) $(ARGS)

.PHONY: lock
lock: ## Write requirements/*.txt anew from *.in (needs uv); UPGRADE=--upgrade takes the newest
	@for name in build dev $(SERVICES); do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" \
	    --override requirements/overrides.txt $(foreach s,imece $(SERVICES:%=imece-%),--no-emit-package $(s)) $(UPGRADE) \
	    requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done

# The locks are everything: nothing is resolved here, and nothing comes that they do not name by its hash.
$(INSTALLED): requirements/dev.txt shared/pyproject.toml $(SERVICES:%=services/%/pyproject.toml)
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "imece needs Python 3.11 or newer; say where it is: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(foreach p,shared $(SERVICES:%=services/%),--editable $(p))
	@touch $@

.PHONY: engine
engine:
	@docker info >/dev/null 2>&1 || { echo "No container engine answers (docker info). Start Docker, or run it without containers: make demo"; exit 1; }
	@$(COMPOSE) version >/dev/null 2>&1 || { echo "The engine lacks compose v2 (docker compose version). Install the compose plugin, or run it without containers: make demo"; exit 1; }
