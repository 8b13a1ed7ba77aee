/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deep facts - what the extra connections of --deep to one endpoint showed, in the order in which they are made.
 *
 * A connection that was not made has `connect` CONNECT_NOT_TRIED; why is in `left_out`.
 * Spec: RFC 9325 (what is looked for), RFC 8446 4.1 (hellos), RFC 3207.
 */
#ifndef FACTS_DEEP_H
#define FACTS_DEEP_H

#include "facts/hello.h"
#include "facts/smtp.h"
#include "facts/tls.h"

struct session_facts;

enum deep_connection {
    DEEP_NO_SNI = 0,         /* a handshake without server name */
    DEEP_OTHER_KEY,          /* only the certificate algorithm that was not seen yet */
    DEEP_TLS12,              /* nothing newer than TLS 1.2 */
    DEEP_SURVEY,             /* hand-made hellos, many connections: see `survey`; none of their sessions is kept */
    DEEP_INJECTION,          /* a command in clear behind STARTTLS */
    DEEP_PLAIN_MAIL,         /* MAIL without TLS, and the other forms of relay test */
    DEEP_UNLISTED_STARTTLS,  /* STARTTLS though EHLO did not list it */
    DEEP_CONNECTION_COUNT
};

enum deep_left_out {
    DEEP_MADE = 0,     /* as far as its facts go */
    DEEP_NOT_NEEDED,   /* what was seen before made it needless, or it does not apply here */
    DEEP_STOPPED,      /* the server asked us to slow down: see `stopped_by` */
    DEEP_NO_TIME,      /* the run's time was used up */
    DEEP_TROUBLE,      /* our own side */
};

struct deep_facts {
    struct session_facts *sessions[DEEP_CONNECTION_COUNT]; /* NULL: not made */
    enum deep_left_out left_out[DEEP_CONNECTION_COUNT];
    struct tls_survey_facts survey;
    size_t connections;      /* made for --deep to this endpoint, raw hellos included */
    const char *stopped_by;  /* the event that ended deep work here, in our words; NULL: none */
};

#endif
