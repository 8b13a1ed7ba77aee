/* SPDX-License-Identifier: Apache-2.0 */
/* version - see version.h. */
#include "net/version.h"

#include <event2/event.h>
#include <gsasl.h>
#include <idn2.h>
#include <libpsl.h>
#include <stdio.h>
#include <unbound.h>

#include "net/tls.h"

void net_library_versions(char *text, size_t text_bytes)
{
    snprintf(text, text_bytes, "%s, libunbound %s, libevent %s, GNU SASL %s, libidn2 %s, libpsl %s", tls_library_version(), ub_version(), event_get_version(),
             gsasl_check_version(NULL), idn2_check_version(NULL), psl_get_version());
}
