plugin_LTLIBRARIES += plugin/datasource-redis.la
plugin_datasource_redis_la_SOURCES =
plugin_datasource_redis_la_CPPFLAGS = $(AM_CPPFLAGS) $(HIREDIS_CFLAGS) $(OPENSSL_CFLAGS)
plugin_datasource_redis_la_LIBADD = libdatasource.la $(HIREDIS_LIBS) $(OPENSSL_LIBS)
plugin_datasource_redis_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined
