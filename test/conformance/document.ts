import { HARDFORKS } from '../../config/hardforks.ts'
import { hardforkNamed } from './fork-names.ts'
import type { Counts } from './run-file.ts'
import { sum, type Tally } from './tally.ts'

/** docs/conformance.md: what passed, by suite and hardfork. The same vectors with the same results give the same text. */
export function conformanceDocument(tally: Tally): string {
  const suites = [...tally.bySuite].sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    '# Conformance',
    '',
    "What `npm run conformance` saw last: Ethereum's published test vectors, run by `test/conformance/`.",
    'The folder is `../shared/vectors` or what `PAVM_VECTORS` names.',
    '',
    '| suite | files | passed | failed | skipped |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...suites.map(([suite, byFork]) => row([suite, tally.files.get(suite)?.size ?? 0], sum(byFork.values()))),
    row(['**all**', ''], tally.total),
    '',
    ...replaySection(tally),
    ...suites.flatMap(([suite, byFork]) => forkSection(suite, byFork)),
    ...listSection('Skipped', [...tally.skips].map(describeCount)),
    ...listSection('Not checked', [...tally.unchecked].map(describeCount)),
    ...listSection('Files that are not run', [...tally.notRun].map(describeFiles)),
    ...listSection(
      'Failed',
      tally.failures.map(({ path, fork, name, problem }) => `${fork} \`${path}\` \`${name}\`: ${firstLine(problem)}`),
    ),
  ].join('\n')
}

/** By hardfork, where the hardfork matters. */
function forkSection(suite: string, byFork: ReadonlyMap<string, Counts>): string[] {
  if (byFork.size === 1) return []
  return [
    `## ${suite.charAt(0).toUpperCase()}${suite.slice(1)}`,
    '',
    '| fork | passed | failed | skipped |',
    '| --- | ---: | ---: | ---: |',
    ...[...byFork].sort(([a], [b]) => compareForks(a, b)).map(([fork, counts]) => row([fork], counts)),
    '',
  ]
}

function row(cells: readonly (string | number)[], { passed, failed, skipped }: Counts): string {
  return `| ${[...cells, passed, failed, skipped].join(' | ')} |`
}

function replaySection({ replayed }: Tally): string[] {
  if (replayed === 0) return []
  return [
    '## Replay',
    '',
    `${replayed} blocks of these chains, among them every valid one on Cancun or later, were also executed with access list and`,
    'plan built for them, and replayed by `groups`, `split` and `values`: each time with the result of plain serial execution.',
    '',
  ]
}

function listSection(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`## ${title}`, '', ...[...items].sort().map((item) => `- ${item}`), '']
}

function describeCount([what, count]: readonly [string, number]): string {
  return `${what}: ${count}`
}

function describeFiles([reason, paths]: readonly [string, ReadonlySet<string>]): string {
  return paths.size === 1 ? `\`${[...paths][0]}\`: ${reason}` : `${paths.size} files: ${reason}`
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}

/** In the order of the hardforks, a transition after the one it comes from; other names last. */
function compareForks(a: string, b: string): number {
  return orderOf(a) - orderOf(b) || (a < b ? -1 : 1)
}

function orderOf(fork: string): number {
  const [first = ''] = fork.split(/To(?=[A-Z])/)
  const hardfork = hardforkNamed(first)
  return hardfork === undefined ? HARDFORKS.length : HARDFORKS.indexOf(hardfork)
}
