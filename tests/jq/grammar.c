#include "grammar.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"

/*
 * A rule makes a program whose results are mostly of a kind:
 *
 *	N number, S string, A array, O object, B boolean, X any of them,
 *	F any number of results of any kind, P a path
 *
 * In its template, %N is a part of that kind with the same input, and %n one
 * whose input may be anything: what `.` is decides which leaves make sense.
 * %% is a percent sign. Every template is a term, so that it may stand
 *anywhere.
 */
struct rule {
	char kind;
	unsigned char weight;
	const char *template;
};

static const struct rule rules[] = {
    {'N', 9, "(%N + %N)"},
    {'N', 5, "(%N - %N)"},
    {'N', 4, "(%N / first(%N))"},
    {'N', 3, "(-%N)"},
    {'N', 4, "(%A | length)"},
    {'N', 3, "(%S | length)"},
    {'N', 2, "(%O | length)"},
    {'N', 1, "(%X | length)"},
    {'N', 4, "(%N | floor)"},
    {'N', 2, "([%S | tonumber?] | .[0] // 7)"},
    {'N', 1, "(%X | tonumber)"},
    {'N', 2, "(%A | index(%X | scalars, arrays))"},
    {'N', 2, "(%S | index(%S | strings | if . == \"\" then \"a\" else . end))"},
    {'N', 2, "([%F | numbers] | add)"},
    {'N', 3, "(reduce %A[] as $x (%N; . + %n))"},
    {'N', 2, "(reduce %F as $x (%N; if %b then . + 1 else %n end))"},
    {'N', 3, "(if %B then %N else %N end)"},
    {'N', 2, "(%N // %N)"},
    {'N', 1, "([%F | numbers] | min)"},
    {'N', 1, "([%F | numbers] | max)"},
    {'N', 1, "first(%F | numbers)"},
    {'N', 1, "last(%F | numbers)"},
    {'N', 1, "(%S | explode | .[0])"},
    {'N', 1, "([%N, %N] | add)"},
    {'S', 8, "(%S + %S)"},
    {'S', 6, "\"x\\(%X)y\""},
    {'S', 2, "\"\\(%X)-\\(%F)\""},
    {'S', 4, "(%X | tostring)"},
    {'S', 3, "(%X | tojson)"},
    {'S', 3, "(%X | type)"},
    {'S', 3, "(%A | map(%s) | join(%S))"},
    {'S', 1, "(%A | join(%S))"},
    {'S', 2, "(%S | ascii_downcase)"},
    {'S', 2, "(%S | ltrimstr(%S))"},
    {'S', 2, "(%S | rtrimstr(%S))"},
    {'S', 3, "(%S | split(%S) | .[0])"},
    {'S', 1, "(%S / %S | .[-1])"},
    {'S', 1, "(%O | keys[0])"},
    {'S', 1, "(%S | explode | implode)"},
    {'S', 3, "(if %B then %S else %S end)"},
    {'S', 2, "(%S // %S)"},
    {'S', 1, "first(%F | strings)"},
    {'S', 1, "(%X | tojson | tojson)"},
    {'A', 9, "[%F]"},
    {'A', 5, "[%F, %F]"},
    {'A', 5, "(%A | map(%x))"},
    {'A', 3, "(%A | map(select(%b)))"},
    {'A', 3, "(%A + %A)"},
    {'A', 2, "(%A - %A)"},
    {'A', 2, "(%A | sort)"},
    {'A', 2, "(%A | group_by(%x))"},
    {'A', 3, "(%O | keys)"},
    {'A', 1, "(%O | keys_unsorted)"},
    {'A', 3, "(%O | to_entries)"},
    {'A', 3, "(%S | split(%S))"},
    {'A', 1, "(%S / %S)"},
    {'A', 1, "(%S | explode)"},
    {'A', 3, "[range(%N | [., 9] | min)]"},
    {'A', 2, "[range(1, 3; %N | [., 9] | min)]"},
    {'A', 2, "[%X | paths]"},
    {'A', 1, "[%X | paths(type == \"number\")]"},

    {'A', 1, "(%A | del(.[] | select(%b)))"},
    {'A', 1, "(%A | del(%p))"},
    {'A', 1, "(%A | .[] += %X)"},
    {'A', 1, "(%A | map_values(first(%x, null)))"},
    {'A', 2, "[%X | ..]"},
    {'A', 1, "[%X | recurse(.[]?)]"},
    {'A', 2, "[%O[]]"},
    {'A', 1, "(%A | to_entries)"},
    {'A', 1, "(%A | indices(%X | scalars, arrays))"},
    {'A', 1,
	"(%S | indices(%S | strings | if . == \"\" then \"a\" else . end))"},
    {'A', 3, "(if %B then %A else %A end)"},
    {'A', 2, "(%A // [])"},
    {'A', 2, "[path(%P)]"},
    {'A', 2, "(reduce %F as $x ([]; . + [%x]))"},
    {'A', 1, "(reduce %F as $x ([]; .[length] = $x))"},
    {'A', 1, "(%A | first, last)"},
    {'A', 1, "([%A, %A] | add)"},
    {'O', 7, "{a: %X, b: %X}"},
    {'O', 3, "{(%S): %X}"},
    {'O', 2, "{(%S, \"k\"): %F}"},
    {'O', 2, "{a: %F, c: %F}"},
    {'O', 2, "{a: (%F), $x, $y}"},
    {'O', 1, "{a, b, \"c\": %X}"},
    {'O', 1, "{\"a\\(%N)\": %X}"},
    {'O', 1, "{a: 1 | %n, b: %N}"},
    {'O', 4, "(%O + %O)"},
    {'O', 2, "(%O | with_entries(%e))"},
    {'O', 2, "(%O | with_entries(select(%b)))"},
    {'O', 2, "(%O | to_entries | from_entries)"},
    {'O', 1, "(%A | from_entries)"},
    {'O', 2, "(%O | map_values(first(%x, null)))"},
    {'O', 3, "(%O | del(%P))"},
    {'O', 4, "(%O | %P = %X)"},
    {'O', 4, "(%O | %P |= first(%x, null))"},
    {'O', 2, "(%O | %P += %X)"},
    {'O', 1, "(%O | %P -= %N)"},
    {'O', 1, "(%O | %P /= %N)"},
    {'O', 2, "(%O | %P //= %X)"},
    {'O', 2, "(reduce %F as $x ({}; .[$x | tostring] = %x))"},
    {'O', 2, "(reduce %F as $x ({}; .[$x | tostring] += 1))"},
    {'O', 3, "(if %B then %O else %O end)"},
    {'O', 2, "(%O // {})"},
    {'O', 1, "(%X | objects)"},
    {'O', 1, "(%O | to_entries | map(.key |= %s) | from_entries)"},
    {'B', 5, "(%X == %X)"},
    {'B', 3, "(%X != %X)"},
    {'B', 4, "(%X < %X)"},
    {'B', 2, "(%X <= %X)"},
    {'B', 4, "(%N > %N)"},
    {'B', 2, "(%S >= %S)"},
    {'B', 4, "(%B and %B)"},
    {'B', 4, "(%B or %B)"},
    {'B', 1, "(%F and %F)"},
    {'B', 1, "(%F or %F)"},
    {'B', 3, "(%X | not)"},
    {'B', 3, "(%O | has(%S))"},
    {'B', 1, "(%A | any)"},
    {'B', 1, "(%A | all)"},
    {'B', 2, "(%S | startswith(%S))"},
    {'B', 2, "(%S | endswith(%S))"},
    {'B', 2, "(%S | contains(%S))"},
    {'B', 2, "(%A | contains(%A))"},
    {'B', 1, "(%O | contains(%O))"},
    {'B', 1, "isempty(%F)"},
    {'B', 1, "([%F] | length > 1)"},
    {'X', 8, "%N"},
    {'X', 8, "%S"},
    {'X', 8, "%A"},
    {'X', 8, "%O"},
    {'X', 4, "%B"},
    {'X', 3, "(%X // %X)"},
    {'X', 4, "%O[(%S | strings)]"},
    {'X', 1, "%O.a"},
    {'X', 1, "%O.\"b\""},
    {'X', 3, "(%X | %x)"},
    {'X', 1, "(if %X then %X elif %B then %X else %X end)"},
    {'X', 1, "([%O | getpath([%S, %S])?] | .[0])"},
    {'X', 1, "(%X as $x | %X)"},
    {'X', 1, "(%A | min)"},
    {'X', 1, "(%A | max)"},
    {'X', 1, "(%A | add)"},
    {'X', 1, "(%A | first)"},
    {'X', 1, "(%A | last)"},
    {'X', 1, "(%A | nth(%N | numbers | floor))"},
    {'X', 1, "(%X + %X)"},
    {'X', 1, "(%X - %X)"},
    {'X', 1, "(%X / first(%X))"},
    {'X', 1, "(-%X)"},
    {'F', 12, "%X"},
    {'F', 6, "(%F, %F)"},
    {'F', 6, "%A[]"},
    {'F', 3, "%O[]"},
    {'F', 1, "%X[]"},
    {'F', 2, "%X[]?"},
    {'F', 4, "(%F | %x)"},
    {'F', 4, "(%F | select(%b))"},
    {'F', 2, "first(%F)"},
    {'F', 1, "last(%F)"},
    {'F', 2, "([range(3)] | .[] | %x)"},
    {'F', 1, "(%X | ..)"},
    {'F', 1, "(%X | select(. != null and . != \"object\") | error)"},
    {'F', 1, "error(%X | select(. != null and . != \"object\"))"},
    {'F', 2, "(%F // %F)"},
    {'F', 1, "(reduce %F as $x (%F; %f))"},
    {'F', 2, "(%F as $x | %F)"},
    {'F', 2, "(%F as $x | %F as $y | [$x, $y])"},
    {'F', 2, "([%F | try %f catch (.)][])"},
    {'F', 2, "([try %F catch (strings | %f)][])"},
    {'F', 1,
	"([try (%F | error(%x | select(. != null and . != \"object\"))) catch (strings | %f)][])"},
    {'F', 1, "([%F?][])"},
    {'F', 1, "([.[]?, %F?][])"},
    {'F', 1, "(if %F then %F else %F end)"},
    {'F', 1, "(def f: %x; %F | f)"},
    {'F', 1,
	"(def f: if type == \"array\" and length > 0 then .[0], "
	"(.[1:] | f) else %x end; %X | f)"},
    {'F', 1, "(def f(g): g, (g | %x), g; f(%F))"},
    {'F', 1, "(def f(g; h): [g] as $x | h | %x; f(%F; %F))"},
    {'F', 1, "(def f($x; g): [g, $x, x]; f(%F; %F))"},
    {'F', 1, "(def f($x): def g($y): [$x, $y, %x]; g(%F); f(%F))"},
    {'F', 1, "(def f(g): def h: g; [h], (%F | h); f(%x))"},
    {'F', 1, "(def f($x): if $x <= 0 then %X else ., f($x - 1) end; f(3))"},
    {'F', 1, "(def f(g): if . > 3 then . else g | f(g) end; 0 | f(. + 1))"},
    {'F', 1, "(%F | (strings, numbers, arrays, objects, nulls, booleans))"},
    {'F', 1, "(%F | (scalars, iterables, values))"},
    {'F', 1, "(%X | path(%p))"},
    {'F', 1, "(%X | paths)"},
    {'F', 1, "(%X | (%p |= first(%f, null)))"},
    {'F', 1, "(%X | (%p = %F))"},
    {'F', 1, "(%X | (%p += %F))"},
    {'F', 1, "(%X | del(%p))"},
    {'F', 1, "(%X | to_entries, [keys?])"},
    {'P', 9, ".a"},
    {'P', 6, ".b"},
    {'P', 6, ".c"},
    {'P', 4, ".d"},
    {'P', 4, ".items"},
    {'P', 2, ".[\"c\"]"},
    {'P', 2, ".items[0]"},
    {'P', 3, ".items[]"},
    {'P', 2, ".items[]?.a"},
    {'P', 2, "(.c | arrays, nulls)[1:2]"},
    {'P', 1, ".items[-1]"},
    {'P', 1, ".[]"},
    {'P', 1, ".[]?"},
    {'P', 2, ".[%S]"},
    {'P', 3, "%P.a"},
    {'P', 2, "%P[0]"},
    {'P', 2, "%P[]"},
    {'P', 1, "%P[]?"},
    {'P', 1, "(%P | arrays, nulls)[1:]"},
    {'P', 2, "(%P, %P)"},
    {'P', 2, "(%P | select(%b))"},
    {'P', 2, "(%P | %p)"},
    {'P', 1, "first(%P)"},
    {'P', 1, "last(%P)"},
    {'P', 1, "(if %B then %P else %P end)"},
    {'P', 1, "(%P // %P)"},
    {'P', 1, "(..)"},
    {'P', 1, "(.. | select(type == \"number\"))"},
    {'P', 1, "recurse(.[]?)"},
    {'P', 1, "getpath([%S])"},
    {'P', 1, "empty"},
    {'P', 1, "(%X as $x | %P)"},
    {'P', 1, "(%F as $x | .[$x | tostring])"},
    {'P', 1, "(def f: %p; f | f)"},
    {'P', 1, "(def f(g): g, (g | %p); f(%P))"},
    {'P', 1, "(%P | objects)"},
    {'P', 1, "(%P | arrays | first)"},
    {'P', 1, "(%P | paths)"},
    {'P', 1, "(%P | select(. != null and . != \"object\") | error)"},
    /* Of no path, if the input is something else. */
    {'P', 1, "(%P | tostring)"},
    {'P', 1, "([1] | .[0])"},
    /* With {key, value} as input. */
    {'E', 3, "(.value |= first(%x, null))"},
    {'E', 3, "(.key |= . + \"_\")"},
    {'E', 1, "(.key |= %s)"},
    {'E', 1, "{key: .key, value: [.value]}"},
    {'E', 1, "select(.key != \"a\")"},
    {'E', 1, "(., {key: \"z\", value: %x})"},
    {'E', 1, "empty"},
};

/* What jq mended after 1.6, or what 1.6 does otherwise. */
static const struct rule modern_rules[] = {
    {'F', 1, "(%F | debug)"},
    {'P', 2, ".items[%N]"},
    {'P', 2, "%P[%N]"},
    {'X', 1, "%O.items[%N].a"},
    {'A', 2, "(%A | del(.[%N]))"},
    {'A', 2, "(%A | .[%N] = %X)"},
    {'B', 2, "(%A | has(%N))"},
    {'X', 1, "(%O | getpath([%S, %N]))"},
    {'P', 1, "getpath([%S, %N])"},
    {'A', 1, "[%X | getpath([%S, %N])?]"},
    {'O', 1, "(%O | delpaths([[%S], [%S, %N]]))"},
    {'N', 4, "(%N %% first(%N))"},
    {'X', 1, "(%X %% first(%X))"},
    {'O', 1, "(%O | %P %%= %N)"},
    {'A', 2, "(%A | .[] |= %x)"},
    {'A', 1, "(%A | .[%N] |= %x)"},
    {'O', 4, "(%O | %P |= %x)"},
    {'A', 1, "(%A | map_values(%x))"},
    {'B', 2, "any(%F; %b)"},
    {'B', 2, "all(%F; %b)"},
    {'B', 1, "(%A | any(%b))"},
    {'B', 1, "(%A | all(%b))"},
    {'F', 1, "(%X | (%p |= %f))"},
    {'F', 4, "(try %F catch (select(type == \"string\") | %f))"},
    {'F', 4, "(%F?)"},
    {'F', 2, "(%F? // %F)"},
    {'F', 2, "(try (%F | %f) catch (.))"},
    {'F', 2, "((try %F catch (.)) | %f)"},
    {'S', 1, "(%S * %N)"},
    {'N', 5, "(%N * %N)"},
    {'X', 1, "(%X * %X)"},
    {'O', 2, "(%O * %O)"},
    {'O', 1, "(%O | %P *= %X)"},
    {'S', 3, "%S[%N:%N]"},
    {'S', 1, "%S[:%N]"},
    {'S', 1, "%S[%N:]"},
    {'A', 3, "%A[%N:%N]"},
    {'A', 1, "%A[:%N]"},
    {'A', 1, "%A[%N:]"},
    {'A', 1, "(%A | del(.[%N:%N]))"},
    {'A', 1, "(%A | .[%N:%N] = %A)"},
    {'X', 1, "%X[%X:%X]"},
    {'X', 4, "%A[%N]"},
    {'X', 1, "%X[%X]?"},
    {'P', 1, "%P[%X]"},
    {'P', 1, ".c[%N:%N]"},
    {'P', 2, "%P?"},
    {'P', 2, "(try %P catch empty)"},
};

/* Likewise, what both do alike in the place of it. */
static const struct rule old_rules[] = {
    {'P', 2, ".items[(%N | floor)]"},
    {'P', 2, "%P[(%N | floor)]"},
    {'X', 1, "%O.items[(%N | floor)].a"},
    {'A', 2, "(%A | del(.[(%N | floor)]))"},
    {'A', 2, "(%A | .[(%N | floor)] = %X)"},
    {'B', 2, "(%A | has(%N | floor))"},
    {'X', 1, "(%O | getpath([%S, (%N | floor)]))"},
    {'P', 1, "getpath([%S, (%N | floor)])"},
    {'A', 1, "[%X | getpath([%S, (%N | floor)])?]"},
    {'O', 1, "(%O | delpaths([[%S], [%S, (%N | floor)]]))"},
    {'N', 4,
	"((%N | select(. > -1e9 and . < 1e9)) %% first(%N | select(. > -1e9 and . < 1e9)))"},
    {'X', 1, "((%X | strings) %% first(%X))"},
    {'O', 1, "(%O | %P %%= 3)"},
    {'A', 2, "(%A | .[] |= first(%x, 0))"},
    {'A', 1, "(%A | .[(%N | floor)] |= first(%x, 0))"},
    {'O', 4, "(%O | %P |= first(%x, 0))"},
    {'A', 1, "(%A | map_values(first(%x, 0)))"},
    {'B', 2, "any(%F; [%b] | .[0])"},
    {'B', 2, "all(%F; [%b] | .[0])"},
    {'B', 1, "(%A | any([%b] | .[0]))"},
    {'B', 1, "(%A | all([%b] | .[0]))"},
    {'F', 1, "(%X | (%p |= first(%f, 0)))"},
    {'S', 1, "(%S * 2)"},
    {'N', 5, "((%N | numbers) * (%N | numbers))"},
    {'X', 1, "((%X | arrays, objects, nulls) * %X)"},
    {'O', 2, "((%O | objects) * %O)"},
    {'O', 1, "(%O | %P *= 2)"},
    {'S', 3, "%S[(%N | select(. > -99 and . < 99)):(%N | numbers)]"},
    {'S', 1, "%S[:(%N | numbers)]"},
    {'S', 1, "%S[(%N | select(. > -99 and . < 99)):]"},
    {'A', 3, "%A[(%N | select(. > -99 and . < 99)):(%N | numbers)]"},
    {'A', 1, "%A[:(%N | select(. > -99 and . < 99))]"},
    {'A', 1, "%A[(%N | select(. > -99 and . < 99)):]"},
    {'A', 1, "(%A | del(.[(%N | select(. > -99 and . < 99)):(%N | numbers)]))"},
    {'A', 1, "(%A | .[(%N | select(. > -99 and . < 99)):(%N | numbers)] = %A)"},
    {'X', 1, "%X[1:(%N | numbers)]"},
    {'X', 4, "%A[(%N | numbers | floor)]"},
    {'X', 1, "%X[(%X | strings, booleans, nulls)]?"},
    {'P', 1, "%P[(%X | strings, booleans, nulls)]"},
    {'P', 1, ".c[(%N | select(. > -99 and . < 99)):(%N | numbers)]"},
};

/* Numbers that jq 1.7 prints as they are written. */
static const struct rule number_leaves[] = {
    {'N', 1, "(-1e-5)"},
    {'N', 1, "3.0"},
    {'X', 1, "1e17"},
    {'X', 1, "1e1000"},
};

/* Leaves: those of any input, and those of an input that is random. */
static const struct rule leaves[] = {
    {'N', 4, "1"},
    {'N', 3, "0"},
    {'N', 2, "2"},
    {'N', 2, "(-1)"},
    {'N', 1, "2.5"},
    {'N', 1, "10"},
    {'N', 1, "0.1"},
    {'N', 2, "$x"},
    {'N', 2, "([length?] | add)"},
    {'N', 2, "$in.a"},
    {'S', 4, "\"a\""},
    {'S', 3, "\"b\""},
    {'S', 2, "\"\""},
    {'S', 2, "\"a,b, c\""},
    {'S', 1, "\", \""},
    {'S', 1, "\"12\""},
    {'S', 1, "\"-12.5\""},
    {'S', 1, "\"\\u00e9t\\u00e9\""},
    {'S', 1, "\"\xc3\xa9\xf0\x9d\x84\x9e\""},
    {'S', 1, "\"Ab<&\\\">\\n\\t\\\\\""},
    {'S', 1, "\"items\""},
    {'S', 2, "$y"},
    {'S', 2, "type"},
    {'S', 2, "tostring"},
    {'S', 2, "$in.b"},
    {'A', 4, "[]"},
    {'A', 3, "[1, 2, 3]"},
    {'A', 2, "[3, 1, 2, 1]"},
    {'A', 1, "[\"b\", \"a\", \"b\"]"},
    {'A', 1, "[[1, 2], [3], []]"},
    {'A', 1, "[null, true, false, 0, \"a\", [], {}]"},
    {'A', 1, "[{\"a\": 2, \"b\": 1}, {\"a\": 1}, {\"a\": 2}]"},
    {'A', 2, "[.]"},
    {'A', 2, "[.[]?]"},
    {'A', 3, "$in.c"},
    {'A', 2, "$in.items"},
    {'O', 4, "{}"},
    {'O', 3, "{\"a\": 1}"},
    {'O', 2, "{\"b\": 2, \"a\": 1}"},
    {'O', 1, "{\"a\": {\"b\": [1, 2]}, \"items\": [{\"a\": 5}, {\"a\": 6}]}"},
    {'O', 2, "{a: .}"},
    {'O', 4, "$in"},
    {'O', 2, "$in.d"},
    {'B', 3, "true"},
    {'B', 3, "false"},
    {'B', 2, "(. == null)"},
    {'B', 2, "(type == \"object\")"},
    {'B', 2, "([length?] | add > 1)"},
    {'B', 2, "(. < $x)"},
    {'B', 1, "$in.e"},
    {'X', 6, "."},
    {'X', 4, "null"},
    {'X', 2, "$x"},
    {'X', 2, "$y"},
    /* No numbers: as an index, libjq makes an array so long, or aborts. */
    {'X', 1, "nan"},
    {'X', 1, "123456789"},
    {'X', 2, ".a?"},
    {'X', 1, ".[0]?"},
    {'F', 2, "."},
    {'F', 3, ".[]?"},
    {'F', 1, "(1, 2)"},
    {'F', 1, "(null, false, 1)"},
    {'F', 2, "empty"},
    {'P', 4, ".a"},
    {'P', 3, ".b"},
    {'P', 2, "."},
    {'P', 2, ".[0]"},
    {'P', 2, ".c"},
    {'E', 1, "."},
};

static const struct rule typed_leaves[] = {
    {'N', 12, ".a"},
    {'N', 2, ".d.a"},
    {'N', 2, ".items[0].a"},
    {'S', 12, ".b"},
    {'S', 2, ".d.b"},
    {'A', 10, ".c"},
    {'A', 8, ".items"},
    {'O', 10, ".d"},
    {'O', 8, "."},
    {'B', 8, ".e"},
    {'X', 5, ".a"},
    {'X', 5, ".b"},
    {'X', 5, ".d"},
    {'F', 6, ".items[]"},
    {'F', 6, ".c[]"},
    {'F', 3, ".[]"},
};

struct random random_of(uint64_t seed, uint64_t number, bool modern)
{
	struct random r = {(seed + 1) * 0x9e3779b97f4a7c15u ^
			       (number + 1) * 0xd1342543de82ef95u,
	    modern};

	for (int i = 0; i < 8; i++)
		random_below(&r, 2);
	return r;
}

uint32_t random_below(struct random *r, uint32_t n)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)((r->state * 0x2545f4914f6cdd1du) >> 33) % n;
}

/* Tables of rules from which one is drawn. */
struct table {
	const struct rule *rules;
	size_t count;
};

static const char *draw(struct random *r, char kind, const struct table *tables)
{
	uint32_t total = 0, at;

	for (const struct table *t = tables; t->rules; t++)
		for (size_t i = 0; i < t->count; i++)
			if (t->rules[i].kind == kind)
				total += t->rules[i].weight;
	at = random_below(r, total);
	for (const struct table *t = tables; t->rules; t++)
		for (size_t i = 0; i < t->count; i++) {
			if (t->rules[i].kind != kind)
				continue;
			if (at < t->rules[i].weight)
				return t->rules[i].template;
			at -= t->rules[i].weight;
		}
	return ".";
}

struct growing {
	struct random *random;
	size_t count;
	struct tree trees[TREE_MAX];
};

static const char *draw_template(
    struct growing *g, char kind, bool typed, unsigned depth)
{
	struct table tables[4] = {{NULL, 0}};
	bool modern = g->random->modern;
	bool leaf = depth == 0 || random_below(g->random, 8) == 0;
	int n = 0;

	if (kind != 'P' && kind != 'E' && random_below(g->random, 25) == 0)
		kind = "NSAOBXF"[random_below(g->random, 7)];
	if (leaf)
		tables[n++] = (struct table){leaves, COUNT_OF(leaves)};
	else
		tables[n++] = (struct table){rules, COUNT_OF(rules)};
	if (leaf && typed)
		tables[n++] =
		    (struct table){typed_leaves, COUNT_OF(typed_leaves)};
	if (leaf && !modern)
		tables[n++] =
		    (struct table){number_leaves, COUNT_OF(number_leaves)};
	if (!leaf)
		tables[n++] =
		    modern
			? (struct table){modern_rules, COUNT_OF(modern_rules)}
			: (struct table){old_rules, COUNT_OF(old_rules)};
	tables[n].rules = NULL;
	return draw(g->random, kind, tables);
}

/* NULL when there are too many. */
static struct tree *grow(
    struct growing *g, const char *template, bool typed, unsigned depth)
{
	struct tree *t = &g->trees[g->count++];

	t->template = template;
	t->count = 0;
	for (const char *p = template; (p = strchr(p, '%')); p += 2) {
		bool kid_typed = typed && isupper((unsigned char)p[1]);
		char kind = (char)toupper((unsigned char)p[1]);
		struct tree *kid;

		if (p[1] == '%' || p[1] == '=')
			continue;
		if (g->count >= TREE_MAX)
			return NULL;
		kid = grow(g, draw_template(g, kind, kid_typed, depth),
		    kid_typed, depth ? depth - 1 : 0);
		if (!kid)
			return NULL;
		t->kids[t->count++] = kid;
	}
	return t;
}

struct tree *grammar_program(struct random *r)
{
	static struct growing g;

	g.random = r;
	g.count = 0;
	return grow(&g,
	    random_below(r, 4) ? ". as $in | .a? as $x | .b? as $y | %F"
			       : ". as $in | 1 as $x | \"b\" as $y | %F",
	    true, 1 + random_below(r, 5));
}

void tree_put(struct buf *to, const struct tree *t)
{
	unsigned kid = 0;

	for (const char *p = t->template; *p; p++) {
		if (*p != '%') {
			buf_putc(to, *p);
		} else if (p[1] == '%') {
			buf_putc(to, *p++);
		} else {
			tree_put(to, t->kids[kid++]);
			p++;
		}
	}
}

size_t tree_parts(struct tree *t, struct tree **parts)
{
	size_t n = 1;

	parts[0] = t;
	for (unsigned i = 0; i < t->count; i++)
		n += tree_parts(t->kids[i], parts + n);
	return n;
}

/* Inputs. */

#define ODD_NUMBERS 3 /* which jq 1.7 prints as they are written */
static const char *const scalars[] = {"1e3", "1.5e300", "-0", "null", "true",
    "false", "0", "1", "-1", "3", "2.5", "100000000000", "-0.001", "\"\"",
    "\"a\"", "\"b\"", "\"a b\"", "\"12\"", "\"x,y\"",
    "\"\\u00e9\xf0\x9f\x8e\xb5\"", "\"line\\nbreak \\\"q\\\"\"",
    "\"2026-11-22T06:40:00.123Z\""};
static const char *const names[] = {"a", "b", "c", "d", "e", "items", "id",
    "\xc3\xa9", "a b", "key", "value", "name"};

static void put_value(struct buf *to, struct random *r, unsigned depth)
{
	uint32_t kind = depth ? random_below(r, 5) : 0, n = random_below(r, 4);

	if (kind < 3) {
		n = random_below(r, COUNT_OF(scalars));
		buf_puts(to, n < ODD_NUMBERS && r->modern ? "7" : scalars[n]);
		return;
	}
	buf_putc(to, kind == 3 ? '[' : '{');
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			buf_puts(to, ",");
		if (kind == 4)
			buf_printf(to,
			    "\"%s\":", names[random_below(r, COUNT_OF(names))]);
		put_value(to, r, depth - 1);
	}
	buf_putc(to, kind == 3 ? ']' : '}');
}

static void put_typed(struct buf *to, struct random *r, char kind)
{
	static const char *const numbers[] = {"0", "1", "2", "5", "-3", "2.5"};
	static const char *const strings[] = {
	    "\"a\"", "\"b\"", "\"x,y,z\"", "\"\"", "\"caf\xc3\xa9\"", "\"10\""};

	if (random_below(r, 12) == 0)
		put_value(to, r, 2);
	else if (kind == 'N')
		buf_puts(to, numbers[random_below(r, COUNT_OF(numbers))]);
	else if (kind == 'S')
		buf_puts(to, strings[random_below(r, COUNT_OF(strings))]);
	else
		buf_puts(to, random_below(r, 2) ? "true" : "false");
}

static void put_members(struct buf *to, struct random *r)
{
	buf_puts(to, "\"a\":");
	put_typed(to, r, 'N');
	buf_puts(to, ",\"b\":");
	put_typed(to, r, 'S');
}

/* An object of the members that typed_leaves expect, or anything. */
void grammar_input(struct buf *to, struct random *r)
{
	uint32_t n = random_below(r, 4);

	if (random_below(r, 6) == 0) {
		put_value(to, r, 4);
		return;
	}
	buf_putc(to, '{');
	put_members(to, r);
	buf_puts(to, ",\"c\":[");
	for (uint32_t i = 0; i < n; i++) {
		buf_puts(to, i ? "," : "");
		put_typed(to, r, random_below(r, 3) ? 'N' : 'S');
	}
	buf_puts(to, "],\"items\":[");
	for (uint32_t i = 0; i < n; i++) {
		buf_puts(to, i ? ",{" : "{");
		put_members(to, r);
		buf_puts(to, "}");
	}
	buf_puts(to, "],\"d\":{");
	put_members(to, r);
	buf_puts(to, "},\"e\":");
	put_typed(to, r, 'B');
	buf_putc(to, '}');
}

/* Mutations of a text. */

static const char *const tokens[] = {"(", ")", "[", "]", "{", "}", "|", ",",
    ".", "..", ":", ";", "?", "?//", "//", "//=", "=",
    "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<", "<=", ">", ">=", "+",
    "-", "*", "/", "%", " and ", " or ", " not ", " as ", "$x", "$y",
    "$__loc__", "$", "\"", "\\(", "@json", "@text", " def ", " if ", " then ",
    " elif ", " else ", " end ", " try ", " catch ", " reduce ", " foreach ",
    " label ", " break ", "1", "0.5", "1e3", ".5", "5.", ".a", ".\"a\"", ".[",
    "[]", " a ", " empty ", "#", "\n", "::", " import ", "\\u00e9", " __loc__ ",
    "..a", ".and"};

static size_t token_length(const char *p)
{
	size_t n = 1;

	if (isalnum((unsigned char)*p) || *p == '_')
		while (isalnum((unsigned char)p[n]) || p[n] == '_')
			n++;
	else
		while (((unsigned char)p[n] & 0xc0) == 0x80)
			n++;
	return n;
}

/* Delete the pair of parentheses that begins at or after a place. */
static bool drop_parentheses(struct buf *text, size_t at)
{
	size_t from = at, to, depth = 0;

	while (from < text->n && text->p[from] != '(')
		from++;
	for (to = from; to < text->n; to++) {
		depth += text->p[to] == '(';
		depth -= text->p[to] == ')';
		if (depth == 0)
			break;
	}
	if (to >= text->n)
		return false;
	text->p[from] = text->p[to] = ' ';
	return true;
}

static void splice(struct buf *text, size_t at, size_t n, const char *with)
{
	struct buf old = BUF_INIT(text->max);

	buf_set(&old, buf_slice(text));
	text->n = at;
	buf_puts(text, with);
	buf_put(text, old.p + at + n, old.n - at - n);
	buf_release(&old);
}

void grammar_mutate(struct buf *text, struct random *r)
{
	for (uint32_t times = 1 + random_below(r, 2); times > 0; times--) {
		size_t at = random_below(r, (uint32_t)text->n);
		const char *token = tokens[random_below(r, COUNT_OF(tokens))];
		size_t n;

		if (r->modern && strcmp(token, "1e3") == 0)
			token = "1"; /* jq 1.7 prints 1E+3 */
		while (at < text->n && (text->p[at] & 0xc0) == 0x80)
			at++; /* to the next character */
		n = token_length(buf_cstr(text) + at);
		switch (random_below(r, 6)) {
		case 0:
		case 1:
		case 2: drop_parentheses(text, at); break;
		case 3: splice(text, at, n, ""); break;
		case 4: splice(text, at, n, token); break;
		case 5: splice(text, at, 0, token); break;
		}
	}
}
