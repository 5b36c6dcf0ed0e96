import fc from 'fast-check';
import Papa from 'papaparse';
import { expect, test } from 'vitest';
import { csvText, figureCsv } from '../../src/answers/exports/csv';
import { fileName } from '../../src/answers/exports/fileName';
import type { Figure } from '../../src/wire/messages';

const parsed = (csv: string) =>
  Papa.parse<string[]>(csv.replace(/^\uFEFF/, ''), { skipEmptyLines: false }).data.slice(0, -1);
const cell = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '=1+1',
    '+1',
    '-1',
    '-1+1',
    '@x',
    '\t=1',
    '\r=1',
    '\n=1',
    ' =1',
    '＝1',
    '-12.50',
    '-',
    '"',
    ',',
    '\r\n',
    "'=1",
  ),
);

test('what is read back is what was there, and no cell begins a formula', () => {
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1 }), (lines) => {
      const back = parsed(csvText(lines));
      expect(back.length).toBe(lines.length);
      for (const [at, line] of lines.entries()) {
        for (const [index, text] of line.entries()) {
          const read = back[at]?.[index] ?? '';
          expect([text, `'${text}`]).toContain(read);
          expect(/^\s*[=+@\t\r\n＝＋－＠]/.test(read) || (/^\s*-/.test(read) && !/^-(\d+(\.\d+)?)?$/.test(read))).toBe(
            false,
          );
        }
      }
    }),
  );
});

const FIGURE: Figure = {
  title: 'Cost',
  columns: [
    { key: 's', label: 'Service', type: 'text' },
    { key: 'c', label: 'Cost', type: 'money', currency: 'USD' },
    { key: 'p', label: 'Share', type: 'percent' },
  ],
  rows: [
    { s: 'EC2', c: '-12.50', p: 1 },
    { s: 'S3, "new"', c: null },
  ],
  total: { s: 'Total', c: '-12.50' },
};

test('a figure is written in the order shown, with its total last, for Excel', () => {
  expect(figureCsv(FIGURE, [1, 0])).toBe(
    '\uFEFF"Service","Cost (USD)","Share (%)"\r\n"S3, ""new""","",""\r\n"EC2","-12.50","1"\r\n"Total","-12.50",""\r\n',
  );
});

test('a file is named after the question, and after nothing that a system would mind', () => {
  expect(fileName('What did S3 cost in May?', 'Cost by month', 'csv')).toBe(
    'What did S3 cost in May - Cost by month.csv',
  );
  expect(fileName('../../.ssh/id: <a>\u202e', '', 'md')).toBe('ssh id a.md');
  expect(fileName('???', '', 'md')).toBe('answer.md');
  expect(fileName('x'.repeat(4000), 'y'.repeat(200), 'csv').length).toBeLessThan(140);
});
