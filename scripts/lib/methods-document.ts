import { REFUSED_METHODS } from '../../rpc/refused.ts'
import type { KnownMethods } from './ask-methods.ts'

/** Methods that pavm neither serves nor refuses one by one, by the beginning of their names. */
const NOT_APPLICABLE: readonly (readonly [beginning: string, reason: string])[] = [
  ['testing_', 'with the setting `rpc.testing`'],
]

const COLUMNS = ['pavm dev', 'pavm node', 'anvil', 'Hardhat node', 'geth --dev'] as const
export type NodeName = (typeof COLUMNS)[number]

/** What is known of each node. */
export type Answers = Readonly<Record<NodeName, KnownMethods>>

const HEADER = `# Methods of pavm, anvil, the Hardhat node and geth

Every JSON-RPC method of anvil, the Hardhat node, \`geth --dev\` and pavm, and which of them knows it. \`npm run docs:methods\` writes this
page by asking the nodes for each name of a list (\`scripts/lib/method-names.ts\`), with parameters that none of them takes: a node that
says that there is no such method does not know it. What a method does is in [rpc.md](rpc.md) and [dev.md](dev.md).
`

const LEGEND = `- **●** served
- **○** answered with -32004 and the reason, which is in the last column
- an empty cell: there is no such method

A *pavm node* is one of a network ([settings.md](settings.md)). \`debug_\`, \`trace_\` and \`ots_\` are served to the own machine unless
\`rpc.namespaces\` lists them. \`engine_\`, which geth has on a port of its own for a consensus layer, is left out: nodes of pavm agree by themselves.
`

/** The page. Throws where pavm neither serves nor refuses something, and no reason is written down. */
export function methodsDocument(answers: Answers): string {
  const names = [...new Set(COLUMNS.flatMap((node) => [...answers[node].served, ...answers[node].refused]))].sort()
  const namespaces = Object.entries(Object.groupBy(names, (name) => name.split(/[_.]/)[0]!))
  const sections = namespaces.map(([namespace, of]) => section(namespace, of!, answers))
  const asked = COLUMNS.map((node) => `| ${node} | ${answers[node].version} | ${answers[node].served.size} |`)
  const nodes = ['| node | asked | methods served |', '|---|---|---:|', ...asked].join('\n')
  return `${[HEADER, nodes, LEGEND, ...sections]
    .join('\n\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`
}

function section(namespace: string, names: readonly string[], answers: Answers): string {
  const rows = new Map<string, string[]>()
  for (const name of names) {
    const marks = COLUMNS.map((node) => markOf(name, answers[node]))
    const row = `${marks.join(' | ')} | ${noteOf(name, answers)} |`
    rows.set(row, [...(rows.get(row) ?? []), `\`${name}\``])
  }
  const lines = [...rows].map(([row, of]) => `| ${of.join(' ')} | ${row}`)
  const head = [`| | ${COLUMNS.join(' | ')} | |`, '|---|:---:|:---:|:---:|:---:|:---:|---|']
  return [`## ${namespace}${namespace === 'rpc' ? '' : '_'}`, '', ...head, ...lines].join('\n')
}

function markOf(name: string, { served, refused }: KnownMethods): string {
  if (served.has(name)) return '●'
  return refused.has(name) ? '○' : ''
}

function noteOf(name: string, answers: Answers): string {
  const isServed = answers['pavm dev'].served.has(name)
  const reason = REFUSED_METHODS.get(name)
  if (reason !== undefined) return reason
  if (isServed) return answers['pavm node'].refused.has(name) ? 'the chain of a network is nobody’s to control' : ''
  const [, why] = NOT_APPLICABLE.find(([beginning]) => name.startsWith(beginning)) ?? []
  if (why === undefined) throw new Error(`${name}: pavm neither serves it nor says why not`)
  return why
}
