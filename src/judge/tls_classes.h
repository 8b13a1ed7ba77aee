/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_classes - how good the parts of a TLS session and of a certificate are by a policy; and how numbers of IANA are called.
 *
 * Names are those of the facts: suites by their IANA names, groups and curves as IANA or NIST call them. A name that
 * no row fits is of class UNKNOWN: nobody is accused for what we have not heard of.
 * Memory: constants. Fails: never.
 * Spec: that of the policies, see tls_policy.h.
 */
#ifndef JUDGE_TLS_CLASSES_H
#define JUDGE_TLS_CLASSES_H

#include "facts/hello.h"
#include "facts/tls.h"
#include "judge/tls_policy.h"

/* Of a name as tls_facts.version has it. The higher the newer; 0: unknown. */
unsigned tls_version_rank(const char *version);
enum tls_class tls_version_class(const struct tls_policy *p, const char *version);
enum tls_class tls_suite_class(const struct tls_policy *p, const char *suite);
/* True of key exchange by RSA encryption, which has no group and no forward secrecy. */
bool tls_suite_is_static_rsa(const char *suite);
/* dh_bits: size of a finite-field group, whose name may be NULL; 0: it is none. */
enum tls_class tls_group_class(const struct tls_policy *p, const char *group, unsigned dh_bits);
bool tls_group_is_hybrid(const char *group);
enum tls_class tls_key_class(const struct tls_policy *p, const struct cert_facts *cert);
enum tls_class tls_hash_class(const struct tls_policy *p, const char *hash);
/* Of a signature scheme's name at IANA. */
enum tls_class tls_signature_class(const struct tls_policy *p, const char *signature);
const char *tls_class_word(enum tls_class class); /* "acceptable" */

/* NULL: none of the tables in facts/. */
const char *tls_suite_name(uint16_t number);
const char *tls_group_name(uint16_t number);
unsigned tls_group_dh_bits(uint16_t number); /* 0: it is no finite-field group */
const char *tls_signature_name(uint16_t number);
const char *tls_survey_version_name(enum survey_version v); /* as in tls_facts.version */

#endif
