# The checks of this repository. `make check` is the gate; .ci/run and the workflow call it.

GOLANGCI_VERSION    := v2.15.0
GOVULNCHECK_VERSION := v1.9.0
CHECKOV_VERSION     := 3.3.30

# A tool carries its version in its name: a new pin is built at once, an old one never used by mistake.
# They live outside go.mod, where they would put some two hundred modules into the go.sum of every user.
TOOLS       := $(CURDIR)/.bin
GOLANGCI    := $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)
GOVULNCHECK := $(TOOLS)/govulncheck-$(GOVULNCHECK_VERSION)
CHECKOV     := $(TOOLS)/checkov-$(CHECKOV_VERSION)/bin/checkov

# Programs that read the text in pictures. The tests find them here.
READERS := $(TOOLS)/readers

# The tools of AWS are Python's. checkov has an environment of its own: it wants other versions than the SAM CLI.
VENV := $(CURDIR)/.venv
SAM  := $(VENV)/bin/sam
export SAM_CLI_TELEMETRY := 0

PLATFORMS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64

# What is shipped is built without cgo, so that is what is checked; only the race detector needs a C compiler.
export CGO_ENABLED := 0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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
race: ## all tests in random order under the race detector
	CGO_ENABLED=1 go test -race -shuffle=on -timeout=20m ./...

# What takes longer than a gate may: before a release, and after a change of the engine or of the line.
.PHONY: long
long: ## the tests at their full size, and then so under the race detector
	go test -tags long -timeout=30m ./...
	CGO_ENABLED=1 go test -tags long -race -shuffle=on -timeout=30m ./...

.PHONY: test
test: ## the tests, once and quickly: the short run
	go test ./...

# Neither is part of the gate: what they find depends on the machine and on how long they may look. The inputs in
# testdata/fuzz are run by every `go test`. What measures has the tag long, and so the disk: see shared/gate.
FUZZTIME ?= 60s

.PHONY: bench
bench: ## the measured figures, on this machine: three runs of each
	go test -tags long -run='^$$' -bench=. -benchtime=3s -count=3 -timeout=20m ./shared/local ./functions

# River is a module of .ci/peers alone. In memory the disk has no part in what is compared.
.PHONY: peers
peers: ## the engine beside River, another queue on SQLite: three turns of each, in /dev/shm
	go test -c -tags long -o $(TOOLS)/local.test ./shared/local
	cd .ci/peers && go build -o $(TOOLS)/peers .
	TMPDIR=/dev/shm $(TOOLS)/peers -easel $(TOOLS)/local.test

.PHONY: fuzz
fuzz: ## every fuzz target in turn, each for FUZZTIME (60s)
	@grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9]+' shared | sort | while IFS=: read -r file target; do \
		echo "== $$(dirname $$file) $${target#func }"; \
		go test -run='^$$' -fuzz="^$${target#func }\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=100x -parallel=1 ./$$(dirname $$file) </dev/null || exit 1; \
	done

# What the generators and the linters of OpenAPI need is pinned in docs/clients/generated, down to the hashes.
GENERATED := docs/clients/generated
.PHONY: generated
generated: ## clients that generators make of openapi.yaml, run against a server, and two linters
	npm ci --prefix $(GENERATED) --no-audit --no-fund --ignore-scripts
	python3 -m venv $(TOOLS)/generated
	$(TOOLS)/generated/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $(GENERATED)/python/requirements.txt
	go test ./$(GENERATED) -generate

# Not part of the gate at this size: a short one runs with every `go test`. The full disk needs Linux and root.
JOBS  ?= 10000
KILLS ?= 50
SEED  ?= 0

.PHONY: chaos
chaos: ## kill and torment a server under load until each rare state was reached; JOBS, KILLS and SEED choose how much and which
	go test -tags long ./shared/local -run Chaos -chaos.jobs=$(JOBS) -chaos.kills=$(KILLS) -chaos.seed=$(SEED) -timeout 60m -v

# What is found does not depend on the machine: a seed is one order of all that happens.
SEEDS ?= 20000
FIRST ?= 1

.PHONY: interleave
interleave: ## SEEDS orders, from FIRST on, in which workers, sweeps and people come between each other
	go test ./shared/job -run WhateverTheOrder -weave.first=$(FIRST) -weave.seeds=$(SEEDS) -timeout 120m -v

# In virtual time, so that its figures are the same on every machine.
.PHONY: pace
pace: ## how a service is used that throttles, fails or differs from what was set, beside a worker without a pacer
	go test -tags long ./shared/local -run PaceBeside -pace.beside -timeout 60m -v

# Nor is this one. Most of its time is the disk's: with TMPDIR in memory it is some three times as fast.
LINES ?= 100000

.PHONY: soak
soak: KILLS = 5
soak: ## LINES of a file become pictures while client and server are killed KILLS times each; SEED chooses when
	go test -tags long ./shared/cli -run Soak -soak.lines=$(LINES) -soak.kills=$(KILLS) -soak.seed=$(SEED) -soak.strict -timeout 150m -v

.PHONY: fmt
fmt: $(GOLANGCI) ## format every file
	$(GOLANGCI) fmt

.PHONY: build
build: ## bin/easel
	go build -trimpath -ldflags='-s -w' -o bin/ ./cmd/easel

# ---- AWS

# SAM calls these targets, with the folder for the result and without the architecture: that comes from ARCHITECTURE, which
# has to be the template's parameter of that name.
ARCHITECTURE  ?= arm64
FUNCTIONS     := SubmitFunction WorkerFunction StatusFunction SweepFunction
ARTIFACTS_DIR ?= $(CURDIR)/bin/functions/$(ARCHITECTURE)/$(@:build-%=%)
goarch         = $(or $(GOARCH_$(ARCHITECTURE)),$(error ARCHITECTURE is "$(ARCHITECTURE)": use arm64 or x86_64))
GOARCH_arm64  := arm64
GOARCH_x86_64 := amd64

# Without net/rpc, which nothing calls, without HTTP/2, and without symbols a function is less than half as large. Every
# service used here speaks HTTP/1.1: to omit HTTP/2 saves 370 kB, to be loaded at each cold start.
.PHONY: $(addprefix build-,$(FUNCTIONS))
$(addprefix build-,$(FUNCTIONS)): build-%Function:
	GOOS=linux GOARCH=$(goarch) go build -tags lambda.norpc,nethttpomithttp2 -trimpath -ldflags='-s -w' \
		-o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$(shell echo $* | tr A-Z a-z)

.PHONY: sam-build
sam-build: $(SAM) ## the functions as `sam deploy` takes them; ARCHITECTURE=x86_64 for the other processor
	ARCHITECTURE=$(ARCHITECTURE) $(SAM) build --parameter-overrides Architecture=$(ARCHITECTURE)

# Containers run on the processor of this machine.
MACHINE := $(if $(filter x86_64 amd64,$(shell uname -m)),x86_64,arm64)

# The base image is what `sam local` would fetch, made of the emulator that the SAM CLI carries: enough for static
# programs, and no registry is asked.
.PHONY: sam-image
sam-image: $(SAM) ## a base image for sam-local, where the registry cannot be reached
	$(VENV)/bin/python .ci/image.py $(MACHINE) | docker import --change 'WORKDIR /var/task' - \
		public.ecr.aws/lambda/provided:al2023-rapid-$(MACHINE)

.PHONY: sam-local
sam-local: ## one picture through the functions in containers, without an account; KEEP=1 to go on by hand
	$(MAKE) --no-print-directory sam-build ARCHITECTURE=$(MACHINE)
	go run ./cmd/sam-local $(if $(KEEP),-keep)

# cfn-lint leaves its warnings out where it sees SAM, so it looks at the translation too.
TRANSLATED := .aws-sam/translated.json

.PHONY: lint-template
lint-template: $(TRANSLATED) ## template.yaml, and what SAM makes of it
	AWS_DEFAULT_REGION=us-west-2 $(SAM) validate --lint
	$(VENV)/bin/cfn-lint -t template.yaml $(TRANSLATED)

.PHONY: scan-template
scan-template: $(TRANSLATED) $(CHECKOV) ## the template's security; .ci/checkov.yaml says what is left out, and why
	$(CHECKOV) --config-file .ci/checkov.yaml -f $(TRANSLATED)

.PHONY: aws-tools
aws-tools: $(SAM) $(CHECKOV) ## the SAM CLI, its linters, an emulator of AWS and checkov, into .venv and .bin

$(TRANSLATED): template.yaml .ci/translate.py $(SAM)
	@mkdir -p $(@D)
	$(VENV)/bin/python .ci/translate.py $< > $@.new
	@mv $@.new $@

$(SAM): .ci/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(CHECKOV):
	python3 -m venv $(TOOLS)/checkov-$(CHECKOV_VERSION)
	$(@D)/pip install --quiet --disable-pip-version-check checkov==$(CHECKOV_VERSION)

# ---- releases

RELEASES := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: release
release: $(addprefix release-,$(RELEASES)) bundle ## dist/: easel for six platforms, the bundles for AWS, checksums
	cd dist && { if command -v sha256sum >/dev/null; then sha256sum easel-*; else shasum -a 256 easel-*; fi; } > SHA256SUMS

# The version is that of the tag: Go reads it from git.
.PHONY: $(addprefix release-,$(RELEASES))
$(addprefix release-,$(RELEASES)): release-%:
	GOOS=$(*D) GOARCH=$(*F) go build -trimpath -ldflags='-s -w' -o dist/easel-$(*D)-$(*F)$(if $(filter windows,$(*D)),.exe) ./cmd/easel

.PHONY: bundle
bundle: dist/easel-aws-arm64.zip dist/easel-aws-x86_64.zip ## template and built functions, for `sam deploy` without Go

.PHONY: dist/easel-aws-arm64.zip dist/easel-aws-x86_64.zip
dist/easel-aws-arm64.zip dist/easel-aws-x86_64.zip: dist/easel-aws-%.zip:
	$(MAKE) --no-print-directory $(addprefix build-,$(FUNCTIONS)) ARCHITECTURE=$*
	@mkdir -p $(@D)
	go run .ci/bundle.go $* bin/functions/$* $@

# Not part of the gate: it asks the vulnerability database at vuln.go.dev, so it needs the network,
# and its answer changes without a change here. The workflow runs it on every push and once a week.
.PHONY: vuln
vuln: $(GOVULNCHECK) ## known vulnerabilities in what is called (needs vuln.go.dev)
	$(GOVULNCHECK) ./...

.PHONY: tools
tools: $(GOLANGCI) ## build the pinned tools into .bin

.PHONY: readers
readers: $(READERS)/ready ## programs that read the text in pictures, for the tests, into .bin

$(READERS)/ready: $(wildcard .ci/readers/*)
	rm -rf $(READERS)
	.ci/readers/install $(READERS)

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
