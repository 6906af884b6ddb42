/*
 * SHA-256 and base 64 by their published examples, and the challenge that
 * RFC 7636 makes of both.
 */
#include "unit/tap.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/sha256.h"
#include "base/sha256_blocks.h"

static void digest_is(struct slice text, const char *want, const char *what)
{
	unsigned char digest[SHA256_SIZE];
	char hex[SHA256_HEX];
	struct sha256 s;

	sha256(text, digest);
	sha256_hex(digest, hex);
	is_text(slice_of(hex), want, "the digest of %s", what);
	sha256_init(&s);
	for (size_t n = 0; text.n > 0; text = slice_from(text, n)) {
		n = n < text.n ? n + 1 : text.n;
		sha256_add(&s, (struct slice){text.p, n});
	}
	sha256_end(&s, digest);
	sha256_hex(digest, hex);
	is_text(slice_of(hex), want, "and that in parts");
}

/* FIPS 180-4's own, and the lengths about a block's end. */
static void test_digests(void)
{
	static char many[1000000];

	digest_is(SLICE(""),
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	    "nothing");
	digest_is(SLICE("abc"),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	    "abc");
	digest_is(
	    SLICE("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	    "56 bytes");
	digest_is(SLICE("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijkl"
			"mnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopq"
			"rstu"),
	    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
	    "112 bytes");
	memset(many, 'a', sizeof(many));
	digest_is((struct slice){many, sizeof(many)},
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
	    "a million a");
	digest_is((struct slice){many, 55},
	    "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318",
	    "55 a");
	digest_is((struct slice){many, 63},
	    "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34",
	    "63 a");
	digest_is((struct slice){many, 64},
	    "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
	    "64 a");
	digest_is((struct slice){many, 65},
	    "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0",
	    "65 a");
	digest_is(SLICE("\xbd"),
	    "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b",
	    "the byte bd");
}

/* Both ways to add blocks, whichever this processor uses. */
static void test_blocks(void)
{
	unsigned char text[5 * SHA256_BLOCK];
	uint32_t plain[8], fast[8];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)(i * i + i / 7);
	for (unsigned i = 0; i < 8; i++)
		plain[i] = fast[i] = 0x9e3779b9u * (i + 1);
	sha256_blocks_plain(plain, text, 5);
	if (!sha256_x86_is_there()) {
		ok(true, "the blocks in plain C # SKIP no other way here");
		return;
	}
	sha256_blocks_x86(fast, text, 5);
	ok(memcmp(plain, fast, sizeof(plain)) == 0,
	    "the processor's instructions hash as plain C does");
}

static void test_base64(void)
{
	static const struct {
		const char *text, *written;
	} cases[] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"},
	    {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"},
	    {"\xfb\xff\xbf", "-_-_"}};
	char text[BASE64_TEXT(16)];

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t n = strlen(cases[i].text);

		base64url(cases[i].text, n, text);
		is_text(slice_of(text), cases[i].written, "'%s' written",
		    cases[i].written);
		is_int((int64_t)BASE64_TEXT(n), (int64_t)strlen(text) + 1,
		    "BASE64_TEXT is exact");
	}
}

/* RFC 7636, appendix B. */
static void test_challenge(void)
{
	unsigned char digest[SHA256_SIZE];
	char text[BASE64_TEXT(SHA256_SIZE)];

	sha256(SLICE("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), digest);
	base64url(digest, sizeof(digest), text);
	is_text(slice_of(text), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
	    "the challenge of a known verifier");
}

int main(void)
{
	test_digests();
	test_blocks();
	test_base64();
	test_challenge();
	return tap_done();
}
