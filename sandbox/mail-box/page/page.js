/** Shows what the mail box holds; everything of a mail is put in as text, its HTML only into a frame that may do nothing. */
const language = new URL(location.href).searchParams.get('lang') === 'en' ? 'en' : 'ja';
const REFRESH_MS = 1500;

const element = (id) => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no #${id}`);
  return found;
};
const texts = await (await fetch(`/texts/${language}`)).json();
let mails = [];
let chosen = null;
let form = 'html';

function showTexts() {
  document.documentElement.lang = language;
  document.title = texts.title;
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = texts[node.dataset.text];
  for (const node of document.querySelectorAll('[data-title]')) node.title = texts[node.dataset.title];
  const other = element('language');
  other.href = `?lang=${language === 'ja' ? 'en' : 'ja'}`;
  other.hreflang = language === 'ja' ? 'en' : 'ja';
}

const written = (at) =>
  new Date(at).toLocaleString(language === 'ja' ? 'ja-JP' : 'en-GB', {
    dateStyle: 'medium',
    timeStyle: 'medium',
  });

function showList() {
  element('empty').hidden = mails.length > 0;
  element('count').textContent = texts.count.replace('{{count}}', String(mails.length));
  element('mails').replaceChildren(
    ...mails.map((mail) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.setAttribute('aria-current', String(mail.id === chosen));
      for (const [name, content] of [
        ['subject', mail.subject],
        ['to', mail.to.join(', ')],
        ['at', written(mail.receivedAt)],
      ]) {
        const line = document.createElement('span');
        line.className = name;
        line.textContent = content;
        button.append(line);
      }
      button.addEventListener('click', () => choose(mail.id));
      const item = document.createElement('li');
      item.append(button);
      return item;
    }),
  );
}

function showMail() {
  const mail = mails.find(({ id }) => id === chosen);
  element('choose').hidden = mail !== undefined;
  element('opened').hidden = mail === undefined;
  if (!mail) return;
  element('subject').textContent = mail.subject;
  element('from').textContent = mail.from;
  element('to').textContent = mail.to.join(', ');
  element('date').textContent = written(mail.receivedAt);
  element('text').textContent = mail.text;
  const frame = element('html');
  if (frame.srcdoc !== mail.html) frame.srcdoc = mail.html;
  showForm();
}

function showForm() {
  for (const each of ['html', 'text']) {
    element(each).hidden = each !== form;
    element(`as-${each}`).setAttribute('aria-selected', String(each === form));
  }
}

function choose(id) {
  chosen = id;
  showList();
  showMail();
}

async function refresh() {
  try {
    const answer = await (await fetch('/mails')).json();
    element('connection').textContent = texts.live;
    const changed = JSON.stringify(answer.mails) !== JSON.stringify(mails);
    mails = answer.mails;
    if (changed) {
      if (!mails.some(({ id }) => id === chosen)) chosen = mails[0]?.id ?? null;
      showList();
      showMail();
    }
  } catch {
    element('connection').textContent = texts.offline;
  }
  setTimeout(refresh, REFRESH_MS);
}

showTexts();
showList();
for (const each of ['html', 'text']) {
  element(`as-${each}`).addEventListener('click', () => {
    form = each;
    showForm();
  });
}
element('clear').addEventListener('click', () => void fetch('/mails', { method: 'DELETE' }));
await refresh();
