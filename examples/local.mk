# Small host programs, each compiled and run by the tests: tests/cli/test_examples compares what they print with
# examples/expected/NAME.txt.
EXAMPLES = \
	examples/allocator \
	examples/batches \
	examples/catalog \
	examples/credentials \
	examples/crud \
	examples/errors \
	examples/execute \
	examples/expiry \
	examples/filters \
	examples/hello \
	examples/import_export \
	examples/iso_codes \
	examples/loop_epoll \
	examples/models \
	examples/own_connector \
	examples/paging \
	examples/reconnect \
	examples/schemaless \
	examples/setup \
	examples/threads_and_cancel \
	examples/upsert \
	examples/values \
	examples/watch
noinst_PROGRAMS += $(EXAMPLES)
if WITH_LIBUV
noinst_PROGRAMS += examples/loop_libuv
endif
EXTRA_DIST += \
	examples/expected/allocator.txt \
	examples/expected/batches.txt \
	examples/expected/catalog.txt \
	examples/expected/credentials-redis.txt \
	examples/expected/credentials.txt \
	examples/expected/crud.txt \
	examples/expected/errors.txt \
	examples/expected/execute-redis.txt \
	examples/expected/execute.txt \
	examples/expected/expiry.txt \
	examples/expected/filters.txt \
	examples/expected/hello.txt \
	examples/expected/import_export.txt \
	examples/expected/loop_epoll.txt \
	examples/expected/models.txt \
	examples/expected/own_connector.txt \
	examples/expected/paging.txt \
	examples/expected/reconnect.txt \
	examples/expected/schemaless.txt \
	examples/expected/setup.txt \
	examples/expected/threads_and_cancel.txt \
	examples/expected/upsert.txt \
	examples/expected/values.txt \
	examples/expected/watch.txt
EXTRA_DIST += examples/README.md examples/demo/models.json examples/demo/memory.json examples/demo/sqlite.json \
	examples/demo/redis.json
examples_allocator_SOURCES = examples/allocator.c examples/example.h
examples_allocator_LDADD = libdatasource.la
examples_batches_SOURCES = examples/batches.c examples/example.h
examples_batches_LDADD = libdatasource.la
examples_catalog_SOURCES = examples/catalog.c examples/example.h
examples_catalog_LDADD = libdatasource.la
examples_credentials_SOURCES = examples/credentials.c examples/example.h
examples_credentials_LDADD = libdatasource.la
examples_crud_SOURCES = examples/crud.c examples/example.h
examples_crud_LDADD = libdatasource.la
examples_errors_SOURCES = examples/errors.c examples/example.h
examples_errors_LDADD = libdatasource.la
examples_execute_SOURCES = examples/execute.c examples/example.h
examples_execute_LDADD = libdatasource.la
examples_expiry_SOURCES = examples/expiry.c examples/example.h
examples_expiry_LDADD = libdatasource.la
examples_filters_SOURCES = examples/filters.c examples/example.h
examples_filters_LDADD = libdatasource.la
examples_hello_SOURCES = examples/hello.cpp
examples_hello_LDADD = libdatasource.la
examples_import_export_SOURCES = examples/import_export.c examples/example.h
examples_import_export_LDADD = libdatasource.la
examples_iso_codes_SOURCES = examples/iso_codes.c
examples_iso_codes_LDADD = libdatasource.la
examples_loop_epoll_SOURCES = examples/loop_epoll.c examples/example.h
examples_loop_epoll_LDADD = libdatasource.la
examples_loop_libuv_SOURCES = examples/loop_libuv.c examples/example.h
examples_loop_libuv_CPPFLAGS = $(AM_CPPFLAGS) $(LIBUV_CFLAGS)
examples_loop_libuv_LDADD = libdatasource.la $(LIBUV_LIBS)
examples_models_SOURCES = examples/models.c examples/example.h
examples_models_LDADD = libdatasource.la
examples_own_connector_SOURCES = examples/own_connector.c examples/example.h
examples_own_connector_LDADD = libdatasource.la
examples_paging_SOURCES = examples/paging.c examples/example.h
examples_paging_LDADD = libdatasource.la
examples_reconnect_SOURCES = examples/reconnect.c examples/example.h
examples_reconnect_LDADD = libdatasource.la
examples_schemaless_SOURCES = examples/schemaless.c examples/example.h
examples_schemaless_LDADD = libdatasource.la
examples_setup_SOURCES = examples/setup.c examples/example.h
examples_setup_LDADD = libdatasource.la
examples_threads_and_cancel_SOURCES = examples/threads_and_cancel.c examples/example.h
examples_threads_and_cancel_LDADD = libdatasource.la
examples_upsert_SOURCES = examples/upsert.c examples/example.h
examples_upsert_LDADD = libdatasource.la
examples_values_SOURCES = examples/values.c examples/example.h
examples_values_LDADD = libdatasource.la
examples_watch_SOURCES = examples/watch.c examples/example.h
examples_watch_LDADD = libdatasource.la

# A connector template: installed, so that it can be copied and built without this tree.
pluginexampledir = $(docdir)/examples/plugin
dist_pluginexample_DATA = examples/plugin/README.md examples/plugin/Makefile examples/plugin/jsonfolder.c
