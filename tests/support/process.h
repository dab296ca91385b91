/* What the test's own process has. */
#ifndef TESTS_PROCESS_H
#define TESTS_PROCESS_H

double now_ms(void); /* monotonic */

int descriptors_open(void);
/* Waits for `wanted` for some seconds, since a thread that was joined may be seen for a moment longer; 0: as it is. */
int threads_alive(int wanted);

#endif
