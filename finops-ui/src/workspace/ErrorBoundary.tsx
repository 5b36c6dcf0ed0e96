import { Component, type ReactNode } from 'react';

/** Shows a sentence in place of a page that could not be drawn. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    if (!this.state.isBroken) return this.props.children;
    return (
      <div className="whole-page" role="alert">
        <h1>This page could not be drawn</h1>
        <p>That is a fault of the page, not of your question: what was asked goes on, and its answer is kept.</p>
        <p className="buttons">
          <button type="button" className="button" onClick={() => location.reload()}>
            Reload the page
          </button>
          <a className="quiet-button" href="#/">
            New question
          </a>
        </p>
      </div>
    );
  }
}
