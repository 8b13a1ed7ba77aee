/* SPDX-License-Identifier: Apache-2.0 */
/* copy - buttons that copy the lines of a fix, and a whole finding as a ticket. */
import { announce, find, make, textOf } from "./dom";
import { ticketOf } from "./ticket";

const shownMs = 2500;

/* Pages of plain HTTP have no clipboard of their own: there the selection is copied. */
async function copy(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        const area = make("textarea", "unseen");
        const focused = document.activeElement;
        area.value = text;
        document.body.append(area);
        area.select();
        const done = document.execCommand("copy");
        area.remove();
        if (focused instanceof HTMLElement)
            focused.focus({ preventScroll: true });
        return done;
    }
}

/* `of` is only heard: buttons that look the same have names of their own. */
function button(words: string, of: string, text: () => string): HTMLButtonElement {
    const b = make("button", "");
    const label = make("span", "", words);
    let timer = 0;
    b.type = "button";
    b.append(label, make("span", "unseen", ` ${of}`));
    b.addEventListener("click", async () => {
        const done = await copy(text());
        label.textContent = done ? "Copied" : "Not copied";
        announce(done ? `Copied: ${words} ${of}` : "The browser does not let this page copy");
        clearTimeout(timer);
        timer = window.setTimeout(() => (label.textContent = words), shownMs);
    });
    return b;
}

/* What the lines are: the words above them, or the term of their entry. */
function nameOfLines(pre: Element): string {
    const above = pre.previousElementSibling;
    const term = pre.closest("dd")?.previousElementSibling;
    return textOf(above?.matches(".for") ? above : term);
}

export function addCopyButtons(): void {
    for (const pre of find(document, "pre.copy")) {
        const box = make("div", "copyable");
        const title = textOf(pre.closest(".finding")?.querySelector("h3"));
        const lines = textOf(pre);
        const name = nameOfLines(pre);
        pre.replaceWith(box);
        box.append(pre, button("Copy", `${name}: ${title}`, () => lines));
    }
    for (const finding of find(document, ".finding")) {
        const actions = make("p", "actions");
        actions.append(button("Copy as ticket", textOf(finding.querySelector("h3")), () => ticketOf(finding)));
        finding.append(actions);
    }
}
