// Bundles the extension into dist/extension, to be loaded unpacked: `npm run build` first, then `npm run extension`.

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { WORKLET } from "liveproof/web";

const from = (name) => fileURLToPath(new URL(name, import.meta.url));
const to = (name) => fileURLToPath(new URL(`../../dist/extension/${name}`, import.meta.url));
mkdirSync(to("."), { recursive: true });
await build({
  entryPoints: ["background.ts", "content.ts", "popup.ts"].map(from),
  outdir: to("."),
  bundle: true,
  format: "esm",
  target: "chrome116",
  logLevel: "warning",
});
for (const name of ["manifest.json", "popup.html"]) copyFileSync(from(name), to(name));
writeFileSync(to("worklet.js"), WORKLET);
