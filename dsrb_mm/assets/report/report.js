'use strict';
// Sorts the table of categories by the column whose heading is clicked; numbers first from high to low.
const table = document.querySelector('#categories table');
const headings = [...table.tHead.rows[0].cells];
headings.forEach((heading, column) => {
  heading.querySelector('button').addEventListener('click', () => {
    const first = column === 0 ? 'ascending' : 'descending';
    const other = first === 'ascending' ? 'descending' : 'ascending';
    const order = heading.getAttribute('aria-sort') === first ? other : first;
    headings.forEach((cell) => cell.removeAttribute('aria-sort'));
    heading.setAttribute('aria-sort', order);
    const sign = order === 'ascending' ? 1 : -1;
    const value = (row) => row.cells[column].dataset.value;
    const compare = column === 0
      ? (a, b) => value(a).localeCompare(value(b))
      : (a, b) => Number(value(a)) - Number(value(b));
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort((a, b) => sign * compare(a, b)));
  });
});
