#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# coverage.sh BUILD - lines of src that the tests of this build reached, file by file. Fails below the floor. Left out is src/cmd,
# which tests run as a program. What speaks to real name servers counts as not reached: its tests need root.
set -euo pipefail
cd "$(dirname "$0")/.."

FLOOR=85
gcovr --root . --object-directory "$1" --filter src/ --exclude src/cmd/ --exclude-throw-branches \
    --print-summary --fail-under-line "$FLOOR" 2>&1 | sed -n '/^File/,$p'
