#!/bin/sh
# The library exports what the public headers declare, and nothing else; each header stands alone, as C11 and as C++17.
set -u
status=0
declared=$(sed -n 's/^DS_API \([^(]*(\).*/\1/p' "$DS_SRCDIR"/include/datasource/*.h | grep -o 'ds_[a-z0-9_]*(' | tr -d '(' | sort -u)
exported=$(nm -D --defined-only "$DS_BUILDDIR/.libs/libdatasource.so" | awk '$2 ~ /[A-Z]/ && $3 !~ /^(__asan|__ubsan|__tsan|_init|_fini|_edata|_end|__bss_start)/ { print $3 }' | sort -u)
for name in $declared; do
    printf '%s\n' "$exported" | grep -qx "$name" || { echo "declared and not exported: $name"; status=1; }
done
for name in $exported; do
    printf '%s\n' "$declared" | grep -qx "$name" || { echo "exported and not declared: $name"; status=1; }
done
for header in "$DS_SRCDIR"/include/datasource/*.h; do # included, since clang calls what is unused in a main file so
    line="#include <datasource/$(basename "$header")>"
    echo "$line" | ${CC:-cc} -std=c11 -pedantic -Wall -Wextra -Wconversion -Wshadow -Werror -I"$DS_SRCDIR/include" -fsyntax-only -x c - || status=1
    echo "$line" | ${CXX:-c++} -std=c++17 -pedantic -Wall -Wextra -Wconversion -Wshadow -Werror -I"$DS_SRCDIR/include" -fsyntax-only -x c++ - || status=1
done
[ $status -ne 0 ] || echo "$(printf '%s\n' "$declared" | wc -l) functions are declared and exported; $(ls "$DS_SRCDIR"/include/datasource/*.h | wc -l) headers stand alone"
exit $status
