# The loader, and plugins with a planted fault each: shared objects that are built for the test and never installed.
LOADER_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
LOADER_PLUGINS = \
	tests/loader/datasource-empty.la \
	tests/loader/datasource-incomplete.la \
	tests/loader/datasource-later.la \
	tests/loader/datasource-misnamed.la \
	tests/loader/datasource-smallest.la \
	tests/loader/datasource-too_small.la \
	tests/loader/datasource-wrong_abi.la
check_LTLIBRARIES += $(LOADER_PLUGINS)

tests_loader_datasource_empty_la_SOURCES = tests/loader/empty.c
tests_loader_datasource_empty_la_LIBADD = libdatasource.la
tests_loader_datasource_empty_la_LDFLAGS = $(LOADER_LDFLAGS)

tests_loader_datasource_incomplete_la_SOURCES = tests/loader/incomplete.c tests/loader/nothing.h
tests_loader_datasource_incomplete_la_LIBADD = libdatasource.la
tests_loader_datasource_incomplete_la_LDFLAGS = $(LOADER_LDFLAGS)

tests_loader_datasource_later_la_SOURCES = tests/loader/later.c tests/loader/nothing.h
tests_loader_datasource_later_la_LIBADD = libdatasource.la
tests_loader_datasource_later_la_LDFLAGS = $(LOADER_LDFLAGS)

tests_loader_datasource_misnamed_la_SOURCES = tests/loader/misnamed.c tests/loader/nothing.h
tests_loader_datasource_misnamed_la_LIBADD = libdatasource.la
tests_loader_datasource_misnamed_la_LDFLAGS = $(LOADER_LDFLAGS)

tests_loader_datasource_smallest_la_SOURCES = tests/loader/smallest.c tests/loader/nothing.h
tests_loader_datasource_smallest_la_LIBADD = libdatasource.la
tests_loader_datasource_smallest_la_LDFLAGS = $(LOADER_LDFLAGS)

tests_loader_datasource_too_small_la_SOURCES = tests/loader/too_small.c tests/loader/nothing.h
tests_loader_datasource_too_small_la_LIBADD = libdatasource.la
tests_loader_datasource_too_small_la_LDFLAGS = $(LOADER_LDFLAGS)

tests_loader_datasource_wrong_abi_la_SOURCES = tests/loader/wrong_abi.c tests/loader/nothing.h
tests_loader_datasource_wrong_abi_la_LIBADD = libdatasource.la
tests_loader_datasource_wrong_abi_la_LDFLAGS = $(LOADER_LDFLAGS)

check_PROGRAMS += tests/loader/test_loader
TESTS += tests/loader/test_loader
tests_loader_test_loader_SOURCES = tests/loader/test_loader.c
tests_loader_test_loader_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_loader_test_loader_LDADD = tests/support/libsupport.a libdatasource.la $(CUNIT_LIBS)
