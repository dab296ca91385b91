src_libinternal_la_SOURCES += \
	src/model/add.c \
	src/model/base64.c \
	src/model/block.c \
	src/model/coerce.c \
	src/model/coerce.h \
	src/model/csv.c \
	src/model/date.c \
	src/model/definition.c \
	src/model/definition.h \
	src/model/json_read.c \
	src/model/json_write.c \
	src/model/model.c \
	src/model/names.c \
	src/model/number.c \
	src/model/reader.c \
	src/model/reader.h \
	src/model/record.c \
	src/model/record.h \
	src/model/record_put.c \
	src/model/record_set.c \
	src/model/record_slots.h \
	src/model/text.h \
	src/model/ulid.c \
	src/model/utf8.c \
	src/model/value.c
