src_libinternal_la_SOURCES += 
