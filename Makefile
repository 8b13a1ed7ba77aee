# SPDX-License-Identifier: Apache-2.0
# The front door. It installs what is missing, then calls meson, ninja and the scripts in tools/: all that
# builds and tests is described there. `make help` lists what can be asked for.

BUILD = build
DOMAIN =
PREFIX = /usr/local
T = 60
MUTATE =
TALLY ?=
export TALLY

.NOTPARALLEL:
.PHONY: all help try check test sanitize valgrind clang coverage build-fuzz fuzz fuzz-brief mutate lint bench install generated clean packages-build packages-lab packages-browser packages-bench packages-lint packages-fuzz packages-coverage

all: packages-build
	@tools/web.sh
	@tools/build.sh $(BUILD) -Dprefix=$(PREFIX)

help:
	@echo 'make                    installs what is missing and builds $(BUILD)/mxassay'
	@echo 'make try                checks the domains of a small lab of mail servers on this machine'
	@echo 'make try DOMAIN=NAME    checks a real domain'
	@echo 'make check              the quick tests: house rules, units, command line, scenarios in virtual time'
	@echo 'make test               all tests; also scenarios over loopback, the pages in a browser and, as root, real mail servers in namespaces of their own'
	@echo 'make sanitize           the quick tests under AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make valgrind           the unit tests under valgrind'
	@echo 'make clang              everything built with clang too'
	@echo 'make coverage           how much of src the quick tests reach; below 85 % of the lines it fails'
	@echo 'make fuzz T=60          fuzzes each parser, and the whole prober, for T seconds; make fuzz-brief: for some seconds'
	@echo 'make mutate             breaks the rules one place at a time; says what no test notices (MUTATE="--limit 200 --seed 1")'
	@echo 'make lint               cppcheck, clang-tidy, shellcheck'
	@echo 'make bench              round trips, CPU and memory against the leanest possible client'
	@echo 'make generated          writes anew what is made of tables: findings, schemas, scenario language, list of the lab'
	@echo 'make install            into PREFIX=$(PREFIX); DESTDIR is honoured'
	@echo 'make clean              removes what was built'

try: all packages-lab
	@tools/try.sh $(BUILD) $(DOMAIN)

check: all
	@tools/test.sh $(BUILD) house,unit,process,cli,virtual

test: all packages-lab packages-browser
	@tools/mcp.sh
	@tools/test.sh $(BUILD)

sanitize: packages-build
	@tools/build.sh build-sanitize -Dbuildtype=debug -Doptimization=1 -Db_sanitize=address,undefined -Darena_malloc=true
	@tools/test.sh build-sanitize unit process cli virtual torture

valgrind: packages-build packages-lint
	@tools/build.sh build-valgrind -Dbuildtype=debug -Doptimization=1 -Darena_malloc=true
	@tools/test.sh --valgrind build-valgrind unit

clang: packages-build packages-fuzz
	@CC=clang tools/build.sh build-clang

coverage: packages-build packages-coverage
	@tools/build.sh build-coverage -Dbuildtype=debug -Db_coverage=true
	@tools/test.sh build-coverage unit virtual
	@tools/coverage.sh build-coverage

build-fuzz: packages-build packages-fuzz
	@CC=clang tools/build.sh build-fuzz -Dfuzz=true -Dbuildtype=debug -Doptimization=2 -Db_sanitize=address,undefined -Db_lundef=false -Darena_malloc=true

fuzz: build-fuzz
	@tools/fuzz.sh build-fuzz $(T)

fuzz-brief: build-fuzz
	@tools/fuzz.sh build-fuzz 4

mutate: packages-build
	@tools/mutate.py $(MUTATE)

lint: all packages-lint
	@tools/lint.sh $(BUILD)

bench: packages-build packages-bench
	@tools/build.sh build-bench -Dbench=true -Dtests=false -Dbuildtype=release
	@bench/run --build build-bench

install: all
	meson install -C $(BUILD) --no-rebuild

generated: all
	ninja -C $(BUILD) generated
	$(BUILD)/tests/engine/mxassay-lab --language >doc/scenario.md
	$(BUILD)/tests/engine/mxassay-lab --list tests/scenarios tests/scenarios/hostile >doc/lab.md
	$(BUILD)/tests/unit/bulk/bulk_schema >doc/bulk-summary.schema.json

clean:
	rm -rf build build-sanitize build-valgrind build-bench build-clang build-coverage build-fuzz

packages-build packages-lab packages-browser packages-bench packages-lint packages-fuzz packages-coverage:
	@tools/install.sh $(@:packages-%=%)
