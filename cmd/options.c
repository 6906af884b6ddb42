#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "cli.h"

#define OPTIONS_MAX 48

struct given_option {
	int code;
	const char *value;
};

/* What the command line gives. */
struct given {
	const struct cli_program *program;
	bool code[128];		      /* the options, by their codes */
	struct given_option *options; /* the same in their order */
	size_t count;
	bool help;
	char *word; /* the first operand, or NULL */
};

bool cli_command_takes(const struct cli_command *c, char code)
{
	return code == 'h' || code == 'V' || strchr(c->options, code);
}

bool cli_is_letter(const struct cli_program *p, char code)
{
	return code == 'h' || code == 'V' ||
	       (p->letters && strchr(p->letters, code));
}

bool cli_command_is(const struct cli_command *c, const char *name)
{
	return c->name && name ? !strcmp(c->name, name) : c->name == name;
}

const struct cli_option *cli_option_of(const struct cli_program *p, int code)
{
	const struct cli_option *o = p->options;

	while (o->code && o->code != code)
		o++;
	return o;
}

/* --- Messages about what is wrong ---------------------------------------- */

/* Append a name to a list like "a, b or c". */
static void put_name(struct buf *names, const char *name, bool last)
{
	buf_puts(names, !names->n ? "" : last ? " or " : ", ");
	buf_puts(names, name);
}

/* Append the names of a list, and find the nearest to a word. */
static void put_list(
    const struct cli_list *list, struct buf *names, struct nearest *near)
{
	struct cli_name name, next;
	bool more = list->at(0, &name);

	for (size_t i = 1; more; i++, name = next) {
		nearest_look(near, name.name);
		more = list->at(i, &next);
		put_name(names, name.name, !more);
	}
}

/* Die of a word: with the nearest name, or with all names if none is near. */
static _Noreturn void die_of_unknown(const char *where, const char *what,
    const char *word, const char *near, struct buf *names)
{
	cli_die(EX_USAGE, "%s%sunknown %s '%s': %s%s%s", where ? where : "",
	    where ? ": " : "", what, word,
	    near ? "did you mean '" : "expected ",
	    near ? near : buf_message(names), near ? "'?" : "");
}

_Noreturn void cli_unknown(const char *where, const char *what,
    const char *word, const struct cli_list *list)
{
	struct nearest near = {.word = slice_of(word)};
	struct buf names = BUF_INIT(8192);

	put_list(list, &names, &near);
	die_of_unknown(where, what, word, near.name, &names);
}

/*
 * Append the commands that have a name, each once, and those alone that take
 * an option, unless it is 0.
 */
static void put_commands(
    const struct cli_program *p, char code, struct buf *names)
{
	const struct cli_command *last = NULL;

	for (const struct cli_command *c = p->commands; c->options; c++) {
		if (!c->name || cli_command_is(c + 1, c->name) ||
		    (code && !cli_command_takes(c, code)))
			continue;
		if (last)
			put_name(names, last->name, false);
		last = c;
	}
	if (last)
		put_name(names, last->name, true);
}

/* The command that may be meant by a word; or NULL. */
static const char *near_command(const struct cli_program *p, const char *word)
{
	struct nearest near = {.word = slice_of(word)};

	for (const struct cli_command *c = p->commands; c->options; c++)
		if (c->name)
			nearest_look(&near, c->name);
	return near.name;
}

/* Die of a word that is no command, or of none. */
static _Noreturn void die_of_command(
    const struct cli_program *p, const char *word)
{
	const char *near = word ? near_command(p, word) : NULL;
	struct buf names = BUF_INIT(1024);

	put_commands(p, 0, &names);
	if (!word)
		cli_die(
		    EX_USAGE, "expected a command: %s", buf_message(&names));
	die_of_unknown(NULL, "command", word, near, &names);
}

/* Die of a long option that is unknown, or the beginning of several. */
static _Noreturn void die_of_long_option(
    const struct cli_program *p, const char *arg)
{
	struct slice rest = slice_of(arg + strlen("--"));
	struct slice name = slice_cut(&rest, '=');
	struct nearest near = {.word = name};
	struct buf names = BUF_INIT(2048);

	for (const struct cli_option *o = p->options; o->code; o++) {
		nearest_look(&near, o->name);
		if (slice_starts(slice_of(o->name), name))
			buf_printf(
			    &names, "%s--%s", names.n ? ", " : "", o->name);
	}
	if (names.n)
		cli_die(EX_USAGE, "ambiguous option '--%.*s': it may be %s",
		    (int)name.n, name.p, buf_message(&names));
	cli_die(EX_USAGE, "unknown option '--%.*s'%s%s%s", (int)name.n, name.p,
	    near.name ? ": did you mean '--" : "", near.name ? near.name : "",
	    near.name ? "'?" : "");
}

/* Die of what getopt_long did not take: `arg` is where it stopped. */
static _Noreturn void die_of_option(
    const struct cli_program *p, int which, const char *arg)
{
	const struct cli_option *o = cli_option_of(p, optopt);
	bool is_long = strncmp(arg, "--", 2) == 0;

	if (which == ':' && o->code)
		cli_die(EX_USAGE, "--%s: %s is missing", o->name, o->value);
	if (is_long && o->code)
		cli_die(EX_USAGE, "--%s: takes no value: '%s'", o->name, arg);
	if (is_long)
		die_of_long_option(p, arg);
	cli_die(EX_USAGE, "unknown option '-%c'", optopt);
}

/* --- The command that is meant ------------------------------------------- */

/* The next option that is required, from a place in the codes on; or NULL. */
static const char *next_required(const char *codes)
{
	while (*codes && codes[1] != '!')
		codes++;
	return *codes ? codes : NULL;
}

/* The code of the first option that is required and not given; or NULL. */
static const char *missing_option(
    const struct given *g, const struct cli_command *c)
{
	const char *code = next_required(c->options);

	while (code && g->code[(int)*code])
		code = next_required(code + 2);
	return code;
}

/* The form of a command for these options; NULL if none has this name. */
static const struct cli_command *form_of(
    const struct given *g, const char *name)
{
	const struct cli_command *form = NULL;

	for (const struct cli_command *c = g->program->commands; c->options;
	     c++)
		if (cli_command_is(c, name) &&
		    (!form ||
			(next_required(c->options) && !missing_option(g, c))))
			form = c;
	return form;
}

static bool has_commands(const struct cli_program *p)
{
	const struct cli_command *c = p->commands;

	while (c->options && !c->name)
		c++;
	return c->options;
}

/* A word that is no command is an operand, unless a command is near. */
static const struct cli_command *choose(const struct given *g)
{
	const struct cli_program *p = g->program;
	const struct cli_command *form = NULL;

	if (g->word)
		form = form_of(g, g->word);
	if (form)
		return form;
	form = form_of(g, NULL);
	if (!form || (g->word && has_commands(p) &&
			 (!*form->operands ||
			     (*g->word != '/' && near_command(p, g->word)))))
		die_of_command(p, g->word);
	return form;
}

/* Die of an option that another form of the command takes, if one does. */
static void check_other_forms(const struct cli_program *p,
    const struct cli_command *c, const struct cli_option *o)
{
	const char *need = next_required(c->options);

	for (const struct cli_command *f = p->commands; f->options; f++) {
		const char *other = next_required(f->options);

		if (!cli_command_is(f, c->name) ||
		    !cli_command_takes(f, o->code))
			continue;
		if (need)
			cli_die(EX_USAGE, "--%s: not together with --%s",
			    o->name, cli_option_of(p, *need)->name);
		if (other)
			cli_die(EX_USAGE, "--%s: only together with --%s",
			    o->name, cli_option_of(p, *other)->name);
	}
}

static void check_options(const struct given *g, const struct cli_command *c)
{
	const struct cli_program *p = g->program;
	const char *form = c->name ? c->name : p->name;
	struct buf names = BUF_INIT(1024);
	const char *missing = missing_option(g, c);
	const struct cli_option *o = p->options;

	if (missing) {
		o = cli_option_of(p, *missing);
		cli_die(EX_USAGE, "%s: --%s %s is required: %s", form, o->name,
		    o->value ? o->value : "", o->help);
	}
	for (; o->code; o++) {
		if (!g->code[(int)o->code] || cli_command_takes(c, o->code))
			continue;
		check_other_forms(p, c, o);
		put_commands(p, o->code, &names);
		cli_die(EX_USAGE, "%s: not an option here: '--%s'%s%s", form,
		    o->name, names.n ? ": it belongs to " : "",
		    names.n ? buf_message(&names) : "");
	}
}

/* Die for want of operands, whose names are known if they are in a list. */
static _Noreturn void die_of_few(
    const struct cli_program *p, const struct cli_command *c, const char *where)
{
	const struct cli_list *l = p->lists;
	const struct cli_option *o;
	const char *need = NULL;
	struct nearest near = {.word = SLICE("")};
	struct buf names = BUF_INIT(8192);

	while (l && l->heading && strcmp(l->value, c->operands) != 0)
		l++;
	if (l && l->heading) {
		put_list(l, &names, &near);
		cli_die(EX_USAGE, "%sexpected %s: %s", where, c->operands,
		    buf_message(&names));
	}
	if (c[1].options && cli_command_is(c + 1, c->name))
		need = next_required(c[1].options);
	if (need) {
		o = cli_option_of(p, *need);
		buf_printf(&names, ", or --%s %s", o->name, o->value);
	}
	cli_die(EX_USAGE, "%sexpected %s%s", where, c->operands,
	    names.n ? buf_message(&names) : "");
}

/*
 * Die if there are more or fewer operands than in the usage. Of `TABLE KEY ...`
 * the keys may be missing: the command says which ones a table has.
 */
static void check_operands(
    const struct cli_program *p, const struct cli_command *c, char **operands)
{
	bool optional = false, many = strstr(c->operands, "...");
	struct slice rest = slice_of(c->operands);
	int least = 0, most = 0, count = 0;
	char where[64];

	snprintf(where, sizeof(where), "%s%s", c->name ? c->name : "",
	    c->name ? ": " : "");
	while (rest.n) {
		struct slice word = slice_cut(&rest, ' ');

		if (slice_is(word, "...") || slice_is(word, "...]")) {
			least -= least > 1;
			continue;
		}
		optional |= word.p[0] == '[';
		most++;
		least += !optional;
	}
	while (operands[count])
		count++;
	if (count < least)
		die_of_few(p, c, where);
	if (count > most && !many)
		cli_die(EX_USAGE, "%sunexpected argument '%s'", where,
		    operands[most]);
}

/* --- getopt_long --------------------------------------------------------- */

/*
 * The tables of getopt_long. With a `-` first, it returns operands in their
 * order, as options of code 1; without, it would stop at the first operand if
 * POSIXLY_CORRECT is set, and take later options for operands. With a `:`, it
 * leaves the messages to us.
 */
static void make_tables(const struct cli_program *p,
    struct option longs[OPTIONS_MAX], char letters[2 * OPTIONS_MAX + 3])
{
	char *letter = letters;
	size_t i = 0;

	*letter++ = '-';
	*letter++ = ':';
	for (const struct cli_option *o = p->options; o->code; o++) {
		if (i == OPTIONS_MAX - 1)
			cli_die(EX_SOFTWARE, "too many options");
		longs[i++] = (struct option){o->name,
		    o->value ? required_argument : no_argument, NULL, o->code};
		if (!cli_is_letter(p, o->code))
			continue;
		*letter++ = o->code;
		if (o->value)
			*letter++ = ':';
	}
	longs[i] = (struct option){NULL, 0, NULL, 0};
	*letter = '\0';
}

static void take_option(struct given *g, int code, const char *value)
{
	if (code == 'h') {
		g->help = true;
	} else if (code == 'V') {
		printf("%s %s\n", g->program->name, SP_VERSION);
		exit(cli_close_stdout(0));
	} else {
		g->options[g->count++] = (struct given_option){code, value};
		g->code[code] = true;
	}
}

/* Parse the arguments; what remains are the operands, ended by NULL. */
static char **parse(struct given *g, int argc, char **argv)
{
	struct option longs[OPTIONS_MAX];
	char letters[2 * OPTIONS_MAX + 3], **operand = argv + 1;
	size_t room = 1;
	int which;

	make_tables(g->program, longs, letters);
	/* Of letters, an argument may have several. */
	for (int i = 1; i < argc; i++)
		room += strlen(argv[i]);
	g->options = mem_zero(room, sizeof(*g->options));
	while ((which = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (which == 1)
			*operand++ = optarg;
		else if (which == '?' || which == ':')
			die_of_option(g->program, which, argv[optind - 1]);
		else
			take_option(g, which, optarg);
	}
	while (optind < argc)
		*operand++ = argv[optind++];
	if (argc > 0)
		*operand = NULL;
	return argc > 0 ? argv + 1 : argv;
}

const struct cli_command *cli_parse(const struct cli_program *p, int argc,
    char **argv, void *options, char ***operands)
{
	struct given g = {.program = p};
	const struct cli_command *c;

	*operands = parse(&g, argc, argv);
	g.word = **operands;
	if (g.help && !g.word) {
		cli_print_help(p, NULL);
		exit(cli_close_stdout(0));
	}
	c = choose(&g);
	if (g.help) {
		cli_print_help(p, c->name);
		exit(cli_close_stdout(0));
	}
	if (c->name) {
		cli_help_on(c->name);
		++*operands;
	}
	check_options(&g, c);
	check_operands(p, c, *operands);
	/* A wrong value refers to the help on the command. */
	for (size_t i = 0; i < g.count; i++)
		p->set(options, g.options[i].code, g.options[i].value);
	free(g.options);
	return c;
}
