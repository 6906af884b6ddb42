#include "base/nearest.h"

#define NEAREST_MAX 64
#define FAR 3

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment, with the last three rows of its matrix. */
size_t edit_distance(struct slice a, struct slice b)
{
	size_t rows[3][NEAREST_MAX + 1], *row = rows[0];

	if (a.n > NEAREST_MAX || b.n > NEAREST_MAX)
		return FAR;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		const size_t *up = row, *two_up = rows[(i + 1) % 3];

		row = rows[i % 3];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			row[j] = up[j - 1] + (a.p[i - 1] != b.p[j - 1]);
			row[j] = least(row[j], least(up[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1])
				row[j] = least(row[j], two_up[j - 2] + 1);
		}
	}
	return least(row[b.n], FAR);
}

void nearest_look(struct nearest *n, const char *name)
{
	size_t edits = edit_distance(n->word, slice_of(name));

	if (edits >= FAR || 2 * edits > n->word.n ||
	    (n->name && edits >= n->edits))
		return;
	n->name = name;
	n->edits = edits;
}
