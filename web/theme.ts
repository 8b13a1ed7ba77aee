/* SPDX-License-Identifier: Apache-2.0 */
/* theme - light, dark, or as the system has it. It is remembered only when somebody chose; "auto" forgets it again. */
import { find, make } from "./dom";

const key = "theme";
const names: Record<string, string> = { auto: "Auto", light: "Light", dark: "Dark" };

/* Browsers may keep no storage for us. */
function remembered(): string {
    try {
        const theme = localStorage.getItem(key);
        return theme === "light" || theme === "dark" ? theme : "auto";
    } catch {
        return "auto";
    }
}

function remember(theme: string): void {
    try {
        if (theme === "auto")
            localStorage.removeItem(key);
        else
            localStorage.setItem(key, theme);
    } catch {
        return;
    }
}

function show(theme: string): void {
    if (theme === "auto")
        delete document.documentElement.dataset["theme"];
    else
        document.documentElement.dataset["theme"] = theme;
}

export function applyTheme(): void {
    show(remembered());
}

export function addThemeSwitch(): void {
    const label = make("label", "theme", "Theme ");
    const select = make("select", "");
    for (const [value, name] of Object.entries(names))
        select.append(new Option(name, value));
    select.value = remembered();
    select.addEventListener("change", () => {
        remember(select.value);
        show(select.value);
    });
    label.append(select);
    find(document, "header.top")[0]?.append(label);
}
