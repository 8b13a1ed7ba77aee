/* SPDX-License-Identifier: Apache-2.0 */
/* notify - see notify.h. */
#include "net/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_manager(const char *socket_name, const char *state)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = socket_name ? strlen(socket_name) : 0;
    if (n < 2 || n >= sizeof to.sun_path || (socket_name[0] != '/' && socket_name[0] != '@'))
        return;
    memcpy(to.sun_path, socket_name, n);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
    close(fd);
}
