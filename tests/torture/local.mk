# What is done to data while it is written: `make torture`, which .ci/run runs too. Each program says how long it took, how
# much it wrote and how often it was killed; no variable makes it do less.
TORTURE_TESTS = tests/torture/torture_kill
check_PROGRAMS += $(TORTURE_TESTS)
tests_torture_torture_kill_SOURCES = tests/torture/torture_kill.c tests/support/killed_batches.c \
	tests/support/killed_batches.h
tests_torture_torture_kill_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_torture_torture_kill_LDADD = libdatasource.la tests/support/libsupport.a $(CUNIT_LIBS)

.PHONY: torture
torture: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(TORTURE_TESTS)'
