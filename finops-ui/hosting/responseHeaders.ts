import type { Config } from './configFile.ts';

/** Headers for the paths that a pattern matches, as Amplify Hosting takes them. */
export interface HeaderRule {
  readonly pattern: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Names of the trusted types policies that make HTML: ours for answers, and the sanitizer's own. */
const TRUSTED_TYPES = ['finops-answer', 'dompurify'];

/**
 * Makes the content security policy of a page with this config.js: it loads what the site has, and speaks to nobody but
 * the endpoints.
 *
 * @param localCloud the address that answers for AWS in a local run, such as http://localhost:4566
 * @throws Error if an endpoint is no address: a sentence for whoever builds
 */
export function contentSecurityPolicy(config: Config, localCloud = ''): Readonly<Record<string, string>> {
  return {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': connectSources(config, localCloud).join(' '),
    'base-uri': "'none'",
    'form-action': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': TRUSTED_TYPES.join(' '),
  };
}

function connectSources(config: Config, localCloud: string): string[] {
  const { websocketEndpoint, legacyEndpoint } = config.api ?? {};
  const pool = String(config.cognito?.userPoolId ?? '');
  const sources = [source('api.websocketEndpoint', websocketEndpoint, /^wss?:$/)];
  if (legacyEndpoint) {
    sources.push(source('api.legacyEndpoint', legacyEndpoint, /^https?:$/));
  }
  if (localCloud) {
    const { protocol, host } = new URL(localCloud);
    return [...sources, `${protocol}//${host}`, `${protocol}//*.${host}`];
  }
  if (pool) {
    // The pool may lie in another region than the API; its id begins with it.
    sources.push(`https://cognito-idp.${awsHost(pool.split('_')[0])}`);
  }
  // Long answers come by a signed link to the results bucket, whose name config.js does not have. In us-east-1 the SDK
  // signs links for the host without a region, unless it is told otherwise:
  // https://docs.aws.amazon.com/sdkref/latest/guide/feature-s3-regional-endpoint.html
  sources.push(`https://*.s3.${awsHost(config.region)}`);
  return config.region === 'us-east-1' ? [...sources, 'https://*.s3.amazonaws.com'] : sources;
}

/** An address as a source: it is matched with its path, and whatever query follows. */
function source(key: string, value: unknown, protocols: RegExp): string {
  const url = URL.canParse(String(value)) ? new URL(String(value)) : undefined;
  // A space, a comma or a semicolon would begin something else in the policy.
  if (!url || !protocols.test(url.protocol) || /[\s,;]/.test(url.href)) {
    throw new Error(`config.js: ${key} must be an address, such as ${EXAMPLES[key]}, not ${JSON.stringify(value)}.`);
  }
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  'api.websocketEndpoint': 'wss://abc.execute-api.us-east-1.amazonaws.com/prod',
  'api.legacyEndpoint': 'https://abc.execute-api.us-east-1.amazonaws.com/prod/query',
};

function awsHost(region: unknown): string {
  if (!/^[a-z]{2}(-[a-z]+)+-\d+$/.test(String(region))) {
    throw new Error(`config.js: ${JSON.stringify(region)} is no AWS region, such as 'us-east-1'.`);
  }
  return `${region}.amazonaws.com${String(region).startsWith('cn-') ? '.cn' : ''}`;
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
