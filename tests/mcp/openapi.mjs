// SPDX-License-Identifier: Apache-2.0
// openapi - the description of the HTTP interface as a linter by others sees it; any warning is a failure.
//
// Usage: node openapi.mjs PATH-OF-MXASSAY
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

import { startDaemon } from './daemon.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { daemon, port } = await startDaemon(process.argv[2]);
const folder = mkdtempSync(`${tmpdir()}/mxassay-openapi-`);
const answer = await fetch(`http://127.0.0.1:${port}/openapi.json`);
writeFileSync(`${folder}/openapi.json`, await answer.text());
const spectral = here('node_modules/@stoplight/spectral-cli/dist/index.js');
const run = spawnSync(process.execPath, [spectral, 'lint', '--fail-severity', 'hint', '--ruleset', here('openapi.yml'), `${folder}/openapi.json`], { encoding: 'utf8' });
console.log(`${run.stdout}${run.stderr.slice(-3000)}`);
if (run.status !== 0) process.exitCode = 1;
rmSync(folder, { recursive: true });
daemon.kill();
