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
  ['Savings: 2,812.19 USD a month', 'Savings', '2,812.19 USD a month', ''],
  ['Cost: 662.19 USD per day, over 31 days', 'Cost', '662.19 USD per day', 'over 31 days'],
  ['Quantity: 33,880,787 Lambda-GB-Seconds', 'Quantity', '33,880,787 Lambda-GB-Seconds', ''],
  [
    'Used: 80.0 % in May (1,194.39 USD used, 2.60 USD not)',
    'Used',
    '80.0 %',
    'in May (1,194.39 USD used, 2.60 USD not)',
  ],
  [
    'Growth: +6.8 % from May to June 2026: 21 USD, then 23 USD',
    'Growth',
    '+6.8 %',
    'from May to June 2026: 21 USD, then 23 USD',
  ],
  ['Spend: $1,234.50.', 'Spend', '$1,234.50', ''],
])('%s has a figure', (lead, label, figure, detail) => {
  expect(headlineOf(lead)).toEqual({ label, figure, detail });
});

test('a sentence has none', () => {
  expect(headlineOf('Cost rose by 5 USD')).toBeUndefined();
  expect(headlineOf('Cost in October: the 10 highest have 5 USD')).toBeUndefined();
  expect(headlineOf('I did not find "Sql": 3 services have similar names')).toBeUndefined();
});

test('a figure that is not the whole of it is not set large', () => {
  expect(headlineOf('40.8 % of the cost is EC2: 8,368.32 USD of 20,527.92 USD')).toBeUndefined();
  expect(headlineOf('Cost in May: 100.00 USD and 20.00 EUR')).toBeUndefined();
  expect(headlineOf('Between the two: 5 USD to 7 USD')).toBeUndefined();
});

test('bold words that a sentence goes on from are no headline', () => {
  expect(kinds(p('S3 cost 5 USD in May.', 'S3'))).toEqual(['prose 0-1']);
  expect(kinds(p('Total cost: 5 USD', 'Total cost:'))).toEqual(['prose 0-1']);
  expect(kinds(p('There is no charge in May.', 'There is no charge'))).toEqual(['prose 0-1']);
  expect(kinds(p('It rose. Most: S3.', 'It rose.'))).toEqual(['headline 0-1']);
  expect(kinds(p('Savings: 5 USD, from 2 findings.', 'Savings: 5 USD'))).toEqual(['headline 0-1']);
});
