/* Edit distances, and the name that is meant by a word. */
#include "unit/tap.h"

#include "base/nearest.h"

static const char *nearest_to(const char *word)
{
	static const char *const names[] = {
	    "status", "next", "list", "add", "replay", "redate"};
	struct nearest n = {.word = slice_of(word)};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		nearest_look(&n, names[i]);
	return n.name ? n.name : "none";
}

int main(void)
{
	static const struct {
		const char *a, *b;
		int edits;
	} pairs[] = {{"", "", 0}, {"a", "", 1}, {"status", "status", 0},
	    {"status", "statsu", 1}, {"status", "stat", 2}, {"ab", "ba", 1},
	    {"next", "text", 1}, {"next", "exts", 2}, {"abcd", "badc", 2},
	    {"list", "runs", 3}, {"a", "abcdefgh", 3}};
	static const struct {
		const char *word, *name;
	} words[] = {{"statsu", "status"}, {"stats", "status"}, {"lst", "list"},
	    {"ad", "add"}, {"Next", "next"}, {"repaly", "replay"},
	    {"update", "redate"}, {"foo", "none"}, {"no", "none"}, {"", "none"},
	    {"x", "none"}};
	char longest[66] = "";

	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct slice a = slice_of(pairs[i].a), b = slice_of(pairs[i].b);

		is_int((int64_t)edit_distance(a, b), pairs[i].edits,
		    "the edits between two texts");
		is_int((int64_t)edit_distance(b, a), pairs[i].edits,
		    "the same both ways");
	}
	for (size_t i = 0; i < COUNT_OF(words); i++)
		is_text(slice_of(nearest_to(words[i].word)), words[i].name,
		    "what is meant by '%s'", words[i].word);
	memset(longest, 'a', sizeof(longest) - 1);
	is_int((int64_t)edit_distance(
		   (struct slice){longest, 64}, (struct slice){longest, 63}),
	    1, "texts of 64 bytes");
	is_int((int64_t)edit_distance(slice_of(longest), slice_of(longest)), 3,
	    "longer ones are far");
	return tap_done();
}
