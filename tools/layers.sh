#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# layers.sh [ROOT] - which room may see what (ARCHITECTURE.md, "The rooms"). Two tables: rooms and the rooms
# they may include; and what only some rooms may use. Prints `file:line: [rule] what; what to do` for each
# breach and exits 1 when there is one. layers.sh --rules lists the rules' names.
set -euo pipefail

# room: the rooms it may include. Lowest first; a room's unit tests (tests/unit/ROOM) obey its line too.
rooms='
base:   base
facts:  base facts
wire:   base facts wire
judge:  base facts judge
report: base facts judge report
net:    base facts wire net
probe:  base facts wire net probe
worker: base facts wire judge report net probe worker
bulk:   base facts wire judge report net probe worker bulk
serve:  base facts wire judge report net probe worker serve
cmd:    base facts wire judge report net probe worker bulk serve cmd
'

# What only some may use: `rule: rooms and files that may -> what the others do instead`, then the names of
# functions, and of system headers (or how these begin) in angle brackets.
uses='
memory: base report net probe worker bulk serve cmd -> take it from the arena that the caller gives
    malloc calloc realloc free strdup strndup asprintf vasprintf alloca <malloc.h> <alloca.h>
clock: net -> take the time as an argument, or ask net/loop.h
    time clock_gettime gettimeofday clock nanosleep sleep usleep <sys/time.h>
socket: net worker -> go through net/transport.h, net/loop.h or net/resolver.h
    socket connect bind listen accept accept4 send sendto sendmsg recv recvfrom recvmsg
    getaddrinfo gethostbyname poll select epoll_wait
    <sys/socket.h> <netinet/> <netdb.h> <net/if.h> <poll.h> <sys/select.h> <sys/epoll.h> <event>
tls: net -> go through net/tls.h
    <openssl/>
library: net -> go through a header of src/net
    <unbound> <gsasl> <idn2> <libpsl> <ares> <curl/> <dlfcn.h> dlopen dlsym
http: serve -> src/serve talks HTTP
    <microhttpd>
json: serve -> write with report/json_writer.h; src/serve reads
    <jansson>
print: cmd base/panic.c -> return the text or add it to a struct buf; src/cmd prints
    printf fprintf vprintf vfprintf dprintf puts fputs putchar putc fputc perror psignal
    warn warnx err errx syslog <err.h> <syslog.h>
exit: cmd base/panic.c worker -> return a negative result, or must() for a bug of ours
    exit _exit _Exit quick_exit abort atexit
file: base/rng.c net worker cmd -> let src/net or src/cmd read it and pass the bytes
    fopen fdopen freopen open openat creat read write pread pwrite fread fwrite fgets getline
    opendir stat fstat lstat unlink rename mkstemp <fcntl.h> <dirent.h> <sys/stat.h>
environment: cmd -> make it an option (src/cmd/options.def)
    getenv secure_getenv setenv putenv unsetenv
process: worker -> one process, one loop; src/worker has the others
    fork vfork popen system execv execve execvp execl execlp posix_spawn pthread_create thrd_create
    <pthread.h> <threads.h> <spawn.h> <sys/wait.h>
'

here=$(dirname "$0")
if [ "${1-}" = --rules ]; then
    printf '%s\n' layers.room layers.include layers.facts
    sed -n 's/^\([a-z]*\):.*/layers.\1/p' <<<"$uses"
    exit
fi
cd "${1:-$here/..}"
tools=$(cd "$OLDPWD" && cd "$here" && pwd)
dirs=(src)
[ -d tests/unit ] && dirs+=(tests/unit)
mapfile -t files < <(find "${dirs[@]}" -name '*.[ch]' -o -name '*.def' | LC_ALL=C sort)
[ ${#files[@]} -gt 0 ] || { echo "layers.sh: no sources under src" >&2; exit 70; }

awk -v rooms="$rooms" -v uses="$uses" -f "$tools/c-code.awk" -f <(cat <<'AWK'
function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
function breach(rule, what) { printf "%s:%d: [layers.%s] %s\n", FILENAME, FNR, rule, what; breaches++ }

BEGIN {
    count = split(rooms, line, "\n")
    for (i = 1; i <= count; i++) {
        if (split(line[i], part, ":") < 2)
            continue
        room_known[trim(part[1])] = 1
        n = split(trim(part[2]), word, " ")
        for (j = 1; j <= n; j++)
            may_include[trim(part[1]), word[j]] = 1
    }
    count = split(uses, line, "\n")
    for (i = 1; i <= count; i++) {
        n = split(line[i], word, " ")
        if (line[i] ~ /^[a-z]/) {
            name = substr(word[1], 1, length(word[1]) - 1)
            for (j = 2; word[j] != "->"; j++)
                may_use[name, word[j]] = 1
            cure[name] = substr(line[i], index(line[i], "->") + 3)
            continue
        }
        for (j = 1; j <= n; j++)
            if (word[j] ~ /^</)
                rule_of_header[substr(word[j], 2, length(word[j]) - 2)] = name
            else
                rule_of_function[word[j]] = name
    }
}

FNR == 1 {
    code_begin()
    split(FILENAME, part, "/")
    is_test = part[1] == "tests"
    room = is_test ? part[3] : part[2]
    in_src = is_test ? FILENAME : substr(FILENAME, length("src/") + 1)
    if (!(room in room_known))
        breach("room", "room \"" room "\" is not in the table; add its line to tools/layers.sh and to ARCHITECTURE.md")
    if (room == "facts" && FILENAME ~ /\.c$/)
        breach("facts", "facts are structures without logic; put the function into the room that needs it")
}

function allowed(rule) { return is_test || ((rule, room) in may_use) || ((rule, in_src) in may_use) }

function check_include(raw,    target, parts, prefix) {
    if (match(raw, /"[^"]*"/)) {
        target = substr(raw, RSTART + 1, RLENGTH - 2)
        if (split(target, parts, "/") < 2 && !is_test)
            breach("include", "\"" target "\" names no room; write \"room/" target "\"")
        else if (parts[1] in room_known && !((room, parts[1]) in may_include))
            breach("include", room " may not include " parts[1] "; move what you need down, or pass it in as a fact or an argument")
    } else if (match(raw, /<[^>]*>/)) {
        target = substr(raw, RSTART + 1, RLENGTH - 2)
        for (prefix in rule_of_header)
            if (index(target, prefix) == 1 && !allowed(rule_of_header[prefix]))
                breach(rule_of_header[prefix], "<" target "> is not for " room "; " cure[rule_of_header[prefix]])
    }
}

{
    was_in_comment = in_comment
    code = code_of($0)
    if (!was_in_comment && code ~ /^[ \t]*#[ \t]*include/) {
        check_include($0)
        next
    }
    # Names called: a word before "(", not a member and not a function pointer.
    rest = code
    before = " "
    while (match(rest, /[A-Za-z_][A-Za-z_0-9]*[ ]*\(/)) {
        if (RSTART > 1)
            before = substr(rest, RSTART - 1, 1)
        name = substr(rest, RSTART, RLENGTH - 1)
        sub(/ +$/, "", name)
        if (before !~ /[.>0-9]/ && name in rule_of_function && !allowed(rule_of_function[name]))
            breach(rule_of_function[name], name "() is not for " room "; " cure[rule_of_function[name]])
        before = "("
        rest = substr(rest, RSTART + RLENGTH)
    }
}
END { exit breaches > 0 }
AWK
) "${files[@]}"
