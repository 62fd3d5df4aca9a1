# `make help` lists what there is. Every verb sets up what it needs first; nothing is set up twice.
.DEFAULT_GOAL := help
.PHONY: help setup serve console administrator chat sms kannel migrate rekey retain test test-core tools sbom audit check validate train keep bench bench-sms bench-peers load soak chaos quality shots widget lock clean

VENV := .venv
PYTHON := $(VENV)/bin/python
LOCKS := requirements/installer.lock requirements/rasa.lock requirements/encoders.lock
READY := $(VENV)/.ready
# Environments of their own: what deploy/ is checked with, and the core on a newer Python.
TOOLS := var/tools/.ready
CORE := var/core/.ready
# TensorFlow imports jax where it finds it, for a converter that nobody calls here: 67 MB in every process.
UNNEEDED := --no-emit-package jax --no-emit-package jaxlib

# Rasa asks the network for permission to report usage; this bot reports nothing to anybody.
export RASA_TELEMETRY_ENABLED := false
# TensorFlow comes with Rasa and is never used here; its start-up notices would be the first thing an operator reads.
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export PYTHONWARNINGS := ignore

help: ## list the verbs
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## create the environment and the encoder, once

serve: $(READY) ## answer on the web (and SMS) channel; prints the addresses
	@$(PYTHON) -m bot serve

console: $(READY) ## the staff console on a port of its own; prints its address
	@$(PYTHON) -m bot console

administrator: $(READY) ## make the console's first administrator (NAME=maria EMAIL=maria@example.org), or let one in again (NAME=maria RESET=1)
	@$(PYTHON) -m bot administrator "$(NAME)" $(if $(RESET),--reset,--email "$(EMAIL)")

chat: $(READY) ## the same bot in the terminal
	@$(PYTHON) -m bot chat

sms: $(READY) ## the same bot as a phone shows it, with segments and cost (PRICE=0.0083 a segment)
	@$(PYTHON) -m bot sms $(if $(PRICE),--price $(PRICE))

kannel: $(READY) ## print Kannel's configuration (IMH_KANNEL_TOKEN must be set)
	@$(PYTHON) -m bot kannel

migrate: $(READY) ## bring the database's tables up to date; servers do it when they start
	@$(PYTHON) -m bot migrate

rekey: $(READY) ## change the key of the phone numbers' pseudonyms
	@$(PYTHON) -m bot rekey

retain: $(READY) ## delete now what is past IMH_RETENTION_DAYS; the server does it once a day
	@$(PYTHON) -m bot retain

test: $(READY) $(TOOLS) ## every test that a clean machine can run, two files at a time
	@$(PYTHON) -m bot train
	@$(PYTHON) -m pytest -n 2 --dist loadfile

test-core: $(CORE) ## the tests of all that does not import Rasa, on the newest Python there is (3.11 to 3.13)
	@var/core/bin/python -m tests.support.core_tests | xargs var/core/bin/python -m pytest -p tests.support.core_versions -p no:cacheprovider

tools: $(TOOLS) ## what deploy/ is checked with: Caddy, Helm, hadolint, Kubernetes' schemas; in var/tools

sbom: $(TOOLS) ## what is in the image, as CycloneDX: sbom.json
	@var/tools/bin/python -m deploy.sbom sbom.json requirements/image.lock requirements/encoders.lock

audit: $(TOOLS) ## which locked packages have known holes; asks a public database
	@var/tools/bin/pip-audit --disable-pip --require-hashes -r requirements/image.lock

check: $(READY) ## do content, training data, domain, stories and tests agree?
	@$(PYTHON) -m bot check

validate: $(READY) ## Rasa's own validation and test stories
	@$(PYTHON) -m bot validate

train: $(READY) ## train where there is no model for the present data
	@$(PYTHON) -m bot train

keep: $(READY) ## put the model of the present data into the repository: a clean checkout then starts without training
	@$(PYTHON) -m bot keep

bench: $(READY) ## measure quality and speed; tables in docs/
	@$(PYTHON) -m benchmarks

load: $(READY) ## one worker and two under load, flat cost, start, memory; ten minutes; docs/performance.md
	@$(PYTHON) -m benchmarks load

soak: $(READY) ## 100,000 messages and the memory (MESSAGES=20000); half an hour, Ctrl-C ends it with results
	@$(PYTHON) -m benchmarks soak $(if $(MESSAGES),--messages $(MESSAGES))

chaos: $(READY) ## one of two workers killed every 10 s, then PostgreSQL stopped (FOR=60 OUTAGE=10 seconds); five minutes
	@$(PYTHON) -m benchmarks chaos $(if $(FOR),--seconds $(FOR)) $(if $(OUTAGE),--outage $(OUTAGE))

quality: $(READY) ## how well it understands what nobody trained on; fails where the last result was better
	@$(PYTHON) -m benchmarks quality

bench-sms: $(READY) ## text messages under load; writes docs/performance-sms.md
	@$(PYTHON) -m bot train
	@$(PYTHON) -m benchmarks.sms

bench-peers: $(READY) ## ours beside other pipelines, on public sets too (IMH_BENCHMARKS_DIR); hours, resumable
	@[ -d var/peers/spacy ] || $(VENV)/bin/uv pip install -q --no-deps --require-hashes --target var/peers/spacy -r requirements/peers.lock
	@$(PYTHON) -m benchmarks peers

shots: $(READY) ## pictures of every state of the widget, in var/shots; needs Chromium
	@$(PYTHON) -m benchmarks shots

widget: $(READY) ## the widget's files in var/widget, for a site that hosts them itself
	@$(PYTHON) -m bot widget

lock: $(READY) ## resolve the dependencies again, without any download address
	@$(VENV)/bin/uv pip compile -q --python-version 3.10 --generate-hashes --no-annotate --no-header $(UNNEEDED) \
	    --group pyproject.toml:test -o requirements/rasa.lock
	@$(VENV)/bin/uv pip compile -q --universal --python-version 3.10 --generate-hashes --no-annotate --no-header \
	    --group pyproject.toml:core -o requirements/core.lock
	@$(VENV)/bin/uv pip compile -q --universal --python-version 3.10 --generate-hashes --no-annotate --no-header \
	    -c requirements/core.lock --group pyproject.toml:core-test -o requirements/core-test.lock
	@$(VENV)/bin/uv pip compile -q --python-version 3.10 --generate-hashes --no-annotate --no-header $(UNNEEDED) \
	    -c requirements/rasa.lock --group pyproject.toml:rasa -o requirements/image.lock
	@$(VENV)/bin/uv pip compile -q --python-version 3.10 --generate-hashes --no-annotate --no-header \
	    --group pyproject.toml:tools -o requirements/tools.lock
	@$(VENV)/bin/uv pip compile -q --python-version 3.10 --generate-hashes --no-annotate --no-header \
	    -c requirements/tools.lock --group pyproject.toml:sbom -o requirements/sbom.lock

clean: ## take away the environment; what people said and what was trained stays in var/
	rm -rf $(VENV)

# The installer is pinned like everything else. Bytecode is compiled now: without it every start takes 5 to 10 s longer.
$(READY): $(LOCKS) deploy/find-python.sh nlu/encoders/install.py
	@base=$$(sh deploy/find-python.sh) || exit 1; \
	echo "Setting up (once, about 3 minutes with empty caches) with $$($$base --version)"; \
	[ -x $(PYTHON) ] || "$$base" -m venv $(VENV) \
	    || { echo "The venv module of Python 3.10 is missing: install it (for example 'apt install python3.10-venv') and run make again." >&2; exit 1; }
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/installer.lock
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip sync --quiet --require-hashes --compile-bytecode $(LOCKS)
	@$(PYTHON) -m nlu.encoders.install
	@touch $(READY)

$(TOOLS): requirements/tools.lock $(READY)
	@[ -x var/tools/bin/python ] || $(VENV)/bin/uv venv -q --python $(PYTHON) var/tools
	@VIRTUAL_ENV=var/tools $(VENV)/bin/uv pip sync --quiet --require-hashes requirements/tools.lock
	@touch $(TOOLS)

$(CORE): requirements/core.lock requirements/core-test.lock deploy/find-newest-python.sh $(READY)
	@base=$$(sh deploy/find-newest-python.sh) || exit 1; $(VENV)/bin/uv venv -q --clear --python "$$base" var/core
	@VIRTUAL_ENV=var/core $(VENV)/bin/uv pip sync --quiet --require-hashes requirements/core.lock requirements/core-test.lock
	@touch $(CORE)
