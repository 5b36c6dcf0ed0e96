// What a visitor gets: how large each part of the page is, and which packages are in it.
// `npm run size` shows the sizes, `npm run size -- --record` notes both in delivered.json.

import { readFileSync, writeFileSync } from 'node:fs';
import { argv, env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const LICENCES = 'licences.json';
const RECORD = `${HERE}delivered.json`;

/** What is loaded when it is needed, in this order, by the module that is imported then. */
const LATER = {
  answer: 'src/answers/AnswerBody.tsx',
  markdown: 'src/markdown/markdown.js',
  chart: 'src/answers/charts/Chart.tsx',
  'sign-in': 'src/session/SignInDialog.tsx',
};

/**
 * @typedef {object} Delivered
 * @property {Record<string, string>} packages the version of each package that something of is in the page
 * @property {Record<string, number>} sizes of each part, in bytes with gzip
 */

/**
 * Gives what is recorded, and the most that each part may take.
 *
 * @returns {Delivered & { most: Record<string, number> }}
 */
export function recordedDelivery() {
  return JSON.parse(readFileSync(RECORD, 'utf8'));
}

/**
 * Builds the page and gives what is in it.
 *
 * @returns {Promise<Delivered>}
 */
export async function measuredDelivery() {
  // Always the same page, and as it is deployed: vitest has set this to `test`, by which React would be another one.
  Object.assign(env, { NODE_ENV: 'production', FINOPS_UI_CONFIG: `${HERE}tests/hosting/guideConfig.js` });
  const { output } = await build({
    root: HERE,
    logLevel: 'error',
    build: { write: false, license: { fileName: LICENCES } },
  });
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
  const packages = JSON.parse(files.get(LICENCES).source).map(({ name, version }) => [name, version]);
  return { packages: Object.fromEntries(packages.sort()), sizes };

  function measure(part, chunk) {
    if (!chunk) throw new Error(`The ${part} has no file of its own any more: mend LATER in hosting/delivered.js.`);
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
  const measured = await measuredDelivery();
  const { most, sizes: recorded } = recordedDelivery();
  const rows = Object.entries(measured.sizes).map(([part, size]) => ({
    part,
    'KB, gzip': kilobytes(size),
    recorded: kilobytes(recorded[part]),
    'at most': kilobytes(most[part]),
  }));
  console.table(rows);
  if (argv[2] === '--record') {
    writeFileSync(RECORD, `${JSON.stringify({ most, ...measured }, null, 2)}\n`);
  }
}
