// SPDX-License-Identifier: Apache-2.0
// daemon - `mxassay serve` on a free port.
import { spawn } from 'node:child_process';

export async function startDaemon(mxassay) {
    const daemon = spawn(mxassay, ['serve', '--listen', '127.0.0.1:0', '--workers', '1'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const port = await new Promise((resolve, reject) => {
        let said = '';
        daemon.stderr.on('data', (text) => {
            said += text;
            const match = /listening on http:\/\/[^/]*:(\d+)\//.exec(said);
            if (match) resolve(match[1]);
        });
        daemon.on('exit', () => reject(new Error(`the daemon has ended: ${said}`)));
    });
    daemon.removeAllListeners('exit');
    return { daemon, port };
}
