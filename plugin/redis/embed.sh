#!/bin/sh
# Prints a C file that holds the scripts it is given, each as bytes: a string literal may be too short for one.
set -eu
echo '/* Made by embed.sh from scripts/. */'
echo '#include "scripts.h"'
for file in "$@"; do
    name=$(basename "$file" .lua)
    echo "static const unsigned char text_$name[] = {"
    od -An -v -tu1 "$file" | sed 's/[0-9][0-9]*/&,/g'
    echo '};'
done
echo 'const script_source script_sources[SCRIPT_COUNT] = {'
for file in "$@"; do
    name=$(basename "$file" .lua)
    enumerator=SCRIPT_$(echo "$name" | tr a-z A-Z)
    echo "    [$enumerator] = {\"$name\", (const char *)text_$name, sizeof text_$name},"
done
echo '};'
