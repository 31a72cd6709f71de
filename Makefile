# Vroum, from nothing: each target sets up what it needs, once. `make` alone lists them.

PY      = python3
VERSION = $(shell git describe --tags --always 2>/dev/null)
SUDO    = $(if $(filter 0,$(shell id -u)),,sudo)
NPM     = PATH="$(CURDIR)/.setup/bin:$$PATH" npm
PIP     = bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
ESBUILD = node_modules/@esbuild/*/bin/esbuild static/page.js --bundle --minify --format=esm \
          --target=es2022 --outfile=static/vendor/vroum.js --external:/static/* \
          --legal-comments=none '--banner:js=/* Licences: LICENSES.txt */' --log-level=warning

# A release archive brings the front end with it, already built.
FRONT   = $(if $(wildcard static/vendor/RELEASE),,static/vendor/vroum.js static/vendor/datastar.js)
SCRIPTS = $(wildcard static/*.js static/components/*.js)

# What has a sentence for a player as its first argument, or as its second.
SAYS    = say Say IllegalMove BadMove Forbidden IllegalName __init__ abort:2

.PHONY: help run serve dev test test-all memory soak bench audit words licences check release clean pins debian
.DELETE_ON_ERROR:

help:      ## list what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: .venv/ready $(FRONT) ## play on this machine: http://127.0.0.1:8000 (settings: HOST, PORT, WEB_CONCURRENCY, MYAPP_...)
	@exec .venv/bin/python -m gunicorn -c deploy/gunicorn.conf.py wsgi:app

serve: .venv/ready $(FRONT) ## play with phones on the same network, behind nginx (settings: PORT)
	@exec .venv/bin/python deploy/serve.py

dev: .venv/ready $(FRONT) ## work on Vroum: what you save is reloaded, and every open page draws itself again
	@$(ESBUILD) --watch=forever & trap "kill $$!" EXIT; \
	MYAPP_RELOAD=1 .venv/bin/python -m gunicorn -c deploy/gunicorn.conf.py wsgi:app

test: debian check ## run every check and test, with small counts
	@.venv/bin/python -m pytest -q -n 3 --dist worksteal -m "not alone and not long"
	@.venv/bin/python -m pytest -q -m "alone and not long"

test-all: debian check ## run the same tests with the full counts (up to 45 minutes)
	@VROUM_COUNTS=full .venv/bin/python -m pytest -q -rs -n 2 --dist worksteal -m "not alone"
	@VROUM_COUNTS=full .venv/bin/python -m pytest -q -rs -m alone

check: .venv/ready-dev ## lint and type-check
	@.venv/bin/python -m ruff check .
	@.venv/bin/python -m mypy

memory: debian ## what the whole service weighs with 500 pages open
	@.venv/bin/python -m bench.memory

soak: debian ## people come and go for MINUTES=60; memory, files and greenlets must stay flat
	@.venv/bin/python -m bench.soak $(or $(MINUTES),60)

bench: debian bench/.venv/ready bench/node_modules/ready ## beside its peers, for hours; QUICK=1 some minutes (also ONLY, STREAMS, KINDS, STAGES, ROUNDS, EACH)
	@command -v gcc >/dev/null || { echo "make bench compiles its load client: apt-get install gcc libc6-dev"; exit 1; }
	@test -e /usr/lib/nginx/modules/ngx_nchan_module.so || \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends libnginx-mod-nchan >/dev/null \
	  || echo "nchan could not be installed and is left out: apt-get install libnginx-mod-nchan"
	@QUICK='$(QUICK)' ONLY='$(ONLY)' STREAMS='$(STREAMS)' KINDS='$(KINDS)' STAGES='$(STAGES)' \
	  ROUNDS='$(ROUNDS)' EACH='$(EACH)' .venv/bin/python -m bench

# Peers that cannot be fetched are left out by name, and tried again the next time.
bench/.venv/ready: bench/requirements.txt
	@echo "Setting up: the benchmark's peers, in bench/.venv"
	@$(PY) -m venv bench/.venv
	@if bench/.venv/$(PIP) -r bench/requirements.txt; then touch $@; \
	  else echo "The Python peers could not be fetched and are left out."; rm -rf bench/.venv; fi

bench/node_modules/ready: bench/package-lock.json .setup/ready
	@if (cd bench && $(NPM) ci --ignore-scripts --loglevel=error); then touch $@; \
	  else echo "better-sse could not be fetched and is left out."; fi

audit: .venv/ready-dev node_modules/ready ## ask for known vulnerabilities; fails, too, when it could not ask
	@.venv/bin/python -m pip_audit --strict --disable-pip --require-hashes -r requirements.txt
	@$(NPM) audit

words: .venv/ready ## gather what pages and rules say into translations/, for translators
	@.venv/bin/pybabel --quiet extract -F translations/babel.cfg $(addprefix -k ,$(SAYS)) \
	  --add-location=file --sort-by-file -o translations/words.pot .
	@.venv/bin/pybabel --quiet update -i translations/words.pot -d translations --width=100 \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date; rm translations/words.pot

licences: .venv/ready ## what serves, with versions and licences
	@.venv/bin/python deploy/licences.py

release: $(FRONT) ## pack dist/vroum-<version>.tar.gz, front end included: a server needs no Node
	@mkdir -p dist && echo $(VERSION) > dist/RELEASE
	@git archive --output dist/vroum-$(VERSION).tar.gz --prefix vroum-$(VERSION)/static/vendor/ \
	  --add-file dist/RELEASE $(addprefix --add-file ,$(wildcard static/vendor/*)) \
	  --prefix vroum-$(VERSION)/ HEAD
	@rm dist/RELEASE && echo "Packed dist/vroum-$(VERSION).tar.gz (what is committed, and the built front end)."

clean:     ## remove all that set-up and tests made; ./data stays
	@rm -rf .venv .setup node_modules static/vendor bench/.venv bench/node_modules run dist .*_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +

pins:      ## choose the newest versions anew and pin them with hashes (needs uv and Node on the PATH)
	@for part in requirements requirements-dev requirements-setup bench/requirements; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --custom-compile-command "make pins" $$part.in -o $$part.txt || exit 1; done
	@npm update --package-lock-only && cd bench && npm update --package-lock-only

# Python packages: .venv is what serves.
.venv/ready: requirements.txt
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Vroum needs Python 3.11 or newer as $(PY). If you have one under another name: make PY=python3.12"; exit 1; }
	@echo "Setting up: Python packages, in .venv"
	@$(PY) -m venv .venv || { echo "On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@.venv/$(PIP) -r requirements.txt || { echo "A package could not be fetched: is the network up? Then run make again."; exit 1; }
	@touch $@

.venv/ready-dev: requirements-dev.txt .venv/ready
	@echo "Setting up: tools for checks and tests, in .venv"
	@.venv/$(PIP) -r requirements-dev.txt || { echo "A package could not be fetched: is the network up? Then run make again."; exit 1; }
	@touch $@

# The front end: Node lives in .setup, serves nothing, and can be deleted when the files are built.
.setup/ready: requirements-setup.txt | .venv/ready
	@echo "Setting up: Node, in .setup (only to build the front end)"
	@$(PY) -m venv .setup
	@.setup/$(PIP) -r requirements-setup.txt || { echo "Node could not be fetched: is the network up? Then run make again."; exit 1; }
	@touch $@

node_modules/ready: package-lock.json .setup/ready
	@echo "Setting up: front-end packages, in node_modules"
	@$(NPM) ci --ignore-scripts --loglevel=error || { echo "npm could not fetch the front-end packages: is the network up? Then run make again."; exit 1; }
	@touch $@

static/vendor/vroum.js: $(SCRIPTS) node_modules/ready
	@$(ESBUILD)

static/vendor/datastar.js: deploy/vendor.py node_modules/ready
	@echo "Setting up: Datastar and the licences, in static/vendor"
	@.venv/bin/python deploy/vendor.py

# What the browser, live and deploy tests need from Debian, as tool=package or the same word for
# both; only what is missing is installed.
TOOLS   = chromium nginx redis-server openssl curl strace vim systemd-analyze=systemd faketime ip=iproute2
MISSING = $(strip $(foreach tool,$(TOOLS),$(if $(shell PATH="$$PATH:/usr/sbin" \
          command -v $(firstword $(subst =, ,$(tool)))),,$(lastword $(subst =, ,$(tool))))))

debian: .venv/ready-dev $(FRONT)
	@test -z "$(MISSING)" || { echo "The tests need from Debian: $(MISSING). Installing with apt-get."; \
	  $(SUDO) apt-get -qq update && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $(MISSING) >/dev/null \
	  || { echo "Could not install. Install by hand, then run make test again: $(MISSING)"; exit 1; }; }
