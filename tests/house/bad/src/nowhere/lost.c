/* SPDX-License-Identifier: Apache-2.0 */ /* want: layers.room */
/* lost - a room that nobody wrote down. */
