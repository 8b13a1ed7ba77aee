// SPDX-License-Identifier: Apache-2.0
// sdk - the official TypeScript clients, of both eras, over HTTP and over standard input and output.
//
// Usage, inside mxassay-lab: node sdk.mjs PATH-OF-MXASSAY
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const binary = process.argv[2];
const MODERN = '2026-07-28';
const self = { name: 'sdk-test', version: '1.0.0' };
const local = { command: binary, args: ['mcp', '--workers', '1'], env: { ...process.env }, stderr: 'inherit' };

function startDaemon() {
    const daemon = spawn(binary, ['serve', '--listen', '127.0.0.1:0', '--workers', '1'], { stdio: ['ignore', 'ignore', 'pipe'] });
    return new Promise((resolve, reject) => {
        let said = '';
        daemon.stderr.on('data', (text) => {
            said += text;
            const port = /listening on http:\/\/[^/]*:(\d+)\//.exec(said);
            if (port) resolve({ daemon, url: new URL(`http://127.0.0.1:${port[1]}/mcp`) });
        });
        daemon.on('exit', () => reject(new Error(`the daemon has ended: ${said}`)));
    });
}

// Output schemas are learnt from listTools; then callTool holds results against them.
async function converse(client, call) {
    const { tools } = await client.listTools();
    assert.equal(tools.length, 8);
    assert.equal(client.getServerVersion().name, 'mxassay');
    assert.match(client.getInstructions(), /check_mail_domain/);
    const good = await call('check_mail_domain', { domain: 'base.test' });
    assert.equal(good.structuredContent.summary.status, 'ok');
    const bad = await call('check_mail_domain', { domain: 'expired.test', detail: 'full' });
    assert.equal(bad.structuredContent.findings[0].id, 'cert.dates');
    const steps = [];
    await call('check_mail_domain', { domain: 'unhurried.test', max_age_s: 0 }, { onprogress: (step) => steps.push(step.progress) });
    assert.ok(steps.length > 0, 'no progress was told');
    const changes = await call('compare_reports', { old: bad.structuredContent.report_id, new: good.structuredContent.report_id });
    assert.ok(changes.structuredContent.summary.gone > 0);
    const wrong = await call('check_mail_domain', { domain: '..' });
    assert.equal(wrong.isError, true);
    await assert.rejects(call('no_such_tool', {}));
    await call('explain_finding', { id: 'cert.dates' });
    await call('list_monitors', {});
    const { structuredContent: bulk } = await call('start_bulk_check', { domains: ['base.test'] });
    await call('get_bulk_results', { id: bulk.bulk_id });
    const { contents } = await client.readResource({ uri: `mxassay://report/${bad.structuredContent.report_id}` });
    assert.equal(JSON.parse(contents[0].text).target.name, 'expired.test');
    assert.equal((await client.listResources()).resources.length, 1);
    assert.equal((await client.listResourceTemplates()).resourceTemplates.length, 2);
    assert.equal((await client.listPrompts()).prompts.length, 1);
    const { messages } = await client.getPrompt({ name: 'mail_health', arguments: { domain: 'base.test' } });
    assert.match(messages[0].content.text, /base\.test/);
    const hangUp = new AbortController();
    const mute = call('check_mail_domain', { domain: 'mute.test' }, { signal: hangUp.signal });
    setTimeout(() => hangUp.abort(), 200);
    await assert.rejects(mute);
    await call('list_monitors', {});
}

async function tryOld(name, transport) {
    const client = new OldClient(self);
    await client.connect(transport);
    await converse(client, (tool, args, options) => client.callTool({ name: tool, arguments: args }, undefined, options));
    await client.close();
    console.log(`${name}: ok`);
}

async function tryNew(name, transport, mode, revision) {
    const client = new Client(self, { versionNegotiation: { mode } });
    await client.connect(transport);
    assert.equal(client.getNegotiatedProtocolVersion(), revision);
    await converse(client, (tool, args, options) => client.callTool({ name: tool, arguments: args }, options));
    await client.close();
    console.log(`${name}: ok`);
}

const { daemon, url } = await startDaemon();
await tryOld('client 1, HTTP', new OldHttp(url));
await tryOld('client 1, standard input and output', new OldStdio(local));
for (const [words, mode, revision] of [['as the server likes', 'auto', MODERN], ['pinned to 2026-07-28', { pin: MODERN }, MODERN], ['with a handshake', 'legacy', '2025-11-25']]) {
    await tryNew(`client 2, HTTP, ${words}`, new StreamableHTTPClientTransport(url), mode, revision);
    await tryNew(`client 2, standard input and output, ${words}`, new StdioClientTransport(local), mode, revision);
}
daemon.removeAllListeners('exit');
daemon.kill('SIGTERM');
