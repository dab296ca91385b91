# A unit test: name it here, give it sources, and include one line for its libraries.
UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src -I$(top_srcdir)/tests/support
UNIT_LIBS = src/libinternal.la tests/support/libsupport.a $(CUNIT_LIBS)
