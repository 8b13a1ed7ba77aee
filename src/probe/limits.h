/* SPDX-License-Identifier: Apache-2.0 */
/* limits - how much the prober does for one target. A limit that is hit is a fact in the report. */
#ifndef PROBE_LIMITS_H
#define PROBE_LIMITS_H

enum {
    LIMIT_HOSTS_DEFAULT = 10,        /* MX hosts that are connected to; --max-hosts */
    LIMIT_HOSTS_LOOKED_UP = 100,     /* MX hosts whose addresses are looked up */
    LIMIT_ADDRESSES_PER_FAMILY = 4,  /* of one host */
    LIMIT_ADDRESSES_PROBED = 32,     /* of one target */
    LIMIT_CONNECTIONS_AT_ONCE = 16,  /* of one target; at most one to an address */
    LIMIT_PORTS = 16,
    LIMIT_DNSBL_NAMES = 10,          /* mail hosts that lists of names are asked about */
    LIMIT_SPF_ADDRESSES = 8,         /* of mail hosts, that SPF is evaluated for */
    LIMIT_CAA_LABELS = 10,           /* of the name of a mail host that CAA records are asked for */
    LIMIT_FETCH_ADDRESSES = 4,       /* of a policy host */
    LIMIT_ARENA_BYTES = 64 * 1024 * 1024,   /* facts of one target */
    LIMIT_VERDICTS_BYTES = 16 * 1024 * 1024, /* and what is said of them */

    LIMIT_RUN_MS = 120 * 1000,       /* --timeout */
    LIMIT_CONNECT_MS = 10 * 1000,    /* --connect-timeout */
    LIMIT_GREETING_MS = 60 * 1000,   /* --greeting-timeout */
    LIMIT_CONNECTION_MS = 90 * 1000, /* one connection from SYN to QUIT */
    LIMIT_LINGER_MS = 5 * 1000,      /* for the answer to QUIT */
    LIMIT_RETRY_AFTER_MS = 1000,     /* a second connection to an endpoint waits this long */
    LIMIT_DEEP_APART_MS = 2000,      /* between two connections of --deep to one address */
    LIMIT_DEEP_WINDOW_MS = 60 * 1000, /* in which at most LIMIT_DEEP_IN_WINDOW of them begin */
    LIMIT_DEEP_IN_WINDOW = 2,
    LIMIT_DEEP_OWN_APART_MS = 100,   /* where the server is the caller's own */
    LIMIT_DEEP_STOPS = 2, /* servers of one network or operator that put us off: then none of theirs is asked further */
    LIMIT_SHARED_BYTES = 128 * 1024 * 1024, /* of servers that nobody uses at the moment */
    LIMIT_SHARED_SERVER_BYTES = 8 * 1024 * 1024, /* of one */
    LIMIT_SHARED_MS = 60 * 60 * 1000, /* for as long as this a server is taken to be as it was */
    LIMIT_SHARED_FAILED_MS = 10 * 60 * 1000, /* one that did not answer, or not to the end */
    LIMIT_SHARED_FOR_NOW_MS = 4 * 60 * 1000, /* one that put us off: RFC 5321 4.2.1 */
    LIMIT_ANSWERS_BYTES = 32 * 1024 * 1024, /* of answers of the DNS that many domains need */
    LIMIT_PACED_AT_ONCE = 4,         /* connections of one target, where many are tested; */
    LIMIT_PACED_NETWORK = 4,         /* to one /24 or /48; */
    LIMIT_PACED_OPERATOR = 2,        /* to the servers of one operator */
    LIMIT_PACED_APART_MS = 1500,     /* between two to one address */
    LIMIT_PACED_APART_MS_MAX = 60 * 1000, /* where we are put off */
    LIMIT_QUEUED_MS = 60 * 60 * 1000, /* a job whose turn to connect does not come */
    LIMIT_EGRESS_OPEN_MS = 10 * 60 * 1000, /* for as long as this a way out is taken to be open, */
    LIMIT_EGRESS_BLOCKED_MS = 60 * 1000, /* or not to be */
    LIMIT_DNS_MS = 10 * 1000,        /* one question */
    LIMIT_SELF_TEST_MS = 60 * 1000,  /* for as long as this a resolver that passed it is not tested again */
    LIMIT_HELD_MS = 1000,            /* a question that waits for the answer to the domain's first */
    LIMIT_FETCH_MS = 30 * 1000,      /* one policy */
    LIMIT_IDLE_TLSA_MS = 2 * 1000,   /* one question for TLSA records that senders do not ask */
    LIMIT_AUTHORITY_AGAIN_MS = 3000, /* name servers that differ are asked once more */
    LIMIT_AUTHORITY_SET_BYTES = 128 * 1024, /* one answer of one of them */
    LIMIT_IDENTITY_MS = 1500,        /* to learn the name of our own address */
};

#endif
