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
THREAD_TESTS += tests/redis/test_mapping_writes
tests_redis_test_mapping_writes_SOURCES = tests/redis/test_mapping_writes.c tests/redis/world.c tests/redis/world.h
tests_redis_test_mapping_writes_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_mapping_writes_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_mapping_batches
TESTS += tests/redis/test_mapping_batches
tests_redis_test_mapping_batches_SOURCES = tests/redis/test_mapping_batches.c tests/redis/world.c tests/redis/world.h
tests_redis_test_mapping_batches_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_mapping_batches_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_mapping_find
TESTS += tests/redis/test_mapping_find
THREAD_TESTS += tests/redis/test_mapping_find
tests_redis_test_mapping_find_SOURCES = tests/redis/test_mapping_find.c tests/redis/world.c tests/redis/world.h
tests_redis_test_mapping_find_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_mapping_find_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_kept_writes
TESTS += tests/redis/test_kept_writes
tests_redis_test_kept_writes_SOURCES = tests/redis/test_kept_writes.c tests/redis/checker.c tests/redis/checker.h \
	tests/redis/world.c tests/redis/world.h
tests_redis_test_kept_writes_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_kept_writes_LDADD = $(REDIS_TEST_LIBS) -lm
check_PROGRAMS += tests/redis/test_kept_atomic
TESTS += tests/redis/test_kept_atomic
tests_redis_test_kept_atomic_SOURCES = tests/redis/test_kept_atomic.c tests/redis/checker.c tests/redis/checker.h \
	tests/redis/world.c tests/redis/world.h
tests_redis_test_kept_atomic_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_kept_atomic_LDADD = $(REDIS_TEST_LIBS) -lm
check_PROGRAMS += tests/redis/test_kept_fights
TESTS += tests/redis/test_kept_fights
THREAD_TESTS += tests/redis/test_kept_fights
tests_redis_test_kept_fights_SOURCES = tests/redis/test_kept_fights.c tests/redis/checker.c tests/redis/checker.h \
	tests/redis/world.c tests/redis/world.h
tests_redis_test_kept_fights_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_kept_fights_LDADD = $(REDIS_TEST_LIBS) -lm
check_PROGRAMS += tests/redis/test_kept_losses
TESTS += tests/redis/test_kept_losses
tests_redis_test_kept_losses_SOURCES = tests/redis/test_kept_losses.c tests/redis/checker.c tests/redis/checker.h \
	tests/redis/world.c tests/redis/world.h
tests_redis_test_kept_losses_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_kept_losses_LDADD = $(REDIS_TEST_LIBS) -lm
check_PROGRAMS += tests/redis/test_exactly_once
TESTS += tests/redis/test_exactly_once
tests_redis_test_exactly_once_SOURCES = tests/redis/test_exactly_once.c tests/redis/once.c tests/redis/once.h \
	tests/redis/checker.c tests/redis/checker.h \
	tests/redis/world.c tests/redis/world.h
tests_redis_test_exactly_once_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_exactly_once_LDADD = $(REDIS_TEST_LIBS) -lm
check_PROGRAMS += tests/redis/test_unaware
TESTS += tests/redis/test_unaware
tests_redis_test_unaware_SOURCES = tests/redis/test_unaware.c tests/redis/checker.c tests/redis/checker.h \
	tests/redis/world.c tests/redis/world.h
tests_redis_test_unaware_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_unaware_LDADD = $(REDIS_TEST_LIBS) -lm
check_PROGRAMS += tests/redis/test_hostile
TESTS += tests/redis/test_hostile
tests_redis_test_hostile_SOURCES = tests/redis/test_hostile.c tests/redis/world.c tests/redis/world.h
tests_redis_test_hostile_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_hostile_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_kept_kinds
TESTS += tests/redis/test_kept_kinds
tests_redis_test_kept_kinds_SOURCES = tests/redis/test_kept_kinds.c tests/redis/world.c tests/redis/world.h
tests_redis_test_kept_kinds_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_kept_kinds_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_kept_cost
TESTS += tests/redis/test_kept_cost
tests_redis_test_kept_cost_SOURCES = tests/redis/test_kept_cost.c tests/redis/world.c tests/redis/world.h
tests_redis_test_kept_cost_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_kept_cost_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_dialects
TESTS += tests/redis/test_dialects
tests_redis_test_dialects_SOURCES = tests/redis/test_dialects.c tests/redis/world.c tests/redis/world.h
tests_redis_test_dialects_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_dialects_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_interop
TESTS += tests/redis/test_interop
EXTRA_DIST += tests/redis/interop.cjs
tests_redis_test_interop_SOURCES = tests/redis/test_interop.c tests/redis/world.c tests/redis/world.h
tests_redis_test_interop_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_interop_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_mapping_faults
TESTS += tests/redis/test_mapping_faults
tests_redis_test_mapping_faults_SOURCES = tests/redis/test_mapping_faults.c tests/redis/world.c tests/redis/world.h
tests_redis_test_mapping_faults_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_mapping_faults_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_mapping_memory
TESTS += tests/redis/test_mapping_memory
tests_redis_test_mapping_memory_SOURCES = tests/redis/test_mapping_memory.c tests/redis/world.c tests/redis/world.h
tests_redis_test_mapping_memory_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_mapping_memory_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_discover
TESTS += tests/redis/test_discover
tests_redis_test_discover_SOURCES = tests/redis/test_discover.c tests/redis/world.c tests/redis/world.h
tests_redis_test_discover_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_discover_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_migrate_memory
TESTS += tests/redis/test_migrate_memory
tests_redis_test_migrate_memory_SOURCES = tests/redis/test_migrate_memory.c tests/redis/world.c tests/redis/world.h
tests_redis_test_migrate_memory_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_migrate_memory_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_migrate
TESTS += tests/redis/test_migrate
tests_redis_test_migrate_SOURCES = tests/redis/test_migrate.c tests/redis/checker.c tests/redis/checker.h tests/redis/world.c \
	tests/redis/world.h
tests_redis_test_migrate_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_migrate_LDADD = $(REDIS_TEST_LIBS)

check_PROGRAMS += tests/redis/test_plans
TESTS += tests/redis/test_plans
THREAD_TESTS += tests/redis/test_plans
tests_redis_test_plans_SOURCES = tests/redis/test_plans.c tests/redis/overheard.c tests/redis/overheard.h tests/redis/world.c \
	tests/redis/world.h
tests_redis_test_plans_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_plans_LDADD = $(REDIS_TEST_LIBS)

check_PROGRAMS += tests/redis/test_unions
TESTS += tests/redis/test_unions
tests_redis_test_unions_SOURCES = tests/redis/test_unions.c tests/redis/world.c tests/redis/world.h
tests_redis_test_unions_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_unions_LDADD = $(REDIS_TEST_LIBS)

check_PROGRAMS += tests/redis/test_counts
TESTS += tests/redis/test_counts
tests_redis_test_counts_SOURCES = tests/redis/test_counts.c tests/redis/world.c tests/redis/world.h
tests_redis_test_counts_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_counts_LDADD = $(REDIS_TEST_LIBS)

check_PROGRAMS += tests/redis/test_walks
TESTS += tests/redis/test_walks
tests_redis_test_walks_SOURCES = tests/redis/test_walks.c tests/redis/overheard.c tests/redis/overheard.h tests/redis/world.c \
	tests/redis/world.h
tests_redis_test_walks_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_walks_LDADD = $(REDIS_TEST_LIBS)

check_PROGRAMS += tests/redis/test_million
TESTS += tests/redis/test_million
tests_redis_test_million_SOURCES = tests/redis/test_million.c tests/redis/world.c tests/redis/world.h
tests_redis_test_million_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_million_LDADD = $(REDIS_TEST_LIBS)

check_PROGRAMS += tests/redis/test_plans_memory
TESTS += tests/redis/test_plans_memory
tests_redis_test_plans_memory_SOURCES = tests/redis/test_plans_memory.c tests/redis/world.c tests/redis/world.h
tests_redis_test_plans_memory_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_plans_memory_LDADD = $(REDIS_TEST_LIBS)

check_PROGRAMS += tests/redis/test_answers
TESTS += tests/redis/test_answers
tests_redis_test_answers_SOURCES = tests/redis/test_answers.c tests/redis/world.c tests/redis/world.h
tests_redis_test_answers_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_answers_LDADD = $(REDIS_TEST_LIBS)

# the connection, against real servers and against servers that misbehave: these see the plugin's hidden parts
CONNECTION_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugin -I$(top_srcdir)/tests/support $(HIREDIS_CFLAGS) $(OPENSSL_CFLAGS)
CONNECTION_TEST_LIBS = plugin/redis/libredis.la src/libinternal.la tests/support/libcertificates.a tests/support/libsupport.a \
	$(CUNIT_LIBS) $(OPENSSL_LIBS)
REDIS_PROBE = tests/redis/probe.c tests/redis/probe.h

check_PROGRAMS += tests/redis/test_members
TESTS += tests/redis/test_members
EXTRA_DIST += tests/redis/members.txt
tests_redis_test_members_SOURCES = tests/redis/test_members.c
tests_redis_test_members_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_members_LDADD = $(CONNECTION_TEST_LIBS) $(HIREDIS_LIBS)

check_PROGRAMS += tests/redis/test_redis_url
TESTS += tests/redis/test_redis_url
tests_redis_test_redis_url_SOURCES = tests/redis/test_redis_url.c $(REDIS_PROBE)
tests_redis_test_redis_url_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_url_LDADD = $(CONNECTION_TEST_LIBS)

check_PROGRAMS += tests/redis/test_redis_connection
TESTS += tests/redis/test_redis_connection
tests_redis_test_redis_connection_SOURCES = tests/redis/test_redis_connection.c $(REDIS_PROBE)
tests_redis_test_redis_connection_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_connection_LDADD = $(CONNECTION_TEST_LIBS)

check_PROGRAMS += tests/redis/test_redis_tls
TESTS += tests/redis/test_redis_tls
tests_redis_test_redis_tls_SOURCES = tests/redis/test_redis_tls.c $(REDIS_PROBE)
tests_redis_test_redis_tls_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_tls_LDADD = $(CONNECTION_TEST_LIBS)

check_PROGRAMS += tests/redis/test_redis_requests
TESTS += tests/redis/test_redis_requests
tests_redis_test_redis_requests_SOURCES = tests/redis/test_redis_requests.c $(REDIS_PROBE)
tests_redis_test_redis_requests_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_requests_LDADD = $(CONNECTION_TEST_LIBS)

check_PROGRAMS += tests/redis/test_redis_faults
TESTS += tests/redis/test_redis_faults
THREAD_TESTS += tests/redis/test_redis_faults
tests_redis_test_redis_faults_SOURCES = tests/redis/test_redis_faults.c $(REDIS_PROBE)
tests_redis_test_redis_faults_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_faults_LDADD = $(CONNECTION_TEST_LIBS)

check_PROGRAMS += tests/redis/test_redis_reconnect
TESTS += tests/redis/test_redis_reconnect
THREAD_TESTS += tests/redis/test_redis_reconnect
tests_redis_test_redis_reconnect_SOURCES = tests/redis/test_redis_reconnect.c $(REDIS_PROBE)
tests_redis_test_redis_reconnect_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_reconnect_LDADD = $(CONNECTION_TEST_LIBS)

check_PROGRAMS += tests/redis/test_redis_loading
TESTS += tests/redis/test_redis_loading
THREAD_TESTS += tests/redis/test_redis_loading
tests_redis_test_redis_loading_SOURCES = tests/redis/test_redis_loading.c $(REDIS_PROBE)
tests_redis_test_redis_loading_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_loading_LDADD = $(CONNECTION_TEST_LIBS)

check_PROGRAMS += tests/redis/test_redis_turns
TESTS += tests/redis/test_redis_turns
THREAD_TESTS += tests/redis/test_redis_turns
tests_redis_test_redis_turns_SOURCES = tests/redis/test_redis_turns.c $(REDIS_PROBE)
tests_redis_test_redis_turns_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_turns_LDADD = $(CONNECTION_TEST_LIBS) $(HIREDIS_LIBS)

check_PROGRAMS += tests/redis/test_redis_sharing
TESTS += tests/redis/test_redis_sharing
THREAD_TESTS += tests/redis/test_redis_sharing
tests_redis_test_redis_sharing_SOURCES = tests/redis/test_redis_sharing.c $(REDIS_PROBE)
tests_redis_test_redis_sharing_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_sharing_LDADD = $(CONNECTION_TEST_LIBS)

check_PROGRAMS += tests/redis/test_starving
TESTS += tests/redis/test_starving
tests_redis_test_starving_SOURCES = tests/redis/test_starving.c
tests_redis_test_starving_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_redis_test_starving_LDADD = libdatasource.la tests/support/libsupport.a $(CUNIT_LIBS)

check_PROGRAMS += tests/redis/test_redis_replies
TESTS += tests/redis/test_redis_replies
tests_redis_test_redis_replies_SOURCES = tests/redis/test_redis_replies.c $(REDIS_PROBE)
tests_redis_test_redis_replies_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_replies_LDADD = $(CONNECTION_TEST_LIBS)

check_PROGRAMS += tests/redis/test_redis_fork
TESTS += tests/redis/test_redis_fork
tests_redis_test_redis_fork_SOURCES = tests/redis/test_redis_fork.c $(REDIS_PROBE)
tests_redis_test_redis_fork_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_fork_LDADD = $(CONNECTION_TEST_LIBS)

# a network that fails behind every byte
CONVERSATION = tests/redis/conversation.c tests/redis/conversation.h tests/redis/worlds.c tests/redis/worlds.h
check_PROGRAMS += tests/redis/test_offsets
TESTS += tests/redis/test_offsets
tests_redis_test_offsets_SOURCES = tests/redis/test_offsets.c tests/redis/checker.c tests/redis/checker.h $(CONVERSATION)
tests_redis_test_offsets_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_offsets_LDADD = $(REDIS_TEST_LIBS) -lm
check_PROGRAMS += tests/redis/test_offsets_tls
TESTS += tests/redis/test_offsets_tls
tests_redis_test_offsets_tls_SOURCES = tests/redis/test_offsets_tls.c $(CONVERSATION)
tests_redis_test_offsets_tls_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_offsets_tls_LDADD = tests/support/libcertificates.a $(REDIS_TEST_LIBS) $(OPENSSL_LIBS)
check_PROGRAMS += tests/redis/test_shared_replies
TESTS += tests/redis/test_shared_replies
THREAD_TESTS += tests/redis/test_shared_replies
tests_redis_test_shared_replies_SOURCES = tests/redis/test_shared_replies.c tests/torture/replies.c tests/torture/replies.h \
	$(CONVERSATION)
tests_redis_test_shared_replies_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_shared_replies_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_shared_faults
TESTS += tests/redis/test_shared_faults
THREAD_TESTS += tests/redis/test_shared_faults
tests_redis_test_shared_faults_SOURCES = tests/torture/torture_shared.c tests/torture/ledger.c tests/torture/ledger.h \
	tests/torture/order.c tests/torture/order.h tests/redis/worlds.c tests/redis/worlds.h
tests_redis_test_shared_faults_CPPFLAGS = $(REDIS_TEST_CPPFLAGS) -DSECONDS=12 -DKILLS=3 -DCUTS=3 -DOPERATIONS=10000 -DUNKNOWNS=5 -DREPEATS=5
tests_redis_test_shared_faults_LDADD = $(REDIS_TEST_LIBS)
# the same over several sockets
check_PROGRAMS += tests/redis/test_pool_faults
TESTS += tests/redis/test_pool_faults
THREAD_TESTS += tests/redis/test_pool_faults
tests_redis_test_pool_faults_SOURCES = $(tests_redis_test_shared_faults_SOURCES)
tests_redis_test_pool_faults_CPPFLAGS = $(tests_redis_test_shared_faults_CPPFLAGS) -DCONNECTIONS=4
tests_redis_test_pool_faults_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_stopped
TESTS += tests/redis/test_stopped
THREAD_TESTS += tests/redis/test_stopped
tests_redis_test_stopped_SOURCES = tests/redis/test_stopped.c tests/torture/replies.c tests/torture/replies.h $(CONVERSATION)
tests_redis_test_stopped_CPPFLAGS = $(REDIS_TEST_CPPFLAGS)
tests_redis_test_stopped_LDADD = $(REDIS_TEST_LIBS)
check_PROGRAMS += tests/redis/test_repeats
TESTS += tests/redis/test_repeats
tests_redis_test_repeats_SOURCES = tests/redis/test_repeats.c
tests_redis_test_repeats_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_redis_test_repeats_LDADD = libdatasource.la tests/support/libsupport.a $(CUNIT_LIBS)

# secrets that change, connections that end
check_PROGRAMS += tests/redis/test_redis_rotation
TESTS += tests/redis/test_redis_rotation
THREAD_TESTS += tests/redis/test_redis_rotation
tests_redis_test_redis_rotation_SOURCES = tests/redis/test_redis_rotation.c
tests_redis_test_redis_rotation_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_redis_test_redis_rotation_LDADD = libdatasource.la tests/support/libsupport.a $(CUNIT_LIBS)
check_PROGRAMS += tests/redis/test_redis_certificates
TESTS += tests/redis/test_redis_certificates
tests_redis_test_redis_certificates_SOURCES = tests/redis/test_redis_certificates.c
tests_redis_test_redis_certificates_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_redis_test_redis_certificates_LDADD = libdatasource.la tests/support/libcertificates.a tests/support/libsupport.a \
	$(CUNIT_LIBS) $(OPENSSL_LIBS)

# connections > 1
check_PROGRAMS += tests/redis/test_redis_pool
TESTS += tests/redis/test_redis_pool
THREAD_TESTS += tests/redis/test_redis_pool
tests_redis_test_redis_pool_SOURCES = tests/redis/test_redis_pool.c $(REDIS_PROBE)
tests_redis_test_redis_pool_CPPFLAGS = $(CONNECTION_TEST_CPPFLAGS)
tests_redis_test_redis_pool_LDADD = $(CONNECTION_TEST_LIBS)
