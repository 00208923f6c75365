# make demo   sets everything up, plays the lab and writes out/demo/index.html
# make test   sets everything up and runs all checks and tests
#
# As root this installs the lab's programs from Debian's packages, and says so first.
# Otherwise it uses what is there; sudo is never called.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash

.PHONY: demo test env lab-programs lint fast lab house slow schemas clean

demo: env lab-programs
	$(BIN)/mxpath demo --out out/demo

test: env lab-programs lint fast lab slow

env: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "mxpath needs Python 3.11 or newer; set PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# Debian's packages would start their daemons; a policy-rc.d that is ours alone forbids that.
LAB_PROGRAMS := bird:bird2 knotd:knot unbound:unbound postfix:postfix ip:iproute2 unshare:util-linux cc:gcc
lab-programs:
	@missing=""; for pair in $(LAB_PROGRAMS); do \
	  PATH="$$PATH:/usr/sbin:/sbin" command -v "$${pair%%:*}" >/dev/null || missing="$$missing $${pair##*:}"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	case "$$missing" in *gcc*) missing="$$missing libc6-dev";; esac; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	  echo "lab: not here:$$missing (as root, make installs them from Debian)"; exit 0; fi; \
	echo "lab: installing Debian's packages:$$missing"; \
	policy=/usr/sbin/policy-rc.d; ours=""; \
	if [ ! -e $$policy ]; then ours=1; printf '#!/bin/sh\nexit 101\n' > $$policy; chmod +x $$policy; fi; \
	trap '[ -z "$$ours" ] || rm -f '$$policy EXIT; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends $$missing >/dev/null

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fast: env
	$(BIN)/pytest -q

lab: env lab-programs
	$(BIN)/pytest -q -n 0 -m lab

slow: env
	$(BIN)/pytest -q -n 2 -m slow

schemas: env
	$(BIN)/python docs/reference/make_schemas.py

clean:
	rm -rf out .venv build dist
