# Everything a person does here. `make run` and `make test` work from a bare checkout with Python 3.11, pip and make.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
export OPENBLAS_NUM_THREADS ?= 1
export PYTHONUTF8 ?= 1

.DEFAULT_GOAL := help
.PHONY: help run test test-slow lab lab-test samples notebooks bench lint lock pictures docs

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --disable-pip-version-check -q --require-hashes --only-binary=:all: -r requirements.lock
	$(PY) -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

run: $(VENV)/.ready  ## the main job: the four lessons executed, build/report.en.html and build/report.fr.html written
	$(PY) -m mktlib run --out build

# Every output of every notebook is compared: words by nbval, pictures pixel by pixel by conftest.py. No file sanitizes them (nbval has an
# option for it), because no lesson shows a time, a version or a path. Only the ids of widgets are not compared: they are drawn by lot.
test: $(VENV)/.ready lint  ## every test, every docstring, every number and every figure in the notebooks
	$(PY) -m pytest -q -n 2 --nbval --nbval-current-env --nbval-cell-timeout=120 --dist loadfile --doctest-glob=README.md tests mktlib notebooks README.md

test-slow: $(VENV)/.ready  ## the long proofs (simulations, PySpark): see benchmarks/README.md for their last result
	$(PY) -m pip install --disable-pip-version-check -q "pyspark>=4.0"
	$(PY) -m pytest -q -m slow --timeout 3600 tests

lint: $(VENV)/.ready
	$(PY) -m ruff check .
	$(PY) -m ruff format --check mktlib tests benchmarks notebooks/source
	$(PY) -m mypy

lab: $(VENV)/.ready  ## JupyterLab on the notebooks
	$(PY) -m jupyterlab --notebook-dir=notebooks

lab-test: $(VENV)/.ready  ## every notebook run in a real JupyterLab in headless Chromium; pictures of them in build/lab
	$(PY) -m pytest -q -m slow tests/test_jupyterlab.py

samples: $(VENV)/.ready  ## data/samples again from its seed, byte for byte
	$(PY) -m mktlib samples --out data/samples

notebooks: $(VENV)/.ready  ## every edition of the lessons from notebooks/source, executed, outputs stored (python notebooks/source/build.py 03 for one)
	$(PY) notebooks/source/build.py

pictures: $(VENV)/.ready  ## the baselines of the pixel tests again (look at them before you commit them)
	MKTLIB_NEW_PICTURES=1 $(PY) -m pytest -q tests/test_charts.py

docs: $(VENV)/.ready  ## the documentation site in build/docs, without a network; every link is checked
	$(PY) docs/build.py

bench: $(VENV)/.ready  ## the numbers of benchmarks/README.md
	$(PY) benchmarks/scorer.py --bench ../shared/bench --seeds 20
	$(PY) benchmarks/real.py --data ../shared/data --halves 10
	$(PY) benchmarks/crowned.py --bench ../shared/bench
	$(PY) benchmarks/money.py --data ../shared/data
	$(PY) benchmarks/verdicts.py
	$(PY) benchmarks/learning.py
	$(PY) benchmarks/plans.py

lock:  ## requirements.lock and environment.yml again from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra lab --extra engines --extra test --extra docs --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements.lock
	$(PYTHON) tests/test_house.py > environment.yml
