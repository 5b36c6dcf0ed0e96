const NUMBERS = '\\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|twelve';
const UNIT = '(?:day|week|month|quarter|half|half-year|year)s?';
const FULL_MONTH = 'January|February|March|April|June|July|August|September|October|November|December';
const SHORT_MONTH = 'Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec';
const MONTH = `(?:${FULL_MONTH}|May|${SHORT_MONTH})\\b\\.?`;
// "may" is a month only with a capital, or behind a word that says when.
const NO_MONTH = /(?<!\b(?:in|for|during|of|since|from|to|until) )\bmay\b/gu;
const YEAR = '(?:19|20)\\d\\d';
const DAY = '(?:[0-3]?\\d(?:st|nd|rd|th)?)';
const ONE = [
  `(?:so far )?(?:the )?(?:last|past|previous|this|current|next|coming)(?: (?:${NUMBERS}))?(?: complete| full)? ${UNIT}(?: (?:so far|to date))?`,
  `(?:the )?(?:first|second) half of ${YEAR}`,
  `(?:the )?(?:first|second|third|fourth) quarter(?: of ${YEAR})?`,
  `${YEAR}-\\d\\d(?:-\\d\\d)?`,
  `${DAY} ${MONTH}(?:,? ${YEAR})?`,
  `${MONTH} ${DAY}(?!\\d)(?:,? ${YEAR})?`,
  `(?:the month of )?${MONTH}(?:,? ${YEAR})?`,
  `(?:the )?end of (?:the|this|next) (?:month|quarter|year)`,
  `FY ?(?:\\d\\d)?\\d\\d`,
  `(?:Q[1-4]|H[12])(?:[ /-]?${YEAR})?`,
  `(?:year|month|quarter|week) to date|ytd|mtd|qtd|today|yesterday`,
  `(?:the year )?${YEAR}(?:/${YEAR})?`,
].join('|');
const PERIOD = new RegExp(
  `(?:\\b(?:in|for|during|over|within|since|from|between|on|of|until|till) )?\\b(?:${ONE})(?: (?:to|until|till|through|and|-|–) (?:${ONE}))?(?![\\w-])`,
  'giu',
);
const FUTURE = /\b(?:forecast|predict|expect|will|next|coming|budget)/iu;
// What can be saved is looked for in one month; what rose or fell, between whole periods.
const ONE_MONTH = /\b(?:save|unused|idle|waste)\b/iu;
const MOVEMENT = /\b(?:rose|fell|why)\b/iu;
const TWO_PERIODS = /\b(?:compare[ds]?|versus|vs|than)\b/iu;

/**
 * The periods for which a question makes sense as well; none for a question that sets two side by side. Pure.
 */
export function periodsFor(question: string): readonly string[] {
  if (TWO_PERIODS.test(question)) return [];
  if (FUTURE.test(question)) return ['next month', 'the next 3 months', 'the next 12 months', 'this year'];
  if (ONE_MONTH.test(question)) return ['last month'];
  if (MOVEMENT.test(question)) return ['last month', 'last quarter'];
  return ['last month', 'last quarter', 'the last 6 months', 'this year'];
}

/** Gives the question for another period: in place of the one that it names, or at its end. Pure. */
export function withPeriod(question: string, period: string): string {
  const named = period.startsWith('the ') ? `in ${period}` : period;
  const [first] = periodsIn(question);
  if (first) {
    const written = first.index === 0 && !first.text.match(/^(?:in|for|from)\b/i) ? period : named;
    const start = first.index === 0 ? written.charAt(0).toUpperCase() + written.slice(1) : written;
    return question.slice(0, first.index) + start + question.slice(first.index + first.text.length);
  }
  const { body = '', end = '' } = /^(?<body>.*?)(?<end>[\s?.!]*)$/su.exec(question)?.groups ?? {};
  return `${body} ${named}${end.trim()}`.trim();
}

const periodsIn = (question: string) =>
  [...question.replace(NO_MONTH, '___').matchAll(PERIOD)].map(({ index, 0: text }) => ({ index, text }));
