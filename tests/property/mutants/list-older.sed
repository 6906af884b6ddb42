# lib/merge/tracklist.c: an older list takes the place of a newer
s/if (c < 0)$/if (c < -1000)/
