# Targets for people and for CI. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint docs testdata forged-review bench bench-peers bench-compare bench-targets soak degraded torture fuzz fuzz-keep fuzz-seeds clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## set up, build, serve on loopback, stream the demo interview, write an HTML report
	@.ci/demo

test: ## set up and run every test
	@.ci/test

lint: ## formatting, clippy, rustdoc, dependency policy, protocol lint
	@.ci/lint

setup: ## install what is missing: Debian packages, ONNX Runtime, the Python test environment
	@.ci/setup --tests

docs: ## build the API documentation into target/doc
	@.ci/setup
	cargo doc --workspace --features liveproof-sdk/platforms --no-deps

testdata: ## generate the demo interview and the test media anew (needs ffmpeg and espeak-ng, see testdata/README.md)
	@testdata/generate/run

forged-review: ## forge copies of real clips and review them, and run the leak checks (needs the media; not in CI)
	@.ci/setup
	cargo build --release --bin liveproof
	ORT_DYLIB_PATH="$${ORT_DYLIB_PATH:-$(CURDIR)/vendor/onnxruntime/libonnxruntime.so}" models/train/run checks

bench: ## run every benchmark
	@.ci/setup
	cargo bench

BASE ?= main
bench-compare: ## processor time of another revision and of this tree, in turn (BASE=main ROUNDS=7)
	@.ci/setup
	.ci/bench-compare $(BASE)

PEERS_CLIPS ?= testdata/demo/interview.mp4
PEERS_PYTHON ?= python3
bench-peers: ## this program against a plain Python loop over the same clips (needs av, opencv, onnxruntime in PEERS_PYTHON)
	@.ci/setup
	cargo build --release --bin liveproof
	ORT_DYLIB_PATH="$${ORT_DYLIB_PATH:-$(CURDIR)/vendor/onnxruntime/libonnxruntime.so}" \
		$(PEERS_PYTHON) benches/peers/compare.py target/release/liveproof $(PEERS_CLIPS)

bench-targets: ## the table of targets of docs/performance.md, on a quiet machine (PEERS_PYTHON for the peers' rows)
	@.ci/setup
	cargo build --release --bin liveproof
	ORT_DYLIB_PATH="$${ORT_DYLIB_PATH:-$(CURDIR)/vendor/onnxruntime/libonnxruntime.so}" \
		python3 benches/targets.py target/release/liveproof $(if $(filter-out python3,$(PEERS_PYTHON)),--peers-python $(PEERS_PYTHON))

bench-%: ## run one benchmark by name, as bench-fusion
	@.ci/setup
	cargo bench --bench $*

SOAK_SESSIONS ?= 4
SOAK_MEDIA_S ?= 3600
PROFILE ?= bench
soak: ## load a server process for a long time (SOAK_SESSIONS=4 SOAK_MEDIA_S=3600); not in CI
	@.ci/setup
	SOAK_SESSIONS=$(SOAK_SESSIONS) SOAK_MEDIA_S=$(SOAK_MEDIA_S) \
		ORT_DYLIB_PATH="$${ORT_DYLIB_PATH:-$(CURDIR)/vendor/onnxruntime/libonnxruntime.so}" \
		cargo bench --profile $(PROFILE) --bench soak

DEGRADE ?= all
degraded: ## false alarms on real clips of split val made worse (DEGRADE="crf=34 ..."); needs the media, LIVEPROOF_DATA
	@.ci/degraded $(DEGRADE)

torture: ## review 30 mixed recordings with kills on the way, and compare (TORTURE_LONG_S=7200 TORTURE_KILLS=10); not in CI
	@.ci/setup
	cargo build --release --bin liveproof
	ORT_DYLIB_PATH="$${ORT_DYLIB_PATH:-$(CURDIR)/vendor/onnxruntime/libonnxruntime.so}" .ci/torture

FUZZ_S ?= 600
fuzz: ## fuzz the wire border, the codecs, the file reader and the texts, FUZZ_S=600 seconds each; not in CI
	@FUZZ_S=$(FUZZ_S) .ci/fuzz run

fuzz-keep: ## add to testdata/fuzz what the runs of `make fuzz` found and the tests should replay
	@.ci/fuzz keep

fuzz-seeds: ## write the seeds of testdata/fuzz anew (needs the ffmpeg program)
	@.ci/setup
	cargo test --test e2e fuzz::seeds -- --ignored

clean: ## remove what was built here; downloads in the cache stay
	cargo clean
	rm -rf vendor out sdk/typescript/dist sdk/typescript/node_modules
