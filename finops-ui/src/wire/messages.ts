/* Made from contract/messages.schema.json by npm run types. Not to be edited. */

/**
 * Seconds since 1970-01-01T00:00:00Z
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "epochSeconds".
 */
export type EpochSeconds = number;
/**
 * A random UUID that the server makes; a client may send back what it was given, of at most 128 characters
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "jobId".
 */
export type JobId = string;
/**
 * The client's own id of a question. The same id from the same user is the same job, however often it is sent. Where nobody proves who asks (AuthMode=open), an id of fewer than 32 characters counts on its own connection only: it could be guessed. Best a random UUID
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "requestId".
 */
export type RequestId = string;
/**
 * Rises with every step of a job. Frames may arrive out of order; seq says which state is newer
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "seq".
 */
export type Seq = number;
/**
 * Percent; never falls within a job
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "progress".
 */
export type Progress = number;
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "jobStatus".
 */
export type JobStatus = 'queued' | 'processing' | 'completed' | 'failed' | 'cancelled';
/**
 * Seconds to wait before the same is sent again; with RATE_LIMITED and TOO_MANY_JOBS. A client that gets something else here does as if it were not there
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "retryAfter".
 */
export type RetryAfter = number;
/**
 * An agent's name: its Lambda function's name
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "agentName".
 */
export type AgentName = string;
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "agentNames".
 */
export type AgentNames = AgentName[];
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "errorCode".
 */
export type ErrorCode =
  | 'INVALID_MESSAGE'
  | 'UNKNOWN_ACTION'
  | 'UNAUTHENTICATED'
  | 'INVALID_TOKEN'
  | 'SESSION_EXPIRED'
  | 'ORIGIN_NOT_ALLOWED'
  | 'JOB_NOT_FOUND'
  | 'JOB_FINISHED'
  | 'TOO_MANY_JOBS'
  | 'RATE_LIMITED'
  | 'QUERY_TOO_LONG'
  | 'UNKNOWN_AGENT'
  | 'QUEUE_UNAVAILABLE'
  | 'AGENTS_FAILED'
  | 'PROCESSING_FAILED'
  | 'TIMED_OUT'
  | 'INTERNAL';
/**
 * Figures beside an answer's markdown, for charts and CSV files: what the text says, for programs. At most 32 KB as JSON in UTF-8 without spaces
 *
 * @minItems 1
 * @maxItems 4
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "figures".
 */
export type Figures = [Figure, ...Figure[]];
/**
 * A number is one that every reader of JSON has exactly; a larger one is a string
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "figureCell".
 */
export type FigureCell = string | number | null;
export type Authenticate = {
  [k: string]: unknown;
};

/**
 * Every message of the wire protocol, one definition each. JSON text frames, one object a frame. Unknown fields are ignored by both sides; new fields and new types may be added. Times are integer epoch seconds. The functions validate what clients send against this file (compiled when a package is built), the tests validate what the functions send.
 */
export interface FinOpsAgentWebSocketMessages {
  [k: string]: unknown;
}
/**
 * Each agent's heading for people, by its name. Missing of a job that an older release has made
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "agentTitles".
 */
export interface AgentTitles {
  [k: string]: string;
}
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "agentResult".
 */
export interface AgentResult {
  agent: AgentName;
  /**
   * The agent's heading for people
   */
  title: string;
  /**
   * Markdown; of a failed agent, a sentence for a person
   */
  content: string;
  status: 'completed' | 'failed';
  timestamp: EpochSeconds;
  data?: Figures;
  /**
   * Where the whole content is (presigned, one hour) when it is too large for a message; content is then its first part
   */
  responseUrl?: string;
}
/**
 * A table, and how to draw it. Column keys are unique. Nothing but the columns says how a cell is read
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "figure".
 */
export interface Figure {
  title: string;
  /**
   * @minItems 1
   */
  columns: [FigureColumn, ...FigureColumn[]];
  /**
   * In the order in which they are shown and drawn
   */
  rows: FigureRow[];
  total?: FigureRow1;
  chart?: FigureChart;
}
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "figureColumn".
 */
export interface FigureColumn {
  /**
   * What the rows call it; for machines
   */
  key: string;
  /**
   * Its heading for people
   */
  label: string;
  /**
   * How its cells are read. money: a decimal string such as -1234.50, never a JSON number. number, percent (12.5 is 12.5 %): a decimal string or a JSON number. month: 2026-05. date: 2026-05-21. text: any text
   */
  type: 'text' | 'number' | 'money' | 'percent' | 'month' | 'date';
  /**
   * Of a money column: ISO 4217
   */
  currency?: string;
}
/**
 * Its cells by their columns' keys. A cell that is missing has no value, as null says
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "figureRow".
 */
export interface FigureRow {
  [k: string]: FigureCell;
}
/**
 * Its cells by their columns' keys. A cell that is missing has no value, as null says
 */
export interface FigureRow1 {
  [k: string]: FigureCell;
}
/**
 * How to draw the rows, in their order: y over x. All but kind, forecastFrom and partial are keys of columns; y, low and high are columns of numbers
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "figureChart".
 */
export interface FigureChart {
  kind: 'bar' | 'line';
  x: string;
  y: string;
  /**
   * The lower end of y's range; null where it has none
   */
  low?: string;
  /**
   * The upper end
   */
  high?: string;
  /**
   * The value of x from whose row on y is a forecast
   */
  forecastFrom?: string;
  /**
   * The value of x whose y is not whole yet, such as the month that is under way
   */
  partial?: string;
}
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "jobResult".
 */
export interface JobResult {
  query: string;
  /**
   * The whole answer in markdown, or its first part if responseUrl is there
   */
  response: string;
  /**
   * The agents whose answers the response holds, joined by ', '
   */
  agent: string;
  agents_invoked: AgentNames;
  /**
   * True if an agent failed, so that its part is missing
   */
  partial: boolean;
  timestamp: EpochSeconds;
  /**
   * Where the whole answer is (presigned, one hour) when it is too large for a message
   */
  responseUrl?: string;
}
export interface Authenticate1 {
  action: 'authenticate';
  /**
   * Cognito ID or access token
   */
  token?: string;
  userId?: string;
  username?: string;
}
/**
 * Keeps an idle connection open; answered with Pong
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "Ping".
 */
export interface Ping {
  action: 'ping';
  timestamp?: number;
}
/**
 * Asks a question. Answered with JobQueued, or with JobFailed if it is refused
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "FinopsQuery".
 */
export interface FinopsQuery {
  action: 'finops_query';
  query: string;
  requestId?: RequestId;
  /**
   * The agents to ask; without it the question's words decide
   *
   * @minItems 1
   * @maxItems 10
   */
  agents?: [AgentName, ...AgentName[]];
  userId?: string;
  username?: string;
  timestamp?: number;
}
/**
 * Asks for a job's whole state and, if it is unfinished, follows it from there; answered with JobSnapshot
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "ResumeJob".
 */
export interface ResumeJob {
  action: 'resume_job';
  jobId: JobId;
}
/**
 * Ends a job that is not finished; answered with JobCancelled, however often it is sent
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "CancelJob".
 */
export interface CancelJob {
  action: 'cancel_job';
  jobId: JobId;
}
/**
 * Asks for the user's jobs, newest first, 20 of them without a limit; answered with JobList. Needs a verified token
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "ListJobs".
 */
export interface ListJobs {
  action: 'list_jobs';
  limit?: number;
  /**
   * The cursor of a JobList, to go on after it
   */
  cursor?: string;
}
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "Authenticated".
 */
export interface Authenticated {
  type: 'authenticated';
  message: string;
  userId: string;
  connectionId: string;
  /**
   * True only if a token proved who is asking
   */
  verified: boolean;
  expiresAt?: EpochSeconds;
  /**
   * The user's unfinished jobs, newest first; this connection now follows them, and a JobSnapshot of each comes next. There on every verified connection
   */
  activeJobs?: JobId[];
}
/**
 * The only server message with action in place of type
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "Pong".
 */
export interface Pong {
  action: 'pong';
  timestamp: EpochSeconds;
}
/**
 * The question is accepted and will be answered, whatever happens to this connection
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "JobQueued".
 */
export interface JobQueued {
  type: 'job_queued';
  jobId: JobId;
  requestId?: RequestId;
  message: string;
  query: string;
  progress: Progress;
  seq: Seq;
  /**
   * True if this requestId was accepted before: the same job
   */
  duplicate?: boolean;
}
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "ProgressUpdate".
 */
export interface ProgressUpdate {
  type: 'progress_update';
  jobId: JobId;
  status: JobStatus;
  message: string;
  progress: Progress;
  timestamp: EpochSeconds;
  seq: Seq;
}
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "AnalysisStarted".
 */
export interface AnalysisStarted {
  type: 'analysis_started';
  jobId: JobId;
  agents: AgentNames;
  titles?: AgentTitles;
  query: string;
  seq: Seq;
}
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "AgentCompleted".
 */
export interface AgentCompleted {
  type: 'agent_completed';
  jobId: JobId;
  agent: AgentName;
  result: AgentResult;
  progress: Progress;
  completed_agents: AgentNames;
  total_agents: number;
  seq: Seq;
}
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "JobCompleted".
 */
export interface JobCompleted {
  type: 'job_completed';
  jobId: JobId;
  result: JobResult;
  timestamp: EpochSeconds;
  seq: Seq;
}
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "JobFailed".
 */
export interface JobFailed {
  type: 'job_failed';
  /**
   * null when no job was made
   */
  jobId: JobId | null;
  /**
   * A sentence for a person
   */
  error: string;
  code: ErrorCode;
  retryAfter?: RetryAfter;
  requestId?: RequestId;
  timestamp: EpochSeconds;
  seq?: Seq;
}
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "JobCancelled".
 */
export interface JobCancelled {
  type: 'job_cancelled';
  jobId: JobId;
  timestamp: EpochSeconds;
  seq: Seq;
}
/**
 * A job's whole state
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "JobSnapshot".
 */
export interface JobSnapshot {
  type: 'job_snapshot';
  jobId: JobId;
  status: JobStatus;
  progress: Progress;
  message: string;
  query: string;
  agents: AgentNames;
  titles?: AgentTitles;
  completed_agents: AgentNames;
  results: AgentResult[];
  result?: JobResult;
  error?: string;
  code?: ErrorCode;
  createdAt: EpochSeconds;
  updatedAt: EpochSeconds;
  seq: Seq;
}
/**
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "JobList".
 */
export interface JobList {
  type: 'job_list';
  jobs: {
    jobId: JobId;
    status: JobStatus;
    progress: Progress;
    query: string;
    createdAt: EpochSeconds;
    updatedAt: EpochSeconds;
    seq: Seq;
  }[];
  /**
   * There if there may be more jobs. Its content means nothing to clients
   */
  cursor?: string;
}
/**
 * For everything but a refused FinopsQuery, which ends in JobFailed. jobId is the one that the refused message named, if it named any
 *
 * This interface was referenced by `FinOpsAgentWebSocketMessages`'s JSON-Schema
 * via the `definition` "Error".
 */
export interface Error {
  type: 'error';
  code: ErrorCode;
  /**
   * A sentence for a person
   */
  message: string;
  retryAfter?: RetryAfter;
  timestamp: EpochSeconds;
  jobId?: JobId;
}
