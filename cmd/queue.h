/*
 * sp-queue, as its files share it: next (sp-queue.c), budget
 * (queue_budget.c), status, list and count (queue_status.c), add, drop and
 * unblock (queue_edit.c). Each returns a status of sp(7); whatever cannot go on
 * ends the program there, with a message.
 */
#ifndef SP_CMD_QUEUE_H
#define SP_CMD_QUEUE_H

#include <stdbool.h>

#include "plan/plan.h"

struct queue_options {
	const char *db;
	struct plan_options plan;
	bool table;	 /* list for people even into a pipe */
	char **operands; /* the arguments after the options, ends with NULL */
};

/* The job that a command names; NULL for all of them. */
const struct job *queue_operand_job(const char *command, char **operands);

/* Say what a job, or each that is due, would cost now. */
int queue_budget(const struct queue_options *);

/* Say what is due, what holds it up, and how the last runs went. */
int queue_status(const struct queue_options *);

/* Say which playlists wait, or how many. */
int queue_list(const struct queue_options *);
int queue_count(const struct queue_options *);

/* Put playlists into the queue, or take them out: the operands, or stdin's. */
int queue_add_all(const struct queue_options *);
int queue_drop_all(const struct queue_options *);

/* Lift the deadlines of a user: all, or those of endpoints and buckets. */
int queue_unblock(const struct queue_options *);

#endif
