/* SPDX-License-Identifier: Apache-2.0 */
/* dom - elements, found and made. Text is text: nothing here reads markup. */

export function find<T extends Element = HTMLElement>(within: ParentNode, selector: string): T[] {
    return [...within.querySelectorAll<T>(selector)];
}

export function textOf(e: Element | null | undefined): string {
    return (e?.textContent ?? "").trim();
}

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text = ""): HTMLElementTagNameMap[K] {
    const e = document.createElement(tag);
    if (className)
        e.className = className;
    e.textContent = text;
    return e;
}

/* Says words to those who listen to the page; they are not seen. */
let voice: HTMLElement | undefined;
export function announce(words: string): void {
    if (!voice) {
        voice = make("p", "unseen");
        voice.setAttribute("role", "status");
        document.body.append(voice);
    }
    voice.textContent = words;
}
