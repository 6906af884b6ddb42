/*
 * Fuzzes the compiler of jq: any text is compiled, or refused in one line that
 * any terminal shows.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "jq/compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct names *names = names_new();
	char *copy = mem_alloc(size ? size : 1);
	const struct program_source source = {NULL, {copy, size}};
	struct buf why = BUF_INIT(1 << 16);
	struct program *p;

	if (size)
		memcpy(copy, data, size);
	p = program_compile(names, &source, 1, &why);
	free(copy);
	if (!p == (why.n == 0))
		abort();
	for (size_t i = 0; i < why.n; i++)
		if (why.p[i] < ' ' || why.p[i] > '~')
			abort();
	program_free(p);
	names_free(names);
	buf_release(&why);
	return 0;
}
