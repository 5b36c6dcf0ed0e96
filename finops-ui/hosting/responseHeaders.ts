import { readSettings, type Settings } from '../src/settings.ts';

/** Headers for the paths that a pattern matches, as Amplify Hosting takes them. */
export interface HeaderRule {
  readonly pattern: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The one trusted types policy that makes HTML, which is the sanitizer's own. */
const TRUSTED_TYPES = 'dompurify';

/**
 * Makes the content security policy of a page with this config.js: it loads what the site has, and speaks to nobody but
 * the endpoints.
 *
 * @param config what config.js exports
 * @param localCloud the address that answers for AWS in a local run, such as http://localhost:4566
 * @throws Error if something in config.js must be mended: sentences for whoever builds
 */
export function contentSecurityPolicy(config: unknown, localCloud = ''): Readonly<Record<string, string>> {
  const settings = readSettings(config);
  if ('faults' in settings) {
    throw new Error(settings.faults.map(({ key, sentence }) => `config.js: ${key}: ${sentence}`).join('\n'));
  }
  const clouds = localCloud ? localSources(localCloud) : awsSources(settings, (config as { region?: unknown }).region);
  return {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': [...endpointSources(settings), ...clouds].join(' '),
    'base-uri': "'none'",
    'form-action': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': TRUSTED_TYPES,
  };
}

/** The endpoints that the page uses. A source is matched with its path, and with whatever query follows. */
function endpointSources({ useWebSocket, websocketEndpoint, legacyEndpoint }: Settings): string[] {
  return [useWebSocket ? websocketEndpoint : '', legacyEndpoint ?? ''].filter(Boolean).map((address) => {
    const { protocol, host, pathname } = new URL(address);
    // In a policy these would begin something else.
    return `${protocol}//${host}${pathname === '/' ? '' : pathname.replaceAll(';', '%3B').replaceAll(',', '%2C')}`;
  });
}

function localSources(localCloud: string): string[] {
  const { protocol, host } = new URL(localCloud);
  return [`${protocol}//${host}`, `${protocol}//*.${host}`];
}

/** Where people sign in, and where long answers lead. */
function awsSources({ userPool }: Settings, region: unknown): string[] {
  const sources: string[] = [];
  if (userPool) {
    // The pool may lie in another region than the API; its id begins with it.
    sources.push(`https://cognito-idp.${awsHost(userPool.id.split('_')[0])}`);
  }
  // They come by a signed link to the results bucket, whose name config.js does not have. In us-east-1 the SDK signs
  // links for the host without a region, unless it is told otherwise:
  // https://docs.aws.amazon.com/sdkref/latest/guide/feature-s3-regional-endpoint.html
  sources.push(`https://*.s3.${awsHost(region)}`);
  return region === 'us-east-1' ? [...sources, 'https://*.s3.amazonaws.com'] : sources;
}

function awsHost(region: unknown): string {
  if (typeof region !== 'string' || !/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region)) {
    throw new Error(`config.js: region: It is ${JSON.stringify(region)}. It must be the stack's, such as 'us-east-1'.`);
  }
  return `${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/** A policy as one text, as a header or a meta element has it. */
export function policyText(policy: Readonly<Record<string, string>>): string {
  return Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');
}

/** All headers of the site. No path gets the same header by two patterns, so that their order does not matter. */
export function headerRules(policy: Readonly<Record<string, string>>): readonly HeaderRule[] {
  return [
    {
      pattern: '**',
      headers: {
        // A meta element cannot say who may frame the page, so only the header does.
        'Content-Security-Policy': policyText({ ...policy, 'frame-ancestors': "'none'" }),
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Resource-Policy': 'same-origin',
        'Permissions-Policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
        'Referrer-Policy': 'no-referrer',
        'Strict-Transport-Security': 'max-age=31536000',
        'X-Content-Type-Options': 'nosniff',
        'X-Frame-Options': 'DENY',
      },
    },
    // What is there has its content's hash in its name.
    { pattern: '/assets/*', headers: { 'Cache-Control': 'public, max-age=31536000, immutable' } },
    ...['/', '/index.html'].map((pattern) => ({ pattern, headers: { 'Cache-Control': 'no-cache' } })),
  ];
}

/**
 * Writes the rules as customHttp.yml, which Amplify reads from the root of what is deployed.
 * https://docs.aws.amazon.com/amplify/latest/userguide/setting-custom-headers.html
 */
export function customHttp(rules: readonly HeaderRule[]): string {
  const lines = ['customHeaders:'];
  for (const { pattern, headers } of rules) {
    // A text of JSON is one of YAML.
    lines.push(`  - pattern: ${JSON.stringify(pattern)}`, '    headers:');
    for (const [key, value] of Object.entries(headers)) {
      lines.push(`      - key: ${JSON.stringify(key)}`, `        value: ${JSON.stringify(value)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
