# `make demo` runs Xin'an on its bundled clip; `make test` passes the tests. Each makes its own environment in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXTRAS ?=

.PHONY: demo test install install-dev clean

demo: $(VENV)/.installed
	$(BIN)/xinan demo

test: $(VENV)/.installed-dev
	PATH="$(abspath $(BIN)):$$PATH" scripts/check

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(VENV)/.installed: pyproject.toml requirements.lock scripts/install
	scripts/install "$(PYTHON)" "$(VENV)"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	scripts/install "$(PYTHON)" "$(VENV)" dev
	@touch $@

clean:
	rm -rf $(VENV) dist build
