# `make demo` runs Xin'an on its bundled clip; `make test` passes the tests. Each makes its own environment in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXTRAS ?=

.PHONY: demo test synth install install-dev clean

demo: $(VENV)/.installed
	$(BIN)/xinan demo

test: $(VENV)/.installed-dev
	PATH="$(abspath $(BIN)):$$PATH" scripts/check

# The synthetic world's own environment (Blender wants an older numpy), and its tests with real renderings.
synth: .venv-synth/.installed
	.venv-synth/bin/python -m pytest -q tests/models/synth

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(VENV)/.installed: pyproject.toml requirements.lock scripts/install
	scripts/install "$(PYTHON)" "$(VENV)"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	scripts/install "$(PYTHON)" "$(VENV)" dev
	@touch $@

.venv-synth/.installed: pyproject.toml requirements-synth.lock scripts/install
	scripts/install "$(PYTHON)" .venv-synth synth
	.venv-synth/bin/python -m pip install --disable-pip-version-check -q -c requirements-synth.lock \
		pytest pytest-asyncio pytest-timeout
	@touch $@

clean:
	rm -rf $(VENV) .venv-synth dist build
