#!/bin/bash
# no licence # want: style.spdx
set -e # want: style.what-it-is
