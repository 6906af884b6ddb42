/* Whole numbers in decimal. */
#include "base/number.h"

#include "unit/tap.h"

int main(void)
{
	static const struct {
		const char *text;
		bool fits;
		int64_t value;
	} cases[] = {
	    {"0", true, 0},
	    {"-0", true, 0},
	    {"7", true, 7},
	    {"-1", true, -1},
	    {"1764000000123", true, 1764000000123},
	    {"9223372036854775807", true, INT64_MAX},
	    {"9223372036854775808", false, 0},
	    {"9223372036854775810", false, 0},
	    {"-9223372036854775808", true, INT64_MIN},
	    {"-9223372036854775809", false, 0},
	    {"92233720368547758070", false, 0},
	    {"18446744073709551616", false, 0},
	    {"18446744073709551617", false, 0},
	    {"1.0", false, 0},
	    {"1e3", false, 0},
	    {"", false, 0},
	    {"-", false, 0},
	    {"+1", false, 0},
	    {" 1", false, 0},
	    {"1 ", false, 0},
	    {"true", false, 0},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t v = 42;
		bool fits = number_parse(slice_of(cases[i].text), &v);

		ok(fits == cases[i].fits, "'%s' %s", cases[i].text,
		    fits ? "is a whole number" : "is none");
		is_int(v, fits ? cases[i].value : 42, "its value");
	}
	return tap_done();
}
