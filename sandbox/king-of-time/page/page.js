// Keeps the day up to date, and sends the sandbox controls. Without it the page still shows a day.
const { date, live, offline, removed, failed } = document.body.dataset;
const byId = (id) => document.getElementById(id);

const punchIds = (root) =>
  new Map([...root.querySelectorAll('[data-punch]')].map((one) => [one.dataset.punch, one]));

/** Draws the day anew from the server and says what is different. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const before = punchIds(byId('day'));
  const scrolled = byId('day').querySelector('.scroll')?.scrollLeft ?? 0;
  const wasFocused = document.activeElement?.classList.contains('scroll');
  const wasOpen = byId('removals-list').open;
  byId('day').replaceChildren(...fresh.getElementById('day').childNodes);
  byId('removals').replaceChildren(...fresh.getElementById('removals').childNodes);
  byId('removals-list').open = wasOpen;
  const region = byId('day').querySelector('.scroll');
  region.scrollLeft = scrolled;
  if (wasFocused) region.focus();
  const after = punchIds(byId('day'));
  const news = [...after].filter(([id]) => !before.has(id)).map(([, punch]) => punch);
  for (const punch of news) punch.classList.add('fresh');
  const isFewer = [...before.keys()].some((id) => !after.has(id));
  byId('news').textContent = news.map((punch) => punch.dataset.news).join(' ') || (isFewer ? removed : '');
}

let isRefreshing = false;
let isStale = false;
/** One drawing at a time; changes meanwhile ask for one more. */
async function refreshSoon() {
  isStale = true;
  if (isRefreshing) return;
  isRefreshing = true;
  try {
    while (isStale) {
      isStale = false;
      await refresh();
    }
  } catch {
    // The connection is gone; the event stream says so and asks again when it is back.
  } finally {
    isRefreshing = false;
  }
}

function showConnection(isLive) {
  byId('connection').textContent = isLive ? live : offline;
  byId('connection').classList.toggle('lost', !isLive);
}

const changes = new EventSource('/sandbox/changes');
let wasLost = false;
changes.addEventListener('change', refreshSoon);
changes.addEventListener('open', () => {
  showConnection(true);
  if (wasLost) refreshSoon();
  wasLost = false;
});
changes.addEventListener('error', () => {
  wasLost = true;
  showConnection(false);
});

async function send(method, path, body) {
  const answer = await fetch(path, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(() => undefined);
  byId('failure').textContent = answer?.ok ? '' : failed;
}

byId('switches').addEventListener('change', ({ target }) => {
  if (target.name === 'closed') {
    const dayBefore = new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
    return send('PUT', '/sandbox/closing', { through: target.checked ? date : dayBefore });
  }
  const value =
    target.type === 'checkbox'
      ? target.checked
      : target.type === 'number'
        ? Number(target.value)
        : target.value;
  return send('PATCH', '/sandbox/switches', { [target.name]: value });
});
byId('switches').addEventListener('submit', (event) => event.preventDefault());

byId('other').addEventListener('submit', (event) => {
  event.preventDefault();
  const { employeeKey, code, time } = Object.fromEntries(new FormData(event.target));
  return send('POST', '/sandbox/punches', {
    employeeKey,
    code,
    date,
    time: `${date}T${time}:00+09:00`,
    mark: 'IC',
  });
});

byId('removals').addEventListener('click', ({ target }) => {
  const id = target.dataset.remove;
  return id && send('DELETE', `/sandbox/punches/${id}`);
});

document.querySelector('.dates input[type="date"]').addEventListener('change', ({ target }) => {
  if (target.value) target.form.requestSubmit();
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && byId('controls').matches(':popover-open')) {
    byId('controls').hidePopover();
    document.querySelector('.open-controls').focus();
    return;
  }
  if (
    event.target.closest('input, select, .scroll, #controls') ||
    event.altKey ||
    event.ctrlKey ||
    event.metaKey
  )
    return;
  document.querySelector(`.dates a[data-key="${CSS.escape(event.key)}"]`)?.click();
});
