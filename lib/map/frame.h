/*
 * The messages between the pool and a worker over a socket: a header in native
 * layout (both ends are the same program), then its bytes.
 */
#ifndef SP_MAP_FRAME_H
#define SP_MAP_FRAME_H

#include <stdint.h>

/* To the worker: a capture, as in map/engine.h. The three texts follow. */
struct frame_job {
	uint32_t endpoint; /* bytes */
	uint32_t suffix;
	uint32_t line;
	uint32_t with_body;
};

enum frame_kind {
	FRAME_READY,  /* set up; the text is the compiler's message, if any */
	FRAME_DEBUG,  /* the value of a `debug`, as JSON */
	FRAME_MAPPED, /* rows, then refused parts, as in map/engine.h */
	FRAME_FAILED  /* the reason, as text */
};

/* From the worker. */
struct frame_response {
	uint32_t kind;
	uint32_t text;	      /* bytes that follow */
	uint32_t part_errors; /* bytes at their end that are refused parts */
	uint32_t retiring;    /* this worker exits now: send no more */
};

#endif
