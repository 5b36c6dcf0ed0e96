import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { hostedPage } from './hosting/hostedPage.ts';

export default defineConfig({
  // The site may lie anywhere below its host.
  base: './',
  build: {
    outDir: 'build',
    emptyOutDir: true,
    target: 'es2024',
    modulePreload: { polyfill: false },
    // An image within a style would need `data:` in the policy.
    assetsInlineLimit: 0,
    // The texts of the licences under which others' packages may be passed on.
    license: { fileName: 'licences.md' },
  },
  plugins: [react(), hostedPage()],
});
