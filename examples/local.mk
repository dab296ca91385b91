# Small host programs, each compiled and run by the tests.
noinst_PROGRAMS += examples/iso_codes
examples_iso_codes_SOURCES = examples/iso_codes.c
examples_iso_codes_LDADD = libdatasource.la
EXTRA_DIST += examples/demo/models.json examples/demo/memory.json examples/demo/redis.json
