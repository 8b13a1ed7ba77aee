// SPDX-License-Identifier: Apache-2.0
// harness - a daemon and a browser for the tests; what the browser complains about makes the test fail.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const axeSource = require("axe-core").source;

/* `end` stops the daemon and fails when it did not end well. */
export async function startDaemon(binary) {
    const daemon = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--workers", "2"], { stdio: ["ignore", "ignore", "pipe"] });
    const over = new Promise((done) => daemon.on("close", (status, signal) => done(signal ?? status)));
    let log = "";
    const url = await new Promise((resolve, reject) => {
        daemon.on("error", reject);
        daemon.stderr.on("data", (text) => {
            log += text;
            const match = /listening on (http:\/\/[^/]*)\//.exec(log);
            if (match)
                resolve(match[1]);
        });
        void over.then((status) => reject(new Error(`mxassay serve ended with ${status}: ${log}`)));
    });
    async function end() {
        daemon.kill("SIGTERM");
        assert.equal(await over, 0, `mxassay serve did not end well: ${log}`);
    }
    return { url, end };
}

export async function startBrowser() {
    const root = process.getuid() === 0 ? ["--no-sandbox"] : []; // Chromium's sandbox is not for root
    return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...root, "--disable-dev-shm-usage"] });
}

/* Runs in each page before anything of the page: what breaks the policy, and what moved. */
function watchPage() {
    addEventListener("securitypolicyviolation", (e) => window.complain(`policy ${e.violatedDirective}: ${e.blockedURI} ${e.sample}`));
    window.moved = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
            if (!entry.hadRecentInput)
                window.moved += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
}

/* A fresh browser profile, `body(page)`, and then: nothing ran that should not, and nothing broke the policy. */
export async function withPage(browser, options, body) {
    const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], ...options });
    const complaints = [];
    await context.exposeBinding("complain", (_, what) => complaints.push(what));
    await context.addInitScript(watchPage);
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (e) => complaints.push(`error in the script: ${e.message}`));
    page.on("console", (m) => ["error", "warning"].includes(m.type()) && complaints.push(`console: ${m.text()}`));
    page.on("dialog", (d) => {
        complaints.push(`a dialog: ${d.message()}`);
        void d.dismiss();
    });
    try {
        await body(page, complaints);
        assert.deepEqual(complaints, [], "the browser complains");
    } finally {
        await context.close();
    }
}

export async function check(page, url, domain) {
    await page.goto(`${url}/`);
    await page.getByLabel("Domain").fill(domain);
    await page.getByRole("button", { name: "Check" }).click();
    await page.waitForURL(/\/r\//);
}

export async function report(page, url, domain) {
    await check(page, url, domain);
    await page.waitForSelector(".verdict");
}

/* Serious and critical findings of axe-core. */
export async function complaintsOfAxe(page) {
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    return violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`);
}

export function clipboard(page) {
    return page.evaluate(() => navigator.clipboard.readText());
}
