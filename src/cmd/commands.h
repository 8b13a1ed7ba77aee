/* SPDX-License-Identifier: Apache-2.0 */
/* commands - one function per subcommand. argv[0] is the subcommand's name; the result is the exit status. */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

int command_check(int argc, char **argv);
int command_bulk(int argc, char **argv);
int command_check_mx(int argc, char **argv); /* argv[0] is any name */
int command_probe(int argc, char **argv);
int command_spf(int argc, char **argv);
int command_mcp(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_tlsa(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_version(int argc, char **argv);

#endif
