import type { KZG } from '@ethereumjs/util'
import type { BlockEnvironment } from '../../execution/block/environment.ts'
import { OtherEvm } from './other-evm.ts'

const made = new Map<string, Promise<OtherEvm>>()
let kzg: KZG | undefined

/**
 * Loads what the other EVM needs for point evaluations (EIP-4844), which takes 14 s. Without it those that get as far as
 * their proof fail there.
 */
export async function loadPointEvaluation(): Promise<void> {
  if (kzg !== undefined) return
  const { loadKZG } = await import('kzg-wasm')
  kzg = await loadKZG()
  made.clear()
}

/** The one instance of the other EVM for the environment's hardfork and chain, made when it is first asked for. */
export function otherEvmFor(environment: BlockEnvironment): Promise<OtherEvm> {
  const key = keyOf(environment)
  let evm = made.get(key)
  if (evm === undefined) {
    evm = OtherEvm.create(environment, kzg)
    made.set(key, evm)
  }
  return evm
}

/** After an exception in the middle of a message, which leaves its checkpoints open, it cannot be used again. */
export function dropOtherEvm(environment: BlockEnvironment): void {
  made.delete(keyOf(environment))
}

function keyOf({ chainId, rules }: BlockEnvironment): string {
  return `${chainId} ${rules.hardfork}`
}
