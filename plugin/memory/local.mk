plugin_LTLIBRARIES += plugin/datasource-memory.la
plugin_datasource_memory_la_SOURCES =
plugin_datasource_memory_la_LIBADD = libdatasource.la
plugin_datasource_memory_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined
