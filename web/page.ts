/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page - the script of the pages. It only adds: every page says all it has to say without it.
 *
 * It stands in the head and is no deferred one, so that the theme, and the room for what it adds, are there before anything is drawn.
 * Text of whomever goes into the page as text (textContent), never as markup.
 */
import { addCopyButtons } from "./copy";
import { followRun } from "./run";
import { addThemeSwitch, applyTheme } from "./theme";

document.documentElement.classList.add("script"); // web/*.css leaves room
applyTheme();
document.addEventListener("DOMContentLoaded", () => {
    addThemeSwitch();
    addCopyButtons();
    followRun();
});
