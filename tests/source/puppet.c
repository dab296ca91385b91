#include "puppet.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define MINUTE_NS INT64_C(60000000000)
#define SLICE_NS  5000000 /* how often one that waits looks at its token */

typedef struct string {
    ds_status fault;
    unsigned fault_times, calls, inside, waiting;
    const char *words;
    bool held;
} string;

typedef struct doll {
    ds_source *source;
    bool reached, itself;
} doll;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved;
static string strings[PUPPET_ENTRIES];
static unsigned violations, records, scans, operations;
static unsigned deadlines; /* that blocks were given, one after the other */
static int64_t last_deadline;
static bool is_deaf;
static void (*meddle)(void *user);
static void *meddle_user;

/* ---- the strings ---- */

static void wait_a_slice(void)
{
    int64_t until = ds_now() + SLICE_NS;
    struct timespec at = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
    pthread_cond_timedwait(&moved, &lock, &at);
}

void puppet_reset(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < PUPPET_ENTRIES; i++)
        strings[i] = (string){.fault = DS_OK};
    violations = scans = operations = 0;
    records = 3;
    deadlines = 0;
    last_deadline = 0;
    is_deaf = false;
    meddle = NULL;
    pthread_mutex_unlock(&lock);
}

void puppet_fail(puppet_entry entry, ds_status status, unsigned times, const char *words)
{
    pthread_mutex_lock(&lock);
    strings[entry].fault = status;
    strings[entry].fault_times = times;
    strings[entry].words = words;
    pthread_mutex_unlock(&lock);
}

static void set_held(puppet_entry entry, bool held)
{
    pthread_mutex_lock(&lock);
    strings[entry].held = held;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&lock);
}

void puppet_hold(puppet_entry entry)
{
    set_held(entry, true);
}

void puppet_let_go(puppet_entry entry)
{
    set_held(entry, false);
}

void puppet_deafen(bool deaf)
{
    pthread_mutex_lock(&lock);
    is_deaf = deaf;
    pthread_mutex_unlock(&lock);
}

void puppet_await(puppet_entry entry, unsigned n)
{
    int64_t patience = ds_now() + MINUTE_NS;
    pthread_mutex_lock(&lock);
    while (strings[entry].waiting != n && ds_now() < patience)
        wait_a_slice();
    if (strings[entry].waiting != n) {
        printf("\n%u calls wait in entry %d, not %u\n", strings[entry].waiting, (int)entry, n);
        abort();
    }
    pthread_mutex_unlock(&lock);
}

void puppet_meddle(void (*run)(void *user), void *user)
{
    pthread_mutex_lock(&lock);
    meddle = run;
    meddle_user = user;
    pthread_mutex_unlock(&lock);
}

void puppet_records(unsigned n)
{
    pthread_mutex_lock(&lock);
    records = n;
    pthread_mutex_unlock(&lock);
}

static unsigned read_one(const unsigned *number)
{
    pthread_mutex_lock(&lock);
    unsigned n = *number;
    pthread_mutex_unlock(&lock);
    return n;
}

unsigned puppet_calls(puppet_entry entry)
{
    return read_one(&strings[entry].calls);
}

unsigned puppet_scans(void)
{
    return read_one(&scans);
}

unsigned puppet_deadlines(void)
{
    return read_one(&deadlines);
}

unsigned puppet_violations(void)
{
    return read_one(&violations);
}

/* ---- what every entry does ---- */

static bool is_operation(puppet_entry entry)
{
    return entry >= PUPPET_PING && entry <= PUPPET_EXECUTE;
}

static void begin(puppet_entry entry, const doll *self)
{
    string *own = &strings[entry];
    own->calls++;
    own->inside++;
    operations += is_operation(entry);
    violations += is_operation(entry) && !self->reached && !self->itself;
    violations += entry == PUPPET_CONNECT && own->inside > 1;
    violations +=
        entry == PUPPET_DISCONNECT && (operations > 0 || own->inside > 1 || (!self->reached && !self->itself));
}

static ds_status wait_while_held(string *own, ds_call *call)
{
    ds_status status = DS_OK;
    own->waiting++;
    pthread_cond_broadcast(&moved);
    while (own->held && (is_deaf || (status = ds_call_check(call)) == DS_OK))
        wait_a_slice();
    own->waiting--;
    return status;
}

/* Counts, waits and fails, as the strings are pulled. */
static ds_status act(puppet_entry entry, doll *self, ds_call *call)
{
    string *own = &strings[entry];
    pthread_mutex_lock(&lock);
    begin(entry, self);
    if (entry == PUPPET_BLOCK && call->deadline != last_deadline) {
        last_deadline = call->deadline;
        deadlines++;
    }
    ds_status status = own->held ? wait_while_held(own, call) : DS_OK;
    if (status == DS_OK && own->fault_times > 0) {
        own->fault_times--;
        status = own->fault;
        if (own->words != NULL)
            ds_error_set(call->error, status, "%s", own->words);
    }
    own->inside--;
    operations -= is_operation(entry);
    if (entry == PUPPET_CONNECT || entry == PUPPET_DISCONNECT)
        self->reached = entry == PUPPET_CONNECT && (status == DS_OK || self->reached);
    pthread_mutex_unlock(&lock);
    return status;
}

/* ---- the table ---- */

static ds_status open_doll(ds_source *source, void **connection, ds_call *call)
{
    doll *self = ds_calloc(1, sizeof *self);
    if (self == NULL)
        return ds_error_set(call->error, DS_NOMEM, "the puppet is out of memory");
    self->source = source;
    ds_status status = act(PUPPET_OPEN, self, call);
    if (status != DS_OK)
        ds_free(self);
    else
        *connection = self;
    return status;
}

static ds_status open_self(ds_source *source, void **connection, ds_call *call)
{
    ds_status status = open_doll(source, connection, call);
    if (status == DS_OK)
        ((doll *)*connection)->itself = true;
    return status;
}

static void close_doll(void *connection)
{
    ds_error error = {.status = DS_OK};
    ds_call call = {.size = sizeof call, .deadline = DS_NO_DEADLINE, .error = &error};
    act(PUPPET_CLOSE, connection, &call);
    ds_free(connection);
}

static ds_status connect_doll(void *connection, ds_call *call)
{
    if (meddle != NULL)
        meddle(meddle_user);
    return act(PUPPET_CONNECT, connection, call);
}

static ds_status connect_self(void *connection, ds_call *call)
{
    doll *self = connection;
    ds_status status = connect_doll(connection, call);
    if (status == DS_OK)
        ds_source_emit(self->source, DS_EVENT_CONNECT, NULL);
    ds_source_emit(self->source, status == DS_OK ? DS_EVENT_READY : DS_EVENT_ERROR,
                   status == DS_OK ? NULL : call->error);
    return status;
}

static void disconnect_doll(void *connection, ds_call *call)
{
    act(PUPPET_DISCONNECT, connection, call);
}

static void disconnect_self(void *connection, ds_call *call)
{
    doll *self = connection;
    bool was = self->reached;
    disconnect_doll(connection, call);
    if (was)
        ds_source_emit(self->source, DS_EVENT_END, NULL);
}

static ds_status ping_doll(void *connection, ds_call *call)
{
    return act(PUPPET_PING, connection, call);
}

static ds_status write_all(puppet_entry entry, doll *self, size_t n, ds_outcomes *outcomes, ds_call *call)
{
    ds_status status = act(entry, self, call);
    for (size_t i = 0; status == DS_OK && i < n; i++)
        ds_outcome_ok(outcomes, i, entry == PUPPET_CREATE);
    return status;
}

static ds_status create_all(void *connection, const ds_model *model, ds_record *const *given, size_t n,
                            ds_outcomes *outcomes, ds_call *call)
{
    (void)model, (void)given;
    return write_all(PUPPET_CREATE, connection, n, outcomes, call);
}

static ds_status update_all(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                            const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                            ds_call *call)
{
    (void)model, (void)ids, (void)changes, (void)expected;
    return write_all(PUPPET_UPDATE, connection, n, outcomes, call);
}

static ds_status delete_all(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                            const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    (void)model, (void)ids, (void)expected;
    return write_all(PUPPET_DELETE, connection, n, outcomes, call);
}

typedef struct puppet_scan {
    doll *self;
    const ds_model *model;
    unsigned next, end;
} puppet_scan;

static ds_status find(void *connection, const ds_model *model, const ds_selection *ask, uint32_t may, uint32_t *did,
                      void **out, ds_call *call)
{
    (void)ask, (void)may, (void)did;
    ds_status status = act(PUPPET_FIND, connection, call);
    puppet_scan *scan = status == DS_OK ? ds_calloc(1, sizeof *scan) : NULL;
    if (status == DS_OK && scan == NULL)
        status = ds_error_set(call->error, DS_NOMEM, "the puppet is out of memory");
    if (status != DS_OK)
        return status;
    pthread_mutex_lock(&lock);
    *scan = (puppet_scan){.self = connection, .model = model, .end = records};
    scans++;
    pthread_mutex_unlock(&lock);
    *out = scan;
    return DS_OK;
}

static ds_status next_block(void *of, ds_block *block, ds_call *call)
{
    puppet_scan *scan = of;
    ds_status status = act(PUPPET_BLOCK, scan->self, call);
    if (status != DS_OK || scan->next == scan->end)
        return status;
    char id[16];
    int length = snprintf(id, sizeof id, "%u", ++scan->next);
    ds_record *record = ds_block_add(block);
    status = record == NULL ? DS_NOMEM : ds_record_put_text(record, ds_model_id_slot(scan->model), id, (size_t)length);
    return status == DS_OK ? DS_OK : ds_error_set(call->error, status, "the puppet is out of memory");
}

static void end_scan(void *of)
{
    pthread_mutex_lock(&lock);
    scans--;
    pthread_mutex_unlock(&lock);
    ds_free(of);
}

static ds_status open_model(void *connection, const ds_model *model, void **state, ds_call *call)
{
    (void)model;
    *state = NULL;
    return act(PUPPET_MODEL, connection, call);
}

static ds_status expire(void *connection, const ds_model *model, ds_value id, int64_t ttl_ms, ds_call *call)
{
    (void)model, (void)id, (void)ttl_ms;
    return act(PUPPET_UPDATE, connection, call);
}

static ds_status migrate(void *connection, const ds_model *model, uint32_t flags, ds_progress *progress, void *user,
                         ds_buffer *report, ds_call *call)
{
    (void)model, (void)flags, (void)progress, (void)user, (void)report;
    return act(PUPPET_MODEL, connection, call);
}

static ds_status ttl(void *connection, const ds_model *model, ds_value id, int64_t *ttl_ms, ds_call *call)
{
    (void)model, (void)id;
    *ttl_ms = -1;
    return act(PUPPET_FIND, connection, call);
}

static ds_status execute(void *connection, size_t argc, const char *const *argv, const size_t *lengths,
                         ds_buffer *reply, ds_call *call)
{
    (void)argc, (void)lengths;
    ds_status status = act(PUPPET_EXECUTE, connection, call);
    ds_buffer_json(reply, ds_string(argv[0]));
    return status;
}

static void stats(void *connection, ds_buffer *members)
{
    (void)connection;
    ds_buffer_format(members, "\"strings\":%d", PUPPET_ENTRIES);
}

static const ds_option options[] = {
    {.name = "url", .types = DS_OPTION_STRING, .help = "where it hangs"},
    {.name = "password", .types = DS_OPTION_STRING, .flags = DS_OPTION_SECRET, .help = "for the curtain"},
    {.name = "commandTimeout", .types = DS_OPTION_INTEGER, .help = "ms"},
    {.name = "connectTimeout", .types = DS_OPTION_INTEGER, .help = "ms"},
    {.name = "readOnly", .types = DS_OPTION_BOOLEAN, .default_text = "false", .help = "no writes"},
    {.name = NULL}};
static const ds_option model_options[] = {{.name = "shelf", .types = DS_OPTION_STRING, .help = "where it lies"},
                                          {.name = NULL}};

#define PUPPET_REQUIRED                                                                                                \
    .abi = DS_ABI, .size = sizeof(ds_connector), .version = "1", .options = options, .model_options = model_options,   \
    .close = close_doll, .create_records = create_all, .find_records = find, .next_block = next_block,                 \
    .end_scan = end_scan, .update_records = update_all, .delete_records = delete_all

static const ds_connector full = {PUPPET_REQUIRED,   .name = "puppet",         .capabilities = DS_CAN_EXPIRE,
                                  .open = open_doll, .connect = connect_doll,  .disconnect = disconnect_doll,
                                  .ping = ping_doll, .open_model = open_model, .expire = expire,
                                  .ttl = ttl,        .execute = execute,       .stats = stats,
                                  .migrate = migrate};
static const ds_connector bare = {PUPPET_REQUIRED, .name = "puppet-bare", .open = open_doll, .connect = connect_doll};
static const ds_connector self_made = {PUPPET_REQUIRED,   .name = "puppet-self",   .capabilities = DS_CAN_RECONNECT,
                                       .open = open_self, .connect = connect_self, .disconnect = disconnect_self,
                                       .ping = ping_doll};

void puppet_register(void)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&moved, &monotonic);
    pthread_condattr_destroy(&monotonic);
    puppet_reset();
    const ds_connector *const tables[] = {&full, &bare, &self_made};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (ds_connector_register(tables[i], NULL) != DS_OK)
            abort();
}
