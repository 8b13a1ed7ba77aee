/* no licence here */ /* want: style.spdx */
#include "base/open.h" /* want: style.what-it-is */

/* RFC 3207 4.2 is the form, and rfc3207.txt in an address is none of our business. */
/* RFC3207 is not. */                 /* want: style.rfc-form */
/* Nor is RFC 3207, section 4.2. */   /* want: style.rfc-form */
/* Nor is section 4.2 of RFC 3207. */ /* want: style.rfc-form */
/* TODO */                            /* want: style.left-over */
/* XXXXXX is no note, FIXME is. */    /* want: style.left-over */
/* Look in /home/someone. */          /* want: style.place */
/* A tab	there. */             /* want: style.tab */
/* Blanks at the end. */              /* want: style.blanks */ 
/* An endless line ............................................................................................................................................... */ /* want: style.line-length */
/* No newline at the end. */ /* want: style.last-newline */