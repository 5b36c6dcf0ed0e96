import type { Surroundings } from './browser';
import type { Question } from './finopsClient';

/** The questions that the server has not acknowledged, over a reload of the page, each user's for themselves. */
export interface Outbox {
  read(userId: string): Question[];
  write(userId: string, questions: readonly Question[]): void;
}

const isQuestion = (value: unknown): value is Question => {
  const { requestId, query, askedAt, agents } = (value ?? {}) as Record<string, unknown>;
  const areAgents = agents === undefined || Array.isArray(agents);
  return typeof requestId === 'string' && typeof query === 'string' && typeof askedAt === 'number' && areAgents;
};

/** Asking works without a storage, or with a full one; only a reload then forgets what is not acknowledged. */
export function makeOutbox(storage: Surroundings['storage']): Outbox {
  const keyOf = (userId: string) => `finops.questions.${userId}`;
  return {
    read(userId) {
      try {
        const questions: unknown = JSON.parse(storage().getItem(keyOf(userId)) ?? '[]');
        return Array.isArray(questions) ? questions.filter(isQuestion) : [];
      } catch {
        return [];
      }
    },
    write(userId, questions) {
      try {
        if (questions.length) storage().setItem(keyOf(userId), JSON.stringify(questions));
        else storage().removeItem(keyOf(userId));
      } catch {
        // As said above.
      }
    },
  };
}
