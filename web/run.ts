/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - the page of a run under way: shows each step as it comes, and the report when it is there.
 *
 * Steps come as server-sent events; where those do not get through it asks every two seconds; where it may not ask, the page
 * is loaded anew, as it is without a script.
 */
import { find, make } from "./dom";

interface Progress {
    step: string | null;
    done: number;
    total: number;
}

const pollMs = 2000;
const quietMs = 5000; /* between two things said to those who listen */

class View {
    private readonly began = performance.now();
    private readonly list: HTMLElement;
    private readonly bar: HTMLProgressElement;
    private readonly status: HTMLElement | undefined;
    private last = "";
    private said = -quietMs;

    constructor(box: HTMLElement) {
        this.status = find(document, "[role=status]")[0];
        this.bar = make("progress", "");
        this.bar.setAttribute("aria-label", "Connections done");
        this.list = make("ol", "steps");
        this.list.tabIndex = 0;
        this.list.setAttribute("aria-label", "Steps");
        box.replaceChildren(this.bar, this.list);
    }

    show(p: Progress): void {
        if (p.total > 0) {
            this.bar.max = p.total;
            this.bar.value = p.done;
        }
        const now = performance.now();
        if (this.status && p.total > 0 && now - this.said >= quietMs) {
            this.status.textContent = `Under way: ${p.done} of ${p.total} connections are done.`;
            this.said = now;
        }
        const step = (p.step ?? "").replace(/ \(\d+ s\b[^()]*\)$/, ""); /* how long it has waited: the times of the steps say it */
        if (step && step !== this.last)
            this.add(step, now - this.began);
    }

    private add(step: string, ms: number): void {
        const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 4;
        const item = make("li", "");
        item.append(make("span", "number", `${(ms / 1000).toFixed(1)} s`), make("span", "", step));
        this.list.append(item);
        this.last = step;
        if (atEnd)
            this.list.scrollTop = this.list.scrollHeight;
    }

    end(): void {
        if (this.status)
            this.status.textContent = "Done. The report follows.";
        location.reload();
    }
}

function isProgress(x: unknown): x is Progress {
    const p = x as Progress | null;
    return typeof p === "object" && p !== null && typeof p.done === "number" && typeof p.total === "number";
}

async function poll(url: string, view: View): Promise<void> {
    try {
        const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
        const run: { state?: unknown; progress?: unknown } = answer.ok ? await answer.json() : {};
        if ((run.state === "queued" || run.state === "running") && isProgress(run.progress)) {
            view.show(run.progress);
            window.setTimeout(() => void poll(url, view), pollMs);
            return;
        }
    } catch {
        /* The service may be away for a moment. */
    }
    window.setTimeout(() => view.end(), pollMs);
}

function listen(url: string, view: View): void {
    const events = new EventSource(`${url}/events`);
    events.addEventListener("step", (e: MessageEvent<string>) => {
        const p: unknown = JSON.parse(e.data);
        if (isProgress(p))
            view.show(p);
    });
    events.addEventListener("done", () => {
        events.close();
        view.end();
    });
    events.addEventListener("error", () => {
        if (events.readyState !== EventSource.CLOSED)
            return; /* it tries again by itself */
        void poll(url, view);
    });
}

export function followRun(): void {
    const box = find(document, "#run")[0];
    const id = box?.dataset["id"];
    if (!box || !id)
        return;
    listen(`/v1/checks/${encodeURIComponent(id)}`, new View(box));
}
