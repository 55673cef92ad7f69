# careleaf's one menu: `make help` lists it.

python := .venv/bin/python
ready := .venv/.ready
judges := tests/node_modules/.ready
post := .venv/.mail-ready

# Two things at once: one core checks types while the other begins with the tests.
MAKEFLAGS += --jobs=2

all: $(ready) ## set up and build every leaflet (the default)
	$(python) build.py

test: lint pytest ## set up, lint and run every test

# In a process for each core. A file of tests stays in one of them, which makes its fixtures once. Files start in the
# order of their names: pytest-xdist's own order would start the one with veraPDF, which has few tests and takes
# longest, last.
pytest: $(ready) $(judges) $(post)
	$(python) -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder

lint: $(ready) ## check style and types
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy

bench: $(ready) ## measure the speed
	$(python) -m benchmarks

# -P keeps build.py from standing in for the package `build` that pip-compile imports.
lock: $(ready) ## write requirements.txt from pyproject.toml; newer versions with `make lock options=--upgrade`
	CUSTOM_COMPILE_COMMAND="make lock" $(python) -P -m piptools compile --quiet $(options) --extra dev --extra grade --extra dask --extra keyring --extra dkim \
		--allow-unsafe --generate-hashes --strip-extras \
		--no-emit-find-links --no-emit-index-url --no-emit-trusted-host \
		--output-file requirements.txt pyproject.toml

fonts: $(ready) ## write src/careleaf/fonts.toml from the installed font packages
	$(python) tools/lock_fonts.py

evidence: $(ready) ## write docs/evidence.md from the library
	$(python) -m careleaf evidence > docs/evidence.md

pictures: all ## make the pictures of the README from the leaflets
	$(python) build.py --all-formats --topic after-laser --topic milia-in-babies
	$(python) tools/pictures.py

clean: ## remove all that make has made
	rm -rf .venv tests/node_modules out build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /make \1 - /p' Makefile

# The last step leaves the stamp, so a set-up that failed runs again.
$(ready): requirements.txt pyproject.toml tools/setup.sh
	@sh tools/setup.sh
	@touch $@

# One set-up after the other: Debian's packages are installed by one at a time.
# Chromium, and what judges the web site in it: for the tests only.
$(judges): tests/package.json tests/package-lock.json tests/.npmrc tools/site_tests.sh | $(ready)
	@sh tools/site_tests.sh
	@touch $@

# Postfix, a mail server of the real kind: for the tests only.
$(post): tools/mail_tests.sh | $(judges)
	@sh tools/mail_tests.sh
	@touch $@

.PHONY: all test lint pytest bench lock fonts evidence pictures clean help
