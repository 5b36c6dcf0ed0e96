import { createFinopsClient, type FinopsClientOptions } from '../../src/connection/createFinopsClient';
import { fold, type Job } from '../../src/jobs/job';
import { ModelServer, type ServedJob } from './modelServer';
import { FakeSession, FakeStorage, Page, World } from './world';

type Tab = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** A page with its client, begun, and a server that it reaches. */
export function begin(
  prepare: (server: ModelServer) => void = () => {},
  seed = 1,
  tab: Tab = new FakeStorage(),
  options: Pick<FinopsClientOptions, 'legacyEndpoint' | 'useWebSocket'> = {},
) {
  const world = new World(seed);
  const server = new ModelServer(world);
  prepare(server);
  const session = new FakeSession();
  /** Opens another page: of the same tab, it is the same page loaded anew. */
  const open = (storage = tab) => {
    const page = new Page(world, server.line, storage);
    const client = createFinopsClient({ url: 'wss://finops.example', session, surroundings: page, ...options });
    client.start();
    return { page, client };
  };
  return { world, server, session, tab: tab as FakeStorage, open, ...open() };
}

/** A job without what not all ways to it tell. */
export const comparable = ({ createdAt: _, requestId: __, ...job }: Job) => job;

/** A job as the whole of its messages makes it. */
export const wholeOf = (job: ServedJob) =>
  comparable(job.told.reduce<Job | undefined>((before, message) => fold(before, message), undefined) as Job);
