// Renders any result of the server as Markdown, without knowledge of its meaning.

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const WIDEST = 6;

/** Renders a result as a page. */
export function page(title: string, summary: string, answer: unknown): string {
  return [`# ${title}`, `*${summary}*`, ...section(answer as Json, 2)].join('\n\n') + '\n';
}

function section(value: Json, depth: number): string[] {
  if (Array.isArray(value)) {
    return value.length ? list(value, depth) : ['*nothing*'];
  }
  if (value === null || typeof value !== 'object') {
    return [scalar(value)];
  }
  const rows = Object.entries(value).filter(([, each]) => !isEmpty(each));
  const plain = rows.filter(([, each]) => isScalar(each));
  const deep = rows.filter(([, each]) => !isScalar(each));
  const facts = plain.map(([name, each]) => `- **${words(name)}**: ${scalar(each)}`).join('\n');
  const heading = '#'.repeat(Math.min(depth, 6));
  return [
    ...(facts ? [facts] : []),
    ...deep.flatMap(([name, each]) => [`${heading} ${words(name)}`, ...section(each, depth + 1)]),
  ];
}

function list(rows: Json[], depth: number): string[] {
  if (rows.every(isScalar)) {
    return [rows.map((each) => `- ${scalar(each)}`).join('\n')];
  }
  const names = shared(rows);
  if (names.length && names.length <= WIDEST) {
    return [table(rows as { [name: string]: Json }[], names)];
  }
  return rows.flatMap((each) => [...section(each, depth), '---']).slice(0, -1);
}

/** Returns the columns of a table, or none if the rows are too nested for one. */
function shared(rows: Json[]): string[] {
  const names = new Set<string>();
  for (const row of rows) {
    if (row === null || typeof row !== 'object' || Array.isArray(row)) {
      return [];
    }
    for (const [name, value] of Object.entries(row)) {
      if (isEmpty(value)) {
        continue;
      }
      if (!isScalar(value) && !(Array.isArray(value) && value.every(isScalar))) {
        return [];
      }
      names.add(name);
    }
  }
  return [...names];
}

function table(rows: { [name: string]: Json }[], names: string[]): string {
  const cells = (row: { [name: string]: Json }): string[] =>
    names.map((name) => {
      const value = row[name] ?? '';
      return Array.isArray(value) ? value.map(scalar).join(', ') : scalar(value);
    });
  const line = (texts: string[]): string => `| ${texts.join(' | ')} |`;
  return [line(names.map(words)), line(names.map(() => '---')), ...rows.map((r) => line(cells(r)))].join(
    '\n',
  );
}

function scalar(value: Json): string {
  const text = value === null ? '' : value === true ? 'yes' : value === false ? 'no' : String(value);
  // Text from models and files is untrusted: escape it, so that it cannot add links or HTML.
  return text
    .replaceAll(/[\\`*_{}[\]<>()#!|~]/g, (sign) => `\\${sign}`)
    .replaceAll(/\s*\n\s*/g, '  ');
}

function words(name: string): string {
  const text = name.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function isScalar(value: Json): boolean {
  return value === null || typeof value !== 'object';
}

function isEmpty(value: Json): boolean {
  return value === null || value === '' || (typeof value === 'object' && !Object.keys(value).length);
}
