src_libinternal_la_SOURCES += \
	src/source/abi.c \
	src/source/catalog.c \
	src/source/execute.c \
	src/source/life.c \
	src/source/loader.c \
	src/source/loader.h \
	src/source/models.c \
	src/source/operation.c \
	src/source/source.c \
	src/source/source.h
