/* The token: its file, its JSON, and its secrets in texts. */
#include "unit/tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "auth/secret.h"
#include "auth/token_file.h"

static bool write_file(const char *path, const char *text, unsigned mode)
{
	FILE *f = fopen(path, "w");

	return f && chmod(path, (mode_t)mode) == 0 && fputs(text, f) >= 0 &&
	       fclose(f) == 0;
}

/* Load a token file of this text and mode; the exit status. */
static int load(const char *path, const char *text, unsigned mode)
{
	struct error error = {.exit = 0};
	struct token_file f;
	struct token t = {.client_id = NULL};

	write_file(path, text, mode);
	token_file_init(&f, path);
	token_file_load(&f, &t, &error);
	token_file_release(&f);
	token_release(&t);
	unlink(path);
	return error.exit;
}

static void test_bad_tokens(const char *path)
{
	struct error error = ERROR_UNSET;
	struct token_file f;
	struct token t = {.client_id = NULL};

	token_file_init(&f, path);
	ok(!token_file_load(&f, &t, &error), "no token file");
	is_int(error.exit, EX_NOPERM, "asks to log in");
	token_file_release(&f);
	is_int(load(path, "{\"access_token\":\"a\"}", 0600), 0, "a token");
	is_int(load(path, "{}", 0600), 0, "an empty one");
	is_int(load(path, "{}", 0640), EX_CONFIG, "the group may read it");
	is_int(load(path, "{}", 0602), EX_CONFIG, "others may write it");
	is_int(load(path, "", 0600), EX_CONFIG, "an empty file");
	is_int(load(path, "[]", 0600), EX_CONFIG, "no object");
	is_int(load(path, "{\"access_token\":\"a", 0600), EX_CONFIG, "half");
	is_int(load(path, "{\"access_token\":\"a\\r\\nX: b\"}", 0600),
	    EX_CONFIG, "a token that would be two headers");
	is_int(load(path, "{\"access_token\":\"a\\u0000b\"}", 0600), EX_CONFIG,
	    "a token that would end early");
	is_int(load("/", "", 0600), EX_CONFIG, "a folder");
}

static void test_saving(const char *path)
{
	struct buf text = BUF_INIT(4096);
	struct error error = ERROR_UNSET;
	struct token_file file;
	struct token t = {.client_id = NULL};
	struct stat st;
	FILE *f;

	write_file(path,
	    "{ \"x\":1.0, \"access_token\":\"old\", \"expires_at\":5,"
	    "\"y\":[ \"\\u0041\" ],\"refresh_token\":\"r\" }",
	    0600);
	token_file_init(&file, path);
	ok(token_file_lock(&file, &t, &error), "lock");
	secret_set(&t.access_token, SLICE("new"));
	secret_set(&t.user_id, SLICE("k\"m"));
	t.expires_at = 86400000;
	ok(token_file_save(&file, &t, &error), "save");
	token_file_unlock(&file);
	ok(t.expires_at == 86400000 && token_file_load(&file, &t, &error) &&
		t.expires_at == 86400000,
	    "and read again");
	f = fopen(path, "r");
	text.n = f ? fread(buf_reserve(&text, 1024), 1, 1024, f) : 0;
	if (f)
		fclose(f);
	is_text(buf_slice(&text),
	    "{\"x\":1.0,\"access_token\":\"new\","
	    "\"expires_at\":\"1970-01-02T00:00:00.000Z\","
	    "\"y\":[ \"\\u0041\" ],\"refresh_token\":\"r\","
	    "\"user_id\":\"k\\\"m\"}\n",
	    "every member is in its place");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "mode 600");
	buf_release(&text);
	token_file_release(&file);
	token_release(&t);
}

static void test_redacting(void)
{
	char text[] = "a BQ12345678 and BQ1234567 BQ12345678";
	char escaped[] = "\\n \\u0042\\u005112\\u0033\\u0034\\u0035\\u003678"
			 "BQ12345678 BQ1234567\\u00";
	char slashed[] = "BQ\\/n345678 BQ\\/\\n345678 BQ\\";
	struct token t = {.client_id = NULL};

	token_redact(&t, text, strlen(text));
	secret_set(&t.access_token, SLICE("BQ12345678"));
	secret_set(&t.refresh_token, SLICE("a"));
	token_redact(&t, text, strlen(text));
	is_text(slice_of(text), "a ********** and BQ1234567 **********",
	    "secrets are made unreadable");
	token_redact(&t, escaped, strlen(escaped));
	is_text(slice_of(escaped),
	    "\\n ************************************************** "
	    "BQ1234567\\u00",
	    "as JSON may write them, too");
	secret_set(&t.access_token, SLICE("BQ/n345678"));
	token_redact(&t, slashed, strlen(slashed));
	is_text(slice_of(slashed), "*********** BQ\\/\\n345678 BQ\\",
	    "slashes with them");
	token_release(&t);
}

/* A secret in forms that a server may echo, of which nothing is to be left. */
static void test_redacting_forms(void)
{
	static const char *const secrets[] = {
	    "BQ+a/b?c~d>e=", "BQ%2Fx%2", "AQold_token-1"};
	static const struct {
		size_t secret;
		const char *text, *want;
	} cases[] = {
	    {0, "[BQ%2Ba%2fb%3Fc~d%3Ee%3D]", "[***********************]"},
	    {0, "[BQ%252Ba%252fb%3Fc~d>e=]", "[***********************]"},
	    {0, "[%42%51+a\\/b?c~d>e\\u003D]", "[***********************]"},
	    /* In base64, alone and as a part, the characters that are its. */
	    {0, "[QlErYS9iP2N+ZD5lPQ==]", "[*****************Q==]"},
	    {0, "[QlErYS9iP2N-ZD5lPQ]", "[*****************Q]"},
	    {0, "[QlErYS9iP2N%2bZD5lPQ%3D%3D]", "[*******************Q%3D%3D]"},
	    {0, "[QlErYS9iP2N\\u002BZD5lPQ==]", "[**********************Q==]"},
	    {0, "[OkJRK2EvYj9jfmQ-ZT06]", "[Ok****************06]"},
	    {0, "[eDpCUSthL2I/Y35kPmU9Og==]", "[eDp*****************Og==]"},
	    {0, "[eHh4QlErYS9iP2N+ZD5lPQ==]", "[eHh4*****************Q==]"},
	    {0, "[QlErYS9iP2N]", "[QlErYS9iP2N]"},
	    {1, "BQ%2Fx%2 BQ%252Fx%252 BQ/x%2", "******** ************ BQ/x%2"},
	    {2, "AQold_token-1 QVFvbGRfdG9rZW4tMQ==",
		"************* *****************Q=="},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[80];

		snprintf(text, sizeof(text), "%s", cases[i].text);
		secret_redact(secrets[cases[i].secret], text, strlen(text));
		is_text(slice_of(text), cases[i].want, "form %zu", i);
	}
}

static void test_redacting_replaced(void)
{
	char text[] = "BQfirst00 AQfirst00 BQsecond0 BQthird00 AQsecond0";
	struct token t = {.client_id = NULL};

	secret_set(&t.access_token, SLICE("BQfirst00"));
	secret_set(&t.refresh_token, SLICE("AQfirst00"));
	token_update(&t, SLICE("BQsecond0"), SLICE(""));
	token_update(&t, SLICE("BQthird00"), SLICE("AQsecond0"));
	ok(strcmp(t.access_token, "BQthird00") == 0 &&
		strcmp(t.refresh_token, "AQsecond0") == 0,
	    "the new tokens");
	token_redact(&t, text, strlen(text));
	is_text(slice_of(text),
	    "********* ********* ********* ********* *********",
	    "and those before are all looked for");
	token_release(&t);
}

static void test_tokens(void)
{
	char folder[] = "/tmp/sp-http-XXXXXX";
	char path[64], lock[80];

	if (!mkdtemp(folder)) {
		ok(false, "a folder to work in");
		return;
	}
	snprintf(path, sizeof(path), "%s/token.json", folder);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	test_bad_tokens(path);
	test_saving(path);
	unlink(path);
	unlink(lock);
	is_int(rmdir(folder), 0, "nothing is left behind");
}

int main(void)
{
	test_tokens();
	test_redacting();
	test_redacting_forms();
	test_redacting_replaced();
	return tap_done();
}
