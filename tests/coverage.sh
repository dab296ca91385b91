#!/bin/sh
# Every public function (and macro) has an example that is compiled and run by the tests.
# The rule: what hosts call (all headers but connector.h) is called by a program in examples/. What connector.h offers to
# authors of connectors is called there, or else in a connector of ours (plugin/), which `make check` runs as it runs them;
# the conformance suite is a host, and adds nothing. A call is the name as a word with "(" behind it, outside of comments.
set -u
cd "${DS_SRCDIR:-$(dirname "$0")/..}" || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

code() { perl -0777 -pe 's{/\*.*?\*/|//[^\n]*}{ }gs; s/"(\\.|[^"\\\n])*"/""/g' "$@"; }

# DS_API and inline functions, and macros with arguments (not those of values: DS_API itself has none).
declared() {
    code "$@" | perl -0777 -ne '
        while (/^(?:DS_API|static inline)\b[^;{(]*?\b(ds_\w+)\s*\(/mg) { print "$1\n" }
        while (/^#define (DS_\w+)\(/mg) { print "$1\n" }' | sort -u
}
called() { code "$@" | grep -oE '\b(ds|DS)_[A-Za-z0-9_]+ *\(' | tr -d ' (' | sort -u; }

declared $(ls include/datasource/*.h | grep -v '/connector\.h$') >"$folder/for-hosts"
declared include/datasource/connector.h >"$folder/for-connectors"
called $(find examples -name '*.c' -o -name '*.h' -o -name '*.cpp') >"$folder/in-examples"
called $(find plugin -name '*.c' -o -name '*.h') | sort -u - "$folder/in-examples" >"$folder/in-connectors"

comm -23 "$folder/for-hosts" "$folder/in-examples" | sed 's/$/: no program in examples calls it/' >"$folder/missing"
comm -23 "$folder/for-connectors" "$folder/in-connectors" | sed 's/$/: neither an example nor a connector calls it/' >>"$folder/missing"
cat "$folder/missing"
hosts=$(wc -l <"$folder/for-hosts")
connectors=$(wc -l <"$folder/for-connectors")
echo "$hosts functions for hosts, $connectors for connectors; $(wc -l <"$folder/missing") of them without an example"
# A script that finds no functions proves nothing.
[ "$hosts" -ge 100 ] && [ "$connectors" -ge 40 ] && [ ! -s "$folder/missing" ]
