import { z } from 'zod'
import { RpcError } from '../../errors.ts'
import { formatBlock } from '../../format/block.ts'
import type { Caller } from '../../method.ts'
import { optional } from '../../parameters.ts'
import { Traces } from '../../tracing.ts'
import { type ControlRows, type ControlSite, control } from './control.ts'
import { mine, mineOptions } from './mining.ts'

/** Each is executed again for its answer. */
const MAX_DETAILED_BLOCKS = 100

/** Of the outermost call of a transaction, as the callTracer tells of it. */
interface TopCall {
  readonly result: { readonly output?: string; readonly error?: string; readonly revertReason?: string }
}

const TOP_CALL = { kind: 'tracer', tracer: { name: 'callTracer', onlyTopCall: true, withLog: false } } as const

/** The blocks above that number, each with whole transactions, and beside their fields what they gave back. */
async function describeBlocks(above: bigint, { options, modules }: ControlSite, caller: Caller): Promise<object[]> {
  const { blocks, chain } = modules
  const traces = new Traces(options, modules)
  const described: object[] = []
  for (let number = above + 1n; number <= chain.head().header.number; number++) {
    const hash = blocks.canonicalHash(number)
    const block = hash === undefined ? undefined : blocks.block(hash)
    if (hash === undefined || block === undefined) continue
    const details = { hash, senders: blocks.senders(hash), totalDifficulty: blocks.totalDifficulty(hash) }
    const { transactions, ...rest } = formatBlock(block, details, true)
    const calls = (await traces.value({ kind: 'mined', blocks: [hash], report: TOP_CALL }, caller)) as TopCall[]
    const whole = (transactions as object[]).map((transaction, index) => {
      const { output = '0x', error, revertReason } = calls[index]!.result
      return { ...transaction, output, ...(error === undefined ? {} : { revertReason: revertReason ?? error }) }
    })
    described.push({ ...rest, transactions: whole })
  }
  return described
}

/** Making blocks and hearing of them at once. */
export const DETAILED_MINING_CONTROLS: ControlRows = [
  [
    ['evm_mine_detailed', 'anvil_mine_detailed'],
    control(
      {
        summary: 'Makes blocks as evm_mine does, and gives them: transactions with `output` and `revertReason`.',
        result: () => z.array(z.looseObject({ transactions: z.array(z.looseObject({ output: z.string() })) })),
      },
      { options: optional(mineOptions) },
      async ({ options = {} }, site, caller) => {
        const { timestamp, blocks = 1 } = typeof options === 'bigint' ? { timestamp: options } : options
        if (blocks > MAX_DETAILED_BLOCKS) {
          throw new RpcError('limit-exceeded', `at most ${MAX_DETAILED_BLOCKS} blocks with details at a time`)
        }
        const { header } = site.modules.chain.head()
        if (timestamp !== undefined) site.controls.clock.setNext(timestamp, header)
        await mine(site, blocks, caller)
        return await describeBlocks(header.number, site, caller)
      },
    ),
  ],
]
