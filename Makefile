# Everything a developer does here. `make` alone explains itself.
#
# Every target makes .venv first, from hashed requirements: with uv where it works, with pip where it
# does not. PYTHON names the interpreter to begin with, ARGS goes to pytest.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := all
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
REQUIREMENTS := $(VENV)/.requirements-installed
PACKAGE := $(VENV)/.package-installed
CHECKED := src tests tools docs deploy benchmarks Makefile README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md pyproject.toml
# Twice what a small machine has cores, since many tests wait for processes; each worker starts its own
# PostgreSQL when a test asks.
WORKERS ?= 4
# The quick ones first; then those that mostly wait, and the long files, so that none of them is left
# for the end alone.
TESTS := tests/unit tests/processes tests/cli tests/docs tests/upgrade tests/web/api tests
TEST_TOOLS := .test-tools

.PHONY: all
all: $(PACKAGE) help ## What `make` alone does: make .venv, then say what can be made.

.PHONY: help
help: ## Say what can be made.
	@printf 'Usage: make TARGET\n\n'
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: venv
venv: $(PACKAGE) ## Make .venv with everything in it.

$(REQUIREMENTS): requirements/dev.txt tools/make_venv.sh
	@tools/make_venv.sh '$(PYTHON)' '$(VENV)' requirements/dev.txt
	@touch $@

$(PACKAGE): $(REQUIREMENTS) pyproject.toml
	@echo 'venv: installing chargehand itself, editable'
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

.PHONY: demo
demo: $(PACKAGE) ## Run the main job against a small fake Jira: mention, answer, approval, reply.
	@echo 'demo: the real server beside a fake Jira, on this machine only'
	@$(BIN)/chargehand demo $(ARGS)

.PHONY: test
test: $(PACKAGE) ## Run every test, the quick ones first; ARGS="-k name" narrows it.
	@tools/test_tools.sh '$(TEST_TOOLS)'
	@echo 'test: pytest, units first, with $(WORKERS) processes'
	@TMPDIR=$$(tools/test_folder.sh) PATH="$(CURDIR)/$(TEST_TOOLS)/usr/sbin:$(CURDIR)/$(TEST_TOOLS)/usr/bin:$$PATH" $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS) $(ARGS)

.PHONY: test-tools
test-tools: ## Fetch nginx, caddy and promtool, which some tests run; installs nothing.
	@tools/test_tools.sh '$(TEST_TOOLS)' fetch

.PHONY: check
check: format lint contracts types test docs-check ## Do everything a change must pass.
	@echo 'check: auditing dependencies'
	@status=0; $(BIN)/python -m tools.audit_dependencies || status=$$?; \
	case $$status in \
	0) echo 'check: all passed' ;; \
	3) echo 'check: all passed but the audit of dependencies, which could not be made' ;; \
	*) exit $$status ;; \
	esac

.PHONY: fmt
fmt: $(PACKAGE) ## Format the code and mend what can be mended by itself.
	@echo 'fmt: ruff format, ruff check --fix'
	@$(BIN)/ruff check --quiet --fix-only src tests tools benchmarks
	@$(BIN)/ruff format src tests tools benchmarks

.PHONY: format
format: $(PACKAGE) ## Check the format without changing anything.
	@echo 'format: ruff format --check'
	@$(BIN)/ruff format --check src tests tools benchmarks

.PHONY: lint
lint: $(PACKAGE) ## Check with ruff, and with the rules of this house (tools/lint).
	@echo 'lint: ruff check, then tools.lint'
	@$(BIN)/ruff check src tests tools benchmarks
	@$(BIN)/python -m tools.lint $(wildcard $(CHECKED))

.PHONY: contracts
contracts: $(PACKAGE) ## Check that imports between rooms only point down.
	@echo 'contracts: import-linter'
	@$(BIN)/lint-imports --no-logo

.PHONY: types
types: $(PACKAGE) ## Check the types, strictly, in src and tools.
	@echo 'types: mypy'
	@$(BIN)/mypy
	@MYPYPATH=.:src $(BIN)/mypy --explicit-package-bases --package tools

.PHONY: docs
docs: $(PACKAGE) ## Write the generated parts of docs/.
	@echo 'docs: writing docs/reference'
	@$(BIN)/python -m tools.reference write
	@$(BIN)/python -m tools.openapi

.PHONY: docs-check
docs-check: $(PACKAGE) ## Check that the generated parts of docs/ are fresh.
	@echo 'docs-check: comparing docs/reference with the code'
	@$(BIN)/python -m tools.reference check

.PHONY: audit-dependencies
audit-dependencies: $(PACKAGE) ## Look the locked packages up among known vulnerabilities; fails where it can not.
	@echo 'audit-dependencies: pip-audit, the packages of requirements/runtime.txt'
	@$(BIN)/python -m tools.audit_dependencies $(ARGS)

.PHONY: bench
bench: $(PACKAGE) ## Measure what "fast" means here; ten minutes, needs wrk; ARGS="idle start" narrows it.
	@echo 'bench: shipped defaults, ratios within one run'
	@$(BIN)/python benchmarks $(ARGS)

.PHONY: bench-large
bench-large: $(PACKAGE) ## Measure a million events on both databases; half an hour; ARGS="--events 50000" is quicker.
	@echo 'bench-large: filling and asking SQLite and PostgreSQL'
	@$(BIN)/python benchmarks/large.py $(ARGS)

.PHONY: clean
clean: ## Remove .venv, caches, test tools and what the demo left.
	@echo 'clean: removing .venv, caches, demo-data'
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist demo-data $(TEST_TOOLS)
	@find $(wildcard src tests tools benchmarks) -name __pycache__ -type d -prune -exec rm -rf {} +
