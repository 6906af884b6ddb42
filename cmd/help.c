/* The help that is printed from a program's table. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "options.h"

#define WIDTH 80
#define HELP_COLUMN_MAX 30 /* of the text beside an option */

/* Text that is broken into lines between its words. */
struct text {
	int column, indent;
};

static void put_word(struct text *t, const char *word, size_t n)
{
	if (t->column + 1 + (int)n > WIDTH) {
		printf("\n%*s", t->indent, "");
		t->column = t->indent;
	} else if (t->column > t->indent) {
		putchar(' ');
		t->column++;
	}
	fwrite(word, 1, n, stdout);
	t->column += (int)n;
}

/* --- Usage --------------------------------------------------------------- */

/* An option as in the usage: `[--db FILE]`, `--by D`, `[--scope SCOPE]...`. */
static void put_option(struct text *t, const struct cli_program *p,
    const struct cli_option *o, bool need)
{
	struct buf b = BUF_INIT(256);

	buf_puts(&b, need ? "" : "[");
	if (cli_is_letter(p, o->code))
		buf_printf(&b, "-%c", o->code);
	else
		buf_printf(&b, "--%s", o->name);
	if (o->value)
		buf_printf(&b, " %s", o->value);
	buf_puts(&b, need ? "" : "]");
	if (p->repeats && strchr(p->repeats, o->code))
		buf_puts(&b, "...");
	put_word(t, buf_message(&b), b.n);
	buf_release(&b);
}

static void print_form(
    const struct cli_program *p, const struct cli_command *c, bool first)
{
	struct text t = {.indent = (int)strlen("usage: sp-")};

	printf("%s%s", first ? "usage: " : "       ", p->name);
	t.column = (int)strlen("usage: ") + (int)strlen(p->name);
	if (c->name)
		put_word(&t, c->name, strlen(c->name));
	for (const char *code = c->options; *code; code++) {
		const struct cli_option *o = cli_option_of(p, *code);

		if (o->code)
			put_option(&t, p, o, code[1] == '!');
	}
	if (*c->operands)
		put_word(&t, c->operands, strlen(c->operands));
	putchar('\n');
}

/* --- Sections ------------------------------------------------------------ */

/* A line: a name, and from a column on what it is. */
static void print_line(const char *name, const char *purpose, int column)
{
	struct text t = {.column = (int)strlen(name) + 2, .indent = column};
	struct slice rest = slice_of(purpose);

	printf("  %s", name);
	if (t.column + 2 > column) {
		putchar('\n');
		t.column = 0;
	}
	printf("%*s", column - t.column, "");
	t.column = column;
	while (rest.n) {
		struct slice word = slice_cut(&rest, ' ');

		put_word(&t, word.p, word.n);
	}
	putchar('\n');
}

/* The commands with a name; of several forms, the first one's purpose. */
static bool command_at(
    const struct cli_program *p, size_t i, struct cli_name *name)
{
	for (const struct cli_command *c = p->commands; c->options; c++)
		if (c->name && c->purpose && i-- == 0) {
			*name = (struct cli_name){c->name, c->purpose};
			return true;
		}
	return false;
}

static void print_commands(const struct cli_program *p)
{
	struct cli_name c;
	int column = 0;

	for (size_t i = 0; command_at(p, i, &c); i++)
		if ((int)strlen(c.name) + 5 > column)
			column = (int)strlen(c.name) + 5;
	if (column > 0)
		puts("Commands:");
	for (size_t i = 0; command_at(p, i, &c); i++)
		print_line(c.name, c.purpose, column);
}

/* A line for each name of a list; those without a purpose after one another. */
static void print_list(const struct cli_list *l)
{
	struct text t = {.column = 2, .indent = 2};
	struct cli_name name;
	int column = 0;

	printf("%s:\n", l->heading);
	for (size_t i = 0; l->at(i, &name); i++)
		if (name.purpose && (int)strlen(name.name) + 5 > column)
			column = (int)strlen(name.name) + 5;
	printf("%s", column > 0 ? "" : "  ");
	for (size_t i = 0; l->at(i, &name); i++) {
		if (column > 0)
			print_line(name.name, name.purpose, column);
		else
			put_word(&t, name.name, strlen(name.name));
	}
	if (column == 0)
		putchar('\n');
}

/* `-n, --dry-run`, `    --db FILE` */
static const char *put_names(
    const struct cli_program *p, const struct cli_option *o, struct buf *b)
{
	buf_clear(b);
	if (cli_is_letter(p, o->code))
		buf_printf(b, "-%c, --%s", o->code, o->name);
	else
		buf_printf(b, "    --%s", o->name);
	if (o->value)
		buf_printf(b, " %s", o->value);
	return buf_message(b);
}

/* Whether a command, or any if it is NULL, has the option. */
static bool is_shown(const struct cli_program *p, const char *command,
    const struct cli_option *o)
{
	bool shown = !command;

	for (const struct cli_command *c = p->commands; !shown && c->options;
	     c++)
		shown =
		    cli_command_is(c, command) && cli_command_takes(c, o->code);
	return shown;
}

static void print_options(const struct cli_program *p, const char *command)
{
	struct buf b = BUF_INIT(256);
	int column = 0;

	for (const struct cli_option *o = p->options; o->code; o++) {
		int n = (int)strlen(put_names(p, o, &b)) + 4;

		if (is_shown(p, command, o) && n > column &&
		    n <= HELP_COLUMN_MAX)
			column = n;
	}
	puts("Options:");
	for (const struct cli_option *o = p->options; o->code; o++)
		if (is_shown(p, command, o))
			print_line(put_names(p, o, &b), o->help, column);
	buf_release(&b);
}

/*
 * Whether an operand or an option of the command, or of any, has a value of
 * this list. Beside commands, names alone are left to the help on them.
 */
static bool has_value(const struct cli_program *p, const char *command,
    const struct cli_list *list)
{
	const char *value = list->value;
	struct cli_name name;

	if (!command && command_at(p, 0, &name) && list->at(0, &name) &&
	    !name.purpose)
		return false;
	for (const struct cli_command *c = p->commands; c->options; c++)
		if ((!command || cli_command_is(c, command)) &&
		    strstr(c->operands, value))
			return true;
	for (const struct cli_option *o = p->options; o->code; o++)
		if (o->value && strstr(o->value, value) &&
		    is_shown(p, command, o))
			return true;
	return false;
}

static void print_examples(const char *examples)
{
	struct slice rest = slice_of(examples);

	if (!examples)
		return;
	puts("\nExamples:");
	while (rest.n) {
		struct slice line = slice_cut(&rest, '\n');

		printf("  %.*s\n", (int)line.n, line.p);
	}
}

void cli_print_help(const struct cli_program *p, const char *command)
{
	const struct cli_command *named = NULL;
	bool first = true;

	for (const struct cli_command *c = p->commands; command && c->options;
	     c++)
		if (!named && cli_command_is(c, command))
			named = c;
	printf("%s%s%s: %s\n\n", p->name, named ? " " : "",
	    named ? named->name : "", named ? named->purpose : p->purpose);
	for (const struct cli_command *c = p->commands; c->options; c++)
		if (!named || cli_command_is(c, command)) {
			print_form(p, c, first);
			first = false;
		}
	putchar('\n');
	if (!named)
		print_commands(p);
	for (const struct cli_list *l = p->lists; l && l->heading; l++)
		if (has_value(p, command, l))
			print_list(l);
	print_options(p, command);
	print_examples(named ? named->examples : p->examples);
	printf("\nSee %s(1).\n", p->name);
}
