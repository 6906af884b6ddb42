#!/bin/sh
# embed.sh NAME FILE...: prints C with the files as a table of strings,
# `const struct builtin_file NAME[]`, ended by a NULL name. Question marks are
# escaped because C11 has trigraphs, and jq's `?//` can form one.
set -eu
table=$1
shift
echo '#include "base/builtin.h"'
echo '#pragma GCC diagnostic ignored "-Woverlength-strings"'
i=0
for f in "$@"; do
	printf 'static const char text%d[] =\n' "$i"
	sed -e 's/[\\"?]/\\&/g' -e 's/	/\\t/g' -e 's/.*/	"&\\n"/' "$f"
	echo '	"";'
	i=$((i + 1))
done
printf 'const struct builtin_file %s[] = {\n' "$table"
i=0
for f in "$@"; do
	name=${f##*/}
	printf '	{"%s", text%d, sizeof(text%d) - 1},\n' "${name%.*}" "$i" "$i"
	i=$((i + 1))
done
echo '	{0, 0, 0},'
echo '};'
