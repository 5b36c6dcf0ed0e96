import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('..', import.meta.url));

/** Where config.js is: src/config.js, or the file that FINOPS_UI_CONFIG names, which local runs and tests use. */
export function configPath(): string {
  return resolve(process.env.FINOPS_UI_CONFIG || `${HERE}src/config.js`);
}

/**
 * Gives what config.js exports, as the page will get it.
 *
 * @throws Error if it is missing or is no JavaScript module: a sentence for whoever builds
 */
export async function readConfig(path = configPath()): Promise<unknown> {
  if (!existsSync(path)) {
    throw new Error(
      `There is no ${path}. Write it with ops/write_frontend_config.sh, or by hand as Step 7 of ` +
        'docs/WEBSOCKET_DEPLOYMENT_GUIDE.md shows it; the endpoint is all that must be right.',
    );
  }
  // As text: where a file lies that is named from outside, Node.js may not take it for a module.
  const source = `data:text/javascript;charset=utf-8,${encodeURIComponent(readFileSync(path, 'utf8'))}`;
  try {
    return ((await import(/* @vite-ignore */ source)) as { default?: unknown }).default;
  } catch (error) {
    throw new Error(`${path} is not a JavaScript module that can be read: ${(error as Error).message}`);
  }
}
