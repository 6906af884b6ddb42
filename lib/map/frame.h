/*
 * What the pool and a worker say to each other over a socket: a header in
 * the machine's own layout (both ends are one program), then its bytes.
 */
#ifndef SP_MAP_FRAME_H
#define SP_MAP_FRAME_H

#include <stdint.h>

/* To the worker: one capture. The endpoint, suffix and line follow. */
struct frame_job {
	uint32_t endpoint;  /* bytes; 0 for the one filter of a user */
	uint32_t suffix;    /* of each row: `,"at":"...","src":"..."}` */
	uint32_t line;	    /* the capture, checked JSON */
	uint32_t with_body; /* the capture holds what was asked for: 200 */
};

enum frame_kind {
	FRAME_READY,  /* set up; the text is a compiler's message, or empty */
	FRAME_DEBUG,  /* a value that the mapping debugs, as JSON */
	FRAME_MAPPED, /* rows, a line each, and then complaints, a line each */
	FRAME_FAILED  /* why, as text */
};

/* From the worker. */
struct frame_reply {
	uint32_t kind;
	uint32_t text;	     /* bytes that follow */
	uint32_t complaints; /* bytes at their end that are complaints */
	uint32_t retiring;   /* this worker ends now: give it no more */
};

#endif
