'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const element = (id) => document.getElementById(id);
  const NAMES = { 1: 'yes', 0: 'no', '-1': 'skip' };
  const key = 'dsrb_mm-review-' + data.id;
  // One answer per question: 1 yes, 0 no, -1 not known, null not asked yet.
  let answers = data.questions.map(() => null);
  let at = 0;
  let unsaved = false;

  // Browsers may refuse storage to local files: answers then last until the page is closed.
  function remember() {
    try { localStorage.setItem(key, JSON.stringify({ answers, at })); } catch (error) { /* see above */ }
  }
  function recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(key));
      if (kept && Array.isArray(kept.answers) && kept.answers.length === answers.length) {
        answers = kept.answers.map((value) => ([1, 0, -1].includes(value) ? value : null));
        at = Math.min(Math.max(0, Number(kept.at) || 0), answers.length);
        unsaved = answers.some((value) => value !== null);
      }
    } catch (error) { /* nothing to recall */ }
  }

  function show() {
    const done = answers.filter((value) => value !== null).length;
    const total = answers.length;
    const finished = at >= total;
    element('bar').max = total;
    element('bar').value = done;
    element('progress').textContent = finished
      ? `All ${total} questions seen, ${done} answered: save the answers`
      : `Question ${at + 1} of ${total}, ${done} answered`;
    element('question').hidden = element('image').hidden = element('path').hidden = finished;
    for (const id of ['yes', 'no', 'skip']) {
      element(id).disabled = finished;
      element(id).classList.toggle('chosen', !finished && NAMES[answers[at]] === id);
    }
    element('back').disabled = at === 0;
    element('given').textContent = '';
    if (finished) { return; }
    const [image, category] = data.questions[at];
    element('category').textContent = data.categories[category];
    element('path').textContent = data.paths[image];
    element('image').src = data.images[image];
    if (answers[at] !== null) { element('given').textContent = `answered: ${NAMES[answers[at]]}`; }
  }

  function answer(value) {
    if (at >= answers.length) { return; }
    answers[at] = value;
    at += 1;
    unsaved = true;
    remember();
    show();
  }

  function back() {
    at = Math.max(0, at - 1);
    remember();
    show();
  }

  const quoted = (text) => '"' + text.replaceAll('"', '""') + '"';

  function table() {
    const rows = new Map();
    data.questions.forEach(([image, category], index) => {
      if (answers[index] === 1 || answers[index] === 0) {
        if (!rows.has(image)) { rows.set(image, new Array(data.categories.length).fill('')); }
        rows.get(image)[category] = String(answers[index]);
      }
    });
    const lines = [['path', ...data.categories].map(quoted).join(',')];
    for (const [image, cells] of rows) { lines.push([quoted(data.paths[image]), ...cells].join(',')); }
    return lines.join('\n') + '\n';
  }

  function save() {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([table()], { type: 'text/csv' }));
    link.download = 'answers.csv';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    unsaved = false;
  }

  const actions = {
    yes: () => answer(1), no: () => answer(0), skip: () => answer(-1), back, save,
  };
  const keys = { y: 'yes', n: 'no', ' ': 'skip', b: 'back', s: 'save' };
  for (const id of Object.keys(actions)) { element(id).addEventListener('click', actions[id]); }
  document.addEventListener('keydown', (event) => {
    const name = keys[event.key.toLowerCase()];
    if (name === undefined || event.ctrlKey || event.metaKey || event.altKey || event.repeat) { return; }
    event.preventDefault();
    actions[name]();
  });
  // A focused button would take the space bar for a click.
  document.addEventListener('click', (event) => { event.target.closest('button')?.blur(); });
  window.addEventListener('beforeunload', (event) => { if (unsaved) { event.preventDefault(); } });
  recall();
  show();
})();
