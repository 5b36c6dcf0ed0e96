import { useCallback, useEffect, useRef, useState } from 'react';
import type { AnswerPart } from './answerParts';

export type WholeState = 'whole' | 'cut' | 'loading' | 'failed';

const RENEWAL_MILLISECONDS = 15_000;

/**
 * The texts of an answer's parts, of which some come as their beginning and a link to the whole.
 *
 * @param onRenew brings new links: the parts then have them
 */
export function useWholeTexts(parts: readonly AnswerPart[], onRenew: () => void) {
  const [texts, setTexts] = useState<ReadonlyMap<string, string>>(new Map());
  const [states, setStates] = useState<ReadonlyMap<string, WholeState>>(new Map());
  const links = useRef(new Map<string, string | undefined>());
  const waiting = useRef(new Map<string, (link: string | undefined) => void>());
  const renew = useRef(onRenew);
  useEffect(() => {
    renew.current = onRenew;
  });
  useEffect(() => {
    for (const { agent, responseUrl } of parts) {
      if (links.current.get(agent) !== responseUrl) waiting.current.get(agent)?.(responseUrl);
      links.current.set(agent, responseUrl);
    }
  }, [parts]);

  const renewed = useCallback(
    (agent: string, expired: string | undefined) =>
      new Promise<string | undefined>((resolve) => {
        // A new one may have come while the old one was tried.
        if (links.current.get(agent) !== expired) return resolve(links.current.get(agent));
        const timer = setTimeout(() => resolve(undefined), RENEWAL_MILLISECONDS);
        waiting.current.set(agent, (link) => {
          clearTimeout(timer);
          resolve(link);
        });
        renew.current();
      }),
    [],
  );

  /** Loads the whole text of a part, with a new link if the link is dead. undefined if that fails, too. */
  const load = useCallback(
    async ({ agent, responseUrl }: AnswerPart): Promise<string | undefined> => {
      const put = (state: WholeState) => setStates((before) => new Map(before).set(agent, state));
      put('loading');
      let answer = await fetchedText(responseUrl);
      if (answer === 'expired') answer = await fetchedText(await renewed(agent, responseUrl));
      if (typeof answer === 'string') {
        put('failed');
        return undefined;
      }
      const { text } = answer;
      setTexts((before) => new Map(before).set(agent, text));
      put('whole');
      return text;
    },
    [renewed],
  );

  const textOf = (part: AnswerPart) => texts.get(part.agent) ?? part.content;
  const stateOf = (part: AnswerPart) => states.get(part.agent) ?? (part.responseUrl ? 'cut' : 'whole');
  return { textOf, stateOf, load };
}

/** The link is the right to read: it goes with no cookie and is told to nobody. */
async function fetchedText(link: string | undefined): Promise<{ text: string } | 'expired' | 'failed'> {
  if (!link) return 'failed';
  try {
    const response = await fetch(link, { credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store' });
    if (response.status === 403) return 'expired';
    return response.ok ? { text: await response.text() } : 'failed';
  } catch {
    return 'failed';
  }
}
