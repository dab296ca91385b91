# Catalogs, and the life of a source. They link src/libinternal.la to see what threads wait for.
PUPPET_SOURCES = tests/source/puppet.c tests/source/puppet.h tests/source/hands.c tests/source/hands.h

check_PROGRAMS += tests/source/test_life
TESTS += tests/source/test_life
THREAD_TESTS += tests/source/test_life
tests_source_test_life_SOURCES = tests/source/test_life.c $(PUPPET_SOURCES)
tests_source_test_life_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_source_test_life_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/source/test_events
TESTS += tests/source/test_events
THREAD_TESTS += tests/source/test_events
tests_source_test_events_SOURCES = tests/source/test_events.c $(PUPPET_SOURCES)
tests_source_test_events_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_source_test_events_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/source/test_operation
TESTS += tests/source/test_operation
tests_source_test_operation_SOURCES = tests/source/test_operation.c $(PUPPET_SOURCES)
tests_source_test_operation_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_source_test_operation_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/source/test_catalog
TESTS += tests/source/test_catalog
THREAD_TESTS += tests/source/test_catalog
tests_source_test_catalog_SOURCES = tests/source/test_catalog.c $(PUPPET_SOURCES)
tests_source_test_catalog_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_source_test_catalog_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/source/test_source_nomem
TESTS += tests/source/test_source_nomem
tests_source_test_source_nomem_SOURCES = tests/source/test_source_nomem.c $(PUPPET_SOURCES)
tests_source_test_source_nomem_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_source_test_source_nomem_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/source/test_arguments
TESTS += tests/source/test_arguments
tests_source_test_arguments_SOURCES = tests/source/test_arguments.c $(PUPPET_SOURCES)
tests_source_test_arguments_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_source_test_arguments_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/source/test_queue
TESTS += tests/source/test_queue
THREAD_TESTS += tests/source/test_queue
tests_source_test_queue_SOURCES = tests/source/test_queue.c
tests_source_test_queue_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_source_test_queue_LDADD = $(UNIT_LIBS)
