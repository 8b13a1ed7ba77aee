/* SPDX-License-Identifier: Apache-2.0 */
/*
 * svg - whether a file is a logo in SVG Tiny PS, as far as its tags show: well nested, the right root, a title, and nothing
 * that runs, moves or is fetched from elsewhere. Shapes and colours are not looked at.
 *
 * Memory: texts point into the file. Limits: SVG_DEPTH_MAX elements within one another. Fails: never; the first flaw is kept.
 * Spec: draft-svg-tiny-ps-abrotman 2, W3C XML 1.0 2, 3.
 */
#ifndef WIRE_SVG_H
#define WIRE_SVG_H

#include "facts/bimi.h"

enum { SVG_DEPTH_MAX = 64 };

struct svg_facts svg_examine(struct str file);

#endif
