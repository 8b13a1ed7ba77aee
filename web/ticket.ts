/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ticket - a finding as Markdown, with its evidence and from where and when it was seen: for whoever runs the server.
 *
 * As in the Markdown report, text of whomever makes no links, no markup and calls nobody.
 */
import { find, textOf } from "./dom";

function escape(text: string): string {
    return text
        .replace(/\s+/g, " ")
        .trim()
        .replace(/[\\`*_[\]<>|#~&!$]/g, "\\$&")
        .replace(/www\./gi, (www) => `${www.slice(0, 3)}\\.`)
        .replace(/:(?=\/)/g, "\\:")
        .replace(/@/g, "`@`");
}

/* Indented by four: no text can end such a block. */
function block(lines: string): string {
    return lines.replace(/^/gm, "    ");
}

function entryOf(dd: Element): string[] {
    const parts: string[] = [];
    for (const e of find(dd, "li, p, pre"))
        if (e.matches("li"))
            parts.push(`- ${escape(textOf(e))}`);
        else if (e.matches("pre"))
            parts.push("", block(textOf(e.querySelector("code"))), "");
        else
            parts.push("", escape(textOf(e)));
    return parts.length ? parts : [escape(textOf(dd))];
}

export function ticketOf(finding: Element): string {
    const report = finding.closest(".report");
    const kind = textOf(finding.querySelector("h3 .badge"));
    const title = textOf(finding.querySelector("h3")).slice(kind.length);
    const lines = [`## ${escape(textOf(report?.querySelector("h1")))}: ${escape(title)}`, "", `**${escape(kind)}**`];
    for (const dt of find(finding, "dl > dt")) {
        const dd = dt.nextElementSibling;
        if (dd)
            lines.push("", `**${escape(textOf(dt))}**`, "", ...entryOf(dd));
    }
    for (const dt of report ? find(report, "dl.seen > dt") : [])
        lines.push("", escape(`${textOf(dt)}: ${textOf(dt.nextElementSibling)}`));
    return `${lines.join("\n").replace(/\n{3,}/g, "\n\n")}\n`;
}
