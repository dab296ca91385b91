# dsctl as a black box.
check_LIBRARIES += tests/cli/libcli.a
tests_cli_libcli_a_SOURCES = tests/cli/dsctl.c tests/cli/dsctl.h
tests_cli_libcli_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
CLI_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
CLI_LIBS = tests/cli/libcli.a tests/support/libsupport.a $(CUNIT_LIBS)

check_PROGRAMS += tests/cli/test_dsctl
TESTS += tests/cli/test_dsctl
tests_cli_test_dsctl_SOURCES = tests/cli/test_dsctl.c
tests_cli_test_dsctl_CPPFLAGS = $(CLI_CPPFLAGS)
tests_cli_test_dsctl_LDADD = $(CLI_LIBS)

check_PROGRAMS += tests/cli/test_dsctl_add
TESTS += tests/cli/test_dsctl_add
tests_cli_test_dsctl_add_SOURCES = tests/cli/test_dsctl_add.c
tests_cli_test_dsctl_add_CPPFLAGS = $(CLI_CPPFLAGS)
tests_cli_test_dsctl_add_LDADD = $(CLI_LIBS)

check_PROGRAMS += tests/cli/test_dsctl_down
TESTS += tests/cli/test_dsctl_down
tests_cli_test_dsctl_down_SOURCES = tests/cli/test_dsctl_down.c
tests_cli_test_dsctl_down_CPPFLAGS = $(CLI_CPPFLAGS)
tests_cli_test_dsctl_down_LDADD = $(CLI_LIBS)

check_PROGRAMS += tests/cli/test_dsctl_copy
TESTS += tests/cli/test_dsctl_copy
tests_cli_test_dsctl_copy_SOURCES = tests/cli/test_dsctl_copy.c
tests_cli_test_dsctl_copy_CPPFLAGS = $(CLI_CPPFLAGS)
tests_cli_test_dsctl_copy_LDADD = $(CLI_LIBS)

check_PROGRAMS += tests/cli/test_dsctl_copies
TESTS += tests/cli/test_dsctl_copies
tests_cli_test_dsctl_copies_SOURCES = tests/cli/test_dsctl_copies.c
tests_cli_test_dsctl_copies_CPPFLAGS = $(CLI_CPPFLAGS)
tests_cli_test_dsctl_copies_LDADD = $(CLI_LIBS)

check_PROGRAMS += tests/cli/test_dsctl_csv
TESTS += tests/cli/test_dsctl_csv
tests_cli_test_dsctl_csv_SOURCES = tests/cli/test_dsctl_csv.c
tests_cli_test_dsctl_csv_CPPFLAGS = $(CLI_CPPFLAGS)
tests_cli_test_dsctl_csv_LDADD = $(CLI_LIBS)

check_PROGRAMS += tests/cli/test_dsctl_files
TESTS += tests/cli/test_dsctl_files
tests_cli_test_dsctl_files_SOURCES = tests/cli/test_dsctl_files.c
tests_cli_test_dsctl_files_CPPFLAGS = $(CLI_CPPFLAGS) -DDSCTL_VERSION='"$(PACKAGE_VERSION)"'
tests_cli_test_dsctl_files_LDADD = $(CLI_LIBS)

check_PROGRAMS += tests/cli/test_dsctl_shell
TESTS += tests/cli/test_dsctl_shell
tests_cli_test_dsctl_shell_SOURCES = tests/cli/test_dsctl_shell.c
tests_cli_test_dsctl_shell_CPPFLAGS = $(CLI_CPPFLAGS)
tests_cli_test_dsctl_shell_LDADD = $(CLI_LIBS)

check_PROGRAMS += tests/cli/test_dsctl_terminal
TESTS += tests/cli/test_dsctl_terminal
tests_cli_test_dsctl_terminal_SOURCES = tests/cli/test_dsctl_terminal.c
tests_cli_test_dsctl_terminal_CPPFLAGS = $(CLI_CPPFLAGS)
tests_cli_test_dsctl_terminal_LDADD = $(CLI_LIBS)

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
if WITH_LIBUV
tests_cli_test_examples_CPPFLAGS += -DWITH_LIBUV
endif
tests_cli_test_examples_LDADD = tests/support/libsupport.a $(CUNIT_LIBS)

check_PROGRAMS += tests/cli/test_documents
TESTS += tests/cli/test_documents
tests_cli_test_documents_SOURCES = tests/cli/test_documents.c
tests_cli_test_documents_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_cli_test_documents_LDADD = libdatasource.la tests/support/libsupport.a $(CUNIT_LIBS)
