// SPDX-License-Identifier: Apache-2.0
// conformance - what a revision of the protocol requires, tested by its own suite; conformance.yml says what is expected to fail.
//
// Usage: node conformance.mjs PATH-OF-MXASSAY
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

import { startDaemon } from './daemon.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { daemon, port } = await startDaemon(process.argv[2]);
const results = mkdtempSync(`${tmpdir()}/mxassay-conformance-`);
for (const revision of ['2026-07-28', '2025-11-25']) {
    const suite = ['--import', here('conformance-shim.mjs'), here('node_modules/@modelcontextprotocol/conformance/dist/index.js')];
    const options = ['server', '--url', `http://127.0.0.1:${port}/mcp`, '--requirements', revision, '--expected-failures', here(`conformance-${revision}.yml`)];
    const run = spawnSync(process.execPath, [...suite, ...options], { encoding: 'utf8', cwd: results });
    console.log(`${revision}: ${run.status}\n${run.stdout.slice(run.stdout.indexOf('=== SUMMARY'))}${run.stderr.slice(-3000)}`);
    if (run.status !== 0) process.exitCode = 1;
}
rmSync(results, { recursive: true });
daemon.kill('SIGTERM');
