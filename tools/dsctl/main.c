/* dsctl: data sources from a shell. The man page is docs/dsctl.1. */
#include "dsctl.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

ds_status dsctl_catalog(dsctl *ctl)
{
    if (ctl->catalog != NULL)
        return DS_OK;
    return ds_catalog_open(ctl->datasources, ctl->models, &ctl->catalog, &ctl->error);
}

ds_source *dsctl_source(dsctl *ctl, const char *name)
{
    ds_source *source = dsctl_catalog(ctl) == DS_OK ? ds_catalog_source(ctl->catalog, name, &ctl->error) : NULL;
    if (source != NULL)
        reach_source(source);
    return source;
}

ds_model *dsctl_model(dsctl *ctl, const char *source, const char *model)
{
    ds_source *on = dsctl_source(ctl, source);
    ds_model *made = on == NULL ? NULL : ds_source_model(on, model, &ctl->error);
    for (size_t i = 0; made != NULL && ctl->cancel != NULL && i < sizeof ctl->views / sizeof *ctl->views; i++) {
        if (ctl->views[i] != NULL)
            continue;
        const ds_options options = {.size = sizeof options, .cancel = ctl->cancel};
        return ds_model_with(made, &options, &ctl->views[i], &ctl->error) == DS_OK ? ctl->views[i] : NULL;
    }
    return made;
}

ds_status dsctl_nomem(dsctl *ctl)
{
    return ds_error_set(&ctl->error, DS_NOMEM, "out of memory");
}

ds_status dsctl_flushed(dsctl *ctl)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return DS_OK;
    ds_error_set(&ctl->error, DS_BACKEND, "standard output: %s", strerror(errno));
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    ctl->unread = poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
    if (ctl->unread)
        ctl->error.message[0] = '\0';
    return DS_BACKEND;
}

ds_status print_number(const dsctl *ctl, const char *name, uint64_t number)
{
    printf(ctl->json ? "{\"%s\":%llu}\n" : "%.0s%llu\n", name, (unsigned long long)number);
    return DS_OK;
}

int main(int argc, char **argv)
{
    dsctl ctl = {.datasources = "datasources.json", .json = !isatty(STDOUT_FILENO)};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
    sigaction(SIGPIPE, &ignore,
              &old); /* `dsctl find ... | head -1` closes its connections, and ends then as others do */
    if (!ctl.json)
        setlocale(LC_CTYPE, ""); /* how wide a character is; numbers stay as they are */
    log_begin();
    int status = dsctl_run(&ctl, argc - 1, argv + 1);
    ds_catalog_close(ctl.catalog);
    log_end(NULL);
    if (ctl.unread) {
        sigaction(SIGPIPE, &old, NULL);
        raise(SIGPIPE);
    }
    return status;
}
