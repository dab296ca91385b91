# Every test program uses tests/support and CUnit. Unit tests link src/libinternal.la, to see what is hidden; all other
# tests link libdatasource.la and include public headers only.
include tests/support/local.mk
include tests/unit/local.mk
include tests/redis/local.mk
include tests/conformance/local.mk
include tests/cli/local.mk
include tests/fuzz/local.mk
include tests/torture/local.mk
