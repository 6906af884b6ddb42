# jq's functions that are defined in jq, as jq 1.7 has them. The others are in C:
# builtins.c.

def not: if . then false else true end;
def error(message): message | error;

def values: if . == null then empty else . end;
def nulls: if . == null then . else empty end;
def booleans: if type == "boolean" then . else empty end;
def numbers: if type == "number" then . else empty end;
def strings: if type == "string" then . else empty end;
def arrays: if type == "array" then . else empty end;
def objects: if type == "object" then . else empty end;
def iterables: if type | . == "array" or . == "object" then . else empty end;
def scalars: if type | . == "array" or . == "object" then empty else . end;

def select(f): if f then . else empty end;
def map(f): [.[] | f];
def map_values(f): .[] |= f;

def recurse: recurse(.[]?);
def any: any(.[]; .);
def any(f): any(.[]; f);
def all: all(.[]; .);
def all(f): all(.[]; f);
def isempty(f): first((f | false), true);

def first: .[0];
def last: .[-1];
def last(f): reduce f as $x (null; $x);
def nth($n): .[$n];

def IN(values): any(values == .; .);

def to_entries: [keys_unsorted[] as $key | {$key, value: .[$key]}];
def from_entries:
	map({(.key // .Key // .name // .Name):
		(if has("value") then .value else .Value end)})
	| add | . //= {};
def with_entries(f): to_entries | map(f) | from_entries;

def del(f): delpaths([path(f)]);
def paths: path(..) | select(. != []);
def paths(f): . as $whole | paths | select(. as $path | $whole | getpath($path) | f);

