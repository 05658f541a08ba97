import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { schemaFiles } from "../../contracts/schemas.ts";

const FOLDER = new URL("../../contracts/schemas/", import.meta.url);

test("the published schemas are those of the shapes the code is typed by (npm run schemas)", () => {
  const files = schemaFiles();
  for (const [file, text] of files) expect(readFileSync(new URL(file, FOLDER), "utf8"), file).toBe(text);
  expect(readdirSync(FOLDER).filter((file) => file.endsWith(".json")).toSorted()).toEqual([...files.keys()].toSorted());
});

test.each([...schemaFiles()])("%s is a schema by the rules of its draft", (_, text) => {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true });
  expect(() => ajv.compile(JSON.parse(text))).not.toThrow();
});
