# Mutation tests, over the public API alone.
FUZZ = tests/fuzz/fuzz_catalogs tests/fuzz/fuzz_filters tests/fuzz/fuzz_queries tests/fuzz/fuzz_reader tests/fuzz/fuzz_records \
	tests/fuzz/fuzz_urls
check_PROGRAMS += $(FUZZ)
TESTS += $(FUZZ)
check_LIBRARIES += tests/fuzz/libfuzz.a
tests_fuzz_libfuzz_a_SOURCES = tests/fuzz/fuzz.c tests/fuzz/fuzz.h tests/fuzz/things.c
tests_fuzz_libfuzz_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
FUZZ_LIBS = tests/fuzz/libfuzz.a libdatasource.la tests/support/libsupport.a $(CUNIT_LIBS)
tests_fuzz_fuzz_catalogs_SOURCES = tests/fuzz/fuzz_catalogs.c
tests_fuzz_fuzz_catalogs_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_catalogs_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_filters_SOURCES = tests/fuzz/fuzz_filters.c
tests_fuzz_fuzz_filters_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_filters_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_queries_SOURCES = tests/fuzz/fuzz_queries.c
tests_fuzz_fuzz_queries_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_queries_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_reader_SOURCES = tests/fuzz/fuzz_reader.c
tests_fuzz_fuzz_reader_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_reader_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_records_SOURCES = tests/fuzz/fuzz_records.c
tests_fuzz_fuzz_records_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_records_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_urls_SOURCES = tests/fuzz/fuzz_urls.c
tests_fuzz_fuzz_urls_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_urls_LDADD = $(FUZZ_LIBS)
