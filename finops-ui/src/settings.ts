/** What src/config.js says, read and checked. The file has the shape of Step 7 of docs/WEBSOCKET_DEPLOYMENT_GUIDE.md. */
export interface Settings {
  readonly websocketEndpoint: string;
  /** False if questions go to `legacyEndpoint`, one request each: no progress, no history. */
  readonly useWebSocket: boolean;
  readonly legacyEndpoint?: string;
  /** Who may sign in; without it nobody needs to, as in a stack with AuthMode=open. */
  readonly userPool?: { readonly id: string; readonly clientId: string };
}

/** A key of config.js that must be mended, and how. */
export interface Fault {
  readonly key: string;
  readonly sentence: string;
}

/**
 * Reads the values of config.js, whatever somebody has written there.
 *
 * @returns the settings, or all that is wrong with it at once
 */
export function readSettings(config: unknown): Settings | { readonly faults: readonly Fault[] } {
  if (typeof config !== 'object' || config === null) {
    return {
      faults: [{ key: 'src/config.js', sentence: 'It exports nothing: it must end with export default config;' }],
    };
  }
  const faults: Fault[] = [];
  const api = section(config, 'api');
  const cognito = section(config, 'cognito');
  const useWebSocket = api.useWebSocket !== false;
  const websocketEndpoint = text(api.websocketEndpoint);
  const legacyEndpoint = text(api.legacyEndpoint);
  const id = text(cognito.userPoolId);
  const clientId = text(cognito.userPoolWebClientId);

  if (useWebSocket && !isAddress(websocketEndpoint, 'wss:', 'ws:')) {
    faults.push({
      key: 'api.websocketEndpoint',
      sentence: `${isOrIsMissing(websocketEndpoint)} It must be the stack's output WebSocketApiEndpoint, \
such as wss://abcdefghij.execute-api.us-east-1.amazonaws.com/prod.`,
    });
  }
  if (!useWebSocket && !isAddress(legacyEndpoint, 'https:', 'http:')) {
    faults.push({
      key: 'api.legacyEndpoint',
      sentence: `${isOrIsMissing(legacyEndpoint)} With useWebSocket: false it must be an address that begins with https://.`,
    });
  }
  if (id !== '' && !/^[\w-]+_[A-Za-z0-9]+$/.test(id)) {
    faults.push({
      key: 'cognito.userPoolId',
      sentence: `It is “${id}”. A user pool's id looks like us-east-1_AbCdEfGhI: its region, _, and letters.`,
    });
  }
  if (clientId !== '' && !/^\w+$/.test(clientId)) {
    faults.push({
      key: 'cognito.userPoolWebClientId',
      sentence: `It is “${clientId}”. An app client's id has letters and digits only.`,
    });
  }
  if ((id === '') !== (clientId === '')) {
    faults.push({
      key: id === '' ? 'cognito.userPoolId' : 'cognito.userPoolWebClientId',
      sentence: 'It is missing. A user pool and its app client come together; without both nobody signs in.',
    });
  }
  if (faults.length > 0) return { faults };
  return {
    websocketEndpoint,
    useWebSocket,
    ...(isAddress(legacyEndpoint, 'https:', 'http:') && { legacyEndpoint }),
    ...(id !== '' && { userPool: { id, clientId } }),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : value == null ? '' : `a ${typeof value}, not a text`;
}

function section(config: unknown, name: string): Record<string, unknown> {
  const values = (config as Record<string, unknown> | null)?.[name];
  return typeof values === 'object' && values !== null ? (values as Record<string, unknown>) : {};
}

function isAddress(text: string, ...protocols: string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

function isOrIsMissing(value: string): string {
  return value === '' ? 'It is missing.' : `It is “${value}”.`;
}
