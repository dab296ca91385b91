/* A connector whose entries wait, fail or lose their connection on command, for many threads, and that looks whether the library
 * keeps the rules of the ABI about its life. It stores nothing and finds records without properties. Three tables: "puppet",
 * "puppet-bare" with the required entries alone, and "puppet-self", which connects by itself and tells its own events. */
#ifndef TESTS_PUPPET_H
#define TESTS_PUPPET_H

#include <datasource/connector.h>

typedef enum puppet_entry {
    PUPPET_OPEN,
    PUPPET_CLOSE,
    PUPPET_CONNECT,
    PUPPET_DISCONNECT,
    PUPPET_PING,
    PUPPET_CREATE,
    PUPPET_FIND,
    PUPPET_BLOCK,
    PUPPET_UPDATE,
    PUPPET_DELETE,
    PUPPET_EXECUTE,
    PUPPET_MODEL,
    PUPPET_ENTRIES
} puppet_entry;

void puppet_register(void); /* once a process */
void puppet_reset(void);    /* nothing is held or fails, nothing was called */

/* The next `times` calls fail; `words` NULL: without a sentence. */
void puppet_fail(puppet_entry, ds_status, unsigned times, const char *words);
void puppet_hold(puppet_entry); /* calls wait, within their deadline and their token, until they are let go */
void puppet_let_go(puppet_entry);
void puppet_deafen(bool deaf);                           /* those that wait mind neither deadline nor token */
void puppet_await(puppet_entry, unsigned n);             /* until n calls wait there; ends the test after a minute */
void puppet_meddle(void (*run)(void *user), void *user); /* called in the middle of connect() */
void puppet_records(unsigned n);                         /* that a find answers, one a block; 3 at first */

unsigned puppet_calls(puppet_entry); /* so far */
unsigned puppet_scans(void);         /* that are open */
unsigned puppet_deadlines(void);     /* how many different ones the blocks were given, one after the other */
/* What broke a rule: an operation before connect(), two connect() at once, disconnect() with operations under way. */
unsigned puppet_violations(void);

#endif
