/* migrate and discover: what is stored is made to fit the models, and models are proposed for what is stored. */
#include "dsctl.h"

#include <string.h>

static void tell(void *user, uint64_t done, uint64_t total)
{
    progress_tell(user, done, total, done);
}

/* Exit status 1 where migrate has something to do. */
static ds_status check(dsctl *ctl, ds_model *model, const char *name)
{
    char what[96], *report = NULL;
    snprintf(what, sizeof what, "checking %.64s", name);
    progress bar = progress_start(what);
    ds_status status = ds_migrate_check(model, tell, &bar, &report, &ctl->error);
    progress_end(&bar);
    if (status != DS_OK)
        return status;
    if (strstr(report, "\"missing\":[]") == NULL)
        ctl->exit_status = 1;
    if (ctl->json)
        puts(report);
    else
        print_json_as_text(stdout, report, NULL);
    ds_free(report);
    return DS_OK;
}

static ds_status migrate(dsctl *ctl, const char *source, const char *name)
{
    ds_model *model = dsctl_model(ctl, source, name);
    if (model == NULL)
        return ctl->error.status;
    if (ctl->check)
        return check(ctl, model, name);
    char what[96];
    snprintf(what, sizeof what, "migrating %.64s", name);
    progress bar = progress_start(what);
    ds_status status = ds_migrate(model, tell, &bar, &ctl->error);
    progress_end(&bar);
    if (status != DS_OK)
        return status;
    if (!ctl->json) {
        printf("%s: migrated\n", name);
        return DS_OK;
    }
    fputs("{\"migrated\":", stdout);
    print_json_string(stdout, name);
    puts("}");
    return DS_OK;
}

ds_status run_migrate(dsctl *ctl, int argc, char **argv)
{
    if (argc == 2)
        return migrate(ctl, argv[0], argv[1]);
    ds_status status = dsctl_source(ctl, argv[0]) == NULL ? ctl->error.status : DS_OK;
    for (size_t i = 0; status == DS_OK && i < ds_catalog_model_count(ctl->catalog); i++) {
        const char *on = ds_catalog_model_source(ctl->catalog, i);
        if (on == NULL || strcmp(on, argv[0]) == 0)
            status = migrate(ctl, argv[0], ds_catalog_model_name(ctl->catalog, i));
    }
    return status;
}

ds_status run_discover(dsctl *ctl, int argc, char **argv)
{
    ds_source *source = dsctl_source(ctl, argv[0]);
    char *models = NULL;
    if (source == NULL)
        return ctl->error.status;
    ds_status status = ds_discover(source, argc == 2 ? argv[1] : NULL, &models, &ctl->error);
    if (status == DS_OK && ctl->json)
        puts(models);
    else if (status == DS_OK)
        print_json_indented(stdout, models);
    ds_free(models);
    return status;
}
