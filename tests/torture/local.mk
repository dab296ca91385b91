# What is done to data while it is written: `make torture`, which .ci/run runs too. Each program says how long it took, how
# much it wrote and how often it was killed; no variable makes it do less.
TORTURE_TESTS = tests/torture/torture_kill tests/torture/torture_redis tests/torture/torture_migrate \
	tests/torture/torture_replies tests/torture/torture_shared
check_PROGRAMS += $(TORTURE_TESTS)
tests_torture_torture_kill_SOURCES = tests/torture/torture_kill.c tests/support/killed_batches.c \
	tests/support/killed_batches.h
tests_torture_torture_kill_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_torture_torture_kill_LDADD = libdatasource.la tests/support/libsupport.a $(CUNIT_LIBS)
TORTURE_REDIS = tests/torture/crew.c tests/torture/crew.h tests/redis/checker.c tests/redis/checker.h
TORTURE_REDIS_CPPFLAGS = $(AM_CPPFLAGS) $(HIREDIS_CFLAGS) -I$(top_srcdir)/tests/support
TORTURE_REDIS_LIBS = libdatasource.la tests/support/libsupport.a $(HIREDIS_LIBS) $(CUNIT_LIBS) -lm
tests_torture_torture_redis_SOURCES = tests/torture/torture_redis.c $(TORTURE_REDIS)
tests_torture_torture_redis_CPPFLAGS = $(TORTURE_REDIS_CPPFLAGS)
tests_torture_torture_redis_LDADD = $(TORTURE_REDIS_LIBS)
tests_torture_torture_migrate_SOURCES = tests/torture/torture_migrate.c $(TORTURE_REDIS)
tests_torture_torture_migrate_CPPFLAGS = $(TORTURE_REDIS_CPPFLAGS)
tests_torture_torture_migrate_LDADD = $(TORTURE_REDIS_LIBS)
tests_torture_torture_replies_SOURCES = tests/torture/torture_replies.c tests/torture/replies.c tests/torture/replies.h
tests_torture_torture_replies_CPPFLAGS = $(TORTURE_REDIS_CPPFLAGS)
tests_torture_torture_replies_LDADD = $(TORTURE_REDIS_LIBS)
tests_torture_torture_shared_SOURCES = tests/torture/torture_shared.c tests/torture/ledger.c tests/torture/ledger.h \
	tests/torture/order.c tests/torture/order.h tests/redis/worlds.c tests/redis/worlds.h
tests_torture_torture_shared_CPPFLAGS = $(TORTURE_REDIS_CPPFLAGS)
tests_torture_torture_shared_LDADD = $(TORTURE_REDIS_LIBS)

.PHONY: torture
torture: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(TORTURE_TESTS)'
