#include "auth/pkce.h"

#include "base/os.h"

bool pkce_make(struct pkce *p)
{
	unsigned char random[PKCE_VERIFIER], digest[SHA256_SIZE];

	if (!os_random(random, PKCE_STATE))
		return false;
	base64url(random, PKCE_STATE, p->state);
	if (!os_random(random, PKCE_VERIFIER))
		return false;
	base64url(random, PKCE_VERIFIER, p->verifier);
	sha256(slice_of(p->verifier), digest);
	base64url(digest, sizeof(digest), p->challenge);
	return true;
}

bool pkce_same(struct slice a, struct slice b)
{
	unsigned char differs = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		differs |= (unsigned char)(a.p[i] ^ b.p[i]);
	return differs == 0;
}
