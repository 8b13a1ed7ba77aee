/* SPDX-License-Identifier: Apache-2.0 */ /* want: style.guard */
/* open - a header that others include, whose opening comment says too little. Memory: the caller's. */
#ifndef OPEN_H
#define OPEN_H

int base_open(void); /* want: style.contract */

#endif
