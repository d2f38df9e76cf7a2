// Builds the console's assets: node build.mjs OUT. Writes hashed files and manifest.json (name -> hashed file).
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { compile } from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
if (!out) throw new Error("usage: node build.mjs OUT");

const carbon = {
  name: "carbon",
  setup(bundle) {
    bundle.onLoad({ filter: /\.scss$/ }, ({ path }) => ({
      contents: compile(path, { loadPaths: [join(here, "node_modules")], quietDeps: true }).css,
      loader: "css",
      resolveDir: here,
    }));
  },
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["src/console.scss", "src/console.js", "src/icon.svg"],
  outdir: out,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  legalComments: "none",
  format: "iife",
  target: ["es2022", "chrome114", "firefox125", "safari17"],
  loader: { ".woff2": "file", ".svg": "copy" },
  plugins: [carbon],
  metafile: true,
});

const manifest = {};
for (const path of Object.keys(metafile.outputs)) {
  const file = basename(path);
  manifest[file.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, "")] = file;
}
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, Object.keys(manifest).sort(), 1) + "\n");
