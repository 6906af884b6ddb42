#!/bin/sh
# valgrind.sh BUILD TEST...: runs tests with every program of BUILD behind
# valgrind, by way of a folder of wrappers that tests take for the build.
set -eu
build=$(cd "$1" && pwd)
shift
wrap=$build/valgrind
rm -rf "$wrap"
mkdir -p "$wrap/tests/unit"
(cd "$build" && find . -maxdepth 3 -type f -perm -100 ! -name '*.sh' ! -name '*.so' \
	\( -path './sp-*' -o -path './tests/*' \)) |
while read -r program; do
	mkdir -p "$(dirname "$wrap/$program")"
	cat > "$wrap/$program" <<-END
	#!/bin/sh
	exec valgrind -q --error-exitcode=99 --leak-check=full \\
		--show-leak-kinds=definite \\
		--errors-for-leak-kinds=definite --child-silent-after-fork=yes \\
		"$build/$program" "\$@"
	END
	chmod +x "$wrap/$program"
done
for test in "$@"; do
	shift
	case $test in
	*/build.t) continue ;; # checks the build, not what the wrappers run
	*.t) ;;
	*) test=$wrap/tests/unit/${test##*/} ;;
	esac
	set -- "$@" "$test"
done
SP_BUILD=$wrap prove -j2 "$@"
