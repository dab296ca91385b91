# tests/redis

# the mapping of records to hashes
REDIS_TEST_CPPFLAGS = $(AM_CPPFLAGS) $(HIREDIS_CFLAGS) -I$(top_srcdir)/tests/support
REDIS_TEST_LIBS = libdatasource.la tests/support/libsupport.a $(HIREDIS_LIBS) $(CUNIT_LIBS)
check_PROGRAMS += tests/redis/test_mapping
TESTS += tests/redis/test_mapping
tests_redis_test_mapping_SOURCES = tests/redis/test_mapping.c tests/redis/world.c tests/redis/world.h
tests_redis_test_mapping_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_mapping_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_mapping_writes
TESTS += tests/redis/test_mapping_writes
tests_redis_test_mapping_writes_SOURCES = tests/redis/test_mapping_writes.c tests/redis/world.c tests/redis/world.h
tests_redis_test_mapping_writes_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_mapping_writes_LDADD = $(REDIS_TEST_LIBS)
