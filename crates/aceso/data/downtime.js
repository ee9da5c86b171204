'use strict';
(() => {
  const form = document.querySelector('form');
  const told = document.querySelector('output');
  const main = document.querySelector('main');
  const pack = document.getElementById('pack').dataset;
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const plain = (text) => new TextEncoder().encode(text);
  // As it is printed: capitals without hyphens; O is read as 0, I and L as 1.
  const printed = (typed) =>
    typed.toUpperCase().replace(/[^0-9A-Z]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');

  async function open(typed) {
    const words = await crypto.subtle.importKey('raw', plain(printed(typed)), 'PBKDF2', false, ['deriveKey']);
    const stretch = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(pack.salt), iterations: Number(pack.rounds) };
    const key = await crypto.subtle.deriveKey(stretch, words, { name: 'AES-GCM', length: 256 }, false, ['decrypt']);
    const sealed = bytes(document.getElementById('pack').textContent.trim());
    const cipher = { name: 'AES-GCM', iv: sealed.slice(1, 13), additionalData: plain(pack.place) };
    return new TextDecoder().decode(await crypto.subtle.decrypt(cipher, key, sealed.slice(13)));
  }

  function narrow(event) {
    const wanted = event.target.value.trim().toLowerCase();
    for (const section of main.querySelectorAll('section')) {
      section.hidden = !section.dataset.name.includes(wanted);
    }
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    told.textContent = 'Opening …';
    try {
      main.innerHTML = await open(form.elements.words.value);
    } catch {
      told.textContent = 'That does not open it: read the paper again, group by group.';
      form.elements.words.select();
      return;
    }
    form.reset();
    form.hidden = true;
    told.textContent = '';
    const search = main.querySelector('input');
    search.addEventListener('input', narrow);
    search.focus();
  });
})();
