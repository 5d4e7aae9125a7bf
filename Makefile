# make run    installs what is missing and opens the window with the lab (on a virtual display where there is none);
#             ARGS=coap://192.0.2.1/sensors, or a capture file, is opened in it
# make test   installs what the tests need and runs them all
# make check  go vet, gofumpt, staticcheck
# make build  builds build/coapscope
# make fuzz   runs every fuzz target for FUZZTIME each

# One set of tags everywhere: another set compiles all of the graphics code again.
ifeq ($(shell uname -s),Linux)
TAGS := x11,gles,migrated_fynedo
else
TAGS := migrated_fynedo
endif
FUZZTIME ?= 5m
VERSION  := $(shell sed -n 's/^Version = "\(.*\)"/\1/p' FyneApp.toml)

.PHONY: run test check build fuzz bench clean setup-build setup-test

run: build
	@sh .ci/run-window build/coapscope $(ARGS)

build: setup-build
	@mkdir -p build
	go build -tags $(TAGS) -ldflags "-s -w -X main.version=$(VERSION)" -o build/coapscope .

test: setup-build setup-test check
	go test -tags $(TAGS) -timeout 15m ./...

check:
	go vet -tags $(TAGS) ./...
	@sh .ci/format
	go run honnef.co/go/tools/cmd/staticcheck@v0.6.1 -tags $(TAGS) ./...

fuzz:
	@sh .ci/fuzz $(FUZZTIME)

bench:
	go test -run '^$$' -bench . -benchmem ./protocol/... ./session/... ./discovery/... ./ui/view/...

clean:
	rm -rf build

setup-build:
	@sh .ci/setup build

setup-test:
	@sh .ci/setup test
	@sh .ci/peers
