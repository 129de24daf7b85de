.DEFAULT_GOAL := help
SHELL := /bin/bash
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := .venv/bin
ARGS ?=
WORKERS ?= 3
CONTRACTS := libs/common/schemas tests/contract/golden

# Without compiled modules each process of an installation compiles all it imports: two seconds of a core.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo quick test examples chaos fuzz evaluate bench check contracts messages secrets up down format

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.tools/bin/uv:
	@echo "installing uv into .tools (once)"
	@python3 -m venv .tools && .tools/bin/python -m pip install --quiet uv

.venv/.synced: pyproject.toml uv.lock $(wildcard libs/*/pyproject.toml services/*/pyproject.toml) | $(if $(filter .tools/bin/uv,$(UV)),.tools/bin/uv)
	@echo "installing the locked packages into .venv"
	@$(UV) sync --quiet --frozen --all-packages --all-groups
	@touch $@

setup: .venv/.synced ## install what the lock file says (the other targets do it themselves)

demo: setup ## a real city's complaints through the whole system; ARGS="--exit --days 14 --report FILE"
	@exec $(RUN)/otklik demo $(ARGS)

quick: check ## what to run before each commit: check, then the unit and contract tests
	@exec $(RUN)/python -m pytest tests/unit tests/contract -q -n $(WORKERS) $(ARGS)

test: setup ## every test but the long ones (the half-year replay); WORKERS=1 on a small machine, ARGS="tests/unit -x"
	@tests/browser/ensure_chromium
	@tests/contract/ensure_promtool
	@$(RUN)/python -m embedded cache || echo "tests that need servers will start them more slowly"
	@exec $(RUN)/python -m pytest -n $(WORKERS) --dist loadgroup --reruns 1 $(ARGS)

examples: setup ## the programs of `otklik channel new` in Python, Node, Go and Java, with packages fetched; ARGS="-k go"
	@OTKLIK_EXAMPLES_FETCH=1 exec $(RUN)/python -m pytest tests/integration/intake/test_channel_examples.py -q -m "" $(ARGS)

chaos: setup ## kill and restart everything under load, prove that nothing is lost; ARGS="--seeds 1" or SEED=3
	@exec $(RUN)/python -W ignore -m tests.chaos $(ARGS)

fuzz: setup ## records at byte level over a real broker, honest messages beside them; ARGS="--records 100000 --seed 1"
	@exec $(RUN)/python -W ignore -m tests.fuzz $(ARGS)

evaluate: setup ## the misrouting loop on half a year of the demonstration city, without Kafka; ARGS="--days 40"
	@exec $(RUN)/python -m tests.evaluation $(ARGS)

bench: setup ## the product's path against a bare pipe of the same hops; ARGS="--json"
	@exec $(RUN)/otklik bench $(ARGS)

check: setup ## ruff, mypy strict, import rules, contracts up to date
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy libs/*/src services/*/src
	@$(RUN)/lint-imports --no-cache
	@$(RUN)/python -m common.contracts.publish --check

contracts: setup ## write schemas, AsyncAPI and the table of topics from the catalogue; fails when that changed them
	@$(RUN)/python -m common.contracts.publish
	@$(RUN)/python -m common.contracts.publish samples tests/contract/golden
	@changed="$$(git diff --name-only -- $(CONTRACTS); git ls-files --others --exclude-standard -- $(CONTRACTS))"; \
	  test -z "$$changed" || { echo "$$changed"; \
	  echo "the contracts changed: look at the difference, put real words into new samples, then git add them"; exit 1; }

messages: setup ## gather texts of pages and notices into the catalogues; fails when one has no translation
	@$(RUN)/python -m tests.catalogues

secrets: setup ## make what containers must not find in the repository, under var/deploy; keeps what is there
	@$(RUN)/python -m provision secrets $(ARGS)

format: setup ## let ruff mend what it can
	@$(RUN)/ruff check --fix . ; $(RUN)/ruff format .

up: setup ## start everything and stay in front; Ctrl-C ends it
	@exec $(RUN)/otklik up $(ARGS)

down: setup ## stop what `up --detach` started
	@exec $(RUN)/otklik down $(ARGS)
