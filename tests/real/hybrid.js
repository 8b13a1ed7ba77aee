// SPDX-License-Identifier: Apache-2.0
// hybrid - a mail server, and a client, of a Node whose OpenSSL has the hybrid groups of RFC 10024.
//
//     node hybrid.js serve ADDRESS...        on port 25 of each; $PEM holds a key and its certificate
//     node hybrid.js ask ADDRESS GROUP...    prints those groups with which a handshake of TLS 1.3 is finished
'use strict';
const net = require('node:net');
const tls = require('node:tls');

function serve(addresses) {
    const context = tls.createSecureContext({key: process.env.PEM, cert: process.env.PEM});
    for (const address of addresses)
        net.createServer((plain) => talk(plain, context, false)).listen(25, address);
}

function talk(socket, context, secure) {
    const answers = {EHLO: secure ? '250 hybrid.test' : '250-hybrid.test\r\n250 STARTTLS', RCPT: '554 5.7.1 Relay access denied', QUIT: '221 2.0.0 Bye'};
    socket.on('error', () => socket.destroy());
    if (!secure)
        socket.write('220 hybrid.test ESMTP\r\n');
    socket.on('data', function hear(line) {
        const verb = line.toString('latin1').slice(0, 4).toUpperCase();
        if (verb === 'STAR' && !secure) {
            socket.removeListener('data', hear);
            socket.write('220 2.0.0 Ready\r\n');
            talk(new tls.TLSSocket(socket, {isServer: true, secureContext: context}), context, true);
            return;
        }
        socket.write((answers[verb] || '250 2.0.0 Ok') + '\r\n');
        if (verb === 'QUIT')
            socket.end();
    });
}

function finishes(address, group) {
    return new Promise((resolve) => {
        const socket = net.connect(25, address);
        const words = ['EHLO client.test\r\n', 'STARTTLS\r\n'];
        socket.on('error', () => resolve(false));
        socket.on('data', function hear() {
            if (words.length) {
                socket.write(words.shift());
                return;
            }
            socket.removeListener('data', hear);
            const inside = tls.connect({socket, ecdhCurve: group, minVersion: 'TLSv1.3', rejectUnauthorized: false});
            inside.on('secureConnect', () => { inside.destroy(); resolve(true); });
            inside.on('error', () => resolve(false));
            inside.on('close', () => resolve(false));
        });
    });
}

async function ask(address, groups) {
    for (const group of groups)
        if (await finishes(address, group))
            console.log(group);
}

const [what, ...rest] = process.argv.slice(2);
if (what === 'serve')
    serve(rest);
else
    ask(rest[0], rest.slice(1));
