#include "auth/token.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/secret.h"
#include "base/array.h"
#include "base/clock.h"
#include "http/redact.h"
#include "json/json.h"

/* The members and their offsets: strings, or times in ms since 1970. */
static const struct {
	const char *name;
	size_t at;
	bool time;
} members[] = {
    {"client_id", offsetof(struct token, client_id), false},
    {"client_secret", offsetof(struct token, client_secret), false},
    {"access_token", offsetof(struct token, access_token), false},
    {"refresh_token", offsetof(struct token, refresh_token), false},
    {"expires_at", offsetof(struct token, expires_at), true},
    {"scope", offsetof(struct token, scope), false},
    {"user_id", offsetof(struct token, user_id), false},
    {"authorized_at", offsetof(struct token, authorized_at), true},
    {"token_url", offsetof(struct token, token_url), false},
    {"api_url", offsetof(struct token, api_url), false},
};
#define NONE ((struct slice){NULL, 0})

/* The index of a member by its name; COUNT_OF(members) if it is not ours. */
static size_t member_named(struct slice key)
{
	size_t i = 0;

	while (i < COUNT_OF(members) && !slice_is(key, members[i].name))
		i++;
	return i;
}

static char **member_at(struct token *t, size_t i)
{
	return (char **)(void *)((char *)t + members[i].at);
}

static int64_t *time_at(struct token *t, size_t i)
{
	return (int64_t *)(void *)((char *)t + members[i].at);
}

static const void *value_at(const struct token *t, size_t i)
{
	return (const char *)t + members[i].at;
}

/* Move a secret that is about to be replaced to the retired ones. */
static void retire(struct token *t, char **secret)
{
	char **to = &t->retired[t->next_retired];

	for (size_t i = 0; i < TOKEN_RETIRED && *secret; i++)
		if (t->retired[i] && strcmp(t->retired[i], *secret) == 0)
			secret_set(secret, NONE);
	if (!*secret)
		return;
	secret_set(to, NONE);
	*to = *secret;
	*secret = NULL;
	t->next_retired = (t->next_retired + 1) % TOKEN_RETIRED;
}

void token_update(struct token *t, struct slice access, struct slice refresh)
{
	retire(t, &t->access_token);
	secret_set(&t->access_token, access);
	if (!refresh.n)
		return;
	retire(t, &t->refresh_token);
	secret_set(&t->refresh_token, refresh);
}

void token_clear(struct token *t)
{
	retire(t, &t->access_token);
	retire(t, &t->refresh_token);
	retire(t, &t->client_secret);
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (members[i].time)
			*time_at(t, i) = 0;
		else
			secret_set(member_at(t, i), NONE);
}

void token_release(struct token *t)
{
	token_clear(t);
	for (size_t i = 0; i < TOKEN_RETIRED; i++)
		secret_set(&t->retired[i], NONE);
}

/* Printable ASCII: safe in a header. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

/* Set a member that was just read, if it is one of ours. */
static bool set_member(struct token *t, struct json *j, enum json_type type)
{
	struct buf text = BUF_INIT(TOKEN_FILE_MAX);
	size_t i = member_named(j->key);
	bool ok = true;

	if (type == JSON_STRING && i < COUNT_OF(members) && members[i].time) {
		if (!clock_parse(j->text, time_at(t, i)))
			*time_at(t, i) = 0;
	} else if (type == JSON_STRING && i < COUNT_OF(members)) {
		ok = json_unescape(j->text, &text) &&
		     !memchr(text.p ? text.p : "", '\0', text.n);
		if (ok)
			secret_set(member_at(t, i), buf_slice(&text));
	}
	secret_release(&text);
	return ok && json_skip(j, type);
}

const char *token_parse(struct token *t, struct slice text)
{
	struct json j;
	enum json_type type;

	json_init(&j, text);
	if (json_next(&j) != JSON_OBJECT)
		return j.error ? j.error : "not a JSON object";
	while ((type = json_next(&j)) > JSON_END && type != JSON_OBJECT_END)
		if (!set_member(t, &j, type))
			return j.error ? j.error : "invalid member";
	if (type != JSON_OBJECT_END || json_next(&j) != JSON_END)
		return j.error;
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		char **member = member_at(t, i);

		if (members[i].time)
			continue;
		if (*member && **member == '\0')
			secret_set(member, NONE);
		if (*member && member != &t->user_id && !is_plain(*member))
			return "control characters in a member";
	}
	return NULL;
}

static void put_member(const struct token *t, size_t i, struct buf *b)
{
	const void *value = value_at(t, i);
	char text[CLOCK_TEXT];

	if (!members[i].time) {
		const char *string = *(char *const *)value;

		if (string)
			json_put_member(b, members[i].name, slice_of(string));
	} else {
		int64_t ms = *(const int64_t *)value;

		if (ms && clock_format(ms, text))
			json_put_member(b, members[i].name, slice_of(text));
	}
}

/* Members keep their order, also those that are none of ours. */
void token_put(const struct token *t, struct slice before, struct buf *b)
{
	bool done[COUNT_OF(members)] = {false};
	struct json j;
	enum json_type type = JSON_ERROR;

	buf_putc(b, '{');
	json_init(&j, before.n ? before : SLICE("{}"));
	if (json_next(&j) == JSON_OBJECT)
		type = json_next(&j);
	for (; type > JSON_END && type != JSON_OBJECT_END;
	     type = json_next(&j)) {
		struct slice key = j.key;
		size_t i = member_named(key);

		json_skip(&j, type);
		if (i < COUNT_OF(members) && !done[i]) {
			done[i] = true;
			put_member(t, i, b);
		} else if (i == COUNT_OF(members)) {
			buf_puts(b, b->n > 1 ? ",\"" : "\"");
			buf_put_slice(b, key);
			buf_puts(b, "\":");
			buf_put_slice(b, j.text);
		}
	}
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (!done[i])
			put_member(t, i, b);
	buf_puts(b, "}\n");
}

void token_redact(const struct token *t, char *text, size_t n)
{
	struct redactor s = {.n = 0};

	redactor_add(&s, t->access_token);
	redactor_add(&s, t->refresh_token);
	redactor_add(&s, t->client_secret);
	for (size_t i = 0; i < TOKEN_RETIRED; i++)
		redactor_add(&s, t->retired[i]);
	redactor_apply(&s, text, n);
}

int64_t token_login_expires_at(const struct token *t)
{
	char text[CLOCK_TEXT];
	int64_t ends = 0;
	int month, year;

	if (!t->authorized_at || !clock_format(t->authorized_at, text))
		return 0;
	year = atoi(text);
	month = atoi(text + 5) + 6;
	if (month > 12) {
		month -= 12;
		year++;
	}
	/* If the month has no such day, its last one. */
	for (int day = atoi(text + 8); day > 0; day--) {
		struct buf b = BUF_INIT(64);

		buf_printf(&b, "%04d-%02d-%02d%s", year, month, day, text + 10);
		if (clock_parse(buf_slice(&b), &ends))
			day = 0;
		buf_release(&b);
	}
	return ends;
}
