# Everything a newcomer needs: `make demo`, then `make test`. Nothing is installed outside of .venv.

VENV := .venv
BIN := $(VENV)/bin
# Twice quiet: errors only. Indexes and settings of the machine are not our news.
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

# Quick tests that start few processes; all tests are in `make test`.
QUICK := tests/core/model tests/core/dialogue tests/scripts tests/test_tidy.py tests/test_promises.py \
	tests/test_imports.py tests/test_schemas.py tests/core/syntax/test_broken_texts.py \
	tests/core/syntax/test_valid_texts.py tests/core/syntax/test_incomplete_texts.py \
	tests/core/syntax/test_losses.py
# Tests that have a command of their own are left out.
CHOSEN := not torture and not editors and not examples and not every_agent
WORKERS := -n logical --maxprocesses 4 --dist worksteal
# What talks to other processes, and has to bear that they are slow.
BUSY := tests/lsp_server tests/mcp_server tests/cli tests/e2e
STYLE := 'ruff check' 'ruff format --check' 'lint-imports --no-logo'

.PHONY: help venv demo check house moved-ids test busy agents torture conformance syntax-report vsix editors docs examples clean
.DELETE_ON_ERROR:

help:
	@echo "make demo      see the main job run on a sample project (no model, no network)"
	@echo "make check     run the quick checks, in a minute; before every commit"
	@echo "make test      run all checks: style, types, import contracts, tests"
	@echo "make busy      run the tests of CLI and servers twice beside 24 processes that spin;"
	@echo "               DRAW=40 DATE=2026-11-30 runs forty of them once, drawn by the date"
	@echo "make house     print the rooms, circles of imports and words to get rid of"
	@echo "make torture   run the long tests; SEED=7 throws other dice, MINUTES=30 is a time box"
	@echo "make agents    install real coding agents from npm, and run all of their tests"
	@echo "make syntax-report  measure the syntax rules on real edits from package registries and git"
	@echo "make conformance  install the public MCP conformance suite from npm and run it"
	@echo "make vsix      build the VS Code extension into dist/; needs node and npm"
	@echo "make editors   drive a real VS Code with it; needs npm and Chromium, fetches about 1 GB once"
	@echo "make docs      build the site into site/ and check its links"
	@echo "make examples  run every example; those of npm, Cargo and Go where the tools are there"
	@echo "make venv      install Podium into $(VENV), editable"
	@echo "make clean     remove $(VENV) and everything that was made"

venv: $(VENV)/.installed

demo: venv
	@$(BIN)/podium demo

# The types are checked once more by pyright in `make test`.
check: $(VENV)/.installed-dev
	@$(BIN)/python -m scripts.side_by_side 'mypy' $(STYLE) 'python -m scripts.house --quiet' \
		'pytest -q -n 2 --dist worksteal -m "not torture" $(QUICK)'

# Every test of before the moves is collected still, under the name that tests/moved.json says.
moved-ids: $(VENV)/.installed-dev
	$(BIN)/pytest -q tests/test_moved.py

house: $(VENV)/.installed-dev
	@$(BIN)/python -m scripts.house $(if $(WHERE),--where '$(WHERE)')

# Types are checked by both checkers at once. The closing line of pytest is the last one.
test: $(VENV)/.installed-dev
	@$(BIN)/python -m scripts.side_by_side 'pyright' 'mypy' $(STYLE)
	@status=0; $(MAKE) --no-print-directory busy DRAW=40 || status=1; \
		$(BIN)/pytest $(WORKERS) -m "$(CHOSEN)" || status=1; exit $$status

# Both rounds are run, whatever the first one finds. Agents of others are slow by themselves.
busy: $(VENV)/.installed-dev
	@status=0; for round in 1 $(if $(DRAW),,2); do \
		$(BIN)/pytest --spinners 24 $(if $(DRAW),--draw $(DRAW)) $(if $(DATE),--date $(DATE)) \
			$(WORKERS) -m "$(CHOSEN) and not agents" $(BUSY) || status=1; done; exit $$status

torture: $(VENV)/.installed-dev
	TORTURE_SEED=$(SEED) TORTURE_MINUTES=$(MINUTES) $(BIN)/pytest -m torture

# Their models are on loopback. Two at a time: each of these programs takes some hundred MB.
agents: $(VENV)/.installed-dev
	$(BIN)/python -m tests.support.agents --all
	$(BIN)/pytest -n 2 --dist worksteal -m agents tests/agents tests/e2e

conformance: $(VENV)/.installed-dev
	$(BIN)/python -m tests.support.mcp_tools conformance inspector
	$(BIN)/pytest -m torture tests/mcp_server/test_conformance.py

syntax-report: $(VENV)/.installed-dev
	$(BIN)/python -m tests.corpus.fetch
	$(BIN)/python -m tests.corpus.report
	$(BIN)/python -m tests.corpus.gate --half bars

vsix: $(VENV)/.installed-dev
	$(BIN)/python scripts/build_vsix.py

editors: vsix
	$(BIN)/python -m tests.support.editor_tools
	$(BIN)/pytest -m editors tests/editors
	@echo "What it looked like: .cache/editors/"

clean:
	rm -rf editors/vscode/node_modules editors/vscode/dist
	rm -rf $(VENV) dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.cache/*' -prune -exec rm -rf {} +

# The environment is made once; a changed pyproject.toml installs into it again.
$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "Installing Podium into $(VENV); this takes about half a minute …"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	@echo "Installing Podium and its development tools into $(VENV); this takes about a minute …"
	@$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(BIN)/python:
	@python=$$(scripts/find-python) && { "$$python" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; }

docs: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The site is in site/: open site/index.html"

examples: $(VENV)/.installed-dev
	$(BIN)/pytest tests/examples

$(VENV)/.installed-docs: pyproject.toml | $(BIN)/python
	@$(PIP) --editable '.[docs]'
	@touch $@
