/* SPDX-License-Identifier: Apache-2.0 */
/* assets - what the pages load, carried along by the program (tools/asset.py). Memory: constants. Fails: never. */
#ifndef SERVE_ASSETS_H
#define SERVE_ASSETS_H

#include "base/str.h"

struct asset {
    const char *path, *type, *digest; /* path: changes with what it names */
    struct str plain, packed;         /* packed: by gzip */
};
/* asset_script: all zero in a build without the script. */
extern const struct asset asset_style, asset_script, asset_icon;

#endif
