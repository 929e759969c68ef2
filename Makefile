# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The front door. A machine needs Python 3.11 or newer, git and make; all else is set up here, inside the checkout:
# .venv (Ansible and the checks), .cloud (the test OpenStack), .cache (what the tools leave behind).

# The first of these that is new enough; or say which: make PYTHON=/path/to/python3
PYTHON_IS_FIT := -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
PYTHON ?= $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,\
    $(shell $(python) $(PYTHON_IS_FIT) && echo $(python))))

TOOLS := .venv/.ready
CLOUD := .cloud/venv/.ready
# The newest release of OpenStack that the test cloud knows; tests/cloud/portcullis_cloud/releases.py has them all.
NEWEST := tests/cloud/releases/2026.2.txt
CACHE := $(CURDIR)/.cache
SCRATCH := .cache/home .cache/tmp
PIP_INSTALL := -m pip install -qq --disable-pip-version-check

# The checkout in the place where Ansible and mypy expect a collection.
COLLECTION := ansible_collections/portcullis/openstack
TREE := .cache/tree/$(COLLECTION)

# How every tool is run: at home in .cache, and without the shell's own settings for Ansible or for some cloud.
FOREIGN := $(filter ANSIBLE_% MOLECULE_% OS_% XDG_%,$(.VARIABLES))
RUN := env $(addprefix -u ,$(FOREIGN)) LC_ALL=C.UTF-8 PATH="$(CURDIR)/.venv/bin:$$PATH" \
    GIT_CONFIG_GLOBAL="$${GIT_CONFIG_GLOBAL:-$$HOME/.gitconfig}" HOME="$(CACHE)/home" TMPDIR="$(CACHE)/tmp" \
    HYPOTHESIS_STORAGE_DIRECTORY="$(CACHE)/hypothesis"
# The cloud is on this machine, where no proxy leads to.
ON_CLOUD := env $(addprefix -u ,$(filter %_proxy %_PROXY,$(.VARIABLES))) $(RUN) OS_CLIENT_CONFIG_FILE="$(CURDIR)/.cloud/clouds.yaml" OS_CLOUD=demo
CLOUD_PROGRAM := $(RUN) .cloud/venv/bin/python tests/cloud

# It fails where its temporary folder ends in an underscore, which reStructuredText takes for a reference.
DOCS_LINT = $(RUN) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self .

# What unit and integration tests have run, taken together.
TOGETHER := $(RUN) COVERAGE_RCFILE=tests/coverage.toml COVERAGE_FILE=.cache/coverage-together coverage

# A process with a cloud of its own (about 750 MB) for each processor, up to four. More of them are no faster.
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --dist worksteal

# An older release of OpenStack, and what is tried on it: what depends on the API of Neutron and Nova.
RELEASE ?= 2023.1
OLDER := $(addprefix tests/integration/test_,$(addsuffix .py,address_group attach default_rule info releases \
    role_instance_groups role_service_groups rule_info set_lifecycle single_group single_rule))

# The integration tests of what OVN compiles: groups, rules and attachments.
ON_OVN := $(addprefix tests/integration/test_,$(addsuffix .py,address_group apply attach attach_troubles default_rule \
    info properties reuse role_instance_groups role_service_groups rule_info set_attachments set_input set_lifecycle \
    set_ownership set_remotes set_requests set_rules single_group single_rule))

# What the documentation site is made from. It is made again for its tests only if one of these is newer.
SITE := .cache/docs/site/index.html
SITE_SOURCES := $(wildcard changelogs/changelog.yaml README.md galaxy.yml docs/*/*.* docs/*/*/*.* docs/*/*/*/*.* examples/*/*.* \
    examples/*/*/*.* plugins/*/*.py roles/*/meta/*.yml tests/tools/site_pages.py)

# Each of these keeps one processor busy; the longest come first.
CHECKS := sanity docs-test lint importer
PARTS := checks coverage older ovn-share torture-share bench-and-molecule

.DEFAULT_GOAL := help
.PHONY: help demo test matrix torture bench unit integration ovn docs $(CHECKS) $(PARTS) bench-quick molecule picture plans cloud cloud-stop setup clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup | $(SCRATCH) ## See it work: test cloud, plan, apply, and a second run that changes nothing
	@$(CLOUD_PROGRAM) start
	@$(ON_CLOUD) .venv/bin/python tests/tools/demo.py

test: setup ## Everything that CI checks: checks, coverage, older, ovn-share, torture-share, bench-and-molecule
	@.venv/bin/python tests/tools/parts.py "$(MAKE)" $(PARTS)

checks: $(TOOLS) ## lint, docs-test, sanity and importer, two at a time
	@echo "$(CHECKS): two at a time, each shown when it has ended…"
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target $(CHECKS)

lint: $(TOOLS) $(TREE) | $(SCRATCH) ## ruff, mypy, codespell, yamllint, ansible-lint, antsibull-docs, antsibull-changelog, reuse
	@echo "ruff…"; $(RUN) ruff check --quiet && $(RUN) ruff format --quiet --check --diff
	@echo "mypy…"; $(RUN) mypy --no-error-summary --python-version 3.10 $(TREE)/plugins $(addprefix $(TREE)/tests/,conftest.py unit integration)
	@$(RUN) mypy --no-error-summary $(addprefix $(TREE)/tests/,tools docs ovn torture benchmarks)
	@$(RUN) MYPYPATH=tests/cloud mypy --no-error-summary tests/cloud
	@echo "codespell…"; git ls-files -z | $(RUN) xargs -0 codespell
	@echo "yamllint…"; $(RUN) yamllint --strict .
	@echo "ansible-lint…"; $(RUN) ansible-lint -q
	@echo "antsibull-docs…"; $(DOCS_LINT) || { echo "once more: the name of its temporary folder may have been to blame"; $(DOCS_LINT); }
	@echo "antsibull-changelog…"; $(RUN) antsibull-changelog lint
	@echo "reuse…"; $(RUN) reuse lint --quiet || $(RUN) reuse lint --lines

unit: $(TOOLS) | $(SCRATCH) ## Tests of the pure files: no network, every branch
	@$(RUN) pytest tests/unit --disable-socket --numprocesses auto --cov --cov-report=term

sanity: $(TOOLS) ## ansible-test sanity, on a copy
	@.venv/bin/python tests/tools/sanity.py

importer: $(TOOLS) | $(SCRATCH) ## The collection as Galaxy imports it: no error, no warning
	@.venv/bin/python tests/tools/importer.py $(RUN)

integration: setup | $(SCRATCH) ## Modules, roles and playbooks on a real OpenStack: every case of every test
	@$(RUN) pytest tests/integration $(SIDE_BY_SIDE)

coverage: setup unit | $(SCRATCH) ## Coverage of the plugins by unit tests and a share of the integration tests: at least 95 %
	@$(RUN) pytest tests/integration --cases 2 $(SIDE_BY_SIDE) --cov --cov-config=tests/coverage.toml --cov-fail-under=0 --cov-report=
	@$(TOGETHER) combine -q --keep .cache/coverage .cache/coverage-integration
	@$(TOGETHER) report

older: setup .cloud/releases/$(RELEASE)/.ready | $(SCRATCH) ## A share of integration on an older OpenStack: RELEASE=2023.1
	@$(RUN) pytest $(OLDER) tests/torture/test_limits.py::test_quotas --release $(RELEASE) --cases 2 $(SIDE_BY_SIDE)

matrix: setup | $(SCRATCH) ## Every ansible-core, the oldest and the newest Python and openstacksdk, and older OpenStack
	@.venv/bin/python tests/tools/matrix.py $(RUN)

torture-share: setup | $(SCRATCH) ## A share of torture, the same one every time
	@$(RUN) pytest tests/torture $(SIDE_BY_SIDE)

torture: setup | $(SCRATCH) ## Faults, races, limits, bad input, secrets and a million questions: every case, more than an hour
	@$(RUN) pytest tests/torture $(SIDE_BY_SIDE) --all

ovn: setup | $(SCRATCH) ## Groups, rules and attachments on OVN, packet by packet; installs OVN's programs as root on Debian
	@$(RUN) .venv/bin/python tests/tools/ovn.py
	@$(RUN) pytest tests/ovn $(ON_OVN) --network-backend ovn $(SIDE_BY_SIDE) --all

ovn-share: setup | $(SCRATCH) ## A share of ovn, in 4 minutes
	@$(RUN) .venv/bin/python tests/tools/ovn.py
	@$(RUN) pytest tests/ovn --network-backend ovn $(SIDE_BY_SIDE)

molecule: setup | $(SCRATCH) ## The roles' molecule scenarios, on a test cloud of their own
	@$(CLOUD_PROGRAM) start --name molecule
	@$(ON_CLOUD) OS_CLIENT_CONFIG_FILE="$(CURDIR)/.cloud/run/molecule/clouds.yaml" molecule test --all; \
	    status=$$?; $(CLOUD_PROGRAM) stop --name molecule; exit $$status

bench-and-molecule: setup ## bench-quick and molecule at the same time: each keeps one processor busy
	@echo "bench-quick and molecule, each shown when it has ended…"
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target bench-quick molecule

bench: setup | $(SCRATCH) ## Requests, times and memory beside openstack.cloud and the floor; writes docs/benchmarks
	@$(RUN) .venv/bin/python -m $(subst /,.,$(COLLECTION)).tests.benchmarks --output docs/benchmarks

bench-quick: setup | $(SCRATCH) ## A share of bench, in 3 minutes: fails if there are more requests than there should be
	@$(RUN) .venv/bin/python -m $(subst /,.,$(COLLECTION)).tests.benchmarks --quick

docs: $(TOOLS) | $(SCRATCH) ## The documentation site, from code and guides: .cache/docs/site/index.html
	@rm -rf .cache/docs && mkdir -p .cache/docs && mkdir -m 700 .cache/docs/rst
	@echo "antsibull-docs…"; $(RUN) antsibull-docs collection --use-current --squash-hierarchy --fail-on-error \
	    --dest-dir .cache/docs/rst portcullis.openstack
	@.venv/bin/python tests/tools/site_pages.py .cache/docs/rst
	@echo "sphinx…"; $(RUN) sphinx-build -q -W --keep-going -c docs/site -d .cache/docs/doctrees \
	    .cache/docs/rst .cache/docs/html
	@mv .cache/docs/html .cache/docs/site
	@echo "The site is .cache/docs/site/index.html."

docs-test: $(SITE) | $(SCRATCH) ## The site in a browser: widths, links, search, accessibility; installs chromium as root on Debian
	@$(RUN) .venv/bin/python tests/tools/browser.py
	@$(RUN) pytest tests/docs --numprocesses auto --dist loadgroup

picture: setup | $(SCRATCH) ## The pictures in the README and the sample page, anew, from runs on a test cloud of their own
	@$(RUN) .venv/bin/python tests/tools/browser.py
	@$(RUN) .venv/bin/python tests/tools/picture.py

plans: setup | $(SCRATCH) ## The plans of the recipes, anew, from runs of the tests on a test cloud of their own
	@$(RUN) pytest -q tests/integration/test_recipes.py --write-plans

cloud: $(CLOUD) | $(SCRATCH) ## Start the test cloud, or find it running; leaves .cloud/clouds.yaml
	@$(CLOUD_PROGRAM) start

cloud-stop: ## Stop the test cloud
	@if [ -e $(CLOUD) ]; then $(CLOUD_PROGRAM) stop; else echo "There is no test cloud."; fi

clean: ## Stop all clouds of the checkout and remove all that make has made
	@if [ -e $(CLOUD) ]; then $(CLOUD_PROGRAM) stop --all; fi
	rm -rf .venv .cloud .cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# Both environments, side by side: each is up to a minute of downloads.
setup: ## Only install: Ansible and the checks, and OpenStack
	@$(MAKE) --silent -j2 $(TOOLS) $(CLOUD)

$(TOOLS): tests/requirements.txt
	$(call check-python)
	@echo "installing Ansible and the checks into .venv (700 MB on disk; half a minute, longer where much else runs)…"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python $(PIP_INSTALL) -r tests/requirements.txt
	@packages=$$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') && \
	    mkdir -p "$$packages/ansible_collections/portcullis" && \
	    ln -sfn ../../../../../.. "$$packages/$(COLLECTION)"
	@touch $@
	@echo "Ansible and the checks are in .venv."

$(CLOUD): $(NEWEST)
	$(call check-python)
	@echo "installing OpenStack into .cloud/venv (610 MB on disk; a minute, longer where much else runs)…"
	@mkdir -p .cloud
	@$(PYTHON) -m venv .cloud/venv
	@.cloud/venv/bin/python $(PIP_INSTALL) --no-deps -r $(NEWEST)
	@touch $@
	@echo "OpenStack is in .cloud/venv."

# Another release: make .cloud/releases/2023.1/.ready
.cloud/releases/%/.ready: tests/cloud/releases/%.txt | $(TOOLS)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python tests/cloud install --release $*
	@touch $@

$(SITE): $(TOOLS) $(SITE_SOURCES)
	@$(MAKE) --no-print-directory docs

$(TREE):
	@mkdir -p $(@D)
	@ln -sfn ../../../.. $@

$(SCRATCH):
	@mkdir -p $@

define check-python
	@$(or $(PYTHON),false) $(PYTHON_IS_FIT) || { \
	    echo "Python 3.11 or newer, with its venv and ensurepip modules, is needed; found: $(or $(PYTHON),none)."; \
	    echo "Install it, or say where it is: make PYTHON=/path/to/python3"; \
	    exit 1; \
	} >&2
endef
