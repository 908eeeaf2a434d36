// What TypeScript says of structured data by Google's types of schema.org's vocabulary (schema-dts), and of JSON Feeds
// by theirs (@json-feed-types/1_1): names of properties, and kinds of their values.
//
//     node vocabulary.mjs FILE
//
// FILE is JSON: [{"name": "story /a/", "of": "schema.org" | "JSON Feed", "data": {...}}, ...]. Prints [[name, what], ...].

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const given = JSON.parse(readFileSync(process.argv[2], "utf-8"));
// Beside the packages, so that they are found; there is no such file.
const file = fileURLToPath(new URL("given.ts", import.meta.url));

const typeOf = ({ of, data }) => {
  if (of === "JSON Feed") return "JsonFeed";
  const named = data["@type"];
  // Not a word of the data becomes code.
  if (typeof named !== "string" || !/^[A-Za-z]+$/.test(named)) return "never";
  return `WithContext<schema.${named}>`;
};
// One a line, and without the two characters that end a line of a program but not of JSON.
const literal = (data) => JSON.stringify(data).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
const head = 'import type * as schema from "schema-dts"; import type { WithContext } from "schema-dts"; import type JsonFeed from "@json-feed-types/1_1";';
const source = [head, ...given.map((it, at) => `export const it${at}: ${typeOf(it)} = ${literal(it.data)};`)].join("\n");

const options = {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ES2022,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists } = host;
host.fileExists = (name) => name === file || fileExists(name);
host.getSourceFile = (name, language, ...more) =>
  name === file ? ts.createSourceFile(name, source, language) : getSourceFile.call(host, name, language, ...more);
const program = ts.createProgram([file], options, host);
const found = ts.getPreEmitDiagnostics(program).map((one) => {
  const what = ts.flattenDiagnosticMessageText(one.messageText, "\n");
  if (one.file?.fileName !== file) return ["the types themselves", what];
  const { line } = one.file.getLineAndCharacterOfPosition(one.start);
  return [line ? given[line - 1].name : "the types themselves", what];
});
process.stdout.write(JSON.stringify(found));
