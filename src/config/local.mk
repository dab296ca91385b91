src_libinternal_la_SOURCES += \
	src/config/check.c src/config/check.h \
	src/config/config.c src/config/config.h \
	src/config/expand.c src/config/expand.h \
	src/config/file.c src/config/file.h \
	src/config/layers.c src/config/layers.h \
	src/config/model.c src/config/model.h \
	src/config/models.c \
	src/config/scan.c src/config/scan.h \
	src/config/settings.c src/config/settings.h \
	src/config/splice.c src/config/splice.h \
	src/config/tree.c src/config/tree.h \
	src/config/url.c \
	src/config/write.c
