// Keeps entries as the client keeps a sign-in: as one item, encrypted with a key that stays in this browser.
async ([name, entries]) => {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const opening = indexedDB.open('finops', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
  await new Promise((resolve) => {
    opening.onsuccess = resolve;
  });
  const writing = opening.result.transaction('keys', 'readwrite');
  writing.objectStore('keys').put(key, 'session');
  await new Promise((resolve) => {
    writing.oncomplete = resolve;
  });
  opening.result.close();
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = new TextEncoder().encode(JSON.stringify(entries));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, text));
  localStorage.setItem(name, btoa(String.fromCharCode(...iv, ...sealed)));
}
