/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp facts - what a server said in one connection: replies, capabilities, and how it ended.
 *
 * Text is kept as sent, any octet; whoever shows it escapes it. Times are milliseconds since the
 * connection was begun.
 * Spec: RFC 5321 4.2 (replies), RFC 3207, RFC 4954.
 */
#ifndef FACTS_SMTP_H
#define FACTS_SMTP_H

#include "base/str.h"

/* What is wrong with the form of a reply (RFC 5321 4.2, 4.5.3.1.5); a set of bits. */
enum reply_flaw {
    REPLY_CODE_CHANGED = 1 << 0,  /* lines of one reply carry different codes */
    REPLY_LINE_TOO_LONG = 1 << 1, /* over 512 octets, CRLF included */
    REPLY_BARE_LF = 1 << 2,       /* a line ends in LF without CR */
    REPLY_NUL = 1 << 3,           /* a NUL octet */
    REPLY_NOT_SMTP = 1 << 4,      /* a line does not begin with three digits and blank, hyphen or end */
    REPLY_OVER_LIMIT = 1 << 5,    /* more lines or octets than we read; the reply is not complete */
};

/* To RCPT: "later" by its class, but what Postfix says for good where relaying is left to defer_unauth_destination, as it is by default. */
enum { SMTP_RELAYING_DENIED = 454 };

struct smtp_reply {
    int16_t code;    /* of the last line; 0: none was heard */
    bool complete;   /* the last line was heard */
    uint8_t flaws;   /* enum reply_flaw */
    uint32_t line_count;
    struct str *lines; /* text after "250-" or "250 "; lines that are no SMTP: whole */
    uint32_t first_ms, last_ms; /* first octet, end of the last line */
};

struct smtp_capability {
    struct str keyword; /* as sent; of the old form "AUTH=LOGIN" it is "AUTH=" */
    struct str parameters;
};

struct smtp_ehlo {
    struct smtp_reply reply;
    bool helo; /* HELO was said too, as EHLO was answered 500 to 504 */
    struct smtp_reply helo_reply;
    struct str hostname; /* first word of the first line */
    struct smtp_capability *capabilities;
    size_t capability_count;
};

/* The dialogue's steps, in the order they are taken. */
enum smtp_step {
    STEP_CONNECT = 0,
    STEP_GREETING,
    STEP_EHLO,
    STEP_HELO,
    STEP_PLAIN_MAIL, /* MAIL before TLS */
    STEP_STARTTLS,
    STEP_HANDSHAKE,
    STEP_SILENCE, /* inside TLS, where we say nothing for a moment */
    STEP_QUIT_IN_TLS, /* the first thing said there: an answer that is none to QUIT was not asked for */
    STEP_QUIT_ANSWERED, /* the answer to that QUIT, behind another */
    STEP_EHLO_TLS,
    STEP_STARTTLS_AGAIN, /* inside TLS, where it must not be done */
    STEP_AUTH,
    STEP_MAIL,
    STEP_RCPT,
    STEP_RCPT_SECOND,
    STEP_RSET,
    STEP_TRY_MAIL, /* another sender */
    STEP_TRY_RCPT, /* another form of recipient */
    STEP_TRY_CONTROL,
    STEP_TRY_RSET,
    STEP_QUIT,
    STEP_COUNT
};

enum session_end {
    END_NONE = 0,    /* not begun, or cut short by us: see `end_reason` */
    END_QUIT,        /* we said QUIT; nobody waits for its answer */
    END_CLOSED,      /* the peer closed in an orderly way (FIN) */
    END_RESET,       /* the peer reset the connection */
    END_TIMEOUT,     /* the peer stayed silent past the step's limit */
    END_LIMIT,       /* octets, lines or total time past our limits */
    END_TLS_FAILED,  /* the handshake failed; see the TLS facts */
    END_OBSERVED,    /* by us, where the handshake had shown what it shows in clear */
    END_NOT_SMTP,    /* bytes that are no SMTP reply */
    END_TROUBLE,     /* our own side failed */
};

enum relay_test { RELAY_NOT_ASKED = 0, RELAY_ASKED };

struct smtp_relay {
    enum relay_test test;
    bool pipelined;            /* MAIL and RCPT went out together */
    const char *mail_from;     /* without brackets; "" is the null sender */
    const char *recipients[2]; /* both ours */
    struct smtp_reply mail, rcpt[2];
};

/* Other recipients than those of the relay test, and other ways to ask for these. */
enum smtp_try_kind {
    TRY_SENDER = 0, /* the same recipient, of another sender */
    TRY_PERCENT,    /* user%domain@host */
    TRY_BANG,       /* domain!user@host */
    TRY_QUOTED,     /* "user@domain"@host */
    TRY_ROUTE,      /* @host:user@domain */
    TRY_POSTMASTER, /* no way to relay: the domain's own postmaster, of the null sender */
};

struct smtp_try {
    enum smtp_try_kind kind;
    const char *mail_from, *rcpt_to; /* without brackets */
    struct smtp_reply mail;          /* of a try that follows another of the same sender: not said again */
    struct smtp_reply rcpt;
};

struct smtp_deep {
    bool injected;                /* NOOP in clear went out together with STARTTLS */
    struct smtp_reply unasked;    /* what came inside TLS before the answer to the first thing that was said there */
    struct smtp_reply starttls_again; /* the answer to STARTTLS inside TLS */
    struct smtp_reply plain_mail; /* the answer to MAIL before TLS */
    struct smtp_try *tries;
    size_t try_count;
    size_t tries_begun;           /* all before this one are over, or had a sender that was refused */
    const char *control;          /* a recipient at the same host that no form of relaying is read from */
    struct smtp_reply control_reply; /* asked once a form was taken */
};

enum auth_result {
    AUTH_NOT_TRIED = 0,
    AUTH_ACCEPTED,
    AUTH_REFUSED,       /* 535 or another 5xx */
    AUTH_DEFERRED,      /* 454 or another 4xx */
    AUTH_NO_MECHANISM,  /* none offered that we speak */
    AUTH_NOT_IN_CLEAR,  /* TLS is not up and clear-text AUTH was not allowed */
    AUTH_BAD_CHALLENGE, /* the server's side of the mechanism is wrong (a server signature, base64) */
};

struct smtp_auth {
    enum auth_result result;
    const char *mechanism; /* the one tried; NULL: none */
    struct smtp_reply reply;
};

enum transcript_from { FROM_CLIENT, FROM_SERVER, FROM_EVENT };

struct transcript_line {
    struct transcript_line *next;
    uint32_t t_ms;
    enum transcript_from from;
    struct str text; /* one line without its end; secrets are already hidden */
};

#endif
