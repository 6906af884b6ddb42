# sp: small filters that load Spotify listening history into SQLite.
# `make help` lists the targets. Needs GNU make.

.SUFFIXES:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VERSION := 0.2.0
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/sp
UNITDIR ?= $(PREFIX)/lib/systemd/user
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
DESTDIR ?=

B ?= build
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config

STD = -std=c11 -D_POSIX_C_SOURCE=200809L
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wvla -Wformat=2 -Wundef \
	-Wdouble-promotion -Wimplicit-fallthrough -Wnull-dereference \
	-Werror=implicit-function-declaration \
	$(if $(WERROR),-Werror)
# Fortified functions need optimisation, and hide errors from sanitizers.
# Flags that not every compiler or linker supports are tried first.
comma := ,
has_flag = $(shell :; echo 'int main(void) { return 0; }' | \
	$(CC) -Werror $(1) -x c - -o /dev/null 2>/dev/null && echo '$(1)')
ifeq ($(findstring -fsanitize,$(CFLAGS))$(findstring -O0,$(CFLAGS)),)
HARDEN := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
	$(call has_flag,-fstack-clash-protection) \
	$(call has_flag,-fcf-protection)
HARDEN_LD := $(call has_flag,-Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now)
endif
ifeq ($(origin PATH),undefined)
export PATH = /usr/local/bin:/usr/bin:/bin
endif
ifeq ($(shell :; uname),Darwin)
STD += -D_DARWIN_C_SOURCE
SHIMS =
else
AS_NEEDED = -Wl,--as-needed
endif
ALL_CPPFLAGS = $(STD) -Ilib -Icmd -Itests -I$(B)/gen \
	-DSP_VERSION='"$(VERSION)"' $(LIB_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = $(WARN) $(HARDEN) $(CFLAGS) -MMD -MP

# Each program links only the libraries that it needs. libjq has a pkg-config
# file only since 1.7.
pkg_libs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null || echo $(2))
LIB_CFLAGS := $(shell for p in libcurl libjq sqlite3 libdeflate libarchive \
	libmicrohttpd; do \
	$(PKG_CONFIG) --cflags $$p 2>/dev/null; done)
CURL := $(call pkg_libs,libcurl,-lcurl)
SQLITE := $(call pkg_libs,sqlite3,-lsqlite3)
JQ := $(call pkg_libs,libjq,-ljq) -lm
DEFLATE := $(call pkg_libs,libdeflate,-ldeflate)
ARCHIVE := $(call pkg_libs,libarchive,-larchive)
MICROHTTPD := $(call pkg_libs,libmicrohttpd,-lmicrohttpd)
sp-queue_LIBS = $(SQLITE)
sp-fetch_LIBS = $(CURL)
sp-stage_LIBS = $(SQLITE) $(DEFLATE) $(ARCHIVE)
sp-transform_LIBS = $(JQ) -lm
sp-load_LIBS = $(SQLITE)
sp-rehearse_LIBS = $(MICROHTTPD) -pthread

C_PROGRAMS = $(patsubst cmd/%.c,%,$(wildcard cmd/sp-*.c))
SH_PROGRAMS = $(patsubst cmd/%.sh,%,$(wildcard cmd/sp-*.sh))
PROGRAMS = $(C_PROGRAMS) $(SH_PROGRAMS)
C_BINS = $(C_PROGRAMS:%=$(B)/%)
SH_BINS = $(SH_PROGRAMS:%=$(B)/%)
BINS = $(C_BINS) $(SH_BINS)
FILTERS = $(wildcard lib/filters/*.jq)
SCHEMA = $(wildcard lib/schema/*.sql)
REPORT = $(wildcard lib/report/*)
STATEMENTS = $(filter-out $(SCHEMA) $(REPORT),$(wildcard lib/*/*.sql cmd/*.sql))
MAN = $(wildcard man/*.[157])
UNITS = $(wildcard examples/*.service examples/*.timer)
EXAMPLES = $(filter-out $(UNITS) %.png,$(shell find examples -type f 2>/dev/null))
DATA = $(FILTERS) $(SCHEMA) $(REPORT) $(EXAMPLES)
HEADERS = $(wildcard lib/*/*.h cmd/*.h tests/unit/*.h)
LIB_SRC = $(wildcard lib/*/*.c) $(filter-out cmd/sp-%,$(wildcard cmd/*.c))
LIB_OBJ = $(LIB_SRC:%.c=$(B)/%.o) \
	$(B)/gen/filters.o $(B)/gen/jq.o $(B)/gen/schema.o \
	$(B)/gen/statements.o
# Unit tests, and programs that tests use: each links all libraries.
TEST_BINS = $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*.c tests/*.c \
	tests/bench/*.c))
JQ_COMPARE = $(B)/tests/jq/compare
JQ_COMPARE_OBJ = $(patsubst %.c,$(B)/%.o,$(wildcard tests/jq/*.c))
FUZZERS = $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/*.c))
C_SRC = $(wildcard cmd/*.[ch] lib/*/*.[ch] tests/*.c tests/*/*.[ch])

# V=1 shows whole commands.
Q = $(if $(V),,@)
say = $(if $(V),,@echo '  $(1)	$@')

all: $(BINS) $(B)/completions/made ##: build the programs into build/ (default)

# Sources may include this generated header. It is order-only: once an object is
# built, its .d file says whether it depends on the header.
$(LIB_OBJ) $(C_BINS:$(B)/%=$(B)/cmd/%.o) $(TEST_BINS:%=%.o) $(FUZZERS:%=%.o): \
	| $(B)/gen/db/statements.h $(B)/headers

# A build without what it needs says what to do.
$(B)/headers:
	@mkdir -p $(@D)
	@printf '#include <%s>\n' stddef.h stdint.h stdio.h sys/types.h \
		curl/curl.h jq.h sqlite3.h libdeflate.h archive.h microhttpd.h | \
		$(CC) $(ALL_CPPFLAGS) -E -x c - >/dev/null || { \
		echo 'a compiler or headers are missing: run `make deps`' >&2; \
		exit 1; }
	@touch $@

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(B)/gen/%.o: $(B)/gen/%.c
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# Mappings and schema are data, embedded in the programs as strings. A folder
# changes when a file in it comes or goes.
$(B)/gen/filters.c: $(FILTERS) lib/filters lib/embed.sh
	@mkdir -p $(@D)
	$(call say,EMBED)
	$(Q)sh lib/embed.sh builtin_filters $(FILTERS) > $@

# jq's functions that are defined in jq.
$(B)/gen/jq.c: lib/jq/builtins.jq lib/embed.sh
	@mkdir -p $(@D)
	$(call say,EMBED)
	$(Q)sh lib/embed.sh builtin_jq lib/jq/builtins.jq > $@

$(B)/gen/schema.c: $(SCHEMA) lib/schema lib/embed.sh
	@mkdir -p $(@D)
	$(call say,EMBED)
	$(Q)sh lib/embed.sh builtin_schema $(SCHEMA) > $@

# Statements are in .sql files beside the sources that use them by name.
$(B)/gen/db/statements.h: $(STATEMENTS) lib/statements.sh
	@mkdir -p $(@D)
	$(call say,EMBED)
	$(Q)sh lib/statements.sh header $(STATEMENTS) > $@

$(B)/gen/statements.c: $(STATEMENTS) lib/statements.sh
	@mkdir -p $(@D)
	$(call say,EMBED)
	$(Q)sh lib/statements.sh source $(STATEMENTS) > $@

$(B)/libsp.a: $(LIB_OBJ)
	$(call say,AR)
	$(Q)rm -f $@
	$(Q)$(AR) qcs $@ $(LIB_OBJ)

$(C_BINS): $(B)/%: $(B)/cmd/%.o $(B)/libsp.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(HARDEN_LD) $(LDFLAGS) -o $@ $< $(B)/libsp.a \
		$(AS_NEEDED) $($*_LIBS)

# Programs in sh. They find their data in the checkout until they are installed.
configure = sed -e 's|@VERSION@|$(VERSION)|' -e 's|@DATADIR@|$(1)|' \
	-e '/^\. options\.sh$$/{r cmd/options.sh' -e 'd;}'
$(SH_BINS): $(B)/%: cmd/%.sh cmd/options.sh Makefile
	@mkdir -p $(@D)
	$(call say,SH)
	$(Q)$(call configure,$(CURDIR)/lib) $< > $@ && chmod 755 $@

# Completions are made from what the programs print for --help.
$(B)/completions/made: lib/completions.sh $(wildcard lib/completions/*) $(BINS)
	$(call say,GEN)
	$(Q)sh lib/completions.sh $(@D) $(BINS) && touch $@

$(TEST_BINS): $(B)/%: $(B)/%.o $(B)/libsp.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(HARDEN_LD) $(LDFLAGS) -o $@ $< $(B)/libsp.a \
		$(AS_NEEDED) $(SQLITE) $(DEFLATE) $(ARCHIVE) $(JQ) $(CURL) \
		$(MICROHTTPD) -lm

# Compares libjq with lib/jq.
$(JQ_COMPARE): $(JQ_COMPARE_OBJ) $(B)/libsp.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(HARDEN_LD) $(LDFLAGS) -o $@ $^ $(AS_NEEDED) $(JQ)

$(FUZZERS): $(B)/%: $(B)/%.o $(B)/libsp.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(B)/libsp.a \
		$(AS_NEEDED) $(SQLITE) $(DEFLATE) $(ARCHIVE) $(JQ) $(CURL) -lm

# Mutants: sp-load with one broken rule of merging, which tests must detect.
MUTANTS = $(patsubst tests/property/mutants/%.sed,$(B)/mutants/%/sp-load,\
	$(wildcard tests/property/mutants/*.sed))
$(MUTANTS): $(B)/mutants/%/sp-load: tests/property/mutants/%.sed \
		$(B)/cmd/sp-load.o $(B)/libsp.a tests/property/mutate.sh
	@mkdir -p $(@D)
	$(call say,MUTANT)
	$(Q)sh tests/property/mutate.sh $< $(@D)/mutant.o \
		$(CC) $(ALL_CPPFLAGS) $(WARN) $(HARDEN) $(CFLAGS)
	$(Q)$(CC) $(CFLAGS) $(HARDEN_LD) $(LDFLAGS) -o $@ $(B)/cmd/sp-load.o \
		$(@D)/mutant.o $(B)/libsp.a $(AS_NEEDED) $(SQLITE)

# Preloaded libraries that replace functions of libc: inject.so makes calls
# fail, power.so records writes and syncs to simulate power cuts, and fixed.so
# fixes the clock and the random bytes.
SHIMS ?= $(B)/tests/fault/inject.so $(B)/tests/fault/power.so \
	$(B)/tests/lib/fixed.so
$(B)/tests/%.so: tests/%.c
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(STD) -D_GNU_SOURCE $(WARN) $(CFLAGS) -fPIC -fno-builtin \
		-shared -o $@ $< -ldl

# T selects the tests whose names begin with it: T=sp-load, T=json.
TESTS = $(filter $(B)/tests/unit/$(T)%,$(TEST_BINS)) $(wildcard tests/$(T)*.t)
# A test that hangs is ended, so that prove names it.
J ?= 2
TEST_SECONDS ?= 900
PROVE = prove -j$(J) -e 'timeout -k 10 $(TEST_SECONDS)' $(if $(V),-v)
check: all $(TEST_BINS) $(JQ_COMPARE) $(MUTANTS) $(SHIMS) ## run every test; T=sp-load or T=json for some, V=1
	SP_BUILD="$$(cd $(B) && pwd)" $(PROVE) $(TESTS)

golden: all $(SHIMS) ## compare with known outputs; UPDATE=1 accepts new ones
	SP_BUILD="$$(cd $(B) && pwd)" UPDATE=$(UPDATE) sh tests/golden.t

check-report: all ## open pages of sp-report in Chromium and Firefox
	SP_BUILD="$$(cd $(B) && pwd)" prove $(if $(V),-v) -e 'python3 -B' \
		tests/report/check.py

check-warehouse: all ## push into PostgreSQL, and kill what works; SECONDS=100, SEED
	SP_BUILD="$$(cd $(B) && pwd)" python3 -B tests/warehouse/warehouse.py \
		$(if $(filter-out file,$(origin SECONDS)),--seconds $(SECONDS)) \
		$(if $(SEED),--seed $(SEED))

report-picture: ## make the pictures of a report in examples/
	python3 -B tests/report/picture.py examples

deps: ##: install what is needed to build, and by targets after it
	@CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' sh lib/deps.sh \
		$(filter-out deps,$(MAKECMDGOALS))
ifneq ($(filter deps,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

SAN = -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all
asan: ## run the tests with the address sanitizer
	$(MAKE) B=$(B)/asan CFLAGS='$(SAN) -fsanitize=address' check

ubsan: ## run the tests with the undefined behaviour sanitizer
	$(MAKE) B=$(B)/ubsan CFLAGS='$(SAN) -fsanitize=undefined' check

valgrind: all $(TEST_BINS) $(JQ_COMPARE) ## run the tests with the programs in valgrind
	sh tests/valgrind.sh $(B) $(TESTS)

SECONDS ?= 10
fuzz: ## fuzz with clang; SECONDS=10 for each target, T=json for some
	$(MAKE) B=$(B)/fuzz CC=clang \
		CFLAGS='$(SAN) -fsanitize=address,undefined,fuzzer-no-link' \
		fuzzers
	sh tests/fuzz/run.sh $(B)/fuzz $(SECONDS) $(T)

fuzzers: $(FUZZERS)

TRIALS ?= 3000
jq-differential: all $(JQ_COMPARE) ## compare lib/jq with libjq; TRIALS=3000, SEED
	$(JQ_COMPARE) random --count $(TRIALS) --seed $(or $(SEED),1)
	$(JQ_COMPARE) syntax --count $(TRIALS) --seed $(or $(SEED),1)
	SP_BUILD="$$(cd $(B) && pwd)" SP_SEED=$(or $(SEED),1) \
		SP_COUNT=$(TRIALS) \
		python3 -B tests/mapping-differential.t

ROUNDS ?= 20
fault: all $(SHIMS) ## kill programs, fail calls, cut power; ROUNDS=20 or FOR=1h
	SP_BUILD="$$(cd $(B) && pwd)" sh tests/fault/run.sh $(ROUNDS) $(FOR)

PROPERTY_ROUNDS = $(if $(filter file,$(origin ROUNDS)),300,$(ROUNDS))
property: all $(MUTANTS) ## load random histories in any order; ROUNDS=300
	SP_BUILD="$$(cd $(B) && pwd)" sh tests/property/run.sh \
		$(PROPERTY_ROUNDS) $(MUTANTS)

DAYS ?= 184
soak: all ## run a timer for DAYS=184 of simulated time
	SP_BUILD="$$(cd $(B) && pwd)" python3 -B tests/soak/months.py \
		--days $(DAYS) $(if $(SEED),--seed $(SEED))

coverage: ## run the tests and print how much of each source they reach
	$(MAKE) B=$(B)/coverage CFLAGS='-O0 -g --coverage' check
	sh tests/coverage.sh $(B)/coverage $(LIB_SRC) $(C_PROGRAMS:%=cmd/%.c)

tidy: $(B)/gen/db/statements.h ## look for bugs with clang-tidy
	clang-tidy --quiet $(filter %.c,$(filter-out tests/%,$(C_SRC))) -- \
		$(ALL_CPPFLAGS)

format: ## format the C sources with clang-format
	clang-format -i $(C_SRC)

format-check: ## list what clang-format would change
	clang-format --dry-run -Werror $(C_SRC)

hdr-check: ## compile each header alone
	for h in $(HEADERS); do echo "#include \"$${h#*/}\"" | \
		$(CC) $(ALL_CPPFLAGS) $(WARN) -Werror -Wno-unused-function \
		-fsyntax-only -x c - || exit; done

manlint: ## check the manual pages
	mandoc -T lint -W warning $(MAN)

# Each of tests/bench/NAME.sh says what it measures, and by which variables.
# `make bench-NAME` runs one. The last two take long, and are not in `bench`.
BENCHES = fetch stage transform load replay import json report
bench: all $(TEST_BINS) ## measure the programs against what one would use instead
	@for f in $(BENCHES); do \
		SP_BUILD="$$(cd $(B) && pwd)" sh tests/bench/$$f.sh || exit; done

ONE_BENCH = $(BENCHES:%=bench-%) bench-history bench-growth
bench-history: ## measure the import and matching of a whole history
bench-growth: ## measure how costs grow, at 1, 5 and 20 million plays
$(ONE_BENCH): bench-%: all $(TEST_BINS)
	@SP_BUILD="$$(cd $(B) && pwd)" sh tests/bench/$*.sh

demo: all ##: show sp at work on a made-up listener: build/demo.html
	sh examples/demo.sh $(B) $(B)

# Pages and examples name the default folders; installed, they name their own.
place = sed -e 's|/usr/local/share/sp|$(DATADIR)|' -e 's|/usr/local/bin|$(BINDIR)|'
install: all ##: install under PREFIX=/usr/local, staged in DESTDIR
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(UNITDIR)' \
		'$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)'
	install -m 755 $(BINS) '$(DESTDIR)$(BINDIR)'
	for f in $(SH_PROGRAMS); do $(call configure,$(DATADIR)) cmd/$$f.sh \
		> '$(DESTDIR)$(BINDIR)'/$$f || exit; done
	for f in $(MAN); do d='$(DESTDIR)$(MANDIR)'/man$${f##*.}; \
		install -d "$$d" && install -m 644 $$f "$$d" && $(place) $$f \
		> "$$d/$${f##*/}" || exit; done
	for f in $(DATA); do \
		d='$(DESTDIR)$(DATADIR)'/$$(dirname $${f#lib/}); \
		m=644; [ ! -x $$f ] || m=755; \
		install -d "$$d" && install -m $$m $$f "$$d" || exit; done
	$(place) examples/crontab > '$(DESTDIR)$(DATADIR)'/examples/crontab
	install -m 644 $(UNITS) '$(DESTDIR)$(UNITDIR)'
	install -m 644 $(PROGRAMS:%=$(B)/completions/bash/%) '$(DESTDIR)$(BASHDIR)'
	install -m 644 $(PROGRAMS:%=$(B)/completions/zsh/_%) '$(DESTDIR)$(ZSHDIR)'
	install -m 644 $(PROGRAMS:%=$(B)/completions/fish/%.fish) '$(DESTDIR)$(FISHDIR)'

uninstall: ##: remove the installed files
	cd '$(DESTDIR)$(BINDIR)' && rm -f $(PROGRAMS)
	cd '$(DESTDIR)$(UNITDIR)' && rm -f $(UNITS:examples/%=%)
	cd '$(DESTDIR)$(BASHDIR)' && rm -f $(PROGRAMS)
	cd '$(DESTDIR)$(ZSHDIR)' && rm -f $(PROGRAMS:%=_%)
	cd '$(DESTDIR)$(FISHDIR)' && rm -f $(PROGRAMS:%=%.fish)
	for f in $(MAN); do \
		rm -f '$(DESTDIR)$(MANDIR)'/man$${f##*.}/$${f##*/}; done
	for f in $(DATA); do \
		rm -f '$(DESTDIR)$(DATADIR)'/$${f#lib/}; done
	-find '$(DESTDIR)$(DATADIR)' -depth -type d -exec rmdir {} +

# A package is built from the commit, in a folder of its own.
PACKAGE = $(shell sed -n 's/^Package: //p' debian/control)
deb: ##: build the commit as a Debian package, into build/deb/
	rm -rf '$(B)/deb' && mkdir -p '$(B)/deb/$(PACKAGE)-$(VERSION)'
	git archive HEAD | tar -x -C '$(B)/deb/$(PACKAGE)-$(VERSION)'
	cd '$(B)/deb/$(PACKAGE)-$(VERSION)' && \
		env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u B \
		dpkg-buildpackage -us -uc >../build.log 2>&1 || \
		{ tail -n 30 ../build.log; exit 1; }
	lintian --fail-on error,warning '$(B)'/deb/*.changes
	@ls '$(B)'/deb/*.deb

RELEASES ?= bookworm trixie
check-deb: ## build, install, use, remove the package in bare systems
	sh tests/check-deb.sh '$(B)/debian' $(RELEASES)

distcheck: ## build, check and install a clean copy of the commit
	rm -rf '$(B)/dist' && mkdir -p '$(B)/dist/sp $(VERSION)'
	git archive HEAD | tar -x -C '$(B)/dist/sp $(VERSION)'
	cd '$(B)/dist/sp $(VERSION)' && $(MAKE) B=build check && \
		$(MAKE) B=build DESTDIR="$$PWD/root" install uninstall

clean: ##: remove build/
	rm -rf $(B)

help: ##: list these targets
	@for kind in 'To use sp##:' 'To work on it##'; do echo "$${kind%%#*}:" && \
		sed -n "s/^\([a-z-]*\):.* #$${kind#*#} /  \1	/p" Makefile | \
		expand -t 20 || exit; done

.PHONY: all asan bench $(ONE_BENCH) check check-deb check-report \
	check-warehouse clean \
	coverage deb demo \
	deps distcheck \
	fault format format-check fuzz fuzzers golden hdr-check help install \
	jq-differential manlint \
	property report-picture soak tidy ubsan uninstall valgrind
-include $(LIB_OBJ:.o=.d) $(C_BINS:$(B)/%=$(B)/cmd/%.d) $(TEST_BINS:%=%.d) \
	$(FUZZERS:%=%.d) $(JQ_COMPARE_OBJ:.o=.d)
