/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_classes - how good the parts of a TLS session and of a certificate are, as tables; and how numbers of IANA are called.
 *
 * Names are those of the facts: suites by their IANA names, groups and curves as IANA or NIST call them. A name that
 * no table has is of class UNKNOWN: nobody is accused for what we have not heard of.
 * Memory: constants. Fails: never.
 * Spec: RFC 9325 3.1 and 4, RFC 8996 2, RFC 7568 3, RFC 10024, NCSC-NL TLS guidelines 2025-05.
 */
#ifndef JUDGE_TLS_CLASSES_H
#define JUDGE_TLS_CLASSES_H

#include "facts/hello.h"
#include "facts/tls.h"

enum tls_class {
    TLS_CLASS_UNKNOWN = 0,
    TLS_CLASS_GOOD,
    TLS_CLASS_ACCEPTABLE,
    TLS_CLASS_WEAK,    /* to be phased out */
    TLS_CLASS_BAD,     /* broken, or never meant for secrets */
    TLS_CLASS_NO_AUTH, /* suites without a certificate: cert.present speaks of them */
};

/* Of a name as tls_facts.version has it. The higher the newer; 0: unknown. */
unsigned tls_version_rank(const char *version);
enum tls_class tls_version_class(const char *version);
enum tls_class tls_suite_class(const char *suite);
/* True of key exchange by RSA encryption, which has no group and no forward secrecy. */
bool tls_suite_is_static_rsa(const char *suite);
/* dh_bits: size of a finite-field group; 0: it is none. */
enum tls_class tls_group_class(const char *group, unsigned dh_bits);
bool tls_group_is_hybrid(const char *group);
enum tls_class tls_key_class(const struct cert_facts *cert);
enum tls_class tls_hash_class(const char *hash);
/* Of a signature scheme's name at IANA. */
enum tls_class tls_signature_class(const char *signature);
const char *tls_class_word(enum tls_class class); /* "acceptable" */

/* NULL: none of the tables in facts/. */
const char *tls_suite_name(uint16_t number);
const char *tls_group_name(uint16_t number);
unsigned tls_group_dh_bits(uint16_t number); /* 0: it is no finite-field group */
const char *tls_signature_name(uint16_t number);
const char *tls_survey_version_name(enum survey_version v); /* as in tls_facts.version */

#endif
