# dsctl as a black box.
check_PROGRAMS += tests/cli/test_dsctl
TESTS += tests/cli/test_dsctl
tests_cli_test_dsctl_SOURCES = tests/cli/test_dsctl.c
tests_cli_test_dsctl_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_cli_test_dsctl_LDADD = tests/support/libsupport.a $(CUNIT_LIBS)

check_PROGRAMS += tests/cli/test_malformed
TESTS += tests/cli/test_malformed
tests_cli_test_malformed_SOURCES = tests/cli/test_malformed.c
tests_cli_test_malformed_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_cli_test_malformed_LDADD = tests/support/libsupport.a $(CUNIT_LIBS)

check_PROGRAMS += tests/cli/test_config_examples
TESTS += tests/cli/test_config_examples
tests_cli_test_config_examples_SOURCES = tests/cli/test_config_examples.c
tests_cli_test_config_examples_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_cli_test_config_examples_LDADD = libdatasource.la tests/support/libsupport.a tests/support/libcertificates.a $(OPENSSL_LIBS) \
	$(CUNIT_LIBS)

check_PROGRAMS += tests/cli/test_examples
TESTS += tests/cli/test_examples
tests_cli_test_examples_SOURCES = tests/cli/test_examples.c
tests_cli_test_examples_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_cli_test_examples_LDADD = tests/support/libsupport.a $(CUNIT_LIBS)

check_PROGRAMS += tests/cli/test_documents
TESTS += tests/cli/test_documents
tests_cli_test_documents_SOURCES = tests/cli/test_documents.c
tests_cli_test_documents_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_cli_test_documents_LDADD = libdatasource.la tests/support/libsupport.a $(CUNIT_LIBS)
