#define _XOPEN_SOURCE 700 /* wcwidth */

#include "terminal.h"

#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "base/number.h"
#include "json/utf8.h"

bool terminal_has_escapes(int fd)
{
	const char *term = getenv("TERM");

	return term && *term && strcmp(term, "dumb") != 0 && isatty(fd) == 1;
}

const char *terminal_erase(int fd)
{
	return terminal_has_escapes(fd) ? "\r\033[K" : "";
}

void terminal_share(struct out *out)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode))
		out->prefix = terminal_erase(out->fd);
}

/* $COLUMNS, or 0. */
static int columns_env(void)
{
	const char *text = getenv("COLUMNS");
	int64_t n;

	if (!text || !number_parse(slice_of(text), &n) || n < 1 || n > INT_MAX)
		return 0;
	return (int)n;
}

int terminal_columns(int fd)
{
	bool is_terminal = isatty(fd) == 1;
	int columns = columns_env();
	struct winsize size;

	if (is_terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	if (columns)
		return columns;
	return is_terminal ? 80 : INT_MAX;
}

static bool locale_is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *value = NULL;

	for (size_t i = 0; i < 3 && !(value && *value); i++)
		value = getenv(names[i]);
	for (; value && *value; value++)
		if (strncasecmp(value, "utf-8", 5) == 0 ||
		    strncasecmp(value, "utf8", 4) == 0)
			return true;
	return false;
}

/* What marks a text that was cut, one column wide. */
static const char *cut_mark(void)
{
	return locale_is_utf8() ? "\xe2\x80\xa6" : "~";
}

/*
 * The system knows the widths, in a locale of UTF-8: whatever the user's is,
 * our text is UTF-8.
 */
static int width_of(unsigned code)
{
	static locale_t utf8;
	locale_t before;
	int width;

	if (code < 0x300)
		return 1;
	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!utf8)
		return 1;
	before = uselocale(utf8);
	width = wcwidth((wchar_t)code);
	uselocale(before);
	return width < 0 ? 1 : width;
}

static unsigned code_of(const unsigned char *p, size_t n)
{
	unsigned code = n == 1 ? p[0] : p[0] & (0x7fU >> n);

	for (size_t i = 1; i < n; i++)
		code = code << 6 | (p[i] & 0x3f);
	return code;
}

/* The columns of the character at the start of a text; `n` is its length. */
static int char_width(struct slice s, size_t *n)
{
	*n = utf8_length(s.p, s.p + s.n);
	if (*n > 0)
		return width_of(code_of((const unsigned char *)s.p, *n));
	*n = 1;
	return 1;
}

int terminal_width(struct slice s)
{
	int width = 0;
	size_t n;

	for (; s.n > 0; s = slice_from(s, n))
		width += char_width(s, &n);
	return width;
}

/* The length of the beginning of a text that fits into so many columns. */
static size_t fit(struct slice s, int columns)
{
	size_t fitting = 0, n;

	while (fitting < s.n) {
		columns -= char_width(slice_from(s, fitting), &n);
		if (columns < 0)
			break;
		fitting += n;
	}
	return fitting;
}

int terminal_put(struct slice s, int columns, FILE *to)
{
	int width = terminal_width(s);
	bool is_cut = width > columns;
	size_t fitting = is_cut ? fit(s, columns - 1) : s.n, length;
	struct slice shown = {s.p, fitting};

	if (is_cut)
		width = terminal_width(shown) + 1;
	for (; shown.n > 0; shown = slice_from(shown, length)) {
		const char *end = shown.p + shown.n;
		unsigned code;

		char_width(shown, &length);
		if (utf8_length(shown.p, end) == 0 ||
		    utf8_control(shown.p, end, &code))
			putc('?', to);
		else
			fwrite(shown.p, 1, length, to);
	}
	if (is_cut)
		fputs(cut_mark(), to);
	return width;
}
