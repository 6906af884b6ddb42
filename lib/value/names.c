#include "value/names.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/word.h"

/* Names that are read last if they are this short, and while there is room. */
#define SHORT 64
#define READ_MAX (NAME_IDS / 2)

/* Names, found by their texts. */
struct name_table {
	struct hash hash;
	struct name **names;
	size_t room;
};

struct names {
	struct name_table lasting, of_run;
	struct arena arena; /* of the lasting ones */
};

struct names *names_new(void)
{
	return mem_zero(1, sizeof(struct names));
}

static void release(struct name_table *t)
{
	hash_release(&t->hash);
	free(t->names);
}

void names_free(struct names *names)
{
	if (!names)
		return;
	release(&names->lasting);
	release(&names->of_run);
	arena_release(&names->arena);
	free(names);
}

static struct name *find(
    const struct name_table *t, uint64_t hash, struct slice text)
{
	struct hash_walk w = hash_find(&t->hash, hash);

	while (hash_next(&w))
		if (slice_eq(t->names[w.number]->text, text))
			return t->names[w.number];
	return NULL;
}

static bool is_plain(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == '"' ||
		    s.p[i] == '\\')
			return false;
	return true;
}

/* Fill in a name, with room after it for its text and what is around it. */
static struct name *make(struct name *name, struct slice text, uint32_t id)
{
	char *p = (char *)(name + 1);

	*p++ = '"';
	if (text.n)
		memcpy(p, text.p, text.n);
	memset(p + text.n, 0, NAME_PAD);
	memcpy(p + text.n, "\":", 2);
	name->text = (struct slice){p, text.n};
	name->id = id;
	name->plain = is_plain(text);
	return name;
}

static struct name *put(struct name_table *t, uint64_t hash, struct name *name)
{
	size_t n = t->hash.count;

	t->names = mem_grow(t->names, &t->room, n + 1, sizeof(struct name *));
	t->names[n] = name;
	hash_add(&t->hash, hash, (uint32_t)n);
	return name;
}

static size_t size_of(struct slice text)
{
	return sizeof(struct name) + 1 + text.n + NAME_PAD;
}

static struct name *add(struct names *names, uint64_t hash, struct slice text)
{
	size_t n = names->lasting.hash.count;
	uint32_t id = n < NAME_IDS ? (uint32_t)n : NAME_IDS;
	struct name *name = arena_room(&names->arena, size_of(text));

	return put(&names->lasting, hash, make(name, text, id));
}

struct name *names_add(struct names *names, struct slice text)
{
	uint64_t hash = hash_bytes(0, text);
	struct name *name = find(&names->lasting, hash, text);

	return name ? name : add(names, hash, text);
}

struct name *names_of(struct names *names, struct heap *h, struct slice text)
{
	uint64_t hash = hash_bytes(0, text);
	struct name *name = find(&names->lasting, hash, text);

	if (!name)
		name = find(&names->of_run, hash, text);
	if (name)
		return name;
	if (text.n <= SHORT && names->lasting.hash.count < READ_MAX)
		return add(names, hash, text);
	name = heap_alloc(h, size_of(text));
	return put(&names->of_run, hash, make(name, text, NAME_IDS));
}

void names_begin_run(struct names *names)
{
	if (names->of_run.hash.count)
		hash_clear(&names->of_run.hash);
}
