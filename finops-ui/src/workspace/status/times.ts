import { useEffect, useState } from 'react';
import type { Job } from '../../jobs/job';

// The page is in English, in whichever of its forms the person reads.
const locale = globalThis.navigator?.languages?.find((language) => language.startsWith('en')) ?? 'en-GB';
const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
const dayOfYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' });

/** Gives a time of day, of epoch seconds. */
export const timeOfDay = (seconds: number): string => time.format(seconds * 1000);

/** Gives the day in a word or a date, by this machine's calendar. */
export function dayName(seconds: number, now: number = Date.now()): string {
  const date = new Date(seconds * 1000);
  const today = new Date(now);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (date.toDateString() === today.toDateString()) return 'Today';
  if (date.toDateString() === yesterday.toDateString()) return 'Yesterday';
  return (date.getFullYear() === today.getFullYear() ? day : dayOfYear).format(date);
}

/** Gives whole seconds as a person reads them: 12 s, 2 min 5 s, 1 h 3 min. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Gives jobs newest first; those whose time nobody has told were asked just now. */
export function newestFirst(jobs: Iterable<Job>): Job[] {
  return [...jobs].sort((a, b) => (b.createdAt ?? Infinity) - (a.createdAt ?? Infinity));
}

/** Gives sorted jobs by the day on which they were asked. */
export function byDay(jobs: readonly Job[]): (readonly [day: string, jobs: Job[]])[] {
  const days = new Map<string, Job[]>();
  for (const job of jobs) {
    const name = dayName(job.createdAt ?? Date.now() / 1000);
    days.set(name, [...(days.get(name) ?? []), job]);
  }
  return [...days];
}

/** Gives the time in ms, every second anew while `isRunning`. */
export function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}

/** Says whether `ms` have passed since `since`, and draws anew when they have. */
export function useHasPassed(since: number | undefined, ms: number): boolean {
  const [, setDrawn] = useState(0);
  useEffect(() => {
    if (since === undefined) return;
    const timer = setTimeout(() => setDrawn(since), Math.max(0, since + ms - Date.now()) + 1);
    return () => clearTimeout(timer);
  }, [since, ms]);
  return since !== undefined && Date.now() >= since + ms;
}
