/** Gives the person a text as a file. */
export function downloadText(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // A browser has taken the address by the time it comes back to its tasks; Safari a little later.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
