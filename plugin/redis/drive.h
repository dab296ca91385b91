/* The leader's work: a ready link, what waits sent over it, answers handed out. */
#ifndef REDIS_DRIVE_H
#define REDIS_DRIVE_H

#include "lane.h"

/* DS_OK: the call's time is not over; otherwise as drive_leave(). */
ds_status drive_check(redis_lane *lane, const ds_call *call, ds_error *err);
void drive_lock(redis_lane *lane);
void drive_lock_first(redis_lane *lane); /* by one whose time is over */
void drive_unlock(redis_lane *lane);     /* hands out what is done first */

/* Leads until the request is over, is let go of (its status, and `err` filled), or there is something to tell the host:
 * then it is not over, and its thread is to come back with crew_return(). In the child of a fork that the host's reconnect
 * function made: DS_LOST. `is_heir`: the link was in use until now. */
ds_status drive_lead(redis_lane *lane, redis_request *request, const ds_call *call, bool is_heir, ds_error *err);
/* Sends what is in the inbox. `must`: the leader waits, and it is left to nobody else. */
void drive_send(redis_lane *lane, bool must);
/* Hands over the lead, and the lock. */
void drive_step_down(redis_lane *lane, redis_request *request, bool is_away, signals *wake);
/* Takes a request out of the lane that is not over, because of `early`: what is answered with. DS_OK: it was over after all. */
ds_status drive_leave(redis_lane *lane, redis_request *request, ds_status early, ds_error *err);
bool drive_is_over(const redis_request *request);

#endif
