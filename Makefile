# The two commands for everybody: `make run` and `make test`. README.md says the rest.
PYTHON_OF_VENV = .venv/bin/python

.PHONY: help setup run test check bench crash street screenshots clean

help:
	@echo "make run    set up .venv and open the window; without a display, play the demo"
	@echo "make test   set up .venv and run the tests"
	@echo "make check  format, lint, types and import rules"
	@echo "make bench  first figures, as a table and bench-results.json"
	@echo "make crash  10,000 kills instead of the suite's 300"
	@echo "make street two years of sixty people with their computers, and what came of it"
	@echo "make screenshots  draws every page and dialog into docs/screenshots"
	@echo "make clean  remove .venv and everything that was made"

setup:
	@.ci/setup

run: setup
	@.ci/open

test: setup
	@.ci/test

check: setup
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy p2pshare ui
	@$(PYTHON_OF_VENV) -m pytest -q tests/unit/test_layers.py

bench: setup
	@$(PYTHON_OF_VENV) tests/benchmarks/run.py

crash: setup
	@P2PSHARE_CRASH_KILLS=10000 $(PYTHON_OF_VENV) -m pytest -q -o faulthandler_timeout=0 \
		tests/integration/test_crash.py

street: setup
	@P2PSHARE_STREET=whole $(PYTHON_OF_VENV) -m pytest -q -s -o faulthandler_timeout=0 \
		tests/sim/test_street.py

screenshots: setup
	@$(PYTHON_OF_VENV) tests/ui/make_screenshots.py

clean:
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		.coverage htmlcov bench-results.json
	@find p2pshare ui resources tests -name __pycache__ -type d -prune -exec rm -rf {} +
