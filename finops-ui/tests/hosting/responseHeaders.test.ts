import { describe, expect, it } from 'vitest';
import { contentSecurityPolicy, customHttp, headerRules, policyText } from '../../hosting/responseHeaders.ts';

const GUIDES = {
  region: 'us-east-1',
  cognito: { userPoolId: 'eu-west-1_DQpPM15TX', userPoolWebClientId: '4evk2m4ru8rrenij1ukg0044k6' },
  api: {
    websocketEndpoint: 'wss://rtswivmeqj.execute-api.us-east-1.amazonaws.com/prod',
    legacyEndpoint: 'https://mdog752949.execute-api.us-east-1.amazonaws.com/prod/query',
  },
};

function connectSources(changes: object, localCloud?: string): string[] | undefined {
  return contentSecurityPolicy({ ...GUIDES, ...changes }, localCloud)['connect-src']?.split(' ');
}

describe('the content security policy', () => {
  it('lets the page speak to its endpoints, the pool in its region, and the bucket of long answers', () => {
    expect(connectSources({})).toEqual([
      'wss://rtswivmeqj.execute-api.us-east-1.amazonaws.com/prod',
      'https://mdog752949.execute-api.us-east-1.amazonaws.com/prod/query',
      'https://cognito-idp.eu-west-1.amazonaws.com',
      'https://*.s3.us-east-1.amazonaws.com',
      'https://*.s3.amazonaws.com',
    ]);
  });

  it('has no source for what config.js leaves empty', () => {
    const { websocketEndpoint } = GUIDES.api;
    expect(connectSources({ cognito: {}, api: { websocketEndpoint, legacyEndpoint: '' } })).toEqual([
      websocketEndpoint,
      'https://*.s3.us-east-1.amazonaws.com',
      'https://*.s3.amazonaws.com',
    ]);
  });

  it('knows the local cloud, which answers for all of AWS, and other regions', () => {
    const api = { websocketEndpoint: 'ws://localhost:4566/_aws/abc/prod' };
    expect(connectSources({ api }, 'http://localhost:4566')).toEqual([
      api.websocketEndpoint,
      'http://localhost:4566',
      'http://*.localhost:4566',
    ]);
    expect(connectSources({ region: 'eu-west-1' })?.at(-1)).toBe('https://*.s3.eu-west-1.amazonaws.com');
    expect(connectSources({ region: 'cn-north-1' })?.at(-1)).toBe('https://*.s3.cn-north-1.amazonaws.com.cn');
  });

  it('allows no inline script or style, and HTML from its own trusted types policies only', () => {
    const policy = policyText(contentSecurityPolicy(GUIDES));
    expect(policy).not.toMatch(/unsafe|data:|\*(?!\.s3\.)/);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(policy).toMatch(/require-trusted-types-for 'script'; trusted-types dompurify$/);
  });

  it('has no WebSocket where none is to be used', () => {
    expect(connectSources({ api: { ...GUIDES.api, useWebSocket: false } })?.[0]).toBe(GUIDES.api.legacyEndpoint);
  });

  it('is not made of what src/settings.ts finds wrong, and no address adds to it', () => {
    expect(() => connectSources({ api: { websocketEndpoint: 'rtswivmeqj' } })).toThrow(
      'config.js: api.websocketEndpoint: It is “rtswivmeqj”.',
    );
    const api = { websocketEndpoint: 'wss://a.example/prod; script-src *, default-src *' };
    expect(connectSources({ api })?.[0]).toBe('wss://a.example/prod%3B%20script-src%20*%2C%20default-src%20*');
  });

  it('is not made of a region that is none', () => {
    expect(() => connectSources({ region: 'us-east-1; script-src *' })).toThrow(
      'config.js: region: It is "us-east-1; script-src *".',
    );
  });
});

describe('the headers', () => {
  const rules = headerRules(contentSecurityPolicy(GUIDES));

  it('come from one pattern each, whichever path is asked for', () => {
    const [everywhere, ...places] = rules;
    expect(everywhere?.pattern).toBe('**');
    expect(everywhere?.headers).not.toHaveProperty('Cache-Control');
    expect(new Set(places.flatMap(({ headers }) => Object.keys(headers)))).toEqual(new Set(['Cache-Control']));
  });

  it('say in the form of Amplify who may frame the page, which a meta element cannot', () => {
    const written = customHttp(rules);
    expect(written).toMatch(
      /^customHeaders:\n {2}- pattern: "\*\*"\n {4}headers:\n {6}- key: "Content-Security-Policy"\n/,
    );
    expect(written).toContain("; frame-ancestors 'none'\"\n");
  });
});
