/*
 * The compiler of jq: trees and messages, from tests/data/jq/syntax.txt; that
 * it takes whatever is thrown at it; and that it accepts what libjq does.
 */
#include <glob.h>
#include <jq.h>
#include <stdlib.h>

#include "base/builtin.h"
#include "base/mem.h"
#include "jq/compile.h"
#include "value/json_writer.h"
#include "unit/tap.h"

#define SYNTAX "tests/data/jq/syntax.txt"

/* For the leak sanitizer: libjq 1.6 leaks where it refuses some programs. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libjq";
}

static struct names *names;
static struct buf why = BUF_INIT(1 << 16);
static uint64_t seed = 1;

static unsigned roll(unsigned sides)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(seed >> 33) % sides;
}

static struct program *compile(struct slice text)
{
	const struct program_source source = {NULL, text};

	buf_clear(&why);
	return program_compile(names, &source, 1, &why);
}

/* Whether a text is accepted, from memory of exactly its size. */
static bool accepts(struct slice text)
{
	char *copy = mem_alloc(text.n + 1);
	struct program *p;

	memcpy(copy, text.p, text.n);
	copy = mem_resize(copy, text.n ? text.n : 1, 1);
	p = compile((struct slice){copy, text.n});
	free(copy);
	program_free(p);
	return p != NULL;
}

/* One line that any terminal shows. */
static bool is_plain(struct slice message)
{
	for (size_t i = 0; i < message.n; i++)
		if (message.p[i] < ' ' || message.p[i] > '~')
			return false;
	return message.n > 0 && message.n < 1000;
}

/* The words of enum node_kind. */
static const char *const kinds[] = {".", "constant", "$", "field", "index",
    "slice", "each", "array", "object", "string", "|", ",", "-", "+", "-", "*",
    "/", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or", "//", "=",
    "|=", "by", "if", "try", "reduce", "as", "call", "parameter", "builtin"};

static void put_node(struct buf *to, const struct node *n);

static void put_words(struct buf *to, const struct node *n)
{
	buf_puts(to, n->kind == NODE_UPDATE_BY ? kinds[n->op] : kinds[n->kind]);
	if (n->kind == NODE_UPDATE_BY)
		buf_putc(to, '=');
	buf_puts(to, n->optional ? "?" : "");
	if (n->kind == NODE_FIELD || n->kind == NODE_CALL) {
		buf_putc(to, ' ');
		buf_put_slice(to,
		    n->kind == NODE_FIELD ? n->name->text : n->function->name);
	} else if (n->kind == NODE_BUILTIN) {
		buf_printf(to, " %s", n->builtin->name);
	}
	if (n->kind == NODE_VARIABLE || n->kind == NODE_PARAMETER ||
	    n->kind == NODE_CALL)
		buf_printf(to, " %u", (unsigned)n->level);
	if (n->kind == NODE_VARIABLE || n->kind == NODE_PARAMETER ||
	    n->kind == NODE_AS || n->kind == NODE_REDUCE)
		buf_printf(to, " %u", (unsigned)n->slot);
}

static void put_parts(struct buf *to, const struct node *n)
{
	const struct node *const parts[] = {n->a, n->b, n->c};

	if (n->kind == NODE_CALL || n->kind == NODE_BUILTIN) {
		for (uint32_t i = 0; i < n->count; i++) {
			if (n->arguments[i].slots > 0)
				buf_printf(to, " frame %u",
				    (unsigned)n->arguments[i].slots);
			put_node(to, n->arguments[i].body);
		}
		return;
	}
	if (n->kind == NODE_OBJECT || n->kind == NODE_STRING) {
		for (uint32_t i = 0; i < n->count; i++)
			put_node(to, n->parts[i]);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (parts[i])
			put_node(to, parts[i]);
		else if (n->kind == NODE_SLICE && i == 1)
			buf_puts(to, " _");
}

/* A node in parentheses, with a star if it may yield many results. */
static void put_node(struct buf *to, const struct node *n)
{
	static const struct json_style plain;

	buf_puts(to, to->n ? " " : "");
	if (n->kind == NODE_CONSTANT) {
		json_write(to, n->constant, &plain);
	} else if (n->kind == NODE_IDENTITY) {
		buf_putc(to, '.');
	} else {
		buf_putc(to, '(');
		put_words(to, n);
		if (n->many || n->many_if)
			buf_putc(to, n->many ? '*' : '~');
		put_parts(to, n);
		buf_putc(to, ')');
	}
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = mem_zero(1 << 20, 1);

	if (!f || fread(text, 1, (1 << 20) - 1, f) == 0)
		tap_ok(false, __FILE__, __LINE__, "%s is read", path);
	if (f)
		fclose(f);
	return text;
}

/* A program on one line, and below it, after a tab, what becomes of it. */
static void test_case(struct slice program, struct slice want)
{
	struct buf got = BUF_INIT(1 << 16);
	struct program *p = compile(program);

	if (p)
		put_node(&got, p->body);
	else
		buf_printf(&got, "refused: %s", buf_message(&why));
	program_free(p);
	ok(slice_eq(buf_slice(&got), want), "%.*s", (int)program.n, program.p);
	if (!slice_eq(buf_slice(&got), want))
		fprintf(stderr, "#   got  %s\n", buf_message(&got));
	buf_release(&got);
}

/* Cut off at every byte, and with any byte in the place of another. */
static bool survives(struct slice program)
{
	char *copy = mem_string_slice(program);
	bool good = true;

	for (size_t n = 0; n <= program.n; n++)
		good &= accepts((struct slice){program.p, n}) ||
			is_plain(buf_slice(&why));
	for (size_t i = 0; i < program.n; i++)
		for (unsigned k = 0; k < 8; k++) {
			copy[i] = (char)roll(256);
			good &= accepts((struct slice){copy, program.n}) ||
				is_plain(buf_slice(&why));
			copy[i] = program.p[i];
		}
	free(copy);
	return good;
}

static void test_syntax(void)
{
	char *text = read_file(SYNTAX);
	struct slice rest = slice_of(text), line, program = {NULL, 0};
	bool good = true;

	while (rest.n > 0) {
		line = slice_cut(&rest, '\n');
		if (line.n == 0 || *line.p == '#')
			continue;
		if (*line.p == '\t')
			test_case(program, slice_from(line, 1));
		else
			program = line;
		if (*line.p != '\t' && !survives(program))
			good = ok(
			    false, "parts of %.*s", (int)program.n, program.p);
	}
	ok(good, "mutilated programs are accepted, or refused in one line");
	free(text);
}

static void test_file(const char *path, struct slice prelude)
{
	char *text = read_file(path);
	struct program_source sources[] = {
	    {"prelude", prelude}, {path, slice_of(text)}};
	struct program *p;

	buf_clear(&why);
	p = program_compile(names, sources, COUNT_OF(sources), &why);
	ok(p != NULL, "%s: %s", path, buf_message(&why));
	program_free(p);
	free(text);
}

static void test_mappings(void)
{
	const struct builtin_file *f =
	    builtin_find(builtin_filters, SLICE("prelude"));
	glob_t found;

	glob("lib/filters/*.jq", 0, NULL, &found);
	glob("examples/*.jq", GLOB_APPEND, NULL, &found);
	ok(found.gl_pathc > 10, "there are mappings");
	for (size_t i = 0; f && i < found.gl_pathc; i++)
		if (!strstr(found.gl_pathv[i], "prelude"))
			test_file(
			    found.gl_pathv[i], (struct slice){f->text, f->len});
	globfree(&found);
}

/* What is nested without an end: either is right, in bounds. */
static void test_depth(void)
{
	static const char *const parts[] = {"(", "[", "{a:", "{(", "-", "1+",
	    "1|", ".|", "1,", ".a", ".[", "[]", "?", "if ", "if . then . elif ",
	    "try ", "\"\\(", "def f:", "def f: .; ", ". as $x|", ". as [",
	    ". as [[[[", "f(", "reduce . as $x (", "label $x|", ".//", "{a:-",
	    "{a:.|", "1=", "1=(", "a;", "$", "\"", "#", "\n", "[1,"};
	struct buf text = BUF_INIT(1 << 20);

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		buf_clear(&text);
		for (size_t n = 0; n < 50000; n++)
			buf_puts(&text, parts[i]);
		ok(accepts(buf_slice(&text)) || is_plain(buf_slice(&why)),
		    "50,000 times %s",
		    *parts[i] == '\n' ? "a new line" : parts[i]);
	}
	buf_release(&text);
}

/* What a letter stands for in a grammar of programs: E, T, V, P. */
static const char *const expressions[] = {"T", "T", "T", "E | E", "E , E",
    "E // E", "E = E", "E |= E", "E += E", "E or E", "E and E", "E == E",
    "E < E", "E + E", "E - E", "E * E", "E / E", "- E", "E ?", "T as P | E",
    "reduce T as P ( E ; E )", "foreach T as P ( E ; E ; E )",
    "if E then E else E end", "if E then E elif E then E else E end", "try E",
    "try E catch E", "def f : E ; E", "def g ( $x ; f ) : E ; E"};
static const char *const terms[] = {".", ".a", "1", "\"s\"", "$x", "..", "f",
    "( E )", "[ E ]", "{ a : V , }", "{ \"b\" : V , $x }", "{ ( E ) : V }",
    "T [ E ]", "T [ E : E ]", "T .b ?", "T . \"b\"", "T []", "\"x\\( E )z\"",
    "g ( E ; E )", ".5e1"};
static const char *const values[] = {"T", "T", "- V", "V | V"};
static const char *const patterns[] = {"$x", "$y", "[ P ]", "{ $x }"};

static void put_random(struct buf *to, char what, unsigned depth)
{
	static const struct {
		char what;
		const char *const *rules;
		unsigned count, leaves;
	} grammar[] = {{'E', expressions, COUNT_OF(expressions), 3},
	    {'T', terms, COUNT_OF(terms), 7},
	    {'V', values, COUNT_OF(values), 2},
	    {'P', patterns, COUNT_OF(patterns), 2}};

	for (size_t i = 0; i < COUNT_OF(grammar); i++) {
		const char *rule;

		if (grammar[i].what != what)
			continue;
		rule = grammar[i].rules[roll(
		    depth ? grammar[i].count : grammar[i].leaves)];
		for (; *rule; rule++)
			if (*rule >= 'A' && *rule <= 'Z')
				put_random(to, *rule, depth ? depth - 1 : 0);
			else
				buf_putc(to, *rule);
	}
}

/* Remove, double or exchange some of its words. */
static void mutilate(struct buf *text)
{
	char *copy = mem_string_slice(buf_slice(text));
	struct slice rest = slice_of(copy), last = SLICE(".");

	buf_clear(text);
	while (rest.n > 0) {
		struct slice word = slice_cut(&rest, ' ');
		unsigned n = roll(12);

		if (n != 0)
			buf_put_slice(text, n == 1 ? last : word);
		if (n != 2)
			buf_putc(text, ' ');
		if (n == 3)
			buf_put_slice(text, word);
		last = word;
	}
	free(copy);
}

struct parse_result {
	bool parsed;
	bool lacks_else;  /* jq 1.6 wants one */
	bool numeric_key; /* which it may compute, where the engine does not */
};

static void note_error(void *ctx, jv message)
{
	struct parse_result *v = ctx;
	const char *text = jv_get_kind(message) == JV_KIND_STRING
			       ? jv_string_value(message)
			       : "";

	v->parsed |= strstr(text, "module not found") != NULL;
	v->lacks_else |= strstr(text, "unterminated 'if'") != NULL;
	v->numeric_key |= strstr(text, "as object key") != NULL;
	jv_free(message);
}

/*
 * Whether libjq can parse a program. It does not go on to resolve names, which
 * would take long, as it fails to find a module first.
 */
static struct parse_result libjq_parse(jq_state *jq, const char *program)
{
	struct buf text = BUF_INIT(1 << 16);
	struct parse_result v = {false, false, false};

	buf_printf(&text, "import \"of no such name\" as m; %s", program);
	jq_set_error_cb(jq, note_error, &v);
	jq_compile(jq, buf_cstr(&text));
	buf_release(&text);
	return v;
}

/* Whether a program was refused for what it names, which libjq has not read. */
static bool misses_name(void)
{
	struct slice message = slice_of(buf_message(&why));

	return strstr(message.p, "not defined") ||
	       slice_ends(message, SLICE("/0'")) ||
	       slice_ends(message, SLICE("/2'"));
}

/*
 * What libjq refuses, we refuse; what we refuse, libjq does, or we name what
 * the engine lacks. Later versions of libjq accept more.
 */
static bool agree(jq_state *jq, const char *program, bool *accepted)
{
	bool is_1_6 = libjq_parse(jq, "if . then . end").lacks_else;
	struct parse_result theirs = libjq_parse(jq, program);
	bool ours = accepts(slice_of(program)) || misses_name();

	*accepted = theirs.parsed;
	if (ours)
		return theirs.parsed || theirs.lacks_else || theirs.numeric_key;
	return !theirs.parsed || !is_1_6 ||
	       strstr(buf_message(&why), "the engine has no");
}

static void test_libjq(unsigned count)
{
	jq_state *jq = jq_init();
	struct buf text = BUF_INIT(1 << 16);
	unsigned accepted = 0, differ = 0;

	jq_set_attr(jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
	for (unsigned i = 0; i < count; i++) {
		bool theirs;

		buf_clear(&text);
		put_random(&text, 'E', 1 + roll(4));
		if (roll(2))
			mutilate(&text);
		if (!agree(jq, buf_cstr(&text), &theirs)) {
			differ++;
			fprintf(stderr, "#   %s: %s %s\n", buf_cstr(&text),
			    theirs ? "accepted by libjq" : "accepted",
			    buf_message(&why));
		}
		accepted += theirs;
	}
	ok(differ == 0, "%u random programs are accepted as by libjq", count);
	ok(accepted > count / 4 && accepted < count - count / 4,
	    "%u of them are", accepted);
	buf_release(&text);
	jq_teardown(&jq);
}

/* "name/2" as the call name(.; .). */
static void put_call(struct buf *to, const char *function)
{
	struct slice rest = slice_of(function), name = slice_cut(&rest, '/');

	buf_clear(to);
	buf_put_slice(to, name);
	for (int i = 0; i < *rest.p - '0'; i++)
		buf_puts(to, i == 0 ? "(." : "; .");
	buf_puts(to, *rest.p == '0' ? "" : ")");
}

/* The functions of libjq are here, or are missed by name. */
static void test_functions(void)
{
	jq_state *jq = jq_init();
	struct buf call = BUF_INIT(1 << 10);
	jv functions;

	jq_compile(jq, "builtins");
	jq_start(jq, jv_null(), 0);
	functions = jq_next(jq);
	ok(jv_array_length(jv_copy(functions)) > 150, "libjq has functions");
	jv_array_foreach(functions, i, function)
	{
		put_call(&call, jv_string_value(function));
		if (!accepts(buf_slice(&call)) &&
		    !strstr(buf_message(&why), "the engine has no"))
			ok(false, "%s: %s", jv_string_value(function),
			    buf_message(&why));
		jv_free(function);
	}
	jv_free(functions);
	buf_release(&call);
	jq_teardown(&jq);
}

int main(void)
{
	const char *count = getenv("PROGRAMS");

	names = names_new();
	test_syntax();
	test_mappings();
	test_depth();
	test_functions();
	test_libjq(count ? (unsigned)strtoul(count, NULL, 10) : 10000);
	names_free(names);
	buf_release(&why);
	return tap_done();
}
