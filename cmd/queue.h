/*
 * What the commands of sp-queue share: next and due are in sp-queue.c, budget
 * in queue_budget.c, health in queue_health.c, status, list and count in
 * queue_status.c, add, drop and unblock in queue_edit.c. Each command returns
 * an exit status of sp(7), or ends the program with a message.
 */
#ifndef SP_CMD_QUEUE_H
#define SP_CMD_QUEUE_H

#include <stdbool.h>

#include "listing.h"
#include "plan/plan.h"

struct queue_options {
	const char *db;
	struct plan_options plan;
	enum listing_form form;
	bool prometheus;       /* how health is printed */
	int64_t since;	       /* of health, Unix ms; -1 for a week ago */
	const struct job *job; /* that next or budget names; NULL for all */
	char **operands;       /* after the command, ended by NULL */
};

/* Print what a job, or each that is due, would cost now. */
int queue_budget(const struct queue_options *);

/* Print what is due, what blocks it, and how the last runs went. */
int queue_status(const struct queue_options *);

/*
 * Print whether all is well with an account's runs: 0, 1 to have a look, or 77
 * to log in; for Prometheus always 0.
 */
int queue_health(const struct queue_options *);

/* Print the playlists in the queue, or how many there are. */
int queue_list(const struct queue_options *);
int queue_count(const struct queue_options *);

/*
 * Put playlists into the queue, or remove them from it: the operands, or
 * without any the lines of stdin.
 */
int queue_add_all(const struct queue_options *);
int queue_drop_all(const struct queue_options *);

/* Lift the deadlines of a user: all, or those of endpoints and buckets. */
int queue_unblock(const struct queue_options *);

#endif
