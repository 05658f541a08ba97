// What was found, told to people and machines.
export { printable } from "./display.ts";
export { explain } from "./explain.ts";
export { annotation, inRepository, renderGithub, type Annotated } from "./github.ts";
export { renderJson, reportOf } from "./json.ts";
export { junitXml, renderJunit, type Case } from "./junit.ts";
export { paletteOf, plain, type Palette, type Role, type Style } from "./palette.ts";
export { renderSarif } from "./sarif.ts";
export { reaches, renderOne, renderText, summary, type TextOptions } from "./text.ts";
