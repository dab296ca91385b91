# A unit test: name it here, give it sources, and include one line for its libraries.
UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src -I$(top_srcdir)/tests/support
UNIT_LIBS = src/libinternal.la tests/support/libsupport.a $(CUNIT_LIBS)

check_PROGRAMS += tests/unit/test_url
TESTS += tests/unit/test_url
tests_unit_test_url_SOURCES = tests/unit/test_url.c
tests_unit_test_url_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_url_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_filters
TESTS += tests/unit/test_filters
tests_unit_test_filters_SOURCES = tests/unit/test_filters.c tests/unit/scene.c tests/unit/scene.h
tests_unit_test_filters_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_filters_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_text
TESTS += tests/unit/test_text
tests_unit_test_text_SOURCES = tests/unit/test_text.c
tests_unit_test_text_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_text_LDADD = $(UNIT_LIBS) -lm

check_PROGRAMS += tests/unit/test_base
TESTS += tests/unit/test_base
tests_unit_test_base_SOURCES = tests/unit/test_base.c
tests_unit_test_base_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_base_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_config
TESTS += tests/unit/test_config
tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_config_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_settings
TESTS += tests/unit/test_settings
tests_unit_test_settings_SOURCES = tests/unit/test_settings.c
tests_unit_test_settings_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_settings_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_find
TESTS += tests/unit/test_find
tests_unit_test_find_SOURCES = tests/unit/test_find.c tests/support/crowd.c tests/support/crowd.h tests/support/toy.c tests/support/toy.h
tests_unit_test_find_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_find_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_sort
TESTS += tests/unit/test_sort
tests_unit_test_sort_SOURCES = tests/unit/test_sort.c
tests_unit_test_sort_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sort_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_redis_keys
TESTS += tests/unit/test_redis_keys
tests_unit_test_redis_keys_SOURCES = tests/unit/test_redis_keys.c
tests_unit_test_redis_keys_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/plugin/redis
tests_unit_test_redis_keys_LDADD = plugin/redis/libredis.la $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_redis_dialect
TESTS += tests/unit/test_redis_dialect
tests_unit_test_redis_dialect_SOURCES = tests/unit/test_redis_dialect.c tests/unit/three_models.c tests/unit/three_models.h
tests_unit_test_redis_dialect_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/plugin/redis
tests_unit_test_redis_dialect_LDADD = plugin/redis/libredis.la $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_definitions
TESTS += tests/unit/test_definitions
tests_unit_test_definitions_SOURCES = tests/unit/test_definitions.c
tests_unit_test_definitions_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_definitions_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_records
TESTS += tests/unit/test_records
tests_unit_test_records_SOURCES = tests/unit/test_records.c tests/unit/three_models.c tests/unit/three_models.h
tests_unit_test_records_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_records_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_models
TESTS += tests/unit/test_models
tests_unit_test_models_SOURCES = tests/unit/test_models.c
tests_unit_test_models_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_models_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_values
TESTS += tests/unit/test_values
tests_unit_test_values_SOURCES = tests/unit/test_values.c
tests_unit_test_values_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_values_LDADD = $(UNIT_LIBS) -lm
check_PROGRAMS += tests/unit/test_json
TESTS += tests/unit/test_json
tests_unit_test_json_SOURCES = tests/unit/test_json.c
tests_unit_test_json_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_json_LDADD = $(UNIT_LIBS) $(JANSSON_LIBS)
check_PROGRAMS += tests/unit/test_reader
TESTS += tests/unit/test_reader
tests_unit_test_reader_SOURCES = tests/unit/test_reader.c
tests_unit_test_reader_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_reader_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_writes
TESTS += tests/unit/test_writes
tests_unit_test_writes_SOURCES = tests/unit/test_writes.c tests/support/crowd.c tests/support/crowd.h tests/support/toy.c tests/support/toy.h
tests_unit_test_writes_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_writes_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_operations_nomem
TESTS += tests/unit/test_operations_nomem
tests_unit_test_operations_nomem_SOURCES = tests/unit/test_operations_nomem.c tests/support/crowd.c tests/support/crowd.h \
	tests/support/toy.c tests/support/toy.h
tests_unit_test_operations_nomem_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_operations_nomem_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_match
TESTS += tests/unit/test_match
tests_unit_test_match_SOURCES = tests/unit/test_match.c tests/unit/scene.c tests/unit/scene.h
tests_unit_test_match_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_match_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_order
TESTS += tests/unit/test_order
tests_unit_test_order_SOURCES = tests/unit/test_order.c tests/unit/scene.c tests/unit/scene.h
tests_unit_test_order_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_order_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_query_json
TESTS += tests/unit/test_query_json
tests_unit_test_query_json_SOURCES = tests/unit/test_query_json.c tests/unit/scene.c tests/unit/scene.h
tests_unit_test_query_json_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_query_json_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_creates
TESTS += tests/unit/test_creates
tests_unit_test_creates_SOURCES = tests/unit/test_creates.c tests/support/crowd.c tests/support/crowd.h tests/support/toy.c tests/support/toy.h
tests_unit_test_creates_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_creates_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_blocks
TESTS += tests/unit/test_blocks
tests_unit_test_blocks_SOURCES = tests/unit/test_blocks.c tests/unit/three_models.c tests/unit/three_models.h
tests_unit_test_blocks_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_blocks_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_ulids
TESTS += tests/unit/test_ulids
tests_unit_test_ulids_SOURCES = tests/unit/test_ulids.c
tests_unit_test_ulids_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ulids_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_batches tests/unit/test_batch_entry
TESTS += tests/unit/test_batches tests/unit/test_batch_entry
tests_unit_test_batches_SOURCES = tests/unit/test_batches.c tests/support/crowd.c tests/support/crowd.h tests/support/toy.c tests/support/toy.h
tests_unit_test_batches_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_batches_LDADD = $(UNIT_LIBS)
tests_unit_test_batch_entry_SOURCES = tests/unit/test_batch_entry.c tests/support/crowd.c tests/support/crowd.h tests/support/toy.c \
	tests/support/toy.h
tests_unit_test_batch_entry_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_batch_entry_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_csv
TESTS += tests/unit/test_csv
tests_unit_test_csv_SOURCES = tests/unit/test_csv.c
tests_unit_test_csv_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_csv_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_write_source
TESTS += tests/unit/test_write_source
tests_unit_test_write_source_SOURCES = tests/unit/test_write_source.c
tests_unit_test_write_source_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_write_source_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_discover
TESTS += tests/unit/test_discover
tests_unit_test_discover_SOURCES = tests/unit/test_discover.c tests/support/toy.c tests/support/toy.h
tests_unit_test_discover_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_discover_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_proxy
TESTS += tests/unit/test_proxy
THREAD_TESTS += tests/unit/test_proxy
tests_unit_test_proxy_SOURCES = tests/unit/test_proxy.c
tests_unit_test_proxy_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_proxy_LDADD = $(UNIT_LIBS)

# leader and followers, without a socket
check_PROGRAMS += tests/unit/test_crew
TESTS += tests/unit/test_crew
THREAD_TESTS += tests/unit/test_crew
tests_unit_test_crew_SOURCES = tests/unit/test_crew.c
tests_unit_test_crew_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/plugin/redis
tests_unit_test_crew_LDADD = plugin/redis/libredis.la $(UNIT_LIBS)
