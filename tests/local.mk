# Every test program uses tests/support and CUnit. Unit tests link src/libinternal.la, to see what is hidden; all other
# tests link libdatasource.la and include public headers only.
TESTS += tests/style tests/abi.sh tests/coverage.sh
EXTRA_DIST += tests/run-one tests/style tests/abi.sh tests/coverage.sh tests/installed.sh tests/valgrind.supp

include tests/support/local.mk
include tests/unit/local.mk
include tests/source/local.mk
include tests/memory/local.mk
include tests/redis/local.mk
include tests/sqlite/local.mk
include tests/conformance/local.mk
include tests/loader/local.mk
include tests/cli/local.mk
include tests/fuzz/local.mk
include tests/torture/local.mk
