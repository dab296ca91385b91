/* libdatasource: records of models, stored where datasources.json says. This header is all that a host includes. */
#ifndef DATASOURCE_DATASOURCE_H
#define DATASOURCE_DATASOURCE_H

#include <datasource/error.h>
#include <datasource/model.h>
#include <datasource/query.h>
#include <datasource/queue.h>
#include <datasource/record.h>
#include <datasource/source.h>
#include <datasource/value.h>

#endif
