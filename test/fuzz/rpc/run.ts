import { Command } from 'commander'
import { newSeed, say, wholeNumber } from '../fuzz-loop.ts'
import { fuzzRpc } from './fuzz-rpc.ts'

interface Options {
  readonly seed?: number
  readonly count: number
  readonly request?: number
}

const REPORT_EVERY = 5_000

const options = new Command('npm run fuzz:rpc --')
  .description('sends what no client should send to the JSON-RPC port of a node, and looks whether it stays what it is')
  .option('--seed <number>', 'all requests follow from it (default: a new one)', wholeNumber)
  .option('--count <number>', 'requests to send', wholeNumber, 100_000)
  .option('--request <number>', 'send only the request with this number', wholeNumber)
  .parse()
  .opts<Options>()
const { seed = newSeed(), count, request } = options
say(`seed ${seed}`)
const startedAt = performance.now()
const { sent, failures, slowestMs, warmBytes, endBytes } = await fuzzRpc({
  seed,
  count: request === undefined ? count : 1,
  ...(request !== undefined && { first: request }),
  onProgress: (done) => {
    if (done % REPORT_EVERY === 0) say(`${done} requests`)
  },
})
for (const failure of failures) say(failure)
if (failures.length > 0)
  say(`again: npm run fuzz:rpc -- --seed ${seed} --request N, or --count N where it takes those before it`)
const total = Object.values(sent).reduce((sum, each) => sum + each, 0)
const kinds = Object.entries(sent).map(([kind, number]) => `${kind} ${number}`)
const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20)
say(
  `${total} requests (${kinds.join(', ')}), seed ${seed}, failures ${failures.length}, ` +
    `${Math.round((performance.now() - startedAt) / 1000)} s, eth_blockNumber within ${slowestMs} ms, ` +
    `memory ${megabytes(warmBytes)} MB warm, ${megabytes(endBytes)} MB at the end`,
)
process.exitCode = failures.length === 0 ? 0 : 1
