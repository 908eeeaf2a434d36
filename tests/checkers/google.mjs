// What two tools say of structured data by what Google asks of it: structured-data-testing-tool of articles,
// @adobe/structured-data-validator of breadcrumbs, lists, people, organisations and pictures. What Google recommends
// counts as what it requires.
//
//     node google.mjs FILE
//
// FILE is JSON: [{"name": "story /a/", "html": "<!doctype html>..."}, ...]. Prints [[name, what], ...].

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Validator from "@adobe/structured-data-validator";

const require = createRequire(import.meta.url);
const { structuredDataTest } = require("structured-data-testing-tool");
const { Google } = require("structured-data-testing-tool/presets");

const given = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const found = [];
for (const { name, html, data } of given) {
  const report = await structuredDataTest(html, { presets: [Google] }).catch((reason) => {
    if (!reason.res) throw reason;
    return reason.res;
  });
  for (const one of [...report.failed, ...report.warnings]) {
    found.push([name, one.test]);
  }
  const jsonld = {};
  for (const one of data) (jsonld[one["@type"]] ??= []).push({ ...one, "@location": "0,0" });
  const said = await new Validator().validate({ jsonld, microdata: {}, rdfa: {}, errors: [] });
  for (const one of said) {
    const where = one.path?.map((step) => step.property ?? step.type).join(".");
    found.push([name, `${where}: ${one.issueMessage} (${one.severity})`]);
  }
}
process.stdout.write(JSON.stringify(found));
