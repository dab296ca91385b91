check_LIBRARIES += tests/support/libsupport.a
tests_support_libsupport_a_SOURCES = tests/support/command.c tests/support/command.h \
	tests/support/counting.c tests/support/counting.h \
	tests/support/failing.c tests/support/failing.h \
	tests/support/random.c tests/support/random.h \
	tests/support/suite.c tests/support/suite.h
