# Benchmarks: built and run by `make bench`, each against the raw client library in one run.
EXTRA_PROGRAMS = bench/sqlite
CLEANFILES += $(EXTRA_PROGRAMS)
bench_sqlite_SOURCES = bench/sqlite.c
bench_sqlite_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
bench_sqlite_LDADD = libdatasource.la $(SQLITE_LIBS)

.PHONY: bench
bench: all $(EXTRA_PROGRAMS)
	@for program in $(EXTRA_PROGRAMS); do \
	    DATASOURCE_PLUGIN_PATH='$(abs_top_builddir)/plugin/.libs' ./$$program || exit 1; done
