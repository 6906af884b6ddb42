#include "base/sha256.h"

static const uint32_t keys[SHA256_BLOCK] = {0x428a2f98, 0x71374491, 0xb5c0fbcf,
    0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
    0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
    0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
    0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
    0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c,
    0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee,
    0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2};

static uint32_t rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

/* The message schedule of a block. */
static void schedule(uint32_t w[SHA256_BLOCK], const unsigned char *p)
{
	for (int i = 0; i < 16; i++, p += 4)
		w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		       (uint32_t)p[2] << 8 | p[3];
	for (int i = 16; i < SHA256_BLOCK; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		a = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3;
		b = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10;
		w[i] = w[i - 16] + a + w[i - 7] + b;
	}
}

/*
 * Add a block to the hash; the letters are those of the standard. Assigned one
 * by one, they stay in registers, and none is moved.
 */
static void hash_block(uint32_t hash[8], const unsigned char *p)
{
	uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3];
	uint32_t e = hash[4], f = hash[5], g = hash[6], h = hash[7];
	uint32_t w[SHA256_BLOCK];

	schedule(w, p);
	for (int i = 0; i < SHA256_BLOCK; i++) {
		uint32_t t1 = h +
			      (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
			      ((e & f) ^ (~e & g)) + keys[i] + w[i];
		uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
			      ((a & b) ^ (a & c) ^ (b & c));

		h = g, g = f, f = e, e = d + t1;
		d = c, c = b, b = a, a = t1 + t2;
	}
	hash[0] += a, hash[1] += b, hash[2] += c, hash[3] += d;
	hash[4] += e, hash[5] += f, hash[6] += g, hash[7] += h;
}

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
	hash_block(hash, last);
	if (n > SHA256_BLOCK)
		hash_block(hash, last + SHA256_BLOCK);
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
			hash_block(s->hash, s->rest);
	}
	for (; part.n >= SHA256_BLOCK; part = slice_from(part, SHA256_BLOCK))
		hash_block(s->hash, (const unsigned char *)part.p);
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
