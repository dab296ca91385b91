# The Redis connector. A convenience library, so that unit tests see what is hidden in it.
noinst_LTLIBRARIES += plugin/redis/libredis.la
plugin_redis_libredis_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugin/redis $(HIREDIS_CFLAGS) $(OPENSSL_CFLAGS)
plugin_redis_libredis_la_LIBADD = $(HIREDIS_LIBS) $(OPENSSL_LIBS)
# the connection
plugin_redis_libredis_la_SOURCES = \
	plugin/redis/backoff.c plugin/redis/backoff.h \
	plugin/redis/connection.c \
	plugin/redis/connection.h \
	plugin/redis/crew.c plugin/redis/crew.h \
	plugin/redis/dial.c \
	plugin/redis/drive.c plugin/redis/drive.h \
	plugin/redis/events.c plugin/redis/events.h \
	plugin/redis/execute.c \
	plugin/redis/fate.c plugin/redis/fate.h \
	plugin/redis/handshake.c \
	plugin/redis/lane.c plugin/redis/lane.h \
	plugin/redis/link.c plugin/redis/link.h \
	plugin/redis/login.c plugin/redis/login.h \
	plugin/redis/options.c plugin/redis/options.h \
	plugin/redis/pool.c plugin/redis/pool.h \
	plugin/redis/reply.c plugin/redis/reply.h \
	plugin/redis/request.c plugin/redis/request.h \
	plugin/redis/resolver.c plugin/redis/resolver.h \
	plugin/redis/server_error.c \
	plugin/redis/socket.c plugin/redis/socket.h \
	plugin/redis/tls.c plugin/redis/tls.h \
	plugin/redis/tls_context.c plugin/redis/tls_context.h \
	plugin/redis/waiter.c plugin/redis/waiter.h \
	src/base/fork.c src/base/fork.h \
	plugin/redis/window.c plugin/redis/window.h \
	plugin/redis/url.c plugin/redis/url.h \
	plugin/redis/utf8.c plugin/redis/utf8.h
# the mapping
plugin_redis_libredis_la_SOURCES += \
	plugin/redis/atomic.c plugin/redis/batch.c plugin/redis/change.c plugin/redis/connector.c plugin/redis/create.c plugin/redis/dialect.c \
	plugin/redis/dialect.h plugin/redis/fetch.c plugin/redis/fetch.h \
	plugin/redis/fields.c plugin/redis/fields.h plugin/redis/keys.c plugin/redis/keys.h plugin/redis/member.c plugin/redis/member.h plugin/redis/model.c plugin/redis/model.h \
	plugin/redis/kept.c plugin/redis/kept.h plugin/redis/kept_tell.c plugin/redis/scan.c plugin/redis/scan.h \
	plugin/redis/schema.c plugin/redis/schema.h plugin/redis/schema_text.c plugin/redis/sweep.c plugin/redis/sweep.h plugin/redis/scripts.c plugin/redis/scripts.h plugin/redis/seen.c plugin/redis/seen.h \
	plugin/redis/single.c plugin/redis/token.c plugin/redis/token.h plugin/redis/write.c plugin/redis/write.h
# migrate
plugin_redis_libredis_la_SOURCES += \
	plugin/redis/migrate.c plugin/redis/migrate.h plugin/redis/migrate_entry.c plugin/redis/migrate_record.c \
	plugin/redis/migrate_schema.c plugin/redis/steps.c plugin/redis/steps.h
# finding
plugin_redis_libredis_la_SOURCES += \
	plugin/redis/choose.c plugin/redis/conditions.c plugin/redis/count.c plugin/redis/explain.c plugin/redis/find.c \
	plugin/redis/find.h plugin/redis/interval.c plugin/redis/interval.h plugin/redis/order.c plugin/redis/plan.c \
	plugin/redis/plan.h plugin/redis/skip.c plugin/redis/stale.c plugin/redis/trust.h plugin/redis/walk.c
# proposing models
plugin_redis_libredis_la_SOURCES += \
	plugin/redis/discover.c plugin/redis/discover.h plugin/redis/group.c plugin/redis/guess.c plugin/redis/guess.h \
	plugin/redis/json_shape.c plugin/redis/json_shape.h
nodist_plugin_redis_libredis_la_SOURCES = plugin/redis/script_sources.c
REDIS_LUA = plugin/redis/scripts/atomic.lua plugin/redis/scripts/atomic_once.lua plugin/redis/scripts/create.lua \
	plugin/redis/scripts/create_once.lua plugin/redis/scripts/delete.lua plugin/redis/scripts/delete_once.lua \
	plugin/redis/scripts/drop.lua \
	plugin/redis/scripts/expire.lua plugin/redis/scripts/expire_once.lua plugin/redis/scripts/increment.lua \
	plugin/redis/scripts/increment_once.lua plugin/redis/scripts/keep.lua plugin/redis/scripts/keep_once.lua \
	plugin/redis/scripts/migrate_begin.lua plugin/redis/scripts/migrate_entry.lua plugin/redis/scripts/migrate_expiry.lua \
	plugin/redis/scripts/migrate_finish.lua plugin/redis/scripts/migrate_record.lua plugin/redis/scripts/schema.lua \
	plugin/redis/scripts/sweep.lua plugin/redis/scripts/write.lua plugin/redis/scripts/write_once.lua
# what scripts include
REDIS_LUA_PARTS = plugin/redis/scripts/apply.lua plugin/redis/scripts/check.lua plugin/redis/scripts/encode.lua \
	plugin/redis/scripts/once_begin.lua plugin/redis/scripts/once_end.lua
EXTRA_DIST += plugin/redis/embed.sh $(REDIS_LUA) $(REDIS_LUA_PARTS)
CLEANFILES += plugin/redis/script_sources.c
plugin/redis/script_sources.c: $(REDIS_LUA) $(REDIS_LUA_PARTS) plugin/redis/embed.sh
	$(AM_V_GEN)mkdir -p plugin/redis && (cd $(srcdir) && sh plugin/redis/embed.sh $(REDIS_LUA)) >$@.new && mv $@.new $@

plugin_LTLIBRARIES += plugin/datasource-redis.la
plugin_datasource_redis_la_SOURCES =
plugin_datasource_redis_la_LIBADD = plugin/redis/libredis.la libdatasource.la
plugin_datasource_redis_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined
