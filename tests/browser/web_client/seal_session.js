// Puts a sign-in where the client keeps it: see finops-ui/src/session/sealedStorage.ts.
async ([name, entries]) => {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const opening = indexedDB.open('finops', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
  const database = await done(opening);
  await done(database.transaction('keys', 'readwrite').objectStore('keys').put(key, 'session'));
  database.close();
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = new TextEncoder().encode(JSON.stringify(entries));
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, text);
  localStorage.setItem(name, btoa(String.fromCharCode(...iv, ...new Uint8Array(sealed))));
}
