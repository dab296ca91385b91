# The suite is a program that is installed, for authors of connectors; the test runs it on our own.
bin_PROGRAMS += datasource-conformance
datasource_conformance_SOURCES = \
	tests/conformance/answer.c \
	tests/conformance/batch_step.c \
	tests/conformance/case_batch.c \
	tests/conformance/case_conditions.c \
	tests/conformance/case_create.c \
	tests/conformance/case_delete.c \
	tests/conformance/case_find.c \
	tests/conformance/case_models.c \
	tests/conformance/case_order.c \
	tests/conformance/case_queue.c \
	tests/conformance/case_threads.c \
	tests/conformance/case_update.c \
	tests/conformance/case_values.c \
	tests/conformance/conformance.h \
	tests/conformance/generated.c \
	tests/conformance/main.c \
	tests/conformance/operators.c \
	tests/conformance/question.c \
	tests/conformance/question.h \
	tests/conformance/reference.c \
	tests/conformance/report.c \
	tests/conformance/rules.c \
	tests/conformance/rules.h \
	tests/conformance/steps.c \
	tests/conformance/steps.h \
	tests/conformance/steps_write.c
datasource_conformance_LDADD = libdatasource.la

check_PROGRAMS += tests/conformance/test_conformance
TESTS += tests/conformance/test_conformance
THREAD_TESTS += tests/conformance/test_conformance
tests_conformance_test_conformance_SOURCES = tests/conformance/test_conformance.c
tests_conformance_test_conformance_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_conformance_test_conformance_LDADD = tests/support/libsupport.a $(CUNIT_LIBS)

# A connector with planted faults, by which the suite itself is tested: built for the test and never installed.
check_LTLIBRARIES += tests/conformance/datasource-faulty.la
tests_conformance_datasource_faulty_la_SOURCES = \
	tests/conformance/faulty/batch.c \
	tests/conformance/faulty/connector.c \
	tests/conformance/faulty/faulty.h \
	tests/conformance/faulty/find.c \
	tests/conformance/faulty/judge.c \
	tests/conformance/faulty/keep.c \
	tests/conformance/faulty/write.c
tests_conformance_datasource_faulty_la_LIBADD = libdatasource.la
tests_conformance_datasource_faulty_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

check_PROGRAMS += tests/conformance/test_faults
TESTS += tests/conformance/test_faults
tests_conformance_test_faults_SOURCES = tests/conformance/test_faults.c
tests_conformance_test_faults_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_conformance_test_faults_LDADD = tests/support/libsupport.a $(CUNIT_LIBS)

# The template of examples/plugin, built by the test as its user would.
check_PROGRAMS += tests/conformance/test_template
TESTS += tests/conformance/test_template
tests_conformance_test_template_SOURCES = tests/conformance/test_template.c
tests_conformance_test_template_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/support
tests_conformance_test_template_LDADD = tests/support/libsupport.a libdatasource.la $(CUNIT_LIBS)
