/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_parse - see scn_parse.h.
 *
 * The table of verbs says what the language is; the functions follow in its order. A verb's function
 * gets its line without the verb and adds to the scenario, or says what is wrong.
 */
#include "scn_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scn_parser.h"

static verb_fn parse_from, parse_domain, parse_server, parse_refuse, parse_silent, parse_name, parse_offer, parse_lack, parse_connection, parse_hear, parse_say, parse_send,
    parse_drip, parse_endless, parse_wait, parse_close, parse_reset, parse_usual, parse_options;

enum { SEND_BYTES_MAX = 8 * 1024 * 1024 };
enum verb_place { AT_TOP, IN_SERVER, IN_REACTION };

static const struct verb {
    const char *word;
    verb_fn *parse;
    enum verb_place place;
    const char *usage, *meaning;
} verbs[] = {
    {"from", parse_from, AT_TOP, "from base|plain",
     "The healthy world it starts from: two MX hosts with one IPv4 and one IPv6 address each, confirmed PTR, good certificates, a strict and "
     "polite mail server. `base` is a signed zone, `plain` an unsigned one."},
    {"domain", parse_domain, AT_TOP, "domain NAME", "The domain; without it, the file's name below `test`."},
    {"zone", parse_zone, AT_TOP, "zone [NAME] signed|insecure|expired|dead|absent",
     "How the domain's zone, or another one, is served: signatures past their time make it bogus, a dead one has a name server that does not "
     "answer, an absent one does not exist."},
    {"dns", parse_dns, AT_TOP, "dns NAME TYPE DATA | dns NAME [TYPE] - | dns NAME TYPE fails|silent|bogus",
     "A record. What a file says about a name and type replaces what the world had there; `-` is none at all. A name is relative to the domain "
     "unless it ends in a dot, `@` is the domain; an address with type PTR is its reverse name. For name servers that SERVFAIL, say nothing or "
     "sign wrongly at this name and type only, `fails`, `silent` and `bogus` stand instead of data. TLSA records may hold what "
     "only the world's certificates can say."},
    {"nameserver", parse_nameserver, AT_TOP, "nameserver ns1|ns2 refuses|silent|lame|tcp|absent | nameserver ns1|ns2 NAME TYPE DATA|-",
     "What one of the two name servers of the domain's zone does: it refuses, says nothing, answers without authority, answers over TCP only, or is named by no NS record; or the "
     "records that it alone has at a name and type. A zone that is signed has the same records everywhere."},
    {"resolver", parse_resolver, AT_TOP, "resolver forwards|strips|rewrites|silent",
     "The resolver that the client is told to ask (`--resolver`); without it, the client resolves by itself. None validates: one gives all that name "
     "servers say, one strips signatures, one knows an IPv4 address for every name that does not exist, one says nothing."},
    {"cert", parse_cert, AT_TOP,
     "cert NAME|* [v4|v6] [port N] [also|without-sni] [dates FROM TO] [names NAME...|names -] [more N] [cn NAME|cn -] [key p256|p384|ed25519|rsa BITS] [hash "
     "NAME] "
     "[issuer intermediate|root|hidden|stranger|self] [sends leaf|issuer|root|unrelated ...]",
     "The certificate of a server; a second one, RSA unless it says otherwise, for clients that want its kind of key; or another one for clients that send no "
     "server name. Dates are days from now; `more` adds N names of nobody; without a CN the subject is empty. "
     "A hidden intermediate is in nobody's trust store, a stranger is another CA."},
    {"server", parse_server, AT_TOP, "server NAME|* [v4|v6] [port N] [near SERVER] [refuse|silent]",
     "What follows is about this server, or only about one address or port of it. A server is known by naming it: it gets addresses, PTR and a "
     "certificate, each server in networks of its own or in those of the one it is near. Port 25 is open, another port once it is named; on 465 TLS comes "
     "first, and 443 is a web server's. `mta-sts` is the policy's web server: it has port 443 only, and needs no port behind its name."},
    {"refuse", parse_refuse, IN_SERVER, "refuse", "Connections are refused (RST)."},
    {"silent", parse_silent, IN_SERVER, "silent",
     "Packets are dropped, so that connecting times out. Behind `connection` or `hear`: from then on nothing is said any more."},
    {"name", parse_name, IN_SERVER, "name NAME", "What the server calls itself in greeting and EHLO reply."},
    {"offer", parse_offer, IN_SERVER, "offer KEYWORD [PARAMETERS...] [in clear|in tls]", "A capability in the EHLO reply; it replaces one of that keyword."},
    {"lack", parse_lack, IN_SERVER, "lack KEYWORD... [in clear|in tls]", "Capabilities that are left out."},
    {"tls", parse_tls, IN_SERVER,
     "tls | tls only VERSION | tls from VERSION | tls ciphers LIST | tls groups LIST | tls dh BITS | tls no-ems | tls keeps-clear | tls museum | tls hybrid | "
     "tls small-hellos | tls alert NUMBER",
     "Alone, behind `hear` or `connection`: the TLS handshake begins. `alert` answers the ClientHello with a fatal alert. The others say what the "
     "server's TLS can do: `keeps-clear` hears inside TLS what was said in clear behind STARTTLS, `museum` answers hellos with SSLv3 and RC4, and no "
     "further; so does `hybrid` with X25519MLKEM768 where the library has it not; `small-hellos` drops what offers TLS in over 1.6 kB."},
    {"policy", parse_policy, IN_SERVER, "policy LINE | policy \"OCTETS\" | policy -",
     "A line of the policy file of MTA-STS, instead of the healthy one; `-` is an empty file. A web server that is not the policy's has one only then."},
    {"page", parse_page, IN_SERVER, "page PATH [TYPE]", "Another file of a web server, of this media type or none; `body`, `evidence` and `http` behind it are about that file."},
    {"body", parse_policy, IN_SERVER, "body LINE | body \"OCTETS\"", "A line of that file."},
    {"evidence", parse_evidence, IN_SERVER, "evidence [dates FROM TO] [for servers] [names NAME...]",
     "That file is a certificate in PEM form as BIMI wants it, good for a year and for the domain; or one for servers, as any other."},
    {"http", parse_http, IN_SERVER, "http status N | http type TYPE|- | http location URL | http lf | http padding N",
     "How the policy file, or that of `page`, is answered: status, content type or none, where a redirect leads to, lines that end in LF alone, octets behind the lines."},
    {"connection", parse_connection, IN_SERVER, "connection [N|N+|odd|even]",
     "What follows happens when a client connects (to the n-th of the connections to this address and port), and `hear` lines after it are about "
     "the same connections."},
    {"hear", parse_hear, IN_SERVER, "hear VERB|* [of <SENDER>] [to <RECIPIENT>] [in clear|in tls]",
     "What follows is done when this command comes, instead of what is usual; from a web server's client `GET`. The sender is that of the last MAIL, "
     "the recipient that of this command, each as the client says it."},
    {"say", parse_say, IN_REACTION, "say TEXT", "The rest of the line and CRLF."},
    {"send", parse_send, IN_REACTION, "send \"OCTETS\" [times N] [under tls]", "These octets, so often. Under TLS: not encrypted, though TLS has begun."},
    {"drip", parse_drip, IN_REACTION, "drip N ms [TEXT]",
     "The text and CRLF, one octet at a time. Without text: all that is said on this connection from now on, handshake and ciphertext too."},
    {"endless", parse_endless, IN_REACTION, "endless TEXT", "The line again and again, without end."},
    {"wait", parse_wait, IN_REACTION, "wait N s|ms", "A pause."},
    {"close", parse_close, IN_REACTION, "close", "The connection is closed (FIN)."},
    {"reset", parse_reset, IN_REACTION, "reset", "The connection is reset (RST)."},
    {"usual", parse_usual, IN_REACTION, "usual", "What the healthy server does here."},
    {"options", parse_options, AT_TOP, "options WORD...", "Options of `mxassay check`."},
    {"elsewhere", parse_elsewhere, AT_TOP, "elsewhere SERVER [v4|v6] [port N] connects",
     "A report that was made from another place a few minutes ago (`--elsewhere`): there the server could be connected to."},
    {"earlier", parse_earlier, AT_TOP, "earlier SERVER [v4|v6] [port N] starttls",
     "A report that was made from here an hour ago (`--earlier`): the server offered STARTTLS."},
    {"expect", parse_expect, AT_TOP,
     "expect fail [+P] ID... [OBJECT...] ... | expect unknown ID... [OBJECT...] (REASON) ... | expect senders OUTCOME PROFILE... "
     "[OBJECT...] | expect exit N",
     "Exactly what fails, exactly what is unknown for a reason of its own (nothing, when not stated), and the exit status. `-` is nothing. `+P` is "
     "what the world it starts from fails already. Ids are about every object of their kind, or about those in the brackets behind them: [mx1], "
     "[mx1 v4 mx2], [gone.test.]; checks of the whole domain have one object, whatever brackets say. "
     "Of senders only what stands here is looked at: what becomes of mail from such senders, at these objects or for the domain; `unknown`, `bounce`, "
     "`defer`, `plaintext`, `delayed-plaintext`, `encrypted` or `encrypted_authenticated`."},
};

size_t scn_verb_count(void)
{
    return sizeof verbs / sizeof verbs[0];
}
const char *scn_verb_usage(size_t index)
{
    return verbs[index].usage;
}
const char *scn_verb_meaning(size_t index)
{
    return verbs[index].meaning;
}

int wrong(struct parser *p, const char *format, ...)
{
    va_list args;
    int n = snprintf(p->error, SCN_ERROR_BYTES, "%s:%u: ", p->file, p->line);
    size_t used = n < 0 || n >= SCN_ERROR_BYTES ? 0 : (size_t)n;
    va_start(args, format);
    vsnprintf(p->error + used, SCN_ERROR_BYTES - used, format, args);
    va_end(args);
    return -1;
}

bool word_is(const struct parser *p, size_t i, const char *text)
{
    return i < p->words.count && !p->words.quoted[i] && str_is(p->words.word[i], text);
}

int want_words(struct parser *p, size_t count)
{
    return p->words.count == count ? 0 : wrong(p, "%zu words behind the verb, not %zu", count, p->words.count);
}

void *new_node(struct parser *p, size_t bytes)
{
    void *node = arena_alloc(p->arena, bytes);
    if (!node)
        wrong(p, "the scenario is too large");
    return node;
}

int parse_number(struct parser *p, struct str word, uint64_t max, uint64_t *value)
{
    return str_number(word, max, value) ? 0 : wrong(p, "\"%.*s\" is no number up to %llu", (int)word.n, word.p, (unsigned long long)max);
}

/* "N ms" or "N s" at word `i`. */
static int parse_span(struct parser *p, size_t i, int64_t *ms)
{
    uint64_t value;
    if (p->words.count < i + 2)
        return wrong(p, "a time is a number and ms or s");
    if (parse_number(p, WORD(p, i), 24 * 3600 * 1000, &value) < 0)
        return -1;
    if (!word_is(p, i + 1, "ms") && !word_is(p, i + 1, "s"))
        return wrong(p, "a time ends in ms or s, not \"%s\"", TEXT(p, i + 1));
    *ms = (int64_t)value * (word_is(p, i + 1, "s") ? 1000 : 1);
    return 0;
}

int add_option(struct parser *p, const char *word)
{
    if (p->out->option_count == SCN_OPTIONS_MAX)
        return wrong(p, "more than %d words of options", SCN_OPTIONS_MAX);
    p->out->options[p->out->option_count++] = word;
    return 0;
}

static int parse_from(struct parser *p)
{
    if (want_words(p, 1) < 0)
        return -1;
    if (word_is(p, 0, "base"))
        p->out->from = SCN_FROM_BASE;
    else if (word_is(p, 0, "plain"))
        p->out->from = SCN_FROM_PLAIN;
    else
        return wrong(p, "there is no world \"%s\"; there are base and plain", TEXT(p, 0));
    return 0;
}

static int parse_domain(struct parser *p)
{
    if (want_words(p, 1) < 0)
        return -1;
    p->out->domain = TEXT(p, 0);
    return 0;
}

/* WHERE: a server's name or "*", perhaps v4 or v6, perhaps a port; *at ends behind it. */
int parse_where(struct parser *p, size_t *at, struct scn_where *where)
{
    uint64_t port;
    *where = (struct scn_where){.port = 25};
    if (*at >= p->words.count)
        return wrong(p, "which server? a name or *");
    where->server = TEXT(p, (*at)++);
    if (strcmp(where->server, SCN_POLICY_SERVER) == 0)
        where->port = SCN_HTTPS_PORT;
    if (word_is(p, *at, "v4") || word_is(p, *at, "v6")) {
        where->family = word_is(p, *at, "v4") ? IP_V4 : IP_V6;
        (*at)++;
    }
    if (word_is(p, *at, "port")) {
        if (*at + 1 >= p->words.count)
            return wrong(p, "which port?");
        if (parse_number(p, WORD(p, *at + 1), 65535, &port) < 0)
            return -1;
        where->port = (unsigned)port;
        *at += 2;
    }
    return 0;
}

int find_word(const struct parser *p, size_t i, const char *const *names, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (names[k] && word_is(p, i, names[k]))
            return (int)k;
    return -1;
}

static int parse_server(struct parser *p)
{
    struct scn_block *b = new_node(p, sizeof *b);
    size_t at = 0;
    if (!b || parse_where(p, &at, &b->where) < 0)
        return -1;
    b->line = p->line;
    if (word_is(p, at, "near")) {
        if (at + 1 >= p->words.count)
            return wrong(p, "near which server?");
        b->near_server = TEXT(p, at + 1);
        at += 2;
    }
    if (word_is(p, at, "refuse") || word_is(p, at, "silent")) {
        b->presence = word_is(p, at, "refuse") ? SCN_REFUSES : SCN_DROPS;
        at++;
    }
    if (at < p->words.count)
        return wrong(p, "\"%s\" says nothing about a server", TEXT(p, at));
    APPEND(p->out->blocks, b);
    p->block = b;
    p->page = &b->page;
    p->reaction = NULL;
    p->connections = (struct scn_connections){.first = 1, .step = 1};
    return 0;
}

int add_action(struct parser *p, enum scn_action_kind kind, struct str text, int64_t ms)
{
    if (!p->reaction)
        return wrong(p, "this stands behind connection or hear");
    struct scn_action *action = new_node(p, sizeof *action);
    if (!action)
        return -1;
    *action = (struct scn_action){.kind = kind, .text = arena_copy(p->arena, text), .ms = ms, .line = p->line};
    APPEND(p->reaction->actions, action);
    p->last_action = action;
    return 0;
}

static int parse_refuse(struct parser *p)
{
    if (want_words(p, 0) < 0)
        return -1;
    if (p->reaction)
        return wrong(p, "a connection that is open cannot be refused; reset it");
    p->block->presence = SCN_REFUSES;
    return 0;
}

static int parse_silent(struct parser *p)
{
    if (want_words(p, 0) < 0)
        return -1;
    if (p->reaction)
        return add_action(p, SCN_SILENT, (struct str){NULL, 0}, 0);
    p->block->presence = SCN_DROPS;
    return 0;
}

static int parse_name(struct parser *p)
{
    if (want_words(p, 1) < 0)
        return -1;
    p->block->name = TEXT(p, 0);
    return 0;
}

/* "in clear" or "in tls" at the end of the line; it is taken off the words. */
static enum scn_side take_side(struct parser *p)
{
    size_t n = p->words.count;
    bool clear = n >= 2 && word_is(p, n - 2, "in") && word_is(p, n - 1, "clear");
    bool tls = n >= 2 && word_is(p, n - 2, "in") && word_is(p, n - 1, "tls");
    if (clear || tls)
        p->words.count -= 2;
    return clear ? SCN_SIDE_CLEAR : tls ? SCN_SIDE_TLS : SCN_SIDE_ANY;
}

static int add_capability(struct parser *p, size_t word, const char *parameters, bool lacking, enum scn_side side)
{
    struct scn_capability *c = new_node(p, sizeof *c);
    if (!c)
        return -1;
    *c = (struct scn_capability){.keyword = TEXT(p, word), .parameters = parameters, .lacking = lacking, .side = side};
    APPEND(p->block->capabilities, c);
    return 0;
}

static int parse_offer(struct parser *p)
{
    enum scn_side side = take_side(p);
    char *parameters = NULL;
    if (p->words.count == 0)
        return wrong(p, "offer what?");
    for (size_t i = 1; i < p->words.count; i++)
        parameters = parameters ? arena_printf(p->arena, "%s %s", parameters, TEXT(p, i)) : arena_strdup(p->arena, TEXT(p, i));
    return add_capability(p, 0, parameters, false, side);
}

static int parse_lack(struct parser *p)
{
    enum scn_side side = take_side(p);
    if (p->words.count == 0)
        return wrong(p, "lack what?");
    for (size_t i = 0; i < p->words.count; i++)
        if (add_capability(p, i, NULL, true, side) < 0)
            return -1;
    return 0;
}

static int begin_reaction(struct parser *p, const char *word, enum scn_side side)
{
    struct scn_reaction *r = new_node(p, sizeof *r);
    if (!r)
        return -1;
    *r = (struct scn_reaction){.word = word, .side = side, .connections = p->connections, .line = p->line};
    APPEND(p->block->reactions, r);
    p->reaction = r;
    return 0;
}

static int parse_connection(struct parser *p)
{
    p->connections = (struct scn_connections){.first = 1, .step = 1};
    if (p->words.count > 1)
        return wrong(p, "connection [N|N+|odd|even]");
    if (word_is(p, 0, "odd") || word_is(p, 0, "even")) {
        p->connections = (struct scn_connections){.first = word_is(p, 0, "odd") ? 1 : 2, .step = 2};
    } else if (p->words.count == 1) {
        uint64_t number;
        struct str word = WORD(p, 0);
        bool later = word.n && word.p[word.n - 1] == '+';
        word.n -= later;
        if (parse_number(p, word, 1000, &number) < 0)
            return -1;
        p->connections = (struct scn_connections){.first = (unsigned)number, .last = later ? 0 : (unsigned)number, .step = 1};
    }
    return begin_reaction(p, NULL, SCN_SIDE_ANY);
}

/* The path behind this preposition, which is then no longer among the words; NULL: none. */
static const char *take_path(struct parser *p, const char *preposition)
{
    size_t n = p->words.count;
    if (n < 3 || !word_is(p, n - 2, preposition))
        return NULL;
    p->words.count -= 2;
    return TEXT(p, n - 1);
}

static int parse_hear(struct parser *p)
{
    enum scn_side side = take_side(p);
    const char *recipient = take_path(p, "to"), *sender = take_path(p, "of");
    if (want_words(p, 1) < 0)
        return -1;
    for (const char *c = TEXT(p, 0); *c; c++)
        if (ascii_is_alpha(*c) && *c == ascii_lower(*c))
            return wrong(p, "\"%s\": commands are written in capitals", TEXT(p, 0));
    if (begin_reaction(p, TEXT(p, 0), side) < 0)
        return -1;
    p->reaction->sender = sender;
    p->reaction->recipient = recipient;
    return 0;
}

static int parse_say(struct parser *p)
{
    return add_action(p, SCN_SAY, p->rest, 0);
}

static int parse_send(struct parser *p)
{
    uint64_t times = 1;
    size_t n = p->words.count;
    bool raw = n >= 3 && word_is(p, n - 2, "under") && word_is(p, n - 1, "tls");
    n -= raw ? 2 : 0;
    bool repeated = n == 3 && word_is(p, 1, "times");
    if ((n != 1 && !repeated) || !p->words.quoted[0])
        return wrong(p, "send \"OCTETS\" [times N] [under tls]");
    if (repeated && parse_number(p, WORD(p, 2), SEND_BYTES_MAX, &times) < 0)
        return -1;
    if (WORD(p, 0).n * times > SEND_BYTES_MAX)
        return wrong(p, "more than %d octets; endless says more", SEND_BYTES_MAX);
    if (add_action(p, raw ? SCN_SEND_RAW : SCN_SEND, WORD(p, 0), 0) < 0)
        return -1;
    p->last_action->times = times;
    return 0;
}

static int parse_drip(struct parser *p)
{
    int64_t ms;
    struct str rest = p->rest;
    if (parse_span(p, 0, &ms) < 0)
        return -1;
    str_word(&rest);
    str_word(&rest);
    rest = str_trim(rest);
    return add_action(p, rest.n ? SCN_DRIP : SCN_DRIP_ON, rest, ms);
}

static int parse_endless(struct parser *p)
{
    return add_action(p, SCN_ENDLESS, p->rest, 0);
}

static int parse_wait(struct parser *p)
{
    int64_t ms;
    if (want_words(p, 2) < 0 || parse_span(p, 0, &ms) < 0)
        return -1;
    return add_action(p, SCN_WAIT, (struct str){NULL, 0}, ms);
}

static int parse_close(struct parser *p)
{
    return want_words(p, 0) < 0 ? -1 : add_action(p, SCN_CLOSE, (struct str){NULL, 0}, 0);
}

static int parse_reset(struct parser *p)
{
    return want_words(p, 0) < 0 ? -1 : add_action(p, SCN_RESET, (struct str){NULL, 0}, 0);
}

static int parse_usual(struct parser *p)
{
    return want_words(p, 0) < 0 ? -1 : add_action(p, SCN_USUAL, (struct str){NULL, 0}, 0);
}

static int parse_options(struct parser *p)
{
    for (size_t i = 0; i < p->words.count; i++)
        if (add_option(p, TEXT(p, i)) < 0)
            return -1;
    return 0;
}

static int parse_line(struct parser *p, struct str line)
{
    const char *error = NULL;
    struct str word = str_word(&line);
    while (line.n && (line.p[0] == ' ' || line.p[0] == '\t'))
        line = (struct str){line.p + 1, line.n - 1};
    p->rest = line;
    for (size_t i = 0; i < scn_verb_count(); i++) {
        const struct verb *v = &verbs[i];
        bool as_it_stands = v->parse == parse_say || v->parse == parse_endless || v->parse == parse_drip || v->parse == parse_expect || v->parse == parse_dns ||
                            v->parse == parse_policy;
        if (!str_is(word, v->word))
            continue;
        if (v->place == AT_TOP) {
            p->block = NULL;
            p->reaction = NULL;
        } else if (!p->block) {
            return wrong(p, "%s stands behind server", v->word);
        }
        if (scn_words_split(p->arena, line, &p->words, &error) < 0 && !as_it_stands)
            return wrong(p, "%s", error);
        return v->parse(p);
    }
    return wrong(p, "unknown verb \"%.*s\"", (int)word.n, word.p);
}

static const char *domain_of_file(struct arena *a, const char *file)
{
    const char *slash = strrchr(file, '/');
    struct str name = str_of(slash ? slash + 1 : file);
    if (name.n > 4 && memcmp(name.p + name.n - 4, ".scn", 4) == 0)
        name.n -= 4;
    return arena_printf(a, "%.*s.test", (int)name.n, name.p);
}

int scn_parse(struct arena *a, const char *file, struct str text, struct scenario *out, char error[static SCN_ERROR_BYTES])
{
    struct parser p = {.arena = a, .out = out, .file = arena_strdup(a, file), .error = error};
    struct str rest = text;
    error[0] = '\0';
    *out = (struct scenario){.file = p.file, .text = arena_copy(a, text), .domain = domain_of_file(a, file), .exit_status = -1};
    while (rest.n) {
        struct str line = str_cut(&rest, '\n');
        p.line++;
        struct str shown = str_trim(line);
        if (shown.n && shown.p[0] == '#') {
            if (!out->about)
                out->about = arena_cstr(a, str_trim((struct str){shown.p + 1, shown.n - 1}));
        } else if (shown.n && parse_line(&p, line) < 0)
            return -1;
    }
    if (a->exhausted)
        return wrong(&p, "the scenario is too large");
    if (!out->about)
        return wrong(&p, "the first line is a comment that says what this is");
    if (!out->from)
        return wrong(&p, "from base, or from plain?");
    if (!out->fail.stated || out->exit_status < 0)
        return wrong(&p, "expect fail and expect exit say what must be found");
    return 0;
}
