src_libinternal_la_SOURCES += \
	src/base/arena.c src/base/arena.h \
	src/base/base.h \
	src/base/buffer.c \
	src/base/call.c \
	src/base/cancel.c \
	src/base/error.c \
	src/base/fork.c src/base/fork.h \
	src/base/log.c \
	src/base/memory.c \
	src/base/sentence.c src/base/sentence.h
