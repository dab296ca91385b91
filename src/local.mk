# The library: a convenience library that unit tests link too, so that they can see what is hidden.
noinst_LTLIBRARIES += src/libinternal.la
src_libinternal_la_SOURCES =
src_libinternal_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src -DPLUGIN_DIR='"$(plugindir)"' \
	$(CJSON_CFLAGS) $(JANSSON_CFLAGS) $(PCRE2_CFLAGS)
src_libinternal_la_LIBADD = $(CJSON_LIBS) $(JANSSON_LIBS) $(PCRE2_LIBS)

include src/base/local.mk
include src/config/local.mk
include src/model/local.mk
include src/query/local.mk
include src/source/local.mk

lib_LTLIBRARIES += libdatasource.la
libdatasource_la_SOURCES =
libdatasource_la_LIBADD = src/libinternal.la
libdatasource_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined
