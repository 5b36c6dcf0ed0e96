const LONGEST_PART = 60;

/** Makes a file's name of a question, and of what in the answer it holds. Pure. */
export function fileName(question: string, part: string, ending: string): string {
  const words = [question, part].map(plainWords).filter(Boolean);
  return `${[...new Set(words)].join(' - ') || 'answer'}.${ending}`;
}

/** Letters, digits and spaces only: no path, no hidden file, no name that a system keeps for itself. */
function plainWords(text: string): string {
  const words = text.normalize('NFKC').match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return [...words.join(' ')].slice(0, LONGEST_PART).join('').trim();
}
