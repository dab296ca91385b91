# The Redis connector. A convenience library, so that unit tests see what is hidden in it.
noinst_LTLIBRARIES += plugin/redis/libredis.la
plugin_redis_libredis_la_CPPFLAGS = $(AM_CPPFLAGS) $(HIREDIS_CFLAGS) $(OPENSSL_CFLAGS)
plugin_redis_libredis_la_LIBADD = $(HIREDIS_LIBS) $(OPENSSL_LIBS)
# the connection
plugin_redis_libredis_la_SOURCES = \
	plugin/redis/connection.h
# the mapping

plugin_LTLIBRARIES += plugin/datasource-redis.la
plugin_datasource_redis_la_SOURCES =
plugin_datasource_redis_la_LIBADD = plugin/redis/libredis.la libdatasource.la
plugin_datasource_redis_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined
