import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../../../docs/web_client_connection.md');

// They are compiled with the rest, so they are as the module is.
test.each(['page.ts', 'Question.tsx'])('the page for own user interfaces shows %s as it is', (file) => {
  expect(page).toContain(read(`./ownUi/${file}`).replaceAll('../../../src', './src'));
});
