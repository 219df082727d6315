# Two commands do everything on a fresh machine: `make bench` and `make test`.
#
#   PYTHON=python3.12        another interpreter (3.11 or later)
#   VENV=.venv-3.12          another virtual environment
#   TORCH=path/to/torch.whl  another build of torch, or a requirement such as torch==2.14.0
#   TORCH=none               no torch: what needs it is skipped
#   VENV_HF=.venv-hf         the environment of the in-process engines (1.2 GB)

PYTHON ?= python3
VENV ?= .venv
VENV_HF ?= .venv-hf
TORCH ?= torch
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
# Two halves of the suite beside each other; xargs, as what a shell puts into the background hears no SIGINT.
PARTS := printf '%s\n' 1/2 2/2 | xargs -P 2 -I {}
QUICK := $(BIN)/joulemark bench vision --quick

.PHONY: help bench bench-all serving test check trust format clean test-3.12 test-3.13 hf test-hf

help:
	@echo "make bench      measure LeNet and ResNet18 on this machine (at most 5 minutes once installed)"
	@echo "make bench-all  the same in full length for every network (about 2 hours)"
	@echo "make serving    install what measures servers of generations, with llama.cpp's own; no torch"
	@echo "make test       every gate: style, types, import direction, tests, coverage"
	@echo "make trust      the tables of docs/trust.md, written again on this machine"
	@echo "make check      the gates that run no test"
	@echo "make test-3.12  the suite without torch on another Python (also test-3.13)"
	@echo "make hf         an environment with transformers, its server, and diffusers (1.2 GB)"
	@echo "make test-hf    the tests that need them"

# One virtual environment. A torch that the chosen Python already has is used; else the pinned one
# is installed, the only heavy download.
$(VENV)/created:
	@if $(PYTHON) -c "import torch" 2>/dev/null && [ "$(TORCH)" = torch ]; \
	then $(PYTHON) -m venv --system-site-packages $(VENV); \
	else $(PYTHON) -m venv $(VENV); fi
	@touch $@

$(VENV)/measures: $(VENV)/created pyproject.toml constraints.txt
	@echo "installing joulemark and torch into $(VENV) (once)"
	@if [ "$(TORCH)" = none ]; then true; \
	elif [ "$(TORCH)" = torch ]; then $(PIP) torch; \
	else $(BIN)/python -m pip --disable-pip-version-check install --quiet "$(TORCH)"; fi
	@if [ "$(TORCH)" = torch ] || [ "$(TORCH)" = none ]; then $(PIP) -e ".[nvml,loadgen,photos]"; \
	else $(BIN)/python -m pip --disable-pip-version-check install --quiet -e ".[nvml,loadgen,photos]"; fi
	@touch $@

$(VENV)/tests: $(VENV)/measures
	@$(PIP) -e ".[dev]"
	@touch $@

define say_torch
@$(BIN)/python -c "import torch; print('torch', torch.__version__, 'from', torch.__path__[0])" 2>/dev/null || echo "without torch"
endef

bench: $(VENV)/measures
	$(say_torch)
	$(BIN)/joulemark meters
	$(QUICK) --model LeNet --mode train
	$(QUICK) --model LeNet --mode infer
	$(QUICK) --model ResNet18 --mode infer
	$(BIN)/joulemark list
	$(BIN)/joulemark report last --force --output joulemark-runs/last.html

bench-all: $(VENV)/measures
	$(say_torch)
	for model in LeNet ResNet18 MobileNetV2 VGG16; do for mode in train infer; do \
	  $(BIN)/joulemark bench vision --model $$model --mode $$mode || exit; done; done

# What docs/tutorials/what-does-a-request-cost.md needs: no torch, nothing large.
$(VENV)/serves: $(VENV)/created pyproject.toml constraints.txt
	@echo "installing joulemark and llama.cpp's server into $(VENV) (once)"
	@$(PIP) -e ".[nvml,llama]"
	@touch $@

serving: $(VENV)/serves
	@echo "ready: . $(BIN)/activate"

check: $(VENV)/tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	$(say_torch)
	$(BIN)/coverage erase
	$(PARTS) $(BIN)/coverage run -m pytest --part {}
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --include='src/joulemark/core/*,src/joulemark/accounting/*' --fail-under=100
	$(BIN)/coverage report --fail-under=90

test-3.12 test-3.13: test-%:
	$(MAKE) PYTHON=python$* VENV=.venv-$* TORCH=none .venv-$*/tests
	$(PARTS) .venv-$*/bin/python -m pytest --part {}

# The engines that compute in this process, and transformers' own server.
$(VENV_HF)/engines: pyproject.toml constraints.txt
	@$(MAKE) VENV=$(VENV_HF) $(VENV_HF)/measures
	@echo "installing transformers and diffusers into $(VENV_HF) (once)"
	@$(VENV_HF)/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt \
	  -e ".[transformers,diffusion]" "transformers[serving]" pytest pytest-timeout hypothesis
	@touch $@

hf: $(VENV_HF)/engines
	@$(VENV_HF)/bin/joulemark --version

test-hf: $(VENV_HF)/engines
	$(VENV_HF)/bin/python -m pytest tests/workloads/hf_generation tests/workloads/diffusion tests/workloads/openai/test_tokenizer.py

# The tables of docs/trust.md, written again on this machine (about an hour; quiet, or the figures of
# cost mean little). DATA holds tool_against_wall_meter.csv and gpu_power_benchmark/; PEERS is an
# interpreter with CodeCarbon and Zeus. SOURCES are the public results, as joulemark import takes them.
DATA ?= data
TELEMETRY ?= $(or $(TMPDIR),/tmp)/joulemark-telemetry
OVER_WALL := codecarbon_j --against wall_meter_j --time seconds --group model --by task,hardware
trust: $(VENV)/tests
	benchmarks/page.sh virtual $(BIN)/joulemark validate virtual --draws 1000 --seed 7
	benchmarks/page.sh boards $(BIN)/joulemark validate boards $(DATA)/gpu_power_benchmark
	benchmarks/page.sh calibration $(BIN)/joulemark calibrate $(OVER_WALL) --table $(DATA)/tool_against_wall_meter.csv
	benchmarks/page.sh overhead $(BIN)/python benchmarks/overhead.py $(if $(PEERS),--peers $(PEERS))
	benchmarks/page.sh lateness $(BIN)/python benchmarks/lateness.py
	benchmarks/page.sh disturbance $(BIN)/python benchmarks/disturbance.py
	benchmarks/page.sh paces $(BIN)/python benchmarks/paces.py tests/data/h200/paces.json
	benchmarks/page.sh telemetry $(BIN)/python benchmarks/telemetry.py --folder $(TELEMETRY) --repeat 3
	benchmarks/page.sh serving $(BIN)/python benchmarks/serving_windows.py
	benchmarks/page.sh serving-end-to-end $(BIN)/python benchmarks/serving_truth.py
	benchmarks/page.sh score $(BIN)/python benchmarks/score.py
	benchmarks/page.sh site $(BIN)/python benchmarks/site.py
	$(if $(SOURCES),benchmarks/page.sh record $(BIN)/python benchmarks/record.py $(SOURCES) --tables $(DATA)/hpca2025)

format: $(VENV)/tests
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv .venv-3.* .venv-hf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
