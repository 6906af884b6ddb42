# sp: small filters that bring Spotify listening history into SQLite.
#
#   make deps        install what is missing to build and to test
#   make             build everything into build/
#   make check       every test; T=sp-load for the tests of one program
#   make install     PREFIX=/usr/local, DESTDIR=
#   make help        the other targets

.POSIX:
.SUFFIXES:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/sp
DESTDIR ?=

B ?= build
CC ?= cc
ifeq ($(origin CC),default)
CC = cc
endif
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
VERSION := 0.1.0

STD = -std=c11 -D_POSIX_C_SOURCE=200809L
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wvla -Wformat=2 -Wundef \
	-Wdouble-promotion -Wimplicit-fallthrough -Wnull-dereference
HARDEN = -fstack-protector-strong -D_FORTIFY_SOURCE=2
ifneq ($(findstring -fsanitize,$(CFLAGS)),)
HARDEN =
endif
ALL_CPPFLAGS = $(STD) -Ilib -Icmd -I$(B)/gen -DSP_VERSION='"$(VERSION)"' \
	$(CPPFLAGS)
ALL_CFLAGS = $(WARN) $(HARDEN) $(CFLAGS) -MMD -MP

# Each program links the one library that its resource needs. libjq has a
# pkg-config file only since 1.7.
pkg_libs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null || echo $(2))
pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null)
sp-fetch_LIBS = $(call pkg_libs,libcurl,-lcurl)
sp-transform_LIBS = $(call pkg_libs,libjq,-ljq)
sp-stage_LIBS = $(call pkg_libs,sqlite3,-lsqlite3)
sp-load_LIBS = $(sp-stage_LIBS)
sp-queue_LIBS = $(sp-stage_LIBS)
sp-rehearse_LIBS = $(call pkg_libs,libmicrohttpd,-lmicrohttpd) -pthread

PROGRAMS = sp-fetch sp-load sp-queue sp-rehearse sp-stage sp-transform
BINS = $(PROGRAMS:%=$(B)/%)
LIB_SRC = $(wildcard lib/*/*.c)
CMD_SHARED = $(filter-out cmd/sp-%,$(wildcard cmd/*.c))
LIB_OBJ = $(LIB_SRC:%.c=$(B)/%.o) $(CMD_SHARED:%.c=$(B)/%.o) \
	$(B)/gen/filters.o $(B)/gen/schema.o
FILTERS = $(wildcard lib/filters/*.jq)
SCHEMA = $(wildcard lib/schema/*.sql)
UNIT_SRC = $(wildcard tests/unit/*.c)
UNITS = $(UNIT_SRC:%.c=$(B)/%)
HEADERS = $(wildcard lib/*/*.h cmd/*.h)

all: $(BINS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(B)/gen/%.o: $(B)/gen/%.c
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# Mappings and schema are data: built into the programs as strings.
$(B)/gen/filters.c: $(FILTERS) lib/embed.sh
	@mkdir -p $(@D)
	sh lib/embed.sh builtin_filters $(FILTERS) > $@

$(B)/gen/schema.c: $(SCHEMA) lib/embed.sh
	@mkdir -p $(@D)
	sh lib/embed.sh builtin_schema $(SCHEMA) > $@

$(B)/libsp.a: $(LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $(LIB_OBJ)

$(BINS): $(B)/sp-%: $(B)/cmd/sp-%.o $(B)/libsp.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libsp.a \
		-Wl,--as-needed $($(@F)_LIBS)

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libsp.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libsp.a -Wl,--as-needed \
		$(sp-stage_LIBS) $(sp-transform_LIBS) $(sp-fetch_LIBS)

# T picks by name: T=sp-load, T=json
T ?=
TESTS = $(wildcard tests/$(if $(T),$(T),*).t)
check: all $(UNITS)
	SP_BUILD=$(abspath $(B)) prove -j2 $(if $(V),-v) \
		$(if $(filter sp-%,$(T)),,$(if $(T),$(filter %/$(T),$(UNITS)),$(UNITS))) \
		$(TESTS)

clean:
	rm -rf $(B)

.PHONY: all check clean
-include $(LIB_OBJ:.o=.d) $(BINS:$(B)/%=$(B)/cmd/%.d) $(UNITS:%=%.d)
