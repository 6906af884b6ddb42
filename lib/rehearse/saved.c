#include "rehearse/saved.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"

/* The file for a path below /v1/; -1 if there is none. */
static int open_file(const char *folder, const char *path)
{
	struct buf name = BUF_INIT(4096);
	const char *text;
	int fd;

	buf_printf(&name, "%s/", folder);
	for (path += strlen("/v1/"); *path != '\0'; path++)
		buf_putc(&name, *path == '/' ? '_' : *path);
	buf_puts(&name, ".json");
	text = buf_cstr(&name);
	fd = text != NULL ? open(text, O_RDONLY | O_CLOEXEC) : -1;
	buf_release(&name);
	return fd;
}

void saved_respond(const char *folder, const struct mock_request *req,
    struct mock_response *res)
{
	int fd = open_file(folder, req->path);

	if (fd < 0) {
		mock_response_error(res, 404, "Service not found", NULL);
		return;
	}
	if (!os_read_all(fd, &res->body))
		res->body.failed = true;
	close(fd);
}
