# Targets; each installs what it needs.
SHELL := /bin/bash
# The first one that runs and is new enough: a name in the PATH alone may be a mere pointer to nothing.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JOBS ?= 2
LOCK := --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11
OLDEST := build/oldest
OLDEST_PYTHON ?= $(shell for name in $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.7.*/bin/python python3.7; do \
	$$name -c '' 2>/dev/null && { echo $$name; break; }; done)
# End-to-end tests that `make test` runs once integration has ended, so that both halves take as long.
E2E_LAST := tests/e2e/training $(addprefix tests/e2e/,test_asking.py test_events.py test_exeml.py images/test_reproduce.py)
# These run in the operator's image alone, or need tools that Python 3.7 does not have.
NOT_ON_OLDEST := $(addprefix --ignore tests/unit/,serve/test_bundle.py \
	$(addprefix modelarts/,test_bounds.py test_importer_and_server.py test_openapi.py))

.DEFAULT_GOAL := help
.PHONY: help demo test check unit oldest integration oracle test-docs e2e e2e-kinds e2e-frameworks e2e-hostile e2e-rbac e2e-gitops e2e-monitoring bench bench-fetch bench-serve crds lock clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## /\1\t/' | expand -t 14

demo: $(READY) ## a cluster on this machine, the operator in it, and a model that answers
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m demo up

test: $(READY) check unit docs oldest ## everything: check, unit, documentation, integration, guides and end-to-end
	@$(BIN)/aiapp sandbox prepare
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target in-clusters e2e-serving

.PHONY: in-clusters e2e-serving
in-clusters: # beside the other end-to-end tests, which mostly wait for pods
	@$(MAKE) --no-print-directory --jobs=1 integration
	@$(MAKE) --no-print-directory --jobs=1 test-docs
	@$(BIN)/python -m pytest $(E2E_LAST) -q

e2e-serving: # the end-to-end tests but those that come last
	@$(BIN)/python -m pytest tests/e2e -q $(addprefix --ignore=,tests/e2e/frameworks $(E2E_LAST))

check: $(READY) ## format, lint, types, import rules, generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@PYTHONPATH=operator:sandbox $(BIN)/lint-imports
	@$(BIN)/python -m aiapp.api.generate --check
	@$(BIN)/python -m aiapp.cli.reference --check
	@$(BIN)/python -m charts.generate --check

unit: $(READY)
	@$(BIN)/python -m pytest tests/unit -q -n $(JOBS)

oldest: $(READY) ## unit tests of the model server and its reader on Python 3.7, the oldest they run on
ifeq ($(OLDEST_PYTHON),)
	@echo "There is no Python 3.7 here, so this is left out: pyenv install 3.7"; test -z "$$CI"
else
	@$(BIN)/uv venv --quiet --clear --python $(OLDEST_PYTHON) $(OLDEST)
	@VIRTUAL_ENV=$(OLDEST) $(BIN)/uv pip install --quiet -r tests/unit/serve/oldest.txt
	@PYTHONPATH=operator PYTHONDONTWRITEBYTECODE=1 $(OLDEST)/bin/python -m pytest -c /dev/null --rootdir . --confcutdir tests/unit/serve \
		--import-mode=importlib -p no:cacheprovider -q tests/unit/serve tests/unit/modelarts $(NOT_ON_OLDEST)
endif

integration: $(READY)
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m pytest tests/integration -q -n $(JOBS) --dist loadfile

oracle: $(READY) ## 5,000 generated fleets before the real scheduler
	@$(BIN)/aiapp sandbox prepare
	@ORACLE_FLEETS=5000 $(BIN)/python -m pytest tests/integration/oracle -q

test-docs: $(READY) ## every command of README, tutorial and how-to guides, as written
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m pytest tests/docs -q -n $(JOBS)

e2e: $(READY) ## end-to-end tests on real nodes
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m pytest tests/e2e -q --ignore=tests/e2e/frameworks

e2e-kinds: $(READY) ## our kinds through 50 rounds of CRDs that go and come back, and 50 of answers in HTML
	@$(BIN)/aiapp sandbox prepare
	@KIND_ROUNDS=50 $(BIN)/python -m pytest tests/integration/engine/test_kinds_come_and_go.py -q --timeout=3600

e2e-frameworks: $(READY) ## TensorFlow, PyTorch, MindSpore and scikit-learn on real nodes; downloads gigabytes
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m pytest tests/e2e/frameworks -q

.PHONY: e2e-engines
e2e-engines: $(READY) ## MLServer and KServe's server on real nodes; downloads some hundred megabytes of each
	@$(BIN)/aiapp sandbox prepare
	@E2E_ENGINES=every $(BIN)/python -m pytest tests/e2e/test_engines.py -q

e2e-monitoring: $(READY) ## alerts, dashboards and routes in a real Prometheus, Alertmanager and kube-state-metrics, built once
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m pytest tests/peers/monitoring -q

.PHONY: e2e-autoscaling
e2e-autoscaling: $(READY) ## pods that come and go with their load, by a real metrics-server and a real KEDA, which are built once; needs root on Linux
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m pytest tests/peers/autoscaling -q

.PHONY: e2e-training
e2e-training: $(READY) ## versions of PyTorchJobs and TFJobs that a real training-operator runs, which is built once; needs root on Linux
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m pytest tests/peers/training -q

.PHONY: e2e-helm
e2e-helm: $(READY) ## releases with Helm 4, which is built for it
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m pytest tests/peers/helm -q

e2e-hostile: $(READY) ## one hostile namespace for five minutes, the operator within its memory limit; needs root on Linux
	@$(BIN)/aiapp sandbox prepare
	@HOSTILE_SECONDS=300 $(BIN)/python -m pytest tests/integration/hostile -q

.PHONY: e2e-gateway
e2e-gateway: $(READY) ## applications behind a real gateway, which is built once; needs root on Linux
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m pytest tests/peers/gateway -q

e2e-gitops: $(READY) ## sync from Git with a real Argo CD and a real Flux, which are built once; needs redis-server
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m pytest tests/peers/gitops -q

e2e-rbac: $(READY) ## the operator's tests by the API server's audit log: nothing refused, no right unused
	@$(BIN)/aiapp sandbox prepare
	@rm -rf build/audit && mkdir -p build/audit
	@AUDIT_FOLDER=$(CURDIR)/build/audit $(BIN)/python -m pytest tests/integration/operator -q -n $(JOBS) --dist loadfile
	@$(BIN)/python -m tests.support.audit build/audit

.PHONY: e2e-console
e2e-console: $(READY) ## the console in a real Chromium, from an empty cluster to a canary and back; needs root on Linux, chromium, chromium-driver and npm
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m pytest tests/peers/console -q

bench-fetch: $(READY) ## the fetcher beside curl, s5cmd, boto3 and KServe's initializer; needs nginx
	@$(BIN)/python -m tests.bench --only fetch

bench: $(READY) ## measure, side by side with peers; writes build/bench
	@$(BIN)/aiapp sandbox prepare
	@$(BIN)/python -m tests.bench

bench-serve: $(READY) ## the model server beside KServe's and MLServer
	@$(BIN)/python -m tests.bench --only serve

crds: $(READY) ## write crds/ and the reference of API, settings and commands from the code, and what the charts have of them
	@$(BIN)/python -m aiapp.api.generate
	@$(BIN)/python -m aiapp.cli.reference
	@$(BIN)/python -m charts.generate

.PHONY: charts image
charts: $(READY) ## write what is generated of charts/ and manifests/; needs Helm, which is built with Go
	@$(BIN)/python -m charts.generate
	@$(BIN)/python -m charts.manifests
	@$(BIN)/python -m charts.generate

image: $(READY) ## the operator's image for amd64 and arm64 as an OCI archive in build/image; needs root and Debian, no Docker
	@$(BIN)/python -m aiapp_sandbox.cli.release build/image

.PHONY: packages
packages: $(READY) ## the charts as packages for a registry in build/charts; SIGN="--key=NAME --keyring=FILE" signs them
	@$(BIN)/python -m charts.packages build/charts $(SIGN)

.PHONY: docs
docs: $(READY) ## build the documentation as a site into build/docs; fails on a dead link or anchor
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

lock: $(READY) ## pin every Python package by hash, from pyproject.toml
	@$(BIN)/uv pip compile $(LOCK) --extra traces pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile $(LOCK) --extra traces --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) build

$(READY): requirements-dev.lock pyproject.toml sandbox/pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: apt-get install python3"; exit 1; }
	@echo "Python packages -> $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -qy python3-venv && $(PYTHON) -m venv $(VENV); }
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock > $(VENV)/uv.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r requirements-dev.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable . --editable ./sandbox
	@touch $@
