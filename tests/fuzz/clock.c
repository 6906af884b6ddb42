/* Fuzzes times and durations: what is read is written back as it was meant. */
#include <stdlib.h>

#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = {(const char *)data, size};
	char text[CLOCK_TEXT];
	int64_t ms, again;

	if (clock_parse(s, &ms) && clock_format(ms, text)) {
		must(clock_parse(slice_of(text), &again) && again == ms);
		/* Our own form is read as written; 60 is no second of ours. */
		if (size == 24 && data[23] == 'Z' && data[17] != '6')
			must(slice_is(s, text));
	}
	if (clock_parse(s, &ms))
		must(clock_parse_local(s, 0, true, &again) && again == ms);
	if (clock_parse_duration(s, &ms))
		must(ms >= 0 && size > 0);
	if (size == sizeof(ms)) {
		memcpy(&ms, data, sizeof(ms));
		if (clock_format(ms, text))
			must(
			    clock_parse(slice_of(text), &again) && again == ms);
	}
	return 0;
}
