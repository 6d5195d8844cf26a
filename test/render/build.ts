/** The page of app/ with all of Grafana's front end in it, into dist/. */
import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const HERE = fileURLToPath(new URL('.//', import.meta.url));

export async function builtPage(): Promise<void> {
  await build({
    entryPoints: [`${HERE}app/main.tsx`],
    outfile: `${HERE}dist/main.js`,
    bundle: true,
    format: 'esm',
    target: 'chrome110',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    loader: { '.svg': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl', '.ttf': 'dataurl', '.png': 'dataurl' },
    logLevel: 'error',
  });
  await mkdir(`${HERE}dist`, { recursive: true });
  await copyFile(`${HERE}app/index.html`, `${HERE}dist/index.html`);
}
