# fold_table.inc is written by fold.pl, by hand: src/query/fold.pl >src/query/fold_table.inc
EXTRA_DIST += src/query/fold.pl src/query/fold_table.inc
src_libinternal_la_SOURCES += \
	src/query/bind.c \
	src/query/evaluate.c \
	src/query/filter.c src/query/filter.h \
	src/query/filter_parse.c \
	src/query/filter_print.c \
	src/query/fold.c \
	src/query/item.c src/query/item.h \
	src/query/like.c src/query/like.h \
	src/query/literal.c src/query/literal.h \
	src/query/mark.c src/query/mark.h \
	src/query/name.c src/query/name.h \
	src/query/order.c src/query/order.h \
	src/query/place.c src/query/place.h \
	src/query/query.h \
	src/query/query_parse.c \
	src/query/regexp.c src/query/regexp.h \
	src/query/selection.c \
	src/query/criterion.c src/query/criterion.h
