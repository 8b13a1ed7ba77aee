/* SPDX-License-Identifier: Apache-2.0 */
/* probe - one server by name or address, on any port. */
#include "cmd/commands.h"
#include "cmd/run.h"

static int probe(struct options *o)
{
    return run_servers(o, NULL);
}

int command_probe(int argc, char **argv)
{
    return with_options(PROBE, argc, argv, probe);
}
