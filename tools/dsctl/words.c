/* Words out of a line: names between commas. */
#include "dsctl.h"

#include <stdlib.h>
#include <string.h>

const char **split_names(char *list, size_t *count)
{
    size_t commas = 0;
    for (const char *at = list; *at != '\0'; at++)
        commas += *at == ',';
    const char **names = calloc(commas + 2, sizeof *names);
    *count = 0;
    for (char *comma; names != NULL; list = comma + 1) {
        names[(*count)++] = list;
        comma = strchr(list, ',');
        if (comma == NULL)
            break;
        *comma = '\0';
    }
    return names;
}
