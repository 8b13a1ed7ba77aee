// SPDX-License-Identifier: Apache-2.0
// conformance-shim - two names that the conformance suite imports and older nodes lack; it needs neither to test a server.
import { File } from 'node:buffer';
import { register } from 'node:module';

globalThis.File ??= File;
const fs = `export * from 'node:fs'; export const globSync = () => [];`;
const hooks = `export const resolve = async (name, context, next) =>
    name === 'fs' ? { url: ${JSON.stringify(`data:text/javascript,${encodeURIComponent(fs)}`)}, shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
