/*
 * The messages between sp-transform and the worker that runs libjq, over a
 * socket: a header in native layout (both ends are the same program), then its
 * text.
 */
#ifndef SP_MAP_FRAME_H
#define SP_MAP_FRAME_H

#include <stdint.h>

/* To the worker: a capture, as JSON. */
struct frame_request {
	uint32_t program; /* its index in struct worker_config */
	uint32_t text;	  /* bytes that follow */
};

enum frame_kind {
	FRAME_READY,  /* set up; the text is the compiler's message, if any */
	FRAME_DEBUG,  /* the value of a `debug`, as JSON */
	FRAME_RESULT, /* a result, as JSON */
	FRAME_DONE,   /* there are no more results */
	FRAME_FAILED  /* the reason, as text; nor are there any more */
};

/* From the worker. */
struct frame_response {
	uint32_t kind;
	uint32_t text;	   /* bytes that follow */
	uint32_t retiring; /* this worker exits now: send no more */
};

#endif
