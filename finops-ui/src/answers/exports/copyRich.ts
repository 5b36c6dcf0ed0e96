/**
 * Puts a text into the clipboard, with its formatting where the browser can. Fails where it may not.
 *
 * @param text may still have to be fetched: what waits for it is the clipboard, which can only be written at a click
 */
export async function copyRich(text: Promise<string>, htmlOf: (text: string) => string): Promise<void> {
  const blob = async (type: string, content: (text: string) => string) => new Blob([content(await text)], { type });
  try {
    await navigator.clipboard.write([
      new ClipboardItem({
        'text/html': blob('text/html', htmlOf),
        'text/plain': blob('text/plain', (plain) => plain),
      }),
    ]);
  } catch {
    await navigator.clipboard.writeText(await text);
  }
}
