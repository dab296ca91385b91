plugin_LTLIBRARIES += plugin/datasource-memory.la
plugin_datasource_memory_la_SOURCES = \
	plugin/memory/batch.c \
	plugin/memory/batch.h \
	plugin/memory/bytes.c plugin/memory/bytes.h \
	plugin/memory/change.c \
	plugin/memory/codec.c \
	plugin/memory/compact.c \
	plugin/memory/file.c plugin/memory/file.h \
	plugin/memory/find.c \
	plugin/memory/hash.c plugin/memory/hash.h \
	plugin/memory/journal.c plugin/memory/journal.h \
	plugin/memory/key.c \
	plugin/memory/memory.c plugin/memory/memory.h \
	plugin/memory/plan.c \
	plugin/memory/record.c \
	plugin/memory/shelf.c \
	plugin/memory/sort.c \
	plugin/memory/table.c \
	plugin/memory/where.c \
	plugin/memory/write.c
plugin_datasource_memory_la_LIBADD = libdatasource.la
plugin_datasource_memory_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined
