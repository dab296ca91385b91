# dsctl: the command-line program.
bin_PROGRAMS += dsctl
dsctl_SOURCES = \
	tools/dsctl/about.c \
	tools/dsctl/dsctl.h \
	tools/dsctl/main.c \
	tools/dsctl/progress.c \
	tools/dsctl/records.c \
	tools/dsctl/table.c \
	tools/dsctl/transfer.c
dsctl_LDADD = libdatasource.la
dist_man_MANS += docs/dsctl.1
