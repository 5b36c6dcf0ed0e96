import { expect, test } from 'vitest';
import { answerSections, type Block, headlineOf } from '../../src/answers/answerSections';

const p = (text: string, lead?: string): Block => ({ tag: 'p', text, ...(lead !== undefined && { lead }) });
const block = (tag: string, text = ''): Block => ({ tag, text });
const kinds = (...blocks: Block[]) => answerSections(blocks).map(({ kind, from, to }) => `${kind} ${from}-${to}`);

test('an answer of a sample agent is taken apart', () => {
  const blocks = [
    p('I understood: cost in May.'),
    p('Cost in May: 5 USD.', 'Cost in May: 5 USD'),
    block('table'),
    p('Why, of the first 3:'),
    block('table'),
    p('How this was calculated:'),
    block('ul'),
  ];
  expect(kinds(...blocks)).toEqual([
    'understood 0-1',
    'headline 1-2',
    'table 2-3',
    'prose 3-4',
    'table 4-5',
    'how 5-7',
  ]);
});

test('two answers in one are taken apart each', () => {
  const one = [p('I understood: x.'), p('A: 5.', 'A: 5'), p('How this was calculated:'), block('ul')];
  expect(kinds(...one, ...one)).toEqual([
    'understood 0-1',
    'headline 1-2',
    'how 2-4',
    'understood 4-5',
    'headline 5-6',
    'how 6-8',
  ]);
});

test('an answer of somebody else is prose', () => {
  expect(kinds(block('h1', 'Costs'), p('They rose.'), p('Bold words', 'Bold'), block('ul'))).toEqual(['prose 0-4']);
});

test('nothing is folded away but a list, or a chapter, of that name', () => {
  expect(kinds(p('How this was calculated:'), p('Important'))).toEqual(['prose 0-2']);
  expect(kinds(block('h2', 'How this was answered'), p('x'), block('ul'), block('h2', 'Next'), p('y'))).toEqual([
    'how 0-3',
    'prose 3-5',
  ]);
});

test('each block is drawn once, whatever there is', () => {
  const blocks = Array.from({ length: 60 }, (_, index) => block(index % 2 ? 'table' : 'p', 'How this was calculated:'));
  const sections = answerSections(blocks);
  expect(sections.map(({ from }) => from)).toEqual([0, ...sections.slice(0, -1).map(({ to }) => to)]);
  expect(sections.at(-1)?.to).toBe(60);
  expect(sections.filter(({ kind }) => kind === 'table').length).toBe(20);
});

test.each([
  ['Cost in May: 2,414.54 USD', 'Cost in May', '2,414.54 USD', ''],
  ['Cost: 20,527.92 USD, 1,091.01 USD more than in April', 'Cost', '20,527.92 USD', '1,091.01 USD more than in April'],
  ['Savings: -5 % a month', 'Savings', '-5 % a month', ''],
])('%s has a figure', (lead, label, figure, detail) => {
  expect(headlineOf(lead)).toEqual({ label, figure, detail });
});

test('a sentence has none', () => {
  expect(headlineOf('Cost rose by 5 USD')).toBeUndefined();
  expect(headlineOf('Cost in October: the 10 highest have 5 USD')).toBeUndefined();
});
