/* Values as text. */
#ifndef SP_JQ_FORMATS_H
#define SP_JQ_FORMATS_H

#include <stdbool.h>

#include "base/slice.h"
#include "jq/jq_value.h"
#include "jq/machine.h"

/* Whether there is a format, by its name without @. */
bool format_exists(struct slice name);

/* A value in a format, by its name without @; as tostring if that is empty.
 * JQ_NONE after machine_error. */
struct jq_value format_value(
    struct machine *, struct slice name, struct jq_value);

/* tojson, and tostring, which leaves strings as they are. */
struct jq_value format_json(struct machine *, struct jq_value);
struct jq_value format_text(struct machine *, struct jq_value);

#endif
