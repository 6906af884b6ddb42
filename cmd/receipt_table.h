/* A receipt as a table for people: sp-load prints it, and sp-stage runs. */
#ifndef SP_CMD_RECEIPT_TABLE_H
#define SP_CMD_RECEIPT_TABLE_H

#include <sqlite3.h>
#include <stdio.h>

#include "base/slice.h"

/*
 * Print a receipt, a JSON array as in ingest_runs, with its sum: a line for
 * each file and year, in two tables that fit a terminal: what became of the
 * rows, and of which kinds they are. What is 0 everywhere is left out. A SQLite
 * result code.
 */
int receipt_table(sqlite3 *, struct slice receipt, FILE *to);

#endif
