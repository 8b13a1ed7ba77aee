/* SPDX-License-Identifier: Apache-2.0 */ /* want: layers.facts */
/* logic - facts have none. */
