check_LIBRARIES += tests/support/libsupport.a
tests_support_libsupport_a_SOURCES = tests/support/command.c tests/support/command.h \
	tests/support/counting.c tests/support/counting.h \
	tests/support/failing.c tests/support/failing.h \
	tests/support/fake_server.c tests/support/fake_server.h \
	tests/support/process.c tests/support/process.h \
	tests/support/proxy.c tests/support/proxy.h \
	tests/support/random.c tests/support/random.h \
	tests/support/redis_server.c tests/support/redis_server.h \
	tests/support/suite.c tests/support/suite.h \
	tests/support/terminal.c tests/support/terminal.h \
	tests/support/waited.c tests/support/waited.h

# Certificates: apart, since they need OpenSSL.
check_LIBRARIES += tests/support/libcertificates.a
tests_support_libcertificates_a_SOURCES = tests/support/certificates.c tests/support/certificates.h
tests_support_libcertificates_a_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
