src_libinternal_la_SOURCES += \
	src/model/add.c \
	src/model/base64.c \
	src/model/coerce.c src/model/coerce.h \
	src/model/date.c \
	src/model/names.c \
	src/model/number.c \
	src/model/text.h \
	src/model/utf8.c \
	src/model/value.c
