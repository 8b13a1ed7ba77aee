/* SPDX-License-Identifier: Apache-2.0 */
/* assets - what the pages load, carried along by the program (tools/asset.py). Memory: constants. Fails: never. */
#ifndef SERVE_ASSETS_H
#define SERVE_ASSETS_H

#include "base/str.h"

struct asset {
    const char *name, *digest;
    struct str plain, packed; /* packed: by gzip */
};
extern const struct asset asset_css;

#endif
