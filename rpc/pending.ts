import type { LocatedHeader, RpcModules } from './modules.ts'

/**
 * Where what is asked of `pending` runs: on the state of the head, in the block that would be made of it now, as far as its user has
 * settled that (time, base fee, gas limit, randomness, coinbase). Without controls, where nobody has, in the head's own.
 */
export function pendingContext({
  chain,
  controls,
  fees,
}: Pick<RpcModules, 'chain' | 'controls' | 'fees'>): LocatedHeader {
  const { header: parent, hash } = chain.head()
  if ('refusal' in controls) return { header: parent, hash }
  const { clock, wishes } = controls
  const { coinbase, gasLimit = parent.gasLimit, next } = wishes.current
  const { baseFeePerGas = fees.nextBaseFee(parent), mixHash = parent.mixHash } = next
  const wanted = clock.timestampAfter(parent)
  const timestamp = wanted > parent.timestamp ? wanted : parent.timestamp + 1n
  // What says where the state is stays the head's.
  const number = parent.number + 1n
  return {
    header: { ...parent, number, parentHash: hash, timestamp, coinbase, gasLimit, baseFeePerGas, mixHash },
    hash,
  }
}
