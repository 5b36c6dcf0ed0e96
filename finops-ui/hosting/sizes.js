// What the page takes of a visitor's line: `npm run size` shows it, `npm run size -- --record` notes it in sizes.json.

import { readFileSync, writeFileSync } from 'node:fs';
import { argv, env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const RECORD = `${HERE}sizes.json`;

/** What is loaded when it is needed, in this order, by the module that is imported then. */
const LATER = {
  answer: 'src/answers/AnswerBody.tsx',
  markdown: 'src/markdown/markdown.js',
  chart: 'src/answers/charts/Chart.tsx',
  'sign-in': 'src/session/SignInDialog.tsx',
};

/**
 * Gives what sizes.json has: for each part the most that it may take, and what it took, in bytes with gzip.
 *
 * @returns {Record<string, { most: number; recorded: number }>}
 */
export function recordedSizes() {
  return JSON.parse(readFileSync(RECORD, 'utf8'));
}

/**
 * Builds the page and gives the size of each of its parts, in bytes with gzip.
 *
 * @returns {Promise<Record<string, number>>}
 */
export async function measuredSizes() {
  // Always the same page, and as it is deployed: vitest has set this to `test`, by which React would be another one.
  Object.assign(env, { NODE_ENV: 'production', FINOPS_UI_CONFIG: `${HERE}tests/hosting/guideConfig.js` });
  const { output } = await build({ root: HERE, logLevel: 'error', build: { write: false } });
  const files = new Map(output.map((file) => [file.fileName, file]));
  const loaded = new Set();
  const sizes = {};
  measure(
    'entry',
    output.find(({ isEntry }) => isEntry),
  );
  for (const [part, module] of Object.entries(LATER)) {
    measure(
      part,
      output.find(({ facadeModuleId }) => facadeModuleId === HERE + module),
    );
  }
  return sizes;

  function measure(part, chunk) {
    if (!chunk) throw new Error(`The ${part} has no file of its own any more: mend LATER in hosting/sizes.js.`);
    const before = new Set(loaded);
    load(chunk);
    for (const kind of ['js', 'css']) {
      const size = sizeOf([...loaded].filter((file) => !before.has(file) && file.fileName.endsWith(`.${kind}`)));
      if (size > 0) sizes[`${part}.${kind}`] = size;
    }
  }

  /** All files that come with a chunk: itself, its styles, and those of what it imports. */
  function load(chunk) {
    if (loaded.has(chunk)) return;
    loaded.add(chunk);
    for (const style of chunk.viteMetadata?.importedCss ?? []) loaded.add(files.get(style));
    for (const imported of chunk.imports) load(files.get(imported));
  }
}

function sizeOf(files) {
  return files.reduce((sum, file) => sum + gzipSync(file.code ?? file.source).length, 0);
}

function kilobytes(bytes = 0) {
  return Number((bytes / 1024).toFixed(1));
}

if (fileURLToPath(import.meta.url) === argv[1]) {
  const measured = await measuredSizes();
  const recorded = recordedSizes();
  const rows = Object.entries(measured).map(([part, size]) => ({
    part,
    'KB, gzip': kilobytes(size),
    recorded: kilobytes(recorded[part]?.recorded),
    'at most': kilobytes(recorded[part]?.most),
  }));
  console.table(rows);
  if (argv[2] === '--record') {
    for (const [part, size] of Object.entries(measured)) recorded[part] = { ...recorded[part], recorded: size };
    writeFileSync(RECORD, `${JSON.stringify(recorded, null, 2)}\n`);
  }
}
