# Every command of the project. `make` alone lists them.
#
# What is downloaded lands in TAVANA_CACHE, keyed by version, so that it is
# fetched once; the build lands in bin/.

SHELL := /bin/bash -o pipefail
.DEFAULT_GOAL := help

VERSION      ?= 0.1.0-dev
TAVANA_CACHE ?= $(HOME)/.cache/tavana
HOME_DIR     ?= $(HOME)/.tavana
PG_LISTEN    ?= 127.0.0.1:5432
FLIGHT_LISTEN ?= 127.0.0.1:8815
HTTP_LISTEN  ?= 127.0.0.1:8432
SAMPLE_SCALE ?= 0.1
FUZZ_TIME    ?= 5000x
export TAVANA_CACHE

GOLANGCI_VERSION := v2.15.0
GOLANGCI         := $(TAVANA_CACHE)/bin/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint
SAMPLE_DIR       := $(TAVANA_CACHE)/sample/sf$(SAMPLE_SCALE)-1
LDFLAGS          := -s -w -X main.version=$(VERSION)

# Packages that link DuckDB take half a minute to link: their tests run without
# the race detector, everything else with it.
DUCKDB_PACKAGES := internal/duck|internal/worker/child|internal/planner/server|cmd/tavana-worker|tools/sampledata|test/bench
# Tests that only drive the built binaries or the Go tool gain nothing from the
# race detector.
OUTSIDE_PACKAGES := test/doors|test/e2e|test/compat|test/dialect|test/attack|test/fault|test/flight|internal/archtest

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## Install what is missing on this machine (compiler, PostgreSQL), with apt
	@tools/deps/system.sh

.PHONY: build
build: deps ## Build bin/tavana and bin/tavana-worker
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/tavana ./cmd/tavana
	CGO_ENABLED=1 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/tavana-worker ./cmd/tavana-worker

.PHONY: sample
sample: deps ## Make the sample data (TPC-H as Parquet, and flights)
	@if [ ! -f '$(SAMPLE_DIR)/complete' ]; then \
		go run ./tools/sampledata -scale '$(SAMPLE_SCALE)' -out '$(SAMPLE_DIR)'; \
	fi

.PHONY: run
run: build sample ## Start the platform with sample data and print how to connect
	@bin/tavana serve --home '$(HOME_DIR)' --data '$(SAMPLE_DIR)/data' --pg-listen '$(PG_LISTEN)' --flight-listen '$(FLIGHT_LISTEN)' --http-listen '$(HTTP_LISTEN)'

.PHONY: test-deps
test-deps: deps
	@tools/deps/python.sh test/e2e/requirements.txt
	@tools/deps/python.sh test/compat/requirements.txt
	@tools/deps/python.sh test/flight/requirements.txt
	@tools/deps/clients.sh
	@tools/deps/protoc.sh

.PHONY: test
test: build sample test-deps ## Run all tests (at most 15 minutes with warm caches)
	go test -timeout 14m $$(go list ./... | grep -E '/($(DUCKDB_PACKAGES))(/|$$)')
	go test -race -timeout 14m $$(go list ./... | grep -vE '/($(DUCKDB_PACKAGES)|$(OUTSIDE_PACKAGES))(/|$$)')
	TAVANA_SAMPLE='$(SAMPLE_DIR)' go test -timeout 20m $$(go list ./... | grep -E '/($(OUTSIDE_PACKAGES))(/|$$)')

$(GOLANGCI):
	GOBIN='$(@D)' go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

.PHONY: lint
lint: deps $(GOLANGCI) ## Check style and layers with golangci-lint
	'$(GOLANGCI)' config verify
	'$(GOLANGCI)' run ./...

.PHONY: check
check: build sample test-deps ## Run the long checks: all cases of all clients, all attacks, all faults, every fuzz test FUZZ_TIME (a count, or a time such as 60s)
	TAVANA_MATRIX=full go test -count=1 -timeout 20m ./test/compat
	@tools/fuzz.sh '$(FUZZ_TIME)'
	TAVANA_ATTACK=whole TAVANA_SAMPLE='$(SAMPLE_DIR)' go test -timeout 30m -count 1 ./test/attack
	TAVANA_FAULT=whole TAVANA_SAMPLE='$(SAMPLE_DIR)' go test -timeout 15m -count 1 ./test/fault

.PHONY: soak
soak: build sample ## Attack for hours, and print a report (TAVANA_SOAK_PARTS='connections kills fuzz', _CONNECTIONS, _TIME, _FUZZ)
	@tools/soak.sh

.PHONY: bench
bench: build ## Measure against PostgreSQL, PgBouncer and DuckDB; BENCH='-only bulk' and the like choose
	@tools/deps/bench.sh
	@$(MAKE) --no-print-directory sample SAMPLE_SCALE=1
	go run ./test/bench $(BENCH)

.PHONY: proto
proto: ## Generate proto/tavana/v1/*.pb.go again
	@tools/deps/protoc.sh
	@mkdir -p bin/tools
	go build -o bin/tools/ google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
	PATH="$(CURDIR)/bin/tools:$$PATH" protoc -I proto --go_out=. --go_opt=module=github.com/tavana/tavana \
		--go-grpc_out=. --go-grpc_opt=module=github.com/tavana/tavana proto/tavana/v1/*.proto

.PHONY: clean
clean: ## Remove what was built; the download cache stays
	rm -rf bin
