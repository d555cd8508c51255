# The checks of this repository. `make check` is the gate; .ci/run and the workflow call it.

GOLANGCI_VERSION    := v2.15.0
GOVULNCHECK_VERSION := v1.9.0

# A tool carries its version in its name: a new pin is built at once, an old one never used by mistake.
# They live outside go.mod, where they would put some two hundred modules into the go.sum of every user.
TOOLS       := $(CURDIR)/.bin
GOLANGCI    := $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)
GOVULNCHECK := $(TOOLS)/govulncheck-$(GOVULNCHECK_VERSION)

PLATFORMS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64

# What is shipped is built without cgo, so that is what is checked; only the race detector needs a C compiler.
export CGO_ENABLED := 0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: check
check: format vet lint tidy cross race ## the gate: everything a change must pass

.PHONY: format
format: $(GOLANGCI) ## fail if gofumpt or gci would change a file
	$(GOLANGCI) fmt --diff

.PHONY: vet
vet: ## go vet
	go vet ./...

.PHONY: lint
lint: $(GOLANGCI) ## golangci-lint
	$(GOLANGCI) config verify
	$(GOLANGCI) run ./...

.PHONY: tidy
tidy: ## fail if go.mod or go.sum is not tidy
	go mod tidy -diff

.PHONY: cross
cross: $(addprefix cross-,$(PLATFORMS)) ## build for every platform, without cgo

.PHONY: $(addprefix cross-,$(PLATFORMS))
$(addprefix cross-,$(PLATFORMS)): cross-%:
	GOOS=$(firstword $(subst /, ,$*)) GOARCH=$(lastword $(subst /, ,$*)) go build ./...

.PHONY: race
race: ## the tests in random order under the race detector
	CGO_ENABLED=1 go test -race -shuffle=on -timeout=6m ./...

.PHONY: test
test: ## the tests, once and quickly
	go test ./...

# Neither is part of the gate: what they find depends on the machine and on how long they may look. The inputs in
# testdata/fuzz are run by every `go test`.
FUZZTIME ?= 60s

.PHONY: bench
bench: ## the measured figures, on this machine: three runs of each
	go test -run='^$$' -bench=. -benchtime=3s -count=3 -timeout=20m ./shared/local

.PHONY: fuzz
fuzz: ## every fuzz target in turn, each for FUZZTIME (60s)
	@grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9]+' shared | sort | while IFS=: read -r file target; do \
		echo "== $$(dirname $$file) $${target#func }"; \
		go test -run='^$$' -fuzz="^$${target#func }\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=100x -parallel=1 ./$$(dirname $$file) </dev/null || exit 1; \
	done

# Not part of the gate at this size: a short one runs with every `go test`. The full disk needs Linux and root.
JOBS  ?= 10000
KILLS ?= 50
SEED  ?= 0

.PHONY: chaos
chaos: ## kill and torment a server under load; JOBS, KILLS and SEED choose how much and which
	go test ./shared/local -run Chaos -chaos.jobs=$(JOBS) -chaos.kills=$(KILLS) -chaos.seed=$(SEED) -timeout 60m -v

.PHONY: fmt
fmt: $(GOLANGCI) ## format every file
	$(GOLANGCI) fmt

.PHONY: build
build: ## bin/easel
	go build -trimpath -ldflags='-s -w' -o bin/ ./cmd/easel

# Not part of the gate: it asks the vulnerability database at vuln.go.dev, so it needs the network,
# and its answer changes without a change here. The workflow runs it on every push and once a week.
.PHONY: vuln
vuln: $(GOVULNCHECK) ## known vulnerabilities in what is called (needs vuln.go.dev)
	$(GOVULNCHECK) ./...

.PHONY: tools
tools: $(GOLANGCI) ## build the pinned tools into .bin

.PHONY: clean
clean: ## remove what was built, the tools too
	rm -rf bin dist .bin .aws-sam coverage.*

$(GOLANGCI):
	$(call install,github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION))

$(GOVULNCHECK):
	$(call install,golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION))

# install builds one tool under GOBIN and puts the version into its name.
define install
@mkdir -p $(TOOLS)
GOBIN=$(TOOLS) go install $(1)
@mv $(TOOLS)/$(notdir $(firstword $(subst @, ,$(1)))) $@
endef
