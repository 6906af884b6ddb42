#include "rehearse/saved.h"

#include <stdio.h>
#include <string.h>

/* The file for a path below /v1/. */
static FILE *open_file(const char *folder, const char *path)
{
	struct buf name = BUF_INIT(4096);
	const char *text;
	FILE *file;

	buf_printf(&name, "%s/", folder);
	for (path += strlen("/v1/"); *path != '\0'; path++)
		buf_putc(&name, *path == '/' ? '_' : *path);
	buf_puts(&name, ".json");
	text = buf_cstr(&name);
	file = text != NULL ? fopen(text, "rb") : NULL;
	buf_release(&name);
	return file;
}

void saved_respond(const char *folder, const struct mock_request *req,
    struct mock_response *res)
{
	FILE *file = open_file(folder, req->path);
	char *room;
	size_t n;

	if (file == NULL) {
		mock_response_error(res, 404, "Service not found", NULL);
		return;
	}
	while ((room = buf_reserve(&res->body, 65536)) != NULL &&
	       (n = fread(room, 1, 65536, file)) > 0)
		res->body.n += n;
	if (ferror(file))
		res->body.failed = true;
	fclose(file);
}
