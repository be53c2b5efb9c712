# What one does here; `make` alone lists it. Needs Python 3.11 or newer, make, and nothing else.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Byte code is kept: else each of the many processes of a run compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
SERVICES := $(BIN)/python deploy/services.py
FRONT := $(BIN)/python deploy/foreground.py $(BIN)/python
FIND_PYTHON := for p in python3 python3.13 python3.12 python3.11 python; do command -v $$p && break; done
NO_PYTHON := { echo 'socialsite needs Python 3.11 or newer; on Debian or Ubuntu: apt install python3 python3-venv' >&2; exit 1; }
# Narrow a test run: make test ARGS="chat -k ack"
ARGS ?=
SELECT ?= not deep
WORKERS ?= 3
# A narrowed run may hold no test for one of the two databases (pytest says 5 then).
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m '$(if $(ONLY),$(ONLY) and )$(SELECT)' $(ARGS) || { code=$$?; [ $$code = 5 ] && [ -n "$(strip $(ARGS))" ]; }

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

.PHONY: venv venv-dev
venv:
	@p=$$($(FIND_PYTHON)) || $(NO_PYTHON); exec "$$p" deploy/venv.py requirements.txt
venv-dev:
	@p=$$($(FIND_PYTHON)) || $(NO_PYTHON); exec "$$p" deploy/venv.py requirements.txt requirements-dev.txt

.PHONY: up demo stack doctor
up: venv ## the whole site at http://localhost:8000 (PORT, HOST, DATA_DIR, SITE_URL)
	@$(FRONT) manage.py up $(ARGS)
demo: venv ## the site with a made-up community, from its own folder (ARGS="--people 500")
	@DATA_DIR=$${DATA_DIR:-.demo} $(FRONT) manage.py demo $(ARGS)
stack: venv-dev ## the site as four processes on PostgreSQL and Redis
	@$(FRONT) deploy/stack.py
doctor: venv ## is every part of the site well, and how to mend what is not
	@$(BIN)/python manage.py doctor $(ARGS)

.PHONY: test test-fast test-deep test-sqlite test-postgres test-postgres-itself
test: venv-dev ## every test: SQLite and PostgreSQL, Redis, browsers (ARGS="chat -k ack" narrows)
	@$(SERVICES) ensure chromium gettext rgw
	@$(SERVICES) run --throwaway -- $(MAKE) -k test-sqlite test-postgres
test-fast: venv-dev ## the same on SQLite without browsers and what is slow, and what is about PostgreSQL itself
	@$(SERVICES) run --throwaway -- $(MAKE) -k test-sqlite test-postgres-itself SELECT='not deep and not browser and not stack and not slow'
test-deep: venv-dev ## what takes long: fuzz, chaos, Lighthouse, benches
	@$(SERVICES) ensure chromium gettext
	@$(SERVICES) run --throwaway -- $(MAKE) -k test-sqlite test-postgres-itself SELECT='deep and not browser'
	@$(MAKE) test-sqlite SELECT='deep and browser' WORKERS=0
test-sqlite:
	@$(PYTEST)
test-postgres:
	@export DATABASE_URL="$$TEST_DATABASE_URL"; $(PYTEST)
test-postgres-itself: ONLY = postgres
test-postgres-itself: test-postgres

.PHONY: check fmt lock messages documents
check: venv-dev ## format, lint, import contracts, types, templates, migrations, translations, documents, pins
	@$(SERVICES) ensure gettext
	@$(BIN)/python deploy/check.py $(ARGS)
fmt: venv-dev ## format the code and mend what can be mended
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .
lock: venv-dev ## compile the pins of requirements*.txt (ARGS="--upgrade")
	@for name in requirements requirements-dev; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --custom-compile-command 'make lock' $(ARGS) $$name.in -o $$name.txt || exit 1; done
messages: venv-dev ## collect the words to translate, and compile the translations
	@$(SERVICES) ensure gettext
	@$(BIN)/python deploy/check_translations.py --update

documents: venv-dev ## write the documents that the code makes: docs/openapi.yaml, docs/asyncapi.yaml
	@SOCIALSITE_TESTING=1 $(BIN)/python manage.py spectacular --file docs/openapi.yaml
	@SOCIALSITE_TESTING=1 $(BIN)/python manage.py asyncapi --file docs/asyncapi.yaml

.PHONY: shots image bench-feed bench-chat clean
shots: venv-dev ## pictures of every page, in .shots/
	@$(SERVICES) ensure chromium
	@$(BIN)/python -m e2e.shots $(ARGS)
image: venv ## build the container image without a container engine, start it, and ask it for /healthz
	@$(BIN)/python deploy/image.py $(ARGS)
bench-feed: venv-dev ## what the feed costs with 10,000 to 10,000,000 posts (ARGS="--sizes 1e4,1e6 --api")
	@$(BIN)/python -m bench.feed $(ARGS)
bench-chat: venv-dev ## what the chat costs beside bare Socket.IO (ARGS='--only "(i),(ii)" --runs 1')
	@$(BIN)/python -m bench.chat $(ARGS)
clean: ## away with caches, pictures and builds (never with data)
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .shots .build .coverage
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
