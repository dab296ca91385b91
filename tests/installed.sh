#!/bin/sh
# A program of a few lines, compiled with pkg-config against a library that was installed into a prefix ($1), runs unchanged
# on memory and on Redis. The connector template, copied to an empty folder, builds there with make and pkg-config alone,
# conforms, and the same program runs on it.
set -eu
prefix=${1:?the prefix of an installed library}
folder=$(mktemp -d)
redis=
finish() {
    [ -z "$redis" ] || { kill "$redis" 2>/dev/null; wait "$redis" 2>/dev/null; } || true
    rm -rf "$folder"
}
trap finish EXIT
cat >"$folder/host.c" <<'C'
#include <datasource/datasource.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    ds_error error;
    ds_catalog *catalog;
    ds_record *found;
    if (argc != 2 || ds_catalog_open(argv[1], NULL, &catalog, &error) != DS_OK)
        return fprintf(stderr, "%s\n", error.message), 1;
    ds_source *source = ds_catalog_source(catalog, "main", &error);
    ds_model *sessions = source == NULL ? NULL : ds_source_model(source, "user-session", &error);
    ds_record *record = ds_record_new(sessions);
    ds_record_set(record, "id", ds_string("123"));
    ds_record_set(record, "name", ds_string("Bob"));
    ds_record_set(record, "age", ds_integer(42));
    if (sessions == NULL || ds_create(sessions, record, &error) != DS_OK ||
        ds_find_by_id(sessions, ds_string("123"), &found, &error) != DS_OK)
        return fprintf(stderr, "%s\n", error.message), 1;
    char *json = ds_record_to_json(found);
    puts(json);
    ds_free(json);
    ds_record_free(found);
    ds_record_free(record);
    ds_catalog_close(catalog);
    return 0;
}
C
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib"
unset DATASOURCE_PLUGIN_PATH
${CC:-cc} -std=c11 -Wall -Wextra -Werror -o "$folder/host" "$folder/host.c" $(pkg-config --cflags --libs datasource)
redis-server --port 0 --unixsocket "$folder/redis.sock" --dir "$folder" --save '' --logfile "$folder/log" &
redis=$!
until redis-cli -s "$folder/redis.sock" ping >/dev/null 2>&1; do kill -0 $redis; done
echo '{ "main": { "connector": "memory" } }' >"$folder/memory.json"
printf '{ "main": { "connector": "redis", "url": "unix://%s/redis.sock" } }' "$folder" >"$folder/redis.json"
"$folder/host" "$folder/memory.json" >"$folder/memory.txt"
"$folder/host" "$folder/redis.json" >"$folder/redis.txt"
cmp "$folder/memory.txt" "$folder/redis.txt"
redis-cli -s "$folder/redis.sock" HGETALL user-session:123 | paste -sd' ' - | grep -qx 'name Bob age 42'
echo "installed: $(cat "$folder/memory.txt") on memory and on Redis"

mkdir "$folder/plugin"
cp "$prefix/share/doc/libdatasource/examples/plugin/"* "$folder/plugin"
make -s -C "$folder/plugin" CC="${CC:-cc}" CFLAGS='-O2 -Werror'
make -s -C "$folder/plugin" check >"$folder/report" || { cat "$folder/report"; exit 1; }
printf '{ "main": { "connector": "jsonfolder", "path": "%s/records" } }' "$folder" >"$folder/jsonfolder.json"
DATASOURCE_PLUGIN_PATH="$folder/plugin" "$folder/host" "$folder/jsonfolder.json" >"$folder/jsonfolder.txt"
cmp "$folder/memory.txt" "$folder/jsonfolder.txt"
cases=$(sed -n 's/ passed, 0 failed$//p' "$folder/report" | tail -n 1)
of_memory=$("$prefix/bin/datasource-conformance" memory | sed -n 's/ passed, 0 failed$//p' | tail -n 1)
[ "$cases" -gt 200 ] && [ "$cases" = "$of_memory" ] || { cat "$folder/report"; exit 1; }
make -s -C "$folder/plugin" install DESTDIR="$folder/destination"
[ -f "$folder/destination$prefix/lib/datasource/datasource-jsonfolder.so" ]
echo "installed: the connector template builds in an empty folder and passes $cases cases, as memory does"
