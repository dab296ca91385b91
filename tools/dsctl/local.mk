# dsctl: the command-line program.
bin_PROGRAMS += dsctl
dsctl_SOURCES = \
	tools/dsctl/about.c \
	tools/dsctl/add.c \
	tools/dsctl/answer.c \
	tools/dsctl/answer.h \
	tools/dsctl/commands.c \
	tools/dsctl/copy.c \
	tools/dsctl/csv.c \
	tools/dsctl/dsctl.h \
	tools/dsctl/export.c \
	tools/dsctl/import.c \
	tools/dsctl/main.c \
	tools/dsctl/progress.c \
	tools/dsctl/prompt.c \
	tools/dsctl/records.c \
	tools/dsctl/stored.c \
	tools/dsctl/table.c \
	tools/dsctl/text.c \
	tools/dsctl/words.c
dsctl_LDADD = libdatasource.la
dist_man_MANS += docs/dsctl.1
