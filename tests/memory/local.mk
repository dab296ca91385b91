# The memory connector, through the public API; a kill is one of a child process.
MEMORY_SUPPORT = tests/memory/host.c tests/memory/host.h
MEMORY_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
MEMORY_LIBS = libdatasource.la tests/support/libsupport.a $(CUNIT_LIBS)

check_PROGRAMS += tests/memory/test_memory
TESTS += tests/memory/test_memory
tests_memory_test_memory_SOURCES = tests/memory/test_memory.c $(MEMORY_SUPPORT)
tests_memory_test_memory_CPPFLAGS = $(MEMORY_CPPFLAGS)
tests_memory_test_memory_LDADD = $(MEMORY_LIBS)

check_PROGRAMS += tests/memory/test_memory_file
TESTS += tests/memory/test_memory_file
tests_memory_test_memory_file_SOURCES = tests/memory/test_memory_file.c $(MEMORY_SUPPORT)
tests_memory_test_memory_file_CPPFLAGS = $(MEMORY_CPPFLAGS)
tests_memory_test_memory_file_LDADD = $(MEMORY_LIBS)

check_PROGRAMS += tests/memory/test_memory_kill
TESTS += tests/memory/test_memory_kill
tests_memory_test_memory_kill_SOURCES = tests/memory/test_memory_kill.c $(MEMORY_SUPPORT)
tests_memory_test_memory_kill_CPPFLAGS = $(MEMORY_CPPFLAGS)
tests_memory_test_memory_kill_LDADD = $(MEMORY_LIBS)

check_PROGRAMS += tests/memory/test_memory_threads
TESTS += tests/memory/test_memory_threads
THREAD_TESTS += tests/memory/test_memory_threads
tests_memory_test_memory_threads_SOURCES = tests/memory/test_memory_threads.c $(MEMORY_SUPPORT)
tests_memory_test_memory_threads_CPPFLAGS = $(MEMORY_CPPFLAGS)
tests_memory_test_memory_threads_LDADD = $(MEMORY_LIBS)

check_PROGRAMS += tests/memory/test_memory_nomem
TESTS += tests/memory/test_memory_nomem
tests_memory_test_memory_nomem_SOURCES = tests/memory/test_memory_nomem.c
tests_memory_test_memory_nomem_CPPFLAGS = $(MEMORY_CPPFLAGS)
tests_memory_test_memory_nomem_LDADD = $(MEMORY_LIBS)

check_PROGRAMS += tests/memory/test_memory_batches
TESTS += tests/memory/test_memory_batches
tests_memory_test_memory_batches_SOURCES = tests/memory/test_memory_batches.c $(MEMORY_SUPPORT)
tests_memory_test_memory_batches_CPPFLAGS = $(MEMORY_CPPFLAGS)
tests_memory_test_memory_batches_LDADD = $(MEMORY_LIBS)
