import { SenderCache } from '../../execution/sender-cache.ts'
import { encodeBlock } from '../../primitives/block.ts'
import { collectGarbage, wallClock } from '../measure.ts'
import { openWorkshop } from '../workloads.ts'
import { Validation } from './validation.ts'
import { makeBlock, openSite, WORKLOADS } from './workloads.ts'

/** To a validator of its own: which block it is asked for from now on, or to take it in once. */
export type ValidatorCommand =
  | { readonly kind: 'block'; readonly workload: string; readonly conflict: number }
  | { readonly kind: 'round' }

/** Milliseconds of a round. */
export interface RoundTime {
  readonly verdict: number
  readonly durable: number
}

// Which processors it may run on is for who starts it to say.
const [workers, transactions] = process.argv.slice(2).map(Number) as [number, number]
const workshop = await openWorkshop({ accounts: transactions, pools: [workers] })
const site = await openSite(workshop)
let validation: Validation | undefined

async function round(): Promise<RoundTime> {
  const times = new Map<string, number>()
  collectGarbage()
  for (const { name, run } of validation!.steps) {
    const start = wallClock()
    await run()
    times.set(name, wallClock() - start)
  }
  const samples = new Map([...times].map(([name, us]) => [name, [us]]))
  return { verdict: validation!.verdicts(samples)[0]!, durable: validation!.durables(samples)[0]! }
}

async function obey(command: ValidatorCommand): Promise<RoundTime | undefined> {
  if (command.kind === 'round') return await round()
  const { block } = await makeBlock(site, WORKLOADS[command.workload]!, transactions, command.conflict)
  const executor = workshop.lab.executor('split', workers)
  validation = new Validation('block', encodeBlock(block), executor, workshop.lab, new SenderCache())
  return undefined
}

process.on('message', (command: ValidatorCommand) => {
  obey(command).then(
    (answer) => process.send!(answer ?? 'ready'),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => void workshop.lab.close().then(() => process.exit(0)))
process.send!('ready')
