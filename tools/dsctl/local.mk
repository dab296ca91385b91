# dsctl: the command-line program.
bin_PROGRAMS += dsctl
dsctl_SOURCES = \
	tools/dsctl/about.c \
	tools/dsctl/add.c \
	tools/dsctl/answer.c \
	tools/dsctl/answer.h \
	tools/dsctl/candidates.c \
	tools/dsctl/candidates.h \
	tools/dsctl/commands.c \
	tools/dsctl/copy.c \
	tools/dsctl/copy_again.c \
	tools/dsctl/copying.h \
	tools/dsctl/csv.c \
	tools/dsctl/dsctl.h \
	tools/dsctl/explain.c \
	tools/dsctl/export.c \
	tools/dsctl/history.c \
	tools/dsctl/history.h \
	tools/dsctl/import.c \
	tools/dsctl/main.c \
	tools/dsctl/log.c \
	tools/dsctl/place.c \
	tools/dsctl/progress.c \
	tools/dsctl/prompt.c \
	tools/dsctl/reach.c \
	tools/dsctl/records.c \
	tools/dsctl/rows.c \
	tools/dsctl/rows.h \
	tools/dsctl/shell.c \
	tools/dsctl/stored.c \
	tools/dsctl/table.c \
	tools/dsctl/target.c \
	tools/dsctl/target.h \
	tools/dsctl/text.c \
	tools/dsctl/words.c \
	tools/dsctl/words.h
dsctl_CPPFLAGS = $(AM_CPPFLAGS) $(EDIT_CFLAGS)
dsctl_LDADD = libdatasource.la $(EDIT_LIBS)
dist_man_MANS += docs/dsctl.1
dist_bashcompletion_DATA = tools/dsctl/completion/dsctl
