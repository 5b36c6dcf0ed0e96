import { useState } from 'react';
import type { ClientState } from '../../connection/finopsClient';
import type { Tone } from './jobWords';
import { useHasPassed } from './times';

/** For so long a lost line is not worth a word, in ms: most are back by then. */
const QUIET = 3000;

/** The line to the server, as it is put to a person. */
export interface Line {
  readonly word: string;
  readonly tone: Tone;
  /** What is said beside a question or a job that goes nowhere just now; undefined while there is nothing to say. */
  readonly trouble?: string;
}

/** Gives the line's state in words. A line that was lost is said to be so only when it stays lost. */
export function useLine({ connection, lostAt }: ClientState): Line {
  const [wasLive, setWasLive] = useState(false);
  const isLive = connection.name === 'live';
  if (isLive && !wasLive) setWasLive(true);
  const isLostLong = useHasPassed(lostAt, QUIET);
  switch (connection.name) {
    case 'live':
      return { word: 'Connected', tone: 'good' };
    case 'signedOut':
      return { word: 'Signed out', tone: 'soft' };
    case 'legacy':
      return { word: 'No live line', tone: 'soft' };
    case 'asleep':
      return { word: 'Paused', tone: 'soft' };
    case 'offline':
      return { word: 'Offline', tone: 'warning', trouble: 'You are offline.' };
    case 'unreachable':
      return { word: 'Unreachable', tone: 'bad', trouble: 'The service cannot be reached.' };
    case 'waiting':
      if (connection.refusal) {
        return { word: 'Waiting', tone: 'warning', trouble: 'The service has refused one more connection.' };
      }
  }
  if (!isLostLong) return wasLive ? { word: 'Connected', tone: 'good' } : { word: 'Connecting', tone: 'busy' };
  return wasLive
    ? { word: 'Reconnecting', tone: 'warning', trouble: 'Reconnecting.' }
    : { word: 'Connecting', tone: 'busy', trouble: 'Connecting.' };
}
