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
