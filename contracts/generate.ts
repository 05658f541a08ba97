// `npm run schemas`: writes schemas/ from the shapes.
import { writeFileSync } from "node:fs";
import { schemaFiles } from "./schemas.ts";

for (const [file, text] of schemaFiles()) writeFileSync(new URL(`schemas/${file}`, import.meta.url), text);
