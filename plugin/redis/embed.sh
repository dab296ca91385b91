#!/bin/sh
# Prints a C file that holds the scripts it is given, each as bytes: a string literal may be too short for one. A line
# "-- include other.lua" in a script stands for that file, beside it.
set -eu
expand() {
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        *"-- include "*.lua) (expand "$(dirname "$1")/${line##*-- include }") ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$1"
}
echo '/* Made by embed.sh from scripts/. */'
echo '#include "scripts.h"'
for file in "$@"; do
    name=$(basename "$file" .lua)
    echo "static const unsigned char text_$name[] = {"
    expand "$file" | od -An -v -tu1 | sed 's/[0-9][0-9]*/&,/g'
    echo '};'
done
echo 'const script_source script_sources[SCRIPT_COUNT] = {'
for file in "$@"; do
    name=$(basename "$file" .lua)
    enumerator=SCRIPT_$(echo "$name" | tr a-z A-Z)
    echo "    [$enumerator] = {\"$name\", (const char *)text_$name, sizeof text_$name},"
done
echo '};'
