import { HARDFORKS } from '../../config/hardforks.ts'
import { hardforkNamed } from './fork-names.ts'
import type { Counts } from './run-file.ts'
import { sum, type Tally } from './tally.ts'

/** docs/conformance.md: what passed, by suite and hardfork. The same vectors with the same results give the same text. */
export function conformanceDocument(tally: Tally): string {
  const { passed, failed, skipped } = tally.total
  return [
    '# Conformance',
    '',
    "What `npm run conformance` saw last: Ethereum's published test vectors, run by `test/conformance/`.",
    'The folder is `../shared/vectors` or what `PAVM_VECTORS` names.',
    '',
    `**${passed} passed, ${failed} failed, ${skipped} skipped.**`,
    '',
    ...[...tally.bySuite.keys()].sort().flatMap((suite) => suiteSection(suite, tally)),
    ...replaySection(tally),
    ...listSection('Skipped', [...tally.skips].map(describeCount)),
    ...listSection('Not checked', [...tally.unchecked].map(describeCount)),
    ...listSection('Files that are not run', [...tally.notRun].map(describeFiles)),
    ...listSection(
      'Failed',
      tally.failures.map(({ path, fork, name, problem }) => `${fork} \`${path}\` \`${name}\`: ${firstLine(problem)}`),
    ),
  ].join('\n')
}

function suiteSection(suite: string, tally: Tally): string[] {
  const byFork = [...(tally.bySuite.get(suite) ?? [])].sort(([a], [b]) => compareForks(a, b))
  const files = tally.files.get(suite)?.size ?? 0
  const total: [string, Counts] = ['all', sum(byFork.map(([, counts]) => counts))]
  const rows = byFork.length === 1 ? byFork : [...byFork, total]
  return [
    `## ${suite.charAt(0).toUpperCase()}${suite.slice(1)}`,
    '',
    `${files} ${files === 1 ? 'file' : 'files'}.`,
    '',
    '| fork | passed | failed | skipped |',
    '| --- | ---: | ---: | ---: |',
    ...rows.map(([fork, { passed, failed, skipped }]) => `| ${fork} | ${passed} | ${failed} | ${skipped} |`),
    '',
  ]
}

function replaySection({ replayed }: Tally): string[] {
  if (replayed === 0) return []
  return [
    '## Replay',
    '',
    `${replayed} blocks of the chains above, every one on Cancun or later, were also executed with access list and plan`,
    'built for them, and replayed by `groups`, `split` and `values`: each time with the result of plain serial execution.',
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
