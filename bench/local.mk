# Benchmarks: built and run by `make bench`, each against the raw client library in one run.
EXTRA_PROGRAMS = bench/sqlite bench/redis
CLEANFILES += $(EXTRA_PROGRAMS)
bench_sqlite_SOURCES = bench/sqlite.c bench/bench.c bench/bench.h
bench_sqlite_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
bench_sqlite_LDADD = libdatasource.la $(SQLITE_LIBS)
bench_redis_SOURCES = bench/redis.c bench/bench.c bench/bench.h
bench_redis_CPPFLAGS = $(AM_CPPFLAGS) $(HIREDIS_CFLAGS) -I$(top_srcdir)/tests/support
bench_redis_LDADD = libdatasource.la tests/support/libsupport.a $(HIREDIS_LIBS) $(CUNIT_LIBS)

.PHONY: bench
bench: all $(EXTRA_PROGRAMS)
	@for program in $(EXTRA_PROGRAMS); do \
	    DATASOURCE_PLUGIN_PATH='$(abs_top_builddir)/plugin/.libs' ./$$program || exit 1; done
