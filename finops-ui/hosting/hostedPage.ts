import type { Plugin } from 'vite';
import { configPath, readConfig } from './configFile.ts';
import { contentSecurityPolicy, customHttp, headerRules, policyText } from './responseHeaders.ts';

/**
 * Makes what is built a page that can be hosted: with its config.js, and with the policy that follows from it, in
 * index.html and, with all other headers, in customHttp.yml.
 */
export function hostedPage(): Plugin {
  let policy: ReturnType<typeof contentSecurityPolicy> = {};
  return {
    name: 'finops-hosted-page',
    // Before Vite's own, which would only say that the file is not there.
    enforce: 'pre',
    resolveId: (imported) => (/^\.{1,2}\/config\.js$/.test(imported) ? configPath() : null),
    async buildStart() {
      if (this.environment.mode === 'build') {
        try {
          policy = contentSecurityPolicy(await readConfig(), process.env.VITE_COGNITO_ENDPOINT);
        } catch (error) {
          // What is wrong with config.js is said in a sentence; where in here that was found helps nobody.
          this.error({ message: (error as Error).message, stack: '' });
        }
      }
    },
    transformIndexHtml: {
      order: 'post',
      // Not while developing: Vite's own page has scripts of its own in it.
      handler: (html, { bundle }) => (bundle ? withPolicy(html, policyText(policy)) : html),
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'customHttp.yml', source: customHttp(headerRules(policy)) });
    },
  };
}

/** Puts the policy behind the charset, which must stand at the very top, and before all that it holds for. */
function withPolicy(html: string, policy: string): string {
  const charset = '<meta charset="utf-8">';
  if (!html.includes(charset)) {
    throw new Error(`index.html must have ${charset}: the content security policy is put behind it.`);
  }
  return html.replace(charset, () => `${charset}\n    <meta http-equiv="Content-Security-Policy" content="${policy}">`);
}
