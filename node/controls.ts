import type { ChainConfig } from '../config/chain.ts'
import type { Settings } from '../config/settings.ts'
import type { BlockWishes } from '../consensus/control/block-wishes.ts'
import type { ChainReader, FeeRules } from '../rpc/modules.ts'
import { isTrusting } from '../rpc/namespaces.ts'

/** Whether the chain of this node is its user's to control: nobody else follows it. */
export function isControlled({ p2p, miner }: Settings, { pavm }: ChainConfig): boolean {
  return pavm.controls === true && !p2p.enabled && miner.enabled
}

/** Why callers may not control this chain; `undefined` where they may. */
export function controlsRefusal(settings: Settings, config: ChainConfig): string | undefined {
  const { engine, controls } = config.pavm
  const { p2p, miner, rpc } = settings
  if (engine !== 'instant') {
    return `developer controls are refused: the nodes of this network agree on blocks by ${engine}, and none can change state or clock by itself. \`pavm dev\` runs a chain with controls`
  }
  if (controls !== true) {
    return 'developer controls are refused: this chain was not made for them. `pavm dev` runs one that was'
  }
  if (p2p.enabled) {
    return 'developer controls are refused: this node has peers, which would not follow a change of state or clock'
  }
  if (!miner.enabled) return 'developer controls are refused: this node makes no blocks'
  if (!isTrusting('anvil', rpc)) {
    return `developer controls are refused: other machines can reach ${rpc.host}. To serve them all the same, name anvil in rpc.namespaces (\`pavm dev --controls\`)`
  }
  return undefined
}

/** The fee rules of a chain whose user may have wished for the next base fee. */
export function wishedFees(
  rules: FeeRules,
  modules: { readonly chain: Pick<ChainReader, 'head'>; readonly wishes: BlockWishes },
): FeeRules {
  const { chain, wishes } = modules
  return {
    ...rules,
    nextBaseFee: (header) => {
      const wished = wishes.current.next.baseFeePerGas
      return wished !== undefined && header === chain.head().header ? wished : rules.nextBaseFee(header)
    },
  }
}
