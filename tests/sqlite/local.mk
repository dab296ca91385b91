# The SQLite connector, through the public API, and looked at by SQLite itself.
SQLITE_SUPPORT = tests/sqlite/base.c tests/sqlite/base.h tests/memory/host.c tests/memory/host.h
SQLITE_TEST_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) -I$(top_srcdir)/tests/support
SQLITE_TEST_LIBS = libdatasource.la tests/support/libsupport.a $(SQLITE_LIBS) $(CUNIT_LIBS)

check_PROGRAMS += tests/sqlite/test_sqlite_tables
TESTS += tests/sqlite/test_sqlite_tables
tests_sqlite_test_sqlite_tables_SOURCES = tests/sqlite/test_sqlite_tables.c $(SQLITE_SUPPORT)
tests_sqlite_test_sqlite_tables_CPPFLAGS = $(SQLITE_TEST_CPPFLAGS)
tests_sqlite_test_sqlite_tables_LDADD = $(SQLITE_TEST_LIBS)

check_PROGRAMS += tests/sqlite/test_sqlite_threads
TESTS += tests/sqlite/test_sqlite_threads
THREAD_TESTS += tests/sqlite/test_sqlite_threads
tests_sqlite_test_sqlite_threads_SOURCES = tests/sqlite/test_sqlite_threads.c $(SQLITE_SUPPORT)
tests_sqlite_test_sqlite_threads_CPPFLAGS = $(SQLITE_TEST_CPPFLAGS)
tests_sqlite_test_sqlite_threads_LDADD = $(SQLITE_TEST_LIBS)

check_PROGRAMS += tests/sqlite/test_sqlite_plans
TESTS += tests/sqlite/test_sqlite_plans
tests_sqlite_test_sqlite_plans_SOURCES = tests/sqlite/test_sqlite_plans.c $(SQLITE_SUPPORT)
tests_sqlite_test_sqlite_plans_CPPFLAGS = $(SQLITE_TEST_CPPFLAGS)
tests_sqlite_test_sqlite_plans_LDADD = $(SQLITE_TEST_LIBS)

check_PROGRAMS += tests/sqlite/test_sqlite_faults
TESTS += tests/sqlite/test_sqlite_faults
tests_sqlite_test_sqlite_faults_SOURCES = tests/sqlite/test_sqlite_faults.c $(SQLITE_SUPPORT)
tests_sqlite_test_sqlite_faults_CPPFLAGS = $(SQLITE_TEST_CPPFLAGS)
tests_sqlite_test_sqlite_faults_LDFLAGS = -export-dynamic # the plugin's poll() is the test's
tests_sqlite_test_sqlite_faults_LDADD = $(SQLITE_TEST_LIBS)

check_PROGRAMS += tests/sqlite/test_sqlite_settings
TESTS += tests/sqlite/test_sqlite_settings
tests_sqlite_test_sqlite_settings_SOURCES = tests/sqlite/test_sqlite_settings.c $(SQLITE_SUPPORT)
tests_sqlite_test_sqlite_settings_CPPFLAGS = $(SQLITE_TEST_CPPFLAGS)
tests_sqlite_test_sqlite_settings_LDADD = $(SQLITE_TEST_LIBS)

check_PROGRAMS += tests/sqlite/test_sqlite_values
TESTS += tests/sqlite/test_sqlite_values
tests_sqlite_test_sqlite_values_SOURCES = tests/sqlite/test_sqlite_values.c $(SQLITE_SUPPORT)
tests_sqlite_test_sqlite_values_CPPFLAGS = $(SQLITE_TEST_CPPFLAGS)
tests_sqlite_test_sqlite_values_LDADD = $(SQLITE_TEST_LIBS)

check_PROGRAMS += tests/sqlite/test_sqlite_nomem
TESTS += tests/sqlite/test_sqlite_nomem
tests_sqlite_test_sqlite_nomem_SOURCES = tests/memory/test_memory_nomem.c
tests_sqlite_test_sqlite_nomem_CPPFLAGS = $(SQLITE_TEST_CPPFLAGS) -DWITH_SQL
tests_sqlite_test_sqlite_nomem_LDADD = $(SQLITE_TEST_LIBS)

check_PROGRAMS += tests/sqlite/test_sqlite_own_nomem
TESTS += tests/sqlite/test_sqlite_own_nomem
tests_sqlite_test_sqlite_own_nomem_SOURCES = tests/sqlite/test_sqlite_own_nomem.c $(SQLITE_SUPPORT)
tests_sqlite_test_sqlite_own_nomem_CPPFLAGS = $(SQLITE_TEST_CPPFLAGS)
tests_sqlite_test_sqlite_own_nomem_LDADD = $(SQLITE_TEST_LIBS)

check_PROGRAMS += tests/sqlite/test_sqlite_foreign
TESTS += tests/sqlite/test_sqlite_foreign
tests_sqlite_test_sqlite_foreign_SOURCES = tests/sqlite/test_sqlite_foreign.c $(SQLITE_SUPPORT)
tests_sqlite_test_sqlite_foreign_CPPFLAGS = $(SQLITE_TEST_CPPFLAGS)
tests_sqlite_test_sqlite_foreign_LDADD = $(SQLITE_TEST_LIBS)
