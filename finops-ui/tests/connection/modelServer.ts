import type { AgentResult, JobSnapshot } from '../../src/wire/messages';
import type { JobMessage } from '../../src/wire/serverMessage';
import type { FakeSocket, World } from './world';

export interface ServedJob {
  readonly jobId: string;
  readonly requestId: string;
  readonly query: string;
  /** All that was said of it, in the order of its steps. */
  readonly told: JobMessage[];
  readonly followers: Set<FakeSocket>;
  state: Omit<JobSnapshot, 'type'>;
}

/** What a network may do to what is on its way. */
export interface Network {
  /** Milliseconds until a message arrives: what is sent later may be there sooner. */
  delay: () => number;
  isDoubled: () => boolean;
  /** Whether a connection is refused. */
  isRefused: () => boolean;
  /** Whether API Gateway fails to serve a message. */
  isUnserved: () => boolean;
}

const CALM: Network = { delay: () => 20, isDoubled: () => false, isRefused: () => false, isUnserved: () => false };

/** The server as docs/WEBSOCKET_API_GUIDE.md has it, for one user, behind a network that may do all that it says. */
export class ModelServer {
  readonly jobs = new Map<string, ServedJob>();
  readonly connections = new Set<FakeSocket>();
  network = CALM;
  /** Milliseconds between two steps of a job. */
  pace = 4_000;
  agents = ['cost', 'saving'];
  tokenLife = 3_600;
  validTokens: (token: string) => boolean = () => true;
  /** Answers a message in place of the server, if it gives something. */
  answer: (message: Record<string, string>) => object | undefined = () => undefined;
  readonly #signedIn = new Map<FakeSocket, number>();
  readonly #stalled = new Set<FakeSocket>();

  constructor(readonly world: World) {}

  readonly line = (socket: FakeSocket): void => {
    const { network, world } = this;
    if (network.isRefused()) {
      world.after(network.delay(), () => socket.ends());
      return;
    }
    world.after(network.delay(), () => {
      this.connections.add(socket);
      socket.opens();
    });
    socket.onLeft = () => {
      this.connections.delete(socket);
      for (const job of this.jobs.values()) job.followers.delete(socket);
    };
    socket.onSent = (frame) => {
      if (this.#stalled.has(socket)) return;
      world.after(network.delay(), () => this.connections.has(socket) && this.#serve(socket, JSON.parse(frame)));
    };
  };

  cut(): void {
    for (const socket of [...this.connections]) socket.ends();
  }

  /** The lines are dead, and nobody is told. */
  stall(): void {
    for (const socket of this.connections) this.#stalled.add(socket);
  }

  /** All tokens that were shown so far end now. */
  expire(): void {
    for (const socket of this.#signedIn.keys()) this.#signedIn.set(socket, this.seconds);
  }

  tell(socket: FakeSocket, message: object): void {
    const times = this.network.isDoubled() ? 2 : 1;
    for (let i = 0; i < times; i++) {
      this.world.after(this.network.delay(), () => {
        if (!this.#stalled.has(socket)) socket.brings(JSON.stringify(message));
      });
    }
  }

  get seconds(): number {
    return Math.floor(this.world.now / 1000);
  }

  jobOf(requestId: string): ServedJob | undefined {
    return [...this.jobs.values()].find((job) => job.requestId === requestId);
  }

  #serve(socket: FakeSocket, message: Record<string, string>): void {
    const { action, jobId = '', requestId = '', query = '' } = message;
    const tell = (answer: object) => this.tell(socket, answer);
    const error = (code: string) =>
      tell({ type: 'error', code, message: `${code}.`, timestamp: this.seconds, ...(jobId && { jobId }) });
    const expiresAt = this.#signedIn.get(socket);
    const job = this.jobs.get(jobId);
    const instead = this.answer(message);
    if (instead) tell(instead);
    else if (this.network.isUnserved()) {
      tell({ message: 'Internal server error', connectionId: 'c', requestId: 'r' });
    } else if (action === 'ping') tell({ action: 'pong', timestamp: this.seconds });
    else if (action === 'authenticate') this.#authenticate(socket, message.token ?? '');
    else if (expiresAt === undefined || expiresAt <= this.seconds) {
      const code = expiresAt === undefined ? 'UNAUTHENTICATED' : 'SESSION_EXPIRED';
      const refused = { type: 'job_failed', jobId: null, error: code, code, requestId, timestamp: this.seconds };
      if (action === 'finops_query') tell(refused);
      else error(code);
    } else if (action === 'finops_query') this.#ask(socket, requestId, query);
    else if (action === 'list_jobs') {
      const jobs = [...this.jobs.values()].reverse().map(({ state }) => state);
      tell({ type: 'job_list', jobs: jobs.slice(0, 20) });
    } else if (!job) error('JOB_NOT_FOUND');
    else if (action === 'resume_job') {
      if (!this.#hasEnded(job)) job.followers.add(socket);
      tell({ type: 'job_snapshot', ...job.state });
    } else if (job.state.status === 'completed') error('JOB_FINISHED');
    else if (job.state.status === 'cancelled') tell(job.told.at(-1) as JobMessage);
    else {
      this.#step(job, { status: 'cancelled' });
      this.#say(job, { type: 'job_cancelled', jobId, timestamp: this.seconds, seq: job.state.seq }, socket);
    }
  }

  #authenticate(socket: FakeSocket, token: string): void {
    if (!this.validTokens(token)) {
      this.tell(socket, { type: 'error', code: 'INVALID_TOKEN', message: 'No.', timestamp: this.seconds });
      return;
    }
    const expiresAt = this.seconds + this.tokenLife;
    this.#signedIn.set(socket, expiresAt);
    const active = [...this.jobs.values()].filter((job) => !this.#hasEnded(job)).reverse();
    for (const job of active) job.followers.add(socket);
    const activeJobs = active.map((job) => job.jobId);
    const user = { message: 'Welcome', userId: 'anna', connectionId: 'c', verified: true };
    this.tell(socket, { type: 'authenticated', ...user, expiresAt, activeJobs });
    for (const job of active) this.tell(socket, { type: 'job_snapshot', ...job.state });
  }

  #ask(socket: FakeSocket, requestId: string, query: string): void {
    const known = this.jobOf(requestId);
    if (known) {
      const { progress, message, seq } = known.state;
      const queued = { type: 'job_queued', jobId: known.jobId, requestId, message, query, progress, seq };
      this.tell(socket, { ...queued, duplicate: true });
      if (this.#hasEnded(known)) this.tell(socket, known.told.at(-1) as JobMessage);
      else known.followers.add(socket);
      return;
    }
    const jobId = `job-${this.jobs.size + 1}`;
    const { seconds, agents } = this;
    const times = { createdAt: seconds, updatedAt: seconds };
    const begun = { status: 'queued', progress: 5, message: 'Your question is queued.', agents, seq: 1 } as const;
    const state = { jobId, query, ...begun, completed_agents: [], results: [], ...times };
    const job: ServedJob = { jobId, requestId, query, told: [], followers: new Set([socket]), state };
    this.jobs.set(jobId, job);
    this.#say(job, { type: 'job_queued', jobId, requestId, message: begun.message, query, progress: 5, seq: 1 });
    this.#then(job, () => this.#begin(job));
  }

  #begin(job: ServedJob): void {
    this.#step(job, { status: 'processing', message: 'Working on your question.', progress: 10 });
    const { jobId, query } = job;
    const { seq } = job.state;
    this.#progress(job);
    this.#say(job, { type: 'analysis_started', jobId, agents: job.state.agents, query, seq });
    for (const agent of [...job.state.agents].sort(() => this.world.random() - 0.5)) {
      this.#then(job, () => this.#complete(job, agent));
    }
  }

  #complete(job: ServedJob, agent: string): void {
    const content = `What ${agent} says of ${job.query}`;
    const result: AgentResult = { agent, title: agent, content, status: 'completed', timestamp: this.seconds };
    const completed_agents = [...job.state.completed_agents, agent];
    const results = [...job.state.results, result];
    const done = completed_agents.length;
    const progress = 10 + Math.floor((80 * done) / job.state.agents.length);
    this.#step(job, { completed_agents, results, progress, message: `${agent} has answered.` });
    const { jobId } = job;
    const counts = { progress, completed_agents, total_agents: job.state.agents.length };
    this.#say(job, { type: 'agent_completed', jobId, agent, result, ...counts, seq: job.state.seq });
    if (done < job.state.agents.length) this.#progress(job);
    else this.#then(job, () => this.#end(job));
  }

  #end(job: ServedJob): void {
    const { jobId, query } = job;
    const response = job.state.results.map((part) => part.content).join('\n');
    const agents = { agent: job.state.agents.join(', '), agents_invoked: job.state.agents };
    const result = { query, response, ...agents, partial: false, timestamp: this.seconds };
    this.#step(job, { status: 'completed', progress: 100, message: 'Done.', result });
    this.#say(job, { type: 'job_completed', jobId, result, timestamp: this.seconds, seq: job.state.seq });
  }

  #then(job: ServedJob, happen: () => void): void {
    this.world.after(this.pace * (0.5 + this.world.random()), () => this.#hasEnded(job) || happen());
  }

  #hasEnded = (job: ServedJob) => !['queued', 'processing'].includes(job.state.status);

  #step(job: ServedJob, changes: Partial<JobSnapshot>): void {
    job.state = { ...job.state, ...changes, seq: job.state.seq + 1, updatedAt: this.seconds };
  }

  #progress(job: ServedJob): void {
    const { jobId, status, message, progress, seq } = job.state;
    this.#say(job, { type: 'progress_update', jobId, status, message, progress, timestamp: this.seconds, seq });
  }

  #say(job: ServedJob, message: JobMessage, alsoTo?: FakeSocket): void {
    job.told.push(message);
    for (const socket of new Set([...job.followers, ...(alsoTo ? [alsoTo] : [])])) this.tell(socket, message);
  }
}
