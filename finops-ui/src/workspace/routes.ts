import { useSyncExternalStore } from 'react';

/** The three pages, as the part of the address behind # names them: so no server's log has a job's id. */
export type Route = { readonly page: 'ask' | 'history' } | { readonly page: 'job'; readonly jobId: string };

const JOB = /^#\/jobs\/([^/]+)$/;

/** Gives the address of a job within this page. */
export const jobHash = (jobId: string): string => `#/jobs/${encodeURIComponent(jobId)}`;

/** Reads the address; what is no page's is the first page. */
export function routeOf(hash: string): Route {
  if (hash === '#/history') return { page: 'history' };
  const jobId = decoded(JOB.exec(hash)?.[1]);
  return jobId ? { page: 'job', jobId } : { page: 'ask' };
}

function decoded(text = ''): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** Gives where the address leads, drawn anew when it changes. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(listen, () => location.hash);
  return routeOf(hash);
}

function listen(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

/**
 * Goes to another page, drawn before anything else is: the browser alone would tell of the new address a picture later.
 *
 * @param replace puts it in the place of this one in the browser's history
 */
export function go(hash: string, replace = false): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', hash);
  dispatchEvent(new HashChangeEvent('hashchange'));
}
