/* A server of the test's own on loopback: a thread that accepts one connection after the other and lets the test talk.
 */
#ifndef TESTS_FAKE_SERVER_H
#define TESTS_FAKE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct fake_server fake_server;
/* Talks on a connection, counted from 0, in the server's thread; it is closed when this returns. */
typedef void fake_talk(int fd, unsigned number, void *user);

fake_server *fake_server_start(fake_talk *talk, void *user);
int fake_server_port(const fake_server *server);
unsigned fake_server_count(const fake_server *server); /* connections so far */
void fake_server_stop(fake_server *server);            /* shuts the connection under way, joins, frees */

/* For talking. Both return false once the peer is gone. */
bool fake_read(int fd, char *bytes, size_t length); /* exactly so many */
bool fake_write(int fd, const char *bytes, size_t length);
/* Reads one command (an array of bulk strings) and copies its name, in capitals, and says how many bytes it was long.
 */
bool fake_command(int fd, char name[32], size_t *length);

#endif
