plugin_LTLIBRARIES += plugin/datasource-sqlite.la
plugin_datasource_sqlite_la_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
plugin_datasource_sqlite_la_SOURCES = \
	plugin/sqlite/affinity.c \
	plugin/sqlite/batch.c \
	plugin/sqlite/change.c \
	plugin/sqlite/codec.c \
	plugin/sqlite/discover.c \
	plugin/sqlite/execute.c \
	plugin/sqlite/explain.c \
	plugin/sqlite/filter.c \
	plugin/sqlite/layout.c \
	plugin/sqlite/lookup.c \
	plugin/sqlite/more.c \
	plugin/sqlite/order.c \
	plugin/sqlite/pool.c \
	plugin/sqlite/problem.c \
	plugin/sqlite/scan.c \
	plugin/sqlite/schema.c \
	plugin/sqlite/select.c \
	plugin/sqlite/single.c \
	plugin/sqlite/sqlite.c plugin/sqlite/sqlite.h \
	plugin/sqlite/statement.c \
	plugin/sqlite/text.c plugin/sqlite/text.h \
	plugin/sqlite/where.c \
	plugin/sqlite/write.c
plugin_datasource_sqlite_la_LIBADD = libdatasource.la $(SQLITE_LIBS)
plugin_datasource_sqlite_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined
