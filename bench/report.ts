import { cpus, totalmem } from 'node:os'

/** What a benchmark found: figures under names, ready for people and for machines. */
export interface Report {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly [name: string, ...cells: (number | string)[]])[]
  /** What is counted, in sentences. */
  readonly notes: readonly string[]
  /** What the table is made from, for machines. */
  readonly figures?: Readonly<Record<string, unknown>>
}

/** The machine that figures are from. */
export function machine(): string {
  const [first] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} x ${first?.model ?? 'unknown processor'}, ${memory} GiB, Node ${process.versions.node}`
}

/** Markdown. */
export function formatReport({ title, columns, rows, notes }: Report): string {
  const cells = [columns, columns.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
  const table = cells.map((row) => `| ${row.map(formatCell).join(' | ')} |`)
  return [`### ${title}`, '', ...table, '', ...notes].join('\n')
}

function formatCell(cell: number | string): string {
  if (typeof cell === 'string') return cell
  return Number.isInteger(cell) ? String(cell) : cell.toFixed(2)
}

export function percent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(1)} %`
}
