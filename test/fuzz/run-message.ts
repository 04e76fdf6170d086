import type { BlockEnvironment } from '../../execution/block/environment.ts'
import { execute, withFallback } from '../../execution/compiler/execute.ts'
import type { Exit } from '../../execution/evm/exit.ts'
import type { Tracer } from '../../execution/evm/tracer.ts'
import type { TransactionEffects, WorldState } from '../../execution/state/world-state.ts'
import { blobBaseFeeIn } from '../../execution/transaction/apply.ts'
import { outermostMessage, warmUp } from '../../execution/transaction/run.ts'
import type { Address } from '../../primitives/hex.ts'
import type { FuzzMessage } from './fuzz-case.ts'

/** All that is to be known of a message that has run. */
export interface RanMessage extends TransactionEffects {
  readonly exit: Exit
  readonly gasLeft: bigint
  readonly refund: bigint
  /** Of the outermost message: in a creation the new contract. */
  readonly recipient: Address
}

/** Runs the message as a transaction of its own, and ends it in `state`. */
export function runFuzzMessage(
  state: WorldState,
  block: BlockEnvironment,
  message: FuzzMessage,
  tracer?: Tracer,
): RanMessage {
  return withFallback(() => {
    state.beginTransaction()
    const nonce = state.nonce(message.sender)
    state.setNonce(message.sender, nonce + 1n)
    warmUp(message, block, state)
    const context = {
      block,
      origin: message.sender,
      gasPrice: message.gasPrice,
      blobVersionedHashes: message.blobVersionedHashes,
      blobBaseFee: blobBaseFeeIn(block),
    }
    const outermost = {
      ...outermostMessage({ ...message, nonce }, message.gas, state, block),
      isStatic: message.isStatic,
    }
    const { exit, gasLeft } = execute(outermost, context, state, { tracer })
    const { refund } = state
    return { ...state.endTransaction(), exit, gasLeft, refund, recipient: outermost.recipient }
  })
}
