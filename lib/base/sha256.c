#include "base/sha256.h"

/* The last bytes of the text, the end mark, and the length in bits. */
static void hash_rest(uint32_t hash[8], struct slice rest, uint64_t length)
{
	unsigned char last[2 * SHA256_BLOCK] = {0};
	size_t n = rest.n < SHA256_BLOCK - 8 ? SHA256_BLOCK : 2 * SHA256_BLOCK;

	if (rest.n)
		memcpy(last, rest.p, rest.n);
	last[rest.n] = 0x80;
	for (int i = 0; i < 8; i++)
		last[n - 1 - (size_t)i] = (unsigned char)(length * 8 >> 8 * i);
	sha256_blocks(hash, last, n / SHA256_BLOCK);
}

void sha256_init(struct sha256 *s)
{
	*s = (struct sha256){
	    .hash = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
		0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(struct sha256 *s, struct slice part)
{
	size_t buffered = s->length % SHA256_BLOCK;
	size_t n =
	    SHA256_BLOCK - buffered < part.n ? SHA256_BLOCK - buffered : part.n;

	s->length += part.n;
	if (buffered > 0) {
		memcpy(s->rest + buffered, part.p, n);
		part = slice_from(part, n);
		if (buffered + n == SHA256_BLOCK)
			sha256_blocks(s->hash, s->rest, 1);
	}
	n = part.n / SHA256_BLOCK;
	sha256_blocks(s->hash, (const unsigned char *)part.p, n);
	part = slice_from(part, n * SHA256_BLOCK);
	if (part.n > 0)
		memcpy(s->rest, part.p, part.n);
}

void sha256_end(struct sha256 *s, unsigned char digest[SHA256_SIZE])
{
	const struct slice rest = {
	    (const char *)s->rest, s->length % SHA256_BLOCK};

	hash_rest(s->hash, rest, s->length);
	for (int i = 0; i < SHA256_SIZE; i++)
		digest[i] =
		    (unsigned char)(s->hash[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256(struct slice text, unsigned char digest[SHA256_SIZE])
{
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, text);
	sha256_end(&s, digest);
}

void sha256_hex(const unsigned char digest[SHA256_SIZE], char text[SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_SIZE; i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	text[SHA256_HEX - 1] = '\0';
}
