// SPDX-License-Identifier: Apache-2.0
// page - the pages of `mxassay serve` as a person meets them, in Chromium. Usage, inside mxassay-lab: node page.mjs PATH-OF-MXASSAY
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import http from "node:http";
import { check, clipboard, complaintsOfAxe, report, startBrowser, startDaemon, withPage } from "./harness.mjs";

const SCRIPT_BYTES_MAX = 15_000;
const NARROW = { width: 320, height: 640 };
const HTML_DOMAINS = ["html-in-greeting", "html-for-greeting-name", "html-in-capability", "html-in-ehlo-name", "mx-html", "ptr-strange-octets", "cert-cn-escapes"];

let daemon, browser;
before(async () => {
    daemon = await startDaemon(process.argv[2]);
    browser = await startBrowser();
});
after(async () => {
    await browser?.close();
    await daemon?.end();
});

function pageTest(name, options, body) {
    test(name, () => withPage(browser, options, body));
}

async function hasNoSidewaysScrolling(page, where) {
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(wide <= room, `${where}: ${wide} px wide in a window of ${room} px`);
}

function openAll(page) {
    return page.evaluate(() => document.querySelectorAll("details").forEach((e) => (e.open = true)));
}

/* Chromium tells of each answer that is no success. */
function forgetStatus(complaints, ...statuses) {
    complaints.splice(0, complaints.length, ...complaints.filter((c) => !statuses.some((s) => c.includes(`status of ${s}`))));
}

/* A run that lasts: nobody greets. It is cancelled, so that its result is kept for no other test. */
async function whileUnderWay(page, body, javaScript = true) {
    await check(page, daemon.url, "mute.test");
    const id = page.url().split("/").pop();
    const cancel = () => page.context().request.delete(`${daemon.url}/v1/checks/${id}`);
    await page.waitForSelector(javaScript ? ".steps li" : "text=Waiting for");
    await body(cancel);
    await cancel();
}

function howMuchMoved(page) {
    return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(window.moved)))));
}

pageTest("a domain is typed, its run is watched, its report is read", {}, async (page) => {
    await check(page, daemon.url, "slow.test");
    await page.waitForSelector("text=/mx[12]\\.slow\\.test .*greeting/");
    assert.ok((await page.locator("[role=status]").first().textContent()).includes("Under way"));
    assert.equal(await howMuchMoved(page), 0, "something moved on the page of the run");
    await page.waitForSelector(".verdict");
    assert.match(await page.locator("h1").textContent(), /slow\.test/);
    assert.match(await page.locator(".verdict").textContent(), /OK/);
    assert.equal(await howMuchMoved(page), 0, "something moved on the report");
});

pageTest("each fix can be copied", {}, async (page) => {
    await report(page, daemon.url, "broken.test");
    const boxes = page.locator(".copyable");
    const count = await boxes.count();
    assert.ok(count >= 3, `${count} things to copy`);
    for (let i = 0; i < count; i++) {
        await boxes.nth(i).getByRole("button").click();
        await page.waitForFunction((n) => document.querySelectorAll(".copyable button")[n].textContent.startsWith("Copied"), i);
        assert.equal(await clipboard(page), await boxes.nth(i).locator("code").textContent());
    }
    const names = await page.getByRole("button").evaluateAll((all) => all.map((b) => b.textContent));
    assert.ok(names.every((name) => name.length > "Copy ".length), "a button does not say what it copies");
    assert.ok((await page.locator("body > [role=status]").textContent()).startsWith("Copied: "), "it is not said that something was copied");
    assert.equal(await howMuchMoved(page), 0, "something moved");
});

pageTest("without a clipboard the selection is copied", {}, async (page) => {
    await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await report(page, daemon.url, "broken.test");
    await page.locator(".copyable button").first().click();
    await page.waitForFunction(() => document.querySelector(".copyable button").textContent.startsWith("Copied"));
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "BUTTON", "the focus is lost");
});

pageTest("a finding is copied as a ticket", {}, async (page) => {
    await report(page, daemon.url, "broken.test");
    const finding = page.locator(".finding", { hasText: "relay.rcpt-refused" });
    await finding.getByRole("button", { name: "Copy as ticket" }).click();
    await page.waitForFunction(() => [...document.querySelectorAll(".actions button")].some((b) => b.textContent.startsWith("Copied")));
    const ticket = await clipboard(page);
    const where = /\*\*Where\*\*\n\n- mx1\.broken\.test \\\[[0-9.]+\\\]:25\n/;
    for (const part of [where, /^## broken\.test: /, /\*\*Error\*\*/, /\*\*Fix\*\*/, /\n {4}postconf -e /, /relay\.rcpt-refused/, /\nSeen: 20\d\d-/, /\nFrom: /])
        assert.match(ticket, part);
    assert.ok(!/\n{3}/.test(ticket), "gaps in the ticket");
});

pageTest("a ticket is no way into the tracker for what a server says", {}, async (page) => {
    await report(page, daemon.url, "broken.test");
    await page.locator(".finding dd").first().evaluate((dd) => {
        dd.textContent = "<script>x</script> [a](http://b) ![c](d) @all #1 www.e `f` *g* a\n\n# h";
    });
    await page.locator(".actions button").first().click();
    await page.waitForFunction(() => document.querySelector(".actions button").textContent.startsWith("Copied"));
    const line = (await clipboard(page)).split("\n").find((l) => l.includes("script"));
    assert.equal(line, "\\<script\\>x\\</script\\> \\[a\\](http\\://b) \\!\\[c\\](d) `@`all \\#1 www\\.e \\`f\\` \\*g\\* a \\# h");
});

for (const javaScriptEnabled of [true, false])
    pageTest(`findings are filtered by kind, ${javaScriptEnabled ? "with" : "without"} a script`, { javaScriptEnabled }, async (page) => {
        await report(page, daemon.url, "broken.test");
        assert.ok(await page.locator(".finding.warning").count() > 0 && await page.locator(".finding.error").count() > 0);
        await page.getByLabel("warnings").uncheck();
        for (const warning of await page.locator(".finding.warning").all())
            assert.ok(!(await warning.isVisible()));
        assert.ok(await page.locator(".finding.error").first().isVisible());
        const mark = page.locator(".matrix td.warning a").first();
        await mark.click();
        assert.ok(await page.locator(".finding.warning:target").isVisible(), "a mark leads to a finding that stays hidden");
        await page.emulateMedia({ media: "print" });
        for (const warning of await page.locator(".finding.warning").all())
            assert.ok(await warning.isVisible(), "a finding is missing on paper");
    });

pageTest("the theme is the system's until somebody chooses", { colorScheme: "dark" }, async (page) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.goto(`${daemon.url}/`);
    const dark = await ground();
    assert.equal(await page.evaluate(() => localStorage.length), 0, "something is remembered though nobody chose");
    await page.getByLabel("Theme").selectOption("Light");
    const light = await ground();
    assert.notEqual(light, dark);
    await page.reload();
    assert.equal(await ground(), light, "the choice is forgotten");
    assert.equal(await page.getByLabel("Theme").inputValue(), "light");
    await page.emulateMedia({ colorScheme: "light" });
    await page.getByLabel("Theme").selectOption("Dark");
    assert.equal(await ground(), dark);
    await page.getByLabel("Theme").selectOption("Auto");
    assert.equal(await ground(), light);
    assert.equal(await page.evaluate(() => localStorage.length), 0, "Auto is remembered");
});

pageTest("a narrow window scrolls down only", { viewport: NARROW }, async (page) => {
    await page.goto(`${daemon.url}/`);
    await hasNoSidewaysScrolling(page, "the form");
    await whileUnderWay(page, async () => hasNoSidewaysScrolling(page, "a run"));
    for (const domain of ["base", "broken", ...HTML_DOMAINS]) {
        await report(page, daemon.url, `${domain}.test`);
        await openAll(page);
        await hasNoSidewaysScrolling(page, domain);
    }
});

async function tabTo(page, matches, most = 200) {
    for (let i = 0; i < most; i++) {
        await page.keyboard.press("Tab");
        const [found, outlined] = await page.evaluate((selector) => {
            const e = document.activeElement;
            return [e === document.body ? null : e.matches(selector), getComputedStyle(e).outlineStyle !== "none"];
        }, matches);
        assert.ok(outlined || found === null, "the focus is not seen");
        if (found)
            return;
    }
    assert.fail(`no Tab leads to ${matches}`);
}

pageTest("the keyboard alone is enough", {}, async (page) => {
    await page.goto(`${daemon.url}/`);
    await tabTo(page, ".theme select");
    await page.keyboard.press("End");
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await tabTo(page, "#domain");
    await page.keyboard.type("broken.test");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".verdict");
    await tabTo(page, ".matrix td.error a, .matrix td.warning a");
    await page.keyboard.press("Enter");
    assert.ok(await page.locator(".finding:target").isVisible());
    await tabTo(page, ".filter input");
    await page.keyboard.press("Space");
    await tabTo(page, ".copyable button");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.textContent.startsWith("Copied"));
    await tabTo(page, ".actions button");
    await page.keyboard.press("Space");
    await page.waitForFunction(() => document.activeElement.textContent.startsWith("Copied"));
    await tabTo(page, "summary");
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("details[open]").count(), 1);
});

pageTest("nothing needs the script", { javaScriptEnabled: false }, async (page, complaints) => {
    await check(page, daemon.url, "slow.test");
    await page.waitForSelector(".verdict");
    assert.match(await page.locator(".verdict").textContent(), /OK/);
    await whileUnderWay(page, async (cancel) => {
        await cancel();
        await page.waitForSelector("text=There is no report");
        assert.equal(await page.getByLabel("Domain").inputValue(), "mute.test");
    }, false);
    await report(page, daemon.url, "broken.test");
    assert.equal(await page.locator("button, select").count(), 0, "a button that does nothing");
    forgetStatus(complaints, 410);
});

for (const colorScheme of ["light", "dark"])
    pageTest(`axe-core finds nothing serious, ${colorScheme}`, { colorScheme }, async (page) => {
        await page.goto(`${daemon.url}/`);
        assert.deepEqual(await complaintsOfAxe(page), [], "the form");
        await whileUnderWay(page, async () => assert.deepEqual(await complaintsOfAxe(page), [], "a run"));
        for (const domain of ["base", "broken"]) {
            await report(page, daemon.url, `${domain}.test`);
            await openAll(page);
            assert.deepEqual(await complaintsOfAxe(page), [], domain);
        }
    });

for (const domain of HTML_DOMAINS)
    pageTest(`what strangers say stays text: ${domain}`, {}, async (page) => {
        await report(page, daemon.url, `${domain}.test`);
        assert.equal(await page.locator("body script, img, b, iframe, object, [onerror], [style]").count(), 0, "markup of theirs is part of the page");
        assert.equal(await page.locator("script").count(), 1);
        await page.locator(".actions button").first().click();
    });

pageTest("what strangers are called stays text while the run is under way", {}, async (page) => {
    const evil = "<img src=x onerror=alert(1)><script>alert(1)</script>";
    const steps = [evil, `${evil}: greeting (1 s; servers may delay it on purpose)`, `${evil}: greeting (2 s; servers may delay it on purpose)`, evil];
    const body = steps.map((step, i) => `id: ${i + 1}\nevent: step\ndata: ${JSON.stringify({ step, done: i, total: 4 })}\n\n`).join("");
    await page.route("**/events", (route) => route.fulfill({ contentType: "text/event-stream", body }));
    await whileUnderWay(page, async () => {
        assert.deepEqual((await page.locator(".steps li span:last-child").allTextContents()).slice(0, 3), [evil, `${evil}: greeting`, evil]);
        assert.equal(await page.locator("progress").evaluate((e) => e.value / e.max), 0.75);
        assert.equal(await howMuchMoved(page), 0, "something moved");
        assert.equal(await page.locator("img, body script").count(), 0);
    });
});

pageTest("where events do not get through it asks; where it may not ask it loads the page anew", {}, async (page, complaints) => {
    await page.route("**/events", (route) => route.fulfill({ status: 404, body: "" }));
    await whileUnderWay(page, async (cancel) => {
        await page.route("**/v1/checks/*", (route) => route.fulfill({ status: 401, body: "" }));
        await cancel();
        await page.waitForSelector("text=There is no report");
    });
    forgetStatus(complaints, 401, 404, 410);
});

pageTest("the listener for the policy hears", {}, async (page, complaints) => {
    await page.goto(`${daemon.url}/`);
    await page.evaluate(() => {
        const s = document.createElement("script");
        s.textContent = "window.ran = true";
        document.body.append(s);
        document.body.setAttribute("style", "color: red");
    });
    await page.waitForFunction(() => true);
    assert.equal(await page.evaluate(() => window.ran), undefined, "a script of strangers would run");
    assert.ok(complaints.some((c) => c.startsWith("policy script-src")) && complaints.some((c) => c.startsWith("policy style-src")), complaints.join("\n"));
    complaints.length = 0;
});

pageTest("paper has all and no buttons", {}, async (page) => {
    await report(page, daemon.url, "broken.test");
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("button:visible, .filter:visible, .theme:visible").count(), 0);
    assert.ok((await page.pdf({ format: "A4" })).length > 10_000);
});

test("the script is small and makes no markup", async () => {
    const get = (path) =>
        new Promise((done, failed) =>
            http.get(daemon.url + path, { headers: { "Accept-Encoding": "gzip" } }, (answer) => {
                const parts = [];
                answer.on("data", (part) => parts.push(part));
                answer.on("end", () => done({ headers: answer.headers, body: Buffer.concat(parts) }));
            }).on("error", failed));
    const index = await get("/");
    const path = /<script src="([^"]+)"><\/script>/.exec(index.body.toString())[1];
    const script = await get(path);
    assert.equal(script.headers["content-encoding"], "gzip");
    assert.equal(script.headers["content-type"], "text/javascript; charset=utf-8");
    assert.ok(script.body.length <= SCRIPT_BYTES_MAX, `${script.body.length} octets packed; at most ${SCRIPT_BYTES_MAX}`);
    assert.doesNotMatch(gunzipSync(script.body).toString(), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\.style\b|srcdoc/);
});
